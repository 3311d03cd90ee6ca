//! The floor of queues and agents, shared by all calls, with the clock that it does not have
//! itself.
//!
//! Owns the routing state machine behind a lock that is held for one input at a time. What it puts
//! out for a call is posted to that call's mailbox; a task that lives as long as the exchange gives
//! it a `Tick` when its next deadline comes.

use crate::{Exchange, clock::Clock};
use std::{
    sync::{Arc, Mutex, MutexGuard, PoisonError, Weak, atomic::Ordering},
    time::Duration,
};
use strowger_call_port::{Input as CallInput, offered_leg};
use strowger_flows::Snapshot;
use strowger_model::{
    CallId,
    read::{AgentStatus, QueueStatus},
};
use strowger_routing::{AttemptId, EntryId, Floor, Input, Output, RefusedInput};
use strowger_site::Misnamed;
use tokio::sync::Notify;

/// The floor with its clock.
pub(crate) struct SharedFloor {
    clock: Clock,
    floor: Mutex<Floor>,
    /// The next deadline came nearer.
    sooner: Notify,
}

impl SharedFloor {
    pub(crate) fn new(clock: Clock) -> Self {
        Self { clock, floor: Mutex::new(Floor::new()), sooner: Notify::new() }
    }

    /// Gives an input and hands each output to `post` before anybody else's input is taken, so that
    /// no call sees them in another order.
    pub(crate) fn input(&self, input: Input, post: impl FnMut(Output)) -> Result<(), RefusedInput> {
        let mut outputs = Vec::new();
        let mut floor = self.floor();
        let before = floor.next_deadline();
        let result = floor.input(self.clock.elapsed(), input, &mut outputs);
        let after = floor.next_deadline();
        outputs.into_iter().for_each(post);
        drop(floor);
        if after.is_some_and(|after| before.is_none_or(|before| after < before)) {
            self.sooner.notify_one();
        }
        result
    }

    /// Looks at the floor.
    pub(crate) fn look<T>(&self, look: impl FnOnce(&Floor, Duration) -> T) -> T {
        look(&self.floor(), self.clock.elapsed())
    }

    /// Waits until the floor's next deadline has come.
    pub(crate) async fn deadline(&self) {
        loop {
            let next = self.floor().next_deadline();
            let sooner = self.sooner.notified();
            match next {
                None => sooner.await,
                Some(at) if at <= self.clock.elapsed() => return,
                Some(at) => tokio::select! {
                    () = tokio::time::sleep_until(self.clock.instant(at)) => {}
                    () = sooner => {}
                },
            }
        }
    }

    /// A panic inside the floor leaves a state that later inputs can go on from: each input checks
    /// what it needs.
    fn floor(&self) -> MutexGuard<'_, Floor> {
        self.floor.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// In milliseconds: the clock is put back on one day of the year.
const LONGEST_DAY: u64 = 26 * 60 * 60 * 1000;

impl Exchange {
    /// A queue, by name or code, as it stands.
    pub fn queue(&self, name: &str) -> Option<QueueStatus> {
        let known = |name: &str| self.floor.look(|floor, now| floor.queue(name, now));
        known(name).or_else(|| known(self.catalogue.current().site.queue(name)?.name.as_str()))
    }

    /// An agent, by name or extension, as it stands.
    pub fn agent_status(&self, name: &str) -> Option<AgentStatus> {
        let known = |name: &str| self.floor.look(|floor, _| floor.agent(name));
        known(name).or_else(|| known(self.catalogue.current().site.agent(name)?.name.as_str()))
    }

    /// Returns at once, unless something that has the floor of queues and agents hangs: then it
    /// hangs too. For a watchdog.
    pub fn touch_floor(&self) {
        self.floor.look(|_, _| ());
    }

    pub(crate) fn rings_for(&self, attempt: AttemptId) -> Option<EntryId> {
        self.floor.look(|floor: &Floor, _| floor.rings_for(attempt))
    }

    pub(crate) fn position(&self, entry: EntryId) -> Option<u32> {
        self.floor.look(|floor: &Floor, _| floor.position(entry))
    }

    pub(crate) fn expected_wait(&self, entry: EntryId) -> Option<Duration> {
        self.floor.look(|floor: &Floor, _| floor.expected_wait(entry))
    }

    /// Gives the floor the queues and agents of the site that is current now. To be called after the
    /// catalogue has changed; a new call does it too.
    pub fn site_changed(self: &Arc<Self>) {
        self.follow_site(&self.catalogue.current());
    }

    pub(crate) fn follow_site(self: &Arc<Self>, snapshot: &Snapshot) {
        let mut known = self.site.lock().unwrap_or_else(PoisonError::into_inner);
        if known.as_ref().is_some_and(|known| Arc::ptr_eq(known, &snapshot.site)) {
            return;
        }
        self.furnish(&snapshot.site, known.as_deref());
        self.furnish_switches(&snapshot.site);
        self.furnish_campaigns(&snapshot.site);
        let Some(before) = known.replace(snapshot.site.clone()) else { return };
        let new = snapshot.site.misnamed(&before.names());
        new.iter().for_each(|misnamed| tracing::warn!("the site file: {misnamed}"));
        let mut misnamed = self.misnamed.lock().unwrap_or_else(PoisonError::into_inner);
        misnamed.retain(|misnamed| snapshot.site.has(misnamed));
        misnamed.extend(new);
        drop(misnamed);
        for agent in snapshot.site.agents.values() {
            let was = before.agents.get(&agent.name);
            // Logged in by this site, or new to it, perhaps as one who had another name: that outlives
            // the host.
            let logs_in = agent.logged_in && was.is_some_and(|was| !was.logged_in);
            if logs_in || was.is_none() {
                self.keep_agent(&agent.name);
            }
        }
    }

    /// Names of before (`was`) in the site file that nobody had, as long as they are in it.
    pub fn misnamed(&self) -> Vec<Misnamed> {
        let misnamed = self.misnamed.lock().unwrap_or_else(PoisonError::into_inner);
        misnamed.iter().cloned().collect()
    }

    /// Tells the floor when the site's day begins.
    pub(crate) fn look_at_the_day(&self) {
        let now = self.clock.now();
        let ends = self.day_ends.load(Ordering::Relaxed);
        // A day that ends so late began by a clock that was wrong.
        let plausible = ends.saturating_sub(now.0) < LONGEST_DAY;
        if now.0 < ends && plausible {
            return;
        }
        let next = self.catalogue.current().site.next_day(now);
        let mine = self
            .day_ends
            .compare_exchange(ends, next.0, Ordering::Relaxed, Ordering::Relaxed)
            .is_ok();
        if mine && let Err(refused) = self.floor.input(Input::NewDay, |_| ()) {
            tracing::error!("the counts of the queues cannot begin a new day: {refused}");
        }
    }

    /// Gives the floor an input. Outputs for call `own` come back, the others are posted; and all
    /// of them, of what was due, if the input is refused.
    pub(crate) fn tell_floor(
        &self,
        input: Input,
        own: Option<CallId>,
    ) -> Result<Vec<Output>, RefusedInput> {
        self.look_at_the_day();
        let mut mine = Vec::new();
        let taken = self.floor.input(input, |output| {
            let call = output.entry().call;
            // Before anybody hears of it: what comes of the phone from now on is for that call.
            if let Output::RingsOn { first, attempt, .. } = &output {
                self.register.pass_on(offered_leg(*first, *attempt), call);
            }
            match own == Some(call) {
                true => mine.push(output),
                false => self.register.post(call, CallInput::Floor(output)),
            }
        });
        self.campaigns.floor_changed();
        if let Err(refused) = taken {
            mine.into_iter().for_each(|output| {
                self.register.post(output.entry().call, CallInput::Floor(output))
            });
            return Err(refused);
        }
        Ok(mine)
    }
}

/// Gives the floor its ticks until the exchange is gone.
pub(crate) async fn tick(floor: Arc<SharedFloor>, exchange: Weak<Exchange>) {
    loop {
        floor.deadline().await;
        let Some(exchange) = exchange.upgrade() else { return };
        if let Err(refused) = exchange.tell_floor(Input::Tick, None) {
            tracing::error!("the queues cannot go on: {refused}; please report this");
        }
    }
}

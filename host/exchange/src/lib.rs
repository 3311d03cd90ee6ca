//! The running host: one task for each call, and the floor of queues and agents that they share.
//!
//! # Layout
//! * [`Exchange`]: takes events from a PBX, starts calls, posts to their mailboxes.
//! * `call`: one call, from its arrival to its record; the only place where a flow, a PBX and a
//!   queue meet.
//! * `journal`, `wake`: what a call needs to outlive the host, and how the next host takes it up.
//! * `agents`: what agents do, where they are, and what people are shown of queues and agents.
//! * `desk`: the routing state machine with a clock and a lock.
//! * `reads`: what a flow may ask; `history`: of calls that are over.
//! * [`Clock`]: the one place where the clock is read.
//! * [`Observer`]: what is shown of a call; [`CallRecord`]: what is kept.
//!
//! **Architecture invariant:** a call is one task, and only that task touches the call's state.
//! Tasks speak to each other by mailboxes and through the desk; nothing here waits for a PBX to
//! acknowledge.

mod clock;
mod early;
mod house;
mod journal;
mod running;
mod wake;

pub use clock::Clock;
pub use strowger_call::{NoObserver, Observed, Observer};
pub use strowger_model::CallRecord;

use early::Early;
use house::{
    floor::SharedFloor,
    history::{self, History},
    staff::Staff,
};
use journal::Journal;
use running::{Mail, Running};
use std::{
    collections::{HashMap, HashSet},
    sync::{
        Arc, Mutex, MutexGuard, OnceLock, PoisonError, Weak,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    time::Duration,
};
use strowger_call::{Call, fallback};
use strowger_flows::{Catalogue, LoadedFlow, Snapshot};
use strowger_model::{
    AgentName, CallId, FlowName, Timestamp,
    event::{Arrival, Cause},
    read::{AgentStatus, PastCall, QueueStatus},
};
use strowger_pbx::port::{
    AliveLeg, ArrivedLeg, LegId, LegState, Pbx, PbxCommand, PbxEvent, PbxSink,
};
use strowger_routing::{EntryId, Floor, Input, Output};
use strowger_store::{Query, Store};
use tokio::sync::{
    Notify,
    mpsc::{Sender, error::TrySendError},
    watch,
};
use wake::Dormant;

/// What an exchange needs.
pub struct Options {
    /// The flows.
    pub catalogue: Arc<Catalogue>,
    /// The clocks.
    pub clock: Clock,
    /// Who looks on.
    pub observer: Arc<dyn Observer>,
    /// Where calls are journalled; none: in memory only, for scenarios.
    pub store: Option<Store>,
    /// Calls at once; further ones go to the PBX's own route.
    pub calls: usize,
}

impl Options {
    /// Without a store, and with as many calls as a host may have by default.
    pub fn new(catalogue: Arc<Catalogue>, clock: Clock, observer: Arc<dyn Observer>) -> Self {
        Self { catalogue, clock, observer, store: None, calls: Self::CALLS }
    }

    /// Calls at once, if nothing else is said: some 400 MB.
    pub const CALLS: usize = 100_000;
}

/// Mails that a call's mailbox holds. A call that is further behind is ended.
const MAILBOX: usize = 1024;

/// The running host. Lives until dropped by everybody; calls hold it.
pub struct Exchange {
    catalogue: Arc<Catalogue>,
    clock: Clock,
    observer: Arc<dyn Observer>,
    pbx: OnceLock<Arc<dyn Pbx>>,
    journal: Option<Journal>,
    most_calls: usize,
    early: Early,
    /// Where calls live, whoever brings them.
    runtime: tokio::runtime::Handle,
    desk: Arc<SharedFloor>,
    staff: Staff,
    /// When the site's day ends, in milliseconds of the wall clock.
    day_ends: AtomicU64,
    /// The snapshot whose site the desk was configured with.
    site: Mutex<Option<Arc<strowger_site::Site>>>,
    calls: Mutex<Calls>,
    /// How many calls are up, for whoever waits for the last.
    count: watch::Sender<usize>,
    draining: AtomicBool,
    history: Mutex<History>,
    /// Mail was given to the journal.
    posted: Arc<Notify>,
}

/// Where to post.
#[derive(Default)]
struct Calls {
    last: Option<CallId>,
    by_id: HashMap<CallId, Handle>,
    by_leg: HashMap<LegId, CallId>,
    /// The legs of agents who talk; with two calls, the one that is not held is the last.
    talking: HashMap<AgentName, Vec<LegId>>,
}

/// A call as seen from outside.
struct Handle {
    /// None: it was full once.
    mailbox: Option<Sender<Box<Mail>>>,
    flow: Arc<LoadedFlow>,
    arrived: Timestamp,
}

/// A call that is up, for people.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct CallSummary {
    /// The call.
    pub call: CallId,
    /// Its flow.
    pub flow: FlowName,
    /// The version that it began on.
    pub version: String,
    /// When it came in.
    pub arrived: Timestamp,
}

impl Exchange {
    /// An exchange without a PBX. Must be called inside a tokio runtime.
    pub fn new(options: Options) -> Arc<Self> {
        let Options { catalogue, clock, observer, store, calls } = options;
        let dormant = store.as_ref().map(Dormant::read);
        let clock = clock.not_before(dormant.as_ref().map_or(Duration::ZERO, Dormant::last_seen));
        let exchange = Arc::new(Self {
            catalogue,
            clock,
            observer,
            pbx: OnceLock::new(),
            journal: store.map(Journal::new),
            most_calls: calls,
            desk: Arc::new(SharedFloor::new(clock)),
            staff: Staff::default(),
            day_ends: AtomicU64::new(0),
            site: Mutex::default(),
            calls: Mutex::new(Calls {
                last: dormant.as_ref().and_then(|dormant| dormant.last_call),
                ..Calls::default()
            }),
            early: Early::new(dormant),
            runtime: tokio::runtime::Handle::current(),
            count: watch::Sender::new(0),
            draining: AtomicBool::new(false),
            history: Mutex::default(),
            posted: Arc::default(),
        });
        exchange.site_changed();
        exchange.read_history();
        tokio::spawn(tick(exchange.desk.clone(), Arc::downgrade(&exchange)));
        exchange
    }

    /// Where the PBX adapter puts its events.
    pub fn sink(self: &Arc<Self>) -> PbxSink {
        // The PBX holds the sink and the exchange holds the PBX: one of the two must let go.
        let exchange = Arc::downgrade(self);
        Arc::new(move |event| {
            if let Some(exchange) = exchange.upgrade() {
                exchange.take(event);
            }
        })
    }

    /// Gives the PBX, and takes the events that it has brought so far. The first one given stays.
    pub fn attach(self: &Arc<Self>, pbx: Arc<dyn Pbx>) {
        if self.pbx.set(pbx).is_err() {
            tracing::error!("an exchange has one PBX; the second is ignored");
        }
        self.early.attached(self);
    }

    /// The calls that are up, the oldest first.
    pub fn calls(&self) -> Vec<CallSummary> {
        let calls = self.lock();
        let mut all: Vec<_> = calls
            .by_id
            .iter()
            .map(|(&call, handle)| CallSummary {
                call,
                flow: handle.flow.name.clone(),
                version: handle.flow.version.to_string(),
                arrived: handle.arrived,
            })
            .collect();
        all.sort_by_key(|summary| summary.call);
        all
    }

    /// Reads from the journal what calls there were. To be called now and then: what was erased
    /// from it is to be forgotten here too.
    pub fn read_history(&self) {
        let Some(journal) = &self.journal else { return };
        let since = Timestamp(self.clock.now().0.saturating_sub(history::KEPT.as_millis() as u64));
        match journal.store.records(&Query { since: Some(since), ..Query::default() }) {
            Ok(records) => {
                let site = self.catalogue.current().site.clone();
                let mut history = History::default();
                records.iter().for_each(|record| history.close(record, &site));
                *self.history() = history;
            }
            Err(error) => tracing::error!("calls of the last days are not known again: {error}"),
        }
    }

    /// Has flows know of an earlier call with a number: for scenarios.
    pub fn recall(&self, number: &str, call: PastCall) {
        let site = self.catalogue.current().site.clone();
        self.history().add(&history::key(number, &site), call, self.clock.now());
    }

    fn remember(&self, record: &CallRecord) {
        let site = self.catalogue.current().site.clone();
        self.history().close(record, &site);
    }

    fn history(&self) -> MutexGuard<'_, History> {
        self.history.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Is notified when mail was given to the journal.
    pub fn posted(&self) -> Arc<Notify> {
        self.posted.clone()
    }

    /// How many calls are up.
    pub fn call_count(&self) -> usize {
        *self.count.borrow()
    }

    /// Waits until as many calls are up as is wanted.
    pub async fn until_count(&self, wanted: impl Fn(usize) -> bool) {
        // Fails only if the sender is gone, and the sender is here.
        let _ = self.count.subscribe().wait_for(|&count| wanted(count)).await;
    }

    /// Waits until no call is up.
    pub async fn idle(&self) {
        self.until_count(|count| count == 0).await;
    }

    /// Sends new calls to the PBX's own route from now on, and waits until no call is up, at most
    /// so long. Says how many still are: they stay at the PBX as they are.
    pub async fn drain(&self, within: Duration) -> usize {
        self.draining.store(true, Ordering::Relaxed);
        self.post_to_all(|| Mail::ShuttingDown(within));
        let _ = tokio::time::timeout(within, self.idle()).await;
        self.call_count()
    }

    /// A queue, by name or code, as it stands.
    pub fn queue(&self, name: &str) -> Option<QueueStatus> {
        let known = |name: &str| self.desk.look(|floor, now| floor.queue(name, now));
        known(name).or_else(|| known(self.catalogue.current().site.queue(name)?.name.as_str()))
    }

    /// An agent, by name or extension, as it stands.
    pub fn agent_status(&self, name: &str) -> Option<AgentStatus> {
        let known = |name: &str| self.desk.look(|floor, _| floor.agent(name));
        known(name).or_else(|| known(self.catalogue.current().site.agent(name)?.name.as_str()))
    }

    /// Returns at once, unless something that has the floor of queues and agents hangs: then it
    /// hangs too. For a watchdog.
    pub fn touch_floor(&self) {
        self.desk.look(|_, _| ());
    }

    pub(crate) fn position(&self, entry: EntryId) -> Option<u32> {
        self.desk.look(|floor: &Floor, _| floor.position(entry))
    }

    pub(crate) fn expected_wait(&self, entry: EntryId) -> Option<Duration> {
        self.desk.look(|floor: &Floor, _| floor.expected_wait(entry))
    }

    /// Gives the desk the queues and agents of the site that is current now. To be called after the
    /// catalogue has changed; a new call does it too.
    pub fn site_changed(&self) {
        self.follow_site(&self.catalogue.current());
    }

    fn follow_site(&self, snapshot: &Snapshot) {
        let mut known = self.site.lock().unwrap_or_else(PoisonError::into_inner);
        if known.as_ref().is_some_and(|known| Arc::ptr_eq(known, &snapshot.site)) {
            return;
        }
        self.furnish(&snapshot.site);
        *known = Some(snapshot.site.clone());
    }

    /// Tells the floor when the site's day begins.
    fn look_at_the_day(&self) {
        let now = self.clock.now();
        let ends = self.day_ends.load(Ordering::Relaxed);
        if now.0 < ends {
            return;
        }
        let next = self.catalogue.current().site.next_day(now);
        let mine = self
            .day_ends
            .compare_exchange(ends, next.0, Ordering::Relaxed, Ordering::Relaxed)
            .is_ok();
        if mine && let Err(refused) = self.desk.input(Input::NewDay, |_| ()) {
            tracing::error!("the floor refused a new day: {refused}");
        }
    }

    /// Gives the floor an input. Outputs for call `own` come back, the others are posted; and all
    /// of them, of what was due, if the input is refused.
    fn floor(
        &self,
        input: Input,
        own: Option<CallId>,
    ) -> Result<Vec<Output>, strowger_routing::RefusedInput> {
        self.look_at_the_day();
        let mut mine = Vec::new();
        let taken = self.desk.input(input, |output| {
            let call = output.entry().call;
            match own == Some(call) {
                true => mine.push(output),
                false => self.post(call, Mail::Floor(output)),
            }
        });
        if let Err(refused) = taken {
            mine.into_iter().for_each(|output| self.post(output.entry().call, Mail::Floor(output)));
            return Err(refused);
        }
        Ok(mine)
    }

    /// What the PBX tells.
    fn take(self: &Arc<Self>, event: PbxEvent) {
        match self.early.holds(event) {
            None => self.early.let_out(self),
            Some(event) => self.handle(event),
        }
    }

    fn handle(self: &Arc<Self>, event: PbxEvent) {
        match event {
            PbxEvent::Arrived(arrived) => self.arrive(*arrived),
            PbxEvent::Lost { why } => tracing::error!("the PBX cannot be reached: {why}"),
            PbxEvent::Synced { alive } => self.resync(alive, &HashSet::new()),
            event => {
                let Some(leg) = event.leg() else { return };
                let call = self.lock().by_leg.get(leg).copied();
                match (call, &event) {
                    (Some(call), _) => self.post(call, Mail::Pbx(event)),
                    (None, PbxEvent::Answered { leg }) => {
                        tracing::warn!(%leg, "answered, and nobody's any more: hung up");
                        self.send(PbxCommand::HangUp { leg: leg.clone(), cause: Cause::Normal });
                    }
                    (None, _) => tracing::debug!(%leg, "an event of a leg that no call has"),
                }
            }
        }
    }

    /// Starts a call, or sends it back to the PBX's own route if nobody serves that number.
    fn arrive(self: &Arc<Self>, arrived: ArrivedLeg) {
        let snapshot = self.catalogue.current();
        self.follow_site(&snapshot);
        let Some(flow) = snapshot.route(&arrived.dialled) else {
            tracing::warn!(leg = %arrived.leg, "no flow serves the number that was dialled: back to the PBX's own route");
            return self.send(PbxCommand::Transfer { leg: arrived.leg, to: None });
        };
        if self.draining.load(Ordering::Relaxed) {
            tracing::info!(leg = %arrived.leg, flow = %flow.name, "the host is stopping: back to the PBX's own route");
            return self.send(PbxCommand::Transfer { leg: arrived.leg, to: None });
        }
        if is_full(flow) || flow.withdrawn {
            tracing::warn!(leg = %arrived.leg, flow = %flow.name, withdrawn = flow.withdrawn, calls = flow.calls(), "the flow takes no call now: to its fallback");
            return self.send(PbxCommand::Transfer { leg: arrived.leg, to: fallback(flow) });
        }
        if self.call_count() >= self.most_calls
            || self.journal.as_ref().is_some_and(|journal| journal.store.is_full())
        {
            tracing::error!(leg = %arrived.leg, calls = self.call_count(), "the host has all it can take: on in the PBX's own route");
            return self.send(PbxCommand::Transfer { leg: arrived.leg, to: None });
        }
        let at = self.clock.now();
        let (mailbox, mail) = tokio::sync::mpsc::channel(MAILBOX);
        let id = {
            let mut calls = self.lock();
            if calls.by_leg.contains_key(&arrived.leg) {
                return tracing::warn!(leg = %arrived.leg, "arrived twice");
            }
            let id = CallId::next(at.0, calls.last);
            calls.last = Some(id);
            calls.by_leg.insert(arrived.leg.clone(), id);
            calls
                .by_id
                .insert(id, Handle { mailbox: Some(mailbox), flow: flow.clone(), arrived: at });
            id
        };
        self.count.send_modify(|count| *count += 1);
        let arrival = Arrival {
            call: id,
            caller: arrived.caller,
            caller_name: arrived.caller_name,
            endpoint: arrived.endpoint,
            dialled: arrived.dialled,
            diverted_from: arrived.diverted_from,
            line: arrived.line,
            adapter: self.pbx.get().map_or_else(String::new, |pbx| pbx.name().to_owned()),
            data: arrived.data,
            at,
        };
        let call = Call::new(flow.terms.clone(), arrived.leg, arrival);
        let running = Running { call, exchange: self.clone(), flow: flow.begin() };
        self.runtime.spawn(running.run(None, mail));
    }

    /// The PBX is the truth: legs that are gone there are gone; callers that nobody serves are
    /// served; other legs that nobody knows are hung up, unless they talk to somebody. Callers of
    /// calls that were given up go on in the PBX's own route.
    fn resync(self: &Arc<Self>, alive: Vec<AliveLeg>, given_up: &HashSet<LegId>) {
        let mut gone: Vec<(LegId, CallId)> = {
            let calls = self.lock();
            let alive: HashSet<_> = alive.iter().map(|leg| &leg.leg).collect();
            calls
                .by_leg
                .iter()
                .filter(|(leg, _)| !alive.contains(leg))
                .map(|(leg, &call)| (leg.clone(), call))
                .collect()
        };
        gone.sort();
        for (leg, call) in gone {
            // Should the PBX still carry out a dial that it was sent before, nobody would be there
            // for the leg.
            self.send(PbxCommand::HangUp { leg: leg.clone(), cause: Cause::Normal });
            self.post(call, Mail::Lost(leg));
        }
        let talks = |leg: &AliveLeg| {
            let with =
                |other: &AliveLeg| other.leg != leg.leg && other.conversation == leg.conversation;
            leg.conversation.is_some() && alive.iter().any(with)
        };
        for leg in &alive {
            let known = self.lock().by_leg.get(&leg.leg).copied();
            match (known, &leg.arrived) {
                (Some(call), _) => self.catch_up(call, leg),
                (None, _) if talks(leg) => {
                    tracing::info!(leg = %leg.leg, "talking, and nobody's: left alone")
                }
                (None, Some(_)) if given_up.contains(&leg.leg) => {
                    self.send(PbxCommand::Transfer { leg: leg.leg.clone(), to: None })
                }
                (None, Some(arrived)) => self.arrive((**arrived).clone()),
                (None, None) => {
                    self.send(PbxCommand::HangUp { leg: leg.leg.clone(), cause: Cause::Normal })
                }
            }
        }
    }

    /// Tells a call what it may have missed of a leg. A call ignores what it knows.
    fn catch_up(&self, call: CallId, leg: &AliveLeg) {
        let id = || leg.leg.clone();
        match leg.state {
            LegState::Down => {}
            LegState::Ringing => self.post(call, Mail::Pbx(PbxEvent::Ringing { leg: id() })),
            LegState::Up => {
                self.post(call, Mail::Pbx(PbxEvent::Answered { leg: id() }));
                if let Some(to) = leg.conversation.clone() {
                    self.post(call, Mail::Pbx(PbxEvent::Moved { leg: id(), to }));
                }
            }
        }
    }

    fn send(&self, command: PbxCommand) {
        match self.pbx.get() {
            Some(pbx) => pbx.send(command),
            None => tracing::error!("no PBX is attached: {command:?} is lost"),
        }
    }

    /// Puts mail into a call's mailbox, if the call is up. One whose mailbox is full loses it: so
    /// it learns that it is lost.
    fn post(&self, call: CallId, mail: Mail) {
        // Sending wakes the call's task: not with the lock.
        let mailbox = self.lock().by_id.get(&call).and_then(|handle| handle.mailbox.clone());
        if let Some(Err(TrySendError::Full(_))) =
            mailbox.map(|mailbox| mailbox.try_send(Box::new(mail)))
        {
            tracing::error!(%call, "{MAILBOX} mails wait for the call: it is given up");
            if let Some(handle) = self.lock().by_id.get_mut(&call) {
                handle.mailbox = None;
            }
        }
    }

    fn post_to_all(&self, mail: impl Fn() -> Mail) {
        let mut ids: Vec<CallId> = self.lock().by_id.keys().copied().collect();
        ids.sort();
        ids.into_iter().for_each(|id| self.post(id, mail()));
    }

    fn enrol_leg(&self, leg: &LegId, call: CallId) {
        self.lock().by_leg.insert(leg.clone(), call);
    }

    fn strike_leg(&self, leg: &LegId) {
        self.lock().by_leg.remove(leg);
    }

    /// An agent talks on a leg.
    fn talks(&self, agent: &AgentName, leg: &LegId) {
        self.lock().talking.entry(agent.clone()).or_default().push(leg.clone());
    }

    fn talks_no_more(&self, agent: &AgentName, leg: &LegId) {
        let mut calls = self.lock();
        if let Some(legs) = calls.talking.get_mut(agent) {
            legs.retain(|other| other != leg);
            if legs.is_empty() {
                calls.talking.remove(agent);
            }
        }
    }

    /// The leg on which an agent talks now.
    fn talking_leg(&self, agent: &AgentName) -> Option<LegId> {
        self.lock().talking.get(agent)?.last().cloned()
    }

    fn strike_call(&self, call: CallId) {
        if self.lock().by_id.remove(&call).is_some() {
            self.count.send_modify(|count| *count -= 1);
        }
    }

    /// Maps are whole between any two of their operations, also if a holder of the lock panicked.
    fn lock(&self) -> MutexGuard<'_, Calls> {
        self.calls.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Whether a flow has as many calls as it may.
fn is_full(flow: &LoadedFlow) -> bool {
    flow.calls() >= flow.limits.calls as usize
}

/// Gives the floor its ticks until the exchange is gone.
async fn tick(desk: Arc<SharedFloor>, exchange: Weak<Exchange>) {
    loop {
        desk.deadline().await;
        let Some(exchange) = exchange.upgrade() else { return };
        if let Err(refused) = exchange.floor(Input::Tick, None) {
            tracing::error!("the floor refused a tick: {refused}");
        }
    }
}

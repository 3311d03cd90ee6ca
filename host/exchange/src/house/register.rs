//! The calls that are up: where to post to each, which leg is whose, on which leg an agent talks.

use crate::Exchange;
use std::{
    collections::{HashMap, HashSet, hash_map::Entry},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};
use strowger_call_port::{Input, Takeover};
use strowger_flows::LoadedFlow;
use strowger_model::{AgentName, CallId, FlowName, Timestamp};
use strowger_pbx::port::{AliveLeg, LegId, PbxEvent};
use tokio::sync::{
    mpsc::{Receiver, Sender, channel, error::TrySendError},
    watch,
};

/// Mails that a call's mailbox holds. A call that is further behind is ended.
const MAILBOX: usize = 1024;

/// In milliseconds.
const DAY: u64 = 24 * 60 * 60 * 1000;

/// The calls that are up. Its lock is held for one operation on its maps at a time.
pub(crate) struct Register {
    calls: Mutex<Calls>,
    /// How many there are, for whoever waits for the last.
    count: watch::Sender<usize>,
}

#[derive(Default)]
struct Calls {
    last: Option<CallId>,
    by_id: HashMap<CallId, Handle>,
    by_leg: HashMap<LegId, Owner>,
    /// The legs of agents who talk; with two calls, the one that is not held is the last.
    talking: HashMap<AgentName, Vec<LegId>>,
}

/// Whose a leg is.
struct Owner {
    call: CallId,
    /// The PBX was not given its dial: that waits for the journal.
    undialled: bool,
}

impl Owner {
    fn of(call: CallId) -> Self {
        Self { call, undialled: false }
    }
}

/// A call as seen from outside.
struct Handle {
    /// None: it was full once.
    mailbox: Option<Sender<Box<Input>>>,
    flow: Arc<LoadedFlow>,
    arrived: Timestamp,
}

/// A call that is up, for people.
#[derive(Clone, Debug, PartialEq, Eq)]
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

impl Register {
    /// Empty; ids begin after the last that there was.
    pub(crate) fn after(last: Option<CallId>) -> Self {
        let calls = Calls { last, ..Calls::default() };
        Self { calls: Mutex::new(calls), count: watch::Sender::new(0) }
    }

    /// Takes in a call that begins on a leg, or without any; none: the leg has a call already.
    pub(crate) fn enter(
        &self,
        leg: Option<&LegId>,
        flow: &Arc<LoadedFlow>,
        arrived: Timestamp,
    ) -> Option<(CallId, Receiver<Box<Input>>)> {
        let (mailbox, mail) = channel(MAILBOX);
        let id = {
            let mut calls = self.lock();
            // Ids never repeat. After one from a clock that was days ahead they begin anew: what is
            // deleted by its age has to go in its time.
            let plausible = |last: &CallId| last.given().0 <= arrived.0 + DAY;
            let id = CallId::next(arrived.0, calls.last.filter(plausible));
            if let Some(leg) = leg {
                let Entry::Vacant(place) = calls.by_leg.entry(leg.clone()) else { return None };
                place.insert(Owner::of(id));
            }
            calls.last = Some(id);
            calls.by_id.insert(id, Handle { mailbox: Some(mailbox), flow: flow.clone(), arrived });
            id
        };
        self.count.send_modify(|count| *count += 1);
        Some((id, mail))
    }

    /// Takes in a call of an earlier host, with its legs.
    pub(crate) fn take_up<'a>(
        &self,
        id: CallId,
        legs: impl Iterator<Item = &'a LegId>,
        flow: &Arc<LoadedFlow>,
        arrived: Timestamp,
    ) -> Receiver<Box<Input>> {
        let (mailbox, mail) = channel(MAILBOX);
        {
            let mut calls = self.lock();
            calls.by_leg.extend(legs.map(|leg| (leg.clone(), Owner::of(id))));
            calls.by_id.insert(id, Handle { mailbox: Some(mailbox), flow: flow.clone(), arrived });
        }
        self.count.send_modify(|count| *count += 1);
        mail
    }

    /// The call is over. If its mailbox was full once, a phone may have become its own without its
    /// knowing: its legs are given back.
    pub(crate) fn strike(&self, call: CallId) -> Vec<LegId> {
        let mut calls = self.lock();
        let Some(handle) = calls.by_id.remove(&call) else { return Vec::new() };
        let legs = match handle.mailbox {
            Some(_) => Vec::new(),
            None => {
                calls.by_leg.extract_if(|_, owner| owner.call == call).map(|(leg, _)| leg).collect()
            }
        };
        drop(calls);
        self.count.send_modify(|count| *count -= 1);
        legs
    }

    /// The flow of a call, and when the call began.
    pub(crate) fn flow_of(&self, call: CallId) -> Option<(FlowName, Timestamp)> {
        let calls = self.lock();
        calls.by_id.get(&call).map(|handle| (handle.flow.name.clone(), handle.arrived))
    }

    /// Whose a leg is.
    pub(crate) fn of_leg(&self, leg: &LegId) -> Option<CallId> {
        self.lock().by_leg.get(leg).map(|owner| owner.call)
    }

    /// Legs of calls that are not among those that are alive at the PBX, in their order. Those whose
    /// dial has not left could not be among them.
    pub(crate) fn gone(&self, alive: &[AliveLeg]) -> Vec<(LegId, CallId)> {
        let alive: HashSet<&LegId> = alive.iter().map(|leg| &leg.leg).collect();
        let calls = self.lock();
        let gone = calls.by_leg.iter().filter(|(_, owner)| !owner.undialled);
        let gone = gone.filter(|(leg, _)| !alive.contains(leg));
        let mut gone: Vec<_> = gone.map(|(leg, owner)| (leg.clone(), owner.call)).collect();
        gone.sort();
        gone
    }

    /// A call has a leg that is to be dialled.
    pub(crate) fn enrol_leg(&self, leg: &LegId, call: CallId) {
        self.lock().by_leg.insert(leg.clone(), Owner { call, undialled: true });
    }

    /// A phone that rings rings for another call from now on. Its dial may still wait.
    pub(crate) fn pass_on(&self, leg: LegId, to: CallId) {
        self.lock().by_leg.entry(leg).or_insert(Owner::of(to)).call = to;
    }

    /// The PBX was given the dial of a leg.
    pub(crate) fn dialled(&self, leg: &LegId) {
        if let Some(owner) = self.lock().by_leg.get_mut(leg) {
            owner.undialled = false;
        }
    }

    /// A leg of a call is one of the call of another leg from now on, which is told so. None: that
    /// leg is no other call's.
    pub(crate) fn hand_over(&self, from: CallId, takeover: Takeover) -> Option<CallId> {
        let to = {
            let mut calls = self.lock();
            let to = calls.by_leg.get(&takeover.of).map(|owner| owner.call);
            let to = to.filter(|to| *to != from)?;
            calls.by_id.get(&to)?.mailbox.as_ref()?;
            calls.by_leg.insert(takeover.leg.clone(), Owner::of(to));
            to
        };
        self.post(to, Input::TakeOver(Box::new(takeover)));
        Some(to)
    }

    /// A leg is gone. Nothing happens if it has become another call's.
    pub(crate) fn strike_leg(&self, leg: &LegId, of: CallId) {
        let mut calls = self.lock();
        if calls.by_leg.get(leg).is_some_and(|owner| owner.call == of) {
            calls.by_leg.remove(leg);
        }
    }

    /// Puts what the PBX tells of a leg into the mailbox of the call whose the leg is.
    pub(crate) fn tell_owner(&self, event: PbxEvent) {
        if let Some(call) = event.leg().and_then(|leg| self.of_leg(leg)) {
            self.post(call, Input::Pbx(event));
        }
    }

    /// Puts mail into a call's mailbox, if the call is up. One whose mailbox is full loses it: so
    /// it learns that it is lost.
    pub(crate) fn post(&self, call: CallId, mail: Input) {
        // Sending wakes the call's task: not with the lock.
        let mailbox = self.lock().by_id.get(&call).and_then(|handle| handle.mailbox.clone());
        let Some(mailbox) = mailbox else { return };
        if let Err(TrySendError::Full(_)) = mailbox.try_send(Box::new(mail)) {
            tracing::error!(%call, "{MAILBOX} events wait for the call, and more came: its flow cannot go on, and the call ends");
            if let Some(handle) = self.lock().by_id.get_mut(&call) {
                handle.mailbox = None;
            }
        }
    }

    pub(crate) fn post_to_all(&self, mail: impl Fn() -> Input) {
        let mut ids: Vec<CallId> = self.lock().by_id.keys().copied().collect();
        ids.sort();
        ids.into_iter().for_each(|id| self.post(id, mail()));
    }

    /// An agent talks on a leg.
    pub(crate) fn talks(&self, agent: &AgentName, leg: &LegId) {
        self.lock().talking.entry(agent.clone()).or_default().push(leg.clone());
    }

    pub(crate) fn talks_no_more(&self, agent: &AgentName, leg: &LegId) {
        let mut calls = self.lock();
        if let Some(legs) = calls.talking.get_mut(agent) {
            legs.retain(|other| other != leg);
            if legs.is_empty() {
                calls.talking.remove(agent);
            }
        }
    }

    /// The leg on which an agent talks now.
    pub(crate) fn talking_leg(&self, agent: &AgentName) -> Option<LegId> {
        self.lock().talking.get(agent)?.last().cloned()
    }

    /// Maps are whole between any two of their operations, also if a holder of the lock panicked.
    fn lock(&self) -> MutexGuard<'_, Calls> {
        self.calls.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Exchange {
    /// The calls that are up, the oldest first.
    pub fn calls(&self) -> Vec<CallSummary> {
        let calls = self.register.lock();
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

    /// How many calls are up.
    pub fn call_count(&self) -> usize {
        *self.register.count.borrow()
    }

    /// Waits until as many calls are up as is wanted.
    pub async fn until_count(&self, wanted: impl Fn(usize) -> bool) {
        // Fails only if the sender is gone, and the sender is here.
        let _ = self.register.count.subscribe().wait_for(|&count| wanted(count)).await;
    }

    /// Waits until no call is up.
    pub async fn idle(&self) {
        self.until_count(|count| count == 0).await;
    }
}

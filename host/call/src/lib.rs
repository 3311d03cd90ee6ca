//! One call, from its arrival to its record: a state machine without I/O.
//!
//! A call owns its legs, its unfinished orders and the events that its flow has not seen yet. It is
//! given an [`Input`] and the time, and puts out commands for the PBX ([`Out`]). What it needs of
//! others while it deals with an input, it asks of its [`House`]: a step of its flow, the floor of
//! queues and agents, the site. It is over when its flow has finished *and* its last leg is gone.
//!
//! [`Input`]: strowger_call_port::Input
//! [`Out`]: strowger_call_port::Out
//! [`House`]: strowger_call_port::House
//!
//! # Layout
//! * `turn`: an input being dealt with: steps, outcomes, what is due, and the end.
//! * `carry`: the table of orders: which file carries out which. `order`: one file a kind of order.
//! * `far_end`: what the PBX tells of legs, made into outcomes and events.
//! * `legs`: the legs, and who is in conversation with whom; `place`: moving them, playing to them.
//! * `orders`: the unfinished orders, and what every kind of them can do.
//! * `talks`: who had the caller for how long, for the record.
//! * `front`: flows that rest behind another until a switch is turned.
//! * `takeover`: the place of the caller taken by a leg of another call.
//! * `by_hand`: an operator looks at a call, or does something with it.
//! * `urgent`: an agent's conversation that waits while the agent is in an urgent call.
//! * `quota`: how much a call may keep, write and send in all its life.
//! * `image`, `resume`: what of a call is in the journal, and how it goes on with the next host.
//!
//! `strowger-call-port` has what a call and the host say to each other.
//!
//! **Architecture invariant:** a call does nothing but in [`Call::input`]. It reads no clock, waits
//! for nothing, and sends nothing: who runs it journals what came of an input, and only then has
//! the commands leave.

mod by_hand;
mod carry;
mod far_end;
mod front;
mod image;
mod legs;
mod order;
mod orders;
mod place;
mod quota;
mod resume;
mod takeover;
mod talks;
mod turn;
mod urgent;

#[cfg(test)]
mod tests;

pub use image::{Claim, Image};

use front::Fronts;
use legs::{Leg, Legs, Role};
use order::agent::Secrets;
use orders::Orders;
use quota::Used;
use resume::Resuming;
use serde::{Deserialize, Serialize};
use std::{collections::VecDeque, sync::Arc, time::Duration};
use strowger_call_port::address_of;
use strowger_model::{
    CallId, CallRecord, Event, LegName, OrderId, Timestamp,
    command::ContactOf,
    event::{Arrival, ContactDue},
};
use strowger_pbx::port::{Address, LegId};
use strowger_site::{Fallback, Terms};

/// One call.
pub struct Call {
    id: CallId,
    terms: Arc<Terms>,
    phase: Phase,
    /// The flow's own.
    state: Box<[u8]>,
    /// Events that the flow has not seen.
    unseen: VecDeque<Event>,
    legs: Legs,
    orders: Orders,
    kept: Box<Kept>,
    /// Orders that the present step has given, for ids.
    index: u32,
    /// Plays so far, for ids.
    plays: u32,
    rare: Option<Box<Rare>>,
    /// The next step is the first on its version of a flow.
    on_new_version: bool,
    /// Steps since something happened outside of the call.
    in_a_row: u32,
    /// How often the call has come to another flow, and the floor has perhaps said something of the
    /// orders of the one before that is still on its way.
    stale: u32,
    /// What is left to settle of a call that outlived its host.
    resuming: Option<Box<Resuming>>,
}

/// Who decides about the call.
#[derive(Clone, Copy, PartialEq, Serialize, Deserialize)]
enum Phase {
    /// The flow.
    Served,
    /// Nobody any more: who talks is left talking, who is alone is hung up.
    Over,
}

/// What is known of a call besides its present. In one piece of memory: a waiting call pays for each.
struct Kept {
    record: CallRecord,
    origin: Origin,
    used: Used,
    /// For how many milliseconds a caller whom nobody had yet waited in no queue.
    waited_ms: u32,
    /// Up to when the time of the call is accounted for, in nanoseconds of monotonic time. Zero:
    /// not begun.
    accounted: u64,
}

/// What few calls have.
#[derive(Default)]
struct Rare {
    /// What was keyed in secret.
    secrets: Secrets,
    /// Flows that rest, and what is known of switches.
    fronts: Fronts,
    /// The phone that was told last that nothing comes of its transfer, and when (monotonic time).
    /// Not kept: it matters for two seconds.
    refused: Option<(LegId, Duration)>,
    /// Places of other calls that this one has taken.
    taken: Vec<(CallId, OrderId)>,
    /// The caller was to be transferred: the phone has gone, nobody has taken the caller, and the
    /// flow has not seen that yet. Not kept.
    stranded: bool,
}

/// How a call came, besides what its record says: for a flow that takes it over.
#[derive(Clone, Default, Serialize, Deserialize)]
struct Origin {
    caller_name: Option<String>,
    endpoint: Option<String>,
    diverted_from: Option<String>,
    line: Option<String>,
    adapter: Box<str>,
}

/// Where a call goes that a flow does not serve; none: on in the PBX's own route.
pub fn fallback(terms: &Terms) -> Option<Address> {
    match &terms.fallback {
        Fallback::Pbx => None,
        Fallback::To(target) => Some(address_of(target)),
    }
}

impl Call {
    /// A call that has arrived on a leg. Its first input is `Input::Begin`.
    pub fn new(terms: Arc<Terms>, leg: LegId, arrival: Arrival) -> Self {
        let origin = Origin {
            caller_name: arrival.caller_name.clone(),
            endpoint: arrival.endpoint.clone(),
            diverted_from: arrival.diverted_from.clone(),
            line: arrival.line.clone(),
            adapter: arrival.adapter.as_str().into(),
        };
        let record = CallRecord {
            caller: arrival.caller.clone(),
            dialled: arrival.dialled.clone(),
            ..CallRecord::begin(arrival.call, terms.on(), arrival.at)
        };
        let legs = Legs::of(Leg::new(LegName::caller(), leg, Role::Caller));
        let (id, event) = (arrival.call, Event::Arrived(Box::new(arrival)));
        Self::begins(id, terms, event, legs, record, origin)
    }

    /// A call for a contact of a campaign: its flow brings forth its legs. Its first input is
    /// `Input::Begin`.
    pub fn to_contact(terms: Arc<Terms>, due: ContactDue) -> Self {
        let of = ContactOf { campaign: due.campaign.clone(), contact: due.contact.clone() };
        let record = CallRecord {
            dialled: due.number.clone(),
            campaign: Some(Box::new(of)),
            ..CallRecord::begin(due.call, terms.on(), due.at)
        };
        let (id, event) = (due.call, Event::ContactDue(Box::new(due)));
        Self::begins(id, terms, event, Legs::default(), record, Origin::default())
    }

    fn begins(
        id: CallId,
        terms: Arc<Terms>,
        event: Event,
        legs: Legs,
        record: CallRecord,
        origin: Origin,
    ) -> Self {
        Self {
            id,
            terms,
            phase: Phase::Served,
            state: Box::default(),
            unseen: VecDeque::from([event]),
            legs,
            orders: Orders::default(),
            kept: Box::new(Kept {
                record,
                origin,
                used: Used::default(),
                waited_ms: 0,
                accounted: 0,
            }),
            index: 0,
            plays: 0,
            rare: None,
            on_new_version: true,
            in_a_row: 0,
            stale: 0,
            resuming: None,
        }
    }

    /// The call.
    pub fn id(&self) -> CallId {
        self.id
    }

    /// The flow that it is on.
    pub fn terms(&self) -> &Arc<Terms> {
        &self.terms
    }

    /// Whether nothing will come of it any more: its flow is over and its last leg is gone.
    pub fn is_over(&self) -> bool {
        self.phase == Phase::Over && self.legs.is_empty()
    }

    /// Whether its flow still decides about it.
    pub fn is_served(&self) -> bool {
        self.phase == Phase::Served
    }

    /// Whether it wants an `Input::GoOn` before anything else: its house had it stop while there
    /// was something to do.
    pub fn is_behind(&self) -> bool {
        let unseen = !self.unseen.is_empty() && !self.holds_back();
        !self.is_over() && (unseen || self.resuming.is_some())
    }

    /// Whether a leg is one of its own.
    pub fn has_leg(&self, leg: &LegId) -> bool {
        self.legs.by_id(leg).is_some()
    }

    /// When it wants an `Input::Due`, in monotonic time.
    pub fn due(&self) -> Option<Duration> {
        self.orders.due()
    }

    /// Closes the record of a call that is over.
    pub fn close(&mut self, now: Timestamp) -> &CallRecord {
        let Kept { record, waited_ms, .. } = &mut *self.kept;
        record.ended = now;
        record.waited += Duration::from_millis(std::mem::take(waited_ms).into());
        // Others were gone before it was a conversation.
        record.talks.retain(|talk| !talk.talked.is_zero());
        &self.kept.record
    }

    /// Its record as it is now.
    pub fn record(&self) -> &CallRecord {
        &self.kept.record
    }
}

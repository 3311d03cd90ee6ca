//! The whole of a call as a timeline, for whoever looks on: the log, scenarios, tests.

use strowger_model::{
    AgentName, CallId, CallRecord, Event, LegName, Order, OrderId, Timestamp,
    command::Field,
    event::{Refusal, Unanswered},
};
use strowger_pbx::port::{Address, PbxCommand};

/// Something that happened in a call.
#[derive(Debug)]
pub enum Observed<'a> {
    /// The flow was told.
    Event(&'a Event),
    /// The flow ordered.
    Order(&'a Order),
    /// An order was refused.
    Refused {
        /// Its number.
        id: OrderId,
        /// Its name in the contract.
        command: &'a str,
        /// Why.
        refusal: &'a Refusal,
    },
    /// A step failed. When it is `retried`, the second try succeeded.
    Fault {
        /// What failed.
        fault: &'a str,
        /// The call goes on.
        retried: bool,
    },
    /// A phone of an agent is rung.
    Ring {
        /// Whose.
        agent: &'a AgentName,
        /// Which.
        address: &'a Address,
    },
    /// A phone of an agent was not answered.
    NotAnswered {
        /// Whose.
        agent: &'a AgentName,
        /// Why.
        why: Unanswered,
    },
    /// An agent whom a queue has brought is in conversation with the caller, or alone where the
    /// flow wants that. The flow is told when it has lasted.
    Talks {
        /// The flow's name of the leg.
        leg: &'a LegName,
        /// Who.
        agent: &'a AgentName,
    },
    /// An agent answered, and was gone before that was a conversation.
    Fumbled {
        /// Who.
        agent: &'a AgentName,
    },
    /// The host has paused an agent who did not answer several calls in a row.
    Paused {
        /// Who.
        agent: &'a AgentName,
    },
    /// A command left for the PBX.
    Command(&'a PbxCommand),
    /// A mail went into the outbox, for each of those that it goes to.
    Mailed {
        /// The flow's name of the text.
        template: &'a str,
        /// Mail addresses.
        to: &'a [String],
        /// What it says.
        fields: &'a [Field],
    },
    /// The call went to the flow's fallback route.
    FellBack {
        /// Why.
        why: &'a str,
    },
    /// The call is over.
    Closed(&'a CallRecord),
}

/// Looks on. Called in the order of a call's happenings, from the call's own task: it must be quick
/// and never wait.
pub trait Observer: Send + Sync {
    /// Something happened in a call.
    fn observe(&self, at: Timestamp, call: CallId, what: &Observed<'_>);
}

/// Looks away.
pub struct NoObserver;

impl Observer for NoObserver {
    fn observe(&self, _: Timestamp, _: CallId, _: &Observed<'_>) {}
}

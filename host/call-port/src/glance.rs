//! A call as an operator sees it, and what an operator can do with it: the types for that.

use std::time::Duration;
use strowger_model::{AgentName, FlowName, FlowVersion};
use strowger_pbx::port::Address;

/// Takes an answer.
pub type Answer<T> = Box<dyn FnOnce(T) + Send>;

/// What somebody asks or does.
pub enum ByHand {
    /// How the call is.
    Look(Answer<Glance>),
    /// The caller waits no longer: to the flow it is as if nobody could be reached. False: the
    /// caller does not wait.
    TakeOut(Answer<bool>),
    /// The caller goes to an address, and the call is over. False: the caller has gone.
    SendOn(Address, Answer<bool>),
}

/// A call as people see it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Glance {
    /// The flow that has it, by the version that it is on.
    pub on: FlowVersion,
    /// Flows that stand in front of that one and have the call back when a switch is turned, the
    /// outermost first.
    pub behind: Vec<FlowName>,
    /// The caller's number, or the one that is to be called back; none: withheld.
    pub caller: Option<String>,
    /// The number that was called.
    pub dialled: String,
    /// The queues and agents for whom the caller waits, and what the flow calls those whom it dials.
    pub waits_for: Vec<String>,
    /// For how long the caller has waited; none: the caller does not wait. In no queue, all that the
    /// caller has waited so.
    pub waited: Option<Duration>,
    /// Agents whose phones ring for the caller.
    pub rings: Vec<AgentName>,
    /// With whom the caller talks: agents, and what the flow calls others.
    pub talks_with: Vec<String>,
}

//! What a flow is told. The meaning of each is in the contract, `wit/flow.wit`.

use crate::{AgentName, CallId, LegName, OrderId, Timestamp};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::time::Duration;

/// One event of one call.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[expect(missing_docs, reason = "said once, in the contract")]
pub enum Event {
    Arrived(Box<Arrival>),
    ContactDue(Box<ContactDue>),
    Order { id: OrderId, outcome: Outcome },
    Digit { leg: LegName, digit: char },
    HungUp { leg: LegName, cause: Cause },
    Switched { name: String, position: String },
    CameBack { switch: String, position: String },
    Held { leg: LegName },
    Unheld { leg: LegName },
    Returned { leg: LegName },
    TransferAsked { leg: LegName, target: String },
    Resumed { gap: Duration },
    ShuttingDown { within: Duration },
    Goal { name: String, remaining: u32 },
}

impl Event {
    /// Whether it says that an order has brought a leg.
    pub fn brings(&self, order: OrderId) -> bool {
        let brings = |outcome: &Outcome| {
            matches!(outcome, Outcome::Connected { .. } | Outcome::LegAnswered(_))
        };
        matches!(self, Self::Order { id, outcome } if *id == order && brings(outcome))
    }

    /// The leg that it happened to, if it was no order.
    pub fn leg(&self) -> Option<&LegName> {
        match self {
            Self::Digit { leg, .. }
            | Self::HungUp { leg, .. }
            | Self::Held { leg }
            | Self::Unheld { leg }
            | Self::Returned { leg }
            | Self::TransferAsked { leg, .. } => Some(leg),
            _ => None,
        }
    }
}

/// A call has arrived.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Arrival {
    /// Its id.
    pub call: CallId,
    /// The number that the caller claims; none: withheld.
    pub caller: Option<String>,
    /// The name that the caller claims.
    pub caller_name: Option<String>,
    /// The endpoint that the PBX authenticated.
    pub endpoint: Option<String>,
    /// The number that was dialled.
    pub dialled: String,
    /// From whom it was diverted.
    pub diverted_from: Option<String>,
    /// The line or trunk.
    pub line: Option<String>,
    /// The adapter that brought it.
    pub adapter: String,
    /// From another flow or the PBX.
    pub data: String,
    /// When.
    pub at: Timestamp,
}

/// A contact of a campaign is due.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ContactDue {
    /// The call's id.
    pub call: CallId,
    /// The campaign.
    pub campaign: String,
    /// The contact's id.
    pub contact: String,
    /// The number to dial.
    pub number: String,
    /// From 1 on.
    pub attempt: u32,
    /// When.
    pub at: Timestamp,
}

/// What came of an order.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[expect(missing_docs, reason = "said once, in the contract")]
pub enum Outcome {
    Answered,
    Played(PlayEnd),
    Gathered { digits: String, proof: Option<String>, end: GatherEnd },
    Matched { pattern: String, digits: String },
    Queued { position: u32 },
    Offered { agent: AgentName },
    Connected { leg: LegName, agent: AgentName },
    Left(Left),
    Ringing,
    LegAnswered(Answerer),
    Unanswered(Unanswered),
    Joined,
    Done,
    Transferred,
    NotTransferred { why: String },
    Listening,
    ListeningEnded,
    Recorded { length: Duration },
    Timer,
    Claimed { won: bool },
    Refused(Refusal),
    Unknown,
}

impl Outcome {
    /// Whether nothing more comes of the order.
    pub fn is_final(&self) -> bool {
        !matches!(
            self,
            Self::Matched { .. }
                | Self::Queued { .. }
                | Self::Offered { .. }
                | Self::Ringing
                | Self::Listening
        )
    }
}

/// How a play ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
#[expect(missing_docs, reason = "the words say it")]
pub enum PlayEnd {
    Whole,
    Stopped,
    Failed,
}

/// How a gather ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[expect(missing_docs, reason = "the words say it")]
pub enum GatherEnd {
    Enough,
    Terminator,
    Timeout,
}

/// Why a caller cannot wait in a queue.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Left {
    /// The queue's cap is reached.
    Full,
    /// No agent is logged in.
    NobodyLoggedIn,
    /// No agent's phone can be reached.
    NobodyReachable,
    /// The caller hung up and the flow did not cancel the order.
    CallerGone,
}

/// Who answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[expect(missing_docs, reason = "the words say it")]
pub enum Answerer {
    Human,
    Machine,
    Unknown,
}

/// Why nobody answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[expect(missing_docs, reason = "the words say it")]
pub enum Unanswered {
    NoAnswer,
    Busy,
    Declined,
    Unreachable,
    Cancelled,
}

/// Why an order was not carried out.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Refusal {
    /// For programs.
    pub reason: RefusalReason,
    /// For people.
    pub detail: String,
}

/// Why an order was not carried out, for programs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum RefusalReason {
    /// The flow file does not permit it.
    NotPermitted,
    /// There is no such leg, queue, agent, order, switch or prompt.
    UnknownName,
    /// Not in the state that this leg or order is in.
    WrongState,
    /// The id is that of an unfinished order.
    DuplicateId,
    /// A value out of range or malformed.
    Invalid,
    /// This host or this PBX cannot do it.
    Unsupported,
    /// Beyond a limit of the flow file.
    OverLimit,
    /// The PBX refused.
    Pbx,
}

/// Why a leg ended or is to end.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Cause {
    /// Somebody hung up.
    Normal,
    /// The far end is busy.
    Busy,
    /// The far end declined.
    Declined,
    /// The far end rang and nobody answered.
    NoAnswer,
    /// The far end cannot be reached.
    Unreachable,
    /// Congestion or a failure of the PBX or the network.
    Failed,
}

impl From<Cause> for Unanswered {
    fn from(cause: Cause) -> Self {
        match cause {
            Cause::Busy => Self::Busy,
            Cause::Declined => Self::Declined,
            Cause::Normal | Cause::NoAnswer => Self::NoAnswer,
            Cause::Unreachable | Cause::Failed => Self::Unreachable,
        }
    }
}

//! The legs of a call.

use serde::{Deserialize, Serialize};
use std::time::Duration;
use strowger_model::{AgentName, LegName, OrderId, QueueName, event::Cause};
use strowger_pbx::port::{Address, ConversationId, LegId, PbxCommand};
use strowger_routing::AttemptId;

/// One side of a call, from `Arrived` or `Dial` to `Ended`.
#[derive(Clone, Serialize, Deserialize)]
pub(crate) struct Leg {
    /// The flow's name for it.
    pub(crate) name: LegName,
    /// The PBX's.
    pub(crate) id: LegId,
    /// Why it is here.
    pub(crate) role: Role,
    /// The far end was heard to ring.
    pub(crate) rang: bool,
    /// Answered, or told to answer: what is ordered of it then comes after the answer, in its own
    /// order.
    pub(crate) up: bool,
    /// Where it is, or was last told to go.
    pub(crate) place: ConversationId,
    /// Whose conversation it left for hold.
    pub(crate) held_from: Option<ConversationId>,
    /// The flow was told that it is there, and will be told when it is gone.
    pub(crate) known: bool,
    /// Told to hang up or to leave; only its `Ended` is awaited.
    pub(crate) ending: Option<Ending>,
    /// Keyed, and held back: it may become what somebody watches for.
    #[serde(default)]
    pub(crate) keyed: String,
    /// Of an agent who is in an urgent call: the conversation that the agent will come back to.
    #[serde(default)]
    pub(crate) away_from: Option<ConversationId>,
    /// Told to listen to somebody, and not yet heard to have ended.
    #[serde(default)]
    pub(crate) listens: bool,
    /// That was taken back.
    #[serde(default)]
    pub(crate) listens_anew: bool,
    /// Something secret was to be keyed last: keys that come late are nobody's business.
    #[serde(default)]
    pub(crate) private: bool,
    /// Dialled: the agent who is engaged by that on the floor.
    #[serde(default)]
    pub(crate) engages: Option<AgentName>,
}

/// How a leg was told to go.
#[derive(Clone, Serialize, Deserialize)]
pub(crate) enum Ending {
    HangUp(Cause),
    Transfer(Option<Address>),
}

impl Ending {
    /// What the PBX is told.
    pub(crate) fn command(self, leg: LegId) -> PbxCommand {
        match self {
            Self::HangUp(cause) => PbxCommand::HangUp { leg, cause },
            Self::Transfer(to) => PbxCommand::Transfer { leg, to },
        }
    }
}

/// Why a leg is here.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) enum Role {
    /// It arrived.
    Caller,
    /// The flow dialled it.
    Dialled(OrderId),
    /// A phone of an agent that rings for a queue order since then (monotonic time). The flow does
    /// not see it yet.
    Offered {
        entry: OrderId,
        attempt: AttemptId,
        agent: AgentName,
        endpoint: usize,
        since: Duration,
    },
    /// An agent that a queue order brought, through that queue if the agent was not asked for by
    /// name.
    Agent {
        entry: OrderId,
        agent: AgentName,
        #[serde(default)]
        queue: Option<QueueName>,
    },
}

impl Leg {
    pub(crate) fn new(name: LegName, id: LegId, role: Role) -> Self {
        let (place, known) = (id.clone(), role == Role::Caller);
        Self {
            name,
            id,
            role,
            rang: false,
            up: false,
            place,
            held_from: None,
            known,
            ending: None,
            keyed: String::new(),
            away_from: None,
            listens: false,
            listens_anew: false,
            private: false,
            engages: None,
        }
    }

    /// The agent whom it keeps from other calls on the floor, and under which order: one whom a
    /// queue brought, or who was dialled.
    pub(crate) fn agent(&self) -> Option<(OrderId, &AgentName)> {
        match &self.role {
            Role::Agent { entry, agent, .. } => Some((*entry, agent)),
            Role::Dialled(order) => Some((*order, self.engages.as_ref()?)),
            Role::Caller | Role::Offered { .. } => None,
        }
    }

    /// Whether the flow may speak of it.
    pub(crate) fn is_visible(&self) -> bool {
        !self.is_ending() && !matches!(self.role, Role::Offered { .. })
    }

    /// Whether only its `Ended` is awaited.
    pub(crate) fn is_ending(&self) -> bool {
        self.ending.is_some()
    }

    /// Whether it will be in conversation with the other when its urgent call is over.
    pub(crate) fn is_to_be_with(&self, other: &Self) -> bool {
        !self.is_ending()
            && other.up
            && !other.is_ending()
            && self.id != other.id
            && self.away_from.as_ref() == Some(&other.place)
    }

    /// Whether it is in conversation with the other, or on its way there.
    pub(crate) fn is_with(&self, other: &Self) -> bool {
        self.up
            && other.up
            && !self.is_ending()
            && !other.is_ending()
            && self.id != other.id
            && self.place == other.place
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// As images had it before a leg said through which queue its agent came.
    #[derive(Serialize)]
    enum Before {
        Agent { entry: OrderId, agent: AgentName },
    }

    #[test]
    fn a_role_of_before_is_read() {
        let before =
            strowger_store::encode(&Before::Agent { entry: OrderId(7), agent: "an".into() });
        let now: Role = strowger_store::decode(&before).unwrap();
        assert_eq!(now, Role::Agent { entry: OrderId(7), agent: "an".into(), queue: None });
    }
}

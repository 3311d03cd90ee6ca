//! The legs of a call, and who is in conversation with whom.

use crate::order::{Carried, confirm::Confirming, no_leg, refusal};

use serde::{Deserialize, Serialize};
use std::{num::NonZeroU8, time::Duration};
use strowger_model::{
    AgentName, LegName, OrderId, QueueName,
    event::{Cause, Refusal, RefusalReason},
};
use strowger_pbx::port::{Address, ConversationId, LegId, PbxCommand, TransferAsked};
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
    pub(crate) keyed: Box<str>,
    /// Of an agent who is in an urgent call: the conversation that the agent will come back to.
    pub(crate) away_from: Option<ConversationId>,
    /// Told to listen to somebody, and not yet heard to have ended.
    pub(crate) listens: bool,
    /// That was taken back.
    pub(crate) listens_anew: bool,
    /// Something secret was to be keyed last: keys that come late are nobody's business.
    pub(crate) private: bool,
    /// Dialled: the agent who is engaged by that on the floor.
    pub(crate) engages: Option<AgentName>,
    /// Its phone asks for a transfer, and nobody has refused it.
    #[serde(default)]
    pub(crate) asks: Option<Box<TransferAsked>>,
    /// It rang when somebody else answered for the call.
    #[serde(default)]
    pub(crate) beaten: bool,
    /// Which talk of the record is its own, from 1 on.
    #[serde(default)]
    pub(crate) talk: Option<NonZeroU8>,
    /// Whoever answers has to press a key first.
    #[serde(default)]
    pub(crate) confirm: Option<Box<Confirming>>,
}

/// The legs of a call, from their dial or arrival to their end.
#[derive(Clone, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub(crate) struct Legs(Vec<Leg>);

impl Legs {
    pub(crate) fn of(leg: Leg) -> Self {
        Self(vec![leg])
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = &Leg> {
        self.0.iter()
    }

    pub(crate) fn iter_mut(&mut self) -> impl Iterator<Item = &mut Leg> {
        self.0.iter_mut()
    }

    pub(crate) fn ids(&self) -> Vec<LegId> {
        self.0.iter().map(|leg| leg.id.clone()).collect()
    }

    pub(crate) fn add(&mut self, leg: Leg) {
        self.0.push(leg);
    }

    pub(crate) fn remove(&mut self, id: &LegId) -> Option<Leg> {
        let place = self.0.iter().position(|leg| &leg.id == id)?;
        Some(self.0.remove(place))
    }

    pub(crate) fn remove_all(&mut self) -> Vec<Leg> {
        std::mem::take(&mut self.0)
    }

    /// The leg that the flow means by a name.
    pub(crate) fn get(&self, name: &LegName) -> Option<&Leg> {
        self.0.iter().find(|leg| leg.is_visible() && &leg.name == name)
    }

    pub(crate) fn get_mut(&mut self, name: &LegName) -> Option<&mut Leg> {
        self.0.iter_mut().find(|leg| leg.is_visible() && &leg.name == name)
    }

    pub(crate) fn by_id(&self, id: &LegId) -> Option<&Leg> {
        self.0.iter().find(|leg| &leg.id == id)
    }

    pub(crate) fn by_id_mut(&mut self, id: &LegId) -> Option<&mut Leg> {
        self.0.iter_mut().find(|leg| &leg.id == id)
    }

    /// The leg that the flow means by a name, to be told something.
    pub(crate) fn named(&self, name: &LegName) -> Result<&Leg, Refusal> {
        self.get(name).ok_or_else(|| no_leg(name))
    }

    /// The same, if it is answered.
    pub(crate) fn up(&self, name: &LegName) -> Result<&Leg, Refusal> {
        let leg = self.named(name)?;
        match leg.up {
            true => Ok(leg),
            false => Err(refusal(RefusalReason::WrongState, format!("{name} is not answered"))),
        }
    }

    /// Whether no leg bears a name. That of the caller is free only when that leg has ended: the
    /// flow is told so before the next has it.
    pub(crate) fn is_free(&self, name: &LegName) -> Carried {
        let caller = || name.is_caller() && self.0.iter().any(|leg| leg.name.is_caller());
        match self.get(name).is_some() || caller() {
            true => Err(refusal(
                RefusalReason::WrongState,
                format!("a leg named {name} is there already"),
            )),
            false => Ok(()),
        }
    }

    /// Those in conversation with a leg.
    pub(crate) fn with<'a>(&'a self, leg: &'a Leg) -> impl Iterator<Item = &'a Leg> {
        self.0.iter().filter(|other| other.is_with(leg))
    }

    /// In conversation with nobody, and nobody comes back.
    pub(crate) fn is_lonely(&self, leg: &Leg) -> bool {
        let talks = |other: &Leg| {
            leg.is_with(other) || leg.is_to_be_with(other) || other.is_to_be_with(leg)
        };
        !leg.is_ending() && !self.0.iter().any(talks)
    }

    /// The phone of an attempt of the floor that rings, or has just been answered.
    pub(crate) fn of_attempt(&self, wanted: AttemptId) -> Option<&Leg> {
        self.0
            .iter()
            .find(|leg| matches!(&leg.role, Role::Offered { attempt, .. } if *attempt == wanted))
    }

    /// The leg that an order has brought, and that is still there.
    pub(crate) fn brought_by(&mut self, order: OrderId) -> Option<&mut Leg> {
        self.0.iter_mut().find(|leg| match leg.role {
            Role::Agent { entry, .. } => entry == order,
            Role::Dialled(dial) => dial == order,
            Role::Caller | Role::Offered { .. } | Role::Substitute { .. } => false,
        })
    }

    /// The leg of the agent whom an order brought.
    pub(crate) fn of_agent(&self, order: OrderId) -> Option<&Leg> {
        self.0
            .iter()
            .find(|leg| leg.is_visible() && leg.agent().is_some_and(|(entry, _)| entry == order))
    }
}

/// How a leg was told to go.
#[derive(Clone, Serialize, Deserialize)]
pub(crate) enum Ending {
    HangUp(Cause),
    /// It rang, and somebody else has answered.
    Elsewhere,
    Transfer(Option<Address>),
}

impl Ending {
    /// What the PBX is told.
    pub(crate) fn command(self, leg: LegId) -> PbxCommand {
        match self {
            Self::HangUp(cause) => PbxCommand::hang_up(leg, cause),
            Self::Elsewhere => PbxCommand::HangUp { leg, cause: Cause::Normal, elsewhere: true },
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
    /// Dialled in the place of another leg, because the phone there asked for a transfer. Of that
    /// one; none: it has the place.
    Substitute { order: OrderId, of: Option<LegId> },
    /// An agent that a queue order brought, through that queue if the agent was not asked for by
    /// name.
    Agent { entry: OrderId, agent: AgentName, queue: Option<QueueName> },
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
            keyed: Box::default(),
            away_from: None,
            listens: false,
            listens_anew: false,
            private: false,
            engages: None,
            asks: None,
            beaten: false,
            talk: None,
            confirm: None,
        }
    }

    /// The agent whom it keeps from other calls on the floor, and under which order: one whom a
    /// queue brought, or who was dialled.
    pub(crate) fn agent(&self) -> Option<(OrderId, &AgentName)> {
        match &self.role {
            Role::Agent { entry, agent, .. } => Some((*entry, agent)),
            Role::Dialled(order) | Role::Substitute { order, .. } => {
                Some((*order, self.engages.as_ref()?))
            }
            Role::Caller | Role::Offered { .. } => None,
        }
    }

    /// The caller's: it arrived, or whoever was called back has answered it, and no voice mail.
    pub(crate) fn is_caller(&self) -> bool {
        self.role == Role::Caller || (self.name.is_caller() && self.known)
    }

    /// Whether the flow may speak of it.
    pub(crate) fn is_visible(&self) -> bool {
        let hidden =
            matches!(self.role, Role::Offered { .. } | Role::Substitute { of: Some(_), .. });
        !self.is_ending() && !hidden
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

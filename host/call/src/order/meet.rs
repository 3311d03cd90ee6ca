//! Who is in conversation with whom: connecting legs, parting them, holding one.

use super::{Carried, hung_up, refusal};
use crate::{
    legs::{Leg, Role},
    orders::Kind,
    turn::Turn,
};
use serde::{Deserialize, Serialize};
use strowger_model::{LegName, OrderId, Outcome, event::RefusalReason};
use strowger_pbx::port::{ConversationId, LegId};

/// Legs on their way, and what to say when the last is there.
#[derive(Clone, Serialize, Deserialize)]
pub(crate) struct Moving {
    pub(crate) legs: Vec<LegName>,
    pub(crate) done: MoveDone,
}

/// What a finished move is called.
#[derive(Clone, Copy, PartialEq, Serialize, Deserialize)]
pub(crate) enum MoveDone {
    Joined,
    Done,
}

impl Kind for Moving {
    fn is_of(&self, leg: &LegName) -> bool {
        self.legs.contains(leg)
    }

    fn take_back(self, _: OrderId, _: &mut Turn<'_>) {}

    fn leg_gone(&self, leg: &LegName) -> Option<Outcome> {
        Some(hung_up(leg))
    }
}

impl Turn<'_> {
    pub(crate) fn connect(&mut self, id: OrderId, legs: &[LegName]) -> Carried {
        let (Some(first), true) = (legs.first(), legs.len() > 1) else {
            return Err(refusal(RefusalReason::Invalid, "a conversation needs at least two legs"));
        };
        for leg in legs {
            self.call.legs.up(leg)?;
        }
        for leg in legs {
            self.end_company_of(leg);
            self.end_hold_of(leg);
        }
        let Some(to) = self.place_of(first) else { return Ok(()) };
        let moving = self.move_all(&legs[1..], &to);
        self.come_back_to(legs, &to);
        self.moving(id, moving, MoveDone::Joined);
        Ok(())
    }

    pub(crate) fn part(&mut self, id: OrderId, leg: &LegName) -> Carried {
        let moving = self.set_apart(leg)?;
        self.end_hold_of(leg);
        self.moving(id, moving, MoveDone::Done);
        Ok(())
    }

    pub(crate) fn hold(&mut self, id: OrderId, name: &LegName) -> Carried {
        let leg = self.call.legs.up(name)?;
        if leg.held_from.is_some() {
            return Err(refusal(RefusalReason::WrongState, format!("{name} is held already")));
        }
        let own = leg.id.clone();
        let Some(with) = self.call.legs.with(leg).next().map(|other| other.id.clone()) else {
            let why = format!("{name} is in conversation with nobody");
            return Err(refusal(RefusalReason::WrongState, why));
        };
        let moving = self.set_apart(name)?;
        if let Some(leg) = self.call.legs.by_id_mut(&own) {
            leg.held_from = Some(with);
        }
        self.hold_music(own);
        self.moving(id, moving, MoveDone::Done);
        Ok(())
    }

    pub(crate) fn resume_held(&mut self, id: OrderId, name: LegName) -> Carried {
        let leg = self.call.legs.up(&name)?;
        let with = leg
            .held_from
            .as_ref()
            .ok_or_else(|| refusal(RefusalReason::WrongState, format!("{name} is not held")))?;
        let there = self.call.legs.by_id(with).filter(|other| other.up && !other.is_ending());
        let Some(to) = there.map(|other| other.place.clone()) else {
            let why = format!("the leg with which {name} talked before the hold is gone");
            return Err(refusal(RefusalReason::WrongState, why));
        };
        self.end_hold_of(&name);
        let moving = self.move_all(&[name], &to);
        self.moving(id, moving, MoveDone::Done);
        Ok(())
    }

    /// A leg is gone. If nobody is in its conversation, nobody can come there any more: who was on
    /// the way stays alone.
    pub(crate) fn end_moves_to(&mut self, gone: &Leg) {
        let moving: Vec<(OrderId, Vec<LegName>)> = self
            .call
            .orders
            .all::<Moving>()
            .map(|(id, moving)| (id, moving.legs.clone()))
            .collect();
        let on_the_way = |leg: &Leg| moving.iter().any(|(_, legs)| legs.contains(&leg.name));
        let bound = |leg: &&Leg| leg.place == gone.id && !leg.is_ending();
        if self.call.legs.iter().filter(bound).any(|leg| !on_the_way(leg)) {
            return;
        }
        let stranded: Vec<(LegName, LegId)> = self
            .call
            .legs
            .iter()
            .filter(bound)
            .map(|leg| (leg.name.clone(), leg.id.clone()))
            .collect();
        for (name, own) in &stranded {
            self.move_all(std::slice::from_ref(name), own);
        }
        let failed =
            moving.iter().filter(|(_, legs)| stranded.iter().any(|(name, _)| legs.contains(name)));
        for (order, _) in failed {
            self.outcome(*order, hung_up(&gone.name));
        }
    }

    /// The agent who has called the caller back, and has the caller now.
    fn note_agent(&mut self) {
        let caller = self.call.legs.get(&LegName::caller());
        let with = caller.into_iter().flat_map(|caller| self.call.legs.with(caller));
        let agent = with.filter_map(|leg| match &leg.role {
            Role::Agent { agent, .. } => Some(agent.clone()),
            _ => None,
        });
        if let Some(agent) = agent.take(1).next() {
            self.call.kept.record.agent.get_or_insert(agent);
        }
    }

    fn moving(&mut self, id: OrderId, legs: Vec<LegName>, done: MoveDone) {
        match legs.is_empty() {
            true => self.outcome(id, done.outcome()),
            false => self.call.orders.open(id, None, Moving { legs, done }),
        }
    }

    /// A leg is where it was told to go.
    pub(crate) fn moved(&mut self, id: &LegId, to: &ConversationId) {
        let here = self.call.legs.by_id(id).filter(|leg| leg.place == *to && !leg.is_ending());
        let Some(name) = here.map(|leg| leg.name.clone()) else { return };
        self.agent_joined(id);
        let moves: Vec<OrderId> = self.call.orders.all::<Moving>().map(|(id, _)| id).collect();
        for order in moves {
            let Some(moving) = self.call.orders.get_mut::<Moving>(order) else { continue };
            moving.legs.retain(|moving| moving != &name);
            let (arrived, done) = (moving.legs.is_empty(), moving.done);
            if !arrived {
                continue;
            }
            // A hold or a part is done, and connects nobody.
            if done == MoveDone::Joined {
                self.call.kept.record.connected.get_or_insert(self.now.wall);
                self.note_agent();
                self.note_overflow();
            }
            self.outcome(order, done.outcome());
        }
    }
}

impl MoveDone {
    fn outcome(self) -> Outcome {
        match self {
            Self::Joined => Outcome::Joined,
            Self::Done => Outcome::Done,
        }
    }
}

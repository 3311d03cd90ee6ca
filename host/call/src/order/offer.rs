//! Phones of agents that ring for a place in a queue: until one is answered, they ring for the line.
//! When the caller has an agent or leaves, the floor may pass a phone on to another caller, mostly
//! one of another call.
//!
//! The leg has one owner, of which the floor decides; the host gives it to the other call in the
//! same moment. This call learns it by [`Output::Passed`](strowger_routing::Output), forgets the leg,
//! and tells its owner what it knew of it. The other learns it by `RingsOn`, and makes the leg: its
//! name says for whom it was rung first. Either may learn it late, or after what came of it later:
//! what the floor says now counts.

use super::queue::Queueing;
use crate::{
    legs::{Leg, Role},
    resume::Unsettled,
    turn::Turn,
};
use std::time::Duration;
use strowger_call_port::{Observed, address_of, offered_leg};
use strowger_model::{
    AgentName, OrderId, Outcome,
    event::{Cause, Unanswered},
};
use strowger_pbx::port::{Ended, LegId, LegState, PbxCommand, PbxEvent};
use strowger_routing::{AttemptId, EntryId, Input};

/// A phone that the floor rings.
pub(crate) struct Offer {
    pub(crate) attempt: AttemptId,
    pub(crate) agent: AgentName,
    pub(crate) endpoint: usize,
    /// When it began to ring, in monotonic time.
    pub(crate) since: Duration,
}

impl Turn<'_> {
    /// Rings a phone of an agent.
    pub(crate) fn ring(&mut self, entry: EntryId, offer: Offer) {
        let phone = self.house.endpoint(&offer.agent, offer.endpoint);
        let queueing = self.call.orders.get::<Queueing>(entry.order);
        let still_rings = self.house.rings_for(offer.attempt) == Some(entry);
        let (Some(phone), Some(queueing), true) = (phone, queueing, still_rings) else {
            // The site lost the endpoint, or the flow lost interest, a moment ago.
            let why = Unanswered::Unreachable;
            return self.inform_floor(Input::Unanswered { attempt: offer.attempt, why });
        };
        let display_name = queueing.ask.display_name.clone();
        let to = address_of(&phone.target);
        let caller_id = self.who_waits(entry.order);
        self.house.observe(&Observed::Ring { agent: &offer.agent, address: &to });
        let leg = self.offer(entry, entry, offer);
        self.house.enrol(&leg);
        self.send(PbxCommand::Dial { leg, to, caller_id, display_name });
    }

    /// A phone that was rung for somebody else rings on for the caller of this order.
    pub(crate) fn rings_on(&mut self, first: EntryId, entry: EntryId, offer: Offer) {
        let attempt = offer.attempt;
        let rings_for = self.house.rings_for(attempt);
        let elsewhere = rings_for.is_some_and(|now| now != entry);
        if elsewhere || !self.house.owns(&offered_leg(first, attempt)) {
            // It was passed on again meanwhile. Even if it is over by now, its end is told there.
            return;
        }
        let display_name = self.call.orders.get::<Queueing>(entry.order);
        let display_name = display_name.and_then(|queueing| queueing.ask.display_name.clone());
        let caller_id = self.who_waits(entry.order);
        let agent = offer.agent.clone();
        let phone = self.house.endpoint(&agent, offer.endpoint);
        let leg = self.offer(first, entry, offer);
        let (Some(phone), Some(_)) = (phone, rings_for) else {
            // It was cancelled meanwhile, or the site lost the endpoint.
            return self.hang_up(&leg, Cause::Normal);
        };
        let address = address_of(&phone.target);
        self.house.observe(&Observed::Ring { agent: &agent, address: &address });
        self.send(PbxCommand::Show { leg, caller_id, display_name });
    }

    /// The number that an agent is shown.
    fn who_waits(&self, entry: OrderId) -> Option<String> {
        let queueing = self.call.orders.get::<Queueing>(entry);
        let called_back = queueing.and_then(|queueing| queueing.ask.calls_back.as_ref());
        match called_back {
            Some(number) => Some(number.to_string()),
            None => self.call.kept.record.caller.clone(),
        }
    }

    fn offer(&mut self, first: EntryId, entry: EntryId, offer: Offer) -> LegId {
        let Offer { attempt, agent, endpoint, since } = offer;
        let id = offered_leg(first, attempt);
        let queueing = self.call.orders.get::<Queueing>(entry.order);
        let name = queueing.map_or_else(|| "".into(), |queueing| queueing.ask.agent_leg.clone());
        let confirm = self.to_confirm(&agent, endpoint);
        let role = Role::Offered { entry: entry.order, attempt, agent, endpoint, since };
        self.call.legs.add(Leg { confirm, ..Leg::new(name, id.clone(), role) });
        id
    }

    /// A phone rings on for another caller: its owner is told what this call knew of it.
    pub(crate) fn passed(&mut self, first: EntryId, attempt: AttemptId) {
        let id = offered_leg(first, attempt);
        let Some(leg) = self.call.legs.remove(&id) else {
            if self.house.rings_for(attempt).is_none() {
                // It has ended a moment ago, and its owner did not hear of it.
                let ended = Ended { leg: id, cause: Cause::Normal, left: false };
                self.house.tell_owner(PbxEvent::Ended(Box::new(ended)));
            }
            return;
        };
        if let Some(confirming) = leg.confirm {
            self.stop(confirming.asking);
        }
        let (mut rang, mut up) = (leg.rang, leg.up);
        // The call was just taken up, and has not looked yet whether the phone is still there.
        let unsettled = self.call.resuming.as_mut();
        match unsettled.map_or(Unsettled::No, |resuming| resuming.unsettled(&id)) {
            Unsettled::No => {}
            Unsettled::There(state) => {
                rang |= state == LegState::Ringing;
                up |= state == LegState::Up;
            }
            Unsettled::Gone => {
                let ended = Ended { leg: id, cause: Cause::Normal, left: false };
                return self.house.tell_owner(PbxEvent::Ended(Box::new(ended)));
            }
        }
        if rang {
            self.house.tell_owner(PbxEvent::Ringing { leg: id.clone() });
        }
        if up {
            self.house.tell_owner(PbxEvent::Answered { leg: id });
        }
    }

    pub(crate) fn offer_rings(&mut self, entry: OrderId, agent: AgentName) {
        let queueing = self.call.orders.get::<Queueing>(entry);
        if queueing.is_some_and(|queueing| queueing.ask.report_offers) {
            self.outcome(entry, Outcome::Offered { agent });
        }
    }

    /// A phone of an agent is quiet again.
    pub(crate) fn attempt_over(&mut self, attempt: AttemptId, agent: &AgentName, why: Unanswered) {
        self.house.observe(&Observed::NotAnswered { agent, why });
        self.inform_floor(Input::Unanswered { attempt, why });
    }
}

//! Dialling a number, an extension or an agent.

use super::{Carried, queue::Queueing, refusal};
use crate::{
    legs::{Leg, Role},
    orders::Kind,
    turn::Turn,
};
use serde::{Deserialize, Serialize};
use std::time::Duration;
use strowger_model::{
    Event, LegName, OrderId, Outcome, PhoneNumber,
    command::{Confirm, Dial},
    event::{Answerer, Cause, RefusalReason, Unanswered},
};
use strowger_pbx::port::{LegId, PbxCommand, PlayId};

/// A number dialled.
#[derive(Clone, Serialize, Deserialize)]
pub(crate) struct Dialling {
    pub(crate) leg: LegName,
    pub(crate) limit: Duration,
    pub(crate) keep_place: Option<OrderId>,
    pub(crate) confirm: Option<Confirm>,
    /// The confirmation that is being asked for.
    pub(crate) asking: Option<PlayId>,
}

impl Kind for Dialling {
    /// Its leg's end is its own outcome.
    fn is_of(&self, _: &LegName) -> bool {
        false
    }

    fn take_back(self, _: OrderId, turn: &mut Turn<'_>) {
        turn.stop(self.asking);
        if let Some(id) = turn.call.legs.get(&self.leg).map(|leg| leg.id.clone()) {
            turn.quieten_phone(&id);
        }
    }

    fn leg_gone(&self, _: &LegName) -> Option<Outcome> {
        None
    }

    /// The set-up, the ringing or the confirmation took too long.
    fn due(id: OrderId, turn: &mut Turn<'_>) {
        let Some(dialling) = turn.call.orders.take::<Dialling>(id) else { return };
        let rang = turn.call.legs.get(&dialling.leg).is_some_and(|leg| leg.rang || leg.up);
        turn.stop(dialling.asking);
        turn.hang_up_named(&dialling.leg);
        let why = if rang { Unanswered::NoAnswer } else { Unanswered::Unreachable };
        turn.outcome(id, Outcome::Unanswered(why));
        turn.end_orders_on(&dialling.leg);
    }
}

impl Turn<'_> {
    pub(crate) fn dial(&mut self, id: OrderId, ask: Dial) -> Carried {
        self.check_free(&ask.leg)?;
        let agent = self.house.agent_called(&ask.target);
        let (to, _) = self.whom_to_dial(&ask.target, agent.as_ref())?;
        let caller_id = match &ask.caller_id {
            None => self.own_number().as_ref().map(PhoneNumber::to_string),
            Some(number) if self.may_show(number) => Some(number.to_string()),
            Some(number) => {
                let why =
                    format!("{number} is neither the flow's caller-id nor a number that it serves");
                return Err(refusal(RefusalReason::NotPermitted, why));
            }
        };
        if ask.machine_detection {
            let why = "this host does not tell people from machines yet";
            return Err(refusal(RefusalReason::Unsupported, why));
        }
        if let Some(entry) = ask.keep_place
            && self.call.orders.get::<Queueing>(entry).is_none()
        {
            let why = format!("keep-place: order {entry} is not in a queue");
            return Err(refusal(RefusalReason::UnknownName, why));
        }
        if let Some(agent) = &agent
            && !self.engage(id, agent)?
        {
            self.outcome(id, Outcome::Unanswered(Unanswered::Busy));
            return Ok(());
        }
        // An agent is not the contact, whatever number the agent has.
        if self.call.kept.record.campaign.is_some() && agent.is_none() {
            self.house.dials_contact()?;
        }
        let (call, step) = (self.call.id, self.call.kept.record.steps);
        let leg = LegId(format!("{call}-{step}-{}", self.call.index).into());
        let due = self.in_(ask.set_up_limit);
        let limit = ask.limit.duration(self.call.terms.site.cadence_at(&ask.target));
        let dialled = Leg::new(ask.leg.clone(), leg.clone(), Role::Dialled(id));
        // The flow's own question is enough.
        let asks = agent.as_ref().filter(|_| ask.confirm.is_none());
        let confirm = asks.and_then(|agent| self.to_confirm(agent, 0));
        self.call.legs.add(Leg { engages: agent, confirm, ..dialled });
        self.house.enrol(&leg);
        self.send(PbxCommand::Dial { leg, to, caller_id, display_name: ask.display_name });
        let Dial { leg, keep_place, confirm, .. } = ask;
        let dialling = Dialling { leg, limit, keep_place, confirm, asking: None };
        self.call.orders.open(id, Some(due), dialling);
        Ok(())
    }

    pub(crate) fn dial_rings(&mut self, order: OrderId) {
        let Some(dialling) = self.call.orders.get::<Dialling>(order) else { return };
        let due = self.in_(dialling.limit);
        self.call.orders.set_due(order, Some(due));
        self.outcome(order, Outcome::Ringing);
    }

    /// A number that the flow dialled was answered: by its owner, if a key is pressed. Where an
    /// agent was faster, it is not known yet whether the caller needs anybody else.
    pub(crate) fn dial_answered(&mut self, order: OrderId) {
        let Some(dialling) = self.call.orders.get::<Dialling>(order) else { return };
        if dialling.keep_place.is_some_and(|entry| self.is_answered(entry)) {
            return self.call.orders.set_due(order, None);
        }
        let (leg, confirm) = (dialling.leg.clone(), dialling.confirm.clone());
        let Some(confirm) = confirm else {
            return self.dial_reached(order, &leg, Answerer::Unknown);
        };
        let asking = self.voiced(confirm.prompts).ok().and_then(|prompts| self.play(&leg, prompts));
        let due = self.in_(confirm.within);
        self.call.orders.set_due(order, Some(due));
        if let Some(dialling) = self.call.orders.get_mut::<Dialling>(order) {
            dialling.asking = asking;
        }
    }

    /// The key that the owner of a dialled telephone was asked for.
    pub(crate) fn confirms(&mut self, leg: &LegName, digit: char) -> bool {
        let asks = |dialling: &Dialling| &dialling.leg == leg && dialling.confirm.is_some();
        let Some((id, dialling)) = self.call.orders.find_mut(asks) else { return false };
        if dialling.confirm.as_ref().is_some_and(|confirm| confirm.key == digit) {
            let asking = dialling.asking.take();
            self.stop(asking);
            self.dial_reached(id, leg, Answerer::Human);
        }
        true
    }

    fn dial_reached(&mut self, order: OrderId, name: &LegName, who: Answerer) {
        if let Some(leg) = self.call.legs.get_mut(name) {
            leg.known = true;
            let id = leg.id.clone();
            if let Some((_, agent)) = leg.agent() {
                self.house.talks(agent, &id);
            }
            self.beat_others(&id);
        }
        if name.is_caller() {
            self.caller_answered();
        }
        self.outcome(order, Outcome::LegAnswered(who));
    }

    /// The leg of a dial is gone. The order is none any more if it was answered before, or
    /// cancelled: then the flow has had its outcome.
    pub(crate) fn dial_ended(&mut self, order: OrderId, leg: &Leg, cause: Cause) {
        let Some(dialling) = self.call.orders.take::<Dialling>(order) else { return };
        self.stop(dialling.asking);
        let why = match cause {
            Cause::NoAnswer | Cause::Normal if !leg.rang && !leg.up => Unanswered::Unreachable,
            cause => cause.into(),
        };
        self.tell(Event::Order { id: order, outcome: Outcome::Unanswered(why) });
    }

    /// An agent who answers goes before a number that was dialled meanwhile.
    pub(crate) fn cancel_dials_keeping(&mut self, entry: OrderId) {
        for id in self.dials_keeping(entry) {
            self.take_back(id);
            self.tell(Event::Order { id, outcome: Outcome::Unanswered(Unanswered::Cancelled) });
        }
    }

    /// The agent who was faster is gone: whoever answered meanwhile is wanted.
    pub(crate) fn go_on_with_dials_keeping(&mut self, entry: OrderId) {
        for id in self.dials_keeping(entry) {
            let order = self.call.orders.any(id);
            let waits = order.is_some_and(|order| order.due.is_none());
            let answered = self.call.legs.brought_by(id).is_some_and(|leg| leg.up);
            if waits && answered {
                self.dial_answered(id);
            }
        }
    }

    fn dials_keeping(&self, entry: OrderId) -> Vec<OrderId> {
        let dials = self.call.orders.all::<Dialling>();
        let dials = dials.filter(|(_, dialling)| dialling.keep_place == Some(entry));
        dials.map(|(id, _)| id).collect()
    }
}

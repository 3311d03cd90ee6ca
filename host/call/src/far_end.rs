//! What the PBX tells of the call's legs, made into outcomes and events.

use crate::{
    Phase,
    legs::{Leg, Role},
    turn::Turn,
};
use strowger_model::{
    Event, LegName, OrderId, Outcome,
    event::{Cause, Refusal, Unanswered},
};
use strowger_pbx::port::{Ended, LegId, PbxCommand, PbxEvent};
use strowger_routing::{AttemptId, Input};

impl Turn<'_> {
    /// Something happened at the PBX. What the call knows already changes nothing.
    pub(crate) fn heard(&mut self, event: PbxEvent) {
        match event {
            PbxEvent::Ringing { leg } => self.ringing(&leg),
            PbxEvent::Answered { leg } => self.answered(&leg),
            PbxEvent::Moved { leg, to } => self.moved(&leg, &to),
            PbxEvent::Listening { leg } => self.listening(&leg),
            PbxEvent::ListeningEnded { leg } => self.listening_ended(&leg),
            PbxEvent::TransferAsked(asked) => self.transfer_asked(*asked),
            PbxEvent::Digit { leg, digit } => self.digit(&leg, digit),
            PbxEvent::Played { play, end, .. } => self.played(&play, end),
            PbxEvent::Ended(ended) => self.ended(*ended),
            PbxEvent::Arrived(_)
            | PbxEvent::Phone { .. }
            | PbxEvent::Lost { .. }
            | PbxEvent::Synced { .. } => {}
        }
    }

    pub(crate) fn ringing(&mut self, id: &LegId) {
        let Some(leg) = self.call.legs.by_id_mut(id) else { return };
        if leg.rang || leg.up || leg.is_ending() {
            return;
        }
        leg.rang = true;
        match leg.role.clone() {
            Role::Dialled(order) => self.dial_rings(order),
            Role::Offered { entry, agent, .. } => self.offer_rings(entry, agent),
            Role::Substitute { order, .. } => self.replacement_rings(order),
            Role::Caller | Role::Agent { .. } => {}
        }
    }

    pub(crate) fn answered(&mut self, id: &LegId) {
        let Some(leg) = self.call.legs.by_id_mut(id) else { return };
        if leg.role == Role::Caller {
            return self.caller_answered();
        }
        if std::mem::replace(&mut leg.up, true) || leg.is_ending() {
            return;
        }
        if !self.asks_to_confirm(id) {
            self.reached(id);
        }
    }

    /// Somebody has answered, and not a voice mail, as far as that can be asked for.
    pub(crate) fn reached(&mut self, id: &LegId) {
        let Some(leg) = self.call.legs.by_id(id) else { return };
        match leg.role.clone() {
            Role::Dialled(order) => {
                self.engaged_answered(id, order);
                self.dial_answered(order);
            }
            Role::Substitute { order, of: Some(_) } => {
                self.engaged_answered(id, order);
                self.replacement_answered(order, id);
            }
            Role::Offered { attempt, .. } => {
                if let Err(Refusal { detail, .. }) = self.floor(Input::Answered { attempt }) {
                    tracing::debug!(call = %self.call.id, "answered too late: {detail}");
                    self.hang_up(id, Cause::Normal);
                }
            }
            Role::Caller | Role::Agent { .. } | Role::Substitute { of: None, .. } => {}
        }
        if self.call.phase == Phase::Over {
            self.hang_up_lonely();
        }
    }

    /// A phone at which an agent is engaged was answered.
    fn engaged_answered(&mut self, leg: &LegId, order: OrderId) {
        if self.call.legs.by_id(leg).is_some_and(|leg| leg.engages.is_some()) {
            self.inform_floor(Input::EngagedAnswered { entry: self.entry(order) });
        }
    }

    /// A key goes to the first who wants it: a confirmation, a gather, a watch, and else the others
    /// in the conversation and the flow.
    fn digit(&mut self, id: &LegId, digit: char) {
        if self.confirms_phone(id, digit) {
            return;
        }
        let Some(leg) = self.call.legs.by_id(id).filter(|leg| leg.is_visible()) else { return };
        let (leg, private) = (leg.name.clone(), leg.private);
        if self.confirms(&leg, digit) {
            return;
        }
        self.barge_in(&leg);
        if !self.gather_digit(&leg, digit) && !private && !self.watch_digit(&leg, digit) {
            self.pass_on(leg, digit);
        }
    }

    /// A key that nobody took: those in conversation with the leg hear it, so that a menu at the
    /// far end can be used, and the flow is told.
    pub(crate) fn pass_on(&mut self, name: LegName, digit: char) {
        // What was held back was perhaps meant for the secret that is asked for now.
        let leg = self.call.legs.get(&name).filter(|leg| !leg.private);
        let others = leg.into_iter().flat_map(|leg| self.call.legs.with(leg));
        let others: Vec<LegId> = others.map(|other| other.id.clone()).collect();
        // Where PINs are asked for, a key that nobody waits for may be of one, keyed ahead.
        if others.is_empty() && !self.call.terms.permissions.log_in.is_empty() {
            return tracing::debug!(call = %self.call.id, leg = %name, "a key for nobody is dropped");
        }
        for leg in others {
            self.send(PbxCommand::SendDigits { leg, digits: digit.to_string() });
        }
        self.tell(Event::Digit { leg: name, digit });
    }

    pub(crate) fn ended(&mut self, ended: Ended) {
        let Some(leg) = self.call.legs.remove(&ended.leg) else { return };
        self.strike(&leg);
        let brought_in_vain =
            matches!(leg.role, Role::Agent { entry, .. } if self.is_in_queue(entry));
        if !brought_in_vain {
            self.free_agent(&leg);
        }
        if ended.left {
            self.left(&leg);
        }
        if self.waits_for_replacement(&leg, ended.cause) {
            return;
        }
        self.goes_all_the_same(&leg);
        match leg.role.clone() {
            Role::Offered { attempt, agent, .. } => {
                self.attempt_ended(attempt, &agent, &leg, ended.cause);
            }
            Role::Agent { entry, agent, .. } => {
                if brought_in_vain {
                    self.forget_talk(&leg);
                }
                self.agent_gone(entry, &agent);
            }
            Role::Dialled(order) => {
                if leg.is_caller() {
                    self.all_count();
                }
                self.dial_ended(order, &leg, ended.cause);
            }
            Role::Caller => self.all_count(),
            Role::Substitute { order, of: Some(_) } => {
                self.replacement_failed(order, "the one who was dialled did not answer");
            }
            Role::Substitute { of: None, .. } => {}
        }
        match (&leg.role, leg.known) {
            (_, true) => {
                self.tell(Event::HungUp { leg: leg.name.clone(), cause: ended.cause });
            }
            (Role::Offered { .. } | Role::Substitute { of: Some(_), .. }, false) => {}
            // The flow is not told that it is gone, but perhaps it ordered something of it.
            (_, false) => self.end_orders_on(&leg.name),
        }
        self.end_moves_to(&leg);
        if self.call.phase == Phase::Over {
            self.hang_up_lonely();
        }
    }

    /// A phone of an agent rings no more.
    fn attempt_ended(
        &mut self,
        attempt: AttemptId,
        agent: &strowger_model::AgentName,
        leg: &Leg,
        cause: Cause,
    ) {
        let why = match (cause, leg.is_ending()) {
            (_, true) => Unanswered::Cancelled,
            (Cause::NoAnswer | Cause::Normal, false) if !leg.rang => Unanswered::Unreachable,
            // A failure of the PBX, or of the way to it, says nothing against the phone.
            (Cause::Failed, false) => Unanswered::NoAnswer,
            (cause, false) => cause.into(),
        };
        self.attempt_over(attempt, agent, why);
    }

    /// A leg is gone, or was never there, and nobody saw how: there was no host, or it could not
    /// hear the PBX. Should the PBX still carry out a dial that it was sent before, nobody would be
    /// there for the leg: it is told to hang up behind that dial.
    pub(crate) fn lost(&mut self, id: &LegId) {
        let Some(leg) = self.call.legs.by_id_mut(id) else { return };
        if let Role::Offered { .. } = leg.role {
            // Maybe it was never dialled: that says nothing against the phone.
            leg.rang = true;
        }
        let leg = leg.clone();
        if let Some(order) = self.of_unknown_end(&leg) {
            self.outcome(order, Outcome::Unknown);
        }
        self.send(PbxCommand::hang_up(id.clone(), Cause::Normal));
        self.ended(Ended { leg: id.clone(), cause: Cause::Normal, left: false });
    }
}

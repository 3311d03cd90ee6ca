//! What the PBX tells of the call's legs, made into outcomes and events.

use super::{
    Call, Phase,
    leg::{Leg, Role},
    order::{Doing, MoveDone, Open},
};
use strowger_model::{
    Event, LegName, OrderId, Outcome,
    event::{Answerer, Cause, PlayEnd, Refusal, Unanswered},
};
use strowger_pbx::port::{ConversationId, Ended, LegId, PbxEvent, PlayId};
use strowger_routing::Input;

impl Call {
    /// Something happened at the PBX. What the call knows already changes nothing.
    pub(super) fn heard(&mut self, event: PbxEvent) {
        match event {
            PbxEvent::Ringing { leg } => self.ringing(&leg),
            PbxEvent::Answered { leg } => self.answered(&leg),
            PbxEvent::Moved { leg, to } => self.moved(&leg, &to),
            PbxEvent::Listening { leg } => self.listening(&leg),
            PbxEvent::ListeningEnded { leg } => self.listening_ended(&leg),
            PbxEvent::Digit { leg, digit } => self.digit(&leg, digit),
            PbxEvent::Played { play, end, .. } => self.played(&play, end),
            PbxEvent::Ended(ended) => self.ended(*ended),
            PbxEvent::Arrived(_) | PbxEvent::Lost { .. } | PbxEvent::Synced { .. } => {}
        }
    }

    pub(super) fn ringing(&mut self, id: &LegId) {
        let Some(leg) = self.leg_by_id(id).filter(|leg| !leg.rang && !leg.up && !leg.is_ending())
        else {
            return;
        };
        leg.rang = true;
        match leg.role.clone() {
            Role::Dialled(order) => {
                let Some(Open { doing: Doing::Dialling(dialling), .. }) = self.order_mut(order)
                else {
                    return;
                };
                let limit = dialling.limit;
                let due = self.in_(limit);
                if let Some(open) = self.order_mut(order) {
                    open.due = Some(due);
                }
                self.outcome(order, Outcome::Ringing);
            }
            Role::Offered { entry, agent, .. } => {
                let Some(Open { doing: Doing::Queueing(queueing), .. }) = self.order_mut(entry)
                else {
                    return;
                };
                if queueing.ask.report_offers {
                    self.outcome(entry, Outcome::Offered { agent });
                }
            }
            Role::Caller | Role::Agent { .. } => {}
        }
    }

    pub(super) fn answered(&mut self, id: &LegId) {
        if self.legs.iter().any(|leg| &leg.id == id && leg.role == Role::Caller) {
            return self.caller_answered();
        }
        let Some(leg) = self.leg_by_id(id).filter(|leg| !leg.up) else { return };
        leg.up = true;
        if leg.is_ending() {
            return;
        }
        match leg.role.clone() {
            Role::Dialled(order) => {
                if leg.engages.is_some() {
                    self.inform_floor(Input::EngagedAnswered { entry: self.entry(order) });
                }
                self.dial_answered(order);
            }
            Role::Offered { attempt, .. } => {
                if let Err(Refusal { detail, .. }) = self.floor(Input::Answered { attempt }) {
                    tracing::debug!(call = %self.id, "answered too late: {detail}");
                    self.hang_up(id, Cause::Normal);
                }
            }
            Role::Caller | Role::Agent { .. } => {}
        }
        if self.phase == Phase::Over {
            self.hang_up_lonely();
        }
    }

    fn caller_answered(&mut self) {
        self.record.answered.get_or_insert(self.exchange.clock.now());
        let answering = |open: &&Open| matches!(open.doing, Doing::Answering);
        if let Some(order) = self.orders.iter().find(answering).map(|open| open.id) {
            self.outcome(order, Outcome::Answered);
        }
    }

    /// A number that the flow dialled was answered: by its owner, if a key is pressed.
    fn dial_answered(&mut self, order: OrderId) {
        let Some(Open { doing: Doing::Dialling(dialling), .. }) = self.order_mut(order) else {
            return;
        };
        let (leg, confirm) = (dialling.leg.clone(), dialling.confirm.clone());
        let Some(confirm) = confirm else {
            return self.dial_reached(order, &leg, Answerer::Unknown);
        };
        let asking = self.voiced(confirm.prompts).ok().and_then(|prompts| self.play(&leg, prompts));
        let due = self.in_(confirm.within);
        if let Some(open) = self.order_mut(order) {
            open.due = Some(due);
            if let Doing::Dialling(dialling) = &mut open.doing {
                dialling.asking = asking;
            }
        }
    }

    /// The key that the owner of a dialled telephone was asked for.
    fn confirms(&mut self, leg: &LegName, digit: char) -> bool {
        let asks = |open: &&mut Open| matches!(&open.doing, Doing::Dialling(dialling) if &dialling.leg == leg && dialling.confirm.is_some());
        let Some(open) = self.orders.iter_mut().find(asks) else { return false };
        let (id, Doing::Dialling(dialling)) = (open.id, &mut open.doing) else { return false };
        if dialling.confirm.as_ref().is_some_and(|confirm| confirm.key == digit) {
            let asking = dialling.asking.take();
            self.stop(asking);
            self.dial_reached(id, leg, Answerer::Human);
        }
        true
    }

    fn dial_reached(&mut self, order: OrderId, name: &LegName, who: Answerer) {
        if let Some(leg) = self.legs.iter_mut().find(|leg| leg.is_visible() && &leg.name == name) {
            leg.known = true;
            if let Some((_, agent)) = leg.agent() {
                self.exchange.talks(agent, &leg.id);
            }
        }
        self.outcome(order, Outcome::LegAnswered(who));
    }

    /// The set-up, the ringing or the confirmation of a dial took too long.
    pub(super) fn dial_timed_out(&mut self, order: OrderId) {
        let Some(Open { doing: Doing::Dialling(dialling), .. }) = self.remove_order(order) else {
            return;
        };
        let rang = self.leg(&dialling.leg).is_some_and(|leg| leg.rang || leg.up);
        self.stop(dialling.asking);
        self.hang_up_named(&dialling.leg);
        let why = if rang { Unanswered::NoAnswer } else { Unanswered::Unreachable };
        self.tell(Event::Order { id: order, outcome: Outcome::Unanswered(why) });
    }

    pub(super) fn moved(&mut self, id: &LegId, to: &ConversationId) {
        let Some(leg) = self.leg_by_id(id).filter(|leg| leg.place == *to && !leg.is_ending())
        else {
            return;
        };
        let name = leg.name.clone();
        self.agent_joined(id);
        let mut arrived = Vec::new();
        for open in &mut self.orders {
            if let Doing::Moving { legs, done } = &mut open.doing {
                legs.retain(|moving| moving != &name);
                if legs.is_empty() {
                    arrived.push((open.id, *done));
                }
            }
        }
        for (order, done) in arrived {
            // A hold or a part is done, and connects nobody.
            if let MoveDone::Joined = done {
                self.record.connected.get_or_insert(self.exchange.clock.now());
                self.note_overflow();
            }
            self.outcome(order, done.outcome());
        }
    }

    /// The caller has somebody, or is on the way to somebody, who is no agent of a queue: after
    /// having waited in one, that is an overflow.
    pub(super) fn note_overflow(&mut self) {
        let waits = |open: &Open| matches!(open.doing, Doing::Queueing(_));
        let waited = !self.record.waited.is_zero() || self.orders.iter().any(waits);
        self.record.overflowed |= waited && self.record.agent.is_none();
    }

    fn digit(&mut self, id: &LegId, digit: char) {
        let Some((leg, private)) = self
            .leg_by_id(id)
            .filter(|leg| leg.is_visible())
            .map(|leg| (leg.name.clone(), leg.private))
        else {
            return;
        };
        if self.confirms(&leg, digit) {
            return;
        }
        let barged: Vec<PlayId> = self
            .orders
            .iter()
            .filter_map(|open| match &open.doing {
                Doing::Playing { play, leg: to, barge_in: true } if to == &leg => {
                    Some(play.clone())
                }
                _ => None,
            })
            .collect();
        barged.into_iter().for_each(|play| self.stop(Some(play)));
        if !self.gather_digit(&leg, digit) && !private && !self.watch_digit(&leg, digit) {
            self.tell(Event::Digit { leg, digit });
        }
    }

    fn played(&mut self, play: &PlayId, end: PlayEnd) {
        let plays =
            |open: &&Open| matches!(&open.doing, Doing::Playing { play: ours, .. } if ours == play);
        if let Some(order) = self.orders.iter().find(plays).map(|open| open.id) {
            return self.outcome(order, Outcome::Played(end));
        }
        let _ = self.company_played(play) || self.gather_played(play) || self.whispered(play);
    }

    pub(super) fn ended(&mut self, ended: Ended) {
        let Some(place) = self.legs.iter().position(|leg| leg.id == ended.leg) else { return };
        let leg = self.legs.remove(place);
        self.strike(&leg);
        self.free_agent(&leg);
        if ended.left {
            self.left(&leg);
        }
        match leg.role.clone() {
            Role::Offered { attempt, agent, .. } => {
                let why = match (ended.cause, leg.is_ending()) {
                    (_, true) => Unanswered::Cancelled,
                    (Cause::NoAnswer | Cause::Normal, false) if !leg.rang => {
                        Unanswered::Unreachable
                    }
                    // A failure of the PBX, or of the way to it, says nothing against the phone.
                    (Cause::Failed, false) => Unanswered::NoAnswer,
                    (cause, false) => cause.into(),
                };
                self.attempt_over(attempt, &agent, why);
            }
            Role::Agent { entry, .. } => self.agent_gone(entry),
            // No order any more: it was answered before, or cancelled, and the flow has had its
            // outcome.
            Role::Dialled(order) => {
                if let Some(Open { doing: Doing::Dialling(dialling), .. }) =
                    self.remove_order(order)
                {
                    self.stop(dialling.asking);
                    let why = match ended.cause {
                        Cause::NoAnswer | Cause::Normal if !leg.rang && !leg.up => {
                            Unanswered::Unreachable
                        }
                        cause => cause.into(),
                    };
                    self.tell(Event::Order { id: order, outcome: Outcome::Unanswered(why) });
                }
            }
            Role::Caller => {}
        }
        if leg.known {
            self.tell(Event::HungUp { leg: leg.name, cause: ended.cause });
        }
        if self.phase == Phase::Over {
            self.hang_up_lonely();
        }
    }

    /// A leg was transferred.
    fn left(&mut self, leg: &Leg) {
        let transfers = |open: &&Open| matches!(&open.doing, Doing::Transferring { leg: sent } if *sent == leg.name);
        if let Some(order) = self.orders.iter().find(transfers).map(|open| open.id) {
            self.outcome(order, Outcome::Transferred);
        }
    }
}

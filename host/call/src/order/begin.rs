//! From an agent's answer to a conversation with the caller: the whisper, the way there, and the
//! first seconds, in which the agent may be gone again.
//!
//! A conversation that the agent ends sooner than the queue's `too_short` is none: the caller waits
//! on. As long as that may happen, the flow takes no step. `connected` stands among the events that
//! it has not seen, and what happens meanwhile stands behind that. The flow is told all of it when
//! the conversation has lasted, or when the caller has ended it. When the agent is gone, `connected`
//! is taken out again. So the flow cannot cancel an order whose outcome it has not been told yet.

use super::queue::{QueueStage, Queueing};
use crate::{Call, legs::Role, turn::Turn};
use std::time::Duration;
use strowger_call_port::Observed;
use strowger_model::{
    AgentName, Event, LegName, OrderId, Outcome, QueueName, Timestamp,
    event::{Cause, Left},
};
use strowger_pbx::port::{LegId, PlayId};
use strowger_routing::{AttemptId, Input, Output};
use strowger_site::Queue;

/// Events that wait for a conversation to last, at most. With one more it counts at once.
const HELD_BACK: usize = 64;

impl Call {
    /// Whether the flow is told nothing for now: the next that it would be told is a conversation
    /// that does not count yet.
    pub fn holds_back(&self) -> bool {
        let Some(Event::Order { id, outcome: Outcome::Connected { .. } }) = self.unseen.front()
        else {
            return false;
        };
        self.orders.get::<Queueing>(*id).is_some_and(|queueing| queueing.begun().is_some())
    }
}

impl Turn<'_> {
    /// The floor gives the entry to an agent whose phone was answered.
    pub(crate) fn agent_answered(
        &mut self,
        order: OrderId,
        attempt: AttemptId,
        agent: AgentName,
        queue: Option<QueueName>,
    ) {
        let Some(id) = self.call.legs.of_attempt(attempt).map(|leg| leg.id.clone()) else {
            return self.inform_floor(Input::Ended { entry: self.entry(order) });
        };
        if let Some(leg) = self.call.legs.by_id_mut(&id) {
            leg.role = Role::Agent { entry: order, agent, queue };
            // The call that had the phone before may have heard it.
            (leg.up, leg.confirm) = (true, None);
        }
        self.beat_others(&id);
        let Some(queueing) = self.call.orders.get::<Queueing>(order) else {
            // The flow took the order back meanwhile: its cancel wins.
            return self.hang_up(&id, Cause::Normal);
        };
        let (name, whisper) = (queueing.ask.agent_leg.clone(), queueing.ask.whisper.clone());
        let whisper = self.voiced(whisper).ok().filter(|whisper| !whisper.is_empty());
        match whisper.and_then(|whisper| self.play(&name, whisper)) {
            Some(play) => self.stage(order, QueueStage::Whispering(play)),
            None => self.join_agent(order),
        }
    }

    fn stage(&mut self, order: OrderId, stage: QueueStage) {
        if let Some(queueing) = self.call.orders.get_mut::<Queueing>(order) {
            queueing.stage = stage;
        }
    }

    /// A whisper to an agent was heard.
    pub(crate) fn whispered(&mut self, play: &PlayId) -> bool {
        let hears = |queueing: &Queueing| matches!(&queueing.stage, QueueStage::Whispering(whisper) if whisper == play);
        let Some((id, _)) = self.call.orders.find(hears) else { return false };
        self.join_agent(id);
        true
    }

    /// Brings the agent to the caller.
    pub(crate) fn join_agent(&mut self, order: OrderId) {
        let Some(queueing) = self.call.orders.get_mut::<Queueing>(order) else { return };
        queueing.stage = QueueStage::Joining;
        let (agent_leg, with_caller) = (queueing.ask.agent_leg.clone(), queueing.ask.with_caller);
        let caller = LegName::caller();
        if !with_caller {
            return self.begins(order);
        }
        let Some(to) = self.place_of(&caller) else { return };
        self.hush_company(&caller);
        if self.move_all(&[agent_leg], &to).is_empty() {
            self.begins(order);
        }
    }

    /// A leg is where it was told to go: perhaps an agent's, with the caller.
    pub(crate) fn agent_joined(&mut self, leg: &LegId) {
        let Some(Role::Agent { entry, .. }) = self.call.legs.by_id(leg).map(|leg| &leg.role) else {
            return;
        };
        let entry = *entry;
        if self.call.orders.get::<Queueing>(entry).is_some_and(Queueing::is_joining) {
            self.begins(entry);
        }
    }

    /// The agent is with the caller, or alone where the flow wants that. One whose leg was told to
    /// go meanwhile is not: when it is gone, the caller goes on waiting.
    fn begins(&mut self, order: OrderId) {
        let entry = self.entry(order);
        let Some(queueing) = self.call.orders.get::<Queueing>(order) else { return };
        let (name, with_caller) = (queueing.ask.agent_leg.clone(), queueing.ask.with_caller);
        let Some(leg) = self.call.legs.get(&name) else { return };
        let Role::Agent { agent, queue, .. } = leg.role.clone() else { return };
        if queueing.ask.calls_back.is_some() && !self.house.give_place_up(entry) {
            // Whoever was to be called back has called, and this call is about to hear of it.
            return;
        }
        self.house.talks(&agent, &leg.id);
        self.house.observe(&Observed::Talks { leg: &name, agent: &agent });
        let too_short = match with_caller {
            true => self.too_short(queue.as_ref()),
            false => Duration::ZERO,
        };
        self.stage(order, QueueStage::Begun { since: self.now.elapsed });
        self.call.orders.set_due(order, Some(self.in_(too_short)));
        self.tell(Event::Order { id: order, outcome: Outcome::Connected { leg: name, agent } });
        if too_short.is_zero() {
            self.counts(order);
        }
    }

    /// How short a conversation is none, by the site as it is now.
    fn too_short(&self, queue: Option<&QueueName>) -> Duration {
        let site = self.house.site();
        let queue = queue.and_then(|queue| site.queues.get(queue));
        queue.map_or(Queue::TOO_SHORT, |queue| queue.too_short)
    }

    /// A conversation that has begun is one from now on: the flow is told of it.
    pub(crate) fn counts(&mut self, order: OrderId) {
        let Some(queueing) = self.call.orders.get::<Queueing>(order) else { return };
        let Some(since) = queueing.begun() else { return };
        let (entered, with_caller) = (queueing.entered, queueing.ask.with_caller);
        let calls_back = queueing.ask.calls_back.is_some();
        self.call.orders.remove(order);
        self.count_wait(entered, since);
        let lasted = self.now.elapsed.saturating_sub(since);
        let began = Timestamp(self.now.wall.0.saturating_sub(lasted.as_millis() as u64));
        let record = &mut self.call.kept.record;
        // Who calls somebody back is with that caller later, if at all.
        if !calls_back {
            record.connected.get_or_insert(began);
        }
        if let Some(leg) = self.call.legs.brought_by(order) {
            leg.known = true;
            if let Some((_, agent)) = leg.agent().filter(|_| !calls_back) {
                record.agent.get_or_insert_with(|| agent.clone());
            }
        }
        if with_caller {
            self.end_company_of(&LegName::caller());
        }
        self.cancel_dials_keeping(order);
    }

    /// Every conversation that has begun counts: it is not the agent who ends it, or more happens
    /// than can wait.
    pub(crate) fn all_count(&mut self) {
        let begun = self.call.orders.all::<Queueing>();
        let begun = begun.filter(|(_, queueing)| queueing.begun().is_some());
        let begun: Vec<OrderId> = begun.map(|(id, _)| id).collect();
        begun.into_iter().for_each(|order| self.counts(order));
    }

    /// No more waits for a conversation to last than has room.
    pub(crate) fn bound_held_back(&mut self) {
        // They are told in a row.
        let most = HELD_BACK.min(self.call.terms.steps_in_a_row as usize / 2);
        if self.call.unseen.len() > most {
            self.all_count();
        }
    }

    /// An agent whom a queue had brought is gone before that was a conversation: the caller goes on
    /// waiting, in the old place.
    pub(crate) fn agent_gone(&mut self, order: OrderId, agent: &AgentName) {
        let Some(queueing) = self.call.orders.get_mut::<Queueing>(order) else { return };
        queueing.stage = QueueStage::Waiting;
        let queueing = queueing.clone();
        self.call.orders.set_due(order, None);
        self.forget_brought(order, &queueing.ask.agent_leg);
        self.call.kept.record.fumbled += 1;
        self.house.observe(&Observed::Fumbled { agent });
        if queueing.ask.with_caller && !self.caller_talks() {
            self.resume_company(&LegName::caller());
        }
        let waited = self.now.elapsed.saturating_sub(queueing.since());
        let (entry, ask, priority) = (self.entry(order), queueing.ask.ask, queueing.ask.priority);
        let waits = match self.floor(Input::Fumbled { entry }) {
            Ok(()) => Ok(()),
            // A floor that was put back may not know of the conversation.
            Err(_) => self.floor(Input::Enter { entry, ask, priority, waited, placed: true }),
        };
        if waits.is_err() {
            self.floor_says(Output::Left { entry, why: Left::NobodyLoggedIn });
        }
        self.house.keep_agent(agent);
        self.go_on_with_dials_keeping(order);
    }

    fn caller_talks(&self) -> bool {
        let caller = self.call.legs.get(&LegName::caller());
        caller.is_some_and(|caller| self.call.legs.with(caller).next().is_some())
    }

    /// The flow takes an order back before it was told whom the order had brought.
    pub(crate) fn give_back_brought(&mut self, order: OrderId) {
        let Some(leg) = self.call.legs.brought_by(order) else { return };
        let (name, id) = (leg.name.clone(), leg.id.clone());
        if !self.forget_brought(order, &name) {
            return;
        }
        if let Some(leg) = self.call.legs.by_id_mut(&id) {
            leg.known = false;
        }
        self.hang_up(&id, Cause::Normal);
    }

    /// The flow is not told that an order has brought a leg, nor what happened to the leg since.
    /// False: it was told that before.
    fn forget_brought(&mut self, order: OrderId, leg: &LegName) -> bool {
        let unseen = &mut self.call.unseen;
        let Some(at) = unseen.iter().position(|event| event.brings(order)) else { return false };
        let behind = unseen.split_off(at);
        let others = behind.into_iter().skip(1).filter(|event| event.leg() != Some(leg));
        unseen.extend(others);
        true
    }
}

//! Waiting in queues: what the flow orders of the floor, and what the floor says.

use super::{
    Call,
    carry::{address_of, refusal},
    leg::{Leg, Role},
    order::{Doing, Open, QueueStage, Queueing},
};
use crate::Observed;
use std::{collections::VecDeque, time::Duration};
use strowger_model::{
    AgentName, LegName, OrderId, Outcome, QueueName,
    command::{Asked, EnterQueue},
    event::{Refusal, RefusalReason},
};
use strowger_pbx::port::{LegId, PbxCommand, PlayId};
use strowger_routing::{AttemptId, EntryId, Input, Output, RefusedInput};

impl Call {
    pub(super) fn enter_queue(&mut self, id: OrderId, ask: EnterQueue) -> Result<(), Refusal> {
        self.check_asked(&ask.ask)?;
        self.check_free(&ask.agent_leg)?;
        if ask.with_caller {
            self.up(&LegName::caller())?;
        }
        let waited =
            ask.waited_since.map_or(Duration::ZERO, |since| self.exchange.clock.now().since(since));
        let input = Input::Enter {
            entry: self.entry(id),
            ask: ask.ask.clone(),
            priority: ask.priority,
            waited,
        };
        let entered = self.exchange.clock.elapsed();
        self.open(
            id,
            None,
            Doing::Queueing(Box::new(Queueing { ask, entered, stage: QueueStage::Waiting })),
        );
        if let Err(refusal) = self.floor(input) {
            self.remove_order(id);
            return Err(refusal);
        }
        if self.is_queueing(id)
            && let Some(position) = self.exchange.position(self.entry(id))
        {
            self.tell(strowger_model::Event::Order { id, outcome: Outcome::Queued { position } });
        }
        Ok(())
    }

    pub(super) fn widen(&mut self, entry: OrderId, to: Vec<Asked>) -> Result<(), Refusal> {
        self.check_asked(&to)?;
        if !self.is_queueing(entry) {
            return Err(refusal(
                RefusalReason::UnknownName,
                format!("order {entry} is not in a queue"),
            ));
        }
        self.floor(Input::Widen { entry: self.entry(entry), ask: to.clone() })?;
        // Where the floor gave the caller to somebody meanwhile, there is nothing left to remember.
        if let Some(Open { doing: Doing::Queueing(queueing), .. }) = self.order_mut(entry) {
            queueing.ask.ask.extend(to);
        }
        Ok(())
    }

    fn check_asked(&self, asked: &[Asked]) -> Result<(), Refusal> {
        let permissions = &self.flow.permissions;
        for one in asked {
            let (allowed, what) = match one {
                Asked::Queue(queue) => {
                    (permissions.may_use_queue(queue.as_str()), format!("queue {queue}"))
                }
                Asked::Agent(agent) => (self.may_use_agent(agent), format!("agent {agent}")),
            };
            if !allowed {
                return Err(refusal(
                    RefusalReason::NotPermitted,
                    format!("{what}: the flow file does not permit it; see [permissions]"),
                ));
            }
        }
        Ok(())
    }

    /// An agent by name, or of a queue that the flow may use.
    pub(super) fn may_use_agent(&self, agent: &AgentName) -> bool {
        let permissions = &self.flow.permissions;
        permissions.agents.iter().any(|granted| granted == agent.as_str())
            || permissions.queues.iter().any(|queue| {
                self.flow
                    .site
                    .queues
                    .get(queue.as_str())
                    .is_some_and(|queue| queue.agents.contains(agent))
            })
    }

    /// When the wait began, in monotonic time.
    pub(super) fn waits_since(&self, queueing: &Queueing) -> Duration {
        let clock = &self.exchange.clock;
        match queueing.ask.waited_since {
            None => queueing.entered,
            Some(since) => clock.elapsed().saturating_sub(clock.now().since(since)),
        }
    }

    pub(super) fn is_queueing(&self, id: OrderId) -> bool {
        self.orders.iter().any(|open| open.id == id && matches!(open.doing, Doing::Queueing(_)))
    }

    pub(super) fn entry(&self, order: OrderId) -> EntryId {
        EntryId { call: self.id, order }
    }

    /// Gives the floor an input and does what it says of this call.
    pub(super) fn floor(&mut self, input: Input) -> Result<(), Refusal> {
        let outputs = self
            .exchange
            .floor(input, Some(self.id))
            .map_err(|refused| refusal(RefusalReason::UnknownName, refused.to_string()))?;
        let mut outputs = VecDeque::from(outputs);
        while let Some(output) = outputs.pop_front() {
            self.floor_says(output);
        }
        Ok(())
    }

    /// Has nobody else's call ring an agent whom the flow dials. False: the agent is engaged.
    pub(super) fn engage(&mut self, order: OrderId, agent: &AgentName) -> Result<bool, Refusal> {
        match self
            .exchange
            .floor(Input::Engage { entry: self.entry(order), agent: agent.clone() }, None)
        {
            Ok(_) => Ok(true),
            Err(RefusedInput::Engaged(_)) => Ok(false),
            Err(refused) => Err(refusal(RefusalReason::UnknownName, refused.to_string())),
        }
    }

    /// A leg is gone: the floor has its agent back, if it is an agent's.
    pub(super) fn free_agent(&mut self, leg: &Leg) {
        if let Some((order, agent)) = leg.agent() {
            self.inform_floor(Input::Ended { entry: self.entry(order) });
            self.exchange.keep_agent(agent);
        }
    }

    /// Tells the floor what it cannot refuse but for a race that is over.
    pub(super) fn inform_floor(&mut self, input: Input) {
        if let Err(refusal) = self.floor(input) {
            tracing::debug!(call = %self.id, "the floor had settled it: {}", refusal.detail);
        }
    }

    pub(super) fn floor_says(&mut self, output: Output) {
        match output {
            Output::Ring { entry, attempt, agent, endpoint } => {
                self.ring(entry.order, attempt, agent, endpoint)
            }
            Output::Cancel { attempt, .. } => {
                if let Some(leg) = self.leg_of(attempt) {
                    self.hang_up(&leg, strowger_model::event::Cause::Normal);
                }
            }
            Output::Connected { entry, attempt, agent, queue } => {
                self.agent_answered(entry.order, attempt, agent, queue)
            }
            Output::Held { entry } => self.agent_goes(entry.order),
            Output::Returned { entry } => self.agent_returns(entry.order),
            Output::Left { entry, why } => {
                if let Some(Open { doing: Doing::Queueing(queueing), .. }) =
                    self.remove_order(entry.order)
                {
                    self.record.waited +=
                        self.exchange.clock.elapsed().saturating_sub(queueing.entered);
                    self.tell(strowger_model::Event::Order {
                        id: entry.order,
                        outcome: Outcome::Left(why),
                    });
                }
            }
        }
    }

    /// Rings a phone of an agent.
    fn ring(&mut self, order: OrderId, attempt: AttemptId, agent: AgentName, endpoint: usize) {
        let entry = self.entry(order);
        let target = self.exchange.endpoint(&agent, endpoint);
        let (Some(target), Some(Open { doing: Doing::Queueing(queueing), .. })) =
            (target, self.order_mut(order))
        else {
            // The site lost the endpoint, or the flow lost interest, a moment ago.
            return self.inform_floor(Input::Unanswered {
                attempt,
                why: strowger_model::event::Unanswered::Unreachable,
            });
        };
        let display_name = queueing.ask.display_name.clone();
        let name = queueing.ask.agent_leg.clone();
        let to = address_of(&target);
        let id = LegId(format!("{}-q{}-{attempt}", self.id, order.0).into());
        let since = self.exchange.clock.elapsed();
        self.observe(&Observed::Ring { agent: &agent, address: &to });
        self.legs.push(Leg::new(
            name,
            id.clone(),
            Role::Offered { entry: entry.order, attempt, agent, endpoint, since },
        ));
        self.exchange.enrol_leg(&id, self.id);
        self.send(PbxCommand::Dial {
            leg: id,
            to,
            caller_id: self.record.caller.clone(),
            display_name,
        });
    }

    /// The leg of an attempt that still rings, or has just been answered.
    fn leg_of(&self, wanted: AttemptId) -> Option<LegId> {
        self.legs
            .iter()
            .find(|leg| matches!(&leg.role, Role::Offered { attempt, .. } if *attempt == wanted))
            .map(|leg| leg.id.clone())
    }

    /// The floor gives the entry to an agent whose phone was answered.
    fn agent_answered(
        &mut self,
        order: OrderId,
        attempt: AttemptId,
        agent: AgentName,
        queue: Option<QueueName>,
    ) {
        let Some(id) = self.leg_of(attempt) else {
            return self.inform_floor(Input::Ended { entry: self.entry(order) });
        };
        if let Some(leg) = self.leg_by_id(&id) {
            leg.role = Role::Agent { entry: order, agent, queue };
        }
        let Some(Open { doing: Doing::Queueing(queueing), .. }) = self.order_mut(order) else {
            // The flow took the order back meanwhile: its cancel wins.
            return self.hang_up(&id, strowger_model::event::Cause::Normal);
        };
        let (name, whisper) = (queueing.ask.agent_leg.clone(), queueing.ask.whisper.clone());
        self.cancel_dials_keeping(order);
        match self.voiced(whisper) {
            Ok(whisper) if !whisper.is_empty() => match self.play(&name, whisper) {
                Some(play) => self.stage(order, QueueStage::Whispering(play)),
                None => self.join_agent(order),
            },
            _ => self.join_agent(order),
        }
    }

    /// An agent who answers goes before a number that was dialled meanwhile.
    fn cancel_dials_keeping(&mut self, entry: OrderId) {
        let keeps = |open: &&Open| matches!(&open.doing, Doing::Dialling(dialling) if dialling.keep_place == Some(entry));
        let dials: Vec<OrderId> = self.orders.iter().filter(keeps).map(|open| open.id).collect();
        for id in dials {
            if let Some(open) = self.remove_order(id) {
                self.take_back(open);
                let outcome = Outcome::Unanswered(strowger_model::event::Unanswered::Cancelled);
                self.tell(strowger_model::Event::Order { id, outcome });
            }
        }
    }

    fn stage(&mut self, order: OrderId, stage: QueueStage) {
        if let Some(Open { doing: Doing::Queueing(queueing), .. }) = self.order_mut(order) {
            queueing.stage = stage;
        }
    }

    /// A whisper to an agent was heard.
    pub(super) fn whispered(&mut self, play: &PlayId) -> bool {
        let whispers = |open: &&Open| matches!(&open.doing, Doing::Queueing(queueing) if matches!(&queueing.stage, QueueStage::Whispering(whisper) if whisper == play));
        let Some(id) = self.orders.iter().find(whispers).map(|open| open.id) else { return false };
        self.join_agent(id);
        true
    }

    /// Brings the agent to the caller.
    pub(super) fn join_agent(&mut self, order: OrderId) {
        let Some(Open { doing: Doing::Queueing(queueing), .. }) = self.order_mut(order) else {
            return;
        };
        queueing.stage = QueueStage::Joining;
        let (agent_leg, with_caller) = (queueing.ask.agent_leg.clone(), queueing.ask.with_caller);
        let caller = LegName::caller();
        if !with_caller {
            return self.connected(order);
        }
        let Some(to) = self.leg(&caller).map(|leg| leg.place.clone()) else { return };
        self.hush_company(&caller);
        if self.move_all(&[agent_leg], &to).is_empty() {
            self.connected(order);
        }
    }

    /// The agent's leg is where it was told to go.
    pub(super) fn agent_joined(&mut self, leg: &LegId) {
        let Some(Role::Agent { entry, .. }) =
            self.legs.iter().find(|other| &other.id == leg).map(|leg| leg.role.clone())
        else {
            return;
        };
        let joining = |open: &Open| {
            open.id == entry
                && matches!(&open.doing, Doing::Queueing(queueing) if matches!(queueing.stage, QueueStage::Joining))
        };
        if self.orders.iter().any(joining) {
            self.connected(entry);
        }
    }

    fn connected(&mut self, order: OrderId) {
        let Some(Open { doing: Doing::Queueing(queueing), .. }) = self.remove_order(order) else {
            return;
        };
        let leg = queueing.ask.agent_leg.clone();
        let Some(Role::Agent { agent, .. }) = self.leg(&leg).map(|leg| leg.role.clone()) else {
            return;
        };
        self.record.waited += self.exchange.clock.elapsed().saturating_sub(queueing.entered);
        self.record.connected.get_or_insert(self.exchange.clock.now());
        self.record.agent.get_or_insert_with(|| agent.clone());
        if let Some(leg) =
            self.legs.iter_mut().find(|other| other.is_visible() && other.name == leg)
        {
            leg.known = true;
            self.exchange.talks(&agent, &leg.id);
        }
        if queueing.ask.with_caller {
            self.end_company_of(&LegName::caller());
        }
        self.tell(strowger_model::Event::Order {
            id: order,
            outcome: Outcome::Connected { leg, agent },
        });
    }

    /// A phone of an agent is quiet again.
    pub(super) fn attempt_over(
        &mut self,
        attempt: AttemptId,
        agent: &AgentName,
        why: strowger_model::event::Unanswered,
    ) {
        self.observe(&Observed::NotAnswered { agent, why });
        self.inform_floor(Input::Unanswered { attempt, why });
    }

    /// An agent whom a queue had brought is gone. If that was before the caller was reached, the
    /// caller goes on waiting, in the old place.
    pub(super) fn agent_gone(&mut self, order: OrderId) {
        let now = self.exchange.clock.elapsed();
        let Some(Open { doing: Doing::Queueing(queueing), .. }) = self.order_mut(order) else {
            return;
        };
        queueing.stage = QueueStage::Waiting;
        let queueing = queueing.clone();
        let waited = now.saturating_sub(self.waits_since(&queueing));
        let (ask, priority) = (queueing.ask.ask, queueing.ask.priority);
        self.resume_company(&LegName::caller());
        self.inform_floor(Input::Enter { entry: self.entry(order), ask, priority, waited });
    }

    /// The flow waits no more.
    pub(super) fn leave_queue(&mut self, order: OrderId, queueing: Queueing) {
        self.record.waited += self.exchange.clock.elapsed().saturating_sub(queueing.entered);
        if let QueueStage::Waiting = queueing.stage {
            return self.inform_floor(Input::Leave {
                entry: self.entry(order),
                hung_up: queueing.ask.with_caller && self.leg(&LegName::caller()).is_none(),
            });
        }
        // The agent has answered: the end of that leg frees the agent.
        self.hang_up_named(&queueing.ask.agent_leg);
        self.resume_company(&LegName::caller());
    }
}

//! Waiting in queues: what the flow orders of the floor, and what the floor says.

use super::{Carried, offer::Offer, refusal};
use crate::{legs::Leg, orders::Kind, turn::Turn};
use serde::{Deserialize, Serialize};
use std::{collections::VecDeque, time::Duration};
use strowger_call_port::Observed;
use strowger_model::{
    AgentName, Event, LegName, OrderId, Outcome,
    command::{Asked, EnterQueue},
    event::{Cause, Left, Refusal, RefusalReason, Unanswered},
};
use strowger_pbx::port::PlayId;
use strowger_routing::{EntryId, Input, Output, RefusedInput};

/// A place in a queue.
#[derive(Clone, Serialize, Deserialize)]
pub(crate) struct Queueing {
    pub(crate) ask: EnterQueue,
    /// When the place was taken, in monotonic time.
    pub(crate) entered: Duration,
    /// How long the caller had waited before, by the wall clock of that moment.
    pub(crate) waited: Duration,
    pub(crate) stage: QueueStage,
}

/// How far a queue order is.
#[derive(Clone, PartialEq, Serialize, Deserialize)]
pub(crate) enum QueueStage {
    /// Phones ring or will ring.
    Waiting,
    /// An agent answered and hears the whisper.
    Whispering(PlayId),
    /// The agent is on the way to the caller.
    Joining,
    /// They have been in conversation since then, in monotonic time. It counts when it has lasted
    /// for some time.
    Begun { since: Duration },
}

impl Queueing {
    /// When the wait began, in monotonic time.
    pub(crate) fn since(&self) -> Duration {
        self.entered.saturating_sub(self.waited)
    }

    pub(crate) fn is_joining(&self) -> bool {
        self.stage == QueueStage::Joining
    }

    /// When a conversation began that does not count yet.
    pub(crate) fn begun(&self) -> Option<Duration> {
        match self.stage {
            QueueStage::Begun { since } => Some(since),
            _ => None,
        }
    }
}

impl Kind for Queueing {
    fn is_of(&self, leg: &LegName) -> bool {
        self.ask.with_caller && leg.is_caller()
    }

    /// The flow waits no more.
    fn take_back(self, id: OrderId, turn: &mut Turn<'_>) {
        turn.count_wait(self.entered, turn.now.elapsed);
        turn.give_place_up(id, &self.ask);
        if self.ask.rests {
            return;
        }
        if self.stage == QueueStage::Waiting {
            let gone = turn.call.legs.get(&LegName::caller()).is_none();
            let entry = turn.entry(id);
            return turn
                .inform_floor(Input::Leave { entry, hung_up: self.ask.with_caller && gone });
        }
        // The agent has answered: the end of that leg frees the agent.
        turn.hang_up_named(&self.ask.agent_leg);
        turn.resume_company(&LegName::caller());
        turn.go_on_with_dials_keeping(id);
    }

    fn leg_gone(&self, _: &LegName) -> Option<Outcome> {
        Some(Outcome::Left(Left::CallerGone))
    }

    /// The conversation has lasted.
    fn due(id: OrderId, turn: &mut Turn<'_>) {
        turn.counts(id);
    }

    /// A whisper is not repeated.
    fn resumed(id: OrderId, turn: &mut Turn<'_>) {
        let queueing = turn.call.orders.get::<Queueing>(id);
        if queueing.is_some_and(|queueing| matches!(queueing.stage, QueueStage::Whispering(_))) {
            turn.join_agent(id);
        }
    }
}

// ---------------------------------------------------------------------- what the flow orders

impl Turn<'_> {
    pub(crate) fn enter_queue(&mut self, id: OrderId, ask: EnterQueue) -> Carried {
        self.check_asked(&ask.ask)?;
        self.check_free(&ask.agent_leg)?;
        self.check_call_back(&ask)?;
        if ask.with_caller {
            self.call.legs.up(&LegName::caller())?;
            // Whoever waits anew is on hold for nobody.
            self.end_hold_of(&LegName::caller());
        }
        let waited = ask.waited_since.map_or(Duration::ZERO, |since| self.now.wall.since(since));
        let (entry, priority, placed) = (self.entry(id), ask.priority, self.is_placed(&ask));
        let (asked, rests) = (ask.ask.clone(), ask.rests);
        let entered = self.now.elapsed;
        self.call.orders.open(
            id,
            None,
            Queueing { ask, entered, waited, stage: QueueStage::Waiting },
        );
        self.keep_place(id);
        if rests {
            return Ok(());
        }
        if let Err(refusal) =
            self.floor(Input::Enter { entry, ask: asked, priority, waited, placed })
        {
            if let Some(queueing) = self.call.orders.take::<Queueing>(id) {
                self.give_place_up(id, &queueing.ask);
            }
            return Err(refusal);
        }
        if self.call.orders.get::<Queueing>(id).is_some()
            && let Some(position) = self.house.position(entry)
        {
            self.tell(Event::Order { id, outcome: Outcome::Queued { position } });
        }
        Ok(())
    }

    pub(crate) fn widen(&mut self, entry: OrderId, to: Vec<Asked>) -> Carried {
        self.check_asked(&to)?;
        let Some(queueing) = self.call.orders.get::<Queueing>(entry) else {
            let why = format!("order {entry} is not in a queue");
            return Err(refusal(RefusalReason::UnknownName, why));
        };
        if !queueing.ask.rests {
            self.floor(Input::Widen { entry: self.entry(entry), ask: to.clone() })?;
        }
        // Where the floor gave the caller to somebody meanwhile, there is nothing left to remember.
        if let Some(queueing) = self.call.orders.get_mut::<Queueing>(entry) {
            queueing.ask.ask.extend(to);
            self.keep_place(entry);
        }
        Ok(())
    }

    fn check_asked(&self, asked: &[Asked]) -> Carried {
        let permissions = &self.call.terms.permissions;
        for one in asked {
            let (allowed, what) = match one {
                Asked::Queue(queue) => {
                    (permissions.may_use_queue(queue.as_str()), format!("queue {queue}"))
                }
                Asked::Agent(agent) => (self.may_use_agent(agent), format!("agent {agent}")),
            };
            if !allowed {
                let why = format!("{what}: the flow file does not permit it; see [permissions]");
                return Err(refusal(RefusalReason::NotPermitted, why));
            }
        }
        Ok(())
    }

    /// What was waited from one moment to another, in monotonic time.
    pub(crate) fn count_wait(&mut self, entered: Duration, until: Duration) {
        self.call.kept.record.waited += until.saturating_sub(entered);
    }

    /// Whether an agent has answered, and is not yet with the caller for long enough.
    pub(crate) fn is_answered(&self, order: OrderId) -> bool {
        let queueing = self.call.orders.get::<Queueing>(order);
        queueing.is_some_and(|queueing| queueing.stage != QueueStage::Waiting)
    }

    /// Whether an order waits for an agent, or for the conversation with one to last.
    pub(crate) fn is_in_queue(&self, order: OrderId) -> bool {
        self.call.orders.get::<Queueing>(order).is_some()
    }

    pub(crate) fn entry(&self, order: OrderId) -> EntryId {
        EntryId { call: self.call.id, order }
    }
}

// ---------------------------------------------------------------------- the floor

impl Turn<'_> {
    /// Gives the floor an input and does what it says of this call.
    pub(crate) fn floor(&mut self, input: Input) -> Carried {
        let outputs = self
            .house
            .floor(input)
            .map_err(|refused| refusal(RefusalReason::UnknownName, refused.to_string()))?;
        let mut outputs = VecDeque::from(outputs);
        while let Some(output) = outputs.pop_front() {
            self.floor_says(output);
        }
        Ok(())
    }

    /// Has nobody else's call ring an agent whom the flow dials. False: the agent is engaged.
    pub(crate) fn engage(&mut self, order: OrderId, agent: &AgentName) -> Result<bool, Refusal> {
        let input = Input::Engage { entry: self.entry(order), agent: agent.clone() };
        match self.house.floor(input) {
            Ok(_) => Ok(true),
            Err(RefusedInput::Engaged(_)) => Ok(false),
            Err(refused) => Err(refusal(RefusalReason::UnknownName, refused.to_string())),
        }
    }

    /// A leg is gone: the floor has its agent back, if it is an agent's.
    pub(crate) fn free_agent(&mut self, leg: &Leg) {
        if let Some((order, agent)) = leg.agent() {
            self.inform_floor(Input::Ended { entry: self.entry(order) });
            self.house.keep_agent(agent);
        }
    }

    /// Tells the floor what it cannot refuse but for a race that is over.
    pub(crate) fn inform_floor(&mut self, input: Input) {
        if let Err(refusal) = self.floor(input) {
            tracing::debug!(call = %self.call.id, "the floor had settled it: {}", refusal.detail);
        }
    }

    /// What the floor said by mail. An order of the flow before may have had the number of one of
    /// now: such a phone must not ring, and such a place is not left.
    pub(crate) fn floor_said(&mut self, output: Output) {
        match output {
            Output::Ring { attempt, .. } if self.call.stale > 0 => {
                let why = Unanswered::Cancelled;
                self.inform_floor(Input::Unanswered { attempt, why });
            }
            Output::Left { .. } if self.call.stale > 0 => {}
            output => self.floor_says(output),
        }
    }

    pub(crate) fn floor_says(&mut self, output: Output) {
        match output {
            Output::Ring { entry, attempt, agent, endpoint } => {
                let since = self.now.elapsed;
                self.ring(entry, Offer { attempt, agent, endpoint, since });
            }
            Output::Cancel { attempt, time_is_up, .. } => {
                let leg = self.call.legs.of_attempt(attempt).map(|leg| leg.id.clone());
                match leg {
                    Some(leg) if time_is_up => self.hang_up(&leg, Cause::Normal),
                    Some(leg) => self.quieten_phone(&leg),
                    None => {}
                }
            }
            Output::Passed { attempt, first, .. } => self.passed(first, attempt),
            Output::RingsOn { entry, attempt, first, agent, endpoint, since } => {
                self.rings_on(first, entry, Offer { attempt, agent, endpoint, since });
            }
            Output::Connected { entry, attempt, agent, queue } => {
                self.agent_answered(entry.order, attempt, agent, queue);
            }
            Output::Held { entry } => self.agent_goes(entry.order),
            Output::Returned { entry } => self.agent_returns(entry.order),
            Output::Paused { agent, .. } => {
                tracing::warn!(
                    call = %self.call.id, %agent,
                    "ALARM: the agent did not answer several calls in a row, and is paused; \
                     `strowger agents ready` brings the agent back"
                );
                self.house.keep_agent(&agent);
                self.house.observe(&Observed::Paused { agent: &agent });
            }
            Output::Left { entry, why } => {
                if let Some(queueing) = self.call.orders.take::<Queueing>(entry.order) {
                    self.count_wait(queueing.entered, self.now.elapsed);
                    self.give_place_up(entry.order, &queueing.ask);
                    self.tell(Event::Order { id: entry.order, outcome: Outcome::Left(why) });
                }
            }
        }
    }
}

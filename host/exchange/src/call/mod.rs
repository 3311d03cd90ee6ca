//! One call, from its arrival to its record.
//!
//! A call owns its legs, its unfinished orders and the events that its flow has not seen yet. It
//! lives in a task of its own, woken by mail (from the PBX, from the floor) and by the time when
//! the next of its orders is due. It ends when its flow is over *and* its last leg is gone; then
//! its record is closed, once.
//!
//! * `carry`: what the flow orders, validated and sent on its way.
//! * `agent`: what it orders of agents, and who may.
//! * `far_end`: what the PBX tells of legs, made into outcomes and events.
//! * `queueing`: what the floor of queues and agents tells.
//! * `listen`: legs that listen to agents.
//! * `urgent`: an agent's conversation that waits while the agent is in an urgent call.
//! * `company`, `gather`, `watch`: waiting with music and prompts; collecting digits; keys that
//!   mean something in a conversation.
//! * `paperwork`: mail, escalations, complaints.
//! * `image`, `resume`: what of it is in the journal, and how it goes on when its host is gone and
//!   another has come.
//! * `leg`, `order`: the types.
//!
//! **Architecture invariant:** commands for the PBX are kept back until what brought them forth is
//! in the journal ([`Call::commit`]), once for each mail and all together.

mod agent;
mod carry;
mod company;
mod far_end;
mod gather;
mod image;
mod leg;
mod listen;
mod order;
mod paperwork;
mod plan;
mod queueing;
mod resume;
mod urgent;
mod watch;

pub(crate) use image::Image;
pub(crate) use plan::floor_plan;
pub(crate) use resume::{Found, Roll};

use crate::{CallRecord, Exchange, Observed, agents::Proof, reads::StepReads};
use agent::Secrets;
use leg::{Ending, Leg, Role};
use order::{Doing, Open};
use serde::{Deserialize, Serialize};
use std::{collections::VecDeque, mem, pin::pin, sync::Arc, time::Duration};
use strowger_flows::{LoadedFlow, OnFlow};
use strowger_model::{
    CallId, Event, LegName, OrderId, Outcome,
    event::{Arrival, Cause, GatherEnd, Left, PlayEnd, Refusal, RefusalReason, Unanswered},
    step::{Ordered, Recorder, StepRecord},
};
use strowger_pbx::port::{Address, LegId, PbxCommand, PbxEvent, PlayId};
use strowger_routing::{Input, Output};
use strowger_sandbox::Fault;
use strowger_site::Fallback;
use strowger_store::Change;
use tokio::sync::mpsc::Receiver;

/// What comes in a call's mailbox.
pub(crate) enum Mail {
    Pbx(PbxEvent),
    /// The PBX does not have this leg any more.
    Lost(LegId),
    Floor(Output),
    ShuttingDown(Duration),
    /// An agent's PIN was looked at.
    Proved {
        ticket: u64,
        proof: Proof,
    },
}

/// Who decides about the call.
#[derive(Clone, Copy, PartialEq, Serialize, Deserialize)]
enum Phase {
    /// The flow.
    Served,
    /// Nobody any more: who talks is left talking, who is alone is hung up.
    Over,
}

/// Where a call goes that a flow does not serve; none: on in the PBX's own route.
pub(crate) fn fallback(flow: &LoadedFlow) -> Option<Address> {
    match &flow.fallback {
        Fallback::Pbx => None,
        Fallback::To(target) => Some(carry::address_of(target)),
    }
}

/// How a call came, besides what its record says: for a flow that takes it over.
#[derive(Clone, Default, Serialize, Deserialize)]
struct Origin {
    caller_name: Option<String>,
    endpoint: Option<String>,
    diverted_from: Option<String>,
    line: Option<String>,
    adapter: String,
}

/// One call.
pub(crate) struct Call {
    id: CallId,
    exchange: Arc<Exchange>,
    flow: OnFlow,
    phase: Phase,
    /// The flow's own.
    state: Box<[u8]>,
    /// Events that the flow has not seen.
    unseen: VecDeque<Event>,
    legs: Vec<Leg>,
    orders: Vec<Open>,
    record: Box<CallRecord>,
    origin: Box<Origin>,
    /// Orders that the present step has given, for ids.
    index: u32,
    /// Plays so far, for ids.
    plays: u32,
    /// What was keyed in secret.
    secrets: Option<Box<Secrets>>,
    /// The next step is the first on its version of a flow.
    on_new_version: bool,
    /// What the journal does not have yet.
    changes: Vec<Change>,
    /// What the PBX is told once the journal has it.
    outbox: Vec<PbxCommand>,
}

impl Call {
    pub(crate) fn new(exchange: Arc<Exchange>, flow: OnFlow, leg: LegId, arrival: Arrival) -> Self {
        let origin = Origin {
            caller_name: arrival.caller_name.clone(),
            endpoint: arrival.endpoint.clone(),
            diverted_from: arrival.diverted_from.clone(),
            line: arrival.line.clone(),
            adapter: arrival.adapter.clone(),
        };
        let record = CallRecord {
            caller: arrival.caller.clone(),
            dialled: arrival.dialled.clone(),
            ..CallRecord::begin(arrival.call, flow.on(), arrival.at)
        };
        Self {
            id: arrival.call,
            secrets: None,
            exchange,
            flow,
            phase: Phase::Served,
            state: Box::default(),
            unseen: VecDeque::from([Event::Arrived(Box::new(arrival))]),
            legs: vec![Leg::new(LegName::caller(), leg, Role::Caller)],
            orders: Vec::new(),
            record: Box::new(record),
            origin: Box::new(origin),
            index: 0,
            plays: 0,
            on_new_version: true,
            changes: Vec::new(),
            outbox: Vec::new(),
        }
    }

    /// The call's life; one that outlived its host is told what was found of it.
    #[expect(clippy::manual_async_fn, reason = "an `async fn` keeps room for its arguments twice")]
    pub(crate) fn run(
        mut self,
        found: Option<Found>,
        mut mailbox: Receiver<Box<Mail>>,
    ) -> impl Future<Output = ()> + Send {
        async move {
            if let Some(found) = found {
                self.resume_from(found);
            }
            self.settle();
            self.commit();
            // One timer for the whole life, moved when what it waits for changes: making one for
            // each mail costs more than the mail.
            let mut alarm =
                pin!(tokio::time::sleep_until(self.exchange.clock.instant(Duration::ZERO)));
            while !self.is_over() {
                let due = self
                    .orders
                    .iter()
                    .filter_map(|order| order.due)
                    .min()
                    .map(|due| self.exchange.clock.instant(due));
                if let Some(due) = due.filter(|&due| due != alarm.deadline()) {
                    alarm.as_mut().reset(due);
                }
                tokio::select! {
                    biased;
                    mail = mailbox.recv() => match mail.map(|mail| *mail) {
                        Some(Mail::Pbx(event)) => self.heard(event),
                        Some(Mail::Lost(leg)) => self.lost(&leg),
                        Some(Mail::Floor(output)) => self.floor_says(output),
                        Some(Mail::Proved { ticket, proof }) => self.proved(ticket, proof),
                        Some(Mail::ShuttingDown(within)) => self.tell(Event::ShuttingDown { within }),
                        None => self.swamped(),
                    },
                    () = &mut alarm, if due.is_some() => self.orders_due(),
                }
                self.settle();
                self.commit();
            }
            self.close(mailbox);
        }
    }

    fn is_over(&self) -> bool {
        self.phase == Phase::Over && self.legs.is_empty()
    }

    /// Lets the flow see what it has not seen, until there is nothing.
    fn settle(&mut self) {
        while let Some(event) = self.unseen.pop_front() {
            let gone = match &event {
                Event::HungUp { leg, .. } => Some(leg.clone()),
                _ => None,
            };
            self.step(event);
            if let Some(leg) = gone {
                self.end_orders_on(&leg);
            }
        }
        // Room for four events costs a waiting call more than making it anew.
        self.unseen.shrink_to_fit();
        if self.phase == Phase::Served && self.legs.is_empty() && self.orders.is_empty() {
            // No event can come any more: the flow would never finish.
            self.finish("unfinished");
        }
    }

    /// One step of the flow.
    fn step(&mut self, event: Event) {
        if self.phase == Phase::Over {
            return;
        }
        self.observe(&Observed::Event(&event));
        if self.record.steps >= self.flow.steps {
            return self.fall_back(&format!(
                "the flow took more than {} steps in this call",
                self.flow.steps
            ));
        }
        let number = self.record.steps;
        self.record.steps += 1;
        let now = self.exchange.clock.now();
        let host = StepReads {
            exchange: self.exchange.clone(),
            flow: self.flow.clone(),
            call: self.id,
            step: number,
            endpoint: self.origin.endpoint.as_deref().map(Into::into),
            now,
        };
        let reads = Arc::new(Recorder::new(host));
        let (orders, fault) = match self.flow.flow.step(self.id, &self.state, &event, reads.clone())
        {
            Ok(step) => {
                step.faults.iter().for_each(|fault| self.count_fault(fault, true));
                self.state = step.state;
                (step.orders, None)
            }
            Err(fault) => {
                self.count_fault(&fault, false);
                (Vec::new(), Some(fault.to_string()))
            }
        };
        let on = mem::take(&mut self.on_new_version).then(|| self.flow.on());
        let step = StepRecord { at: now, on, event, reads: reads.take(), orders, fault };
        if let Some(journal) = &self.exchange.journal {
            if step.on.is_some() {
                self.changes.extend(journal.version(&self.flow));
            }
            self.changes.push(journal.step(self.id, number, &step));
        }
        match step.fault {
            Some(fault) => self.fall_back(&fault),
            None => self.carry_all(step.orders),
        }
    }

    fn carry_all(&mut self, orders: Vec<Ordered>) {
        self.index = 0;
        let flow = self.flow.clone();
        for ordered in orders {
            if self.phase == Phase::Over || !Arc::ptr_eq(&flow, &self.flow) {
                break;
            }
            match ordered {
                Ordered::Order(order) => self.carry(order),
                Ordered::Refused { id, command, refusal } => self.refuse(id, &command, refusal),
            }
            self.index += 1;
        }
    }

    pub(crate) fn id(&self) -> CallId {
        self.id
    }

    pub(crate) fn flow(&self) -> &LoadedFlow {
        &self.flow
    }

    /// Has the journal take what has happened; the commands that it brought forth leave for the PBX
    /// when it has.
    fn commit(&mut self) {
        let commands = mem::take(&mut self.outbox);
        let over = self.is_over();
        if over {
            self.record.ended = self.exchange.clock.now();
        }
        let Some(journal) = &self.exchange.journal else {
            return commands.into_iter().for_each(|command| self.exchange.send(command));
        };
        if commands.is_empty() && self.changes.is_empty() && !over {
            return;
        }
        let mut changes = mem::take(&mut self.changes);
        changes.push(match over {
            true => Change::Closed(self.record.clone()),
            false => journal.image(self),
        });
        let exchange = self.exchange.clone();
        let mail = changes.iter().any(|change| matches!(change, Change::Mail(_)));
        journal.submit(changes, commands, mail.then(|| exchange.posted.clone()), move |command| {
            exchange.send(command)
        });
    }

    /// More came for the call than its mailbox holds, and some of it is lost: nothing about it can
    /// be relied on any more.
    fn swamped(&mut self) {
        self.fall_back("more events came than the call could take");
        for leg in mem::take(&mut self.legs) {
            self.strike(&leg);
            self.free_agent(&leg);
            if !leg.is_ending() {
                self.send(PbxCommand::HangUp { leg: leg.id, cause: Cause::Failed });
            }
        }
    }

    /// A leg is this call's no more.
    fn strike(&self, leg: &Leg) {
        self.exchange.strike_leg(&leg.id);
        if let Some((_, agent)) = leg.agent() {
            self.exchange.talks_no_more(agent, &leg.id);
        }
    }

    fn count_fault(&mut self, fault: &Fault, retried: bool) {
        self.record.faults += 1;
        self.exchange.catalogue.report_fault(&self.flow, self.exchange.clock.now());
        self.observe(&Observed::Fault { fault, retried });
        tracing::error!(call = %self.id, flow = %self.flow.name, version = %self.flow.version, retried, "{fault}");
    }

    /// The flow cannot go on: who talks is left talking, a caller who does not goes to the flow's
    /// fallback route.
    fn fall_back(&mut self, why: &str) {
        self.observe(&Observed::FellBack { why });
        self.phase = Phase::Over;
        "fault".clone_into(&mut self.record.outcome);
        self.drop_orders();
        let alone = |leg: &&Leg| leg.role == Role::Caller && self.is_lonely(leg);
        if let Some(leg) = self.legs.iter().find(alone).map(|leg| leg.id.clone()) {
            self.send_away(leg, fallback(&self.flow));
        }
        self.hang_up_lonely();
    }

    /// The flow is over.
    fn finish(&mut self, outcome: &str) {
        self.phase = Phase::Over;
        outcome.clone_into(&mut self.record.outcome);
        self.drop_orders();
        self.hang_up_lonely();
    }

    fn drop_orders(&mut self) {
        self.unseen.clear();
        while let Some(order) = self.orders.pop() {
            self.take_back(order);
        }
    }

    /// Hangs up every leg that is in conversation with nobody.
    fn hang_up_lonely(&mut self) {
        let lonely: Vec<LegId> =
            self.legs.iter().filter(|leg| self.is_lonely(leg)).map(|leg| leg.id.clone()).collect();
        lonely.iter().for_each(|leg| self.hang_up(leg, Cause::Normal));
    }

    /// In conversation with nobody, and nobody comes back.
    fn is_lonely(&self, leg: &Leg) -> bool {
        let talks = |other: &Leg| {
            leg.is_with(other) || leg.is_to_be_with(other) || other.is_to_be_with(leg)
        };
        !leg.is_ending() && !self.legs.iter().any(talks)
    }

    fn close(self, mut mailbox: Receiver<Box<Mail>>) {
        self.exchange.remember(&self.record);
        self.observe(&Observed::Closed(&self.record));
        // The floor may have said to ring a phone before it knew that nobody waits any more. It
        // never rang, and its agent is free.
        while let Ok(mail) = mailbox.try_recv() {
            let Mail::Floor(Output::Ring { attempt, .. }) = *mail else { continue };
            if let Err(refused) =
                self.exchange.floor(Input::Unanswered { attempt, why: Unanswered::Cancelled }, None)
            {
                tracing::debug!(call = %self.id, "the floor had settled it: {refused}");
            }
        }
        self.exchange.strike_call(self.id);
    }

    // ------------------------------------------------------------------ orders

    /// Gives an order its outcome; if it is final, the order is over.
    fn outcome(&mut self, id: OrderId, outcome: Outcome) {
        if outcome.is_final() {
            self.orders.retain(|order| order.id != id);
        }
        self.tell(Event::Order { id, outcome });
    }

    /// Has the flow see an event, after those that it has not seen.
    fn tell(&mut self, event: Event) {
        if self.phase == Phase::Served {
            self.unseen.push_back(event);
        }
    }

    fn refuse(&mut self, id: OrderId, command: &str, refusal: Refusal) {
        self.record.refused += 1;
        self.observe(&Observed::Refused { id, command, refusal: &refusal });
        tracing::warn!(call = %self.id, flow = %self.flow.name, %id, command, reason = ?refusal.reason, "refused: {}", refusal.detail);
        self.tell(Event::Order { id, outcome: Outcome::Refused(refusal) });
    }

    /// Undoes what an order has under way. Its outcome, if one is on its way, is not delivered.
    fn take_back(&mut self, order: Open) {
        match order.doing {
            Doing::Answering
            | Doing::Timing
            | Doing::Moving { .. }
            | Doing::Transferring { .. }
            | Doing::Proving(_) => {}
            Doing::Playing { play, .. } => self.send(PbxCommand::Stop { play }),
            Doing::KeepingCompany(company) => self.end_company(*company),
            Doing::Gathering(gathering) => self.stop(gathering.play),
            Doing::Queueing(queueing) => self.leave_queue(order.id, *queueing),
            Doing::Dialling(dialling) => {
                self.stop(dialling.asking);
                self.hang_up_named(&dialling.leg);
            }
            Doing::Watching(watching) => self.unwatch(*watching),
            Doing::Listening(listening) => self.unlisten(&listening.leg),
        }
    }

    /// A leg is gone, the flow knows, and has not taken back what it ordered of it.
    fn end_orders_on(&mut self, leg: &LegName) {
        let of_leg: Vec<OrderId> = self
            .orders
            .iter()
            .filter(|order| order.doing.is_of(leg))
            .map(|order| order.id)
            .collect();
        for id in of_leg {
            let Some(order) = self.remove_order(id) else { continue };
            let hung_up =
                || Refusal { reason: RefusalReason::WrongState, detail: format!("{leg} hung up") };
            let outcome = match &order.doing {
                Doing::Playing { .. } => Some(Outcome::Played(PlayEnd::Stopped)),
                Doing::Gathering(gathering) => Some(gathering.timed_out()),
                Doing::Queueing(_) => Some(Outcome::Left(Left::CallerGone)),
                Doing::Listening(_) => Some(Outcome::ListeningEnded),
                Doing::Transferring { .. } => {
                    Some(Outcome::NotTransferred { why: format!("{leg} hung up") })
                }
                Doing::Answering | Doing::Moving { .. } => Some(Outcome::Refused(hung_up())),
                Doing::KeepingCompany(_)
                | Doing::Dialling(_)
                | Doing::Timing
                | Doing::Watching(_)
                | Doing::Proving(_) => None,
            };
            self.take_back(order);
            if let Some(outcome) = outcome {
                self.tell(Event::Order { id, outcome });
            }
        }
    }

    /// Something has to be done about orders: their time has come. What the host repeats by itself
    /// comes last, after the flow has had its say: a timer of the same instant may well end it.
    fn orders_due(&mut self) {
        let now = self.exchange.clock.elapsed();
        let is_company = |order: &Open| matches!(order.doing, Doing::KeepingCompany(_));
        let all = || self.orders.iter().filter(|order| order.due.is_some_and(|due| due <= now));
        let first: Vec<OrderId> =
            all().filter(|order| !is_company(order)).map(|order| order.id).collect();
        let due = if first.is_empty() { all().map(|order| order.id).collect() } else { first };
        for id in due {
            let Some(order) = self.order_mut(id) else { continue };
            order.due = None;
            match &order.doing {
                Doing::Timing => self.outcome(id, Outcome::Timer),
                Doing::KeepingCompany(_) => self.repeat_company(id),
                Doing::Gathering(_) => self.gather_ends(id, GatherEnd::Timeout),
                Doing::Dialling(_) => self.dial_timed_out(id),
                Doing::Watching(_) => self.keys_are_over(id),
                _ => {}
            }
        }
    }

    fn order_mut(&mut self, id: OrderId) -> Option<&mut Open> {
        self.orders.iter_mut().find(|order| order.id == id)
    }

    fn remove_order(&mut self, id: OrderId) -> Option<Open> {
        let place = self.orders.iter().position(|order| order.id == id)?;
        Some(self.orders.remove(place))
    }

    // ------------------------------------------------------------------ legs and plays

    fn leg(&self, name: &LegName) -> Option<&Leg> {
        self.legs.iter().find(|leg| leg.is_visible() && &leg.name == name)
    }

    fn leg_by_id(&mut self, id: &LegId) -> Option<&mut Leg> {
        self.legs.iter_mut().find(|leg| &leg.id == id)
    }

    fn hang_up(&mut self, id: &LegId, cause: Cause) {
        self.end(id, Ending::HangUp(cause));
    }

    fn end(&mut self, id: &LegId, ending: Ending) {
        if let Some(leg) = self.leg_by_id(id).filter(|leg| !leg.is_ending()) {
            leg.ending = Some(ending.clone());
            self.send(ending.command(id.clone()));
        }
    }

    /// Transfers a leg; only its `Ended` is awaited.
    fn send_away(&mut self, id: LegId, to: Option<Address>) {
        self.end(&id, Ending::Transfer(to));
    }

    fn hang_up_named(&mut self, name: &LegName) {
        if let Some(id) = self.leg(name).map(|leg| leg.id.clone()) {
            self.hang_up(&id, Cause::Normal);
        }
    }

    /// Plays to a leg's conversation.
    fn play(&mut self, to: &LegName, prompts: Arc<[strowger_model::Prompt]>) -> Option<PlayId> {
        let conversation = self.place_of(to)?;
        self.plays += 1;
        let play = PlayId(format!("{}-p{}", self.id, self.plays).into());
        self.send(PbxCommand::Play { play: play.clone(), conversation, prompts });
        Some(play)
    }

    /// The conversation that a leg is in. If that was somebody's who is gone, those who are left go
    /// on in this leg's own.
    fn place_of(&mut self, name: &LegName) -> Option<LegId> {
        let leg = self.leg(name)?;
        let (own, place) = (leg.id.clone(), leg.place.clone());
        if place == own || self.legs.iter().any(|leg| leg.id == place) {
            return Some(place);
        }
        let left: Vec<LegName> =
            self.legs.iter().filter(|leg| leg.place == place).map(|leg| leg.name.clone()).collect();
        self.move_all(&left, &own);
        Some(own)
    }

    fn stop(&mut self, play: Option<PlayId>) {
        if let Some(play) = play {
            self.send(PbxCommand::Stop { play });
        }
    }

    fn send(&mut self, command: PbxCommand) {
        self.observe(&Observed::Command(&command));
        self.outbox.push(command);
    }

    fn observe(&self, what: &Observed<'_>) {
        self.exchange.observer.observe(self.exchange.clock.now(), self.id, what);
    }
}

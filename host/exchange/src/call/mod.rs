//! One call, from its arrival to its record.
//!
//! A call owns its legs, its unfinished orders and the events that its flow has not seen yet. It lives in a task of its own, woken by
//! mail (from the PBX, from the floor) and by the time when the next of its orders is due. It ends when its flow is over *and* its last
//! leg is gone; then its record is closed, once.
//!
//! * `carry`: what the flow orders, validated and sent on its way.
//! * `far_end`: what the PBX tells of legs, made into outcomes and events.
//! * `queueing`: what the floor of queues and agents tells.
//! * `company`, `gather`: waiting with music and prompts; collecting digits.
//! * `leg`, `order`: the types.

mod carry;
mod company;
mod far_end;
mod gather;
mod leg;
mod order;
mod plan;
mod queueing;

pub(crate) use plan::floor_plan;

use crate::{CallRecord, Exchange, Observed, reads::StepReads};
use leg::{Leg, Role};
use order::{Doing, Open};
use std::{collections::VecDeque, pin::pin, sync::Arc, time::Duration};
use strowger_flows::{Fallback, LoadedFlow, OnFlow};
use strowger_model::{
    CallId, Event, LegName, OrderId, Outcome,
    event::{Arrival, Cause, Left, PlayEnd, Refusal, RefusalReason},
};
use strowger_pbx::port::{Address, LegId, PbxCommand, PbxEvent, PlayId};
use strowger_routing::Output;
use strowger_sandbox::Fault;
use tokio::sync::mpsc::UnboundedReceiver;

/// What comes in a call's mailbox.
pub(crate) enum Mail {
    Pbx(PbxEvent),
    Floor(Output),
    ShuttingDown(Duration),
}

/// Who decides about the call.
#[derive(PartialEq)]
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
    /// Orders that the present step has given, for ids.
    index: u32,
    /// Plays so far, for ids.
    plays: u32,
}

impl Call {
    pub(crate) fn new(exchange: Arc<Exchange>, flow: OnFlow, leg: LegId, arrival: Arrival) -> Self {
        let record = CallRecord {
            call: arrival.call,
            flow: flow.name.clone(),
            version: flow.version.to_string(),
            caller: arrival.caller.clone(),
            dialled: arrival.dialled.clone(),
            arrived: arrival.at,
            answered: None,
            connected: None,
            agent: None,
            waited: Duration::ZERO,
            overflowed: false,
            outcome: String::new(),
            notes: Vec::new(),
            tags: Vec::new(),
            steps: 0,
            faults: 0,
            refused: 0,
            unjournalled: false,
            ended: arrival.at,
        };
        Self {
            id: arrival.call,
            exchange,
            flow,
            phase: Phase::Served,
            state: Box::default(),
            unseen: VecDeque::from([Event::Arrived(Box::new(arrival))]),
            legs: vec![Leg::new(LegName::caller(), leg, Role::Caller)],
            orders: Vec::new(),
            record: Box::new(record),
            index: 0,
            plays: 0,
        }
    }

    /// The call's life.
    pub(crate) async fn run(mut self, mut mailbox: UnboundedReceiver<Box<Mail>>) {
        self.settle();
        // One timer for the whole life, moved when what it waits for changes: making one for each mail costs more than the mail.
        let mut alarm = pin!(tokio::time::sleep_until(self.exchange.clock.instant(Duration::ZERO)));
        while !self.is_over() {
            let due = self.orders.iter().filter_map(|order| order.due).min().map(|due| self.exchange.clock.instant(due));
            if let Some(due) = due.filter(|&due| due != alarm.deadline()) {
                alarm.as_mut().reset(due);
            }
            let mail = tokio::select! {
                biased;
                mail = mailbox.recv() => mail,
                () = &mut alarm, if due.is_some() => {
                    self.orders_due();
                    self.settle();
                    continue;
                }
            };
            match mail.map(|mail| *mail) {
                Some(Mail::Pbx(event)) => self.heard(event),
                Some(Mail::Floor(output)) => self.floor_says(output),
                Some(Mail::ShuttingDown(within)) => self.tell(Event::ShuttingDown { within }),
                // The exchange holds the sender as long as the call is on its list.
                None => return,
            }
            self.settle();
        }
        self.close();
    }

    fn is_over(&self) -> bool {
        self.phase == Phase::Over && self.legs.is_empty()
    }

    /// Lets the flow see what it has not seen, until there is nothing.
    fn settle(&mut self) {
        while let Some(event) = self.unseen.pop_front() {
            self.step(&event);
            if let Event::HungUp { leg, .. } = &event {
                self.end_orders_on(leg);
            }
        }
        if self.phase == Phase::Served && self.legs.is_empty() && self.orders.is_empty() {
            // No event can come any more: the flow would never finish.
            self.finish("unfinished");
        }
    }

    /// One step of the flow.
    fn step(&mut self, event: &Event) {
        if self.phase == Phase::Over {
            return;
        }
        self.observe(&Observed::Event(event));
        if self.record.steps >= self.flow.limits.steps {
            return self.fall_back(&format!("the flow took more than {} steps in this call", self.flow.limits.steps));
        }
        let reads = Arc::new(StepReads {
            exchange: self.exchange.clone(),
            flow: self.flow.clone(),
            call: self.id,
            step: self.record.steps,
            now: self.exchange.clock.now(),
        });
        self.record.steps += 1;
        let result = self.flow.flow.step(self.id, &self.state, event, reads);
        match result {
            Ok(step) => {
                step.faults.iter().for_each(|fault| self.count_fault(fault, true));
                self.state = step.state;
                self.index = 0;
                let flow = self.flow.clone();
                for order in step.orders {
                    if self.phase == Phase::Over || !Arc::ptr_eq(&flow, &self.flow) {
                        break;
                    }
                    match order {
                        Ok(order) => self.carry(order),
                        Err(refused) => self.refuse(refused.id, refused.command, refused.refusal),
                    }
                    self.index += 1;
                }
            }
            Err(fault) => {
                self.count_fault(&fault, false);
                self.fall_back(&fault.to_string());
            }
        }
    }

    fn count_fault(&mut self, fault: &Fault, retried: bool) {
        self.record.faults += 1;
        self.exchange.catalogue.report_fault(&self.flow, self.exchange.clock.now());
        self.observe(&Observed::Fault { fault, retried });
        tracing::error!(call = %self.id, flow = %self.flow.name, version = %self.flow.version, retried, "{fault}");
    }

    /// The flow cannot go on: who talks is left talking, a caller who does not goes to the flow's fallback route.
    fn fall_back(&mut self, why: &str) {
        self.observe(&Observed::FellBack { why });
        self.phase = Phase::Over;
        "fault".clone_into(&mut self.record.outcome);
        self.drop_orders();
        let alone = |leg: &&Leg| leg.role == Role::Caller && !leg.ending && !self.legs.iter().any(|other| leg.is_with(other));
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
        let lonely: Vec<LegId> = self
            .legs
            .iter()
            .filter(|leg| !leg.ending && !self.legs.iter().any(|other| leg.is_with(other)))
            .map(|leg| leg.id.clone())
            .collect();
        lonely.iter().for_each(|leg| self.hang_up(leg, Cause::Normal));
    }

    fn close(mut self) {
        self.record.ended = self.exchange.clock.now();
        self.observe(&Observed::Closed(&self.record));
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

    fn refuse(&mut self, id: OrderId, command: &'static str, refusal: Refusal) {
        self.record.refused += 1;
        self.observe(&Observed::Refused { id, command, refusal: &refusal });
        tracing::warn!(call = %self.id, flow = %self.flow.name, %id, command, reason = ?refusal.reason, "refused: {}", refusal.detail);
        self.tell(Event::Order { id, outcome: Outcome::Refused(refusal) });
    }

    /// Undoes what an order has under way. Its outcome, if one is on its way, is not delivered.
    fn take_back(&mut self, order: Open) {
        match order.doing {
            Doing::Answering | Doing::Timing | Doing::Moving { .. } | Doing::Transferring { .. } => {}
            Doing::Playing { play, .. } => self.send(PbxCommand::Stop { play }),
            Doing::KeepingCompany(company) => self.end_company(*company),
            Doing::Gathering(gathering) => self.stop(gathering.play),
            Doing::Queueing(queueing) => self.leave_queue(order.id, *queueing),
            Doing::Dialling(dialling) => {
                self.stop(dialling.asking);
                self.hang_up_named(&dialling.leg);
            }
        }
    }

    /// A leg is gone, the flow knows, and has not taken back what it ordered of it.
    fn end_orders_on(&mut self, leg: &LegName) {
        let of_leg: Vec<OrderId> = self.orders.iter().filter(|order| order.doing.is_of(leg)).map(|order| order.id).collect();
        for id in of_leg {
            let Some(order) = self.remove_order(id) else { continue };
            let hung_up = || Refusal { reason: RefusalReason::WrongState, detail: format!("{leg} hung up") };
            let outcome = match &order.doing {
                Doing::Playing { .. } => Some(Outcome::Played(PlayEnd::Stopped)),
                Doing::Gathering(gathering) => Some(gathering.timed_out()),
                Doing::Queueing(_) => Some(Outcome::Left(Left::CallerGone)),
                Doing::Transferring { .. } => Some(Outcome::NotTransferred { why: format!("{leg} hung up") }),
                Doing::Answering | Doing::Moving { .. } => Some(Outcome::Refused(hung_up())),
                Doing::KeepingCompany(_) | Doing::Dialling(_) | Doing::Timing => None,
            };
            self.take_back(order);
            if let Some(outcome) = outcome {
                self.tell(Event::Order { id, outcome });
            }
        }
    }

    /// Something has to be done about orders: their time has come. What the host repeats by itself comes last, after the flow has had its
    /// say: a timer of the same instant may well end it.
    fn orders_due(&mut self) {
        let now = self.exchange.clock.elapsed();
        let is_company = |order: &Open| matches!(order.doing, Doing::KeepingCompany(_));
        let all = || self.orders.iter().filter(|order| order.due.is_some_and(|due| due <= now));
        let first: Vec<OrderId> = all().filter(|order| !is_company(order)).map(|order| order.id).collect();
        let due = if first.is_empty() { all().map(|order| order.id).collect() } else { first };
        for id in due {
            let Some(order) = self.order_mut(id) else { continue };
            order.due = None;
            match &order.doing {
                Doing::Timing => self.outcome(id, Outcome::Timer),
                Doing::KeepingCompany(_) => self.repeat_company(id),
                Doing::Gathering(_) => self.gather_timed_out(id),
                Doing::Dialling(_) => self.dial_timed_out(id),
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
        if let Some(leg) = self.leg_by_id(id)
            && !leg.ending
        {
            leg.ending = true;
            self.send(PbxCommand::HangUp { leg: id.clone(), cause });
        }
    }

    /// Transfers a leg; only its `Ended` is awaited.
    fn send_away(&mut self, id: LegId, to: Option<Address>) {
        if let Some(leg) = self.leg_by_id(&id) {
            leg.ending = true;
        }
        self.send(PbxCommand::Transfer { leg: id, to });
    }

    fn hang_up_named(&mut self, name: &LegName) {
        if let Some(id) = self.leg(name).map(|leg| leg.id.clone()) {
            self.hang_up(&id, Cause::Normal);
        }
    }

    /// Plays to a leg's conversation.
    fn play(&mut self, to: &LegName, prompts: Arc<[strowger_model::Prompt]>) -> Option<PlayId> {
        let conversation = self.leg(to)?.place.clone();
        self.plays += 1;
        let play = PlayId(format!("{}-p{}", self.id, self.plays).into());
        self.send(PbxCommand::Play { play: play.clone(), conversation, prompts });
        Some(play)
    }

    fn stop(&mut self, play: Option<PlayId>) {
        if let Some(play) = play {
            self.send(PbxCommand::Stop { play });
        }
    }

    fn send(&self, command: PbxCommand) {
        self.observe(&Observed::Command(&command));
        self.exchange.send(command);
    }

    fn observe(&self, what: &Observed<'_>) {
        self.exchange.observer.observe(self.exchange.clock.now(), self.id, what);
    }
}

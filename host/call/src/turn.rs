//! An input being dealt with: what happened, the steps that the flow takes because of it, and what
//! comes of its orders.

use crate::{
    Call, Phase, fallback,
    legs::{Ending, Leg, Role},
};
use std::{mem, time::Duration};
use strowger_call_port::{Ask, House, Input, Now, Observed, Out};
use strowger_model::{
    Event, LegName, OrderId, Outcome,
    event::{Cause, Refusal},
    step::Ordered,
    strangers::Logged,
};
use strowger_pbx::port::{Address, LegId, PbxCommand};

impl Call {
    /// Deals with what happened. The flow takes as many steps as there are events for it, as long
    /// as the house has time for them.
    pub fn input(&mut self, now: Now, input: Input, house: &mut dyn House, out: &mut Out) {
        if !matches!(input, Input::GoOn) {
            self.in_a_row = 0;
        }
        let mut turn = Turn { call: self, now, house, out };
        turn.account();
        match input {
            Input::Begin => {}
            Input::Resume { alive, gap } => turn.resume(alive, gap),
            Input::Pbx(event) => turn.heard(event),
            Input::Lost(leg) => turn.lost(&leg),
            Input::TakeOver(takeover) => turn.take_over(*takeover),
            Input::Floor(output) => turn.floor_said(output),
            Input::Fence => turn.call.stale = turn.call.stale.saturating_sub(1),
            Input::Turned { switch, position } => turn.turned(switch, position),
            Input::Goal { campaign, remaining } => {
                turn.tell(Event::Goal { name: campaign.to_string(), remaining });
            }
            Input::PlaceTaken => turn.place_taken(),
            Input::ShuttingDown(within) => turn.tell(Event::ShuttingDown { within }),
            Input::Proved { ticket, proof } => turn.proved(ticket, proof),
            Input::ByHand(what) => turn.by_hand(what),
            Input::Due => turn.orders_due(),
            Input::GoOn => {}
            Input::GiveUp(why) => turn.fall_back(&why),
            Input::Mistaken { why, gone } => turn.make_good(&why, gone),
            Input::Broken(why) => turn.end_all(&why),
        }
        turn.settle();
    }
}

/// A call while it deals with an input.
pub(crate) struct Turn<'a> {
    pub(crate) call: &'a mut Call,
    pub(crate) now: Now,
    pub(crate) house: &'a mut dyn House,
    pub(crate) out: &'a mut Out,
}

impl Turn<'_> {
    /// Lets the flow see what it has not seen, until there is nothing or the house has no time.
    fn settle(&mut self) {
        self.bound_held_back();
        loop {
            while !self.call.holds_back()
                && let Some(event) = self.call.unseen.pop_front()
            {
                let gone = match &event {
                    Event::HungUp { leg, .. } => Some(leg.clone()),
                    _ => None,
                };
                let asks = match &event {
                    Event::TransferAsked { leg, .. } => Some(leg.clone()),
                    _ => None,
                };
                self.step(event);
                if let Some(leg) = asks {
                    self.transfer_as_asked(&leg);
                }
                if let Some(leg) = gone {
                    self.end_orders_on(&leg);
                }
                if !self.house.has_time() && self.call.is_behind() {
                    return;
                }
            }
            if !self.resume_next() && !self.come_back_if_waiting() {
                break;
            }
        }
        if self.call.unseen.is_empty() {
            // The flow has seen it and goes on with the caller.
            self.call.rare.iter_mut().for_each(|rare| rare.stranded = false);
        }
        // Room for four events costs a waiting call more than making it anew.
        self.call.unseen.shrink_to_fit();
        let waits_for_nothing = self.call.legs.is_empty() && self.call.orders.is_empty();
        if self.call.phase == Phase::Served && waits_for_nothing {
            // No event can come any more: the flow would never finish.
            self.finish("unfinished");
        }
    }

    /// One step of the flow.
    fn step(&mut self, event: Event) {
        if self.call.phase == Phase::Over {
            return;
        }
        self.house.observe(&Observed::Event(&event));
        let most = self.call.terms.steps;
        if self.call.kept.record.steps >= most {
            return self.fall_back(&format!("the flow took more than {most} steps in this call"));
        }
        let in_a_row = self.call.terms.steps_in_a_row;
        if self.call.in_a_row >= in_a_row {
            let why =
                format!("the flow took more than {in_a_row} steps for one event from outside");
            return self.fall_back(&why);
        }
        self.call.in_a_row += 1;
        self.learns_of(&event);
        let number = self.call.kept.record.steps;
        self.call.kept.record.steps += 1;
        let stepped = self.house.step(Ask {
            number,
            first: mem::take(&mut self.call.on_new_version),
            state: &self.call.state,
            event,
            endpoint: self.call.kept.origin.endpoint.as_deref(),
            at: self.now.wall,
        });
        self.call.kept.record.faults += stepped.faults;
        self.has_read(stepped.switches);
        if let Some(state) = stepped.state {
            self.call.state = state;
        }
        match stepped.failed {
            Some(fault) => self.fall_back(&fault),
            None => self.carry_all(stepped.orders),
        }
    }

    fn carry_all(&mut self, orders: Vec<Ordered>) {
        self.call.index = 0;
        for ordered in orders {
            // Another flow has the call, perhaps on the same version.
            if self.call.phase == Phase::Over || self.call.on_new_version {
                break;
            }
            match ordered {
                Ordered::Order(order) => self.carry(order),
                Ordered::Refused { id, command, refusal } => self.refuse(id, &command, refusal),
            }
            self.call.index += 1;
        }
    }

    /// Commands of the last input have not left, and perhaps its leg was not seen to end: the flow
    /// cannot go on, who was told to go is told once more, and whoever is gone is gone.
    fn make_good(&mut self, why: &str, gone: Option<LegId>) {
        let ending = self.call.legs.iter().filter_map(|leg| {
            let ending = leg.ending.clone()?;
            Some(ending.command(leg.id.clone()))
        });
        let again: Vec<PbxCommand> = ending.collect();
        self.call.kept.record.unjournalled = true;
        self.fall_back(why);
        again.into_iter().for_each(|command| self.send(command));
        if let Some(leg) = gone {
            self.lost(&leg);
        }
    }

    /// The flow cannot go on, and no leg stays: not even those who talk.
    fn end_all(&mut self, why: &str) {
        self.fall_back(why);
        for leg in self.call.legs.remove_all() {
            self.strike(&leg);
            self.free_agent(&leg);
            if !leg.is_ending() {
                self.send(PbxCommand::hang_up(leg.id, Cause::Failed));
            }
        }
    }

    /// The flow cannot go on: who talks is left talking, a caller who does not goes to the flow's
    /// fallback route.
    pub(crate) fn fall_back(&mut self, why: &str) {
        self.house.observe(&Observed::FellBack { why });
        self.call.phase = Phase::Over;
        "fault".clone_into(&mut self.call.kept.record.outcome);
        self.all_count();
        self.drop_orders();
        self.end_fronts();
        let legs = &self.call.legs;
        let alone = |leg: &&Leg| leg.is_caller() && legs.is_lonely(leg);
        let alone = legs.iter().find(alone).map(|leg| leg.id.clone());
        if let Some(leg) = alone {
            let to = fallback(&self.call.terms);
            self.send_away(&leg, to);
        }
        self.hang_up_lonely();
    }

    /// The flow is over.
    pub(crate) fn finish(&mut self, outcome: &str) {
        self.call.phase = Phase::Over;
        outcome.clone_into(&mut self.call.kept.record.outcome);
        self.all_count();
        self.drop_orders();
        self.end_fronts();
        self.hang_up_lonely();
    }

    pub(crate) fn drop_orders(&mut self) {
        // Of whom it was to be told and was not, no flow knows: nor is one told when they are gone.
        for event in std::mem::take(&mut self.call.unseen) {
            if let Event::Order { id, .. } = event
                && event.brings(id)
                && let Some(leg) = self.call.legs.brought_by(id)
            {
                leg.known = false;
            }
        }
        while let Some(order) = self.call.orders.pop() {
            order.doing.take_back(order.id, self);
        }
    }

    // ------------------------------------------------------------------ outcomes and events

    /// Gives an order its outcome; if it is final, the order is over.
    pub(crate) fn outcome(&mut self, id: OrderId, outcome: Outcome) {
        if outcome.is_final() {
            self.call.orders.remove(id);
        }
        self.tell(Event::Order { id, outcome });
    }

    /// Has the flow see an event, after those that it has not seen.
    pub(crate) fn tell(&mut self, event: Event) {
        if self.call.phase == Phase::Served {
            self.call.unseen.push_back(event);
        }
    }

    pub(crate) fn refuse(&mut self, id: OrderId, command: &str, refusal: Refusal) {
        self.call.kept.record.refused += 1;
        self.house.observe(&Observed::Refused { id, command, refusal: &refusal });
        let (call, flow) = (self.call.id, &self.call.terms.name);
        let (reason, detail) = (refusal.reason, Logged(&refusal.detail));
        tracing::warn!(%call, %flow, %id, command, ?reason, "an order of the flow is refused: {detail}");
        self.tell(Event::Order { id, outcome: Outcome::Refused(refusal) });
    }

    /// Takes an order back, if there is one of that id.
    pub(crate) fn take_back(&mut self, id: OrderId) {
        if let Some(order) = self.call.orders.remove(id) {
            order.doing.take_back(id, self);
        }
    }

    /// A leg is gone, and what was ordered of it was not taken back: it gets its outcome. If
    /// another leg bears the name by now, the orders are about that one.
    pub(crate) fn end_orders_on(&mut self, leg: &LegName) {
        if self.call.legs.get(leg).is_some() {
            return;
        }
        let is_of = |order: &&crate::orders::Open| order.doing.is_of(leg);
        let all: Vec<OrderId> =
            self.call.orders.iter().filter(is_of).map(|order| order.id).collect();
        for id in all {
            let Some(order) = self.call.orders.remove(id) else { continue };
            let outcome = order.doing.leg_gone(leg);
            order.doing.take_back(id, self);
            if let Some(outcome) = outcome {
                self.tell(Event::Order { id, outcome });
            }
        }
    }

    /// Something has to be done about orders: their time has come. What the host repeats by itself
    /// comes last, after the flow has had its say: a timer of the same instant may well end it.
    fn orders_due(&mut self) {
        let now = self.now.elapsed;
        let due = |repeats: bool| -> Vec<OrderId> {
            let orders = self.call.orders.iter();
            let due = orders.filter(|order| order.due.is_some_and(|due| due <= now));
            due.filter(|order| order.doing.repeats() == repeats).map(|order| order.id).collect()
        };
        let first = due(false);
        for id in if first.is_empty() { due(true) } else { first } {
            let Some(when_due) = self.call.orders.any(id).map(|order| order.doing.when_due())
            else {
                continue;
            };
            self.call.orders.set_due(id, None);
            when_due(id, self);
        }
    }

    // ------------------------------------------------------------------ legs

    /// Hangs up every leg that is in conversation with nobody. A caller whom nobody took over takes
    /// the flow's fallback route.
    pub(crate) fn hang_up_lonely(&mut self) {
        let legs = &self.call.legs;
        let lonely = legs.iter().filter(|leg| legs.is_lonely(leg));
        let lonely: Vec<_> = lonely.map(|leg| (leg.id.clone(), leg.is_caller())).collect();
        let stranded = self.call.rare.as_ref().is_some_and(|rare| rare.stranded);
        for (leg, is_caller) in lonely {
            match is_caller && stranded {
                true => self.send_away(&leg, fallback(&self.call.terms)),
                false => self.hang_up(&leg, Cause::Normal),
            }
        }
    }

    pub(crate) fn hang_up(&mut self, id: &LegId, cause: Cause) {
        self.end(id, Ending::HangUp(cause));
    }

    /// Stops a phone from ringing. If somebody else has answered meanwhile, it is told so.
    pub(crate) fn quieten_phone(&mut self, id: &LegId) {
        let beaten = self.call.legs.by_id(id).is_some_and(|leg| leg.beaten && !leg.up);
        self.end(id, if beaten { Ending::Elsewhere } else { Ending::HangUp(Cause::Normal) });
    }

    /// Somebody has answered for the call: phones that ring for it now have lost.
    pub(crate) fn beat_others(&mut self, winner: &LegId) {
        for leg in self.call.legs.iter_mut().filter(|leg| leg.id != *winner && !leg.up) {
            leg.beaten = leg.role != Role::Caller;
        }
    }

    pub(crate) fn hang_up_named(&mut self, name: &LegName) {
        if let Some(id) = self.call.legs.get(name).map(|leg| leg.id.clone()) {
            self.hang_up(&id, Cause::Normal);
        }
    }

    /// Transfers a leg; only its `Ended` is awaited.
    pub(crate) fn send_away(&mut self, id: &LegId, to: Option<Address>) {
        self.end(id, Ending::Transfer(to));
    }

    fn end(&mut self, id: &LegId, ending: Ending) {
        if let Some(leg) = self.call.legs.by_id_mut(id).filter(|leg| !leg.is_ending()) {
            leg.ending = Some(ending.clone());
            self.send(ending.command(id.clone()));
        }
    }

    /// A leg is this call's no more.
    pub(crate) fn strike(&mut self, leg: &Leg) {
        self.house.strike(&leg.id);
        if let Some((_, agent)) = leg.agent() {
            self.house.talks_no_more(agent, &leg.id);
        }
    }

    pub(crate) fn send(&mut self, command: PbxCommand) {
        self.house.observe(&Observed::Command(&command));
        self.out.commands.push(command);
    }

    /// So long from now, in monotonic time.
    pub(crate) fn in_(&self, after: Duration) -> Duration {
        self.now.elapsed + after
    }
}

//! What the flow orders: checked against the state of the legs and the flow's permissions, and sent
//! on its way. What cannot be done is refused, with an event.

use crate::{
    Origin,
    order::{Carried, refusal, timer::Timing},
    turn::Turn,
};
use std::sync::Arc;
use strowger_call_port::{NoFlow, Observed};
use strowger_model::{
    Command, Event, Order, OrderId,
    event::{Arrival, Refusal, RefusalReason},
};
use strowger_site::Terms;

impl Turn<'_> {
    /// Carries out an order, or refuses it.
    pub(crate) fn carry(&mut self, order: Order) {
        self.house.observe(&Observed::Order(&order));
        let Order { id, command } = order;
        let name = command.name();
        let carried = self
            .check_id(id, &command)
            .and_then(|()| self.charge(&command))
            .and_then(|()| self.carry_out(id, command));
        if let Err(refusal) = carried {
            self.refuse(id, name, refusal);
        }
    }

    /// An id is free, or a timer's that is moved.
    fn check_id(&mut self, id: OrderId, command: &Command) -> Carried {
        if id >= OrderId::FIRST_OF_HOST {
            let why = format!("order {id}: numbers from 0xffff0000 on are the host's");
            return Err(refusal(RefusalReason::Invalid, why));
        }
        let moves_a_timer = matches!(command, Command::Timer { .. })
            && self.call.orders.get::<Timing>(id).is_some();
        match self.call.orders.any(id) {
            Some(_) if !moves_a_timer => {
                Err(refusal(RefusalReason::DuplicateId, format!("order {id} is not finished")))
            }
            None if self.call.orders.len() >= self.call.terms.quota.open_orders as usize => {
                let most = self.call.terms.quota.open_orders as usize;
                // What ends orders must always be possible.
                match command {
                    Command::Cancel { .. } | Command::HangUp { .. } | Command::Finish { .. } => {
                        Ok(())
                    }
                    _ => Err(self.over_quota("orders that are not finished", most)),
                }
            }
            _ => Ok(()),
        }
    }

    fn carry_out(&mut self, id: OrderId, command: Command) -> Carried {
        match command {
            Command::Answer => self.answer(id),
            Command::IndicateRinging => self.indicate_ringing(),
            Command::Play { leg, prompts, barge_in } => self.begin_play(id, leg, prompts, barge_in),
            Command::KeepWaiting(ask) => self.keep_waiting(id, ask),
            Command::Gather(ask) => self.gather(id, ask),
            Command::EnterQueue(ask) => self.enter_queue(id, *ask),
            Command::Widen { entry, to } => self.widen(entry, to),
            Command::Dial(ask) => self.dial(id, *ask),
            Command::Connect { legs } => self.connect(id, &legs),
            Command::Hold { leg } => self.hold(id, &leg),
            Command::Resume { leg } => self.resume_held(id, leg),
            Command::Part { leg } => self.part(id, &leg),
            Command::Transfer { leg, target } => self.transfer(id, leg, target),
            Command::SettleTransfer { leg, to } => self.settle_transfer(id, &leg, to),
            Command::ContinueWith { flow, data, back_on } => {
                self.continue_with(flow.as_str(), data, back_on)
            }
            Command::SendDigits { leg, digits } => self.send_digits(id, &leg, digits),
            Command::Timer { after } => self.set_timer(id, after),
            Command::Cancel { order } => {
                self.give_back_brought(order);
                self.unsee(order);
                self.take_back(order);
                Ok(())
            }
            Command::Mail { template, to, fields } => self.mail(template, to, &fields),
            Command::Case { kind, fields } => self.case(kind, fields),
            Command::Note(note) => self.note(note),
            Command::Mark { tag } => self.tag(tag),
            Command::Alarm { what, .. } => self.alarm(&what),
            Command::Agent { agent, action, proof } => {
                self.order_of_agent(id, &agent, action, proof)
            }
            Command::SetSwitch(turn) => self.set_switch(id, *turn),
            Command::HangUp { leg, cause } => self.hang_up_ordered(leg, cause),
            Command::Finish { outcome } => {
                self.finish(&outcome);
                Ok(())
            }
            Command::Watch { leg, patterns } => self.watch(id, leg, patterns),
            Command::Listen { leg, agent, mode } => self.listen(id, leg, &agent, mode),
            Command::Disposition(disposition) => self.dispose(*disposition),
            Command::OpenCampaign(open) => self.open_campaign(id, *open),
            Command::StopCampaign { name } => self.stop_campaign(id, &name),
            Command::Claim(who) => self.claim(id, &who),
            Command::TakePlace { of } => self.take_place(id, of),
            Command::Record { .. } => Err(refusal(
                RefusalReason::Unsupported,
                format!("this host does not carry out {} yet", command.name()),
            )),
        }
    }

    /// The flow will not see any more what came of an order.
    pub(crate) fn unsee(&mut self, order: OrderId) {
        let is_of = |event: &Event| matches!(event, Event::Order { id, .. } if *id == order);
        self.call.unseen.retain(|event| !is_of(event));
    }

    fn continue_with(&mut self, flow: &str, data: String, back_on: Vec<String>) -> Carried {
        if !self.call.terms.permissions.may_continue_with(flow) {
            let why = format!("flow {flow}: the flow file does not permit it; see [permissions]");
            return Err(refusal(RefusalReason::NotPermitted, why));
        }
        if !back_on.is_empty() {
            return self.continue_and_rest(flow, data, back_on);
        }
        let next = self.house.change_flow(flow, false).map_err(|no| no_flow(flow, &no))?;
        self.drop_orders();
        self.begin_on(next, data);
        Ok(())
    }

    /// The call is on a version of a flow from now on.
    pub(crate) fn run_on(&mut self, terms: Arc<Terms>) {
        self.call.kept.record.flow = terms.name.clone();
        self.call.kept.record.version = terms.version.to_string();
        self.call.terms = terms;
        self.call.on_new_version = true;
        self.call.stale += 1;
        self.house.fence();
    }

    /// To a flow, it is as if the call arrived.
    pub(crate) fn begin_on(&mut self, next: Arc<Terms>, data: String) {
        self.run_on(next);
        self.call.state = Box::default();
        self.forget_switches();
        let Origin { caller_name, endpoint, diverted_from, line, adapter } =
            self.call.kept.origin.clone();
        let arrival = Arrival {
            call: self.call.id,
            caller: self.call.kept.record.caller.clone(),
            caller_name,
            endpoint,
            dialled: self.call.kept.record.dialled.clone(),
            diverted_from,
            line,
            adapter: adapter.into(),
            data,
            at: self.now.wall,
        };
        self.tell(Event::Arrived(Box::new(arrival)));
    }
}

/// Why another flow cannot have the call.
pub(crate) fn no_flow(flow: &str, no: &NoFlow) -> Refusal {
    match no {
        NoFlow::Unknown => {
            refusal(RefusalReason::UnknownName, format!("there is no flow {flow:?}"))
        }
        NoFlow::Full => {
            let why = format!("{flow} has as many calls as its limit allows");
            refusal(RefusalReason::OverLimit, why)
        }
    }
}

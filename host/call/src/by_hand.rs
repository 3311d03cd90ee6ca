//! An operator looks at a call that is up, or does something with it.

use crate::{
    Call,
    legs::{Leg, Role},
    order::{
        dial::Dialling,
        queue::{QueueStage, Queueing},
    },
    turn::Turn,
};
use std::time::Duration;
use strowger_call_port::{ByHand, Glance};
use strowger_model::{Event, LegName, OrderId, Outcome, command::Asked, event::Left};
use strowger_pbx::port::Address;

impl Call {
    fn glance(&self, now: Duration) -> Glance {
        let waiting: Vec<&Queueing> = self.waiting().map(|(_, queueing)| queueing).collect();
        let asked = |asked: &Asked| match asked {
            Asked::Queue(queue) => queue.to_string(),
            Asked::Agent(agent) => agent.to_string(),
        };
        let ringing = |leg: &Leg| match &leg.role {
            Role::Offered { agent, .. } if !leg.is_ending() => Some(agent.clone()),
            _ => None,
        };
        let name = |leg: &Leg| match leg.agent() {
            Some((_, agent)) => agent.to_string(),
            None => leg.name.to_string(),
        };
        let caller = self.legs.get(&LegName::caller());
        let with_caller = caller.into_iter().flat_map(|caller| self.legs.with(caller));
        let dialled = self.orders.all::<Dialling>().map(|(_, dialling)| dialling.leg.to_string());
        let record = self.record();
        let called_back = waiting.iter().find_map(|queueing| queueing.ask.calls_back.as_ref());
        let queued = waiting.iter().map(|queueing| now.saturating_sub(queueing.since())).max();
        let asked = waiting.iter().flat_map(|queueing| &queueing.ask.ask).map(asked);
        Glance {
            on: self.terms.on(),
            behind: self.resting().map(|on| on.flow.clone()).collect(),
            caller: called_back.map(ToString::to_string).or_else(|| record.caller.clone()),
            dialled: record.dialled.clone(),
            waits_for: asked.chain(dialled).collect(),
            waited: queued.or_else(|| self.waited_without_queue()),
            rings: self.legs.iter().filter_map(ringing).collect(),
            talks_with: with_caller.map(name).collect(),
        }
    }

    /// Orders by which somebody waits.
    fn waiting(&self) -> impl Iterator<Item = (OrderId, &Queueing)> {
        let all = self.orders.all::<Queueing>();
        all.filter(|(_, queueing)| queueing.stage == QueueStage::Waiting)
    }
}

impl Turn<'_> {
    pub(crate) fn by_hand(&mut self, what: ByHand) {
        match what {
            ByHand::Look(answer) => answer(self.call.glance(self.now.elapsed)),
            ByHand::TakeOut(answer) => answer(self.take_out()),
            ByHand::SendOn(to, answer) => answer(self.send_on(to)),
        }
    }

    fn take_out(&mut self) -> bool {
        let waiting: Vec<OrderId> = self.call.waiting().map(|(id, _)| id).collect();
        for id in &waiting {
            self.take_back(*id);
            let outcome = Outcome::Left(Left::NobodyReachable);
            self.tell(Event::Order { id: *id, outcome });
        }
        !waiting.is_empty()
    }

    fn send_on(&mut self, to: Address) -> bool {
        let caller = self.call.legs.get(&LegName::caller()).map(|leg| leg.id.clone());
        let Some(caller) = caller else { return false };
        self.send_away(&caller, Some(to));
        self.finish("sent-on");
        true
    }
}

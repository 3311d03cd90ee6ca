//! Places in line that are kept for somebody who has hung up and is to be called back; and the place
//! taken by whoever calls again before that.
//!
//! A place is a queue order without caller. The house knows all of them by number, and whoever takes
//! a place out of it has it: another call, which then enters the queue with it, or this one, when an
//! agent has answered. The image of the call that has taken it says so: if the host dies before the
//! other one is told, the next host tells it.

use super::{Carried, queue::Queueing, refusal};
use crate::{Call, turn::Turn};
use strowger_call_port::{KeptPlace, Now};
use strowger_model::{
    CallId, Event, OrderId, Outcome, PhoneNumber, QueueName, Timestamp,
    command::{Asked, EnterQueue},
    event::{Left, RefusalReason},
};
use strowger_routing::EntryId;

impl Call {
    /// The places that the call keeps for those who are to be called back.
    pub fn kept_places(&self, now: Now) -> Vec<KeptPlace> {
        let all = self.orders.all::<Queueing>();
        all.filter_map(|(id, queueing)| self.kept_place(id, queueing, now)).collect()
    }

    fn kept_place(&self, id: OrderId, queueing: &Queueing, now: Now) -> Option<KeptPlace> {
        let number = queueing.ask.calls_back.clone()?;
        let waited = now.elapsed.saturating_sub(queueing.since());
        let queue = |asked: &Asked| match asked {
            Asked::Queue(queue) => Some(queue.clone()),
            Asked::Agent(_) => None,
        };
        let queues: Vec<QueueName> = queueing.ask.ask.iter().filter_map(queue).collect();
        Some(KeptPlace {
            entry: EntryId { call: self.id, order: id },
            number,
            flow: self.terms.name.clone(),
            waited_since: Timestamp(now.wall.0.saturating_sub(waited.as_millis() as u64)),
            queues,
        })
    }

    /// Whether the call has a place already, its own or that of another call: with that it may wait
    /// in a queue that is full.
    fn has_place(&self) -> bool {
        let taken = self.rare.as_ref().is_some_and(|rare| !rare.taken.is_empty());
        let kept = |queueing: &Queueing| queueing.ask.calls_back.is_some();
        taken || self.orders.find(kept).is_some()
    }
}

impl Turn<'_> {
    /// Whether whoever is to be called back may be dialled.
    pub(crate) fn check_call_back(&self, ask: &EnterQueue) -> Carried {
        let permissions = &self.call.terms.permissions;
        let refused = |number: &&PhoneNumber| !permissions.may_dial(number.as_str());
        match ask.calls_back.as_ref().filter(refused) {
            None => Ok(()),
            Some(_) => {
                let why = "calls-back: the flow file does not permit to dial that number; see \
                           [permissions]";
                Err(refusal(RefusalReason::NotPermitted, why))
            }
        }
    }

    /// A place is an old one: a full queue takes it.
    pub(crate) fn is_placed(&self, ask: &EnterQueue) -> bool {
        ask.calls_back.is_some() || self.call.has_place()
    }

    /// The house is to know the place of an order, if that is one of a call-back.
    pub(crate) fn keep_place(&mut self, id: OrderId) {
        let queueing = self.call.orders.get::<Queueing>(id);
        let place = queueing.and_then(|queueing| self.call.kept_place(id, queueing, self.now));
        if let Some(place) = place {
            self.house.keep_place(place);
        }
    }

    /// An order keeps its place no more. False: another call has taken it.
    pub(crate) fn give_place_up(&mut self, id: OrderId, ask: &EnterQueue) -> bool {
        ask.calls_back.is_none() || self.house.give_place_up(self.entry(id))
    }

    pub(crate) fn take_place(&mut self, id: OrderId, of: CallId) -> Carried {
        let taken = match of == self.call.id {
            true => Vec::new(),
            false => self.house.take_place(of),
        };
        if taken.is_empty() {
            let why = format!("call {of} keeps no place for anybody any more");
            return Err(refusal(RefusalReason::UnknownName, why));
        }
        // The wait goes on here.
        let waited = taken.iter().map(|place| self.now.wall.since(place.waited_since));
        self.call.kept.record.waited += waited.max().unwrap_or_default();
        let taken = taken.iter().map(|place| (place.entry.call, place.entry.order));
        self.call.rare.get_or_insert_default().taken.extend(taken);
        self.outcome(id, Outcome::Done);
        Ok(())
    }

    /// Another call has taken the places that this one kept.
    pub(crate) fn place_taken(&mut self) {
        let kept = self.call.orders.all::<Queueing>();
        let kept = kept.filter(|(_, queueing)| queueing.ask.calls_back.is_some());
        let kept: Vec<OrderId> = kept.map(|(id, _)| id).collect();
        // It is that call in which the caller is served.
        self.call.kept.record.overflowed |= !kept.is_empty();
        for id in kept {
            self.take_back(id);
            self.tell(Event::Order { id, outcome: Outcome::Left(Left::CallerGone) });
        }
    }
}

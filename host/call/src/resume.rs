//! A call that outlived its host: taken up from its image, and settled by what the PBX shows.
//!
//! What was ordered of the PBX and may have been lost with the old host falls into three classes:
//! * *idempotent* (answer, move, music, hang up): said again where the PBX does not show it done;
//! * *guarded* by a name that the PBX knows (dial): found alive, or else not repeated;
//! * *not repeatable* (play, send digits): never said again. A play is taken to have been stopped.

use crate::{
    Call,
    legs::{Leg, Role},
    order::{
        dial::Dialling,
        queue::{QueueStage, Queueing},
        transfer::Transferring,
    },
    turn::Turn,
};
use std::{
    collections::{BTreeMap, VecDeque},
    mem,
    time::Duration,
};
use strowger_call_port::first_offered;
use strowger_model::{AgentName, Event, OrderId};
use strowger_pbx::port::{AliveLeg, LegId, LegState, PbxCommand};
use strowger_routing::{Doing as Standing, EntryId, Quieting, Restored, Rung};

/// What of a call that is taken up is not settled yet.
pub(crate) struct Resuming {
    alive: BTreeMap<LegId, AliveLeg>,
    legs: VecDeque<LegId>,
    orders: Vec<OrderId>,
}

impl Call {
    /// Agents who talk, and on which leg.
    pub fn talking(&self) -> impl Iterator<Item = (&AgentName, &LegId)> {
        self.legs.iter().filter_map(|leg| {
            let (order, agent) = leg.agent()?;
            let begun = || self.orders.get::<Queueing>(order)?.begun();
            (leg.known || begun().is_some()).then_some((agent, &leg.id))
        })
    }

    /// The call's places on the floor: where it waits, whose phones ring for it, with whom it
    /// talks, whom it has dialled.
    pub fn places(&self) -> Vec<Restored> {
        let entry = |order| EntryId { call: self.id, order };
        let with_agents = self.legs.iter().filter_map(|leg| {
            let (order, agent) = leg.agent()?;
            let (agent, held) = (agent.clone(), leg.away_from.is_some());
            let now = match &leg.role {
                Role::Agent { queue, .. } => {
                    Standing::Talking { agent, queue: queue.clone(), held }
                }
                _ if leg.up => Standing::Talking { agent, queue: None, held },
                _ => Standing::Engaging { agent },
            };
            // Who waits on if the agent is gone at once.
            let queueing = self.orders.get::<Queueing>(order);
            let ask = queueing.map_or_else(Vec::new, |queueing| queueing.ask.ask.clone());
            let priority = queueing.map_or(0, |queueing| queueing.ask.priority);
            let since = queueing.map_or(Duration::ZERO, Queueing::since);
            Some(Restored { entry: entry(order), ask, priority, since, now })
        });
        let waiting = self.orders.all::<Queueing>();
        let waiting = waiting.filter(|(_, it)| it.stage == QueueStage::Waiting && !it.ask.rests);
        let waiting = waiting.map(|(id, queueing)| {
            let ringing = self.offered().filter(|(leg, entry, _)| !leg.is_ending() && *entry == id);
            let ringing = ringing.map(|(_, _, rung)| rung).collect();
            Restored {
                entry: entry(id),
                ask: queueing.ask.ask.clone(),
                priority: queueing.ask.priority,
                since: queueing.since(),
                now: Standing::Waiting { ringing },
            }
        });
        with_agents.chain(waiting).collect()
    }

    /// Phones of agents that were told to stop ringing for the call.
    pub fn quieting(&self) -> Vec<Quieting> {
        let ending = self.offered().filter(|(leg, ..)| leg.is_ending());
        ending.map(|(_, _, rung)| Quieting { attempt: rung.attempt, agent: rung.agent }).collect()
    }

    fn offered(&self) -> impl Iterator<Item = (&Leg, OrderId, Rung)> {
        self.legs.iter().filter_map(|leg| {
            let Role::Offered { entry, attempt, agent, endpoint, since } = &leg.role else {
                return None;
            };
            let (attempt, endpoint, since) = (*attempt, *endpoint, *since);
            let own = EntryId { call: self.id, order: *entry };
            let first = first_offered(&leg.id).unwrap_or(own);
            Some((leg, *entry, Rung { attempt, agent: agent.clone(), endpoint, since, first }))
        })
    }
}

/// What is known of a leg that goes to another call while its own is being taken up.
pub(crate) enum Unsettled {
    /// It was settled.
    No,
    /// It is there.
    There(LegState),
    /// It has ended while the host was away.
    Gone,
}

impl Resuming {
    pub(crate) fn unsettled(&mut self, id: &LegId) -> Unsettled {
        if !self.legs.contains(id) {
            return Unsettled::No;
        }
        self.alive.remove(id).map_or(Unsettled::Gone, |alive| Unsettled::There(alive.state))
    }
}

impl Turn<'_> {
    /// Tells the flow. What is outstanding is settled by what the PBX shows, after what the flow
    /// has to say to that.
    pub(crate) fn resume(&mut self, alive: BTreeMap<LegId, AliveLeg>, gap: Duration) {
        // What the flow orders when it is told is new: it has not been lost with the old host.
        let (legs, orders) = (self.call.legs.ids().into(), self.call.orders.ids());
        self.call.resuming = Some(Box::new(Resuming { alive, legs, orders }));
        self.tell(Event::Resumed { gap });
    }

    /// Settles the next leg of a call that is taken up, or else its orders. Says whether there was
    /// anything.
    pub(crate) fn resume_next(&mut self) -> bool {
        let Some(resuming) = &mut self.call.resuming else { return false };
        if let Some(id) = resuming.legs.pop_front() {
            match resuming.alive.remove(&id) {
                Some(alive) => self.found(&alive),
                None => self.lost(&id),
            }
            return true;
        }
        let orders = mem::take(&mut resuming.orders);
        self.call.resuming = None;
        for id in orders {
            let order = self.call.orders.any(id);
            if let Some(resumed) = order.map(|order| order.doing.when_resumed()) {
                resumed(id, self);
            }
        }
        self.look_at_switches();
        true
    }

    /// The order whose outcome nobody can know when a leg is gone and nobody saw how.
    pub(crate) fn of_unknown_end(&self, leg: &Leg) -> Option<OrderId> {
        // It may have been refused, or never have been dialled.
        let dialled = match leg.role {
            Role::Dialled(order) if !leg.up => Some(order),
            _ => None,
        };
        let dialled = dialled.filter(|order| self.call.orders.get::<Dialling>(*order).is_some());
        // It is where it was sent, or has hung up.
        let sent = |transferring: &Transferring| transferring.leg == leg.name;
        dialled.or_else(|| self.call.orders.find(sent).map(|(id, _)| id))
    }

    /// A leg is there: what the call missed of it, and what the PBX may have missed of the call.
    fn found(&mut self, alive: &AliveLeg) {
        let id = &alive.leg;
        let Some(leg) = self.call.legs.by_id(id).cloned() else { return };
        if let Some(ending) = leg.ending {
            return self.send(ending.command(id.clone()));
        }
        match alive.state {
            LegState::Down if leg.role == Role::Caller && leg.up => {
                self.send(PbxCommand::Answer { leg: id.clone() });
            }
            LegState::Down => {}
            LegState::Ringing => self.ringing(id),
            LegState::Up => self.answered(id),
        }
        let Some(leg) = self.call.legs.by_id(id).filter(|leg| leg.up).cloned() else { return };
        match alive.conversation.as_ref() == Some(&leg.place) {
            true => self.moved(id, &leg.place),
            false if leg.place != leg.id || alive.conversation.is_some() => {
                self.send(PbxCommand::Move { leg: id.clone(), to: leg.place.clone() });
            }
            false => {}
        }
        let comes_back =
            |other: &Leg| other.is_visible() && other.away_from.as_ref() == Some(&leg.id);
        let waits = self.call.legs.iter().any(comes_back);
        if leg.held_from.is_some() || waits {
            self.hold_music(leg.id);
        }
    }
}

//! A call that outlived its host: taken up from its image, and settled by what the PBX shows.
//!
//! What was ordered of the PBX and may have been lost with the old host falls into three classes:
//! * *idempotent* (answer, move, music, hang up): said again where the PBX does not show it done;
//! * *guarded* by a name that the PBX knows (dial): found alive, or else not repeated;
//! * *not repeatable* (play, send digits): never said again. A play is taken to have been stopped.

use super::{
    Call,
    image::Image,
    leg::{Leg, Role},
    order::{Doing, Open, QueueStage},
};
use crate::Exchange;
use std::{
    collections::{BTreeMap, VecDeque},
    sync::Arc,
    time::Duration,
};
use strowger_flows::OnFlow;
use strowger_model::{
    Event, LegName, OrderId, Outcome,
    event::{Cause, GatherEnd, PlayEnd},
};
use strowger_pbx::port::{AliveLeg, Ended, LegId, LegState, PbxCommand};
use strowger_routing::{Doing as Standing, Quieting, Restored, Rung};

/// What a new host finds of a call.
pub(crate) struct Found {
    /// Legs that are alive at the PBX.
    pub(crate) alive: BTreeMap<LegId, AliveLeg>,
    /// How long there was no host.
    pub(crate) gap: Duration,
    /// Let go of when the call goes on.
    pub(crate) roll: Arc<Roll>,
}

/// Says when the last of the calls that were taken up goes on.
pub(crate) struct Roll {
    pub(crate) calls: usize,
    pub(crate) since: tokio::time::Instant,
}

impl Drop for Roll {
    fn drop(&mut self) {
        if self.calls > 0 {
            tracing::info!(
                calls = self.calls,
                took_ms = self.since.elapsed().as_millis() as u64,
                "every call of the earlier host goes on"
            );
        }
    }
}

impl Call {
    /// The call as it was.
    pub(crate) fn from_image(exchange: Arc<Exchange>, flow: OnFlow, image: Image<'static>) -> Self {
        for leg in image.legs.iter().filter(|leg| leg.known) {
            if let Some((_, agent)) = leg.agent() {
                exchange.talks(agent, &leg.id);
            }
        }
        let mut legs = image.legs.into_owned();
        // Keys may have been missed: a pattern with a gap in it would be another number.
        legs.iter_mut().for_each(|leg| leg.keyed.clear());
        Self {
            id: image.record.call,
            exchange,
            flow,
            phase: image.phase,
            state: image.state.into_owned().into(),
            legs,
            orders: image.orders.into_owned(),
            record: Box::new(image.record.into_owned()),
            plays: image.plays,
            origin: Box::new(image.origin.into_owned()),
            secrets: None,
            unseen: VecDeque::new(),
            index: 0,
            on_new_version: false,
            changes: Vec::new(),
            outbox: Vec::new(),
        }
    }

    /// The call's places on the floor: where it waits, whose phones ring for it, with whom it
    /// talks, whom it has dialled.
    pub(crate) fn places(&self) -> Vec<Restored> {
        let place = |order, ask, priority, since, now| Restored {
            entry: self.entry(order),
            ask,
            priority,
            since,
            now,
        };
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
            Some(place(order, Vec::new(), 0, Duration::ZERO, now))
        });
        let waiting = self.orders.iter().filter_map(|open| match &open.doing {
            Doing::Queueing(queueing) if matches!(queueing.stage, QueueStage::Waiting) => {
                let ringing = self
                    .offered()
                    .filter(|(leg, entry, _)| !leg.is_ending() && *entry == open.id)
                    .map(|(_, _, rung)| rung);
                let now = Standing::Waiting { ringing: ringing.collect() };
                Some(place(
                    open.id,
                    queueing.ask.ask.clone(),
                    queueing.ask.priority,
                    self.waits_since(queueing),
                    now,
                ))
            }
            _ => None,
        });
        with_agents.chain(waiting).collect()
    }

    /// Phones of agents that were told to stop ringing for the call.
    pub(crate) fn quieting(&self) -> Vec<Quieting> {
        let ending = self.offered().filter(|(leg, ..)| leg.is_ending());
        ending.map(|(_, _, rung)| Quieting { attempt: rung.attempt, agent: rung.agent }).collect()
    }

    fn offered(&self) -> impl Iterator<Item = (&Leg, OrderId, Rung)> {
        self.legs.iter().filter_map(|leg| match &leg.role {
            Role::Offered { entry, attempt, agent, endpoint, since } => Some((
                leg,
                *entry,
                Rung {
                    attempt: *attempt,
                    agent: agent.clone(),
                    endpoint: *endpoint,
                    since: *since,
                },
            )),
            _ => None,
        })
    }

    /// Tells the flow, and settles what is outstanding by what the PBX shows.
    pub(super) fn resume_from(&mut self, mut found: Found) {
        self.tell(Event::Resumed { gap: found.gap });
        self.settle();
        let legs: Vec<LegId> = self.legs.iter().map(|leg| leg.id.clone()).collect();
        for id in legs {
            match found.alive.remove(&id) {
                Some(alive) => self.found(&alive),
                None => self.lost(&id),
            }
            self.settle();
        }
        let orders: Vec<OrderId> = self.orders.iter().map(|open| open.id).collect();
        for id in orders {
            self.settle_order(id);
        }
        drop(found.roll);
    }

    /// A leg is gone, or was never there, and nobody saw how: there was no host, or it could not
    /// hear the PBX.
    pub(super) fn lost(&mut self, id: &LegId) {
        let Some(leg) = self.leg_by_id(id) else { return };
        if let Role::Offered { .. } = leg.role {
            // Maybe it was never dialled: that says nothing against the phone.
            leg.rang = true;
        }
        let leg = leg.clone();
        let unknown = |open: &&Open| match &open.doing {
            // It may have been refused, or never have been dialled.
            Doing::Dialling(_) => !leg.up && leg.role == Role::Dialled(open.id),
            // It is where it was sent, or has hung up.
            Doing::Transferring { leg: sent } => *sent == leg.name,
            _ => false,
        };
        if let Some(order) = self.orders.iter().find(unknown).map(|open| open.id) {
            self.outcome(order, Outcome::Unknown);
        }
        self.ended(Ended { leg: id.clone(), cause: Cause::Normal, left: false });
    }

    /// A leg is there: what the call missed of it, and what the PBX may have missed of the call.
    fn found(&mut self, alive: &AliveLeg) {
        let id = &alive.leg;
        let Some(leg) = self.leg_by_id(id).cloned() else { return };
        if let Some(ending) = leg.ending {
            return self.send(ending.command(id.clone()));
        }
        match alive.state {
            LegState::Down if leg.role == Role::Caller && leg.up => {
                self.send(PbxCommand::Answer { leg: id.clone() })
            }
            LegState::Down => {}
            LegState::Ringing => self.ringing(id),
            LegState::Up => self.answered(id),
        }
        let Some(leg) = self.leg_by_id(id).filter(|leg| leg.up).cloned() else { return };
        match alive.conversation.as_ref() == Some(&leg.place) {
            true => self.moved(id, &leg.place),
            false if leg.place != leg.id || alive.conversation.is_some() => {
                self.send(PbxCommand::Move { leg: id.clone(), to: leg.place.clone() })
            }
            false => {}
        }
        if leg.held_from.is_some()
            || self.legs.iter().any(|other| other.away_from.as_ref() == Some(&leg.id))
        {
            self.hold_music(leg.id);
        }
    }

    /// An order whose outcome does not depend on a leg's state alone.
    fn settle_order(&mut self, id: OrderId) {
        let now = self.exchange.clock.elapsed();
        let Some(open) = self.order_mut(id) else { return };
        let due = open.due;
        match &mut open.doing {
            Doing::Playing { .. } => self.outcome(id, Outcome::Played(PlayEnd::Stopped)),
            Doing::KeepingCompany(company) => {
                company.play = None;
                let (leg, music) = (company.leg.clone(), company.music.clone());
                if music.is_some() && !self.is_hushed(&leg) {
                    self.music(&leg, music);
                }
            }
            // What was keyed is gone.
            Doing::Gathering(gathering) if gathering.ask.secret => {
                self.gather_ends(id, GatherEnd::Timeout)
            }
            Doing::Gathering(gathering) => {
                if gathering.play.take().is_some() || due.is_none() {
                    open.due = Some(now + gathering.ask.first_digit_within);
                }
            }
            Doing::Listening(listening) => {
                let leg = listening.leg.clone();
                self.listen_on(&leg);
            }
            Doing::Queueing(queueing) => match &queueing.stage {
                QueueStage::Waiting => {}
                QueueStage::Whispering(_) => self.join_agent(id),
                QueueStage::Joining => {}
            },
            Doing::Proving(_) => self.proof_lost(id),
            Doing::Answering
            | Doing::Dialling(_)
            | Doing::Moving { .. }
            | Doing::Transferring { .. }
            | Doing::Timing
            | Doing::Watching(_) => {}
        }
    }

    /// An agent is on the way to a leg that waits, so that it hears no music.
    fn is_hushed(&self, leg: &LegName) -> bool {
        let on_the_way = |open: &Open| matches!(&open.doing, Doing::Queueing(queueing) if queueing.ask.with_caller && matches!(queueing.stage, QueueStage::Joining));
        leg.is_caller() && self.orders.iter().any(on_the_way)
    }
}

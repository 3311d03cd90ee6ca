//! What the time of a call is spent on: who talks with the caller, holds, or consults somebody else;
//! and how long the caller waits without a queue before there is anybody: while numbers are dialled,
//! and with music.
//!
//! Legs only move while an input is dealt with. So all the time since the last input was spent in
//! the same way.

use crate::{
    Call,
    legs::{Leg, Legs},
    order::{company::Company, dial::Dialling, queue::Queueing},
    orders::Orders,
    turn::Turn,
};
use std::{mem, num::NonZeroU8, time::Duration};
use strowger_model::{Talk, Timestamp};

/// Of so many legs the time is kept. A call that has brought more people to its caller is counted
/// by the first of them.
const TALKS: usize = 64;

/// What somebody does in a call.
#[derive(Clone, Copy, PartialEq)]
enum Doing {
    Talks,
    Holds,
    Consults,
}

/// A moment of monotonic time in nanoseconds.
pub(crate) fn nanos(at: Duration) -> u64 {
    u64::try_from(at.as_nanos()).unwrap_or(u64::MAX)
}

/// The talk of a leg.
fn of<'a>(leg: &Leg, talks: &'a mut [Talk]) -> Option<&'a mut Talk> {
    talks.get_mut(usize::from(leg.talk?.get()) - 1)
}

fn doing(leg: &Leg, caller: &Leg, legs: &Legs) -> Option<Doing> {
    let somebody = !leg.is_caller() && leg.up && leg.is_visible() && !leg.listens;
    if !somebody {
        return None;
    }
    if leg.is_with(caller) {
        return Some(Doing::Talks);
    }
    // Who is only consulted has no time of the caller's.
    let others = || legs.with(leg).next().is_some();
    leg.talk.map(|_| if others() { Doing::Consults } else { Doing::Holds })
}

/// Whether a caller who has nobody waits, and in no queue.
fn waits_without_queue(orders: &Orders) -> bool {
    let dials = || orders.all::<Dialling>().next().is_some();
    let music = || orders.all::<Company>().any(|(_, company)| company.leg.is_caller());
    orders.all::<Queueing>().next().is_none() && (dials() || music())
}

impl Call {
    /// For how long the caller has waited in no queue; none: the caller does not.
    pub(crate) fn waited_without_queue(&self) -> Option<Duration> {
        let kept = &self.kept;
        let waits = kept.record.connected.is_none() && waits_without_queue(&self.orders);
        waits.then(|| Duration::from_millis(kept.waited_ms.into()))
    }
}

impl Turn<'_> {
    /// Accounts for the time since the last input.
    pub(crate) fn account(&mut self) {
        let kept = &mut self.call.kept;
        let now = nanos(self.now.elapsed);
        let since = mem::replace(&mut kept.accounted, now);
        let passed = Duration::from_nanos(now.saturating_sub(since));
        if since == 0 || passed.is_zero() {
            return;
        }
        let legs = &self.call.legs;
        let caller = legs.iter().find(|leg| leg.is_caller() && leg.is_visible());
        let Some(caller) = caller else { return };
        let waits = waits_without_queue(&self.call.orders);
        if kept.record.connected.is_none() && waits {
            let passed = u32::try_from(passed.as_millis()).unwrap_or(u32::MAX);
            kept.waited_ms = kept.waited_ms.saturating_add(passed);
        }
        let doing: Vec<(usize, Doing)> = legs
            .iter()
            .enumerate()
            .filter_map(|(index, leg)| Some((index, doing(leg, caller, legs)?)))
            .collect();
        for (index, doing) in doing {
            self.spend(index, doing, passed);
        }
    }

    fn spend(&mut self, index: usize, doing: Doing, passed: Duration) {
        let (talks, wall) = (&mut self.call.kept.record.talks, self.now.wall);
        let Some(leg) = self.call.legs.iter_mut().nth(index) else { return };
        if leg.talk.is_none() && talks.len() < TALKS {
            let began = Timestamp(wall.0.saturating_sub(passed.as_millis() as u64));
            leg.talk = u8::try_from(talks.len() + 1).ok().and_then(NonZeroU8::new);
            talks.push(Talk {
                agent: leg.agent().map(|(_, agent)| agent.clone()),
                began,
                ended: began,
                talked: Duration::ZERO,
                held: Duration::ZERO,
                consulted: Duration::ZERO,
            });
        }
        let Some(talk) = of(leg, talks) else { return };
        talk.ended = wall;
        *match doing {
            Doing::Talks => &mut talk.talked,
            Doing::Holds => &mut talk.held,
            Doing::Consults => &mut talk.consulted,
        } += passed;
    }

    /// It was no conversation after all.
    pub(crate) fn forget_talk(&mut self, leg: &Leg) {
        if let Some(talk) = of(leg, &mut self.call.kept.record.talks) {
            talk.talked = Duration::ZERO;
        }
    }
}

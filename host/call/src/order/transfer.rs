//! Sending a leg away, to a number or on in the PBX's own route.

use super::{Carried, refusal};
use crate::{
    legs::{Leg, Role},
    order::queue::Queueing,
    orders::Kind,
    turn::Turn,
};
use serde::{Deserialize, Serialize};
use strowger_model::{LegName, OrderId, Outcome, command::Target, event::RefusalReason};

/// A leg on its way out.
#[derive(Clone, Serialize, Deserialize)]
pub(crate) struct Transferring {
    pub(crate) leg: LegName,
}

impl Kind for Transferring {
    fn is_of(&self, leg: &LegName) -> bool {
        &self.leg == leg
    }

    fn take_back(self, _: OrderId, _: &mut Turn<'_>) {}

    fn leg_gone(&self, leg: &LegName) -> Option<Outcome> {
        Some(Outcome::NotTransferred { why: format!("{leg} hung up") })
    }
}

impl Turn<'_> {
    /// The caller may be sent away before an answer; a leg that was dialled only after it.
    pub(crate) fn transfer(
        &mut self,
        id: OrderId,
        name: LegName,
        target: Option<Target>,
    ) -> Carried {
        let whom = |target| self.whom_to_dial(target, self.house.agent_called(target).as_ref());
        let to = target.as_ref().map(whom).transpose()?.map(|(to, _)| to);
        let leg = self.call.legs.named(&name)?;
        if leg.role != Role::Caller && !leg.up {
            let why = format!("{name} is not answered: hang up, and dial another target");
            return Err(refusal(RefusalReason::WrongState, why));
        }
        let leg = leg.id.clone();
        if name.is_caller() && to.is_some() {
            self.note_overflow();
        }
        self.call.orders.open(id, None, Transferring { leg: name });
        self.send_away(&leg, to);
        Ok(())
    }

    /// A leg was transferred.
    pub(crate) fn left(&mut self, leg: &Leg) {
        let sent = |transferring: &Transferring| transferring.leg == leg.name;
        if let Some((order, _)) = self.call.orders.find(sent) {
            self.outcome(order, Outcome::Transferred);
        }
    }

    /// The caller has somebody, or is on the way to somebody, who is no agent of a queue: after
    /// having waited in one, that is an overflow.
    pub(crate) fn note_overflow(&mut self) {
        let waits = self.call.orders.all::<Queueing>().next().is_some();
        let record = &mut self.call.kept.record;
        let waited = !record.waited.is_zero() || waits;
        record.overflowed |= waited && record.agent.is_none();
    }
}

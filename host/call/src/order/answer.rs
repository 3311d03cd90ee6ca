//! Answering the caller; ringing before that; hanging up.

use super::{Carried, hung_up, refusal};
use crate::{legs::Role, orders::Kind, turn::Turn};
use serde::{Deserialize, Serialize};
use strowger_model::{
    LegName, OrderId, Outcome,
    event::{Cause, RefusalReason},
};
use strowger_pbx::port::{LegId, PbxCommand};

/// The PBX was told to answer.
#[derive(Clone, Serialize, Deserialize)]
pub(crate) struct Answering;

impl Kind for Answering {
    fn is_of(&self, leg: &LegName) -> bool {
        leg.is_caller()
    }

    fn take_back(self, _: OrderId, _: &mut Turn<'_>) {}

    fn leg_gone(&self, leg: &LegName) -> Option<Outcome> {
        Some(hung_up(leg))
    }
}

impl Turn<'_> {
    pub(crate) fn answer(&mut self, id: OrderId) -> Carried {
        let caller = self.call.legs.named(&LegName::caller())?;
        let (leg, up, arrived) = (caller.id.clone(), caller.up, caller.role == Role::Caller);
        if !arrived && !up {
            let why = "the caller is being called back, and answers there";
            return Err(refusal(RefusalReason::WrongState, why));
        }
        self.call.orders.open(id, None, Answering);
        if !up {
            if let Some(caller) = self.call.legs.by_id_mut(&leg) {
                caller.up = true;
            }
            self.send(PbxCommand::Answer { leg });
        } else if self.call.kept.record.answered.is_some() {
            // Perhaps by a flow that had the call before this one.
            self.outcome(id, Outcome::Answered);
        }
        Ok(())
    }

    pub(crate) fn caller_answered(&mut self) {
        self.call.kept.record.answered.get_or_insert(self.now.wall);
        let all: Vec<OrderId> = self.call.orders.all::<Answering>().map(|(id, _)| id).collect();
        all.into_iter().for_each(|id| self.outcome(id, Outcome::Answered));
    }

    pub(crate) fn indicate_ringing(&mut self) -> Carried {
        let leg = self.call.legs.named(&LegName::caller())?.id.clone();
        self.send(PbxCommand::IndicateRinging { leg });
        Ok(())
    }

    /// One leg, or all of them.
    pub(crate) fn hang_up_ordered(&mut self, leg: Option<LegName>, cause: Cause) -> Carried {
        let legs: Vec<LegId> = match leg {
            Some(leg) => vec![self.call.legs.named(&leg)?.id.clone()],
            None => {
                let visible = self.call.legs.iter().filter(|leg| leg.is_visible());
                visible.map(|leg| leg.id.clone()).collect()
            }
        };
        legs.iter().for_each(|leg| self.hang_up(leg, cause));
        Ok(())
    }
}

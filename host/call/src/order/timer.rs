//! Timers.

use super::Carried;
use crate::{orders::Kind, turn::Turn};
use serde::{Deserialize, Serialize};
use std::time::Duration;
use strowger_model::{LegName, OrderId, Outcome};

/// A timer that has not gone off.
#[derive(Clone, Serialize, Deserialize)]
pub(crate) struct Timing;

impl Kind for Timing {
    fn is_of(&self, _: &LegName) -> bool {
        false
    }

    fn take_back(self, _: OrderId, _: &mut Turn<'_>) {}

    fn leg_gone(&self, _: &LegName) -> Option<Outcome> {
        None
    }

    fn due(id: OrderId, turn: &mut Turn<'_>) {
        turn.outcome(id, Outcome::Timer);
    }
}

impl Turn<'_> {
    /// Sets a timer, or moves it: one that is moved has not gone off.
    pub(crate) fn set_timer(&mut self, id: OrderId, after: Duration) -> Carried {
        let due = Some(self.in_(after));
        self.unsee(id);
        match self.call.orders.get::<Timing>(id) {
            Some(_) => self.call.orders.set_due(id, due),
            None => self.call.orders.open(id, due, Timing),
        }
        Ok(())
    }
}

//! Legs that have ended.

use std::collections::{HashSet, VecDeque};
use strowger_pbx::port::LegId;

/// The last legs that ended: what crosses their end on the way is dropped.
#[derive(Default)]
pub(super) struct Gone {
    order: VecDeque<LegId>,
    set: HashSet<LegId>,
}

impl Gone {
    const KEPT: usize = 8192;

    pub(super) fn contains(&self, leg: &LegId) -> bool {
        self.set.contains(leg)
    }

    pub(super) fn insert(&mut self, leg: LegId) {
        if self.set.insert(leg.clone()) {
            self.order.push_back(leg);
        }
        if self.order.len() > Self::KEPT
            && let Some(oldest) = self.order.pop_front()
        {
            self.set.remove(&oldest);
        }
    }
}

//! What is to happen at legs, by time. One heap for all; an entry of a leg that is gone is skipped,
//! and when most are such the heap is cleared of them.

use std::{cmp::Reverse, collections::BinaryHeap};

/// Microseconds since the sim began.
pub(super) type Micros = u64;

/// What happens.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum What {
    /// The call reaches the host.
    Arrives,
    /// The phone gives its first sign.
    Progress,
    /// The phone is picked up.
    Answers,
    /// The phone declines.
    Declines,
    /// The network gives up.
    GivesUp,
    /// The caller has waited long enough.
    LosesPatience,
    /// The far end hangs up.
    Leaves,
    /// A digit ends.
    Digit(char),
    /// The prompt is over, unless another turn of plays has begun.
    PromptOver(u32),
}

/// At which leg. Slots are used again, generations are not.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Place {
    pub(super) slot: u32,
    pub(super) generation: u32,
}

/// When; then in the order of entry.
pub(super) type Due = (Micros, u64);

#[derive(Default)]
pub(super) struct Agenda {
    heap: BinaryHeap<Reverse<(Due, Place, What)>>,
    /// Entries of legs that are gone.
    stale: usize,
}

impl Agenda {
    pub(super) fn push(&mut self, due: Due, place: Place, what: What) {
        self.heap.push(Reverse((due, place, what)));
    }

    pub(super) fn next(&self) -> Option<Due> {
        self.heap.peek().map(|Reverse((due, ..))| *due)
    }

    pub(super) fn pop(&mut self) -> Option<(Due, Place, What)> {
        self.heap.pop().map(|Reverse(entry)| entry)
    }

    /// A popped entry was of a leg that is gone.
    pub(super) fn was_stale(&mut self) {
        self.stale = self.stale.saturating_sub(1);
    }

    /// So many more entries are of legs that are gone; `alive` knows which.
    pub(super) fn add_stale(&mut self, entries: u32, alive: impl Fn(Place) -> bool) {
        self.stale += entries as usize;
        if self.stale > 64 && self.stale * 2 > self.heap.len() {
            self.heap.retain(|Reverse((_, place, _))| alive(*place));
            self.heap.shrink_to(self.heap.len() * 2);
            self.stale = 0;
        }
    }

    #[cfg(test)]
    pub(super) fn len(&self) -> usize {
        self.heap.len()
    }
}

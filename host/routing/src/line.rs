//! A line of waiting entries in order, in which a place is found quickly however long it is.
//!
//! Chunks of sorted ranks: 24 bytes an entry and little more; entering and leaving move at most one
//! chunk, and the place in line is a sum over the chunks before (100,000 entries: some 300
//! additions).

use crate::ix::EntryIx;
use std::cmp::Reverse;

/// Where an entry stands among others: higher priority first, then who has waited longest, then who
/// entered first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Rank {
    pub(crate) priority: Reverse<u8>,
    /// Nanoseconds of the floor's time; before its epoch for who had waited when that began.
    pub(crate) since: i64,
    /// Of the floor's entries, in the order in which they entered.
    pub(crate) serial: u64,
    pub(crate) entry: EntryIx,
}

/// A chunk is split when it is longer.
const CHUNK: usize = 512;

/// Entries in the order of their ranks.
#[derive(Debug, Default)]
pub(crate) struct Line {
    /// None is empty.
    chunks: Vec<Vec<Rank>>,
    len: usize,
}

impl Line {
    pub(crate) fn len(&self) -> usize {
        self.len
    }

    pub(crate) fn first(&self) -> Option<Rank> {
        self.chunks.first().and_then(|chunk| chunk.first()).copied()
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = Rank> + '_ {
        self.chunks.iter().flatten().copied()
    }

    /// The chunk in which a rank is or would be, if any is behind it.
    fn chunk_of(&self, rank: Rank) -> usize {
        self.chunks.partition_point(|chunk| chunk.last().is_some_and(|&last| last < rank))
    }

    pub(crate) fn insert(&mut self, rank: Rank) {
        if self.chunks.is_empty() {
            self.chunks.push(Vec::new());
        }
        let last = self.chunks.len() - 1;
        let at = self.chunk_of(rank).min(last);
        let chunk = &mut self.chunks[at];
        let Err(place) = chunk.binary_search(&rank) else { return };
        self.len += 1;
        if chunk.len() < CHUNK {
            chunk.insert(place, rank);
        } else if at == last && place == CHUNK {
            // Who comes last, as nearly everybody does, leaves full chunks behind.
            self.chunks.push(vec![rank]);
        } else {
            let mut behind = chunk.split_off(CHUNK / 2);
            if place <= CHUNK / 2 {
                chunk.insert(place, rank);
            } else {
                behind.insert(place - CHUNK / 2, rank);
            }
            self.chunks.insert(at + 1, behind);
        }
    }

    /// Whether it was there.
    pub(crate) fn remove(&mut self, rank: Rank) -> bool {
        let at = self.chunk_of(rank);
        let Some(chunk) = self.chunks.get_mut(at) else { return false };
        let Ok(place) = chunk.binary_search(&rank) else { return false };
        chunk.remove(place);
        self.len -= 1;
        if chunk.is_empty() {
            self.chunks.remove(at);
        }
        true
    }

    /// How many stand before a rank, which need not be there.
    pub(crate) fn before(&self, rank: Rank) -> usize {
        let at = self.chunk_of(rank);
        let whole: usize = self.chunks[..at].iter().map(Vec::len).sum();
        whole + self.chunks.get(at).map_or(0, |chunk| chunk.partition_point(|&other| other < rank))
    }

    /// Since when the one who waits longest has waited, of whatever priority.
    pub(crate) fn longest_since(&self) -> Option<i64> {
        let mut next = self.first();
        let mut longest = None;
        while let Some(first) = next {
            longest = Some(longest.map_or(first.since, |longest: i64| longest.min(first.since)));
            let end = Rank { since: i64::MAX, serial: u64::MAX, ..first };
            let chunk = self.chunk_of(end);
            next = self
                .chunks
                .get(chunk)
                .and_then(|chunk| chunk.get(chunk.partition_point(|&other| other <= end)))
                .copied();
        }
        longest
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::collections::BTreeSet;

    fn rank((priority, since, serial): (u8, i64, u64)) -> Rank {
        Rank { priority: Reverse(priority), since, serial, entry: EntryIx(serial as u32) }
    }

    proptest! {
        #[test]
        fn is_an_ordered_set(steps in prop::collection::vec((any::<bool>(), (0u8..4, 0i64..40, 0u64..40)), 0..3000)) {
            let (mut line, mut model) = (Line::default(), BTreeSet::new());
            for (insert, key) in steps {
                let rank = rank(key);
                prop_assert_eq!(line.before(rank), model.range(..rank).count());
                if insert {
                    line.insert(rank);
                    model.insert(rank);
                } else {
                    prop_assert_eq!(line.remove(rank), model.remove(&rank));
                }
                prop_assert_eq!(line.len(), model.len());
                prop_assert_eq!(line.first(), model.first().copied());
                prop_assert_eq!(line.longest_since(), model.iter().map(|rank| rank.since).min());
            }
            prop_assert!(line.iter().eq(model.into_iter()));
        }
    }

    #[test]
    fn who_comes_last_leaves_full_chunks() {
        let mut line = Line::default();
        for serial in 0..100_000 {
            line.insert(rank((0, serial as i64, serial)));
        }
        assert_eq!(line.chunks.len(), 100_000usize.div_ceil(CHUNK));
        assert_eq!(line.before(rank((0, 70_000, 70_000))), 70_000);
    }
}

//! A caller who waits or is connected, or a call past the queues.

use crate::{
    EntryId,
    ix::{AgentIx, EntryIx, PoolIx},
    line::Rank,
};
use std::collections::BTreeMap;

/// A caller who waits or is connected. There may be 100,000, nearly all of them only waiting: what
/// others need is boxed.
#[derive(Debug)]
pub(crate) struct Entry {
    pub(crate) id: EntryId,
    pub(crate) rank: Rank,
    /// When it entered, whatever it had waited before.
    pub(crate) entered: i64,
    pub(crate) asked: Asks,
    /// None until the first phone rings.
    pub(crate) offers: Option<Box<Offers>>,
    /// In conversation with, or ringing past the queues.
    pub(crate) agent: Option<AgentIx>,
}

/// What became of the entry so far.
#[derive(Debug, Default)]
pub(crate) struct Offers {
    /// Whose phones ring, and which of the asked pools that is for.
    pub(crate) ringing: Vec<(AgentIx, PoolIx)>,
    /// How often who was tried in vain.
    pub(crate) tries: BTreeMap<AgentIx, u32>,
}

impl Entry {
    pub(crate) fn ringing(&self) -> &[(AgentIx, PoolIx)] {
        self.offers.as_ref().map_or(&[], |offers| &offers.ringing)
    }

    pub(crate) fn tries(&self, agent: AgentIx) -> u32 {
        self.offers.as_ref().and_then(|offers| offers.tries.get(&agent)).copied().unwrap_or(0)
    }

    /// A phone of a pool rings for the entry.
    pub(crate) fn rings_through(&self, pool: PoolIx) -> bool {
        self.ringing().iter().any(|(_, through)| *through == pool)
    }
}

/// What an entry asks for, in order: mostly one queue, which costs no box.
#[derive(Debug)]
pub(crate) enum Asks {
    One(PoolIx),
    Many(Box<[PoolIx]>),
}

impl Asks {
    pub(crate) fn new(pools: Vec<PoolIx>) -> Self {
        match *pools {
            [pool] => Self::One(pool),
            _ => Self::Many(pools.into()),
        }
    }

    pub(crate) fn as_slice(&self) -> &[PoolIx] {
        match self {
            Self::One(pool) => std::slice::from_ref(pool),
            Self::Many(pools) => pools,
        }
    }
}

/// The entries of a floor.
#[derive(Debug, Default)]
pub(crate) struct Entries {
    slots: Vec<Option<Entry>>,
    unused: Vec<EntryIx>,
    by_id: BTreeMap<EntryId, EntryIx>,
}

impl Entries {
    pub(crate) fn find(&self, id: EntryId) -> Option<EntryIx> {
        self.by_id.get(&id).copied()
    }

    /// Where the next entry will be.
    pub(crate) fn next_ix(&self) -> EntryIx {
        self.unused.last().copied().unwrap_or(EntryIx(self.slots.len() as u32))
    }

    /// Puts it where [`Self::next_ix`] said.
    pub(crate) fn insert(&mut self, entry: Entry) {
        let ix = self.next_ix();
        self.by_id.insert(entry.id, ix);
        if self.unused.pop().is_some() {
            self.slots[ix.0 as usize] = Some(entry);
        } else {
            self.slots.push(Some(entry));
        }
    }

    pub(crate) fn remove(&mut self, ix: EntryIx) -> Option<Entry> {
        let entry = self.slots[ix.0 as usize].take()?;
        self.by_id.remove(&entry.id);
        self.unused.push(ix);
        Some(entry)
    }

    pub(crate) fn get(&self, ix: EntryIx) -> Option<&Entry> {
        self.slots.get(ix.0 as usize)?.as_ref()
    }

    pub(crate) fn get_mut(&mut self, ix: EntryIx) -> Option<&mut Entry> {
        self.slots.get_mut(ix.0 as usize)?.as_mut()
    }
    #[cfg(test)]
    pub(crate) fn iter(&self) -> impl Iterator<Item = (EntryIx, &Entry)> {
        self.slots
            .iter()
            .enumerate()
            .filter_map(|(ix, entry)| Some((EntryIx(ix as u32), entry.as_ref()?)))
    }
}

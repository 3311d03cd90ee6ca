//! Which agent, entry or pool of the floor: an index into the floor's lists.

/// Which agent of the floor; for good.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct AgentIx(pub(crate) u32);

/// Which entry of the floor; used again when the entry is gone.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct EntryIx(pub(crate) u32);

/// Which pool of the floor; for good.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct PoolIx(pub(crate) u32);

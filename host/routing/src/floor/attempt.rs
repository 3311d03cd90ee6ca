//! An attempt to reach an agent at a phone.

use crate::{EntryId, ix::AgentIx};

/// One ringing phone, or one that was cancelled and may still make a sound.
#[derive(Debug)]
pub(super) struct Attempt {
    pub(super) agent: AgentIx,
    /// Else it was cancelled.
    pub(super) rings: Option<Rings>,
    /// When it is in `Floor::deadlines`.
    pub(super) due: i64,
}

/// A phone that rings.
#[derive(Clone, Copy, Debug)]
pub(super) struct Rings {
    /// For whom.
    pub(super) entry: EntryId,
    /// For whom it was rung; then it was passed on.
    pub(super) first: EntryId,
    /// Which of the agent's.
    pub(super) endpoint: usize,
    pub(super) since: i64,
}

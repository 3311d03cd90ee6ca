//! An attempt to reach an agent at a phone.

use crate::ix::{AgentIx, EntryIx};

/// One ringing phone, or one that was cancelled and may still make a sound.
#[derive(Debug)]
pub(super) struct Attempt {
    /// Gone perhaps, once it was cancelled.
    pub(super) entry: EntryIx,
    pub(super) agent: AgentIx,
    /// Else it was cancelled.
    pub(super) ringing: bool,
    /// When it is in `Floor::deadlines`.
    pub(super) due: i64,
}

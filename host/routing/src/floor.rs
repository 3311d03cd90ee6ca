//! The floor: all queues and agents.

use crate::{EntryId, Input, Output, RefusedInput};
use std::time::Duration;
use strowger_model::read::{AgentStatus, QueueStatus};

/// All queues and agents, and the callers in them.
#[derive(Debug, Default)]
pub struct Floor {}

impl Floor {
    /// An empty floor. [`Input::Configure`] comes first.
    pub fn new() -> Self {
        Self::default()
    }

    /// Takes an input, and appends what is to be done.
    ///
    /// # Errors
    /// Names somebody or something that is not there; nothing has changed then.
    pub fn input(&mut self, _now: Duration, _input: Input, _out: &mut Vec<Output>) -> Result<(), RefusedInput> {
        Ok(())
    }

    /// When the next [`Input::Tick`] is due.
    pub fn next_deadline(&self) -> Option<Duration> {
        None
    }

    /// A queue as it stands.
    pub fn queue(&self, _name: &str, _now: Duration) -> Option<QueueStatus> {
        None
    }

    /// An agent as it stands.
    pub fn agent(&self, _name: &str) -> Option<AgentStatus> {
        None
    }

    /// The place in line, from 1 on.
    pub fn position(&self, _entry: EntryId) -> Option<u32> {
        None
    }
}

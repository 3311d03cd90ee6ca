//! How far a plugin may go.

use std::time::Duration;

/// The bounds of one instance and of one step. A flow file may set each; see `docs/` for when to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Limits {
    /// CPU time of a step. It is noticed within two ticks of 10 ms, never too early, however loaded
    /// the machine is.
    pub step_time: Duration,
    /// Bytes of all memories of an instance together.
    pub memory: usize,
    /// Bytes of state that a step may leave.
    pub state: usize,
    /// Orders that a step may give.
    pub orders: usize,
}

impl Default for Limits {
    /// 50 ms, 64 MiB, 64 KiB and 64 orders.
    fn default() -> Self {
        Self { step_time: Duration::from_millis(50), memory: 64 << 20, state: 64 << 10, orders: 64 }
    }
}

impl Limits {
    /// CPU time to instantiate, to say the manifest, to configure. Not on a call's path but after a
    /// fault.
    pub(crate) const SET_UP_TIME: Duration = Duration::from_secs(1);
    /// Bytes of memory to say the manifest, before a flow file has said how much there may be.
    pub(crate) const MANIFEST_MEMORY: usize = 256 << 20;
    /// Entries of all tables of an instance together; an interpreter has some ten thousand.
    pub(crate) const TABLE_ELEMENTS: usize = 100_000;
    /// Core instances, tables, and memories within a component.
    pub(crate) const PARTS: usize = 100;
    /// Bytes of text that a step's orders may hold together, beside the state.
    pub(crate) const ORDER_TEXT: usize = 512 << 10;
    /// Bytes of a manifest, which holds a JSON Schema.
    pub(crate) const MANIFEST: usize = 4 << 20;
    /// Bytes that are kept of a guest's own words: of an error, or the end of standard output and
    /// error, where a panic is.
    pub(crate) const OUTPUT: usize = 4 << 10;
    /// Reads of one step, random numbers among them.
    pub(crate) const READS: u32 = 1_000;
    /// Bytes of what a read is about: a name, a number.
    pub(crate) const QUESTION: usize = 256;
    /// Log messages of one step.
    pub(crate) const LOG_MESSAGES: u32 = 32;
    /// Bytes of one log message.
    pub(crate) const LOG_MESSAGE: usize = 1 << 10;
    /// Steps after which an instance is replaced, so that what a guest leaks or keeps by mistake
    /// has an end.
    pub(crate) const STEPS: u32 = 1_000;
}

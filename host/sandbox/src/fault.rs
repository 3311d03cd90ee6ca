//! What a plugin did wrong.

use std::fmt;

/// A plugin failed at something it was asked to do. It lost that step, and nothing else.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("plugin {plugin} {version} faulted in `{function}`: {kind}: {message}")]
pub struct Fault {
    /// The plugin's name, by its manifest; the file's name as long as that is not known.
    pub plugin: String,
    /// The plugin's version, by its manifest; empty as long as that is not known.
    pub version: String,
    /// The export that was called, such as `step`; `instantiate` before any.
    pub function: &'static str,
    /// What happened, for programs.
    pub kind: FaultKind,
    /// What happened, for people, with the guest's own words where it had any.
    pub message: String,
}

/// What a plugin did wrong, for programs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum FaultKind {
    /// It panicked or aborted by itself.
    Panicked,
    /// It answered with an error.
    Error,
    /// It used up its CPU time.
    OutOfTime,
    /// It wanted more memory than it may have, and could not do without.
    OutOfMemory,
    /// Recursion without end.
    StackOverflow,
    /// Another WebAssembly trap: a bug of its language's run-time or of unsafe code.
    Trapped,
    /// It called exit.
    Exited,
    /// It tried to wait or sleep.
    Waited,
    /// It called a system interface that flows do not have: files, network, processes.
    NotProvided,
    /// It asked for a read when no call was there to ask about: in `manifest` or `configure`.
    ReadOutsideStep,
    /// Its answer does not keep to the contract: text that is not UTF-8, a pointer astray.
    Malformed,
    /// It handed over more data at once than a step may.
    TooMuchData,
    /// Its state is larger than it may be.
    StateTooLarge,
    /// It gave more orders than a step may.
    TooManyOrders,
    /// It refused settings that it had taken before.
    SettingsRefused,
    /// It answered differently when the same was asked of another instance.
    Nondeterministic,
}

impl FaultKind {
    /// The kind in a few words, such as `out of time`; as a label, it is stable.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Panicked => "panicked",
            Self::Error => "error",
            Self::OutOfTime => "out of time",
            Self::OutOfMemory => "out of memory",
            Self::StackOverflow => "stack overflow",
            Self::Trapped => "trapped",
            Self::Exited => "exited",
            Self::Waited => "waited",
            Self::NotProvided => "not provided",
            Self::ReadOutsideStep => "read outside a step",
            Self::Malformed => "malformed",
            Self::TooMuchData => "too much data",
            Self::StateTooLarge => "state too large",
            Self::TooManyOrders => "too many orders",
            Self::SettingsRefused => "settings refused",
            Self::Nondeterministic => "nondeterministic",
        }
    }
}

impl fmt::Display for FaultKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

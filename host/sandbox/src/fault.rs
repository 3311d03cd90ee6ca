//! What a plugin did wrong.

use crate::{host::Host, limits::Limits, words::readable};
use std::{fmt, time::Duration};
use wasmtime::Trap;

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

/// A host function ends the guest for good.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Stop {
    #[error("it called exit; a flow ends with the command `finish`")]
    Exited,
    #[error(
        "it tried to wait; a flow cannot sleep, it orders `timer` and is told when the time has come"
    )]
    Waited,
    #[error("it called `{0}`, which flows do not have: no files, no network, no processes")]
    NotProvided(String),
    #[error(
        "it asked `{0}` outside a step; reads are about a call, and there is none in `manifest` and `configure`"
    )]
    ReadOutsideStep(&'static str),
    #[error("it ran for more than {} ms of CPU time; it may be in an endless loop", .0.as_millis())]
    OutOfTime(Duration),
}

impl Stop {
    fn kind(&self) -> FaultKind {
        match self {
            Self::Exited => FaultKind::Exited,
            Self::Waited => FaultKind::Waited,
            Self::NotProvided(_) => FaultKind::NotProvided,
            Self::ReadOutsideStep(_) => FaultKind::ReadOutsideStep,
            Self::OutOfTime(_) => FaultKind::OutOfTime,
        }
    }
}

/// What a fault is before it is known whose.
#[derive(Debug)]
pub(crate) struct Failure {
    pub(crate) function: &'static str,
    pub(crate) kind: FaultKind,
    pub(crate) message: String,
}

impl Failure {
    /// What wasmtime's error means, read together with what the guest wrote and was refused.
    pub(crate) fn of_call(function: &'static str, error: &wasmtime::Error, host: &Host) -> Self {
        let (kind, what) = kind_of(error, host);
        let said = host.output();
        let message = match (kind, said.is_empty()) {
            (FaultKind::Panicked, false) => said,
            (_, false) => format!("{what}; it wrote: {said}"),
            (_, true) => what,
        };
        Self { function, kind, message }
    }

    /// The guest said no by itself.
    pub(crate) fn in_its_words(function: &'static str, kind: FaultKind, said: &str) -> Self {
        Self { function, kind, message: readable(said, Limits::OUTPUT).into_owned() }
    }

    pub(crate) fn by(self, plugin: &str, version: &str) -> Fault {
        Fault {
            plugin: plugin.to_owned(),
            version: version.to_owned(),
            function: self.function,
            kind: self.kind,
            message: self.message,
        }
    }
}

fn kind_of(error: &wasmtime::Error, host: &Host) -> (FaultKind, String) {
    if let Some(stop) = error.downcast_ref::<Stop>() {
        return (stop.kind(), stop.to_string());
    }
    let trap = error.downcast_ref::<Trap>().copied();
    if trap == Some(Trap::StackOverflow) {
        return (
            FaultKind::StackOverflow,
            "its calls went too deep; look for recursion without end".into(),
        );
    }
    if let Some(wanted) = host.memory_refused() {
        let limit = host.memory_limit();
        return (
            FaultKind::OutOfMemory,
            format!("it wanted {} of memory and may have {}", Bytes(wanted), Bytes(limit)),
        );
    }
    match trap {
        Some(Trap::UnreachableCodeReached) => {
            (FaultKind::Panicked, "it aborted without a word".into())
        }
        Some(Trap::MemoryOutOfBounds) => (
            FaultKind::Trapped,
            "it reached outside its memory; look for recursion without end, or unsafe code".into(),
        ),
        Some(trap) => (FaultKind::Trapped, trap.to_string()),
        None => malformed(error),
    }
}

/// An error that is neither ours nor a trap arose when data was carried over between guest and
/// host.
fn malformed(error: &wasmtime::Error) -> (FaultKind, String) {
    let text = format!("{error:#}");
    // wasmtime keeps this error's type to itself; a test holds us to its words.
    if text.contains("fuel allocated for hostcalls") {
        let most = Bytes(Limits::ORDER_TEXT);
        return (
            FaultKind::TooMuchData,
            format!(
                "it handed over far more at once than a step may: few orders, {most} of text, a small state"
            ),
        );
    }
    if error.downcast_ref::<std::str::Utf8Error>().is_some() || text.contains("utf-8") {
        return (FaultKind::Malformed, format!("a text that it handed over is not UTF-8: {text}"));
    }
    (FaultKind::Malformed, format!("its answer does not keep to the contract: {text}"))
}

/// An amount of memory for people.
pub(crate) struct Bytes(pub(crate) usize);

impl fmt::Display for Bytes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            bytes if bytes >= 10 << 20 => write!(f, "{} MiB", bytes.div_ceil(1 << 20)),
            bytes if bytes >= 10 << 10 => write!(f, "{} KiB", bytes.div_ceil(1 << 10)),
            bytes => write!(f, "{bytes} bytes"),
        }
    }
}

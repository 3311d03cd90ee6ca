//! What an error of wasmtime means: a fault, before it is known whose.

use crate::{
    fault::{Fault, FaultKind},
    host::Host,
    limits::Limits,
    stop::Stop,
    words::{Bytes, readable},
};
use wasmtime::Trap;

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
            (FaultKind::Panicked, "it aborted and gave no reason".into())
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

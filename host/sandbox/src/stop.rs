//! Why a host function ends a guest.

use crate::{fault::FaultKind, limits::Limits};
use std::time::Duration;

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
    #[error("it asked for more than {} reads in one step", Limits::READS)]
    TooManyReads,
    #[error("it asked `{asked}` about a text of {bytes} bytes; at most {}", Limits::QUESTION)]
    QuestionTooLong { asked: &'static str, bytes: usize },
    #[error("it ran for more than {} ms of CPU time; it may be in an endless loop", .0.as_millis())]
    OutOfTime(Duration),
}

impl Stop {
    pub(crate) fn kind(&self) -> FaultKind {
        match self {
            Self::Exited => FaultKind::Exited,
            Self::Waited => FaultKind::Waited,
            Self::NotProvided(_) => FaultKind::NotProvided,
            Self::ReadOutsideStep(_) => FaultKind::ReadOutsideStep,
            Self::TooManyReads | Self::QuestionTooLong { .. } => FaultKind::TooMuchData,
            Self::OutOfTime(_) => FaultKind::OutOfTime,
        }
    }
}

//! What comes of orders, as a script reads it.

use super::leg::Leg;
use crate::types::{Answerer, Left, Refusal, Unanswered};
use std::fmt;

/// An order that was not carried out.
#[derive(Clone, Debug)]
pub enum Failure {
    /// The host or the PBX refused it, for this reason.
    Refused(Refusal),
    /// The host was away and cannot tell what came of it.
    Unknown,
    /// What it was about failed, in these words.
    Failed(String),
}

impl fmt::Display for Failure {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Refused(refusal) => {
                write!(formatter, "refused ({:?}): {}", refusal.reason, refusal.detail)
            }
            Self::Unknown => formatter.write_str("what came of it is unknown"),
            Self::Failed(why) => formatter.write_str(why),
        }
    }
}

impl std::error::Error for Failure {}

/// The agent whom a queue has found. The caller and the agent hear each other.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Agent {
    /// Who.
    pub name: String,
    /// The agent's leg.
    pub leg: String,
}

/// Why a queue gave the caller back.
#[derive(Clone, Debug)]
pub enum NotServed {
    /// As many callers wait as may wait.
    Full,
    /// No agent of these queues is logged in.
    NobodyLoggedIn,
    /// The phones of all agents are out of reach.
    NobodyReachable,
    /// The caller has hung up, which ends the script as well.
    CallerGone,
    /// The caller had hung up and was to be called back: nobody answered in all attempts, or there
    /// were no agents any more. The note `call-back` says which.
    NotCalledBack,
    /// The caller had hung up and was to be called back, and has called again: that other call has
    /// the place.
    CalledAgain,
    /// The order was not carried out.
    Failed(Failure),
}

impl From<Left> for NotServed {
    fn from(left: Left) -> Self {
        match left {
            Left::Full => Self::Full,
            Left::NobodyLoggedIn => Self::NobodyLoggedIn,
            Left::NobodyReachable => Self::NobodyReachable,
            Left::CallerGone => Self::CallerGone,
        }
    }
}

/// A dial that was answered.
#[derive(Debug)]
pub struct Answered {
    /// Whoever it is, on this leg.
    pub leg: Leg,
    /// Person or machine, if it was asked for.
    pub by: Answerer,
}

/// Why a dial reached nobody.
#[derive(Clone, Debug)]
pub enum NotReached {
    /// It rang for as long as it might.
    NoAnswer,
    /// Engaged.
    Busy,
    /// Refused by a person or a phone.
    Declined,
    /// It did not even ring.
    Unreachable,
    /// Somebody else was first: an agent of the queue whose place was kept.
    Cancelled,
    /// The order was not carried out.
    Failed(Failure),
}

impl From<Unanswered> for NotReached {
    fn from(unanswered: Unanswered) -> Self {
        match unanswered {
            Unanswered::NoAnswer => Self::NoAnswer,
            Unanswered::Busy => Self::Busy,
            Unanswered::Declined => Self::Declined,
            Unanswered::Unreachable => Self::Unreachable,
            Unanswered::Cancelled => Self::Cancelled,
        }
    }
}

impl NotReached {
    /// In a word, for notes: `no-answer`, `busy`.
    pub fn word(&self) -> &'static str {
        match self {
            Self::NoAnswer => "no-answer",
            Self::Busy => "busy",
            Self::Declined => "declined",
            Self::Unreachable => "unreachable",
            Self::Cancelled => "cancelled",
            Self::Failed(_) => "failed",
        }
    }
}

impl NotServed {
    /// Nobody is there to whom anything could be said.
    pub fn caller_is_gone(&self) -> bool {
        matches!(self, Self::CallerGone | Self::NotCalledBack | Self::CalledAgain)
    }

    /// In a word, for notes: `full`, `nobody-logged-in`.
    pub fn word(&self) -> &'static str {
        match self {
            Self::Full => "full",
            Self::NobodyLoggedIn => "nobody-logged-in",
            Self::NobodyReachable => "nobody-reachable",
            Self::CallerGone => "caller-gone",
            Self::NotCalledBack => "not-called-back",
            Self::CalledAgain => "called-again",
            Self::Failed(_) => "failed",
        }
    }
}

//! What a flow is written with.
//!
//! A flow decides what happens to a call. To its host it is a pure function from settings, state
//! and event to state and orders ([`Flow`]). Most flows are written as a [`Script`]: an `async fn`
//! that reads like the procedure, which this crate turns into steps.
//!
//! # Layout
//! * [`script`]: flows as procedures.
//! * [`flow`]: flows as a function of one event; what [`export!`] makes a plugin of, with the help of
//!   `export`.
//! * [`reads`]: what a flow may ask.
//! * [`types`]: the words of the contract, generated from `wit/flow.wit` in `bindings`; `names`:
//!   names of orders and events for messages.
//! * [`prompt`]: prompts and seconds, short to write.
//! * [`words`]: words in several languages.
//! * [`testing`]: flows tested as plain Rust, without a host.

pub mod bindings;
#[doc(hidden)]
pub mod export;
pub mod flow;
mod names;
pub mod prompt;
pub mod reads;
pub mod script;
#[cfg(not(target_arch = "wasm32"))]
pub mod testing;
pub mod words;

pub use bindings::strowger::flow::types;
pub use flow::Flow;
pub use names::{command_name, event_name, outcome_name};
pub use prompt::{Seconds, secs};
pub use script::{Call, Ending, Failure, Script};
pub use words::Words;

/// What nearly every script needs.
pub mod prelude {
    pub use crate::{
        prompt::{Seconds, secs},
        script::{
            Agent, Alone, Announce, Answered, CALLER, Call, CallBack, Coding, Either, Ending,
            Failure, Goals, InCall, Language, NotReached, NotServed, Over, Script, TransferBy,
            Turned, Waiting, join, race,
        },
        types::{ContactOf, Disposition, Field, Prompt, Target},
        words::Words,
    };
}

use std::time::Duration;

/// A length of time as the contract has it; what is longer than 49 days is 49 days.
pub(crate) fn millis(time: impl Into<Duration>) -> types::Millis {
    time.into().as_millis().try_into().unwrap_or(types::Millis::MAX)
}

/// The guide, compiled and run with the tests.
#[cfg(doctest)]
#[doc = include_str!("../../../docs/write-a-flow.md")]
pub struct Guide;

//! Scripts: a flow as an `async fn` that reads like the procedure it carries out.
//!
//! # How it works
//! The state of a call is its history. Each step runs the script again from the start, hands it the
//! events so far, and lets it go on to its first wait without an answer; only the orders that the
//! newest event brought forth leave. A script therefore keeps nothing, and survives whatever its
//! host survives.
//!
//! * An order is a value ([`Ordered`]) that leaves when it is first awaited. Its outcome waits for
//!   it, also while the script awaits something else.
//! * Dropping an order whose outcome has not come takes it back: leaving the scope of a queue
//!   leaves the queue, of a dial cancels it, of a play stops it. Of a dial that was answered, or a
//!   queue that has found an agent, before anybody asked, the leg is hung up. Dropping anything
//!   else orders nothing.
//! * When the caller hangs up the script is dropped where it stands, and with it its orders. Then
//!   runs what it had declared with [`Call::after_hang_up`]; without that, the call ends as
//!   `abandoned`, or as `failed` if the PBX or the network lost the caller.
//!   One who waits and has asked to be called back ([`Waiting::call_back`]) may hang up meanwhile.
//! * Waits compose: [`race`], [`race!`](crate::race!), [`join`], [`Call::within`].
//!
//! # What a script must not do
//! Two runs over the same history must order the same. So: no clock, no randomness and no memory of
//! its own (ask the [`Call`]), and no `HashMap`. A script that differs is the fault
//! `nondeterministic`.
//!
//! # Layout
//! * `call`: what a script holds: facts, questions, what is not heard of again; `orders`: what it
//!   orders and waits for.
//! * `leg`: legs that a script looks after; `events`: events that nobody ordered.
//! * `campaign`: contacts of campaigns, and what comes of them.
//! * `front`: a flow that has its call back when a switch is turned.
//! * `code`: a code that is keyed about a conversation.
//! * `language`: in which language somebody is spoken to.
//! * `order`: one order and its outcome; `outcome`: outcomes as a script reads them.
//! * `ladder`: waiting in queues that widen; `announce`: what those who wait are told of their place.
//! * `call_back`: who waits hangs up, keeps the place, and is called back.
//! * `conversation`: what an agent can key while talking: consult, back, hand over, send on.
//! * `number`: telephone numbers as people key them.
//! * `wait`: waits that compose.
//! * `step`: from a state and an event to a state and orders; `run`: one run of a script over its
//!   history; `history`: that history as bytes.

mod announce;
mod call;
mod call_back;
mod campaign;
mod code;
mod conversation;
mod events;
mod front;
mod history;
mod ladder;
mod language;
mod leg;
mod number;
mod order;
mod orders;
mod outcome;
mod run;
mod step;
mod wait;

pub use announce::{Announce, Place};
pub use call::Call;
pub use call_back::{CallBack, First};
pub use campaign::Goals;
pub use code::Coding;
pub use conversation::{Alone, CaseKeys, InCall, Over, SendTo, TransferBy, Waits};
pub use events::Events;
pub use front::Turned;
pub use ladder::Waiting;
pub use language::Language;
pub use leg::Leg;
pub use order::{Company, Ordered, Report, Reports, kind};
pub use outcome::{Agent, Answered, Failure, NotReached, NotServed};
pub use run::CALLER;
pub use wait::{Either, first, join, race};

#[cfg(not(target_arch = "wasm32"))]
#[doc(hidden)]
pub use step::Continuous;

use crate::{
    Flow,
    types::{Event, StepResult},
};
use schemars::JsonSchema;
use serde::de::DeserializeOwned;
use std::{borrow::Cow, future::Future};

/// How a call ended, for its record: `answered`, `overflow`, `closed`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ending(pub(crate) Cow<'static, str>);

impl From<&'static str> for Ending {
    fn from(word: &'static str) -> Self {
        Self(Cow::Borrowed(word))
    }
}

impl From<String> for Ending {
    fn from(word: String) -> Self {
        Self(Cow::Owned(word))
    }
}

/// A flow written as a procedure.
///
/// ```
/// use strowger_sdk::prelude::*;
///
/// #[derive(serde::Deserialize, schemars::JsonSchema)]
/// struct Settings {
///     queue: String,
/// }
///
/// struct Simple;
///
/// impl Script for Simple {
///     type Settings = Settings;
///
///     async fn run(call: Call, settings: &'static Settings) -> Result<Ending, Failure> {
///         call.answer().await?;
///         match call.wait_in(&settings.queue).music("default").await {
///             Ok(_agent) => Ok("answered".into()),
///             Err(_nobody) => Ok("unserved".into()),
///         }
///     }
/// }
///
/// strowger_sdk::export!(Simple);
/// ```
pub trait Script: 'static {
    /// The `[settings]` of a flow file.
    type Settings: DeserializeOwned + JsonSchema + 'static;

    /// See [`Flow::FIELDS`]. Those of [`Announce`] are `position` and `minutes`.
    const FIELDS: Option<&'static [&'static str]> = None;

    /// See [`Flow::check`].
    ///
    /// # Errors
    /// A sentence for the operator; the flow file is refused.
    fn check(_settings: &Self::Settings) -> Result<(), String> {
        Ok(())
    }

    /// The procedure, from the call's arrival to its ending. People who talk at the end are left
    /// talking; a caller who is alone is hung up.
    ///
    /// An error ends the call as `failed`, with a line in the operator's log.
    fn run(
        call: Call,
        settings: &'static Self::Settings,
    ) -> impl Future<Output = Result<Ending, Failure>>;
}

impl<S: Script> Flow for S {
    type Settings = S::Settings;

    const FIELDS: Option<&'static [&'static str]> = S::FIELDS;

    fn check(settings: &S::Settings) -> Result<(), String> {
        S::check(settings)
    }

    fn step(
        settings: &'static S::Settings,
        state: Vec<u8>,
        event: Event,
    ) -> Result<StepResult, String> {
        step::step::<S>(settings, state, event)
    }
}

//! The scenarios. Beside each stands the transcript of Asterisk 22 that it was taken from, where
//! there is one.
//!
//! # Layout
//! * [`dialled`]: phones that are dialled.
//! * [`callers`]: callers who come and go.
//! * [`plays`]: what a conversation hears played.
//! * [`conversations`]: legs that talk with each other, and one that listens.
//! * [`phones`]: what phones do by themselves.
//! * [`connection`]: what is told after the connection was cut.

mod callers;
mod connection;
mod conversations;
mod dialled;
mod phones;
mod plays;

use super::{
    Near, Scenario,
    Step::{self, Call, Expect, Send},
};
use std::time::Duration;
use strowger_model::{Prompt, command::ListenMode, event::Cause};
use strowger_pbx::port::{LegId, PbxCommand, PlayId};

/// A scenario's name and its steps.
type Named = (&'static str, fn() -> Vec<Step>);

/// All scenarios.
pub fn scenarios() -> Vec<Scenario> {
    [dialled::ALL, callers::ALL, plays::ALL, conversations::ALL, phones::ALL, connection::ALL]
        .into_iter()
        .flatten()
        .map(|&(name, steps)| Scenario { name, steps: steps() })
        .collect()
}

const NOW: Duration = Duration::ZERO;

const fn ms(millis: u64) -> Duration {
    Duration::from_millis(millis)
}

fn leg(name: &str) -> LegId {
    LegId::from(name)
}

fn answer(name: &str) -> PbxCommand {
    PbxCommand::Answer { leg: leg(name) }
}

fn indicate_ringing(name: &str) -> PbxCommand {
    PbxCommand::IndicateRinging { leg: leg(name) }
}

fn hang_up(name: &str) -> PbxCommand {
    hang_up_as(name, Cause::Normal)
}

fn hang_up_as(name: &str, cause: Cause) -> PbxCommand {
    PbxCommand::hang_up(leg(name), cause)
}

fn listen(name: &str, to: &str, mode: ListenMode) -> PbxCommand {
    PbxCommand::Listen { leg: leg(name), to: leg(to), mode }
}

fn moved(name: &str, to: &str) -> PbxCommand {
    PbxCommand::Move { leg: leg(name), to: leg(to) }
}

fn music(name: &str, class: Option<&str>) -> PbxCommand {
    PbxCommand::Music { leg: leg(name), class: class.map(str::to_owned) }
}

fn play(name: &str, conversation: &str, prompts: &[Prompt]) -> PbxCommand {
    PbxCommand::Play {
        play: PlayId(name.into()),
        conversation: leg(conversation),
        prompts: prompts.into(),
    }
}

fn one_second(name: &str, conversation: &str) -> PbxCommand {
    play(name, conversation, &[Prompt::Silence(ms(1000))])
}

fn stop(name: &str) -> PbxCommand {
    PbxCommand::Stop { play: PlayId(name.into()) }
}

const STAYS: Near = Near { leaves: None, keys_after_answer: None };

/// A caller who was answered, and what happens then.
fn answered(near: Near, then: Vec<Step>) -> Vec<Step> {
    let mut steps = vec![
        Call(near),
        Expect(NOW, "arrived caller"),
        Send(answer("caller")),
        Expect(NOW, "answered caller"),
    ];
    steps.extend(then);
    steps
}

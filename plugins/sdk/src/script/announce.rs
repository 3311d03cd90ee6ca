//! What those who wait are told of their place in line.

use super::{
    call::Call,
    order::{Ordered, kind},
    run::CALLER,
};
use crate::{
    prompt::Seconds,
    types::{OrderId, Prompt},
    words::Words,
};
use schemars::JsonSchema;
use serde::Deserialize;
use std::{future::Future, pin::pin, task::Context, time::Duration};

/// Where somebody who waits stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Place {
    /// In line, from 1 on.
    pub position: u32,
    /// How long it will probably take; none: nothing can be said.
    pub expected_wait: Option<Duration>,
}

/// What those who wait are told of their place: a part of a flow's settings.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Announce {
    /// From one announcement to the next, in seconds.
    pub every: Seconds,
    /// Where they stand: `{position}` is the place in line, from 1 on. Without it they are not
    /// told.
    pub position: Option<Words>,
    /// How long it will probably take, where something can be said of it: `{minutes}` are whole
    /// ones, 1 at least. Without it they are not told.
    pub expected_wait: Option<Words>,
}

impl Announce {
    /// For [`Script::check`](super::Script::check).
    ///
    /// # Errors
    /// A sentence for the operator.
    pub fn check(&self) -> Result<(), String> {
        match self.every.0 {
            0 => Err("announce: every: 0 would never end; give at least 1 second".into()),
            _ => Ok(()),
        }
    }

    pub(super) fn words(&self, place: Place, language: Option<&str>) -> Vec<Prompt> {
        let with = |words: &Words, what: &str, number: u64| {
            words.map(|text| text.replace(what, &number.to_string())).in_language(language)
        };
        let position =
            self.position.as_ref().map(|words| with(words, "{position}", place.position.into()));
        let minutes = place.expected_wait.map(|wait| wait.as_secs().div_ceil(60).max(1));
        let wait = self
            .expected_wait
            .as_ref()
            .zip(minutes)
            .map(|(words, minutes)| with(words, "{minutes}", minutes));
        position.into_iter().chain(wait).collect()
    }
}

/// Tells the caller now and then.
pub(super) struct Announcing {
    every: Duration,
    words: Box<dyn Fn(Place) -> Vec<Prompt>>,
    timer: Option<Ordered<kind::Timer>>,
    play: Option<Ordered<kind::Play>>,
}

impl Announcing {
    pub(super) fn new(every: Duration, words: impl Fn(Place) -> Vec<Prompt> + 'static) -> Self {
        Self { every, words: Box::new(words), timer: None, play: None }
    }

    pub(super) fn poll(&mut self, call: &Call, entry: OrderId, context: &mut Context<'_>) {
        if let Some(play) = &mut self.play
            && pin!(play).poll(context).is_ready()
        {
            self.play = None;
        }
        let timer = self.timer.get_or_insert_with(|| call.sleep(self.every));
        if pin!(timer).poll(context).is_pending() {
            return;
        }
        let next = self.timer.insert(call.sleep(self.every));
        let _left = pin!(next).poll(context);
        let Some(position) = call.position(entry) else { return };
        let prompts = (self.words)(Place { position, expected_wait: call.expected_wait(entry) });
        if !prompts.is_empty() && self.play.is_none() {
            let play = self.play.insert(call.play_to(CALLER, prompts));
            let _left = pin!(play).poll(context);
        }
    }
}

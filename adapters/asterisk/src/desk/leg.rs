//! A leg, what it plays, and what it listens by.

use super::{
    names::ChannelId,
    port::{Chore, Job, Output},
};
use std::{collections::VecDeque, time::Duration};
use strowger_model::event::Cause;
use strowger_pbx::port::{ArrivedLeg, LegId, PlayId};

/// A leg, from its arrival or dial to its end.
#[derive(Default)]
pub(super) struct Leg {
    pub(super) id: LegId,
    /// Of a leg that came in.
    pub(super) arrived: Option<Box<ArrivedLeg>>,
    /// The phone that the host has dialled.
    pub(super) device: Option<String>,
    /// The host was not told of it yet: it is being asked who calls.
    pub(super) unannounced: bool,
    /// `Ringing` was told, or the snapshot showed it.
    pub(super) rang: bool,
    /// The host asked for its answer.
    pub(super) answering: bool,
    /// The far end is answered.
    pub(super) up: bool,
    /// `Answered` was told: it is, or was, in its own conversation.
    pub(super) settled: bool,
    /// A bridge of its own was made, or is being made.
    pub(super) bridge: bool,
    pub(super) conversation: Option<LegId>,
    pub(super) queue: VecDeque<Job>,
    /// The job under way.
    pub(super) running: Option<(u64, bool)>,
    /// How often the job under way was tried again.
    pub(super) tries: usize,
    /// Where Asterisk was told to bring it, until it is there; and how often it was not.
    pub(super) heading: Option<LegId>,
    pub(super) missed: u32,
    /// What the host wants between plays.
    pub(super) music: Option<String>,
    /// What is being played of it.
    pub(super) sounding: Option<String>,
    /// In its own conversation, in their order.
    pub(super) plays: VecDeque<PlayId>,
    pub(super) listens: Option<Listens>,
    /// The channel of its phone, where that is not the leg's own: several phones were rung.
    pub(super) phone: Option<ChannelId>,
    /// The channel of its phone, which asks for a transfer and waits for an answer.
    pub(super) asks: Option<ChannelId>,
    /// The host hung it up.
    pub(super) hang_up: Option<Cause>,
    /// The host may not know it, nor the PBX: only its hanging-up is under way.
    pub(super) stranger: bool,
    /// Somebody hung up, so what follows is not a transfer; with the cause if one was told.
    pub(super) hung_up: Option<Option<i32>>,
}

impl Leg {
    /// The job that ends it. A phone that asked for a transfer is told that it is done.
    pub(super) fn hanging_up(&mut self, cause: Cause, elsewhere: bool) -> Job {
        Job::HangUp { cause, elsewhere, transferred: self.asks.take() }
    }

    /// Its dial waits, or is under way.
    pub(super) fn is_being_dialled(&self) -> bool {
        let waits = |job: &Job| matches!(job, Job::Originate { .. });
        self.running.is_some_and(|(_, dialling)| dialling) || self.queue.iter().any(waits)
    }

    /// It is not where it was told to go: once more, before anything else.
    pub(super) fn head_again(&mut self) {
        let Some(bridge) = self.heading.take() else { return };
        self.queue.push_front(match self.settled {
            true => Job::Enter { bridge },
            false => Job::Settle { bridge, answer: self.answering },
        });
    }
}

/// A play whose end was not told.
pub(super) struct Play {
    pub(super) channel: ChannelId,
    /// Asterisk has it; of so much sound.
    pub(super) posted: Option<Duration>,
    /// The host stopped it.
    pub(super) stopping: bool,
    pub(super) armed: bool,
}

/// What a leg listens by.
pub(super) struct Listens {
    pub(super) snoop: ChannelId,
    pub(super) to: LegId,
    /// `Listening` was told.
    pub(super) told: bool,
}

impl Listens {
    /// The one who listens is gone.
    pub(super) fn end(self) -> Output {
        Output::Chore(Chore::HangUp(self.snoop))
    }
}

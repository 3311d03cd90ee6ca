//! Orders that are not finished: what each waits for.

use serde::{Deserialize, Serialize};
use std::{sync::Arc, time::Duration};
use strowger_model::{
    AgentName, LegName, OrderId, Prompt,
    command::{AgentAction, Confirm, EnterQueue, Gather, ListenMode},
};
use strowger_pbx::port::{LegId, PlayId};

/// An order without its final outcome.
#[derive(Clone, Serialize, Deserialize)]
pub(crate) struct Open {
    pub(crate) id: OrderId,
    /// When something has to be done about it, in the exchange's monotonic time.
    pub(crate) due: Option<Duration>,
    pub(crate) doing: Doing,
}

/// What an unfinished order waits for.
#[derive(Clone, Serialize, Deserialize)]
pub(crate) enum Doing {
    Answering,
    Playing {
        play: PlayId,
        leg: LegName,
        barge_in: bool,
    },
    KeepingCompany(Box<Company>),
    Gathering(Box<Gathering>),
    Queueing(Box<Queueing>),
    Dialling(Box<Dialling>),
    /// Legs on their way, and what to say when the last is there.
    Moving {
        legs: Vec<LegName>,
        done: MoveDone,
    },
    Transferring {
        leg: LegName,
    },
    Timing,
    Watching(Box<Watching>),
    Listening(Box<Listening>),
    Proving(Box<Proving>),
}

/// An agent's PIN is being looked at; what is done if it is right.
#[derive(Clone, Serialize, Deserialize)]
pub(crate) struct Proving {
    pub(crate) ticket: u64,
    pub(crate) agent: AgentName,
    pub(crate) action: AgentAction,
}

/// What a finished move is called.
#[derive(Clone, Copy, Serialize, Deserialize)]
pub(crate) enum MoveDone {
    Joined,
    Done,
}

/// Music, and prompts now and then.
#[derive(Clone, Serialize, Deserialize)]
pub(crate) struct Company {
    pub(crate) leg: LegName,
    pub(crate) music: Option<String>,
    pub(crate) prompts: Arc<[Prompt]>,
    pub(crate) every: Duration,
    /// The prompts being played.
    pub(crate) play: Option<PlayId>,
}

/// Digits so far.
#[derive(Clone, Serialize, Deserialize)]
pub(crate) struct Gathering {
    pub(crate) ask: Gather,
    pub(crate) digits: String,
    /// The prompts being played.
    pub(crate) play: Option<PlayId>,
    /// Instead of `digits`, where they are secret: not journalled.
    #[serde(skip)]
    pub(crate) secret: String,
}

/// Patterns of keys that mean something.
#[derive(Clone, Serialize, Deserialize)]
pub(crate) struct Watching {
    pub(crate) leg: LegName,
    pub(crate) patterns: Vec<String>,
}

/// A leg that listens to another.
#[derive(Clone, Serialize, Deserialize)]
pub(crate) struct Listening {
    pub(crate) leg: LegName,
    pub(crate) to: LegId,
    pub(crate) mode: ListenMode,
}

/// A place in a queue.
#[derive(Clone, Serialize, Deserialize)]
pub(crate) struct Queueing {
    pub(crate) ask: EnterQueue,
    /// When the place was taken, in the exchange's monotonic time.
    pub(crate) entered: Duration,
    pub(crate) stage: QueueStage,
}

/// How far a queue order is.
#[derive(Clone, Serialize, Deserialize)]
pub(crate) enum QueueStage {
    /// Phones ring or will ring.
    Waiting,
    /// An agent answered and hears the whisper.
    Whispering(PlayId),
    /// The agent is on the way to the caller.
    Joining,
}

/// A number dialled.
#[derive(Clone, Serialize, Deserialize)]
pub(crate) struct Dialling {
    pub(crate) leg: LegName,
    pub(crate) limit: Duration,
    pub(crate) keep_place: Option<OrderId>,
    pub(crate) confirm: Option<Confirm>,
    /// The confirmation that is being asked for.
    pub(crate) asking: Option<PlayId>,
}

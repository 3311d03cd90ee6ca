//! What the floor is told and what it says: inputs, outputs and the identifiers in them.

use crate::{AgentConfig, EndpointConfig, QueueConfig};
use serde::{Deserialize, Serialize};
use std::{fmt, time::Duration};
use strowger_model::{
    AgentName, CallId, OrderId, PhoneState, QueueName,
    command::Asked,
    event::{Left, Unanswered},
};

/// A caller's place in the queues: one order of one call.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct EntryId {
    /// The call.
    pub call: CallId,
    /// The order that entered the queue.
    pub order: OrderId,
}

impl fmt::Display for EntryId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{}", self.call, self.order)
    }
}

/// One ringing of one endpoint of one agent for one entry. Never repeats within a floor.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct AttemptId(pub u64);

impl fmt::Display for AttemptId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// What the floor is told. Only its own events and the time change a floor.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Input {
    /// The site's queues and agents, all of them; at the start and whenever the site changes.
    /// Log-ins, pauses, joins, conversations, ringing phones and entries are kept. Who or what is
    /// no longer there drains: an agent finishes the conversation, callers of a queue leave it
    /// unless they ask for another one too. Who or what has another name now
    /// ([`AgentConfig::was`], [`QueueConfig::was`]) goes on under that.
    Configure {
        /// Every queue.
        queues: Vec<QueueConfig>,
        /// Every agent. Agents that only a queue names are not known.
        agents: Vec<AgentConfig>,
    },
    /// The floor as it was when its host went away: once, after [`Input::Configure`] and before
    /// anything else. Everybody is put back before any phone is rung, so that order is kept. The
    /// site may have changed meanwhile: an entry none of whose queues is left leaves, a phone that
    /// should not ring any more is cancelled, an agent who is not there any more finishes the
    /// conversation.
    Restore {
        /// How agents stood; others are as the site has them.
        agents: Vec<(AgentName, Standing)>,
        /// Who waited or talked, in the order in which they entered.
        entries: Vec<Restored>,
        /// Phones that are being hung up, whoever they rang for: their agents are not rung before
        /// they are quiet.
        quieting: Vec<Quieting>,
        /// New attempts are numbered from here on at least, and above all attempts named here.
        next_attempt: AttemptId,
    },
    /// The phones of an agent are others from now on: the agent has logged in elsewhere, or has
    /// logged out. Phones that ring are cancelled, and the call is offered anew.
    Endpoints {
        /// Whose.
        agent: AgentName,
        /// In order.
        endpoints: Vec<EndpointConfig>,
    },
    /// A phone of an agent is in another state. Nothing happens if the agent has no such phone.
    Phone {
        /// Whose.
        agent: AgentName,
        /// Which of the agent's endpoints, from 0 on.
        endpoint: usize,
        /// How it is now.
        state: PhoneState,
    },
    /// An agent did something.
    Agent {
        /// Who.
        agent: AgentName,
        /// What.
        action: FloorAction,
    },
    /// A caller begins to wait.
    Enter {
        /// The caller; new to the floor.
        entry: EntryId,
        /// The first tier: at least one queue or agent.
        ask: Vec<Asked>,
        /// Higher goes first.
        priority: u8,
        /// Already, before now.
        waited: Duration,
        /// The place is an old one: a queue that is full takes it all the same.
        placed: bool,
    },
    /// Offer an entry to more agents *additionally* (P4, P5): phones that ring go on ringing.
    /// Nothing happens if the entry is connected.
    Widen {
        /// Which.
        entry: EntryId,
        /// The further tier.
        ask: Vec<Asked>,
    },
    /// A caller waits no more. Nothing happens if the entry is connected: that ends with
    /// [`Input::Ended`].
    Leave {
        /// Which.
        entry: EntryId,
        /// The caller has: else the flow had it leave.
        hung_up: bool,
    },
    /// A phone was answered. Ignored for an attempt that was cancelled.
    Answered {
        /// Which ringing.
        attempt: AttemptId,
    },
    /// A phone is quiet again without a conversation: it was not answered, or the leg was hung up
    /// after [`Output::Cancel`].
    Unanswered {
        /// Which ringing.
        attempt: AttemptId,
        /// Why. After a cancel it does not matter.
        why: Unanswered,
    },
    /// A phone of an agent rings past the queues: somebody has dialled the agent. Whoever waits
    /// does not get the agent before [`Input::Ended`]. Refused while a phone of the agent rings
    /// already, or the agent talks: then the agent is busy.
    Engage {
        /// The call that dials; new to the floor.
        entry: EntryId,
        /// Who is dialled: also somebody who is logged out, has paused or wraps up.
        agent: AgentName,
    },
    /// That phone was answered. From then on it is a conversation as any other, but that there is
    /// no wrap-up after it.
    EngagedAnswered {
        /// Which call.
        entry: EntryId,
    },
    /// The conversation of an entry with its agent is over, or the agent who was dialled is engaged
    /// no more; the agent wraps up, then is free. The entry is gone.
    Ended {
        /// Which.
        entry: EntryId,
    },
    /// The agent of an entry answered, and was gone before that was a conversation. The caller waits
    /// on in the old place. The agent is left alone as after an unanswered call, and has no wrap-up.
    Fumbled {
        /// Which.
        entry: EntryId,
    },
    /// The site's day begins: the queues count their callers from zero, but for those who wait.
    NewDay,
    /// The time of [`Floor::next_deadline`](crate::Floor::next_deadline) has come.
    Tick,
}

/// How an agent stands, apart from ringing and talking:
/// [`Floor::standing`](crate::Floor::standing). Times are the floor's.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Standing {
    /// Takes calls.
    pub logged_in: bool,
    /// Takes none for now.
    pub paused: bool,
    /// Why, if that was said.
    pub pause_reason: Option<String>,
    /// Wraps up until then; over if that is past.
    pub wrap_up_until: Option<Duration>,
    /// Without a conversation since then. None: since now.
    pub idle_since: Option<Duration>,
    /// It is so since then. None: since now.
    pub since: Option<Duration>,
    /// Queues joined beyond those of the site.
    pub joined: Vec<QueueName>,
    /// Queues of the site that the agent left.
    pub left: Vec<QueueName>,
}

/// An entry that is put back. Times are the floor's.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Restored {
    /// Which.
    pub entry: EntryId,
    /// All tiers that it had asked for, in order. Of one that is connected they are asked for again
    /// by [`Input::Fumbled`]; if that cannot come any more, none need be named.
    pub ask: Vec<Asked>,
    /// Higher goes first.
    pub priority: u8,
    /// Since when it has waited, what it had waited before it entered included.
    pub since: Duration,
    /// What it was doing.
    pub now: Doing,
}

/// What an entry was doing when the host went away.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Doing {
    /// It waited.
    Waiting {
        /// The phones that ring for it at the PBX.
        ringing: Vec<Rung>,
    },
    /// It was ringing an agent past the queues.
    Engaging {
        /// Whom.
        agent: AgentName,
    },
    /// It was connected.
    Talking {
        /// With whom.
        agent: AgentName,
        /// Through which queue, as [`Output::Connected`] said; none too for an agent who was
        /// dialled past the queues.
        queue: Option<QueueName>,
        /// The agent was in an urgent call meanwhile.
        held: bool,
    },
}

/// A phone that rings on under the attempt that it has. Report what comes of it as of any other.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rung {
    /// Which ringing.
    pub attempt: AttemptId,
    /// Whose phone.
    pub agent: AgentName,
    /// Which of the agent's endpoints, from 0 on.
    pub endpoint: usize,
    /// Since when; it rings for the rest of its time.
    pub since: Duration,
    /// For whom it was rung first.
    pub first: EntryId,
}

/// A phone that was told to stop, and is not known to have done so. [`Input::Unanswered`] says that
/// it has.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Quieting {
    /// Which ringing.
    pub attempt: AttemptId,
    /// Whose phone.
    pub agent: AgentName,
}

/// What an agent does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FloorAction {
    /// Begins to take calls.
    LogIn,
    /// Takes no more calls. Ringing phones are cancelled, a conversation goes on.
    LogOut,
    /// Takes no calls for now, for a reason if one is given. Ringing phones are cancelled, a
    /// conversation goes on.
    Pause(Option<String>),
    /// Ends pause, wrap-up and being left alone after an unanswered call.
    Ready,
    /// Takes calls of a queue too, as its last agent. Kept until the agent leaves it.
    Join(QueueName),
    /// Takes no more calls of a queue. Kept until the agent joins it.
    Leave(QueueName),
}

/// What the floor wants done, in order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Output {
    /// Ring a phone. The floor measures the ring time.
    Ring {
        /// For whom.
        entry: EntryId,
        /// What the ringing is called from now on.
        attempt: AttemptId,
        /// Whose phone.
        agent: AgentName,
        /// Which of the agent's endpoints, from 0 on.
        endpoint: usize,
    },
    /// Hang the leg up, ringing or just answered, and report [`Input::Unanswered`] when it has
    /// ended.
    Cancel {
        /// For whom it rang.
        entry: EntryId,
        /// Which ringing.
        attempt: AttemptId,
        /// It rang for as long as it might.
        time_is_up: bool,
    },
    /// A phone that rang for this entry rings on for another: [`Output::RingsOn`] says for which.
    Passed {
        /// For whom it rang.
        entry: EntryId,
        /// Which ringing.
        attempt: AttemptId,
        /// For whom it was rung first.
        first: EntryId,
    },
    /// A phone that rings, rung for another entry, rings for this one from now on, for the rest of
    /// its time. Report what comes of it as of any other.
    RingsOn {
        /// For whom.
        entry: EntryId,
        /// Which ringing; it keeps its number.
        attempt: AttemptId,
        /// For whom it was rung first.
        first: EntryId,
        /// Whose phone.
        agent: AgentName,
        /// Which of the agent's endpoints, from 0 on.
        endpoint: usize,
        /// Since when it rings. The time is the floor's.
        since: Duration,
    },
    /// The caller has an agent. Report [`Input::Ended`] when their conversation is over.
    Connected {
        /// Who.
        entry: EntryId,
        /// On which leg.
        attempt: AttemptId,
        /// With whom.
        agent: AgentName,
        /// Through which of the queues asked for. None: the agent was asked for by name.
        queue: Option<QueueName>,
    },
    /// The agent of a connected entry has taken an urgent call (R5). The caller is to be held.
    Held {
        /// Who.
        entry: EntryId,
    },
    /// The agent of a held entry is back.
    Returned {
        /// Who.
        entry: EntryId,
    },
    /// The phones of an agent rang out for so many entries in a row that the agent is taken to be
    /// away, and is paused. The entry waits on.
    Paused {
        /// For whom they rang last.
        entry: EntryId,
        /// Who.
        agent: AgentName,
    },
    /// The caller cannot wait here; the entry is gone.
    Left {
        /// Who.
        entry: EntryId,
        /// Why.
        why: Left,
    },
}

impl Output {
    /// Whose it is.
    pub fn entry(&self) -> EntryId {
        match self {
            Self::Ring { entry, .. }
            | Self::Cancel { entry, .. }
            | Self::Passed { entry, .. }
            | Self::RingsOn { entry, .. }
            | Self::Connected { entry, .. }
            | Self::Held { entry }
            | Self::Returned { entry }
            | Self::Paused { entry, .. }
            | Self::Left { entry, .. } => *entry,
        }
    }
}

/// An input that makes no sense; nothing came of it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RefusedInput {
    /// The site has no such queue.
    #[error("there is no queue {0:?}; the site file lists the queues")]
    UnknownQueue(QueueName),
    /// The site has no such agent.
    #[error("there is no agent {0:?}; the site file lists the agents")]
    UnknownAgent(AgentName),
    /// Never entered, or gone.
    #[error("no entry {0} is waiting or connected")]
    UnknownEntry(EntryId),
    /// Already there.
    #[error("entry {0} is waiting or connected already")]
    DuplicateEntry(EntryId),
    /// Entered without a queue or an agent.
    #[error("entry {0} asks for no queue and no agent")]
    NothingAsked(EntryId),
    /// The entry has no conversation that could end.
    #[error("entry {0} still waits: it has no conversation to end")]
    NotConnected(EntryId),
    /// Whose phone rings, or who talks.
    #[error("agent {0:?} is engaged")]
    Engaged(AgentName),
    /// Only an agent who is logged in can pause or be ready.
    #[error("agent {0:?} is not logged in")]
    NotLoggedIn(AgentName),
}

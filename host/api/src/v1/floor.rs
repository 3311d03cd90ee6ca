//! Queues and agents.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::time::Duration;
use strowger_model::{AgentName, QueueName, Timestamp};

/// A queue: as it is now, and what came of its callers since the site's day began.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Queue {
    /// Its name in the site file.
    pub queue: QueueName,
    /// The code by which agents join and leave it at the telephone; null: it has none.
    pub code: Option<String>,
    /// As it is now.
    pub now: QueueNow,
    /// Seconds within which a caller should be answered: the service level.
    pub answer_within_s: f64,
    /// How long conversations with their wrap-up took lately, on average; null: there was none.
    pub handling: Option<Duration>,
    /// What came of its callers since midnight at the site, or since the host started.
    pub day: QueueDay,
}

/// A queue as it is now.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct QueueNow {
    /// How many callers wait.
    pub waiting: u32,
    /// For how long the caller waits who waits longest; zero: nobody waits.
    pub longest_wait: Duration,
    /// How many of its agents are logged in, those who pause included.
    pub logged_in: u32,
    /// How many of its agents could take a call now.
    pub free: u32,
}

/// What came of the callers of a queue. Of those offered, who is neither answered nor left nor
/// abandoned waits still.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct QueueDay {
    /// How many came into the queue, or were offered to it too.
    pub offered: u32,
    /// How many got an agent of this queue.
    pub answered: u32,
    /// How many of those answered waited no longer than `answer_within_s`.
    pub answered_within: u32,
    /// How many were sent away, or went on elsewhere: by their flow, or to an agent of another
    /// queue that was asked too.
    pub left: u32,
    /// How many hung up.
    pub abandoned: u32,
}

/// An agent.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Agent {
    /// The agent's name in the site file.
    pub agent: AgentName,
    /// The name to show to people.
    pub display_name: String,
    /// The agent's extension; null: none.
    pub extension: Option<String>,
    /// What the agent is doing.
    pub status: AgentState,
    /// Why the agent pauses; null: no pause, or that was not said.
    pub pause_reason: Option<String>,
    /// Since when the status is what it is.
    pub since: Timestamp,
    /// The phone at which the agent has logged in, if it is not the agent's own first one.
    pub at: Option<String>,
    /// The queues of which the agent takes calls.
    pub queues: Vec<QueueName>,
}

/// What an agent is doing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum AgentState {
    /// Is not logged in.
    LoggedOut,
    /// Could take a call.
    Free,
    /// A phone of the agent rings.
    Ringing,
    /// Is in conversation.
    Talking,
    /// Finishes up after a conversation.
    WrapUp,
    /// Takes no calls for now.
    Paused,
    /// A phone of the agent is in a call that is not Strowger's.
    Busy,
    /// The phones of the agent do not want to be rung.
    DoNotDisturb,
    /// The phones of the agent are not registered, or do not answer the PBX.
    Unreachable,
}

/// What somebody does for an agent.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "do", rename_all = "kebab-case", deny_unknown_fields)]
pub enum AgentDo {
    /// Logs in.
    LogIn {
        /// The phone: a number, an extension, or an address as the PBX writes it; null: the agent's
        /// own.
        #[serde(default)]
        at: Option<String>,
    },
    /// Logs out.
    LogOut,
    /// Takes no calls for now.
    Pause {
        /// Why; null: that is not said.
        #[serde(default)]
        reason: Option<String>,
    },
    /// Takes calls again.
    Ready,
    /// Takes calls of a queue.
    Join {
        /// By name or code.
        queue: QueueName,
    },
    /// Takes no more calls of a queue.
    Leave {
        /// By name or code.
        queue: QueueName,
    },
}

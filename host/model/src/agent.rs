//! How an agent stands, apart from ringing and talking.

use crate::{QueueName, Timestamp, command::Target};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// An agent as it has to be known again after a restart.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct AgentStanding {
    /// Takes calls.
    pub logged_in: bool,
    /// Takes none for now.
    pub paused: bool,
    /// Finishing up until then.
    pub wrap_up_until: Option<Timestamp>,
    /// Queues that the agent joined beyond those of the site.
    pub joined: Vec<QueueName>,
    /// Queues of the site that the agent left.
    pub left: Vec<QueueName>,
    /// Why there is a pause, if that was said.
    pub pause_reason: Option<String>,
    /// Without a conversation since then.
    pub idle_since: Option<Timestamp>,
    /// Logged in, paused, wrapping up or logged out since then.
    pub since: Option<Timestamp>,
    /// Where the agent has logged in: the phone that rings first until the agent logs out. None:
    /// the agent's own first one.
    pub at: Option<Target>,
}

/// How a telephone is, apart from calls in which the host has dialled it.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "kebab-case")]
pub enum PhoneState {
    /// It can be rung. Also where nothing is known.
    #[default]
    Free,
    /// It rings or talks in another call: one that somebody has made from it, or made to it without
    /// the host.
    Busy,
    /// It does not want to be rung.
    DoNotDisturb,
    /// It is not registered, or does not answer the PBX.
    Unreachable,
}

impl PhoneState {
    /// Nobody would hear it ring.
    pub fn is_away(self) -> bool {
        matches!(self, Self::DoNotDisturb | Self::Unreachable)
    }
}

//! What flows share: queues, agents, schedules, music, prompts, and civil time.
//!
//! A site is made from `site.toml` and never changes; a change of the file makes another.

use crate::schedule::Schedule;
use chrono_tz::Tz;
use indexmap::IndexMap;
use std::{collections::BTreeMap, path::PathBuf, time::Duration};
use strowger_model::{
    AgentName, QueueName, Timestamp,
    command::Target,
    read::{Moment, ScheduleStatus},
    time::Cadence,
};

/// A site, checked: every name that it mentions exists.
#[derive(Debug)]
pub struct Site {
    /// The zone of opening hours and of what is said about time.
    pub time_zone: Tz,
    /// ISO 3166-1, such as `BE`: whose public holidays count.
    pub country: Option<String>,
    /// BCP 47, such as `nl-BE`: of flows that name none.
    pub language: String,
    /// How phones ring.
    pub cadence: Cadence,
    /// In the order of the file.
    pub queues: IndexMap<QueueName, Queue>,
    /// In the order of the file.
    pub agents: IndexMap<AgentName, Agent>,
    /// By name.
    pub schedules: BTreeMap<String, Schedule>,
    /// The site's names of music, each with the PBX's name of it.
    pub music: BTreeMap<String, String>,
    /// Where the site's recordings are.
    pub prompts: PathBuf,
    /// The command that speaks a text, word by word, with `{text}`, `{language}` and `{file}` (a WAV file to write) in it.
    pub speech: Vec<String>,
    /// Of the file's content, short.
    pub version: String,
}

/// A queue of the site.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Queue {
    /// Its name.
    pub name: QueueName,
    /// Whose phone rings next.
    pub strategy: Strategy,
    /// Whose phones ring for it, in order.
    pub agents: Vec<AgentName>,
    /// How many callers may wait; none: any number.
    pub cap: Option<u32>,
    /// How long an endpoint rings that has no time of its own.
    pub ring_time: Duration,
    /// After a conversation, before the next call.
    pub wrap_up: Duration,
    /// How long an agent who did not answer is left alone.
    pub retry_after: Duration,
    /// The class of music of the site that callers hear, unless the flow says otherwise.
    pub music: Option<String>,
    /// Callers leave when nobody is logged in.
    pub leave_when_empty: bool,
}

/// Whose phone rings next.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default, serde::Serialize, serde::Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Strategy {
    /// Everybody's at once.
    RingAll,
    /// That of the agent who has been free longest.
    #[default]
    LongestIdle,
    /// Each in turn.
    RoundRobin,
    /// Always from the first on.
    Linear,
}

/// An agent of the site.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Agent {
    /// The agent's name in flows and queues.
    pub name: AgentName,
    /// For people.
    pub display_name: String,
    /// Phones, the first first; at least one.
    pub endpoints: Vec<Endpoint>,
    /// In which way they ring.
    pub ring_endpoints: RingEndpoints,
    /// Logged in when the host starts.
    pub logged_in: bool,
    /// The extension under which colleagues reach the agent.
    pub extension: Option<String>,
}

/// A phone of an agent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Endpoint {
    /// Never an agent.
    pub target: Target,
    /// How long it rings; none: as the queue says.
    pub ring_time: Option<Duration>,
}

/// In which way the phones of an agent ring.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default, serde::Serialize, serde::Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum RingEndpoints {
    /// The next when one does not answer or cannot be reached.
    #[default]
    OneByOne,
    /// All at once.
    Together,
}

impl Site {
    /// An instant with its civil date and time here.
    pub fn moment(&self, instant: Timestamp) -> Moment {
        crate::schedule::moment(self.time_zone, instant)
    }

    /// A schedule at an instant; none: there is no such schedule.
    pub fn schedule(&self, name: &str, at: Timestamp) -> Option<ScheduleStatus> {
        Some(self.schedules.get(name)?.status(at))
    }
}

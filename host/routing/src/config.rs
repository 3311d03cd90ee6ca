//! What the site says of queues and agents.

use serde::{Deserialize, Serialize};
use std::time::Duration;
use strowger_model::{AgentName, PhoneState, QueueName};

/// Which free agents of a queue ring for a caller.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Strategy {
    /// All who are free, also those who become free while others ring.
    RingAll,
    /// One: who has gone longest without a conversation.
    #[default]
    LongestIdle,
    /// One: the next in the queue's order after the one who rang last.
    RoundRobin,
    /// One: the first in the queue's order.
    Linear,
}

/// How the endpoints of an agent ring.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum RingEndpoints {
    /// The next one when one cannot be reached or is not answered in its ring time. Who declines or
    /// is busy is not rung elsewhere.
    #[default]
    OneByOne,
    /// All at once.
    Together,
}

/// A queue.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct QueueConfig {
    /// Its name in the site.
    pub name: QueueName,
    /// What it was called before: its callers stay, and those who ask for it by that name are
    /// understood.
    pub was: Option<QueueName>,
    /// Who rings.
    pub strategy: Strategy,
    /// Its agents, in order.
    pub agents: Vec<AgentName>,
    /// So many callers may wait (V5). One more is turned away, unless an agent is free. None: no
    /// limit.
    pub cap: Option<u32>,
    /// How long an endpoint rings that has no ring time of its own, from
    /// [`Ring`](crate::Output::Ring) on.
    pub ring_time: Duration,
    /// Between the end of a conversation and the agent's next one.
    pub wrap_up: Duration,
    /// How long an agent who did not answer, declined, was busy, could not be reached or was gone
    /// at once is left alone by the queues that the caller asked for. Less than a second counts as
    /// a second: a phone that refuses at once must not ring on and on.
    pub retry_after: Duration,
    /// An agent who let so many calls in a row ring out is paused. None: never.
    pub pause_after: Option<u32>,
    /// The service level: within which a caller should have an agent.
    pub answer_within: Duration,
    /// Send callers away when no agent is logged in; else they wait for one.
    pub leave_when_empty: bool,
    /// With no agent free, ring one who talks (R5): who answers holds that conversation and takes
    /// it back afterwards.
    pub interrupts: bool,
    /// Ring agents who are in a call that is not the host's.
    pub ring_busy: bool,
}

impl QueueConfig {
    /// A queue with the usual figures: longest idle, no cap, 15 s of ringing (P4), no wrap-up, 5 s
    /// until an agent is rung again, a service level of 20 s, callers sent away when nobody is
    /// logged in (V4).
    pub fn new(name: impl Into<QueueName>, agents: impl IntoIterator<Item = AgentName>) -> Self {
        Self {
            name: name.into(),
            was: None,
            strategy: Strategy::default(),
            agents: agents.into_iter().collect(),
            cap: None,
            ring_time: Duration::from_secs(15),
            wrap_up: Duration::ZERO,
            retry_after: Duration::from_secs(5),
            pause_after: None,
            answer_within: Duration::from_secs(20),
            leave_when_empty: true,
            interrupts: false,
            ring_busy: false,
        }
    }
}

/// An agent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AgentConfig {
    /// The agent's name in the site.
    pub name: AgentName,
    /// What the agent was called before: all that the agent is doing goes on.
    pub was: Option<AgentName>,
    /// The agent's phones, in order. None at all counts as one without a ring time of its own.
    pub endpoints: Vec<EndpointConfig>,
    /// How they ring.
    pub ring_endpoints: RingEndpoints,
    /// Logged in when the floor first hears of the agent.
    pub logged_in: bool,
}

impl AgentConfig {
    /// An agent with one endpoint, logged in.
    pub fn new(name: impl Into<AgentName>) -> Self {
        Self {
            name: name.into(),
            was: None,
            endpoints: vec![EndpointConfig::default()],
            ring_endpoints: RingEndpoints::default(),
            logged_in: true,
        }
    }
}

/// A phone of an agent, known by its place in [`AgentConfig::endpoints`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct EndpointConfig {
    /// None: the queue's.
    pub ring_time: Option<Duration>,
    /// As the PBX tells.
    pub state: PhoneState,
}

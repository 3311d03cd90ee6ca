//! The board: what a wallboard shows.

use super::{AgentState, Campaign, QueueDay, Switch};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use strowger_model::{FlowName, QueueName};

/// What is so at this moment, in figures. It says no caller's number.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Board {
    /// What somebody has to look at, a sentence each, for people; empty: all is well.
    pub ill: Vec<String>,
    /// Commands reach the PBX.
    pub connected: bool,
    /// How many calls are up.
    pub calls: u64,
    /// How many calls are up, by flow, in the order of names; flows that have none are not here.
    pub flows: Vec<FlowCalls>,
    /// Every queue.
    pub queues: Vec<BoardQueue>,
    /// Every agent who has logged in, by what they do.
    pub agents: AgentCounts,
    /// Every switch, in the order of their labels.
    pub switches: Vec<Switch>,
    /// Every campaign that is known, in the order in which they were opened.
    pub campaigns: Vec<Campaign>,
}

/// Calls of a flow.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct FlowCalls {
    /// The flow.
    pub flow: FlowName,
    /// How many are up.
    pub calls: u64,
}

/// A queue on the board.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct BoardQueue {
    /// Its name in the site file.
    pub queue: QueueName,
    /// How many callers wait.
    pub waiting: u32,
    /// For how many whole seconds the caller waits who waits longest; 0: nobody waits.
    pub longest_wait_s: u64,
    /// Seconds within which a caller should be answered: the service level.
    pub answer_within_s: f64,
    /// The agents who take its calls, by what they do.
    pub agents: AgentCounts,
    /// What came of its callers today.
    pub day: QueueDay,
}

/// How many agents do what. Those who are not logged in are not counted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct AgentCounts {
    /// Could take a call.
    pub free: u32,
    /// A phone of theirs rings.
    pub ringing: u32,
    /// Are in conversation.
    pub talking: u32,
    /// Finish up after a conversation.
    pub wrap_up: u32,
    /// Take no calls for now.
    pub paused: u32,
    /// Cannot be rung: in another call, on do-not-disturb, or without a phone that answers.
    pub away: u32,
}

impl AgentCounts {
    /// Counts one more agent.
    pub fn count(&mut self, state: AgentState) {
        *match state {
            AgentState::LoggedOut => return,
            AgentState::Free => &mut self.free,
            AgentState::Ringing => &mut self.ringing,
            AgentState::Talking => &mut self.talking,
            AgentState::WrapUp => &mut self.wrap_up,
            AgentState::Paused => &mut self.paused,
            AgentState::Busy | AgentState::DoNotDisturb | AgentState::Unreachable => &mut self.away,
        } += 1;
    }

    /// All of them together.
    pub fn logged_in(&self) -> u32 {
        let Self { free, ringing, talking, wrap_up, paused, away } = self;
        free + ringing + talking + wrap_up + paused + away
    }

    /// Each with its name, for figures.
    pub fn by_state(&self) -> [(&'static str, u32); 6] {
        let Self { free, ringing, talking, wrap_up, paused, away } = *self;
        [
            ("free", free),
            ("ringing", ringing),
            ("talking", talking),
            ("wrap-up", wrap_up),
            ("paused", paused),
            ("away", away),
        ]
    }
}

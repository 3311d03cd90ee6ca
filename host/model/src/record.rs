//! What is kept of a call for reports.

use crate::{
    AgentName, CallId, FlowName, FlowVersion, Timestamp,
    command::{ContactOf, Field},
};
use serde::{Deserialize, Serialize};
use std::{borrow::Cow, time::Duration};

/// What is kept of a call for reports. One for every call, closed exactly once.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CallRecord {
    /// The call.
    pub call: CallId,
    /// The flow that had it last.
    pub flow: FlowName,
    /// That flow's version.
    pub version: String,
    /// The number that the caller claimed; none: withheld. Personal data.
    pub caller: Option<String>,
    /// What was dialled.
    pub dialled: String,
    /// When it came in.
    pub arrived: Timestamp,
    /// When the caller was answered.
    pub answered: Option<Timestamp>,
    /// When the caller was first connected to somebody: to an agent of a queue, if that lasted.
    pub connected: Option<Timestamp>,
    /// The agent who had the call first.
    pub agent: Option<AgentName>,
    /// In queues, until connected or left; and while numbers were dialled or the caller heard music,
    /// until somebody was connected.
    pub waited: Duration,
    /// After waiting in vain for an agent, the caller was connected or sent to somebody else.
    pub overflowed: bool,
    /// The flow's outcome; `fault` if the flow broke, `unfinished` if the call ended before the
    /// flow did.
    pub outcome: String,
    /// Facts that the flow noted, the latest of each key.
    pub notes: Vec<Field>,
    /// Marks of the flow.
    pub tags: Vec<String>,
    /// Steps that the flow took.
    pub steps: u32,
    /// Steps that failed, also those that succeeded at the second try.
    pub faults: u32,
    /// Orders that were refused.
    pub refused: u32,
    /// Steps of it are missing in the journal, which could not be written for a while.
    pub unjournalled: bool,
    /// When the last leg was gone.
    pub ended: Timestamp,
    /// How often an agent answered and was gone before that was a conversation.
    #[serde(default)]
    pub fumbled: u32,
    /// With whom the caller talked, in the order in which they came.
    #[serde(default)]
    pub talks: Vec<Talk>,
    /// The contact of a campaign that the call was for. `dialled` is the contact's number then,
    /// which is personal data.
    #[serde(default)]
    pub campaign: Option<Box<ContactOf>>,
}

/// The time of one agent in a call, or of somebody else whom the flow brought to the caller.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Talk {
    /// Who; none: somebody who is no agent, such as a number that was dialled.
    pub agent: Option<AgentName>,
    /// When the caller first had them.
    pub began: Timestamp,
    /// When it ended.
    pub ended: Timestamp,
    /// In conversation with the caller.
    pub talked: Duration,
    /// The caller was on hold.
    pub held: Duration,
    /// In conversation with a colleague, while the caller was on hold.
    pub consulted: Duration,
}

impl CallRecord {
    /// Whether somebody else had it than those who were called: after it had waited in vain, or at
    /// once, as the flow says by its outcome `overflow`.
    pub fn went_on(&self) -> bool {
        self.overflowed || self.outcome == "overflow"
    }

    /// With whom the caller talked. A record that was kept before there were talks has the first
    /// agent only, from the first word to the end of the call.
    pub fn all_talks(&self) -> Cow<'_, [Talk]> {
        match self.connected.filter(|_| self.talks.is_empty()) {
            None => Cow::Borrowed(&self.talks),
            Some(began) => Cow::Owned(vec![Talk {
                agent: self.agent.clone(),
                began,
                ended: self.ended,
                talked: self.ended.since(began),
                held: Duration::ZERO,
                consulted: Duration::ZERO,
            }]),
        }
    }

    /// Of a call that came in now: nothing has happened in it yet.
    pub fn begin(call: CallId, on: FlowVersion, arrived: Timestamp) -> Self {
        Self {
            call,
            flow: on.flow,
            version: on.version,
            caller: None,
            dialled: String::new(),
            arrived,
            answered: None,
            connected: None,
            agent: None,
            waited: Duration::ZERO,
            overflowed: false,
            outcome: String::new(),
            notes: Vec::new(),
            tags: Vec::new(),
            steps: 0,
            faults: 0,
            refused: 0,
            unjournalled: false,
            ended: arrived,
            fumbled: 0,
            talks: Vec::new(),
            campaign: None,
        }
    }
}

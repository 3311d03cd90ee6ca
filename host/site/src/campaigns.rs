//! Templates of campaigns: how the people on a list are called.

use crate::template;
use std::{collections::BTreeSet, time::Duration};
use strowger_model::{FlowName, QueueName, TemplateName};

/// How the campaigns of a kind are run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CampaignTemplate {
    /// Its name.
    pub name: TemplateName,
    /// For people.
    pub label: String,
    /// The flow that talks with whoever is called.
    pub flow: FlowName,
    /// Places to fill, where the campaign says nothing else; from 1 on.
    pub goal: u32,
    /// The schedule outside which nobody is called; none: always.
    pub hours: Option<String>,
    /// So many calls of a campaign at once, at most; from 1 on.
    pub at_once: u32,
    /// More people may be offered a place at once than there are places left.
    pub first_wins: bool,
    /// So often somebody is called in vain, at most; from 1 on.
    pub attempts: u8,
    /// Between two calls of the same person.
    pub pause: Duration,
    /// Between campaigns; the higher one goes first.
    pub priority: u8,
    /// Nobody is called while a caller waits in one of these.
    pub give_way_to: Vec<QueueName>,
    /// So many agents of these queues stay free. The last one whose schedule is open counts; none
    /// of them: no agent has to stay free.
    pub keep_free: Vec<KeepFree>,
    /// When which contacts of the site join; empty: campaigns are opened with a list. The times do
    /// not go down.
    pub waves: Vec<Wave>,
    /// Who has a place.
    pub choose: Choose,
    /// People are told of places that are left so long before the end of the campaign.
    pub alarm_before: Option<Duration>,
}

/// How many agents stay free for callers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeepFree {
    /// While this schedule is open; none: always.
    pub schedule: Option<String>,
    /// So many.
    pub agents: u32,
}

/// Contacts that are called from a moment on, after those of the waves before.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wave {
    /// Since the campaign began to call.
    pub after: Duration,
    /// Contacts with one of these tags. `{x}` stands for the field `x` of the campaign.
    pub tags: Vec<String>,
}

/// Who has a place of those who accept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Choose {
    /// The first.
    First,
    /// Whom the planner chooses.
    Planner {
        /// Of so many, at most; from 1 on.
        up_to: u32,
    },
}

impl CampaignTemplate {
    /// The fields that a campaign needs for its waves.
    pub fn fields_needed(&self) -> BTreeSet<String> {
        let tags = self.waves.iter().flat_map(|wave| &wave.tags);
        tags.flat_map(|tag| template::fields_of(tag).unwrap_or_default()).collect()
    }
}

//! `[campaigns.NAME]` as it is written.

use schemars::JsonSchema;
use serde::Deserialize;

/// A template of campaigns: Strowger calls the people on a list, until so many of them have accepted
/// what they are offered.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct CampaignFile {
    /// The flow that talks with whoever is called.
    pub(crate) flow: String,
    /// What people call it. Without it, the name in this file.
    #[serde(default)]
    pub(crate) label: Option<String>,
    /// How many people are wanted, unless it is said when a campaign is opened.
    #[serde(default = "one")]
    #[schemars(range(min = 1, max = 1_000_000))]
    pub(crate) goal: u32,
    /// The schedule outside which nobody is called. Without it, people are called at any hour.
    #[serde(default)]
    pub(crate) hours: Option<String>,
    /// How many people of a campaign are called at once, at most.
    #[serde(default = "one")]
    #[schemars(range(min = 1, max = 1000))]
    pub(crate) at_once: u32,
    /// Call more people at once than are wanted: those who accept first have the places. Without it,
    /// never more people are called at once than there are places left.
    #[serde(default)]
    pub(crate) first_wins: bool,
    /// How often somebody is called who does not answer.
    #[serde(default = "once")]
    #[schemars(range(min = 1, max = 100))]
    pub(crate) attempts: u8,
    /// Seconds between two calls of the same person.
    #[serde(default)]
    #[schemars(range(min = 0, max = 2_678_400))]
    pub(crate) pause: f64,
    /// Of several campaigns, those with the higher number call first.
    #[serde(default)]
    #[schemars(range(min = 0, max = 255))]
    pub(crate) priority: u8,
    /// Queues. While a caller waits in one of them, nobody is called.
    #[serde(default)]
    pub(crate) give_way_to: Vec<String>,
    /// How many agents of those queues stay free for callers. Of several entries, the last one whose
    /// schedule is open counts.
    #[serde(default)]
    pub(crate) keep_free: Vec<KeepFreeFile>,
    /// Which contacts of the site are called when, if a campaign is opened without a list. A later
    /// wave joins the earlier ones.
    #[serde(default)]
    #[schemars(length(max = 100))]
    pub(crate) waves: Vec<WaveFile>,
    /// Who has a place: who accepts first (`first`), or whom the planner chooses of those who accept
    /// (`planner`).
    #[serde(default)]
    pub(crate) choose: ChooseFile,
    /// Of how many people the planner chooses. When so many have accepted, nobody else is called.
    #[serde(default)]
    #[schemars(range(min = 1, max = 1_000_000))]
    pub(crate) up_to: Option<u32>,
    /// Seconds before the end of a campaign at which there is an alarm if places are left.
    #[serde(default)]
    #[schemars(range(min = 0, max = 31_622_400))]
    pub(crate) alarm_before: Option<f64>,
}

/// How many agents stay free.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct KeepFreeFile {
    /// The schedule in whose hours this counts. Without it, at any hour.
    #[serde(default)]
    pub(crate) schedule: Option<String>,
    /// So many agents.
    #[schemars(range(min = 0, max = 10_000))]
    pub(crate) agents: u32,
}

/// Contacts that are called from a moment on.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct WaveFile {
    /// Seconds since the campaign began to call. While it is paused or outside its hours, this time
    /// stands still.
    #[schemars(range(min = 0, max = 31_622_400))]
    pub(crate) after: f64,
    /// Contacts that have one of these tags. `{department}` stands for the field `department` of the
    /// campaign.
    #[schemars(length(min = 1))]
    pub(crate) tags: Vec<String>,
}

/// Who has a place.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum ChooseFile {
    /// Who accepts first.
    #[default]
    First,
    /// Whom the planner chooses.
    Planner,
}

fn one() -> u32 {
    1
}

fn once() -> u8 {
    1
}

//! Campaigns, the people on their lists, and the do-not-call list.

use super::Field;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use strowger_model::{AgentName, CampaignName, TemplateName, Timestamp};

/// A campaign as it stands.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Campaign {
    /// Its name.
    pub campaign: CampaignName,
    /// The template of the site file.
    pub template: TemplateName,
    /// When it was opened.
    pub opened: Timestamp,
    /// Who or what opened it; null: nobody said.
    pub by: Option<String>,
    /// Places to fill.
    pub goal: u32,
    /// Nobody is called from then on; null: there is no such time.
    pub until: Option<Timestamp>,
    /// What it is about.
    pub fields: Vec<Field>,
    /// Whether people are called.
    pub stage: CampaignStage,
    /// Why it has ended; null: it has not.
    pub end: Option<CampaignEnd>,
    /// The planner chooses among those who accept.
    pub planner_chooses: bool,
    /// Strowger paused it: its flow has called nobody in several calls in a row.
    #[serde(default)]
    pub halted: bool,
    /// Places filled.
    pub reached: u32,
    /// Calls that are under way.
    pub calls: u32,
    /// Calls so far, with those that are under way.
    #[serde(default)]
    pub attempts: u32,
    /// People on the list.
    pub contacts: u32,
    /// Of them, on the do-not-call list when the campaign was opened, or the host began.
    #[serde(default)]
    pub do_not_call: u32,
    /// Those who were never called.
    pub untried: u32,
    /// Those who may still be offered a place.
    pub to_offer: u32,
    /// Those who have accepted, and whom the planner has not chosen.
    pub accepted: u32,
    /// Why nobody is called now although the campaign runs; null: somebody may be.
    pub waits_for: Option<WaitsFor>,
    /// When the hours of the template begin; null: it does not wait for them, or they never do.
    #[serde(default)]
    pub opens: Option<Timestamp>,
    /// When the next wave joins, if the hours do not end before; null: nobody knows that, or there is
    /// none.
    #[serde(default)]
    pub next_wave: Option<Timestamp>,
    /// When it is opened: what may keep it from its end, such as hours that never come.
    #[serde(default)]
    pub warnings: Vec<String>,
}

/// Whether the people on the list of a campaign are called.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum CampaignStage {
    /// They are.
    Running,
    /// Not for now.
    Paused,
    /// It is over.
    Ended,
}

/// Why a campaign has ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum CampaignEnd {
    /// All places are filled.
    Filled,
    /// There is nobody left to be called. Whoever calls back can still have a place that is left.
    ListOver,
    /// Its time is over.
    TimeOver,
    /// Somebody stopped it.
    Stopped,
}

/// Why nobody is called at the moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum WaitsFor {
    /// It is outside the hours of the template.
    Hours,
    /// Callers wait, or too few agents are free.
    Agents,
    /// The site file has no such template any more, or the flow of the template does not serve.
    Flow,
    /// The PBX cannot be reached, or the host is stopping.
    Pbx,
    /// The journal cannot be written: who is called now might be called again by the next host.
    Journal,
    /// The host or the flow has as many calls as it may, or too much waits for the journal.
    Room,
}

/// A campaign to be opened.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct OpenCampaign {
    /// The template of the site file.
    pub template: TemplateName,
    /// No other campaign that is known has this name; null: the host makes one of the template and
    /// the time.
    #[serde(default)]
    pub name: Option<CampaignName>,
    /// Places to fill; null: as the template says.
    #[serde(default)]
    #[schemars(range(min = 1))]
    pub goal: Option<u32>,
    /// Nobody is called from then on; null: there is no such time.
    #[serde(default)]
    pub until: Option<Timestamp>,
    /// What it is about, by key. The flow reads it, and `{key}` in the waves of the template is
    /// filled in.
    #[serde(default)]
    pub fields: BTreeMap<String, String>,
    /// The people to be called, in this order; null: contacts of the site, by the waves of the
    /// template.
    #[serde(default)]
    pub list: Option<List>,
    /// Who opens it; null: nobody says.
    #[serde(default)]
    pub by: Option<String>,
}

/// A list as a file has it: CSV, the first line names the columns.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct List {
    /// What messages call it, such as the name of its file.
    #[serde(default = "list")]
    pub name: String,
    /// Its text. Of people: the columns `id` and `numbers`, and if wanted `name`, `language`, `tags`
    /// and any others. Of the do-not-call list: the column `number`.
    pub text: String,
}

fn list() -> String {
    "list".to_owned()
}

/// What is done with a campaign.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "do", rename_all = "kebab-case", deny_unknown_fields)]
pub enum CampaignDo {
    /// Nobody is called for now. Calls go on.
    Pause,
    /// Ends a pause.
    Resume,
    /// The campaign is over for good. Who is being offered a place is told.
    Stop,
    /// The planner chooses somebody who has accepted.
    Choose {
        /// Whom: the id in the list.
        contact: String,
    },
}

/// Somebody on the list of a campaign.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct CampaignContact {
    /// The id in the list.
    pub contact: String,
    /// The number that is called, such as `+32470123456`; null: it was erased.
    pub number: Option<String>,
    /// The name. Empty if the list has none, or it was erased.
    pub name: String,
    /// BCP 47; null: the list has none.
    pub language: Option<String>,
    /// Groups.
    pub tags: Vec<String>,
    /// The further columns of the list.
    pub fields: Vec<Field>,
    /// The wave of the template, from 0 on.
    pub wave: u8,
    /// What is to be done, or came of it.
    pub stage: ContactStage,
    /// Calls so far, with the one that is under way.
    pub attempts: u32,
    /// A call is under way.
    pub calling: bool,
    /// Asked to be called then; null: did not.
    pub not_before: Option<Timestamp>,
    /// What came of the last call, such as `accepted`; `do-not-call`: the number is on the
    /// do-not-call list; null: nothing yet.
    pub outcome: Option<String>,
    /// Why, if that was said.
    pub reason: Option<String>,
    /// When that came of it.
    pub at: Option<Timestamp>,
    /// The agent who talked with this person.
    pub agent: Option<AgentName>,
}

/// What is to be done about somebody on a list, or came of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum ContactStage {
    /// Is to be offered a place, or is just being offered it.
    ToOffer,
    /// Was never called, and is not: the campaign is over.
    NotCalled,
    /// Has accepted; the planner will choose.
    Accepted,
    /// The planner has chosen this one, who is to confirm.
    Chosen,
    /// Has accepted, and is to be told that others have the places.
    ToTell,
    /// Has a place.
    Won,
    /// Nothing more.
    Over,
}

/// A number that no campaign calls.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct DoNotCall {
    /// The number, such as `+32470123456`; null: it was erased. Campaigns do not call it all the same.
    pub number: Option<String>,
    /// Since when it is on the list.
    pub since: Timestamp,
    /// Who or what put it there; null: nobody said.
    pub by: Option<String>,
}

/// A number to be put on the do-not-call list, or to be taken off.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct NeverCall {
    /// In any notation.
    pub number: String,
    /// Whether it is to be on the list.
    #[serde(default = "yes")]
    pub listed: bool,
    /// Who says so; null: nobody.
    #[serde(default)]
    pub by: Option<String>,
}

fn yes() -> bool {
    true
}

/// Numbers to be put on the do-not-call list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ImportNumbers {
    /// The numbers, in any notation.
    pub list: List,
    /// Who says so; null: nobody.
    #[serde(default)]
    pub by: Option<String>,
}

/// What came of an import.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Imported {
    /// Numbers that are on the do-not-call list now and were not.
    pub added: u64,
    /// Numbers that were on it already.
    pub known: u64,
}

//! Campaigns: people who are called one after another, until so many places are filled.

use crate::{
    AgentName, CampaignName, PhoneNumber, TemplateName, Timestamp,
    command::Field,
    read::{CampaignEnd, CampaignStage},
    strangers::is_one_line,
    switch::MOST_BY,
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Characters of an id, a name, a tag, or the key of a field, at most.
pub const MOST_TEXT: usize = 200;
/// Bytes of the value of a field, at most.
pub const MOST_VALUE: usize = 2_000;
/// Bytes of all fields of a person, or of a campaign, at most. A flow reads them with each event.
pub const MOST_FIELDS: usize = 8 << 10;

/// What is wrong with fields, by their keys and values; none: nothing. Does not say what stands there.
pub fn wrong_fields<'a>(fields: impl IntoIterator<Item = (&'a str, &'a str)>) -> Option<String> {
    let mut all = 0;
    for (at, (key, value)) in fields.into_iter().enumerate() {
        all += key.len() + value.len();
        if key.chars().count() > MOST_TEXT || !is_one_line(key) {
            let at = at + 1;
            return Some(format!(
                "key {at} of the fields is not one line of at most {MOST_TEXT} characters"
            ));
        }
        if value.len() > MOST_VALUE {
            return Some(format!(
                "field `{key}` has {} bytes, and may have {MOST_VALUE}",
                value.len()
            ));
        }
        if !is_one_line(value) {
            return Some(format!(
                "field `{key}` has a line break or another control character in it"
            ));
        }
    }
    (all > MOST_FIELDS)
        .then(|| format!("all fields together have {all} bytes, and may have {MOST_FIELDS}"))
}

/// What is wrong with the name of whoever does something; none: nothing.
pub fn wrong_by(by: Option<&str>) -> Option<String> {
    let by = by.unwrap_or_default();
    let good = by.chars().count() <= MOST_BY && is_one_line(by);
    (!good).then(|| format!("`by` is not one line of at most {MOST_BY} characters"))
}

/// A campaign as it was opened.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Opened {
    /// No other campaign that is known has this name.
    pub name: CampaignName,
    /// The template of the site file.
    pub template: TemplateName,
    /// When.
    pub at: Timestamp,
    /// By whom or what, for people; none: nobody said.
    pub by: Option<String>,
    /// Places to fill; from 1 on.
    pub goal: u32,
    /// Nobody is called from then on.
    pub until: Option<Timestamp>,
    /// What it is about, such as the shift.
    pub fields: Vec<Field>,
}

/// Somebody on the list of a campaign. Personal data.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Person {
    /// No other one of the list has it.
    pub id: String,
    /// None: it was erased, and nobody is called.
    pub number: Option<PhoneNumber>,
    /// For people.
    pub name: String,
    /// BCP 47; none: the flow's.
    pub language: Option<String>,
    /// Groups that the person belongs to.
    pub tags: Vec<String>,
    /// The further columns of the list.
    pub fields: Vec<Field>,
    /// With which of the template's waves the person is called, from 0 on.
    pub wave: u8,
}

/// What came of a contact, by the last disposition.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Disposed {
    /// Such as `accepted`.
    pub outcome: String,
    /// Why, if that was said.
    pub reason: Option<String>,
    /// When.
    pub at: Timestamp,
    /// The agent who talked with the contact.
    pub agent: Option<AgentName>,
}

/// A campaign that is to be opened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewCampaign {
    /// A template of the site file.
    pub template: TemplateName,
    /// No other campaign that is known has this name.
    pub name: CampaignName,
    /// Places to fill; 0: as the template says.
    pub goal: u32,
    /// Nobody is called from then on.
    pub until: Option<Timestamp>,
    /// What it is about.
    pub fields: Vec<Field>,
    /// In the order in which they are called; none: contacts of the site, by the template's waves.
    pub people: Option<Vec<Person>>,
    /// By whom or what it is opened, for people.
    pub by: Option<String>,
}

/// What somebody does with a campaign.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Direct {
    /// Nobody is called for now. Calls go on.
    Pause,
    /// Ends a pause.
    Resume,
    /// The campaign is over for good. Who is being offered a place is told.
    Stop,
    /// The planner chooses a contact (the id) who has accepted.
    Choose(String),
}

/// A campaign as it is now, for people.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CampaignNow {
    /// As it was opened.
    pub opened: Opened,
    /// Whether contacts are called.
    pub stage: CampaignStage,
    /// Why it has ended.
    pub end: Option<CampaignEnd>,
    /// A planner chooses among those who accept.
    pub planner_chooses: bool,
    /// It was paused by the host: its flow has called nobody in several calls in a row.
    pub halted: bool,
    /// Places filled.
    pub reached: u32,
    /// Calls that are under way.
    pub calls: u32,
    /// Calls so far, with those that are under way.
    pub attempts: u32,
    /// People on the list.
    pub contacts: u32,
    /// Of them, on the do-not-call list when the campaign was opened, or the host began.
    pub do_not_call: u32,
    /// Those who were never called.
    pub untried: u32,
    /// Those who may still be offered a place.
    pub to_offer: u32,
    /// Those who have accepted, and whom the planner has not chosen.
    pub accepted: u32,
    /// Why nobody is called now although the campaign runs; none: somebody may be.
    pub waits_for: Option<WaitsFor>,
    /// When the hours of the template begin, if it waits for them and they ever do.
    pub opens: Option<Timestamp>,
    /// When the next wave joins, if the hours do not end before.
    pub next_wave: Option<Timestamp>,
    /// When there was an alarm, since this host runs: places are left, or a planner has to choose.
    pub alarms: Vec<Timestamp>,
}

/// Why nobody is called at the moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum WaitsFor {
    /// The hours of the template.
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

/// A contact of a campaign as it stands now, for people.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ContactNow {
    /// Who.
    pub person: Person,
    /// What is to be done, or came of it.
    pub stage: ContactStage,
    /// Calls so far, with the one that is under way.
    pub attempts: u32,
    /// A call is under way.
    pub calling: bool,
    /// Asked to be called then.
    pub not_before: Option<Timestamp>,
    /// What came of the last call.
    pub disposed: Option<Disposed>,
}

/// What is to be done about a contact, or came of it.
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
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NeverCalled {
    /// The hash of the number, salted by the journal.
    pub key: [u8; 16],
    /// None: it was erased. The hash still keeps campaigns from calling it.
    pub number: Option<PhoneNumber>,
    /// Since when.
    pub since: Timestamp,
    /// Who or what put it on the list, for people.
    pub by: Option<String>,
}

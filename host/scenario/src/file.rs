//! The scenario file as it is written: TOML, published as a JSON Schema so that editors complete
//! it.
//!
//! One file is one scenario. Times are seconds; where a figure depends on the flow's settings it is
//! written as such: `"settings.overflow_after"`, also `"settings.overflow_after + 5"` or `"2 *
//! settings.repeat_every"`. A text is matched when what was heard contains it;
//! `"settings.wait_text"` stands for the setting's text, in which a word in braces
//! (`{municipality}`) stands for any words.

pub use crate::campaigns::Campaign;
use crate::term::{CIVIL, Term, When};
use schemars::{JsonSchema, Schema};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use strowger_model::PhoneNumber;
use toml::Spanned;

/// A scenario: who calls when, what agents and outside numbers do, and what must come of it.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(title = "Strowger scenario")]
pub struct ScenarioFile {
    /// What it shows, beginning with the requirement, such as "V2: the wait text comes back every
    /// 60 s".
    pub name: String,
    /// When it begins: civil date and time of the site, such as "2026-11-23 10:00".
    #[schemars(with = "String", regex(pattern = CIVIL))]
    pub at: Spanned<String>,
    /// It checks the figures that the flow file and the site took from their source. An operator
    /// may change those, so a swap is refused only if such a scenario breaks the flow, not if it
    /// finds another figure.
    #[serde(default)]
    pub figures: bool,
    /// It plays with the flow file and the site file as they are, although the folder has pinned
    /// ones. So a change of these files that breaks it is refused.
    #[serde(default)]
    pub live: bool,
    /// Laid over the flow file's settings.
    #[serde(default)]
    pub settings: serde_json::Map<String, serde_json::Value>,
    /// Laid over the site file: queues, schedules. Agents are this scenario's own, see `agents`.
    #[serde(default)]
    pub site: serde_json::Map<String, serde_json::Value>,
    /// The staff of this scenario, instead of the site's, in this order.
    #[serde(default)]
    pub agents: BTreeMap<String, Agent>,
    /// Whom this scenario knows; if any are named, instead of the site's contacts.
    #[serde(default, rename = "contact")]
    #[schemars(with = "Vec<Contact>")]
    pub contacts: Vec<Spanned<Contact>>,
    /// Who is on duty in this scenario, instead of those on the site's roster of that name; the
    /// first goes before the second.
    #[serde(default)]
    #[schemars(with = "Vec<OnDuty>")]
    pub on_duty: Vec<Spanned<OnDuty>>,
    /// Calls of before the scenario. Those of the scenario itself count as soon as they are over.
    #[serde(default)]
    pub earlier: Vec<Earlier>,
    /// Outside numbers, or settings that hold one, and how they behave. A number that is not named
    /// cannot be reached.
    #[serde(default)]
    pub outside: BTreeMap<String, Phone>,
    /// Where switches stand at the start, such as `{ vcare-hap = "Gesloten" }`. Those that are not
    /// named stand in their normal position.
    #[serde(default)]
    #[schemars(with = "BTreeMap<String, String>")]
    pub switches: BTreeMap<String, Spanned<String>>,
    /// Who calls.
    #[serde(default, rename = "call")]
    pub calls: Vec<Call>,
    /// Campaigns that are opened.
    #[serde(default, rename = "campaign")]
    #[schemars(with = "Vec<Campaign>")]
    pub campaigns: Vec<Spanned<Campaign>>,
    /// What happens meanwhile.
    #[serde(default)]
    #[schemars(with = "Vec<Then>")]
    pub then: Vec<Spanned<Then>>,
    /// What reports must say of all these calls.
    #[serde(default)]
    #[schemars(with = "Vec<Reported>")]
    pub report: Vec<Spanned<Reported>>,
}

/// Figures of a report, as `strowger report` makes it.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Reported {
    /// Of the calls that came in on this day of the site, such as "2026-11-23". Not given: on any.
    pub day: Option<String>,
    /// Of the calls that came in in this hour of the day. Not given: in any.
    #[schemars(range(max = 23))]
    pub hour: Option<u32>,
    /// Of the calls for which the flow noted this, such as `{ clinic = "Cardiologie" }`. Not given:
    /// of all.
    #[serde(default)]
    pub notes: BTreeMap<String, String>,
    /// A wait of so many seconds is none.
    #[serde(default = "twenty")]
    pub at_once: f64,
    /// Each by its name in the report, such as `offered`: numbers of calls, per cent, seconds. Those
    /// of cases have the names that the site file gives them.
    pub figures: BTreeMap<String, Term>,
}

/// An agent: whether logged in, and how the phone behaves.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Agent {
    /// At the start.
    #[serde(default = "yes")]
    pub logged_in: bool,
    /// Paused at the start.
    #[serde(default)]
    pub paused: bool,
    /// The queues; none named: every queue of the site.
    pub queues: Option<Vec<String>>,
    /// What the phone does when it is rung.
    #[serde(default)]
    pub phone: Manner,
    /// Seconds of ringing before it answers or declines.
    #[serde(default = "three")]
    pub after: f64,
    /// Seconds of talking before the agent hangs up.
    #[serde(default = "sixty")]
    pub talks: f64,
    /// What the agent keys.
    #[serde(default)]
    pub keys: Vec<Keyed>,
    /// Seconds that the phone may ring. Not given: as the queue says.
    pub ring_time: Option<f64>,
    /// The phone has a second line: it rings while the agent talks.
    #[serde(default)]
    pub second_line: bool,
}

/// Somebody whom the site knows.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Contact {
    /// Not given: one of its own.
    pub id: Option<String>,
    /// Such as `patient`.
    pub kind: String,
    /// For people.
    #[serde(default)]
    pub name: String,
    /// Telephone numbers.
    #[serde(default)]
    pub numbers: Vec<String>,
    /// Such as a province.
    pub region: Option<String>,
    /// BCP 47.
    pub language: Option<String>,
    /// Agents of this scenario or of the site, the first first.
    #[serde(default)]
    pub responsible: Vec<String>,
    /// Never to be called again.
    #[serde(default)]
    pub do_not_call: bool,
    /// Groups that the contact belongs to.
    #[serde(default)]
    pub tags: Vec<String>,
    /// Further columns of the contact file, such as `{ mail = "an@zorg.example" }`.
    #[serde(default)]
    pub fields: BTreeMap<String, String>,
}

/// A call of before the scenario.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Earlier {
    /// With whom.
    pub number: String,
    /// How many days before the start of the scenario.
    pub days_ago: f64,
    /// The flow that had it. Not given: this one.
    pub flow: Option<String>,
    /// The number that was dialled. Not given: the flow's first.
    pub dialled: Option<String>,
    /// The flow's outcome.
    #[serde(default = "answered")]
    pub outcome: String,
    /// We called.
    #[serde(default)]
    pub outbound: bool,
}

/// Somebody who is on duty.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct OnDuty {
    /// The roster, by its name in the site file; there need not be one.
    pub roster: String,
    /// A number, an extension, `agent:NAME`, or an address in the PBX's own words.
    pub target: String,
    /// Civil date and time of the site, such as "2026-11-23 22:00". Not given: before the scenario.
    #[schemars(regex(pattern = CIVIL))]
    pub from: Option<String>,
    /// Civil date and time of the site. Not given: after the scenario.
    #[schemars(regex(pattern = CIVIL))]
    pub until: Option<String>,
}

/// Telephones in a file of their own: the table `outside` of a scenario.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Phones {
    /// By number, in E.164.
    pub outside: BTreeMap<PhoneNumber, Phone>,
}

/// How a telephone behaves when it is called.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Phone {
    /// What it does.
    #[serde(default)]
    pub phone: Manner,
    /// Seconds of ringing before it answers or declines.
    #[serde(default = "three")]
    pub after: f64,
    /// Seconds of talking before it hangs up.
    #[serde(default = "sixty")]
    pub talks: f64,
    /// What is keyed on it.
    #[serde(default)]
    pub keys: Vec<Keyed>,
}

/// What a telephone does when it is called.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Manner {
    /// Rings, and is answered.
    #[default]
    Answers,
    /// Rings on.
    Rings,
    /// Is busy.
    Busy,
    /// Rings, and is declined.
    Declines,
    /// Cannot be reached.
    Unreachable,
    /// Gives no sign: it does not even ring.
    Silent,
}

/// A caller, and what must come of the call.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Call {
    /// Seconds from the start of the scenario, or civil date and time of the site.
    #[serde(default)]
    pub at: When,
    /// So many callers alike, a second apart, each with a number of its own; 1 if not given.
    #[serde(default = "once")]
    #[schemars(range(min = 1, max = 1000))]
    pub times: u32,
    /// The caller's number, or "withheld". Not given: a number of its own.
    pub from: Option<String>,
    /// The endpoint that the PBX has authenticated: an agent of this scenario, whose phone it is,
    /// or an address. Not given: a call from outside.
    pub endpoint: Option<String>,
    /// The number that is called. Not given: the flow's first.
    pub dials: Option<String>,
    /// Seconds from the call's arrival; not given: the caller waits on and talks on.
    pub hangs_up: Option<Term>,
    /// What the caller keys.
    #[serde(default)]
    pub keys: Vec<Keys>,
    /// What must happen, in this order.
    #[serde(default)]
    #[schemars(with = "Vec<Expect>")]
    pub expect: Vec<Spanned<Expect>>,
    /// What must not happen in this call.
    #[serde(default)]
    #[schemars(with = "Vec<Expect>")]
    pub never: Vec<Spanned<Expect>>,
    /// The outcome on the record.
    #[schemars(with = "Option<String>")]
    pub outcome: Option<Spanned<String>>,
    /// Notes on the record, these among others.
    #[serde(default)]
    #[schemars(with = "BTreeMap<String, String>")]
    pub notes: BTreeMap<String, Spanned<String>>,
    /// Marks on the record, these among others.
    #[serde(default)]
    #[schemars(with = "Vec<String>")]
    pub tags: Vec<Spanned<String>>,
}

/// What a caller keys, and when.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Keys {
    /// Seconds from the call's arrival.
    pub at: f64,
    /// 0-9, * and #.
    pub digits: String,
}

/// What is keyed on a telephone that was called, and when.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Keyed {
    /// Seconds from its answer.
    pub at: f64,
    /// 0-9, * and #.
    pub digits: String,
}

/// Something that must happen, or must not: one of the keys from `hears` to `refused`, and when.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(transform = exactly_one_thing)]
pub struct Expect {
    /// Seconds from the call's arrival, or from the last line with `restart`. Not given: at any
    /// time after the line before.
    pub at: Option<Term>,
    /// How many seconds earlier or later will do; 0.5 if not given.
    pub within: Option<f64>,
    /// The seconds of the lines below count from here.
    #[serde(default)]
    pub restart: bool,
    /// It may happen more often. Without this, what is named here happens as often as it is named.
    #[serde(default)]
    pub repeats: bool,
    /// The caller hears a text (or a part of it), or a recording by name.
    pub hears: Option<String>,
    /// The caller hears music of this class.
    pub music: Option<String>,
    /// The caller begins to wait in this queue, or is offered to it too.
    pub waits_in: Option<String>,
    /// The caller leaves the queues: full, nobody-logged-in, nobody-reachable or caller-gone.
    pub leaves: Option<String>,
    /// This agent's phone rings.
    pub rings: Option<String>,
    /// This agent's phone was not answered.
    pub not_answered_by: Option<String>,
    /// This agent answered, and was gone before that was a conversation.
    pub fumbled_by: Option<String>,
    /// The host pauses this agent, who did not answer several calls in a row.
    pub pauses: Option<String>,
    /// This outside number is dialled.
    pub dials: Option<String>,
    /// The number dialled was not answered: no-answer, busy, declined, unreachable or cancelled.
    pub unanswered: Option<String>,
    /// The caller talks with this agent or number.
    pub talks_with: Option<String>,
    /// Somebody other than the caller talks with this agent or number: an agent consults, say.
    pub consulted: Option<String>,
    /// The caller listens to this agent.
    pub listens_to: Option<String>,
    /// Somebody other than the caller hears a text (or a part of it), or a recording by name.
    pub other_hears: Option<String>,
    /// The operators are warned of this.
    pub alarms: Option<String>,
    /// A mail of this template is sent.
    pub mails: Option<String>,
    /// Something that has to be answered in time is noted: a kind of case of the site file.
    pub opens: Option<String>,
    /// One of the fields of the mail or of what is noted, or an address that the mail goes to,
    /// contains this.
    pub contains: Option<String>,
    /// The caller is hung up on ("us") or hangs up ("caller").
    pub hung_up_by: Option<String>,
    /// An order of this name is refused. Where it is not expected, it fails the scenario.
    pub refused: Option<String>,
}

/// What an agent does, how a telephone behaves from then on, or which switches are turned.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Then {
    /// Seconds from the start of the scenario, or civil date and time of the site.
    pub at: When,
    /// The agent, or the outside number.
    #[serde(default)]
    pub who: String,
    /// What an agent does.
    pub does: Option<Does>,
    /// Switches that are turned, and to which position, such as `{ vcare-hap = "Gesloten" }`.
    #[serde(default)]
    #[schemars(with = "BTreeMap<String, String>")]
    pub turn: BTreeMap<String, Spanned<String>>,
    /// What is done with campaigns, by name: `pause`, `resume`, `stop`, or `choose` and the id of a
    /// contact, such as `{ nacht = "choose els" }`.
    #[serde(default)]
    #[schemars(with = "BTreeMap<String, String>")]
    pub campaign: BTreeMap<String, Spanned<String>>,
    /// What the telephone does from then on.
    pub phone: Option<Manner>,
    /// Seconds of ringing before it answers or declines.
    #[serde(default = "three")]
    pub after: f64,
    /// Seconds of talking before it hangs up.
    #[serde(default = "sixty")]
    pub talks: f64,
    /// What is keyed on it from then on.
    #[serde(default)]
    pub keys: Vec<Keyed>,
}

/// What an agent does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Does {
    /// Logs in.
    LogsIn,
    /// Logs out.
    LogsOut,
    /// Takes no calls for now.
    Pauses,
    /// Takes calls again.
    Ready,
}

fn yes() -> bool {
    true
}

fn answered() -> String {
    "answered".to_owned()
}

fn once() -> u32 {
    1
}

pub(crate) fn three() -> f64 {
    3.0
}

fn twenty() -> f64 {
    20.0
}

pub(crate) fn sixty() -> f64 {
    60.0
}

/// The keys of [`Expect`] of which a line has exactly one.
pub(crate) const THINGS: [&str; 19] = [
    "hears",
    "music",
    "waits_in",
    "leaves",
    "rings",
    "not_answered_by",
    "fumbled_by",
    "pauses",
    "dials",
    "unanswered",
    "talks_with",
    "consulted",
    "listens_to",
    "other_hears",
    "alarms",
    "mails",
    "opens",
    "hung_up_by",
    "refused",
];

/// Says in the schema what the types cannot: a line is about one thing.
fn exactly_one_thing(schema: &mut Schema) {
    let each: Vec<_> =
        THINGS.iter().map(|thing| serde_json::json!({ "required": [thing] })).collect();
    schema.insert("oneOf".to_owned(), serde_json::Value::Array(each));
}

/// The JSON Schema of scenario files, as published in `docs/schemas/scenario.json`.
pub fn schema() -> serde_json::Value {
    schemars::schema_for!(ScenarioFile).to_value()
}

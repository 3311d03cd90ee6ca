//! `site.toml` as it is written. [`crate::site`] is what comes of it.
//!
//! The doc comments here are what an editor shows: they are the descriptions of the published JSON
//! Schema.

pub(crate) mod campaigns;

use crate::{
    caller::CallerFrom,
    numbering::Notation,
    site::{Queue, RingEndpoints, Strategy},
};
use campaigns::CampaignFile;
use schemars::JsonSchema;
use serde::Deserialize;
use std::collections::BTreeMap;

/// What the flows of a site share: queues, agents, schedules, music and prompts. Times are in
/// seconds.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(title = "Strowger site file")]
pub(crate) struct SiteFile {
    /// Time zone of opening hours and of times that are spoken, such as `Europe/Brussels`.
    pub(crate) time_zone: String,
    /// Country whose public holidays are `PH` in schedules: its ISO 3166-1 code, such as `BE`, or its
    /// name.
    /// Also the default of `ringing`, and whose national telephone numbers are known.
    #[serde(default)]
    pub(crate) country: Option<String>,
    /// Language of flows and texts for which no other language is given, such as `nl-BE`.
    pub(crate) language: String,
    /// How phones ring. Without it, as in the country (BE: 1 s of sound, 3 s of silence).
    #[serde(default)]
    pub(crate) ringing: Option<RingingFile>,
    /// Folder of the site's recordings. The path begins at the folder of this file.
    #[serde(default = "prompts")]
    pub(crate) prompts: String,
    /// Lines and trunks, by the name that the PBX gives with a call (`line=` in Asterisk). A line
    /// that is not here is one whose numbers are `guessed`.
    #[serde(default)]
    pub(crate) lines: BTreeMap<String, LineFile>,
    /// Further words that stand for a number that is withheld, on any line. Strowger knows the usual
    /// ones, such as `anonymous`.
    #[serde(default)]
    pub(crate) withheld: Vec<String>,
    /// Further public holidays, such as a day that the employer gives for a holiday on a Sunday.
    #[serde(default)]
    pub(crate) holidays: Vec<HolidayFile>,
    /// Opening hours, by name.
    #[serde(default)]
    pub(crate) schedules: BTreeMap<String, ScheduleFile>,
    /// Queues, by name.
    #[serde(default)]
    pub(crate) queues: BTreeMap<String, QueueFile>,
    /// Agents, by name.
    #[serde(default)]
    pub(crate) agents: BTreeMap<String, AgentFile>,
    /// CSV files of contacts, below the folder of this file, with the columns `id`, `kind`, `name`,
    /// `numbers`, and if wanted `region`, `language`, `responsible`, `do_not_call`,
    /// `tags`.
    #[serde(default)]
    pub(crate) contacts: Vec<String>,
    /// Who is on duty when, by name.
    #[serde(default)]
    pub(crate) rosters: BTreeMap<String, RosterFile>,
    /// Kinds of cases, by name. A case is something that people have to answer later, such as a
    /// complaint.
    #[serde(default)]
    pub(crate) cases: BTreeMap<String, CaseFile>,
    /// Switches, by name. People turn a switch, and flows then treat calls in another way.
    #[serde(default)]
    pub(crate) switches: BTreeMap<String, SwitchFile>,
    /// Templates of campaigns, by name. In a campaign, Strowger calls the people on a list.
    #[serde(default)]
    pub(crate) campaigns: BTreeMap<String, CampaignFile>,
    /// Music: the name that flows and queues use, and the name that the PBX uses for it.
    #[serde(default)]
    pub(crate) music: BTreeMap<String, String>,
    /// A key that has to be pressed at phones outside before anybody is connected, so that no voice
    /// mail takes a caller. Not given: none has to be.
    #[serde(default)]
    pub(crate) confirm: Option<ConfirmFile>,
    /// How texts without a recording are spoken.
    #[serde(default)]
    pub(crate) speech: SpeechFile,
}

fn prompts() -> String {
    "prompts".to_owned()
}

/// A kind of case: how much time there is for an answer (`working_days`, `days` or `hours`), how it
/// may end, and where reports count it.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct CaseFile {
    /// Working days for an answer: all but Saturdays, Sundays and public holidays.
    #[serde(default)]
    #[schemars(range(min = 1, max = 1000))]
    pub(crate) working_days: Option<u32>,
    /// Days of the calendar for an answer.
    #[serde(default)]
    #[schemars(range(min = 1, max = 1000))]
    pub(crate) days: Option<u32>,
    /// Hours for an answer, by day and by night.
    #[serde(default)]
    #[schemars(range(min = 1, max = 1000))]
    pub(crate) hours: Option<u32>,
    /// How a case may end, such as `founded`. Without it, a case may be closed in any words.
    #[serde(default)]
    pub(crate) outcomes: Vec<String>,
    /// The column of reports that counts these cases. Without it, the column has the name of the
    /// kind. Kinds with the same column are counted together.
    #[serde(default)]
    pub(crate) column: Option<String>,
    /// The column of reports that says how many per cent of the answered calls opened no such case.
    /// Without it, there is no such column.
    #[serde(default)]
    pub(crate) column_without: Option<String>,
}

/// A switch.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct SwitchFile {
    /// Its name before. It stands where it stood, its history goes on, and callers who wait for a
    /// turn of it are told.
    #[serde(default)]
    pub(crate) was: Option<String>,
    /// What people call it. Lists of switches are in the order of this. Without it, the name in this
    /// file.
    #[serde(default)]
    pub(crate) label: Option<String>,
    /// The positions that it has. The first is the normal one: a switch that was never turned stands
    /// there. What a position leads to is said in the flows that read the switch.
    #[schemars(length(min = 2, max = 10), inner(length(min = 1)))]
    pub(crate) positions: Vec<String>,
    /// Code of 2 or 3 digits by which it is turned from a phone.
    #[serde(default)]
    #[schemars(regex(pattern = "^[0-9]{2,3}$"))]
    pub(crate) code: Option<String>,
    /// The agents who may turn it from a phone. Everybody who can reach the host may turn it with
    /// `strowger switch` and by the API.
    #[serde(default)]
    pub(crate) turned_by: Vec<String>,
}

/// How phones ring: what "at most 8 rings" means.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct RingingFile {
    /// Seconds of sound.
    #[schemars(range(min = 0.1, max = 10))]
    pub(crate) on: f64,
    /// Seconds of silence after it.
    #[schemars(range(min = 0.1, max = 10))]
    pub(crate) off: f64,
}

/// A line or trunk.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct LineFile {
    /// How the line delivers the numbers of callers, and those that they dialled.
    #[serde(default)]
    pub(crate) numbers: Notation,
    /// What is believed of who calls: what the PBX shows, or a header of SIP.
    #[serde(default)]
    pub(crate) caller: CallerFrom,
    /// Further words of this line that stand for a number that is withheld.
    #[serde(default)]
    pub(crate) withheld: Vec<String>,
}

/// A further public holiday.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct HolidayFile {
    /// The day, such as `2027-05-03`.
    #[schemars(extend("format" = "date"))]
    pub(crate) date: String,
    /// What is celebrated, or why the day is free.
    pub(crate) name: String,
}

/// Opening hours.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ScheduleFile {
    /// As in OpenStreetMap, such as `Mo-Fr 09:00-16:00; PH off`. `PH` is a public holiday. If two
    /// rules apply to a day, the later rule counts.
    pub(crate) hours: String,
    /// Days that are otherwise.
    #[serde(default)]
    pub(crate) exceptions: Vec<ExceptionFile>,
}

/// A day, or several days, with other hours.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ExceptionFile {
    /// The day, or the first of them, such as `2026-12-24`.
    #[schemars(extend("format" = "date"))]
    pub(crate) date: String,
    /// The last of the days.
    #[serde(default)]
    #[schemars(extend("format" = "date"))]
    pub(crate) until: Option<String>,
    /// The reason, for flows and reports.
    pub(crate) name: String,
    /// `off`, or the hours of these days, such as `10:00-12:00,13:00-16:00`.
    pub(crate) hours: String,
}

/// A queue.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct QueueFile {
    /// Its name before. Callers who wait in it stay where they are.
    #[serde(default)]
    pub(crate) was: Option<String>,
    /// The agents whose phones ring, in this order.
    #[serde(default)]
    pub(crate) agents: Vec<String>,
    /// Whose phone rings next.
    #[serde(default)]
    pub(crate) strategy: Strategy,
    /// How many callers may wait. Without it, any number.
    #[serde(default)]
    pub(crate) cap: Option<u32>,
    /// Seconds that a phone rings before the phone of the next agent rings.
    #[serde(default = "ring_time")]
    #[schemars(range(min = 1, max = 600))]
    pub(crate) ring_time: f64,
    /// Seconds after a conversation in which the agent gets no call.
    #[serde(default)]
    #[schemars(range(min = 0, max = 3600))]
    pub(crate) wrap_up: f64,
    /// Seconds in which an agent who did not answer, or was gone at once, gets no call.
    #[serde(default = "retry_after")]
    #[schemars(range(min = 0, max = 3600))]
    pub(crate) retry_after: f64,
    /// Pause an agent who let so many calls in a row ring without an answer. Without it, the agent
    /// is never paused for this.
    #[serde(default)]
    #[schemars(range(min = 1, max = 100))]
    pub(crate) pause_after: Option<u32>,
    /// A conversation that the agent ends within so many seconds is none: the caller keeps the
    /// place in the queue. 0: each is one.
    #[serde(default = "too_short")]
    #[schemars(range(min = 0, max = 10))]
    pub(crate) too_short: f64,
    /// Music that callers hear, unless the flow says otherwise.
    #[serde(default)]
    pub(crate) music: Option<String>,
    /// Code of 2 or 3 digits by which agents join and leave the queue from a phone.
    #[serde(default)]
    #[schemars(regex(pattern = "^[0-9]{2,3}$"))]
    pub(crate) code: Option<String>,
    /// Seconds within which a caller should be answered. `strowger queues` shows for how many
    /// callers this was so.
    #[serde(default = "answer_within")]
    #[schemars(range(min = 0, max = 3600))]
    pub(crate) answer_within: f64,
    /// Callers leave the queue when no agent is logged in.
    #[serde(default = "yes")]
    pub(crate) leave_when_empty: bool,
    /// An urgent line. If no agent is free, the phone of an agent who talks rings on a second line.
    /// If the agent answers, the first caller hears music. When the urgent call is over, the agent
    /// talks with the first caller again.
    #[serde(default)]
    pub(crate) interrupts: bool,
    /// Ring also agents who are in a call of their own, which did not come by Strowger.
    #[serde(default)]
    pub(crate) ring_busy: bool,
}

fn ring_time() -> f64 {
    20.0
}

fn answer_within() -> f64 {
    20.0
}

fn retry_after() -> f64 {
    5.0
}

fn too_short() -> f64 {
    Queue::TOO_SHORT.as_secs_f64()
}

fn yes() -> bool {
    true
}

/// An agent.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct AgentFile {
    /// The agent's name in this file before. The agent's conversation goes on, and reports count
    /// the calls of both names together.
    #[serde(default)]
    pub(crate) was: Option<String>,
    /// The agent's name, for people. Without it, the name in this file.
    #[serde(default)]
    pub(crate) name: Option<String>,
    /// Phones of the agent, in the order in which they ring.
    #[schemars(length(min = 1))]
    pub(crate) endpoints: Vec<EndpointFile>,
    /// How the phones ring: one after another (`one-by-one`), or all at once (`together`).
    #[serde(default)]
    pub(crate) ring_endpoints: RingEndpoints,
    /// Logged in from the first time on that the host reads this. Changed from false to true, it
    /// logs the agent in at once. What the agent does afterwards counts, also after a restart.
    #[serde(default)]
    pub(crate) logged_in: bool,
    /// Extension of 3 or 4 digits, under which colleagues reach the agent, and by which the agent
    /// logs in at a phone.
    #[serde(default)]
    #[schemars(regex(pattern = "^[0-9]{3,4}$"))]
    pub(crate) extension: Option<String>,
    /// The hash of the agent's PIN, as `strowger pin` prints it. The agent needs the PIN at phones
    /// that are not the agent's own.
    #[serde(default)]
    pub(crate) pin: Option<String>,
}

/// A phone.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct EndpointFile {
    /// A number (`+32470123456`), an extension (`101`), or an address as the PBX writes it
    /// (`PJSIP/anna`).
    pub(crate) address: String,
    /// Seconds that it rings. Without it, as the queue says.
    #[serde(default)]
    #[schemars(range(min = 1, max = 600))]
    pub(crate) ring_time: Option<f64>,
    /// Whether the key of `[confirm]` has to be pressed here. Not given: at a number only.
    #[serde(default)]
    pub(crate) confirm: Option<bool>,
}

/// What is asked for at phones that might have a voice mail: those with a number, unless their
/// endpoint says otherwise.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ConfirmFile {
    /// The key.
    #[serde(default = "confirm_key")]
    #[schemars(regex(pattern = "^[0-9*#]$"))]
    pub(crate) key: String,
    /// What whoever answers is told, such as `A caller waits: press 1.`
    #[schemars(length(min = 1))]
    pub(crate) text: String,
}

fn confirm_key() -> String {
    "1".to_owned()
}

/// A roster.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct RosterFile {
    /// A CSV file below the folder of this file, with the columns `from`, `until` (date and time of
    /// the site, such as `2026-11-23 22:00`) and `target` (a number, an extension, `agent:NAME`, or
    /// an address as the PBX writes it).
    pub(crate) file: String,
    /// The schedule in whose hours somebody must be on duty. `strowger check` and `strowger status`
    /// name the hours for which the roster has nobody. Without it, they only say when the roster
    /// ends soon.
    #[serde(default)]
    pub(crate) schedule: Option<String>,
    /// For so many days ahead the roster must be complete. 0: nobody is told.
    #[serde(default = "complete_for")]
    #[schemars(range(min = 0, max = 366))]
    pub(crate) complete_for: u32,
}

fn complete_for() -> u32 {
    7
}

/// The command that speaks a text, started without a shell.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct SpeechFile {
    /// The program: its name, if it is in the search path, or its file.
    #[serde(default = "program")]
    pub(crate) program: String,
    /// The arguments of the program. Strowger fills in `{voice}`, `{text_file}` and `{out}`.
    #[serde(default = "args")]
    pub(crate) args: Vec<String>,
    /// What `{voice}` is for each language (`nl-BE` is used before `nl`).
    #[serde(default)]
    pub(crate) voices: BTreeMap<String, String>,
    /// Seconds that the program may take for one text.
    #[serde(default = "timeout")]
    #[schemars(range(min = 1, max = 600))]
    pub(crate) timeout: f64,
}

impl Default for SpeechFile {
    fn default() -> Self {
        Self { program: program(), args: args(), voices: BTreeMap::new(), timeout: timeout() }
    }
}

fn program() -> String {
    "espeak-ng".to_owned()
}

fn args() -> Vec<String> {
    ["-v", "{voice}", "-f", "{text_file}", "-w", "{out}"].map(str::to_owned).to_vec()
}

fn timeout() -> f64 {
    10.0
}

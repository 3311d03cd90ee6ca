//! A flow file as it is written. [`crate::flow`] is what comes of it, together with its plugin and
//! the site.
//!
//! The doc comments here are what an editor shows: they are the descriptions of the published JSON
//! Schema.

use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::{Map, Value};
use std::collections::BTreeMap;

/// A flow: a plugin, the numbers that it serves, its settings, and what it may do.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(title = "Strowger flow file")]
pub(crate) struct FlowFile {
    /// The plugin: the file `NAME.wasm` beside this file, else in the folder of plugins.
    #[expect(dead_code, reason = "read before all else, to find the plugin")]
    pub(crate) plugin: String,
    /// Numbers that the flow serves: digits, an optional `+` in front, `X` for any digit, `*` at
    /// the end for any rest of digits. Elsewhere `*` and `#` are keys, as in the code `*48*XX`.
    #[serde(default)]
    pub(crate) numbers: Vec<String>,
    /// Language of texts that name none, such as `nl-BE`. Without it the site's.
    #[serde(default)]
    pub(crate) language: Option<String>,
    /// Number that is shown when the flow dials, such as `+3227138700`.
    #[serde(default)]
    pub(crate) caller_id: Option<String>,
    /// Where calls go that the flow cannot serve: `pbx` (the PBX's own route), a number, an
    /// extension, or an address in the PBX's own words.
    #[serde(default = "pbx")]
    pub(crate) fallback: String,
    /// What the flow may touch. What is not granted is refused.
    #[serde(default)]
    pub(crate) permissions: PermissionsFile,
    /// Texts of the mails that the flow sends, by name. `[permissions] mail` says to whom.
    #[serde(default)]
    pub(crate) mails: BTreeMap<String, MailFile>,
    /// Who is told of cases that the flow notes, by the kinds of the site file. Of other kinds nobody
    /// is told.
    #[serde(default)]
    pub(crate) cases: BTreeMap<String, CaseFile>,
    /// How much the flow may use.
    #[serde(default)]
    pub(crate) limits: LimitsFile,
    /// Settings of the plugin, as its own schema says.
    #[serde(default)]
    pub(crate) settings: Map<String, Value>,
}

fn pbx() -> String {
    "pbx".to_owned()
}

/// What a flow may touch.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct PermissionsFile {
    /// Patterns of numbers and extensions that may be dialled and transferred to, such as `+32*` or
    /// `1XX`.
    pub(crate) dial: Vec<String>,
    /// Addresses in the PBX's own words that may be dialled and transferred to, such as
    /// `PJSIP/gate`.
    pub(crate) addresses: Vec<String>,
    /// Queues of the site. Their agents may be asked for by name, too.
    pub(crate) queues: Vec<String>,
    /// Further agents that may be asked for or dialled.
    pub(crate) agents: Vec<String>,
    /// Whose conversations may be listened to: all agents of a queue, or one, as `agent:NAME`.
    pub(crate) listen: Vec<String>,
    /// Agents who may be logged in and out, paused, and put into and out of queues, once they have
    /// proven who they are; `*` for all of the site.
    pub(crate) log_in: Vec<String>,
    /// Patterns of numbers that may be shown besides `caller_id`.
    pub(crate) caller_ids: Vec<String>,
    /// Mail addresses, or `*@` and a domain.
    pub(crate) mail: Vec<String>,
    /// Switches that may be turned.
    pub(crate) switches: Vec<String>,
    /// Flows that may take a call over.
    pub(crate) flows: Vec<String>,
}

/// A mail, in which `{field}` stands for a field that the flow gives; `{{` and `}}` are the signs
/// themselves.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct MailFile {
    /// One line.
    pub(crate) subject: String,
    /// Plain text.
    pub(crate) text: String,
}

/// Who is told of a case when the flow notes it.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct CaseFile {
    /// Their mail addresses. They get the mail of `[mails]` that is named like the kind of case; it
    /// may name the fields of the case, and `{case}`, `{opened}` and `{due}`.
    pub(crate) mail_to: Vec<String>,
}

/// How much a flow may use.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct LimitsFile {
    /// Milliseconds of CPU time for a step.
    #[schemars(range(min = 1, max = 10_000))]
    pub(crate) step_ms: u64,
    /// Mebibytes of memory of an instance of the plugin.
    #[schemars(range(min = 1, max = 4096))]
    pub(crate) memory_mib: usize,
    /// Kibibytes of state of a call.
    #[schemars(range(min = 1, max = 1024))]
    pub(crate) state_kib: usize,
    /// Orders that a step may give.
    #[schemars(range(min = 1, max = 10_000))]
    pub(crate) orders: usize,
    /// Steps in the life of a call.
    #[schemars(range(min = 1, max = 1_000_000))]
    pub(crate) steps: u32,
    /// Steps of a call because of one event from outside of it. What an order brings about at once
    /// counts for the event at which it was given.
    #[schemars(range(min = 1, max = 100_000))]
    pub(crate) steps_in_a_row: u32,
    /// Milliseconds of processor time, within a second, for all calls of the flow together. What
    /// was not used is kept for at most two seconds. A call whose turn does not come within five
    /// seconds goes to the fallback.
    #[schemars(range(min = 1, max = 64_000))]
    pub(crate) processor_ms: u64,
    /// Lines that all calls of the flow together write to the log in a minute. Further ones are
    /// dropped, and the log says so once in a minute.
    #[schemars(range(min = 0, max = 100_000))]
    pub(crate) log_lines: u32,
    /// Kibibytes of notes and tags in the record of a call.
    #[schemars(range(min = 1, max = 1024))]
    pub(crate) notes_kib: usize,
    /// Orders of a call that are not finished, at once.
    #[schemars(range(min = 1, max = 10_000))]
    pub(crate) open_orders: u32,
    /// Legs that a call dials in all its life.
    #[schemars(range(min = 0, max = 100_000))]
    pub(crate) dials: u32,
    /// Mails of a call in all its life, one for each recipient.
    #[schemars(range(min = 0, max = 100_000))]
    pub(crate) mails: u32,
    /// Cases that a call notes in all its life.
    #[schemars(range(min = 0, max = 10_000))]
    pub(crate) cases: u32,
    /// Alarms of a call in all its life.
    #[schemars(range(min = 0, max = 10_000))]
    pub(crate) alarms: u32,
    /// Calls at once; further ones go to the fallback.
    #[schemars(range(min = 1, max = 1_000_000))]
    pub(crate) calls: u32,
}

impl Default for LimitsFile {
    fn default() -> Self {
        Self {
            step_ms: 50,
            memory_mib: 64,
            state_kib: 64,
            orders: 64,
            steps: 10_000,
            steps_in_a_row: 500,
            processor_ms: 500,
            log_lines: 600,
            notes_kib: 64,
            open_orders: 256,
            dials: 500,
            mails: 200,
            cases: 50,
            alarms: 100,
            calls: 10_000,
        }
    }
}

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
    /// The plugin: the file `NAME.wasm` in the folder of this file, or else in the folder of
    /// plugins.
    #[expect(dead_code, reason = "read before all else, to find the plugin")]
    pub(crate) plugin: String,
    /// Numbers that the flow serves: digits, with or without `+` in front. `X` stands for any
    /// digit, and `*` at the end for any further digits. Elsewhere `*` and `#` are keys, as in the
    /// code `*48*XX`.
    #[serde(default)]
    pub(crate) numbers: Vec<String>,
    /// Language of texts for which the plugin gives none, such as `nl-BE`. Without it, the language
    /// of the site.
    #[serde(default)]
    pub(crate) language: Option<String>,
    /// Number that is shown when the flow dials, such as `+3227138700`. Without it, the number that
    /// the caller dialled, if the flow serves it, or else the first of `numbers`.
    #[serde(default)]
    pub(crate) caller_id: Option<String>,
    /// Where a call goes when the flow cannot serve it: `pbx` (the PBX's own route), a number, an
    /// extension, or an address as the PBX writes it.
    #[serde(default = "pbx")]
    pub(crate) fallback: String,
    /// What the flow may do. Everything else is refused.
    #[serde(default)]
    pub(crate) permissions: PermissionsFile,
    /// Texts of the mails that the flow sends, by name. `[permissions] mail` says to whom.
    #[serde(default)]
    pub(crate) mails: BTreeMap<String, MailFile>,
    /// Who gets a mail when the flow opens a case, for each kind of case of the site file. For a
    /// kind that is not here, nobody gets a mail.
    #[serde(default)]
    pub(crate) cases: BTreeMap<String, CaseFile>,
    /// How much the flow may use.
    #[serde(default)]
    pub(crate) limits: LimitsFile,
    /// Settings of the plugin, as its own schema says.
    #[expect(dead_code, reason = "checked and used as they stand in the file")]
    #[serde(default)]
    pub(crate) settings: Map<String, Value>,
}

fn pbx() -> String {
    "pbx".to_owned()
}

/// What a flow may do.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct PermissionsFile {
    /// Patterns of numbers and extensions that may be dialled and transferred to, such as `+32*` or
    /// `1XX`.
    pub(crate) dial: Vec<String>,
    /// Addresses as the PBX writes them, such as `PJSIP/gate`, that may be dialled and transferred
    /// to.
    pub(crate) addresses: Vec<String>,
    /// Queues of the site in which callers may wait. Callers may also wait for their agents by
    /// name.
    pub(crate) queues: Vec<String>,
    /// Further agents for whom callers may wait by name, and who may be dialled.
    pub(crate) agents: Vec<String>,
    /// Whose conversations a listener may hear: those of all agents of a queue (its name), or of
    /// one agent (`agent:NAME`).
    pub(crate) listen: Vec<String>,
    /// Agents for whom the flow may act, once they have shown who they are: log in and out, pause,
    /// join and leave queues. `*` means all agents of the site.
    pub(crate) log_in: Vec<String>,
    /// Patterns of numbers that may be shown instead of `caller_id`.
    pub(crate) caller_ids: Vec<String>,
    /// Mail addresses to which mail may go. `*@` and a domain means all addresses of the domain;
    /// `*` means all addresses.
    pub(crate) mail: Vec<String>,
    /// Switches that may be turned.
    pub(crate) switches: Vec<String>,
    /// Templates of campaigns that the flow may open, stop and read, and whose places it may give
    /// away. `*` means all templates of the site.
    pub(crate) campaigns: Vec<String>,
    /// Flows that may take a call over.
    pub(crate) flows: Vec<String>,
}

/// A mail. `{field}` stands for a field that the flow gives. `{{` and `}}` stand for the braces
/// themselves.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct MailFile {
    /// One line.
    pub(crate) subject: String,
    /// Plain text.
    pub(crate) text: String,
}

/// Who gets a mail when the flow opens a case.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct CaseFile {
    /// Their mail addresses. They get the mail of `[mails]` that has the name of the kind of case.
    /// It may use the fields of the case, and `{case}`, `{opened}` and `{due}`.
    pub(crate) mail_to: Vec<String>,
}

/// How much a flow may use.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct LimitsFile {
    /// Milliseconds of processor time that a step may use.
    #[schemars(range(min = 1, max = 10_000))]
    pub(crate) step_ms: u64,
    /// Mebibytes of memory that an instance of the plugin may use.
    #[schemars(range(min = 1, max = 4096))]
    pub(crate) memory_mib: usize,
    /// Kibibytes that the state of a call may have.
    #[schemars(range(min = 1, max = 1024))]
    pub(crate) state_kib: usize,
    /// Orders that a step may give.
    #[schemars(range(min = 1, max = 10_000))]
    pub(crate) orders: usize,
    /// Steps that a call may take in all.
    #[schemars(range(min = 1, max = 1_000_000))]
    pub(crate) steps: u32,
    /// Steps that one event from outside may cause in a call. Steps that an order causes at once
    /// belong to the event after which the order was given.
    #[schemars(range(min = 1, max = 100_000))]
    pub(crate) steps_in_a_row: u32,
    /// Milliseconds of processor time that all calls of the flow together may use in each second.
    /// Unused time is kept for at most two seconds. A call that has to wait for more than five
    /// seconds goes to the fallback.
    #[schemars(range(min = 1, max = 64_000))]
    pub(crate) processor_ms: u64,
    /// Lines that all calls of the flow together may write to the log in a minute. Further ones are
    /// dropped, and the log says so once in a minute.
    #[schemars(range(min = 0, max = 100_000))]
    pub(crate) log_lines: u32,
    /// Kibibytes of notes and tags that the record of a call may have.
    #[schemars(range(min = 1, max = 1024))]
    pub(crate) notes_kib: usize,
    /// Unfinished orders that a call may have at the same time.
    #[schemars(range(min = 1, max = 10_000))]
    pub(crate) open_orders: u32,
    /// Legs that a call may dial in all.
    #[schemars(range(min = 0, max = 100_000))]
    pub(crate) dials: u32,
    /// Mails that a call may order in all. Each recipient counts as one.
    #[schemars(range(min = 0, max = 100_000))]
    pub(crate) mails: u32,
    /// Cases that a call may open in all.
    #[schemars(range(min = 0, max = 10_000))]
    pub(crate) cases: u32,
    /// Alarms that a call may order in all.
    #[schemars(range(min = 0, max = 10_000))]
    pub(crate) alarms: u32,
    /// Calls that the flow may have at the same time. Further calls go to the fallback.
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

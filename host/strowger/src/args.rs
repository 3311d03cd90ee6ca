//! The command line as people type it. The doc comments are its help.

use crate::when::When;
use clap::{Args, Parser, Subcommand};
use std::path::PathBuf;
use strowger_model::{CallId, CaseKind, command::Field};

/// A plugin host for telephony flows.
///
/// A flow decides what happens to a call: whom to ring, what the caller hears, when to give up and
/// how. The PBX keeps the media; Strowger keeps the decisions. Flows are plugins (WebAssembly) and
/// flow files (TOML); they are swapped while calls are up.
#[derive(Debug, Parser)]
#[command(
    name = "strowger",
    version,
    arg_required_else_help = true,
    after_help = "First steps:\n  strowger demo                 watch calls being served, no PBX needed\n  strowger check flows          say what is wrong with flow files\n  strowger test flows           play the scenarios of every flow\n  strowger serve                serve calls"
)]
pub(crate) struct Cli {
    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Serve calls, until told to stop
    ///
    /// Reads `strowger.toml`, loads the flows, connects to the PBX and serves. Changed flow files
    /// and plugins are taken over while calls are up; what is wrong is logged, and the version of
    /// before goes on serving.
    ///
    /// SIGTERM or SIGINT: new calls go to the PBX's own route, and the host ends when its last call
    /// has, at most after `drain` seconds. A second signal ends it at once; calls stay at the PBX
    /// as they are.
    Serve(Serve),
    /// Say what is wrong with flow files
    ///
    /// Checks everything that can be checked without serving a call: syntax, settings against the
    /// plugin's schema, names, numbers, opening hours, permissions. Then plays the scenarios with
    /// every step taken twice, on a reused instance and on a fresh one: a flow must decide the same
    /// both times. All that is wrong is said at once.
    ///
    /// Ends with 0 if all is good, else with 1.
    Check(Check),
    /// Play the scenarios of flows, under virtual time
    ///
    /// PATH is a folder of flows, one flow, or one scenario file. For a scenario that fails: what
    /// was expected, what happened, and the whole of its calls.
    ///
    /// Ends with 0 if all passed, else with 1.
    Test(Test),
    /// Show what is loaded: versions, calls on each, what is wrong
    Flows(Flows),
    /// Show the queues: who waits, who is there, and what came of callers today
    ///
    /// Today is since midnight at the site, or since the host started. Offered: came into the
    /// queue. Answered: got an agent of it; the percentage of those within the queue's
    /// `answer_within`. Left: were sent away or moved on. Abandoned: hung up. The others wait.
    Queues(Floor),
    /// Show the agents: what each is doing, since when, where, and for which queues
    Agents(Floor),
    /// Read a PIN and print its hash, for an agent in the site file
    ///
    /// Reads one line of standard input. The hash (argon2id) goes into `[agents.NAME]`; the PIN
    /// itself is written down nowhere.
    #[command(after_help = "Example:\n  strowger pin\n  echo 2580 | strowger pin")]
    Pin,
    /// Bring a call in and watch it
    ///
    /// The host must be running. With the sim, a simulated caller calls; with a real PBX say with
    /// --via how a call gets from the PBX to the host.
    #[command(
        after_help = "Examples:\n  strowger call +3292000300\n  strowger call +3292000300 --from +32470123456 --patience 60\n  strowger call 3000 --via Local/3000@incoming"
    )]
    Call(Call),
    /// Watch calls being served, no PBX needed
    ///
    /// Starts a host on the sim with a copy of your flows, shortens the waits, and plays callers
    /// and agents. The flow is swapped meanwhile, once well and once with a mistake in it.
    Demo(Demo),
    /// Show the records of calls
    ///
    /// Whoever called, what came of it, by whom and after how long. Works beside a running host.
    #[command(
        after_help = "Examples:\n  strowger records --since 1d\n  strowger records --since 2026-11-01 --flow helpdesk --csv > november.csv"
    )]
    Records(Records),
    /// Show what calls came to: offered, answered, waits, by flow, agent, hour, or what a flow
    /// notes
    ///
    /// At once is who waited no longer than --at-once says. Who gave up waiting, or was turned
    /// away, is lost. Works beside a running host.
    #[command(
        after_help = "Examples:\n  strowger report --since 7d\n  strowger report --since 2026-11-01 --flow contact-centre --by note:clinic --csv > clinics.csv"
    )]
    Report(Report),
    /// Show mail that flows ordered and that is not sent yet, or was given up
    ///
    /// With whom it goes to and what the mail server said, never with what it says. Works beside a
    /// running host.
    #[command(after_help = "Examples:\n  strowger mails\n  strowger mails --all --since 1d")]
    Mails(Mails),
    /// List what has to be answered in time, such as complaints; close one, add one, note more of
    /// one, or export a quarter
    ///
    /// Works beside a running host.
    #[command(
        after_help = "Examples:\n  strowger cases\n  strowger cases close 038g0xwfyg000-3-1 --outcome founded\n  strowger cases add complaint --flow helpdesk --field name=Jan --field what=Wachttijd\n  strowger cases export --quarter 2026Q4 > complaints.csv"
    )]
    Cases(Cases),
    /// Run recorded calls again, and show where a flow decides otherwise
    ///
    /// The flow is told again what it was told, and its questions are answered as they were; its
    /// orders are compared with those that were recorded, up to the first that differs. With
    /// --plugin, a new plugin takes the place of the recorded one, under the same settings: what
    /// would it have done with the calls of last week? Nothing is rung, dialled or mailed. Works
    /// beside a running host.
    ///
    /// Ends with 0 if all orders were the same, else with 1.
    #[command(
        after_help = "Examples:\n  strowger replay 038g0xwfyg000\n  strowger replay 038g0xwfyg000 --plugin new/helpdesk.wasm\n  strowger replay --since 7d --plugin new/helpdesk.wasm"
    )]
    Replay(Replay),
    /// Erase personal data from the journal
    ///
    /// Of the calls meant: their steps are deleted, and their records lose the caller's number and
    /// the notes. Times, outcome and figures stay, so that reports remain right. Calls that are not
    /// over are left alone. Works beside a running host.
    #[command(
        after_help = "Examples:\n  strowger erase +32470123456\n  strowger erase --older-than 30d"
    )]
    Erase(Erase),
    /// A simulated PBX as a process of its own
    ///
    /// Connects to a host whose `strowger.toml` says adapter = "remote", and again whenever the
    /// host has gone: its callers live on meanwhile, and new ones take the PBX's own route. One
    /// line of JSON on standard output for each change, at most one in STATUS milliseconds;
    /// standard input takes lines: `status`, `hears`, `call NUMBER [FROM]`.
    #[command(
        after_help = "Example:\n  strowger sim --token-file token --callers 20 --rate 2 --to +3292000300 --patience 60 --answer-after 3 --talk 20"
    )]
    Sim(Sim),
    /// For authors of PBX adapters: docs/write-an-adapter.md
    Adapter(Adapter),
    /// Print the JSON Schema of a kind of file, for editors, or of the messages of an adapter
    Schema(Schema),
    /// Print completions for a shell
    #[command(
        after_help = "Example:\n  strowger completions bash > ~/.local/share/bash-completion/completions/strowger"
    )]
    Completions {
        /// For which shell.
        shell: clap_complete::Shell,
    },
}

#[derive(Debug, Args)]
pub(crate) struct ConfigFile {
    /// The host's configuration
    #[arg(long, value_name = "FILE", default_value = "strowger.toml", env = "STROWGER_CONFIG")]
    pub(crate) config: PathBuf,
}

#[derive(Debug, Args)]
pub(crate) struct Serve {
    #[command(flatten)]
    pub(crate) config: ConfigFile,
}

#[derive(Debug, Args)]
pub(crate) struct Plugins {
    /// Folder of plugins
    #[arg(long, value_name = "DIR", default_value = "plugins", env = "STROWGER_PLUGINS")]
    pub(crate) plugins: PathBuf,
    /// Folder in which compiled plugins are kept
    #[arg(long, value_name = "DIR", env = "STROWGER_CACHE")]
    pub(crate) cache: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub(crate) struct Check {
    /// A folder of flows, or one flow
    #[arg(value_name = "PATH", default_value = "flows")]
    pub(crate) path: PathBuf,
    #[command(flatten)]
    pub(crate) plugins: Plugins,
    /// Leave the scenarios out
    #[arg(long)]
    pub(crate) files_only: bool,
}

#[derive(Debug, Args)]
pub(crate) struct Test {
    /// A folder of flows, one flow, or one scenario file
    #[arg(value_name = "PATH", default_value = "flows")]
    pub(crate) path: PathBuf,
    #[command(flatten)]
    pub(crate) plugins: Plugins,
    /// Show the calls of scenarios that pass, too
    #[arg(long, short)]
    pub(crate) verbose: bool,
    /// Alter each figure of the flow in turn, and show which scenario notices
    ///
    /// Fails if none does: then that figure could be changed by mistake and nobody would know.
    #[arg(long)]
    pub(crate) figures: bool,
}

#[derive(Debug, Args)]
pub(crate) struct Flows {
    #[command(flatten)]
    pub(crate) host: Host,
    /// As JSON
    #[arg(long, global = true)]
    pub(crate) json: bool,
    #[command(subcommand)]
    pub(crate) action: Option<FlowsAction>,
}

#[derive(Debug, Args)]
pub(crate) struct Floor {
    #[command(flatten)]
    pub(crate) host: Host,
    /// As JSON
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Debug, Subcommand)]
pub(crate) enum FlowsAction {
    /// Give new calls the version of before, until the flow's files change
    ///
    /// Calls in progress stay on the version that they began on. A second time undoes the first.
    Rollback {
        /// The flow.
        name: String,
    },
}

#[derive(Debug, Args)]
pub(crate) struct Host {
    #[command(flatten)]
    pub(crate) config: ConfigFile,
    /// The running host's control socket, instead of the one that the configuration names
    #[arg(long, value_name = "FILE", env = "STROWGER_CONTROL", global = true)]
    pub(crate) control: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub(crate) struct Call {
    /// The number to call
    pub(crate) number: String,
    /// The caller's number; "withheld" for none
    #[arg(long, value_name = "NUMBER", default_value = "+32470000000")]
    pub(crate) from: String,
    /// Seconds after which the caller hangs up
    #[arg(long, value_name = "SECONDS", default_value_t = 120)]
    pub(crate) patience: u64,
    /// What the caller keys, and when: SECONDS:DIGITS, such as 5:1
    #[arg(long, value_name = "SECONDS:DIGITS")]
    pub(crate) key: Vec<String>,
    /// With a real PBX: the address, in its own words, that leads a call to the host
    #[arg(long, value_name = "ADDRESS")]
    pub(crate) via: Option<String>,
    #[command(flatten)]
    pub(crate) host: Host,
}

#[derive(Debug, Args)]
pub(crate) struct Demo {
    /// Folder of flows; it is copied, and stays as it is
    #[arg(long, value_name = "DIR", default_value = "flows")]
    pub(crate) flows: PathBuf,
    #[command(flatten)]
    pub(crate) plugins: Plugins,
    /// End when the calls are served, with 0 if they went as they should
    #[arg(long)]
    pub(crate) exit: bool,
}

#[derive(Debug, Args)]
pub(crate) struct Records {
    #[command(flatten)]
    pub(crate) config: ConfigFile,
    #[command(flatten)]
    pub(crate) which: Which,
    /// Only of the caller with this number
    #[arg(long, value_name = "NUMBER")]
    pub(crate) caller: Option<String>,
    /// Only the latest so many
    #[arg(long, value_name = "COUNT")]
    pub(crate) limit: Option<u32>,
    /// As JSON, one record a line
    #[arg(long, conflicts_with = "csv")]
    pub(crate) json: bool,
    /// As CSV
    #[arg(long)]
    pub(crate) csv: bool,
}

#[derive(Debug, Args)]
pub(crate) struct Report {
    #[command(flatten)]
    pub(crate) config: ConfigFile,
    #[command(flatten)]
    pub(crate) which: Which,
    /// What the calls of a line have in common: flow, dialled, agent, outcome, day, hour, or
    /// note:KEY
    #[arg(long, value_name = "WHAT", default_value_t = By::Flow)]
    pub(crate) by: By,
    /// A wait of so many seconds is none
    #[arg(long, value_name = "SECONDS", default_value_t = 20)]
    pub(crate) at_once: u64,
    /// Only calls with this mark, such as `repeat`, and no cases but theirs
    #[arg(long, value_name = "MARK")]
    pub(crate) tag: Option<String>,
    /// What was sent on each day, such as invitations, as CSV with the column `day` and one more,
    /// whose name is yours: the report, by day, sets the calls against it
    #[arg(long, value_name = "FILE")]
    pub(crate) against: Option<PathBuf>,
    /// How many of these bring one call, as is expected; the report then has a column `forecast`
    #[arg(long, value_name = "COUNT", value_parser = clap::value_parser!(u32).range(1..), requires = "against")]
    pub(crate) one_in: Option<u32>,
    /// As CSV
    #[arg(long)]
    pub(crate) csv: bool,
}

/// What calls have in common.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum By {
    /// The flow that had them last.
    Flow,
    /// The number that was dialled.
    Dialled,
    /// Who had them first.
    Agent,
    /// Their outcome.
    Outcome,
    /// The day on which they came in.
    Day,
    /// The hour of the day in which they came in.
    Hour,
    /// What the flow noted under a key.
    Note(String),
}

impl std::str::FromStr for By {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        Ok(match (text, text.strip_prefix("note:")) {
            ("flow", _) => Self::Flow,
            ("dialled", _) => Self::Dialled,
            ("agent", _) => Self::Agent,
            ("outcome", _) => Self::Outcome,
            ("day", _) => Self::Day,
            ("hour", _) => Self::Hour,
            (_, Some(key)) if !key.is_empty() => Self::Note(key.to_owned()),
            _ => return Err(
                "write flow, dialled, agent, outcome, day, hour, or note: and the key of a note"
                    .to_owned(),
            ),
        })
    }
}

impl std::fmt::Display for By {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Flow => "flow",
            Self::Dialled => "dialled",
            Self::Agent => "agent",
            Self::Outcome => "outcome",
            Self::Day => "day",
            Self::Hour => "hour",
            Self::Note(key) => return write!(f, "note:{key}"),
        })
    }
}

#[derive(Debug, Args)]
pub(crate) struct Mails {
    #[command(flatten)]
    pub(crate) config: ConfigFile,
    /// Mail that was sent too
    #[arg(long)]
    pub(crate) all: bool,
    /// Ordered since: 90m, 12h, 7d, 2w, or a date such as 2026-11-01
    #[arg(long, value_name = "WHEN")]
    pub(crate) since: Option<When>,
}

#[derive(Debug, Args)]
pub(crate) struct Cases {
    #[command(flatten)]
    pub(crate) config: ConfigFile,
    /// Those that are closed too
    #[arg(long)]
    pub(crate) all: bool,
    #[command(subcommand)]
    pub(crate) does: Option<CasesDo>,
}

#[derive(Debug, Subcommand)]
pub(crate) enum CasesDo {
    /// Close a case
    Close {
        /// The case
        #[arg(value_name = "CASE")]
        id: String,
        /// How it ended; the site file may say which outcomes a kind of case has
        #[arg(long)]
        outcome: String,
    },
    /// Add a case that came up after a call
    Add(AddCase),
    /// Note more of an open case, such as the question, or what the investigation of a complaint
    /// found
    Note {
        /// The case
        #[arg(value_name = "CASE")]
        id: String,
        /// What to note; may be given more often. A key that the case has gets the new value
        #[arg(long = "field", value_name = "KEY=VALUE", value_parser = key_and_value, required = true)]
        fields: Vec<Field>,
    },
    /// Print the cases of a quarter as CSV, each field in a column of its own
    Export {
        /// Such as 2026Q4
        #[arg(long)]
        quarter: String,
    },
}

#[derive(Debug, Args)]
pub(crate) struct AddCase {
    /// What it is, such as complaint: a kind of case of the site file
    pub(crate) kind: CaseKind,
    /// The flow that it is about
    #[arg(long, value_name = "NAME")]
    pub(crate) flow: String,
    /// The call that it is about
    #[arg(long)]
    pub(crate) call: Option<CallId>,
    /// What it is about; may be given more often
    #[arg(long = "field", value_name = "KEY=VALUE", value_parser = key_and_value)]
    pub(crate) fields: Vec<Field>,
}

fn key_and_value(text: &str) -> Result<Field, String> {
    let (key, value) = text.split_once('=').ok_or("write KEY=VALUE")?;
    Ok(Field { key: key.to_owned(), value: value.to_owned() })
}

#[derive(Debug, Args)]
pub(crate) struct Which {
    /// Calls that came in since: 90m, 12h, 7d, 2w, or a date such as 2026-11-01
    #[arg(long, value_name = "WHEN")]
    pub(crate) since: Option<When>,
    /// Calls that came in before
    #[arg(long, value_name = "WHEN")]
    pub(crate) until: Option<When>,
    /// Only of this flow
    #[arg(long, value_name = "NAME")]
    pub(crate) flow: Option<String>,
}

#[derive(Debug, Args)]
pub(crate) struct Replay {
    /// The call, as its record names it
    #[arg(value_name = "CALL", required_unless_present = "since", conflicts_with_all = ["since", "until", "flow"])]
    pub(crate) call: Option<CallId>,
    #[command(flatten)]
    pub(crate) which: Which,
    /// The plugin to run instead of the recorded one of the same name
    #[arg(long, value_name = "FILE")]
    pub(crate) plugin: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) config: ConfigFile,
}

#[derive(Debug, Args)]
pub(crate) struct Erase {
    /// Whose: the caller's number, written as in the records
    #[arg(
        value_name = "NUMBER",
        required_unless_present = "older_than",
        conflicts_with = "older_than"
    )]
    pub(crate) number: Option<String>,
    /// Everybody's, of calls that came in before: 30d, 8w, or a date such as 2026-11-01
    #[arg(long, value_name = "WHEN")]
    pub(crate) older_than: Option<When>,
    #[command(flatten)]
    pub(crate) config: ConfigFile,
}

#[derive(Debug, Args)]
pub(crate) struct Sim {
    /// Where the host listens
    #[arg(long, value_name = "URL", default_value = "ws://127.0.0.1:7077/adapter/v1")]
    pub(crate) connect: String,
    /// The file that holds the host's token
    #[arg(long, value_name = "FILE")]
    pub(crate) token_file: PathBuf,
    /// The adapter's name, for the host's log
    #[arg(long, default_value = "sim")]
    pub(crate) name: String,
    /// How many callers come, once the host is there
    #[arg(long, value_name = "N", default_value_t = 0)]
    pub(crate) callers: u64,
    /// How many of them come in a second
    #[arg(long, value_name = "PER_S", default_value_t = 10.0)]
    pub(crate) rate: f64,
    /// The number that they call
    #[arg(long, value_name = "NUMBER", default_value = "+3292000300")]
    pub(crate) to: String,
    /// Seconds after which a caller hangs up whom nobody has talked to
    #[arg(long, value_name = "SECONDS")]
    pub(crate) patience: Option<f64>,
    /// Seconds after which a phone is answered that rings
    #[arg(long, value_name = "SECONDS", default_value_t = 3.0)]
    pub(crate) answer_after: f64,
    /// Seconds after which whoever answered hangs up
    #[arg(long, value_name = "SECONDS", default_value_t = 20.0)]
    pub(crate) talk: f64,
    /// Phones ring and nobody answers
    #[arg(long, conflicts_with_all = ["answer_after", "talk"])]
    pub(crate) nobody_answers: bool,
    /// Milliseconds between two lines of status
    #[arg(long, value_name = "MS", default_value_t = 1000)]
    pub(crate) status: u64,
    /// End when the callers are gone
    #[arg(long)]
    pub(crate) exit: bool,
}

#[derive(Debug, Args)]
pub(crate) struct Adapter {
    #[command(subcommand)]
    pub(crate) action: AdapterAction,
}

#[derive(Debug, Subcommand)]
pub(crate) enum AdapterAction {
    /// Play the scenarios of all adapters on one that connects
    ///
    /// Listens, waits for the adapter, and plays. The adapter must offer `stage`: callers and
    /// phones that do as they are told. For a scenario that fails: what was expected, what came,
    /// and everything before it.
    ///
    /// Ends with 0 if all passed, else with 1.
    #[command(
        after_help = "Example:\n  strowger adapter test ws://127.0.0.1:7078 --token-file token"
    )]
    Test(AdapterTest),
}

#[derive(Debug, Args)]
pub(crate) struct AdapterTest {
    /// Where to listen; port 0: any that is free
    #[arg(value_name = "URL", default_value = "ws://127.0.0.1:7078")]
    pub(crate) listen: String,
    /// The file that holds the token which the adapter shows
    #[arg(long, value_name = "FILE")]
    pub(crate) token_file: PathBuf,
    /// Only scenarios whose name contains this
    #[arg(long, value_name = "TEXT")]
    pub(crate) only: Option<String>,
    /// Seconds to wait for the adapter
    #[arg(long, value_name = "SECONDS", default_value_t = 60)]
    pub(crate) wait: u64,
    /// Milliseconds by which an event may come later than expected
    #[arg(long, value_name = "MS", default_value_t = 2000)]
    pub(crate) slack: u64,
}

#[derive(Debug, Args)]
pub(crate) struct Schema {
    /// Which kind of file
    #[arg(value_enum)]
    pub(crate) kind: SchemaKind,
}

#[derive(Clone, Copy, Debug, clap::ValueEnum)]
pub(crate) enum SchemaKind {
    /// A flow file, `flow.toml`
    Flow,
    /// The site file, `site.toml`
    Site,
    /// A scenario
    Scenario,
    /// The host's configuration, `strowger.toml`
    Config,
    /// What an adapter sends to the host
    AdapterToHost,
    /// What the host sends to an adapter
    AdapterToAdapter,
}

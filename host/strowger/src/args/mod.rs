//! The command line as people type it. The doc comments are its help.
//!
//! # Layout
//! * `host`: commands that serve, ask a running host, or look at flow files.
//! * `records`: commands for what was recorded, is to be sent, or is to be answered.
//! * `adapters`: the sim as an adapter, and the scenarios of all adapters.

mod adapters;
mod host;
mod records;

pub(crate) use adapters::{Adapter, AdapterAction, AdapterTest, Sim};
pub(crate) use host::{
    Accept, Agents, Call, Calls, CallsDo, Check, Demo, Floor, Flows, FlowsAction, Host, Plugins,
    Serve, Test,
};
pub(crate) use records::{
    AddCase, By, Cases, CasesDo, Erase, Mails, Records, Replay, Report, Which,
};

use clap::{Args, Parser, Subcommand};
use std::path::PathBuf;

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
    /// Show how the host is: PBX, site, flows, journal, mail, disk
    ///
    /// Ends with 0 if all is well, with 1 if something is ill, with 2 if no host answers.
    Status(Floor),
    /// Show what is loaded: versions, calls on each, what is wrong
    Flows(Flows),
    /// Take a flow as its files say, although its scenarios fail
    ///
    /// Holds as long as the flow's files stay as they are, also across a restart. The journal keeps
    /// the reason. Mistakes in files cannot be accepted.
    ///
    /// Ends with 0 if nothing else is wrong, else with 1.
    #[command(
        after_help = "Example:\n  strowger accept vaccination-helpdesk --reason \"the welcome must change today\""
    )]
    Accept(Accept),
    /// Show the queues: who waits, who is there, and what came of callers today
    ///
    /// Today is since midnight at the site, or since the host started. Offered: came into the
    /// queue. Answered: got an agent of it; the percentage of those within the queue's
    /// `answer_within`. Left: were sent away or moved on. Abandoned: hung up. The others wait.
    Queues(Floor),
    /// Show the agents: what each is doing, since when, where, and for which queues; or do
    /// something for one
    ///
    /// AGENT is a name or an extension, QUEUE a name or a code.
    #[command(
        after_help = "Examples:\n  strowger agents\n  strowger agents login an\n  strowger agents pause 101 --reason lunch\n  strowger agents join an helpdesk"
    )]
    Agents(Agents),
    /// Show the calls that are up: who waits where, for how long, who talks with whom; or do
    /// something with one
    #[command(
        after_help = "Examples:\n  strowger calls\n  strowger calls take-out 038g0xwfyg000\n  strowger calls send 038g0xwfyg000 +3227138700"
    )]
    Calls(Calls),
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
    /// What the control socket is asked and answers
    Api,
}

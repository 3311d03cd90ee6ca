//! The command line as people type it. The doc comments are its help.
//!
//! # Layout
//! * `host`: commands that serve, ask a running host, or look at flow files.
//! * `records`: commands for what was recorded, is to be sent, or is to be answered.
//! * `setup`: commands that write a first configuration, and look at one.
//! * `switch`: switches. `emergency`: what is prepared for an emergency, and how people work in one.
//! * `campaign`: campaigns and the do-not-call list.
//! * `account`: who may use the console and the API.
//! * `adapters`: the sim as an adapter, and the scenarios of all adapters.

mod account;
mod adapters;
mod campaign;
mod emergency;
mod host;
mod records;
mod setup;
mod switch;

pub(crate) use account::{Token, TokenAction, User, UserAction};
pub(crate) use adapters::{Adapter, AdapterAction, AdapterTest, Sim};
pub(crate) use campaign::{Campaign, CampaignAction, Dnc, DncAction, OpenCampaign};
pub(crate) use emergency::{Card, Drill};
pub(crate) use host::{
    Accept, Agents, Call, Calls, CallsDo, Check, Demo, Floor, Flows, FlowsAction, Host, Hours,
    Plugins, Serve, Test,
};
pub(crate) use records::{
    AddCase, By, Cases, CasesDo, Erase, Mails, Records, Replay, Report, Shifts, Which,
};
pub(crate) use setup::{Init, KindOfPbx};
pub(crate) use switch::{SetSwitch, Switch, SwitchDo};

use crate::commands::when;
use anyhow::Result;
use clap::{Args, Parser, Subcommand};
use std::path::PathBuf;
use strowger_daemon::Config;

/// A plugin host for telephony flows.
///
/// A flow decides what happens to a call: which phones ring, what the caller hears, and what happens
/// if nobody answers. The PBX handles lines, phones and media; Strowger tells it what to do. A flow is
/// a plugin (WebAssembly) with a flow file (TOML). When these files change, new calls get the new
/// version, and calls in progress keep theirs.
#[derive(Debug, Parser)]
#[command(
    name = "strowger",
    version,
    arg_required_else_help = true,
    after_help = "First steps:\n  strowger demo                 watch simulated calls; needs no PBX\n  strowger init                 write a first configuration\n  strowger check flows          show all mistakes in flow files\n  strowger test flows           play the scenarios of every flow\n  strowger serve                serve calls"
)]
pub(crate) struct Cli {
    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Start the host: it serves calls until you stop it
    ///
    /// Reads `strowger.toml`, loads the flows, connects to the PBX and serves. When flow files or
    /// plugins change, new calls get the new version. If a file has a mistake, the log shows it, and
    /// the earlier version goes on serving.
    ///
    /// To stop it, send SIGTERM or SIGINT. New calls then take the PBX's own route. The host ends
    /// when its last call has ended, but at most `drain` seconds later. A second signal ends it at
    /// once; calls stay at the PBX as they are.
    Serve(Serve),
    /// Write a first configuration, by asking
    ///
    /// Writes `strowger.toml`, a site file and a first flow with its scenario into FOLDER: a greeting,
    /// a queue and one phone. What no argument says is asked, or is as usual if nobody can be asked.
    /// Nothing that is there already is changed. Then looks at everything, as `strowger doctor`.
    ///
    /// The exit code is 0 if nothing is wrong with it, else 1.
    #[command(
        after_help = "Examples:\n  strowger init\n  strowger init /etc/strowger --adapter asterisk --password-file ari-password --trunk trunk --number +3292000100"
    )]
    Init(Init),
    /// Show what is wrong with a set-up
    ///
    /// Looks at the configuration, the folders and who may read and write them, the files of flows and
    /// what they need on this machine, the PBX, the mail server, and the running host, if there is one.
    /// At Asterisk it looks for the user of ARI, the version, the modules and the trunk. It changes
    /// nothing. Run it as the user of the host.
    ///
    /// The exit code is 0 if nothing is wrong, else 1.
    Doctor(ConfigFile),
    /// Show all mistakes in flow files
    ///
    /// Checks everything that can be checked without serving a call: syntax, settings against the
    /// plugin's schema, names, numbers, opening hours, permissions. Then plays the scenarios and
    /// takes every step twice: on an instance of the plugin that was used before, and on a new one.
    /// A flow must give the same orders both times. All mistakes are shown at once. A scenario of
    /// figures (`figures = true`) that fails is a warning: a host takes other figures.
    ///
    /// The exit code is 0 if all is good, else 1.
    Check(Check),
    /// Play the scenarios of flows: tests with simulated calls
    ///
    /// PATH is a folder of flows, one flow, or one scenario file. An hour of a scenario takes a
    /// moment. If a scenario fails, the command shows what was expected, what happened, and
    /// everything that happened in its calls.
    ///
    /// The exit code is 0 if all scenarios passed, else 1.
    Test(Test),
    /// Show the opening hours of the next days, by the site file
    ///
    /// Hours past midnight stand with the day on which they begin.
    #[command(
        after_help = "Examples:\n  strowger hours\n  strowger hours --schedule helpdesk --from 2026-12-21 --days 14"
    )]
    Hours(Hours),
    /// Show how the host is: PBX, site file, flows, journal, mail, disk
    ///
    /// The exit code is 0 if all is well, 1 if something is wrong, 2 if no host answers.
    Status(Floor),
    /// Show the flows of the running host: versions, calls on each version, mistakes in their files
    Flows(Flows),
    /// Take a flow as its files say, although its scenarios fail
    ///
    /// This holds as long as the files of the flow do not change, also after a restart. The journal
    /// keeps the reason. Mistakes in files cannot be accepted.
    ///
    /// The exit code is 0 if nothing else is wrong, else 1.
    #[command(
        after_help = "Example:\n  strowger accept vaccination-helpdesk --reason \"the welcome must change today\""
    )]
    Accept(Accept),
    /// Show the queues: who waits, who is there, and what happened with callers today
    ///
    /// The counts begin at midnight of the site, or when the host started if that was later.
    /// offered: came into the queue. answered: got an agent of the queue. at_once: how many per cent
    /// of the answered callers got one within `answer_within` of the queue. left: were sent away or
    /// moved on. abandoned: hung up. All others still wait.
    Queues(Floor),
    /// Show the agents: what each agent is doing, since when, where, and for which queues; or change
    /// what one agent is doing
    ///
    /// AGENT is a name or an extension, QUEUE a name or a code.
    #[command(
        after_help = "Examples:\n  strowger agents\n  strowger agents login an\n  strowger agents pause 101 --reason lunch\n  strowger agents join an helpdesk"
    )]
    Agents(Agents),
    /// Show the calls that are in progress: who waits where, for how long, who talks with whom; or do
    /// something with one call
    #[command(
        after_help = "Examples:\n  strowger calls\n  strowger calls take-out 038g0xwfyg000\n  strowger calls send 038g0xwfyg000 +3227138700"
    )]
    Calls(Calls),
    /// Show the switches and their positions, turn one, or show who turned them
    ///
    /// Flows treat calls otherwise in another position: an announcement, another number. Callers who
    /// wait are redirected at once; callers who talk are left alone. Without `list`, `set` or
    /// `history` it lists the switches. SWITCH is a name or a code of the site file.
    #[command(
        after_help = "Examples:\n  strowger switch\n  strowger switch set vcare-hap Calamiteit --until 06:00 --reason \"power cut\"\n  strowger switch set 31 Open\n  strowger switch history vcare-hap"
    )]
    Switch(Switch),
    /// Show campaigns, open one, or do something with one
    ///
    /// In a campaign, the host calls the people on a list until so many of them have accepted what
    /// they are offered. The site file has the templates. Without an action it lists the campaigns.
    #[command(
        after_help = "Examples:\n  strowger campaign open reservelijst --list reserve.csv --goal 6 --until 18:00 --field slot=14:20\n  strowger campaign status reservelijst-20261129-1420 --follow\n  strowger campaign export reservelijst-20261129-1420 --csv > reserve-called.csv"
    )]
    Campaign(Campaign),
    /// Show or change the do-not-call list: numbers that no campaign calls
    ///
    /// Without an action it shows the list. Only campaigns keep to it: a call-back that somebody
    /// asked for is made all the same.
    #[command(
        after_help = "Examples:\n  strowger dnc add \"0470 12 34 56\"\n  strowger dnc import never.csv"
    )]
    Dnc(Dnc),
    /// Show who may use the console, add a user, or change one
    ///
    /// A user logs in to the console with a name and a password. What a user may do is said by one of
    /// the roles viewer, agent, supervisor, operator and admin; each may do all that the roles before
    /// it may. Without an action it lists the users.
    #[command(
        after_help = "Examples:\n  strowger user add an --role admin\n  strowger user role an supervisor\n  strowger user remove an"
    )]
    User(User),
    /// Show the tokens by which programs use the API, make one, or revoke one
    ///
    /// A program shows the secret of a token with each request. Without an action it lists the
    /// tokens.
    #[command(
        after_help = "Examples:\n  (umask 077; strowger token add prometheus --role viewer > token)\n  strowger token revoke 3f9a0c11d2e4"
    )]
    Token(Token),
    /// Show what is prepared for an emergency, and what is not; or play a drill
    ///
    /// With NAME it plays a drill: the calls of a file in `drills` of the folder of flows, on a
    /// simulated PBX, with the files as they are. Where the switches stand, who has logged in and
    /// how the phones are is asked of the running host. It shows what happens in each call. Nothing
    /// is done at the host or at the PBX.
    ///
    /// Without NAME it shows the checklist.
    /// Asks the running host: the PBX, the site file, the flows; every switch and what each position
    /// leads to, and who can turn it by telephone; every queue; every phone of an agent, as the PBX
    /// tells; the rosters of the next days. What is not prepared stands first, with what to do.
    ///
    /// The exit code is 0 if all is good, 1 if something is not prepared or the drill does not go as
    /// its file says, 2 if no host answers.
    #[command(after_help = "Examples:\n  strowger drill\n  strowger drill evacuatie")]
    Drill(Drill),
    /// Print a page for the people at the phones: codes, queues, switches, extensions
    ///
    /// It is made from the flow files and the site file as they are. No host is needed. It is in
    /// the language of the site if that is Dutch, else in English.
    ///
    /// The exit code is 1 if files have mistakes: what they say is missing on the page.
    #[command(after_help = "Examples:\n  strowger card\n  strowger card --html > card.html")]
    Card(Card),
    /// Read a PIN and print its hash, for an agent in the site file
    ///
    /// Reads one line of standard input. Copy the line that it prints into `[agents.NAME]` of the
    /// site file. The PIN itself is not stored anywhere.
    #[command(after_help = "Example:\n  strowger pin\n  echo 2580 | strowger pin")]
    Pin,
    /// Bring a test call to the host and watch it
    ///
    /// The host must be running. With the simulated PBX, a simulated caller calls. With a real PBX,
    /// --via names an address of the PBX that sends the call to the host.
    #[command(
        after_help = "Examples:\n  strowger call +3292000300\n  strowger call +3292000300 --from +32470123456 --patience 60\n  strowger call 3000 --via Local/3000@incoming"
    )]
    Call(Call),
    /// Watch simulated calls; needs no PBX
    ///
    /// Starts a host on a simulated PBX with a copy of your flows, shortens the waits, and plays
    /// callers and agents. Meanwhile the flow file is changed: once without and once with a mistake.
    Demo(Demo),
    /// Show the records of calls that are over
    ///
    /// Each line says who called, the outcome, who answered, and how long the caller waited. A host
    /// may be running or not.
    #[command(
        after_help = "Examples:\n  strowger records --since 1d\n  strowger records --since 2026-11-01 --flow vaccination-helpdesk --csv > november.csv"
    )]
    Records(Records),
    /// Count calls, waits and cases, by flow, agent, hour, or what a flow notes
    ///
    /// at_once: how many per cent of the answered callers waited no longer than --at-once says.
    /// lost: callers who gave up waiting or were sent away. docs/operate.md explains all columns. A
    /// host may be running or not.
    #[command(
        after_help = "Examples:\n  strowger report --since 7d\n  strowger report --since 2026-11-01 --flow contact-centre --by note:clinic --csv > clinics.csv"
    )]
    Report(Report),
    /// Show mail of flows that is not sent yet, or was given up
    ///
    /// Shows to whom a mail goes and what the mail server answered, never the text of the mail. A
    /// host may be running or not.
    #[command(after_help = "Examples:\n  strowger mails\n  strowger mails --all --since 1d")]
    Mails(Mails),
    /// List cases: what people have to answer in time, such as complaints. Also close, add, complete
    /// or export cases
    ///
    /// A host may be running or not.
    #[command(
        after_help = "Examples:\n  strowger cases\n  strowger cases close 038g0xwfyg000-3-1 --outcome founded\n  strowger cases add complaint --flow vaccination-helpdesk --field caller=Jan --field description=Wachttijd\n  strowger cases export --quarter 2026Q4 > complaints.csv"
    )]
    Cases(Cases),
    /// Run recorded calls again, and show where a flow decides differently
    ///
    /// The flow is told the same events as in the recorded call, and its questions get the same
    /// answers. The command compares its orders with the recorded orders, up to the first
    /// difference. With --plugin, a new plugin runs instead of the recorded one, with the same
    /// settings. So you see what it would have done with the calls of last week. No phone rings,
    /// nothing is dialled, and no mail is sent. A host may be running or not.
    ///
    /// The exit code is 0 if all orders were the same, else 1.
    #[command(
        after_help = "Examples:\n  strowger replay 038g0xwfyg000\n  strowger replay 038g0xwfyg000 --plugin new/helpdesk.wasm\n  strowger replay --since 7d --plugin new/helpdesk.wasm"
    )]
    Replay(Replay),
    /// Erase personal data from the journal
    ///
    /// NUMBER selects the calls of that number, and the calls whose steps or notes mention it. The
    /// steps of these calls are deleted. Their records lose the caller's number and the notes, and
    /// their mail and cases lose their content. Times, outcomes and figures stay, so that reports
    /// remain right. Calls in progress are not changed. A host may be running or not.
    #[command(
        after_help = "Examples:\n  strowger erase +32470123456\n  strowger erase \"0470 12 34 56\" --yes\n  strowger erase --older-than 30d"
    )]
    Erase(Erase),
    /// Run a simulated PBX in a process of its own
    ///
    /// Connects to a host whose `strowger.toml` says adapter = "remote". If the connection is lost, it
    /// connects again. Meanwhile its calls stay up, and new calls take the PBX's own route. It prints
    /// a line of JSON on standard output when something has changed, at most one line in --status
    /// milliseconds. You can type these lines: `status`, `hears`, `call NUMBER [FROM]`. With
    /// STROWGER_LOG=debug, the log shows each phone that rings.
    #[command(
        after_help = "Example:\n  strowger sim --token-file token --callers 20 --rate 2 --to +3292000300 --patience 60 --answer-after 3 --talk 20"
    )]
    Sim(Sim),
    /// Test a PBX adapter: see docs/write-an-adapter.md
    Adapter(Adapter),
    /// Print the JSON Schema of a kind of file, of an adapter's messages, or of the control socket
    Schema(Schema),
    /// Write the manual pages into a folder
    Man {
        /// The folder
        #[arg(value_name = "FOLDER")]
        folder: PathBuf,
    },
    /// Print completions for a shell
    #[command(
        after_help = "Example:\n  strowger completions bash > ~/.local/share/bash-completion/completions/strowger"
    )]
    Completions {
        /// The shell
        shell: clap_complete::Shell,
    },
}

#[derive(Debug, Args)]
pub(crate) struct ConfigFile {
    /// The configuration file of the host
    #[arg(long, value_name = "FILE", default_value = "strowger.toml", env = "STROWGER_CONFIG")]
    pub(crate) config: PathBuf,
}

impl ConfigFile {
    /// Reads the file. Times are by the clock of its site from now on.
    pub(crate) fn read(&self) -> Result<Config> {
        let config = Config::read(&self.config)?;
        when::by_the_clock_of(&config.flows);
        Ok(config)
    }
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
    /// Requests and answers of the control socket
    Api,
}

//! Arguments of the commands that serve, ask a running host, or look at flow files.

use super::ConfigFile;
use chrono::NaiveDate;
use clap::{Args, Subcommand};
use std::path::PathBuf;
use strowger_api::v1::AgentDo;
use strowger_model::{AgentName, CallId, FlowName, QueueName};

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
    /// Folder in which compiled plugins are stored; without it they are compiled each time
    #[arg(long, value_name = "DIR", env = "STROWGER_CACHE")]
    pub(crate) cache: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub(crate) struct Check {
    /// A folder of flows with its site file, or one flow in it
    #[arg(value_name = "PATH", default_value = "flows")]
    pub(crate) path: PathBuf,
    #[command(flatten)]
    pub(crate) plugins: Plugins,
    /// Check only the files, and do not play the scenarios
    #[arg(long)]
    pub(crate) files_only: bool,
    /// The configuration file of the host; if there is one, it is checked, too
    #[arg(long, value_name = "FILE", default_value = "strowger.toml", env = "STROWGER_CONFIG")]
    pub(crate) config: PathBuf,
}

#[derive(Debug, Args)]
pub(crate) struct Test {
    /// A folder of flows, one flow, or one scenario file
    #[arg(value_name = "PATH", default_value = "flows")]
    pub(crate) path: PathBuf,
    #[command(flatten)]
    pub(crate) plugins: Plugins,
    /// Also show what happens in the calls of scenarios that pass
    #[arg(long, short)]
    pub(crate) verbose: bool,
    /// Change each figure of the flow, one after another, and show which scenario fails then
    ///
    /// If no scenario fails, somebody could change the figure by mistake and nobody would notice. So
    /// the command fails.
    #[arg(long)]
    pub(crate) figures: bool,
}

fn day(text: &str) -> Result<NaiveDate, &'static str> {
    text.parse().map_err(|_| "there is no such day; write year-month-day, such as 2026-12-21")
}

#[derive(Debug, Args)]
pub(crate) struct Hours {
    /// The folder with the site file
    #[arg(value_name = "PATH", default_value = "flows")]
    pub(crate) path: PathBuf,
    /// Only this schedule
    #[arg(long, value_name = "NAME")]
    pub(crate) schedule: Option<String>,
    /// The first day, such as 2026-12-21; else today
    #[arg(long, value_name = "DATE", value_parser = day)]
    pub(crate) from: Option<NaiveDate>,
    /// How many days
    #[arg(long, value_name = "DAYS", default_value_t = 7, value_parser = clap::value_parser!(u16).range(1..=366))]
    pub(crate) days: u16,
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

#[derive(Debug, Args)]
pub(crate) struct Agents {
    #[command(flatten)]
    pub(crate) host: Host,
    /// As JSON
    #[arg(long, global = true)]
    pub(crate) json: bool,
    #[command(subcommand)]
    pub(crate) action: Option<AgentsDo>,
}

/// AGENT is a name or an extension, QUEUE a name or a code.
#[derive(Debug, Subcommand)]
pub(crate) enum AgentsDo {
    /// Log an agent in
    Login {
        /// The agent.
        agent: AgentName,
        /// The phone, instead of the agent's own: a number, an extension, or an address of the PBX
        #[arg(long, value_name = "PHONE")]
        at: Option<String>,
    },
    /// Log an agent out
    Logout {
        /// The agent.
        agent: AgentName,
    },
    /// Begin a pause
    Pause {
        /// The agent.
        agent: AgentName,
        /// Why
        #[arg(long)]
        reason: Option<String>,
    },
    /// End a pause, or the time after a conversation
    Ready {
        /// The agent.
        agent: AgentName,
    },
    /// Have an agent take calls of a queue
    Join {
        /// The agent.
        agent: AgentName,
        /// The queue.
        queue: QueueName,
    },
    /// Have an agent take no more calls of a queue
    Leave {
        /// The agent.
        agent: AgentName,
        /// The queue.
        queue: QueueName,
    },
}

impl AgentsDo {
    /// Who, and what.
    pub(crate) fn for_agent(&self) -> (&AgentName, AgentDo) {
        match self {
            Self::Login { agent, at } => (agent, AgentDo::LogIn { at: at.clone() }),
            Self::Logout { agent } => (agent, AgentDo::LogOut),
            Self::Pause { agent, reason } => (agent, AgentDo::Pause { reason: reason.clone() }),
            Self::Ready { agent } => (agent, AgentDo::Ready),
            Self::Join { agent, queue } => (agent, AgentDo::Join { queue: queue.clone() }),
            Self::Leave { agent, queue } => (agent, AgentDo::Leave { queue: queue.clone() }),
        }
    }
}

#[derive(Debug, Args)]
pub(crate) struct Calls {
    #[command(flatten)]
    pub(crate) host: Host,
    /// As JSON, with whole numbers
    #[arg(long)]
    pub(crate) json: bool,
    /// Show the numbers of callers, and of people whom campaigns call, whole, and not their last three
    /// digits only
    #[arg(long)]
    pub(crate) numbers: bool,
    #[command(subcommand)]
    pub(crate) action: Option<CallsDo>,
}

#[derive(Debug, Subcommand)]
pub(crate) enum CallsDo {
    /// Take a caller out of the queues
    ///
    /// To the flow it is as if nobody could be reached: it says so, or sends the caller elsewhere.
    TakeOut {
        /// The call.
        call: CallId,
    },
    /// Send a caller on to somebody else; the call is over with that
    Send {
        /// The call.
        call: CallId,
        /// A number, an extension, or an address of the PBX.
        to: String,
    },
}

#[derive(Debug, Subcommand)]
pub(crate) enum FlowsAction {
    /// Give new calls the previous version, until the files of the flow change
    ///
    /// Calls in progress keep the version that they began with. A second rollback undoes the first.
    Rollback {
        /// The flow
        name: FlowName,
    },
}

#[derive(Debug, Args)]
pub(crate) struct Accept {
    /// The flow
    pub(crate) name: FlowName,
    /// Why, for those who look at the journal later
    #[arg(long)]
    pub(crate) reason: String,
    #[command(flatten)]
    pub(crate) host: Host,
}

#[derive(Debug, Args)]
pub(crate) struct Host {
    #[command(flatten)]
    pub(crate) config: ConfigFile,
    /// The control socket of the running host, if it is not the one of the configuration file
    #[arg(long, value_name = "FILE", env = "STROWGER_CONTROL", global = true)]
    pub(crate) control: Option<PathBuf>,
    /// The console of a host on another machine, such as `https://strowger.example:8650`
    #[arg(
        long,
        value_name = "URL",
        env = "STROWGER_HOST",
        global = true,
        requires = "token_file",
        conflicts_with = "control"
    )]
    pub(crate) host: Option<String>,
    /// The file with the secret of a token for that host, as `strowger token add` prints it
    #[arg(long, value_name = "FILE", env = "STROWGER_TOKEN_FILE", global = true)]
    pub(crate) token_file: Option<PathBuf>,
    /// A file of certificates (PEM) to trust there, besides those that the system trusts
    #[arg(long, value_name = "FILE", env = "STROWGER_CA_FILE", global = true)]
    pub(crate) ca_file: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub(crate) struct Call {
    /// The number to call
    pub(crate) number: String,
    /// The caller's number; "withheld": the caller shows none
    #[arg(long, value_name = "NUMBER", default_value = "+32470000000")]
    pub(crate) from: String,
    /// The caller hangs up after so many seconds if nobody has talked to them (simulated PBX only)
    #[arg(long, value_name = "SECONDS", default_value_t = 120)]
    pub(crate) patience: u64,
    /// The caller presses keys after so many seconds, such as 5:1 (simulated PBX only)
    #[arg(long, value_name = "SECONDS:DIGITS")]
    pub(crate) key: Vec<String>,
    /// The line on which the call comes in (simulated PBX only)
    #[arg(long, value_name = "NAME")]
    pub(crate) line: Option<String>,
    /// What the line says of who calls, such as "Privacy: id"; also From, P-Asserted-Identity and
    /// Remote-Party-ID (simulated PBX only)
    #[arg(long, value_name = "NAME: VALUE")]
    pub(crate) header: Vec<String>,
    /// With a real PBX: an address of the PBX that sends the call to the host
    #[arg(long, value_name = "ADDRESS")]
    pub(crate) via: Option<String>,
    #[command(flatten)]
    pub(crate) host: Host,
}

#[derive(Debug, Args)]
pub(crate) struct Demo {
    /// Folder of flows; the demo changes only a copy of it
    #[arg(long, value_name = "DIR", default_value = "flows")]
    pub(crate) flows: PathBuf,
    #[command(flatten)]
    pub(crate) plugins: Plugins,
    /// End when the calls are over; the exit code is 0 if they went as they should
    #[arg(long)]
    pub(crate) exit: bool,
}

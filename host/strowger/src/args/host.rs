//! Arguments of the commands that serve, ask a running host, or look at flow files.

use super::ConfigFile;
use clap::{Args, Subcommand};
use std::path::PathBuf;
use strowger_model::FlowName;

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
        name: FlowName,
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

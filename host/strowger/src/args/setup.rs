//! Arguments of the commands that write a first configuration.

use clap::{Args, ValueEnum};
use std::path::PathBuf;

#[derive(Debug, Args)]
pub(crate) struct Init {
    /// Where to write it; made if it is not there
    #[arg(value_name = "FOLDER", default_value = ".")]
    pub(crate) folder: PathBuf,
    /// Which PBX
    #[arg(long, value_enum)]
    pub(crate) adapter: Option<KindOfPbx>,
    /// The HTTP server of Asterisk, such as `http://127.0.0.1:8088`
    #[arg(long, value_name = "URL")]
    pub(crate) url: Option<String>,
    /// The user of ari.conf
    #[arg(long, value_name = "NAME")]
    pub(crate) user: Option<String>,
    /// File with the password of this user
    #[arg(long, value_name = "FILE")]
    pub(crate) password_file: Option<PathBuf>,
    /// The PJSIP endpoint by which numbers are dialled
    #[arg(long, value_name = "ENDPOINT")]
    pub(crate) trunk: Option<String>,
    /// The number of the first line, such as +3292000100
    #[arg(long)]
    pub(crate) number: Option<String>,
    /// The first phone that rings, such as PJSIP/101
    #[arg(long, value_name = "ADDRESS")]
    pub(crate) phone: Option<String>,
    /// The language of the texts, such as nl-BE
    #[arg(long)]
    pub(crate) language: Option<String>,
    /// The country, such as BE
    #[arg(long)]
    pub(crate) country: Option<String>,
    /// The time zone, such as Europe/Brussels
    #[arg(long, value_name = "ZONE")]
    pub(crate) time_zone: Option<String>,
    /// The folder of plugins
    #[arg(long, value_name = "DIR")]
    pub(crate) plugins: Option<PathBuf>,
    /// Ask nothing: what no argument says is as usual
    #[arg(long, short)]
    pub(crate) yes: bool,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
pub(crate) enum KindOfPbx {
    /// Simulated, for trying things out
    Sim,
    /// Asterisk 20 or later
    Asterisk,
}

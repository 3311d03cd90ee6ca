//! Arguments of `strowger drill` and `strowger card`.

use super::{Host, Plugins};
use clap::Args;
use std::path::PathBuf;

#[derive(Debug, Args)]
pub(crate) struct Drill {
    /// The drill to play: a file in `drills` of the folder of flows, without `.toml`; not given: the
    /// checklist
    #[arg(value_name = "NAME")]
    pub(crate) name: Option<String>,
    #[command(flatten)]
    pub(crate) host: Host,
    /// The checklist as JSON
    #[arg(long, conflicts_with = "name")]
    pub(crate) json: bool,
}

#[derive(Debug, Args)]
pub(crate) struct Card {
    /// The folder of flows
    #[arg(value_name = "PATH", default_value = "flows")]
    pub(crate) path: PathBuf,
    #[command(flatten)]
    pub(crate) plugins: Plugins,
    /// As a page of HTML that prints on one sheet of A4
    #[arg(long)]
    pub(crate) html: bool,
}

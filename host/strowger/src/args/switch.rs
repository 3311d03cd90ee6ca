//! Arguments of `strowger switch`.

use super::Host;
use crate::commands::when::Then;
use clap::{Args, Subcommand};

#[derive(Debug, Args)]
pub(crate) struct Switch {
    #[command(flatten)]
    pub(crate) host: Host,
    /// As JSON
    #[arg(long, global = true)]
    pub(crate) json: bool,
    #[command(subcommand)]
    pub(crate) action: Option<SwitchDo>,
}

#[derive(Debug, Subcommand)]
pub(crate) enum SwitchDo {
    /// Show every switch and where it stands
    List,
    /// Turn a switch
    Set(SetSwitch),
    /// Show who turned the switches, the newest first
    History {
        /// Only this switch, by name or code
        switch: Option<String>,
        /// The newest so many
        #[arg(long, value_name = "COUNT", default_value_t = 20)]
        limit: u32,
    },
}

#[derive(Debug, Args)]
pub(crate) struct SetSwitch {
    /// The switch, by name or code
    pub(crate) switch: String,
    /// The position, as the site file writes it
    pub(crate) position: String,
    /// Then it goes back by itself: 06:00 (the next one), or a day and a time
    #[arg(long, value_name = "TIME", conflicts_with = "for_")]
    pub(crate) until: Option<Then>,
    /// After so long it goes back by itself: 90m, 4h, 2d
    #[arg(long = "for", value_name = "LENGTH")]
    pub(crate) for_: Option<Then>,
    /// Why, for those who look later; at most 500 characters
    #[arg(long)]
    pub(crate) reason: Option<String>,
    /// Who turns it; else the name by which you are logged in
    #[arg(long, value_name = "NAME")]
    pub(crate) by: Option<String>,
}

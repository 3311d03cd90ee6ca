//! Arguments of `strowger campaign` and `strowger dnc`.

use super::{Host, records::key_and_value};
use crate::commands::when::Then;
use clap::{Args, Subcommand};
use std::path::PathBuf;
use strowger_model::{CampaignName, TemplateName, command::Field};

#[derive(Debug, Args)]
pub(crate) struct Campaign {
    #[command(flatten)]
    pub(crate) host: Host,
    /// As JSON
    #[arg(long, global = true)]
    pub(crate) json: bool,
    #[command(subcommand)]
    pub(crate) action: Option<CampaignAction>,
}

#[derive(Debug, Subcommand)]
pub(crate) enum CampaignAction {
    /// Show every campaign and how far it is
    List,
    /// Open a campaign: from now on, people are called
    Open(OpenCampaign),
    /// Show one campaign
    ///
    /// With --follow, the exit code is 0 if all places are filled at the end, else 1.
    Status {
        /// The campaign
        name: CampaignName,
        /// Go on until the campaign is over, with a progress bar on a terminal, else with
        /// a line whenever something changes
        #[arg(long, short)]
        follow: bool,
    },
    /// Call nobody for now; calls go on
    Pause {
        /// The campaign
        name: CampaignName,
    },
    /// End a pause
    Resume {
        /// The campaign
        name: CampaignName,
    },
    /// End a campaign for good
    ///
    /// Nobody is called any more. Who is just being offered a place is told that there is none.
    Stop {
        /// The campaign
        name: CampaignName,
    },
    /// Choose somebody who has accepted, where the planner chooses
    ///
    /// This person is called once more to confirm. Then the others who have accepted are told.
    Choose {
        /// The campaign
        name: CampaignName,
        /// The id of the person in the list
        contact: String,
    },
    /// Print the list of a campaign, and what came of each person on it
    Export {
        /// The campaign
        name: CampaignName,
        /// As CSV
        #[arg(long, conflicts_with = "json")]
        csv: bool,
    },
}

#[derive(Debug, Args)]
pub(crate) struct OpenCampaign {
    /// The template, as the site file names it
    pub(crate) template: TemplateName,
    /// The people to be called: a CSV file with the columns `id` and `numbers`, and if wanted
    /// `name`, `language`, `tags` and any others. Without it, contacts of the site by the waves of
    /// the template
    #[arg(long, value_name = "FILE")]
    pub(crate) list: Option<PathBuf>,
    /// The name of the campaign; else one is made of the template and the time
    #[arg(long, value_name = "NAME")]
    pub(crate) name: Option<CampaignName>,
    /// How many people are wanted; else as the template says
    #[arg(long, value_name = "COUNT", value_parser = clap::value_parser!(u32).range(1..))]
    pub(crate) goal: Option<u32>,
    /// Nobody is called from then on: 18:00 (the next one), or a day and a time
    #[arg(long, value_name = "TIME")]
    pub(crate) until: Option<Then>,
    /// What the campaign is about. You can give --field several times
    #[arg(long = "field", value_name = "KEY=VALUE", value_parser = key_and_value)]
    pub(crate) fields: Vec<Field>,
    /// Who opens it; else the name by which you are logged in
    #[arg(long, value_name = "NAME")]
    pub(crate) by: Option<String>,
}

#[derive(Debug, Args)]
pub(crate) struct Dnc {
    #[command(flatten)]
    pub(crate) host: Host,
    /// The list as JSON
    #[arg(long, global = true)]
    pub(crate) json: bool,
    #[command(subcommand)]
    pub(crate) action: Option<DncAction>,
}

#[derive(Debug, Subcommand)]
pub(crate) enum DncAction {
    /// Show the list
    List {
        /// As CSV
        #[arg(long)]
        csv: bool,
    },
    /// Put a number on the list
    Add {
        /// The number, in any notation
        number: String,
        /// Who says so; else the name by which you are logged in
        #[arg(long, value_name = "NAME")]
        by: Option<String>,
    },
    /// Take a number off the list
    Remove {
        /// The number, in any notation
        number: String,
    },
    /// Put the numbers of a CSV file on the list, from its column `number` or `numbers`
    Import {
        /// The file
        file: PathBuf,
        /// Who says so; else the name by which you are logged in
        #[arg(long, value_name = "NAME")]
        by: Option<String>,
    },
}

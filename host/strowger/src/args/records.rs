//! Arguments of the commands for what was recorded, is to be sent, or is to be answered.

use super::ConfigFile;
use crate::commands::when::When;
use clap::{Args, Subcommand, ValueEnum};
use std::path::PathBuf;
use strowger_model::{CallId, CaseKind, command::Field};

#[derive(Debug, Args)]
pub(crate) struct Records {
    #[command(flatten)]
    pub(crate) config: ConfigFile,
    #[command(flatten)]
    pub(crate) which: Which,
    /// Only calls from this number
    #[arg(long, value_name = "NUMBER")]
    pub(crate) caller: Option<String>,
    /// Only the latest calls, so many of them
    #[arg(long, value_name = "COUNT")]
    pub(crate) limit: Option<u32>,
    /// As JSON, one record in each line, with every field
    #[arg(long, conflicts_with = "csv")]
    pub(crate) json: bool,
    /// As CSV, with every field
    #[arg(long)]
    pub(crate) csv: bool,
}

#[derive(Debug, Args)]
pub(crate) struct Report {
    #[command(flatten)]
    pub(crate) config: ConfigFile,
    #[command(flatten)]
    pub(crate) which: Which,
    /// One line for each: flow, dialled (number), agent, outcome, day, hour, or note:KEY (what a flow
    /// notes under a key)
    #[arg(long, value_name = "WHAT", default_value_t = By::Flow)]
    pub(crate) by: By,
    /// A call counts as answered at once if the caller waited no longer than so many seconds
    #[arg(long, value_name = "SECONDS", default_value_t = 20)]
    pub(crate) at_once: u64,
    /// Only calls with this mark, such as `repeat`, and only the cases of these calls
    #[arg(long, value_name = "MARK")]
    pub(crate) tag: Option<String>,
    /// With --by day: a CSV file that says what was sent on each day, such as invitations. It has
    /// the column `day` and one other, with any name. The report compares the calls with it
    #[arg(long, value_name = "FILE")]
    pub(crate) against: Option<PathBuf>,
    /// One call is expected for so many of these: the report gets a column `forecast`
    #[arg(long, value_name = "COUNT", value_parser = clap::value_parser!(u32).range(1..), requires = "against")]
    pub(crate) one_in: Option<u32>,
    /// The campaigns that say a department, instead of calls: what departments lack by month (needs),
    /// why people did not come (refusals), or how often each person was asked (people)
    #[arg(
        long,
        value_name = "WHAT",
        num_args = 0..=1,
        default_missing_value = "needs",
        conflicts_with_all = ["by", "at_once", "tag", "against", "one_in", "flow"]
    )]
    pub(crate) shifts: Option<Shifts>,
    /// With --shifts: as JSON
    #[arg(long, requires = "shifts", conflicts_with = "csv")]
    pub(crate) json: bool,
    /// As CSV
    #[arg(long)]
    pub(crate) csv: bool,
}

/// What is reported of shifts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Shifts {
    /// What departments lack, by month.
    Needs,
    /// Why people did not come, by department.
    Refusals,
    /// How often each person was asked.
    People,
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
    /// Also mail that was sent
    #[arg(long)]
    pub(crate) all: bool,
    /// Only mail that flows ordered since then: 90m, 12h, 7d, 2w, or a date such as 2026-11-01
    #[arg(long, value_name = "WHEN")]
    pub(crate) since: Option<When>,
}

#[derive(Debug, Args)]
pub(crate) struct Cases {
    #[command(flatten)]
    pub(crate) config: ConfigFile,
    /// Also closed cases
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
        /// How the case ended; the site file may say which outcomes there are for this kind of case
        #[arg(long)]
        outcome: String,
    },
    /// Add a case by hand
    Add(AddCase),
    /// Add to an open case, such as the question, or the result of the investigation of a complaint
    Note {
        /// The case
        #[arg(value_name = "CASE")]
        id: String,
        /// What to add. You can give --field several times. If the case has the key already, the new
        /// value replaces the old one
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
    /// A kind of case of the site file, such as complaint
    pub(crate) kind: CaseKind,
    /// The flow that the case is about
    #[arg(long, value_name = "NAME")]
    pub(crate) flow: String,
    /// The call that the case is about
    #[arg(long)]
    pub(crate) call: Option<CallId>,
    /// What the case is about. You can give --field several times
    #[arg(long = "field", value_name = "KEY=VALUE", value_parser = key_and_value)]
    pub(crate) fields: Vec<Field>,
}

pub(super) fn key_and_value(text: &str) -> Result<Field, String> {
    let (key, value) = text.split_once('=').ok_or("write KEY=VALUE")?;
    Ok(Field { key: key.to_owned(), value: value.to_owned() })
}

#[derive(Debug, Args)]
pub(crate) struct Which {
    /// Only calls that came in since then: 90m, 12h, 7d, 2w, or a date such as 2026-11-01
    #[arg(long, value_name = "WHEN")]
    pub(crate) since: Option<When>,
    /// Only calls that came in before then
    #[arg(long, value_name = "WHEN")]
    pub(crate) until: Option<When>,
    /// Only calls of this flow
    #[arg(long, value_name = "NAME")]
    pub(crate) flow: Option<String>,
}

#[derive(Debug, Args)]
pub(crate) struct Replay {
    /// The id of the call, as `strowger records` shows it
    #[arg(value_name = "CALL", required_unless_present = "since", conflicts_with_all = ["since", "until", "flow"])]
    pub(crate) call: Option<CallId>,
    #[command(flatten)]
    pub(crate) which: Which,
    /// A plugin that runs instead of the recorded plugin of the same name
    #[arg(long, value_name = "FILE")]
    pub(crate) plugin: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) config: ConfigFile,
}

#[derive(Debug, Args)]
pub(crate) struct Erase {
    /// The number to erase, whole, in any notation
    #[arg(
        value_name = "NUMBER",
        required_unless_present = "older_than",
        conflicts_with = "older_than"
    )]
    pub(crate) number: Option<String>,
    /// Erase the data of all calls that came in before: 30d, 8w, or a date such as 2026-11-01
    #[arg(long, value_name = "WHEN")]
    pub(crate) older_than: Option<When>,
    /// Erase without asking
    #[arg(long)]
    pub(crate) yes: bool,
    #[command(flatten)]
    pub(crate) config: ConfigFile,
}

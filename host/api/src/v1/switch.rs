//! Switches.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use strowger_model::{
    Timestamp,
    switch::{MOST_BY, MOST_REASON},
};

/// A switch of the site as it stands.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Switch {
    /// Its name in the site file.
    pub switch: String,
    /// What people call it.
    pub label: String,
    /// By which it is turned from a phone; null: it is not.
    pub code: Option<String>,
    /// 2 to 10 positions; the first is the normal one.
    pub positions: Vec<String>,
    /// Where it stands.
    pub position: String,
    /// Since when it stands there; null: it was never turned.
    pub since: Option<Timestamp>,
    /// When it goes back by itself; null: it stays.
    pub until: Option<Timestamp>,
    /// To which position it goes back.
    pub back_to: Option<String>,
    /// Who turned it last; null: nobody said.
    pub by: Option<String>,
    /// Why; null: nobody said.
    pub reason: Option<String>,
}

/// Turn a switch.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct TurnSwitch {
    /// To which position.
    pub position: String,
    /// When it goes back by itself, to the last position that it was turned to without such a time;
    /// null: it stays.
    #[serde(default)]
    pub until: Option<Timestamp>,
    /// Who turns it, for those who look later; null: nobody says.
    #[serde(default)]
    #[schemars(length(max = MOST_BY))]
    pub by: Option<String>,
    /// Why; null: nobody says.
    #[serde(default)]
    #[schemars(length(max = MOST_REASON))]
    pub reason: Option<String>,
    /// By what.
    #[serde(default)]
    pub means: Means,
}

/// By what a switch is turned.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Means {
    /// A program that uses the API.
    #[default]
    Api,
    /// The command `strowger switch`.
    Command,
    /// The console.
    Console,
    /// A telephone. Only in answers, as are the others that follow.
    Telephone,
    /// The time that was set when it was turned.
    Time,
    /// The site file has the position no more.
    SiteFile,
}

/// A turn of a switch.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct SwitchTurn {
    /// The switch, by its name in the site file.
    pub switch: String,
    /// When.
    pub at: Timestamp,
    /// Who; null: nobody said, or nobody did it.
    pub by: Option<String>,
    /// By what.
    pub means: Means,
    /// By telephone: the endpoint that the PBX has authenticated; null: there was none.
    pub endpoint: Option<String>,
    /// From which position.
    pub from: String,
    /// To which position.
    pub to: String,
    /// When it was to go back; null: it was to stay.
    pub until: Option<Timestamp>,
    /// Why; null: nobody said.
    pub reason: Option<String>,
}

/// Which turns of switches.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct WhichTurns {
    /// Of this switch, by its name, its code, or its name before; not given: of all. A switch that the
    /// site file has no more has the name that it had.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub switch: Option<String>,
    /// The newest so many; not given: 100.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub limit: Option<u32>,
}

impl WhichTurns {
    /// So many, if nothing else is asked for.
    pub const LIMIT: u32 = 100;
}

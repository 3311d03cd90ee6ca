//! Switches of the site, which people turn so that calls take another way.

use crate::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Characters of the name of whoever turns a switch, at most.
pub const MOST_BY: usize = 100;

/// Characters of a reason for a turn, at most.
pub const MOST_REASON: usize = 500;

/// How a switch stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SwitchState {
    /// The switch.
    pub name: String,
    /// As it stands.
    pub position: String,
    /// Since when it stands there.
    pub since: Timestamp,
    /// When and where to it goes back by itself.
    pub until: Option<Until>,
    /// Who turned it last; none: nobody said.
    pub by: Option<String>,
    /// Why, if that was said.
    pub reason: Option<String>,
}

/// A switch of the site as it stands now, for people.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SwitchNow {
    /// For people.
    pub label: String,
    /// By which it is turned from a phone.
    pub code: Option<String>,
    /// 2 to 10; the first is the normal one.
    pub positions: Vec<String>,
    /// As it stands. `since` is zero if it was never turned.
    pub state: SwitchState,
}

/// When a switch goes back by itself, and to which position.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Until {
    /// Then.
    pub at: Timestamp,
    /// To this position: the last one that was for good.
    pub back_to: String,
}

/// A turn of a switch, as it is kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SwitchTurn {
    /// The switch.
    pub name: String,
    /// When.
    pub at: Timestamp,
    /// Who, in at most [`MOST_BY`] characters; none: nobody said, or it was the host itself.
    pub by: Option<String>,
    /// By what.
    pub means: Means,
    /// By telephone: the endpoint that the PBX has authenticated.
    pub endpoint: Option<String>,
    /// From which position.
    pub from: String,
    /// To which position.
    pub to: String,
    /// Then it goes back by itself.
    pub until: Option<Timestamp>,
    /// Why, in at most [`MOST_REASON`] characters, if that was said.
    pub reason: Option<String>,
}

/// A turn with how the switch stands after it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Turned {
    /// After it.
    pub state: SwitchState,
    /// For the audit.
    pub turn: SwitchTurn,
}

/// By what a switch was turned.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Means {
    /// The command `strowger switch`.
    Command,
    /// A program that uses the API.
    Api,
    /// The console.
    Console,
    /// A telephone, in a flow.
    Telephone,
    /// By itself, at the time that was set when it was turned.
    Time,
    /// The site file has the position no more.
    SiteFile,
}

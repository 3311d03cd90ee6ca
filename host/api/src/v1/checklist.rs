//! What is prepared for an emergency.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Something that must be prepared before an emergency comes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Check {
    /// Of which kind.
    pub kind: CheckKind,
    /// What it is: the name of a flow, a switch and its position, an agent and a phone.
    pub about: String,
    /// How it is, for people.
    pub state: String,
    /// What is to be done, for people; null: it is prepared.
    pub to_do: Option<String>,
}

/// Of which kind something is that must be prepared.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum CheckKind {
    /// The connection to the PBX.
    Pbx,
    /// The site file.
    Site,
    /// A flow and its files.
    Flow,
    /// What a position of a switch leads to.
    Switch,
    /// Who turns a switch by telephone.
    Turner,
    /// A queue and its agents.
    Queue,
    /// A phone of an agent.
    Phone,
    /// A roster of the days to come.
    Roster,
}

//! How a host is, as a whole.

use super::Switch;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use strowger_model::{FlowName, Timestamp};

/// How the host is, as a whole.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Status {
    /// What somebody has to look at, a sentence each, for people; empty: all is well.
    pub ill: Vec<String>,
    /// The version of Strowger.
    pub version: String,
    /// When the host started.
    pub since: Timestamp,
    /// How many calls are up.
    pub calls: u64,
    /// The connection to the PBX.
    pub pbx: PbxStatus,
    /// The site file.
    pub site: SiteStatus,
    /// Flows.
    pub flows: FlowsStatus,
    /// The journal.
    pub journal: JournalStatus,
    /// Mail that flows order.
    pub mail: MailStatus,
    /// The disk.
    pub disk: DiskStatus,
    /// Switches that do not stand in their normal position.
    #[serde(default)]
    pub switches: Vec<Switch>,
}

/// The connection to the PBX.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct PbxStatus {
    /// The name of the adapter.
    pub adapter: String,
    /// Commands reach the PBX.
    pub connected: bool,
    /// Why they do not, such as that another host has taken the place of this one; null: they do.
    pub error: Option<String>,
}

/// The site file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct SiteStatus {
    /// There is a site in force, perhaps that of an earlier file.
    pub in_force: bool,
    /// What is wrong with the file as it is now, or why it is not in force, as `strowger check` says
    /// it; null: it is in force.
    pub error: Option<String>,
    /// What is in force and does not do what it says, such as a template of campaigns whose flow is
    /// gone.
    #[serde(default)]
    pub warnings: Vec<String>,
}

/// Flows.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct FlowsStatus {
    /// How many serve new calls.
    pub serving: u64,
    /// Those that do not serve what their files say, because the files are not good.
    pub wrong: Vec<FlowName>,
}

/// The journal.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct JournalStatus {
    /// How many entries wait to be written.
    pub pending: u64,
    /// Since when nothing can be written; null: it can.
    pub stuck_since: Option<Timestamp>,
    /// Why nothing can be written.
    pub error: Option<String>,
}

/// Mail that flows order.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct MailStatus {
    /// `strowger.toml` names a mail server.
    pub server: bool,
    /// How many mails wait to be sent.
    pub waiting: u64,
    /// How many mails of the last day were given up.
    pub failed: u64,
    /// What the mail server said last of a mail that waits; null: nothing.
    pub error: Option<String>,
}

/// The disk.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct DiskStatus {
    /// The folder for what must be kept.
    pub folder: String,
    /// How many bytes may still be written there; null: that cannot be said.
    pub free: Option<u64>,
}

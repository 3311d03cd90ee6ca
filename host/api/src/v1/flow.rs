//! Flows and their versions.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use strowger_model::FlowName;

/// A flow: which versions it has, and what is wrong with its files.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Flow {
    /// Its name.
    pub name: FlowName,
    /// The numbers that it serves, as they are written in its flow file.
    pub numbers: Vec<String>,
    /// The name of its plugin; null: nothing is good yet.
    pub plugin: Option<String>,
    /// The version of its plugin.
    pub plugin_version: Option<String>,
    /// The version that new calls get; null: nothing is good yet, or the flow file is gone.
    pub version: Option<String>,
    /// The version that a rollback would bring back; null: there is none.
    pub previous: Option<String>,
    /// New calls get the previous version, until the files change.
    pub rolled_back: bool,
    /// The version that was withdrawn because too many of its steps failed, until the files change.
    pub withdrawn: Option<String>,
    /// New calls go to the fallback route, because the version was withdrawn and there was none
    /// before it.
    pub on_fallback: bool,
    /// How many calls are up, by the version that they began on. Versions that no longer serve new
    /// calls are here too.
    pub calls: BTreeMap<String, u64>,
    /// How many steps of the version that serves have failed.
    pub faults: u64,
    /// New calls get the version although its scenarios fail, because somebody accepted that.
    pub accepted: bool,
    /// What is wrong with the files as they are now, as `strowger check` says it; null: nothing.
    pub error: Option<String>,
}

/// What came of a rollback.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct RolledBack {
    /// The version that new calls get now.
    pub version: String,
}

/// Why a flow is to be taken as its files say, although its scenarios fail.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Accept {
    /// For those who read it later.
    pub reason: String,
}

/// What came of accepting a flow.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Accepted {
    /// The version of which the scenarios need not pass, as long as the files stay as they are.
    pub version: String,
    /// What is still wrong with the site file or with flows, so that this version may not serve
    /// yet; null: nothing.
    pub error: Option<String>,
}

//! What a version of a flow was made of, kept as long as a call or a recorded step refers to it.

use crate::{Timestamp, step::FlowVersion};
use serde::{Deserialize, Serialize};
use std::{collections::BTreeMap, fmt, sync::Arc};

/// Everything that a version of a flow was made of, so that it can be made again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VersionFiles {
    /// What is made of it.
    pub on: FlowVersion,
    /// The flow file.
    pub flow: TextFile,
    /// The site file that it was checked against.
    pub site: TextFile,
    /// Recordings of the flow, where they were found, by name.
    pub recordings: BTreeMap<String, String>,
    /// Recordings of the site, where they were found, by name.
    pub site_recordings: BTreeMap<String, String>,
    /// The plugin.
    pub plugin: PluginFile,
}

/// What served new calls: the site file, and a version of each flow.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct InForce {
    /// The site file.
    pub site: TextFile,
    /// By flow.
    pub flows: Vec<FlowVersion>,
}

/// Which version of a flow serves, decided against what its files or its scenarios say.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Decision {
    /// When.
    pub at: Timestamp,
    /// About this version, which the files make.
    pub on: FlowVersion,
    /// What.
    pub what: Decided,
    /// Why, as somebody said or as the host noticed.
    pub reason: String,
}

/// What was decided about a version.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Decided {
    /// It may serve although its scenarios fail.
    Accepted,
    /// Somebody gave new calls this version instead.
    RolledBack(String),
    /// It failed too many callers, and this version took its place.
    Withdrawn(String),
}

impl Decided {
    /// The version that took its place.
    pub fn instead(&self) -> Option<&str> {
        match self {
            Self::Accepted => None,
            Self::RolledBack(to) | Self::Withdrawn(to) => Some(to),
        }
    }
}

/// A file of text as it was read.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct TextFile {
    /// Where it was.
    pub path: String,
    /// What it said.
    pub text: String,
}

/// A plugin as it was read. Many versions may share one.
#[derive(Clone, PartialEq, Eq)]
pub struct PluginFile {
    /// The hash of its content.
    pub hash: String,
    /// The component.
    pub bytes: Arc<[u8]>,
}

impl fmt::Debug for PluginFile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "plugin {} of {} bytes", self.hash, self.bytes.len())
    }
}

//! What a version of a flow was made of, kept as long as a call or a recorded step refers to it.

use crate::step::FlowVersion;
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

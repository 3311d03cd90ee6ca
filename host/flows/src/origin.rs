//! A flow file that was read, with its plugin: what versions of a flow are made from.

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
    sync::Arc,
};
use strowger_model::{FlowName, NumberPattern};
use strowger_sandbox::Plugin;
use strowger_site::{Numbering, site::recordings, source::Source};

/// The name of the flow file in a folder of its own.
pub(crate) const FLOW_FILE: &str = "flow.toml";

/// What a version is made from, again for every site.
#[derive(Clone)]
pub(crate) struct Origin {
    pub(crate) name: FlowName,
    pub(crate) source: Arc<Source>,
    pub(crate) plugin: Result<Plugin, NoPlugin>,
    pub(crate) recordings: BTreeMap<String, PathBuf>,
}

/// Why there is no plugin.
#[derive(Clone)]
pub(crate) enum NoPlugin {
    /// The flow file names none, which its schema says already.
    Unnamed,
    /// Nobody wants to know about this flow.
    NotNeeded,
    /// It cannot be had.
    Missing { message: String, help: Option<String> },
}

impl Origin {
    /// A flow file, and the names of its recordings. The plugin is asked for by name and the flow's
    /// folder.
    pub(crate) fn new(
        name: FlowName,
        source: Source,
        plugin: impl FnOnce(&str, &Path) -> Result<Plugin, NoPlugin>,
    ) -> Self {
        let dir = source.path.parent().unwrap_or(Path::new("."));
        let plugin = match source.value["plugin"].as_str() {
            Some(name) => plugin(name, dir),
            None => Err(NoPlugin::Unnamed),
        };
        let own = match source.path.file_name().is_some_and(|name| name == FLOW_FILE) {
            true => recordings(&dir.join("prompts")),
            false => BTreeMap::new(),
        };
        Self { name, source: Arc::new(source), plugin, recordings: own }
    }

    /// The numbers that the file claims, good or not, with their place.
    pub(crate) fn numbers(&self, numbering: &Numbering) -> Vec<(String, NumberPattern)> {
        let numbers = self.source.value["numbers"].as_array().into_iter().flatten().enumerate();
        let claimed = numbers.filter_map(|(index, number)| {
            let pattern: NumberPattern = number.as_str()?.parse().ok()?;
            Some(numbering.patterns(pattern).map(move |it| (format!("/numbers/{index}"), it)))
        });
        claimed.flatten().collect()
    }
}

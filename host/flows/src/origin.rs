//! A flow file that was read, with its plugin: what versions of a flow are made from.

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
    sync::Arc,
};
use strowger_model::{FlowName, NumberPattern};
use strowger_sandbox::Plugin;
use strowger_site::{Problem, site::recordings, source::Source};

/// What a version is made from, again for every site.
#[derive(Clone)]
pub(crate) struct Origin {
    pub(crate) name: FlowName,
    pub(crate) source: Arc<Source>,
    pub(crate) plugin: Result<Plugin, NoPlugin>,
    pub(crate) recordings: BTreeMap<String, PathBuf>,
}

/// A plugin that cannot be had.
#[derive(Clone)]
pub(crate) struct NoPlugin {
    pub(crate) message: String,
    pub(crate) help: Option<String>,
}

impl Origin {
    /// Reads a flow file and the names of its recordings. The plugin is asked for by name and the
    /// flow's folder.
    pub(crate) fn read(
        name: FlowName,
        path: &Path,
        plugin: impl FnOnce(&str, &Path) -> Result<Plugin, NoPlugin>,
    ) -> Result<Self, Vec<Problem>> {
        let source = Source::read(path)?;
        let dir = path.parent().unwrap_or(Path::new("."));
        let plugin = match source.value["plugin"].as_str() {
            Some(name) => plugin(name, dir),
            None => Err(NoPlugin { message: String::new(), help: None }),
        };
        let own = match path.file_name().is_some_and(|name| name == "flow.toml") {
            true => recordings(&dir.join("prompts")),
            false => BTreeMap::new(),
        };
        Ok(Self { name, source: Arc::new(source), plugin, recordings: own })
    }

    /// The numbers that the file claims, good or not, with their place.
    pub(crate) fn numbers(&self) -> Vec<(String, NumberPattern)> {
        let numbers = self.source.value["numbers"].as_array().into_iter().flatten().enumerate();
        numbers
            .filter_map(|(index, number)| {
                Some((format!("/numbers/{index}"), number.as_str()?.parse().ok()?))
            })
            .collect()
    }
}

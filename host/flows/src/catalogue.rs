//! What serves new calls: one immutable snapshot, replaced in one store.

use crate::{LoadedFlow, Report, Site};
use serde::{Deserialize, Serialize};
use std::{collections::BTreeMap, path::PathBuf, sync::Arc, time::Duration};
use strowger_model::{FlowName, Timestamp};
use strowger_sandbox::Engine;

/// Tries a flow before it serves calls, in the snapshot that it would serve in. An error is for the operator.
pub type Gate = Arc<dyn Fn(&Snapshot, &Arc<LoadedFlow>) -> Result<(), String> + Send + Sync>;

/// Where flows come from and what they have to pass.
#[derive(Clone)]
pub struct CatalogueConfig {
    /// With `site.toml`, and for each flow `NAME/flow.toml` or `NAME.toml`.
    pub flows_dir: PathBuf,
    /// With `NAME.wasm` for each plugin.
    pub plugins_dir: PathBuf,
    /// Compiles plugins.
    pub engine: Engine,
    /// Tries flows; none: not tried.
    pub gate: Option<Gate>,
    /// A version that faults more often is withdrawn.
    pub faults_per_minute: usize,
}

/// What serves new calls.
pub struct Snapshot {
    /// What flows share.
    pub site: Arc<Site>,
    /// By name.
    pub flows: BTreeMap<FlowName, Arc<LoadedFlow>>,
}

impl Snapshot {
    /// The flow that serves a number; none: the PBX's own route does. It may be [`LoadedFlow::withdrawn`].
    pub fn route(&self, dialled: &str) -> Option<&Arc<LoadedFlow>> {
        self.flows.values().find(|flow| flow.numbers.iter().any(|pattern| pattern.matches(dialled)))
    }
}

/// Flows as loaded, and the way to replace them.
pub struct Catalogue;

/// A flow as the operator sees it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FlowStatus {
    /// Its name.
    pub name: String,
    /// Its flow file.
    pub file: PathBuf,
    /// Numbers that it serves.
    pub numbers: Vec<String>,
    /// The plugin and its version.
    pub plugin: Option<(String, String)>,
    /// What new calls get; none: nothing is good yet.
    pub version: Option<String>,
    /// What `rollback` would bring back.
    pub previous: Option<String>,
    /// New calls get the version of before, until the file is changed.
    pub rolled_back: bool,
    /// The version was withdrawn for its faults.
    pub withdrawn: Option<String>,
    /// Calls in progress on each version.
    pub calls: Vec<(String, usize)>,
    /// Faults of the version that serves, since it was loaded.
    pub faults: u64,
    /// What is wrong with the files as they are now.
    pub error: Option<String>,
}

/// Why there is no way back.
#[derive(Debug, thiserror::Error)]
pub enum RollbackError {
    /// There is no such flow.
    #[error("no flow {0:?} is loaded")]
    UnknownFlow(String),
    /// The flow has had one version only.
    #[error("flow {0:?} has no previous version: it has not been changed since the host started")]
    NoPrevious(String),
    /// The previous version does not fit the site as it is now.
    #[error("the previous version of flow {name:?} does not fit the site as it is now:\n{why}")]
    Unfit {
        /// The flow.
        name: String,
        /// What does not fit.
        why: String,
    },
}

/// Keeps watching until dropped.
pub struct Watching;

impl Catalogue {
    /// Reads everything. What is wrong is in the report; the rest serves.
    pub fn open(_config: CatalogueConfig) -> (Arc<Self>, Report) {
        todo!()
    }

    /// What serves new calls.
    pub fn current(&self) -> Arc<Snapshot> {
        todo!()
    }

    /// Reads everything again. Blocks while plugins are compiled and tried.
    pub fn reload(&self) -> Report {
        todo!()
    }

    /// Reloads after each change of a file, once nothing has changed for `debounce`, and hands each report to `told`.
    pub fn watch(
        self: &Arc<Self>,
        _debounce: Duration,
        _told: impl Fn(&Report) + Send + 'static,
    ) -> Result<Watching, notify::Error> {
        todo!()
    }

    /// Brings the previous version of a flow back. It serves until the flow's files change again; returns it.
    pub fn rollback(&self, _name: &str) -> Result<String, RollbackError> {
        todo!()
    }

    /// Counts a fault of a version; one that faults too often is withdrawn.
    pub fn report_fault(&self, _flow: &LoadedFlow, _at: Timestamp) {
        todo!()
    }

    /// All flows, by name.
    pub fn status(&self) -> Vec<FlowStatus> {
        todo!()
    }
}

/// Checks flow files without serving any: a folder with `site.toml`, one of its flow folders, or a flow file.
pub fn check(_path: &std::path::Path, _plugins_dir: &std::path::Path, _engine: &Engine) -> Report {
    todo!()
}

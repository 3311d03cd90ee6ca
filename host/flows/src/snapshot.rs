//! What serves new calls, where it comes from, and what it has to pass.

use crate::flow::LoadedFlow;
use std::{collections::BTreeMap, path::PathBuf, sync::Arc};
use strowger_model::FlowName;
use strowger_sandbox::Engine;
use strowger_site::Site;

/// Tries a flow before it serves calls, in the snapshot that it would serve in. An error is for the
/// operator.
pub type Gate = Arc<dyn Fn(&Snapshot, &Arc<LoadedFlow>) -> Result<(), String> + Send + Sync>;

/// Where flows come from and what they have to pass.
#[derive(Clone)]
pub struct CatalogueConfig {
    /// With `site.toml`, and for each flow `NAME/flow.toml` or `NAME.toml`.
    pub flows_dir: PathBuf,
    /// With `NAME.wasm` for each plugin. One beside its flow file goes first.
    pub plugins_dir: PathBuf,
    /// What this is about: a flow's file or folder, or something inside that. Only these flows are
    /// loaded, and those to which they may hand calls. None: all flows.
    pub about: Option<PathBuf>,
    /// Compiles plugins.
    pub engine: Engine,
    /// Tries flows; none: they are not tried.
    pub gate: Option<Gate>,
    /// A version that fails more callers within a minute is withdrawn, if they are at least one in
    /// four of those that it serves.
    pub faults_per_minute: usize,
}

/// What serves new calls. Never changes.
#[derive(Clone)]
pub struct Snapshot {
    /// What flows share.
    pub site: Arc<Site>,
    /// By name.
    pub flows: BTreeMap<FlowName, Arc<LoadedFlow>>,
}

impl Snapshot {
    /// The flow that serves a number; none: the PBX's own route does. It may be
    /// [`LoadedFlow::withdrawn`]: then the call goes to its fallback.
    pub fn route(&self, dialled: &str) -> Option<&Arc<LoadedFlow>> {
        self.flows.values().find(|flow| flow.numbers.iter().any(|pattern| pattern.matches(dialled)))
    }
}

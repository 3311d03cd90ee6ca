//! The flows of this repository, loaded with plugins built for wasm.

use std::{
    fs,
    path::{Path, PathBuf},
    sync::Arc,
};
use strowger_flows::{Catalogue, CatalogueConfig, LoadedFlow};
use strowger_sandbox::Engine;

/// The flows that are shipped.
pub(crate) fn flows_dir() -> PathBuf {
    PathBuf::from("../../flows")
}

/// A copy of a folder with all that is in it.
pub(crate) fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap().map(|entry| entry.unwrap()) {
        let to = to.join(entry.file_name());
        match entry.path().is_dir() {
            true => copy(&entry.path(), &to),
            false => drop(fs::copy(entry.path(), to).unwrap()),
        }
    }
}

/// The plugins of those flows.
pub(crate) const PLUGINS: &[&str] = &[
    "vaccination-helpdesk",
    "reception",
    "permanentie",
    "zorglijn",
    "contact-centre",
    "agent-desk",
    "gp-post",
    "redirect",
    "emergency-line",
    "switch-desk",
    "offer",
    "absence-line",
];

/// Flows of a folder, with these plugins.
pub(crate) struct Loaded {
    pub(crate) catalogue: Arc<Catalogue>,
    pub(crate) engine: Engine,
    _plugins: tempfile::TempDir,
}

impl Loaded {
    /// Loads; everything must be good.
    pub(crate) fn new(flows: PathBuf, plugins: &[&str]) -> Self {
        Self::open(flows, plugins, false)
    }

    /// The same, and nothing serves that does not pass its scenarios.
    pub(crate) fn gated(flows: PathBuf, plugins: &[&str]) -> Self {
        Self::open(flows, plugins, true)
    }

    fn open(flows: PathBuf, plugins: &[&str], gated: bool) -> Self {
        let folder = tempfile::tempdir().unwrap();
        for plugin in plugins {
            fs::copy(
                strowger_test_support::plugin_path(plugin),
                folder.path().join(format!("{plugin}.wasm")),
            )
            .unwrap();
        }
        let engine = Engine::new(None).unwrap();
        let (catalogue, report) = Catalogue::open(CatalogueConfig {
            flows_dir: flows,
            plugins_dir: folder.path().to_owned(),
            about: None,
            engine: engine.clone(),
            gate: gated.then(|| strowger_scenario::gate(engine.clone())),
            faults_per_minute: 10,
        });
        assert!(report.is_good(), "{report}");
        Self { catalogue, engine, _plugins: folder }
    }

    pub(crate) fn flow(&self, name: &str) -> Arc<LoadedFlow> {
        self.catalogue.current().flows[name].clone()
    }
}

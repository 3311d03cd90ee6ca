//! The flows of this repository, loaded with plugins built for wasm.

#![allow(dead_code, reason = "each test uses its part")]

use std::{fs, path::PathBuf, sync::Arc};
use strowger_flows::{Catalogue, CatalogueConfig, LoadedFlow};
use strowger_sandbox::Engine;

/// The flows that are shipped.
pub(crate) fn flows_dir() -> PathBuf {
    PathBuf::from("../../flows")
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
            gate: None,
            faults_per_minute: 10,
        });
        assert!(report.is_good(), "{report}");
        Self { catalogue, engine, _plugins: folder }
    }

    pub(crate) fn flow(&self, name: &str) -> Arc<LoadedFlow> {
        self.catalogue.current().flows[name].clone()
    }
}

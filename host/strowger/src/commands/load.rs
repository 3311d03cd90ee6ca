//! Flows for commands that look at them without serving calls.

use crate::args::Plugins;
use anyhow::{Result, bail};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use strowger_daemon::Config;
use strowger_flows::{Catalogue, CatalogueConfig, LoadedFlow, Snapshot};
use strowger_sandbox::Engine;
use strowger_site::{Numbering, Report, read_site};

/// Flows as loaded, and what is wrong with the others.
pub(crate) struct Loaded {
    pub(crate) engine: Engine,
    pub(crate) flows: Vec<Arc<LoadedFlow>>,
    /// All flows of the folder: those may hand calls to each other.
    pub(crate) beside: Arc<Snapshot>,
    pub(crate) report: Report,
}

/// How the site of a host writes numbers.
pub(crate) fn numbering(config: &Config) -> Result<Numbering> {
    let site = config.flows.join("site.toml");
    if !site.exists() {
        return Ok(Numbering::default());
    }
    match read_site::read(&site) {
        Ok(site) => Ok(site.numbering),
        Err(problems) => {
            bail!(
                "the site file says how numbers are written:\n{}",
                Report::default().with(problems)
            )
        }
    }
}

/// An engine that keeps compiled plugins.
pub(crate) fn engine(plugins: &Plugins) -> Result<Engine> {
    Ok(Engine::new(plugins.cache.clone())?)
}

/// The flows at a path: a folder with a site file, one flow in it, or something inside a flow's
/// folder.
pub(crate) fn load(path: &Path, plugins: &Plugins) -> Result<Loaded> {
    let path = &std::path::absolute(path)?;
    if !path.exists() {
        bail!("there is no file or folder {}", path.display());
    }
    let Some(folder) = site_folder(path) else {
        bail!("no site.toml in {} or a folder above: flows need one", path.display());
    };
    let engine = engine(plugins)?;
    let (catalogue, report) = Catalogue::open(CatalogueConfig {
        flows_dir: folder,
        plugins_dir: plugins.plugins.clone(),
        about: Some(path.clone()),
        engine: engine.clone(),
        gate: None,
        faults_per_minute: usize::MAX,
    });
    let current = catalogue.current();
    let within =
        |flow: &&Arc<LoadedFlow>| flow.file.starts_with(path) || path.starts_with(own_folder(flow));
    let flows = current.flows.values().filter(within).cloned().collect();
    Ok(Loaded { engine, flows, beside: current, report })
}

/// The folder, at a path or above it, that holds the site file.
pub(crate) fn site_folder(path: &Path) -> Option<PathBuf> {
    path.ancestors().find(|folder| folder.join("site.toml").is_file()).map(Path::to_owned)
}

/// A flow's own folder, or its file if it lies beside others.
fn own_folder(flow: &LoadedFlow) -> &Path {
    if flow.file.ends_with("flow.toml") { &flow.dir } else { &flow.file }
}

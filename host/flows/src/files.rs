//! The files as they are: the site file, the flow files, and the plugins that they name.

use crate::{
    origin::{FLOW_FILE, NoPlugin, Origin},
    snapshot::CatalogueConfig,
};
use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    io::ErrorKind,
    path::{Path, PathBuf},
    sync::{Arc, Mutex, PoisonError},
};
use strowger_model::FlowName;
use strowger_sandbox::{LoadError, Plugin};
use strowger_site::{
    CampaignTemplate, Problem, Site, read_site,
    source::{Source, child, read_whole},
};

/// The name of the site file in the folder of flows.
pub(crate) const SITE_FILE: &str = "site.toml";

/// Plugins that were compiled, by their hash, for as long as somebody uses them.
#[derive(Default)]
pub(crate) struct Plugins(Mutex<BTreeMap<String, Plugin>>);

/// The files as they are.
pub(crate) struct Files {
    pub(crate) site: Result<Arc<Site>, Vec<Problem>>,
    pub(crate) flows: BTreeMap<FlowName, Result<Origin, Vec<Problem>>>,
    /// The folder could be read: a flow without a file was taken away.
    pub(crate) complete: bool,
    /// Wrong with the folder as a whole.
    pub(crate) problems: Vec<Problem>,
}

impl Files {
    pub(crate) fn read(config: &CatalogueConfig, plugins: &Plugins) -> Self {
        let mut files = Self {
            site: read_site::read(&config.flows_dir.join(SITE_FILE)).map(Arc::new),
            flows: BTreeMap::new(),
            complete: true,
            problems: Vec::new(),
        };
        let found = files.find(&config.flows_dir).into_iter();
        let found = found.map(|(name, paths)| (name.clone(), source(&name, &paths))).collect();
        let needed = needed(config.about.as_deref(), &found, files.site.as_deref().ok());
        let mut seen = BTreeSet::new();
        for (name, found) in found {
            let origin = found.map(|source| {
                let is_needed = needed.contains(&name);
                Origin::new(name.clone(), source, |plugin, dir| match is_needed {
                    true => plugins.load(config, plugin, dir).inspect(|plugin| {
                        seen.insert(plugin.hash().to_owned());
                    }),
                    false => Err(NoPlugin::NotNeeded),
                })
            });
            files.flows.insert(name, origin);
        }
        plugins.forget_but(&seen);
        files
    }

    /// Flows whose plugin nobody needs now. They claim their numbers all the same.
    pub(crate) fn aside(&self) -> impl Iterator<Item = &Origin> {
        let read = self.flows.values().flatten();
        read.filter(|origin| matches!(origin.plugin, Err(NoPlugin::NotNeeded)))
    }

    /// Templates of campaigns whose flow has no file: no campaign can be opened from them.
    pub(crate) fn templates_without_flow(&self, site: &Site) -> Vec<Problem> {
        let is_there = |flow: &FlowName| self.flows.contains_key(flow) || !self.complete;
        let templates = site.campaigns.values().filter(|template| !is_there(&template.flow));
        let problem = |template: &CampaignTemplate| {
            let at = child(&child("/campaigns", template.name.as_str()), "flow");
            let flow = &template.flow;
            let problem = site.source.as_ref()?.at_value(&at, format!("no flow `{flow}`"));
            let known = self.flows.keys().map(FlowName::as_str);
            let help = "no campaign can be opened from this template: write the flow file, or \
                        take the template out";
            Some(problem.help(help).suggest_near(flow.as_str(), known))
        };
        templates.filter_map(problem).collect()
    }

    /// The flow files of a folder: `NAME/flow.toml` and `NAME.toml`.
    fn find(&mut self, folder: &Path) -> BTreeMap<FlowName, Vec<PathBuf>> {
        let mut found: BTreeMap<FlowName, Vec<PathBuf>> = BTreeMap::new();
        let entries = match fs::read_dir(folder) {
            Ok(entries) => entries,
            Err(error) => {
                let problem = Problem::of_file(folder, format!("cannot be read: {error}"));
                self.problems.push(problem.help("all flows serve on as they are"));
                self.complete = false;
                return found;
            }
        };
        for path in entries.flatten().map(|entry| entry.path()) {
            let Some(name) = path.file_name().and_then(|name| name.to_str()) else { continue };
            if self.misnamed(folder, name) {
                continue;
            }
            if path.is_dir() && !name.starts_with('.') {
                self.misnamed_in(&path);
            }
            let inside = path.join(FLOW_FILE);
            let (name, file) = match name.strip_suffix(".toml") {
                Some(stem) if name != SITE_FILE => (stem, path.clone()),
                None if is_there(&inside) => (name, inside),
                _ => continue,
            };
            // Editors leave hidden files for a moment.
            if !name.starts_with('.') {
                found.entry(name.into()).or_default().push(file);
            }
        }
        found
    }

    /// Files of a folder that are meant to be flow files.
    fn misnamed_in(&mut self, folder: &Path) {
        for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
            let name = entry.file_name();
            if let Some(name) = name.to_str().filter(|name| meant(name) == FLOW_FILE) {
                self.misnamed(folder, name);
            }
        }
    }

    /// A file whose name some system or editor has changed is read by nobody.
    fn misnamed(&mut self, folder: &Path, name: &str) -> bool {
        let meant = meant(name);
        let wrong = meant != name && !name.starts_with('.');
        if wrong {
            let problem = Problem::of_file(&folder.join(name), "nobody reads a file of this name");
            self.problems.push(problem.help(format!("rename it to `{meant}`")));
        }
        wrong
    }
}

/// Whether there is a file, or something that cannot be looked at: that is said when it is read, and
/// takes no flow away.
fn is_there(file: &Path) -> bool {
    match file.metadata() {
        Ok(data) => data.is_file(),
        Err(error) => !matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory),
    }
}

/// The name that a file is meant to have: `flow.toml` for `Flow.toml` and `flow.toml.txt`.
fn meant(name: &str) -> String {
    let lower = name.to_lowercase();
    let plain = lower.strip_suffix(".txt").unwrap_or(&lower);
    match plain.strip_suffix(".toml") {
        Some(_) if [FLOW_FILE, SITE_FILE].contains(&plain) => plain.to_owned(),
        // The name of a flow may have capitals.
        Some(stem) => format!("{}.toml", name.get(..stem.len()).unwrap_or(stem)),
        None => name.to_owned(),
    }
}

/// Folders of flows that have no flow file: somebody has taken the flow away, or forgotten it.
pub(crate) fn without_file(flows_dir: &Path) -> Vec<Problem> {
    let folders = fs::read_dir(flows_dir).into_iter().flatten().flatten();
    let folders = folders.map(|entry| entry.path());
    let empty =
        folders.filter(|path| path.join("scenarios").is_dir() && !path.join(FLOW_FILE).exists());
    let problem = |path: PathBuf| {
        let message =
            format!("no flow is made of this folder: it has scenarios and no {FLOW_FILE}");
        Problem::of_file(&path, message).help("put the flow file there, or remove the folder")
    };
    empty.map(problem).collect()
}

/// The one flow file of a flow.
fn source(name: &FlowName, paths: &[PathBuf]) -> Result<Source, Vec<Problem>> {
    match paths {
        [path] => Source::read(path),
        paths => {
            let twice = |path: &PathBuf| {
                Problem::of_file(path, format!("flow `{name}` has two flow files"))
                    .help("keep one of them")
            };
            Err(paths.iter().map(twice).collect())
        }
    }
}

/// The flows at a path, those to which they may hand calls, and those of the campaigns that they may
/// open; all of them, if there is no path.
fn needed(
    about: Option<&Path>,
    found: &BTreeMap<FlowName, Result<Source, Vec<Problem>>>,
    site: Option<&Site>,
) -> BTreeSet<FlowName> {
    let read = |name: &FlowName| found.get(name).and_then(|source| source.as_ref().ok());
    let is_meant = |name: &&FlowName| match (about, read(name)) {
        (Some(about), Some(source)) => is_about(about, &source.path),
        _ => true,
    };
    let mut next: Vec<FlowName> = found.keys().filter(is_meant).cloned().collect();
    let mut needed = BTreeSet::new();
    while let Some(name) = next.pop() {
        let permitted = |what: &str| {
            let names = read(&name).and_then(|it| it.value["permissions"][what].as_array());
            names.into_iter().flatten().filter_map(|name| name.as_str())
        };
        let templates = site.into_iter().flat_map(|site| site.campaigns.values());
        let opened = templates.filter(|template| {
            permitted("campaigns").any(|name| name == "*" || name == template.name.as_str())
        });
        let flows = permitted("flows").map(FlowName::from);
        let flows = flows.chain(opened.map(|template| template.flow.clone()));
        next.extend(flows.filter(|name| !needed.contains(name)));
        needed.insert(name);
    }
    needed
}

/// Whether a path means a flow: it is its file, its folder, something in its folder, or a folder
/// above.
pub(crate) fn is_about(path: &Path, file: &Path) -> bool {
    let own = match file.file_name() {
        Some(name) if name == FLOW_FILE => file.parent().unwrap_or(file),
        _ => file,
    };
    file.starts_with(path) || path.starts_with(own)
}

impl Plugins {
    /// A plugin that somebody uses.
    pub(crate) fn known(&self, hash: &str) -> Option<Plugin> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).get(hash).cloned()
    }

    fn load(&self, config: &CatalogueConfig, name: &str, dir: &Path) -> Result<Plugin, NoPlugin> {
        let plain = !name.is_empty() && !name.starts_with('.') && !name.contains(['/', '\\']);
        if !plain {
            let help = "write the name of its file without `.wasm`".to_owned();
            let message = format!("not the name of a plugin: `{name}`");
            return Err(NoPlugin::Missing { message, help: Some(help) });
        }
        let places = [dir, &config.plugins_dir].map(|folder| folder.join(format!("{name}.wasm")));
        let Some(path) = places.iter().find(|path| path.exists()) else {
            let help = match Problem::of_file(&config.plugins_dir, "")
                .suggest(name, names(&config.plugins_dir).iter().map(String::as_str))
                .help
            {
                Some(near) => near,
                None => format!("put it at {}", places[1].display()),
            };
            let message = format!(
                "no plugin `{name}`: neither {} nor {}",
                places[0].display(),
                places[1].display()
            );
            return Err(NoPlugin::Missing { message, help: Some(help) });
        };
        let bytes = read_whole(path).map_err(|error| NoPlugin::Missing {
            message: format!("plugin {} cannot be read: {error}", path.display()),
            help: None,
        })?;
        let hash = blake3::hash(&bytes).to_hex();
        let plugin = match self.known(&hash) {
            Some(plugin) => plugin,
            None => config.engine.load(&path.display().to_string(), &bytes).map_err(|error| NoPlugin::Missing {
                help: matches!(error, LoadError::Truncated { .. })
                    .then(|| "while it is being copied this is normal: it is read again when it has changed".to_owned()),
                message: error.to_string(),
            })?,
        };
        self.0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .insert(hash.to_string(), plugin.clone());
        Ok(plugin)
    }

    fn forget_but(&self, seen: &BTreeSet<String>) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).retain(|hash, _| seen.contains(hash));
    }
}

/// The plugins in a folder.
fn names(folder: &Path) -> Vec<String> {
    let files = fs::read_dir(folder).into_iter().flatten().flatten();
    files
        .filter_map(|file| Some(file.file_name().to_str()?.strip_suffix(".wasm")?.to_owned()))
        .collect()
}

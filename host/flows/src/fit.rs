//! From an [`Origin`] and a site to a [`LoadedFlow`], or everything that is wrong with them.

use crate::{
    flow::{Counters, FlowLimits, LoadedFlow},
    flow_file::{FlowFile, LimitsFile},
    origin::{NoPlugin, Origin},
    read_flow::{self, Read},
    schemas,
    settings::Names,
};
use serde_json::{Map, Value};
use std::{path::Path, sync::Arc, time::Duration};
use strowger_sandbox::{Flow, Limits, LoadError, Plugin};
use strowger_site::{
    Problem, Quota, Site, Terms, schema,
    source::{Source, child},
    version,
};

/// What a version has in common with those that differ from it only in the site: nothing is
/// configured twice, and calls are counted together.
pub(crate) struct Kept {
    pub(crate) flow: Flow,
    pub(crate) counters: Arc<Counters>,
}

/// A flow file of which everything is good, with the settings as the plugin gets them.
struct Checked {
    file: FlowFile,
    read: Read,
    settings: Value,
}

impl Origin {
    /// Checks everything against the site and configures the plugin. Without a site, what does not
    /// need one is checked and nothing comes of it.
    pub(crate) fn fit(
        &self,
        site: Option<&Arc<Site>>,
        kept: impl FnOnce(&str) -> Option<Kept>,
    ) -> Result<Option<LoadedFlow>, Vec<Problem>> {
        let source = &*self.source;
        let (file, mut problems) = schema::read::<FlowFile>(&schemas::FLOW, source);
        let read = file.as_ref().map(|file| read_flow::read(file, source, site, &mut problems));
        let plugin = match &self.plugin {
            Ok(plugin) => Some(plugin),
            Err(NoPlugin::Unnamed | NoPlugin::NotNeeded) => None,
            Err(NoPlugin::Missing { message, help }) => {
                let problem = source.at_value("/plugin", message.clone());
                problems.push(Problem { help: help.clone(), ..problem });
                None
            }
        };
        // Settings are checked although something else in the file is wrong: all errors at once.
        let settings = &source.value["settings"];
        let empty = Value::Object(Map::new());
        let mut settings = if settings.is_object() { settings.clone() } else { empty };
        if let Some(plugin) = plugin {
            let permissions = read.as_ref().map(|read| read.permissions.clone());
            let names = Names { site: site.cloned(), permissions, own: self.recordings.clone() };
            problems.extend(names.check(plugin.manifest(), &mut settings, source));
        }
        let (Some(file), Some(read), Some(plugin), []) = (file, read, plugin, problems.as_slice())
        else {
            return Err(problems);
        };
        let Some(site) = site else { return Ok(None) };
        self.configured(site, plugin, Checked { file, read, settings }, kept).map(Some)
    }

    /// A flow of which everything is good, unless the plugin itself refuses its settings.
    fn configured(
        &self,
        site: &Arc<Site>,
        plugin: &Plugin,
        Checked { file, read, settings }: Checked,
        kept: impl FnOnce(&str) -> Option<Kept>,
    ) -> Result<LoadedFlow, Vec<Problem>> {
        let source = &*self.source;
        let language = file.language.unwrap_or_else(|| site.language.clone());
        let own = format!("{:?}", self.recordings.keys());
        let mut content = source.value.clone();
        if content["settings"].is_object() {
            content["settings"] = settings.clone();
        }
        let version = version::of(&[
            &content.to_string(),
            plugin.hash(),
            &language,
            site.time_zone.name(),
            &own,
        ]);
        let step = limits(&file.limits);
        let kept = match kept(&version) {
            Some(kept) => kept,
            None => {
                let flow = plugin
                    .configure(&settings.to_string(), step.clone())
                    .map_err(|error| vec![refused(source, &settings, error)])?;
                Kept { flow, counters: Arc::default() }
            }
        };
        let mut recordings = site.recordings.clone();
        recordings.extend(self.recordings.clone());
        let terms = Terms {
            name: self.name.clone(),
            version,
            numbers: read.numbers,
            permissions: read.permissions,
            steps: file.limits.steps,
            steps_in_a_row: file.limits.steps_in_a_row,
            quota: quota(&file.limits),
            fallback: read.fallback,
            language,
            caller_id: read.caller_id,
            mails: read.mails,
            cases_to: read.cases_to,
            site: site.clone(),
            recordings,
        };
        Ok(LoadedFlow {
            terms: Arc::new(terms),
            manifest: plugin.manifest().clone(),
            flow: kept.flow,
            limits: FlowLimits {
                step,
                calls: file.limits.calls,
                processor: Duration::from_millis(file.limits.processor_ms),
                log_lines: file.limits.log_lines,
            },
            settings,
            dir: source.path.parent().unwrap_or(Path::new(".")).to_owned(),
            file: source.path.clone(),
            withdrawn: false,
            counters: kept.counters,
            origin: self.clone(),
        })
    }
}

/// What a plugin says of settings that are as its schema wants them. It may begin with the key that
/// it means, such as `texts.welcome`.
fn refused(source: &Source, settings: &Value, error: LoadError) -> Problem {
    let keys = match &error {
        LoadError::SettingsRefused { message, .. } => message.split(':').next().unwrap_or_default(),
        _ => "",
    };
    let place = keys.split('.').fold(String::new(), |place, key| child(&place, key));
    match settings.pointer(&place) {
        Some(_) if !keys.is_empty() => {
            source.at_value(&format!("/settings{place}"), error.to_string())
        }
        _ => source.at_key("/settings", error.to_string()),
    }
}

fn limits(file: &LimitsFile) -> Limits {
    Limits {
        step_time: Duration::from_millis(file.step_ms),
        memory: file.memory_mib << 20,
        state: file.state_kib << 10,
        orders: file.orders,
    }
}

fn quota(file: &LimitsFile) -> Quota {
    Quota {
        notes: file.notes_kib << 10,
        open_orders: file.open_orders,
        dials: file.dials,
        mails: file.mails,
        cases: file.cases,
        alarms: file.alarms,
    }
}

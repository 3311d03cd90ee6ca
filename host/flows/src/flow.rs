//! A flow as it serves calls.

use crate::{Permissions, Site};
use std::{
    collections::BTreeMap,
    ops::Deref,
    path::{Path, PathBuf},
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
};
use strowger_model::{FlowName, NumberPattern, PhoneNumber, command::Target};
use strowger_sandbox::{Flow, Limits, Manifest};

/// One version of a flow: plugin, flow file and site, checked against each other and configured. Never changes.
/// It lives as long as a snapshot, a call ([`OnFlow`]) or the way back ([`crate::Catalogue::rollback`]) holds it.
pub struct LoadedFlow {
    /// The name of its flow file.
    pub name: FlowName,
    /// Short hash of all that it was made of: flow file, plugin, and what of the site it depends on.
    pub version: String,
    /// What the plugin says of itself.
    pub manifest: Manifest,
    /// Carries out steps.
    pub flow: Flow,
    /// What it serves.
    pub numbers: Vec<NumberPattern>,
    /// What its orders may touch.
    pub permissions: Permissions,
    /// How much it may use.
    pub limits: FlowLimits,
    /// Where a call goes that the flow cannot serve.
    pub fallback: Fallback,
    /// BCP 47: of texts that name none.
    pub language: String,
    /// Shown to the far end when the flow dials.
    pub caller_id: Option<PhoneNumber>,
    /// As given to the plugin.
    pub settings: serde_json::Value,
    /// The site that it was checked against.
    pub site: Arc<Site>,
    /// The folder of its flow file, with its scenarios and prompts.
    pub dir: PathBuf,
    /// Its flow file.
    pub file: PathBuf,
    /// Recordings by name: its own, and the site's.
    pub recordings: BTreeMap<String, PathBuf>,
    /// It faulted too often and no previous version could take over: calls go to the fallback at once.
    pub withdrawn: bool,
    pub(crate) counters: Arc<Counters>,
}

/// How much a flow may use.
#[derive(Clone, Debug)]
pub struct FlowLimits {
    /// For a step, see [`Limits`].
    pub step: Limits,
    /// Steps in the life of a call.
    pub steps: u32,
    /// Calls at once; further ones go to the fallback.
    pub calls: u32,
}

/// Where a call goes that its flow cannot serve.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fallback {
    /// Back to the PBX's own route, behind the hand-over to the host.
    Pbx,
    /// A number, an extension, or an address in the PBX's own words.
    To(Target),
}

/// What is counted for a version.
#[derive(Debug, Default)]
pub(crate) struct Counters {
    pub(crate) calls: AtomicUsize,
}

impl LoadedFlow {
    /// Begins a call on this version. The version is kept until the guard is dropped.
    pub fn begin(self: &Arc<Self>) -> OnFlow {
        self.counters.calls.fetch_add(1, Ordering::Relaxed);
        OnFlow(self.clone())
    }

    /// Calls in progress on this version.
    pub fn calls(&self) -> usize {
        self.counters.calls.load(Ordering::Relaxed)
    }

    /// A recording by name: the flow's own, else the site's.
    pub fn recording(&self, name: &str) -> Option<&Path> {
        self.recordings.get(name).map(PathBuf::as_path)
    }
}

/// A call on a version of a flow. Dropping it ends the call's claim on the version.
pub struct OnFlow(Arc<LoadedFlow>);

impl Deref for OnFlow {
    type Target = Arc<LoadedFlow>;

    fn deref(&self) -> &Arc<LoadedFlow> {
        &self.0
    }
}

impl Drop for OnFlow {
    fn drop(&mut self) {
        self.0.counters.calls.fetch_sub(1, Ordering::Relaxed);
    }
}

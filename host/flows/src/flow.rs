//! A flow as it serves calls.

use crate::origin::Origin;
use std::{
    collections::VecDeque,
    ops::Deref,
    path::PathBuf,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicU64, AtomicUsize, Ordering},
    },
    time::Duration,
};
use strowger_model::Timestamp;
use strowger_sandbox::{Flow, Limits, Manifest};
use strowger_site::Terms;

/// One version of a flow: plugin, flow file and site, checked against each other and configured.
/// Never changes. It lives as long as a snapshot, a call ([`OnFlow`]) or the way back
/// ([`crate::Catalogue::rollback`]) holds it.
#[derive(Clone)]
pub struct LoadedFlow {
    /// What a call needs to know of it.
    pub terms: Arc<Terms>,
    /// What the plugin says of itself.
    pub manifest: Manifest,
    /// Carries out steps.
    pub flow: Flow,
    /// How much it may use.
    pub limits: FlowLimits,
    /// As given to the plugin.
    pub settings: serde_json::Value,
    /// The folder of its flow file, with its scenarios and prompts.
    pub dir: PathBuf,
    /// Its flow file.
    pub file: PathBuf,
    /// It faulted too often and no previous version could take over: calls go to the fallback at
    /// once.
    pub withdrawn: bool,
    pub(crate) counters: Arc<Counters>,
    pub(crate) origin: Origin,
}

/// How much a flow may use.
#[derive(Clone, Debug)]
pub struct FlowLimits {
    /// For a step, see [`Limits`].
    pub step: Limits,
    /// Calls at once; further ones go to the fallback.
    pub calls: u32,
}

/// What is counted for a version, also across changes of the site.
#[derive(Debug, Default)]
pub(crate) struct Counters {
    calls: AtomicUsize,
    faults: AtomicU64,
    /// Those of the last minute.
    recent: Mutex<VecDeque<Timestamp>>,
}

impl Counters {
    pub(crate) fn calls(&self) -> usize {
        self.calls.load(Ordering::Relaxed)
    }

    pub(crate) fn faults(&self) -> u64 {
        self.faults.load(Ordering::Relaxed)
    }

    /// Counts a fault; says how many there were within a minute.
    pub(crate) fn fault(&self, at: Timestamp) -> usize {
        self.faults.fetch_add(1, Ordering::Relaxed);
        let mut recent = self.recent.lock().unwrap_or_else(PoisonError::into_inner);
        recent.push_back(at);
        while recent.front().is_some_and(|first| at.since(*first) > Duration::from_secs(60)) {
            recent.pop_front();
        }
        recent.len()
    }

    /// Gives a version that faulted another chance.
    pub(crate) fn forgive(&self) {
        self.recent.lock().unwrap_or_else(PoisonError::into_inner).clear();
    }
}

impl LoadedFlow {
    /// Begins a call on this version. The version is kept until the guard is dropped.
    pub fn begin(self: &Arc<Self>) -> OnFlow {
        self.counters.calls.fetch_add(1, Ordering::Relaxed);
        OnFlow(self.clone())
    }

    /// Calls in progress on this version.
    pub fn calls(&self) -> usize {
        self.counters.calls()
    }
}

impl Deref for LoadedFlow {
    type Target = Terms;

    fn deref(&self) -> &Terms {
        &self.terms
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

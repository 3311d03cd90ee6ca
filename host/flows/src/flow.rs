//! A flow as it serves calls.

use crate::{
    budget::Budget,
    faults::{Faults, Whose},
    log_lines::LogLines,
    origin::Origin,
};
use std::{
    ops::Deref,
    path::PathBuf,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
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
    /// Processor time in a second, for all calls together.
    pub processor: Duration,
    /// Lines that all calls together write to the log in a minute.
    pub log_lines: u32,
}

/// What is counted for a version, also across changes of the site.
#[derive(Debug, Default)]
pub(crate) struct Counters {
    calls: AtomicUsize,
    pub(crate) faults: Faults,
    budget: Budget,
    log_lines: LogLines,
}

impl Counters {
    pub(crate) fn calls(&self) -> usize {
        self.calls.load(Ordering::Relaxed)
    }
}

impl LoadedFlow {
    /// Begins a call on this version, or takes one up, for a caller whose number may be withheld.
    /// The version is kept until the guard is dropped.
    pub fn begin(self: &Arc<Self>, at: Timestamp, caller: Option<&str>) -> OnFlow {
        self.counters.calls.fetch_add(1, Ordering::Relaxed);
        self.counters.faults.begun(at);
        OnFlow { flow: self.clone(), whose: Whose::of(caller) }
    }

    /// The processor time that its calls share.
    pub fn budget(&self) -> &Budget {
        &self.counters.budget
    }

    /// The lines that its calls write to the log.
    pub fn log_lines(&self) -> &LogLines {
        &self.counters.log_lines
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
pub struct OnFlow {
    flow: Arc<LoadedFlow>,
    pub(crate) whose: Whose,
}

impl OnFlow {
    /// The same call on another version. Gives its claim on the version before, which rests until
    /// that is dropped.
    pub fn move_to(&mut self, next: &Arc<LoadedFlow>, at: Timestamp) -> Self {
        next.counters.calls.fetch_add(1, Ordering::Relaxed);
        next.counters.faults.begun(at);
        std::mem::replace(self, Self { flow: next.clone(), whose: self.whose })
    }
}

impl Deref for OnFlow {
    type Target = Arc<LoadedFlow>;

    fn deref(&self) -> &Arc<LoadedFlow> {
        &self.flow
    }
}

impl Drop for OnFlow {
    fn drop(&mut self) {
        self.flow.counters.calls.fetch_sub(1, Ordering::Relaxed);
    }
}

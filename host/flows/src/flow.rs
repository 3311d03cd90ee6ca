//! A flow as it serves calls.

use crate::{Permissions, Site, Template, read_flow::Origin};
use std::{
    collections::{BTreeMap, VecDeque},
    ops::Deref,
    path::{Path, PathBuf},
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicU64, AtomicUsize, Ordering},
    },
    time::Duration,
};
use strowger_model::{CaseKind, FlowName, NumberPattern, PhoneNumber, Timestamp, command::Target};
use strowger_sandbox::{Flow, Limits, Manifest};

/// One version of a flow: plugin, flow file and site, checked against each other and configured.
/// Never changes. It lives as long as a snapshot, a call ([`OnFlow`]) or the way back
/// ([`crate::Catalogue::rollback`]) holds it.
#[derive(Clone)]
pub struct LoadedFlow {
    /// The name of its flow file.
    pub name: FlowName,
    /// Short hash of all that it was made of: flow file, plugin, and what of the site it depends
    /// on.
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
    /// Texts of mails, by name.
    pub mails: BTreeMap<String, Template>,
    /// When escalations and complaints have to be answered.
    pub cases: Cases,
    /// As given to the plugin.
    pub settings: serde_json::Value,
    /// The site that it was checked against.
    pub site: Arc<Site>,
    /// The folder of its flow file, with its scenarios and prompts.
    pub dir: PathBuf,
    /// Its flow file.
    pub file: PathBuf,
    /// Recordings by name: its own in `prompts/`, and the site's.
    pub recordings: BTreeMap<String, PathBuf>,
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
    /// Steps in the life of a call.
    pub steps: u32,
    /// Calls at once; further ones go to the fallback.
    pub calls: u32,
}

/// Until when cases have to be answered, and who is told of them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cases {
    /// Working days for an escalation.
    pub escalation_working_days: u32,
    /// Calendar days for a complaint.
    pub complaint_days: u32,
    /// Hours for a call-back, by day and by night.
    pub call_back_hours: u32,
    /// Mail addresses. Who is told gets the mail of the flow that is named like the kind of case.
    pub mail_to: Vec<String>,
}

impl Cases {
    /// Before when one that was opened then has to be answered.
    pub fn due(&self, kind: CaseKind, opened: Timestamp, site: &Site) -> Timestamp {
        match kind {
            CaseKind::Escalation => site.due(opened, self.escalation_working_days, true),
            CaseKind::Complaint => site.due(opened, self.complaint_days, false),
            CaseKind::CallBack => Timestamp(opened.0 + u64::from(self.call_back_hours) * 3_600_000),
        }
    }
}

/// Where a call goes that its flow cannot serve.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fallback {
    /// Back to the PBX's own route, behind the hand-over to the host.
    Pbx,
    /// A number, an extension, or an address in the PBX's own words.
    To(Target),
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

//! What the catalogue is to remember, kept in the journal.

use crate::Clock;
use std::sync::Arc;
use strowger_journal::{Change, Entry, Store};
use strowger_model::{
    FlowVersion, VersionFiles,
    archive::{Decided, Decision, InForce},
};

/// The journal as the memory of a catalogue. What cannot be read is said in the log, and counts as
/// not there.
pub struct Memory(pub Store);

impl strowger_flows::Memory for Memory {
    fn in_force(&self) -> Option<InForce> {
        told("what served before", self.0.in_force())
    }

    fn decisions(&self) -> Vec<Decision> {
        told("decisions about versions", self.0.decisions())
    }

    fn version(&self, on: &FlowVersion) -> Option<VersionFiles> {
        told("a version that served before", self.0.version(on))
    }

    fn serves(&self, in_force: InForce, new: Vec<VersionFiles>) {
        let versions = new.into_iter().map(|files| Change::Version(Arc::new(files)));
        let changes = versions.chain([Change::InForce(Box::new(in_force))]).collect();
        self.0.submit(Entry { changes, release: None });
    }

    fn decided(&self, on: FlowVersion, what: Decided, reason: &str) {
        let at = Clock::system().now();
        let decision = Decision { at, on, what, reason: reason.to_owned() };
        let changes = vec![Change::Decision(Box::new(decision))];
        self.0.submit(Entry { changes, release: None });
    }
}

/// What was read; nothing, and the log says why, if it cannot be.
pub(crate) fn told<T: Default>(what: &str, result: Result<T, impl std::fmt::Display>) -> T {
    result
        .inspect_err(|error| tracing::error!("{what} cannot be read from the journal: {error}"))
        .unwrap_or_default()
}

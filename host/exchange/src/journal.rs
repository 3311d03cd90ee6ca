//! The journal as calls use it: what goes into it, and when commands may leave.
//!
//! The store commits what it is given in groups, and has each group's commands leave in the order
//! in which they were given. When it cannot commit, it has them leave all the same and marks the
//! calls (docs/architecture.md, "The journal"). Nothing here waits.

use std::{
    collections::HashSet,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};
use strowger_call::Call;
use strowger_flows::LoadedFlow;
use strowger_journal::{Change, Entry, Store, encode};
use strowger_model::FlowVersion;
use strowger_pbx::port::PbxCommand;
use tokio::sync::Notify;

/// Versions that are remembered, at most: each swap brings a new one.
const VERSIONS: usize = 256;

/// What the exchange keeps in a store.
pub(crate) struct Journal {
    pub(crate) store: Store,
    kept: Mutex<Kept>,
}

/// Versions that the store was given. When there are too many, all are forgotten: each is given
/// once more when it is met again, and the store keeps the one that it has.
#[derive(Default)]
struct Kept(HashSet<FlowVersion>);

impl Kept {
    /// Whether a version has to be given to the store.
    fn is_new(&mut self, version: FlowVersion) -> bool {
        if self.0.len() >= VERSIONS && !self.0.contains(&version) {
            self.0.clear();
        }
        self.0.insert(version)
    }
}

impl Journal {
    pub(crate) fn new(store: Store) -> Self {
        Self { store, kept: Mutex::default() }
    }

    /// The call as it is now.
    pub(crate) fn image(call: &Call, on: FlowVersion, at: Duration) -> Change {
        Change::Call { call: call.id(), on, image: encode(&call.image(at)) }
    }

    /// What a version is made of, the first time that it is met.
    pub(crate) fn version(&self, flow: &LoadedFlow) -> Option<Change> {
        let is_new = self.kept.lock().unwrap_or_else(PoisonError::into_inner).is_new(flow.on());
        is_new.then(|| Change::Version(Arc::new(flow.files())))
    }

    /// Writes a change that no command waits for.
    pub(crate) fn keep(&self, change: Change) {
        self.store.submit(Entry { changes: vec![change], release: None });
    }

    /// Writes changes together, and then has the commands leave; whoever sends mail is told if
    /// there is some.
    pub(crate) fn submit(
        &self,
        changes: Vec<Change>,
        commands: Vec<PbxCommand>,
        mail: Option<Arc<Notify>>,
        send: impl Fn(PbxCommand) + Send + 'static,
    ) {
        let release =
            (!commands.is_empty() || mail.is_some()).then(|| -> strowger_journal::Release {
                Box::new(move || {
                    commands.into_iter().for_each(send);
                    mail.inspect(|mail| mail.notify_one());
                })
            });
        self.store.submit(Entry { changes, release });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_given_once_and_again_when_there_were_too_many() {
        let version =
            |number: usize| FlowVersion { flow: "helpdesk".into(), version: number.to_string() };
        let mut kept = Kept::default();
        for number in 0..VERSIONS {
            assert!(kept.is_new(version(number)) && !kept.is_new(version(number)));
        }
        assert!(!kept.is_new(version(0)), "there is room for as many");
        assert!(kept.is_new(version(VERSIONS)));
        assert!(kept.is_new(version(0)) && !kept.is_new(version(VERSIONS)));
        assert!((0..10 * VERSIONS).all(|number| {
            kept.is_new(version(number));
            kept.0.len() <= VERSIONS
        }));
    }
}

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

/// What the exchange keeps in a store.
pub(crate) struct Journal {
    pub(crate) store: Store,
    /// Versions that the store has.
    kept: Mutex<HashSet<FlowVersion>>,
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
        let is_new = self.kept.lock().unwrap_or_else(PoisonError::into_inner).insert(flow.on());
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

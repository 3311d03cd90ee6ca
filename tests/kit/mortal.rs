//! A host that can die: at once, in the middle of anything, and leaving nothing but its journal.

use crate::{Folder, Host, open_journal};
use anyhow::Result;
use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering::SeqCst},
    },
    time::Duration,
};
use strowger_exchange::{CallRecord, Clock};
use strowger_journal::{Options, Query, Store};
use strowger_pbx::port::{AliveLeg, BoxFuture, Pbx, PbxCommand};
use strowger_sim::Sim;
use tokio::runtime::{Builder, Runtime};

/// A host in a runtime of its own, on a journal, beside a sim that lives on without it.
pub struct Mortal {
    /// What it consists of.
    pub host: Host,
    /// Its journal.
    pub store: Store,
    wire: Arc<Wire>,
    runtime: Runtime,
}

/// From a host to the sim. After a cut nothing gets through: what was journalled then was never
/// sent.
struct Wire {
    sim: Arc<Sim>,
    cut: AtomicBool,
}

impl Pbx for Wire {
    fn name(&self) -> &str {
        self.sim.name()
    }

    fn send(&self, command: PbxCommand) {
        if !self.cut.load(SeqCst) {
            self.sim.send(command);
        }
    }

    fn alive(&self) -> BoxFuture<'_, Result<Vec<AliveLeg>>> {
        self.sim.alive()
    }
}

impl Mortal {
    /// A host on the folder's journal takes over the calls of the sim.
    ///
    /// # Errors
    /// Something is wrong with the folder or the journal.
    pub fn start(folder: &Folder, sim: &Arc<Sim>) -> Result<Self> {
        Self::start_by(folder, sim, Clock::system)
    }

    /// The same by another clock.
    ///
    /// # Errors
    /// As [`Mortal::start`].
    pub fn start_by(folder: &Folder, sim: &Arc<Sim>, clock: fn() -> Clock) -> Result<Self> {
        Self::start_on(folder, sim, open_journal(folder, Options::default())?, clock)
    }

    /// The same on a journal that is open.
    ///
    /// # Errors
    /// Something is wrong with the folder.
    pub fn start_on(
        folder: &Folder,
        sim: &Arc<Sim>,
        store: Store,
        clock: fn() -> Clock,
    ) -> Result<Self> {
        let runtime = Builder::new_multi_thread().worker_threads(2).enable_all().build()?;
        let host =
            runtime.block_on(async { Host::start_on(folder, clock(), Some(store.clone())) })?;
        let wire = Arc::new(Wire { sim: sim.clone(), cut: AtomicBool::new(false) });
        {
            let _inside = runtime.enter();
            sim.set_sink(host.exchange.sink());
            host.exchange.attach(wire.clone());
        }
        sim.mend();
        Ok(Self { host, store, wire, runtime })
    }

    /// From now on nothing leaves for the sim any more, though the journal says that it did.
    pub fn gag(&self) {
        self.wire.cut.store(true, SeqCst);
    }

    /// Dies. What the journal was given is in it afterwards; nothing else is anywhere. Calls live
    /// on at the sim.
    pub fn kill(self) {
        let Self { host, store, wire, runtime } = self;
        wire.sim.cut("the host died");
        wire.cut.store(true, SeqCst);
        drop(host);
        runtime.shutdown_timeout(Duration::from_secs(10));
        drop(store);
    }

    /// The records in the journal, once everything is in it.
    ///
    /// # Errors
    /// The journal cannot be read.
    pub fn journalled(&self) -> Result<Vec<CallRecord>> {
        anyhow::ensure!(self.store.flush(Duration::from_secs(10)), "the journal is stuck");
        Ok(self.store.records(&Query::default())?)
    }
}

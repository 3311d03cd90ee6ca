//! A host on a journal behind the proxy, which can be gagged and killed.

use super::proxy::{Proxy, TOKEN};
use crate::{Folder, Host, Log, open_journal};
use anyhow::Result;
use std::{
    net::{Ipv4Addr, SocketAddr},
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, Ordering::SeqCst},
    },
    time::Duration,
};
use strowger_exchange::{CallRecord, Clock};
use strowger_journal::{Health, Options, Query, Store};
use strowger_pbx::port::{AliveLeg, BoxFuture, LegId, Pbx, PbxCommand};
use strowger_remote::{Beat, Remote, RemoteLimits, Token};
use tokio::runtime::{Builder, Runtime};

/// Short, so that a stall is noticed in a test.
pub(super) const BEAT: Beat =
    Beat { every: Duration::from_millis(150), silence: Duration::from_millis(600) };

pub(super) struct Served {
    pub(super) host: Host,
    pub(super) store: Store,
    /// At some time nothing could be committed.
    stuck: Arc<AtomicBool>,
    wire: Arc<Wire>,
    runtime: Runtime,
}

/// To the adapter. What a gagged host sends never leaves.
struct Wire {
    remote: Remote,
    gagged: AtomicBool,
    store: Store,
    /// Phones that were dialled before the journal had it.
    hasty: Mutex<Vec<LegId>>,
}

impl Wire {
    /// The next host must know of every phone that may be ringing.
    fn check_journalled(&self, leg: &LegId) {
        if *self.store.health().borrow() != Health::Journalling {
            return;
        }
        let name = leg.0.as_bytes();
        let knows = |image: &[u8]| image.windows(name.len()).any(|part| part == name);
        let open = self.store.open_calls().unwrap_or_default();
        let closed = self.store.records(&Query::default()).unwrap_or_default();
        let of = |record: &CallRecord| leg.0.starts_with(&format!("{}-", record.call));
        if !open.iter().any(|open| knows(&open.image)) && !closed.iter().any(of) {
            self.hasty().push(leg.clone());
        }
    }

    fn hasty(&self) -> MutexGuard<'_, Vec<LegId>> {
        self.hasty.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Pbx for Wire {
    fn name(&self) -> &str {
        self.remote.name()
    }

    fn send(&self, command: PbxCommand) {
        match &command {
            PbxCommand::Dial { leg, .. } => self.check_journalled(leg),
            // Both were journalled together, if the leg was not wanted any more by then.
            PbxCommand::HangUp { leg, .. } => self.hasty().retain(|hasty| hasty != leg),
            _ => {}
        }
        if !self.gagged.load(SeqCst) {
            self.remote.send(command);
        }
    }

    fn alive(&self) -> BoxFuture<'_, Result<Vec<AliveLeg>>> {
        self.remote.alive()
    }
}

impl Served {
    pub(super) fn start(
        folder: &Folder,
        clock: Clock,
        proxy: &Proxy,
        stuck_after: Duration,
    ) -> Result<Self> {
        let store = open_journal(folder, Options { stuck_after, ..Options::default() })?;
        let runtime = Builder::new_multi_thread().worker_threads(2).enable_all().build()?;
        let stuck = Arc::new(AtomicBool::new(false));
        let journal = store.clone();
        let (host, wire) = runtime.block_on(async {
            let host = Host::start_on(folder, clock, Some(store.clone()))?;
            let here = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
            let limits = RemoteLimits { beat: BEAT, ..RemoteLimits::default() };
            let remote =
                Remote::start_with(here, Token::new(TOKEN)?, limits, host.exchange.sink()).await?;
            let gagged = AtomicBool::new(false);
            let wire = Wire { remote, gagged, store: journal, hasty: Mutex::default() };
            anyhow::Ok((host, Arc::new(wire)))
        })?;
        let (mut health, seen) = (store.health(), stuck.clone());
        runtime.spawn(async move {
            if health.wait_for(|health| *health != Health::Journalling).await.is_ok() {
                seen.store(true, SeqCst);
            }
        });
        {
            let _inside = runtime.enter();
            host.exchange.attach(wire.clone());
        }
        proxy.lead_to(Some(wire.remote.address()));
        Ok(Self { host, store, stuck, wire, runtime })
    }

    /// Phones that were dialled before the journal had it, though it was not stuck.
    pub(super) fn hasty(&self) -> Vec<LegId> {
        self.wire.hasty().clone()
    }

    /// From now on nothing leaves any more, though the journal says that it did.
    pub(super) fn gag(&self) {
        self.wire.gagged.store(true, SeqCst);
    }

    /// Whether there was a time when nothing could be committed.
    pub(super) fn was_stuck(&self) -> bool {
        self.stuck.load(SeqCst)
    }

    /// Waits for something of the host.
    pub(super) fn wait<T>(&self, what: impl Future<Output = T>) -> T {
        self.runtime.block_on(what)
    }

    /// Dies. Nothing that it still does reaches anybody; only what it has observed is left.
    pub(super) fn kill(self, proxy: &Proxy) -> Arc<Log> {
        let Self { host, store, wire, runtime, .. } = self;
        wire.gagged.store(true, SeqCst);
        proxy.lead_to(None);
        let log = host.log.clone();
        drop(host);
        runtime.shutdown_timeout(Duration::from_secs(20));
        drop((wire, store));
        log
    }
}

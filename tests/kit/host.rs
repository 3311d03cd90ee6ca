//! A host on a folder of flows, and what it observed.

use crate::Folder;
use anyhow::{Context, Result, bail};
use std::{
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};
use strowger_exchange::{CallRecord, Clock, Exchange, Observed, Observer, Options};
use strowger_flows::{Catalogue, CatalogueConfig};
use strowger_journal::Store;
use strowger_model::{CallId, Timestamp, command::Command};
use strowger_sandbox::Engine;
use strowger_sim::{Sim, SimConfig};
use tokio::sync::watch;

/// How long a test waits for something that has to happen.
pub const PATIENCE: Duration = Duration::from_secs(30);

/// Catalogue and exchange on a folder.
pub struct Host {
    /// The flows.
    pub catalogue: Arc<Catalogue>,
    /// The calls.
    pub exchange: Arc<Exchange>,
    /// What was observed.
    pub log: Arc<Log>,
}

impl Host {
    /// Starts on a folder, whose files must all be good. A PBX has to be attached.
    ///
    /// # Errors
    /// Something is wrong with a file; the error shows it.
    pub fn start(folder: &Folder, clock: Clock) -> Result<Self> {
        Self::start_on(folder, clock, None)
    }

    /// The same on a journal.
    ///
    /// # Errors
    /// As [`Host::start`].
    pub fn start_on(folder: &Folder, clock: Clock, store: Option<Store>) -> Result<Self> {
        Self::start_with(folder, clock, |options| Options { store, ..options })
    }

    /// The same with options.
    ///
    /// # Errors
    /// As [`Host::start`].
    pub fn start_with(
        folder: &Folder,
        clock: Clock,
        with: impl FnOnce(Options) -> Options,
    ) -> Result<Self> {
        let engine = Engine::new(Some(strowger_test_support::compile_cache()))?;
        let (catalogue, report) = Catalogue::open(CatalogueConfig {
            flows_dir: folder.flows(),
            plugins_dir: folder.plugins(),
            about: None,
            engine,
            gate: None,
            faults_per_minute: usize::MAX,
        });
        if !report.problems.is_empty() {
            bail!(
                "{}",
                report.problems.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n")
            );
        }
        let log = Arc::new(Log::default());
        let exchange = Exchange::new(with(Options::new(catalogue.clone(), clock, log.clone())));
        Ok(Self { catalogue, exchange, log })
    }

    /// A sim for this host.
    pub fn sim(&self, config: SimConfig) -> Arc<Sim> {
        let sim = Arc::new(Sim::new(config, self.exchange.sink()));
        self.exchange.attach(sim.clone());
        sim
    }

    /// Waits for the records of so many calls, and gives all that there are.
    ///
    /// # Errors
    /// Time is up.
    pub async fn records(&self, count: usize, within: Duration) -> Result<Vec<CallRecord>> {
        let mut closed = self.log.closed.subscribe();
        let waited = tokio::time::timeout(within, closed.wait_for(|closed| *closed >= count)).await;
        let records = self.log.records();
        if waited.is_err() {
            bail!(
                "{} of {count} calls are over after {within:?}:\n{}",
                records.len(),
                self.log.lines().join("\n")
            );
        }
        Ok(records)
    }

    /// Waits until exactly so many calls are up.
    ///
    /// # Errors
    /// Time is up.
    pub async fn calls_up(&self, count: usize, within: Duration) -> Result<()> {
        let waited =
            tokio::time::timeout(within, self.exchange.until_count(|up| up == count)).await;
        waited.with_context(|| {
            format!("{} calls are up after {within:?}, not {count}", self.exchange.call_count())
        })
    }

    /// Waits until a line of the log contains a text, and gives the first that does.
    ///
    /// # Errors
    /// Time is up; the error shows the log.
    pub async fn seen(&self, text: &str, within: Duration) -> Result<String> {
        Ok(self.seen_often(text, 1, within).await?.remove(0))
    }

    /// Waits until so many lines of the log contain a text, and gives them.
    ///
    /// # Errors
    /// Time is up; the error shows the log.
    pub async fn seen_often(
        &self,
        text: &str,
        often: usize,
        within: Duration,
    ) -> Result<Vec<String>> {
        let mut count = self.log.count.subscribe();
        let find =
            || self.log.lines().into_iter().filter(|line| line.contains(text)).collect::<Vec<_>>();
        let search = async {
            loop {
                count.borrow_and_update();
                let found = find();
                if found.len() >= often {
                    return Some(found);
                }
                count.changed().await.ok()?;
            }
        };
        let found = tokio::time::timeout(within, search).await.ok().flatten();
        found.with_context(|| {
            format!(
                "{text:?} was not seen {often} times within {within:?}:\n{}",
                self.log.lines().join("\n")
            )
        })
    }
}

/// What a host observed.
#[derive(Default)]
pub struct Log {
    lines: Mutex<Vec<String>>,
    records: Mutex<Vec<CallRecord>>,
    /// When calls were told to queue.
    queued: Mutex<Vec<(Instant, CallId)>>,
    count: watch::Sender<usize>,
    closed: watch::Sender<usize>,
    /// Only records are kept: for tests with many calls.
    pub quiet: std::sync::atomic::AtomicBool,
}

impl Log {
    /// A line for each thing observed.
    pub fn lines(&self) -> Vec<String> {
        self.lines.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// When calls were told to queue, in order.
    pub fn queued(&self) -> Vec<(Instant, CallId)> {
        self.queued.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Of the calls that are over.
    pub fn records(&self) -> Vec<CallRecord> {
        self.records.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl Observer for Log {
    fn observe(&self, at: Timestamp, call: CallId, what: &Observed<'_>) {
        if let Observed::Order(order) = what
            && let Command::EnterQueue(_) = order.command
        {
            self.queued.lock().unwrap_or_else(PoisonError::into_inner).push((Instant::now(), call));
        }
        if !self.quiet.load(std::sync::atomic::Ordering::Relaxed) {
            self.lines
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
                .push(format!("{at:?} {call} {what:?}"));
            self.count.send_modify(|count| *count += 1);
        }
        if let Observed::Closed(record) = what {
            self.records.lock().unwrap_or_else(PoisonError::into_inner).push((*record).clone());
            self.closed.send_modify(|closed| *closed += 1);
        }
    }
}

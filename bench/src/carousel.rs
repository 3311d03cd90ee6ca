//! Calls of the helpdesk one after another, as fast as the host can: when one is over the next one
//! comes.
//!
//! Phones are answered and put down at once, prompts are over at once.

use crate::{
    figure::Measured,
    measure::{micros, processor_time},
    site,
};
use anyhow::{Result, ensure};
use std::{
    sync::{
        Arc, OnceLock, Weak,
        atomic::{AtomicU64, Ordering::Relaxed},
    },
    time::{Duration, Instant},
};
use strowger_exchange::{Clock, Observed, Observer};
use strowger_journal::{Health, Store};
use strowger_model::{CallId, Timestamp};
use strowger_pbx::port::Address;
use strowger_sim::{Caller, Phone, Sim, SimConfig};
use strowger_tests::Folder;
use tokio::runtime::{Builder, Runtime};

/// Calls that are up at all times, and agents.
pub(crate) const UP: usize = 1_000;

/// Counts what happens, and has the next call come when one is over.
#[derive(Default)]
pub(crate) struct Carousel {
    sim: OnceLock<Weak<Sim>>,
    pub(crate) events: AtomicU64,
    /// Calls so far, and how many there are to be.
    calls: AtomicU64,
    most: AtomicU64,
    /// Calls that were not answered by an agent.
    pub(crate) unserved: AtomicU64,
}

impl Carousel {
    fn next(&self) {
        let Some(sim) = self.sim.get().and_then(Weak::upgrade) else { return };
        let number = self.calls.fetch_add(1, Relaxed);
        if number < self.most.load(Relaxed) {
            sim.call(Caller { talks: Some(Duration::ZERO), ..site::caller(number) });
        }
    }
}

impl Observer for Carousel {
    fn observe(&self, _: Timestamp, _: CallId, what: &Observed<'_>) {
        match what {
            Observed::Event(_) => _ = self.events.fetch_add(1, Relaxed),
            Observed::Closed(record) => {
                self.unserved.fetch_add(u64::from(record.outcome != "answered"), Relaxed);
                self.next();
            }
            _ => {}
        }
    }
}

/// What was seen while the carousel turned.
pub(crate) struct Speed {
    events: f64,
    calls: f64,
    /// Processor time of an event, in microseconds.
    busy: f64,
    unserved: u64,
}

impl Speed {
    pub(crate) fn measured(&self) -> Measured {
        let Self { events, calls, busy, unserved } = self;
        let free = 2e6 / busy;
        let how = format!(
            "{calls:.0} calls/s on two threads in real time; {busy:.1} us of processor time an event, so {free:.0}/s on two processors with nothing \
             else to do; {unserved} calls were not answered by an agent"
        );
        Measured { value: *events, how }
    }
}

/// Events in a second, on a folder with [`UP`] agents.
pub(crate) fn speed(folder: &Folder, store: Option<Store>) -> Result<Speed> {
    const MEASURED: Duration = Duration::from_secs(4);
    let carousel = Arc::new(Carousel { most: u64::MAX.into(), ..Carousel::default() });
    runtime()?.block_on(async {
        let journal = store.clone();
        let health = journal.as_ref().map(Store::health);
        let turning = async {
            tokio::time::sleep(Duration::from_secs(1)).await;
            let count = || {
                (
                    carousel.events.load(Relaxed),
                    carousel.calls.load(Relaxed),
                    Instant::now(),
                    processor_time(),
                )
            };
            let before = count();
            tokio::time::sleep(MEASURED).await;
            let after = count();
            carousel.most.store(0, Relaxed);
            (before, after)
        };
        let (before, after) = turn(folder, store, &carousel, turning).await?;
        let stuck = health.is_some_and(|health| {
            health.has_changed().unwrap_or(true) || *health.borrow() != Health::Journalling
        });
        ensure!(!stuck, "the journal did not keep up");
        let seconds = (after.2 - before.2).as_secs_f64();
        let (events, calls) = ((after.0 - before.0) as f64, (after.1 - before.1) as f64);
        let busy = micros(after.3 - before.3) / events;
        Ok(Speed {
            events: events / seconds,
            calls: calls / seconds,
            busy,
            unserved: carousel.unserved.load(Relaxed),
        })
    })
}

/// Leaves so many calls in a journal.
pub(crate) fn record(folder: &Folder, store: Store, calls: u64) -> Result<()> {
    let carousel = Arc::new(Carousel { most: calls.into(), ..Carousel::default() });
    runtime()?.block_on(turn(folder, Some(store), &carousel, async {}))?;
    let unserved = carousel.unserved.load(Relaxed);
    ensure!(unserved == 0, "{unserved} calls were not answered by an agent");
    Ok(())
}

fn runtime() -> Result<Runtime> {
    Ok(Builder::new_multi_thread().worker_threads(2).enable_time().build()?)
}

/// Has the carousel turn while something is done, and then until every call is over.
async fn turn<T>(
    folder: &Folder,
    store: Option<Store>,
    carousel: &Arc<Carousel>,
    meanwhile: impl Future<Output = T>,
) -> Result<T> {
    let config = SimConfig {
        latency: Duration::ZERO,
        lengths: Arc::new(|_| Some(Duration::ZERO)),
        ..SimConfig::default()
    };
    let (exchange, sim) = site::host(folder, Clock::system(), carousel.clone(), config, store)?;
    for agent in 0..UP {
        sim.phone(
            Address::Endpoint(site::phone(agent)),
            Phone { set_up: Duration::ZERO, ..Phone::answers(Duration::ZERO) },
        );
    }
    _ = carousel.sim.set(Arc::downgrade(&sim));
    (0..UP).for_each(|_| carousel.next());
    let done = meanwhile.await;
    let all = || carousel.calls.load(Relaxed) >= carousel.most.load(Relaxed);
    let over = exchange.until_count(|up| up == 0 && all());
    ensure!(
        tokio::time::timeout(Duration::from_secs(60), over).await.is_ok(),
        "{} calls have no end",
        exchange.call_count()
    );
    Ok(done)
}

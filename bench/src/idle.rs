//! How soon a freed agent's phone rings again while others wait.

use crate::{
    figure::{Figure, Measured, Target},
    measure::millis,
    site,
    tap::{self, Sees},
};
use anyhow::{Result, ensure};
use std::{
    collections::HashMap,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, AtomicU64, Ordering::Relaxed},
    },
    time::{Duration, Instant},
};
use strowger_exchange::{Clock, Exchange, NoObserver, Options};
use strowger_pbx::port::{Address, LegId, PbxCommand, PbxEvent};
use strowger_sim::Phone;
use tokio::runtime::Builder;

pub(crate) const FIGURES: &[&Figure] = &[
    &Figure {
        key: "agent_idle_ms_p50",
        what: "from the end of an agent's conversation to the next caller's ring command, 1,000 waiting, 200 agents, journalled",
        unit: "ms",
        target: Target::AtMost(1.0),
        against: "10 ms at most; a phone takes some 100 ms to ring",
        alone: true,
        measure: || idle(50),
    },
    &Figure {
        key: "agent_idle_ms_p99",
        what: "the same, at the 99th percentile",
        unit: "ms",
        target: Target::AtMost(10.0),
        against: "10 ms at most; a phone takes some 100 ms to ring",
        alone: true,
        measure: || idle(99),
    },
];

const WAITING: u32 = 1_000;
const AGENTS: usize = 200;
const SAMPLES: usize = 2_000;

/// Between a host and its sim: when agents' legs end, and when their phones are dialled again.
#[derive(Default)]
struct Stopwatch {
    /// Whose leg is whose.
    legs: Mutex<HashMap<LegId, String>>,
    /// Agents' phones that are free since then.
    free: Mutex<HashMap<String, Instant>>,
    idle: Mutex<Vec<Duration>>,
    /// As many wait as should.
    counts: AtomicBool,
    dialled: AtomicU64,
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Sees for Stopwatch {
    fn told(&self, event: &PbxEvent) {
        if let PbxEvent::Ended(ended) = event
            && let Some(phone) = lock(&self.legs).remove(&ended.leg)
        {
            lock(&self.free).insert(phone, Instant::now());
        }
    }

    fn ordered(&self, command: &PbxCommand) {
        let PbxCommand::Dial { leg, to: Address::Endpoint(phone), .. } = command else { return };
        self.dialled.fetch_add(1, Relaxed);
        let since = lock(&self.free).remove(phone);
        lock(&self.legs).insert(leg.clone(), phone.clone());
        if let Some(since) = since.filter(|_| self.counts.load(Relaxed)) {
            lock(&self.idle).push(since.elapsed());
        }
    }
}

/// Every agent answers at once and talks for 2 to 4 s: some 70 are freed in a second.
fn idle(percent: usize) -> Result<Measured> {
    let folder = site::helpdesk(AGENTS, "24/7", 0)?;
    let store = site::store(&folder)?;
    let runtime = Builder::new_multi_thread().worker_threads(2).enable_time().build()?;
    let result = runtime.block_on(async {
        let catalogue = site::catalogue(&folder, &site::engine()?, None)?;
        let options = Options::new(catalogue, Clock::system(), Arc::new(NoObserver));
        let exchange = Exchange::new(Options { store: Some(store), calls: usize::MAX, ..options });
        let watch = Arc::new(Stopwatch::default());
        let sim = tap::sim(&exchange, &watch);
        for agent in 0..AGENTS {
            let talks = Duration::from_millis(2_000 + 10 * agent as u64);
            sim.phone(Address::Endpoint(site::phone(agent)), Phone::answers(Duration::ZERO).talking(talks));
        }
        let waiting = || exchange.queue("helpdesk").map_or(0, |queue| queue.waiting);
        let begun = Instant::now();
        let mut callers = 0;
        let mut call_in = |upto: u64| {
            while callers < upto {
                sim.call(site::caller(callers));
                callers += 1;
            }
        };
        while lock(&watch.idle).len() < SAMPLES && begun.elapsed() < Duration::from_secs(120) {
            // For each who is put through another one calls, and hears the welcome first.
            call_in(u64::from(WAITING) + 4 * AGENTS as u64 + watch.dialled.load(Relaxed));
            watch.counts.store(waiting() >= WAITING, Relaxed);
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        let last = waiting();
        let mut idle = lock(&watch.idle).clone();
        idle.sort();
        ensure!(idle.len() >= SAMPLES, "only {} agents were freed while {WAITING} waited; {last} wait now", idle.len());
        let at = |percent: usize| millis(idle[idle.len() * percent / 100]);
        let how = format!(
            "{} times; {:.2} ms in the middle, {:.2} ms at the 99th percentile; {last} waited at the end",
            idle.len(),
            at(50),
            at(99)
        );
        Ok(Measured { value: at(percent), how })
    });
    runtime.shutdown_background();
    result
}

//! What a flow that uses all that it may costs the calls of another.

use crate::{
    figure::{Figure, Measured, Target},
    measure::millis,
    site,
    tap::{self, Sees},
};
use anyhow::{Result, ensure};
use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};
use strowger_exchange::{Clock, Exchange, NoObserver, Options};
use strowger_pbx::port::{LegId, PbxCommand, PbxEvent};
use strowger_sim::Caller;
use tokio::runtime::Builder;

pub(crate) const FIGURES: &[&Figure] = &[&Figure {
    key: "noisy_neighbour_p99_ms",
    what: "from a call's arrival to the first command of its flow, 100 calls a second, beside 100 calls of a flow that never stops working, journalled, 99th percentile",
    unit: "ms",
    target: Target::AtMost(20.0),
    against: "a step of the neighbour takes some 30 ms",
    alone: true,
    measure,
}];

/// Calls of the noisy flow at once.
const NOISY: usize = 100;
/// Normal calls.
const CALLS: u64 = 1_000;
const EVERY: Duration = Duration::from_millis(10);
/// The number of the noisy flow.
const NOISY_NUMBER: &str = "0800";

const FLOW: &str = r#"
plugin = "hostile"
numbers = ["0800"]
[settings]
misbehave = "work-without-end"
"#;

/// Between a host and its sim: when a normal call came, and how long its first command took.
#[derive(Default)]
struct Stopwatch {
    came: Mutex<HashMap<LegId, Instant>>,
    took: Mutex<Vec<Duration>>,
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Sees for Stopwatch {
    fn told(&self, event: &PbxEvent) {
        if let PbxEvent::Arrived(arrived) = event
            && arrived.dialled != NOISY_NUMBER
        {
            lock(&self.came).insert(arrived.leg.clone(), Instant::now());
        }
    }

    fn ordered(&self, command: &PbxCommand) {
        let came = command.leg().and_then(|leg| lock(&self.came).remove(leg));
        if let Some(came) = came {
            lock(&self.took).push(came.elapsed());
        }
    }
}

fn measure() -> Result<Measured> {
    let folder = site::helpdesk(20, "24/7", 0)?.plugin("hostile")?.flow("noisy", FLOW)?;
    let store = site::store(&folder)?;
    // As in the command.
    let processors = std::thread::available_parallelism()?.get();
    let runtime =
        Builder::new_multi_thread().worker_threads(processors + 2).enable_time().build()?;
    let result = runtime.block_on(async {
        let catalogue = site::catalogue(&folder, &site::engine()?, None)?;
        let options = Options::new(catalogue.clone(), Clock::system(), Arc::new(NoObserver));
        let exchange = Exchange::new(Options { store: Some(store), calls: usize::MAX, ..options });
        let watch = Arc::new(Stopwatch::default());
        let sim = tap::sim(&exchange, &watch);
        let noisy = || catalogue.current().flows.get("noisy").map_or(0, |flow| flow.calls());
        let mut pace = tokio::time::interval(EVERY);
        for number in 0..CALLS {
            pace.tick().await;
            for _ in noisy()..NOISY {
                sim.call(Caller { to: NOISY_NUMBER.to_owned(), ..Caller::default() });
            }
            sim.call(site::caller(number));
        }
        tokio::time::sleep(Duration::from_secs(1)).await;
        let mut took = lock(&watch.took).clone();
        took.sort();
        let late = CALLS as usize - took.len();
        ensure!(late == 0, "{late} of {CALLS} calls got no command at all");
        let at = |percent: usize| millis(took[took.len() * percent / 100]);
        let (middle, worst) = (at(50), millis(took[took.len() - 1]));
        let how = format!("{CALLS} calls; {middle:.2} ms in the middle, {worst:.1} ms at worst");
        Ok(Measured { value: at(99), how })
    });
    runtime.shutdown_background();
    result
}

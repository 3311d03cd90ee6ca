//! The whole host on the sim.

use crate::{
    figure::{Figure, Measured, Target},
    measure::{Dice, micros, processor_time, resident},
    site,
};
use anyhow::{Context, Result, ensure};
use std::{
    sync::{
        Arc, OnceLock, Weak,
        atomic::{AtomicBool, AtomicU64, Ordering::Relaxed},
    },
    time::{Duration, Instant},
};
use strowger_exchange::{Clock, NoObserver, Observed, Observer};
use strowger_model::{CallId, Timestamp, command::AgentAction};
use strowger_pbx::{
    port::Address,
    sim::{Caller, Phone, Sim, SimConfig},
};
use tokio::runtime::Builder;

pub(crate) const FIGURES: &[&Figure] = &[
    &Figure {
        key: "waiting_call_bytes",
        what: "host memory of a call of 100,000 that wait, the sim's share included",
        unit: "B",
        target: Target::AtMost(4096.0),
        against: "43 KiB with one blocked instance a call in Rust, 2 to 4 MB in JavaScript and Python (architecture, section 2)",
        alone: true,
        measure: waiting_bytes,
    },
    &Figure {
        key: "exchange_events_per_s",
        what: "events of the helpdesk through the exchange, orders carried out by the sim",
        unit: "1/s",
        target: Target::AtLeast(100_000.0),
        against: "a month of 30,000 calls has some 150,000 events",
        alone: true,
        measure: events,
    },
    &Figure {
        key: "sim_30000_s",
        what: "30,000 simulated calls of the helpdesk, a month, in real time",
        unit: "s",
        target: Target::AtMost(10.0),
        against: "the month itself: 2,592,000 s",
        alone: true,
        measure: month,
    },
];

fn caller(number: u64) -> Caller {
    Caller { from: Some(format!("+32470{number:06}")), to: site::NUMBER.to_owned(), ..Caller::default() }
}

/// Tuesday 1 September 2026, 00:00 in Brussels.
const START: Timestamp = Timestamp(1_788_213_600_000);

fn waiting_bytes() -> Result<Measured> {
    const WAITING: u64 = 100_000;
    let folder = site::helpdesk(1, "24/7", 0)?;
    let runtime = Builder::new_current_thread().enable_time().start_paused(true).build()?;
    runtime.block_on(async {
        let (exchange, sim) = site::host(&folder, Clock::simulated(START), Arc::new(NoObserver), SimConfig::default())?;
        let paused = exchange.agent(&"agent-0".into(), AgentAction::Pause(None));
        ensure!(paused.is_ok(), "pausing the agent: {paused:?}");
        let waiting = || exchange.queue("helpdesk").map_or(0, |queue| u64::from(queue.waiting));
        // One call warms up.
        sim.call(caller(WAITING));
        tokio::time::sleep(Duration::from_secs(60)).await;
        ensure!(waiting() == 1, "the first caller does not wait");
        let before = resident()?;
        for number in 0..WAITING {
            sim.call(caller(number));
            if number % 1000 == 999 {
                tokio::time::sleep(Duration::from_millis(500)).await;
            }
        }
        // The welcome, and the waiting message once. 180 s are not over.
        tokio::time::sleep(Duration::from_secs(60)).await;
        ensure!(waiting() == WAITING + 1, "{} of {} callers wait", waiting(), WAITING + 1);
        let value = (resident()? - before) as f64 / WAITING as f64;
        Ok(Measured { value, how: "resident memory, all callers hearing music or the waiting message".to_owned() })
    })
}

/// Counts events; when a call is over the next one comes.
#[derive(Default)]
struct Carousel {
    sim: OnceLock<Weak<Sim>>,
    events: AtomicU64,
    calls: AtomicU64,
    unserved: AtomicU64,
    over: AtomicBool,
}

impl Carousel {
    fn next(&self) {
        if let Some(sim) = self.sim.get().and_then(Weak::upgrade).filter(|_| !self.over.load(Relaxed)) {
            let number = self.calls.fetch_add(1, Relaxed);
            sim.call(Caller { talks: Some(Duration::ZERO), ..caller(number) });
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

/// 1,000 calls are up at all times; phones are answered and put down at once, prompts are over at once.
fn events() -> Result<Measured> {
    const UP: usize = 1_000;
    let measured = Duration::from_secs(4);
    let folder = site::helpdesk(UP, "24/7", 0)?;
    let runtime = Builder::new_multi_thread().worker_threads(2).enable_time().build()?;
    let carousel = Arc::new(Carousel::default());
    let (events, calls, busy) = runtime.block_on(async {
        let config = SimConfig { latency: Duration::ZERO, lengths: Arc::new(|_| Some(Duration::ZERO)), ..SimConfig::default() };
        let (exchange, sim) = site::host(&folder, Clock::system(), carousel.clone(), config)?;
        for agent in 0..UP {
            sim.phone(Address::Endpoint(site::phone(agent)), Phone { set_up: Duration::ZERO, ..Phone::answers(Duration::ZERO) });
        }
        _ = carousel.sim.set(Arc::downgrade(&sim));
        (0..UP).for_each(|_| carousel.next());
        tokio::time::sleep(Duration::from_secs(1)).await;
        let count = || (carousel.events.load(Relaxed), carousel.calls.load(Relaxed), Instant::now(), processor_time());
        let before = count();
        tokio::time::sleep(measured).await;
        let after = count();
        carousel.over.store(true, Relaxed);
        let drained = tokio::time::timeout(Duration::from_secs(30), exchange.idle()).await;
        ensure!(drained.is_ok(), "{} calls have no end", exchange.call_count());
        let seconds = (after.2 - before.2).as_secs_f64();
        let (events, calls) = ((after.0 - before.0) as f64, (after.1 - before.1) as f64);
        Ok((events / seconds, calls / seconds, micros(after.3 - before.3) / events))
    })?;
    let unserved = carousel.unserved.load(Relaxed);
    let free = 2e6 / busy;
    let how = format!(
        "{calls:.0} calls/s on two threads in real time; {busy:.1} us of processor time an event, so {free:.0}/s on two processors with nothing \
         else to do; {unserved} calls were not answered by an agent"
    );
    Ok(Measured { value: events, how })
}

/// Calls come evenly through the opening hours of the weekdays, talk for 2 to 4 minutes, and wait for at most 10.
fn month() -> Result<Measured> {
    const CALLS: u64 = 30_000;
    const DAYS: u64 = 30;
    let folder = site::helpdesk(14, "Mo-Fr 09:00-16:00; PH off", 30)?;
    let runtime = Builder::new_current_thread().enable_time().start_paused(true).build()?;
    let mut dice = Dice::new(3);
    // 1 September is a Tuesday.
    let workdays: Vec<u64> = (0..DAYS).filter(|day| (day + 1) % 7 < 5).collect();
    let mut arrivals: Vec<Duration> = (0..CALLS)
        .map(|_| {
            let day = workdays[dice.roll(workdays.len() as u64) as usize];
            Duration::from_secs(day * 86_400 + 9 * 3600) + Duration::from_millis(dice.roll(7 * 3_600_000))
        })
        .collect();
    arrivals.sort();
    let records = Arc::new(Carousel::default());
    let (begun, used) = (Instant::now(), processor_time());
    runtime.block_on(async {
        let (exchange, sim) = site::host(&folder, Clock::simulated(START), records.clone(), SimConfig::default())?;
        for agent in 0..14 {
            sim.phone(Address::Endpoint(site::phone(agent)), Phone::answers(Duration::from_secs(3 + agent as u64 % 5)));
        }
        let start = tokio::time::Instant::now();
        for (number, at) in arrivals.into_iter().enumerate() {
            tokio::time::sleep_until(start + at).await;
            let talks = Some(Duration::from_secs(120 + dice.roll(120)));
            sim.call(Caller { talks, patience: Some(Duration::from_secs(600)), ..caller(number as u64) });
        }
        tokio::time::timeout(Duration::from_secs(86_400), exchange.idle()).await.context("calls without end")?;
        Ok::<_, anyhow::Error>(())
    })?;
    let value = begun.elapsed().as_secs_f64();
    let used = (processor_time() - used).as_secs_f64();
    let (events, unserved) = (records.events.load(Relaxed), records.unserved.load(Relaxed));
    Ok(Measured {
        value,
        how: format!(
            "one thread under virtual time, {used:.1} s of processor time; {events} events; {unserved} calls were not answered by an agent"
        ),
    })
}

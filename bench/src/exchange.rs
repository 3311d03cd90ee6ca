//! The whole host on the sim.

use crate::{
    carousel::{self, Carousel},
    figure::{Figure, Measured, Target},
    measure::{Dice, processor_time, resident},
    site,
};
use anyhow::{Context, Result, ensure};
use std::{
    sync::{Arc, atomic::Ordering::Relaxed},
    time::{Duration, Instant},
};
use strowger_exchange::{Clock, NoObserver};
use strowger_model::{Timestamp, command::AgentAction};
use strowger_pbx::port::Address;
use strowger_sim::{Caller, Phone, SimConfig};
use tokio::runtime::Builder;

pub(crate) const FIGURES: &[&Figure] = &[
    &Figure {
        key: "waiting_call_bytes",
        what: "host memory of a call of 100,000 that wait, the sim's share included",
        unit: "B",
        target: Target::AtMost(4096.0),
        against: "43 KiB with one blocked instance a call in Rust, 2 to 4 MB in JavaScript and Python, as tried before there was a host",
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

/// Tuesday 1 September 2026, 00:00 in Brussels.
const START: Timestamp = Timestamp(1_788_213_600_000);

fn waiting_bytes() -> Result<Measured> {
    const WAITING: u64 = 100_000;
    let folder = site::helpdesk(1, "24/7", 0)?;
    let runtime = Builder::new_current_thread().enable_time().start_paused(true).build()?;
    runtime.block_on(async {
        let (exchange, sim) = site::host(
            &folder,
            Clock::simulated(START),
            Arc::new(NoObserver),
            SimConfig::default(),
            None,
        )?;
        let paused = exchange.agent(&"agent-0".into(), AgentAction::Pause(None));
        ensure!(paused.is_ok(), "pausing the agent: {paused:?}");
        let waiting = || exchange.queue("helpdesk").map_or(0, |queue| u64::from(queue.waiting));
        // One call warms up.
        sim.call(site::caller(WAITING));
        tokio::time::sleep(Duration::from_secs(60)).await;
        ensure!(waiting() == 1, "the first caller does not wait");
        let before = resident()?;
        for number in 0..WAITING {
            sim.call(site::caller(number));
            if number % 1000 == 999 {
                tokio::time::sleep(Duration::from_millis(500)).await;
            }
        }
        // The welcome, and the waiting message once. 180 s are not over.
        tokio::time::sleep(Duration::from_secs(60)).await;
        ensure!(waiting() == WAITING + 1, "{} of {} callers wait", waiting(), WAITING + 1);
        let value = (resident()? - before) as f64 / WAITING as f64;
        Ok(Measured {
            value,
            how: "resident memory, all callers hearing music or the waiting message".to_owned(),
        })
    })
}

fn events() -> Result<Measured> {
    let folder = site::helpdesk(carousel::UP, "24/7", 0)?;
    Ok(carousel::speed(&folder, None)?.measured())
}

/// Calls come evenly through the opening hours of the weekdays, talk for 2 to 4 minutes, and wait
/// for at most 10.
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
            Duration::from_secs(day * 86_400 + 9 * 3600)
                + Duration::from_millis(dice.roll(7 * 3_600_000))
        })
        .collect();
    arrivals.sort();
    let records = Arc::new(Carousel::default());
    let (begun, used) = (Instant::now(), processor_time());
    runtime.block_on(async {
        let (exchange, sim) = site::host(
            &folder,
            Clock::simulated(START),
            records.clone(),
            SimConfig::default(),
            None,
        )?;
        for agent in 0..14 {
            sim.phone(
                Address::Endpoint(site::phone(agent)),
                Phone::answers(Duration::from_secs(3 + agent as u64 % 5)),
            );
        }
        let start = tokio::time::Instant::now();
        for (number, at) in arrivals.into_iter().enumerate() {
            tokio::time::sleep_until(start + at).await;
            let talks = Some(Duration::from_secs(120 + dice.roll(120)));
            sim.call(Caller {
                talks,
                patience: Some(Duration::from_secs(600)),
                ..site::caller(number as u64)
            });
        }
        tokio::time::timeout(Duration::from_secs(86_400), exchange.idle())
            .await
            .context("calls without end")?;
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

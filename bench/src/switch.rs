//! R1: how soon callers who wait are redirected when a switch is turned.

use crate::{
    figure::{Figure, Measured, Target},
    measure::millis,
};
use anyhow::{Context, Result};
use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering::Relaxed},
    },
    time::{Duration, Instant},
};
use strowger_exchange::{Clock, TurnSwitch};
use strowger_model::{Prompt, switch::Means};
use strowger_sim::{Caller, Observed, Phone, SimConfig, Sound, Then};
use strowger_tests::{Host, PATIENCE, behind_a_switch, open_journal};
use tokio::runtime::Builder;

pub(crate) const FIGURES: &[&Figure] = &[&Figure {
    key: "switch_turn_ms",
    what: "from the turn of a switch until the last of 1,000 callers who wait behind it hears the announcement, journalled",
    unit: "ms",
    target: Target::AtMost(1000.0),
    against: "R1: effective at once",
    alone: true,
    measure,
}];

const CALLERS: usize = 1000;

const CLOSED: &str =
    r#"{ wait = { say = "De post is dicht.", repeat_every = 600, music = "wachtmuziek" } }"#;

fn measure() -> Result<Measured> {
    let folder = behind_a_switch(10, CLOSED)?;
    let store = open_journal(&folder, strowger_journal::Options::default())?;
    let runtime = Builder::new_multi_thread().enable_time().build()?;
    runtime.block_on(async {
        let host = Host::start_on(&folder, Clock::system(), Some(store))?;
        host.log.quiet.store(true, Relaxed);
        let told = Arc::new(AtomicUsize::new(0));
        let hears = told.clone();
        let sim = host.sim(SimConfig {
            unknown: Phone::new(Then::Rings),
            observer: Some(Arc::new(move |_, seen: &Observed| {
                let closed = |prompt: &Prompt| matches!(prompt, Prompt::Text { text, .. } if text.contains("dicht"));
                if matches!(seen, Observed::Hears { sound: Sound::Prompt(prompt), .. } if closed(prompt)) {
                    hears.fetch_add(1, Relaxed);
                }
            })),
            ..SimConfig::default()
        });
        for number in 0..CALLERS {
            let from = Some(format!("+32470{number:06}"));
            sim.call(Caller { from, to: "0900".into(), ..Caller::default() });
        }
        let waiting = || host.exchange.queue("helpdesk").map_or(0, |queue| queue.waiting as usize);
        let mut times = Vec::new();
        for round in 1..=5 {
            until(|| waiting() == CALLERS).await?;
            let began = Instant::now();
            host.exchange.turn_switch(TurnSwitch::to("hap", "Gesloten", Means::Api))?;
            until(|| told.load(Relaxed) == round * CALLERS).await?;
            times.push(began.elapsed());
            host.exchange.turn_switch(TurnSwitch::to("hap", "Open", Means::Api))?;
        }
        times.sort();
        let (best, worst) = (times[0], times[times.len() - 1]);
        let how = format!("the middle of 5 turns; {:.0} to {:.0} ms", millis(best), millis(worst));
        Ok(Measured { value: millis(times[times.len() / 2]), how })
    })
}

async fn until(happened: impl Fn() -> bool) -> Result<()> {
    let waits = async {
        while !happened() {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
    };
    tokio::time::timeout(PATIENCE, waits).await.context("not within its time")
}

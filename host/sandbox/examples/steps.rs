//! What a step of a plugin costs: `cargo run -p strowger-sandbox --example steps -- PLUGIN.wasm
//! [SETTINGS]`.
//!
//! Each step is a new call's first, its arrival, at a site where all is open and free.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a program to try things with")]

use std::{
    env, fs,
    time::{Duration, Instant},
};
use strowger_model::{CallId, Event, event::Arrival};
use strowger_sandbox::{Engine, Limits};
use strowger_test_support::FixedReads;

fn main() {
    let mut arguments = env::args().skip(1);
    let path = arguments.next().expect("the path of a plugin");
    let settings = arguments.next().unwrap_or_else(|| "{}".into());

    let begun = Instant::now();
    let engine = Engine::new(None).unwrap();
    let plugin = engine.load(&path, &fs::read(&path).unwrap()).unwrap();
    println!(
        "{} {}: loaded in {:?}",
        plugin.manifest().name,
        plugin.manifest().version,
        begun.elapsed()
    );
    let begun = Instant::now();
    let flow = plugin.configure(&settings, Limits::default()).unwrap();
    println!("configured in {:?}", begun.elapsed());

    let call = CallId::next(FixedReads::NOW.0, None);
    let arrived = Event::Arrived(Box::new(Arrival {
        call,
        caller: Some("+32470123456".into()),
        caller_name: None,
        endpoint: None,
        dialled: "+3227138700".into(),
        diverted_from: None,
        line: None,
        adapter: "sim".into(),
        data: String::new(),
        at: FixedReads::NOW,
    }));
    let reads = FixedReads::shared();
    let step = flow.step_twice(call, &[], &arrived, reads.clone()).unwrap();
    println!("first step: {} bytes of state, {:#?}", step.state.len(), step.orders);
    // Long enough for a profiler.
    report("pooled", 10_000, || drop(flow.step(call, &[], &arrived, reads.clone()).unwrap()));
    report("fresh", 200, || drop(flow.step_fresh(call, &[], &arrived, reads.clone()).unwrap()));
}

/// The best and the middle of some rounds.
fn report(what: &str, steps: u32, mut step: impl FnMut()) {
    let mut rounds: Vec<Duration> = (0..100)
        .map(|_| {
            let begun = Instant::now();
            (0..steps).for_each(|_| step());
            begun.elapsed() / steps
        })
        .collect();
    rounds.sort();
    println!("{what}: {:?} at best, {:?} in the middle", rounds[0], rounds[rounds.len() / 2]);
}

//! Storms on the sim: random faults at every layer, with at least 20 calls up, and nothing is lost: no
//! caller, no turn of the switch in front of the flow, and no contact of a campaign, who is not called
//! once too often either.
//!
//! `STROWGER_STORMS=1000` has so many of them rage. Their seeds are others at every run, and are
//! told: `STROWGER_STORM_FROM=17` has them from that seed on, `STROWGER_STORM=17` the one of that
//! seed. A storm that loses somebody tells its story.
#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::{
    collections::BTreeMap,
    sync::{
        Mutex,
        atomic::{AtomicU64, Ordering::SeqCst},
    },
    thread,
    time::{Duration, Instant},
};
use strowger_tests::storm::{
    KillPoint, Plan, Weather, number,
    plan::{Desk, Drive, Fault, Gust, Phones, Turn},
    rage, seeds,
};

/// In CI.
const STORMS: u64 = 40;

/// A host dies once, there.
fn dies(point: KillPoint) {
    for seed in seeds("STROWGER_DEATHS", 3).unwrap() {
        let mut plan = Plan::new(seed);
        let kill = Fault::Kill(point, Duration::from_millis(100));
        let answers = Desk::Answers(Duration::from_millis(60), Duration::from_millis(300), None);
        let desks = vec![answers; plan.agents as usize];
        let phones = Phones { desks, ..plan.calm.clone() };
        // The switch stands elsewhere when the host dies, and the campaign calls somebody.
        // In the second position no phone of an agent rings.
        let position = if point == KillPoint::MidOffer { 2 } else { 1 + seed as usize % 2 };
        let turn = Some(Turn { position, surely: true });
        plan.front = true;
        plan.drive.get_or_insert_with(|| Drive::new(seed));
        plan.gusts = vec![Gust { after: Duration::ZERO, faults: vec![kill], phones, turn }];
        let weather = rage(plan).unwrap_or_else(|error| panic!("{error:#}"));
        assert_eq!(weather.kills, BTreeMap::from([(point, 1)]));
    }
}

#[test]
fn a_host_dies_whose_commands_are_journalled_and_not_sent() {
    dies(KillPoint::JournalledNotSent);
}

#[test]
fn a_host_dies_whose_commands_are_sent_and_not_acknowledged() {
    dies(KillPoint::SentNotAcknowledged);
}

#[test]
fn a_host_dies_in_the_middle_of_an_offer() {
    dies(KillPoint::MidOffer);
}

#[test]
fn a_host_dies_in_the_middle_of_a_swap() {
    dies(KillPoint::MidSwap);
}

#[test]
fn no_storm_loses_anybody() {
    let seeds = seeds("STROWGER_STORMS", STORMS).unwrap();
    let at_once = number("STROWGER_AT_ONCE").unwrap().unwrap_or(6);
    let (next, since) = (AtomicU64::new(0), Instant::now());
    let (failed, weathers) = (Mutex::new(BTreeMap::new()), Mutex::new(Vec::new()));
    thread::scope(|scope| {
        for _ in 0..at_once {
            scope.spawn(|| {
                while let Some(&seed) = seeds.get(next.fetch_add(1, SeqCst) as usize) {
                    match rage(Plan::new(seed)) {
                        Ok(weather) => weathers.lock().unwrap().push(weather),
                        Err(error) => {
                            println!("storm {seed}: {}", error.root_cause());
                            failed.lock().unwrap().insert(seed, error);
                        }
                    }
                }
            });
        }
    });
    let (failed, weathers) = (failed.into_inner().unwrap(), weathers.into_inner().unwrap());
    let sum = |what: fn(&Weather) -> usize| weathers.iter().map(what).sum::<usize>();
    let mut kills: BTreeMap<KillPoint, usize> = BTreeMap::new();
    weathers
        .iter()
        .flat_map(|weather| &weather.kills)
        .for_each(|(point, count)| *kills.entry(*point).or_default() += count);
    println!(
        "{} storms in {:.1?}, {} failed; {} calls recorded, {} of them not journalled in full, {} replayed, {} put through to the central; {} complaints; {} turns; {} contacts rung; killed: {kills:?}",
        seeds.len(),
        since.elapsed(),
        failed.len(),
        sum(|weather| weather.records),
        sum(|weather| weather.unjournalled),
        sum(|weather| weather.replayed),
        sum(|weather| weather.overflowed),
        sum(|weather| weather.complaints),
        sum(|weather| weather.turns),
        sum(|weather| weather.rung),
    );
    if let Some((seed, error)) = failed.first_key_value() {
        panic!(
            "storms {:?} failed (STROWGER_STORM={seed} has one of them again):\n{error:#}",
            failed.keys()
        );
    }
    assert!(weathers.iter().all(|weather| weather.up >= 20));
    assert!(
        seeds.len() < STORMS as usize || kills.len() == 5,
        "each kill point was hit: {kills:?}"
    );
}

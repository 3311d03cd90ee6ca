//! Somebody sets the wall clock, and another host takes over: what waits goes on waiting for as long
//! as it should, and nothing is deleted because of it.

use super::*;
use crate::orders::stage::{SITE, flow};
use std::sync::atomic::{AtomicI64, Ordering::Relaxed};
use strowger_exchange::Clock;
use strowger_journal::{Removed, Retention};

const HOURS: i64 = 60 * 60 * 1000;
const DAYS: i64 = 24 * HOURS;

/// A flow with a timer of a minute; after a restart, one of a second.
fn with_timers() -> Folder {
    let rules = "arrived = [\"1 answer\", \"2 timer 60\"]\nresumed = [\"3 timer 1\"]\n\"hung-up caller\" = [\"finish gone\"]\n";
    let folder = Folder::new(SITE).unwrap().plugin("plugboard").unwrap();
    folder.flow("first", &flow("0900", rules)).unwrap()
}

/// How far the wall clock is ahead of monotonic time, as the journal was told last.
fn known_to_be_ahead(host: &Mortal) -> i64 {
    let kept = host.store.clocks().unwrap();
    kept.map_or(0, |kept| kept.wall.0 as i64 - kept.elapsed.as_millis() as i64)
}

/// The clock is set while a host runs, which is killed; the timer of a minute is not due.
fn a_timer_outlives_a_jump(wrong: &'static AtomicI64, clock: fn() -> Clock, by: i64) {
    let town = Town::new();
    let folder = with_timers();
    let host = Mortal::start_by(&folder, &town.sim, clock).unwrap();
    town.call(1);
    town.wait(&host, host.host.seen("outcome: Answered", PATIENCE)).unwrap();
    wrong.store(by, Relaxed);
    town.until(|| (known_to_be_ahead(&host) - by).abs() < 10_000);
    host.kill();

    let host = Mortal::start_by(&folder, &town.sim, clock).unwrap();
    let timer = |order: u32| format!("OrderId({order}), outcome: Timer");
    town.wait(&host, host.host.seen(&timer(3), PATIENCE)).unwrap();
    let lines = host.host.log.lines();
    assert!(!lines.iter().any(|line| line.contains(&timer(2))), "{}", lines.join("\n"));
    wrong.store(0, Relaxed);
}

#[test]
fn a_timer_is_not_due_because_the_clock_was_put_forward() {
    static WRONG: AtomicI64 = AtomicI64::new(0);
    a_timer_outlives_a_jump(&WRONG, || Clock::wrong(&WRONG), 12 * HOURS);
}

#[test]
fn a_timer_goes_off_although_the_clock_was_put_back() {
    static WRONG: AtomicI64 = AtomicI64::new(0);
    a_timer_outlives_a_jump(&WRONG, || Clock::wrong(&WRONG), -12 * HOURS);
}

#[test]
fn a_host_whose_clock_is_500_days_ahead_deletes_nothing_and_its_calls_are_soon_as_old_as_others() {
    static WRONG: AtomicI64 = AtomicI64::new(0);
    let town = Town::new();
    let folder = with_timers();
    let served = |host: &Mortal| {
        let caller = town.call(1);
        town.wait(host, host.host.seen("outcome: Answered", PATIENCE)).unwrap();
        town.sim.hang_up(&caller);
        town.wait(host, host.host.records(1, PATIENCE)).unwrap();
        host.journalled().unwrap()
    };
    let clock = || Clock::wrong(&WRONG);
    let host = Mortal::start_by(&folder, &town.sim, clock).unwrap();
    let first = served(&host)[0].call;
    town.until(|| host.store.clocks().unwrap().is_some());
    host.kill();

    WRONG.store(500 * DAYS, Relaxed);
    let host = Mortal::start_by(&folder, &town.sim, clock).unwrap();
    assert_eq!(served(&host).len(), 2);
    let exchange = &host.host.exchange;
    let removed = host.store.retain(&Retention::default(), exchange.clock().trusted()).unwrap();
    assert_eq!(removed, Removed::default(), "on the word of a clock that is wrong");
    host.kill();

    WRONG.store(0, Relaxed);
    let host = Mortal::start_by(&folder, &town.sim, clock).unwrap();
    let records = served(&host);
    let third = records
        .iter()
        .map(|record| record.call)
        .find(|call| *call != first && call.given().0 < first.given().0 + DAYS as u64);
    assert!(third.is_some(), "its id says when it came: {records:?}");
}

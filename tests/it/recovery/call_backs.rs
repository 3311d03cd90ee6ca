//! Places that are kept without a leg when the host dies.

use super::*;
use strowger_tests::{calls_back, put_back, the_open_call};

/// A caller, whose telephone is this.
const CALLER: u32 = 1;

fn telephone() -> Address {
    Address::Number(format!("+3247000{CALLER:04}"))
}

/// The caller has keyed 9, has confirmed the number, and has hung up.
fn keeps(town: &Town, host: &Mortal) {
    let leg = town.call(CALLER);
    town.until(|| town.count(is_ring) == 1);
    town.sim.key(&leg, "9");
    town.wait(host, host.host.seen("Gather(", PATIENCE)).unwrap();
    town.sim.key(&leg, "1");
    town.wait(host, host.host.seen("calls_back: Some", PATIENCE)).unwrap();
    town.sim.hang_up(&leg);
    town.wait(host, host.host.seen("HungUp", PATIENCE)).unwrap();
    assert_eq!(waiting(host), 1);
}

fn rings_at(town: &Town, at: &Address) -> usize {
    town.count(|seen| matches!(seen, Observed::RingStarted { address, .. } if address == at))
}

/// K6: the host dies while the place is kept, and again while the caller is rung.
#[test]
fn k6_a_place_that_is_kept_outlives_the_host_and_the_caller_is_called_back() {
    let town = Town::new();
    let folder = calls_back(1).unwrap();
    let host = Mortal::start(&folder, &town.sim).unwrap();
    keeps(&town, &host);
    let place = calls(&host);
    host.kill();
    let mut host = Mortal::start(&folder, &town.sim).unwrap();
    town.wait(&host, host.host.seen("Resumed", PATIENCE)).unwrap();
    assert_eq!((calls(&host), waiting(&host)), (place.clone(), 1));
    // Somebody comes later.
    town.call(2);
    town.wait(&host, host.host.seen("EnterQueue", PATIENCE)).unwrap();

    town.sim.pick_up(&address(1)).expect("the agent is rung for the place");
    town.until(|| rings_at(&town, &telephone()) == 1);
    assert_eq!(town.talking(), 0, "the agent waits");
    host.kill();
    host = Mortal::start(&folder, &town.sim).unwrap();
    town.wait(&host, host.host.seen("Resumed", PATIENCE)).unwrap();
    let leg = town.sim.pick_up(&telephone()).expect("the caller is rung still");
    town.wait(&host, host.host.seen("Druk", PATIENCE)).unwrap();
    town.sim.key(&leg, "1");
    town.until(|| town.talking() == 2);
    town.wait(&host, host.host.seen("Joined", PATIENCE)).unwrap();
    assert_eq!(rings_at(&town, &telephone()), 1, "rung once");
    town.sim.put_down(&address(1));
    town.wait(&host, host.host.records(1, PATIENCE)).unwrap();
    let records = host.journalled().unwrap();
    let record = records.iter().find(|record| record.call == place[0]).unwrap();
    assert_eq!((record.outcome.as_str(), &record.agent), ("answered", &Some("a1".into())));
    assert!(record.waited > Duration::ZERO && record.connected.is_some(), "{record:?}");
}

/// K6: who calls again after that is recognised, and is served in the old place.
#[test]
fn k6_who_calls_again_after_the_host_died_has_the_place() {
    let town = Town::new();
    let folder = calls_back(1).unwrap();
    let host = Mortal::start(&folder, &town.sim).unwrap();
    keeps(&town, &host);
    let place = calls(&host)[0];
    host.kill();
    let host = Mortal::start(&folder, &town.sim).unwrap();
    town.wait(&host, host.host.seen("Resumed", PATIENCE)).unwrap();
    town.call(2);
    town.wait(&host, host.host.seen("EnterQueue", PATIENCE)).unwrap();
    town.call(CALLER);
    town.wait(&host, host.host.records(1, PATIENCE)).unwrap();
    town.wait(&host, host.host.seen_often("EnterQueue", 2, PATIENCE)).unwrap();
    let records = host.journalled().unwrap();
    assert_eq!((records[0].call, records[0].outcome.as_str()), (place, "called-again"));
    // The place is not given twice: another host finds nothing of it.
    host.kill();
    let host = Mortal::start(&folder, &town.sim).unwrap();
    town.wait(&host, host.host.seen_often("Resumed", 2, PATIENCE)).unwrap();
    assert_eq!((calls(&host).len(), waiting(&host)), (2, 2));
    let again = calls(&host)[1];
    town.sim.pick_up(&address(1)).expect("the agent is rung");
    town.wait(&host, host.host.seen("Connected", PATIENCE)).unwrap();
    assert!(
        host.host
            .log
            .lines()
            .iter()
            .any(|line| { line.contains("Connected") && line.contains(&again.to_string()) })
    );
    assert_eq!(rings_at(&town, &telephone()), 0);
}

/// K6: the host dies when the journal has it that a call has taken a place, and not yet that the
/// other one has lost it.
#[test]
fn k6_a_place_that_was_taken_when_the_host_died_is_not_given_twice() {
    let town = Town::new();
    let folder = calls_back(1).unwrap();
    let host = Mortal::start(&folder, &town.sim).unwrap();
    keeps(&town, &host);
    let place = calls(&host)[0];
    host.journalled().unwrap();
    host.kill();
    let then = the_open_call(&folder).unwrap();
    let host = Mortal::start(&folder, &town.sim).unwrap();
    town.wait(&host, host.host.seen("Resumed", PATIENCE)).unwrap();
    town.call(CALLER);
    town.wait(&host, host.host.records(1, PATIENCE)).unwrap();
    town.wait(&host, host.host.seen("EnterQueue", PATIENCE)).unwrap();
    host.journalled().unwrap();
    host.kill();
    put_back(&folder, &then).unwrap();
    let host = Mortal::start(&folder, &town.sim).unwrap();
    town.wait(&host, host.host.records(1, PATIENCE)).unwrap();
    let records = host.journalled().unwrap();
    assert_eq!((records[0].call, records[0].outcome.as_str()), (place, "called-again"));
    assert_eq!((calls(&host).len(), waiting(&host)), (1, 1));
    assert_eq!(rings_at(&town, &telephone()), 0);
}

//! Phones that ring are for the line: whoever answers next has the next caller.

use super::world::*;
use crate::{
    AgentConfig, EndpointConfig, FloorAction, Output, QueueConfig, RingEndpoints, Strategy,
};
use std::time::Duration;
use strowger_model::event::Unanswered;

const FOUR: [&str; 4] = ["a", "b", "c", "d"];

fn ring_all(name: &str, agents: &[&str]) -> QueueConfig {
    QueueConfig { strategy: Strategy::RingAll, ..queue(name, agents) }
}

fn ms(ms: u64) -> Duration {
    Duration::from_millis(ms)
}

fn rings(world: &World) -> usize {
    world.log.iter().filter(|(_, output)| matches!(output, Output::Ring { .. })).count()
}

fn cancels(world: &World) -> usize {
    world.log.iter().filter(|(_, output)| matches!(output, Output::Cancel { .. })).count()
}

/// The display of a phone shows whom it rings for; it is rung once.
#[test]
fn four_phones_answer_four_callers_one_after_another() {
    let mut world = World::new(vec![ring_all("q", &FOUR)], &FOUR);
    for caller in 1..=4 {
        world.enter(caller, &["q"]);
    }
    assert_eq!(world.ringing_for(1), FOUR);
    world.pass(ms(700));
    for (caller, agent) in [(1, "c"), (2, "a"), (3, "d"), (4, "b")] {
        world.answer(agent);
        assert_eq!(world.connected[&entry(caller)].as_str(), agent);
    }
    assert_eq!((rings(&world), cancels(&world)), (4, 0));
}

/// The last phones have nobody to ring for.
#[test]
fn phones_that_nobody_wants_are_cancelled() {
    let mut world = World::new(vec![ring_all("q", &FOUR)], &FOUR);
    world.enter(1, &["q"]);
    world.enter(2, &["q"]);
    world.answer("a");
    let out = world.answer("b");
    assert!(matches!(out[0], Output::Connected { .. }));
    let cancelled =
        |output: &&Output| matches!(output, Output::Cancel { entry: of, .. } if *of == entry(2));
    assert_eq!(out.iter().skip(1).filter(cancelled).count(), 2);
    assert_eq!(out.len(), 3);
    world.quiet();
    world.enter(3, &["q"]);
    assert_eq!(world.ringing_for(3), ["c", "d"]);
}

/// It is the phone that has a ring time, whoever it rings for: else the voice mail behind it
/// answers. Who lets it ring out does so once, and to the caller of that moment.
#[test]
fn a_phone_rings_for_the_rest_of_its_time() {
    let config =
        QueueConfig { ring_time: seconds(15), pause_after: Some(2), ..ring_all("q", &["a", "b"]) };
    let mut world = World::new(vec![config], &["a", "b"]);
    world.enter(1, &["q"]);
    world.enter(2, &["q"]);
    world.pass(seconds(10));
    world.answer("a");
    assert_eq!(world.ringing_for(2), ["b"]);
    world.pass(ms(4999));
    assert_eq!(world.ringing_for(2), ["b"]);
    world.pass(ms(1));
    assert!(world.ringing.is_empty());
    world.quiet();
    // Left alone for 5 s, then rung anew, for the whole time.
    world.pass(seconds(5));
    assert_eq!(world.ringing_for(2), ["b"]);
    assert!(!world.floor.standing("b").unwrap().paused, "one call rang out, not two");
    world.pass(seconds(15));
    assert!(world.floor.standing("b").unwrap().paused);
}

/// Also when the caller has hung up, or was sent on.
#[test]
fn who_leaves_leaves_the_phones_to_the_next() {
    let mut world = World::new(vec![ring_all("q", &["a", "b"])], &["a", "b"]);
    world.enter(1, &["q"]);
    world.enter(2, &["q"]);
    world.input(crate::Input::Leave { entry: entry(1), hung_up: true }).unwrap();
    assert_eq!(world.ringing_for(2), ["a", "b"]);
    assert_eq!((rings(&world), cancels(&world)), (2, 0));
}

/// Whoever rings one agent at a time passes the one phone on in the same way.
#[test]
fn one_phone_at_a_time_rings_on_too() {
    let linear = QueueConfig { strategy: Strategy::Linear, ..queue("q", &["a"]) };
    let mut world = World::new(vec![linear], &["a"]);
    world.enter(1, &["q"]);
    world.enter(2, &["q"]);
    world.input(crate::Input::Leave { entry: entry(1), hung_up: true }).unwrap();
    assert_eq!(world.ringing_for(2), ["a"]);
    world.answer("a");
    assert_eq!(world.connected[&entry(2)].as_str(), "a");
}

/// Whom a caller did not ask for does not ring for that caller; who comes first in line among those
/// who asked has the phone, and a higher priority is first.
#[test]
fn a_phone_rings_on_for_whom_its_agent_may_take() {
    let mut world =
        World::new(vec![ring_all("q-a", &["a", "b"]), ring_all("q-b", &["b", "c"])], &FOUR);
    world.enter(1, &["q-a", "q-b"]);
    world.enter(2, &["q-a"]);
    world.enter_with(3, &["q-b"], 5, Duration::ZERO);
    assert_eq!(world.ringing_for(1), ["a", "b", "c"]);
    world.input(crate::Input::Leave { entry: entry(1), hung_up: false }).unwrap();
    assert_eq!(world.ringing_for(3), ["b", "c"], "the higher priority");
    assert_eq!(world.ringing_for(2), ["a"]);
    assert_eq!(cancels(&world), 0);
}

/// An agent whom the queues of the next caller leave alone does not ring for that one.
#[test]
fn who_is_left_alone_does_not_ring_on() {
    let retry =
        |name, agents: &[&str]| QueueConfig { retry_after: seconds(60), ..ring_all(name, agents) };
    let mut world =
        World::new(vec![retry("q-a", &["a", "b"]), retry("q-b", &["a", "b"])], &["a", "b"]);
    world.enter(1, &["q-a"]);
    world.refuse("a", Unanswered::Declined);
    world.enter(2, &["q-b"]);
    world.enter(3, &["q-a"]);
    assert_eq!(
        (world.ringing_for(1), world.ringing_for(2)),
        (vec!["b".to_owned()], vec!["a".to_owned()])
    );
    world.input(crate::Input::Leave { entry: entry(2), hung_up: true }).unwrap();
    assert!(world.ringing_for(3).is_empty(), "declined a call of this queue a moment ago");
    assert_eq!(cancels(&world), 1);
}

/// All phones of an agent ring on, and of phones that ring one by one the next is to come.
#[test]
fn agents_with_several_phones() {
    let phones = |together| AgentConfig {
        endpoints: vec![
            EndpointConfig { ring_time: Some(seconds(8)), ..EndpointConfig::default() };
            2
        ],
        ring_endpoints: together,
        ..AgentConfig::new(if together == RingEndpoints::Together { "both" } else { "one" })
    };
    let agents = vec![
        AgentConfig::new("a"),
        phones(RingEndpoints::Together),
        phones(RingEndpoints::OneByOne),
    ];
    let mut world = World::with(vec![ring_all("q", &["a", "both", "one"])], agents);
    world.enter(1, &["q"]);
    world.enter(2, &["q"]);
    world.pass(seconds(3));
    world.answer("a");
    assert_eq!(world.ringing_for(2), ["both", "both/1", "one"]);
    world.pass(seconds(5));
    assert_eq!(world.ringing_for(2), ["one/1"]);
    // While the first phone of `one` may still make a sound.
    world.enter(3, &["q"]);
    world.input(crate::Input::Leave { entry: entry(2), hung_up: true }).unwrap();
    assert_eq!(world.ringing_for(3), ["one/1"]);
    world.answer("one");
    assert_eq!(world.connected[&entry(3)].as_str(), "one");
}

/// An urgent caller rings agents who talk: their phones stop, and ring for nobody else.
#[test]
fn phones_of_agents_who_talk_are_cancelled() {
    let urgent = QueueConfig { interrupts: true, ..ring_all("q-urgent", &["a"]) };
    let mut world = World::new(vec![urgent, ring_all("q", &["a"])], &["a"]);
    world.enter(1, &["q"]);
    world.answer("a");
    world.enter(2, &["q-urgent"]);
    world.enter(3, &["q-urgent"]);
    assert_eq!(world.ringing_for(2), ["a"]);
    world.input(crate::Input::Leave { entry: entry(2), hung_up: true }).unwrap();
    assert!(world.ringing.is_empty());
    world.quiet();
    assert_eq!(world.ringing_for(3), ["a"]);
}

/// Who pauses is not there for the next caller either.
#[test]
fn who_pauses_rings_on_for_nobody() {
    let mut world = World::new(vec![ring_all("q", &["a", "b"])], &["a", "b"]);
    world.enter(1, &["q"]);
    world.enter(2, &["q"]);
    world.agent("b", FloorAction::Pause(None));
    world.answer("a");
    assert!(world.ringing.is_empty() && cancels(&world) == 1);
}

/// A phone that was passed on rings on after a restart, and is passed on again.
#[test]
fn after_a_restart() {
    let config = QueueConfig { ring_time: seconds(15), ..ring_all("q", &["a", "b", "c"]) };
    let mut world = World::new(vec![config], &["a", "b", "c"]);
    for caller in 1..=3 {
        world.enter(caller, &["q"]);
    }
    world.pass(seconds(10));
    world.answer("a");
    assert_eq!(world.restart(), []);
    let out = world.answer("b");
    assert!(
        matches!(out[..], [Output::Connected { .. }, Output::Passed { .. }, Output::RingsOn { first, .. }] if first == entry(1)),
        "{out:?}"
    );
    assert_eq!(world.ringing_for(3), ["c"]);
    world.pass(seconds(5));
    assert!(world.ringing.is_empty(), "15 s in all");
}

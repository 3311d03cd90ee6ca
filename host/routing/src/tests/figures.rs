//! What came of callers, how long one will wait, since when an agent is what; and phones that
//! change.

use super::world::*;
use crate::{EndpointConfig, FloorAction, Input, QueueConfig};
use strowger_model::read::{AgentStatus, QueueCounts};

fn day(world: &World, queue: &str) -> QueueCounts {
    world.floor.figures(queue, world.now).unwrap().day
}

#[test]
fn k5_callers_of_a_queue_are_counted() {
    let service = QueueConfig { answer_within: seconds(10), cap: Some(2), ..queue("q1", &["a"]) };
    let mut world = World::new(vec![service, queue("q2", &["b"])], &["a", "b"]);
    world.enter(1, &["q1"]);
    world.pass(seconds(10));
    world.answer("a"); // in time
    world.enter(2, &["q1"]);
    world.enter(3, &["q1"]);
    world.enter(4, &["q1"]); // one too many
    world.input(Input::Leave { entry: entry(2), hung_up: true }).unwrap();
    world.widen(3, &["q2"]);
    world.pass(seconds(11));
    world.answer("b"); // by another queue's agent
    world.end(1);
    world.enter_with(5, &["q1"], 0, seconds(11));
    world.answer("a"); // late, with what had been waited before
    assert_eq!(
        day(&world, "q1"),
        QueueCounts { offered: 5, answered: 2, answered_within: 1, left: 2, abandoned: 1 }
    );
    assert_eq!(
        day(&world, "q2"),
        QueueCounts { offered: 1, answered: 1, answered_within: 1, left: 0, abandoned: 0 }
    );
    world.enter(6, &["q1"]);
    world.input(Input::NewDay).unwrap();
    assert_eq!(
        day(&world, "q1"),
        QueueCounts { offered: 1, ..QueueCounts::default() },
        "who waits is there"
    );
}

#[test]
fn the_expected_wait_is_that_of_conversations_of_late() {
    let wraps = QueueConfig { wrap_up: seconds(20), ..queue("q", &["a", "b"]) };
    let mut world = World::new(vec![wraps], &["a", "b"]);
    let expected =
        |world: &World, number| world.floor.expected_wait(entry(number)).map(|wait| wait.as_secs());
    for (number, agent) in [(1, "a"), (2, "b")] {
        world.enter(number, &["q"]);
        world.answer(agent);
    }
    world.enter(3, &["q"]);
    world.enter(4, &["q"]);
    assert_eq!(expected(&world, 3), None, "no conversation has ended yet");
    world.pass(seconds(100));
    world.end(1);
    // 120 s with the wrap-up; two agents, the first in line.
    assert_eq!((expected(&world, 3), expected(&world, 4)), (Some(60), Some(120)));
    world.agent("b", FloorAction::Pause(None));
    assert_eq!(expected(&world, 3), Some(120));
    assert_eq!(expected(&world, 1), None, "does not wait");
}

#[test]
fn an_agent_is_something_since_an_instant() {
    let mut world = World::new(vec![queue("q", &["a"])], &["a"]);
    let begun = world.now;
    world.pass(seconds(60));
    assert_eq!(world.floor.agent_since("a"), Some((AgentStatus::Free, begun)));
    world.agent("a", FloorAction::Pause(Some("lunch".to_owned())));
    assert_eq!(world.floor.agent_since("a"), Some((AgentStatus::Paused, begun + seconds(60))));
    world.pass(seconds(60));
    world.restart();
    assert_eq!(
        world.floor.agent_since("a"),
        Some((AgentStatus::Paused, begun + seconds(60))),
        "as before the restart"
    );
    assert_eq!(world.floor.standing("a").unwrap().pause_reason.as_deref(), Some("lunch"));
    world.agent("a", FloorAction::Ready);
    assert_eq!(world.floor.standing("a").unwrap().pause_reason, None);
}

#[test]
fn who_idled_longest_still_does_after_a_restart() {
    let mut world = World::new(vec![queue("q", &["a", "b"])], &["a", "b"]);
    world.enter(1, &["q"]);
    world.answer("a");
    world.pass(seconds(10));
    world.end(1);
    world.restart();
    world.enter(2, &["q"]);
    assert_eq!(world.ringing_for(2), ["b"]);
}

/// R3, R6: an agent who logs in at another phone is rung there, at once.
#[test]
fn r3_phones_change_under_a_ringing_call() {
    let mut world = World::new(vec![queue("q", &["a"])], &["a"]);
    world.enter(1, &["q"]);
    world.pass(seconds(3));
    let elsewhere = vec![
        EndpointConfig { ring_time: Some(seconds(5)), ..EndpointConfig::default() },
        EndpointConfig::default(),
    ];
    world.input(Input::Endpoints { agent: "a".into(), endpoints: elsewhere.clone() }).unwrap();
    assert_eq!(
        (world.ringing_for(1).len(), world.cancelled.len()),
        (0, 1),
        "the old phone is quiet first"
    );
    world.quiet();
    assert_eq!(world.ringing_for(1), ["a"]);
    world.input(Input::Endpoints { agent: "a".into(), endpoints: elsewhere }).unwrap();
    assert_eq!(world.ringing_for(1), ["a"], "nothing has changed");
    world.pass(seconds(5));
    world.quiet();
    assert_eq!(world.ringing_for(1), ["a/1"]);
}

#[test]
fn whoever_has_answered_is_shown_to_talk_since_then() {
    let mut world = World::new(vec![queue("q", &["a"])], &["a"]);
    world.enter(1, &["q"]);
    world.pass(seconds(3));
    world.answer("a");
    let since = world.now;
    world.pass(seconds(5));
    assert_eq!(world.floor.agent_since("a"), Some((AgentStatus::Talking, since)));
}

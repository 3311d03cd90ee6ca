//! Answers that come to nothing: the agent is gone before it is a conversation.

use super::world::*;
use crate::{FloorAction, Input, Output, QueueConfig, RefusedInput, Strategy};
use strowger_model::{
    event::{Left, Unanswered},
    read::{AgentStatus, QueueCounts},
};

fn linear(name: &str, agents: &[&str]) -> QueueConfig {
    QueueConfig { strategy: Strategy::Linear, wrap_up: seconds(60), ..queue(name, agents) }
}

fn day(world: &World, queue: &str) -> QueueCounts {
    world.floor.figures(queue, world.now).unwrap().day
}

#[test]
fn the_caller_keeps_the_place_and_another_phone_rings() {
    let mut world = World::new(vec![linear("q", &["a", "b"])], &["a", "b"]);
    world.enter(1, &["q"]);
    world.pass(seconds(3));
    world.answer("a");
    world.agent("b", FloorAction::Pause(None));
    world.enter(2, &["q"]);
    world.agent("b", FloorAction::Ready);
    assert_eq!(world.ringing_for(2), ["b"]);
    world.fumble(1);
    assert_eq!(world.status("a"), AgentStatus::Free, "no wrap-up");
    assert_eq!(world.ringing_for(1), [""; 0], "the only other agent rings already");
    assert_eq!(world.floor.position(entry(1)), Some(1), "before who came later");
    world.pass(seconds(5));
    assert_eq!(world.ringing_for(1), ["a"], "rung again when left alone long enough");
}

#[test]
fn it_counts_as_a_try_in_vain() {
    let q = QueueConfig { retry_after: seconds(1), ..linear("q", &["a", "b"]) };
    let mut world = World::new(vec![q], &["a", "b"]);
    world.agent("a", FloorAction::Pause(None));
    world.enter(1, &["q"]);
    world.refuse("b", Unanswered::Declined);
    world.agent("a", FloorAction::Ready);
    world.answer("a");
    world.fumble(1);
    world.pass(seconds(1));
    assert_eq!(world.ringing_for(1), ["a"], "one try each, and a is the first of the queue");
    world.refuse("a", Unanswered::Declined);
    world.answer("b");
    world.fumble(1);
    world.pass(seconds(1));
    assert_eq!(world.ringing_for(1), ["a"], "two tries each");
    world.answer("a");
    world.fumble(1);
    assert_eq!(world.ringing_for(1), ["b"]);
}

#[test]
fn k5_it_is_not_counted_as_answered() {
    let mut world = World::new(vec![linear("q1", &["a"]), linear("q2", &["b"])], &["a", "b"]);
    let waits = QueueCounts { offered: 1, ..QueueCounts::default() };
    world.enter(1, &["q1", "q2"]);
    world.answer("a");
    world.quiet();
    let answered = QueueCounts { answered: 1, answered_within: 1, ..waits };
    assert_eq!((day(&world, "q1"), day(&world, "q2").left), (answered, 1));
    world.fumble(1);
    assert_eq!((day(&world, "q1"), day(&world, "q2")), (waits, waits));
    assert_eq!(world.ringing_for(1), ["b"]);
    // What was counted before midnight, or by an earlier host, is not taken off what comes after.
    world.answer("b");
    world.input(Input::NewDay).unwrap();
    world.fumble(1);
    assert_eq!((day(&world, "q1"), day(&world, "q2")), (waits, waits));
    world.pass(seconds(5));
    world.answer("a");
    world.restart();
    world.fumble(1);
    assert_eq!((day(&world, "q1"), day(&world, "q2")), (waits, waits));
}

#[test]
fn the_next_host_knows_the_place_too() {
    let mut world = World::new(vec![linear("q1", &["a"]), linear("q2", &["b"])], &["a", "b"]);
    world.enter_with(1, &["q1", "q2"], 7, seconds(100));
    world.answer("a");
    world.quiet();
    world.restart();
    world.enter_with(2, &["q2"], 6, seconds(200));
    assert_eq!(world.ringing_for(2), ["b"]);
    world.fumble(1);
    world.pass(seconds(15));
    world.quiet();
    assert_eq!(world.ringing_for(1), ["a"], "q1 is asked for, and the priority is the old one");
    let waited = world.floor.queue("q1", world.now).unwrap().longest_wait;
    assert_eq!(waited, seconds(115));
}

#[test]
fn who_is_left_without_an_agent_leaves() {
    let mut world = World::new(vec![linear("q", &["a"])], &["a"]);
    world.enter(1, &["q"]);
    world.answer("a");
    world.agent("a", FloorAction::LogOut);
    let out = world.fumble(1);
    assert_eq!(out, [Output::Left { entry: entry(1), why: Left::NobodyLoggedIn }]);
}

/// R5: the conversation that was interrupted goes on.
#[test]
fn r5_an_urgent_call_that_is_fumbled_gives_the_held_caller_back() {
    let urgent = QueueConfig { interrupts: true, ..linear("urgent", &["a"]) };
    let mut world = World::new(vec![linear("q", &["a"]), urgent], &["a"]);
    world.enter(1, &["q"]);
    world.answer("a");
    world
        .input(Input::Enter {
            entry: entry(2),
            ask: vec![strowger_model::command::Asked::Queue("urgent".into())],
            priority: 0,
            waited: seconds(0),
            placed: false,
        })
        .unwrap();
    world.answer("a");
    assert!(world.held.contains(&entry(1)));
    let out = world.fumble(2);
    assert_eq!(out, [Output::Returned { entry: entry(1) }]);
    assert_eq!(world.status("a"), AgentStatus::Talking);
    world.pass(seconds(5));
    assert_eq!(world.ringing_for(2), ["a"], "rung again while the agent talks");
}

#[test]
fn only_who_is_connected_through_a_queue_can_be_fumbled() {
    let mut world = World::new(vec![linear("q", &["a"])], &["a", "b"]);
    let fumbled = |world: &mut World, number| world.input(Input::Fumbled { entry: entry(number) });
    assert_eq!(fumbled(&mut world, 1), Err(RefusedInput::UnknownEntry(entry(1))));
    world.enter(1, &["q"]);
    assert_eq!(fumbled(&mut world, 1), Err(RefusedInput::NotConnected(entry(1))));
    world.input(Input::Engage { entry: entry(2), agent: "b".into() }).unwrap();
    assert_eq!(fumbled(&mut world, 2), Err(RefusedInput::NotConnected(entry(2))));
}

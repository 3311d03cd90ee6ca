//! Agents who have walked away: their phones ring out.

use super::world::*;
use crate::{FloorAction, Output, QueueConfig, Strategy};
use strowger_model::{event::Unanswered, read::AgentStatus};

const RING_TIME: u64 = 15;

fn world(strategy: Strategy, pause_after: Option<u32>) -> World {
    let q = QueueConfig { strategy, pause_after, ..queue("q", &["a", "b"]) };
    World::new(vec![q], &["a", "b"])
}

/// A caller comes, and whoever's phone rings first does not answer. Says who that was.
fn rings_out(world: &mut World, number: u64) -> Vec<String> {
    world.enter(number, &["q"]);
    let first = world.ringing_for(number);
    world.pass(seconds(RING_TIME));
    world.quiet();
    first
}

#[test]
fn whose_phone_rang_out_is_taken_last_for_two_minutes() {
    for strategy in [Strategy::Linear, Strategy::LongestIdle, Strategy::RoundRobin] {
        let mut world = world(strategy, None);
        assert_eq!(rings_out(&mut world, 1), ["a"], "{strategy:?}");
        world.answer("b");
        world.end(1);
        world.pass(seconds(60));
        world.enter(2, &["q"]);
        assert_eq!(world.ringing_for(2), ["b"], "{strategy:?}: a is free again, but behind b");
        world.answer("b");
        world.end(2);
        world.pass(seconds(120));
        world.enter(3, &["q"]);
        assert_eq!(world.ringing_for(3), ["a"], "{strategy:?}: in the usual order again");
    }
}

#[test]
fn who_declines_is_there() {
    let mut world = world(Strategy::Linear, Some(1));
    world.enter(1, &["q"]);
    world.refuse("a", Unanswered::Declined);
    world.answer("b");
    world.end(1);
    world.pass(seconds(10));
    world.enter(2, &["q"]);
    assert_eq!(world.ringing_for(2), ["a"], "neither paused nor taken last");
}

#[test]
fn a_failure_of_the_pbx_says_nothing_about_the_agent() {
    let mut world = world(Strategy::Linear, Some(1));
    world.enter(1, &["q"]);
    world.refuse("a", Unanswered::NoAnswer);
    assert_eq!(world.status("a"), AgentStatus::Free);
}

#[test]
fn after_so_many_in_a_row_the_agent_is_paused_until_ready() {
    let mut world = world(Strategy::RingAll, Some(3));
    world.agent("b", FloorAction::LogOut);
    world.enter(1, &["q"]);
    let mut paused = Vec::new();
    for _ in 0..4 {
        world.pass(seconds(RING_TIME + 5));
        world.quiet();
        let said = world.log.iter().filter(|(_, said)| matches!(said, Output::Paused { .. }));
        paused.push((said.count(), world.status("a") == AgentStatus::Paused));
    }
    assert_eq!(paused, [(0, false), (0, false), (1, true), (1, true)]);
    let standing = world.floor.standing("a").unwrap();
    assert_eq!(standing.pause_reason.unwrap(), "3 calls in a row not answered");
    world.agent("a", FloorAction::Ready);
    assert_eq!(world.ringing_for(1), ["a"], "back at once");
    world.pass(seconds(RING_TIME));
    world.quiet();
    assert_eq!(world.status("a"), AgentStatus::Free, "counted anew");
}

#[test]
fn an_answer_begins_the_count_anew() {
    let mut world = world(Strategy::Linear, Some(2));
    world.agent("b", FloorAction::LogOut);
    rings_out(&mut world, 1);
    world.pass(seconds(5));
    world.answer("a");
    world.end(1);
    rings_out(&mut world, 2);
    assert_eq!(world.status("a"), AgentStatus::Free);
    world.pass(seconds(5 + RING_TIME));
    assert_eq!(world.status("a"), AgentStatus::Paused);
}

//! Phones: ring times, endpoints, refusals, late answers.

use super::world::*;
use crate::{AgentConfig, EndpointConfig, Input, Output, QueueConfig, RingEndpoints, Strategy};
use std::time::Duration;
use strowger_model::{event::Unanswered, read::AgentStatus};

fn linear(agents: &[&str]) -> QueueConfig {
    QueueConfig { strategy: Strategy::Linear, ..queue("q", agents) }
}

fn two_phones(how: RingEndpoints) -> World {
    let endpoints = vec![
        EndpointConfig { ring_time: Some(seconds(10)), ..EndpointConfig::default() },
        EndpointConfig { ring_time: Some(seconds(20)), ..EndpointConfig::default() },
    ];
    let agent = AgentConfig { endpoints, ring_endpoints: how, ..AgentConfig::new("a") };
    World::with(vec![linear(&["a", "b"])], vec![agent, AgentConfig::new("b")])
}

#[test]
fn the_next_agent_rings_when_the_ring_time_is_over() {
    let mut world = World::new(vec![linear(&["a", "b", "c"])], &["a", "b", "c"]);
    world.enter(1, &["q"]);
    for agent in ["a", "b", "c", "a", "b"] {
        assert_eq!(world.ringing_for(1), [agent], "all are tried before one is tried again");
        world.pass(Duration::from_millis(14_999));
        assert_eq!(world.ringing_for(1), [agent]);
        world.pass(Duration::from_millis(1));
        world.quiet();
    }
}

#[test]
fn who_declines_is_left_alone_for_a_while() {
    let mut world = World::new(vec![linear(&["a"])], &["a"]);
    world.enter(1, &["q"]);
    world.refuse("a", Unanswered::Declined);
    world.enter(2, &["q"]);
    world.pass(Duration::from_millis(4_999));
    assert!(world.ringing.is_empty());
    assert_eq!(
        (world.status("a"), world.floor.queue("q", world.now).unwrap().free),
        (AgentStatus::Free, 0)
    );
    world.pass(Duration::from_millis(1));
    assert_eq!(world.ringing_for(1), ["a"]);
}

#[test]
fn a_phone_that_refuses_at_once_does_not_ring_on_and_on() {
    let mut world =
        World::new(vec![QueueConfig { retry_after: Duration::ZERO, ..linear(&["a"]) }], &["a"]);
    world.enter(1, &["q"]);
    assert!(world.refuse("a", Unanswered::Busy).is_empty());
    assert_eq!(world.floor.next_deadline(), Some(world.now + seconds(1)));
}

/// R6: the next endpoint is used when one cannot be reached.
#[test]
fn r6_endpoints_one_by_one() {
    let mut world = two_phones(RingEndpoints::OneByOne);
    world.enter(1, &["q"]);
    assert_eq!(world.ringing_for(1), ["a"]);
    world.refuse("a", Unanswered::Unreachable);
    assert_eq!(world.ringing_for(1), ["a/1"]);
    world.pass(seconds(20));
    assert_eq!(world.ringing_for(1), ["b"]);
    world.pass(seconds(15));
    world.quiet();
    world.pass(seconds(10));
    assert_eq!(world.ringing_for(1), ["a/1"], "not answered in its own ring time");
    assert_eq!(world.cancelled.len(), 1);
    world.answer("a");
    assert_eq!(world.connected[&entry(1)].as_str(), "a");
}

#[test]
fn who_declines_on_one_phone_is_not_rung_on_another() {
    for how in [RingEndpoints::OneByOne, RingEndpoints::Together] {
        let mut world = two_phones(how);
        world.enter(1, &["q"]);
        world.refuse("a", Unanswered::Declined);
        assert_eq!(world.ringing_for(1), ["b"], "{how:?}");
    }
}

#[test]
fn endpoints_together() {
    let mut world = two_phones(RingEndpoints::Together);
    world.enter(1, &["q"]);
    assert_eq!(world.ringing_for(1), ["a", "a/1"]);
    world.pass(seconds(10));
    assert_eq!(world.ringing_for(1), ["a/1"]);
    world.quiet();
    let out = world.answer("a");
    assert_eq!(out.len(), 1);
    world.end(1);

    world.enter(2, &["q"]);
    let out = world.answer("a");
    assert!(
        matches!(out[..], [Output::Connected { .. }, Output::Cancel { .. }]),
        "the other phone stops: {out:?}"
    );
}

#[test]
fn an_answer_after_the_cancel_is_too_late() {
    let mut world = World::new(vec![linear(&["a"])], &["a"]);
    world.enter(1, &["q"]);
    let attempt = world.attempt("a");
    world.input(Input::Leave { entry: entry(1), hung_up: false }).unwrap();
    world.enter(2, &["q"]);
    assert!(world.input(Input::Answered { attempt }).unwrap().is_empty());
    assert_eq!(world.status("a"), AgentStatus::Ringing, "the phone is not quiet");
    assert!(world.ringing_for(2).is_empty());
    world.input(Input::Unanswered { attempt, why: Unanswered::Cancelled }).unwrap();
    assert_eq!(world.ringing_for(2), ["a"]);
}

#[test]
fn an_answer_in_the_instant_in_which_the_ring_time_ends_is_in_time() {
    let mut world = World::new(vec![linear(&["a"])], &["a"]);
    world.enter(1, &["q"]);
    world.now = seconds(15);
    world.answer("a");
    assert!(world.connected.contains_key(&entry(1)));
}

#[test]
fn a_lost_report_does_not_keep_an_agent_for_ever() {
    let mut world = World::new(vec![linear(&["a"])], &["a"]);
    world.enter(1, &["q"]);
    let lost = world.attempt("a");
    world.input(Input::Leave { entry: entry(1), hung_up: false }).unwrap();
    world.enter(2, &["q"]);
    world.pass(Duration::from_millis(9_999));
    assert!(world.ringing.is_empty());
    world.pass(Duration::from_millis(1));
    assert_eq!(world.ringing_for(2), ["a"]);
    world.input(Input::Unanswered { attempt: lost, why: Unanswered::Cancelled }).unwrap();
    assert_eq!(world.ringing_for(2), ["a"], "a report after that changes nothing");
}

#[test]
fn a_single_agent_is_rung_for_30_s() {
    let mut world = World::new(vec![], &["a"]);
    world.enter(1, &["a"]);
    world.pass(Duration::from_millis(29_999));
    assert_eq!(world.ringing_for(1), ["a"]);
    world.pass(Duration::from_millis(1));
    assert!(world.ringing.is_empty());
    world.quiet();
    world.pass(seconds(5));
    assert_eq!(world.ringing_for(1), ["a"]);
}

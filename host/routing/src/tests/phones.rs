//! What the PBX says of phones: who is not there is not rung.

use super::world::*;
use crate::{
    AgentConfig, EndpointConfig, FloorAction, Input, Output, QueueConfig, RingEndpoints, Strategy,
};
use strowger_model::{
    PhoneState::{self, *},
    event::Left,
    read::AgentStatus,
};

fn linear(agents: &[&str]) -> QueueConfig {
    QueueConfig { strategy: Strategy::Linear, ..queue("q", agents) }
}

impl World {
    fn phone(&mut self, agent: &str, endpoint: usize, state: PhoneState) -> Vec<Output> {
        self.input(Input::Phone { agent: agent.into(), endpoint, state }).unwrap()
    }

    fn free(&self) -> u32 {
        self.floor.queue("q", self.now).unwrap().free
    }
}

#[test]
fn an_agent_in_a_call_of_their_own_is_not_rung_until_it_is_over() {
    for (state, status) in [(Busy, AgentStatus::Busy), (DoNotDisturb, AgentStatus::DoNotDisturb)] {
        let mut world = World::new(vec![linear(&["a", "b"])], &["a", "b"]);
        world.phone("a", 0, state);
        assert_eq!((world.status("a"), world.free()), (status, 1));
        world.enter(1, &["q"]);
        world.enter(2, &["q"]);
        assert_eq!(world.ringing_for(1), ["b"]);
        assert!(world.ringing_for(2).is_empty());
        world.phone("a", 0, Free);
        assert_eq!(world.ringing_for(2), ["a"], "at once");
        // What rings goes on ringing.
        world.phone("a", 0, state);
        assert_eq!(world.ringing_for(2), ["a"]);
    }
}

#[test]
fn a_queue_may_ring_agents_in_calls_of_their_own() {
    let mut world = World::new(vec![QueueConfig { ring_busy: true, ..linear(&["a"]) }], &["a"]);
    world.phone("a", 0, Busy);
    assert_eq!((world.status("a"), world.free()), (AgentStatus::Busy, 1));
    world.enter(1, &["q"]);
    assert_eq!(world.ringing_for(1), ["a"]);
    world.phone("a", 0, DoNotDisturb);
    world.refuse("a", strowger_model::event::Unanswered::Declined);
    world.pass(seconds(60));
    assert!(world.ringing.is_empty(), "only calls of their own");
}

#[test]
fn of_several_phones_those_ring_that_are_there() {
    for how in [RingEndpoints::OneByOne, RingEndpoints::Together] {
        let endpoints = vec![EndpointConfig::default(); 3];
        let agent = AgentConfig { endpoints, ring_endpoints: how, ..AgentConfig::new("a") };
        let mut world = World::with(vec![linear(&["a"])], vec![agent]);
        world.phone("a", 0, Unreachable);
        world.phone("a", 2, DoNotDisturb);
        assert_eq!(world.status("a"), AgentStatus::Free);
        world.enter(1, &["q"]);
        let rung: Vec<_> = world.ringing.values().map(|phone| phone.endpoint).collect();
        assert_eq!(rung, [1], "{how:?}");
        world.pass(seconds(15));
        assert!(world.ringing.is_empty(), "{how:?}: it is not answered, and there is no other");
        // One that talks keeps the agent from all.
        world.quiet();
        world.phone("a", 2, Busy);
        assert_eq!(world.status("a"), AgentStatus::Busy);
    }
}

#[test]
fn v4_callers_do_not_wait_for_phones_that_the_pbx_cannot_reach() {
    let mut world = World::new(vec![linear(&["a", "b"])], &["a", "b"]);
    world.phone("b", 0, Busy);
    world.enter(1, &["q"]);
    world.pass(seconds(1));
    world.phone("a", 0, Unreachable);
    assert_eq!(world.ringing_for(1), ["a"], "it rang already");
    world.phone("b", 0, Unreachable);
    assert_eq!(
        (world.status("b"), world.left.get(&entry(1))),
        (AgentStatus::Unreachable, Some(&Left::NobodyReachable))
    );
    world.enter(2, &["q"]);
    assert_eq!(world.left.get(&entry(2)), Some(&Left::NobodyReachable), "at once");
    // Being logged in again does not make it reachable.
    world.input(Input::Agent { agent: "a".into(), action: FloorAction::LogOut }).unwrap();
    world.input(Input::Agent { agent: "a".into(), action: FloorAction::LogIn }).unwrap();
    world.quiet();
    world.enter(3, &["q"]);
    assert_eq!(world.left.get(&entry(3)), Some(&Left::NobodyReachable));
    world.phone("b", 0, Free);
    world.enter(4, &["q"]);
    assert_eq!(world.ringing_for(4), ["b"]);
}

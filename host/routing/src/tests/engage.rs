//! Calls past the queues: agents whom somebody has dialled.

use super::world::{World, entry, queue, seconds};
use crate::{FloorAction, Input, Output, QueueConfig, RefusedInput};
use strowger_model::read::AgentStatus;

impl World {
    fn engage(&mut self, number: u64, agent: &str) -> Result<Vec<Output>, RefusedInput> {
        self.input(Input::Engage { entry: entry(number), agent: agent.into() })
    }

    fn engaged_answers(&mut self, number: u64) -> Vec<Output> {
        self.input(Input::EngagedAnswered { entry: entry(number) }).unwrap()
    }
}

fn wrapping_up(agents: &[&str]) -> Vec<QueueConfig> {
    vec![QueueConfig { wrap_up: seconds(20), ..queue("q", agents) }]
}

#[test]
fn r4_who_is_consulted_is_rung_by_no_queue() {
    let mut world = World::new(wrapping_up(&["a"]), &["a"]);
    world.engage(7, "a").unwrap();
    assert_eq!(world.status("a"), AgentStatus::Ringing);
    world.enter(1, &["q"]);
    assert!(world.ringing_for(1).is_empty());
    world.engaged_answers(7);
    assert_eq!(world.status("a"), AgentStatus::Talking);
    assert!(world.ringing_for(1).is_empty());
    // Without a wrap-up: it was no caller of a queue.
    world.end(7);
    assert_eq!(world.ringing_for(1), ["a"]);
}

/// Whose phone makes a sound, or who talks, is busy; everybody else can be dialled, wanting calls
/// or not.
#[test]
fn who_is_busy() {
    let mut world = World::new(wrapping_up(&["a", "b"]), &["a", "b"]);
    let busy = |world: &mut World, agent: &str| {
        world.engage(9, agent) == Err(RefusedInput::Engaged(agent.into()))
    };
    world.enter(1, &["q"]);
    let first = world.ringing_for(1)[0].clone();
    assert!(busy(&mut world, &first), "rings");
    world.answer(&first);
    assert!(busy(&mut world, &first), "talks");
    world.enter(2, &["q"]);
    let second = world.ringing_for(2)[0].clone();
    world.input(Input::Leave { entry: entry(2), hung_up: true }).unwrap();
    assert!(busy(&mut world, &second), "is not yet quiet");
    world.quiet();
    world.engage(8, &second).unwrap();
    assert!(busy(&mut world, &second), "is engaged");
    assert_eq!(world.engage(8, &first), Err(RefusedInput::DuplicateEntry(entry(8))));
    world.end(8);
    for action in [FloorAction::Pause(None), FloorAction::LogOut] {
        world.agent(&second, action);
        world.engage(8, &second).unwrap();
        world.end(8);
    }
    assert_eq!(world.status(&second), AgentStatus::LoggedOut);
}

/// A wrap-up goes on beneath.
#[test]
fn who_wraps_up_is_dialled_and_wraps_up_on() {
    let mut world = World::new(wrapping_up(&["a"]), &["a"]);
    world.enter(1, &["q"]);
    world.answer("a");
    world.end(1);
    world.engage(7, "a").unwrap();
    world.engaged_answers(7);
    world.pass(seconds(5));
    assert!(world.restart().is_empty());
    world.end(7);
    assert_eq!(world.status("a"), AgentStatus::WrapUp);
    world.pass(seconds(15));
    assert_eq!(world.status("a"), AgentStatus::Free);
}

/// An urgent caller (R5) goes before a colleague who consults, once the agent has answered that
/// one.
#[test]
fn an_urgent_caller_interrupts_a_consultation() {
    let mut world =
        World::new(vec![QueueConfig { interrupts: true, ..queue("qu", &["a"]) }], &["a"]);
    world.engage(7, "a").unwrap();
    world.enter(1, &["qu"]);
    assert!(world.ringing_for(1).is_empty(), "one phone that rings is enough");
    world.engaged_answers(7);
    assert_eq!(world.ringing_for(1), ["a"]);
    assert_eq!(world.answer("a")[0], Output::Held { entry: entry(7) });
    assert!(world.restart().is_empty());
    assert_eq!(world.end(1)[0], Output::Returned { entry: entry(7) });
}

#[test]
fn who_is_dialled_is_reserved_after_a_restart_too() {
    let mut world = World::new(wrapping_up(&["a", "b"]), &["a", "b"]);
    world.engage(7, "a").unwrap();
    world.engage(8, "b").unwrap();
    world.engaged_answers(8);
    world.enter(1, &["q"]);
    assert!(world.restart().is_empty());
    assert_eq!(
        (world.status("a"), world.status("b")),
        (AgentStatus::Ringing, AgentStatus::Talking)
    );
    world.engaged_answers(7);
    assert_eq!(world.status("a"), AgentStatus::Talking);
    world.end(8);
    assert_eq!(world.ringing_for(1), ["b"]);
}

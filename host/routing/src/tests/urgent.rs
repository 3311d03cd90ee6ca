//! Urgent callers ring agents who talk (R5).

use super::world::{World, entry, queue, seconds};
use crate::{Output, QueueConfig};
use strowger_model::{event::Unanswered, read::AgentStatus};

fn urgent(agents: &[&str]) -> QueueConfig {
    QueueConfig {
        interrupts: true,
        retry_after: seconds(30),
        wrap_up: seconds(5),
        ..queue("qu", agents)
    }
}

/// With agents who talk with callers 1, 2, ...
fn talking(agents: &[&str]) -> World {
    let mut world = World::new(
        vec![QueueConfig { wrap_up: seconds(20), ..queue("q", agents) }, urgent(agents)],
        agents,
    );
    for (number, agent) in (1..).zip(agents) {
        world.enter(number, &["q"]);
        world.answer(agent);
    }
    world
}

#[test]
fn r5_who_talks_takes_an_urgent_call_and_the_first_back() {
    let mut world = talking(&["a"]);
    world.enter(9, &["qu"]);
    assert_eq!(world.ringing_for(9), ["a"]);
    assert_eq!(world.status("a"), AgentStatus::Talking);
    let out = world.answer("a");
    assert!(
        matches!(&out[..], [Output::Held { entry: held }, Output::Connected { entry: urgent, .. }] if (*held, *urgent) == (entry(1), entry(9)))
    );
    // Nobody is interrupted twice.
    world.enter(10, &["qu"]);
    assert!(world.ringing_for(10).is_empty());
    // The agent goes back without wrapping up, and can be interrupted again.
    assert_eq!(world.end(9)[0], Output::Returned { entry: entry(1) });
    assert_eq!(world.ringing_for(10), ["a"]);
    world.answer("a");
    world.end(10);
    world.end(1);
    assert_eq!(world.status("a"), AgentStatus::WrapUp);
}

/// A free agent goes before one who talks.
#[test]
fn a_free_agent_first() {
    let mut world = World::new(vec![queue("q", &["a", "b"]), urgent(&["a", "b"])], &["a", "b"]);
    world.enter(1, &["q"]);
    let busy = world.ringing_for(1)[0].clone();
    world.answer(&busy);
    world.enter(9, &["qu"]);
    assert_ne!(world.ringing_for(9), [busy]);
}

/// Who does not take it is left alone, and the next one is rung; the conversation goes on.
#[test]
fn who_does_not_take_it_talks_on() {
    let mut world = talking(&["a", "b"]);
    world.enter(9, &["qu"]);
    assert_eq!(world.ringing_for(9), ["a"]);
    world.refuse("a", Unanswered::Busy);
    assert_eq!(
        (world.status("a"), world.ringing_for(9)),
        (AgentStatus::Talking, vec!["b".to_owned()])
    );
    world.pass(seconds(16));
    assert!(world.ringing_for(9).is_empty(), "both are left alone");
    world.pass(seconds(15));
    assert_eq!(world.ringing_for(9), ["a"]);
    // The conversation ends while it rings: the agent is rung on as anybody, and does not wrap up
    // first.
    world.end(1);
    assert_eq!(world.status("a"), AgentStatus::Ringing);
    assert!(world.answer("a").iter().all(|output| !matches!(output, Output::Held { .. })));
}

/// Either caller may go first.
#[test]
fn the_held_caller_hangs_up() {
    let mut world = talking(&["a"]);
    world.enter(9, &["qu"]);
    world.answer("a");
    assert!(world.end(1).is_empty());
    assert_eq!(world.status("a"), AgentStatus::Talking);
    assert!(world.end(9).is_empty());
    assert_eq!(world.status("a"), AgentStatus::WrapUp);
}

#[test]
fn the_urgent_caller_gives_up() {
    let mut world = talking(&["a"]);
    world.enter(9, &["qu"]);
    let out = world.input(crate::Input::Leave { entry: entry(9), hung_up: false }).unwrap();
    assert!(matches!(out[..], [Output::Cancel { .. }]));
    assert_eq!(world.status("a"), AgentStatus::Talking);
}

/// An urgent conversation that holds no other is not interrupted, also when the host has come back;
/// and wraps up as its queue says.
#[test]
fn nobody_is_called_away_from_an_urgent_caller() {
    let mut world = World::new(vec![queue("q", &["a"]), urgent(&["a"])], &["a"]);
    world.enter(1, &["qu"]);
    world.answer("a");
    world.enter(2, &["qu"]);
    assert!(world.ringing_for(2).is_empty());
    assert!(world.restart().is_empty());
    world.end(1);
    assert_eq!(world.status("a"), AgentStatus::WrapUp);
}

/// A host that comes back finds the held conversation held, the ringing ringing, and an agent back
/// whose urgent caller is gone.
#[test]
fn after_a_restart() {
    let mut world = talking(&["a"]);
    world.enter(9, &["qu"]);
    assert!(world.restart().is_empty());
    assert_eq!(world.ringing_for(9), ["a"]);
    world.answer("a");
    assert!(world.restart().is_empty());
    assert_eq!(world.end(9)[0], Output::Returned { entry: entry(1) });
    world.enter(10, &["qu"]);
    world.answer("a");
    let crate::Input::Restore { mut entries, agents, quieting, next_attempt } = world.kept() else {
        panic!()
    };
    entries.retain(|restored| restored.entry != entry(10));
    world.floor = crate::Floor::new();
    world.connected.remove(&entry(10));
    let (queues, configs) =
        (vec![queue("q", &["a"]), urgent(&["a"])], vec![crate::AgentConfig::new("a")]);
    world.input(crate::Input::Configure { queues, agents: configs }).unwrap();
    let out =
        world.input(crate::Input::Restore { agents, entries, quieting, next_attempt }).unwrap();
    assert_eq!(out, [Output::Returned { entry: entry(1) }]);
}

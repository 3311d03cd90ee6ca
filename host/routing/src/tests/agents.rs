//! Agents: log-in, pause, wrap-up, joining and leaving queues.

use super::world::*;
use crate::{FloorAction, Input, Output, QueueConfig, RefusedInput};
use strowger_model::read::AgentStatus;

#[test]
fn wraps_up_between_conversations() {
    let mut world =
        World::new(vec![QueueConfig { wrap_up: seconds(20), ..queue("q", &["a"]) }], &["a"]);
    world.enter(1, &["q"]);
    world.answer("a");
    assert_eq!(world.status("a"), AgentStatus::Talking);
    world.enter(2, &["q"]);
    world.end(1);
    assert_eq!(world.status("a"), AgentStatus::WrapUp);
    world.pass(seconds(19));
    assert!(world.ringing.is_empty());
    world.pass(seconds(1));
    assert_eq!(world.ringing_for(2), ["a"]);
    world.answer("a");
    world.enter(3, &["q"]);
    world.end(2);
    world.agent("a", FloorAction::Ready);
    assert_eq!(world.ringing_for(3), ["a"], "ready ends the wrap-up");
}

#[test]
fn who_pauses_while_ringing_is_passed_over() {
    let mut world = World::new(vec![queue("q", &["a", "b"])], &["a", "b"]);
    world.enter(1, &["q"]);
    let out = world.agent("a", FloorAction::Pause(None));
    assert!(
        matches!(&out[..], [Output::Cancel { .. }, Output::Ring { agent, .. }] if agent.as_str() == "b")
    );
    assert_eq!(world.status("a"), AgentStatus::Paused);
    let queue = world.floor.queue("q", world.now).unwrap();
    assert_eq!((queue.logged_in, queue.free, queue.waiting), (2, 0, 1));
}

#[test]
fn who_logs_out_while_talking_finishes_the_conversation() {
    let mut world = World::new(
        vec![QueueConfig { wrap_up: seconds(20), ..queue("q", &["a", "b"]) }],
        &["a", "b"],
    );
    world.enter(1, &["q"]);
    world.answer("a");
    assert!(world.agent("a", FloorAction::LogOut).is_empty());
    assert_eq!(world.status("a"), AgentStatus::Talking);
    world.end(1);
    assert_eq!(world.status("a"), AgentStatus::LoggedOut);
    assert_eq!(world.floor.next_deadline(), None, "nobody wraps up at home");
}

#[test]
fn pausing_takes_somebody_who_is_logged_in() {
    let mut world = World::new(vec![queue("q", &["a"])], &["a"]);
    world.agent("a", FloorAction::LogOut);
    for action in [FloorAction::Pause(None), FloorAction::Ready] {
        let refused = world.input(Input::Agent { agent: "a".into(), action });
        assert_eq!(refused, Err(RefusedInput::NotLoggedIn("a".into())));
    }
}

/// R3: agents join and leave queues from their phones.
#[test]
fn r3_joins_and_leaves_a_queue() {
    let mut world = World::new(vec![queue("q", &["a"])], &["a", "b"]);
    world.enter(1, &["q"]);
    world.answer("a");
    world.enter(2, &["q"]);
    world.agent("b", FloorAction::Join("q".into()));
    assert_eq!(world.ringing_for(2), ["b"]);
    let out = world.agent("b", FloorAction::Leave("q".into()));
    assert!(matches!(out[..], [Output::Cancel { .. }]));
    world.agent("a", FloorAction::Leave("q".into()));
    assert!(world.left.contains_key(&entry(2)), "the last agent left the queue");
    let unknown = Input::Agent { agent: "a".into(), action: FloorAction::Join("q9".into()) };
    assert_eq!(world.input(unknown), Err(RefusedInput::UnknownQueue("q9".into())));
}

#[test]
fn r3_who_leaves_a_queue_rings_on_for_another() {
    let mut world = World::new(vec![queue("q", &["a"]), queue("p", &["a"])], &["a"]);
    world.enter(1, &["q"]);
    assert!(world.agent("a", FloorAction::Leave("p".into())).is_empty());
    assert_eq!(world.ringing_for(1), ["a"]);
}

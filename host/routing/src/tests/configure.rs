//! A new site under a running floor.

use super::world::*;
use crate::{AgentConfig, FloorAction, Input, Output, QueueConfig, Strategy};
use strowger_model::{event::Left, read::AgentStatus};

impl World {
    fn configure(&mut self, queues: Vec<QueueConfig>, agents: &[&str]) -> Vec<Output> {
        let agents = agents
            .iter()
            .map(|name| AgentConfig { logged_in: false, ..AgentConfig::new(*name) })
            .collect();
        self.input(Input::Configure { queues, agents }).unwrap()
    }
}

#[test]
fn log_ins_conversations_entries_and_ringing_phones_are_kept() {
    let mut world = World::new(vec![queue("q", &["a", "b", "c"])], &["a", "b", "c"]);
    world.agent("c", FloorAction::Pause(None));
    world.enter(1, &["q"]);
    world.answer("a");
    world.enter(2, &["q"]);
    world.enter(3, &["q"]);
    let out = world.configure(
        vec![queue("q", &["c", "b", "a"]), queue("q2", &["new"])],
        &["a", "b", "c", "new"],
    );
    assert!(out.is_empty());
    let statuses = ["a", "b", "c", "new"].map(|name| world.status(name));
    assert_eq!(
        statuses,
        [AgentStatus::Talking, AgentStatus::Ringing, AgentStatus::Paused, AgentStatus::LoggedOut]
    );
    assert_eq!(
        (world.ringing_for(2), world.floor.position(entry(3))),
        (vec!["b".to_owned()], Some(2))
    );
}

#[test]
fn a_queue_that_is_gone_sends_its_callers_away_unless_they_ask_for_another() {
    let mut world = World::new(vec![queue("q1", &["a"]), queue("q2", &["b"])], &["a", "b"]);
    world.enter(1, &["q1"]);
    world.enter(2, &["q1"]);
    world.enter(3, &["q1", "q2"]);
    world.answer("a");
    world.configure(vec![queue("q2", &["b"])], &["a", "b"]);
    assert_eq!(world.left.into_iter().collect::<Vec<_>>(), [(entry(2), Left::NobodyLoggedIn)]);
    assert_eq!(world.floor.queue("q1", world.now), None);
    assert!(world.connected.contains_key(&entry(1)) && world.waiting.contains_key(&entry(3)));
}

#[test]
fn an_agent_who_is_gone_finishes_the_conversation() {
    let mut world = World::new(vec![queue("q", &["a", "b"])], &["a", "b"]);
    world.enter(1, &["q"]);
    world.answer("a");
    world.enter(2, &["q"]);
    let out = world.configure(vec![queue("q", &["c"])], &["c"]);
    assert!(
        matches!(out[..], [Output::Cancel { .. }, Output::Left { why: Left::NobodyLoggedIn, .. }]),
        "{out:?}"
    );
    assert_eq!(world.floor.agent("a"), None);
    world.end(1);
    world.configure(vec![queue("q", &["a", "c"])], &["a", "c"]);
    assert_eq!(world.status("a"), AgentStatus::LoggedOut, "back, and not logged in by the site");
}

#[test]
fn all_agents_may_change_while_a_caller_waits() {
    let mut world = World::new(vec![queue("q", &["a"])], &["a", "b"]);
    world.enter(1, &["q"]);
    world.configure(vec![queue("q", &["b"])], &["b"]);
    assert_eq!(world.ringing_for(1), ["b"]);
}

#[test]
fn who_joined_stays_joined_and_who_left_stays_away() {
    let mut world = World::new(vec![queue("q", &["a"])], &["a", "b"]);
    world.agent("b", FloorAction::Join("q".into()));
    world.agent("a", FloorAction::Leave("q".into()));
    world.configure(vec![queue("q", &["a"])], &["a", "b"]);
    world.enter(1, &["q"]);
    assert_eq!(world.ringing_for(1), ["b"]);
    assert_eq!(world.floor.queue("q", world.now).unwrap().logged_in, 1);
}

#[test]
fn a_new_strategy_serves_who_waits() {
    let all = QueueConfig { strategy: Strategy::RingAll, ..queue("q", &["a", "b"]) };
    let one = QueueConfig { strategy: Strategy::Linear, ..queue("q", &["a", "b"]) };
    let mut world = World::new(vec![one.clone()], &["a", "b"]);
    world.enter(1, &["q"]);
    assert_eq!(world.ringing_for(1), ["a"]);
    world.configure(vec![all], &["a", "b"]);
    assert_eq!(world.ringing_for(1), ["a", "b"]);
    world.configure(vec![one], &["a", "b"]);
    world.enter(2, &["q"]);
    world.agent("a", FloorAction::Pause(None));
    assert_eq!(world.ringing_for(1), ["b"], "one rings: no other is taken");
}

#[test]
fn who_and_what_is_renamed_goes_on() {
    let mut world = World::new(vec![queue("q", &["a", "b"])], &["a", "b"]);
    world.agent("b", FloorAction::Pause(None));
    world.enter(1, &["q"]);
    world.answer("a");
    world.enter(2, &["q"]);
    world.enter(3, &["q"]);
    let renamed = QueueConfig { was: Some("q".into()), ..queue("q-new", &["a-new", "b"]) };
    let a_new = AgentConfig { was: Some("a".into()), ..AgentConfig::new("a-new") };
    let agents = vec![a_new, AgentConfig::new("b")];
    let input = Input::Configure { queues: vec![renamed], agents };
    assert_eq!(world.input(input).unwrap(), [], "nobody leaves, and no phone rings");
    assert_eq!(world.status("a-new"), AgentStatus::Talking);
    assert_eq!(world.status("b"), AgentStatus::Paused);
    assert_eq!(world.floor.position(entry(3)), Some(2));
    assert_eq!(world.floor.figures("q-new", world.now).unwrap().day.offered, 3);

    // A flow that is on the site of before still says the old name.
    world.enter(4, &["q"]);
    assert_eq!(world.floor.position(entry(4)), Some(3));
    world.end(1);
    assert_eq!(world.ringing_for(2), ["a-new"]);
}

#[test]
fn who_was_renamed_while_there_was_no_host_is_known_by_the_old_name() {
    let mut world = World::new(vec![queue("q", &["a"])], &["a"]);
    world.enter(1, &["q"]);
    world.answer("a");
    world.enter(2, &["q"]);
    let renamed = QueueConfig { was: Some("q".into()), ..queue("q-new", &["a-new"]) };
    let a_new =
        AgentConfig { was: Some("a".into()), logged_in: false, ..AgentConfig::new("a-new") };
    world.restart_with(vec![renamed], vec![a_new]);
    assert_eq!(world.status("a-new"), AgentStatus::Talking);
    assert_eq!(world.floor.position(entry(2)), Some(1));
    assert!(world.floor.standing("a-new").unwrap().logged_in);
}

#[test]
fn a_new_agent_of_an_old_name_is_somebody_else() {
    let mut world = World::new(vec![queue("q", &["a", "b"])], &["a", "b"]);
    world.agent("a", FloorAction::Pause(None));
    world
        .input(Input::Configure {
            queues: vec![queue("q", &["b"])],
            agents: vec![AgentConfig::new("b")],
        })
        .unwrap();
    let b_is_a = AgentConfig { was: Some("b".into()), ..AgentConfig::new("a") };
    world.agent("b", FloorAction::Pause(Some("lunch".to_owned())));
    let input = Input::Configure { queues: vec![queue("q", &["a"])], agents: vec![b_is_a] };
    world.input(input).unwrap();
    assert_eq!(world.floor.standing("a").unwrap().pause_reason.as_deref(), Some("lunch"));
}

#[test]
fn the_old_name_of_one_who_was_renamed_may_be_given_to_another() {
    let mut world = World::new(vec![queue("q", &["a"])], &["a"]);
    world.enter(1, &["q"]);
    world.answer("a");
    let configure = |world: &mut World,
                     queues: &[(&str, Option<&str>, &[&str])],
                     agents: &[(&str, Option<&str>)]| {
        let queues = queues.iter().map(|(name, was, agents)| QueueConfig {
            was: was.map(Into::into),
            ..queue(name, agents)
        });
        let agents = agents.iter().map(|(name, was)| AgentConfig {
            was: was.map(Into::into),
            logged_in: false,
            ..AgentConfig::new(*name)
        });
        let (queues, agents) = (queues.collect(), agents.collect());
        world.input(Input::Configure { queues, agents }).unwrap();
    };
    configure(&mut world, &[("q2", Some("q"), &["a2"])], &[("a2", Some("a"))]);
    configure(
        &mut world,
        &[("q", None, &["a"]), ("q2", None, &["a2"])],
        &[("a", None), ("a2", None)],
    );
    assert_eq!(
        (world.status("a"), world.status("a2")),
        (AgentStatus::LoggedOut, AgentStatus::Talking)
    );
    assert_eq!(world.floor.queues_of("a").unwrap(), ["q".into()]);
    assert_eq!(world.floor.queues_of("a2").unwrap(), ["q2".into()]);
}

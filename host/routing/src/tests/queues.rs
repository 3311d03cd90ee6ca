//! Callers: order, widening, caps, strategies, who cannot wait.

use super::world::*;
use crate::{FloorAction, Input, Output, QueueConfig, RefusedInput, Strategy};
use std::time::Duration;
use strowger_model::event::{Left, Unanswered};

fn strategy(strategy: Strategy, agents: &[&str]) -> QueueConfig {
    QueueConfig { strategy, ring_time: seconds(60), ..queue("q", agents) }
}

/// P4: the coordinator; at 15 s additionally the service desk, at 30 s additionally the care
/// coordinator.
#[test]
fn p4_widening_adds_phones_and_the_first_go_on_ringing() {
    let desk = QueueConfig {
        name: "q-desk".into(),
        ..strategy(Strategy::RingAll, &["coordinator", "desk-1", "desk-2"])
    };
    let care = QueueConfig { name: "q-care".into(), ..strategy(Strategy::RingAll, &["care"]) };
    let mut world = World::new(vec![desk, care], &["coordinator", "desk-1", "desk-2", "care"]);

    world.enter(1, &["coordinator"]);
    assert_eq!(world.ringing_for(1), ["coordinator"]);
    world.pass(seconds(15));
    world.widen(1, &["q-desk"]);
    assert_eq!(world.ringing_for(1), ["coordinator", "desk-1", "desk-2"]);
    world.pass(seconds(14));
    world.widen(1, &["q-care", "q-desk"]);
    assert_eq!(world.ringing_for(1), ["coordinator", "desk-1", "desk-2", "care"]);
    assert!(world.cancelled.is_empty(), "nobody's phone has stopped");

    let out = world.answer("desk-2");
    assert!(matches!(&out[0], Output::Connected { agent, .. } if agent.as_str() == "desk-2"));
    assert_eq!(out.iter().filter(|output| matches!(output, Output::Cancel { .. })).count(), 3);
    world.widen(1, &["coordinator"]);
    assert!(world.ringing.is_empty(), "who is connected is not widened");
}

/// P5: a queue that rings one at a time, and widened to others that do so too, has one phone
/// ringing for each.
#[test]
fn p5_each_queue_rings_by_its_own_strategy() {
    let zlo =
        QueueConfig { name: "q-zlo".into(), ..strategy(Strategy::Linear, &["zlo-1", "zlo-2"]) };
    let more =
        QueueConfig { name: "q-zlo-oa".into(), ..strategy(Strategy::Linear, &["zlo-1", "oa"]) };
    let mut world = World::new(vec![zlo, more], &["zlo-1", "zlo-2", "oa"]);
    world.enter(1, &["q-zlo"]);
    assert_eq!(world.ringing_for(1), ["zlo-1"]);
    world.widen(1, &["q-zlo-oa"]);
    assert_eq!(world.ringing_for(1), ["zlo-1", "oa"]);
}

#[test]
fn ring_all_is_for_the_first_caller_and_then_for_the_next() {
    let mut world =
        World::new(vec![strategy(Strategy::RingAll, &["a", "b", "c"])], &["a", "b", "c"]);
    world.agent("c", FloorAction::Pause(None));
    world.enter(1, &["q"]);
    world.enter(2, &["q"]);
    world.agent("c", FloorAction::Ready);
    assert_eq!(world.ringing_for(1), ["a", "b", "c"], "who becomes free rings too");
    world.answer("b");
    assert_eq!(world.ringing_for(2), ["a", "c"], "their phones ring on");
    assert!(world.cancelled.is_empty());
}

#[test]
fn longest_idle_since_the_last_conversation() {
    let mut world =
        World::new(vec![strategy(Strategy::LongestIdle, &["a", "b", "c"])], &["a", "b", "c"]);
    for (caller, agent) in [(1, "a"), (2, "b"), (3, "c")] {
        world.enter(caller, &["q"]);
        assert_eq!(world.ringing_for(caller), [agent]);
        world.answer(agent);
    }
    for caller in [2, 3, 1] {
        world.pass(seconds(1));
        world.end(caller);
    }
    world.enter(4, &["q"]);
    assert_eq!(world.ringing_for(4), ["b"]);
}

#[test]
fn round_robin_goes_on_after_who_rang_last() {
    let mut world =
        World::new(vec![strategy(Strategy::RoundRobin, &["a", "b", "c"])], &["a", "b", "c"]);
    for (caller, agent) in [(1, "a"), (2, "b"), (3, "c"), (4, "a")] {
        world.enter(caller, &["q"]);
        assert_eq!(world.ringing_for(caller), [agent]);
        world.answer(agent);
        world.end(caller);
    }
}

#[test]
fn linear_takes_the_first_in_order() {
    let mut world = World::new(vec![strategy(Strategy::Linear, &["a", "b"])], &["b", "a"]);
    for caller in 1..4 {
        world.enter(caller, &["q"]);
        assert_eq!(world.ringing_for(caller), ["a"]);
        world.answer("a");
        world.end(caller);
    }
}

#[test]
fn two_callers_and_one_agent_in_order() {
    let mut world = World::new(vec![queue("q", &["a"])], &["a"]);
    world.enter(1, &["q"]);
    world.pass(seconds(1));
    world.enter(2, &["q"]);
    world.pass(seconds(1));
    world.enter(3, &["q"]);
    assert_eq!(
        [1, 2, 3].map(|caller| world.floor.position(entry(caller))),
        [Some(1), Some(2), Some(3)]
    );
    world.answer("a");
    assert_eq!(world.floor.position(entry(1)), None);
    assert_eq!(world.floor.position(entry(3)), Some(2));
    world.end(1);
    assert_eq!(world.ringing_for(2), ["a"]);
    assert!(world.ringing_for(3).is_empty());
}

/// R5: the urgent line goes ahead of everyone; and who waited elsewhere keeps that time.
#[test]
fn r5_higher_priority_first_then_who_has_waited_longest() {
    let mut world = World::new(vec![queue("q", &["a"])], &["a"]);
    world.agent("a", FloorAction::Pause(None));
    world.pass(seconds(100));
    world.enter(1, &["q"]);
    world.enter_with(2, &["q"], 0, seconds(500));
    world.enter_with(3, &["q"], 9, Duration::ZERO);
    assert_eq!(
        [3, 2, 1].map(|caller| world.floor.position(entry(caller))),
        [Some(1), Some(2), Some(3)]
    );
    assert_eq!(world.floor.queue("q", world.now).unwrap().longest_wait, seconds(500));
    world.agent("a", FloorAction::Ready);
    for (caller, next) in [(3, 2), (2, 1)] {
        assert_eq!(world.ringing_for(caller), ["a"]);
        world.answer("a");
        assert!(world.ringing_for(next).is_empty());
        world.end(caller);
    }
    assert_eq!(world.ringing_for(1), ["a"]);
}

#[test]
fn an_agent_of_several_queues_takes_who_has_waited_longest_in_any() {
    let mut world = World::new(vec![queue("q1", &["a"]), queue("q2", &["a"])], &["a"]);
    world.agent("a", FloorAction::Pause(None));
    world.enter(1, &["q2"]);
    world.pass(seconds(1));
    world.enter(2, &["q1"]);
    world.agent("a", FloorAction::Ready);
    assert_eq!(world.ringing_for(1), ["a"]);
}

/// V5: a cap on waiting callers, with an overflow of its own.
#[test]
fn v5_one_more_than_the_cap_is_turned_away() {
    let capped = QueueConfig { cap: Some(2), ..queue("q", &["a"]) };
    let mut world = World::new(vec![capped, queue("q2", &["a"])], &["a"]);
    world.enter(1, &["q"]);
    world.answer("a");
    world.enter(2, &["q"]);
    world.enter(3, &["q"]);
    assert_eq!(world.enter(4, &["q"]), [Output::Left { entry: entry(4), why: Left::Full }]);
    assert!(world.enter(5, &["q", "q2"]).is_empty(), "there is room in one of the two");
    world.input(Input::Leave { entry: entry(2), hung_up: false }).unwrap();
    world.input(Input::Leave { entry: entry(5), hung_up: false }).unwrap();
    assert!(world.enter(6, &["q"]).is_empty(), "somebody left");
}

#[test]
fn v5_a_cap_of_none_waiting_still_lets_a_caller_to_a_free_agent() {
    let mut world = World::new(vec![QueueConfig { cap: Some(0), ..queue("q", &["a"]) }], &["a"]);
    world.enter(1, &["q"]);
    assert_eq!(world.ringing_for(1), ["a"]);
    world.enter(2, &["q"]);
    assert_eq!(world.left[&entry(2)], Left::Full);
}

/// V4: open, but nobody is logged in.
#[test]
fn v4_nobody_logged_in() {
    let mut world = World::new(vec![queue("q", &["a", "b"])], &["a", "b"]);
    world.agent("b", FloorAction::LogOut);
    world.enter(1, &["q"]);
    world.enter(2, &["q"]);
    let out = world.agent("a", FloorAction::LogOut);
    assert!(matches!(out[0], Output::Cancel { .. }), "the phone stops first");
    assert_eq!(out.len(), 3);
    assert_eq!(world.left[&entry(2)], Left::NobodyLoggedIn);
    world.enter(3, &["q"]);
    world.enter(4, &["a"]);
    assert_eq!(
        (world.left[&entry(3)], world.left[&entry(4)]),
        (Left::NobodyLoggedIn, Left::NobodyLoggedIn)
    );
}

#[test]
fn a_queue_may_let_callers_wait_until_somebody_logs_in() {
    let patient = QueueConfig { leave_when_empty: false, ..queue("q", &["a"]) };
    let mut world = World::new(vec![patient], &["a"]);
    world.agent("a", FloorAction::LogOut);
    world.enter(1, &["q"]);
    world.agent("a", FloorAction::LogIn);
    assert_eq!(world.ringing_for(1), ["a"]);
    world.agent("a", FloorAction::LogOut);
    assert!(world.left.is_empty());
}

#[test]
fn nobody_reachable_when_each_agent_was_tried_in_vain() {
    for how in [Strategy::RingAll, Strategy::Linear, Strategy::RoundRobin, Strategy::LongestIdle] {
        let mut world = World::new(
            vec![QueueConfig { retry_after: seconds(1), ..strategy(how, &["a", "b"]) }],
            &["a", "b"],
        );
        for caller in 1..4 {
            world.enter(caller, &["q"]);
            world.refuse("a", Unanswered::Unreachable);
            assert!(world.left.is_empty(), "{how:?}: b is still to be tried");
            world.pass(seconds(3));
            world.refuse("b", Unanswered::Unreachable);
            assert_eq!(world.left.remove(&entry(caller)), Some(Left::NobodyReachable), "{how:?}");
            world.quiet();
            world.pass(seconds(1));
        }
    }
}

#[test]
fn a_phone_that_rang_in_vain_can_be_reached() {
    let mut world = World::new(vec![strategy(Strategy::Linear, &["a", "b"])], &["a", "b"]);
    world.enter(1, &["q"]);
    world.refuse("a", Unanswered::NoAnswer);
    world.refuse("b", Unanswered::Unreachable);
    world.pass(seconds(5));
    assert_eq!(world.ringing_for(1), ["a"]);
    world.refuse("a", Unanswered::Unreachable);
    assert_eq!(world.left[&entry(1)], Left::NobodyReachable);
}

#[test]
fn k6_an_old_place_is_kept_in_a_queue_that_is_full() {
    let full = QueueConfig { cap: Some(1), ..queue("q", &["a"]) };
    let mut world = World::new(vec![full], &["a"]);
    world.enter(1, &["q"]);
    let enter = |number, placed| Input::Enter {
        entry: entry(number),
        ask: ask(&["q"]),
        priority: 0,
        waited: Duration::from_secs(9),
        placed,
    };
    let why = strowger_model::event::Left::Full;
    assert_eq!(world.input(enter(2, false)), Ok(vec![Output::Left { entry: entry(2), why }]));
    world.input(enter(3, true)).unwrap();
    assert_eq!(world.floor.position(entry(3)), Some(1), "and goes first");
}

#[test]
fn refused_inputs_change_nothing() {
    let mut world = World::new(vec![queue("q", &["a"])], &["a"]);
    let enter = |number, names: &[&str]| Input::Enter {
        entry: entry(number),
        ask: ask(names),
        priority: 0,
        waited: Duration::ZERO,
        placed: false,
    };
    world.enter(1, &["q"]);
    assert_eq!(world.input(enter(1, &["q"])), Err(RefusedInput::DuplicateEntry(entry(1))));
    assert_eq!(world.input(enter(2, &[])), Err(RefusedInput::NothingAsked(entry(2))));
    assert_eq!(world.input(enter(2, &["q", "q9"])), Err(RefusedInput::UnknownQueue("q9".into())));
    assert_eq!(
        world.input(Input::Widen { entry: entry(1), ask: ask(&["zed"]) }),
        Err(RefusedInput::UnknownAgent("zed".into()))
    );
    assert_eq!(
        world.input(Input::Leave { entry: entry(2), hung_up: false }),
        Err(RefusedInput::UnknownEntry(entry(2)))
    );
    assert_eq!(
        world.input(Input::Ended { entry: entry(1) }),
        Err(RefusedInput::NotConnected(entry(1)))
    );
    assert_eq!(world.floor.queue("q9", world.now), None);
    assert_eq!(world.floor.agent("zed"), None);
    assert_eq!(world.floor.position(entry(2)), None);
    assert_eq!(world.ringing_for(1), ["a"]);
}

//! Phones that ring are passed on from call to call.

use super::{
    properties::enter,
    shared::elsewhere,
    stories::{dialled, outcomes},
    world::World,
};
use std::time::Duration;
use strowger_call_port::{Input, offered_leg};
use strowger_model::{
    Command, LegName, OrderId, Outcome, command::Asked, event::Cause, read::AgentStatus,
};
use strowger_pbx::port::{Ended, LegId, LegState, PbxCommand, PbxEvent};
use strowger_routing::{Doing, EntryId, Input as FloorInput, Output, Restored};

fn enters(entry: EntryId) -> FloorInput {
    let ask = vec![Asked::Queue("desk".into())];
    FloorInput::Enter { entry, ask, priority: 0, waited: Duration::from_secs(60), placed: false }
}

fn leaves(entry: EntryId) -> FloorInput {
    FloorInput::Leave { entry, hung_up: true }
}

/// Two others wait, for whom the phones of an and bo ring; then the caller does.
fn behind_two(whisper: bool) -> World {
    let mut world =
        World::new(vec![vec![Command::Answer], vec![enter(true, "agent".into(), whisper)]]);
    world.on_floor(enters(elsewhere(1)));
    world.on_floor(enters(elsewhere(2)));
    world.settle();
    assert_eq!(outcomes(&world, 2), [Outcome::Queued { position: 3 }]);
    world
}

/// The phone that the floor has passed on, at the PBX as the other call has left it.
fn phone_of(world: &mut World, number: u32, state: LegState) -> LegId {
    let rings = |output: &Output| match output {
        Output::Ring { entry, attempt, .. } if *entry == elsewhere(number) => Some(*attempt),
        _ => None,
    };
    let attempt = world.shared.others.iter().find_map(rings).unwrap();
    let leg = offered_leg(elsewhere(number), attempt);
    world.pbx.dialled(leg.clone(), state);
    leg
}

/// The flow waits no more.
fn cancel(world: &mut World) {
    world.shared.plan.push_back(vec![Command::Cancel { order: OrderId(2) }]);
    world.input(Input::ShuttingDown(Duration::ZERO));
}

#[test]
fn a_phone_of_another_call_rings_on_for_the_caller() {
    let mut world = behind_two(false);
    let phone = phone_of(&mut world, 1, LegState::Ringing);
    world.on_floor(leaves(elsewhere(1)));
    let shows = PbxCommand::Show {
        leg: phone.clone(),
        caller_id: Some("+32470000001".to_owned()),
        display_name: None,
    };
    assert_eq!(world.pbx.queue, [shows], "it is not dialled anew");
    world.settle();
    // As the other call knew of it.
    world.hear(vec![PbxEvent::Ringing { leg: phone.clone() }]);
    assert!(matches!(outcomes(&world, 2)[..], [_, Outcome::Offered { .. }]));
    let events = world.pbx.answer(&phone);
    world.hear(events);
    world.settle();
    world.let_last();
    assert!(matches!(outcomes(&world, 2)[..], [.., Outcome::Connected { .. }]));
    assert_eq!(world.pbx.legs[&phone].place, LegId::from("caller-leg"));
}

/// Its answer was heard by the other call, which told the floor.
#[test]
fn the_answer_comes_before_the_phone() {
    let mut world = behind_two(true);
    let phone = phone_of(&mut world, 1, LegState::Up);
    let attempt = world.shared.others.iter().find_map(|output| match output {
        Output::Ring { entry, attempt, .. } if *entry == elsewhere(1) => Some(*attempt),
        _ => None,
    });
    world.on_floor(leaves(elsewhere(1)));
    world.on_floor(FloorInput::Answered { attempt: attempt.unwrap() });
    world.hear(vec![PbxEvent::Answered { leg: phone.clone() }]);
    world.settle();
    assert_eq!(world.pbx.plays.values().next(), Some(&phone), "the agent hears the whisper");
    let events = world.pbx.play_ends();
    world.hear(events);
    world.settle();
    world.let_last();
    assert!(matches!(outcomes(&world, 2)[..], [.., Outcome::Connected { .. }]));
}

/// What the floor said is out of date when the call hears it.
#[test]
fn a_phone_that_comes_late_rings_no_more() {
    let mut world = behind_two(false);
    let phone = phone_of(&mut world, 1, LegState::Ringing);
    let outputs = world.floor_alone(leaves(elsewhere(1)));
    assert!(matches!(outputs[..], [Output::RingsOn { .. }]), "{outputs:?}");
    // The flow takes its order back before that is heard, and nobody else waits.
    cancel(&mut world);
    outputs.into_iter().for_each(|output| world.input(Input::Floor(output)));
    let hang_up = PbxCommand::hang_up(phone, Cause::Normal);
    assert_eq!(world.pbx.queue.back(), Some(&hang_up));
    world.settle();
    assert_eq!(world.agent("an"), Some(AgentStatus::Free));
}

#[test]
fn a_phone_that_was_passed_on_twice_is_not_touched() {
    let mut world = behind_two(false);
    let phone = phone_of(&mut world, 1, LegState::Ringing);
    world.on_floor(enters_last(elsewhere(3)));
    let outputs = world.floor_alone(leaves(elsewhere(1)));
    cancel(&mut world);
    outputs.into_iter().for_each(|output| world.input(Input::Floor(output)));
    assert!(!world.pbx.queue.iter().any(|command| command.leg() == Some(&phone)));
    assert!(world.shared.mail.is_empty() && !world.call.has_leg(&phone));
    assert_eq!(world.call.legs.ids(), ["caller-leg".into()]);
}

/// The other call has hung it up by then: its end is told there.
#[test]
fn a_phone_that_was_passed_on_twice_and_is_over_is_not_touched() {
    let mut world = behind_two(false);
    let phone = phone_of(&mut world, 1, LegState::Ringing);
    world.on_floor(enters_last(elsewhere(3)));
    let outputs = world.floor_alone(leaves(elsewhere(1)));
    cancel(&mut world);
    world.on_floor(leaves(elsewhere(3)));
    outputs.into_iter().for_each(|output| world.input(Input::Floor(output)));
    assert!(!world.pbx.queue.iter().any(|command| command.leg() == Some(&phone)));
    assert_eq!(world.call.legs.ids(), ["caller-leg".into()]);
}

fn enters_last(entry: EntryId) -> FloorInput {
    FloorInput::Enter {
        entry,
        ask: vec![Asked::Queue("desk".into())],
        priority: 0,
        waited: Duration::ZERO,
        placed: false,
    }
}

/// The caller waits; an's phone rings. Another waits behind.
fn before_one() -> (World, LegId) {
    let mut world =
        World::new(vec![vec![Command::Answer], vec![enter(true, LegName::new("agent"), false)]]);
    world.settle();
    let phone = dialled(&world);
    let bo = elsewhere(1);
    world.on_floor(FloorInput::Engage { entry: bo, agent: "bo".into() });
    world.on_floor(enters_last(elsewhere(2)));
    (world, phone)
}

#[test]
fn the_phone_of_a_caller_who_hangs_up_is_the_next_callers() {
    let (mut world, phone) = before_one();
    let events = world.pbx.ring(&phone);
    world.hear(events);
    let events = world.pbx.end(&"caller-leg".into(), Cause::Normal, false);
    world.hear(events);
    assert_eq!(world.pbx.queue, [], "it is not hung up");
    assert_eq!(world.shared.mail, [PbxEvent::Ringing { leg: phone }]);
    assert!(world.shared.over);
    let passed = world.shared.others.last();
    assert!(
        matches!(passed, Some(Output::RingsOn { entry, .. }) if *entry == elsewhere(2)),
        "{passed:?}"
    );
}

/// The phone is quiet before its call hears that it rings for another: that one is told.
#[test]
fn a_phone_that_ended_as_it_was_passed_on() {
    let (mut world, phone) = before_one();
    let attempt = world.attempt();
    let mut outputs = world.floor_alone(FloorInput::Agent {
        agent: "an".into(),
        action: strowger_routing::FloorAction::LogOut,
    });
    assert!(matches!(outputs[..], [Output::Cancel { .. }]), "{outputs:?}");
    outputs.clear();
    let events = world.pbx.end(&phone, Cause::Busy, false);
    world.hear(events);
    world.input(Input::Floor(Output::Passed {
        entry: EntryId { call: world.call.id(), order: OrderId(2) },
        attempt,
        first: EntryId { call: world.call.id(), order: OrderId(2) },
    }));
    let told: Vec<_> = world.shared.mail.iter().filter_map(PbxEvent::leg).collect();
    assert_eq!(told, [&phone]);
}

/// The flow waits no more as soon as it is told that the host is there again, and the call has not
/// looked yet whether the phone is.
#[test]
fn a_phone_that_ended_while_the_host_was_away_is_not_passed_on_as_one_that_rings() {
    let (mut world, phone) = before_one();
    let events = world.pbx.ring(&phone);
    world.hear(events);
    drop(world.pbx.end(&phone, Cause::Busy, false));
    world.shared.plan.push_back(vec![Command::Cancel { order: OrderId(2) }]);
    let since = world.shared.now;
    let other =
        |number, ask, now| Restored { entry: elsewhere(number), ask, priority: 0, since, now };
    let engaged = other(1, Vec::new(), Doing::Engaging { agent: "bo".into() });
    let waits = Doing::Waiting { ringing: Vec::new() };
    let waits = other(2, vec![Asked::Queue("desk".into())], waits);
    world.restart_beside(0, vec![engaged, waits]);
    let passed = world.shared.others.last();
    assert!(
        matches!(passed, Some(Output::RingsOn { entry, .. }) if *entry == elsewhere(2)),
        "{passed:?}"
    );
    let ended = Ended { leg: phone, cause: Cause::Normal, left: false };
    assert_eq!(world.shared.mail, [PbxEvent::Ended(Box::new(ended))]);
}

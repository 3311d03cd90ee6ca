//! Places that are kept for those who are to be called back.

use super::{
    properties::enter,
    shared::elsewhere,
    stories::{dial, dialled, outcomes},
    world::World,
};
use std::time::Duration;
use strowger_call_port::{Input, KeptPlace};
use strowger_model::{
    Command, LegName, OrderId, Outcome, Timestamp,
    command::{Asked, EnterQueue},
    event::{Cause, Left, RefusalReason, Unanswered},
    read::AgentStatus,
};
use strowger_pbx::port::{LegId, PbxCommand, PbxEvent};
use strowger_routing::{EntryId, Input as FloorInput};

/// A place for whoever has that number; its agent has a leg of this name.
fn call_back(number: &str, agent_leg: &str, rests: bool) -> Command {
    Command::EnterQueue(Box::new(EnterQueue {
        ask: vec![Asked::Queue("desk".into())],
        priority: 0,
        waited_since: None,
        with_caller: false,
        agent_leg: agent_leg.into(),
        whisper: Vec::new(),
        display_name: None,
        report_offers: false,
        calls_back: Some(number.parse().unwrap()),
        rests,
    }))
}

const CALLER: &str = "+32470000001";

fn caller_leg() -> LegId {
    "caller-leg".into()
}

/// The flow orders this now.
fn orders(world: &mut World, commands: Vec<Command>) {
    world.shared.plan = vec![commands].into();
    world.input(Input::ShuttingDown(Duration::ZERO));
    world.settle();
}

/// Both agents are engaged, and the caller waits (order 2).
fn waits() -> World {
    let mut world = World::new(vec![vec![Command::Answer]]);
    for (number, agent) in [(8, "an"), (9, "bo")] {
        world.on_floor(FloorInput::Engage { entry: elsewhere(number), agent: agent.into() });
    }
    world.settle();
    orders(&mut world, vec![enter(true, "agent".into(), false)]);
    assert_eq!(outcomes(&world, 2), [Outcome::Queued { position: 1 }]);
    world
}

/// The caller has hung up, and the place is kept (order 3; the next is 5).
fn keeps() -> World {
    let mut world = waits();
    world.pass(Duration::from_secs(60));
    orders(&mut world, vec![call_back(CALLER, "back", false)]);
    assert_eq!(outcomes(&world, 3), [Outcome::Queued { position: 2 }]);
    orders(&mut world, vec![Command::Cancel { order: OrderId(2) }]);
    let events = world.pbx.end(&caller_leg(), Cause::Normal, false);
    world.hear(events);
    assert!(!world.shared.over, "a place is kept");
    world
}

fn place(world: &World, order: u32) -> Option<&KeptPlace> {
    world.shared.places.get(&EntryId { call: world.call.id(), order: OrderId(order) })
}

/// An has time, is rung and answers.
fn agent_answers(world: &mut World) -> LegId {
    world.on_floor(FloorInput::Ended { entry: elsewhere(8) });
    world.settle();
    let phone = dialled(world);
    let events = world.pbx.answer(&phone);
    world.hear(events);
    world.settle();
    phone
}

#[test]
fn who_hung_up_keeps_the_place_and_is_called_back() {
    let mut world = keeps();
    let kept = place(&world, 3).expect("the place is known");
    assert_eq!((kept.number.as_str(), kept.queues.len()), (CALLER, 1));
    world.pass(Duration::from_secs(30));
    let agent = agent_answers(&mut world);
    assert!(matches!(outcomes(&world, 3)[..], [_, Outcome::Connected { .. }]));
    assert_eq!(place(&world, 3), None, "nobody else can have it any more");
    assert_eq!((world.call.record().connected, &world.call.record().agent), (None, &None));

    orders(&mut world, vec![dial("caller", true)]);
    let back = world.pbx.legs.keys().find(|leg| **leg != agent).unwrap().clone();
    let events = world.pbx.answer(&back);
    world.hear(events);
    world.settle();
    assert_eq!(outcomes(&world, 5), [], "perhaps a voice mail");
    world.hear(vec![PbxEvent::Digit { leg: back.clone(), digit: '1' }]);
    assert!(matches!(outcomes(&world, 5)[..], [Outcome::LegAnswered(_)]));
    let both = vec![LegName::caller(), "back".into()];
    orders(&mut world, vec![Command::Connect { legs: both }]);
    assert_eq!(world.pbx.legs[&agent].place, world.pbx.legs[&back].place);
    let record = world.call.record();
    assert_eq!(record.agent, Some("an".into()));
    assert!(record.connected.is_some());
    assert_eq!(record.waited, Duration::from_secs(90), "the wait goes on when the caller is gone");
    world.pass(Duration::from_secs(20));
    let events = world.pbx.end(&back, Cause::Normal, false);
    world.hear(events);
    let talked: Vec<Duration> = world.call.record().talks.iter().map(|talk| talk.talked).collect();
    assert_eq!(talked, [Duration::from_secs(20)]);
}

#[test]
fn a_number_that_may_not_be_dialled_costs_nobody_the_place() {
    let mut world = waits();
    orders(&mut world, vec![call_back("+31101234567", "back", false)]);
    let refused = outcomes(&world, 3);
    assert!(
        matches!(&refused[..], [Outcome::Refused(why)] if why.reason == RefusalReason::NotPermitted),
        "{refused:?}"
    );
    assert!(world.shared.places.is_empty());
    agent_answers(&mut world);
    world.let_last();
    assert!(matches!(outcomes(&world, 2)[..], [_, Outcome::Connected { .. }]));
}

#[test]
fn a_voice_mail_is_not_the_caller() {
    let mut world = keeps();
    let agent = agent_answers(&mut world);
    orders(&mut world, vec![dial("caller", true)]);
    let back = world.pbx.legs.keys().find(|leg| **leg != agent).unwrap().clone();
    let events = world.pbx.answer(&back);
    world.hear(events);
    // The flow fails: nobody knows yet who has answered.
    world.input(Input::GiveUp("test".to_owned()));
    let sent = |command: &PbxCommand| matches!(command, PbxCommand::Transfer { .. });
    assert!(!world.pbx.queue.iter().any(sent), "a voice mail goes to no fallback");

    let mut world = keeps();
    let agent = agent_answers(&mut world);
    orders(&mut world, vec![dial("caller", true)]);
    let back = world.pbx.legs.keys().find(|leg| **leg != agent).unwrap().clone();
    let events = world.pbx.answer(&back);
    world.hear(events);
    world.pass(Duration::from_secs(10));
    assert_eq!(outcomes(&world, 5), [Outcome::Unanswered(Unanswered::NoAnswer)]);
}

#[test]
fn a_second_caller_is_refused_while_the_first_is_there() {
    let mut world = waits();
    orders(&mut world, vec![dial("caller", false)]);
    assert!(
        matches!(&outcomes(&world, 3)[..], [Outcome::Refused(why)] if why.reason == RefusalReason::WrongState)
    );
}

#[test]
fn who_calls_again_has_the_place() {
    let mut world = keeps();
    world.shared.places.clear();
    world.input(Input::PlaceTaken);
    assert!(matches!(outcomes(&world, 3)[..], [_, Outcome::Left(Left::CallerGone)]));
    assert!(world.shared.over, "nobody waits here any more");
    world.on_floor(FloorInput::Ended { entry: elsewhere(8) });
    assert_eq!(world.agent("an"), Some(AgentStatus::Free));
}

/// The agent answers when the other call has the place already, and this one has not heard of it.
#[test]
fn of_two_takers_one_has_the_place() {
    let mut world = keeps();
    world.shared.places.clear();
    agent_answers(&mut world);
    assert_eq!(outcomes(&world, 3), [Outcome::Queued { position: 2 }], "no agent");
    world.input(Input::PlaceTaken);
    world.settle();
    assert!(matches!(outcomes(&world, 3)[..], [_, Outcome::Left(Left::CallerGone)]));
    assert!(world.shared.over);
    assert_eq!(world.agent("an"), Some(AgentStatus::Free));
}

#[test]
fn a_place_is_taken_once_and_the_image_says_so() {
    let mut world = waits();
    let other = elsewhere(1);
    let kept = KeptPlace {
        entry: other,
        number: CALLER.parse().unwrap(),
        flow: "flow".into(),
        waited_since: Timestamp(1),
        queues: vec!["desk".into()],
    };
    world.shared.places.insert(other, kept);
    let take = || Command::TakePlace { of: other.call };
    orders(&mut world, vec![take(), take()]);
    assert_eq!(outcomes(&world, 3), [Outcome::Done]);
    assert!(
        matches!(&outcomes(&world, 4)[..], [Outcome::Refused(why)] if why.reason == RefusalReason::UnknownName)
    );
    world.restart(0);
    let image = world.call.image(world.shared.now());
    assert_eq!(*image.taken, [(other.call, other.order)]);
}

#[test]
fn a_place_that_rests_is_kept_and_rings_nobody() {
    let mut world = keeps();
    orders(
        &mut world,
        vec![call_back(CALLER, "rest", true), Command::Cancel { order: OrderId(3) }],
    );
    assert!(place(&world, 3).is_none() && place(&world, 5).is_some());
    world.on_floor(FloorInput::Ended { entry: elsewhere(8) });
    world.restart(0);
    assert_eq!(world.agent("an"), Some(AgentStatus::Free));
    let now = strowger_call_port::Now {
        wall: Timestamp(world.shared.now.as_millis() as u64),
        elapsed: world.shared.now,
    };
    assert_eq!(world.call.kept_places(now).len(), 1);
    world.pass(Duration::from_secs(30));
    let waited = world.call.record().waited;
    orders(
        &mut world,
        vec![call_back(CALLER, "back", false), Command::Cancel { order: OrderId(5) }],
    );
    assert!(world.call.record().waited > waited, "it counts as a wait");
    assert_eq!(world.agent("an"), Some(AgentStatus::Ringing));
}

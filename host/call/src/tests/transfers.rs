//! The transfer key of a phone, and legs that go to another call.

use super::{
    stories::{dialled, keep_waiting, outcomes, talking},
    world::World,
};
use std::time::Duration;
use strowger_call_port::{Input, Takeover};
use strowger_model::{
    Command, Event, LegName, Outcome,
    command::{Asked, EnterQueue, Target},
    event::Cause,
};
use strowger_pbx::port::{Address, Announced, LegId, PbxCommand, PbxEvent, TransferAsked};

const CALLER: &str = "caller-leg";

fn ask(leg: &LegId, to: &str, announced: Option<Announced>) -> PbxEvent {
    let to = to.to_owned();
    PbxEvent::TransferAsked(Box::new(TransferAsked { leg: leg.clone(), to, announced }))
}

fn number(number: &str) -> Target {
    Target::Number(number.parse().unwrap())
}

fn settle(to: Option<&str>) -> Command {
    Command::SettleTransfer { leg: "bob".into(), to: to.map(number) }
}

/// The phone of bob, who talks with the caller, asks; what the PBX is told because of it.
fn asked(world: &mut World, bob: &LegId, to: &str, announced: Option<Announced>) -> Vec<String> {
    world.shared.told.clear();
    world.hear(vec![ask(bob, to, announced)]);
    world.pbx.queue.iter().map(|command| format!("{command:?}")).collect()
}

fn refused(bob: &LegId) -> String {
    format!("{:?}", PbxCommand::RefuseTransfer { leg: bob.clone() })
}

/// Somebody is dialled because bob's phone asked.
fn replacing(order: Vec<Command>) -> (World, LegId, LegId) {
    let (mut world, bob) = talking(Vec::new());
    world.shared.plan = vec![order].into();
    let commands = asked(&mut world, &bob, "+3227138701", None);
    assert!(matches!(&commands[..], [dial] if dial.starts_with("Dial")), "{commands:?}");
    world.settle();
    let leg = world.pbx.legs.keys().find(|leg| leg.0.contains("-t")).unwrap().clone();
    (world, bob, leg)
}

/// Those in one conversation with the caller.
fn with_caller(world: &World) -> Vec<LegId> {
    let place = &world.pbx.legs[&LegId::from(CALLER)].place;
    let others = world.pbx.legs.iter().filter(|(leg, _)| &*leg.0 != CALLER);
    others.filter(|(_, far)| far.place == *place).map(|(leg, _)| leg.clone()).collect()
}

fn hung_up(world: &World) -> Vec<LegName> {
    let of = |event: &Event| match event {
        Event::HungUp { leg, .. } => Some(leg.clone()),
        _ => None,
    };
    world.shared.told.iter().filter_map(of).collect()
}

#[test]
fn whom_a_phone_asks_for_takes_its_place_and_its_name() {
    for restarts in [false, true] {
        let (mut world, bob, leg) = replacing(Vec::new());
        let target = "+3227138701".to_owned();
        assert_eq!(world.shared.told, [Event::TransferAsked { leg: "bob".into(), target }]);
        assert_eq!(
            with_caller(&world),
            std::slice::from_ref(&bob),
            "until then the phone has the caller"
        );
        if restarts {
            world.restart(0);
        }
        let events = world.pbx.answer(&leg);
        world.hear(events);
        world.settle();
        assert_eq!(with_caller(&world), std::slice::from_ref(&leg));
        assert!(!world.pbx.legs.contains_key(&bob), "the phone was told and hung up");
        assert_eq!(hung_up(&world), [], "the flow still has its leg");
        let events = world.pbx.end(&leg, Cause::Normal, false);
        world.hear(events);
        assert_eq!(hung_up(&world), ["bob".into()]);
    }
}

#[test]
fn who_may_not_be_dialled_is_not() {
    let (mut world, bob) = talking(Vec::new());
    for to in ["0900", "+31201234567", "own-route", "", "sip:a@b", "+", "+32x"] {
        assert_eq!(asked(&mut world, &bob, to, None), [refused(&bob)], "{to:?}");
        world.settle();
    }
    // One of the PBX's own that the phone has reached by itself is no way around it.
    let call = Some(Announced::Call("PJSIP/gate-1".to_owned()));
    assert_eq!(asked(&mut world, &bob, "0900", call), [refused(&bob)]);
    // And the caller's phone transfers nobody.
    world.settle();
    let caller = LegId::from(CALLER);
    assert_eq!(asked(&mut world, &caller, "+3227138701", None), [refused(&caller)]);
    assert_eq!(with_caller(&world), [bob]);
}

#[test]
fn a_phone_keeps_the_caller_when_nobody_answers() {
    let (mut world, bob, leg) = replacing(Vec::new());
    let events = world.pbx.end(&leg, Cause::Busy, false);
    world.hear(events);
    assert_eq!(world.pbx.queue, [PbxCommand::RefuseTransfer { leg: bob.clone() }]);
    world.settle();
    let (mut world, bob, leg) = replacing(Vec::new());
    let events = world.pbx.ring(&leg);
    world.hear(events);
    world.pass(Duration::from_secs(29));
    assert!(world.pbx.queue.is_empty());
    world.pass(Duration::from_secs(2));
    world.settle();
    assert_eq!(with_caller(&world), [bob]);
    assert!(!world.pbx.legs.contains_key(&leg));
    assert_eq!(hung_up(&world), []);
}

#[test]
fn a_phone_that_hangs_up_first_leaves_music_and_its_place() {
    for restarts in [false, true] {
        let (mut world, bob, leg) = replacing(Vec::new());
        let events = world.pbx.end(&bob, Cause::Normal, false);
        world.hear(events);
        world.settle();
        assert_eq!(hung_up(&world), [], "somebody may still come");
        assert!(world.pbx.legs[&LegId::from(CALLER)].music.is_some());
        if restarts {
            world.restart(0);
        }
        let events = world.pbx.answer(&leg);
        world.hear(events);
        world.settle();
        assert_eq!(with_caller(&world), [leg]);
        assert_eq!(world.pbx.legs[&LegId::from(CALLER)].music, None);
        assert_eq!(hung_up(&world), []);
    }
    let (mut world, bob, leg) = replacing(Vec::new());
    for leg in [bob, leg] {
        let events = world.pbx.end(&leg, Cause::Normal, false);
        world.hear(events);
    }
    world.settle();
    assert_eq!(hung_up(&world), ["bob".into()], "nobody came");
    assert_eq!(world.pbx.legs[&LegId::from(CALLER)].music, None);
}

/// The flow has finished, the phone has gone, and whom it asked for is busy: the caller did not want
/// to hang up.
#[test]
fn a_caller_whom_nobody_has_any_more_takes_the_fallback() {
    let (mut world, bob) = talking(vec![finish()]);
    let commands = asked(&mut world, &bob, "+3227138701", None);
    assert!(matches!(&commands[..], [dial] if dial.starts_with("Dial")), "{commands:?}");
    world.settle();
    let leg = world.pbx.legs.keys().find(|leg| leg.0.contains("-t")).unwrap().clone();
    for (leg, cause) in [(bob, Cause::Normal), (leg, Cause::Busy)] {
        world.settle();
        let events = world.pbx.end(&leg, cause, false);
        world.hear(events);
    }
    let away = PbxCommand::Transfer { leg: CALLER.into(), to: None };
    assert!(world.pbx.queue.contains(&away), "{:?}", world.pbx.queue);
}

fn finish() -> Command {
    Command::Finish { outcome: "over".to_owned() }
}

/// Bob's phone is told that nothing comes of what it asks for, and hangs up so much later; what the
/// caller's leg is told.
fn goes_after(mut world: World, bob: &LegId, announced: bool, later: u64) -> Vec<PbxCommand> {
    let gone = announced.then(|| Announced::Leg("a-call-that-is-over".into()));
    asked(&mut world, bob, "+3227138701", gone);
    world.settle();
    if !announced {
        let leg = world.pbx.legs.keys().find(|leg| leg.0.contains("-t")).unwrap().clone();
        let events = world.pbx.end(&leg, Cause::Busy, false);
        world.hear(events);
        assert_eq!(world.pbx.queue, [PbxCommand::RefuseTransfer { leg: bob.clone() }]);
    }
    world.settle();
    world.pass(Duration::from_millis(500));
    world.pass(Duration::from_millis(later - 500));
    let events = world.pbx.end(bob, Cause::Normal, false);
    world.hear(events);
    let to_caller = |it: &PbxCommand| it.leg().is_some_and(|leg| &*leg.0 == CALLER);
    world.pbx.queue.iter().filter(|it| to_caller(it)).cloned().collect()
}

/// Many phones hang up as soon as their transfer was taken, also when the target is busy (R4).
#[test]
fn a_phone_that_goes_although_nobody_takes_the_caller_has_not_hung_up_on_the_caller() {
    let away = PbxCommand::Transfer { leg: CALLER.into(), to: None };
    let over = PbxCommand::hang_up(CALLER.into(), Cause::Normal);
    for (announced, later, ends) in
        [(false, 1_900, &away), (true, 1_900, &away), (false, 2_100, &over), (true, 2_100, &over)]
    {
        // The flow is over.
        let (world, bob) = talking(vec![finish()]);
        assert_eq!(goes_after(world, &bob, announced, later), std::slice::from_ref(ends));
        // The flow is over when it sees that the phone is gone.
        let (mut world, bob) = talking(Vec::new());
        // It is told that the phone asks, and then that the phone is gone.
        world.shared.plan = vec![Vec::new(), vec![finish()]].into();
        assert_eq!(goes_after(world, &bob, announced, later), std::slice::from_ref(ends));
    }
}

#[test]
fn a_flow_that_goes_on_with_the_caller_ends_as_it_says() {
    let (mut world, bob, leg) = replacing(Vec::new());
    let events = world.pbx.end(&leg, Cause::Busy, false);
    world.hear(events);
    world.settle();
    world.restart(0);
    let events = world.pbx.end(&bob, Cause::Normal, false);
    world.hear(events);
    assert_eq!(hung_up(&world), ["bob".into()]);
    world.shared.plan = vec![vec![finish()]].into();
    world.hear(vec![PbxEvent::Digit { leg: CALLER.into(), digit: '1' }]);
    let over = PbxCommand::hang_up(CALLER.into(), Cause::Normal);
    assert!(world.pbx.queue.contains(&over), "{:?}", world.pbx.queue);
}

#[test]
fn a_flow_settles_it_in_its_own_way() {
    let (mut world, bob, leg) = replacing(vec![settle(Some("+3290000000"))]);
    let order = world.shared.ordered.last().unwrap().id.0;
    let events = world.pbx.answer(&leg);
    world.hear(events);
    assert_eq!(outcomes(&world, order), [Outcome::Transferred]);
    world.settle();
    assert_eq!(with_caller(&world), [leg]);
    assert!(!world.pbx.legs.contains_key(&bob));

    let (mut world, bob) = talking(Vec::new());
    world.shared.plan = vec![vec![settle(None)]].into();
    assert_eq!(asked(&mut world, &bob, "+3227138701", None), [refused(&bob)]);
    world.settle();
    // What the flow may not dial is refused to the flow and to the phone.
    world.shared.plan = vec![vec![settle(Some("+31201234567"))]].into();
    assert_eq!(asked(&mut world, &bob, "1", None), [refused(&bob)]);
    let order = world.shared.ordered.last().unwrap().id.0;
    assert!(matches!(&outcomes(&world, order)[..], [Outcome::Refused(_)]));
    // Later it is too late.
    world.settle();
    world.shared.plan = vec![vec![settle(Some("+3227138701"))]].into();
    world.hear(vec![PbxEvent::Digit { leg: bob, digit: '1' }]);
    let order = world.shared.ordered.last().unwrap().id.0;
    assert!(matches!(&outcomes(&world, order)[..], [Outcome::Refused(_)]));
}

#[test]
fn a_call_of_the_pbx_takes_the_caller() {
    let (mut world, bob) = talking(Vec::new());
    let call = "PJSIP/gate-1".to_owned();
    let announced = Some(Announced::Call(call.clone()));
    asked(&mut world, &bob, "+3227138701", announced);
    let to = Some(Address::Call(call));
    let sent = PbxCommand::Transfer { leg: CALLER.into(), to };
    let over = PbxCommand::hang_up(bob, Cause::Normal);
    assert_eq!(world.pbx.queue, [sent, over]);
}

#[test]
fn a_leg_goes_to_the_other_call_of_the_phone() {
    let (mut world, bob) = talking(Vec::new());
    let gone = Some(Announced::Leg("a-call-that-is-over".into()));
    assert_eq!(asked(&mut world, &bob, "200", gone), [refused(&bob)]);
    world.settle();
    asked(&mut world, &bob, "200", Some(Announced::Leg("other-call".into())));
    assert_eq!(world.pbx.queue, [PbxCommand::hang_up(bob, Cause::Normal)]);
    let went = &world.shared.handed_over[0];
    assert_eq!((&*went.leg.0, went.caller.as_deref()), (CALLER, Some("+32470000001")));
    assert_eq!(hung_up(&world), [LegName::caller()]);
    assert!(!world.call.has_leg(&CALLER.into()));
}

/// A leg that comes from another call.
fn comes(world: &mut World) -> LegId {
    let leg = LegId::from("comes");
    world.pbx.arrive(leg.clone());
    world.pbx.answer(&leg);
    let takeover = Takeover {
        leg: leg.clone(),
        of: CALLER.into(),
        caller: Some("+32499".to_owned()),
        ..Takeover::default()
    };
    world.input(Input::TakeOver(Box::new(takeover)));
    world.settle();
    leg
}

#[test]
fn who_comes_from_another_call_has_the_place_in_line() {
    let enter = Command::EnterQueue(Box::new(EnterQueue {
        ask: vec![Asked::Queue("desk".into())],
        priority: 0,
        waited_since: None,
        with_caller: true,
        agent_leg: "agent".into(),
        whisper: Vec::new(),
        display_name: None,
        report_offers: false,
        calls_back: None,
        rests: false,
    }));
    let mut world =
        World::new(vec![vec![Command::Answer], vec![keep_waiting(LegName::caller()), enter]]);
    world.settle();
    let ringing = dialled(&world);
    let leg = comes(&mut world);
    assert!(!world.pbx.legs.contains_key(&LegId::from(CALLER)));
    assert_eq!(world.pbx.legs[&leg].music.as_deref(), Some("wait"));
    world.restart(0);
    let events = world.pbx.answer(&ringing);
    world.hear(events);
    world.settle();
    assert_eq!(world.pbx.legs[&ringing].place, leg);
    assert_eq!(hung_up(&world), []);
    world.pass(Duration::from_secs(3));
    assert!(matches!(&outcomes(&world, 3)[..], [.., Outcome::Connected { .. }]));
    assert_eq!(world.call.record().caller.as_deref(), Some("+32499"));
}

#[test]
fn who_comes_from_another_call_has_the_place_in_the_conversation() {
    let (mut world, bob) = talking(Vec::new());
    let leg = comes(&mut world);
    assert_eq!(world.pbx.legs[&bob].place, world.pbx.legs[&leg].place);
    let events = world.pbx.end(&leg, Cause::Normal, false);
    world.hear(events);
    assert_eq!(hung_up(&world), [LegName::caller()]);
}

#[test]
fn who_comes_too_late_goes_on_in_the_own_route_of_the_pbx() {
    let (mut world, _) = talking(Vec::new());
    let events = world.pbx.end(&CALLER.into(), Cause::Normal, false);
    world.hear(events);
    world.pbx.queue.clear();
    let leg = LegId::from("comes");
    let takeover = Takeover { leg: leg.clone(), of: CALLER.into(), ..Takeover::default() };
    world.input(Input::TakeOver(Box::new(takeover)));
    assert_eq!(world.pbx.queue, [PbxCommand::Transfer { leg, to: None }]);
}

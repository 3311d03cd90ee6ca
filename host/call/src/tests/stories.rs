//! What was wrong once.

use super::{properties::enter, world::World};
use std::time::Duration;
use strowger_call_port::Input;
use strowger_model::{
    Command, Event, LegName, OrderId, Outcome, Prompt,
    command::{Confirm, Dial, Field, Gather, KeepWaiting, RingLimit, Target},
    event::{Cause, RefusalReason},
};
use strowger_pbx::port::{LegId, PbxCommand, PbxEvent};

fn caller() -> LegName {
    LegName::caller()
}

pub(super) fn dial(leg: &str, confirm: bool) -> Command {
    Command::Dial(Box::new(Dial {
        leg: leg.into(),
        target: Target::Number("+3227138700".parse().unwrap()),
        caller_id: None,
        display_name: None,
        limit: RingLimit::Time(Duration::from_secs(30)),
        set_up_limit: Duration::from_secs(10),
        machine_detection: false,
        keep_place: None,
        confirm: confirm.then(|| Confirm {
            prompts: vec![Prompt::Text { text: "press 1".to_owned(), language: None }],
            key: '1',
            within: Duration::from_secs(10),
        }),
    }))
}

pub(super) fn gather(leg: LegName) -> Command {
    Command::Gather(Gather {
        leg,
        prompts: Vec::new(),
        max_digits: 3,
        terminator: Some('#'),
        first_digit_within: Duration::from_secs(8),
        next_digit_within: Duration::from_secs(3),
        secret: false,
    })
}

pub(super) fn keep_waiting(leg: LegName) -> Command {
    Command::KeepWaiting(KeepWaiting {
        leg,
        music: Some("wait".to_owned()),
        prompts: Vec::new(),
        first_after: Duration::ZERO,
        every: Duration::ZERO,
    })
}

fn watch(leg: &str) -> Command {
    Command::Watch { leg: leg.into(), patterns: vec!["*4N#".to_owned()] }
}

/// The caller talks with bob; what is ordered when they are connected.
pub(super) fn talking(then: Vec<Command>) -> (World, LegId) {
    let mut world = World::new(vec![vec![Command::Answer, dial("bob", false)]]);
    world.settle();
    let bob = dialled(&world);
    let connect = Command::Connect { legs: vec![caller(), "bob".into()] };
    world.shared.plan = vec![vec![connect], then].into();
    let events = world.pbx.answer(&bob);
    world.hear(events);
    world.settle();
    (world, bob)
}

/// Somebody keys; the keys that each leg is sent because of it.
fn keys(world: &mut World, leg: &LegId, keyed: &str) -> Vec<(LegId, String)> {
    for digit in keyed.chars() {
        world.hear(vec![PbxEvent::Digit { leg: leg.clone(), digit }]);
    }
    sent(world)
}

fn sent(world: &mut World) -> Vec<(LegId, String)> {
    let digits = |command| match command {
        PbxCommand::SendDigits { leg, digits } => Some((leg, digits)),
        _ => None,
    };
    world.pbx.queue.drain(..).filter_map(digits).collect()
}

/// The leg that was dialled last.
pub(super) fn dialled(world: &World) -> LegId {
    world.pbx.legs.keys().rfind(|leg| **leg != LegId::from("caller-leg")).unwrap().clone()
}

pub(super) fn outcomes(world: &World, wanted: u32) -> Vec<Outcome> {
    let of_order = |event: &Event| match event {
        Event::Order { id, outcome } if id.0 == wanted => Some(outcome.clone()),
        _ => None,
    };
    world.shared.told.iter().filter_map(of_order).collect()
}

#[test]
fn a_second_answer_has_its_outcome_too() {
    let mut world = World::new(vec![vec![Command::Answer, Command::Answer]]);
    world.settle();
    assert_eq!(outcomes(&world, 1), [Outcome::Answered]);
    assert_eq!(outcomes(&world, 2), [Outcome::Answered]);
}

#[test]
fn a_leg_that_rings_is_not_transferred() {
    let transfer = Command::Transfer { leg: "bob".into(), target: None };
    let mut world = World::new(vec![vec![dial("bob", false)], vec![transfer]]);
    world.settle();
    let bob = dialled(&world);
    let events = world.pbx.ring(&bob);
    world.hear(events);
    let refused = outcomes(&world, 2);
    assert!(
        matches!(&refused[..], [Outcome::Refused(why)] if why.reason == RefusalReason::WrongState),
        "{refused:?}"
    );
    let events = world.pbx.end(&bob, Cause::Busy, false);
    world.hear(events);
    assert_eq!(outcomes(&world, 1).len(), 2, "ringing, and that nobody answered");
}

/// How phones were told to stop ringing: whether somebody else has answered.
fn quietened(world: &mut World) -> Vec<bool> {
    let elsewhere = |command| match command {
        PbxCommand::HangUp { elsewhere, .. } => Some(elsewhere),
        _ => None,
    };
    world.pbx.queue.drain(..).filter_map(elsewhere).collect()
}

#[test]
fn who_lost_a_race_is_told_and_who_did_not_answer_in_time_is_not() {
    let race = || vec![Command::Answer, dial("bob", false), dial("eve", false)];
    let cancel = |order| Command::Cancel { order: strowger_model::OrderId(order) };
    let mut world = World::new(vec![race()]);
    world.settle();
    let legs: Vec<LegId> = world.pbx.legs.keys().cloned().collect();
    let bob = legs.iter().find(|leg| &*leg.0 != "caller-leg").unwrap().clone();
    world.shared.plan = vec![vec![cancel(2), cancel(3)]].into();
    let events = world.pbx.answer(&bob);
    world.hear(events);
    assert_eq!(quietened(&mut world), [true], "bob has answered, and eve has lost");
    // Nobody was first.
    for answers in [false, true] {
        let mut world = World::new(vec![race()]);
        world.settle();
        let legs: Vec<LegId> = world.pbx.legs.keys().cloned().collect();
        let events: Vec<PbxEvent> = match answers {
            true => world.pbx.answer(&bob),
            false => legs.iter().flat_map(|leg| world.pbx.ring(leg)).collect(),
        };
        world.hear(events);
        world.pass(Duration::from_secs(31));
        assert!(!quietened(&mut world).contains(&true), "it rang for as long as it might");
    }
}

#[test]
fn what_is_ordered_of_a_leg_that_has_not_confirmed_ends_with_it() {
    let orders =
        vec![Command::Answer, dial("bob", true), Command::Timer { after: Duration::from_secs(5) }];
    let connect = Command::Connect { legs: vec![caller(), "bob".into()] };
    let mut world = World::new(vec![orders]);
    world.settle();
    let bob = dialled(&world);
    let events = world.pbx.answer(&bob);
    world.hear(events);
    world.shared.plan = vec![vec![gather("bob".into()), connect]].into();
    world.pass(Duration::from_secs(6));
    // Bob hangs up before the move is carried out.
    let events = world.pbx.end(&bob, Cause::Normal, false);
    world.hear(events);
    world.settle();
    let (gathered, connected) = (outcomes(&world, 4), outcomes(&world, 5));
    assert!(matches!(&gathered[..], [Outcome::Gathered { .. }]), "{gathered:?}");
    assert!(matches!(&connected[..], [Outcome::Refused(_)]), "{connected:?}");
}

#[test]
fn a_caller_who_is_left_alone_hears_the_music_of_the_wait() {
    let mut world = World::new(vec![vec![Command::Answer, dial("bob", false)]]);
    world.settle();
    let bob = dialled(&world);
    world.shared.plan = vec![vec![Command::Connect { legs: vec!["bob".into(), caller()] }]].into();
    let events = world.pbx.answer(&bob);
    world.hear(events);
    world.settle();
    world.shared.plan = vec![vec![keep_waiting(caller())]].into();
    let events = world.pbx.end(&bob, Cause::Normal, false);
    world.hear(events);
    world.settle();
    let leg = &world.pbx.legs[&LegId::from("caller-leg")];
    assert_eq!(
        leg.place,
        LegId::from("caller-leg"),
        "the caller is in a conversation that is there"
    );
    assert_eq!(leg.music.as_deref(), Some("wait"));
}

#[test]
fn a_key_in_a_conversation_is_passed_on() {
    let (mut world, bob) = talking(Vec::new());
    let the_caller = LegId::from("caller-leg");
    let heard = |leg: &LegId, keys: &[&str]| -> Vec<_> {
        keys.iter().map(|key| (leg.clone(), (*key).to_owned())).collect()
    };
    assert_eq!(keys(&mut world, &the_caller, "1#"), heard(&bob, &["1", "#"]));
    assert_eq!(keys(&mut world, &bob, "2"), heard(&the_caller, &["2"]));
    // Apart, nobody hears it.
    world.shared.plan = vec![vec![Command::Part { leg: "bob".into() }]].into();
    assert_eq!(keys(&mut world, &bob, "3"), heard(&the_caller, &["3"]));
    world.settle();
    assert_eq!(keys(&mut world, &bob, "4"), []);
}

#[test]
fn nobody_hears_the_keys_of_a_pattern() {
    let (mut world, bob) = talking(vec![watch("bob")]);
    assert_eq!(keys(&mut world, &bob, "*4027#"), []);
    let matched = |event: &Event| matches!(event, Event::Order { outcome: Outcome::Matched { digits, .. }, .. } if digits == "027");
    assert!(world.shared.told.iter().any(matched), "{:?}", world.shared.told);
}

#[test]
fn keys_that_became_no_pattern_are_passed_on_in_their_order() {
    let (mut world, bob) = talking(vec![watch("bob")]);
    assert_eq!(keys(&mut world, &bob, "*42"), [], "it may still become one");
    world.pass(Duration::from_secs(4));
    let passed: String = sent(&mut world).into_iter().map(|(_, digit)| digit).collect();
    assert_eq!(passed, "*42");
    let passed: String = keys(&mut world, &bob, "7*5").into_iter().map(|(_, key)| key).collect();
    assert_eq!(passed, "7*5");
}

#[test]
fn nobody_hears_what_is_gathered_or_secret() {
    let Command::Gather(ask) = gather("bob".into()) else { panic!("a gather") };
    for secret in [false, true] {
        let ask = Gather { secret, ..ask.clone() };
        let (mut world, bob) = talking(vec![watch("bob"), Command::Gather(ask)]);
        assert_eq!(keys(&mut world, &bob, "123"), []);
        // Keys that come too late are part of the secret; of other digits they are not.
        assert_eq!(keys(&mut world, &bob, "4").is_empty(), secret);
    }
    // What was held back when the secret was asked for may be its beginning.
    let (mut world, bob) =
        talking(vec![watch("bob"), Command::Timer { after: Duration::from_secs(1) }]);
    assert_eq!(keys(&mut world, &bob, "*42"), []);
    world.shared.plan = vec![vec![Command::Gather(Gather { secret: true, ..ask })]].into();
    world.pass(Duration::from_secs(4));
    assert_eq!(sent(&mut world), []);
}

#[test]
fn a_note_that_takes_the_place_of_another_needs_no_room_of_its_own() {
    let note = |key: &str, bytes: usize| {
        Command::Note(Field { key: key.to_owned(), value: "x".repeat(bytes) })
    };
    let most = 60 << 10;
    let world = World::new(vec![vec![note("a", most), note("a", most), note("b", most)]]);
    let refused = |order| !outcomes(&world, order).is_empty();
    assert_eq!([1, 2, 3].map(refused), [false, false, true]);
}

#[test]
fn a_leg_that_was_gone_when_the_host_made_a_mistake_is_gone() {
    let mut world = World::new(vec![vec![Command::Answer]]);
    world.settle();
    let leg = LegId::from("caller-leg");
    // Of this the call has not heard.
    world.pbx.end(&leg, Cause::Normal, false);
    world.input(Input::Mistaken { why: "a test".to_owned(), gone: Some(leg) });
    world.settle();
    assert!(world.shared.over, "nothing more is waited for");
}

#[test]
fn a_cancelled_dial_is_hung_up_whether_it_rings_or_not() {
    for rings in [false, true] {
        let cancel = Command::Cancel { order: OrderId(1) };
        let mut world = World::new(vec![vec![dial("bob", false)]]);
        world.settle();
        let bob = dialled(&world);
        if rings {
            let events = world.pbx.ring(&bob);
            world.hear(events);
        }
        world.shared.plan = vec![vec![cancel]].into();
        world.input(Input::ShuttingDown(Duration::ZERO));
        let hang_up = PbxCommand::hang_up(bob.clone(), Cause::Normal);
        assert_eq!(world.pbx.queue, [hang_up]);
        world.settle();
        assert!(!world.pbx.legs.contains_key(&bob));
        assert_eq!(outcomes(&world, 1).len(), usize::from(rings), "nothing after the cancel");
    }
}

/// The host dies before a phone is told to stop, and the next one has nobody else to ring.
#[test]
fn a_phone_that_was_to_stop_ringing_is_quiet_before_its_agent_is_rung_again() {
    let mut world = World::new(vec![vec![Command::Answer], vec![enter(true, "a".into(), false)]]);
    world.settle();
    let first = dialled(&world);
    let events = world.pbx.ring(&first);
    world.hear(events);
    let again = vec![Command::Cancel { order: OrderId(2) }, enter(true, "b".into(), false)];
    world.shared.plan = vec![again].into();
    world.input(Input::ShuttingDown(Duration::ZERO));
    // Neither the hang-up of the first phone nor the dial of the second has left.
    world.restart(world.pbx.queue.len());
    assert!(world.pbx.legs.contains_key(&first), "it rings on");
    world.settle();
    assert!(!world.pbx.legs.contains_key(&first));
    assert_ne!(dialled(&world), first, "and an agent is rung for the second order");
}

#[test]
fn nobody_is_told_twice_that_somebody_has_hung_up() {
    let (mut world, bob) = talking(Vec::new());
    let events = world.pbx.end(&bob, Cause::Normal, false);
    world.hear(events.clone());
    world.hear(events);
    world.input(Input::Lost(bob));
    world.restart(0);
    let hung_up = world.shared.told.iter().filter(|event| matches!(event, Event::HungUp { .. }));
    assert_eq!(hung_up.count(), 1);
}

/// The PBX does not list what it has not been told of yet.
#[test]
fn a_leg_that_is_lost_is_hung_up_behind_its_dial() {
    let mut world = World::new(vec![vec![dial("bob", false)]]);
    let Some(PbxCommand::Dial { leg: bob, .. }) = world.pbx.queue.front().cloned() else {
        panic!("a dial")
    };
    world.input(Input::Lost(bob.clone()));
    assert_eq!(world.pbx.queue.len(), 2);
    assert_eq!(world.pbx.queue[1], PbxCommand::hang_up(bob.clone(), Cause::Normal));
    assert_eq!(outcomes(&world, 1), [Outcome::Unknown]);
    world.settle();
    assert!(!world.pbx.legs.contains_key(&bob), "nobody would be there for it");
}

/// The agent hangs up while the caller, who was held, is on the way back: the PBX knows nothing of
/// a conversation that is over.
#[test]
fn who_is_on_the_way_to_somebody_who_hangs_up_is_told_so_and_stays_alone() {
    let (mut world, bob) = talking(vec![Command::Hold { leg: caller() }]);
    let resume = Command::Resume { leg: caller() };
    world.shared.plan = vec![vec![resume]].into();
    world.input(Input::ShuttingDown(Duration::ZERO));
    let order = world.shared.ordered.last().unwrap().id;
    let events = world.pbx.end(&bob, Cause::Normal, false);
    world.hear(events);
    world.settle();
    let told = outcomes(&world, order.0);
    assert!(
        matches!(&told[..], [Outcome::Refused(why)] if why.reason == RefusalReason::WrongState),
        "{told:?}"
    );
    let the_caller = LegId::from("caller-leg");
    assert_eq!(world.pbx.legs[&the_caller].place, the_caller);
}

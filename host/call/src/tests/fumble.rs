//! An agent who answers and is gone at once: the caller waits on, and the flow hears nothing of it.

use super::{
    properties::enter,
    shared::site,
    stories::{dial, outcomes},
    world::World,
};
use std::time::Duration;
use strowger_call_port::Input;
use strowger_model::{
    Command, Event, LegName, OrderId, Outcome, Prompt, Timestamp,
    command::{Dial, KeepWaiting},
    event::{Answerer, Cause, PlayEnd, Unanswered},
};
use strowger_pbx::port::{LegId, PbxEvent};

/// The order that enters the queue.
const ENTERS: u32 = 3;

const fn secs(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

fn begin(more: Vec<Command>, enters: Command) -> Vec<Vec<Command>> {
    let keep = Command::KeepWaiting(KeepWaiting {
        leg: LegName::caller(),
        music: Some("wait".to_owned()),
        prompts: vec![Prompt::Text { text: "please wait".to_owned(), language: None }],
        first_after: secs(10),
        every: secs(10),
    });
    vec![[vec![Command::Answer, keep, enters], more].concat()]
}

/// A caller waits for an agent, and the phone of `an` rings.
fn waiting(more: Vec<Command>) -> World {
    let mut world = World::new(begin(more, enter(true, "agent".into(), false)));
    world.settle();
    world
}

/// The agent whose phone rings answers, and is with the caller.
fn answers(world: &mut World) -> LegId {
    let leg = world.call.legs.iter().find(|leg| leg.id.to_string().contains("-q"));
    let leg = leg.expect("a phone rings").id.clone();
    let events = world.pbx.answer(&leg);
    world.hear(events);
    world.settle();
    leg
}

/// The leg that the flow dialled.
fn leg_of_bob(world: &World) -> LegId {
    world.call.legs.iter().find(|leg| leg.name == "bob".into()).unwrap().id.clone()
}

fn hangs_up(world: &mut World, leg: &LegId) {
    let events = world.pbx.end(leg, Cause::Normal, false);
    world.hear(events);
    world.settle();
}

fn caller() -> LegId {
    LegId::from("caller-leg")
}

fn music(world: &World) -> Option<&str> {
    world.pbx.legs[&caller()].music.as_deref()
}

/// What the flow was told since it was told of its place in the queue.
fn told(world: &World) -> Vec<Event> {
    let queued =
        |event: &&Event| !matches!(event, Event::Order { outcome: Outcome::Queued { .. }, .. });
    let events = world.shared.told.iter().skip_while(queued).skip(1);
    events.filter(|event| **event != answered()).cloned().collect()
}

fn answered() -> Event {
    Event::Order { id: OrderId(1), outcome: Outcome::Answered }
}

fn connected(agent: &str) -> Event {
    let outcome = Outcome::Connected { leg: "agent".into(), agent: agent.into() };
    Event::Order { id: OrderId(ENTERS), outcome }
}

fn timer(id: u32) -> Event {
    Event::Order { id: OrderId(id), outcome: Outcome::Timer }
}

fn hung_up(leg: &str) -> Event {
    Event::HungUp { leg: leg.into(), cause: Cause::Normal }
}

#[test]
fn the_caller_keeps_the_place_and_hears_the_same_as_before() {
    let mut world = waiting(Vec::new());
    world.pass(secs(4));
    let an = answers(&mut world);
    assert_eq!(music(&world), None, "they talk");
    world.pass(Duration::from_millis(1_900));
    hangs_up(&mut world, &an);
    assert_eq!(told(&world), []);
    assert_eq!(music(&world), Some("wait"));
    world.pass(secs(10));
    assert_eq!(world.pbx.plays.len(), 0, "the prompts wait for the PBX");
    world.settle();
    assert_eq!(world.pbx.plays.len(), 1, "the prompts go on");
    let record = world.call.record();
    assert_eq!((record.fumbled, record.connected, &record.agent), (1, None, &None));

    // The phone of the other agent has rung meanwhile. The whole wait counts.
    answers(&mut world);
    world.pass(secs(2));
    assert_eq!(told(&world), [connected("bo")]);
    let record = world.call.record();
    assert_eq!((record.waited, record.fumbled), (Duration::from_millis(15_900), 1));
    assert_eq!(record.agent.as_ref().unwrap().as_str(), "bo");
}

#[test]
fn a_conversation_counts_when_it_has_lasted_and_from_its_beginning() {
    let mut world = waiting(Vec::new());
    world.pass(secs(3));
    let began = world.shared.now();
    let an = answers(&mut world);
    world.pass(Duration::from_millis(1_999));
    assert_eq!(told(&world), []);
    world.pass(Duration::from_millis(1));
    assert_eq!(told(&world), [connected("an")]);
    let record = world.call.record();
    assert_eq!(record.connected.unwrap().0, began.as_millis() as u64);
    assert_eq!((record.waited, record.fumbled), (secs(3), 0));
    hangs_up(&mut world, &an);
    assert_eq!(told(&world), [connected("an"), hung_up("agent")]);
}

#[test]
fn where_the_site_says_so_every_conversation_counts_at_once() {
    let mut world = waiting(Vec::new());
    world.shared.site = site("too_short = 0");
    let an = answers(&mut world);
    assert_eq!(told(&world), [connected("an")]);
    hangs_up(&mut world, &an);
    assert_eq!(told(&world), [connected("an"), hung_up("agent")]);
}

#[test]
fn a_conversation_that_the_caller_ends_was_one() {
    let mut world = waiting(Vec::new());
    answers(&mut world);
    world.pass(secs(1));
    hangs_up(&mut world, &caller());
    assert_eq!(told(&world), [connected("an"), hung_up("caller")]);
    assert!(world.call.record().connected.is_some());
}

#[test]
fn what_happens_meanwhile_is_told_afterwards_in_its_order() {
    for gone in [false, true] {
        let mut world = waiting(vec![Command::Timer { after: secs(1) }]);
        let an = answers(&mut world);
        let key = |leg: &LegId, digit| vec![PbxEvent::Digit { leg: leg.clone(), digit }];
        world.hear(key(&caller(), '1'));
        world.hear(key(&an, '2'));
        world.pass(secs(1));
        assert_eq!(told(&world), []);
        let key = |leg: &str, digit| Event::Digit { leg: leg.into(), digit };
        if gone {
            hangs_up(&mut world, &an);
            assert_eq!(told(&world), [key("caller", '1'), timer(4)], "nothing of the agent");
        } else {
            world.pass(secs(1));
            let all = [connected("an"), key("caller", '1'), key("agent", '2'), timer(4)];
            assert_eq!(told(&world), all);
        }
    }
}

#[test]
fn no_more_waits_than_has_room() {
    let mut world = waiting(Vec::new());
    answers(&mut world);
    for _ in 0..64 {
        world.hear(vec![PbxEvent::Digit { leg: caller(), digit: '5' }]);
    }
    assert_eq!(told(&world).len(), 65, "with the last of them it counts");
    assert_eq!(told(&world)[0], connected("an"));
}

/// The contract: nothing more is heard of what was cancelled, and a leg that answered in that
/// moment is hung up.
#[test]
fn the_flow_takes_back_what_it_has_not_been_told_of() {
    let mut world = waiting(vec![dial("bob", false)]);
    let bob = leg_of_bob(&world);
    answers(&mut world);
    let events = world.pbx.answer(&bob);
    world.hear(events);
    world.hear(vec![PbxEvent::Digit { leg: bob.clone(), digit: '1' }]);
    world.shared.plan = vec![vec![Command::Cancel { order: OrderId(4) }]].into();
    world.pass(secs(2));
    world.settle();
    assert!(!world.pbx.legs.contains_key(&bob));
    assert_eq!(told(&world), [connected("an")]);
    // Where the flow does not, it is told.
    let mut world = waiting(vec![dial("bob", false)]);
    answers(&mut world);
    let events = world.pbx.answer(&bob);
    world.hear(events);
    world.pass(secs(2));
    assert_eq!(outcomes(&world, 4), [Outcome::LegAnswered(Answerer::Unknown)]);
}

/// A number that is dialled while the place is kept.
fn keeping() -> Command {
    let Command::Dial(ask) = dial("bob", false) else { unreachable!() };
    Command::Dial(Box::new(Dial { keep_place: Some(OrderId(ENTERS)), ..*ask }))
}

#[test]
fn who_is_dialled_meanwhile_is_wanted_when_the_agent_is_gone() {
    for gone in [true, false] {
        let mut world = waiting(vec![keeping()]);
        let bob = leg_of_bob(&world);
        let an = answers(&mut world);
        let events = world.pbx.answer(&bob);
        world.hear(events);
        world.pass(secs(1));
        assert_eq!(told(&world), [], "the agent was faster");
        if gone {
            hangs_up(&mut world, &an);
            assert_eq!(outcomes(&world, 4), [Outcome::LegAnswered(Answerer::Unknown)]);
        } else {
            world.pass(secs(1));
            world.settle();
            assert!(!world.pbx.legs.contains_key(&bob));
            assert_eq!(outcomes(&world, 4), [Outcome::Unanswered(Unanswered::Cancelled)]);
            assert_eq!(told(&world)[0], connected("an"));
        }
    }
}

#[test]
fn who_is_dialled_meanwhile_is_wanted_when_the_flow_waits_no_more() {
    let mut world = World::new(begin(vec![keeping()], enter(true, "agent".into(), true)));
    world.settle();
    let bob = leg_of_bob(&world);
    let an = answers(&mut world);
    world.shared.plan = vec![vec![Command::Cancel { order: OrderId(ENTERS) }]].into();
    let events = world.pbx.answer(&bob);
    world.hear(events);
    assert_eq!(told(&world), []);
    world.input(Input::ShuttingDown(Duration::ZERO));
    world.settle();
    assert!(!world.pbx.legs.contains_key(&an));
    assert_eq!(outcomes(&world, 4), [Outcome::LegAnswered(Answerer::Unknown)]);
}

#[test]
fn an_agent_without_a_caller_is_connected_at_once() {
    let mut world = World::new(begin(Vec::new(), enter(false, "agent".into(), false)));
    world.settle();
    answers(&mut world);
    assert_eq!(told(&world), [connected("an")]);
    assert_eq!(music(&world), Some("wait"), "the caller is somewhere else");
}

#[test]
fn who_hangs_up_during_the_whisper_is_left_alone_too() {
    let mut world = World::new(begin(Vec::new(), enter(true, "agent".into(), true)));
    world.settle();
    let an = answers(&mut world);
    hangs_up(&mut world, &an);
    assert_eq!((told(&world), world.call.record().fumbled), (Vec::new(), 1));
    let bo = answers(&mut world);
    assert_eq!(music(&world), Some("wait"), "until the whisper was heard");
    let events = world.pbx.play_ends();
    assert!(matches!(events[..], [PbxEvent::Played { end: PlayEnd::Whole, .. }]));
    world.hear(events);
    world.settle();
    assert_eq!(music(&world), None);
    // It counts from the moment in which the two are in conversation.
    world.pass(Duration::from_millis(1_999));
    assert_eq!(told(&world), []);
    hangs_up(&mut world, &bo);
    assert_eq!((told(&world), world.call.record().fumbled), (Vec::new(), 2));
}

#[test]
fn the_next_host_settles_what_had_begun() {
    // The agent is still there. The host was away for a second.
    let mut world = waiting(Vec::new());
    let began = world.shared.now();
    answers(&mut world);
    world.restart(0);
    assert_eq!(told(&world), []);
    world.pass(secs(1));
    let resumed = Event::Resumed { gap: secs(1) };
    assert_eq!(told(&world), [connected("an"), resumed.clone()]);
    assert_eq!(world.call.record().connected.unwrap().0, began.as_millis() as u64);

    // The agent is gone: nobody knows since when, and the caller wants one.
    let mut world = waiting(Vec::new());
    let an = answers(&mut world);
    world.pbx.end(&an, Cause::Normal, false);
    world.pass(secs(1));
    world.restart(0);
    world.settle();
    assert_eq!((told(&world), music(&world)), (vec![resumed.clone()], Some("wait")));
    assert_eq!(world.call.record().fumbled, 1);
    answers(&mut world);
    world.pass(secs(2));
    assert_eq!(told(&world), [resumed.clone(), connected("bo")]);

    // The caller is gone.
    let mut world = waiting(Vec::new());
    answers(&mut world);
    world.pbx.end(&caller(), Cause::Normal, false);
    world.restart(0);
    world.settle();
    assert_eq!(told(&world), [connected("an"), resumed, hung_up("caller")]);
}

#[test]
fn when_the_flow_cannot_go_on_they_talk_on() {
    let mut world = waiting(Vec::new());
    let an = answers(&mut world);
    world.input(Input::GiveUp("a test".to_owned()));
    world.settle();
    assert_eq!(world.pbx.legs[&an].place, world.pbx.legs[&caller()].place);
    assert!(world.call.record().connected.is_some());
}

#[test]
fn the_record_has_who_talked_and_for_how_long() {
    let mut world = waiting(Vec::new());
    world.pass(secs(4));
    let an = answers(&mut world);
    world.pass(secs(1));
    hangs_up(&mut world, &an);
    let bo = answers(&mut world);
    world.pass(secs(30));
    hangs_up(&mut world, &bo);
    let now = Timestamp(world.shared.now().as_millis() as u64);
    let talks = &world.call.close(now).talks;
    let agents: Vec<_> = talks.iter().map(|talk| talk.agent.as_ref().unwrap().as_str()).collect();
    assert_eq!(agents, ["bo"], "an was gone at once");
    assert_eq!((talks[0].talked, talks[0].held), (secs(30), Duration::ZERO));
    assert_eq!(talks[0].ended.since(talks[0].began), secs(30));
}

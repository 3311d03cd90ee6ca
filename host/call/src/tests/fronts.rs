//! R1: a switch in front of a flow that knows nothing of it. A turn is effective at once, for
//! callers who wait too, and leaves those alone who talk.

use super::{
    properties::{continue_with, enter},
    stories::{dial, dialled, gather, keep_waiting},
    world::World,
};
use std::{sync::mpsc, time::Duration};
use strowger_call_port::{ByHand, Glance, Input};
use strowger_model::{
    Command, Event, LegName, OrderId, Prompt, Timestamp,
    event::{Cause, Left, RefusalReason},
    read::AgentStatus,
};
use strowger_pbx::port::{LegId, PbxCommand};
use strowger_routing::Output;

fn caller() -> LegName {
    LegName::caller()
}

fn agent() -> LegName {
    "agent".into()
}

fn hap() -> Vec<String> {
    vec!["hap".to_owned()]
}

/// The flow rests behind another until `hap` is turned; what that one orders in its steps, and what
/// the first does when it has its call back.
fn fronted(behind: Vec<Vec<Command>>) -> World {
    let first = vec![Command::Answer, continue_with("behind", hap())];
    let mut world = World::new([vec![first], behind].concat());
    world.settle();
    world
}

fn waits() -> Vec<Command> {
    vec![enter(true, agent(), false), keep_waiting(caller())]
}

/// What the flows were told of switches.
fn told(world: &World) -> Vec<(&'static str, &str, &str)> {
    let mut told = Vec::new();
    for event in &world.shared.told {
        match event {
            Event::CameBack { switch, position } => {
                told.push(("came back", &**switch, &**position))
            }
            Event::Switched { name, position } => told.push(("switched", &**name, &**position)),
            _ => {}
        }
    }
    told
}

/// A phone of an agent that rings.
fn phone(world: &World) -> LegId {
    world.pbx.legs.keys().find(|leg| leg.0.contains("-q")).unwrap().clone()
}

const CLOSED: [(&str, &str, &str); 1] = [("came back", "hap", "closed")];
const CALLER: &str = "caller-leg";

#[test]
fn r1_a_caller_who_waits_is_given_back_and_phones_fall_silent() {
    let mut world = fronted(vec![waits()]);
    let phone = phone(&world);
    let events = world.pbx.ring(&phone);
    world.hear(events);
    assert_eq!(world.flows(), ("behind", vec!["flow"]));

    world.shared.plan.push_back(vec![keep_waiting(caller())]);
    world.turn("hap", "closed");
    assert_eq!((world.flows(), told(&world)), (("flow", vec![]), CLOSED.to_vec()));
    assert!(
        world.pbx.queue.contains(&PbxCommand::hang_up(phone, Cause::Normal)),
        "{:?}",
        world.pbx.queue
    );
    world.settle();
    let left: Vec<&LegId> = world.pbx.legs.keys().collect();
    assert_eq!(left, [&LegId::from(CALLER)], "only the caller is there");
    for agent in ["an", "bo"] {
        assert_eq!(world.agent(agent), Some(AgentStatus::Free));
    }
    assert_eq!(world.call.state.as_ref(), b"flow", "it goes on where it was");
    // Nothing of the other flow comes any more.
    world.shared.told.clear();
    world.pass(Duration::from_secs(600));
    assert_eq!(world.shared.told, []);
}

#[test]
fn r1_the_caller_hears_nothing_of_the_other_flow_any_more() {
    let text = vec![Prompt::Text { text: "welcome".to_owned(), language: None }];
    let play = Command::Play { leg: caller(), prompts: text, barge_in: false };
    for behind in [
        vec![keep_waiting(caller())],
        vec![play],
        vec![gather(caller())],
        vec![dial("bob", false), keep_waiting(caller())],
    ] {
        let mut world = fronted(vec![behind]);
        world.turn("hap", "closed");
        world.settle();
        assert_eq!(told(&world), CLOSED);
        assert_eq!((world.pbx.plays.len(), world.pbx.legs.len()), (0, 1));
        assert_eq!(world.pbx.legs[&LegId::from(CALLER)].music, None);
    }
}

#[test]
fn r1_who_talks_is_left_alone_and_told_nothing() {
    let mut world = fronted(vec![waits()]);
    let phone = phone(&world);
    let events = world.pbx.answer(&phone);
    world.hear(events);
    world.settle();
    world.let_last();
    world.turn("hap", "closed");
    world.settle();
    assert_eq!((world.flows(), told(&world)), (("behind", vec!["flow"]), vec![]));
    assert_eq!(world.pbx.legs[&phone].place, LegId::from(CALLER), "they talk");

    // The conversation ends, and the other flow says goodbye: that is the end of the call.
    world.shared.plan.push_back(vec![gather(caller())]);
    let events = world.pbx.end(&phone, Cause::Normal, false);
    world.hear(events);
    world.settle();
    assert_eq!(told(&world), []);
    world.shared.plan.push_back(vec![Command::Finish { outcome: "answered".to_owned() }]);
    world.pass(Duration::from_secs(20));
    world.settle();
    assert!(world.call.is_over());
    assert_eq!(world.call.record().outcome, "answered");
}

#[test]
fn r1_who_talked_and_would_wait_again_is_given_back_instead() {
    let mut world = fronted(vec![waits()]);
    let phone = phone(&world);
    let events = world.pbx.answer(&phone);
    world.hear(events);
    world.settle();
    world.let_last();
    world.turn("hap", "closed");
    // The agent has gone, and the flow has the caller wait for another one.
    world.shared.plan.push_back(waits());
    let events = world.pbx.end(&phone, Cause::Normal, false);
    world.hear(events);
    world.settle();
    assert_eq!((world.flows(), told(&world)), (("flow", vec![]), CLOSED.to_vec()));
    assert_eq!(world.pbx.legs.len(), 1, "no further phone rings");
}

#[test]
fn r1_a_switch_that_is_turned_back_meanwhile_was_not_turned() {
    let mut world = fronted(vec![waits()]);
    let phone = phone(&world);
    let events = world.pbx.answer(&phone);
    world.hear(events);
    world.settle();
    world.let_last();
    world.turn("hap", "closed");
    world.turn("hap", "open");
    world.shared.plan.push_back(waits());
    let events = world.pbx.end(&phone, Cause::Normal, false);
    world.hear(events);
    world.settle();
    assert_eq!((world.flows(), told(&world)), (("behind", vec!["flow"]), vec![]));
}

/// The turn wins over an agent who answers in that moment, whichever way the agent is on.
#[test]
fn r1_an_agent_who_answers_in_the_moment_of_the_turn_is_free_again() {
    for (whisper, carried) in [(true, 0), (true, 9), (false, 0), (false, 9)] {
        let behind = vec![enter(true, agent(), whisper), keep_waiting(caller())];
        let mut world = fronted(vec![behind]);
        let phone = phone(&world);
        let events = world.pbx.answer(&phone);
        world.hear(events);
        for _ in 0..carried {
            let events = world.pbx.carry();
            world.hear(events);
        }
        world.turn("hap", "closed");
        world.settle();
        assert_eq!(told(&world), CLOSED, "{whisper} {carried}");
        assert_eq!(world.pbx.legs.len(), 1, "nobody is connected to nobody");
        for agent in ["an", "bo"] {
            assert_eq!(world.agent(agent), Some(AgentStatus::Free));
        }
        let served = |event: &Event| event.brings(OrderId(3));
        assert!(!world.shared.told.iter().any(served), "no flow is told of the agent");
    }
}

/// The same, if the agent's answer comes after the turn.
#[test]
fn an_agent_who_answers_after_the_turn_is_hung_up() {
    let mut world = fronted(vec![waits()]);
    let phone = phone(&world);
    world.turn("hap", "closed");
    let events = world.pbx.answer(&phone);
    world.hear(events);
    world.settle();
    assert_eq!(world.pbx.legs.len(), 1);
    assert_eq!(world.agent("an"), Some(AgentStatus::Free));
}

/// The first flow has the caller wait too, under the number that the other flow's place had. What the
/// floor says of that one comes late.
#[test]
fn what_the_floor_says_late_is_not_taken_for_a_place_of_another_flow() {
    let mut world = fronted(vec![waits()]);
    let new = strowger_routing::EntryId { call: world.call.id(), order: OrderId(5) };
    world.shared.plan.push_back(waits());
    // The fence is behind what the floor has said.
    let turned = Input::Turned { switch: "hap".to_owned(), position: "closed".to_owned() };
    world.shared.switches.insert("hap".to_owned(), "closed".to_owned());
    world.only(turned);
    let places = |world: &World| world.call.orders.ids().len();
    let (rang, waiting) = (world.call.legs.ids().len(), places(&world));
    let attempt = strowger_routing::AttemptId(9_000);
    let late = |entry| Output::Ring { entry, attempt, agent: "bo".into(), endpoint: 0 };
    world.only(Input::Floor(late(new)));
    world.only(Input::Floor(Output::Left { entry: new, why: Left::NobodyLoggedIn }));
    assert_eq!((world.call.legs.ids().len(), places(&world)), (rang, waiting));
    world.input(Input::Fence);
    world.input(Input::Floor(Output::Left { entry: new, why: Left::NobodyLoggedIn }));
    assert_eq!(places(&world), waiting - 1);
}

#[test]
fn who_was_reached_and_is_not_with_the_caller_is_hung_up() {
    let mut world = fronted(vec![vec![dial("bob", false), keep_waiting(caller())]]);
    let bob = dialled(&world);
    let events = world.pbx.answer(&bob);
    world.hear(events);
    world.settle();
    assert_eq!(world.pbx.legs.len(), 2, "the flow would announce the caller to bob");
    world.turn("hap", "closed");
    world.settle();
    assert_eq!((told(&world), world.pbx.legs.len()), (CLOSED.to_vec(), 1));
}

/// A caller whom an agent holds while asking a colleague talks.
#[test]
fn who_is_on_hold_for_an_agent_is_left_alone() {
    let (consult, connect) =
        (Command::Hold { leg: caller() }, Command::Connect { legs: vec![caller(), "bob".into()] });
    let mut world = fronted(vec![vec![dial("bob", false)], vec![connect], vec![consult]]);
    let bob = dialled(&world);
    let events = world.pbx.answer(&bob);
    world.hear(events);
    world.settle();
    world.turn("hap", "closed");
    world.settle();
    assert_eq!((world.flows(), told(&world)), (("behind", vec!["flow"]), vec![]));
    // Nobody holds the caller any more, and the flow would ring somebody else.
    world.shared.plan.push_back(vec![dial("doctor", false)]);
    let events = world.pbx.end(&bob, Cause::Normal, false);
    world.hear(events);
    world.settle();
    assert_eq!(told(&world), CLOSED);
    assert_eq!(world.pbx.legs[&LegId::from(CALLER)].music, None);
}

#[test]
fn fronts_stand_behind_each_other_and_the_outermost_is_asked_first() {
    let nested = || {
        let text = vec!["text".to_owned()];
        fronted(vec![vec![continue_with("further", text)], waits()])
    };
    let mut world = nested();
    assert_eq!(world.flows(), ("further", vec!["flow", "behind"]));
    world.turn("text", "closed");
    assert_eq!(world.flows(), ("behind", vec!["flow"]));
    assert_eq!(told(&world), [("came back", "text", "closed")]);
    world.turn("hap", "closed");
    assert_eq!(world.flows(), ("flow", vec![]));

    let mut world = nested();
    world.turn("hap", "closed");
    world.settle();
    assert_eq!((world.flows(), told(&world)), (("flow", vec![]), CLOSED.to_vec()));
    world.turn("text", "closed");
    assert_eq!(told(&world), CLOSED, "that flow is over");
}

#[test]
fn a_flow_that_is_sent_on_to_a_further_one_stays_behind_the_front() {
    let mut world = fronted(vec![vec![continue_with("further", vec![])], waits()]);
    assert_eq!(world.flows(), ("further", vec!["flow"]));
    world.turn("hap", "closed");
    assert_eq!(world.flows(), ("flow", vec![]));
}

#[test]
fn a_call_that_is_over_wakes_nobody() {
    let mut world = fronted(vec![vec![Command::Finish { outcome: "closed".to_owned() }]]);
    assert!(world.call.is_over() || !world.call.is_served());
    assert_eq!(world.shared.told.len(), 2, "both arrived");
    world.turn("hap", "closed");
    world.settle();
    assert!(world.call.is_over());
    assert_eq!((told(&world), world.call.record().outcome.as_str()), (vec![], "closed"));
}

#[test]
fn a_caller_who_has_hung_up_is_not_given_back() {
    let mut world = fronted(vec![waits(), vec![dial("bob", false)]]);
    let events = world.pbx.end(&CALLER.into(), Cause::Normal, false);
    world.hear(events);
    world.turn("hap", "closed");
    world.settle();
    assert_eq!((world.flows(), told(&world)), (("behind", vec!["flow"]), vec![]));
}

#[test]
fn it_outlives_the_host_and_a_turn_meanwhile_is_told_after_that() {
    let mut world = fronted(vec![waits()]);
    world.restart(0);
    world.settle();
    assert_eq!((world.flows(), told(&world)), (("behind", vec!["flow"]), vec![]));
    world.shared.switches.insert("hap".to_owned(), "closed".to_owned());
    world.restart(0);
    world.settle();
    assert_eq!((world.flows(), told(&world)), (("flow", vec![]), CLOSED.to_vec()));
    let resumed = |event: &Event| matches!(event, Event::Resumed { .. });
    let back = |event: &Event| matches!(event, Event::CameBack { .. });
    let told = &world.shared.told;
    assert!(told.iter().rposition(resumed) < told.iter().position(back));
    assert_eq!(world.pbx.legs.len(), 1, "no phone rings");
    assert_eq!(world.agent("an"), Some(AgentStatus::Free));
    // The next host finds the front alone.
    world.restart(0);
    assert_eq!(world.flows(), ("flow", vec![]));
}

#[test]
fn a_flow_that_cannot_be_had_any_more_is_forgotten_by_the_next_host() {
    let mut world = fronted(vec![waits()]);
    let image = serde_json::to_string(&world.call.image(world.shared.now())).unwrap();
    let mut image: crate::Image<'static> = serde_json::from_str(&image).unwrap();
    image.rest_in(|_| None);
    world.call = crate::Call::of_image(world.call.terms().clone(), image);
    let alive = world.pbx.alive();
    world.input(Input::Resume { alive, gap: Duration::from_secs(1) });
    world.turn("hap", "closed");
    assert_eq!(told(&world), []);
}

#[test]
fn a_turn_between_reading_and_resting_brings_the_flow_back_at_once() {
    let mut world = World::new(vec![]);
    world.shared.plan.push_back(vec![Command::Answer]);
    world.shared.reads.push_back("hap");
    world.input(Input::ShuttingDown(Duration::ZERO));
    world.settle();
    // It is turned, and the flow goes on by what it has read.
    world.shared.switches.insert("hap".to_owned(), "closed".to_owned());
    world.shared.plan.push_back(vec![continue_with("behind", hap())]);
    world.input(Input::ShuttingDown(Duration::ZERO));
    world.turn("hap", "closed");
    world.input(Input::Turned { switch: "hap".to_owned(), position: "closed".to_owned() });
    assert_eq!((world.flows(), told(&world)), (("flow", vec![]), CLOSED.to_vec()));
}

#[test]
fn a_flow_is_told_of_switches_that_it_has_read_and_each_turn_once() {
    let mut world = World::new(vec![]);
    world.turn("hap", "closed");
    assert_eq!(told(&world), [], "it has not read it");
    world.shared.reads.push_back("hap");
    world.input(Input::ShuttingDown(Duration::ZERO));
    world.turn("hap", "open");
    world.turn("text", "closed");
    let once = [("switched", "hap", "open")];
    assert_eq!(told(&world), once);
    // The same, read back before the mail came.
    world.input(Input::Turned { switch: "hap".to_owned(), position: "open".to_owned() });
    assert_eq!(told(&world), once);
    // Meanwhile there was no host.
    world.shared.switches.insert("hap".to_owned(), "closed".to_owned());
    world.restart(0);
    assert_eq!(told(&world), [("switched", "hap", "open"), ("switched", "hap", "closed")]);
}

#[test]
fn what_cannot_be_is_refused() {
    let refused = |command: Command| {
        let mut world = World::new(vec![vec![Command::Answer, command]]);
        world.settle();
        world.shared.told.iter().find_map(|event| match event {
            Event::Order { outcome: strowger_model::Outcome::Refused(refusal), .. } => {
                Some(refusal.reason)
            }
            _ => None,
        })
    };
    let behind = |switch: &str| continue_with("behind", vec![switch.to_owned()]);
    assert_eq!(refused(behind("huh")), Some(RefusalReason::UnknownName));
    assert_eq!(refused(behind("hap")), None);
    assert_eq!(refused(continue_with("huh", hap())), Some(RefusalReason::NotPermitted));
}

/// How the call is, as people see it.
fn look(world: &mut World) -> Glance {
    let (answer, answered) = mpsc::channel();
    let answer = Box::new(move |glance| answer.send(glance).unwrap());
    world.input(Input::ByHand(ByHand::Look(answer)));
    answered.recv().unwrap()
}

#[test]
fn r1_who_hears_music_until_a_turn_and_who_is_put_through_elsewhere_waits() {
    let seconds = Duration::from_secs;
    let mut world = World::new(vec![vec![Command::Answer, keep_waiting(caller())]]);
    world.settle();
    world.pass(seconds(10));
    let Glance { on, behind, waits_for, waited, .. } = look(&mut world);
    assert_eq!((on.flow.as_str(), behind.len()), ("flow", 0));
    assert_eq!((waits_for, waited), (vec![], Some(seconds(10))));

    world.shared.plan.push_back(vec![dial("bob", false)]);
    world.input(Input::ShuttingDown(Duration::ZERO));
    world.settle();
    world.pass(seconds(5));
    let glance = look(&mut world);
    assert_eq!((glance.waits_for, glance.waited), (vec!["bob".to_owned()], Some(seconds(15))));
    let bob = dialled(&world);
    let connect = Command::Connect { legs: vec![caller(), "bob".into()] };
    world.shared.plan.push_back(vec![connect]);
    let events = world.pbx.answer(&bob);
    world.hear(events);
    world.settle();
    world.pass(seconds(60));
    assert_eq!(look(&mut world).waited, None, "they talk");
    assert_eq!(world.call.close(Timestamp(0)).waited, seconds(15));

    let mut world = fronted(vec![waits()]);
    let Glance { on, behind, waits_for, waited, .. } = look(&mut world);
    assert_eq!((on.flow.as_str(), behind), ("behind", vec!["flow".into()]));
    assert_eq!((waits_for, waited), (vec!["desk".to_owned()], Some(Duration::ZERO)));
}

//! How a campaign ends, and who is warned.

use super::world::*;
use crate::{
    Alarm, By, Claimed, Input, Listed, Open, Output, Over, RefusedInput, Row, Template, Then,
};
use std::time::Duration;

fn ends(out: &[Output]) -> Vec<Over> {
    let end = |output: &Output| match output {
        Output::Ended { why, .. } => Some(*why),
        _ => None,
    };
    out.iter().filter_map(end).collect()
}

fn alarms(world: &World) -> Vec<(Duration, Alarm)> {
    let alarm = |(at, output): &(Duration, Output)| match output {
        Output::Alarm { why, .. } => Some((*at, *why)),
        _ => None,
    };
    world.log.iter().filter_map(alarm).collect()
}

/// O2.
#[test]
fn it_stops_when_the_places_are_taken() {
    let mut world = World::with(Template { at_once: 2, ..Template::new("t") }, 1, list(&[1, 2]));
    assert_eq!(world.claim(0), Claimed::Won);
    assert_eq!(world.claim(0), Claimed::Won, "it is the same place");
    assert_eq!(ends(&world.end(0)), [], "it has ended before");
    assert_eq!(world.rows(), [0]);
    assert_eq!(world.claim(1), Claimed::Lost);
    let status = world.dialler.status("c").unwrap();
    assert_eq!((status.goal, status.reached), (1, 1));
}

/// O3: who calls back after a missed call.
#[test]
fn a_place_that_is_left_can_be_claimed_when_the_list_is_over() {
    let mut world = World::with(Template::new("t"), 2, list(&[1, 2]));
    world.end(0);
    assert_eq!(ends(&world.end(1)), [Over::ListOver]);
    assert_eq!(world.claim(1), Claimed::Won);
    assert_eq!(world.claim(0), Claimed::Won);
    assert_eq!(world.rows(), [0, 1]);
}

/// O2.
#[test]
fn a_place_that_is_given_back_is_offered_to_others() {
    let mut world = World::with(Template::new("t"), 1, list(&[1, 2]));
    assert_eq!(world.claim(0), Claimed::Won);
    world.say(0, Then::Accepted);
    world.end(0);
    assert_eq!(world.rows(), [0]);
    let out = world.say(0, Then::Over);
    assert!(out.contains(&Output::Goal { campaign: "c".into(), remaining: 1 }), "{out:?}");
    assert_eq!(world.rows(), [0, 1]);
    assert_eq!(world.claim(1), Claimed::Won);
}

/// O3: the place is taken by somebody who was not being offered it.
#[test]
fn whoever_is_being_offered_a_place_hears_that_it_is_gone() {
    let mut world = World::with(Template::new("t"), 1, list(&[1, 2]));
    let attempt = world.call(0);
    let by = calls_back(Row(1));
    let out = world.ok(Input::Claim { campaign: "c".into(), contact: Row(1), by });
    assert!(out.contains(&Output::Withdrawn { attempt, why: Over::Filled }), "{out:?}");
    world.end(0);
    assert_eq!(world.rows(), [0], "nobody is called again");
}

#[test]
fn one_that_was_stopped_rings_nobody_and_gives_no_place() {
    let mut world =
        World::with(Template { at_once: 1, attempts: 2, ..Template::new("t") }, 3, list(&[1, 2]));
    let attempt = world.call(0);
    let out = world.ok(Input::Stop("c".into()));
    assert!(out.contains(&Output::Withdrawn { attempt, why: Over::Stopped }), "{out:?}");
    assert_eq!(ends(&out), [Over::Stopped]);
    let stop = world.input(Input::Stop("c".into()));
    assert_eq!(stop, Err(RefusedInput::HasEnded("c".into())));
    let forget = world.input(Input::Forget("c".into()));
    assert_eq!(forget, Err(RefusedInput::GoesOn("c".into())), "its call goes on");
    assert_eq!(world.claim(0), Claimed::Lost);
    world.end(0);
    world.pass(seconds(100_000));
    assert_eq!(world.rows(), [0]);
    world.ok(Input::Forget("c".into()));
    assert_eq!(world.dialler.status("c"), None);
    world.ok(Input::Open(open("c", 1, list(&[1]))));
    assert_eq!(world.rows(), [0, 0], "the name may be used again");
}

#[test]
fn paused_it_rings_nobody_and_its_calls_go_on() {
    let mut world = World::with(Template::new("t"), 2, list(&[1, 2]));
    world.ok(Input::Pause("c".into()));
    world.end(0);
    assert_eq!(world.rows(), [0]);
    world.ok(Input::Resume("c".into()));
    assert_eq!(world.rows(), [0, 1]);
}

/// F2.
#[test]
fn the_planner_is_warned_when_everybody_was_asked_and_again_before_the_shift() {
    let template = Template {
        attempts: 2,
        pause: seconds(9000),
        waves: vec![seconds(0), seconds(600)],
        alarm_before: Some(seconds(3600)),
        ..Template::new("t")
    };
    let mut world = World::new(vec![template]);
    let start = world.now;
    let contacts =
        vec![Listed { number: number(1), wave: 0 }, Listed { number: number(2), wave: 1 }];
    let until = Some(start + seconds(7200));
    world.ok(Input::Open(Open { until, ..open("c", 1, contacts) }));
    world.end(0);
    world.pass(seconds(700));
    assert_eq!(alarms(&world), []);
    world.end(1);
    assert_eq!(alarms(&world), [(start + seconds(700), Alarm::EverybodyAsked)]);
    world.pass(seconds(2900));
    assert_eq!(alarms(&world)[1..], [(start + seconds(3600), Alarm::Soon)]);
    world.pass(seconds(3600));
    assert_eq!(alarms(&world).len(), 2);
    let out: Vec<Output> = world.log.iter().map(|(_, output)| output.clone()).collect();
    assert_eq!(ends(&out), [Over::TimeOver]);
    assert_eq!(world.rows(), [0, 1], "the pause was longer than the time that was left");
}

/// F2: who calls back could still have the place.
#[test]
fn the_planner_is_warned_before_the_shift_when_nobody_is_left_to_call_too() {
    for claimed in [false, true] {
        let template = Template { alarm_before: Some(seconds(3600)), ..Template::new("t") };
        let mut world = World::new(vec![template]);
        let start = world.now;
        let until = Some(start + seconds(7200));
        world.ok(Input::Open(Open { until, ..open("c", 1, list(&[1])) }));
        assert_eq!(ends(&world.end(0)), [Over::ListOver]);
        if claimed {
            world.claim(0);
        }
        world.pass(seconds(10_000));
        let soon = (start + seconds(3600), Alarm::Soon);
        let expected = [(start, Alarm::EverybodyAsked), soon];
        assert_eq!(alarms(&world), expected[..2 - usize::from(claimed)], "claimed: {claimed}");
    }
}

#[test]
fn nobody_is_warned_of_a_campaign_that_has_what_it_wants() {
    let template = Template { alarm_before: Some(seconds(3600)), ..Template::new("t") };
    let mut world = World::new(vec![template]);
    let until = Some(world.now + seconds(7200));
    world.ok(Input::Open(Open { until, ..open("c", 1, list(&[1])) }));
    world.claim(0);
    world.end(0);
    world.pass(seconds(10_000));
    assert_eq!(alarms(&world), []);
}

/// O5: however late the machine was.
#[test]
fn a_late_tick_calls_nobody_after_hours() {
    let mut world = World::with(
        Template { attempts: 2, pause: seconds(600), ..Template::new("t") },
        1,
        list(&[1]),
    );
    let until = world.now + seconds(700);
    world.ok(Input::Hours { template: "t".into(), until: Some(until) });
    world.end(0);
    world.let_pass(seconds(700));
    world.ok(Input::Tick);
    assert_eq!(world.rows(), [0]);
    world.ok(Input::Hours { template: "t".into(), until: Some(Duration::MAX) });
    assert_eq!(world.rows(), [0, 0]);
}

#[test]
fn a_template_that_is_gone_rings_nobody_until_it_is_there_again() {
    let template = Template::new("t");
    let mut world = World::with(template.clone(), 1, list(&[1, 2, 3]));
    world.ok(Input::Configure { templates: Vec::new() });
    world.end(0);
    assert_eq!(world.rows(), [0]);
    let opened = world.input(Input::Open(open("other", 1, list(&[4]))));
    assert_eq!(opened, Err(RefusedInput::UnknownTemplate("t".into())));
    world.ok(Input::Configure { templates: vec![template] });
    assert_eq!(world.rows(), [0, 1]);
}

#[test]
fn what_makes_no_sense_is_refused() {
    let mut world = World::with(Template::new("t"), 1, list(&[1]));
    let name = || "c".into();
    let (then, by) = (Then::Over, By::Hand);
    let unknown = Input::Disposition { campaign: name(), contact: Row(1), then, by };
    for (input, refused) in [
        (Input::Pause("x".into()), RefusedInput::UnknownCampaign("x".into())),
        (Input::Open(open("c", 1, list(&[1]))), RefusedInput::DuplicateCampaign(name())),
        (Input::Open(open("d", 0, list(&[1]))), RefusedInput::NothingToDo("d".into())),
        (Input::Open(open("d", 1, list(&[]))), RefusedInput::NothingToDo("d".into())),
        (unknown, RefusedInput::UnknownContact(name(), Row(1))),
        (Input::Ended(crate::AttemptId(99)), RefusedInput::UnknownAttempt(crate::AttemptId(99))),
        (Input::Free(number(1)), RefusedInput::NotBusy),
        (
            Input::Choose { campaign: name(), contact: Row(0) },
            RefusedInput::NotAccepted(name(), Row(0)),
        ),
    ] {
        assert_eq!(world.input(input), Err(refused));
    }
}

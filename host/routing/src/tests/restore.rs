//! The floor after its host was away.

use super::world::*;
use crate::{
    AgentConfig, AttemptId, Doing, EndpointConfig, FloorAction, Input, Output, QueueConfig,
    Quieting, RefusedInput, Restored, Rung, Standing, Strategy,
};
use strowger_model::{
    event::{Left, Unanswered},
    read::AgentStatus,
};

fn ring_all(agents: &[&str]) -> QueueConfig {
    QueueConfig { strategy: Strategy::RingAll, ..queue("q", agents) }
}

fn entries(kept: Input) -> Vec<Restored> {
    match kept {
        Input::Restore { entries, .. } => entries,
        other => panic!("{other:?}"),
    }
}

#[test]
fn callers_keep_their_place_and_their_wait() {
    let mut world = World::new(vec![queue("q", &["a"])], &["a"]);
    world.agent("a", FloorAction::Pause(None));
    world.enter_with(1, &["q"], 0, seconds(5));
    world.enter_with(2, &["q"], 0, seconds(60));
    world.enter_with(3, &["q"], 1, seconds(0));
    world.now += seconds(30);
    assert_eq!(world.restart(), []);
    let places = [1, 2, 3].map(|number| world.floor.position(entry(number)).unwrap());
    assert_eq!(places, [3, 2, 1]);
    assert_eq!(world.floor.queue("q", world.now).unwrap().longest_wait, seconds(90));
    world.agent("a", FloorAction::Ready);
    assert_eq!(world.ringing_for(3), ["a"]);
}

#[test]
fn everybody_is_back_before_a_phone_is_rung() {
    let mut world = World::new(vec![queue("q", &["a"])], &["a"]);
    world.enter_with(1, &["q"], 0, seconds(0));
    world.refuse("a", Unanswered::NoAnswer);
    world.enter_with(2, &["q"], 0, seconds(10));
    assert!(world.ringing.is_empty(), "left alone");
    let out = world.restart();
    assert!(
        matches!(&out[..], [Output::Ring { entry: first, .. }] if *first == entry(2)),
        "who waits longest, once being left alone is forgotten: {out:?}"
    );
}

#[test]
fn a_phone_rings_for_the_rest_of_its_time_under_its_number() {
    let mut world = World::new(vec![queue("q", &["a", "b"])], &["a", "b"]);
    world.enter(1, &["q"]);
    let attempt = world.attempt("a");
    world.pass(seconds(10));
    assert_eq!(world.restart(), []);
    world.pass(seconds(4));
    assert_eq!(world.attempt("a"), attempt);
    world.pass(seconds(1));
    assert_eq!(world.ringing_for(1), ["b"], "after 15 s in all");
    assert!(world.attempt("b") > attempt);
}

#[test]
fn ring_time_that_ended_meanwhile_goes_on_to_the_next_phone() {
    let agent =
        AgentConfig { endpoints: vec![EndpointConfig::default(); 2], ..AgentConfig::new("a") };
    let mut world = World::with(vec![queue("q", &["a"])], vec![agent]);
    world.enter(1, &["q"]);
    world.now += seconds(20);
    let out = world.restart();
    assert!(
        matches!(out[..], [Output::Cancel { .. }, Output::Ring { endpoint: 1, .. }]),
        "{out:?}"
    );
}

#[test]
fn a_conversation_goes_on_and_wraps_up() {
    let mut world =
        World::new(vec![QueueConfig { wrap_up: seconds(10), ..queue("q", &["a"]) }], &["a"]);
    world.enter(1, &["q"]);
    world.answer("a");
    assert_eq!(world.restart(), []);
    assert_eq!(world.status("a"), AgentStatus::Talking);
    world.enter(2, &["q"]);
    assert!(world.ringing.is_empty());
    world.end(1);
    assert_eq!(world.status("a"), AgentStatus::WrapUp);
    world.pass(seconds(4));
    assert_eq!(world.restart(), []);
    world.pass(seconds(5));
    assert_eq!(world.status("a"), AgentStatus::WrapUp);
    world.pass(seconds(1));
    assert_eq!(world.ringing_for(2), ["a"]);
}

#[test]
fn agents_stand_as_they_stood() {
    let mut world =
        World::new(vec![queue("q", &["a", "b", "c"]), queue("q2", &["b"])], &["a", "b", "c"]);
    world.agent("a", FloorAction::LogOut);
    world.agent("b", FloorAction::Pause(None));
    world.agent("c", FloorAction::Join("q2".into()));
    world.agent("c", FloorAction::Leave("q".into()));
    let standing = world.floor.standing("c").unwrap();
    assert_eq!((standing.joined, standing.left), (vec!["q2".into()], vec!["q".into()]));
    world.restart();
    assert_eq!(world.status("a"), AgentStatus::LoggedOut);
    assert_eq!(world.status("b"), AgentStatus::Paused);
    world.enter(1, &["q"]);
    assert!(world.ringing.is_empty());
    world.enter(2, &["q2"]);
    assert_eq!(world.ringing_for(2), ["c"]);
    assert_eq!(world.floor.standing("d"), None);
}

#[test]
fn a_phone_that_is_being_hung_up_is_not_rung_before_it_is_quiet() {
    let mut world = World::new(vec![ring_all(&["a"])], &["a"]);
    world.enter(1, &["q"]);
    world.input(Input::Leave { entry: entry(1), hung_up: false }).unwrap();
    world.enter(2, &["q"]);
    assert_eq!(world.restart(), []);
    assert!(world.ringing.is_empty());
    world.quiet();
    assert_eq!(world.ringing_for(2), ["a"]);
}

/// The site changed while the host was away.
#[test]
fn who_is_not_there_any_more() {
    let mut world = World::new(
        vec![queue("q", &["a"]), queue("q2", &["b"]), queue("q3", &["c", "d"])],
        &["a", "b", "c", "d"],
    );
    world.enter(1, &["q"]);
    world.answer("a");
    world.enter(2, &["q2"]);
    world.enter(3, &["q2", "q3"]);
    world.refuse("c", Unanswered::Declined);
    assert_eq!(
        (world.ringing_for(2), world.ringing_for(3)),
        (vec!["b".to_owned()], vec!["d".to_owned()])
    );

    let out = world.restart_with(
        vec![queue("q", &["e"]), queue("q3", &["c"])],
        vec![AgentConfig::new("e"), AgentConfig::new("c")],
    );
    let left = |output: &Output| matches!(output, Output::Left { entry: who, why: Left::NobodyLoggedIn } if *who == entry(2));
    assert!(out.iter().any(left), "no queue of it is left: {out:?}");
    assert_eq!(world.ringing_for(3), ["c"], "d is not there any more, c is not left alone");
    assert_eq!(world.floor.agent("a"), None);
    assert!(matches!(world.end(1)[..], []), "the conversation goes on to its end");
    world.restart_with(vec![queue("q", &["a"])], vec![AgentConfig::new("a")]);
    assert_eq!(world.status("a"), AgentStatus::Free);
}

#[test]
fn what_contradicts_itself() {
    let mut world = World::new(vec![queue("q", &["a"])], &["a"]);
    world.enter(1, &["q"]);
    let kept = entries(world.kept());
    let restore = |entries: Vec<Restored>| Input::Restore {
        agents: Vec::new(),
        entries,
        quieting: Vec::new(),
        next_attempt: AttemptId(0),
    };
    let twice = restore([kept.clone(), kept.clone()].concat());
    let floor = || {
        let mut floor = crate::Floor::new();
        let (queues, agents) = (vec![queue("q", &["a"])], vec![AgentConfig::new("a")]);
        floor.input(world.now, Input::Configure { queues, agents }, &mut Vec::new()).unwrap();
        floor
    };
    assert_eq!(
        floor().input(world.now, twice, &mut Vec::new()),
        Err(RefusedInput::DuplicateEntry(entry(1)))
    );

    // An agent who talks to one, rings for two others and wraps up; the same attempt twice.
    let rung = |attempt| Rung {
        attempt: AttemptId(attempt),
        agent: "a".into(),
        endpoint: 0,
        since: world.now + seconds(9),
        first: entry(1),
    };
    let doing = |number, now| Restored { entry: entry(number), now, ..kept[0].clone() };
    let all = vec![
        doing(2, Doing::Waiting { ringing: vec![rung(7), rung(7), rung(3)] }),
        doing(3, Doing::Waiting { ringing: vec![rung(8)] }),
        doing(4, Doing::Talking { agent: "a".into(), queue: None, held: false }),
        doing(5, Doing::Talking { agent: "a".into(), queue: None, held: false }),
    ];
    let standing = Standing {
        logged_in: true,
        wrap_up_until: Some(world.now + seconds(5)),
        ..Standing::default()
    };
    let quieting = vec![Quieting { attempt: AttemptId(7), agent: "a".into() }];
    let input = Input::Restore {
        agents: vec![("a".into(), standing)],
        entries: all,
        quieting,
        next_attempt: AttemptId(4),
    };
    let (mut floor, mut out) = (floor(), Vec::new());
    floor.input(world.now, input, &mut out).unwrap();
    floor.assert_sound();
    assert_eq!(floor.agent("a"), Some(AgentStatus::Talking));
    let cancelled = out.iter().filter(|output| matches!(output, Output::Cancel { .. })).count();
    assert_eq!((cancelled, out.len()), (2, 2), "{out:?}");
    assert_eq!(
        floor.input(world.now, Input::Ended { entry: entry(5) }, &mut out),
        Err(RefusedInput::UnknownEntry(entry(5)))
    );
    for attempt in [3, 7, 8] {
        floor
            .input(
                world.now,
                Input::Unanswered { attempt: AttemptId(attempt), why: Unanswered::Cancelled },
                &mut out,
            )
            .unwrap();
    }
    out.clear();
    floor.input(world.now, Input::Ended { entry: entry(4) }, &mut out).unwrap();
    assert_eq!((floor.agent("a"), out.len()), (Some(AgentStatus::WrapUp), 0));
    floor.input(world.now + seconds(5), Input::Tick, &mut out).unwrap();
    assert!(matches!(out[..], [Output::Ring { attempt: AttemptId(9), .. }]), "{out:?}");
}

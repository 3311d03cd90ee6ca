//! Two calls with one contact, calls that could not begin, and calls that dial long after they began.

use super::world::*;
use crate::{By, Claimed, Input, LATER, Output, Over, RefusedInput, Row, Template, Then};

fn template() -> Template {
    Template { attempts: 2, at_once: 2, ..Template::new("t") }
}

fn ended(out: &[Output]) -> bool {
    out.contains(&Output::Ended { campaign: "c".into(), why: Over::Filled })
}

/// F2, O3: the telephone of somebody rings, who calls back meanwhile and accepts.
#[test]
fn a_place_that_was_accepted_in_a_call_back_outlives_the_call_that_rings() {
    for then in [Then::Again, Then::Over, Then::NotBefore(seconds(1_790_000_100))] {
        let mut world = World::with(template(), 1, list(&[1, 2]));
        let attempt = world.call(0);
        world.ok(Input::Dials(attempt));
        let back = calls_back(Row(0));
        let out = world.ok(Input::Claim { campaign: "c".into(), contact: Row(0), by: back });
        assert!(out.contains(&Output::Accepted { attempt }), "its other call is told: {out:?}");
        assert!(ended(&out));
        world.say(0, then);
        world.end(0);
        world.pass(seconds(10_000));
        assert_eq!(world.rows(), [0], "nobody else gets the place");
        assert_eq!(world.dialler.status("c").unwrap().reached, 1);
        // The one who has the place may still give it back.
        world.ok(Input::Disposition {
            campaign: "c".into(),
            contact: Row(0),
            then: Then::Over,
            by: back,
        });
        assert_eq!(world.rows(), [0, 1]);
    }
}

/// F2.
#[test]
fn who_accepts_in_two_calls_has_one_place() {
    let mut world = World::with(template(), 2, list(&[1, 2, 3]));
    assert_eq!(world.claim_by(0, By::Attempt(world.call(0))), Claimed::Won);
    assert_eq!(world.claim_by(0, calls_back(Row(0))), Claimed::Won, "it is the same place");
    assert_eq!(world.dialler.status("c").unwrap().reached, 1);
}

/// O3.
#[test]
fn one_that_is_filled_by_a_call_back_after_its_list_is_filled() {
    let mut world = World::with(Template::new("t"), 1, list(&[1]));
    world.end(0);
    let out =
        world.ok(Input::Claim { campaign: "c".into(), contact: Row(0), by: calls_back(Row(0)) });
    assert!(ended(&out), "{out:?}");
}

/// O1.
#[test]
fn a_call_that_cannot_begin_counts_for_nothing() {
    let mut world =
        World::with(Template { at_once: 1, attempts: 1, ..template() }, 1, list(&[1, 2]));
    for _ in 0..5 {
        let attempt = world.call(0);
        world.ok(Input::Full { template: "t".into(), full: true });
        world.ok(Input::CannotBegin(attempt));
        world.pass(seconds(1000));
        let contact = world.dialler.contact("c", Row(0)).unwrap();
        assert_eq!((contact.attempts, contact.calling), (0, None));
        assert!(world.live.is_empty(), "nobody is called meanwhile");
        world.ok(Input::Full { template: "t".into(), full: false });
    }
    world.end(0);
    assert_eq!(world.rows(), [0, 0, 0, 0, 0, 0, 1]);
}

/// O4: an agent was not found; and nobody was dialled.
#[test]
fn an_attempt_is_a_dial() {
    let mut world = World::with(Template { at_once: 1, attempts: 1, ..template() }, 1, list(&[1]));
    for _ in 0..3 {
        world.ok(Input::Ended(world.call(0)));
        assert_eq!(world.dialler.contact("c", Row(0)).unwrap().attempts, 0);
        world.pass(LATER);
        world.ok(Input::Tick);
    }
    world.end(0);
    assert_eq!(world.dialler.contact("c", Row(0)).unwrap().attempts, 1);
    world.pass(LATER);
    assert_eq!(world.rows(), [0; 4]);
}

/// O4, O5.
#[test]
fn what_holds_for_a_call_that_begins_holds_when_it_dials() {
    let refused = |what: Input| {
        let mut world = World::with(Template { gives_way: true, ..template() }, 1, list(&[1]));
        world.ok(what);
        let attempt = world.call(0);
        matches!(world.input(Input::Dials(attempt)), Err(RefusedInput::NotNow(_)))
    };
    let template = || "t".into();
    assert!(!refused(Input::Tick));
    assert!(refused(Input::Pause("c".into())));
    assert!(refused(Input::Stop("c".into())));
    assert!(refused(Input::Hours { template: template(), until: None }));
    assert!(refused(Input::Room { template: template(), waiting: true, free: 1, keep: 0 }));
    assert!(refused(Input::NeverAgain(number(1))));
    assert!(refused(Input::Busy(number(1))));
    assert!(!refused(Input::Busy(number(2))));
}

//! Whose turn it is.

use super::world::*;
use crate::{Input, Listed, Open, Output, Template, Then};
use std::time::Duration;

fn template() -> Template {
    Template { at_once: 2, attempts: 2, pause: seconds(3600), ..Template::new("t") }
}

#[test]
fn o1_in_the_order_of_the_list_and_never_more_than_places() {
    let mut world = World::with(template(), 1, list(&[1, 2, 3]));
    assert_eq!(world.rows(), [0], "one place, one offer");
    world.end(0);
    world.end(1);
    assert_eq!(world.rows(), [0, 1, 2]);
    world.end(2);
    assert_eq!(world.rows(), [0, 1, 2], "the pause is not over");
    world.pass(seconds(3600));
    assert_eq!(world.rows(), [0, 1, 2, 0], "all were tried once before one is tried again");
}

#[test]
fn at_once_is_the_limit_where_many_places_are_left() {
    let mut world = World::with(template(), 5, list(&[1, 2, 3, 4]));
    assert_eq!(world.rows(), [0, 1]);
    world.end(1);
    assert_eq!(world.rows(), [0, 1, 2]);
}

#[test]
fn f2_the_first_of_many_wins() {
    let mut world = World::with(
        Template { first_wins: true, at_once: 50, ..template() },
        1,
        list(&[1, 2, 3, 4]),
    );
    assert_eq!(world.rows(), [0, 1, 2, 3]);
    world.say(3, Then::Over);
    assert_eq!(world.claim(2), crate::Claimed::Won);
    assert_eq!(world.claim(0), crate::Claimed::Lost);
    let told = |(_, output): &(Duration, Output)| match output {
        Output::Withdrawn { attempt, .. } => Some(world.live[attempt].row.0),
        _ => None,
    };
    let told: Vec<u32> = world.log.iter().filter_map(told).collect();
    assert_eq!(told, [0, 1], "who said no and who has the place are not told");
}

/// O5.
#[test]
fn a_number_in_another_call_is_passed_over_and_called_when_it_is_free() {
    let mut world = World::new(vec![template()]);
    world.ok(Input::Busy(number(1)));
    world.ok(Input::Open(open("c", 1, list(&[1, 2, 3]))));
    assert_eq!(world.rows(), [1]);
    world.ok(Input::Free(number(1)));
    world.end(1);
    assert_eq!(world.rows(), [1, 0], "its turn was before that of 2");
}

/// O5.
#[test]
fn two_campaigns_want_one_number_and_the_higher_priority_has_it() {
    let low = Template { name: "low".into(), ..template() };
    let high = Template { name: "high".into(), priority: 1, ..template() };
    let mut world = World::new(vec![low, high]);
    world.ok(Input::Busy(number(1)));
    for template in ["low", "high"] {
        let open = open(template, 1, list(&[1]));
        world.ok(Input::Open(Open { template: template.into(), ..open }));
    }
    world.ok(Input::Free(number(1)));
    let called = world.live.values().next().unwrap();
    assert_eq!((world.live.len(), called.campaign.as_str()), (1, "high"));
    world.end(0);
    assert_eq!(world.live.values().next().unwrap().campaign.as_str(), "low");
}

/// O2.
#[test]
fn who_asked_for_a_time_is_called_first_then_whatever_the_attempts() {
    let mut world = World::with(Template { attempts: 1, ..template() }, 1, list(&[1, 2, 3]));
    let at = world.now + seconds(600);
    world.say(0, Then::NotBefore(at));
    world.end(0);
    world.pass(seconds(600));
    assert_eq!(world.rows(), [0, 1], "1 talks");
    world.end(1);
    assert_eq!(world.rows(), [0, 1, 0]);
    world.end(0);
    world.end(2);
    world.pass(seconds(100_000));
    assert_eq!(world.rows(), [0, 1, 0, 2], "the one promise was kept");
}

/// O2, O5.
#[test]
fn never_again_is_for_every_campaign() {
    let mut world = World::with(template(), 1, list(&[1, 2]));
    world.ok(Input::NeverAgain(number(1)));
    world.say(0, Then::Over);
    world.end(0);
    world.ok(Input::Open(open("other", 3, list(&[2, 1, 3]))));
    let called: Vec<_> =
        world.live.values().map(|it| (it.campaign.to_string(), it.row.0)).collect();
    assert_eq!(called, [("c".to_owned(), 1), ("other".to_owned(), 2)]);
    world.pass(seconds(100_000));
    assert_eq!(world.rows(), [0, 1, 2]);
    world.ok(Input::MayCall(number(1)));
    world.ok(Input::Open(open("later", 1, list(&[1]))));
    assert_eq!(world.rows(), [0, 1, 2, 0]);
}

/// O4.
#[test]
fn outbound_calls_leave_room_to_inbound_calls() {
    let giving = Template { gives_way: true, at_once: 9, ..template() };
    let mut world = World::new(vec![giving]);
    let room = |waiting, free| Input::Room { template: "t".into(), waiting, free, keep: 1 };
    world.ok(room(false, 0));
    world.ok(Input::Open(open("c", 9, list(&[1, 2, 3, 4]))));
    assert!(world.rows().is_empty());
    world.ok(room(true, 5));
    assert!(world.rows().is_empty(), "a caller waits");
    world.ok(room(false, 2));
    assert_eq!(world.rows(), [0], "of two agents one is kept free");
    world.ok(room(false, 2));
    assert_eq!(world.rows(), [0], "that agent is still counted as free");
    world.ok(room(false, 1));
    world.ok(Input::Placed(world.call(0)));
    assert_eq!(world.rows(), [0]);
    world.ok(room(false, 3));
    assert_eq!(world.rows(), [0, 1, 2]);
    world.ok(room(true, 3));
    world.end(1);
    assert_eq!(world.rows(), [0, 1, 2]);
}

/// F2. The waves' clock stands still while nobody may be rung.
#[test]
fn a_later_wave_joins_the_earlier_ones() {
    let waves = vec![seconds(0), seconds(600), seconds(1800)];
    let template =
        Template { waves, at_once: 9, first_wins: true, pause: seconds(60), ..template() };
    let mut world = World::new(vec![template]);
    world.ok(Input::Hours { template: "t".into(), until: None });
    let wave = |(it, wave)| Listed { number: number(it), wave };
    let contacts = [(1, 1), (2, 0), (3, 2), (4, 0)].map(wave).to_vec();
    world.ok(Input::Open(open("c", 1, contacts)));
    world.pass(seconds(10_000));
    assert!(world.rows().is_empty());
    let until = world.now + seconds(500);
    world.ok(Input::Hours { template: "t".into(), until: Some(until) });
    assert_eq!(world.rows(), [1, 3]);
    world.pass(seconds(10_000));
    assert_eq!(world.rows(), [1, 3], "closed after 500 s");
    world.ok(Input::Hours { template: "t".into(), until: Some(Duration::MAX) });
    world.pass(seconds(99));
    assert_eq!(world.rows(), [1, 3]);
    world.pass(seconds(1));
    assert_eq!(world.rows(), [1, 3, 0]);
    world.ok(Input::Pause("c".into()));
    world.pass(seconds(10_000));
    world.ok(Input::Resume("c".into()));
    world.pass(seconds(1199));
    assert_eq!(world.rows(), [1, 3, 0]);
    world.pass(seconds(1));
    assert_eq!(world.rows(), [1, 3, 0, 2]);
}

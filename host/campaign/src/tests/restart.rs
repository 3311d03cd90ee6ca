//! O5: campaigns outlive the host, and nobody is rung twice.

use super::world::*;
use crate::{Input, Listed, Output, Template, Then};
use std::time::Duration;

fn template() -> Template {
    Template { at_once: 3, attempts: 2, pause: seconds(600), ..Template::new("t") }
}

#[test]
fn a_call_that_is_gone_counts_as_made_and_one_that_lives_goes_on() {
    let mut world = World::with(template(), 3, list(&[1, 2, 3, 4]));
    assert_eq!(world.rows(), [0, 1, 2]);
    let lives = world.call(1);
    world.restart(|attempt| attempt == lives);
    assert_eq!(world.rows(), [0, 1, 2, 3], "0 and 2 have their pause");
    world.pass(seconds(600));
    assert_eq!(world.rows(), [0, 1, 2, 3, 0]);
    world.end(1);
    world.end(0);
    assert_eq!(world.rows(), [0, 1, 2, 3, 0, 2]);
}

#[test]
fn what_was_said_and_promised_is_known() {
    let mut world = World::with(template(), 3, list(&[1, 2, 3]));
    world.say(0, Then::Over);
    world.ok(Input::NeverAgain(number(2)));
    let at = world.now + seconds(60);
    world.say(2, Then::NotBefore(at));
    world.restart(|_| false);
    assert_eq!(world.rows(), [0, 1, 2]);
    world.pass(seconds(60));
    assert_eq!(world.rows(), [0, 1, 2, 2]);
    world.ok(Input::Open(open("other", 1, list(&[2, 4]))));
    assert_eq!(world.rows(), [0, 1, 2, 2, 1], "4 is called, not 2");
}

#[test]
fn the_waves_went_on_meanwhile() {
    let template = Template { waves: vec![seconds(0), seconds(600)], ..template() };
    let wave = |(it, wave)| Listed { number: number(it), wave };
    let mut world = World::with(template, 3, [(1, 0), (2, 1)].map(wave).to_vec());
    world.pass(seconds(400));
    world.let_pass(seconds(100));
    let alive = world.call(0);
    world.restart(|attempt| attempt == alive);
    world.pass(seconds(99));
    assert_eq!(world.rows(), [0]);
    world.pass(seconds(1));
    assert_eq!(world.rows(), [0, 1]);
}

#[test]
fn nobody_is_called_before_the_hours_are_known() {
    let mut world = World::with(template(), 3, list(&[1, 2, 3, 4]));
    world.hours.insert("t".into(), Duration::ZERO);
    let before = world.rows();
    world.restart(|_| false);
    assert_eq!(world.rows(), before);
    let ended = |(_, output): &(Duration, Output)| matches!(output, Output::Ended { .. });
    assert!(!world.log.iter().any(ended));
}

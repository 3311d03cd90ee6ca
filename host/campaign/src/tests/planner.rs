//! F2: one person for a whole period, whom the planner chooses of those who accept.

use super::world::*;
use crate::{Choose, Claimed, Input, Output, Over, Purpose, RefusedInput, Row, Template, Then};

fn world(up_to: u32, contacts: &[u8]) -> World {
    let choose = Choose::Planner { up_to };
    let template = Template { choose, at_once: 2, attempts: 2, ..Template::new("t") };
    World::with(template, 1, list(contacts))
}

fn to_choose(world: &World) -> Vec<u32> {
    let asked = |(_, output): &(_, Output)| match output {
        Output::ToChoose { accepted, .. } => Some(*accepted),
        _ => None,
    };
    world.log.iter().filter_map(asked).collect()
}

fn choose(row: u32) -> Input {
    Input::Choose { campaign: "c".into(), contact: Row(row) }
}

fn accept(world: &mut World, row: u32) {
    assert_eq!(world.claim(row), Claimed::Noted);
    world.end(row);
}

#[test]
fn so_many_accept_then_the_planner_chooses_and_the_others_are_told() {
    let mut world = world(2, &[1, 2, 3, 4]);
    assert_eq!(world.rows(), [0, 1]);
    world.say(0, Then::Over);
    world.end(0);
    accept(&mut world, 1);
    assert!(to_choose(&world).is_empty());
    accept(&mut world, 2);
    assert_eq!(to_choose(&world), [2]);
    assert_eq!(world.rows(), [0, 1, 2], "enough have accepted");
    assert_eq!(world.claim(3), Claimed::Lost, "who calls back is too late");

    assert_eq!(world.input(choose(0)), Err(RefusedInput::NotAccepted("c".into(), Row(0))));
    world.ok(choose(2));
    assert_eq!(world.input(choose(1)), Err(RefusedInput::AllChosen("c".into())));
    assert_eq!(world.live[&world.call(2)].purpose, Purpose::Chosen);
    assert_eq!(world.rows(), [0, 1, 2, 2], "the others are not told yet");
    assert_eq!(world.claim(2), Claimed::Won);
    assert_eq!(world.live[&world.call(1)].purpose, Purpose::NotChosen);
    world.end(2);
    world.say(1, Then::Over);
    let out = world.end(1);
    let ended = Output::Ended { campaign: "c".into(), why: Over::Filled };
    assert!(!out.contains(&ended) && world.log.iter().any(|(_, output)| *output == ended));
    assert_eq!(world.rows(), [0, 1, 2, 2, 1]);
}

#[test]
fn the_chosen_one_declines_and_the_planner_chooses_again() {
    let mut world = world(2, &[1, 2]);
    accept(&mut world, 0);
    accept(&mut world, 1);
    world.ok(choose(1));
    world.say(1, Then::Over);
    world.end(1);
    assert_eq!(to_choose(&world), [2, 1]);
    world.ok(choose(0));
    assert_eq!(world.claim(0), Claimed::Won);
    world.end(0);
    assert_eq!(world.rows(), [0, 1, 1, 0]);
}

#[test]
fn the_chosen_one_cannot_be_reached() {
    let mut world = world(2, &[1, 2, 3]);
    accept(&mut world, 0);
    accept(&mut world, 1);
    world.ok(choose(0));
    world.end(0);
    world.end(0);
    assert_eq!(world.rows(), [0, 1, 0, 0, 2], "as often as the template says, then others again");
    world.end(2);
    world.end(2);
    assert_eq!(to_choose(&world), [2, 1]);
}

/// F2: whoever does not answer holds nobody up.
#[test]
fn while_the_chosen_one_is_not_in_a_call_another_one_can_be_chosen() {
    let mut world = world(2, &[1, 2]);
    accept(&mut world, 0);
    accept(&mut world, 1);
    world.ok(choose(0));
    assert_eq!(world.input(choose(1)), Err(RefusedInput::AllChosen("c".into())), "it rings");
    let template = Template { pause: seconds(3600), ..world.templates["t"].clone() };
    world.ok(Input::Configure { templates: vec![template] });
    world.end(0);
    world.ok(choose(1));
    assert_eq!(world.claim(1), Claimed::Won);
    world.end(1);
    assert_eq!(world.live[&world.call(0)].purpose, Purpose::NotChosen, "has still accepted");
}

#[test]
fn few_accept_and_the_planner_is_asked_when_the_list_is_over() {
    let mut world = world(5, &[1, 2]);
    accept(&mut world, 0);
    world.say(1, Then::Over);
    assert_eq!(to_choose(&world), [1]);
    world.end(1);
    world.pass(seconds(100_000));
    assert_eq!(to_choose(&world), [1], "once");
}

#[test]
fn who_calls_back_when_the_list_is_over_can_be_chosen() {
    let mut world = world(5, &[1, 2]);
    for row in [0, 1, 0, 1] {
        world.end(row);
    }
    let ended = Output::Ended { campaign: "c".into(), why: Over::ListOver };
    assert!(world.log.iter().any(|(_, output)| *output == ended));
    assert_eq!(world.claim(1), Claimed::Noted);
    assert_eq!(to_choose(&world), [1]);
}

//! F2: people who accept in one instant. Each place has one winner, whatever the order, and also if the
//! host dies in the middle.
//!
//! What a person says comes to the dialler as three inputs, in this order: the claim, what came of it,
//! the end of the call. The exchange gives the dialler one input at a time, and has the journal take
//! what comes of it as a whole. So an interleaving is an order of the inputs of all people that keeps
//! the order of each; and the host can die after any of them. Then the step of the call in which that
//! input was given may be lost, though the dialler's own entry is not: the person says the same again.

use super::world::*;
use crate::{Claimed, Output, Over, Row, Stage, Template, Then};
use std::collections::BTreeMap;

const PEOPLE: usize = 3;
/// Of each.
const INPUTS: usize = 3;

/// Every order of the inputs, as the row of who says the next.
fn orders() -> Vec<Vec<u32>> {
    let mut orders = vec![Vec::new()];
    for _ in 0..PEOPLE * INPUTS {
        let longer = |order: &Vec<u32>| {
            let said = |row: &u32| order.iter().filter(|it| *it == row).count();
            let next: Vec<u32> = (0..PEOPLE as u32).filter(|row| said(row) < INPUTS).collect();
            let order = order.clone();
            next.into_iter().map(move |row| [&order[..], &[row]].concat())
        };
        orders = orders.iter().flat_map(longer).collect();
    }
    orders
}

/// What everybody was told.
#[derive(Default)]
struct Told(BTreeMap<u32, Claimed>);

impl Told {
    fn won(&self) -> Vec<u32> {
        self.0.iter().filter(|(_, told)| **told == Claimed::Won).map(|(row, _)| *row).collect()
    }

    /// The input of a person that has this number.
    fn say(&mut self, world: &mut World, row: u32, nth: usize) {
        match nth {
            0 => {
                let told = world.claim(row);
                let before = self.0.insert(row, told);
                assert!(
                    before.is_none_or(|before| before == told),
                    "{before:?}, and then {told:?}"
                );
            }
            1 => {
                let won = self.0[&row] == Claimed::Won;
                world.say(row, if won { Then::Accepted } else { Then::Over });
            }
            _ => drop(world.end(row)),
        }
    }
}

fn play(goal: u32, order: &[u32], death: Option<usize>) {
    let template = Template { first_wins: true, at_once: 9, ..Template::new("t") };
    let mut world = World::with(template, goal, list(&[1, 2, 3]));
    let mut told = Told::default();
    for (at, row) in order.iter().enumerate() {
        let nth = order[..at].iter().filter(|it| *it == row).count();
        told.say(&mut world, *row, nth);
        if death == Some(at) {
            world.restart(|_| true);
            // A call whose end was noted is not taken up again.
            if nth + 1 < INPUTS {
                told.say(&mut world, *row, nth);
            }
        }
        assert!(told.won().len() <= goal as usize);
    }
    let claimed = order.iter().fold(Vec::new(), |mut rows, row| {
        if !rows.contains(row) {
            rows.push(*row);
        }
        rows
    });
    let mut first = claimed[..goal as usize].to_vec();
    first.sort_unstable();
    assert_eq!(told.won(), first, "who accepts first has the place");
    let stage = |row| world.dialler.contact("c", Row(row)).unwrap().stage;
    let have: Vec<u32> = (0..PEOPLE as u32).filter(|row| stage(*row) == Stage::Won).collect();
    assert_eq!(have, first);
    assert_eq!(world.dialler.status("c").unwrap().reached, goal);
    let ended = Output::Ended { campaign: "c".into(), why: Over::Filled };
    assert_eq!(world.log.iter().filter(|(_, output)| *output == ended).count(), 1);
}

#[test]
fn of_people_who_accept_in_one_instant_the_first_have_the_places_in_every_interleaving() {
    let orders = orders();
    assert_eq!(orders.len(), 1680);
    let mut played = 0;
    for goal in [1, 2] {
        for order in &orders {
            for death in (0..order.len()).map(Some).chain([None]) {
                play(goal, order, death);
                played += 1;
            }
        }
    }
    assert_eq!(played, 33_600);
}

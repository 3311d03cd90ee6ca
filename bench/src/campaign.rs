//! Campaigns by themselves.

use crate::{
    figure::{Figure, Measured, Target},
    measure::{Dice, resident},
};
use anyhow::{Result, ensure};
use std::{
    collections::VecDeque,
    hint::black_box,
    time::{Duration, Instant},
};
use strowger_campaign::{By, Dialler, Input, Listed, NumberKey, Open, Output, Template, Then};

pub(crate) const FIGURES: &[&Figure] = &[
    &Figure {
        key: "campaign_inputs_per_s",
        what: "inputs of 100 campaigns with 10,000 contacts in all",
        unit: "1/s",
        target: Target::AtLeast(200_000.0),
        against: "a campaign makes some calls a second",
        alone: false,
        measure: inputs,
    },
    &Figure {
        key: "campaign_contact_bytes",
        what: "memory of a contact of 1,000,000 in 100 campaigns",
        unit: "B",
        target: Target::AtMost(300.0),
        against: "4 KiB of host memory for a waiting call",
        alone: true,
        measure: contact_bytes,
    },
];

const CAMPAIGNS: u64 = 100;
const INPUTS: u64 = 500_000;

fn number(nth: u64) -> NumberKey {
    let mut key = [0; 16];
    key[..8].copy_from_slice(&nth.to_le_bytes());
    NumberKey(key)
}

/// Open for a year, with all campaigns of so many contacts. Every number is in two of them.
fn open(dialler: &mut Dialler, each: u64, out: &mut Vec<Output>) -> Result<()> {
    let template = Template { at_once: 10, attempts: u8::MAX, ..Template::new("template") };
    let hours = Some(Duration::from_secs(366 * 24 * 3600));
    dialler.input(Duration::ZERO, Input::Configure { templates: vec![template] }, out)?;
    let template = "template".into();
    dialler.input(Duration::ZERO, Input::Hours { template, until: hours }, out)?;
    for nth in 0..CAMPAIGNS {
        let of_both = |contact: u64| (nth / 2 * each) + contact;
        let listed = |contact| Listed { number: number(of_both(contact)), wave: 0 };
        let campaign = Open {
            name: format!("campaign-{nth}").into(),
            template: "template".into(),
            goal: 1_000_000,
            until: None,
            contacts: (0..each).map(listed).collect(),
        };
        dialler.input(Duration::ZERO, Input::Open(campaign), out)?;
    }
    Ok(())
}

/// A thousand calls at all times, as long as the lists have people. Of a hundred calls one ends with a
/// place, one with no more calls, five with a call later, and the others with another attempt. Time
/// that passes is no input that counts.
fn inputs() -> Result<Measured> {
    let (mut dialler, mut dice, mut out) = (Dialler::new(), Dice::new(7), Vec::new());
    open(&mut dialler, 100, &mut out)?;
    let (mut todo, mut taken, mut calls, mut refused) = (VecDeque::new(), 0, 0u64, 0u64);
    let (mut now, begun) = (Duration::ZERO, Instant::now());
    while taken < INPUTS {
        for output in out.drain(..) {
            let Output::Due { campaign, contact, attempt, .. } = output else { continue };
            calls += 1;
            let by = By::Attempt(attempt);
            todo.push_back(Input::Dials(attempt));
            match dice.roll(100) {
                0 => todo.push_back(Input::Claim { campaign, contact, by }),
                1 => {
                    let then = Then::Over;
                    todo.push_back(Input::Disposition { campaign, contact, then, by });
                }
                2..=6 => {
                    let then = Then::NotBefore(now + Duration::from_secs(dice.roll(100)));
                    todo.push_back(Input::Disposition { campaign, contact, then, by });
                }
                _ => {}
            }
            todo.push_back(Input::Ended(attempt));
        }
        now += Duration::from_millis(1);
        let Some(input) = todo.pop_front() else {
            ensure!(dialler.next_deadline().is_some(), "the lists are over");
            dialler.input(now, Input::Tick, &mut out)?;
            continue;
        };
        refused += u64::from(dialler.input(now, input, &mut out).is_err());
        taken += 1;
    }
    let value = INPUTS as f64 / begun.elapsed().as_secs_f64();
    let how = format!("{INPUTS} inputs on one core; {calls} calls; {refused} were refused");
    Ok(Measured { value, how })
}

fn contact_bytes() -> Result<Measured> {
    let (mut dialler, mut out) = (Dialler::new(), Vec::new());
    const EACH: u64 = 10_000;
    let before = resident()?;
    open(&mut dialler, EACH, &mut out)?;
    out = Vec::new();
    let bytes = resident()?.saturating_sub(before) as f64;
    black_box((&dialler, &out));
    let value = bytes / (CAMPAIGNS * EACH) as f64;
    Ok(Measured { value, how: "resident memory, without the people's names".to_owned() })
}

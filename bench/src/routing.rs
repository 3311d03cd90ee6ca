//! Queues and agents by themselves.

use crate::{
    figure::{Figure, Measured, Target},
    measure::{Dice, resident},
};
use anyhow::Result;
use std::{
    collections::VecDeque,
    time::{Duration, Instant},
};
use strowger_model::{AgentName, CallId, OrderId, command::Asked, event::Unanswered};
use strowger_routing::{AgentConfig, EntryId, Floor, Input, Output, QueueConfig, Strategy};

pub(crate) const FIGURES: &[&Figure] = &[
    &Figure {
        key: "routing_inputs_per_s",
        what: "inputs of a floor with 10,000 callers, 1,000 agents, 100 queues",
        unit: "1/s",
        target: Target::AtLeast(200_000.0),
        against: "100,000 events/s through the whole exchange, of which a third reach the floor",
        alone: false,
        measure: inputs,
    },
    &Figure {
        key: "routing_entry_bytes",
        what: "memory of a caller of 100,000 who wait in one queue",
        unit: "B",
        target: Target::AtMost(200.0),
        against: "4 KiB of host memory for a waiting call",
        alone: true,
        measure: entry_bytes,
    },
];

const CALLERS: u64 = 10_000;
const AGENTS: u64 = 1_000;
const QUEUES: u64 = 100;
const INPUTS: u64 = 2_000_000;

fn entry(number: u64) -> EntryId {
    EntryId { call: CallId::next(number, None), order: OrderId(1) }
}

fn queue(number: u64) -> Asked {
    Asked::Queue(format!("queue-{number}").into())
}

/// Each agent in two queues, strategies in turn.
fn site() -> Input {
    let strategies =
        [Strategy::LongestIdle, Strategy::RoundRobin, Strategy::Linear, Strategy::RingAll];
    let members = |queue: u64| {
        (0..AGENTS).filter(move |agent| agent % QUEUES == queue || agent / 10 == queue)
    };
    let name = |agent: u64| AgentName::new(format!("agent-{agent}"));
    let queues = (0..QUEUES).map(|number| QueueConfig {
        strategy: strategies[number as usize % strategies.len()],
        ..QueueConfig::new(format!("queue-{number}"), members(number).map(name))
    });
    Input::Configure {
        queues: queues.collect(),
        agents: (0..AGENTS).map(|agent| AgentConfig::new(name(agent))).collect(),
    }
}

/// 10,000 callers at all times. Every tenth phone that rings is not answered, every tenth caller
/// widens, every twentieth gives up.
fn inputs() -> Result<Measured> {
    let (mut floor, mut dice, mut out) = (Floor::new(), Dice::new(7), Vec::new());
    floor.input(Duration::ZERO, site(), &mut out)?;
    let mut next = 0;
    let mut enter = |todo: &mut VecDeque<Input>, dice: &mut Dice| {
        next += 1;
        let ask = vec![queue(dice.roll(QUEUES))];
        todo.push_back(Input::Enter {
            entry: entry(next),
            ask,
            priority: 0,
            waited: Duration::ZERO,
            placed: false,
        });
        if dice.roll(10) == 0 {
            todo.push_back(Input::Widen {
                entry: entry(next),
                ask: vec![queue(dice.roll(QUEUES))],
            });
        }
        if dice.roll(20) == 0 {
            todo.push_back(Input::Leave { entry: entry(next), hung_up: false });
        }
    };
    let mut todo = VecDeque::new();
    for _ in 0..CALLERS {
        enter(&mut todo, &mut dice);
    }
    let (mut taken, mut connected, mut refused) = (0, 0u64, 0u64);
    let mut counted_from = 0;
    let mut begun = Instant::now();
    let mut now = Duration::ZERO;
    while taken < INPUTS + counted_from {
        // The full house is not counted.
        if counted_from == 0 && taken >= CALLERS * 2 {
            (counted_from, begun) = (taken, Instant::now());
        }
        now += Duration::from_micros(50);
        let input = todo.pop_front().unwrap_or(Input::Tick);
        let left = matches!(input, Input::Leave { .. } | Input::Ended { .. });
        taken += 1;
        refused += u64::from(floor.input(now, input, &mut out).is_err());
        if left {
            enter(&mut todo, &mut dice);
        }
        for output in out.drain(..) {
            match output {
                Output::Ring { attempt, .. } if dice.roll(10) == 0 => {
                    todo.push_back(Input::Unanswered { attempt, why: Unanswered::NoAnswer });
                }
                Output::Ring { attempt, .. } => todo.push_back(Input::Answered { attempt }),
                Output::Cancel { attempt, .. } => {
                    todo.push_back(Input::Unanswered { attempt, why: Unanswered::Cancelled })
                }
                Output::Connected { entry, .. } => {
                    connected += 1;
                    todo.push_back(Input::Ended { entry });
                }
                // What comes of the phone is on its way already.
                Output::Passed { .. } | Output::RingsOn { .. } => {}
                Output::Held { .. } | Output::Returned { .. } | Output::Paused { .. } => {}
                Output::Left { .. } => enter(&mut todo, &mut dice),
            }
        }
    }
    let value = INPUTS as f64 / begun.elapsed().as_secs_f64();
    Ok(Measured {
        value,
        how: format!(
            "{INPUTS} inputs on one core; {connected} conversations; {refused} were of callers gone or connected"
        ),
    })
}

fn entry_bytes() -> Result<Measured> {
    const WAITING: u64 = 100_000;
    let (mut floor, mut out) = (Floor::new(), Vec::new());
    let queues = vec![QueueConfig { leave_when_empty: false, ..QueueConfig::new("queue-0", []) }];
    floor.input(Duration::ZERO, Input::Configure { queues, agents: Vec::new() }, &mut out)?;
    let before = resident()?;
    for number in 0..WAITING {
        let input = Input::Enter {
            entry: entry(number + 1),
            ask: vec![queue(0)],
            priority: 0,
            waited: Duration::ZERO,
            placed: false,
        };
        floor.input(Duration::from_millis(number), input, &mut out)?;
    }
    let value = (resident()? - before) as f64 / WAITING as f64;
    let begun = Instant::now();
    let places: u64 =
        (1..=1000).map(|number| u64::from(floor.position(entry(number * 100)).unwrap_or(0))).sum();
    let place = begun.elapsed() / 1000;
    Ok(Measured {
        value,
        how: format!("resident memory; the place in line is had in {place:?} (checksum {places})"),
    })
}

//! Steps of flows in the sandbox.
//!
//! Calls are played beforehand: each order gets the outcome that it would have in a call that goes
//! well, and the events are kept. What is timed are the steps of such calls, one after the other,
//! each from the state that the last one left.

use crate::{
    figure::{Figure, Measured, Target},
    measure::{micros, middle},
    site,
};
use anyhow::{Context, Result, ensure};
use std::{collections::VecDeque, sync::Arc, time::Duration};
use strowger_model::{
    CallId, Command, Event, Outcome,
    event::{Answerer, Arrival, Cause, GatherEnd, PlayEnd},
};
use strowger_sandbox::{Engine, Flow, Limits, Step};
use strowger_sdk::{Flow as _, types as guest};
use strowger_test_support::{FixedReads, compile_cache, plugin_wasm};

pub(crate) const FIGURES: &[&Figure] = &[
    &Figure {
        key: "step_script_us",
        what: "step of the vaccination helpdesk, warm, over whole calls",
        unit: "us",
        target: Target::AtMost(10.0),
        against: "8 us at the 13th event of a call on toy types, before there was a host",
        alone: false,
        measure: script,
    },
    &Figure {
        key: "step_script_100_us",
        what: "step of a script at its 100th event, warm",
        unit: "us",
        target: Target::AtMost(60.0),
        against: "33 us on toy types, before there was a host",
        alone: false,
        measure: script_100,
    },
    &Figure {
        key: "step_warm_us",
        what: "step of the reception, a state machine, warm, over whole calls",
        unit: "us",
        target: Target::AtMost(2.0),
        against: "1.2 us on a sketch, before there was a host",
        alone: false,
        measure: state_machine,
    },
    &Figure {
        key: "step_vs_native",
        what: "the same, times the same logic compiled natively",
        unit: "times",
        target: Target::Known,
        against: "1: as fast as native code",
        alone: false,
        measure: against_native,
    },
    &Figure {
        key: "step_fresh_us",
        what: "step of the vaccination helpdesk, a fresh instance each time",
        unit: "us",
        target: Target::AtMost(60.0),
        against: "36 to 50 us on a sketch, before there was a host",
        alone: false,
        measure: fresh,
    },
];

const HELPDESK: &str = "vaccination-helpdesk";
const RECEPTION: &str = "reception";

/// A flow of `flows/`, configured as it is there.
fn flow(name: &str) -> Result<Flow> {
    configured(
        name,
        &serde_json::to_string(
            site::flow_file(name)?.get("settings").context("a flow file without settings")?,
        )?,
    )
}

fn configured(plugin: &str, settings: &str) -> Result<Flow> {
    let engine = Engine::new(Some(compile_cache()))?;
    Ok(engine.load(plugin, &plugin_wasm(plugin))?.configure(settings, Limits::default())?)
}

fn call() -> CallId {
    CallId::next(FixedReads::NOW.0, None)
}

fn arrival() -> Event {
    Event::Arrived(Box::new(Arrival {
        call: call(),
        caller: Some("+32470123456".into()),
        caller_name: None,
        endpoint: None,
        dialled: "+3292000300".into(),
        diverted_from: None,
        line: Some("trunk".into()),
        adapter: "sim".into(),
        data: String::new(),
        at: FixedReads::NOW,
    }))
}

/// How the calls that are played end.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Ending {
    /// An agent answers.
    Agent,
    /// Nobody does, until the flow's time is up and it dials somebody else.
    Overflow,
}

/// The events of a call from its arrival to `finish`.
fn whole_call(flow: &Flow, ending: Ending) -> Result<Vec<Event>> {
    let reads = FixedReads::shared();
    let mut events = Vec::new();
    let (mut soon, mut later) = (VecDeque::from([arrival()]), VecDeque::new());
    let mut state = Box::default();
    while let Some(event) = soon.pop_front().or_else(|| later.pop_front()) {
        let step = flow.step(call(), &state, &event, reads.clone())?;
        ensure!(step.faults.is_empty(), "a step faulted: {}", step.faults[0]);
        events.push(event);
        for order in step.orders.iter().filter_map(|ordered| ordered.order().cloned()) {
            if matches!(order.command, Command::Finish { .. }) {
                return Ok(events);
            }
            match &order.command {
                Command::Cancel { order } => {
                    later.retain(|event| !matches!(event, Event::Order { id, .. } if id == order))
                }
                // When all is said the agent hangs up.
                Command::EnterQueue(entry) if ending == Ending::Agent => {
                    later.push_back(Event::HungUp {
                        leg: entry.agent_leg.clone(),
                        cause: Cause::Normal,
                    });
                }
                _ => {}
            }
            let (now, then) = outcomes(&order.command, ending);
            soon.extend(now.into_iter().map(|outcome| Event::Order { id: order.id, outcome }));
            later.extend(then.into_iter().map(|outcome| Event::Order { id: order.id, outcome }));
        }
        state = step.state;
    }
    anyhow::bail!(
        "the flow waits for something that this benchmark does not play; it had {} events",
        events.len()
    )
}

/// What comes of an order at once, and when nothing else happens any more.
fn outcomes(command: &Command, ending: Ending) -> (Vec<Outcome>, Vec<Outcome>) {
    let now = match command {
        Command::Answer => vec![Outcome::Answered],
        Command::Play { .. } => vec![Outcome::Played(PlayEnd::Whole)],
        Command::Gather(_) => {
            vec![Outcome::Gathered { digits: "1".into(), proof: None, end: GatherEnd::Enough }]
        }
        Command::EnterQueue(entry) => {
            let connected = Outcome::Connected { leg: entry.agent_leg.clone(), agent: "an".into() };
            let queued = Outcome::Queued { position: 1 };
            if ending == Ending::Agent { vec![queued, connected] } else { vec![queued] }
        }
        Command::Dial(_) => vec![Outcome::Ringing, Outcome::LegAnswered(Answerer::Unknown)],
        Command::Connect { .. } => vec![Outcome::Joined],
        Command::Timer { .. } => return (Vec::new(), vec![Outcome::Timer]),
        _ => Vec::new(),
    };
    (now, Vec::new())
}

/// What a step takes on average over these calls.
fn average(
    calls: &[Vec<Event>],
    mut step: impl FnMut(&[u8], &Event) -> Result<Step>,
) -> Result<Duration> {
    let steps: usize = calls.iter().map(Vec::len).sum();
    let time = middle(50, 20, || {
        for events in calls {
            let mut state = Box::default();
            for event in events {
                state = step(&state, event)?.state;
            }
        }
        Ok(())
    })?;
    Ok(time / steps as u32)
}

fn script() -> Result<Measured> {
    let flow = flow(HELPDESK)?;
    let calls = [whole_call(&flow, Ending::Agent)?, whole_call(&flow, Ending::Overflow)?];
    let reads = FixedReads::shared();
    let time =
        average(&calls, |state, event| Ok(flow.step(call(), state, event, reads.clone())?))?;
    let [agent, overflow] = calls.map(|events| events.len());
    Ok(Measured {
        value: micros(time),
        how: format!(
            "a call of {agent} events with an agent, one of {overflow} that overflows to the central"
        ),
    })
}

fn script_100() -> Result<Measured> {
    const NTH: usize = 100;
    let flow = configured("carousel", "{}")?;
    let reads = FixedReads::shared();
    let (mut state, mut event) = (Box::<[u8]>::default(), arrival());
    for _ in 1..NTH {
        let step = flow.step(call(), &state, &event, reads.clone())?;
        let order = step
            .orders
            .iter()
            .filter_map(|ordered| ordered.order().cloned())
            .next_back()
            .context("a step without an order")?;
        let outcome = outcomes(&order.command, Ending::Agent)
            .0
            .into_iter()
            .next()
            .context("an order without an outcome")?;
        (state, event) = (step.state, Event::Order { id: order.id, outcome });
    }
    let time = middle(50, 200, || {
        flow.step(call(), &state, &event, reads.clone())?;
        Ok(())
    })?;
    Ok(Measured {
        value: micros(time),
        how: format!("a script that plays again and again; {} bytes of state", state.len()),
    })
}

fn state_machine() -> Result<Measured> {
    let (time, events) = state_machine_time()?;
    Ok(Measured {
        value: micros(time),
        how: format!("a call of {events} events: greeting, a key, a queue, an agent"),
    })
}

fn state_machine_time() -> Result<(Duration, usize)> {
    let flow = flow(RECEPTION)?;
    let calls = [whole_call(&flow, Ending::Agent)?];
    let reads = FixedReads::shared();
    let time =
        average(&calls, |state, event| Ok(flow.step(call(), state, event, reads.clone())?))?;
    Ok((time, calls[0].len()))
}

fn against_native() -> Result<Measured> {
    let (sandboxed, events) = state_machine_time()?;
    let native = native()?;
    let value = sandboxed.as_secs_f64() / native.as_secs_f64();
    Ok(Measured {
        value,
        how: format!(
            "{sandboxed:?} against {native:?} over the same {events} events; copying the event in is part of both"
        ),
    })
}

/// The reception as plain Rust, with the same settings and the same call.
fn native() -> Result<Duration> {
    let settings =
        site::flow_file(RECEPTION)?.remove("settings").context("a flow file without settings")?;
    let settings: &'static reception::Settings = Box::leak(Box::new(settings.try_into()?));
    let step = |state, event| {
        reception::Reception::step(settings, state, event).map_err(anyhow::Error::msg)
    };

    let mut events = Vec::new();
    let mut soon = VecDeque::from([guest::Event::Arrived(guest::Arrival {
        call: call().to_string(),
        caller: Some("+32470123456".into()),
        caller_name: None,
        endpoint: None,
        dialled: "+3292000300".into(),
        diverted_from: None,
        line: Some("trunk".into()),
        adapter: "sim".into(),
        data: String::new(),
        at: FixedReads::NOW.0,
    })]);
    let mut state = Vec::new();
    while let Some(event) = soon.pop_front() {
        events.push(event.clone());
        let result = step(state, event)?;
        state = result.state;
        for order in result.orders {
            let outcomes = match order.command {
                guest::Command::Answer => vec![guest::Outcome::Answered],
                guest::Command::Gather(_) => {
                    vec![guest::Outcome::Gathered(guest::Digits {
                        digits: "1".into(),
                        proof: None,
                        end: guest::GatherEnd::Enough,
                    })]
                }
                guest::Command::EnterQueue(entry) => {
                    let connected = guest::Connected { leg: entry.agent_leg, agent: "an".into() };
                    vec![guest::Outcome::Queued(1), guest::Outcome::Connected(connected)]
                }
                _ => Vec::new(),
            };
            soon.extend(
                outcomes.into_iter().map(|outcome| {
                    guest::Event::Order(guest::OrderEvent { id: order.id, outcome })
                }),
            );
        }
    }
    let time = middle(50, 2_000, || {
        let mut state = Vec::new();
        for event in &events {
            let result = std::hint::black_box(step(state, event.clone())?);
            state = result.state;
        }
        Ok(())
    })?;
    Ok(time / events.len() as u32)
}

fn fresh() -> Result<Measured> {
    let both = [HELPDESK, RECEPTION].map(|name| -> Result<Duration> {
        let flow = flow(name)?;
        let calls = [whole_call(&flow, Ending::Agent)?];
        let reads: Arc<FixedReads> = FixedReads::shared();
        average(&calls, |state, event| Ok(flow.step_fresh(call(), state, event, reads.clone())?))
    });
    let [helpdesk, reception] = both;
    Ok(Measured {
        value: micros(helpdesk?),
        how: format!(
            "instance made, settings read, step taken, instance gone; the reception takes {:?}",
            reception?
        ),
    })
}

//! Recorded calls run again: the same events and answers, on the version that had them or on
//! another plugin, and where its orders differ.
//!
//! A replay goes no further than the first difference: what the flow was told from there on came of
//! orders that it no longer gives.

use std::{mem, sync::Arc};
use strowger_model::{
    CallId, Command, Event, FlowVersion, StepRecord, Timestamp,
    step::{Ordered, Playback},
};
use strowger_sandbox::Flow;

/// A call as it was recorded: its steps by number.
pub struct Recorded<'a> {
    /// The call.
    pub call: CallId,
    /// From number 0 on, in order.
    pub steps: &'a [(u32, StepRecord)],
}

/// What came of a replay.
#[derive(Clone, Debug, PartialEq)]
pub enum Verdict {
    /// Every step gave the orders that were recorded.
    Same,
    /// A step did not.
    Differs(Box<Difference>),
    /// It could not be run to its end.
    Impossible(String),
}

/// The first step that went otherwise.
#[derive(Clone, Debug, PartialEq)]
pub struct Difference {
    /// The step's number.
    pub step: u32,
    /// When it was taken.
    pub at: Timestamp,
    /// The version that took it.
    pub on: FlowVersion,
    /// What the flow was told.
    pub event: Event,
    /// What is otherwise.
    pub what: Otherwise,
}

/// What a step did otherwise.
#[derive(Clone, Debug, PartialEq)]
pub enum Otherwise {
    /// Other orders.
    Orders {
        /// As recorded.
        recorded: Vec<Ordered>,
        /// As ordered now.
        now: Vec<Ordered>,
    },
    /// It asked what it had not asked then: nobody knows what the answer would have been.
    Asked(String),
    /// It fails now.
    Fails(String),
    /// It failed then, as recorded, and does not now.
    NoLongerFails {
        /// Why it failed.
        recorded: String,
        /// As ordered now.
        now: Vec<Ordered>,
    },
}

/// Runs a call again. `flow` gives what runs in place of a version, once for each time that the
/// call came to another.
pub fn replay(
    recorded: &Recorded<'_>,
    mut flow: impl FnMut(&FlowVersion) -> Result<Flow, String>,
) -> Verdict {
    let mut current: Option<(FlowVersion, Flow)> = None;
    let mut state: Box<[u8]> = Box::default();
    // Flows that rest behind the one that has the call, with their state.
    let mut resting: Vec<(FlowVersion, Flow, Box<[u8]>)> = Vec::new();
    let mut rests = false;
    for (expected, (number, step)) in (0..).zip(recorded.steps) {
        if *number != expected {
            return Verdict::Impossible(format!(
                "step {expected} is missing: the journal could not be written then"
            ));
        }
        if let Event::CameBack { .. } = step.event
            && let Some(on) = &step.on
            && let Some(place) = resting.iter().position(|(resting, ..)| resting == on)
        {
            resting.truncate(place + 1);
            if let Some((on, flow, before)) = resting.pop() {
                (current, state) = (Some((on, flow)), before);
            }
        } else if let Some(on) =
            step.on.as_ref().filter(|on| current.as_ref().is_none_or(|(current, _)| current != *on))
        {
            let next = match flow(on) {
                Ok(flow) => Some((on.clone(), flow)),
                Err(why) => return Verdict::Impossible(why),
            };
            // Another flow takes the call from its beginning.
            let before = (mem::replace(&mut current, next), mem::take(&mut state));
            if let (Some((on, flow)), state) = before
                && rests
            {
                resting.push((on, flow, state));
            }
        }
        let Some((on, flow)) = &current else {
            return Verdict::Impossible(
                "its first step does not say on which version it was".to_owned(),
            );
        };
        match again(flow, recorded.call, &state, step) {
            Ok(after) => {
                state = after.unwrap_or(state);
                rests = step.orders.iter().any(lets_rest);
            }
            Err(what) => {
                let difference = Difference {
                    step: *number,
                    at: step.at,
                    on: on.clone(),
                    event: step.event.clone(),
                    what,
                };
                return Verdict::Differs(Box::new(difference));
            }
        }
    }
    match recorded.steps {
        [] => Verdict::Impossible("no steps of it are kept".to_owned()),
        _ => Verdict::Same,
    }
}

/// Whether an order lets another flow have the call until a switch is turned.
fn lets_rest(order: &Ordered) -> bool {
    let Ordered::Order(order) = order else { return false };
    matches!(&order.command, Command::ContinueWith { back_on, .. } if !back_on.is_empty())
}

/// Takes a step again. The state after it; none: it failed, as it did then.
fn again(
    flow: &Flow,
    call: CallId,
    state: &[u8],
    recorded: &StepRecord,
) -> Result<Option<Box<[u8]>>, Otherwise> {
    let reads = Arc::new(Playback::new(recorded));
    let step = flow.step(call, state, &recorded.event, reads.clone());
    if let Some(question) = reads.unanswered() {
        return Err(Otherwise::Asked(question));
    }
    let step = match (step, &recorded.fault) {
        (Ok(step), _) => step,
        (Err(_), Some(_)) => return Ok(None),
        (Err(fault), None) => return Err(Otherwise::Fails(fault.to_string())),
    };
    match &recorded.fault {
        Some(fault) => Err(Otherwise::NoLongerFails { recorded: fault.clone(), now: step.orders }),
        None if step.orders != recorded.orders => {
            Err(Otherwise::Orders { recorded: recorded.orders.clone(), now: step.orders })
        }
        None => Ok(Some(step.state)),
    }
}

//! What happens in the demo, and what must come of it.

use std::{collections::BTreeMap, time::Duration};
use strowger_flows::Snapshot;
use strowger_model::PhoneNumber;
use strowger_scenario::What;
use strowger_sim::Caller;

/// The flow that the demo shows.
pub(super) const FLOW: &str = "vaccination-helpdesk";

/// Said first.
pub(super) const OPENING: &str = "\
The vaccination helpdesk of a town: two agents, a queue, a central helpdesk behind it.
Six people call within half a minute. (In the copy that runs here the wait text comes every
4 s instead of every 60, and callers are sent on after 6 s instead of 180.)
";

/// Said last.
pub(super) const NEXT: &str = "\
What to try next
  strowger test flows --verbose     the same flow with its real figures, a month of calls in seconds
  strowger check flows              change flows/vaccination-helpdesk/flow.toml, and see what it says
  strowger serve                    a host on the sim; then `strowger call` and `strowger flows`
  docs/command-line.md              Asterisk, and everything else";

/// Addresses of phones in the copied site, seconds until they are answered, seconds until they are
/// hung up.
pub(super) const PHONES: [(&str, u64, u64); 2] = [("PJSIP/an", 2, 9), ("PJSIP/bram", 2, 10)];

/// A moment of the demo.
pub(super) enum Scene {
    /// Somebody calls.
    Call {
        /// Whose number it is.
        from: &'static str,
        /// Seconds, of somebody who does not wait.
        patience: Option<u64>,
    },
    /// Something is explained.
    Say(&'static str),
    /// The flow file is changed.
    Change(Change),
}

/// A change of the flow file.
#[derive(Clone, Copy)]
pub(super) enum Change {
    /// Another welcome.
    Good,
    /// A setting that is no number.
    Bad,
    /// As it was.
    Mended,
}

const CALLERS: [(&str, &str, &str); 6] = [
    ("+32470000001", "Aïcha", "answered"),
    ("+32470000002", "Bert", "answered"),
    ("+32470000003", "Chantal", "overflow"),
    ("+32470000004", "Dirk", "abandoned"),
    ("+32470000005", "Els", "answered"),
    ("+32470000006", "Farid", "answered"),
];

/// What happens, and at which millisecond.
pub(super) fn scenes() -> Vec<(u64, Scene)> {
    let call = |index: usize, patience| Scene::Call { from: CALLERS[index].0, patience };
    vec![
        (0, Scene::Say("--- Aïcha and Bert are helped at once")),
        (0, call(0, None)),
        (1000, call(1, None)),
        (
            2500,
            Scene::Say(
                "--- all agents are busy: Chantal waits and is sent on, Dirk loses patience",
            ),
        ),
        (2500, call(2, None)),
        (3500, call(3, Some(5))),
        (12000, Scene::Say("--- an operator edits the welcome in flow.toml and saves it")),
        (12000, Scene::Change(Change::Good)),
        (13500, call(4, None)),
        (15500, Scene::Say("--- and now a mistake: overflow_after = \"soon\"")),
        (15500, Scene::Change(Change::Bad)),
        (17000, call(5, None)),
        (18500, Scene::Say("--- the mistake is mended")),
        (18500, Scene::Change(Change::Mended)),
    ]
}

/// What must come of it, by caller.
pub(super) fn outcomes() -> BTreeMap<String, String> {
    CALLERS.iter().map(|(_, name, outcome)| ((*name).to_owned(), (*outcome).to_owned())).collect()
}

/// Who calls.
pub(super) fn name(from: Option<&str>) -> String {
    let known = CALLERS.iter().find(|(number, ..)| Some(*number) == from);
    known.map_or_else(|| from.unwrap_or("somebody").to_owned(), |(_, name, _)| (*name).to_owned())
}

pub(super) fn caller(from: &str, patience: Option<u64>, number: &str) -> Caller {
    Caller {
        from: Some(from.to_owned()),
        to: number.to_owned(),
        leaves: patience.map(Duration::from_secs),
        ..Caller::default()
    }
}

/// The number of the flow.
pub(super) fn number(snapshot: &Snapshot) -> Option<String> {
    Some(snapshot.flows.get(FLOW)?.numbers.first()?.as_str().to_owned())
}

/// Outside numbers that the flow may dial.
pub(super) fn numbers(snapshot: &Snapshot) -> Vec<String> {
    let flow = snapshot.flows.get(FLOW);
    let granted = flow.into_iter().flat_map(|flow| &flow.permissions.dial);
    granted
        .filter_map(|pattern| pattern.as_str().parse::<PhoneNumber>().ok())
        .map(|number| number.to_string())
        .collect()
}

/// What one would want to see.
pub(super) fn is_shown(what: &What) -> bool {
    !matches!(what, What::Answered | What::FarEndRings(_) | What::Notes(_) | What::Finishes(_))
}

/// As much of a line as is read at a glance.
pub(super) fn shortened(text: &str) -> String {
    match text.chars().count() {
        0..=100 => text.to_owned(),
        _ => format!("{}...", text.chars().take(97).collect::<String>()),
    }
}

//! Keys that mean something in a conversation, such as `*4` NUMBER `#`.
//!
//! What is keyed is held back for as long as it may still become a pattern: until the pattern is
//! whole, cannot come any more, or no further key came within [`BETWEEN_KEYS`]. The longest pattern
//! wins; what belongs to none is passed on to the others in the conversation and told as digits, in
//! its order. A gather of that leg goes first: it takes its digits before they come here.
//!
//! A watch outlives the host, and what was held back does not.

use super::{Carried, refusal};
use crate::{orders::Kind, turn::Turn};
use serde::{Deserialize, Serialize};
use std::time::Duration;
use strowger_model::{Event, LegName, OrderId, Outcome, event::RefusalReason};

/// Patterns of keys that mean something.
#[derive(Clone, Serialize, Deserialize)]
pub(crate) struct Watching {
    pub(crate) leg: LegName,
    pub(crate) patterns: Vec<String>,
}

impl Kind for Watching {
    fn is_of(&self, leg: &LegName) -> bool {
        &self.leg == leg
    }

    /// What it held back is read without it.
    fn take_back(self, _: OrderId, turn: &mut Turn<'_>) {
        turn.read_keys(&self.leg, true);
    }

    fn leg_gone(&self, _: &LegName) -> Option<Outcome> {
        None
    }

    /// No further key came in time.
    fn due(id: OrderId, turn: &mut Turn<'_>) {
        if let Some(watching) = turn.call.orders.get::<Watching>(id) {
            let leg = watching.leg.clone();
            turn.read_keys(&leg, false);
        }
    }
}

/// The longest pause between two keys of a pattern.
pub(crate) const BETWEEN_KEYS: Duration = Duration::from_secs(3);

/// Keys that are held back, at most: longer than any telephone number with a code before it.
const MOST_KEYS: usize = 40;

/// How what was keyed fits a pattern.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Fit {
    /// It is none, whatever comes.
    No,
    /// Further keys may make it one.
    Begun,
    /// It is one; with `more`, further keys may make it a longer one.
    Whole { more: bool },
}

/// Why a pattern is none.
fn check(pattern: &str) -> Result<(), &'static str> {
    let keys = pattern.as_bytes();
    if keys.is_empty() || keys.len() > MOST_KEYS {
        return Err("a pattern has 1 to 40 keys");
    }
    if !keys.iter().all(|key| matches!(key, b'0'..=b'9' | b'*' | b'#' | b'X' | b'N')) {
        return Err("a pattern is made of 0-9, *, #, X for any digit and N for a run of digits");
    }
    let endless = |pair: &[u8]| pair[0] == b'N' && !matches!(pair[1], b'*' | b'#');
    match keys.windows(2).any(endless) {
        true => Err("a run of digits (N) ends with *, with # or with the pattern"),
        false => Ok(()),
    }
}

fn fit(pattern: &str, keyed: &str) -> Fit {
    let mut keys = keyed.bytes().peekable();
    let mut pattern = pattern.bytes().peekable();
    while let Some(wanted) = pattern.next() {
        let Some(key) = keys.next() else { return Fit::Begun };
        let fits = match wanted {
            b'X' | b'N' => key.is_ascii_digit(),
            literal => key == literal,
        };
        if !fits {
            return Fit::No;
        }
        if wanted == b'N' {
            while keys.next_if(u8::is_ascii_digit).is_some() {}
            if keys.peek().is_none() && pattern.peek().is_none() {
                return Fit::Whole { more: keyed.len() < MOST_KEYS };
            }
        }
    }
    if keys.next().is_some() { Fit::No } else { Fit::Whole { more: false } }
}

/// What `X` and `N` stand for in keys that are the pattern.
fn wildcards(pattern: &str, keyed: &str) -> String {
    let mut keys = keyed.chars().peekable();
    let mut digits = String::new();
    for wanted in pattern.chars() {
        let Some(key) = keys.next() else { break };
        if matches!(wanted, 'X' | 'N') {
            digits.push(key);
        }
        while wanted == 'N'
            && let Some(key) = keys.next_if(char::is_ascii_digit)
        {
            digits.push(key);
        }
    }
    digits
}

impl Turn<'_> {
    pub(crate) fn watch(&mut self, id: OrderId, leg: LegName, patterns: Vec<String>) -> Carried {
        self.call.legs.up(&leg)?;
        if patterns.is_empty() || patterns.len() > 32 {
            return Err(refusal(RefusalReason::Invalid, "a watch has 1 to 32 patterns"));
        }
        for pattern in &patterns {
            check(pattern)
                .map_err(|why| refusal(RefusalReason::Invalid, format!("{pattern:?}: {why}")))?;
        }
        self.call.orders.open(id, None, Watching { leg, patterns });
        Ok(())
    }

    /// A key for the watches of that leg, if there are any.
    pub(crate) fn watch_digit(&mut self, name: &LegName, digit: char) -> bool {
        if self.watches(name).next().is_none() {
            return false;
        }
        if let Some(leg) = self.call.legs.get_mut(name) {
            leg.keyed = format!("{}{digit}", leg.keyed).into();
        }
        self.read_keys(name, true);
        true
    }

    fn watches<'a>(&'a self, name: &'a LegName) -> impl Iterator<Item = (OrderId, &'a str)> {
        let all = self.call.orders.all::<Watching>();
        all.filter(move |(_, watching)| &watching.leg == name).flat_map(|(id, watching)| {
            watching.patterns.iter().map(move |pattern| (id, pattern.as_str()))
        })
    }

    /// Tells what the keys of a leg are, as far as that is known; if more can come, the rest waits
    /// for it.
    fn read_keys(&mut self, name: &LegName, more_can_come: bool) {
        while let Some(keyed) =
            self.call.legs.get(name).map(|leg| leg.keyed.clone()).filter(|keyed| !keyed.is_empty())
        {
            let grows = |(_, pattern): (OrderId, &str)| {
                matches!(fit(pattern, &keyed), Fit::Begun | Fit::Whole { more: true })
            };
            if more_can_come && keyed.len() < MOST_KEYS && self.watches(name).any(grows) {
                break;
            }
            // The longest beginning that is a pattern; else a key that belongs to none.
            let whole = (1..=keyed.len()).rev().find_map(|length| {
                let beginning = &keyed[..length];
                let (id, pattern) = self
                    .watches(name)
                    .find(|(_, pattern)| matches!(fit(pattern, beginning), Fit::Whole { .. }))?;
                Some((id, pattern.to_owned(), length))
            });
            let length = match whole {
                Some((id, pattern, length)) => {
                    let digits = wildcards(&pattern, &keyed[..length]);
                    self.tell(Event::Order { id, outcome: Outcome::Matched { pattern, digits } });
                    length
                }
                None => {
                    let Some(digit) = keyed.chars().next() else { break };
                    self.pass_on(name.clone(), digit);
                    digit.len_utf8()
                }
            };
            if let Some(leg) = self.call.legs.get_mut(name) {
                leg.keyed = leg.keyed[length..].into();
            }
        }
        let waits = self.call.legs.get(name).is_some_and(|leg| !leg.keyed.is_empty());
        let due = waits.then(|| self.in_(BETWEEN_KEYS));
        let watches = self.call.orders.all::<Watching>();
        let watches = watches.filter(|(_, watching)| &watching.leg == name);
        let watches: Vec<OrderId> = watches.map(|(id, _)| id).collect();
        watches.into_iter().for_each(|id| self.call.orders.set_due(id, due));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_fit_patterns() {
        for (pattern, keyed, expected) in [
            ("*4N#", "", Fit::Begun),
            ("*4N#", "*", Fit::Begun),
            ("*4N#", "*5", Fit::No),
            ("*4N#", "*4#", Fit::No),
            ("*4N#", "*4201", Fit::Begun),
            ("*4N#", "*4201#", Fit::Whole { more: false }),
            ("*4N#", "*4201#1", Fit::No),
            ("*#", "*#", Fit::Whole { more: false }),
            ("*48*XX", "*48*1", Fit::Begun),
            ("*48*XX", "*48*12", Fit::Whole { more: false }),
            ("*1N", "*1", Fit::Begun),
            ("*1N", "*12", Fit::Whole { more: true }),
            ("N*N#", "12*34#", Fit::Whole { more: false }),
        ] {
            assert_eq!(fit(pattern, keyed), expected, "{pattern} {keyed}");
        }
        assert_eq!(wildcards("*4N#", "*4201#"), "201");
        assert_eq!(wildcards("N*XX#", "12*34#"), "1234");
    }

    #[test]
    fn a_pattern_ends_its_runs() {
        assert!(check("*4N#").is_ok() && check("*48*XXX").is_ok() && check("*1N").is_ok());
        for wrong in ["", "4A", "N5#", "NN", "NX", "é"] {
            assert!(check(wrong).is_err(), "{wrong}");
        }
    }
}

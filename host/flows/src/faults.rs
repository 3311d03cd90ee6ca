//! The faults of one version of a flow, and whom they befell: a version is withdrawn because of
//! what befalls its callers, and not because of what a few callers can provoke.

use std::{
    collections::{HashSet, VecDeque},
    hash::{DefaultHasher, Hash, Hasher},
    sync::{
        Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU64, Ordering::Relaxed},
    },
};
use strowger_model::Timestamp;

/// Whose call a fault befell. Callers who withhold their number count as one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Whose(u64);

impl Whose {
    pub(crate) fn of(caller: Option<&str>) -> Self {
        let mut hasher = DefaultHasher::new();
        caller.hash(&mut hasher);
        Self(hasher.finish())
    }
}

/// A minute, in milliseconds: faults count for so long.
const MINUTE: u64 = 60_000;
/// Faults that are kept in mind, at most.
const KEPT: usize = 1_000;
/// A version is withdrawn if at least one in so many of its callers meets a fault.
const ONE_IN: usize = 4;

/// What is counted of a version.
#[derive(Debug, Default)]
pub(crate) struct Faults {
    all: AtomicU64,
    lately: Mutex<Lately>,
}

#[derive(Debug, Default)]
struct Lately {
    faults: VecDeque<(Timestamp, Whose)>,
    /// Calls that began in this minute, and in the one before.
    begun: [usize; 2],
    minute: u64,
}

impl Lately {
    fn turn_to(&mut self, at: Timestamp) {
        let minute = at.0 / MINUTE;
        match minute.checked_sub(self.minute) {
            Some(0) => {}
            Some(1) => self.begun = [0, self.begun[0]],
            _ => self.begun = [0; 2],
        }
        self.minute = minute;
    }
}

impl Faults {
    /// All that there were.
    pub(crate) fn all(&self) -> u64 {
        self.all.load(Relaxed)
    }

    /// A call begins.
    pub(crate) fn begun(&self, at: Timestamp) {
        let mut lately = self.lately();
        lately.turn_to(at);
        lately.begun[0] += 1;
    }

    /// Counts a fault. Says whether the version is to be withdrawn: it failed more than `most`
    /// callers within a minute, and they are a good part of those that it served.
    pub(crate) fn count(&self, at: Timestamp, whose: Whose, most: usize) -> bool {
        self.all.fetch_add(1, Relaxed);
        let mut lately = self.lately();
        lately.turn_to(at);
        lately.faults.push_back((at, whose));
        let old = |(first, _): &(Timestamp, Whose)| at.0.saturating_sub(first.0) > MINUTE;
        while lately.faults.len() > KEPT || lately.faults.front().is_some_and(old) {
            lately.faults.pop_front();
        }
        let callers = lately.faults.iter().map(|(_, whose)| whose).collect::<HashSet<_>>().len();
        callers > most && callers * ONE_IN >= lately.begun.iter().sum()
    }

    /// Gives a version that faulted another chance.
    pub(crate) fn forgive(&self) {
        self.lately().faults.clear();
    }

    fn lately(&self) -> MutexGuard<'_, Lately> {
        self.lately.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn caller(number: usize) -> Whose {
        Whose::of(Some(&number.to_string()))
    }

    #[test]
    fn one_caller_withdraws_nothing_and_many_do() {
        let faults = Faults::default();
        let at = Timestamp(60_000_000);
        assert!((0..500).all(|_| !faults.count(at, caller(1), 3)), "one caller, again and again");
        assert!((0..500).all(|_| !faults.count(at, Whose::of(None), 3)), "and withheld numbers");
        assert!(!faults.count(at, caller(2), 3));
        assert!(faults.count(at, caller(3), 3), "the fourth");
        assert_eq!(faults.all(), 1_002);
    }

    #[test]
    fn a_few_of_many_callers_withdraw_nothing() {
        let faults = Faults::default();
        let at = Timestamp(60_000_000);
        (0..100).for_each(|_| faults.begun(at));
        assert!((0..24).all(|number| !faults.count(at, caller(number), 3)));
        assert!(faults.count(at, caller(24), 3), "one in four");
        let later = Timestamp(at.0 + 2 * MINUTE);
        assert!((0..3).all(|number| !faults.count(later, caller(number), 3)), "a minute is over");
    }
}

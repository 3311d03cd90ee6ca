//! Places in line that calls keep for those who are to be called back, by number.
//!
//! Whoever takes a place out of here has it: the call that keeps it, when it is over or an agent has
//! answered, or another call, because that caller is there.

use std::{
    collections::BTreeMap,
    sync::{Mutex, MutexGuard, PoisonError},
};
use strowger_call_port::KeptPlace;
use strowger_model::{CallId, read::CallBackStatus};
use strowger_routing::EntryId;

/// The places that are kept. There are few: all are looked through.
#[derive(Default)]
pub(crate) struct Places(Mutex<BTreeMap<EntryId, KeptPlace>>);

impl Places {
    /// A place is kept, or is another than it was.
    pub(crate) fn keep(&self, place: KeptPlace) {
        self.lock().insert(place.entry, place);
    }

    /// A place is kept no more. False: another call has taken it.
    pub(crate) fn give_up(&self, entry: EntryId) -> bool {
        self.lock().remove(&entry).is_some()
    }

    /// Another call takes all that one keeps.
    pub(crate) fn take(&self, of: CallId) -> Vec<KeptPlace> {
        self.lock().extract_if(.., |entry, _| entry.call == of).map(|(_, place)| place).collect()
    }

    /// The place that is kept for a number; of several, that of whoever waits longest.
    pub(crate) fn of(&self, number: &str) -> Option<CallBackStatus> {
        let places = self.lock();
        let all = places.values().filter(|place| place.number.as_str() == number);
        let first = all.min_by_key(|place| (place.waited_since, place.entry))?;
        Some(CallBackStatus {
            call: first.entry.call,
            flow: first.flow.clone(),
            waited_since: first.waited_since,
            queues: first.queues.clone(),
        })
    }

    /// The map is whole between any two of its operations.
    fn lock(&self) -> MutexGuard<'_, BTreeMap<EntryId, KeptPlace>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use strowger_model::{OrderId, Timestamp};

    fn place(call: u64, order: u32, since: u64) -> KeptPlace {
        KeptPlace {
            entry: EntryId { call: CallId::next(call, None), order: OrderId(order) },
            number: "+32470000001".parse().unwrap(),
            flow: "flow".into(),
            waited_since: Timestamp(since),
            queues: vec!["desk".into()],
        }
    }

    #[test]
    fn a_place_is_taken_once() {
        let places = Places::default();
        let (first, again) = (place(1, 1, 7), place(1, 2, 7));
        let call = first.entry.call;
        places.keep(first.clone());
        places.keep(again.clone());
        assert_eq!(places.of("+32470000001").map(|found| found.call), Some(call));
        assert_eq!(places.of("+32470000002"), None);
        assert_eq!(places.take(call), [first.clone(), again]);
        assert!(places.take(call).is_empty() && !places.give_up(first.entry));
        assert_eq!(places.of("+32470000001"), None);
    }

    #[test]
    fn who_waits_longest_has_the_place_of_a_number() {
        let places = Places::default();
        let (late, early) = (place(1, 1, 9), place(2, 1, 7));
        places.keep(late.clone());
        places.keep(early.clone());
        assert_eq!(places.of("+32470000001").map(|found| found.call), Some(early.entry.call));
        assert!(places.give_up(early.entry));
        assert_eq!(places.of("+32470000001").map(|found| found.call), Some(late.entry.call));
    }
}

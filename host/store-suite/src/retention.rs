//! What is deleted, and what stays.

use crate::{
    Ground, keep,
    life::{image, on, record, step, version},
    open,
};
use std::time::Duration;
use strowger_journal::{Change, Erase, Query, Removed, Retention, Store, encode_step, erase};
use strowger_model::{CallId, CallRecord, Timestamp, number::Notations};

const DAY: u64 = 86_400_000;
const NOW: u64 = 500 * DAY;

fn call_days_ago(days: u64) -> CallId {
    CallId::next(NOW - days * DAY, None)
}

/// A call with two steps on a version, closed if that is wanted.
fn submit(store: &Store, call: CallId, on_version: &str, closed: bool, caller: &str) {
    let mut changes: Vec<Change> = (0..2)
        .map(|number| Change::Step { call, number, body: encode_step(&step(call, number)) })
        .collect();
    changes.insert(0, Change::Version(version(on_version).into()));
    changes.push(Change::Call { call, on: on(on_version), image: image(1) });
    if closed {
        let mut record = record(call);
        record.caller = Some(caller.to_owned());
        changes.push(Change::Closed(Box::new(record)));
    }
    keep(store, changes);
}

pub fn old_things_go_and_what_is_in_use_stays(ground: &dyn Ground) {
    let store = open(ground);
    let (ancient, old, up, recent) =
        (call_days_ago(450), call_days_ago(40), call_days_ago(41), call_days_ago(3));
    submit(&store, ancient, "ancient", true, "+32475000001");
    submit(&store, old, "old", true, "+32475000002");
    submit(&store, up, "open", false, "");
    submit(&store, recent, "recent", true, "+32475000003");
    // A host that was started since has handed in only what serves now.
    drop(store);
    let store = open(ground);
    keep(&store, vec![Change::Version(version("serving").into())]);

    let removed = store.retain(&Retention::default(), Timestamp(NOW)).unwrap();
    assert_eq!(
        removed,
        Removed { steps: 4, records: 1, made_anonymous: 0, versions: 2, ..Removed::default() }
    );
    let steps = [ancient, old, up, recent].map(|call| store.steps(call).unwrap().len());
    assert_eq!(steps, [0, 0, 2, 2]);
    assert_eq!(store.record(ancient).unwrap(), None);
    assert_eq!(store.record(old).unwrap().unwrap().caller.as_deref(), Some("+32475000002"));
    let versions = ["ancient", "old", "open", "recent", "serving"]
        .map(|version| store.version(&on(version)).unwrap().is_some());
    assert_eq!(versions, [false, false, true, true, true]);

    let personal =
        Retention { personal: Some(Duration::from_secs(86_400)), ..Retention::default() };
    let removed = store.retain(&personal, Timestamp(NOW)).unwrap();
    assert_eq!(removed, Removed { steps: 2, made_anonymous: 2, versions: 1, ..Removed::default() });
    let left = store.record(recent).unwrap().unwrap();
    assert_eq!(
        (left.caller, left.notes.len(), left.outcome.as_str(), left.tags.len()),
        (None, 0, "message", 1)
    );
    assert_eq!(store.retain(&personal, Timestamp(NOW)).unwrap(), Removed::default());
    assert_eq!(store.steps(up).unwrap().len(), 2);

    let late = CallRecord { caller: Some("+32475000004".to_owned()), ..record(up) };
    keep(&store, vec![Change::Closed(Box::new(late))]);
    let late = store.record(up).unwrap().unwrap();
    assert_eq!(
        (late.caller, late.notes.len(), late.outcome.as_str()),
        (None, 0, "message"),
        "who came in so long ago is anonymous at once"
    );
}

fn number(digits: &str) -> Notations {
    Notations { whole: vec![digits.to_owned()], within: vec![digits.to_owned()] }
}

pub fn nothing_is_left_of_an_erased_number(ground: &dyn Ground) {
    let store = open(ground);
    for days in 1..200 {
        submit(
            &store,
            call_days_ago(days),
            "v1",
            true,
            if days % 2 == 0 { "+32475000002" } else { "+32475000003" },
        );
    }
    let removed = erase(ground.backend(), &Erase::Number(number("32475000002"))).unwrap();
    assert_eq!(removed, Removed { steps: 198, made_anonymous: 99, ..Removed::default() });
    assert_eq!(store.record(call_days_ago(2)).unwrap().unwrap().caller, None);
    assert_eq!(
        store.record(call_days_ago(1)).unwrap().unwrap().caller.as_deref(),
        Some("+32475000003")
    );
    // The host's own way: everything before a day.
    let removed = store.erase(&Erase::Before(Timestamp(NOW - 100 * DAY))).unwrap();
    assert_eq!((removed.steps, removed.made_anonymous), (100, 50 + 49 + 50 - 99));
    assert_eq!(
        store.records(&Query::default()).unwrap().len(),
        199,
        "reports go on showing the calls"
    );
    drop(store);

    // Without a host, nothing is left in the corners of the file either.
    assert!(ground.holds("+32475000003"));
    let removed = erase(ground.backend(), &Erase::Number(number("32475000002"))).unwrap();
    assert_eq!(removed, Removed::default());
    assert!(!ground.holds("+32475000002"));
}

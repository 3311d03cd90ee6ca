//! The journal as its callers see it.

use crate::{
    Ground, SOON, keep,
    life::{agent, image, on, record, step, version},
    open,
};
use std::{
    sync::{Arc, Mutex, mpsc},
    time::Duration,
};
use strowger_journal::{
    Change, Clocks, Entry, Health, OpenError, Options, Query, Release, Store, encode, encode_step,
};
use strowger_model::{
    AgentName, CallId, Timestamp,
    archive::{Decided, Decision, InForce, TextFile},
};

fn entry(changes: Vec<Change>) -> Entry {
    Entry { changes, release: None }
}

pub fn what_was_committed_is_read_back(ground: &dyn Ground) {
    let (one, two) = (CallId::next(1_795_312_001_000, None), CallId::next(1_795_312_002_000, None));
    let store = open(ground);
    store.submit(entry(vec![
        Change::Version(version("v1").into()),
        Change::Step { call: one, number: 0, body: encode_step(&step(one, 0)) },
        Change::Call { call: one, on: on("v1"), image: image(0) },
        Change::Agent { agent: AgentName::from("an"), standing: agent() },
    ]));
    store.submit(entry(vec![Change::Call { call: two, on: on("v1"), image: image(1) }]));
    store.submit(entry(vec![
        Change::Step { call: one, number: 1, body: encode_step(&step(one, 1)) },
        Change::Closed(Box::new(record(one))),
    ]));
    assert!(store.flush(SOON));
    drop(store);

    let store = open(ground);
    let open = store.open_calls().unwrap();
    assert_eq!(open.len(), 1);
    assert_eq!(
        (open[0].call, &open[0].on, &open[0].image, open[0].unjournalled),
        (two, &on("v1"), &image(1), false)
    );
    let steps = store.steps(one).unwrap();
    assert_eq!(steps.iter().map(|step| step.number).collect::<Vec<_>>(), [0, 1]);
    assert_eq!(steps[1].step, step(one, 1));
    assert_eq!(store.agents().unwrap(), [(AgentName::from("an"), agent())]);
    assert_eq!(store.version(&on("v1")).unwrap(), Some(version("v1")));
    assert_eq!(store.version(&on("v2")).unwrap(), None);
    assert_eq!(store.record(one).unwrap(), Some(record(one)));

    let beside = ground.backend().reader().unwrap();
    assert_eq!(beside.records(&Query::default()).unwrap(), [record(one)]);
    assert_eq!(
        beside
            .records(&Query { caller: Some("+32470000000".to_owned()), ..Query::default() })
            .unwrap(),
        []
    );
}

pub fn releases_come_once_and_in_order(ground: &dyn Ground) {
    let store = open(ground);
    let seen = Arc::new(Mutex::new(Vec::new()));
    let call = CallId::next(1, None);
    for number in 0..10_000 {
        let seen = seen.clone();
        let release: Release = Box::new(move || seen.lock().unwrap().push(number));
        let changes = vec![Change::Step { call, number, body: encode(&number) }];
        store.submit(Entry { changes, release: Some(release) });
    }
    drop(store);
    assert_eq!(*seen.lock().unwrap(), (0..10_000).collect::<Vec<_>>());
}

pub fn locked_database_stops_no_call(ground: &dyn Ground) {
    let store = open(ground);
    let health = store.health();
    let (before, during) = (CallId::next(1, None), CallId::next(2, None));
    store.submit(entry(vec![Change::Call { call: before, on: on("v1"), image: image(0) }]));
    assert!(store.flush(SOON));

    let locked = ground.lock();
    let (released, releases) = mpsc::channel();
    let submit = |number: u32, changes: Vec<Change>| {
        let released = released.clone();
        store.submit(Entry {
            changes,
            release: Some(Box::new(move || released.send(number).unwrap())),
        });
    };
    submit(0, vec![Change::Step { call: before, number: 0, body: encode_step(&step(before, 0)) }]);
    assert_eq!(releases.recv_timeout(SOON), Ok(0), "released by the watchdog");
    assert!(matches!(&*health.borrow(), Health::Stuck { .. }));
    submit(1, vec![Change::Call { call: before, on: on("v1"), image: image(1) }]);
    assert_eq!(releases.recv_timeout(SOON), Ok(1), "released although nothing is committed");
    submit(2, vec![Change::Call { call: before, on: on("v1"), image: image(2) }]);
    submit(3, vec![Change::Closed(Box::new(record(during)))]);
    assert!(!store.flush(Duration::from_millis(10)));
    drop(locked);

    assert!(store.flush(SOON));
    assert_eq!(*health.borrow(), Health::Journalling);
    let open = store.open_calls().unwrap();
    assert_eq!((open[0].call, &open[0].image, open[0].unjournalled), (before, &image(2), true));
    assert!(store.record(during).unwrap().unwrap().unjournalled);
    // From here on it is as before, but what is missing stays missing.
    submit(4, vec![Change::Call { call: before, on: on("v1"), image: image(3) }]);
    submit(5, vec![Change::Closed(Box::new(record(before)))]);
    assert!(store.flush(SOON));
    let later: Vec<u32> = (0..4).map(|_| releases.recv_timeout(SOON).unwrap()).collect();
    assert_eq!(later, [2, 3, 4, 5]);
    assert!(store.record(before).unwrap().unwrap().unjournalled);
    assert_eq!(store.open_calls().unwrap(), []);
}

pub fn one_host_at_a_time_and_nothing_is_read_where_nothing_is(ground: &dyn Ground) {
    let backend = ground.backend();
    assert!(backend.reader().is_err() && backend.edit().is_err() && backend.eraser().is_err());
    let host = open(ground);
    let second = Store::open(backend, Options::default());
    assert!(matches!(second.err().unwrap(), OpenError::InUse(_)));
    assert!(backend.reader().is_ok());
    drop(host);
    drop(open(ground));
}

pub fn of_the_clocks_the_last_reading_is_kept(ground: &dyn Ground) {
    let store = open(ground);
    assert_eq!(store.clocks().unwrap(), None);
    let reading = |seconds: u64| Clocks {
        elapsed: Duration::from_secs(seconds),
        wall: Timestamp(1_000 * seconds + 7),
        trusted: Timestamp(1_000 * seconds),
    };
    keep(&store, vec![Change::Clocks(reading(1)), Change::Clocks(reading(2))]);
    assert_eq!(store.clocks().unwrap(), Some(reading(2)));
}

pub fn what_serves_is_kept_and_so_is_every_decision(ground: &dyn Ground) {
    let store = open(ground);
    assert_eq!((store.in_force().unwrap(), store.decisions().unwrap()), (None, Vec::new()));
    let serves = |versions: &[&str]| InForce {
        site: TextFile { path: "flows/site.toml".to_owned(), text: "language = \"nl\"".to_owned() },
        flows: versions.iter().map(|version| on(version)).collect(),
    };
    let decision = |version: &str, what: Decided| Decision {
        at: Timestamp(7),
        on: on(version),
        what,
        reason: "it is \"urgent\"".to_owned(),
    };
    let decisions = [
        decision("v2", Decided::Accepted),
        decision("v2", Decided::RolledBack("v1".to_owned())),
        decision("v1", Decided::Withdrawn("v2".to_owned())),
    ];
    keep(
        &store,
        vec![
            Change::InForce(Box::new(serves(&["v1"]))),
            Change::Decision(Box::new(decisions[0].clone())),
            Change::InForce(Box::new(serves(&["v2", "w1"]))),
            Change::Decision(Box::new(decisions[1].clone())),
            Change::Decision(Box::new(decisions[2].clone())),
        ],
    );
    drop(store);
    let store = open(ground);
    assert_eq!(store.in_force().unwrap(), Some(serves(&["v2", "w1"])), "the last one");
    assert_eq!(store.decisions().unwrap(), decisions, "all of them");
}

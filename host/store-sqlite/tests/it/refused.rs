//! Changes that no database could take: they are dropped, and the others are committed.

use strowger_journal::{CampaignChange, Change, Entry, Health, Options, Store};
use strowger_model::{
    Timestamp,
    campaign::Opened,
    switch::{Means, SwitchState, SwitchTurn, Turned},
};
use strowger_store_sqlite::Sqlite;
use strowger_store_suite::SOON;

/// A column holds no more.
const BEYOND: Timestamp = Timestamp(1 << 63);

fn opened(name: &str, until: Option<Timestamp>) -> Change {
    let opened = Opened {
        name: name.into(),
        template: "reservelijst".into(),
        at: Timestamp(1),
        by: None,
        goal: 1,
        until,
        fields: Vec::new(),
    };
    Change::Campaign(Box::new(CampaignChange::Opened(opened)))
}

/// The state can be written, the turn cannot.
fn turned(until: Option<Timestamp>) -> Change {
    let (name, position, by) = ("vcare".to_owned(), "Open".to_owned(), None);
    let state = SwitchState {
        name: name.clone(),
        position: position.clone(),
        since: Timestamp(1),
        until: None,
        by: None,
        reason: None,
    };
    let turn = SwitchTurn {
        name,
        at: Timestamp(1),
        by,
        means: Means::Command,
        endpoint: None,
        from: position.clone(),
        to: position,
        until,
        reason: None,
    };
    Change::Switch(Box::new(Turned { state, turn }))
}

#[test]
fn a_change_that_can_never_be_written_does_not_stop_the_journal() {
    let dir = tempfile::tempdir().unwrap();
    let backend = Sqlite::at(dir.path().join("strowger.db"));
    let store = Store::open(&backend, Options::default()).unwrap();
    let changes = vec![
        opened("before", Some(Timestamp(9))),
        opened("never", Some(BEYOND)),
        turned(Some(BEYOND)),
        opened("behind", None),
    ];
    store.submit(Entry { changes, release: None });
    assert!(store.flush(SOON), "the journal is stuck");
    assert_eq!(*store.health().borrow(), Health::Journalling);
    let names: Vec<String> =
        store.campaigns().unwrap().iter().map(|kept| kept.opened.name.to_string()).collect();
    assert_eq!(names, ["before", "behind"]);
    assert_eq!(store.switches().unwrap(), [], "half of a change");
    store.submit(Entry { changes: vec![turned(None)], release: None });
    assert!(store.flush(SOON));
    assert_eq!(store.switches().unwrap().len(), 1);
}

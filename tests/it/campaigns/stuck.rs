//! O5: while the journal cannot be written, campaigns call nobody. A host that dies then would call
//! the same people again.

use super::*;
use strowger_journal::{Health, Options};
use strowger_tests::{lock_journal, open_journal};

#[tokio::test(flavor = "multi_thread")]
async fn o5_nobody_is_called_who_is_not_in_the_journal() {
    let folder = folder("");
    let store = open_journal(&folder, Options::default()).unwrap();
    let host = Host::start_on(&folder, Clock::system(), Some(store.clone())).unwrap();
    let (_sim, seen) = town(&host);
    assert!(store.flush(PATIENCE));

    let lock = lock_journal(&folder).unwrap();
    open(&host.exchange, 1, people(2));
    let mut health = store.health();
    let stuck = health.wait_for(|health| matches!(health, Health::Stuck { .. }));
    tokio::time::timeout(PATIENCE, stuck).await.unwrap().unwrap();
    // Whoever is looked at again is not called either.
    host.exchange.direct_campaign("c", Direct::Pause).unwrap();
    let now = host.exchange.direct_campaign("c", Direct::Resume).unwrap();
    assert_eq!((now.waits_for, rang(&seen)), (Some(WaitsFor::Journal), Vec::new()));

    drop(lock);
}

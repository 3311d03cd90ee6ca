//! A disk that is full, and a database that somebody else locks, through the whole host: calls go
//! on, marked, and journalling resumes by itself.

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use std::{process::Command, time::Duration};
use strowger_exchange::Clock;
use strowger_journal::{Health, Options, Query, Store};
use strowger_sim::{Caller, Phone, SimConfig};
use strowger_tests::{
    Folder, HELPDESK, Host, PATIENCE, check_journal, helpdesk_site, lock_journal, open_journal,
};

fn folder() -> Folder {
    let site = helpdesk_site(1, true, true, true);
    Folder::helpdesk(&site, HELPDESK).unwrap()
}

fn files_up_to(bytes: Option<u64>) {
    let limit = Rlimit { current: bytes, ..getrlimit(Resource::Fsize) };
    setrlimit(Resource::Fsize, limit).unwrap();
}

async fn health(store: &Store, is: impl Fn(&Health) -> bool) -> Health {
    let mut health = store.health();
    let waited = tokio::time::timeout(PATIENCE, health.wait_for(|health| is(health))).await;
    waited.expect("not within its time").unwrap().clone()
}

/// Calls come before, while and after nothing can be committed; says what the operator was told.
async fn goes_on<T>(folder: &Folder, fail: impl FnOnce() -> T, heal: impl FnOnce(T)) -> String {
    let store = open_journal(folder, Options::default()).unwrap();
    let host = Host::start_on(folder, Clock::system(), Some(store.clone())).unwrap();
    let sim = host.sim(SimConfig {
        unknown: Phone::answers(Duration::ZERO).talking(Duration::from_millis(50)),
        ..SimConfig::default()
    });
    let call = |number: u32| {
        sim.call(Caller {
            from: Some(format!("+32470{number:06}")),
            to: "0900".into(),
            ..Caller::default()
        })
    };
    call(1);
    host.records(1, PATIENCE).await.unwrap();
    assert!(store.flush(PATIENCE));

    let failing = fail();
    (2..=4).for_each(|number| drop(call(number)));
    let Health::Stuck { why, .. } =
        health(&store, |health| matches!(health, Health::Stuck { .. })).await
    else {
        panic!("works")
    };
    let records = host.records(4, PATIENCE).await.unwrap();
    assert!(
        records.iter().all(|record| record.outcome == "answered"),
        "nobody noticed: {records:?}"
    );
    host.calls_up(0, PATIENCE).await.unwrap();
    assert!(
        matches!(*store.health().borrow(), Health::Stuck { .. }),
        "nothing could be committed meanwhile"
    );

    heal(failing);
    health(&store, |health| *health == Health::Journalling).await;
    call(5);
    host.records(5, PATIENCE).await.unwrap();
    assert!(store.flush(PATIENCE));
    let mut kept = store.records(&Query::default()).unwrap();
    kept.sort_by(|one, other| one.caller.cmp(&other.caller));
    assert_eq!(
        kept.iter().map(|record| record.unjournalled).collect::<Vec<_>>(),
        [false, true, true, true, false],
        "{kept:?}"
    );
    assert_eq!(store.open_calls().unwrap(), []);
    check_journal(folder).unwrap();
    why
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn calls_go_on_while_the_database_is_locked() {
    let folder = folder();
    let why = goes_on(&folder, || lock_journal(&folder).unwrap(), drop).await;
    println!("the operator was told: {why}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "run by calls_go_on_while_the_disk_is_full, in a process of its own"]
async fn fills() {
    let folder = folder();
    let why = goes_on(&folder, || files_up_to(Some(0)), |()| files_up_to(None)).await;
    println!("the operator was told: {why}");
}

#[test]
fn calls_go_on_while_the_disk_is_full() {
    // A file that may not grow further is an error then, and not the end.
    let mut command = Command::new("sh");
    command.args(["-c", "trap '' XFSZ; exec \"$0\" \"$@\""]).arg(std::env::current_exe().unwrap());
    let output =
        command.args(["--exact", "disk::fills", "--ignored", "--nocapture"]).output().unwrap();
    let text = format!(
        "{}{}",
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    );
    assert!(output.status.success() && text.contains("1 passed"), "{text}");
    assert!(text.contains("the operator was told: "), "{text}");
}

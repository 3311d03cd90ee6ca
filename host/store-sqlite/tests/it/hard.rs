//! Death in the middle of a commit, and a disk that is full: in a process of its own.

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use std::{
    os::unix::fs::MetadataExt,
    path::{Path, PathBuf},
    process::{Command, Stdio},
    sync::mpsc,
};
use strowger_journal::{Backend, Change, Entry, Health, Options, Store};
use strowger_model::CallId;
use strowger_store_sqlite::Sqlite;
use strowger_store_suite::{
    SOON, deaths,
    life::{image, on, record},
};

/// Runs an ignored test of this binary in another process, on a journal.
fn process(test: &str, path: &Path) -> Command {
    // A file that may not grow further is an error then, and not the end.
    let mut command = Command::new("sh");
    let this = std::env::current_exe().unwrap();
    command.args(["-c", "trap '' XFSZ; exec \"$0\" \"$@\""]).arg(this).args([
        "--exact",
        test,
        "--ignored",
        "--nocapture",
    ]);
    command.env("STROWGER_TEST_JOURNAL", path).stdout(Stdio::piped());
    command
}

fn journal() -> PathBuf {
    std::env::var_os("STROWGER_TEST_JOURNAL").unwrap().into()
}

#[test]
#[ignore = "run by what_was_released_is_there_after_a_death, which kills it"]
fn dies() {
    deaths::journals_without_end(&Sqlite::at(journal()));
}

#[test]
fn what_was_released_is_there_after_a_death() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("strowger.db");
    deaths::what_was_released_is_there_after_a_death(
        &Sqlite::at(&path),
        || process("hard::dies", &path),
        || assert_whole(&path),
    );
}

fn assert_whole(path: &Path) {
    let whole: String = rusqlite::Connection::open(path)
        .unwrap()
        .query_row("PRAGMA integrity_check", [], |row| row.get(0))
        .unwrap();
    assert_eq!(whole, "ok");
}

/// Whether this process has a lock on a file, as SQLite asks for it.
fn is_locked(path: &Path) -> bool {
    let inode = std::fs::metadata(path).unwrap().ino();
    let locks = std::fs::read_to_string("/proc/locks").unwrap();
    let (process, file) = (format!(" {} ", std::process::id()), format!(":{inode} "));
    locks
        .lines()
        .any(|lock| lock.contains("POSIX") && lock.contains(&process) && lock.contains(&file))
}

/// Without this lock, the command `sqlite3` of most systems believes that nobody uses the database,
/// and deletes the log of the running host when it ends.
#[test]
fn a_host_keeps_its_lock_on_the_journal_whatever_else_it_opens() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("strowger.db");
    let backend = Sqlite::at(&path);
    let store = Store::open(&backend, Options::default()).unwrap();
    assert!(is_locked(&path), "after the start");
    drop(backend.reader().unwrap());
    assert!(is_locked(&path), "after a look at records");
    drop(backend.edit().unwrap());
    assert!(is_locked(&path), "after a change of a case");
    assert!(backend.writer().is_err(), "a second host");
    assert!(is_locked(&path), "after a second host has tried");
    drop(store);
    assert!(!is_locked(&path));
}

/// Files of this process may not grow beyond so many bytes.
fn files_up_to(bytes: Option<u64>) {
    let limit = Rlimit { current: bytes, ..getrlimit(Resource::Fsize) };
    setrlimit(Resource::Fsize, limit).unwrap();
}

#[test]
#[ignore = "run by full_disk_stops_no_call"]
fn fills() {
    let path = journal();
    let store = Store::open(&Sqlite::at(&path), Options::default()).unwrap();
    let mut health = store.health();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
    let call = CallId::next(1_795_312_001_000, None);
    store.submit(Entry {
        changes: vec![Change::Call { call, on: on("v1"), image: image(0) }],
        release: None,
    });
    assert!(store.flush(SOON));

    files_up_to(Some(std::fs::metadata(path.with_extension("db-wal")).unwrap().len() + 20_000));
    let (released, releases) = mpsc::channel();
    let mut number = 0;
    while *health.borrow() == Health::Journalling {
        let changes = vec![
            Change::Step { call, number, body: vec![1; 3_000].into() },
            Change::Call { call, on: on("v1"), image: image(number as u8) },
        ];
        let released = released.clone();
        store.submit(Entry {
            changes,
            release: Some(Box::new(move || released.send(number).unwrap())),
        });
        assert_eq!(releases.recv_timeout(SOON), Ok(number), "released, by a commit or without");
        number += 1;
    }
    let Health::Stuck { why, .. } = health.borrow_and_update().clone() else { panic!("works") };
    println!("why: {why}");
    // What the writer has in hand it may still write whole; of what comes now the steps are
    // forgotten.
    let changes = vec![
        Change::Step { call, number, body: vec![1; 3_000].into() },
        Change::Call { call, on: on("v1"), image: image(200) },
    ];
    store.submit(Entry { changes, release: None });
    let during = CallId::next(1_795_312_001_000, Some(call));
    store.submit(Entry { changes: vec![Change::Closed(Box::new(record(during)))], release: None });

    files_up_to(None);
    let works = async {
        tokio::time::timeout(SOON, health.wait_for(|health| *health == Health::Journalling))
            .await
            .is_ok()
    };
    assert!(runtime.block_on(works));
    assert!(store.flush(SOON));
    let open = store.open_calls().unwrap();
    assert_eq!((open.len(), open[0].image[0], open[0].unjournalled), (1, 200, true));
    assert!(store.record(during).unwrap().unwrap().unjournalled);
    println!("filled and freed");
}

#[test]
fn full_disk_stops_no_call() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("strowger.db");
    let output = process("hard::fills", &path).stderr(Stdio::piped()).output().unwrap();
    let said = String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned();
    assert!(output.status.success() && said.contains("filled and freed"), "{said}");
    assert!(
        said.contains("why: disk I/O error") || said.contains("why: database or disk is full"),
        "{said}"
    );
    assert_whole(&path);
}

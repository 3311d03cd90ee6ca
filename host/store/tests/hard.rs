//! Death in the middle of a commit, and a disk that is full: in a process of its own.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod common;

use common::{image, on, record, step};
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use std::{
    collections::BTreeMap,
    io::{BufRead, BufReader, Read, Write, stdout},
    path::{Path, PathBuf},
    process::{Command, Stdio},
    sync::mpsc,
    time::Duration,
};
use strowger_model::CallId;
use strowger_store::{Change, Entry, Health, Options, Release, Store, encode_step};

const SOON: Duration = Duration::from_secs(20);

/// Runs an ignored test of this file in another process, on a journal.
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

/// How many steps a call of [`dies`] takes.
const STEPS: u32 = 8;

#[test]
#[ignore = "run by what_was_released_is_there_after_a_death, which kills it"]
fn dies() {
    let store = Store::open(&journal(), Options::default()).unwrap();
    let after = store.open_calls().unwrap().last().map(|open| open.call);
    let mut calls: Vec<CallId> = Vec::new();
    let mut last =
        after.max(store.records(&Default::default()).unwrap().last().map(|record| record.call));
    loop {
        calls.clear();
        for _ in 0..50 {
            last = Some(CallId::next(1_795_312_001_000, last));
            calls.extend(last);
        }
        for number in 0..STEPS {
            for &call in &calls {
                let mut changes = vec![
                    Change::Step { call, number, body: encode_step(&step(call, number)) },
                    Change::Call { call, on: on("v1"), image: image(number as u8) },
                ];
                if number == STEPS - 1 {
                    changes.push(Change::Closed(Box::new(record(call))));
                }
                let release: Release =
                    Box::new(move || writeln!(stdout(), "released {call} {number}").unwrap());
                store.submit(Entry { changes, release: Some(release) });
            }
            assert!(store.flush(SOON) || number > 0);
        }
    }
}

#[test]
fn what_was_released_is_there_after_a_death() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("strowger.db");
    let mut released: BTreeMap<CallId, u32> = BTreeMap::new();
    // Uneven numbers of lines, so that the deaths fall anywhere within a commit.
    for death in 1..=12_usize {
        let mut child = process("dies", &path).spawn().unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap());
        let mut read = |line: &[u8]| {
            let line = String::from_utf8_lossy(line).into_owned();
            if let [.., "released", call, number] = line.split_whitespace().collect::<Vec<_>>()[..]
            {
                released.insert(call.parse().unwrap(), number.parse().unwrap());
            }
        };
        for _ in 0..death * death * 37 {
            let mut line = Vec::new();
            assert!(lines.read_until(b'\n', &mut line).unwrap() > 0, "the child ended by itself");
            read(&line);
        }
        child.kill().unwrap();
        child.wait().unwrap();
        let mut rest = Vec::new();
        lines.read_to_end(&mut rest).unwrap();
        // A last line without its end was not said.
        rest.split_inclusive(|&byte| byte == b'\n')
            .filter(|line| line.ends_with(b"\n"))
            .for_each(&mut read);

        let store = Store::open(&path, Options::default()).unwrap();
        let open: BTreeMap<CallId, u8> = store
            .open_calls()
            .unwrap()
            .into_iter()
            .map(|open| (open.call, open.image[0]))
            .collect();
        for (&call, &number) in &released {
            let steps = store.steps(call).unwrap();
            assert!(
                steps.len() as u32 > number,
                "death {death}: step {number} of call {call} is gone"
            );
            assert!(steps.iter().all(|numbered| numbered.step == step(call, numbered.number)));
            match store.record(call).unwrap() {
                Some(record) => assert!(!open.contains_key(&call) && !record.unjournalled),
                None => assert_eq!(
                    u32::from(open[&call]) + 1,
                    steps.len() as u32,
                    "steps and image of one entry are one"
                ),
            }
        }
        drop(store);
        let whole: String = rusqlite::Connection::open(&path)
            .unwrap()
            .query_row("PRAGMA integrity_check", [], |row| row.get(0))
            .unwrap();
        assert_eq!(whole, "ok");
    }
    assert!(released.len() > 500, "{}", released.len());
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
    let store = Store::open(&path, Options::default()).unwrap();
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
    let output = process("fills", &path).stderr(Stdio::piped()).output().unwrap();
    let said = String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned();
    assert!(output.status.success() && said.contains("filled and freed"), "{said}");
    assert!(
        said.contains("why: disk I/O error") || said.contains("why: database or disk is full"),
        "{said}"
    );
    let whole: String = rusqlite::Connection::open(&path)
        .unwrap()
        .query_row("PRAGMA integrity_check", [], |row| row.get(0))
        .unwrap();
    assert_eq!(whole, "ok");
}

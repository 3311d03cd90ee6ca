//! Databases of other formats, and files that are none.

use std::{fs, os::unix::fs::PermissionsExt, path::Path};
use strowger_journal::{Backend, Change, Entry, OpenError, Options, Read, Store};
use strowger_model::CallId;
use strowger_store_sqlite::Sqlite;
use strowger_store_suite::life::{on, record, step};

fn open(path: &Path) -> Result<Store, OpenError> {
    Store::open(&Sqlite::at(path), Options::default())
}

fn read(path: &Path) -> Result<Box<dyn Read>, OpenError> {
    Sqlite::at(path).reader()
}

/// The journal of a host of format 0: two calls, one of them open.
const FORMAT_0: &[u8] = include_bytes!("../format-0.db");

#[test]
fn older_journal_is_upgraded() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("strowger.db");
    fs::write(&path, FORMAT_0).unwrap();
    let older = read(&path).err().unwrap().to_string();
    assert!(
        older.contains("written by an older Strowger (format 0); it is upgraded when"),
        "by the host alone: {older}"
    );
    let (over, up) = (CallId::next(1_795_312_001_000, None), CallId::next(1_795_312_002_000, None));
    drop(open(&path).unwrap());
    let store = open(&path).unwrap();
    let mut old = record(over);
    (old.overflowed, old.fumbled, old.talks) = (false, 0, Vec::new());
    assert_eq!(store.record(over).unwrap(), Some(old));
    assert_eq!(
        store
            .open_calls()
            .unwrap()
            .iter()
            .map(|open| (open.call, open.on.clone()))
            .collect::<Vec<_>>(),
        [(up, on("v1"))]
    );
    let steps: Vec<_> =
        store.steps(up).unwrap().into_iter().map(|numbered| numbered.step).collect();
    assert_eq!(steps, [step(up, 0), step(up, 1)], "as they were written then");
    store.submit(Entry { changes: vec![Change::Closed(Box::new(record(up)))], release: None });
    drop(store);
    let reader = read(&path).unwrap();
    assert_eq!(reader.record(up).unwrap(), Some(record(up)));
}

/// Every file of a folder.
fn content(dir: &Path) -> Vec<(String, Vec<u8>)> {
    let mut files: Vec<_> = fs::read_dir(dir)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| !path.to_string_lossy().ends_with("-host"))
        .map(|path| {
            (path.file_name().unwrap().to_string_lossy().into_owned(), fs::read(&path).unwrap())
        })
        .collect();
    files.sort();
    files
}

const NEWER: &str =
    "written by a newer Strowger (format 7, this one knows up to 1); it was not touched";

#[test]
fn newer_journal_is_refused_and_untouched() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("strowger.db");
    drop(open(&path).unwrap());
    rusqlite::Connection::open(&path).unwrap().pragma_update(None, "user_version", 7).unwrap();
    let before = content(dir.path());
    for error in [open(&path).err().unwrap(), read(&path).err().unwrap()] {
        assert!(error.to_string().contains(NEWER), "{error}");
    }
    assert_eq!(content(dir.path()), before);

    // A newer host that was killed has its format only in the log.
    let newer = tempfile::tempdir().unwrap();
    fs::write(newer.path().join("strowger.db"), FORMAT_0).unwrap();
    let connection = rusqlite::Connection::open(newer.path().join("strowger.db")).unwrap();
    connection.execute_batch("PRAGMA journal_mode = WAL; PRAGMA application_id = 1937011303; PRAGMA user_version = 7").unwrap();
    let killed = tempfile::tempdir().unwrap();
    for (name, bytes) in
        content(newer.path()).into_iter().filter(|(name, _)| !name.ends_with("-shm"))
    {
        fs::write(killed.path().join(name), bytes).unwrap();
    }
    let before = content(killed.path());
    let error = open(&killed.path().join("strowger.db")).err().unwrap().to_string();
    assert!(error.contains(NEWER), "{error}");
    let after: Vec<_> =
        content(killed.path()).into_iter().filter(|(name, _)| !name.ends_with("-shm")).collect();
    assert_eq!(after, before);
}

#[test]
fn errors_say_what_to_do() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("strowger.db");
    let said = |path: &Path| open(path).err().unwrap().to_string();
    assert!(said(&dir.path().join("state/strowger.db")).contains("there is no folder"));
    assert!(read(&path).err().unwrap().to_string().contains("there is no journal"));
    fs::write(&path, "not a database, but a text that somebody put here").unwrap();
    assert!(said(&path).contains("not a journal of Strowger; it was not touched"));
    assert_eq!(
        fs::read_to_string(&path).unwrap(),
        "not a database, but a text that somebody put here"
    );
    fs::remove_file(&path).unwrap();
    rusqlite::Connection::open(&path)
        .unwrap()
        .execute_batch("CREATE TABLE cats (name TEXT)")
        .unwrap();
    assert!(said(&path).contains("not a journal of Strowger"));
    fs::remove_file(&path).unwrap();

    let store = open(&path).unwrap();
    assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
    assert_eq!(
        fs::metadata(dir.path().join("strowger.db-wal")).unwrap().permissions().mode() & 0o777,
        0o600
    );
    assert!(said(&path).contains("another host uses this journal"));
    drop(store);
    let folder = dir.path().join("folder.db");
    fs::create_dir(&folder).unwrap();
    assert!(
        said(&folder).contains("the host must be able to write this file"),
        "{}",
        said(&folder)
    );
}

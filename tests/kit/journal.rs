//! The journal of a folder, in SQLite: the only part of the kit that knows which database it is.

use crate::{Folder, PATIENCE};
use anyhow::{Context, Result, ensure};
use rusqlite::Connection;
use std::{
    any::Any,
    path::PathBuf,
    time::{Duration, Instant},
};
use strowger_journal::{OpenError, Options, Store};
use strowger_store_sqlite::Sqlite;

/// Where the journal of a folder is.
pub fn database(folder: &Folder) -> PathBuf {
    folder.cache().join("strowger.db")
}

/// The journal of a folder.
pub fn journal(folder: &Folder) -> Sqlite {
    Sqlite::at(database(folder))
}

/// Opens the journal of a folder for a host. A thread of the sim that was in the middle of a word
/// with a host that died may hold it for a moment longer.
///
/// # Errors
/// It cannot be opened.
pub fn open_journal(folder: &Folder, options: Options) -> Result<Store> {
    std::fs::create_dir_all(folder.cache())?;
    let since = Instant::now();
    loop {
        match Store::open(&journal(folder), options.clone()) {
            Err(OpenError::InUse(_)) if since.elapsed() < PATIENCE => std::thread::yield_now(),
            opened => return opened.context("opening the journal"),
        }
    }
}

/// Keeps everybody from writing the journal until what is returned is dropped, as another process
/// would.
///
/// # Errors
/// Somebody else does so for too long.
pub fn lock_journal(folder: &Folder) -> Result<Box<dyn Any + Send>> {
    let connection = Connection::open(database(folder))?;
    connection.busy_timeout(Duration::from_secs(10))?;
    connection.execute_batch("BEGIN IMMEDIATE")?;
    Ok(Box::new(connection))
}

/// Looks whether the database is whole.
///
/// # Errors
/// It is not.
pub fn check_journal(folder: &Folder) -> Result<()> {
    let said: String =
        Connection::open(database(folder))?
            .query_row("PRAGMA integrity_check", [], |row| row.get(0))?;
    ensure!(said == "ok", "the journal is damaged: {said}");
    Ok(())
}

/// Makes the flow file of every archived version something that is no flow file. Says how many
/// there are.
///
/// # Errors
/// The database cannot be written.
pub fn spoil_versions(folder: &Folder) -> Result<usize> {
    let spoil = "UPDATE version SET flow_text = 'not TOML'";
    Ok(Connection::open(database(folder))?.execute(spoil, [])?)
}

/// A call as the journal had it once.
pub struct CallThen {
    call: String,
    flow: String,
    version: String,
    image: Vec<u8>,
    steps: u32,
}

/// The call that is open, if it is the only one.
///
/// # Errors
/// The database cannot be read.
pub fn the_open_call(folder: &Folder) -> Result<CallThen> {
    let find = "SELECT call, flow, version, image, \
                (SELECT count(*) FROM step WHERE step.call = open_call.call) FROM open_call";
    let read = |row: &rusqlite::Row<'_>| {
        let (call, flow, version) = (row.get(0)?, row.get(1)?, row.get(2)?);
        Ok(CallThen { call, flow, version, image: row.get(3)?, steps: row.get(4)? })
    };
    Ok(Connection::open(database(folder))?.query_one(find, [], read)?)
}

/// The journal knows nothing of what a call did after that.
///
/// # Errors
/// The database cannot be written.
pub fn put_back(folder: &Folder, then: &CallThen) -> Result<()> {
    let journal = Connection::open(database(folder))?;
    let CallThen { call, flow, version, image, steps } = then;
    journal.execute("DELETE FROM record WHERE call = ?1", [call])?;
    journal.execute(
        "DELETE FROM step WHERE call = ?1 AND number >= ?2",
        rusqlite::params![call, steps],
    )?;
    let open = "REPLACE INTO open_call VALUES (?1, ?2, ?3, ?4, 0)";
    journal.execute(open, rusqlite::params![call, flow, version, image])?;
    Ok(())
}

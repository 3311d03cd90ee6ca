//! The log moves into the file: a thread of its own, beside the writer.
//!
//! A log that the writer goes on appending to is never moved whole, and grows. A long one is moved
//! to its last page, of which few are left then, by the writer itself between two commits, and
//! begins anew.

use crate::format::CannotOpen;
use rusqlite::Connection;
use std::{
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering::Relaxed},
        mpsc::{Receiver, RecvTimeoutError, Sender, channel},
    },
    thread::{self, JoinHandle},
    time::Duration,
};

/// How often it is looked whether the log is worth moving into the file.
const EVERY: Duration = Duration::from_millis(500);

/// Pages of a log that is not left to itself: 64 MiB.
const LONG_LOG: u32 = 16_384;

/// The thread. It ends when this is dropped.
pub(crate) struct Checkpoints {
    /// Dropped: the thread ends.
    end: Option<Sender<()>>,
    thread: Option<JoinHandle<()>>,
    /// The writer is to move the rest of the log.
    long: Arc<AtomicBool>,
}

impl Checkpoints {
    pub(crate) fn start(path: &Path, connection: Connection) -> Result<Self, CannotOpen> {
        set_up(&connection).map_err(CannotOpen::of(path))?;
        let (end, ended) = channel();
        let long = Arc::new(AtomicBool::new(false));
        let told = long.clone();
        let thread = thread::Builder::new()
            .name("journal-checkpoint".to_owned())
            .spawn(move || run(&connection, &told, &ended))
            .map_err(|error| CannotOpen::Io { path: path.to_owned(), error })?;
        Ok(Self { end: Some(end), thread: Some(thread), long })
    }

    /// For the writer, between two commits: moves what is left of a long log.
    pub(crate) fn finish(&self, connection: &Connection) {
        if self.long.swap(false, Relaxed) {
            move_log(connection);
        }
    }
}

impl Drop for Checkpoints {
    fn drop(&mut self) {
        self.end = None;
        if self.thread.take().is_some_and(|thread| thread.join().is_err()) {
            tracing::error!("a thread of the journal panicked; please report this");
        }
    }
}

/// How a connection that writes a log is set up.
pub(crate) fn set_up(connection: &Connection) -> rusqlite::Result<()> {
    connection.pragma_update(None, "synchronous", "NORMAL")?;
    connection.pragma_update(None, "wal_autocheckpoint", 0)?;
    connection.pragma_update(None, "temp_store", "MEMORY")?;
    // 8 MiB hold what is being written. More would be slower: after a page was split, SQLite looks
    // through all of the cache at the next commit.
    connection.pragma_update(None, "cache_size", -8_192)?;
    connection.pragma_update(None, "journal_size_limit", 64 << 20)
}

fn run(connection: &Connection, long: &AtomicBool, ended: &Receiver<()>) {
    while ended.recv_timeout(EVERY) == Err(RecvTimeoutError::Timeout) {
        if move_log(connection).is_some_and(|pages| pages > LONG_LOG)
            && move_log(connection).is_some()
        {
            long.store(true, Relaxed);
        }
    }
}

/// Says how many pages the log has. None: it cannot be moved now, since somebody else is at it, or
/// at all.
fn move_log(connection: &Connection) -> Option<u32> {
    // -1 if the log is busy.
    let pages = |row: &rusqlite::Row<'_>| row.get::<_, i64>(1);
    let done = connection.query_row("PRAGMA wal_checkpoint(PASSIVE)", [], pages);
    let done = done.inspect_err(
        |error| tracing::warn!(%error, "the journal's write-ahead log could not be moved into the file"),
    );
    u32::try_from(done.ok()?).ok()
}

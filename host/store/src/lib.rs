//! The journal: what has to outlive the host, in SQLite. Steps, open calls, records, agents, and
//! the versions of flows.
//!
//! # Layout
//! * [`entry`]: what is handed in. [`Store::submit`] never waits; what waits for the commit is
//!   released by it.
//! * `journal`: the queue between the calls' tasks and the writer, and what happens when the disk
//!   is full or stuck; `kept`: what is remembered then.
//! * `write`: changes as rows. `threads`: the writer (group commit), the watchdog, and the
//!   checkpoints.
//! * [`read`]: what was kept, also for commands beside a running host.
//! * [`outbox`]: mail that waits to be sent. [`cases`]: what people have to answer, and what they
//!   note of calls that are over.
//! * [`report`]: records made into figures.
//! * [`retention`]: what is deleted, and whose personal data is erased.
//! * [`codec`]: steps and images as bytes.
//! * [`format`](mod@format): the tables, how an older database is upgraded and a newer one refused.
//!
//! **Architecture invariants:** who submits never waits for the disk. A commit is not synced to the
//! disk; only when a log has become long does the writer sync its last pages between two commits. A
//! transaction holds whole entries. Of calls only the writer's thread writes, through one
//! connection; what people note ([`cases`]) comes through a connection of its own, from the host or
//! beside it.

pub mod cases;
pub mod codec;
pub mod entry;
pub mod format;
mod journal;
mod kept;
pub mod outbox;
pub mod read;
pub mod report;
pub mod retention;
mod threads;
mod write;

pub use cases::{CaseQuery, KeepError, add_case, close_case, note_case, note_record};
pub use codec::{CodecError, decode, decode_step, encode, encode_step};
pub use entry::{Change, Entry, Release};
pub use format::OpenError;
pub use journal::Health;
pub use outbox::Posted;
pub use read::{NumberedStep, OpenCall, Query, ReadError, Reader};
pub use retention::{Erase, Removed, Retention};

use journal::Journal;
use retention::Remover;
use std::{
    ops::Deref,
    path::Path,
    sync::{Arc, mpsc},
    time::{Duration, SystemTime, UNIX_EPOCH},
};
use strowger_model::Timestamp;
use tokio::sync::watch;

/// When the host ends and the disk is stuck.
const LAST_COMMIT_WITHIN: Duration = Duration::from_secs(2);

/// For a batch of what is deleted.
const REMOVE_WITHIN: Duration = Duration::from_secs(30);

/// How the journal is kept.
#[derive(Clone, Debug)]
pub struct Options {
    /// If nothing could be committed for so long, calls go on without.
    pub stuck_after: Duration,
    /// Entries that may wait; beyond it the journal counts as stuck. Also what is remembered while
    /// it is.
    pub capacity: usize,
    /// The wall clock.
    pub clock: fn() -> Timestamp,
}

impl Default for Options {
    /// 200 ms, 65,536 entries, the clock of the system.
    fn default() -> Self {
        let clock = || {
            Timestamp(
                SystemTime::now()
                    .duration_since(UNIX_EPOCH)
                    .map_or(0, |since| since.as_millis() as u64),
            )
        };
        Self { stuck_after: Duration::from_millis(200), capacity: 65_536, clock }
    }
}

/// The journal of a running host. Cheap to clone; when the last clone is dropped, what is pending
/// is committed and the file is closed. Dereferences to its [`Reader`].
#[derive(Clone)]
pub struct Store(Arc<Inner>);

struct Inner {
    journal: Arc<Journal>,
    reader: Reader,
    threads: threads::Threads,
}

impl Store {
    /// Opens a journal; makes it if there is none, upgrades it if it is older.
    pub fn open(path: &Path, options: Options) -> Result<Self, OpenError> {
        let journal = Arc::new(Journal::new(options.capacity.max(1), options.clock));
        let threads = threads::Threads::start(path, &journal, options.stuck_after)?;
        let reader = Reader::open(path)?;
        Ok(Self(Arc::new(Inner { journal, reader, threads })))
    }

    /// Hands in changes. Never waits for the disk.
    pub fn submit(&self, entry: Entry) {
        self.0.journal.submit(entry);
    }

    /// Entries that wait to be committed.
    pub fn pending(&self) -> usize {
        self.0.journal.pending()
    }

    /// The writer is far behind (three quarters of the capacity): no new calls should be taken.
    pub fn is_full(&self) -> bool {
        self.0.journal.is_full()
    }

    /// Whether what is submitted is committed.
    pub fn health(&self) -> watch::Receiver<Health> {
        self.0.journal.health()
    }

    /// Deletes what is older than it is to be kept, between other commits. Blocks the thread, for
    /// minutes if there is much.
    ///
    /// # Errors
    /// If nothing can be committed now; what was deleted until then is gone.
    pub fn retain(&self, retention: &Retention, now: Timestamp) -> Result<Removed, RemoveError> {
        self.remove(Remover::retain(retention, now, self.0.journal.versions()))
    }

    /// Erases personal data of calls that are over. Blocks the thread.
    ///
    /// # Errors
    /// If nothing can be committed now; what was erased until then is gone.
    pub fn erase(&self, erase: &Erase) -> Result<Removed, RemoveError> {
        self.remove(Remover::erase(erase))
    }

    fn remove(&self, mut remover: Remover) -> Result<Removed, RemoveError> {
        loop {
            let (done, result) = mpsc::channel();
            self.0.journal.submit_job(Box::new(move |connection| {
                let more = remover.batch(connection);
                drop(done.send((remover, more)));
            }));
            let (back, more) =
                result.recv_timeout(REMOVE_WITHIN).map_err(|_| RemoveError::Stuck)?;
            match more {
                Ok(true) => remover = back,
                Ok(false) => return Ok(back.total),
                Err(error) => return Err(error.into()),
            }
        }
    }

    /// Waits until everything submitted so far is committed; false: it was not within that time.
    /// Blocks the thread.
    pub fn flush(&self, within: Duration) -> bool {
        self.0.journal.flush(within)
    }
}

/// Erases personal data beside a running host, or without one; then the whole file is rewritten
/// too, so that no byte of it is left in unused corners of pages.
///
/// # Errors
/// If there is no journal, or somebody holds its lock for too long; what was erased until then is
/// gone.
pub fn erase(path: &Path, erase: &Erase) -> Result<Removed, RemoveError> {
    let connection = format::open_to_change(path)?;
    let mut remover = Remover::erase(erase);
    while remover.batch(&connection)? {}
    // Pages that were split long ago have the rest of rows in their corners, which only a rewrite
    // of the whole file removes. It would hold a host up.
    if let Ok(_alone) = threads::lock(path) {
        connection.execute_batch("VACUUM")?;
    }
    // What was overwritten is to leave the log too.
    connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(()))?;
    Ok(remover.total)
}

/// Why something was not deleted.
#[derive(Debug, thiserror::Error)]
pub enum RemoveError {
    /// There is no journal that could be changed.
    #[error(transparent)]
    Open(#[from] OpenError),
    /// The database says no.
    #[error("not everything could be deleted: {0}; try again")]
    Database(#[from] rusqlite::Error),
    /// The writer has other worries.
    #[error("not everything could be deleted: the journal is stuck; try again when it works")]
    Stuck,
}

impl Deref for Store {
    type Target = Reader;

    fn deref(&self) -> &Reader {
        &self.0.reader
    }
}

impl Drop for Inner {
    fn drop(&mut self) {
        // A writer that hangs in the disk is not waited for.
        let done = self.journal.flush(LAST_COMMIT_WITHIN);
        self.journal.close();
        if done {
            self.threads.join();
        }
    }
}

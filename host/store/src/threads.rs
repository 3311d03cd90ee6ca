//! The writer (group commit), the watchdog and the checkpoints: a thread each.
//!
//! They end when the store is dropped: the writer commits what is pending first; if it cannot, that
//! is logged and lost.

use crate::{
    format::{OpenError, open_to_write},
    journal::{Journal, Retry, Work},
    write::Writer,
};
use rusqlite::Connection;
use std::{
    fs::File,
    path::{Path, PathBuf},
    sync::{
        Arc,
        mpsc::{Receiver, RecvTimeoutError, Sender, channel},
    },
    thread::{self, JoinHandle},
    time::Duration,
};

/// After the first failed attempt; each further one waits twice as long, up to [`LONGEST_PAUSE`].
const FIRST_PAUSE: Duration = Duration::from_millis(10);
const LONGEST_PAUSE: Duration = Duration::from_secs(1);

/// How often it is looked whether the log is worth moving into the file.
const CHECKPOINT_EVERY: Duration = Duration::from_millis(500);

/// Pages of a log that is not left to itself: 64 MiB.
const LONG_LOG: u32 = 16_384;

pub(crate) struct Threads {
    running: Vec<JoinHandle<()>>,
    /// Dropped: the checkpoints end.
    checkpoints: Option<Sender<()>>,
    /// Held as long as the store is open.
    _lock: File,
}

impl Threads {
    pub(crate) fn start(
        path: &Path,
        journal: &Arc<Journal>,
        stuck_after: Duration,
    ) -> Result<Self, OpenError> {
        let database = |error| OpenError::Database { path: path.to_owned(), error };
        let lock = lock(path)?;
        let connection = open_to_write(path)?;
        set_up(&connection).map_err(database)?;
        let checkpoints = open_to_write(path)?;
        set_up(&checkpoints).map_err(database)?;
        let (end, ended) = channel();
        let writer = journal.clone();
        let watchdog = journal.clone();
        let moving = journal.clone();
        let spawn = |name: &str, work: Box<dyn FnOnce() + Send>| {
            let error = |error| OpenError::Io { path: path.to_owned(), error };
            thread::Builder::new().name(format!("journal-{name}")).spawn(work).map_err(error)
        };
        let running = vec![
            spawn("writer", Box::new(move || write(&connection, &writer)))?,
            spawn("watchdog", Box::new(move || while watchdog.watch(stuck_after) {}))?,
            spawn("checkpoint", Box::new(move || checkpoint(&checkpoints, &moving, &ended)))?,
        ];
        Ok(Self { running, checkpoints: Some(end), _lock: lock })
    }

    /// Waits for the threads to end. The last owner of the store may be one of them: it does not
    /// wait for itself.
    pub(crate) fn join(&mut self) {
        self.checkpoints = None;
        for thread in self.running.drain(..) {
            if thread.thread().id() != thread::current().id() && thread.join().is_err() {
                tracing::error!("a thread of the journal panicked");
            }
        }
    }
}

/// One host at a time: a lock of the system on a file beside the database, which ends with the
/// process.
pub(crate) fn lock(path: &Path) -> Result<File, OpenError> {
    let mut beside = path.as_os_str().to_owned();
    beside.push("-host");
    let beside = PathBuf::from(beside);
    let in_use = OpenError::InUse { path: path.to_owned() };
    if !path.parent().is_some_and(|folder| folder.as_os_str().is_empty() || folder.is_dir()) {
        return Err(OpenError::NoFolder { path: path.to_owned() });
    }
    let io = |error| OpenError::Io { path: beside.clone(), error };
    let file =
        File::options().create(true).truncate(false).write(true).open(&beside).map_err(io)?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(std::fs::TryLockError::WouldBlock) => Err(in_use),
        Err(std::fs::TryLockError::Error(error)) => Err(io(error)),
    }
}

fn set_up(connection: &Connection) -> rusqlite::Result<()> {
    connection.pragma_update(None, "synchronous", "NORMAL")?;
    connection.pragma_update(None, "wal_autocheckpoint", 0)?;
    connection.pragma_update(None, "temp_store", "MEMORY")?;
    // 8 MiB hold what is being written. More would be slower: after a page was split, SQLite looks
    // through all of the cache at the next commit.
    connection.pragma_update(None, "cache_size", -8_192)?;
    connection.pragma_update(None, "journal_size_limit", 64 << 20)
}

fn write(connection: &Connection, journal: &Journal) {
    let mut writer = None;
    loop {
        let (mut changes, gaps, upto) = match journal.next() {
            Work::Commit { changes, gaps, upto } => (changes, gaps, upto),
            Work::Job(job) => {
                job(connection);
                continue;
            }
            Work::End => return,
        };
        let mut pause = FIRST_PAUSE;
        loop {
            let done = match &mut writer {
                Some(writer) => Writer::commit(writer, &changes, &gaps),
                None => Writer::new(connection)
                    .and_then(|new| writer.insert(new).commit(&changes, &gaps)),
            };
            match done {
                Ok(_) => {
                    journal.committed(upto);
                    break;
                }
                Err(error) => {
                    tracing::warn!(%error, "the journal could not be written");
                    let retry = journal.failed(&mut changes, &gaps, error.to_string());
                    if retry == Retry::Never {
                        tracing::error!(%error, entries = changes.len(), "the host ends and its last steps cannot be kept");
                        return;
                    }
                    journal.pause(pause);
                    pause = LONGEST_PAUSE.min(pause * 2);
                    if retry == Retry::Next {
                        break;
                    }
                }
            }
        }
    }
}

/// Moves the log into the file, beside the writer. A log that the writer goes on appending to is
/// never moved whole, and grows: a long one is moved to its last page, of which few are left then,
/// by the writer itself between two commits, and begins anew.
fn checkpoint(connection: &Connection, journal: &Journal, ended: &Receiver<()>) {
    while ended.recv_timeout(CHECKPOINT_EVERY) == Err(RecvTimeoutError::Timeout) {
        if move_log(connection).is_some_and(|pages| pages > LONG_LOG)
            && move_log(connection).is_some()
        {
            journal.submit_job(Box::new(|connection| {
                move_log(connection);
            }));
        }
    }
}

/// Says how many pages the log has.
fn move_log(connection: &Connection) -> Option<u32> {
    let done = connection.query_row("PRAGMA wal_checkpoint(PASSIVE)", [], |row| row.get(1));
    done.inspect_err(
        |error| tracing::warn!(%error, "the journal's log could not be moved into its file"),
    )
    .ok()
}

//! The journal of a running host: what tasks of calls hand entries to, and what reads them back.

use crate::{
    backend::Backend,
    entry::{Entry, Release},
    error::OpenError,
    queue::{Health, Queue},
    read::Read,
    remove::{Remove, Removed},
    retention::{Erase, RemoveError, Retention, carry_out},
    threads::Threads,
};
use std::{
    ops::Deref,
    sync::Arc,
    time::{Duration, SystemTime, UNIX_EPOCH},
};
use strowger_model::Timestamp;
use tokio::sync::watch;

/// When the host ends and the database is stuck.
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
/// is committed and the database is closed. Dereferences to what [`Read`]s it.
#[derive(Clone)]
pub struct Store(Arc<Inner>);

struct Inner {
    queue: Arc<Queue>,
    reader: Box<dyn Read>,
    threads: Threads,
}

impl Store {
    /// Opens a journal; makes it if there is none, upgrades it if it is older.
    ///
    /// # Errors
    /// As [`Backend::writer`].
    pub fn open(backend: &dyn Backend, options: Options) -> Result<Self, OpenError> {
        let queue = Arc::new(Queue::new(options.capacity.max(1), options.clock));
        let (writer, reader) = (backend.writer()?, backend.reader()?);
        let threads = Threads::start(writer, &queue, options.stuck_after)
            .map_err(|error| OpenError::Unusable(error.into()))?;
        Ok(Self(Arc::new(Inner { queue, reader, threads })))
    }

    /// Hands in changes. Never waits for the database.
    pub fn submit(&self, entry: Entry) {
        self.0.queue.submit(entry);
    }

    /// Calls it when everything submitted so far is committed: at once, or later on a thread of the
    /// journal, for which it must be quick. Unlike the release of an [`Entry`], it is not called
    /// because nothing can be committed, and never if nothing ever is.
    pub fn when_committed(&self, release: Release) {
        self.0.queue.when_committed(release);
    }

    /// Entries that wait to be committed.
    pub fn pending(&self) -> usize {
        self.0.queue.pending()
    }

    /// The writer is far behind (three quarters of the capacity): no new calls should be taken.
    pub fn is_full(&self) -> bool {
        self.0.queue.is_full()
    }

    /// Whether what is submitted is committed.
    pub fn health(&self) -> watch::Receiver<Health> {
        self.0.queue.health()
    }

    /// Deletes what is older than it is to be kept, between other commits. Blocks the thread, for
    /// minutes if there is much.
    ///
    /// # Errors
    /// If nothing can be committed now; what was deleted until then is gone.
    pub fn retain(&self, retention: &Retention, now: Timestamp) -> Result<Removed, RemoveError> {
        carry_out(retention.plan(now, self.0.queue.versions()), |batch| self.remove(batch))
    }

    /// Erases personal data of calls that are over. Blocks the thread.
    ///
    /// # Errors
    /// If nothing can be committed now; what was erased until then is gone.
    pub fn erase(&self, erase: &Erase) -> Result<Removed, RemoveError> {
        carry_out(erase.plan(&*self.0.reader)?, |batch| self.remove(batch))
    }

    fn remove(&self, batch: &Remove) -> Result<Removed, RemoveError> {
        let removed = self.0.queue.submit_removal(batch.clone()).ok_or(RemoveError::Stuck)?;
        let removed = removed.recv_timeout(REMOVE_WITHIN).map_err(|_| RemoveError::Stuck)?;
        Ok(removed?)
    }

    /// Waits until everything submitted so far is committed; false: it was not within that time.
    /// Blocks the thread.
    pub fn flush(&self, within: Duration) -> bool {
        self.0.queue.flush(within)
    }
}

impl Deref for Store {
    type Target = dyn Read;

    fn deref(&self) -> &Self::Target {
        &*self.0.reader
    }
}

impl Drop for Inner {
    fn drop(&mut self) {
        // A writer that hangs in the database is not waited for.
        let done = self.queue.flush(LAST_COMMIT_WITHIN);
        self.queue.close();
        if done {
            self.threads.join();
        }
    }
}

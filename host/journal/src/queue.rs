//! The journal's queue: what was submitted, who may go on, and whether the database keeps up.
//!
//! Three threads meet here. Submitters append and go on. The writer takes all that is pending (of
//! long lists only a part, see [`Groups`]), commits it in one transaction and releases what waited
//! for it. The watchdog declares the journal
//! stuck when nothing was committed for a while although something is pending, whatever the writer
//! hangs in: then everything is released, and until the writer succeeds again a submitter is
//! released at once and only what [`Kept`] remembers is kept.
//!
//! Everything here has a limit. Entries: above it the journal counts as stuck. What is remembered
//! then: above it, changes are forgotten and counted. Removals: above [`REMOVALS`], a further one
//! is refused. Versions: above [`VERSIONS`], none is deleted until the host starts again.
//!
//! **Architecture invariants:** a release is called exactly once, in the order of submission;
//! nobody calls a release while holding the lock; the lock is never held during I/O.

use crate::{
    entry::{Change, Entry, Release},
    error::Failure,
    group::Groups,
    kept::Kept,
    remove::{Remove, Removed},
};
use std::{
    collections::{BTreeSet, VecDeque},
    mem,
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{Condvar, Mutex, MutexGuard, PoisonError, mpsc},
    time::{Duration, Instant},
};
use strowger_model::{CallId, FlowVersion, Timestamp};
use tokio::sync::watch;

/// Whether what is submitted is committed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Health {
    /// It is.
    Journalling,
    /// It is not: calls go on, and steps of them are lost should the host die.
    Stuck {
        /// Since when.
        since: Timestamp,
        /// What the database says.
        why: String,
    },
}

/// Entries of a group that is large: there is so much to do that the next group waits for
/// [`LINGER`], and costs the less for each of its entries.
const BUSY: u64 = 8;
const LINGER: Duration = Duration::from_millis(1);

/// Removals that may wait for the writer. Whoever wants one waits for it, so that there are more
/// only if the writer hangs.
const REMOVALS: usize = 8;

/// Versions that are known to have been handed in.
const VERSIONS: usize = 4_096;

/// A batch to be deleted between two commits, and who is told what came of it.
pub(crate) struct Removal {
    pub(crate) what: Remove,
    pub(crate) done: mpsc::Sender<Result<Removed, Failure>>,
}

/// What the writer has to do next.
pub(crate) enum Work {
    /// Changes to be committed together; `upto` counts the entries submitted before and with them.
    Commit { changes: Vec<Change>, gaps: Vec<CallId>, upto: u64 },
    /// Something to be deleted.
    Remove(Removal),
    /// The store was dropped and everything is done.
    End,
}

pub(crate) struct Queue {
    state: Mutex<State>,
    /// Something is there for the writer.
    work: Condvar,
    /// Something was committed.
    progress: Condvar,
    /// The store was closed.
    closed: Condvar,
    health: watch::Sender<Health>,
    capacity: usize,
    clock: fn() -> Timestamp,
}

struct State {
    groups: Groups,
    removals: VecDeque<Removal>,
    releases: VecDeque<(u64, Release)>,
    /// What waits for a commit, and for nothing less.
    committing: VecDeque<(u64, Release)>,
    /// Entries submitted, taken by the writer, and committed, since the start.
    submitted: u64,
    taken: u64,
    committed: u64,
    /// The last group was large.
    busy: bool,
    /// Entries whose releases may be called.
    free: u64,
    /// Somebody is calling releases; whoever frees more leaves them to it.
    releasing: bool,
    /// Since when something has been pending and nothing was committed.
    pending_since: Option<Instant>,
    /// Some: nothing can be committed.
    stuck: Option<Kept>,
    /// Of the last attempt that failed.
    why: String,
    closing: bool,
    /// Handed in since the start: they may get a call at any moment. None: they are too many.
    versions: Option<BTreeSet<FlowVersion>>,
}

impl State {
    fn note_version(&mut self, on: &FlowVersion) {
        let Some(versions) = &mut self.versions else { return };
        if versions.len() < VERSIONS || versions.contains(on) {
            versions.insert(on.clone());
            return;
        }
        tracing::warn!(
            VERSIONS,
            "more versions of flows served since the start than the host remembers: until the next \
             start, no version is deleted from the journal"
        );
        self.versions = None;
    }
}

impl Queue {
    pub(crate) fn new(capacity: usize, clock: fn() -> Timestamp) -> Self {
        let state = State {
            groups: Groups::default(),
            removals: VecDeque::new(),
            releases: VecDeque::new(),
            committing: VecDeque::new(),
            submitted: 0,
            taken: 0,
            committed: 0,
            busy: false,
            free: 0,
            releasing: false,
            pending_since: None,
            stuck: None,
            why: String::new(),
            closing: false,
            versions: Some(BTreeSet::new()),
        };
        Self {
            state: Mutex::new(state),
            work: Condvar::new(),
            progress: Condvar::new(),
            closed: Condvar::new(),
            health: watch::Sender::new(Health::Journalling),
            capacity,
            clock,
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn health(&self) -> watch::Receiver<Health> {
        self.health.subscribe()
    }

    /// Takes an entry. Never waits for the database.
    pub(crate) fn submit(&self, entry: Entry) {
        let mut state = self.lock();
        state.submitted += 1;
        let number = state.submitted;
        for change in &entry.changes {
            if let Change::Version(files) = change {
                state.note_version(&files.on);
            }
        }
        if let Some(release) = entry.release {
            state.releases.push_back((number, release));
        }
        match &mut state.stuck {
            Some(kept) => {
                for change in entry.changes {
                    kept.keep(change, self.capacity);
                }
                state.taken = number;
                self.release(state, number);
            }
            None => {
                let first = state.groups.add(entry.changes, number);
                state.pending_since.get_or_insert_with(Instant::now);
                let full = (state.submitted - state.committed) as usize >= self.capacity;
                match full {
                    true => {
                        self.declare_stuck(state, "more is written than the disk takes".to_owned())
                    }
                    false => drop(state),
                }
                if first {
                    self.work.notify_one();
                }
            }
        }
    }

    /// Calls it when all that was submitted so far is committed, and never if that never is.
    pub(crate) fn when_committed(&self, release: Release) {
        let mut state = self.lock();
        match state.committed >= state.submitted {
            true => {
                drop(state);
                release();
            }
            false => {
                let upto = state.submitted;
                state.committing.push_back((upto, release));
            }
        }
    }

    /// Has something deleted between two commits, and gives what will say what came of it. None:
    /// too many wait for that already.
    pub(crate) fn submit_removal(
        &self,
        what: Remove,
    ) -> Option<mpsc::Receiver<Result<Removed, Failure>>> {
        let mut state = self.lock();
        if state.removals.len() >= REMOVALS {
            return None;
        }
        let (done, result) = mpsc::channel();
        state.removals.push_back(Removal { what, done });
        self.work.notify_one();
        Some(result)
    }

    /// Versions that were handed in since the start. None: they were too many to be remembered.
    pub(crate) fn versions(&self) -> Option<BTreeSet<FlowVersion>> {
        self.lock().versions.clone()
    }

    /// Entries that wait to be committed.
    pub(crate) fn pending(&self) -> usize {
        let state = self.lock();
        (state.submitted - state.committed) as usize
    }

    /// Whether the writer is far behind.
    pub(crate) fn is_full(&self) -> bool {
        let state = self.lock();
        let pending = (state.submitted - state.committed) as usize;
        state.stuck.is_none() && pending >= self.capacity - self.capacity / 4
    }

    /// Waits until everything submitted so far is committed.
    pub(crate) fn flush(&self, within: Duration) -> bool {
        let state = self.lock();
        let upto = state.submitted;
        let waiting = |state: &mut State| state.committed < upto;
        let (state, _) = self
            .progress
            .wait_timeout_while(state, within, waiting)
            .unwrap_or_else(PoisonError::into_inner);
        state.committed >= upto
    }

    /// No more is submitted.
    pub(crate) fn close(&self) {
        self.lock().closing = true;
        self.work.notify_all();
        self.closed.notify_all();
    }

    /// For the writer: waits for something to do.
    pub(crate) fn next(&self) -> Work {
        let mut state = self.lock();
        loop {
            if let Some(removal) = state.removals.pop_front() {
                return Work::Remove(removal);
            }
            if let Some(kept) = state.stuck.as_mut().filter(|kept| !kept.is_empty()) {
                let forgotten = kept.forgotten;
                let (changes, gaps) = mem::take(kept).into_changes();
                if forgotten > 0 {
                    tracing::error!(
                        forgotten,
                        "some changes are lost: the journal could not be written for so long that \
                         the host could not remember all of them"
                    );
                }
                return Work::Commit { changes, gaps, upto: state.taken };
            }
            if state.taken < state.submitted || state.stuck.is_some() {
                if mem::take(&mut state.busy) {
                    let more = |state: &mut State| state.removals.is_empty() && !state.closing;
                    (state, _) = self
                        .work
                        .wait_timeout_while(state, LINGER, more)
                        .unwrap_or_else(PoisonError::into_inner);
                    continue;
                }
                let group = state.groups.next();
                let upto = group.as_ref().map_or(state.submitted, |group| group.upto);
                let changes = group.map(|group| group.changes).unwrap_or_default();
                state.busy = upto - state.taken >= BUSY;
                state.taken = upto;
                return Work::Commit { changes, gaps: Vec::new(), upto };
            }
            if state.closing {
                return Work::End;
            }
            state = self.work.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
    }

    /// For the writer: work was committed.
    pub(crate) fn committed(&self, upto: u64) {
        let mut state = self.lock();
        state.committed = state.committed.max(upto);
        state.pending_since = (state.submitted > state.committed).then(Instant::now);
        if state.stuck.as_ref().is_some_and(Kept::is_empty) && state.committed == state.submitted {
            state.stuck = None;
            state.pending_since = None;
            self.health.send_replace(Health::Journalling);
            tracing::warn!("the journal can be written again");
        }
        self.progress.notify_all();
        let free = state.committed;
        let count = state.committing.partition_point(|(number, _)| *number <= free);
        let waited: Vec<_> = state.committing.drain(..count).collect();
        self.release(state, free);
        waited.into_iter().for_each(|(_, release)| call(release));
    }

    /// For the writer: an attempt failed. Says whether to try the same again; if not, what of it is
    /// to be remembered was.
    pub(crate) fn failed(&self, changes: &mut Vec<Change>, gaps: &[CallId], why: String) -> Retry {
        let mut state = self.lock();
        state.why = why;
        let closing = state.closing;
        match &mut state.stuck {
            _ if closing => Retry::Never,
            None => Retry::Same,
            Some(newer) => {
                let mut kept = Kept::default();
                for change in changes.drain(..) {
                    kept.keep(change, self.capacity);
                }
                kept.absorb(mem::take(newer), gaps, self.capacity);
                *newer = kept;
                Retry::Next
            }
        }
    }

    /// For the writer: waits before another attempt, unless the store is closed.
    pub(crate) fn pause(&self, for_so_long: Duration) {
        let state = self.lock();
        drop(self.work.wait_timeout_while(state, for_so_long, |state| !state.closing));
    }

    /// For the watchdog: looks whether something has been pending for too long; false: the store is
    /// closed.
    pub(crate) fn watch(&self, stuck_after: Duration) -> bool {
        let state = self.lock();
        let (state, _) = self
            .closed
            .wait_timeout_while(state, stuck_after / 4, |state| !state.closing)
            .unwrap_or_else(PoisonError::into_inner);
        let closing = state.closing;
        let overdue = state.pending_since.is_some_and(|since| since.elapsed() >= stuck_after);
        if overdue && state.stuck.is_none() {
            let why = match state.why.is_empty() {
                true => format!("nothing was committed for {} ms", stuck_after.as_millis()),
                false => state.why.clone(),
            };
            self.declare_stuck(state, why);
        }
        !closing
    }

    fn declare_stuck(&self, mut state: MutexGuard<'_, State>, why: String) {
        tracing::error!(
            why,
            "the journal cannot be written: calls go on, but if the host dies before it can be \
             written again, what happened in them is lost"
        );
        let mut kept = Kept::default();
        state.groups.take().for_each(|change| kept.keep(change, self.capacity));
        state.stuck = Some(kept);
        state.taken = state.submitted;
        self.health.send_replace(Health::Stuck { since: (self.clock)(), why });
        let free = state.submitted;
        self.release(state, free);
    }

    /// Calls the releases of entries up to one. If somebody is doing that already, it is left to
    /// them.
    fn release<'a>(&'a self, mut state: MutexGuard<'a, State>, upto: u64) {
        state.free = state.free.max(upto);
        if state.releasing {
            return;
        }
        state.releasing = true;
        loop {
            let free = state.free;
            let count = state.releases.partition_point(|(number, _)| *number <= free);
            if count == 0 {
                state.releasing = false;
                return;
            }
            let now: Vec<_> = state.releases.drain(..count).collect();
            drop(state);
            now.into_iter().for_each(|(_, release)| call(release));
            state = self.lock();
        }
    }
}

fn call(release: Release) {
    if catch_unwind(AssertUnwindSafe(release)).is_err() {
        tracing::error!("a task that waited for the journal panicked; please report this");
    }
}

/// What to do after a failed attempt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Retry {
    /// The same again.
    Same,
    /// Ask for work again.
    Next,
    /// The store is closed: give up.
    Never,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn queue() -> Queue {
        Queue::new(16, || Timestamp(0))
    }

    #[test]
    fn so_many_removals_wait_and_a_further_one_is_refused() {
        let queue = queue();
        let waiting: Vec<_> =
            (0..REMOVALS).map(|_| queue.submit_removal(Remove::Sent).unwrap()).collect();
        assert!(queue.submit_removal(Remove::Sent).is_none());
        let Work::Remove(removal) = queue.next() else { panic!("no removal") };
        let removed = Removed { mails: 3, ..Removed::default() };
        removal.done.send(Ok(removed)).unwrap();
        assert_eq!(waiting[0].recv().unwrap().unwrap(), removed);
        assert!(queue.submit_removal(Remove::Sent).is_some(), "there is room again");
    }

    #[test]
    fn o1_what_waits_for_a_commit_does_not_leave_because_the_journal_is_stuck() {
        let queue = queue();
        let (said, heard) = mpsc::channel();
        let says = |word: &'static str| -> Release {
            let said = said.clone();
            Box::new(move || said.send(word).unwrap())
        };
        let heard = || heard.try_iter().collect::<Vec<_>>();
        queue.when_committed(says("nothing waits"));
        assert_eq!(heard(), ["nothing waits"]);
        let change =
            |name: &str| Change::Campaign(Box::new(crate::CampaignChange::Forgotten(name.into())));
        queue.submit(Entry { changes: vec![change("a")], release: Some(says("commands")) });
        queue.when_committed(says("attempt"));
        queue.declare_stuck(queue.lock(), "the disk is full".to_owned());
        assert_eq!(heard(), ["commands"]);
        queue.submit(Entry { changes: vec![change("b")], release: Some(says("commands")) });
        queue.when_committed(says("another attempt"));
        assert_eq!(heard(), ["commands"]);
        let Work::Commit { changes, upto, .. } = queue.next() else { panic!("nothing to write") };
        assert_eq!((changes.len(), upto), (2, 2));
        queue.committed(upto);
        assert_eq!(heard(), ["attempt", "another attempt"]);
    }

    #[test]
    fn so_many_versions_are_known_and_above_that_none() {
        let on =
            |version: usize| FlowVersion { flow: "helpdesk".into(), version: version.to_string() };
        let queue = queue();
        (0..VERSIONS).for_each(|version| queue.lock().note_version(&on(version)));
        queue.lock().note_version(&on(0));
        assert_eq!(queue.versions().map(|versions| versions.len()), Some(VERSIONS));
        queue.lock().note_version(&on(VERSIONS));
        assert_eq!(queue.versions(), None, "so that no version is deleted that may serve");
        queue.lock().note_version(&on(1));
        assert_eq!(queue.versions(), None);
    }
}

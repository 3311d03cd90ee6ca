//! The writer (group commit) and the watchdog: a thread each.
//!
//! They end when the store is dropped: the writer commits what is pending first; if it cannot, that
//! is logged and lost.

use crate::{
    backend::GroupWriter,
    queue::{Queue, Retry, Work},
};
use std::{
    io,
    sync::Arc,
    thread::{self, JoinHandle},
    time::Duration,
};

/// After the first failed attempt; each further one waits twice as long, up to [`LONGEST_PAUSE`].
const FIRST_PAUSE: Duration = Duration::from_millis(10);
const LONGEST_PAUSE: Duration = Duration::from_secs(1);

pub(crate) struct Threads(Vec<JoinHandle<()>>);

impl Threads {
    pub(crate) fn start(
        mut writer: Box<dyn GroupWriter>,
        queue: &Arc<Queue>,
        stuck_after: Duration,
    ) -> io::Result<Self> {
        let (writing, watching) = (queue.clone(), queue.clone());
        let spawn = |name: &str, work: Box<dyn FnOnce() + Send>| {
            thread::Builder::new().name(format!("journal-{name}")).spawn(work)
        };
        Ok(Self(vec![
            spawn("writer", Box::new(move || write(&mut *writer, &writing)))?,
            spawn("watchdog", Box::new(move || while watching.watch(stuck_after) {}))?,
        ]))
    }

    /// Waits for the threads to end. The last owner of the store may be one of them: it does not
    /// wait for itself.
    pub(crate) fn join(&mut self) {
        for thread in self.0.drain(..) {
            if thread.thread().id() != thread::current().id() && thread.join().is_err() {
                tracing::error!("a thread of the journal panicked; please report this");
            }
        }
    }
}

fn write(writer: &mut dyn GroupWriter, queue: &Queue) {
    loop {
        let (mut changes, gaps, upto) = match queue.next() {
            Work::Commit { changes, gaps, upto } => (changes, gaps, upto),
            Work::Remove(removal) => {
                // Whoever wanted it may have given up waiting.
                drop(removal.done.send(writer.remove(&removal.what)));
                continue;
            }
            Work::End => return,
        };
        let mut pause = FIRST_PAUSE;
        loop {
            let Err(error) = writer.commit(&changes, &gaps) else {
                queue.committed(upto);
                break;
            };
            tracing::warn!(%error, "the journal could not be written");
            let retry = queue.failed(&mut changes, &gaps, error.to_string());
            if retry == Retry::Never {
                tracing::error!(
                    %error,
                    entries = changes.len(),
                    "the host ends, and its last steps could not be written to the journal"
                );
                return;
            }
            queue.pause(pause);
            pause = LONGEST_PAUSE.min(pause * 2);
            if retry == Retry::Next {
                break;
            }
        }
    }
}

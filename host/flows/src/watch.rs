//! Reloads when files change, however they are replaced.
//!
//! The system reports changes at once, but not all of them: of a folder that is replaced as a
//! whole, it goes on watching the old one. So all files are also looked at now and then.

use crate::{Catalogue, origin::FLOW_FILE};
use notify::{
    RecommendedWatcher, RecursiveMode, Watcher,
    event::{AccessKind, AccessMode, EventKind},
};
use std::{
    collections::BTreeMap,
    ffi::OsStr,
    fs,
    os::unix::fs::MetadataExt,
    path::{Path, PathBuf},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
        mpsc::{Receiver, SyncSender, sync_channel},
    },
    thread,
    time::{Duration, Instant},
};
use strowger_site::Report;
use walkdir::WalkDir;

/// How often the files are looked at although no change was reported.
const LOOK: Duration = Duration::from_secs(2);

/// A flow whose file has gone is taken away when nothing has changed for this long: the file may be
/// on its way back, as while a folder is copied.
const GONE: Duration = Duration::from_secs(3);

/// It is waited for so long at most, whatever else changes.
const GONE_AT_MOST: Duration = Duration::from_secs(30);

/// Reloads after each change of a file, until dropped.
pub struct Watching {
    stopped: Arc<AtomicBool>,
    wake: SyncSender<()>,
}

/// Files cannot be watched.
#[derive(Debug, thiserror::Error)]
#[error("cannot watch {folder} for changes: {why}")]
pub struct WatchError {
    folder: String,
    why: notify::Error,
}

impl Catalogue {
    /// Reloads after each change in the folders of flows and plugins, once `debounce` is over since
    /// the first, and hands each report to `told`, on a thread of the watcher's own. If the file of a
    /// flow has gone, it waits for a few seconds whether it comes back.
    ///
    /// # Errors
    /// The folder of flows does not exist.
    pub fn watch(
        self: &Arc<Self>,
        debounce: Duration,
        mut told: impl FnMut(&Report) + Send + 'static,
    ) -> Result<Watching, WatchError> {
        let (wake, changes) = sync_channel(1);
        let stopped = Arc::new(AtomicBool::new(false));
        let config = self.config();
        let folders =
            Folders { flows: config.flows_dir.clone(), plugins: config.plugins_dir.clone() };
        let looked = folders.look();
        let watcher = match folders.watch(&wake) {
            Err(error) if !config.flows_dir.is_dir() => return Err(error),
            Err(error) => {
                tracing::warn!(
                    "{error}; the files are looked at every {} s instead",
                    LOOK.as_secs()
                );
                None
            }
            Ok(watcher) => Some(watcher),
        };
        let mut follower = Follower {
            read: looked.clone(),
            looked,
            folders,
            watcher,
            wake: wake.clone(),
            changes,
            stopped: stopped.clone(),
        };
        let catalogue = self.clone();
        thread::spawn(move || {
            while follower.next_change(debounce) {
                told(&catalogue.reload());
            }
        });
        Ok(Watching { stopped, wake })
    }
}

impl Drop for Watching {
    fn drop(&mut self) {
        self.stopped.store(true, Ordering::Relaxed);
        // Full: it is about to wake anyway.
        let _ = self.wake.try_send(());
    }
}

/// What is watched.
struct Folders {
    flows: PathBuf,
    plugins: PathBuf,
}

/// All that is in the folders at a moment; hidden files, which editors leave for a moment, are not.
#[derive(Clone, Default, PartialEq, Eq)]
struct Look(BTreeMap<PathBuf, Mark>);

/// What tells one content of a file from another, without reading it.
#[derive(Clone, PartialEq, Eq)]
enum Mark {
    Folder { device: u64, inode: u64 },
    File { device: u64, inode: u64, length: u64, modified: (i64, i64) },
}

impl Folders {
    fn look(&self) -> Look {
        let mut look = Look::default();
        look.add(&self.flows, usize::MAX);
        if !self.plugins.starts_with(&self.flows) {
            // A build folder may be below it.
            look.add(&self.plugins, 1);
        }
        look
    }

    /// The system's watcher, which wakes whoever waits for changes.
    fn watch(&self, wake: &SyncSender<()>) -> Result<RecommendedWatcher, WatchError> {
        let wake = wake.clone();
        let changed = move |event: notify::Result<notify::Event>| {
            // A reload reads, and would bring about the next.
            let read = |event: &notify::Event| match event.kind {
                EventKind::Access(AccessKind::Close(AccessMode::Write)) => false,
                EventKind::Access(_) => true,
                _ => false,
            };
            if event.as_ref().is_ok_and(read) {
                return;
            }
            if let Err(error) = event {
                tracing::warn!(%error, "changes of flow files were missed: all files are read");
            }
            // Full: somebody is about to look anyway.
            let _ = wake.try_send(());
        };
        let failed = |folder: &Path| {
            let folder = folder.display().to_string();
            move |why| WatchError { folder, why }
        };
        let (flows, plugins) = (&self.flows, &self.plugins);
        let mut watcher = notify::recommended_watcher(changed).map_err(failed(flows))?;
        watcher.watch(flows, RecursiveMode::Recursive).map_err(failed(flows))?;
        if !plugins.starts_with(flows) {
            watcher.watch(plugins, RecursiveMode::NonRecursive).map_err(failed(plugins))?;
        }
        Ok(watcher)
    }
}

impl Look {
    fn add(&mut self, folder: &Path, depth: usize) {
        let walk = WalkDir::new(folder).follow_links(true).max_depth(depth);
        let hidden = |name: &OsStr| name.as_encoded_bytes().starts_with(b".");
        let seen = walk
            .into_iter()
            .filter_entry(|entry| entry.depth() == 0 || !hidden(entry.file_name()))
            .filter_map(Result::ok);
        for entry in seen {
            let Ok(data) = fs::metadata(entry.path()) else { continue };
            self.0.insert(entry.into_path(), Mark::of(&data));
        }
    }

    /// Whether a file has gone that makes a flow: without it, the flow would be taken away.
    fn has_lost_flow(&self, now: &Self, flows: &Path) -> bool {
        let makes_flow = |path: &Path| {
            path.file_name().is_some_and(|name| name == FLOW_FILE)
                || path.parent() == Some(flows) && path.extension().is_some_and(|it| it == "toml")
        };
        self.0.keys().any(|path| makes_flow(path) && !now.0.contains_key(path))
    }

    fn folders(&self) -> impl Iterator<Item = (&Path, &Mark)> {
        let all = self.0.iter().map(|(path, mark)| (path.as_path(), mark));
        all.filter(|(_, mark)| matches!(mark, Mark::Folder { .. }))
    }
}

impl Mark {
    fn of(data: &fs::Metadata) -> Self {
        let (device, inode) = (data.dev(), data.ino());
        match data.is_dir() {
            true => Self::Folder { device, inode },
            false => Self::File {
                device,
                inode,
                length: data.len(),
                modified: (data.mtime(), data.mtime_nsec()),
            },
        }
    }
}

/// Waits for changes.
struct Follower {
    folders: Folders,
    /// As the files were when they were read last, and the folder of flows was there.
    read: Look,
    /// As they were when they were looked at last.
    looked: Look,
    /// None: a folder is away, or the system has no watches left.
    watcher: Option<RecommendedWatcher>,
    wake: SyncSender<()>,
    changes: Receiver<()>,
    stopped: Arc<AtomicBool>,
}

impl Follower {
    /// Waits until files have changed. False: nobody wants to know any more.
    fn next_change(&mut self, debounce: Duration) -> bool {
        loop {
            let reported = self.changes.recv_timeout(LOOK).is_ok();
            if reported {
                thread::sleep(debounce);
                let _ = self.changes.try_recv();
            }
            let now = self.look_twice();
            if self.stopped.load(Ordering::Relaxed) {
                return false;
            }
            let changed = now != self.looked;
            if self.watcher.is_none() || !now.folders().eq(self.looked.folders()) {
                // Some folder is another than the one that is watched.
                self.watcher = self.folders.watch(&self.wake).ok();
            }
            if now.0.contains_key(&self.folders.flows) {
                self.read = now.clone();
            }
            self.looked = now;
            if reported || changed {
                return true;
            }
        }
    }

    /// The files as they are. If those of a flow have gone since they were read, waits until they
    /// are back, or nothing changes any more.
    fn look_twice(&self) -> Look {
        let mut now = self.folders.look();
        let began = Instant::now();
        let mut unchanged_since = began;
        // Nothing is read anew as long as the same files are away.
        while self.read.has_lost_flow(&now, &self.folders.flows)
            && now != self.looked
            && unchanged_since.elapsed() < GONE
            && began.elapsed() < GONE_AT_MOST
            && !self.stopped.load(Ordering::Relaxed)
        {
            let _ = self.changes.recv_timeout(GONE / 10);
            let next = self.folders.look();
            if next != now {
                unchanged_since = Instant::now();
                now = next;
            }
        }
        now
    }
}

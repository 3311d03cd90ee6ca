//! Reloads when files change.

use crate::Catalogue;
use notify::{
    EventHandler, RecommendedWatcher, RecursiveMode, Watcher,
    event::{AccessKind, AccessMode, EventKind},
};
use notify_debouncer_mini::{Config, Debouncer, new_debouncer_opt};
use std::{path::Path, sync::Arc, time::Duration};
use strowger_site::Report;

/// Reloads after each change of a file, until dropped.
pub struct Watching {
    _debouncer: Debouncer<Changes>,
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
    /// the first, and hands each report to `told`, on a thread of the watcher's own.
    ///
    /// # Errors
    /// A folder does not exist, or the system's number of watches is used up.
    pub fn watch(
        self: &Arc<Self>,
        debounce: Duration,
        mut told: impl FnMut(&Report) + Send + 'static,
    ) -> Result<Watching, WatchError> {
        let catalogue = self.clone();
        let config = Config::default().with_timeout(debounce);
        let failed = |folder: &Path| {
            let folder = folder.display().to_string();
            move |why| WatchError { folder, why }
        };
        let mut debouncer = new_debouncer_opt::<_, Changes>(config, move |changes| {
            // An error means that changes were missed: all the more reason to look.
            if let Err(error) = changes {
                tracing::warn!(%error, "changes of flow files were missed: all files are read");
            }
            told(&catalogue.reload());
        })
        .map_err(failed(&self.config().flows_dir))?;
        let (flows, plugins) = (&self.config().flows_dir, &self.config().plugins_dir);
        debouncer.watcher().watch(flows, RecursiveMode::Recursive).map_err(failed(flows))?;
        if !plugins.starts_with(flows) {
            // A build folder may be below it.
            debouncer
                .watcher()
                .watch(plugins, RecursiveMode::NonRecursive)
                .map_err(failed(plugins))?;
        }
        Ok(Watching { _debouncer: debouncer })
    }
}

/// The system's watcher without reading: a reload reads, and would bring about the next.
struct Changes(RecommendedWatcher);

impl Watcher for Changes {
    fn new<F: EventHandler>(mut handler: F, config: notify::Config) -> notify::Result<Self> {
        let changes = move |event: notify::Result<notify::Event>| {
            let read = |event: &notify::Event| match event.kind {
                EventKind::Access(AccessKind::Close(AccessMode::Write)) => false,
                EventKind::Access(_) => true,
                _ => false,
            };
            if !event.as_ref().is_ok_and(read) {
                handler.handle_event(event);
            }
        };
        RecommendedWatcher::new(changes, config).map(Self)
    }

    fn watch(&mut self, path: &Path, mode: RecursiveMode) -> notify::Result<()> {
        self.0.watch(path, mode)
    }

    fn unwatch(&mut self, path: &Path) -> notify::Result<()> {
        self.0.unwatch(path)
    }

    fn kind() -> notify::WatcherKind {
        RecommendedWatcher::kind()
    }
}

//! What every database under the journal must do.

use std::{any::Any, fs, path::PathBuf};
use strowger_journal::Backend;
use strowger_store_sqlite::Sqlite;
use strowger_store_suite::Ground;
use tempfile::TempDir;

struct File {
    dir: TempDir,
    backend: Sqlite,
}

impl File {
    fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let backend = Sqlite::at(dir.path().join("strowger.db"));
        Self { dir, backend }
    }

    fn path(&self) -> PathBuf {
        self.dir.path().join("strowger.db")
    }
}

impl Ground for File {
    fn backend(&self) -> &dyn Backend {
        &self.backend
    }

    fn lock(&self) -> Box<dyn Any> {
        let other = rusqlite::Connection::open(self.path()).unwrap();
        other.execute_batch("BEGIN EXCLUSIVE").unwrap();
        Box::new(other)
    }

    fn holds(&self, text: &str) -> bool {
        let files = fs::read_dir(&self.dir).unwrap();
        files
            .map(|entry| fs::read(entry.unwrap().path()).unwrap())
            .any(|bytes| bytes.windows(text.len()).any(|window| window == text.as_bytes()))
    }
}

strowger_store_suite::suite!(File::new());

//! Where a journal is, and how it is opened.

use crate::{
    checkpoint::Checkpoints, edit::SqliteEdit, eraser::SqliteEraser, format, lock::lock,
    reader::SqliteReader, writer::SqliteWriter,
};
use std::path::PathBuf;
use strowger_journal::{Backend, Edit, Eraser, GroupWriter, OpenError, Read};

/// A journal in a file. SQLite makes further files beside it, `-wal` and `-shm`; the file `-host`
/// is locked while a host writes.
#[derive(Clone, Debug)]
pub struct Sqlite {
    path: PathBuf,
}

impl Sqlite {
    /// The journal in this file. It need not be there yet, and nothing is opened; the folder must be
    /// there when a host opens it.
    pub fn at(path: impl Into<PathBuf>) -> Self {
        Self { path: path.into() }
    }
}

impl Backend for Sqlite {
    fn writer(&self) -> Result<Box<dyn GroupWriter>, OpenError> {
        let lock = lock(&self.path)?;
        let (connection, beside) =
            (format::open_to_write(&self.path)?, format::open_to_write(&self.path)?);
        let checkpoints = Checkpoints::start(&self.path, beside)?;
        Ok(Box::new(SqliteWriter::new(&self.path, connection, checkpoints, lock)?))
    }

    fn reader(&self) -> Result<Box<dyn Read>, OpenError> {
        Ok(Box::new(SqliteReader::new(format::open_to_read(&self.path)?)))
    }

    fn edit(&self) -> Result<Box<dyn Edit>, OpenError> {
        Ok(Box::new(SqliteEdit::open(&self.path)?))
    }

    fn eraser(&self) -> Result<Box<dyn Eraser>, OpenError> {
        Ok(Box::new(SqliteEraser::open(&self.path)?))
    }
}

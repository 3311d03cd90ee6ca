//! What people change: a transaction on a connection of its own.

use crate::{
    format::{CannotOpen, open_to_change},
    table::{
        case::{self, Cases},
        record,
    },
};
use rusqlite::Connection;
use std::path::Path;
use strowger_journal::{Edit, Failure, Notes};
use strowger_model::{CallId, Case, command::Field};

/// Closed without a commit, a connection takes back what it changed.
pub(crate) struct SqliteEdit(Connection);

impl SqliteEdit {
    pub(crate) fn open(path: &Path) -> Result<Self, CannotOpen> {
        Ok(Self(open_to_change(path)?))
    }

    /// Within the transaction, which the first who asks begins.
    fn within(&self) -> rusqlite::Result<&Connection> {
        if self.0.is_autocommit() {
            self.0.execute_batch("BEGIN IMMEDIATE")?;
        }
        Ok(&self.0)
    }
}

impl Edit for SqliteEdit {
    fn case(&mut self, id: &str) -> Result<Option<Case>, Failure> {
        Ok(case::find(self.within()?, id)?)
    }

    fn add_case(&mut self, case: &Case) -> Result<bool, Failure> {
        Ok(Cases::prepare(self.within()?)?.insert(case)?)
    }

    fn set_case(&mut self, case: &Case) -> Result<(), Failure> {
        Ok(case::update(self.within()?, case)?)
    }

    fn notes(&mut self, call: CallId) -> Result<Option<Notes>, Failure> {
        Ok(record::notes(self.within()?, call)?)
    }

    fn set_notes(&mut self, call: CallId, notes: &[Field]) -> Result<(), Failure> {
        Ok(record::set_notes(self.within()?, call, notes)?)
    }

    fn commit(self: Box<Self>) -> Result<(), Failure> {
        Ok(self.within()?.execute_batch("COMMIT")?)
    }
}

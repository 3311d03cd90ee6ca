//! What is deleted, a batch in a transaction of its own.
//!
//! What is deleted is overwritten with zeros (`secure_delete`), and its room is used again: there is
//! no `auto_vacuum`, the file never shrinks, and never grows beyond the most that it held at a time.

use crate::{
    format::{CannotOpen, open_to_change},
    lock::lock,
    table::{campaign, case, mail, record, step, version},
};
use rusqlite::{Connection, Transaction, TransactionBehavior::Immediate};
use std::path::{Path, PathBuf};
use strowger_journal::{Eraser, Failure, Remove, Removed};

pub(crate) struct SqliteEraser {
    connection: Connection,
    path: PathBuf,
}

impl SqliteEraser {
    pub(crate) fn open(path: &Path) -> Result<Self, CannotOpen> {
        Ok(Self { connection: open_to_change(path)?, path: path.to_owned() })
    }
}

impl Eraser for SqliteEraser {
    fn remove(&mut self, what: &Remove) -> Result<Removed, Failure> {
        Ok(remove(&self.connection, what)?)
    }

    fn look(&mut self, plan: &[Remove]) -> Result<Removed, Failure> {
        let never = Transaction::new_unchecked(&self.connection, Immediate)?;
        let mut total = Removed::default();
        for part in plan {
            loop {
                let removed = within(&never, part)?;
                total += removed;
                if removed == Removed::default() || part.is_whole() {
                    break;
                }
            }
        }
        never.rollback()?;
        Ok(total)
    }

    fn wipe(&mut self) -> Result<(), Failure> {
        // Pages that were split long ago have the rest of rows in their corners, which only a
        // rewrite of the whole file removes. It would hold a host up.
        if let Ok(_alone) = lock(&self.path) {
            self.connection.execute_batch("VACUUM")?;
        }
        // What was overwritten is to leave the log too.
        Ok(self.connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(()))?)
    }
}

/// Deletes one batch.
pub(crate) fn remove(connection: &Connection, what: &Remove) -> rusqlite::Result<Removed> {
    connection.pragma_update(None, "secure_delete", true)?;
    let removed = Transaction::new_unchecked(connection, Immediate).and_then(|transaction| {
        let removed = within(&transaction, what)?;
        transaction.commit()?;
        Ok(removed)
    });
    connection.pragma_update(None, "secure_delete", false)?;
    removed
}

fn within(transaction: &Connection, what: &Remove) -> rusqlite::Result<Removed> {
    let mut removed = Removed::default();
    match what {
        Remove::Steps { before } => removed.steps = step::delete(transaction, *before)?,
        Remove::Callers { before } => {
            removed.made_anonymous = record::make_anonymous(transaction, *before)?;
        }
        Remove::Sent => removed.mails = mail::empty_sent(transaction)?,
        Remove::Contents { before } => {
            removed.mails = mail::empty(transaction, *before)?;
            removed.cases = case::empty(transaction, *before)?;
            removed.contacts = campaign::empty(transaction, *before)?;
        }
        Remove::Papers { before } => {
            removed.mails = mail::delete(transaction, *before)?;
            removed.cases = case::delete(transaction, *before)?;
        }
        Remove::Records { before } => {
            removed.records = record::delete(transaction, *before)?;
            removed.contacts = campaign::delete(transaction, *before)?;
        }
        Remove::Versions { before, keep } => {
            removed.versions = version::delete(transaction, *before, keep)?;
        }
        Remove::Saying(number) => {
            removed.mails =
                mail::empty_saying(transaction, number)? + mail::send_without(transaction, number)?;
            removed.cases = case::empty_saying(transaction, number)?;
            removed.contacts = campaign::empty_saying(transaction, number)?;
        }
        Remove::Calls(calls) => {
            for &call in calls {
                removed.steps += step::delete_of(transaction, call)?;
                removed.made_anonymous += record::make_one_anonymous(transaction, call)?;
                removed.mails += mail::empty_of(transaction, call)?;
                removed.cases += case::empty_of(transaction, call)?;
            }
        }
    }
    Ok(removed)
}

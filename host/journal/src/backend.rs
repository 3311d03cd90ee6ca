//! What a database has to do for the journal. A [`Backend`] knows where a journal is, and opens it
//! in one of four ways; each has a trait of its own.
//!
//! A group of changes is one call through a `dyn` trait, whatever is in it. Every method blocks its
//! thread until the database has answered.

use crate::{
    entry::Change,
    error::{Failure, OpenError},
    read::Read,
    remove::{Remove, Removed},
};
use strowger_model::{CallId, Case, command::Field};

/// A database with a journal in it, or with room for one.
pub trait Backend: Send + Sync {
    /// Opens the journal for the host; makes it if there is none, upgrades it if it is older. Lists
    /// of campaigns that were not opened are gone.
    ///
    /// # Errors
    /// [`OpenError::InUse`] while there is another writer, of this process or of any other.
    fn writer(&self) -> Result<Box<dyn GroupWriter>, OpenError>;

    /// Opens the journal to read it, beside a host that writes it or without one.
    ///
    /// # Errors
    /// Also if there is no journal, or an older one that a host has to upgrade.
    fn reader(&self) -> Result<Box<dyn Read>, OpenError>;

    /// Opens the journal to change something that people keep, beside a host or without one.
    ///
    /// # Errors
    /// As [`Backend::reader`].
    fn edit(&self) -> Result<Box<dyn Edit>, OpenError>;

    /// Opens the journal to erase something, beside a host or without one.
    ///
    /// # Errors
    /// As [`Backend::reader`].
    fn eraser(&self) -> Result<Box<dyn Eraser>, OpenError>;
}

/// The one that writes what calls hand in.
pub trait GroupWriter: Send {
    /// Commits changes in their order, all or none; an image of a call that a later change overtakes
    /// may be left out. `gaps`: calls of which steps are missing; they are marked, after the
    /// changes. A change that the database would refuse in any state, such as a text that is too
    /// long, is logged and left out.
    ///
    /// # Errors
    /// Nothing was committed, and the same may be handed in again.
    fn commit(&mut self, changes: &[Change], gaps: &[CallId]) -> Result<(), Failure>;

    /// Deletes one batch, as [`Eraser::remove`] does.
    ///
    /// # Errors
    /// Nothing of the batch is gone.
    fn remove(&mut self, what: &Remove) -> Result<Removed, Failure>;
}

/// One transaction, from the first thing that is asked on. Dropped without [`Edit::commit`], it
/// changes nothing. Whoever else writes waits until it is over, or fails; so does the host.
///
/// # Errors
/// Each method: the database says no. All that is left to do then is to drop it.
pub trait Edit {
    /// A case. None: there is none of that id.
    fn case(&mut self, id: &str) -> Result<Option<Case>, Failure>;

    /// Adds a case. False: there is one of that id, and nothing is changed.
    fn add_case(&mut self, case: &Case) -> Result<bool, Failure>;

    /// Changes what a case is about and how it ended.
    fn set_case(&mut self, case: &Case) -> Result<(), Failure>;

    /// What is noted of a call that is over. None: it has no record.
    fn notes(&mut self, call: CallId) -> Result<Option<Notes>, Failure>;

    /// Changes what is noted of a call that is over.
    fn set_notes(&mut self, call: CallId, notes: &[Field]) -> Result<(), Failure>;

    /// Ends the transaction: all that was changed is kept from now on.
    fn commit(self: Box<Self>) -> Result<(), Failure>;
}

/// What is noted on the record of a call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Notes {
    /// By key.
    pub fields: Vec<Field>,
    /// The personal data of the record was erased, or would be if there were some.
    pub erased: bool,
}

/// Deletes, beside the host's own writer.
pub trait Eraser {
    /// Deletes one batch, in a transaction of its own. Calls that are open keep everything. What is
    /// deleted is overwritten, as far as the database can.
    ///
    /// # Errors
    /// Nothing of the batch is gone.
    fn remove(&mut self, what: &Remove) -> Result<Removed, Failure>;

    /// What [`Eraser::remove`] would delete, batch by batch, until nothing is left of any of these.
    /// Nothing is deleted.
    ///
    /// # Errors
    /// It cannot be known now.
    fn look(&mut self, plan: &[Remove]) -> Result<Removed, Failure>;

    /// Has what was deleted leave logs and unused corners too, as far as no host is held up by it.
    ///
    /// # Errors
    /// Some of it may be left there.
    fn wipe(&mut self) -> Result<(), Failure>;
}

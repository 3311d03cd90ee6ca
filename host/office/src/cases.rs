//! How people change cases and the records of calls that are over, beside a running host or without
//! one. The rules are here; a database only keeps what came of them.

use strowger_journal::{Backend, Edit, Failure, OpenError, ReadError};
use strowger_model::{CallId, Case, CaseKind, CaseRules, command::Field, mail::Closed};

/// Why nothing was kept.
#[derive(Debug, thiserror::Error)]
pub enum KeepError {
    /// There is no journal that could be changed.
    #[error(transparent)]
    Open(#[from] OpenError),
    /// The database says no.
    #[error("the journal cannot be changed: {0}; try again")]
    Database(#[from] Failure),
    /// There is none.
    #[error("there is no case {0:?}; `strowger cases` lists them")]
    Unknown(String),
    /// It has an outcome.
    #[error("case {id:?} was closed already: {outcome}")]
    Closed {
        /// The case.
        id: String,
        /// As it was closed.
        outcome: String,
    },
    /// A case is of a call that there is, or of none.
    #[error("there is no call {0}; `strowger records` and `strowger calls` list them")]
    NoCall(CallId),
    /// The call is not over, or not known.
    #[error("there is no record of call {0}; a call has one when it is over")]
    NoRecord(CallId),
    /// Its personal data is gone, and nobody would erase more of it.
    #[error("the personal data of call {0} was erased; its record takes no more notes")]
    Erased(CallId),
    /// It cannot be read.
    #[error(transparent)]
    Read(#[from] ReadError),
    /// Not what such a case can end with.
    #[error("a case of the kind {kind} is closed as one of: {}", .outcomes.join(", "))]
    Outcome {
        /// Its kind.
        kind: CaseKind,
        /// How it may end.
        outcomes: Vec<String>,
    },
}

/// Adds a case. Its id gets a number behind it: several may be noted in one instant.
///
/// # Errors
/// There is no such call, or no journal, or somebody holds its lock for too long.
pub fn add_case(backend: &dyn Backend, case: Case) -> Result<Case, KeepError> {
    if let Some(call) = case.call {
        let reader = backend.reader()?;
        if reader.record(call)?.is_none() && reader.steps(call)?.is_empty() {
            return Err(KeepError::NoCall(call));
        }
    }
    let mut edit = backend.edit()?;
    let mut numbered = case.clone();
    for number in 0.. {
        numbered.id = format!("{}-{number}", case.id);
        if edit.add_case(&numbered)? {
            break;
        }
    }
    edit.commit()?;
    Ok(numbered)
}

/// Adds to what an open case is about. A field that it has gets the new value.
///
/// # Errors
/// If there is no such case, or it is closed.
pub fn note_case(backend: &dyn Backend, id: &str, fields: &[Field]) -> Result<(), KeepError> {
    let mut edit = backend.edit()?;
    let mut case = open_case(&mut *edit, id)?;
    add_fields(&mut case.fields, fields);
    edit.set_case(&case)?;
    Ok(edit.commit()?)
}

/// Notes more on the record of a call that is over, such as a wrap-up code. A note that it has gets
/// the new value.
///
/// # Errors
/// If there is no such record, or its personal data was erased.
pub fn note_record(backend: &dyn Backend, call: CallId, notes: &[Field]) -> Result<(), KeepError> {
    let mut edit = backend.edit()?;
    let mut known = edit.notes(call)?.ok_or(KeepError::NoRecord(call))?;
    if known.erased {
        return Err(KeepError::Erased(call));
    }
    add_fields(&mut known.fields, notes);
    edit.set_notes(call, &known.fields)?;
    Ok(edit.commit()?)
}

/// Closes a case. `rules` say how it may end; a kind that they do not have may end in any way.
///
/// # Errors
/// If there is no such case, or it is closed already, or it cannot end so.
pub fn close_case(
    backend: &dyn Backend,
    id: &str,
    closed: &Closed,
    rules: &CaseRules,
) -> Result<(), KeepError> {
    let mut edit = backend.edit()?;
    let mut case = open_case(&mut *edit, id)?;
    let outcomes = rules.get(&case.kind).map(|rule| &rule.outcomes[..]).unwrap_or_default();
    if !outcomes.is_empty() && !outcomes.contains(&closed.outcome) {
        return Err(KeepError::Outcome { kind: case.kind, outcomes: outcomes.to_vec() });
    }
    case.closed = Some(closed.clone());
    edit.set_case(&case)?;
    Ok(edit.commit()?)
}

fn open_case(edit: &mut dyn Edit, id: &str) -> Result<Case, KeepError> {
    let found = edit.case(id)?.ok_or_else(|| KeepError::Unknown(id.to_owned()))?;
    match found.closed {
        Some(closed) => Err(KeepError::Closed { id: found.id, outcome: closed.outcome }),
        None => Ok(found),
    }
}

fn add_fields(known: &mut Vec<Field>, further: &[Field]) {
    for field in further {
        match known.iter_mut().find(|known| known.key == field.key) {
            Some(known) => known.value.clone_from(&field.value),
            None => known.push(field.clone()),
        }
    }
}

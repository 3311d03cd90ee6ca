//! What people have to answer, and what they note of calls that are over: read back, and changed
//! beside a running host.

use crate::{
    format::{OpenError, open_to_change},
    read::{ReadError, Reader, json, wrong},
    write::CASE,
};
use rusqlite::{Connection, OptionalExtension, Row, TransactionBehavior, params};
use std::path::Path;
use strowger_model::{CallId, Case, CaseKind, CaseRules, Timestamp, command::Field, mail::Closed};

/// Which cases.
#[derive(Clone, Copy, Debug, Default)]
pub struct CaseQuery {
    /// Opened then or later.
    pub since: Option<Timestamp>,
    /// Opened before.
    pub until: Option<Timestamp>,
    /// Those that are not closed.
    pub open: bool,
}

impl Reader {
    /// Cases, in the order in which they were opened.
    pub fn cases(&self, query: &CaseQuery) -> Result<Vec<Case>, ReadError> {
        let connection = self.lock();
        let mut statement = connection.prepare_cached(
            "SELECT id, kind, call, flow, opened, due, fields, outcome, closed, by_day FROM \"case\"
             WHERE opened >= ?1 AND opened < ?2 AND (closed IS NULL OR NOT ?3) ORDER BY opened, id",
        )?;
        let until = query.until.map_or(i64::MAX as u64, |at| at.0.min(i64::MAX as u64));
        let rows = statement
            .query_map(params![query.since.map_or(0, |at| at.0), until, query.open], case)?;
        Ok(rows.collect::<Result<_, _>>()?)
    }
}

/// Why nothing was kept.
#[derive(Debug, thiserror::Error)]
pub enum KeepError {
    /// There is no journal that could be changed.
    #[error(transparent)]
    Open(#[from] OpenError),
    /// The database says no.
    #[error("the journal cannot be changed: {0}; try again")]
    Database(#[from] rusqlite::Error),
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
    /// The call is not over, or not known.
    #[error("there is no record of call {0}; a call has one when it is over")]
    NoRecord(CallId),
    /// Its personal data is gone, and nobody would erase more of it.
    #[error("of call {0} the personal data was erased; nothing is noted of it any more")]
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

/// Adds a case beside a running host, or without one. Its id gets a number behind it: several may
/// be noted in one instant.
///
/// # Errors
/// If there is no journal, or somebody holds its lock for too long.
pub fn add_case(path: &Path, case: Case) -> Result<Case, KeepError> {
    let connection = open_to_change(path)?;
    let mut statement = connection.prepare(CASE)?;
    let mut numbered = case.clone();
    for number in 0.. {
        numbered.id = format!("{}-{number}", case.id);
        if insert_case(&mut statement, &numbered)? {
            break;
        }
    }
    Ok(numbered)
}

/// Adds to what an open case is about, beside a running host, or without one. A field that it has
/// gets the new value.
///
/// # Errors
/// If there is no such case, or it is closed.
pub fn note_case(path: &Path, id: &str, fields: &[Field]) -> Result<(), KeepError> {
    let mut connection = open_to_change(path)?;
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    let mut case = open_case(&transaction, id)?;
    let fields = with(&mut case.fields, fields);
    transaction.execute("UPDATE \"case\" SET fields = ?2 WHERE id = ?1", params![id, fields])?;
    Ok(transaction.commit()?)
}

/// Notes more on the record of a call that is over, such as a wrap-up code, beside a running host,
/// or without one. A note that it has gets the new value.
///
/// # Errors
/// If there is no such record, or its personal data was erased.
pub fn note_record(path: &Path, call: CallId, notes: &[Field]) -> Result<(), KeepError> {
    let mut connection = open_to_change(path)?;
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    let sql = "SELECT notes, call <= (SELECT upto FROM anonymous) FROM record WHERE call = ?1";
    let found = transaction
        .query_row(sql, [call.to_string()], |row| Ok((json(row, 0)?, row.get(1)?)))
        .optional()?;
    let (mut known, erased): (Vec<Field>, bool) = found.ok_or(KeepError::NoRecord(call))?;
    if erased {
        return Err(KeepError::Erased(call));
    }
    transaction.execute(
        "UPDATE record SET notes = ?2 WHERE call = ?1",
        params![call.to_string(), with(&mut known, notes)],
    )?;
    Ok(transaction.commit()?)
}

/// Fields with further ones, as they are kept.
fn with(known: &mut Vec<Field>, further: &[Field]) -> String {
    for field in further {
        match known.iter_mut().find(|known| known.key == field.key) {
            Some(known) => known.value.clone_from(&field.value),
            None => known.push(field.clone()),
        }
    }
    serde_json::to_string(known).unwrap_or_default()
}

/// Closes a case beside a running host, or without one. `rules` say how it may end; a kind that they
/// do not have may end in any way.
///
/// # Errors
/// If there is no such case, or it is closed already, or it cannot end so.
pub fn close_case(
    path: &Path,
    id: &str,
    closed: &Closed,
    rules: &CaseRules,
) -> Result<(), KeepError> {
    let mut connection = open_to_change(path)?;
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    let found = open_case(&transaction, id)?;
    let outcomes = rules.get(&found.kind).map(|rule| &rule.outcomes[..]).unwrap_or_default();
    if !outcomes.is_empty() && !outcomes.contains(&closed.outcome) {
        return Err(KeepError::Outcome { kind: found.kind, outcomes: outcomes.to_vec() });
    }
    transaction.execute(
        "UPDATE \"case\" SET outcome = ?2, closed = ?3 WHERE id = ?1",
        params![id, closed.outcome, closed.at.0],
    )?;
    Ok(transaction.commit()?)
}

fn open_case(connection: &Connection, id: &str) -> Result<Case, KeepError> {
    let sql = "SELECT id, kind, call, flow, opened, due, fields, outcome, closed, by_day FROM \"case\" WHERE id = ?1";
    let found = connection
        .query_row(sql, [id], case)
        .optional()?
        .ok_or_else(|| KeepError::Unknown(id.to_owned()))?;
    match found.closed {
        Some(closed) => Err(KeepError::Closed { id: found.id, outcome: closed.outcome }),
        None => Ok(found),
    }
}

/// False: there is one of that id.
pub(crate) fn insert_case(
    statement: &mut rusqlite::Statement<'_>,
    case: &Case,
) -> rusqlite::Result<bool> {
    let (outcome, closed) =
        case.closed.as_ref().map(|closed| (closed.outcome.as_str(), closed.at.0)).unzip();
    let call = case.call.map(|call| call.to_string());
    let fields = serde_json::to_string(&case.fields).unwrap_or_default();
    let (opened, due) = (case.opened.0, case.due.0);
    statement
        .execute(params![
            case.id,
            case.kind.as_str(),
            call,
            case.flow.as_str(),
            opened,
            due,
            fields,
            outcome,
            closed,
            case.by_day
        ])
        .map(|inserted| inserted > 0)
}

fn case(row: &Row<'_>) -> rusqlite::Result<Case> {
    let closed = row.get::<_, Option<String>>(7)?.zip(row.get::<_, Option<u64>>(8)?);
    Ok(Case {
        id: row.get(0)?,
        kind: row.get::<_, String>(1)?.into(),
        call: row
            .get::<_, Option<String>>(2)?
            .map(|call| call.parse())
            .transpose()
            .map_err(|error| wrong(2, error))?,
        flow: row.get::<_, String>(3)?.into(),
        opened: Timestamp(row.get(4)?),
        due: Timestamp(row.get(5)?),
        by_day: row.get(9)?,
        fields: json(row, 6)?,
        closed: closed.map(|(outcome, at)| Closed { outcome, at: Timestamp(at) }),
    })
}

//! What has to be answered.

use super::row::{json, says, since, time, to_json, until, wrong};
use rusqlite::{CachedStatement, Connection, OptionalExtension, Row, params};
use strowger_journal::{CaseQuery, Remove};
use strowger_model::{CallId, Case, Timestamp, mail::Closed, number::Notations};

pub(crate) struct Cases<'c>(CachedStatement<'c>);

const INSERT: &str =
    "INSERT INTO \"case\" (id, kind, call, flow, opened, due, fields, outcome, closed,
    by_day) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10) ON CONFLICT DO NOTHING";

impl<'c> Cases<'c> {
    pub(crate) fn prepare(connection: &'c Connection) -> rusqlite::Result<Self> {
        Ok(Self(connection.prepare_cached(INSERT)?))
    }

    /// False: there is one of that id.
    pub(crate) fn insert(&mut self, case: &Case) -> rusqlite::Result<bool> {
        let (outcome, closed) = ending(case);
        let values = params![
            case.id,
            case.kind.as_str(),
            case.call.map(|call| call.to_string()),
            case.flow.as_str(),
            case.opened.0,
            case.due.0,
            to_json(&case.fields),
            outcome,
            closed,
            case.by_day
        ];
        self.0.execute(values).map(|inserted| inserted > 0)
    }
}

/// The columns `outcome` and `closed`.
fn ending(case: &Case) -> (Option<&str>, Option<u64>) {
    case.closed.as_ref().map(|closed| (closed.outcome.as_str(), closed.at.0)).unzip()
}

/// Changes what a case is about and how it ended.
pub(crate) fn update(connection: &Connection, case: &Case) -> rusqlite::Result<()> {
    let sql = "UPDATE \"case\" SET fields = ?2, outcome = ?3, closed = ?4 WHERE id = ?1";
    let (outcome, closed) = ending(case);
    connection.execute(sql, params![case.id, to_json(&case.fields), outcome, closed]).map(drop)
}

const COLUMNS: &str = "id, kind, call, flow, opened, due, fields, outcome, closed, by_day";

/// Those that are asked for, in the order in which they were opened.
pub(crate) fn those(connection: &Connection, query: &CaseQuery) -> rusqlite::Result<Vec<Case>> {
    let sql = format!(
        "SELECT {COLUMNS} FROM \"case\" WHERE opened >= ?1 AND opened < ?2
         AND (closed IS NULL OR NOT ?3) ORDER BY opened, id"
    );
    let mut statement = connection.prepare_cached(&sql)?;
    statement
        .query_map(params![since(query.since), until(query.until), query.open], case)?
        .collect()
}

pub(crate) fn find(connection: &Connection, id: &str) -> rusqlite::Result<Option<Case>> {
    let sql = format!("SELECT {COLUMNS} FROM \"case\" WHERE id = ?1");
    connection.query_row(&sql, [id], case).optional()
}

fn case(row: &Row<'_>) -> rusqlite::Result<Case> {
    let closed = row.get::<_, Option<String>>(7)?.zip(time(row, 8)?);
    let call = row.get::<_, Option<String>>(2)?.map(|call| call.parse()).transpose();
    Ok(Case {
        id: row.get(0)?,
        kind: row.get::<_, String>(1)?.into(),
        call: call.map_err(|error| wrong(2, error))?,
        flow: row.get::<_, String>(3)?.into(),
        opened: Timestamp(row.get(4)?),
        due: Timestamp(row.get(5)?),
        by_day: row.get(9)?,
        fields: json(row, 6)?,
        closed: closed.map(|(outcome, at)| Closed { outcome, at }),
    })
}

/// Takes what they are about from some cases from before that are closed.
pub(crate) fn empty(connection: &Connection, before: Timestamp) -> rusqlite::Result<u64> {
    let sql = "UPDATE \"case\" SET fields = '[]' WHERE id IN (SELECT id FROM \"case\"
        WHERE opened < ?1 AND closed IS NOT NULL AND fields <> '[]' LIMIT ?2)";
    Ok(connection.execute(sql, params![before.0, Remove::BATCH])? as u64)
}

/// Takes what they are about from cases that say a number, and how they ended if that says it.
pub(crate) fn empty_saying(connection: &Connection, number: &Notations) -> rusqlite::Result<u64> {
    let sql = format!(
        "UPDATE \"case\" SET fields = '[]', outcome = iif({outcome}, '', outcome)
         WHERE {fields} OR {outcome}",
        fields = says("fields"),
        outcome = says("ifnull(outcome, '')")
    );
    let mut statement = connection.prepare(&sql)?;
    let changed = number.within.iter().map(|notation| statement.execute([notation]));
    changed.sum::<rusqlite::Result<usize>>().map(|changed| changed as u64)
}

/// Takes what they are about from cases of a call.
pub(crate) fn empty_of(connection: &Connection, call: CallId) -> rusqlite::Result<u64> {
    let sql = "UPDATE \"case\" SET fields = '[]' WHERE call = ?1 AND fields <> '[]'";
    Ok(connection.execute(sql, [call.to_string()])? as u64)
}

/// Deletes some cases from before that are closed.
pub(crate) fn delete(connection: &Connection, before: Timestamp) -> rusqlite::Result<u64> {
    let sql = "DELETE FROM \"case\" WHERE id IN
        (SELECT id FROM \"case\" WHERE opened < ?1 AND closed IS NOT NULL LIMIT ?2)";
    Ok(connection.execute(sql, params![before.0, Remove::BATCH])? as u64)
}

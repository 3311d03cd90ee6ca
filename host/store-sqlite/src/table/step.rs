//! Steps of calls, as bytes.

use super::row::{first_since, text};
use rusqlite::{CachedStatement, Connection, params};
use strowger_journal::{Remove, StepBody};
use strowger_model::{CallId, Timestamp};

pub(crate) struct Steps<'c>(CachedStatement<'c>);

impl<'c> Steps<'c> {
    pub(crate) fn prepare(connection: &'c Connection) -> rusqlite::Result<Self> {
        let sql = "INSERT OR REPLACE INTO step (call, number, body) VALUES (?1, ?2, ?3)";
        Ok(Self(connection.prepare_cached(sql)?))
    }

    pub(crate) fn insert(
        &mut self,
        call: CallId,
        number: u32,
        body: &[u8],
    ) -> rusqlite::Result<()> {
        self.0.execute(params![text(&call.text()), number, body]).map(drop)
    }
}

/// The steps of a call, in order.
pub(crate) fn of(connection: &Connection, call: CallId) -> rusqlite::Result<Vec<StepBody>> {
    let sql = "SELECT number, body FROM step WHERE call = ?1 ORDER BY number";
    let mut statement = connection.prepare_cached(sql)?;
    let rows = statement.query_map([call.to_string()], |row| {
        Ok((row.get(0)?, row.get_ref(1)?.as_blob()?.into()))
    })?;
    rows.collect()
}

/// Deletes some steps of calls that are over and came in before, which their ids tell.
pub(crate) fn delete(connection: &Connection, before: Timestamp) -> rusqlite::Result<u64> {
    let sql = "DELETE FROM step WHERE (call, number) IN (SELECT call, number FROM step
        WHERE call < ?1 AND call NOT IN (SELECT call FROM open_call) LIMIT ?2)";
    Ok(connection.execute(sql, params![first_since(before), Remove::BATCH])? as u64)
}

/// Deletes the steps of a call.
pub(crate) fn delete_of(connection: &Connection, call: CallId) -> rusqlite::Result<u64> {
    Ok(connection.execute("DELETE FROM step WHERE call = ?1", [call.to_string()])? as u64)
}

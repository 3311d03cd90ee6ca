//! Calls that are not over, as bytes.

use super::row::{parsed, text};
use rusqlite::{CachedStatement, Connection, params};
use strowger_journal::OpenCall;
use strowger_model::{CallId, FlowVersion};

pub(crate) struct OpenCalls<'c> {
    insert: CachedStatement<'c>,
    mark: CachedStatement<'c>,
    delete: CachedStatement<'c>,
}

const INSERT: &str = "INSERT INTO open_call (call, flow, version, image, unjournalled)
    VALUES (?1, ?2, ?3, ?4, 0) ON CONFLICT (call) DO UPDATE
    SET flow = excluded.flow, version = excluded.version, image = excluded.image";

impl<'c> OpenCalls<'c> {
    pub(crate) fn prepare(connection: &'c Connection) -> rusqlite::Result<Self> {
        let mark = "UPDATE open_call SET unjournalled = 1 WHERE call = ?1";
        Ok(Self {
            insert: connection.prepare_cached(INSERT)?,
            mark: connection.prepare_cached(mark)?,
            delete: connection.prepare_cached("DELETE FROM open_call WHERE call = ?1")?,
        })
    }

    /// Keeps a call as it is now. Once it is marked it stays so.
    pub(crate) fn insert(
        &mut self,
        call: CallId,
        on: &FlowVersion,
        image: &[u8],
    ) -> rusqlite::Result<()> {
        let call = call.text();
        self.insert.execute(params![text(&call), on.flow.as_str(), on.version, image]).map(drop)
    }

    /// Marks a call of which steps are missing.
    pub(crate) fn mark(&mut self, call: CallId) -> rusqlite::Result<()> {
        self.mark.execute([text(&call.text())]).map(drop)
    }

    pub(crate) fn delete(&mut self, call: CallId) -> rusqlite::Result<()> {
        self.delete.execute([text(&call.text())]).map(drop)
    }
}

/// All of them, in the order in which they came in.
pub(crate) fn all(connection: &Connection) -> rusqlite::Result<Vec<OpenCall>> {
    let sql = "SELECT call, flow, version, image, unjournalled FROM open_call ORDER BY call";
    let mut statement = connection.prepare_cached(sql)?;
    let rows = statement.query_map([], |row| {
        let on = FlowVersion { flow: row.get::<_, String>(1)?.into(), version: row.get(2)? };
        Ok(OpenCall {
            call: parsed(row, 0)?,
            on,
            image: row.get::<_, Vec<u8>>(3)?.into(),
            unjournalled: row.get(4)?,
        })
    })?;
    rows.collect()
}

//! What was decided about versions of flows. Nothing of it is ever deleted.

use super::row::{json, to_json};
use rusqlite::{CachedStatement, Connection, params};
use strowger_model::{FlowVersion, Timestamp, archive::Decision};

pub(crate) struct Decisions<'c>(CachedStatement<'c>);

impl<'c> Decisions<'c> {
    pub(crate) fn prepare(connection: &'c Connection) -> rusqlite::Result<Self> {
        let sql = "INSERT INTO decision (at, flow, version, what, reason)
            VALUES (?1, ?2, ?3, ?4, ?5)";
        Ok(Self(connection.prepare_cached(sql)?))
    }

    pub(crate) fn insert(&mut self, decision: &Decision) -> rusqlite::Result<()> {
        let Decision { at, on, what, reason } = decision;
        let values = params![at.0, on.flow.as_str(), on.version, to_json(what), reason];
        self.0.execute(values).map(drop)
    }
}

/// All of them, in their order.
pub(crate) fn all(connection: &Connection) -> rusqlite::Result<Vec<Decision>> {
    let sql = "SELECT at, flow, version, what, reason FROM decision ORDER BY number";
    let mut statement = connection.prepare_cached(sql)?;
    let rows = statement.query_map([], |row| {
        Ok(Decision {
            at: Timestamp(row.get(0)?),
            on: FlowVersion { flow: row.get::<_, String>(1)?.into(), version: row.get(2)? },
            what: json(row, 3)?,
            reason: row.get(4)?,
        })
    })?;
    rows.collect()
}

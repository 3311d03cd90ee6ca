//! How the clocks of the host read.

use rusqlite::{CachedStatement, Connection, OptionalExtension, params};
use std::time::Duration;
use strowger_journal::Clocks;
use strowger_model::Timestamp;

pub(crate) struct ClocksKept<'c>(CachedStatement<'c>);

impl<'c> ClocksKept<'c> {
    pub(crate) fn prepare(connection: &'c Connection) -> rusqlite::Result<Self> {
        let sql =
            "INSERT OR REPLACE INTO clock (one, elapsed, wall, trusted) VALUES (1, ?1, ?2, ?3)";
        Ok(Self(connection.prepare_cached(sql)?))
    }

    pub(crate) fn insert(&mut self, clocks: &Clocks) -> rusqlite::Result<()> {
        let Clocks { elapsed, wall, trusted } = clocks;
        let elapsed = elapsed.as_millis() as u64;
        self.0.execute(params![elapsed, wall.0, trusted.0]).map(drop)
    }
}

pub(crate) fn last(connection: &Connection) -> rusqlite::Result<Option<Clocks>> {
    let sql = "SELECT elapsed, wall, trusted FROM clock";
    let row = connection.prepare_cached(sql)?.query_row([], |row| {
        Ok(Clocks {
            elapsed: Duration::from_millis(row.get(0)?),
            wall: Timestamp(row.get(1)?),
            trusted: Timestamp(row.get(2)?),
        })
    });
    row.optional()
}

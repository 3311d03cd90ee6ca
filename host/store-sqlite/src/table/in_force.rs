//! What serves new calls, in one row.

use super::row::{json, to_json};
use rusqlite::{CachedStatement, Connection, OptionalExtension, params};
use strowger_model::archive::{InForce, TextFile};

pub(crate) struct InForceKept<'c>(CachedStatement<'c>);

impl<'c> InForceKept<'c> {
    pub(crate) fn prepare(connection: &'c Connection) -> rusqlite::Result<Self> {
        let sql = "INSERT OR REPLACE INTO in_force (one, site_file, site_text, flows)
            VALUES (1, ?1, ?2, ?3)";
        Ok(Self(connection.prepare_cached(sql)?))
    }

    pub(crate) fn insert(&mut self, in_force: &InForce) -> rusqlite::Result<()> {
        let InForce { site, flows } = in_force;
        self.0.execute(params![site.path, site.text, to_json(flows)]).map(drop)
    }
}

pub(crate) fn last(connection: &Connection) -> rusqlite::Result<Option<InForce>> {
    let sql = "SELECT site_file, site_text, flows FROM in_force";
    let row = connection.prepare_cached(sql)?.query_row([], |row| {
        let site = TextFile { path: row.get(0)?, text: row.get(1)? };
        Ok(InForce { site, flows: json(row, 2)? })
    });
    row.optional()
}

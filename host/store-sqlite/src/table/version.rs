//! What versions of flows were made of. Plugins are in the table `content`, each once.

use super::row::{first_since, json, text, to_json};
use rusqlite::{CachedStatement, Connection, OptionalExtension, params};
use std::collections::BTreeSet;
use strowger_model::{
    CallId, FlowVersion, Timestamp, VersionFiles,
    archive::{PluginFile, TextFile},
};

pub(crate) struct Versions<'c> {
    content: CachedStatement<'c>,
    insert: CachedStatement<'c>,
    used: CachedStatement<'c>,
}

const INSERT: &str =
    "INSERT INTO version (flow, version, flow_file, flow_text, site_file, site_text,
    recordings, site_recordings, plugin, last_call)
    VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, '') ON CONFLICT DO NOTHING";
const CONTENT: &str = "INSERT INTO content (hash, bytes) VALUES (?1, ?2) ON CONFLICT DO NOTHING";
const USED: &str =
    "UPDATE version SET last_call = max(last_call, ?3) WHERE flow = ?1 AND version = ?2";

impl<'c> Versions<'c> {
    pub(crate) fn prepare(connection: &'c Connection) -> rusqlite::Result<Self> {
        Ok(Self {
            content: connection.prepare_cached(CONTENT)?,
            insert: connection.prepare_cached(INSERT)?,
            used: connection.prepare_cached(USED)?,
        })
    }

    pub(crate) fn insert(&mut self, files: &VersionFiles) -> rusqlite::Result<()> {
        self.content.execute(params![files.plugin.hash, &files.plugin.bytes[..]])?;
        let values = params![
            files.on.flow.as_str(),
            files.on.version,
            files.flow.path,
            files.flow.text,
            files.site.path,
            files.site.text,
            to_json(&files.recordings),
            to_json(&files.site_recordings),
            files.plugin.hash,
        ];
        self.insert.execute(values).map(drop)
    }

    /// A call began on it, or came to it.
    pub(crate) fn used(&mut self, on: &FlowVersion, call: CallId) -> rusqlite::Result<()> {
        self.used.execute([on.flow.as_str(), &on.version, text(&call.text())]).map(drop)
    }
}

pub(crate) fn find(
    connection: &Connection,
    on: &FlowVersion,
) -> rusqlite::Result<Option<VersionFiles>> {
    let sql =
        "SELECT flow_file, flow_text, site_file, site_text, recordings, site_recordings, plugin,
        bytes FROM version JOIN content ON hash = plugin WHERE flow = ?1 AND version = ?2";
    let mut statement = connection.prepare_cached(sql)?;
    let found = statement.query_row(params![on.flow.as_str(), on.version], |row| {
        Ok(VersionFiles {
            on: on.clone(),
            flow: TextFile { path: row.get(0)?, text: row.get(1)? },
            site: TextFile { path: row.get(2)?, text: row.get(3)? },
            recordings: json(row, 4)?,
            site_recordings: json(row, 5)?,
            plugin: PluginFile { hash: row.get(6)?, bytes: row.get::<_, Vec<u8>>(7)?.into() },
        })
    });
    found.optional()
}

/// Deletes versions whose calls are all from before, and that no open call is on. The last call that
/// came to a version may still be open and rest in it, behind another flow.
pub(crate) fn delete(
    connection: &Connection,
    before: Timestamp,
    keep: &BTreeSet<FlowVersion>,
) -> rusqlite::Result<u64> {
    let mut statement = connection.prepare(
        "SELECT flow, version FROM version WHERE last_call < ?1
         AND (flow, version) NOT IN (SELECT flow, version FROM open_call)
         AND last_call NOT IN (SELECT call FROM open_call)",
    )?;
    let unused = statement.query_map([first_since(before)], |row| {
        Ok(FlowVersion { flow: row.get::<_, String>(0)?.into(), version: row.get(1)? })
    })?;
    let mut deleted = 0;
    for on in unused.collect::<Result<Vec<_>, _>>()? {
        if !keep.contains(&on) {
            let sql = "DELETE FROM version WHERE flow = ?1 AND version = ?2";
            deleted += connection.execute(sql, [on.flow.as_str(), &on.version])? as u64;
        }
    }
    connection.execute("DELETE FROM content WHERE hash NOT IN (SELECT plugin FROM version)", [])?;
    Ok(deleted)
}

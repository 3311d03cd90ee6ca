//! How agents stand.

use super::row::{json, time, to_json};
use rusqlite::{CachedStatement, Connection, params};
use strowger_model::{AgentName, AgentStanding, Timestamp};

pub(crate) struct Agents<'c>(CachedStatement<'c>);

const INSERT: &str =
    "INSERT OR REPLACE INTO agent (agent, logged_in, paused, wrap_up_until, joined,
    \"left\", pause_reason, idle_since, since, at)
    VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)";

impl<'c> Agents<'c> {
    pub(crate) fn prepare(connection: &'c Connection) -> rusqlite::Result<Self> {
        Ok(Self(connection.prepare_cached(INSERT)?))
    }

    pub(crate) fn insert(
        &mut self,
        agent: &AgentName,
        standing: &AgentStanding,
    ) -> rusqlite::Result<()> {
        // Named one by one: a new one is not forgotten here.
        let AgentStanding {
            logged_in,
            paused,
            wrap_up_until,
            joined,
            left,
            pause_reason,
            idle_since,
            since,
            at,
        } = standing;
        let millis = |time: &Option<Timestamp>| time.map(|time| time.0);
        let values = params![
            agent.as_str(),
            logged_in,
            paused,
            millis(wrap_up_until),
            to_json(joined),
            to_json(left),
            pause_reason,
            millis(idle_since),
            millis(since),
            to_json(at)
        ];
        self.0.execute(values).map(drop)
    }
}

/// All of them, by name.
pub(crate) fn all(connection: &Connection) -> rusqlite::Result<Vec<(AgentName, AgentStanding)>> {
    let sql = "SELECT agent, logged_in, paused, wrap_up_until, joined, \"left\", pause_reason,
        idle_since, since, at FROM agent ORDER BY agent";
    let mut statement = connection.prepare_cached(sql)?;
    let rows = statement.query_map([], |row| {
        let standing = AgentStanding {
            logged_in: row.get(1)?,
            paused: row.get(2)?,
            wrap_up_until: time(row, 3)?,
            joined: json(row, 4)?,
            left: json(row, 5)?,
            pause_reason: row.get(6)?,
            idle_since: time(row, 7)?,
            since: time(row, 8)?,
            at: json(row, 9)?,
        };
        Ok((row.get::<_, String>(0)?.into(), standing))
    })?;
    rows.collect()
}

//! Switches: how they stand, and every turn. No turn is ever deleted.

use super::row::{json, time, to_json};
use rusqlite::{CachedStatement, Connection, Row, params};
use strowger_journal::TurnQuery;
use strowger_model::{
    Timestamp,
    switch::{SwitchState, SwitchTurn, Turned, Until},
};

pub(crate) struct Switches<'c> {
    state: CachedStatement<'c>,
    turn: CachedStatement<'c>,
    rename: [CachedStatement<'c>; 2],
}

const STATE: &str =
    "INSERT OR REPLACE INTO switch (name, position, since, until, back_to, \"by\", reason)
    VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)";

const TURN: &str =
    "INSERT INTO switch_turn (name, at, \"by\", means, endpoint, \"from\", \"to\", until, reason)
    VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)";

const RENAME: [&str; 2] = [
    "UPDATE OR REPLACE switch SET name = ?2 WHERE name = ?1",
    "UPDATE switch_turn SET name = ?2 WHERE name = ?1",
];

impl<'c> Switches<'c> {
    pub(crate) fn prepare(connection: &'c Connection) -> rusqlite::Result<Self> {
        let prepare = |sql| connection.prepare_cached(sql);
        let [state, turns] = RENAME;
        Ok(Self {
            state: prepare(STATE)?,
            turn: prepare(TURN)?,
            rename: [prepare(state)?, prepare(turns)?],
        })
    }

    pub(crate) fn insert(&mut self, Turned { state, turn }: &Turned) -> rusqlite::Result<()> {
        let SwitchState { name, position, since, until, by, reason } = state;
        let (until, back_to) = match until {
            Some(Until { at, back_to }) => (Some(at.0), Some(back_to)),
            None => (None, None),
        };
        self.state.execute(params![name, position, since.0, until, back_to, by, reason])?;
        let SwitchTurn { name, at, by, means, endpoint, from, to, until, reason } = turn;
        let until = until.map(|until| until.0);
        let values = params![name, at.0, by, to_json(means), endpoint, from, to, until, reason];
        self.turn.execute(values).map(drop)
    }

    pub(crate) fn rename(&mut self, was: &str, name: &str) -> rusqlite::Result<()> {
        self.rename.iter_mut().try_for_each(|rename| rename.execute([was, name]).map(drop))
    }
}

/// How they stand, by name.
pub(crate) fn all(connection: &Connection) -> rusqlite::Result<Vec<SwitchState>> {
    let sql =
        "SELECT name, position, since, until, back_to, \"by\", reason FROM switch ORDER BY name";
    let mut statement = connection.prepare_cached(sql)?;
    let rows = statement.query_map([], |row| {
        let until = time(row, 3)?.zip(row.get(4)?);
        Ok(SwitchState {
            name: row.get(0)?,
            position: row.get(1)?,
            since: Timestamp(row.get(2)?),
            until: until.map(|(at, back_to)| Until { at, back_to }),
            by: row.get(5)?,
            reason: row.get(6)?,
        })
    })?;
    rows.collect()
}

/// Turns, the newest first.
pub(crate) fn turns(
    connection: &Connection,
    query: &TurnQuery,
) -> rusqlite::Result<Vec<SwitchTurn>> {
    let sql = "SELECT name, at, \"by\", means, endpoint, \"from\", \"to\", until, reason
        FROM switch_turn WHERE ?1 IS NULL OR name = ?1 ORDER BY number DESC LIMIT ?2";
    let limit = query.limit.map_or(-1, i64::from);
    connection.prepare_cached(sql)?.query_map(params![query.name, limit], turn)?.collect()
}

fn turn(row: &Row<'_>) -> rusqlite::Result<SwitchTurn> {
    Ok(SwitchTurn {
        name: row.get(0)?,
        at: Timestamp(row.get(1)?),
        by: row.get(2)?,
        means: json(row, 3)?,
        endpoint: row.get(4)?,
        from: row.get(5)?,
        to: row.get(6)?,
        until: time(row, 7)?,
        reason: row.get(8)?,
    })
}

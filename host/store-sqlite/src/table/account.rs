//! Users and tokens. They change so seldom that no statement is kept for them.

use rusqlite::{Connection, Row, params};
use strowger_journal::{AccountChange, Holder, KeptToken, KeptUser};
use strowger_model::Timestamp;

pub(crate) fn change(connection: &Connection, change: &AccountChange) -> rusqlite::Result<()> {
    let done = match change {
        AccountChange::User(KeptUser { name, role, password, since }) => connection.execute(
            "INSERT OR REPLACE INTO user (name, role, password, since) VALUES (?1, ?2, ?3, ?4)",
            params![name, role, password, since.0],
        ),
        AccountChange::NoUser(name) => {
            connection.execute("DELETE FROM user WHERE name = ?1", [name])
        }
        AccountChange::Token(KeptToken { id, key, holder, made, until }) => {
            let (user, label, role) = match holder {
                Holder::User(name) => (Some(name), None, None),
                Holder::Program { label, role } => (None, Some(label), Some(role)),
            };
            connection.execute(
                "INSERT OR REPLACE INTO token (id, key, user, label, role, made, until)
                VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
                params![id, key, user, label, role, made.0, until.0],
            )
        }
        AccountChange::NoToken(id) => connection.execute("DELETE FROM token WHERE id = ?1", [id]),
    };
    done.map(drop)
}

/// Who may log in, by name.
pub(crate) fn users(connection: &Connection) -> rusqlite::Result<Vec<KeptUser>> {
    let sql = "SELECT name, role, password, since FROM user ORDER BY name";
    let mut statement = connection.prepare_cached(sql)?;
    let rows = statement.query_map([], |row| {
        Ok(KeptUser {
            name: row.get(0)?,
            role: row.get(1)?,
            password: row.get(2)?,
            since: Timestamp(row.get(3)?),
        })
    })?;
    rows.collect()
}

/// Tokens and sessions, in the order in which they were made.
pub(crate) fn tokens(connection: &Connection) -> rusqlite::Result<Vec<KeptToken>> {
    let sql = "SELECT id, key, user, label, role, made, until FROM token ORDER BY number";
    connection.prepare_cached(sql)?.query_map([], token)?.collect()
}

fn token(row: &Row<'_>) -> rusqlite::Result<KeptToken> {
    Ok(KeptToken {
        id: row.get(0)?,
        key: row.get(1)?,
        holder: match row.get(2)? {
            Some(user) => Holder::User(user),
            None => Holder::Program { label: row.get(3)?, role: row.get(4)? },
        },
        made: Timestamp(row.get(5)?),
        until: Timestamp(row.get(6)?),
    })
}

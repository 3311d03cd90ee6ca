//! Mail, and how far it is.

use super::row::{self, parsed, says, text, time};
use rusqlite::{CachedStatement, Connection, Row, params};
use strowger_journal::{Posted, Remove};
use strowger_model::{CallId, Mail, MailState, Timestamp, mail::MailTry, number::Notations};

pub(crate) struct Mails<'c> {
    insert: CachedStatement<'c>,
    tried: CachedStatement<'c>,
}

const INSERT: &str =
    "INSERT INTO mail (id, call, flow, template, recipient, subject, text, ordered,
    state, tries, next) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, 'waiting', 0, ?8)
    ON CONFLICT DO NOTHING";
const TRIED: &str =
    "UPDATE mail SET state = ?2, tries = ?3, tried = ?4, next = ?5, error = ?6 WHERE id = ?1";

impl<'c> Mails<'c> {
    pub(crate) fn prepare(connection: &'c Connection) -> rusqlite::Result<Self> {
        Ok(Self {
            insert: connection.prepare_cached(INSERT)?,
            tried: connection.prepare_cached(TRIED)?,
        })
    }

    pub(crate) fn insert(&mut self, mail: &Mail) -> rusqlite::Result<()> {
        let call = mail.call.text();
        let values = params![
            mail.id,
            text(&call),
            mail.flow.as_str(),
            mail.template,
            mail.to,
            mail.subject,
            mail.text,
            mail.ordered.0
        ];
        self.insert.execute(values).map(drop)
    }

    pub(crate) fn tried(&mut self, tried: &MailTry) -> rusqlite::Result<()> {
        let MailTry { id, state, tries, at, next, error } = tried;
        self.tried.execute(params![id, state.word(), tries, at.0, next.0, error]).map(drop)
    }
}

const COLUMNS: &str =
    "id, call, flow, template, recipient, subject, text, ordered, state, tries, tried, next, error";

/// Mail that is to be tried now, the longest due first.
///
/// No mail waits for a day: one whose time is that far away got it from a clock that was wrong.
pub(crate) fn due(
    connection: &Connection,
    now: Timestamp,
    at_most: u32,
) -> rusqlite::Result<Vec<Posted>> {
    let sql = format!(
        "SELECT {COLUMNS} FROM mail WHERE state = 'waiting' AND (next <= ?1 OR next > ?1 + {DAY})
         ORDER BY next, id LIMIT ?2"
    );
    let mut statement = connection.prepare_cached(&sql)?;
    statement.query_map(params![now.0, at_most], posted)?.collect()
}

/// In milliseconds.
const DAY: u64 = 24 * 60 * 60 * 1000;

/// When the next is to be tried.
pub(crate) fn next(connection: &Connection) -> rusqlite::Result<Option<Timestamp>> {
    let sql = "SELECT min(next) FROM mail WHERE state = 'waiting'";
    connection.prepare_cached(sql)?.query_row([], |row| time(row, 0))
}

/// Mail ordered since, in that order.
pub(crate) fn since(
    connection: &Connection,
    since: Option<Timestamp>,
) -> rusqlite::Result<Vec<Posted>> {
    let sql = format!("SELECT {COLUMNS} FROM mail WHERE ordered >= ?1 ORDER BY ordered, id");
    let mut statement = connection.prepare_cached(&sql)?;
    statement.query_map([row::since(since)], posted)?.collect()
}

fn posted(row: &Row<'_>) -> rusqlite::Result<Posted> {
    let ordered = Timestamp(row.get(7)?);
    let mail = Mail {
        id: row.get(0)?,
        call: parsed(row, 1)?,
        flow: row.get::<_, String>(2)?.into(),
        template: row.get(3)?,
        to: row.get(4)?,
        subject: row.get(5)?,
        text: row.get(6)?,
        ordered,
    };
    let last = MailTry {
        id: mail.id.clone(),
        state: match row.get_ref(8)?.as_str()? {
            "sent" => MailState::Sent,
            "failed" => MailState::Failed,
            _ => MailState::Waiting,
        },
        tries: row.get(9)?,
        at: time(row, 10)?.unwrap_or(ordered),
        next: Timestamp(row.get(11)?),
        error: row.get(12)?,
    };
    Ok(Posted { mail, last })
}

/// Takes the content from some mail that was sent.
pub(crate) fn empty_sent(connection: &Connection) -> rusqlite::Result<u64> {
    let sql = "UPDATE mail SET subject = '', text = '' WHERE id IN (SELECT id FROM mail
        WHERE state = 'sent' AND text || subject <> '' LIMIT ?1)";
    Ok(connection.execute(sql, [Remove::BATCH])? as u64)
}

/// Takes content and recipient from some mail from before that does not wait.
pub(crate) fn empty(connection: &Connection, before: Timestamp) -> rusqlite::Result<u64> {
    let sql = "UPDATE mail SET subject = '', text = '', recipient = '', error = NULL WHERE id IN
        (SELECT id FROM mail WHERE ordered < ?1 AND state <> 'waiting' AND recipient <> ''
        LIMIT ?2)";
    Ok(connection.execute(sql, params![before.0, Remove::BATCH])? as u64)
}

/// Takes content and recipient from mail that says a number and does not wait.
pub(crate) fn empty_saying(connection: &Connection, number: &Notations) -> rusqlite::Result<u64> {
    let sql = format!(
        "UPDATE mail SET subject = '', text = '', recipient = '', error = NULL
         WHERE state <> 'waiting' AND ({} OR {})",
        says("recipient"),
        says("subject || ' # ' || text || ' # ' || ifnull(error, '')")
    );
    let mut statement = connection.prepare(&sql)?;
    let changed = number.within.iter().map(|notation| statement.execute([notation]));
    changed.sum::<rusqlite::Result<usize>>().map(|changed| changed as u64)
}

/// Takes a number out of mail that waits. Where it is written with something between its digits,
/// the whole text goes.
pub(crate) fn send_without(connection: &Connection, number: &Notations) -> rusqlite::Result<u64> {
    let says = says("subject || ' # ' || text || ' # ' || ifnull(error, '')");
    let without =
        |column: &str| format!("replace(replace({column}, '+' || ?1, {GONE}), ?1, {GONE})");
    let rewrite = format!(
        "UPDATE mail SET error = NULL, subject = {}, text = {} WHERE state = 'waiting' AND {says}",
        without("subject"),
        without("text")
    );
    let empty = format!(
        "UPDATE mail SET subject = {GONE}, text = {GONE} WHERE state = 'waiting' AND {says}"
    );
    let mut changed = 0;
    for notation in &number.within {
        changed += connection.execute(&rewrite, [notation])?;
        connection.execute(&empty, [notation])?;
    }
    Ok(changed as u64)
}

/// What stands in the place of a number that was erased.
const GONE: &str = "'(erased)'";

/// Takes content and recipient from the mail of a call that does not wait.
pub(crate) fn empty_of(connection: &Connection, call: CallId) -> rusqlite::Result<u64> {
    let sql = "UPDATE mail SET subject = '', text = '', recipient = '', error = NULL
        WHERE call = ?1 AND state <> 'waiting'
        AND (subject || text || recipient <> '' OR error IS NOT NULL)";
    Ok(connection.execute(sql, [call.to_string()])? as u64)
}

/// Deletes some mail from before that does not wait.
pub(crate) fn delete(connection: &Connection, before: Timestamp) -> rusqlite::Result<u64> {
    let sql = "DELETE FROM mail WHERE id IN
        (SELECT id FROM mail WHERE ordered < ?1 AND state <> 'waiting' LIMIT ?2)";
    Ok(connection.execute(sql, params![before.0, Remove::BATCH])? as u64)
}

//! Mail that waits to be sent, read back.

use crate::read::{ReadError, Reader, parsed};
use rusqlite::{Connection, Row, params};
use strowger_model::{Mail, MailState, Timestamp, mail::MailTry};

/// A mail, and how far it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Posted {
    /// What goes out. Of a mail that was sent, the content is deleted.
    pub mail: Mail,
    /// How often it was tried, and what came of it; `at` is when it was tried last, or ordered.
    pub last: MailTry,
}

const MAIL: &str =
    "id, call, flow, template, recipient, subject, text, ordered, state, tries, tried, next, error";

impl Reader {
    /// Mail that is to be tried now, the longest due first.
    pub fn mail_due(&self, now: Timestamp, at_most: u32) -> Result<Vec<Posted>, ReadError> {
        let connection = self.lock();
        let sql = format!(
            "SELECT {MAIL} FROM mail WHERE state = 'waiting' AND next <= ?1 ORDER BY next, id LIMIT ?2"
        );
        let mut statement = connection.prepare_cached(&sql)?;
        let rows = statement.query_map(params![now.0, at_most], posted)?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// When the next mail is to be tried; none: there is none.
    pub fn next_mail(&self) -> Result<Option<Timestamp>, ReadError> {
        let sql = "SELECT min(next) FROM mail WHERE state = 'waiting'";
        Ok(self
            .lock()
            .prepare_cached(sql)?
            .query_row([], |row| row.get::<_, Option<u64>>(0))?
            .map(Timestamp))
    }

    /// Mail ordered since, in that order.
    pub fn mails(&self, since: Option<Timestamp>) -> Result<Vec<Posted>, ReadError> {
        let connection = self.lock();
        let mut statement = connection.prepare_cached(&format!(
            "SELECT {MAIL} FROM mail WHERE ordered >= ?1 ORDER BY ordered, id"
        ))?;
        let rows = statement.query_map([since.map_or(0, |at| at.0)], posted)?;
        Ok(rows.collect::<Result<_, _>>()?)
    }
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
        at: row.get::<_, Option<u64>>(10)?.map_or(ordered, Timestamp),
        next: Timestamp(row.get(11)?),
        error: row.get(12)?,
    };
    Ok(Posted { mail, last })
}

/// Deletes the content of mail that was sent.
pub(crate) fn forget_sent(connection: &Connection, at_most: u32) -> rusqlite::Result<u64> {
    let sql = "UPDATE mail SET subject = '', text = '' WHERE id IN (SELECT id FROM mail WHERE state = 'sent' AND text || subject <> '' LIMIT ?1)";
    Ok(connection.execute(sql, [at_most])? as u64)
}

//! What is deleted: old steps and records, mail that was sent and cases that were closed, versions
//! that nothing refers to, and the personal data of one number or of a time.
//!
//! Everything goes in batches of bounded size, each a transaction of its own, so that the writer is
//! never held up for long. What is deleted is overwritten with zeros (`secure_delete`), and its
//! room is used again: there is no `auto_vacuum`, the file never shrinks, and never grows beyond
//! the most that it held at a time. A call that is not over keeps everything.

use crate::outbox::forget_sent;
use rusqlite::{Connection, Transaction, TransactionBehavior, params};
use std::{collections::BTreeSet, time::Duration};
use strowger_model::{CallId, FlowVersion, Timestamp};

/// Rows deleted or changed in one transaction, at most.
const BATCH: u32 = 2_000;

/// Calls erased in one transaction, at most.
const CALLS: usize = 50;

/// How long things are kept, counted from the arrival of a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Retention {
    /// Steps.
    pub steps: Duration,
    /// Records.
    pub records: Duration,
    /// Personal data: steps, in records the caller's number and the notes, whom mail went to, what
    /// closed cases were about. None: as long as steps and records. The content of mail goes when
    /// it is sent.
    pub personal: Option<Duration>,
}

/// A day.
const DAY: Duration = Duration::from_secs(24 * 60 * 60);

impl Default for Retention {
    /// Steps 30 days, records 400, personal data as long.
    fn default() -> Self {
        Self { steps: 30 * DAY, records: 400 * DAY, personal: None }
    }
}

/// Whose personal data to erase. Reports go on showing the calls: times, outcome and figures stay.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Erase {
    /// Of calls whose caller has this number, written as in their records, and of those whose steps
    /// or notes say it.
    Number(String),
    /// Of calls that came in before.
    Before(Timestamp),
}

/// What was deleted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Removed {
    /// Steps.
    pub steps: u64,
    /// Records.
    pub records: u64,
    /// Records that lost the caller's number and the notes.
    pub made_anonymous: u64,
    /// Versions of flows.
    pub versions: u64,
    /// Mail, or its content.
    pub mails: u64,
    /// Cases, or what they were about.
    pub cases: u64,
}

impl Removed {
    fn sum(self) -> u64 {
        self.steps + self.records + self.made_anonymous + self.versions + self.mails + self.cases
    }
}

/// Deletes, batch by batch.
pub(crate) struct Remover {
    what: What,
    pub(crate) total: Removed,
}

enum What {
    Old {
        steps_before: Timestamp,
        personal_before: Option<Timestamp>,
        records_before: Option<Timestamp>,
        /// Some: delete all other versions that nothing refers to.
        keep: Option<BTreeSet<FlowVersion>>,
    },
    Number {
        number: String,
        /// None: not yet looked for.
        calls: Option<Vec<String>>,
    },
}

impl Remover {
    /// Deletes what is older than it is to be kept. `keep`: versions that may get a call at any
    /// moment.
    pub(crate) fn retain(
        retention: &Retention,
        now: Timestamp,
        keep: BTreeSet<FlowVersion>,
    ) -> Self {
        let before =
            |so_long: Duration| Timestamp(now.0.saturating_sub(so_long.as_millis() as u64));
        let steps =
            retention.personal.map_or(retention.steps, |personal| personal.min(retention.steps));
        Self::new(What::Old {
            steps_before: before(steps),
            personal_before: retention.personal.map(before),
            records_before: Some(before(retention.records)),
            keep: Some(keep),
        })
    }

    /// Erases personal data.
    pub(crate) fn erase(erase: &Erase) -> Self {
        Self::new(match erase.clone() {
            Erase::Number(number) => What::Number { number, calls: None },
            Erase::Before(at) => What::Old {
                steps_before: at,
                personal_before: Some(at),
                records_before: None,
                keep: None,
            },
        })
    }

    fn new(what: What) -> Self {
        Self { what, total: Removed::default() }
    }

    /// Deletes one batch; false: nothing is left.
    pub(crate) fn batch(&mut self, connection: &Connection) -> rusqlite::Result<bool> {
        if let What::Number { number, calls: calls @ None } = &mut self.what {
            *calls = Some(mentioning(connection, number)?);
        }
        connection.pragma_update(None, "secure_delete", true)?;
        let removed = Transaction::new_unchecked(connection, TransactionBehavior::Immediate)
            .and_then(|transaction| {
                let removed = self.what.batch(&transaction)?;
                transaction.commit()?;
                Ok(removed)
            });
        connection.pragma_update(None, "secure_delete", false)?;
        let removed = removed?;
        self.total.steps += removed.steps;
        self.total.records += removed.records;
        self.total.made_anonymous += removed.made_anonymous;
        self.total.versions += removed.versions;
        self.total.mails += removed.mails;
        self.total.cases += removed.cases;
        if let What::Number { calls: Some(calls), .. } = &mut self.what {
            calls.truncate(calls.len().saturating_sub(CALLS));
            return Ok(!calls.is_empty());
        }
        Ok(removed.sum() > 0)
    }
}

/// Calls that are over and have something to do with a number.
fn mentioning(connection: &Connection, number: &str) -> rusqlite::Result<Vec<String>> {
    let mut statement = connection.prepare(
        "SELECT call FROM record WHERE caller = ?1 OR instr(notes, ?1) > 0
         UNION SELECT call FROM step WHERE instr(body, CAST(?1 AS BLOB)) > 0 AND call NOT IN (SELECT call FROM open_call)",
    )?;
    statement.query_map([number], |row| row.get(0))?.collect()
}

impl What {
    fn batch(&self, transaction: &Transaction<'_>) -> rusqlite::Result<Removed> {
        let mut removed = Removed::default();
        match self {
            Self::Number { number, calls } => {
                removed.mails = transaction.execute(
                    "UPDATE mail SET subject = '', text = '', recipient = '' WHERE state <> 'waiting' AND text || subject <> ''
                     AND (instr(text, ?1) > 0 OR instr(subject, ?1) > 0)",
                    [number],
                )? as u64;
                removed.cases = transaction
                    .execute("UPDATE \"case\" SET fields = '[]' WHERE fields <> '[]' AND instr(fields, ?1) > 0", [number])?
                    as u64;
                for call in calls.iter().flatten().rev().take(CALLS) {
                    removed.steps +=
                        transaction.execute("DELETE FROM step WHERE call = ?1", [call])? as u64;
                    let anonymous = transaction.execute(
                        "UPDATE record SET caller = NULL, notes = '[]' WHERE call = ?1",
                        [call],
                    )?;
                    removed.made_anonymous += anonymous as u64;
                    removed.mails += transaction
                        .execute("UPDATE mail SET subject = '', text = '', recipient = '' WHERE call = ?1 AND state <> 'waiting'", [call])?
                        as u64;
                    removed.cases += transaction.execute(
                        "UPDATE \"case\" SET fields = '[]' WHERE call = ?1 AND fields <> '[]'",
                        [call],
                    )? as u64;
                }
            }
            Self::Old { steps_before, personal_before, records_before, keep } => {
                removed.steps = steps(transaction, *steps_before)?;
                if let Some(before) = personal_before.filter(|_| removed.sum() == 0) {
                    removed.made_anonymous = anonymous(transaction, before)?;
                }
                if removed.sum() == 0 {
                    removed.mails = forget_sent(transaction, BATCH)?;
                }
                if let Some(before) = personal_before.filter(|_| removed.sum() == 0) {
                    removed.mails = transaction.execute(
                        "UPDATE mail SET subject = '', text = '', recipient = '' WHERE id IN (SELECT id FROM mail
                         WHERE ordered < ?1 AND state <> 'waiting' AND recipient <> '' LIMIT ?2)",
                        params![before.0, BATCH],
                    )? as u64;
                    removed.cases = transaction.execute(
                        "UPDATE \"case\" SET fields = '[]' WHERE id IN (SELECT id FROM \"case\"
                         WHERE opened < ?1 AND closed IS NOT NULL AND fields <> '[]' LIMIT ?2)",
                        params![before.0, BATCH],
                    )? as u64;
                }
                if let Some(before) = records_before.filter(|_| removed.sum() == 0) {
                    removed.mails = transaction.execute(
                        "DELETE FROM mail WHERE id IN (SELECT id FROM mail WHERE ordered < ?1 AND state <> 'waiting' LIMIT ?2)",
                        params![before.0, BATCH],
                    )? as u64;
                    removed.cases = transaction.execute(
                        "DELETE FROM \"case\" WHERE id IN (SELECT id FROM \"case\" WHERE opened < ?1 AND closed IS NOT NULL LIMIT ?2)",
                        params![before.0, BATCH],
                    )? as u64;
                }
                if let Some(before) = records_before.filter(|_| removed.sum() == 0) {
                    removed.records = transaction.execute(
                        "DELETE FROM record WHERE call IN (SELECT call FROM record WHERE call < ?1 LIMIT ?2)",
                        params![first_since(before), BATCH],
                    )? as u64;
                }
                if let Some(keep) = keep.as_ref().filter(|_| removed.sum() == 0) {
                    removed.versions = versions(transaction, *steps_before, keep)?;
                }
            }
        }
        Ok(removed)
    }
}

/// Deletes steps of calls that came in before, which their ids tell.
fn steps(transaction: &Transaction<'_>, before: Timestamp) -> rusqlite::Result<u64> {
    let steps = transaction.execute(
        "DELETE FROM step WHERE (call, number) IN (SELECT call, number FROM step WHERE call < ?1
         AND call NOT IN (SELECT call FROM open_call) LIMIT ?2)",
        params![first_since(before), BATCH],
    )?;
    Ok(steps as u64)
}

/// Takes the personal data out of records of calls that came in before, from where it was left the
/// last time.
fn anonymous(transaction: &Transaction<'_>, before: Timestamp) -> rusqlite::Result<u64> {
    let upto =
        "SELECT max(call) FROM (SELECT call FROM record WHERE call > (SELECT upto FROM anonymous)
        AND call < ?1 ORDER BY call LIMIT ?2)";
    let mut changed = 0;
    while changed == 0
        && let Some(upto) =
            transaction.query_row(upto, params![first_since(before), BATCH], |row| {
                row.get::<_, Option<String>>(0)
            })?
    {
        changed = transaction.execute(
            "UPDATE record SET caller = NULL, notes = '[]' WHERE call > (SELECT upto FROM anonymous) AND call <= ?1
             AND (caller IS NOT NULL OR notes <> '[]')",
            [&upto],
        )?;
        transaction.execute("UPDATE anonymous SET upto = ?1", [&upto])?;
    }
    Ok(changed as u64)
}

/// The first id that a call can have that came in then or later.
fn first_since(at: Timestamp) -> String {
    CallId::next(at.0, None).to_string()
}

/// Deletes versions whose calls, all of them from before, have no steps any more, and that no open
/// call is on.
fn versions(
    transaction: &Transaction<'_>,
    before: Timestamp,
    keep: &BTreeSet<FlowVersion>,
) -> rusqlite::Result<u64> {
    let mut statement = transaction.prepare(
        "SELECT flow, version FROM version WHERE last_call < ?1 AND (flow, version) NOT IN (SELECT flow, version FROM open_call)",
    )?;
    let unused = statement.query_map([first_since(before)], |row| {
        Ok(FlowVersion { flow: row.get::<_, String>(0)?.into(), version: row.get(1)? })
    })?;
    let mut removed = 0;
    for on in unused.collect::<Result<Vec<_>, _>>()? {
        if !keep.contains(&on) {
            removed += transaction.execute(
                "DELETE FROM version WHERE flow = ?1 AND version = ?2",
                [on.flow.as_str(), &on.version],
            )? as u64;
        }
    }
    transaction
        .execute("DELETE FROM content WHERE hash NOT IN (SELECT plugin FROM version)", [])?;
    Ok(removed)
}

//! Changes as rows: what the writer does within a transaction.

use crate::{cases::insert_case, entry::Change};
use rusqlite::{Connection, ErrorCode, Statement, params};
use std::collections::HashMap;
use strowger_model::{AgentStanding, CallId, CallRecord, FlowVersion, Timestamp, VersionFiles};

/// What was done with changes that are now committed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Written {
    /// Calls that were closed a second time: a fault of the host.
    pub(crate) closed_twice: u64,
    /// Changes that the database refuses whatever its state.
    pub(crate) refused: u64,
}

/// The statements of the writer, prepared once.
pub(crate) struct Writer<'c> {
    connection: &'c Connection,
    begin: Statement<'c>,
    commit: Statement<'c>,
    step: Statement<'c>,
    call: Statement<'c>,
    gap: Statement<'c>,
    closed: Statement<'c>,
    close: Statement<'c>,
    agent: Statement<'c>,
    version: Statement<'c>,
    content: Statement<'c>,
    used: Statement<'c>,
    /// The last call of each version that the database knows of.
    last_calls: HashMap<FlowVersion, CallId>,
    mail: Statement<'c>,
    mail_try: Statement<'c>,
    case: Statement<'c>,
}

const CALL: &str = "INSERT INTO open_call (call, flow, version, image, unjournalled) VALUES (?1, ?2, ?3, ?4, ?5)
    ON CONFLICT (call) DO UPDATE SET flow = excluded.flow, version = excluded.version, image = excluded.image,
    unjournalled = max(unjournalled, excluded.unjournalled)";
const CLOSED: &str = "INSERT INTO record (call, flow, version, caller, dialled, arrived, answered, connected, agent, waited_ms, overflowed,
    outcome, notes, tags, steps, faults, refused, unjournalled, ended)
    VALUES (?1, ?2, ?3, iif(?1 <= (SELECT upto FROM anonymous), NULL, ?4), ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12,
    iif(?1 <= (SELECT upto FROM anonymous), '[]', ?13), ?14, ?15, ?16, ?17,
    max(?18, coalesce((SELECT unjournalled FROM open_call WHERE call = ?1), 0)), ?19) ON CONFLICT DO NOTHING";
const AGENT: &str =
    "INSERT OR REPLACE INTO agent (agent, logged_in, paused, wrap_up_until, joined, \"left\", pause_reason, idle_since, since, at)
    VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)";
const VERSION: &str =
    "INSERT INTO version (flow, version, flow_file, flow_text, site_file, site_text, recordings, site_recordings, plugin, last_call)
    VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, '') ON CONFLICT DO NOTHING";
const USED: &str =
    "UPDATE version SET last_call = max(last_call, ?3) WHERE flow = ?1 AND version = ?2";
const MAIL: &str = "INSERT INTO mail (id, call, flow, template, recipient, subject, text, ordered, state, tries, next)
    VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, 'waiting', 0, ?8) ON CONFLICT DO NOTHING";
const MAIL_TRY: &str =
    "UPDATE mail SET state = ?2, tries = ?3, tried = ?4, next = ?5, error = ?6 WHERE id = ?1";
pub(crate) const CASE: &str =
    "INSERT INTO \"case\" (id, kind, call, flow, opened, due, fields, outcome, closed, by_day)
    VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10) ON CONFLICT DO NOTHING";

impl<'c> Writer<'c> {
    pub(crate) fn new(connection: &'c Connection) -> rusqlite::Result<Self> {
        Ok(Self {
            connection,
            begin: connection.prepare("BEGIN IMMEDIATE")?,
            commit: connection.prepare("COMMIT")?,
            step: connection
                .prepare("INSERT OR REPLACE INTO step (call, number, body) VALUES (?1, ?2, ?3)")?,
            call: connection.prepare(CALL)?,
            gap: connection.prepare("UPDATE open_call SET unjournalled = 1 WHERE call = ?1")?,
            closed: connection.prepare(CLOSED)?,
            close: connection.prepare("DELETE FROM open_call WHERE call = ?1")?,
            agent: connection.prepare(AGENT)?,
            version: connection.prepare(VERSION)?,
            content: connection.prepare(
                "INSERT INTO content (hash, bytes) VALUES (?1, ?2) ON CONFLICT DO NOTHING",
            )?,
            used: connection.prepare(USED)?,
            last_calls: HashMap::new(),
            mail: connection.prepare(MAIL)?,
            mail_try: connection.prepare(MAIL_TRY)?,
            case: connection.prepare(CASE)?,
        })
    }

    /// Commits changes, all or none. `gaps`: calls of which steps are missing.
    pub(crate) fn commit(
        &mut self,
        changes: &[Change],
        gaps: &[CallId],
    ) -> rusqlite::Result<Written> {
        self.begin.execute([])?;
        let done =
            self.apply(changes, gaps).and_then(|written| self.commit.execute([]).map(|_| written));
        if done.is_err() {
            self.last_calls.clear();
            // SQLite has rolled some failures back itself.
            if !self.connection.is_autocommit() {
                self.connection.execute_batch("ROLLBACK")?;
            }
        }
        done
    }

    fn apply(&mut self, changes: &[Change], gaps: &[CallId]) -> rusqlite::Result<Written> {
        // Of the images of a call only the last is looked at ever again, and of the calls of a
        // version only the last decides how long it is kept.
        let (mut last, mut last_calls) = (HashMap::new(), HashMap::new());
        for (index, change) in changes.iter().enumerate() {
            match change {
                Change::Call { call, on, .. } => {
                    last.insert(*call, index);
                    if self.last_calls.get(on).is_none_or(|known| known < call) {
                        last_calls
                            .entry(on)
                            .and_modify(|last: &mut CallId| *last = (*last).max(*call))
                            .or_insert(*call);
                    }
                }
                Change::Closed(record) => drop(last.insert(record.call, index)),
                _ => {}
            }
        }
        let mut written = Written::default();
        for (index, change) in changes.iter().enumerate() {
            let overtaken =
                matches!(change, Change::Call { call, .. } if last.get(call) != Some(&index));
            if overtaken {
                continue;
            }
            match self.change(change, &mut written) {
                Err(error) if !is_about_the_database(&error) => {
                    tracing::error!(%error, "the journal refuses a change; it is left out");
                    written.refused += 1;
                }
                done => done?,
            }
        }
        for (on, call) in last_calls {
            self.used.execute([on.flow.as_str(), &on.version, text(&call.text())])?;
            self.last_calls.insert(on.clone(), call);
        }
        for call in gaps {
            self.gap.execute([text(&call.text())])?;
        }
        Ok(written)
    }

    fn change(&mut self, change: &Change, written: &mut Written) -> rusqlite::Result<()> {
        match change {
            Change::Step { call, number, body } => {
                self.step.execute(params![text(&call.text()), number, body]).map(drop)
            }
            Change::Call { call, on, image } => self
                .call
                .execute(params![text(&call.text()), on.flow.as_str(), on.version, image, false])
                .map(drop),
            Change::Closed(record) => {
                if !self.closed(record)? {
                    tracing::error!(call = %record.call, "closed twice; the first record stays");
                    written.closed_twice += 1;
                }
                Ok(())
            }
            Change::Agent { agent, standing } => {
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
                let (joined, left, at) = (json(joined), json(left), json(at));
                let (wrap_up_until, idle_since, since) =
                    (millis(wrap_up_until), millis(idle_since), millis(since));
                let agent = agent.as_str();
                self.agent
                    .execute(params![
                        agent,
                        logged_in,
                        paused,
                        wrap_up_until,
                        joined,
                        left,
                        pause_reason,
                        idle_since,
                        since,
                        at
                    ])
                    .map(drop)
            }
            Change::Version(files) => self.version(files),
            Change::Mail(mail) => {
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
                self.mail.execute(values).map(drop)
            }
            Change::MailTry(tried) => {
                let values = params![
                    tried.id,
                    tried.state.word(),
                    tried.tries,
                    tried.at.0,
                    tried.next.0,
                    tried.error
                ];
                self.mail_try.execute(values).map(drop)
            }
            Change::Case(case) => insert_case(&mut self.case, case).map(drop),
        }
    }

    /// False: it was closed before.
    fn closed(&mut self, record: &CallRecord) -> rusqlite::Result<bool> {
        let call = record.call.text();
        let call = text(&call);
        let new = self.closed.execute(params![
            call,
            record.flow.as_str(),
            record.version,
            record.caller,
            record.dialled,
            record.arrived.0,
            record.answered.map(|at| at.0),
            record.connected.map(|at| at.0),
            record.agent.as_ref().map(|agent| agent.as_str()),
            record.waited.as_millis() as u64,
            record.overflowed,
            record.outcome,
            json(&record.notes),
            json(&record.tags),
            record.steps,
            record.faults,
            record.refused,
            record.unjournalled,
            record.ended.0,
        ])?;
        self.close.execute([call])?;
        Ok(new > 0)
    }

    fn version(&mut self, files: &VersionFiles) -> rusqlite::Result<()> {
        self.content.execute(params![files.plugin.hash, &files.plugin.bytes[..]])?;
        let (recordings, site_recordings) = (json(&files.recordings), json(&files.site_recordings));
        self.version.execute(params![
            files.on.flow.as_str(),
            files.on.version,
            files.flow.path,
            files.flow.text,
            files.site.path,
            files.site.text,
            recordings,
            site_recordings,
            files.plugin.hash,
        ])?;
        Ok(())
    }
}

/// A call id as the text that it is.
pub(crate) fn text(id: &[u8; CallId::LENGTH]) -> &str {
    str::from_utf8(id).unwrap_or_default()
}

fn json<T: serde::Serialize>(value: &T) -> String {
    serde_json::to_string(value).unwrap_or_default()
}

/// Whether an error is about the state of the database or the disk, which may pass, and not about
/// what is written.
fn is_about_the_database(error: &rusqlite::Error) -> bool {
    use ErrorCode::*;
    !matches!(
        error.sqlite_error_code(),
        Some(ConstraintViolation | TooBig | TypeMismatch | ParameterOutOfRange)
    )
}

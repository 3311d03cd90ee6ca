//! Groups of changes: what the writer does within a transaction.

use crate::{
    checkpoint::{Checkpoints, set_up},
    eraser::remove,
    format::CannotOpen,
    table::{
        account,
        agent::Agents,
        campaign::{self, Campaigns},
        case::Cases,
        clock::ClocksKept,
        decision::Decisions,
        in_force::InForceKept,
        mail::Mails,
        open_call::OpenCalls,
        record::Records,
        step::Steps,
        switch::Switches,
        version::Versions,
    },
};
use rusqlite::{Connection, ErrorCode, Transaction, TransactionBehavior::Immediate};
use std::{collections::HashMap, fs::File, path::Path};
use strowger_journal::{Change, Failure, GroupWriter, Remove, Removed};
use strowger_model::{CallId, FlowVersion};

/// More than a group has, so that each is prepared once.
const STATEMENTS: usize = 32;

// Fields drop in this order: the lock goes when nothing writes any more.
pub(crate) struct SqliteWriter {
    connection: Connection,
    /// The last call of each version that the database knows of.
    last_calls: HashMap<FlowVersion, CallId>,
    checkpoints: Checkpoints,
    _lock: File,
}

impl SqliteWriter {
    pub(crate) fn new(
        path: &Path,
        connection: Connection,
        checkpoints: Checkpoints,
        lock: File,
    ) -> Result<Self, CannotOpen> {
        set_up(&connection)
            .and_then(|()| campaign::delete_halves(&connection))
            .map_err(CannotOpen::of(path))?;
        connection.set_prepared_statement_cache_capacity(STATEMENTS);
        Ok(Self { connection, last_calls: HashMap::new(), checkpoints, _lock: lock })
    }
}

impl GroupWriter for SqliteWriter {
    fn commit(&mut self, changes: &[Change], gaps: &[CallId]) -> Result<(), Failure> {
        self.checkpoints.finish(&self.connection);
        // Dropped without a commit, a transaction takes back what it changed.
        let transaction = Transaction::new_unchecked(&self.connection, Immediate)?;
        let done = Group::prepare(&transaction)
            .and_then(|mut group| group.apply(changes, gaps, &mut self.last_calls))
            .and_then(|()| transaction.commit());
        if done.is_err() {
            self.last_calls.clear();
        }
        Ok(done?)
    }

    fn remove(&mut self, what: &Remove) -> Result<Removed, Failure> {
        Ok(remove(&self.connection, what)?)
    }
}

/// The statements of a group. They are prepared for the first, and kept for those that follow.
struct Group<'c> {
    steps: Steps<'c>,
    open_calls: OpenCalls<'c>,
    records: Records<'c>,
    agents: Agents<'c>,
    versions: Versions<'c>,
    mails: Mails<'c>,
    cases: Cases<'c>,
    clocks: ClocksKept<'c>,
    in_force: InForceKept<'c>,
    decisions: Decisions<'c>,
    switches: Switches<'c>,
    campaigns: Campaigns<'c>,
    connection: &'c Connection,
}

impl<'c> Group<'c> {
    fn prepare(connection: &'c Connection) -> rusqlite::Result<Self> {
        Ok(Self {
            steps: Steps::prepare(connection)?,
            open_calls: OpenCalls::prepare(connection)?,
            records: Records::prepare(connection)?,
            agents: Agents::prepare(connection)?,
            versions: Versions::prepare(connection)?,
            mails: Mails::prepare(connection)?,
            cases: Cases::prepare(connection)?,
            clocks: ClocksKept::prepare(connection)?,
            in_force: InForceKept::prepare(connection)?,
            decisions: Decisions::prepare(connection)?,
            switches: Switches::prepare(connection)?,
            campaigns: Campaigns::new(connection),
            connection,
        })
    }

    fn apply(
        &mut self,
        changes: &[Change],
        gaps: &[CallId],
        known_last_calls: &mut HashMap<FlowVersion, CallId>,
    ) -> rusqlite::Result<()> {
        // Of the images of a call only the last is looked at ever again, and of the calls of a
        // version only the last decides how long it is kept.
        let (mut last, mut last_calls) = (HashMap::new(), HashMap::new());
        for (index, change) in changes.iter().enumerate() {
            match change {
                Change::Call { call, on, .. } => {
                    last.insert(*call, index);
                    if known_last_calls.get(on).is_none_or(|known| known < call) {
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
        for (index, change) in changes.iter().enumerate() {
            let overtaken =
                matches!(change, Change::Call { call, .. } if last.get(call) != Some(&index));
            if overtaken {
                continue;
            }
            match self.change(change) {
                Err(error) if !is_about_the_database(&error) => {
                    tracing::error!(%error, "the database refuses a change: it is not in the journal");
                }
                done => done?,
            }
        }
        for (on, call) in last_calls {
            self.versions.used(on, call)?;
            known_last_calls.insert(on.clone(), call);
        }
        gaps.iter().try_for_each(|&call| self.open_calls.mark(call))
    }

    fn change(&mut self, change: &Change) -> rusqlite::Result<()> {
        match change {
            Change::Step { call, number, body } => self.steps.insert(*call, *number, body),
            Change::Call { call, on, image } => self.open_calls.insert(*call, on, image),
            Change::Closed(record) => {
                if !self.records.insert(record)? {
                    tracing::error!(call = %record.call, "the call was closed twice: its first record stays");
                }
                self.open_calls.delete(record.call)
            }
            Change::Agent { agent, standing } => self.agents.insert(agent, standing),
            Change::Version(files) => self.versions.insert(files),
            Change::Mail(mail) => self.mails.insert(mail),
            Change::MailTry(tried) => self.mails.tried(tried),
            Change::Case(case) => self.cases.insert(case).map(drop),
            Change::Clocks(clocks) => self.clocks.insert(clocks),
            Change::InForce(in_force) => self.in_force.insert(in_force),
            Change::Decision(decision) => self.decisions.insert(decision),
            Change::Account(change) => account::change(self.connection, change),
            Change::Switch(turned) => self.switches.insert(turned),
            Change::SwitchRenamed { was, name } => self.switches.rename(was, name),
            Change::Campaign(change) => self.campaigns.change(change),
        }
    }
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

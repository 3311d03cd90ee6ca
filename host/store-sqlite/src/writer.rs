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
use std::{
    collections::{BTreeSet, HashMap},
    fs::File,
    path::Path,
};
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
        let mut refused = BTreeSet::new();
        loop {
            // Dropped without a commit, a transaction takes back what it changed.
            let transaction = Transaction::new_unchecked(&self.connection, Immediate)?;
            let done = Group::prepare(&transaction)
                .map_err(NotApplied::Failed)
                .and_then(|mut group| group.apply(changes, gaps, &refused, &mut self.last_calls))
                .and_then(|()| transaction.commit().map_err(NotApplied::Failed));
            let Err(why) = done else { return Ok(()) };
            self.last_calls.clear();
            match why {
                NotApplied::Failed(error) => return Err(error.into()),
                // The others are committed without it, and nothing of it is.
                NotApplied::Refused(index, error) => {
                    tracing::error!(
                        %error,
                        change = changes.get(index).map_or("", Change::kind),
                        "ALARM: the database refuses a change: it is not in the journal, and a host \
                         that starts again does not know of it; please report this"
                    );
                    refused.insert(index);
                }
            }
        }
    }

    fn remove(&mut self, what: &Remove) -> Result<Removed, Failure> {
        Ok(remove(&self.connection, what)?)
    }
}

/// Why a group is not applied.
enum NotApplied {
    /// The change at this place can never be written.
    Refused(usize, rusqlite::Error),
    /// Nothing can be written now.
    Failed(rusqlite::Error),
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
        refused: &BTreeSet<usize>,
        known_last_calls: &mut HashMap<FlowVersion, CallId>,
    ) -> Result<(), NotApplied> {
        // Of the images of a call only the last is looked at ever again, and of the calls of a
        // version only the last decides how long it is kept.
        let (mut last, mut last_calls) = (HashMap::new(), HashMap::new());
        let changes = || changes.iter().enumerate().filter(|(index, _)| !refused.contains(index));
        for (index, change) in changes() {
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
        for (index, change) in changes() {
            let overtaken =
                matches!(change, Change::Call { call, .. } if last.get(call) != Some(&index));
            if overtaken {
                continue;
            }
            self.change(change).map_err(|error| match is_about_the_database(&error) {
                true => NotApplied::Failed(error),
                false => NotApplied::Refused(index, error),
            })?;
        }
        for (on, call) in last_calls {
            self.versions.used(on, call).map_err(NotApplied::Failed)?;
            known_last_calls.insert(on.clone(), call);
        }
        gaps.iter().try_for_each(|&call| self.open_calls.mark(call)).map_err(NotApplied::Failed)
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
    match error {
        // A number that no column holds, a text with a zero in it, and the like.
        rusqlite::Error::ToSqlConversionFailure(_) | rusqlite::Error::NulError(_) => false,
        error => !matches!(
            error.sqlite_error_code(),
            Some(ConstraintViolation | TooBig | TypeMismatch | ParameterOutOfRange)
        ),
    }
}

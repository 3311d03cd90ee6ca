//! What was kept, read back. Beside a host that writes, in its process or in another.

use crate::{
    codec::{CodecError, decode_step},
    format::{OpenError, open_to_read},
};
use rusqlite::{Connection, OptionalExtension, Row, params, types::Type};
use std::{
    path::Path,
    str::FromStr,
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};
use strowger_model::{
    AgentName, AgentStanding, CallId, CallRecord, FlowName, FlowVersion, StepRecord, Timestamp,
    VersionFiles,
    archive::{PluginFile, TextFile},
};

/// Reads a journal.
pub struct Reader {
    connection: Mutex<Connection>,
}

/// Why something cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum ReadError {
    /// The database says no.
    #[error("the journal cannot be read: {0}")]
    Database(#[from] rusqlite::Error),
    /// A step is not as it should be.
    #[error("step {number} of call {call}: {error}")]
    Step {
        /// The call.
        call: CallId,
        /// Of the step.
        number: u32,
        /// What is wrong.
        error: CodecError,
    },
}

/// A call that was not over when the journal was last written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OpenCall {
    /// The call.
    pub call: CallId,
    /// The version that it was on.
    pub on: FlowVersion,
    /// As [`crate::Change::Call`] had it.
    pub image: Box<[u8]>,
    /// Steps of it are missing.
    pub unjournalled: bool,
}

/// A step with its number.
#[derive(Clone, Debug, PartialEq)]
pub struct NumberedStep {
    /// From 0 on; one that is missing was never journalled.
    pub number: u32,
    /// What happened.
    pub step: StepRecord,
}

/// Which records. Whatever is none matters not.
#[derive(Clone, Debug, Default)]
pub struct Query {
    /// Arrived then or later.
    pub since: Option<Timestamp>,
    /// Arrived before.
    pub until: Option<Timestamp>,
    /// The flow that had the call last.
    pub flow: Option<FlowName>,
    /// The number that the caller claimed.
    pub caller: Option<String>,
    /// The latest so many.
    pub limit: Option<u32>,
}

impl Reader {
    /// Opens a journal beside the host that writes it.
    pub fn open(path: &Path) -> Result<Self, OpenError> {
        Ok(Self { connection: Mutex::new(open_to_read(path)?) })
    }

    pub(crate) fn lock(&self) -> MutexGuard<'_, Connection> {
        self.connection.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Calls that are not over, in the order in which they came in.
    pub fn open_calls(&self) -> Result<Vec<OpenCall>, ReadError> {
        let connection = self.lock();
        let mut statement = connection.prepare_cached(
            "SELECT call, flow, version, image, unjournalled FROM open_call ORDER BY call",
        )?;
        let rows = statement.query_map([], |row| {
            let on = FlowVersion { flow: row.get::<_, String>(1)?.into(), version: row.get(2)? };
            Ok(OpenCall {
                call: parsed(row, 0)?,
                on,
                image: row.get::<_, Vec<u8>>(3)?.into(),
                unjournalled: row.get(4)?,
            })
        })?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// How agents stand, by name.
    pub fn agents(&self) -> Result<Vec<(AgentName, AgentStanding)>, ReadError> {
        let connection = self.lock();
        let mut statement =
            connection.prepare_cached("SELECT agent, logged_in, paused, wrap_up_until, joined, \"left\", pause_reason, idle_since, since, at FROM agent ORDER BY agent")?;
        let rows = statement.query_map([], |row| {
            let standing = AgentStanding {
                logged_in: row.get(1)?,
                paused: row.get(2)?,
                wrap_up_until: row.get::<_, Option<u64>>(3)?.map(Timestamp),
                joined: json(row, 4)?,
                left: json(row, 5)?,
                pause_reason: row.get(6)?,
                idle_since: row.get::<_, Option<u64>>(7)?.map(Timestamp),
                since: row.get::<_, Option<u64>>(8)?.map(Timestamp),
                at: json(row, 9)?,
            };
            Ok((row.get::<_, String>(0)?.into(), standing))
        })?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// The steps of a call that were journalled and are not yet deleted, in order.
    pub fn steps(&self, call: CallId) -> Result<Vec<NumberedStep>, ReadError> {
        let connection = self.lock();
        let mut statement = connection
            .prepare_cached("SELECT number, body FROM step WHERE call = ?1 ORDER BY number")?;
        let mut rows = statement.query([call.to_string()])?;
        let mut steps = Vec::new();
        while let Some(row) = rows.next()? {
            let number = row.get(0)?;
            let body = row.get_ref(1)?.as_blob().map_err(rusqlite::Error::from)?;
            let step =
                decode_step(body).map_err(|error| ReadError::Step { call, number, error })?;
            steps.push(NumberedStep { number, step });
        }
        Ok(steps)
    }

    /// What a version was made of.
    pub fn version(&self, on: &FlowVersion) -> Result<Option<VersionFiles>, ReadError> {
        let sql = "SELECT flow_file, flow_text, site_file, site_text, recordings, site_recordings, plugin, bytes
            FROM version JOIN content ON hash = plugin WHERE flow = ?1 AND version = ?2";
        let read = |row: &Row<'_>| {
            Ok(VersionFiles {
                on: on.clone(),
                flow: TextFile { path: row.get(0)?, text: row.get(1)? },
                site: TextFile { path: row.get(2)?, text: row.get(3)? },
                recordings: json(row, 4)?,
                site_recordings: json(row, 5)?,
                plugin: PluginFile { hash: row.get(6)?, bytes: row.get::<_, Vec<u8>>(7)?.into() },
            })
        };
        Ok(self
            .lock()
            .prepare_cached(sql)?
            .query_row(params![on.flow.as_str(), on.version], read)
            .optional()?)
    }

    /// Records, in the order in which the calls came in.
    pub fn records(&self, query: &Query) -> Result<Vec<CallRecord>, ReadError> {
        let sql = format!(
            "SELECT * FROM (SELECT {RECORD} FROM record WHERE call >= ?6 AND arrived >= ?1 AND arrived < ?2 AND (?3 IS NULL OR flow = ?3)
             AND (?4 IS NULL OR caller = ?4) ORDER BY call DESC LIMIT ?5) ORDER BY call"
        );
        let since = query.since.map_or(0, |at| at.0.min(i64::MAX as u64));
        let until = query.until.map_or(i64::MAX as u64, |at| at.0.min(i64::MAX as u64));
        let first = query.since.map_or_else(String::new, |at| CallId::next(at.0, None).to_string());
        let flow = query.flow.as_ref().map(FlowName::as_str);
        let limit = query.limit.map_or(-1, i64::from);
        let connection = self.lock();
        let mut statement = connection.prepare_cached(&sql)?;
        let rows =
            statement.query_map(params![since, until, flow, query.caller, limit, first], record)?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// The record of a call that is over.
    pub fn record(&self, call: CallId) -> Result<Option<CallRecord>, ReadError> {
        let sql = format!("SELECT {RECORD} FROM record WHERE call = ?1");
        Ok(self.lock().prepare_cached(&sql)?.query_row([call.to_string()], record).optional()?)
    }
}

const RECORD: &str =
    "call, flow, version, caller, dialled, arrived, answered, connected, agent, waited_ms, overflowed, outcome, notes, tags,
    steps, faults, refused, unjournalled, ended";

fn record(row: &Row<'_>) -> rusqlite::Result<CallRecord> {
    let time = |at: usize| Ok::<_, rusqlite::Error>(row.get::<_, Option<u64>>(at)?.map(Timestamp));
    Ok(CallRecord {
        call: parsed(row, 0)?,
        flow: row.get::<_, String>(1)?.into(),
        version: row.get(2)?,
        caller: row.get(3)?,
        dialled: row.get(4)?,
        arrived: Timestamp(row.get(5)?),
        answered: time(6)?,
        connected: time(7)?,
        agent: row.get::<_, Option<String>>(8)?.map(AgentName::from),
        waited: Duration::from_millis(row.get(9)?),
        overflowed: row.get(10)?,
        outcome: row.get(11)?,
        notes: json(row, 12)?,
        tags: json(row, 13)?,
        steps: row.get(14)?,
        faults: row.get(15)?,
        refused: row.get(16)?,
        unjournalled: row.get(17)?,
        ended: Timestamp(row.get(18)?),
    })
}

pub(crate) fn wrong(
    column: usize,
    error: impl std::error::Error + Send + Sync + 'static,
) -> rusqlite::Error {
    rusqlite::Error::FromSqlConversionFailure(column, Type::Text, Box::new(error))
}

pub(crate) fn json<T: serde::de::DeserializeOwned>(
    row: &Row<'_>,
    column: usize,
) -> rusqlite::Result<T> {
    serde_json::from_str(row.get_ref(column)?.as_str()?).map_err(|error| wrong(column, error))
}

pub(crate) fn parsed<T: FromStr<Err: std::error::Error + Send + Sync + 'static>>(
    row: &Row<'_>,
    column: usize,
) -> rusqlite::Result<T> {
    row.get_ref(column)?.as_str()?.parse().map_err(|error| wrong(column, error))
}

//! Records of calls that are over. The table `anonymous` says up to which call they have no personal
//! data any more, and those that close later get none.

use super::row::{SAYS, digits, first_since, json, parsed, says, text, time, to_json, until};
use rusqlite::{CachedStatement, Connection, OptionalExtension, Row, params};
use std::{collections::BTreeSet, time::Duration};
use strowger_journal::{Notes, Query, Remove};
use strowger_model::{
    AgentName, CallId, CallRecord, FlowName, Timestamp,
    command::{ContactOf, Field},
    number::Notations,
};

pub(crate) struct Records<'c>(CachedStatement<'c>);

const INSERT: &str = "INSERT INTO record (call, flow, version, caller, dialled, arrived, answered,
    connected, agent, waited_ms, overflowed, outcome, notes, tags, steps, faults, refused,
    unjournalled, ended, fumbled, talks, campaign, contact)
    SELECT ?1, ?2, ?3, iif(erased, NULL, ?4), iif(erased AND ?22 IS NOT NULL, '', ?5), ?6, ?7, ?8,
    ?9, ?10, ?11, ?12, iif(erased, '[]', ?13), ?14, ?15, ?16, ?17,
    max(?18, coalesce((SELECT unjournalled FROM open_call WHERE call = ?1), 0)), ?19, ?20, ?21,
    ?22, iif(erased AND ?22 IS NOT NULL, '', ?23)
    FROM (SELECT ?1 <= upto AS erased FROM anonymous) WHERE true
    ON CONFLICT DO NOTHING";

impl<'c> Records<'c> {
    pub(crate) fn prepare(connection: &'c Connection) -> rusqlite::Result<Self> {
        Ok(Self(connection.prepare_cached(INSERT)?))
    }

    /// The record of a call that is still in `open_call`. False: it has one.
    pub(crate) fn insert(&mut self, record: &CallRecord) -> rusqlite::Result<bool> {
        let call = record.call.text();
        let values = params![
            text(&call),
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
            to_json(&record.notes),
            to_json(&record.tags),
            record.steps,
            record.faults,
            record.refused,
            record.unjournalled,
            record.ended.0,
            record.fumbled,
            to_json(&record.talks),
            record.campaign.as_ref().map(|of| &of.campaign),
            record.campaign.as_ref().map(|of| &of.contact),
        ];
        self.0.execute(values).map(|inserted| inserted > 0)
    }
}

const COLUMNS: &str = "call, flow, version, caller, dialled, arrived, answered, connected, agent,
    waited_ms, overflowed, outcome, notes, tags, steps, faults, refused, unjournalled, ended,
    fumbled, talks, campaign, contact";

/// Those that are asked for, in the order in which the calls came in.
pub(crate) fn those(connection: &Connection, query: &Query) -> rusqlite::Result<Vec<CallRecord>> {
    let sql = format!(
        "SELECT * FROM (SELECT {COLUMNS} FROM record WHERE call >= ?6 AND arrived >= ?1
         AND arrived < ?2 AND (?3 IS NULL OR flow = ?3) AND (?4 IS NULL OR caller = ?4)
         ORDER BY call DESC LIMIT ?5) ORDER BY call"
    );
    let since = query.since.map_or(0, |at| at.0.min(i64::MAX as u64));
    let first = query.since.map_or_else(String::new, first_since);
    let flow = query.flow.as_ref().map(FlowName::as_str);
    let limit = query.limit.map_or(-1, i64::from);
    let mut statement = connection.prepare_cached(&sql)?;
    let values = params![since, until(query.until), flow, query.caller, limit, first];
    statement.query_map(values, record)?.collect()
}

pub(crate) fn find(connection: &Connection, call: CallId) -> rusqlite::Result<Option<CallRecord>> {
    let sql = format!("SELECT {COLUMNS} FROM record WHERE call = ?1");
    connection.prepare_cached(&sql)?.query_row([call.to_string()], record).optional()
}

fn record(row: &Row<'_>) -> rusqlite::Result<CallRecord> {
    Ok(CallRecord {
        call: parsed(row, 0)?,
        flow: row.get::<_, String>(1)?.into(),
        version: row.get(2)?,
        caller: row.get(3)?,
        dialled: row.get(4)?,
        arrived: Timestamp(row.get(5)?),
        answered: time(row, 6)?,
        connected: time(row, 7)?,
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
        fumbled: row.get(19)?,
        talks: json(row, 20)?,
        campaign: row
            .get::<_, Option<String>>(21)?
            .zip(row.get(22)?)
            .map(|(campaign, contact)| Box::new(ContactOf { campaign, contact })),
    })
}

/// Calls that are over and have something to do with a number, also by their steps.
pub(crate) fn about(connection: &Connection, number: &Notations) -> rusqlite::Result<Vec<CallId>> {
    let whole = format!(
        "SELECT call FROM record WHERE {} = ?1 OR campaign IS NOT NULL AND {} = ?1",
        digits("caller"),
        digits("dialled")
    );
    let said = format!(
        "SELECT call FROM record WHERE {}
         UNION SELECT call FROM step WHERE instr(body, CAST(?1 AS BLOB)) > 0
         AND {SAYS}(body, ?1) AND call NOT IN (SELECT call FROM open_call)",
        says("notes")
    );
    let mut found = BTreeSet::new();
    for (sql, notations) in [(whole, &number.whole), (said, &number.within)] {
        let mut statement = connection.prepare(&sql)?;
        for notation in notations {
            for call in statement.query_map([notation], |row| parsed(row, 0))? {
                found.insert(call?);
            }
        }
    }
    Ok(found.into_iter().collect())
}

/// What is noted of a call.
pub(crate) fn notes(connection: &Connection, call: CallId) -> rusqlite::Result<Option<Notes>> {
    let sql = "SELECT notes, call <= (SELECT upto FROM anonymous) FROM record WHERE call = ?1";
    let found = connection.query_row(sql, [call.to_string()], |row| {
        Ok(Notes { fields: json(row, 0)?, erased: row.get(1)? })
    });
    found.optional()
}

pub(crate) fn set_notes(
    connection: &Connection,
    call: CallId,
    notes: &[Field],
) -> rusqlite::Result<()> {
    let sql = "UPDATE record SET notes = ?2 WHERE call = ?1";
    connection.execute(sql, params![call.to_string(), to_json(notes)]).map(drop)
}

/// Of a call to somebody on a list, the number that was dialled is personal data, too. It stays one of
/// its campaign: nobody takes it for a call that came in.
const ANONYMOUS: &str = "caller = NULL, notes = '[]', contact = iif(campaign IS NULL, NULL, ''),
    dialled = iif(campaign IS NULL, dialled, '')";

/// Takes the personal data out of some records of calls that came in before, from where it was left
/// the last time.
pub(crate) fn make_anonymous(connection: &Connection, before: Timestamp) -> rusqlite::Result<u64> {
    let upto = "SELECT max(call) FROM (SELECT call FROM record
        WHERE call > (SELECT upto FROM anonymous) AND call < ?1 ORDER BY call LIMIT ?2)";
    let empty = format!(
        "UPDATE record SET {ANONYMOUS} WHERE call > (SELECT upto FROM anonymous) AND call <= ?1
         AND (caller IS NOT NULL OR ifnull(contact, '') <> '' OR notes <> '[]')"
    );
    let (before, mut changed) = (first_since(before), 0);
    while changed == 0
        && let Some(upto) = connection.query_row(upto, params![before, Remove::BATCH], |row| {
            row.get::<_, Option<String>>(0)
        })?
    {
        changed = connection.execute(&empty, [&upto])?;
        connection.execute("UPDATE anonymous SET upto = ?1", [&upto])?;
    }
    Ok(changed as u64)
}

/// Takes the personal data out of the record of a call.
pub(crate) fn make_one_anonymous(connection: &Connection, call: CallId) -> rusqlite::Result<u64> {
    let sql = format!("UPDATE record SET {ANONYMOUS} WHERE call = ?1");
    Ok(connection.execute(&sql, [call.to_string()])? as u64)
}

/// Deletes some records of calls that came in before.
pub(crate) fn delete(connection: &Connection, before: Timestamp) -> rusqlite::Result<u64> {
    let sql = "DELETE FROM record WHERE call IN (SELECT call FROM record WHERE call < ?1 LIMIT ?2)";
    Ok(connection.execute(sql, params![first_since(before), Remove::BATCH])? as u64)
}

//! Campaigns, the people on their lists, and the do-not-call list.

use super::row::{json, says, time, to_json, wrong};
use rusqlite::{Connection, Row, params};
use strowger_journal::{CampaignChange, KeptCampaign, KeptContact, Remove};
use strowger_model::{
    AgentName, PhoneNumber, Timestamp,
    campaign::{Disposed, NeverCalled, Opened, Person},
    number::Notations,
};

/// Changes are rare beside those of calls: their statements are prepared when they are needed.
pub(crate) struct Campaigns<'c>(&'c Connection);

const OPEN: &str = "INSERT INTO campaign (name, template, opened, \"by\", goal, until, fields)
    VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7) ON CONFLICT DO NOTHING";
const LIST: &str = "INSERT INTO campaign_contact (campaign, row, id, number, name, language, tags,
    fields, wave) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9) ON CONFLICT DO NOTHING";
const STATE: &str = "UPDATE campaign SET ended = ?2, state = ?3 WHERE name = ?1";
const CONTACT: &str = "UPDATE campaign_contact SET state = ?3 WHERE campaign = ?1 AND row = ?2";
const DISPOSED: &str = "UPDATE campaign_contact SET outcome = ?3, reason = ?4, at = ?5, agent = ?6
    WHERE campaign = ?1 AND row = ?2";
const NEVER: &str =
    "INSERT OR REPLACE INTO do_not_call (key, number, since, \"by\") VALUES (?1, ?2, ?3, ?4)";

impl<'c> Campaigns<'c> {
    pub(crate) fn new(connection: &'c Connection) -> Self {
        Self(connection)
    }

    pub(crate) fn change(&mut self, change: &CampaignChange) -> rusqlite::Result<()> {
        let prepared = |sql| self.0.prepare_cached(sql);
        let changed = match change {
            CampaignChange::Listed { name, first, people } => {
                return self.list(name.as_str(), *first, people);
            }
            CampaignChange::Opened(opened) => return self.open(opened),
            CampaignChange::State { name, ended, state } => {
                let ended = ended.map(|at| at.0);
                prepared(STATE)?.execute(params![name.as_str(), ended, state])
            }
            CampaignChange::Contact { name, row, state } => {
                prepared(CONTACT)?.execute(params![name.as_str(), row, state])
            }
            CampaignChange::Disposed { name, row, disposed } => {
                let Disposed { outcome, reason, at, agent } = disposed;
                let agent = agent.as_ref().map(AgentName::as_str);
                prepared(DISPOSED)?.execute(params![
                    name.as_str(),
                    row,
                    outcome,
                    reason,
                    at.0,
                    agent
                ])
            }
            CampaignChange::Forgotten(name) => {
                let sql = "DELETE FROM campaign_contact WHERE campaign = ?1";
                prepared(sql)?.execute([name.as_str()])?;
                prepared("DELETE FROM campaign WHERE name = ?1")?.execute([name.as_str()])
            }
            CampaignChange::DoNotCall { key, listed: Some((number, since, by)) } => {
                let number = number.as_ref().map(PhoneNumber::as_str);
                prepared(NEVER)?.execute(params![key, number, since.0, by])
            }
            CampaignChange::DoNotCall { key, listed: None } => {
                prepared("DELETE FROM do_not_call WHERE key = ?1")?.execute([key])
            }
        };
        changed.map(drop)
    }

    fn open(&self, opened: &Opened) -> rusqlite::Result<()> {
        let Opened { name, template, at, by, goal, until, fields } = opened;
        let until = until.map(|until| until.0);
        let fields = to_json(fields);
        let values = params![name.as_str(), template.as_str(), at.0, by, goal, until, fields];
        self.0.prepare_cached(OPEN)?.execute(values).map(drop)
    }

    fn list(&self, name: &str, first: u32, people: &[Person]) -> rusqlite::Result<()> {
        let mut list = self.0.prepare_cached(LIST)?;
        for (row, person) in (first..).zip(people) {
            let Person { id, number, name: called, language, tags, fields, wave } = person;
            let number = number.as_ref().map(PhoneNumber::as_str);
            let (tags, fields) = (to_json(tags), to_json(fields));
            list.execute(params![name, row, id, number, called, language, tags, fields, wave])?;
        }
        Ok(())
    }
}

/// Deletes lists of campaigns that were not opened: the host died between.
pub(crate) fn delete_halves(connection: &Connection) -> rusqlite::Result<()> {
    let sql = "DELETE FROM campaign_contact WHERE campaign NOT IN (SELECT name FROM campaign)";
    connection.execute(sql, []).map(drop)
}

/// All of them, in the order in which they were opened. The lists of those that ended before
/// `lists_since` are left out.
pub(crate) fn all(
    connection: &Connection,
    lists_since: Option<Timestamp>,
) -> rusqlite::Result<Vec<KeptCampaign>> {
    let sql = "SELECT name, template, opened, \"by\", goal, until, fields, ended, state
        FROM campaign ORDER BY number";
    let mut statement = connection.prepare_cached(sql)?;
    let campaigns = statement.query_map([], |row| {
        let opened = Opened {
            name: row.get::<_, String>(0)?.into(),
            template: row.get::<_, String>(1)?.into(),
            at: Timestamp(row.get(2)?),
            by: row.get(3)?,
            goal: row.get(4)?,
            until: time(row, 5)?,
            fields: json(row, 6)?,
        };
        let state = row.get::<_, Option<Vec<u8>>>(8)?.map(Into::into);
        let ended = time(row, 7)?;
        let contacts = match ended.is_some() && ended < lists_since {
            true => Vec::new(),
            false => contacts(connection, opened.name.as_str())?,
        };
        Ok(KeptCampaign { opened, ended, state, contacts })
    })?;
    campaigns.collect()
}

/// The list of a campaign, in its order.
pub(crate) fn contacts(
    connection: &Connection,
    campaign: &str,
) -> rusqlite::Result<Vec<KeptContact>> {
    let sql = "SELECT id, number, name, language, tags, fields, wave, state, outcome, reason, at,
        agent FROM campaign_contact WHERE campaign = ?1 ORDER BY row";
    connection.prepare_cached(sql)?.query_map([campaign], contact)?.collect()
}

fn contact(row: &Row<'_>) -> rusqlite::Result<KeptContact> {
    let person = Person {
        id: row.get(0)?,
        number: number(row, 1)?,
        name: row.get(2)?,
        language: row.get(3)?,
        tags: json(row, 4)?,
        fields: json(row, 5)?,
        wave: row.get(6)?,
    };
    let reason = row.get(9)?;
    let agent = row.get::<_, Option<String>>(11)?.map(AgentName::from);
    let disposed = row.get::<_, Option<String>>(8)?.zip(time(row, 10)?);
    Ok(KeptContact {
        person,
        state: row.get::<_, Option<Vec<u8>>>(7)?.map(Into::into),
        disposed: disposed.map(|(outcome, at)| Disposed { outcome, reason, at, agent }),
    })
}

fn number(row: &Row<'_>, column: usize) -> rusqlite::Result<Option<PhoneNumber>> {
    let number = row.get::<_, Option<String>>(column)?.map(|number| number.parse()).transpose();
    number.map_err(|error| wrong(column, error))
}

/// The do-not-call list, in the order in which numbers came on it.
pub(crate) fn do_not_call(connection: &Connection) -> rusqlite::Result<Vec<NeverCalled>> {
    let sql = "SELECT key, number, since, \"by\" FROM do_not_call ORDER BY since, key";
    let mut statement = connection.prepare_cached(sql)?;
    let numbers = statement.query_map([], |row| {
        let (key, number, since) = (row.get(0)?, number(row, 1)?, Timestamp(row.get(2)?));
        Ok(NeverCalled { key, number, since, by: row.get(3)? })
    })?;
    numbers.collect()
}

pub(crate) fn salt(connection: &Connection) -> rusqlite::Result<[u8; 16]> {
    connection.query_row("SELECT bytes FROM salt", [], |row| row.get(0))
}

/// Who nobody needs to know any more: what [`empty`] and [`empty_saying`] leave of a person.
const NOBODY: &str = "number = NULL, name = '', fields = '[]'";

/// Takes from some people on lists who they are, if their campaign ended before.
pub(crate) fn empty(connection: &Connection, before: Timestamp) -> rusqlite::Result<u64> {
    let sql = format!(
        "UPDATE campaign_contact SET {NOBODY} WHERE (campaign, row) IN
         (SELECT campaign, row FROM campaign_contact WHERE campaign IN {ENDED}
         AND (number IS NOT NULL OR name <> '' OR fields <> '[]') LIMIT ?2)"
    );
    Ok(connection.execute(&sql, params![before.0, Remove::BATCH])? as u64)
}

const ENDED: &str = "(SELECT name FROM campaign WHERE ended < ?1)";

/// Takes from people on lists who they are, if that says a number, and the number from the
/// do-not-call list; a campaign whose fields say it loses them.
pub(crate) fn empty_saying(connection: &Connection, number: &Notations) -> rusqlite::Result<u64> {
    let statements = [
        format!(
            "UPDATE campaign_contact SET {NOBODY} WHERE {}",
            says("(ifnull(number, '') || ' # ' || name || ' # ' || fields)")
        ),
        // A list of before could have numbers as ids. A row of the campaign has each only once.
        format!("UPDATE campaign_contact SET id = 'erased ' || row WHERE {}", says("id")),
        format!("UPDATE campaign_contact SET reason = NULL WHERE {}", says("ifnull(reason, '')")),
        format!("UPDATE campaign SET fields = '[]' WHERE {}", says("fields")),
        format!("UPDATE do_not_call SET number = NULL WHERE {}", says("ifnull(number, '')")),
    ];
    let mut changed = 0;
    for sql in statements {
        let mut statement = connection.prepare(&sql)?;
        for notation in &number.within {
            changed += statement.execute([notation])?;
        }
    }
    Ok(changed as u64)
}

/// Deletes some people on the lists of campaigns that ended before, and the campaigns that have
/// nobody left. From the end of a list: whoever is left has the same row as before.
pub(crate) fn delete(connection: &Connection, before: Timestamp) -> rusqlite::Result<u64> {
    let sql = format!(
        "DELETE FROM campaign_contact WHERE (campaign, row) IN
         (SELECT campaign, row FROM campaign_contact WHERE campaign IN {ENDED}
         ORDER BY row DESC LIMIT ?2)"
    );
    let people = connection.execute(&sql, params![before.0, Remove::BATCH])?;
    let sql = "DELETE FROM campaign WHERE ended < ?1
        AND name NOT IN (SELECT campaign FROM campaign_contact)";
    connection.execute(sql, [before.0])?;
    Ok(people as u64)
}

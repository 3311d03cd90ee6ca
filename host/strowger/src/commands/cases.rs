//! `strowger cases`: what has to be answered in time, such as complaints, and how it ended.

use crate::{
    args::{AddCase, Cases, CasesDo},
    commands::{
        sheet::Sheet,
        when::{self, When},
    },
};
use anstream::println;
use anyhow::{Context, Result, bail};
use chrono::NaiveDate;
use std::{
    io::{BufWriter, Write, stdout},
    sync::Arc,
};
use strowger_daemon::{Config, new_case};
use strowger_exchange::Clock;
use strowger_flows::{Catalogue, CatalogueConfig, LoadedFlow};
use strowger_journal::CaseQuery;
use strowger_model::{Case, CaseRules, Timestamp, mail::Closed};
use strowger_sandbox::Engine;

const COLUMNS: [&str; 9] =
    ["case", "kind", "opened", "due", "state", "outcome", "closed", "flow", "call"];

/// Lists, closes, adds or exports cases.
pub(crate) fn cases(args: &Cases) -> Result<bool> {
    let config = args.config.read()?;
    match &args.does {
        None => list(&config, args.all),
        Some(CasesDo::Close { id, outcome }) => {
            let closed = Closed { outcome: outcome.clone(), at: Clock::system().now() };
            strowger_office::close_case(&*config.journal(), id, &closed, &rules(&config)?)?;
            println!("{id} is closed: {outcome}");
            Ok(true)
        }
        Some(CasesDo::Add(new)) => add(&config, new),
        Some(CasesDo::Note { id, fields }) => {
            strowger_office::note_case(&*config.journal(), id, fields)?;
            println!("{id}: the fields are added");
            Ok(true)
        }
        Some(CasesDo::Export { quarter }) => export(&config, quarter),
    }
}

fn list(config: &Config, all: bool) -> Result<bool> {
    let cases =
        config.journal().reader()?.cases(&CaseQuery { open: !all, ..CaseQuery::default() })?;
    let mut out = BufWriter::new(stdout().lock());
    let now = Clock::system().now();
    let fields = |case: &Case| {
        case.fields
            .iter()
            .map(|field| format!("{}={}", field.key, field.value))
            .collect::<Vec<_>>()
            .join("; ")
    };
    sheet(&cases, now, &["fields"], |case| vec![fields(case)]).table(&mut out)?;
    out.flush()?;
    Ok(true)
}

fn export(config: &Config, quarter: &str) -> Result<bool> {
    let (since, until) = bounds(quarter)
        .with_context(|| format!("not a quarter: {quarter:?}; write it as 2026Q4"))?;
    let query = CaseQuery { since: Some(since), until: Some(until), open: false };
    let cases = config.journal().reader()?.cases(&query)?;
    let mut out = BufWriter::new(stdout().lock());
    let mut keys: Vec<&str> = Vec::new();
    for field in cases.iter().flat_map(|case| &case.fields) {
        if !keys.contains(&field.key.as_str()) {
            keys.push(&field.key);
        }
    }
    let value = |case: &Case, key: &str| {
        case.fields.iter().find(|field| field.key == key).map(|field| field.value.clone())
    };
    let values =
        |case: &Case| keys.iter().map(|key| value(case, key).unwrap_or_default()).collect();
    sheet(&cases, Clock::system().now(), &keys, values).csv(&mut out)?;
    out.flush()?;
    Ok(true)
}

/// Adds a case that came up after a call; when it is due is as in the site file.
fn add(config: &Config, new: &AddCase) -> Result<bool> {
    let flow = flow(config, &new.flow)?;
    let case = new_case(&flow, new.kind.clone(), new.call, new.fields.clone());
    let case = case.map_err(anyhow::Error::msg)?;
    let case = strowger_office::add_case(&*config.journal(), case)?;
    println!("{} has to be answered by {}", case.id, last_moment(&case));
    Ok(true)
}

/// What the site file says of the kinds of cases.
pub(crate) fn rules(config: &Config) -> Result<CaseRules> {
    let file = config.flows.join("site.toml");
    match strowger_site::read_site::read(&file) {
        Ok(site) => Ok(site.cases),
        Err(_) => bail!(
            "{} is not good; `strowger check {}` says what is wrong",
            file.display(),
            config.flows.display()
        ),
    }
}

fn flow(config: &Config, name: &str) -> Result<Arc<LoadedFlow>> {
    let (catalogue, report) = Catalogue::open(CatalogueConfig {
        flows_dir: config.flows.clone(),
        plugins_dir: config.plugins.clone(),
        about: None,
        engine: Engine::new(Some(config.cache.join("plugins")))?,
        gate: None,
        faults_per_minute: usize::MAX,
    });
    let flow = catalogue.current().flows.get(name).cloned();
    flow.with_context(|| format!("there is no flow {name:?} that is good\n{report}"))
}

/// One row for each case; behind what every case has comes what `further` says.
fn sheet(
    cases: &[Case],
    now: Timestamp,
    names: &[&str],
    further: impl Fn(&Case) -> Vec<String>,
) -> Sheet {
    let row = |case: &Case| {
        let state = match (&case.closed, case.is_late(now)) {
            (Some(_), true) => "closed late",
            (Some(_), false) => "closed",
            (None, true) => "OVERDUE",
            (None, false) => "open",
        };
        let mut row = vec![
            case.id.clone(),
            case.kind.to_string(),
            when::local(case.opened),
            last_moment(case),
            state.to_owned(),
            case.closed.as_ref().map(|closed| closed.outcome.clone()).unwrap_or_default(),
            case.closed.as_ref().map(|closed| when::local(closed.at)).unwrap_or_default(),
            case.flow.to_string(),
            case.call.map(|call| call.to_string()).unwrap_or_default(),
        ];
        row.extend(further(case));
        row
    };
    let head = COLUMNS.iter().chain(names).map(|name| (*name).to_owned()).collect();
    Sheet(std::iter::once(head).chain(cases.iter().map(row)).collect())
}

/// The last day for an answer, or the time to the minute.
fn last_moment(case: &Case) -> String {
    let (last, shown) = match case.by_day {
        // What is due at midnight is to be answered on the day before.
        true => (case.due.0.saturating_sub(1), "2026-11-23".len()),
        false => (case.due.0, "2026-11-23 10:00".len()),
    };
    when::local(Timestamp(last)).chars().take(shown).collect()
}

/// From the first instant of a quarter to the first of the next, by the clock of the site.
fn bounds(quarter: &str) -> Option<(Timestamp, Timestamp)> {
    let (year, quarter) = quarter.split_once(['Q', 'q'])?;
    let (year, quarter): (i32, u32) = (year.parse().ok()?, quarter.parse().ok()?);
    if !(1..=4).contains(&quarter) {
        return None;
    }
    let first = NaiveDate::from_ymd_opt(year, 3 * quarter - 2, 1)?;
    let next = first.checked_add_months(chrono::Months::new(3))?;
    let instant = |date: NaiveDate| When::Day(date).instant();
    Some((instant(first), instant(next)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn v8_a_quarter_is_three_months() {
        let (since, until) = bounds("2026Q4").unwrap();
        assert!(
            when::local(since).starts_with("2026-10-01 00:00:00")
                && when::local(until).starts_with("2027-01-01 00:00:00")
        );
        assert!(bounds("2026Q5").is_none() && bounds("2026-Q1x").is_none() && bounds("").is_none());
    }
}

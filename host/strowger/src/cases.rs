//! `strowger cases`: escalations and complaints, until when they have to be answered, and how they ended.

use crate::{
    args::{AddCase, Cases, CasesDo, KindOfCase},
    config::Config,
    sheet::Sheet,
    when,
};
use anyhow::{Context, Result};
use chrono::NaiveDate;
use std::{
    io::{BufWriter, Write, stdout},
    sync::Arc,
};
use strowger_exchange::Clock;
use strowger_flows::{Catalogue, CatalogueConfig, LoadedFlow};
use strowger_model::{CallId, Case, CaseKind, Timestamp, command::Field, mail::Closed};
use strowger_sandbox::Engine;
use strowger_store::{CaseQuery, Reader};

const COLUMNS: [&str; 10] = ["case", "kind", "opened", "due", "state", "outcome", "closed", "flow", "call", "fields"];

/// Lists, closes, adds or exports cases.
pub(crate) fn cases(args: &Cases) -> Result<bool> {
    let config = Config::read(&args.config.config)?;
    match &args.does {
        None => list(&config, args.all),
        Some(CasesDo::Close { id, outcome }) => {
            let closed = Closed { outcome: outcome.clone(), at: Clock::system().now() };
            strowger_store::close_case(&config.database(), id, &closed)?;
            println!("{id} is closed: {outcome}");
            Ok(true)
        }
        Some(CasesDo::Add(new)) => add(&config, new),
        Some(CasesDo::Export { quarter }) => export(&config, quarter),
    }
}

fn list(config: &Config, all: bool) -> Result<bool> {
    let cases = Reader::open(&config.database())?.cases(&CaseQuery { open: !all, ..CaseQuery::default() })?;
    let mut out = BufWriter::new(stdout().lock());
    sheet(&cases, Clock::system().now()).table(&mut out)?;
    out.flush()?;
    Ok(true)
}

fn export(config: &Config, quarter: &str) -> Result<bool> {
    let (since, until) = bounds(quarter).with_context(|| format!("not a quarter: {quarter:?}; write it as 2026Q4"))?;
    let query = CaseQuery { since: Some(since), until: Some(until), open: false };
    let cases = Reader::open(&config.database())?.cases(&query)?;
    let mut out = BufWriter::new(stdout().lock());
    sheet(&cases, Clock::system().now()).csv(&mut out)?;
    out.flush()?;
    Ok(true)
}

/// Adds a case that came up after a call; when it is due is as in the flow file.
fn add(config: &Config, new: &AddCase) -> Result<bool> {
    let flow = flow(config, &new.flow)?;
    let opened = Clock::system().now();
    let (kind, days, working) = match new.kind {
        KindOfCase::Escalation => (CaseKind::Escalation, flow.cases.escalation_working_days, true),
        KindOfCase::Complaint => (CaseKind::Complaint, flow.cases.complaint_days, false),
    };
    let fields = new.fields.iter().map(|(key, value)| Field { key: key.clone(), value: value.clone() });
    let case = Case {
        // Calls have such ids too; none was ever given at this instant that had a case.
        id: format!("{}-0", CallId::next(opened.0, None)),
        kind,
        call: new.call,
        flow: flow.name.clone(),
        opened,
        due: flow.site.due(opened, days, working),
        fields: fields.collect(),
        closed: None,
    };
    strowger_store::add_case(&config.database(), &case)?;
    println!("{} is to be answered by {}", case.id, last_day(case.due));
    Ok(true)
}

fn flow(config: &Config, name: &str) -> Result<Arc<LoadedFlow>> {
    let (catalogue, report) = Catalogue::open(CatalogueConfig {
        flows_dir: config.flows.clone(),
        plugins_dir: config.plugins.clone(),
        engine: Engine::new(Some(config.cache.join("plugins")))?,
        gate: None,
        faults_per_minute: usize::MAX,
    });
    let flow = catalogue.current().flows.get(name).cloned();
    flow.with_context(|| format!("there is no flow {name:?} that is good\n{report}"))
}

fn sheet(cases: &[Case], now: Timestamp) -> Sheet {
    let row = |case: &Case| {
        let state = match &case.closed {
            Some(closed) if closed.at >= case.due => "closed late",
            Some(_) => "closed",
            None if now >= case.due => "OVERDUE",
            None => "open",
        };
        vec![
            case.id.clone(),
            case.kind.word().to_owned(),
            when::local(case.opened),
            last_day(case.due),
            state.to_owned(),
            case.closed.as_ref().map(|closed| closed.outcome.clone()).unwrap_or_default(),
            case.closed.as_ref().map(|closed| when::local(closed.at)).unwrap_or_default(),
            case.flow.to_string(),
            case.call.map(|call| call.to_string()).unwrap_or_default(),
            case.fields.iter().map(|field| format!("{}={}", field.key, field.value)).collect::<Vec<_>>().join("; "),
        ]
    };
    Sheet(std::iter::once(COLUMNS.map(str::to_owned).to_vec()).chain(cases.iter().map(row)).collect())
}

/// What is due at midnight is to be answered on the day before.
fn last_day(due: Timestamp) -> String {
    let text = when::local(Timestamp(due.0.saturating_sub(1)));
    text.split(' ').next().unwrap_or_default().to_owned()
}

/// From the first instant of a quarter to the first of the next, on the clock of this machine.
fn bounds(quarter: &str) -> Option<(Timestamp, Timestamp)> {
    let (year, quarter) = quarter.split_once(['Q', 'q'])?;
    let (year, quarter): (i32, u32) = (year.parse().ok()?, quarter.parse().ok()?);
    if !(1..=4).contains(&quarter) {
        return None;
    }
    let first = NaiveDate::from_ymd_opt(year, 3 * quarter - 2, 1)?;
    let next = first.checked_add_months(chrono::Months::new(3))?;
    let instant = |date: NaiveDate| date.to_string().parse::<when::When>().ok().map(|when| when.0);
    Some((instant(first)?, instant(next)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn v8_a_quarter_is_three_months() {
        let (since, until) = bounds("2026Q4").unwrap();
        assert!(when::local(since).starts_with("2026-10-01 00:00:00") && when::local(until).starts_with("2027-01-01 00:00:00"));
        assert!(bounds("2026Q5").is_none() && bounds("2026-Q1x").is_none() && bounds("").is_none());
    }
}

//! `strowger report`: what the calls of a time came to, in figures.

use crate::{
    args::{By, Report},
    commands::{
        against,
        cases::rules,
        records,
        sheet::Sheet,
        shifts,
        when::{self, When},
    },
};
use anstream::eprintln;
use anyhow::{Result, ensure};
use std::{
    io::{BufWriter, Write, stdout},
    time::Duration,
};
use strowger_daemon::Config;
use strowger_exchange::Clock;
use strowger_journal::{CaseQuery, Read};
use strowger_model::{AgentName, CallRecord, Case, CaseRules, Timestamp};
use strowger_office::report::{Column, Counted, Figures, Unit, columns, report as figures};
use strowger_site::read_site;

/// Prints the report.
pub(crate) fn report(args: &Report) -> Result<bool> {
    let config = args.config.read()?;
    if let Some(what) = args.shifts {
        return shifts::report(args, what, &config);
    }
    let sent = args.against.as_deref().map(against::read).transpose()?;
    ensure!(
        sent.is_none() || args.by == By::Day,
        "--against compares the calls of each day; write --by day, too"
    );
    let reader = config.journal().reader()?;
    let mut records = reader.records(&records::query(&args.which))?;
    if records.is_empty() {
        records::is_a_flow(&args.which, &config, &*reader)?;
    }
    if let Some(tag) = &args.tag {
        records.retain(|record| record.tags.contains(tag));
    }
    rename(&mut records, &config);
    let cases = cases(&*reader, args)?;
    let (at_once, now) = (Duration::from_secs(args.at_once), Clock::system().now());
    let rules = rules(&config).unwrap_or_else(|error| {
        eprintln!("{error:#}; cases are counted by their kind");
        CaseRules::default()
    });
    let columns = columns(&rules, cases.iter().map(|case| &case.kind));
    let by = |in_common: fn(&By, Counted<'_>) -> String| {
        figures(&records, &cases, at_once, now, |counted| in_common(&args.by, counted))
    };

    let mut head: Vec<String> = std::iter::once(args.by.to_string())
        .chain(columns.iter().map(|column| column.name.clone()))
        .collect();
    head.extend(sent.iter().flat_map(|sent| sent.columns(args.one_in)));
    let row = |name: &str, figures: &Figures| {
        let figures_of = columns.iter().map(|column| text(column, figures));
        let against = sent.iter().flat_map(|sent| sent.cells(name, figures.offered, args.one_in));
        std::iter::once(name.to_owned()).chain(figures_of).chain(against).collect()
    };
    let mut sheet = Sheet(vec![head]);
    sheet.0.extend(by(in_common).iter().map(|(name, figures)| row(name, figures)));
    let mut out = BufWriter::new(stdout().lock());
    if args.csv {
        sheet.csv(&mut out)?;
    } else {
        let all = by(|_, _| String::new()).into_values().next().unwrap_or_default();
        sheet.0.push(row("all", &all));
        sheet.table(&mut out)?;
    }
    out.flush()?;
    Ok(true)
}

/// Those of the calls meant, whenever they were noted, and those of no call that were noted in the
/// time meant.
fn cases(reader: &dyn Read, args: &Report) -> Result<Vec<Case>> {
    let (since, until) = (args.which.since.map(When::instant), args.which.until.map(When::instant));
    let mut cases = reader.cases(&CaseQuery { since, ..CaseQuery::default() })?;
    let meant = |case: &Case| {
        let of_flow = args.which.flow.as_deref().is_none_or(|flow| case.flow.as_str() == flow);
        args.tag.is_none() && of_flow && until.is_none_or(|until| case.opened < until)
    };
    cases.retain(|case| case.call.is_some() || meant(case));
    Ok(cases)
}

fn in_common(by: &By, counted: Counted<'_>) -> String {
    let day = |at: Timestamp| when::local(at).chars().take(10).collect();
    let hour = |at: Timestamp| when::local(at).chars().skip(11).take(2).collect();
    match (by, counted) {
        (By::Agent, Counted::Talk(_, talk)) => agent(talk.agent.as_ref()),
        // Elsewhere the talk is the call's.
        (by, Counted::Talk(record, _)) => in_common(by, Counted::Call(record)),
        (By::Flow, Counted::Call(record)) => record.flow.to_string(),
        (By::Flow, Counted::Case(case)) => case.flow.to_string(),
        (By::Day, Counted::Call(record)) => day(record.arrived),
        (By::Day, Counted::Case(case)) => day(case.opened),
        (By::Hour, Counted::Call(record)) => hour(record.arrived),
        (By::Hour, Counted::Case(case)) => hour(case.opened),
        (By::Dialled, Counted::Call(record)) => record.dialled.clone(),
        (By::Agent, Counted::Call(record)) => agent(record.agent.as_ref()),
        (By::Outcome, Counted::Call(record)) => record.outcome.clone(),
        (By::Note(key), Counted::Call(record)) => record
            .notes
            .iter()
            .find(|note| note.key == *key)
            .map(|note| note.value.clone())
            .unwrap_or_default(),
        (By::Dialled | By::Agent | By::Outcome | By::Note(_), Counted::Case(_)) => String::new(),
    }
}

/// Gives agents the names that they have now, so that their calls are counted together. If the site
/// file cannot be read, everybody keeps the name of then.
fn rename(records: &mut [CallRecord], config: &Config) {
    let Ok(site) = read_site::read(&config.flows.join("site.toml")) else { return };
    for record in records {
        let of_talks = record.talks.iter_mut().filter_map(|talk| talk.agent.as_mut());
        for agent in record.agent.iter_mut().chain(of_talks) {
            *agent = site.now_called(agent).clone();
        }
    }
}

fn agent(name: Option<&AgentName>) -> String {
    name.map(ToString::to_string).unwrap_or_default()
}

fn text(column: &Column, figures: &Figures) -> String {
    column.of(figures).map_or_else(String::new, |figure| match column.unit {
        Unit::Number => format!("{figure:.0}"),
        Unit::Percent => format!("{figure:.1}%"),
        Unit::Seconds => format!("{figure:.1}"),
    })
}

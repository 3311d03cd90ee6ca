//! `strowger report`: what the calls of a time came to, in figures.

use crate::{
    args::{By, Report},
    config::Config,
    records,
    sheet::Sheet,
    when,
};
use anyhow::Result;
use std::{
    io::{BufWriter, Write, stdout},
    time::Duration,
};
use strowger_model::CallRecord;
use strowger_store::{
    Reader,
    report::{Figures, report as figures},
};

/// A column: its name, and its text.
type Column = (&'static str, fn(&Figures) -> String);

const COLUMNS: [Column; 9] = [
    ("offered", |figures| figures.offered.to_string()),
    ("answered", |figures| figures.answered.to_string()),
    ("overflowed", |figures| figures.overflowed.to_string()),
    ("lost", |figures| (figures.offered - figures.answered - figures.overflowed).to_string()),
    ("reachability", |figures| percent(figures.reachability())),
    ("at_once", |figures| percent(figures.service_level())),
    ("mean_wait_s", |figures| seconds(figures.mean_wait())),
    ("longest_wait_s", |figures| seconds(figures.longest_wait)),
    ("mean_talk_s", |figures| seconds(figures.mean_talk())),
];

/// Prints the report.
pub(crate) fn report(args: &Report) -> Result<bool> {
    let config = Config::read(&args.config.config)?;
    let records = Reader::open(&config.database())?.records(&records::query(&args.which))?;
    let at_once = Duration::from_secs(args.at_once);
    let mut head = vec![args.by.to_string()];
    head.extend(COLUMNS.map(|(name, _)| name.to_owned()));
    let row = |name: String, figures: &Figures| std::iter::once(name).chain(COLUMNS.map(|(_, text)| text(figures))).collect();
    let mut sheet = Sheet(vec![head]);
    sheet.0.extend(figures(&records, at_once, |record| in_common(&args.by, record)).into_iter().map(|(name, figures)| row(name, &figures)));
    let mut out = BufWriter::new(stdout().lock());
    if args.csv {
        sheet.csv(&mut out)?;
    } else {
        let mut all = Figures::default();
        records.iter().for_each(|record| all.add(record, at_once));
        sheet.0.push(row("all".to_owned(), &all));
        sheet.table(&mut out)?;
    }
    out.flush()?;
    Ok(true)
}

fn in_common(by: &By, record: &CallRecord) -> String {
    let arrived = || when::local(record.arrived);
    match by {
        By::Flow => record.flow.to_string(),
        By::Dialled => record.dialled.clone(),
        By::Agent => record.agent.as_ref().map(ToString::to_string).unwrap_or_default(),
        By::Outcome => record.outcome.clone(),
        By::Day => arrived().chars().take(10).collect(),
        By::Hour => arrived().chars().skip(11).take(2).collect(),
        By::Note(key) => record.notes.iter().find(|note| note.key == *key).map(|note| note.value.clone()).unwrap_or_default(),
    }
}

fn percent(ratio: Option<f64>) -> String {
    ratio.map_or_else(String::new, |ratio| format!("{:.1}%", 100.0 * ratio))
}

fn seconds(time: Duration) -> String {
    format!("{:.1}", time.as_secs_f64())
}

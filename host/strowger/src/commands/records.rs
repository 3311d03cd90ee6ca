//! `strowger records`: what is kept of calls, for people, for programs, for spreadsheets.

use crate::{
    args::{Records, Which},
    commands::{
        load,
        sheet::Sheet,
        when::{self, When},
    },
};
use anyhow::{Result, bail};
use std::{
    collections::BTreeSet,
    fs::read_dir,
    io::{BufWriter, Write, stdout},
    time::Duration,
};
use strowger_daemon::{Config, masked};
use strowger_journal::{Query, Read};
use strowger_model::{CallRecord, Talk, Timestamp, command::Field};
use strowger_site::problem::nearest;

/// Which records are asked for.
pub(crate) fn query(which: &Which) -> Query {
    Query {
        since: which.since.map(When::instant),
        until: which.until.map(When::instant),
        flow: which.flow.as_deref().map(Into::into),
        ..Query::default()
    }
}

/// Nothing was found. That is worth a message if there is no flow of the name that was asked for, and
/// never was.
pub(crate) fn is_a_flow(which: &Which, config: &Config, reader: &dyn Read) -> Result<()> {
    let Some(wanted) = &which.flow else { return Ok(()) };
    let mut known: BTreeSet<String> = read_dir(&config.flows)
        .into_iter()
        .flatten()
        .filter_map(|entry| Some(entry.ok()?.path()).filter(|path| path.join("flow.toml").exists()))
        .filter_map(|path| Some(path.file_name()?.to_str()?.to_owned()))
        .collect();
    known.extend(reader.records(&Query::default())?.iter().map(|record| record.flow.to_string()));
    if known.contains(wanted) {
        return Ok(());
    }
    match nearest(wanted, known.iter().map(String::as_str)) {
        Some(near) => {
            bail!("there is no flow `{wanted}`, and no record of one; did you mean `{near}`?")
        }
        None => bail!("there is no flow `{wanted}`, and no record of one"),
    }
}

/// A column: its name, its text, and whether people see it too.
type Column = (&'static str, fn(&CallRecord) -> String, bool);

const COLUMNS: [Column; 24] = [
    ("call", |record| record.call.to_string(), true),
    ("arrived", |record| when::local(record.arrived), true),
    ("flow", |record| record.flow.to_string(), true),
    ("version", |record| record.version.clone(), false),
    ("caller", |record| record.caller.clone().unwrap_or_default(), true),
    ("dialled", |record| record.dialled.clone(), true),
    ("answered", |record| instant(record.answered), false),
    ("connected", |record| instant(record.connected), false),
    ("agent", |record| record.agent.as_ref().map(ToString::to_string).unwrap_or_default(), true),
    ("waited_s", |record| format!("{:.1}", record.waited.as_secs_f64()), true),
    ("talked_s", |record| spent(record, |talk| talk.talked), false),
    ("held_s", |record| spent(record, |talk| talk.held), false),
    ("consulted_s", |record| spent(record, |talk| talk.consulted), false),
    ("talks", |record| record.all_talks().iter().map(talk).collect::<Vec<_>>().join("; "), false),
    ("fumbled", |record| record.fumbled.to_string(), false),
    ("overflowed", |record| record.overflowed.to_string(), false),
    ("outcome", |record| record.outcome.clone(), true),
    ("notes", |record| record.notes.iter().map(note).collect::<Vec<_>>().join("; "), false),
    ("tags", |record| record.tags.join("; "), false),
    ("steps", |record| record.steps.to_string(), false),
    ("faults", |record| record.faults.to_string(), false),
    ("refused", |record| record.refused.to_string(), false),
    ("unjournalled", |record| record.unjournalled.to_string(), false),
    ("ended", |record| when::local(record.ended), false),
];

/// Prints records.
pub(crate) fn records(args: &Records) -> Result<bool> {
    let config = args.config.read()?;
    let caller = match &args.caller {
        // A broken site file is no reason to show nothing.
        Some(caller) => {
            let numbering = load::numbering(&config).unwrap_or_default();
            Some(numbering.full(None, caller.clone()))
        }
        None => None,
    };
    let query = Query { caller, limit: args.limit, ..query(&args.which) };
    let reader = config.journal().reader()?;
    let records = reader.records(&query)?;
    if records.is_empty() {
        is_a_flow(&args.which, &config, &*reader)?;
    }
    let mut out = BufWriter::new(stdout().lock());
    if args.json {
        for record in &records {
            serde_json::to_writer(&mut out, record)?;
            writeln!(out)?;
        }
    } else {
        let shown = || COLUMNS.iter().filter(|(_, _, shown)| args.csv || *shown);
        let head = shown().map(|(name, ..)| (*name).to_owned()).collect();
        let records = records.into_iter().map(|record| if args.csv { record } else { shy(record) });
        let rows = records.map(|record| shown().map(|(_, text, _)| text(&record)).collect());
        let sheet = Sheet(std::iter::once(head).chain(rows).collect());
        match args.csv {
            true => sheet.csv(&mut out)?,
            false => sheet.table(&mut out)?,
        }
    }
    out.flush()?;
    Ok(true)
}

/// Of somebody whom a campaign called, people see the last three digits of the number.
fn shy(mut record: CallRecord) -> CallRecord {
    if record.campaign.is_some() && !record.dialled.is_empty() {
        record.dialled = masked(Some(&record.dialled));
    }
    record
}

fn instant(at: Option<Timestamp>) -> String {
    at.map(when::local).unwrap_or_default()
}

/// By all who talked with the caller.
fn spent(record: &CallRecord, on: fn(&Talk) -> Duration) -> String {
    format!("{:.1}", record.all_talks().iter().map(on).sum::<Duration>().as_secs_f64())
}

fn talk(talk: &Talk) -> String {
    let who = talk.agent.as_ref().map_or("somebody else", |agent| agent.as_str());
    format!("{who} from {} for {:.1} s", when::local(talk.began), talk.talked.as_secs_f64())
}

fn note(note: &Field) -> String {
    format!("{}={}", note.key, note.value)
}

#[cfg(test)]
mod tests {
    use super::*;
    use strowger_model::{FlowVersion, command::ContactOf};

    #[test]
    fn o5_the_number_of_somebody_whom_a_campaign_called_is_not_shown_whole() {
        let on = FlowVersion { flow: "reserve-list".into(), version: "1".to_owned() };
        let call = "038g0xwfyg000".parse().unwrap();
        let came_in = CallRecord {
            dialled: "+3292000100".to_owned(),
            ..CallRecord::begin(call, on, Timestamp(0))
        };
        let of = ContactOf { campaign: "griep".to_owned(), contact: "a".to_owned() };
        let called = CallRecord { campaign: Some(Box::new(of)), ..came_in.clone() };
        assert_eq!(shy(came_in).dialled, "+3292000100");
        assert_eq!(shy(called).dialled, "...100");
    }
}

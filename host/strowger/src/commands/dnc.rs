//! `strowger dnc`: numbers that no campaign calls.

use crate::{
    args::{self, DncAction},
    commands::{file::list, floor::sheet, reach::reach, sheet::Sheet, when},
};
use anstream::println;
use anyhow::{Result, ensure};
use std::io::{BufWriter, Write, stdout};
use strowger_api::{
    Host,
    v1::{DoNotCall, ImportNumbers, Imported, NeverCall},
};

pub(crate) fn dnc(args: &args::Dnc) -> Result<bool> {
    let (host, runtime) = reach(&args.host)?;
    match args.action.as_ref().unwrap_or(&DncAction::List { csv: false }) {
        DncAction::List { csv } => {
            ensure!(!(args.json && *csv), "write --json or --csv, not both");
            print(&runtime.block_on(host.do_not_call())?, args.json, *csv)?;
        }
        DncAction::Add { number, by } => {
            let by = by.clone().or_else(when::logged_in);
            let never = NeverCall { number: number.clone(), listed: true, by };
            runtime.block_on(host.never_call(never))?;
            println!("it is on the do-not-call list: no campaign calls it");
        }
        DncAction::Remove { number } => {
            let never = NeverCall { number: number.clone(), listed: false, by: None };
            runtime.block_on(host.never_call(never))?;
            println!("it is not on the do-not-call list any more");
        }
        DncAction::Import { file, by } => {
            let by = by.clone().or_else(when::logged_in);
            let import = ImportNumbers { list: list(file)?, by };
            let Imported { added, known } = runtime.block_on(host.import_numbers(import))?;
            println!("{added} put on the do-not-call list; {known} were on it already");
        }
    }
    Ok(true)
}

fn print(numbers: &[DoNotCall], json: bool, csv: bool) -> Result<()> {
    let mut out = BufWriter::new(stdout().lock());
    match (json, csv) {
        (true, _) => writeln!(out, "{}", serde_json::to_string_pretty(numbers)?)?,
        (false, true) => numbers_sheet(numbers, "", "").csv(&mut out)?,
        (false, false) => numbers_sheet(numbers, "(erased)", "-").table(&mut out)?,
    }
    Ok(out.flush()?)
}

const NUMBER: [&str; 3] = ["number", "since", "by"];

fn numbers_sheet(numbers: &[DoNotCall], erased: &str, nobody: &str) -> Sheet {
    let row = |never: &DoNotCall| {
        [
            never.number.clone().unwrap_or_else(|| erased.to_owned()),
            when::local(never.since),
            never.by.clone().unwrap_or_else(|| nobody.to_owned()),
        ]
        .to_vec()
    };
    sheet(&NUMBER, numbers.iter().map(row))
}

//! `strowger doctor`: what is wrong with a set-up.

use crate::args;
use anstream::println;
use anyhow::Result;
use std::path::Path;
use strowger_daemon::Finding;
use strowger_model::strangers::Lines;

pub(crate) fn doctor(args: &args::ConfigFile) -> Result<bool> {
    look(&args.config)
}

/// Looks at everything, and shows it: what is to be done comes first.
pub(crate) fn look(config: &Path) -> Result<bool> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let mut found = runtime.block_on(strowger_daemon::doctor(config));
    found.sort_by_key(|finding| finding.to_do.is_none());
    found.iter().for_each(|finding| println!("{}", Lines(shown(finding))));
    let wrong = found.iter().filter(|finding| finding.to_do.is_some()).count();
    match wrong {
        0 => println!("\nnothing is wrong"),
        1 => println!("\n1 of {} is WRONG", found.len()),
        _ => println!("\n{wrong} of {} are WRONG", found.len()),
    }
    Ok(wrong == 0)
}

fn shown(Finding { about, state, to_do }: &Finding) -> String {
    let state = state.trim_end().replace('\n', "\n                       ");
    match to_do {
        None => format!("ok     {about:<15} {state}"),
        Some(to_do) => {
            let to_do = to_do.replace('\n', "\n                       ");
            format!("WRONG  {about:<15} {state}\n                       = {to_do}")
        }
    }
}

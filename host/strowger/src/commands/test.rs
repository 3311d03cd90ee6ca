//! `strowger test`: the scenarios of flows.

use crate::{args, commands::load};
use anstream::{print, println};
use anyhow::Result;
use std::{path::Path, sync::Arc, time::Instant};
use strowger_flows::{LoadedFlow, Snapshot};
use strowger_model::strangers::Lines;
use strowger_sandbox::Engine;
use strowger_scenario::{
    How, Report, Scenario, gate,
    mutate::{Caught, Mutation, hold_fast},
};

pub(crate) fn test(args: &args::Test) -> Result<bool> {
    let path = std::path::absolute(&args.path)?;
    let loaded = load::load(&path, &args.plugins)?;
    let mut good = loaded.report.is_good();
    if !good {
        println!("{}\n", loaded.report);
    }
    if loaded.flows.is_empty() {
        println!("no flow can be tested at {}", path.display());
        return Ok(false);
    }
    for flow in &loaded.flows {
        let (scenarios, problems) = scenarios(flow, &path);
        good &= problems.is_empty();
        for problem in &problems {
            println!("{problem}");
        }
        good &= match args.figures {
            true => figures(flow, &loaded.beside, &scenarios, &loaded.engine),
            false => play(flow, &loaded.beside, &scenarios, &loaded.engine, args.verbose),
        };
    }
    Ok(good)
}

/// The flow's scenarios, or the one that was asked for.
fn scenarios(flow: &LoadedFlow, path: &Path) -> (Vec<Scenario>, Vec<strowger_site::Problem>) {
    let folder = flow.dir.join(gate::FOLDER);
    if path.is_file() && path.starts_with(&folder) {
        return match Scenario::load(path) {
            Ok(scenario) => (vec![scenario], Vec::new()),
            Err(problems) => (Vec::new(), problems),
        };
    }
    Scenario::load_all(&folder)
}

fn play(
    flow: &Arc<LoadedFlow>,
    beside: &Snapshot,
    scenarios: &[Scenario],
    engine: &Engine,
    verbose: bool,
) -> bool {
    println!("{} {}", flow.name, flow.version);
    let began = Instant::now();
    let shown = |report: &Report| {
        print!("{}", Lines(report));
        if verbose && report.is_good() {
            print!("{}", Lines(report.timelines()));
        }
    };
    let reports = match gate::play(scenarios, flow, beside, engine, How::TEST, shown) {
        Ok(reports) => reports,
        Err(problems) => {
            problems.iter().for_each(|problem| println!("{problem}"));
            return false;
        }
    };
    let mut live = gate::play_live(scenarios, flow, beside, engine);
    live.retain(|report| !report.is_good());
    live.iter().for_each(|report| print!("{}", Lines(report)));
    let failed = reports.iter().filter(|report| !report.is_good()).count();
    let simulated: u64 = reports.iter().map(|report| report.lasted.as_secs()).sum();
    println!(
        "{} passed, {failed} failed: {} of calls in {:.2} s\n",
        reports.len() - failed,
        hours(simulated),
        began.elapsed().as_secs_f64(),
    );
    failed == 0 && live.is_empty()
}

/// Alters every figure and shows who notices.
fn figures(
    flow: &Arc<LoadedFlow>,
    beside: &Snapshot,
    scenarios: &[Scenario],
    engine: &Engine,
) -> bool {
    println!("{} {}: every figure altered in turn", flow.name, flow.version);
    let shown = |mutation: &Mutation, caught: &Caught| println!("  {mutation}\n      {caught}");
    match hold_fast(flow, beside, scenarios, engine, shown) {
        Ok(caught) => {
            let unnoticed = caught.iter().filter(|(_, caught)| *caught == Caught::Not).count();
            println!("{} alterations, {unnoticed} noticed by nobody\n", caught.len());
            unnoticed == 0
        }
        Err(failed) => {
            failed.iter().for_each(|report| print!("{}", Lines(report)));
            println!("{} scenarios fail although nothing was altered\n", failed.len());
            false
        }
    }
}

fn hours(seconds: u64) -> String {
    match seconds {
        0..3600 => format!("{} min", seconds / 60),
        _ => format!("{} h {} min", seconds / 3600, seconds / 60 % 60),
    }
}

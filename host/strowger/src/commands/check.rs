//! `strowger check`: everything that is wrong, at once.

use crate::{args, commands::load, config::Config, surroundings};
use anyhow::{Result, bail};
use std::path::Path;
use strowger_model::strangers::Lines;
use strowger_scenario::{How, Scenario, gate};

pub(crate) fn check(args: &args::Check) -> Result<bool> {
    let path = std::path::absolute(&args.path)?;
    if !path.exists() {
        bail!("there is no {}", path.display());
    }
    let engine = load::engine(&args.plugins)?;
    let report = strowger_flows::check(&path, &args.plugins.plugins, &engine);
    println!("{report}");
    let mut good = report.is_good();
    good &= surroundings_are_good(args, &path)?;
    if args.files_only || load::site_folder(&path).is_none() {
        return Ok(good);
    }
    let loaded = load::load(&path, &args.plugins)?;
    for flow in &loaded.flows {
        let (scenarios, problems) = Scenario::load_all(&flow.dir.join(gate::FOLDER));
        for problem in &problems {
            good = false;
            println!("{problem}");
        }
        let twice = How { twice: true, ..How::TEST };
        let played = gate::play(&scenarios, flow, &loaded.beside, &loaded.engine, twice, |_| {});
        let reports = played.unwrap_or_else(|problems| {
            good = false;
            problems.iter().for_each(|problem| println!("{problem}"));
            Vec::new()
        });
        let failed: Vec<_> = reports.iter().filter(|report| !report.is_good()).collect();
        for report in &failed {
            good = false;
            println!("{}", Lines(report));
        }
        println!(
            "{}: {} of {} scenarios pass, every step taken twice",
            flow.name,
            reports.len() - failed.len(),
            scenarios.len()
        );
    }
    Ok(good)
}

/// Checks `strowger.toml`, if there is one, and what the flows need of it and of this machine.
fn surroundings_are_good(args: &args::Check, path: &Path) -> Result<bool> {
    if !args.config.exists() || load::site_folder(path).is_none() {
        return Ok(true);
    }
    let config = match Config::read(&args.config) {
        Ok(config) => config,
        Err(error) => {
            println!("error: {}", Lines(format!("{error:#}")));
            return Ok(false);
        }
    };
    let current = load::load(path, &args.plugins)?.beside;
    let missing = surroundings::missing(&config, &current);
    missing.iter().for_each(|problem| println!("{problem}"));
    Ok(missing.is_empty())
}

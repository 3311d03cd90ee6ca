//! `strowger check`: everything that is wrong, at once.

use crate::{
    args,
    commands::{
        drill,
        load::{self, Loaded},
    },
};
use anstream::println;
use anyhow::{Result, bail};
use std::{path::Path, sync::Arc};
use strowger_daemon::{Config, never_comes};
use strowger_exchange::Clock;
use strowger_flows::LoadedFlow;
use strowger_model::{strangers::Lines, switch::SwitchState};
use strowger_scenario::{How, Report, Scenario, gate};
use strowger_site::{Names, Site, read_site, source::Source};

pub(crate) fn check(args: &args::Check) -> Result<bool> {
    let path = std::path::absolute(&args.path)?;
    if !path.exists() {
        bail!("there is no file or folder {}", path.display());
    }
    let engine = load::engine(&args.plugins)?;
    let report = strowger_flows::check(&path, &args.plugins.plugins, &engine);
    println!("{report}");
    if let Some(folder) = load::site_folder(&path)
        && let Ok(site) = read_site::read(&folder.join("site.toml"))
    {
        site.gaps(Clock::system().now()).iter().for_each(|gap| println!("warning: {gap}"));
        let never = never_comes(&site, Clock::system().now());
        never.iter().for_each(|never| println!("warning: {never}"));
        if let Some(last) = Last::read(args) {
            let misnamed = site.misnamed(&Names::of_file(&last.site));
            misnamed.iter().for_each(|misnamed| println!("warning: {misnamed}"));
            last.dropped(&site).for_each(|dropped| println!("warning: {dropped}"));
        }
    }
    let mut good = report.is_good();
    good &= surroundings_are_good(args, &path)?;
    // Beside flows that are wrong, drills would be, too.
    if report.is_good() {
        let wrong = drill::wrong(&path, &args.plugins)?;
        wrong.iter().for_each(|problem| println!("{problem}"));
        good &= wrong.is_empty();
    }
    if args.files_only || load::site_folder(&path).is_none() {
        return Ok(good);
    }
    let loaded = load::load(&path, &args.plugins)?;
    for flow in &loaded.flows {
        premium(flow).for_each(|warning| println!("warning: {warning}"));
        good &= play(flow, &loaded);
    }
    Ok(good)
}

/// Patterns of a flow that permit numbers at which somebody earns whenever they are called.
fn premium(flow: &LoadedFlow) -> impl Iterator<Item = String> {
    let terms = &flow.terms;
    terms.permissions.dial.iter().filter_map(move |pattern| {
        let number = terms.site.numbering.premium(pattern)?;
        Some(format!(
            "flow {}: `dial` permits {} and with it premium-rate numbers, such as {number}; permit \
             only what the flow has to call, such as \"+324XXXXXXXX\"",
            flow.name,
            pattern.as_str()
        ))
    })
}

/// What a host served with last.
struct Last {
    site: Source,
    switches: Vec<SwitchState>,
}

impl Last {
    /// None: that is not known.
    fn read(args: &args::Check) -> Option<Self> {
        let config = Config::read(&args.config).ok().filter(|_| args.config.exists())?;
        let journal = config.journal().reader().ok()?;
        let in_force = journal.in_force().ok()??;
        let site = Source::parse(Path::new(&in_force.site.path), &in_force.site.text).ok()?;
        Some(Self { site, switches: journal.switches().ok()? })
    }

    /// Switches that are turned and that a site does not have, under this name or another.
    fn dropped(&self, site: &Site) -> impl Iterator<Item = String> {
        let dropped = self.switches.iter().filter(|SwitchState { name, position, .. }| {
            let normal = &self.site.value["switches"][name.as_str()]["positions"][0];
            site.switch_called(name).is_none() && normal.as_str().is_some_and(|it| it != position)
        });
        dropped.map(|SwitchState { name, position, .. }| {
            format!(
                "switch {name} stands in {position:?} at the host, and the site file has it no more; \
                 if it has another name now, write `was = \"{name}\"` there"
            )
        })
    }
}

/// Plays the scenarios of a flow as a host does before it takes the flow, and takes every step
/// twice. A scenario of figures only warns: the host takes other figures.
fn play(flow: &Arc<LoadedFlow>, loaded: &Loaded) -> bool {
    let (scenarios, problems) = Scenario::load_all(&flow.dir.join(gate::FOLDER));
    let mut good = problems.is_empty();
    problems.iter().for_each(|problem| println!("{problem}"));
    let twice = How { twice: true, ..How::TEST };
    let played = gate::play(&scenarios, flow, &loaded.beside, &loaded.engine, twice, |_| {});
    let reports = played.unwrap_or_else(|problems| {
        good = false;
        problems.iter().for_each(|problem| println!("{problem}"));
        Vec::new()
    });
    let live = gate::play_live(&scenarios, flow, &loaded.beside, &loaded.engine);
    let bad = reports.iter().chain(&live).filter(|report| !report.is_good());
    let (figures, failed): (Vec<&Report>, Vec<_>) = bad.partition(|report| report.figures);
    good &= failed.is_empty();
    failed.iter().for_each(|report| println!("{}", Lines(report)));
    for report in &figures {
        println!("{}", report.in_short().replacen("FAILED ", "warning", 1));
        println!("  = note: a host takes these figures all the same\n");
    }
    let passed = reports.iter().filter(|report| report.is_good()).count();
    let (name, all) = (&flow.name, scenarios.len());
    if all > 0 || good {
        println!("{name}: {passed} of {all} scenarios pass, every step taken twice");
    }
    good
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
    let missing = strowger_daemon::missing(&config, &current);
    missing.iter().for_each(|problem| println!("{problem}"));
    Ok(missing.is_empty())
}

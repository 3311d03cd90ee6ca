//! `strowger flows`: what is loaded.

use crate::{
    args::{self, FlowsAction},
    commands::reach::reach,
};
use anstream::{print, println};
use anyhow::Result;
use strowger_api::{
    Host,
    v1::{Accept, Accepted, Flow, RolledBack, SiteStatus},
};
use strowger_model::strangers::Lines;

pub(crate) fn flows(args: &args::Flows) -> Result<bool> {
    let (host, runtime) = reach(&args.host)?;
    match &args.action {
        Some(FlowsAction::Rollback { name }) => {
            let RolledBack { version } = runtime.block_on(host.rollback(name))?;
            println!("{name}: new calls get version {version}");
            Ok(true)
        }
        None => {
            let flows = runtime.block_on(host.flows())?;
            let site = runtime.block_on(host.status())?.site;
            match args.json {
                true => println!("{}", serde_json::to_string_pretty(&flows)?),
                false => print!("{}{}", Lines(shown_site(&site)), Lines(shown(&flows))),
            }
            let good = |flow: &Flow| flow.error.is_none() && !flow.on_fallback;
            Ok(site.error.is_none() && flows.iter().all(good))
        }
    }
}

pub(crate) fn accept(args: &args::Accept) -> Result<bool> {
    let (host, runtime) = reach(&args.host)?;
    let accept = Accept { reason: args.reason.clone() };
    let Accepted { version, error } = runtime.block_on(host.accept(&args.name, accept))?;
    println!("{}: version {version} is taken, whatever its scenarios say", args.name);
    // What else is wrong with the files was so before.
    error.iter().for_each(|error| println!("{error}"));
    Ok(true)
}

/// What is wrong with the site file; nothing, if it is in force.
fn shown_site(site: &SiteStatus) -> String {
    let Some(error) = &site.error else { return String::new() };
    let instead = if site.in_force { "the earlier one is in force" } else { "there is no other" };
    let lines = error.lines().map(|line| format!("  {line}\n"));
    format!("the site file is not in force, {instead}:\n{}", lines.collect::<String>())
}

fn shown(flows: &[Flow]) -> String {
    use std::fmt::Write as _;
    let mut text = String::new();
    if flows.is_empty() {
        text.push_str("no flows\n");
    }
    for flow in flows {
        let plugin = match (&flow.plugin, &flow.plugin_version) {
            (Some(plugin), Some(version)) => format!("{plugin} {version}"),
            _ => "no plugin".to_owned(),
        };
        let serving = match &flow.version {
            Some(version) => format!("version {version}"),
            None => "serves no new calls".to_owned(),
        };
        let _ = writeln!(text, "{}: {serving}, {plugin}, {}", flow.name, flow.numbers.join(" "));
        for (version, calls) in &flow.calls {
            let _ = writeln!(
                text,
                "  {calls} {} on {version}",
                if *calls == 1 { "call" } else { "calls" }
            );
        }
        if flow.faults > 0 {
            let _ = writeln!(text, "  {} steps of this version failed", flow.faults);
        }
        if let Some(previous) = &flow.previous {
            let _ = writeln!(text, "  rollback would bring back {previous}");
        }
        if flow.rolled_back {
            let _ = writeln!(text, "  rolled back, until its files change");
        }
        if flow.accepted {
            text.push_str("  accepted, although its scenarios fail\n");
        }
        if let Some(withdrawn) = &flow.withdrawn {
            let _ =
                writeln!(text, "  version {withdrawn} was withdrawn: too many of its steps failed");
        }
        if flow.on_fallback {
            let _ = writeln!(text, "  new calls go to its fallback route");
        }
        for line in flow.error.iter().flat_map(|error| error.lines()) {
            let _ = writeln!(text, "  {line}");
        }
    }
    text
}

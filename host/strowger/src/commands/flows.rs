//! `strowger flows`: what is loaded.

use crate::{
    args::{self, FlowsAction},
    commands::reach::reach,
};
use anyhow::Result;
use strowger_api::{
    Host,
    v1::{Flow, RolledBack},
};

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
            match args.json {
                true => println!("{}", serde_json::to_string_pretty(&flows)?),
                false => print!("{}", shown(&flows)),
            }
            Ok(flows.iter().all(|flow| flow.error.is_none() && !flow.on_fallback))
        }
    }
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

//! `strowger status`: how the host is, as a whole.

use crate::{
    args,
    commands::{reach::reach, when},
};
use anstream::{print, println};
use anyhow::Result;
use strowger_api::{
    Host,
    v1::{Status, Switch},
};
use strowger_model::strangers::Lines;

pub(crate) fn status(args: &args::Floor) -> Result<bool> {
    let (host, runtime) = reach(&args.host)?;
    let status = runtime.block_on(host.status())?;
    match args.json {
        true => println!("{}", serde_json::to_string_pretty(&status)?),
        false => print!("{}", Lines(shown(&status))),
    }
    Ok(status.ill.is_empty())
}

fn shown(status: &Status) -> String {
    let Status { ill, version, since, calls, pbx, site, flows, journal, mail, disk, switches } =
        status;
    let connected = if pbx.connected { "connected" } else { "NOT connected" };
    let in_force = match (site.in_force, &site.error) {
        (true, None) => "in force",
        (true, Some(_)) => "the earlier one is in force",
        (false, _) => "NOT in force",
    };
    let server = if mail.server { "" } else { ", no mail server" };
    let free = disk.free.map_or("unknown".to_owned(), |free| format!("{} MiB", free >> 20));
    let mut lines = vec![
        format!("strowger {version}, since {}", when::local(*since)),
        format!("calls     {calls} up"),
        format!("PBX       {}, {connected}", pbx.adapter),
        format!("site      {in_force}"),
        format!("flows     {} serve, {} with wrong files", flows.serving, flows.wrong.len()),
        match journal.stuck_since {
            None => format!("journal   written, {} entries wait", journal.pending),
            Some(since) => format!("journal   NOT written since {}", when::local(since)),
        },
        format!("mail      {} wait, {} given up within a day{server}", mail.waiting, mail.failed),
        format!("disk      {free} free at {}", disk.folder),
    ];
    lines.extend(switches.iter().map(switch));
    lines.extend(site.warnings.iter().map(|warning| warning.trim_end().to_owned()));
    lines.extend(ill.iter().map(|ill| format!("ILL: {}", ill.trim_end())));
    if !flows.wrong.is_empty() || site.error.is_some() {
        lines.push("`strowger flows` shows what is wrong with the files".to_owned());
    }
    lines.join("\n") + "\n"
}

/// A switch that somebody has turned.
fn switch(switch: &Switch) -> String {
    let since = switch.since.map_or(String::new(), |at| format!(" since {}", when::local(at)));
    let until = switch.until.map_or(String::new(), |at| format!(", until {}", when::local(at)));
    format!("switch    {} is {}{since}{until}", switch.label, switch.position)
}

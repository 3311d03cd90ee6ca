//! The figures that Strowger is held to: `cargo xtask bench`, or this program by itself.
//!
//! # Layout
//! * [`figure`]: what a figure is; [`report`]: the table and the JSON file.
//! * [`step`], [`routing`], [`campaign`], [`exchange`], [`idle`], [`journal`], [`neighbour`],
//!   [`swap`], [`switch`], [`invite`], [`app_queue`], [`contact_centre`]: a topic each, with its [`Figure`]s at the top. A new figure
//!   is one more of them and a function that measures it.
//! * [`measure`]: clocks, medians, memory.
//! * [`carousel`]: calls one after another, as many as the host can take.
//! * [`tap`]: a sim, and somebody who sees what passes between it and the host.
//! * [`site`]: the vaccination helpdesk of `flows/` on a site of any size.
//!
//! These are not tests: a target that is missed is shown, and is no error. A figure that cannot be
//! had here is left out, with the reason.

/// As in the command.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

mod app_queue;
mod campaign;
mod carousel;
mod contact_centre;
mod exchange;
mod figure;
mod idle;
mod invite;
mod journal;
mod measure;
mod neighbour;
mod report;
mod routing;
mod site;
mod step;
mod swap;
mod switch;
mod tap;

use anyhow::{Context, Result, bail};
use clap::Parser;
use figure::{Came, Figure};
use std::{path::PathBuf, process::ExitCode};

/// Measures the figures that Strowger is held to.
#[derive(Parser)]
struct Arguments {
    /// Only these figures, by key.
    keys: Vec<String>,
    /// Writes the figures as one JSON object.
    #[arg(long, value_name = "FILE")]
    json: Option<PathBuf>,
    /// Lists the figures and measures none.
    #[arg(long)]
    list: bool,
    /// Prints one figure as JSON, for the program itself: figures of memory have a process of their
    /// own.
    #[arg(long, hide = true)]
    alone: bool,
}

fn main() -> Result<ExitCode> {
    let arguments = Arguments::parse();
    let all: Vec<&Figure> = [
        step::FIGURES,
        routing::FIGURES,
        campaign::FIGURES,
        exchange::FIGURES,
        idle::FIGURES,
        journal::FIGURES,
        neighbour::FIGURES,
        swap::FIGURES,
        switch::FIGURES,
        invite::FIGURES,
        app_queue::FIGURES,
        contact_centre::FIGURES,
    ]
    .concat();
    if let Some(unknown) =
        arguments.keys.iter().find(|key| all.iter().all(|figure| figure.key != **key))
    {
        bail!("there is no figure {unknown:?}; `--list` shows them all");
    }
    let wanted = |figure: &&&Figure| {
        arguments.keys.is_empty() || arguments.keys.iter().any(|key| key == figure.key)
    };
    let figures: Vec<&Figure> = all.iter().filter(wanted).copied().collect();
    if arguments.list {
        report::list(&figures);
        return Ok(ExitCode::SUCCESS);
    }
    if arguments.alone {
        let came = figures.first().context("--alone needs a key")?.measure_here();
        println!("{}", came.to_json());
        return Ok(ExitCode::SUCCESS);
    }
    let mut results = Vec::new();
    report::head();
    for figure in figures {
        let came = figure.measure();
        report::line(figure, &came);
        results.push((figure, came));
    }
    report::foot(&results);
    if let Some(file) = arguments.json {
        std::fs::write(&file, report::json(&results))
            .with_context(|| format!("writing {}", file.display()))?;
    }
    let broken = results.iter().any(|(_, came)| matches!(came, Came::Broken(_)));
    Ok(if broken { ExitCode::FAILURE } else { ExitCode::SUCCESS })
}

//! From saved files to what serves, without the debouncer.

use crate::{
    figure::{Figure, Measured, Target},
    measure::{millis, processor_time},
    site,
};
use anyhow::{Context, Result, ensure};
use std::{
    fs,
    path::Path,
    time::{Duration, Instant},
};
use strowger_flows::{Catalogue, Gate};
use strowger_test_support::{plugin_wasm, without_campaigns, workspace};
use strowger_tests::Folder;

pub(crate) const FIGURES: &[&Figure] = &[
    &Figure {
        key: "swap_settings_ms",
        what: "changed settings of the helpdesk, its scenarios included",
        unit: "ms",
        target: Target::AtMost(50.0),
        against: "0: a reload of the PBX's own dialplan, which checks nothing",
        alone: false,
        measure: settings,
    },
    &Figure {
        key: "swap_plugin_ms",
        what: "a new plugin of the reception, compiled",
        unit: "ms",
        target: Target::AtMost(500.0),
        against: "12 to 23 s to compile a plugin written in Python or JavaScript, as tried before there was a host",
        alone: false,
        measure: plugin,
    },
];

/// What a reload takes after each of some changes: the middle, and its processor time on all
/// threads.
fn reloads(
    catalogue: &Catalogue,
    flow: &str,
    mut change: impl FnMut(usize) -> Result<()>,
) -> Result<(Duration, Duration)> {
    let (mut times, mut used) = (Vec::new(), Duration::ZERO);
    for number in 0..11 {
        change(number)?;
        let version = || catalogue.current().flows.get(flow).map(|flow| flow.version.clone());
        let before = version();
        let (begun, before_it) = (Instant::now(), processor_time());
        let report = catalogue.reload();
        times.push(begun.elapsed());
        used += processor_time() - before_it;
        let problems: Vec<String> = report.problems.iter().map(ToString::to_string).collect();
        ensure!(problems.is_empty(), "{}", problems.join("\n"));
        ensure!(version() != before, "the change is not served");
    }
    times.sort();
    Ok((times[times.len() / 2], used / times.len() as u32))
}

/// `flows/` as it is, in a temporary folder.
fn shipped() -> Result<Folder> {
    let flows = workspace().join("flows");
    let read = |path: &Path| {
        fs::read_to_string(path).with_context(|| format!("reading {}", path.display()))
    };
    let folder = Folder::new(&without_campaigns(&read(&flows.join("site.toml"))?))?
        .plugin("vaccination-helpdesk")?
        .plugin("reception")?;
    for part in ["contacts.csv", "rosters", "vaccination-helpdesk", "reception"] {
        let mut todo = vec![flows.join(part)];
        while let Some(path) = todo.pop() {
            if path.is_dir() {
                for entry in fs::read_dir(&path)? {
                    todo.push(entry?.path());
                }
            } else if path
                .extension()
                .is_some_and(|extension| extension == "toml" || extension == "csv")
            {
                let name = path.strip_prefix(&flows)?.to_string_lossy();
                folder.write(&name, &read(&path)?)?;
            }
        }
    }
    Ok(folder)
}

fn settings() -> Result<Measured> {
    let engine = site::engine()?;
    let time = |gate: Option<Gate>| {
        let folder = shipped()?;
        let catalogue = site::catalogue(&folder, &engine, gate)?;
        let name = "vaccination-helpdesk";
        let text = toml::to_string(&site::flow_file(name)?)?;
        reloads(&catalogue, name, |number| {
            folder.write(
                &format!("{name}/flow.toml"),
                &text.replace("Gent", &format!("Gent {number}")),
            )
        })
    };
    let (gated, used) = time(Some(strowger_scenario::gate(engine.clone())))?;
    let (ungated, _) = time(None)?;
    Ok(Measured {
        value: millis(gated),
        how: format!(
            "{:.1} ms without its scenarios; {:.0} ms of processor time",
            millis(ungated),
            millis(used)
        ),
    })
}

fn plugin() -> Result<Measured> {
    let engine = site::engine()?;
    let folder = shipped()?;
    let catalogue =
        site::catalogue(&folder, &engine, Some(strowger_scenario::gate(engine.clone())))?;
    let bytes = plugin_wasm("reception");
    let stamp = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH)?.as_nanos();
    let (time, used) = reloads(&catalogue, "reception", |number| {
        let mut new = bytes.clone();
        new.extend(section(&format!("{stamp} {number}")));
        folder.write_plugin("reception", &new)
    })?;
    Ok(Measured {
        value: millis(time),
        how: format!(
            "{} bytes, compiled anew, its scenarios included; {:.0} ms of processor time",
            bytes.len(),
            millis(used)
        ),
    })
}

/// A custom section, which changes a component's hash and nothing else.
fn section(text: &str) -> Vec<u8> {
    let name = b"strowger-bench";
    let content = 1 + name.len() + text.len();
    // Each length is below 128: one byte of LEB128.
    let mut bytes = vec![0, content as u8, name.len() as u8];
    bytes.extend(name);
    bytes.extend(text.as_bytes());
    bytes
}

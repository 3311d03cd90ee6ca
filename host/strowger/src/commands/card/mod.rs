//! `strowger card`: a page for the people at the phones, made from the files as they are (R6).
//!
//! # Layout
//! * `words`: the words of the page, by language.
//! * `html`: the page as HTML.

mod html;
mod words;

use crate::{
    args,
    commands::{load, sheet::Sheet},
};
use anstream::{eprintln, println};
use anyhow::Result;
use serde::{Deserialize, de::DeserializeOwned};
use std::{
    collections::{BTreeMap, BTreeSet},
    io::stdout,
    sync::Arc,
};
use strowger_exchange::Clock;
use strowger_flows::{LoadedFlow, Snapshot};
use strowger_model::strangers::Lines;
use words::Words;

pub(crate) fn card(args: &args::Card) -> Result<bool> {
    let loaded = load::load(&args.path, &args.plugins)?;
    let good = loaded.report.is_good();
    if !good {
        eprintln!("{}\n", Lines(&loaded.report));
    }
    let page = Page::of(&loaded.beside);
    match args.html {
        true => println!("{}", html::page(&page)),
        false => page.print()?,
    }
    Ok(good)
}

/// The page.
struct Page {
    language: &'static str,
    title: String,
    tables: Vec<Table>,
}

/// Rows without a head: what it is about, and the keys or more of it.
struct Table {
    title: &'static str,
    rows: Vec<Vec<String>>,
}

/// What is set of a flow with the plugin `agent-desk`.
#[derive(Deserialize)]
struct AgentDesk {
    mobile_prefix: String,
    codes: Codes,
    pause_reasons: BTreeMap<String, String>,
}

#[derive(Deserialize)]
struct Codes {
    log_in: String,
    queue: String,
    pause: String,
    end_pause: String,
}

/// What is set of a flow with the plugin `switch-desk`.
#[derive(Deserialize)]
struct SwitchDesk {
    mobile_prefix: String,
    code: String,
}

/// What agents key while they talk, as far as it stands on the page.
#[derive(Deserialize)]
struct Talking {
    in_call: InCall,
}

#[derive(Deserialize)]
struct InCall {
    consult: String,
    back: String,
    transfer: String,
    #[serde(default)]
    cases: BTreeMap<String, CaseKeys>,
}

#[derive(Deserialize)]
struct CaseKeys {
    keys: String,
}

/// Settings of the flows that have such settings; of a plugin, if it is named.
fn settings<'a, T: DeserializeOwned>(
    current: &'a Snapshot,
    plugin: Option<&'a str>,
) -> impl Iterator<Item = (&'a LoadedFlow, T)> {
    let of_plugin =
        move |flow: &&Arc<LoadedFlow>| plugin.is_none_or(|plugin| flow.manifest.name == plugin);
    let read = |flow: &'a Arc<LoadedFlow>| {
        Some((&**flow, serde_json::from_value(flow.settings.clone()).ok()?))
    };
    current.flows.values().filter(of_plugin).filter_map(read)
}

impl Page {
    fn of(current: &Snapshot) -> Self {
        let words = Words::of(&current.site.language);
        let now = current.site.moment(Clock::system().now());
        let day = format!("{:04}-{:02}-{:02}", now.year, now.month, now.day);
        let desks: Vec<AgentDesk> =
            settings(current, Some("agent-desk")).map(|(_, desk)| desk).collect();
        let switch_desks: Vec<SwitchDesk> =
            settings(current, Some("switch-desk")).map(|(_, desk)| desk).collect();
        let prefixes = desks.iter().map(|desk| &desk.mobile_prefix);
        let prefixes = prefixes.chain(switch_desks.iter().map(|desk| &desk.mobile_prefix));
        let prefixes: BTreeSet<&String> = prefixes.filter(|prefix| !prefix.is_empty()).collect();
        let mut codes: Vec<Vec<String>> = Vec::new();
        desks.iter().for_each(|desk| codes.extend(desk.rows(words)));
        codes.extend(switch_desks.iter().map(|desk| desk.row(words)));
        codes.extend(prefixes.iter().map(|prefix| row([words.mobile, prefix, words.first])));
        let tables = [
            Table { title: words.codes, rows: codes },
            Table { title: words.talking, rows: talking(current, words) },
            Table { title: words.queues, rows: queues(current, &desks) },
            Table { title: words.switches, rows: switches(current, &switch_desks) },
            Table { title: words.extensions, rows: extensions(current) },
        ];
        let tables = tables.into_iter().filter(|table| !table.rows.is_empty()).collect();
        Self { language: words.language, title: format!("{} {day}", words.title), tables }
    }

    fn print(&self) -> Result<()> {
        println!("{}", self.title);
        for Table { title, rows } in &self.tables {
            println!("\n{title}");
            Sheet(rows.clone()).table(&mut stdout().lock())?;
        }
        Ok(())
    }
}

fn row<const N: usize>(cells: [&str; N]) -> Vec<String> {
    cells.map(str::to_owned).to_vec()
}

impl AgentDesk {
    fn rows(&self, words: &Words) -> Vec<Vec<String>> {
        let Codes { log_in, queue, pause, end_pause } = &self.codes;
        let reasons = self.pause_reasons.iter();
        let reasons: Vec<String> =
            reasons.map(|(digit, reason)| format!("{pause}*{digit} {reason}")).collect();
        [
            row([words.log_in, log_in, words.extension_next]),
            row([words.log_out, log_in, words.at_the_phone]),
            row([words.queue, &format!("{queue}{}", words.code), words.queue_again]),
            row([words.pause, pause, &reasons.join(", ")]),
            row([words.end_pause, end_pause, ""]),
        ]
        .to_vec()
    }
}

impl SwitchDesk {
    fn row(&self, words: &Words) -> Vec<String> {
        let keys = format!("{}{}*{}#", self.code, words.code, words.position);
        row([words.switch, &keys, ""])
    }
}

/// What agents key while they talk. Flows that have it otherwise have lines of their own.
fn talking(current: &Snapshot, words: &Words) -> Vec<Vec<String>> {
    let mut lines: Vec<([String; 2], Vec<&str>)> = Vec::new();
    for (flow, Talking { in_call }) in settings::<Talking>(current, None) {
        let InCall { consult, back, transfer, cases } = in_call;
        let number = |keys: String| keys.replacen('N', words.number, 1);
        let mut keyed = vec![
            [words.consult.to_owned(), number(consult)],
            [words.back.to_owned(), back],
            [words.transfer.to_owned(), number(transfer)],
        ];
        let case = |(kind, CaseKeys { keys })| [format!("{} {kind}", words.case), keys];
        keyed.extend(cases.into_iter().map(case));
        for line in keyed {
            match lines.iter_mut().find(|(known, _)| *known == line) {
                Some((_, flows)) => flows.push(flow.name.as_str()),
                None => lines.push((line, vec![flow.name.as_str()])),
            }
        }
    }
    let line = |([what, keys], flows): ([String; 2], Vec<&str>)| vec![what, keys, flows.join(", ")];
    lines.into_iter().map(line).collect()
}

/// Queues with a code, and what one keys to join them.
fn queues(current: &Snapshot, desks: &[AgentDesk]) -> Vec<Vec<String>> {
    let with_code = |queue: &strowger_site::Queue| {
        let code = queue.code.as_deref()?;
        let keys: Vec<String> =
            desks.iter().map(|desk| format!("{}{code}", desk.codes.queue)).collect();
        Some(row([queue.name.as_str(), code, &keys.join(", ")]))
    };
    current.site.queues.values().filter_map(with_code).collect()
}

/// Switches with a code, what one keys to turn them, and their positions.
fn switches(current: &Snapshot, desks: &[SwitchDesk]) -> Vec<Vec<String>> {
    let with_code = |switch: &strowger_site::Switch| {
        let code = switch.code.as_deref()?;
        let keys: Vec<String> = desks.iter().map(|desk| format!("{}{code}*", desk.code)).collect();
        // The tenth has the key 0.
        let positions = (1..).zip(&switch.positions);
        let positions: Vec<String> =
            positions.map(|(number, position)| format!("{} {position}", number % 10)).collect();
        Some(row([&switch.label, code, &keys.join(", "), &positions.join(", ")]))
    };
    current.site.switches.values().filter_map(with_code).collect()
}

/// Agents by the names that people call them.
fn extensions(current: &Snapshot) -> Vec<Vec<String>> {
    let agents = current.site.agents.values();
    let extension = |agent: &strowger_site::Agent| {
        Some(row([&agent.display_name, agent.extension.as_deref()?]))
    };
    let mut rows: Vec<Vec<String>> = agents.filter_map(extension).collect();
    rows.sort();
    rows
}

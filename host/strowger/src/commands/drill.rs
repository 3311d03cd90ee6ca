//! `strowger drill`: what is prepared for an emergency, by the running host; and drills, played with
//! what is so at that host.

use crate::{
    args::{self, Plugins},
    commands::{
        floor::{or_none, sheet, show},
        load::{self, Loaded},
        reach::reach,
        sheet::Sheet,
    },
};
use anstream::{print, println};
use anyhow::{Context, Result, bail};
use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
    sync::Arc,
};
use strowger_api::{
    Host,
    v1::{self, AgentState, Check, CheckKind, Switch},
};
use strowger_flows::LoadedFlow;
use strowger_model::{AgentName, strangers::Lines};
use strowger_scenario::{
    How, Scenario,
    file::{Agent, Manner},
    run,
};
use strowger_site::{Problem, Report, problem::list};

/// The folder of drills, in the folder of flows.
const FOLDER: &str = "drills";

pub(crate) fn drill(args: &args::Drill) -> Result<bool> {
    match &args.name {
        None => checklist(args),
        Some(name) => play(args, name),
    }
}

fn checklist(args: &args::Drill) -> Result<bool> {
    let (host, runtime) = reach(&args.host)?;
    let mut list = runtime.block_on(host.checklist())?;
    // What is to be done comes first.
    list.sort_by_key(|check| check.to_do.is_none());
    show(&list, args.json, checks)?;
    let lacking = list.iter().filter(|check| check.to_do.is_some()).count();
    if !args.json {
        match lacking {
            0 => println!("\nall {} are prepared", list.len()),
            _ => println!("\n{lacking} of {} are NOT prepared", list.len()),
        }
    }
    Ok(lacking == 0)
}

/// Plays a drill beside the running host, which is asked how things are and told nothing.
fn play(args: &args::Drill, name: &str) -> Result<bool> {
    let (host, runtime) = reach(&args.host)?;
    let config = args.host.config.read()?;
    let (agents, switches) =
        runtime.block_on(async { anyhow::Ok((host.agents().await?, host.switches().await?)) })?;
    let mut scenario = match Scenario::load(&file(&config.flows, name)?) {
        Ok(scenario) => scenario,
        Err(problems) => bail!("the drill cannot be played:\n{}", Report::default().with(problems)),
    };
    given(&mut scenario, agents, switches);
    let plugins = Plugins { plugins: config.plugins.clone(), cache: Some(config.cache.clone()) };
    let loaded = load::load(&config.flows, &plugins)?;
    let flow = flow_of(&scenario, &loaded)?;
    let report =
        strowger_scenario::run(&scenario, &flow, &loaded.beside, &loaded.engine, How::TEST);
    print!("{}", Lines(&report));
    if report.is_good() {
        print!("{}", Lines(report.timelines()));
    }
    Ok(report.is_good())
}

/// What is wrong with the drills at a path, beside the flows of their folder: nobody wants to find
/// that out in an emergency. Nothing is played.
pub(crate) fn wrong(path: &Path, plugins: &Plugins) -> Result<Vec<Problem>> {
    let Some(flows) = load::site_folder(path) else { return Ok(Vec::new()) };
    let mut files = files(&flows.join(FOLDER));
    files.retain(|file| file.starts_with(path));
    if files.is_empty() {
        return Ok(Vec::new());
    }
    let loaded = &load::load(&flows, plugins)?;
    let wrong = files.into_iter().flat_map(|file| {
        let scenario = match Scenario::load(&file) {
            Ok(scenario) => scenario,
            Err(problems) => return problems,
        };
        let flow = match flow_of(&scenario, loaded) {
            Ok(flow) => flow,
            Err(why) => return vec![Problem::of_file(&file, why.to_string())],
        };
        let agents = scenario.written.agents.keys();
        let known = || flow.site.agents.keys().map(AgentName::as_str);
        let unknown = agents.filter(|agent| known().all(|known| known != *agent));
        let unknown = unknown.map(|agent| {
            let message = format!("no agent `{agent}` in the site file");
            Problem::of_file(&file, message).suggest(agent, known())
        });
        unknown.chain(run::wrong(&scenario, &flow, &loaded.beside)).collect()
    });
    Ok(wrong.collect())
}

/// The drills of a folder.
fn files(folder: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
    let mut files: Vec<_> = entries.map(|entry| entry.path()).collect();
    files.retain(|file| file.extension().is_some_and(|extension| extension == "toml"));
    files.sort();
    files
}

fn file(flows: &Path, name: &str) -> Result<PathBuf> {
    let folder = flows.join(FOLDER);
    let files = files(&folder);
    let names: Vec<&str> = files.iter().filter_map(|file| file.file_stem()?.to_str()).collect();
    match names.iter().position(|known| *known == name) {
        Some(at) => Ok(files[at].clone()),
        None if names.is_empty() => {
            bail!("there is no drill in {}; see docs/switches.md", folder.display())
        }
        None => {
            bail!("there is no drill {name:?} in {}; there is {}", folder.display(), list(&names))
        }
    }
}

/// The flow that serves the number of the first call.
fn flow_of(scenario: &Scenario, loaded: &Loaded) -> Result<Arc<LoadedFlow>> {
    let dials = scenario.written.calls.first().and_then(|call| call.dials.as_deref());
    let dials = dials.context("the first call of a drill must say whom it calls: `dials`")?;
    let flow = loaded.beside.route(dials);
    flow.cloned().with_context(|| format!("no flow serves {dials}, which the drill calls"))
}

/// What the file does not say of agents and switches is as it is at the host.
fn given(scenario: &mut Scenario, agents: Vec<v1::Agent>, switches: Vec<Switch>) {
    let written = &mut scenario.written;
    let mut now: BTreeMap<String, Agent> =
        agents.into_iter().map(|agent| (agent.agent.to_string(), as_now(agent))).collect();
    now.append(&mut written.agents);
    written.agents = now;
    for Switch { switch, position, .. } in switches {
        written.switches.entry(switch).or_insert_with(|| toml::Spanned::new(0..0, position));
    }
}

/// An agent as at the host: who can be rung answers after 3 s and talks for a minute.
fn as_now(agent: v1::Agent) -> Agent {
    Agent {
        logged_in: agent.status != AgentState::LoggedOut,
        paused: agent.status == AgentState::Paused,
        queues: Some(agent.queues.iter().map(ToString::to_string).collect()),
        phone: match agent.status {
            AgentState::Unreachable => Manner::Unreachable,
            AgentState::DoNotDisturb | AgentState::Busy => Manner::Busy,
            _ => Manner::Answers,
        },
        after: 3.0,
        talks: 60.0,
        keys: Vec::new(),
        ring_time: None,
        second_line: false,
    }
}

const CHECK: [&str; 5] = ["", "what", "about", "is", "to do"];

fn checks(list: &[Check]) -> Sheet {
    let row = |check: &Check| {
        let what = match check.kind {
            CheckKind::Pbx => "PBX",
            CheckKind::Site => "site",
            CheckKind::Flow => "flow",
            CheckKind::Switch => "switch",
            CheckKind::Turner => "turned by",
            CheckKind::Queue => "queue",
            CheckKind::Phone => "phone",
            CheckKind::Roster => "roster",
        };
        let mark = if check.to_do.is_some() { "MISSING" } else { "ok" };
        [
            mark.to_owned(),
            what.to_owned(),
            check.about.clone(),
            check.state.clone(),
            or_none(check.to_do.as_deref()),
        ]
        .to_vec()
    };
    sheet(&CHECK, list.iter().map(row))
}

//! `strowger replay`: recorded calls run again, one in full or many in short.

use crate::{
    args::Replay,
    commands::{records::query, when},
};
use anstream::{print, println};
use anyhow::{Context, Result, bail};
use indicatif::{ProgressBar, ProgressStyle};
use serde::Serialize;
use std::{
    collections::BTreeMap,
    path::Path,
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicUsize, Ordering},
    },
    thread,
    time::Instant,
};
use strowger_flows::LoadedFlow;
use strowger_journal::{Backend, Read};
use strowger_model::strangers::Lines;
use strowger_model::{
    CallId, FlowVersion, StepRecord, VersionFiles, archive::PluginFile, step::Ordered,
};
use strowger_sandbox::{Engine, Flow};
use strowger_scenario::replay::{Difference, Otherwise, Recorded, Verdict, replay as run};

/// Differences that are shown of many calls.
const SHOWN: usize = 3;

/// Replays a call, or all of a time.
pub(crate) fn replay(args: &Replay) -> Result<bool> {
    let config = args.config.read()?;
    let journal = config.journal();
    let reader = journal.reader()?;
    let engine = Engine::new(Some(config.cache.join("plugins")))?;
    let versions = Versions::new(&*journal, engine, args.plugin.as_deref())?;
    match args.call {
        Some(call) => one(&*reader, &versions, call),
        None => {
            let calls: Vec<CallId> = reader
                .records(&query(&args.which))?
                .into_iter()
                .map(|record| record.call)
                .collect();
            many(&*journal, &versions, &calls)
        }
    }
}

/// Makes what runs in place of recorded versions, each once.
struct Versions {
    reader: Box<dyn Read>,
    engine: Engine,
    /// The new plugin, and its name for itself.
    plugin: Option<(String, PluginFile)>,
    made: Mutex<BTreeMap<FlowVersion, Made>>,
}

/// What runs in place of a version.
#[derive(Clone)]
enum Made {
    /// The version itself: the new plugin is of another name.
    Recorded(Flow),
    /// The new plugin in its place.
    Replaced(Flow),
    Nothing(String),
}

impl Versions {
    fn new(journal: &dyn Backend, engine: Engine, plugin: Option<&Path>) -> Result<Self> {
        let plugin = match plugin {
            None => None,
            Some(file) => {
                let bytes = std::fs::read(file)
                    .with_context(|| format!("cannot read {}", file.display()))?;
                let plugin = engine.load(&file.display().to_string(), &bytes)?;
                Some((plugin.manifest().name.clone(), plugin.file()))
            }
        };
        Ok(Self { reader: journal.reader()?, engine, plugin, made: Mutex::default() })
    }

    fn of(&self, on: &FlowVersion) -> Made {
        let mut made = self.made.lock().unwrap_or_else(PoisonError::into_inner);
        made.entry(on.clone())
            .or_insert_with(|| self.make(on).unwrap_or_else(Made::Nothing))
            .clone()
    }

    fn make(&self, on: &FlowVersion) -> Result<Made, String> {
        let what = format!("version {} of flow {}", on.version, on.flow);
        let files = self.reader.version(on).map_err(|error| error.to_string())?;
        let mut files = files.ok_or_else(|| format!("{what} is not in the journal any more"))?;
        let flow = |files: &VersionFiles| {
            let flow = LoadedFlow::of_files(files, &self.engine);
            flow.map_err(|problems| problems.iter().map(ToString::to_string).collect::<String>())
        };
        let recorded = flow(&files);
        match &self.plugin {
            Some((name, plugin))
                if recorded.as_ref().map_or(true, |recorded| recorded.manifest.name == *name) =>
            {
                files.plugin = plugin.clone();
                Ok(Made::Replaced(flow(&files)?.flow))
            }
            _ => Ok(Made::Recorded(recorded?.flow)),
        }
    }

    /// Replays a call; none: the new plugin has nothing to do with it.
    fn replay(&self, reader: &dyn Read, call: CallId) -> Result<Option<(usize, Verdict)>> {
        let steps = reader.steps(call)?;
        let steps: Vec<(u32, StepRecord)> =
            steps.into_iter().map(|numbered| (numbered.number, numbered.step)).collect();
        let on = steps.iter().filter_map(|(_, step)| step.on.as_ref());
        if self.plugin.is_some()
            && !steps.is_empty()
            && on.map(|on| self.of(on)).all(|made| matches!(made, Made::Recorded(_)))
        {
            return Ok(None);
        }
        let verdict = run(&Recorded { call, steps: &steps }, |on| match self.of(on) {
            Made::Recorded(flow) | Made::Replaced(flow) => Ok(flow),
            Made::Nothing(why) => Err(why),
        });
        Ok(Some((steps.len(), verdict)))
    }
}

fn one(reader: &dyn Read, versions: &Versions, call: CallId) -> Result<bool> {
    match versions.replay(reader, call)? {
        None => bail!(
            "call {call} had nothing to do with this plugin: no flow of it uses a plugin of that name"
        ),
        Some((steps, Verdict::Same)) => {
            println!("call {call}: the same orders in all of its {steps} steps");
            Ok(true)
        }
        Some((steps, Verdict::Differs(difference))) => {
            print!("{}", Lines(difference_text(call, steps, &difference)));
            Ok(false)
        }
        Some((_, Verdict::Impossible(why))) => {
            println!("call {call} cannot be replayed: {why}");
            Ok(false)
        }
    }
}

/// What came of many calls.
#[derive(Default)]
struct Summary {
    same: usize,
    unconcerned: usize,
    differ: BTreeMap<CallId, (usize, Box<Difference>)>,
    impossible: BTreeMap<String, Vec<CallId>>,
}

fn many(journal: &dyn Backend, versions: &Versions, calls: &[CallId]) -> Result<bool> {
    let style = ProgressStyle::with_template("{bar:40} {pos}/{len} calls, {per_sec}, {eta} left")
        .unwrap_or_else(|_| ProgressStyle::default_bar());
    let bar = ProgressBar::new(calls.len() as u64).with_style(style);
    let start = Instant::now();
    let next = AtomicUsize::new(0);
    let work = || -> Result<Summary> {
        let reader = journal.reader()?;
        let mut summary = Summary::default();
        while let Some(&call) = calls.get(next.fetch_add(1, Ordering::Relaxed)) {
            match versions.replay(&*reader, call)? {
                None => summary.unconcerned += 1,
                Some((_, Verdict::Same)) => summary.same += 1,
                Some((steps, Verdict::Differs(difference))) => {
                    drop(summary.differ.insert(call, (steps, difference)))
                }
                Some((_, Verdict::Impossible(why))) => {
                    summary.impossible.entry(why).or_default().push(call)
                }
            }
            bar.inc(1);
        }
        Ok(summary)
    };
    let threads = thread::available_parallelism().map_or(1, std::num::NonZero::get);
    let summaries: Vec<Result<Summary>> = thread::scope(|scope| {
        let threads: Vec<_> = (0..threads).map(|_| scope.spawn(work)).collect();
        let joined = threads.into_iter().map(|thread| {
            thread.join().unwrap_or_else(|_| bail!("a thread of the replay panicked"))
        });
        joined.collect()
    });
    bar.finish_and_clear();
    let mut total = Summary::default();
    for summary in summaries {
        let summary = summary?;
        total.same += summary.same;
        total.unconcerned += summary.unconcerned;
        total.differ.extend(summary.differ);
        for (why, calls) in summary.impossible {
            total.impossible.entry(why).or_default().extend(calls);
        }
    }
    let seconds = start.elapsed().as_secs_f64();
    println!(
        "{} calls replayed in {seconds:.1} s, {:.0} a second",
        calls.len(),
        calls.len() as f64 / seconds.max(0.001)
    );
    print_summary(&total);
    Ok(total.differ.is_empty() && total.impossible.is_empty())
}

fn print_summary(total: &Summary) {
    println!("  same orders             {}", total.same);
    println!("  differ                  {}", total.differ.len());
    println!(
        "  could not be replayed   {}",
        total.impossible.values().map(Vec::len).sum::<usize>()
    );
    if total.unconcerned > 0 {
        println!("  of other plugins        {}", total.unconcerned);
    }
    for (why, calls) in &total.impossible {
        // The threads found them in any order.
        let first = calls.iter().min().map(ToString::to_string).unwrap_or_default();
        println!("\ncould not be replayed: {} calls, such as {first}: {why}", calls.len());
    }
    for (call, (steps, difference)) in total.differ.iter().take(SHOWN) {
        print!("\n{}", Lines(difference_text(*call, *steps, difference)));
    }
    if total.differ.len() > SHOWN {
        let more: Vec<String> =
            total.differ.keys().skip(SHOWN).take(20).map(ToString::to_string).collect();
        let dots = if total.differ.len() > SHOWN + more.len() { " ..." } else { "" };
        println!("\nalso differ: {}{dots}", more.join(" "));
    }
}

/// A difference as people read it: what was recorded behind a minus, what is ordered now behind a
/// plus.
fn difference_text(call: CallId, steps: usize, difference: &Difference) -> String {
    let Difference { step, at, on, event, what } = difference;
    let mut text = format!(
        "call {call} differs in step {} of {steps}, {}, on {} {}\n",
        step + 1,
        when::local(*at),
        on.flow,
        on.version
    );
    let mut line = |mark: &str, said: String| text.push_str(&format!("  {mark} {said}\n"));
    line("event", json(event));
    match what {
        Otherwise::Orders { recorded, now } => {
            let same =
                recorded.iter().zip(now).take_while(|(recorded, now)| recorded == now).count();
            recorded[..same].iter().for_each(|order| line(" ", ordered(order)));
            recorded[same..].iter().for_each(|order| line("-", ordered(order)));
            now[same..].iter().for_each(|order| line("+", ordered(order)));
        }
        Otherwise::Asked(question) => line(
            "+",
            format!("asks for {question}, which was not asked then; nobody knows the answer"),
        ),
        Otherwise::Fails(fault) => line("+", format!("fails: {fault}")),
        Otherwise::NoLongerFails { recorded, now } => {
            line("-", format!("failed: {recorded}"));
            now.iter().for_each(|order| line("+", ordered(order)));
        }
    }
    text
}

fn ordered(ordered: &Ordered) -> String {
    match ordered {
        Ordered::Order(order) => format!("{} {}", order.id, json(&order.command)),
        Ordered::Refused { id, command, refusal } => {
            format!("{id} {command}, refused: {}", refusal.detail)
        }
    }
}

fn json<T: Serialize>(value: &T) -> String {
    serde_json::to_string(value).unwrap_or_else(|error| error.to_string())
}

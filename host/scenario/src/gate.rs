//! The gate of a hot swap: a flow serves no call before its scenarios have been run on it.

use crate::{How, Report, Scenario, pinned::pinned, run};
use std::{
    collections::BTreeMap,
    fmt::Write as _,
    num::NonZero,
    path::Path,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        mpsc::{self, RecvTimeoutError},
    },
    thread,
    time::Duration,
};
use strowger_flows::{Gate, LoadedFlow, Snapshot};
use strowger_model::FlowName;
use strowger_sandbox::Engine;
use strowger_site::{Problem, version};

pub use crate::load::FOLDER;

/// Runs the scenarios beside a flow's file: those of behaviour, and each with the files as they
/// are. The error is short: `strowger test` shows all of it.
pub fn gate(engine: Engine) -> Gate {
    let proven = Proven::default();
    Arc::new(move |snapshot, flow| {
        let (engine, snapshot, flow) = (engine.clone(), snapshot.clone(), flow.clone());
        let proven = proven.clone();
        in_time(TIME, move || try_flow(&snapshot, &flow, &engine, &proven))
    })
}

/// Of each flow, what its scenarios passed with last on pinned files: all that they were played
/// with. A run depends on nothing else, so it is not repeated when an operator changes other files.
#[derive(Clone, Default)]
struct Proven(Arc<Mutex<BTreeMap<FlowName, String>>>);

impl Proven {
    fn of(scenarios: &[&Scenario], flow: &LoadedFlow, beside: &Snapshot) -> String {
        let others = beside.flows.values().map(|other| other.version.as_str());
        let texts = scenarios.iter().map(|scenario| &*scenario.text);
        let all = [flow.name.as_str(), &flow.version, &flow.site.version];
        version::of(&all.into_iter().chain(others).chain(texts).collect::<Vec<_>>())
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<FlowName, String>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// How long all runs of a flow may take. A folder of 1,000 scenarios needs a few seconds.
const TIME: Duration = Duration::from_secs(60);

/// Does something on a thread of its own. Where that does not end in time, it is left to itself:
/// who reloads has other flows to read.
fn in_time(
    time: Duration,
    work: impl FnOnce() -> Result<(), String> + Send + 'static,
) -> Result<(), String> {
    let (done, outcome) = mpsc::channel();
    let spawned = thread::Builder::new().name("strowger-gate".to_owned()).spawn(move || {
        // Nobody waits any more if the time is over.
        let _ = done.send(work());
    });
    spawned.map_err(|error| format!("no thread can be had for its scenarios: {error}"))?;
    match outcome.recv_timeout(time) {
        Ok(outcome) => outcome,
        Err(RecvTimeoutError::Timeout) => Err(format!(
            "its scenarios took longer than {} s; look for one that lasts very long, or for a step that needs much time",
            time.as_secs()
        )),
        Err(RecvTimeoutError::Disconnected) => {
            Err("a mistake of the host ended its scenarios; please report this".to_owned())
        }
    }
}

fn try_flow(
    snapshot: &Snapshot,
    flow: &Arc<LoadedFlow>,
    engine: &Engine,
    proven: &Proven,
) -> Result<(), String> {
    let (scenarios, mut problems) = Scenario::load_all(&flow.dir.join(FOLDER));
    let mut reports = play_live(&scenarios, flow, snapshot, engine);
    let (live, behaviour) = live_and_pinned(&scenarios);
    let live = live.into_iter().filter(|scenario| !scenario.written.figures);
    reports.extend(run_these(live, flow, snapshot, engine, How::TEST, |_| {}));
    match pinned(flow, snapshot) {
        Ok((flow, beside)) => {
            let proof = Proven::of(&behaviour, &flow, &beside);
            if proven.lock().get(&flow.name) != Some(&proof) {
                let played = run_these(behaviour, &flow, &beside, engine, How::TEST, |_| {});
                if played.iter().all(Report::is_good) {
                    proven.lock().insert(flow.name.clone(), proof);
                }
                reports.extend(played);
            }
        }
        Err(wrong) => problems.extend(wrong),
    }
    reports.retain(|report| !report.is_good());
    match problems.is_empty() && reports.is_empty() {
        true => Ok(()),
        false => Err(in_short(&problems, &reports, &flow.dir)),
    }
}

/// Scenarios that play with the files as they are, and those that play with pinned ones.
fn live_and_pinned(scenarios: &[Scenario]) -> (Vec<&Scenario>, Vec<&Scenario>) {
    scenarios.iter().partition(|scenario| scenario.written.figures || scenario.written.live)
}

fn run_these<'a>(
    scenarios: impl IntoIterator<Item = &'a Scenario>,
    flow: &LoadedFlow,
    beside: &Snapshot,
    engine: &Engine,
    how: How,
    done: impl Fn(&Report) + Sync,
) -> Vec<Report> {
    let runs: Vec<_> = scenarios.into_iter().map(|scenario| (scenario, how)).collect();
    run_all(&runs, flow, beside, engine, done)
}

/// Runs scenarios with all that they expect: on the pinned files, or on the live ones if they say
/// so. `done` is told of each as soon as it is there.
///
/// # Errors
/// What is wrong with the pinned files.
pub fn play(
    scenarios: &[Scenario],
    flow: &Arc<LoadedFlow>,
    beside: &Snapshot,
    engine: &Engine,
    how: How,
    done: impl Fn(&Report) + Sync,
) -> Result<Vec<Report>, Vec<Problem>> {
    let (live, behaviour) = live_and_pinned(scenarios);
    let mut reports = run_these(live, flow, beside, engine, how, &done);
    if !behaviour.is_empty() {
        let (flow, beside) = pinned(flow, beside)?;
        reports.extend(run_these(behaviour, &flow, &beside, engine, how, &done));
    }
    Ok(reports)
}

/// Runs scenarios with the files as they are: none may bring about a fault, a refusal or a call
/// without end.
pub fn play_live(
    scenarios: &[Scenario],
    flow: &LoadedFlow,
    beside: &Snapshot,
    engine: &Engine,
) -> Vec<Report> {
    run_these(scenarios, flow, beside, engine, How::LIVE, |_| {})
}

/// So many scenarios that fail are named.
const NAMED: usize = 3;

/// What is wrong, in some lines.
fn in_short(problems: &[Problem], failed: &[Report], dir: &Path) -> String {
    let mut why = String::new();
    for problem in problems.iter().take(NAMED) {
        let _ = write!(why, "\n{problem}");
    }
    for report in failed.iter().take(NAMED) {
        let _ = write!(why, "\n{}", report.in_short());
    }
    let more = problems.len().saturating_sub(NAMED) + failed.len().saturating_sub(NAMED);
    if more > 0 {
        let _ = write!(why, "\nand {more} more");
    }
    let _ = write!(why, "\n`strowger test {}` shows all", dir.display());
    why
}

/// Runs scenarios on as many threads as there are processors. Reports come in the order of the
/// runs; `done` is told of each in this order, as soon as it and all before it are there.
pub fn run_all(
    runs: &[(&Scenario, How)],
    flow: &LoadedFlow,
    beside: &Snapshot,
    engine: &Engine,
    done: impl Fn(&Report) + Sync,
) -> Vec<Report> {
    let work = |(scenario, how): &(&Scenario, How)| run(scenario, flow, beside, engine, *how);
    in_parallel(runs, work, |_, report| done(report))
}

/// Does something with each of many on as many threads as there are processors. The outcomes are in
/// the order of the many; `done` is told of each in this order, as soon as it and all before it are
/// there.
pub(crate) fn in_parallel<T: Sync, R: Send>(
    many: &[T],
    work: impl Fn(&T) -> R + Sync,
    done: impl Fn(&T, &R) + Sync,
) -> Vec<R> {
    let threads = thread::available_parallelism().map_or(1, NonZero::get).min(many.len());
    let next = Mutex::new(many.iter().enumerate());
    let outcomes = Mutex::new((BTreeMap::new(), Vec::with_capacity(many.len())));
    thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| {
                loop {
                    let one = next.lock().unwrap_or_else(PoisonError::into_inner).next();
                    let Some((index, one)) = one else { return };
                    let outcome = work(one);
                    let mut outcomes = outcomes.lock().unwrap_or_else(PoisonError::into_inner);
                    let (early, in_order) = &mut *outcomes;
                    early.insert(index, outcome);
                    while let Some(outcome) = early.remove(&in_order.len()) {
                        done(&many[in_order.len()], &outcome);
                        in_order.push(outcome);
                    }
                }
            });
        }
    });
    outcomes.into_inner().unwrap_or_else(PoisonError::into_inner).1
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scenarios_without_end_are_not_waited_for() {
        let (end, wait) = mpsc::channel::<()>();
        let endless = move || wait.recv().map_err(|_| "ended".to_owned());
        let why = in_time(Duration::from_millis(50), endless).unwrap_err();
        assert!(why.contains("took longer"), "{why}");
        drop(end);
        assert_eq!(in_time(TIME, || Ok(())), Ok(()));
        assert!(in_time(TIME, || panic!("for the test")).unwrap_err().contains("mistake"));
    }
    #[test]
    fn outcomes_are_told_in_order_whichever_is_there_first() {
        let told = Mutex::new(Vec::new());
        let (third, third_begins) = mpsc::channel();
        let third_begins = Mutex::new(third_begins);
        // The first is there only when the second is, unless there is one processor only.
        let work = |one: &usize| {
            match one {
                0 => drop(third_begins.lock().unwrap().recv_timeout(Duration::from_secs(5))),
                2 => third.send(()).unwrap(),
                _ => {}
            }
            one * 10
        };
        let outcomes = in_parallel(&[0, 1, 2, 3, 4], work, |one, outcome| {
            told.lock().unwrap().push((*one, *outcome));
        });
        assert_eq!(outcomes, [0, 10, 20, 30, 40]);
        assert_eq!(told.into_inner().unwrap(), [(0, 0), (1, 10), (2, 20), (3, 30), (4, 40)]);
    }
}

//! The gate of a hot swap: a flow serves no call before its scenarios have been run on it.

use crate::{How, Report, Scenario, run};
use std::{
    fmt::Write as _,
    num::NonZero,
    sync::{
        Arc, Mutex, PoisonError,
        mpsc::{self, RecvTimeoutError},
    },
    thread,
    time::Duration,
};
use strowger_flows::{Gate, LoadedFlow, Snapshot};
use strowger_sandbox::Engine;

/// The folder of a flow's scenarios, beside its flow file.
pub const FOLDER: &str = "scenarios";

/// Runs the scenarios beside a flow's file. Those that check behaviour must pass with the settings
/// that they pin; and with the settings as they are, none may bring about a fault, a refusal or a
/// call without end.
pub fn gate(engine: Engine) -> Gate {
    Arc::new(move |snapshot, flow| {
        let (engine, snapshot, flow) = (engine.clone(), snapshot.clone(), flow.clone());
        in_time(TIME, move || try_flow(&snapshot, &flow, &engine))
    })
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

fn try_flow(snapshot: &Snapshot, flow: &LoadedFlow, engine: &Engine) -> Result<(), String> {
    let (scenarios, problems) = Scenario::load_all(&flow.dir.join(FOLDER));
    let mut why = String::new();
    for problem in &problems {
        let _ = write!(why, "\n{problem}");
    }
    let mut runs: Vec<(&Scenario, How)> =
        scenarios.iter().map(|scenario| (scenario, How::LIVE)).collect();
    let behaviour = scenarios.iter().filter(|scenario| !scenario.written.figures);
    runs.extend(behaviour.map(|scenario| (scenario, How::TEST)));
    for report in
        run_all(&runs, flow, snapshot, engine, |_| {}).iter().filter(|report| !report.is_good())
    {
        let _ = write!(why, "\n{report}");
    }
    match why.is_empty() {
        true => Ok(()),
        false => Err(why),
    }
}

/// Runs scenarios on as many threads as there are processors. Reports come in the order of the
/// runs; `done` is told of each as soon as it is there.
pub fn run_all(
    runs: &[(&Scenario, How)],
    flow: &LoadedFlow,
    beside: &Snapshot,
    engine: &Engine,
    done: impl Fn(&Report) + Sync,
) -> Vec<Report> {
    in_parallel(runs, |(scenario, how)| {
        let report = run(scenario, flow, beside, engine, *how);
        done(&report);
        report
    })
}

/// Does something with each of many on as many threads as there are processors. The outcomes are in
/// the order of the many.
pub(crate) fn in_parallel<T: Sync, R: Send>(many: &[T], work: impl Fn(&T) -> R + Sync) -> Vec<R> {
    let threads = thread::available_parallelism().map_or(1, NonZero::get).min(many.len());
    let next = Mutex::new(many.iter().enumerate());
    let outcomes = Mutex::new(Vec::with_capacity(many.len()));
    thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| {
                loop {
                    let one = next.lock().unwrap_or_else(PoisonError::into_inner).next();
                    let Some((index, one)) = one else { return };
                    let outcome = work(one);
                    outcomes.lock().unwrap_or_else(PoisonError::into_inner).push((index, outcome));
                }
            });
        }
    });
    let mut outcomes = outcomes.into_inner().unwrap_or_else(PoisonError::into_inner);
    outcomes.sort_by_key(|(index, _)| *index);
    outcomes.into_iter().map(|(_, outcome)| outcome).collect()
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
}

//! The gate of a hot swap: a flow serves no call before its scenarios have been run on it.

use crate::{How, Report, Scenario, run};
use std::{
    fmt::Write as _,
    num::NonZero,
    sync::{Arc, Mutex, PoisonError},
    thread,
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
        let (scenarios, problems) = Scenario::load_all(&flow.dir.join(FOLDER));
        let mut why = String::new();
        for problem in &problems {
            let _ = write!(why, "\n{problem}");
        }
        let mut runs: Vec<(&Scenario, How)> =
            scenarios.iter().map(|scenario| (scenario, How::LIVE)).collect();
        let behaviour = scenarios.iter().filter(|scenario| !scenario.written.figures);
        runs.extend(behaviour.map(|scenario| (scenario, How::TEST)));
        for report in run_all(&runs, flow, snapshot, &engine, |_| {})
            .iter()
            .filter(|report| !report.is_good())
        {
            let _ = write!(why, "\n{report}");
        }
        match why.is_empty() {
            true => Ok(()),
            false => Err(why),
        }
    })
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

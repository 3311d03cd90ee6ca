//! What came of a scenario, for people.

use crate::{judge::Failure, timeline::Timeline};
use std::{fmt, path::PathBuf, time::Duration};
use strowger_flows::LoadedFlow;
use strowger_site::Problem;

/// What came of a scenario.
#[derive(Clone, Debug, PartialEq)]
pub struct Report {
    /// What it shows.
    pub name: String,
    /// The scenario's file.
    pub file: PathBuf,
    /// It was run with the files as they are, and what it expects was left aside.
    pub live: bool,
    /// It checks the figures of the files, and not how the flow behaves.
    pub figures: bool,
    /// Why it could not be run.
    pub problems: Vec<Problem>,
    /// What was not as expected, with the line of the file, if there is one.
    pub failures: Vec<(Option<usize>, Failure)>,
    /// Its calls, in the order of their arrival.
    pub calls: Vec<Timeline>,
    /// How long it lasted, in its own time.
    pub lasted: Duration,
}

impl Report {
    /// Nothing of a flow could be run, for its pinned files are wrong.
    pub(crate) fn of_files(flow: &LoadedFlow, problems: Vec<Problem>) -> Self {
        Self {
            name: "the pinned files".to_owned(),
            file: flow.dir.clone(),
            live: false,
            figures: false,
            problems,
            failures: Vec::new(),
            calls: Vec::new(),
            lasted: Duration::ZERO,
        }
    }

    /// Whether all was as expected.
    pub fn is_good(&self) -> bool {
        self.problems.is_empty() && self.failures.is_empty()
    }

    /// Its name, and the first thing that was not as expected.
    pub fn in_short(&self) -> String {
        let mut short = format!("FAILED  {}\n", self.title());
        let first = |failure: &(Option<usize>, Failure)| self.shown(failure);
        short += &match self.problems.first() {
            Some(problem) => problem.to_string(),
            None => self.failures.first().map(first).unwrap_or_default(),
        };
        short.trim_end().to_owned()
    }

    fn title(&self) -> String {
        match self.live {
            true => format!("{} (with the files as they are)", self.name),
            false => self.name.clone(),
        }
    }

    fn shown(&self, (line, failure): &(Option<usize>, Failure)) -> String {
        let line = line.map(|line| format!(":{line}")).unwrap_or_default();
        let (file, Failure { expected, happened, .. }) = (self.file.display(), failure);
        format!("  {file}{line}\n    expected: {expected}\n    happened: {happened}\n")
    }

    /// Every call as a timeline.
    pub fn timelines(&self) -> String {
        let one = |(index, call): (usize, &Timeline)| match self.calls.len() {
            1 => call.to_string(),
            _ => format!(
                "  call {}, {:.1} s after the start\n{call}",
                index + 1,
                call.arrived().as_secs_f64()
            ),
        };
        self.calls.iter().enumerate().map(one).collect()
    }
}

impl fmt::Display for Report {
    /// What was expected, what happened, the whole of the calls.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mark = if self.is_good() { "ok    " } else { "FAILED" };
        writeln!(f, "{mark}  {}", self.title())?;
        if self.is_good() {
            return Ok(());
        }
        for problem in &self.problems {
            write!(f, "{problem}")?;
        }
        for failure in &self.failures {
            f.write_str(&self.shown(failure))?;
        }
        f.write_str(&self.timelines())
    }
}

//! What came of a scenario, for people.

use crate::{judge::Failure, timeline::Timeline};
use std::{fmt, path::PathBuf, time::Duration};
use strowger_site::Problem;

/// What came of a scenario.
#[derive(Clone, Debug, PartialEq)]
pub struct Report {
    /// What it shows.
    pub name: String,
    /// The scenario's file.
    pub file: PathBuf,
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
    /// Whether all was as expected.
    pub fn is_good(&self) -> bool {
        self.problems.is_empty() && self.failures.is_empty()
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
        writeln!(f, "{mark}  {}", self.name)?;
        if self.is_good() {
            return Ok(());
        }
        for problem in &self.problems {
            write!(f, "{problem}")?;
        }
        for (line, failure) in &self.failures {
            match line {
                Some(line) => writeln!(f, "  {}:{line}", self.file.display())?,
                None => writeln!(f, "  {}", self.file.display())?,
            }
            writeln!(f, "    expected: {}", failure.expected)?;
            writeln!(f, "    happened: {}", failure.happened)?;
        }
        f.write_str(&self.timelines())
    }
}

//! The lines that one version of a flow writes to the log of the operator: what its calls may write
//! together.

use std::{
    sync::{Mutex, PoisonError},
    time::Duration,
};

const MINUTE: Duration = Duration::from_secs(60);

/// So many lines a minute. Further ones are dropped until the minute is over.
#[derive(Debug, Default)]
pub struct LogLines(Mutex<Minute>);

#[derive(Debug, Default)]
struct Minute {
    /// In monotonic time.
    began: Duration,
    lines: u32,
}

/// What becomes of a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Line {
    /// It is written.
    Written,
    /// It is the first of a minute that is dropped: that is to be said.
    FirstDropped,
    /// It is dropped.
    Dropped,
}

impl LogLines {
    /// One more line, of so many that there may be in a minute.
    pub fn next(&self, now: Duration, most: u32) -> Line {
        // Both fields are numbers: they are whole also if a holder of the lock panicked.
        let mut minute = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if now.saturating_sub(minute.began) >= MINUTE {
            *minute = Minute { began: now, lines: 0 };
        }
        let before = minute.lines;
        minute.lines = before.saturating_add(1);
        match before {
            before if before < most => Line::Written,
            before if before == most => Line::FirstDropped,
            _ => Line::Dropped,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_beyond_a_minute_s_lines_is_dropped_and_that_is_said_once() {
        let lines = LogLines::default();
        let at = |seconds: u64| Duration::from_secs(1_000_000 + seconds);
        let next = |seconds: u64| lines.next(at(seconds), 2);
        let (written, said, dropped) = (Line::Written, Line::FirstDropped, Line::Dropped);
        assert_eq!([0, 1, 2, 3, 59].map(next), [written, written, said, dropped, dropped]);
        assert_eq!([60, 61, 62, 119].map(next), [written, written, said, dropped]);
        assert_eq!(next(3_600), written);
    }
}

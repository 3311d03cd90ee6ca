//! The one place where the host reads the clock.

use std::time::{Duration, SystemTime, UNIX_EPOCH};
use strowger_model::Timestamp;
use tokio::time::Instant;

/// Tells instants (wall clock) and monotonic time. Under paused tokio time both are virtual.
///
/// Monotonic time is counted from 1970 on, as the wall clock said when the host started, so that a time kept in the journal still means something
/// to the next host. While the host runs it never jumps.
#[derive(Clone, Copy, Debug)]
pub struct Clock {
    started: Instant,
    /// Monotonic time of the start.
    zero: Duration,
    simulated: bool,
}

impl Clock {
    /// The system's clocks.
    pub fn system() -> Self {
        let zero = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        Self { started: Instant::now(), zero, simulated: false }
    }

    /// The wall clock reads `start` now and advances with tokio's time.
    pub fn simulated(start: Timestamp) -> Self {
        Self { started: Instant::now(), zero: Duration::from_millis(start.0), simulated: true }
    }

    /// The same clock, whose monotonic time starts no earlier than this: a wall clock that was set back while the host was away makes
    /// nobody wait longer.
    pub(crate) fn not_before(self, earliest: Duration) -> Self {
        Self { zero: self.zero.max(earliest), ..self }
    }

    /// The wall clock.
    pub fn now(&self) -> Timestamp {
        let now = match self.simulated {
            true => self.elapsed(),
            false => SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default(),
        };
        Timestamp(now.as_millis() as u64)
    }

    /// Monotonic time.
    pub fn elapsed(&self) -> Duration {
        self.zero + self.started.elapsed()
    }

    /// The tokio instant of a monotonic time; one before the start is the start.
    pub(crate) fn instant(&self, elapsed: Duration) -> Instant {
        self.started + elapsed.saturating_sub(self.zero)
    }
}

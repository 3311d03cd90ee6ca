//! The one place where the host reads the clock.

use std::time::{Duration, SystemTime, UNIX_EPOCH};
use strowger_model::Timestamp;
use tokio::time::Instant;

/// Tells instants (wall clock) and the time since the start (monotonic). Under paused tokio time both are virtual.
#[derive(Clone, Copy, Debug)]
pub struct Clock {
    started: Instant,
    /// None: the system's wall clock. Else the simulated instant of the start.
    simulated: Option<Timestamp>,
}

impl Clock {
    /// The system's clocks.
    pub fn system() -> Self {
        Self { started: Instant::now(), simulated: None }
    }

    /// The wall clock reads `start` now and advances with tokio's time.
    pub fn simulated(start: Timestamp) -> Self {
        Self { started: Instant::now(), simulated: Some(start) }
    }

    /// The wall clock.
    pub fn now(&self) -> Timestamp {
        match self.simulated {
            Some(start) => start.plus(self.elapsed()),
            None => Timestamp(SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_millis() as u64)),
        }
    }

    /// Since this clock was made. Never jumps.
    pub fn elapsed(&self) -> Duration {
        self.started.elapsed()
    }

    /// The tokio instant of a time since the start.
    pub(crate) fn instant(&self, elapsed: Duration) -> Instant {
        self.started + elapsed
    }
}

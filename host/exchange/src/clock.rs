//! The one place where the host reads the clock.

use std::{
    sync::atomic::{AtomicI64, Ordering::Relaxed},
    time::{Duration, SystemTime, UNIX_EPOCH},
};
use strowger_model::Timestamp;
use tokio::time::Instant;

/// Tells instants (wall clock) and monotonic time. Under paused tokio time both are virtual.
///
/// Monotonic time is counted from 1970 on, as the wall clock said when the host started, so that a
/// time kept in the journal still means something to the next host. While the host runs it never
/// jumps.
#[derive(Clone, Copy, Debug)]
pub struct Clock {
    started: Instant,
    /// Monotonic time of the start.
    zero: Duration,
    wall: Wall,
}

/// Where the wall clock hangs.
#[derive(Clone, Copy, Debug)]
enum Wall {
    System,
    /// The system's, so many milliseconds wrong.
    Wrong(&'static AtomicI64),
    Simulated,
}

impl Wall {
    fn system(self) -> Duration {
        let right = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        let Self::Wrong(by) = self else { return right };
        let by = by.load(Relaxed);
        let off = Duration::from_millis(by.unsigned_abs());
        if by < 0 { right.saturating_sub(off) } else { right + off }
    }
}

impl Clock {
    /// The system's clocks.
    pub fn system() -> Self {
        Self::with(Wall::System)
    }

    /// The system's clocks, of which the wall clock is so many milliseconds wrong, and may jump at
    /// any time: for tests.
    pub fn wrong(by: &'static AtomicI64) -> Self {
        Self::with(Wall::Wrong(by))
    }

    fn with(wall: Wall) -> Self {
        Self { started: Instant::now(), zero: wall.system(), wall }
    }

    /// The wall clock reads `start` now and advances with tokio's time.
    pub fn simulated(start: Timestamp) -> Self {
        Self {
            started: Instant::now(),
            zero: Duration::from_millis(start.0),
            wall: Wall::Simulated,
        }
    }

    /// The same clock, whose monotonic time starts no earlier than this: a wall clock that was set
    /// back while the host was away makes nobody wait longer.
    pub(crate) fn not_before(self, earliest: Duration) -> Self {
        Self { zero: self.zero.max(earliest), ..self }
    }

    /// Whether time passes only when everybody waits for it.
    pub(crate) fn is_simulated(&self) -> bool {
        matches!(self.wall, Wall::Simulated)
    }

    /// The wall clock.
    pub fn now(&self) -> Timestamp {
        let now = match self.wall {
            Wall::Simulated => self.elapsed(),
            wall => wall.system(),
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

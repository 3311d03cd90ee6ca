//! The one place where the host reads the clock.

use std::{
    sync::atomic::{AtomicI64, Ordering::Relaxed},
    time::{Duration, SystemTime, UNIX_EPOCH},
};
use strowger_journal::Clocks;
use strowger_model::Timestamp;
use tokio::time::Instant;

/// Tells instants (wall clock) and monotonic time. Under paused tokio time both are virtual.
///
/// Monotonic time is counted from 1970 on, as the wall clock said when the first host of a journal
/// started, and each next host goes on from the last: a time kept in the journal still means
/// something. It never jumps.
#[derive(Clone, Copy, Debug)]
pub struct Clock {
    started: Instant,
    /// Monotonic time of the start.
    zero: Duration,
    /// The wall clock at the start, as far as it can be believed.
    believed: Duration,
    wall: Wall,
}

/// What a wall clock is believed to have gone on by while no host ran, at most.
const WEEK: Duration = Duration::from_secs(7 * 24 * 60 * 60);

/// A clock that is ahead of what is known comes to be believed: so many hours of its lead for each
/// hour that the host runs.
const CATCH_UP: u32 = 24;

/// No clock of before this is right: that of a machine without a battery begins in 1970, and is set
/// a moment later. The first of January 2026.
const NOT_BEFORE: Duration = Duration::from_secs(1_767_225_600);

/// A jump of the wall clock that is noticed.
const JUMP: Duration = Duration::from_secs(2);

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
        let now = wall.system();
        Self { started: Instant::now(), zero: now, believed: now.max(NOT_BEFORE), wall }
    }

    /// The wall clock reads `start` now and advances with tokio's time.
    pub fn simulated(start: Timestamp) -> Self {
        let start = Duration::from_millis(start.0);
        Self { started: Instant::now(), zero: start, believed: start, wall: Wall::Simulated }
    }

    /// The same clock after an earlier host, whose clocks read so when it was last known to live.
    /// Monotonic time goes on from there, by as much as the wall clock says has passed: nobody waits
    /// longer or shorter because somebody has set the wall clock while a host ran. A wall clock that
    /// is far ahead is not believed.
    pub(crate) fn after(self, last: Clocks) -> Self {
        let gap = self.now().since(last.wall).min(WEEK);
        let known = Duration::from_millis(last.trusted.0);
        // Never before what was known: a clock that is behind is set sooner or later.
        let believed = self.believed.clamp(known, known + gap);
        Self { zero: last.elapsed + gap, believed, ..self }
    }

    /// How the clocks read now, for the journal.
    pub(crate) fn clocks(&self) -> Clocks {
        let believed = Timestamp(self.believed.as_millis() as u64);
        Clocks { elapsed: self.elapsed(), wall: self.now(), trusted: self.trusted().max(believed) }
    }

    /// The time of day as it goes on from the start of the host, whoever sets the wall clock.
    pub fn steady(&self) -> Timestamp {
        Timestamp((self.believed + self.started.elapsed()).as_millis() as u64)
    }

    /// The wall clock, but no later than is believed: for what is deleted by its age. A clock that
    /// is ahead comes to be believed slowly, a day for each hour that the host runs.
    pub fn trusted(&self) -> Timestamp {
        let caught_up = self.started.elapsed() * CATCH_UP;
        Timestamp(self.now().0.min(self.steady().0 + caught_up.as_millis() as u64))
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

/// How often the journal is told how the clocks read, if nothing happens to them.
const KEPT_EVERY: Duration = Duration::from_secs(60);
/// How often the wall clock is looked at.
const LOOKED_AT_EVERY: Duration = Duration::from_secs(2);

/// Looks at the clocks for ever. Tells how they read, now and then and when the wall clock has
/// jumped, and whether it has; ends when nobody listens any more.
pub(crate) async fn watch(clock: Clock, mut tell: impl FnMut(Clocks, bool) -> bool) {
    let mut looks = tokio::time::interval(LOOKED_AT_EVERY);
    let mut told: Option<Clocks> = None;
    loop {
        looks.tick().await;
        let clocks = clock.clocks();
        let jumped = told.and_then(|told| jump(told, clocks));
        if let Some(by_s) = jumped {
            tracing::warn!(by_s, "the clock of this machine was set: it jumped by so many seconds");
        }
        if jumped.is_some() || told.is_none_or(|told| clocks.elapsed >= told.elapsed + KEPT_EVERY) {
            told = Some(clocks);
            if !tell(clocks, jumped.is_some()) {
                return;
            }
        }
    }
}

/// By how many seconds the wall clock was set between two moments, if it was.
fn jump(before: Clocks, now: Clocks) -> Option<i64> {
    let passed = now.elapsed.saturating_sub(before.elapsed).as_millis() as i64;
    let by = now.wall.0 as i64 - before.wall.0 as i64 - passed;
    (by.unsigned_abs() > JUMP.as_millis() as u64).then_some(by / 1000)
}

#[cfg(test)]
mod tests {
    use super::*;

    const DAY: u64 = 86_400_000;

    fn known(wall: u64) -> Clocks {
        let trusted = Timestamp(wall);
        Clocks { elapsed: Duration::from_millis(wall), wall: Timestamp(wall), trusted }
    }

    fn at(wall: u64) -> Clock {
        Clock::simulated(Timestamp(wall))
    }

    #[test]
    fn monotonic_time_goes_on_by_what_has_passed() {
        let next = at(1_000 * DAY + 5_000).after(known(1_000 * DAY));
        assert_eq!(next.elapsed().as_millis() as u64 / 1000, (1_000 * DAY + 5_000) / 1000);
        // The wall clock was 12 hours ahead of monotonic time when the host died.
        let ahead = Clocks { wall: Timestamp(1_000 * DAY + DAY / 2), ..known(1_000 * DAY) };
        let next = at(1_000 * DAY + DAY / 2 + 5_000).after(ahead);
        assert_eq!(next.elapsed().as_secs(), 1_000 * 86_400 + 5);
        // It was set back while no host ran.
        let next = at(900 * DAY).after(known(1_000 * DAY));
        assert_eq!(next.elapsed().as_secs(), 1_000 * 86_400);
    }

    #[tokio::test(start_paused = true)]
    async fn monotonic_time_does_not_follow_the_wall_clock() {
        static SET: AtomicI64 = AtomicI64::new(0);
        let clock = Clock::wrong(&SET);
        let (elapsed, wall) = (clock.elapsed(), clock.now());
        for by in [12 * 60 * 60 * 1000, -(DAY as i64)] {
            SET.store(by, Relaxed);
            assert_eq!(clock.elapsed(), elapsed, "nobody has waited");
            assert!(clock.now().0.abs_diff(wall.0) > 11 * 60 * 60 * 1000);
        }
        tokio::time::advance(Duration::from_secs(60)).await;
        assert_eq!(clock.elapsed(), elapsed + Duration::from_secs(60));
        assert_eq!(clock.instant(clock.elapsed()), Instant::now());
    }

    static AHEAD: AtomicI64 = AtomicI64::new(500 * DAY as i64);
    static BEHIND: AtomicI64 = AtomicI64::new(-20_000 * DAY as i64);

    fn days_ahead(of: Timestamp, known: Timestamp) -> u64 {
        (of.0.saturating_sub(known.0) + DAY / 2) / DAY
    }

    #[tokio::test(start_paused = true)]
    async fn a_clock_that_is_far_ahead_is_believed_slowly_and_not_by_starting_again_and_again() {
        let right = Clock::system().now();
        let mut known = Clocks { elapsed: Duration::ZERO, wall: right, trusted: right };
        for _ in 0..100 {
            let next = Clock::wrong(&AHEAD).after(known);
            assert_eq!(days_ahead(next.now(), right), 500);
            assert_eq!(days_ahead(next.trusted(), right), 7);
            known = next.clocks();
        }
        let next = Clock::wrong(&AHEAD).after(known);
        tokio::time::advance(Duration::from_secs(24 * 60 * 60)).await;
        assert_eq!(days_ahead(next.trusted(), right), 7 + 1 + 24);
        assert_eq!(days_ahead(next.steady(), right), 7 + 1);
        tokio::time::advance(Duration::from_secs(30 * 24 * 60 * 60)).await;
        assert_eq!(next.trusted().0 / DAY, next.now().0 / DAY, "and at last it is");
    }

    #[tokio::test(start_paused = true)]
    async fn what_is_known_is_not_forgotten_by_a_clock_that_is_behind() {
        let right = Clock::system().now();
        let known = Clocks { elapsed: Duration::ZERO, wall: right, trusted: right };
        let next = Clock::wrong(&BEHIND).after(known);
        assert_eq!(next.trusted(), next.now(), "nothing is that old");
        assert_eq!(next.clocks().trusted, right);
        // Set right, it is believed at once.
        let next = Clock::system().after(next.clocks());
        assert_eq!(days_ahead(next.trusted(), right), 0);
        assert!(next.trusted() >= right);
        // And the first host of a journal knows nothing yet.
        assert_eq!(Clock::wrong(&BEHIND).steady().0, NOT_BEFORE.as_millis() as u64);
    }

    #[test]
    fn a_jump_is_what_monotonic_time_does_not_explain() {
        let later = |elapsed: u64, wall: u64| Clocks {
            elapsed: Duration::from_millis(DAY + elapsed),
            wall: Timestamp(DAY + wall),
            trusted: Timestamp(0),
        };
        assert_eq!(jump(known(DAY), later(60_000, 60_500)), None);
        assert_eq!(jump(known(DAY), later(60_000, 60_000 + DAY)), Some(86_400));
        assert_eq!(jump(later(0, DAY), later(60_000, 60_000)), Some(-86_400));
    }
}

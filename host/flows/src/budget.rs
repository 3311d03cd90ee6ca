//! The processor time of one version of a flow: what its calls use together, and whose turn it is.

use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering::Relaxed},
    },
    thread,
    time::Duration,
};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// How long processor time that was not used is kept.
const KEPT: Duration = Duration::from_secs(2);

/// Processor time that refills. Its calls that find none wait; calls of other flows do not notice.
#[derive(Debug)]
pub struct Budget {
    /// When all that was used is paid back, in nanoseconds of monotonic time.
    paid_back: AtomicU64,
    turns: Arc<Semaphore>,
}

impl Default for Budget {
    /// As many turns at once as there are processors. A host has more threads than that, so that
    /// some are left for other flows.
    fn default() -> Self {
        let processors = thread::available_parallelism().map_or(1, std::num::NonZero::get);
        Self { paid_back: AtomicU64::new(0), turns: Arc::new(Semaphore::new(processors)) }
    }
}

/// A call's turn to take steps. It ends when this is dropped.
pub struct MyTurn(#[expect(dead_code, reason = "held")] Option<OwnedSemaphorePermit>);

impl Budget {
    /// How long it takes until there is processor time again; zero: there is some.
    pub fn wait(&self, now: Duration) -> Duration {
        let paid_back = Duration::from_nanos(self.paid_back.load(Relaxed));
        paid_back.saturating_sub(now + KEPT)
    }

    /// So much was used, of so much that there is in each second.
    pub fn spend(&self, now: Duration, used: Duration, in_a_second: Duration) {
        let nanos = |time: Duration| u64::try_from(time.as_nanos()).unwrap_or(u64::MAX);
        let cost = used.as_secs_f64() / in_a_second.as_secs_f64().max(0.001);
        let cost = nanos(Duration::try_from_secs_f64(cost).unwrap_or(Duration::MAX));
        let paid_back = |before: u64| Some(before.max(nanos(now)).saturating_add(cost));
        let _ = self.paid_back.fetch_update(Relaxed, Relaxed, paid_back);
    }

    /// A turn, if one is free and there is processor time.
    pub fn turn_now(&self, now: Duration) -> Option<MyTurn> {
        let in_time = self.wait(now).is_zero();
        in_time.then(|| self.turns.clone().try_acquire_owned().ok()).flatten().map(Some).map(MyTurn)
    }

    /// Waits until a turn is free.
    pub async fn turn(&self) -> MyTurn {
        // The semaphore is never closed.
        MyTurn(self.turns.clone().acquire_owned().await.ok())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HALF: Duration = Duration::from_millis(500);

    #[test]
    fn what_is_used_is_paid_back_in_time_and_what_is_not_used_is_kept_for_two_seconds() {
        let budget = Budget::default();
        let at = |ms| Duration::from_secs(1_000_000) + Duration::from_millis(ms);
        budget.spend(at(0), Duration::from_secs(1), HALF);
        assert_eq!(budget.wait(at(0)), Duration::ZERO, "two seconds' worth, and no more");
        budget.spend(at(0), Duration::from_millis(100), HALF);
        assert_eq!(budget.wait(at(0)), Duration::from_millis(200));
        assert!(budget.turn_now(at(100)).is_none());
        assert!(budget.turn_now(at(200)).is_some());
        // An hour later there is no more than two seconds' worth again.
        budget.spend(at(3_600_000), Duration::from_millis(1_050), HALF);
        assert_eq!(budget.wait(at(3_600_000)), Duration::from_millis(100));
    }

    #[test]
    fn turns_are_as_many_as_processors() {
        let budget = Budget::default();
        let mut turns = Vec::new();
        while let Some(turn) = budget.turn_now(Duration::ZERO) {
            turns.push(turn);
        }
        assert_eq!(
            Ok(turns.len()),
            thread::available_parallelism().map(usize::from).map_err(|_| ())
        );
        turns.pop();
        assert!(budget.turn_now(Duration::ZERO).is_some());
    }
}

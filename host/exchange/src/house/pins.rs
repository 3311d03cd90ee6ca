//! PINs that callers key: looked at one after another, and not too many of them.
//!
//! Wrong ones are counted twice. Where a call comes from (its caller and its endpoint), few are
//! allowed, whomever they are for: so whoever guesses locks out nobody else. For an agent, more are
//! allowed, from wherever they come: so nobody can guess on by showing other numbers. Where an agent
//! has given the right PIN before, only the first count holds.

use std::{
    collections::{BTreeMap, VecDeque},
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};
use strowger_call_port::{ComesFrom, Proof};
use strowger_model::AgentName;
use strowger_site::Pin;
use tokio::sync::Semaphore;

/// So many wrong PINs in a row from one place, and none from there is looked at for a while.
const FROM_ONE_PLACE: u32 = 5;
/// So many wrong PINs in a row for one agent, and none for that agent is looked at for a while.
const FOR_ONE_AGENT: u32 = 20;
/// For so long after the last.
const NO_MORE_FOR: Duration = Duration::from_secs(15 * 60);
/// Places that are known of an agent, the latest.
const PLACES: usize = 8;

/// The PINs that were given lately.
pub(crate) struct Pins {
    given: Mutex<Given>,
    /// A hash costs 19 MiB and 20 ms of a core.
    hashing: Semaphore,
}

#[derive(Default)]
struct Given {
    from: BTreeMap<ComesFrom, Wrong>,
    of: BTreeMap<AgentName, Wrong>,
    /// Where agents have given the right one, the latest last.
    right: BTreeMap<AgentName, VecDeque<ComesFrom>>,
}

/// Wrong ones in a row, and when the last was given.
#[derive(Clone, Copy, Default)]
struct Wrong {
    count: u32,
    last: Duration,
}

impl Wrong {
    fn is_over(self, now: Duration) -> bool {
        now.saturating_sub(self.last) >= NO_MORE_FOR
    }

    fn is_too_many(self, most: u32, now: Duration) -> bool {
        self.count >= most && !self.is_over(now)
    }

    fn add(&mut self, now: Duration) {
        *self = Self { count: self.count + 1, last: now };
    }
}

impl Default for Pins {
    fn default() -> Self {
        Self { given: Mutex::default(), hashing: Semaphore::new(2) }
    }
}

impl Pins {
    /// Looks whether these digits are an agent's PIN. Takes a while.
    pub(crate) async fn look_at(
        &self,
        agent: &AgentName,
        from: ComesFrom,
        pin: Pin,
        digits: String,
        now: Duration,
    ) -> Proof {
        // Wrong until it is known to be right: calls that try at the same time have no more tries
        // together than one.
        if !self.given().count_as_wrong(agent, &from, now) {
            return Proof::NotLookedAt;
        }
        let Ok(_one_of_few) = self.hashing.acquire().await else { return Proof::NotLookedAt };
        match tokio::task::spawn_blocking(move || pin.is(&digits)).await.unwrap_or(false) {
            true => {
                self.given().count_as_right(agent, from);
                Proof::Right
            }
            false => Proof::Wrong,
        }
    }

    /// A map is whole between any two of its operations, also if a holder of the lock panicked.
    fn given(&self) -> MutexGuard<'_, Given> {
        self.given.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Given {
    /// False: too many were wrong lately.
    fn count_as_wrong(&mut self, agent: &AgentName, from: &ComesFrom, now: Duration) -> bool {
        self.from.retain(|_, wrong| !wrong.is_over(now));
        let known = self.right.get(agent).is_some_and(|places| places.contains(from));
        let of_place = self.from.entry(from.clone()).or_default();
        let of_agent = self.of.entry(agent.clone()).or_default();
        if of_place.is_too_many(FROM_ONE_PLACE, now)
            || !known && of_agent.is_too_many(FOR_ONE_AGENT, now)
        {
            return false;
        }
        of_place.add(now);
        of_agent.add(now);
        true
    }

    fn count_as_right(&mut self, agent: &AgentName, from: ComesFrom) {
        self.from.remove(&from);
        self.of.remove(agent);
        let places = self.right.entry(agent.clone()).or_default();
        places.retain(|place| *place != from);
        places.push_back(from);
        while places.len() > PLACES {
            places.pop_front();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn from(caller: &str) -> ComesFrom {
        ComesFrom { caller: Some(caller.to_owned()), endpoint: Some("PJSIP/trunk".to_owned()) }
    }

    fn minutes(minutes: u64) -> Duration {
        Duration::from_secs(60 * minutes)
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn r3_guesses_at_the_same_time_are_counted_together() {
        let (pins, an, pin) =
            (Pins::default(), AgentName::from("an"), Pin::hash("86429753").unwrap());
        let look = async |digits: &str, at: u64| {
            pins.look_at(&an, from("+32470000001"), pin.clone(), digits.to_owned(), minutes(at))
                .await
        };
        assert_eq!(
            (look("0000", 0).await, look("86429753", 0).await),
            (Proof::Wrong, Proof::Right),
            "the right one wipes the wrong ones away"
        );
        let (a, b, c, d, e, f, g) = tokio::join!(
            look("1", 1),
            look("2", 1),
            look("3", 1),
            look("4", 1),
            look("5", 1),
            look("6", 1),
            look("86429753", 1)
        );
        let all = [a, b, c, d, e, f, g];
        let of = |proof| all.iter().filter(|other| **other == proof).count();
        let wrong = FROM_ONE_PLACE as usize;
        assert_eq!((of(Proof::Wrong), of(Proof::NotLookedAt)), (wrong, 2), "{all:?}");
        assert_eq!(look("86429753", 15).await, Proof::NotLookedAt);
        assert_eq!(look("86429753", 16).await, Proof::Right);
    }

    #[test]
    fn r3_who_guesses_locks_out_nobody_else() {
        let mut given = Given::default();
        let (an, bo) = (AgentName::from("an"), AgentName::from("bo"));
        given.count_as_wrong(&an, &from("an's own"), minutes(0));
        given.count_as_right(&an, from("an's own"));
        let mut guess = |agent: &AgentName, place: &str, at| {
            given.count_as_wrong(agent, &from(place), minutes(at))
        };
        for _ in 0..FROM_ONE_PLACE {
            assert!(guess(&an, "one", 1));
        }
        assert!(!guess(&an, "one", 1) && !guess(&bo, "one", 1), "from there for nobody any more");
        assert!(guess(&bo, "bo's own", 1), "from elsewhere as before");
        // Other numbers are shown each time.
        for nth in FROM_ONE_PLACE..FOR_ONE_AGENT {
            assert!(guess(&an, &format!("another {nth}"), 2));
        }
        assert!(!guess(&an, "yet another", 2), "there are more numbers than PINs");
        assert!(guess(&an, "an's own", 2), "and the agent still can");
        assert!(guess(&an, "yet another", 17));
    }
}

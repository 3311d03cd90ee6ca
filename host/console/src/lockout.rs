//! Who has tried too many wrong passwords: nobody tries a password for an account, or from an
//! address, without end.
//!
//! Attempts are counted before the password is looked at. So many attempts at the same time are no
//! way around it, and an attempt that is refused costs nothing.

use std::{
    collections::HashMap,
    net::{IpAddr, Ipv6Addr},
    sync::{Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

/// Attempts are counted for so long after the first.
const WINDOW: Duration = Duration::from_secs(15 * 60);

/// Wrong passwords for one account within [`WINDOW`].
const OF_ACCOUNT: u32 = 10;

/// Wrong passwords from one address within [`WINDOW`]: several people may be behind it.
const OF_ADDRESS: u32 = 50;

/// So many accounts and addresses are remembered; above it, the half is forgotten that began first.
const REMEMBERED: usize = 10_000;

/// Longer names are nobody's.
const NAME: usize = 64;

#[derive(Default)]
pub(crate) struct Lockout(Mutex<HashMap<What, Attempts>>);

#[derive(Clone, PartialEq, Eq, Hash)]
enum What {
    Account(String),
    Address(IpAddr),
}

#[derive(Clone, Copy)]
struct Attempts {
    count: u32,
    first: Instant,
}

impl Lockout {
    fn attempts(&self) -> MutexGuard<'_, HashMap<What, Attempts>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Counts an attempt. An error: it is one too many, and may be made again after so long.
    pub(crate) fn attempt(
        &self,
        account: &str,
        address: IpAddr,
        now: Instant,
    ) -> Result<(), Duration> {
        let mut all = self.attempts();
        if all.len() >= REMEMBERED {
            all.retain(|_, attempts| now.duration_since(attempts.first) < WINDOW);
        }
        if all.len() >= REMEMBERED {
            let mut firsts: Vec<Instant> = all.values().map(|attempts| attempts.first).collect();
            firsts.sort();
            let middle = firsts[firsts.len() / 2];
            all.retain(|_, attempts| attempts.first > middle);
        }
        let limits = [(of(account), OF_ACCOUNT), (network(address), OF_ADDRESS)];
        for (what, limit) in &limits {
            let known = all.get(what).filter(|it| now.duration_since(it.first) < WINDOW);
            if let Some(known) = known.filter(|it| it.count >= *limit) {
                return Err(WINDOW.saturating_sub(now.duration_since(known.first)));
            }
        }
        for (what, _) in limits {
            let attempts = all.entry(what).or_insert(Attempts { count: 0, first: now });
            if now.duration_since(attempts.first) >= WINDOW {
                *attempts = Attempts { count: 0, first: now };
            }
            attempts.count += 1;
        }
        Ok(())
    }

    /// The attempt was right: the account begins anew, and the address has made one less.
    pub(crate) fn right(&self, account: &str, address: IpAddr) {
        let mut all = self.attempts();
        all.remove(&of(account));
        if let Some(attempts) = all.get_mut(&network(address)) {
            attempts.count = attempts.count.saturating_sub(1);
        }
    }
}

fn of(account: &str) -> What {
    What::Account(account.chars().take(NAME).collect())
}

/// An address; of version 6, the network of a subscriber.
fn network(address: IpAddr) -> What {
    What::Address(match address {
        IpAddr::V4(_) => address,
        IpAddr::V6(six) => match six.to_ipv4_mapped() {
            Some(four) => four.into(),
            None => Ipv6Addr::from_bits(six.to_bits() >> 64 << 64).into(),
        },
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const SOMEWHERE: IpAddr = IpAddr::V4(std::net::Ipv4Addr::new(192, 0, 2, 1));

    #[test]
    fn an_account_is_locked_for_a_while_from_everywhere() {
        let (lockout, now) = (Lockout::default(), Instant::now());
        for nth in 0..OF_ACCOUNT {
            let from = IpAddr::from([192, 0, 2, nth as u8]);
            assert_eq!(lockout.attempt("an", from, now), Ok(()));
        }
        let soon = now + Duration::from_secs(60);
        assert_eq!(lockout.attempt("an", SOMEWHERE, soon), Err(WINDOW - Duration::from_secs(60)));
        assert_eq!(lockout.attempt("bo", SOMEWHERE, soon), Ok(()), "others are not");
        assert_eq!(lockout.attempt("an", SOMEWHERE, now + WINDOW), Ok(()));
    }

    #[test]
    fn an_address_is_locked_whatever_the_account() {
        let (lockout, now) = (Lockout::default(), Instant::now());
        let address = |last: u16| IpAddr::from([0x2001, 0xdb8, 1, 2, 3, 4, 5, last]);
        for nth in 0..OF_ADDRESS {
            assert_eq!(lockout.attempt(&nth.to_string(), address(nth as u16), now), Ok(()));
        }
        assert!(lockout.attempt("an", address(9999), now).is_err());
        assert_eq!(lockout.attempt("an", SOMEWHERE, now), Ok(()));
    }

    #[test]
    fn who_knows_the_password_is_not_locked_out_by_using_it() {
        let (lockout, now) = (Lockout::default(), Instant::now());
        for _ in 0..1000 {
            assert_eq!(lockout.attempt("an", SOMEWHERE, now), Ok(()));
            lockout.right("an", SOMEWHERE);
        }
    }

    #[test]
    fn what_is_remembered_has_a_limit() {
        let (lockout, now) = (Lockout::default(), Instant::now());
        for nth in 0..2 * REMEMBERED as u32 {
            let _ = lockout.attempt(&nth.to_string(), IpAddr::from(nth.to_be_bytes()), now);
        }
        assert!(lockout.attempts().len() <= REMEMBERED + 1);
    }
}

//! A slice of loopback for each bed.
//!
//! All of 127/8 is this machine, so every bed takes a /24 of its own and uses the usual ports in
//! it. Who holds a slice holds a lock on a file; the lock goes with the process, however that ends.

use anyhow::{Context, Result, bail};
use std::{fs::File, net::Ipv4Addr};

/// The part of loopback that one bed uses.
#[derive(Debug)]
pub struct Slice {
    number: u8,
    /// Held for as long as the slice is in use.
    _lock: File,
}

impl Slice {
    /// Takes the first slice that is free.
    ///
    /// # Errors
    /// All 200 are in use, or the lock files cannot be written.
    pub fn take() -> Result<Self> {
        let folder = std::env::temp_dir().join(format!("strowger-testbed-{}", user()));
        std::fs::create_dir_all(&folder)
            .with_context(|| format!("cannot create {}", folder.display()))?;
        for number in 1..=200 {
            let path = folder.join(format!("{number}.lock"));
            let lock =
                File::create(&path).with_context(|| format!("cannot create {}", path.display()))?;
            if lock.try_lock().is_ok() {
                return Ok(Self { number, _lock: lock });
            }
        }
        bail!("all 200 slices of loopback are in use: see the locks in {}", folder.display())
    }

    /// An address of the slice.
    pub fn host(&self, last: u8) -> Ipv4Addr {
        Ipv4Addr::new(127, 77, self.number, last)
    }

    /// The slice in CIDR form, from an address on: `127.77.3.96/27`.
    pub fn part(&self, first: u8, bits: u8) -> String {
        format!("{}/{bits}", self.host(first))
    }
}

/// The user's name, so that two users of one machine do not fight over lock files.
fn user() -> String {
    std::env::var("USER").or_else(|_| std::env::var("LOGNAME")).unwrap_or_else(|_| "anybody".into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_beds_never_share_an_address() {
        let (one, two) = (Slice::take().unwrap(), Slice::take().unwrap());
        assert_ne!(one.host(1), two.host(1));
        assert_eq!(one.part(96, 27), format!("{}/27", one.host(96)));
    }
}

//! PINs of agents: kept as argon2 hashes, so that nobody who reads a site file, a backup or the
//! journal's copy of it knows one.

use argon2::{
    Argon2,
    password_hash::{PasswordHasher, PasswordVerifier, phc::PasswordHash},
};
use std::{fmt, sync::Arc};

/// The hash of a PIN.
#[derive(Clone, PartialEq, Eq)]
pub struct Pin(Arc<str>);

/// Why digits are no PIN.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum BadPin {
    /// Fewer than 4, more than 12, or something else than digits.
    #[error("a PIN is 4 to 12 digits")]
    NotDigits,
    /// No salt can be had.
    #[error("the PIN cannot be hashed: {0}")]
    Hashing(String),
}

impl Pin {
    /// Hashes a PIN, as it goes into the site file. Takes some 20 ms, on purpose.
    ///
    /// # Errors
    /// It is no PIN, or the system has no random numbers.
    pub fn hash(digits: &str) -> Result<Self, BadPin> {
        if !(4..=12).contains(&digits.len()) || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
            return Err(BadPin::NotDigits);
        }
        let hash: PasswordHash = Argon2::default()
            .hash_password(digits.as_bytes())
            .map_err(|error| BadPin::Hashing(error.to_string()))?;
        Ok(Self(hash.to_string().into()))
    }

    /// Reads a hash as [`Pin::hash`] makes it. None: it is not one.
    pub fn read(text: &str) -> Option<Self> {
        let hash = PasswordHash::new(text).ok()?;
        (text.starts_with("$argon2id$") && hash.salt.is_some() && hash.hash.is_some())
            .then(|| Self(text.into()))
    }

    /// Whether these digits are the PIN. Takes as long as [`Pin::hash`]: not for the task of a
    /// call.
    pub fn is(&self, digits: &str) -> bool {
        let hash = PasswordHash::new(&self.0);
        hash.is_ok_and(|hash| Argon2::default().verify_password(digits.as_bytes(), &hash).is_ok())
    }

    /// The hash as it is written.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Pin {
    /// The hash is nobody's business: four digits are soon tried.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Pin(..)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pin_is_known_by_its_hash_alone() {
        let pin = Pin::hash("2580").unwrap();
        assert!(!pin.as_str().contains("2580"));
        assert_ne!(pin, Pin::hash("2580").unwrap(), "salted");
        let read = Pin::read(pin.as_str()).unwrap();
        assert!(read.is("2580") && !read.is("2581") && !read.is(""));
        assert_eq!(format!("{read:?}"), "Pin(..)");
    }

    #[test]
    fn what_is_no_pin() {
        for digits in ["", "123", "1234567890123", "12a4"] {
            assert_eq!(Pin::hash(digits), Err(BadPin::NotDigits), "{digits}");
        }
        for text in ["1234", "", "$argon2id$v=19$m=19456,t=2,p=1", "$2b$12$abc"] {
            assert_eq!(Pin::read(text), None, "{text}");
        }
    }
}

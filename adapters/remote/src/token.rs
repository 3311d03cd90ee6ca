//! What an adapter shows to be let in.

use anyhow::{Context, Result, bail};
use std::{fmt, fs, os::unix::fs::PermissionsExt, path::Path};

/// A secret that host and adapter share. Never shown.
#[derive(Clone)]
pub struct Token(String);

/// A token that can be guessed is none.
const SHORTEST: usize = 16;

impl Token {
    /// Reads it from a file; white space around it is not part of it.
    ///
    /// # Errors
    /// The file cannot be read, everybody can read it, or what it holds is too short or no
    /// printable ASCII.
    pub fn read(file: &Path) -> Result<Self> {
        let shown = file.display();
        let make = || format!("make one: (umask 077; openssl rand -hex 32 > {shown})");
        let mode = fs::metadata(file)
            .with_context(|| format!("there is no token in {shown}; {}", make()))?
            .permissions()
            .mode()
            & 0o777;
        if mode & 0o007 != 0 {
            bail!(
                "the token in {shown} is open to everybody on this machine (mode {mode:o}): chmod 600 {shown}"
            );
        }
        let text = fs::read_to_string(file)
            .with_context(|| format!("cannot read the token in {shown}"))?;
        Self::new(text.trim())
            .with_context(|| format!("the token in {shown} cannot be used; {}", make()))
    }

    /// One that is at hand.
    ///
    /// # Errors
    /// It is shorter than 16 characters or not printable ASCII.
    pub fn new(text: &str) -> Result<Self> {
        if text.len() < SHORTEST || !text.bytes().all(|byte| byte.is_ascii_graphic()) {
            bail!("it must be one word of at least {SHORTEST} printable ASCII characters");
        }
        Ok(Self(text.to_owned()))
    }

    /// Compares in a time that tells nothing about the token.
    pub(super) fn is(&self, given: &str) -> bool {
        // Hashes of blake3 are compared in constant time.
        blake3::hash(self.0.as_bytes()) == blake3::hash(given.as_bytes())
    }

    pub(super) fn text(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("(not shown)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_a_secret() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("token");
        let error = |file: &Path| format!("{:#}", Token::read(file).unwrap_err());
        assert!(error(&file).contains("openssl rand"), "{}", error(&file));
        fs::write(&file, "0123456789abcdef\n").unwrap();
        fs::set_permissions(&file, fs::Permissions::from_mode(0o644)).unwrap();
        assert!(
            error(&file).contains("mode 644") && error(&file).contains("chmod 600"),
            "{}",
            error(&file)
        );
        fs::set_permissions(&file, fs::Permissions::from_mode(0o640)).unwrap();
        let token = Token::read(&file).unwrap();
        assert!(token.is("0123456789abcdef") && !token.is("0123456789abcdeg") && !token.is(""));
        assert_eq!(format!("{token:?}"), "(not shown)");
        fs::write(&file, "short").unwrap();
        assert!(error(&file).contains("at least 16"), "{}", error(&file));
    }
}

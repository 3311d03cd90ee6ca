//! `strowger pin`: the hash of a PIN, for the site file.

use anstream::{eprint, println};
use anyhow::{Context, Result};
use std::io::{BufRead, IsTerminal};
use strowger_site::Pin;

/// Reads a PIN and prints its hash. The PIN is no argument: those stand in the shell's history and
/// in the list of processes.
pub(crate) fn pin() -> Result<bool> {
    let input = std::io::stdin();
    if input.is_terminal() {
        eprint!("PIN (4 to 12 digits; it is shown as you type): ");
    }
    let mut line = String::new();
    input.lock().read_line(&mut line).context("no PIN can be read")?;
    println!("pin = \"{}\"", Pin::hash(line.trim())?.as_str());
    Ok(true)
}

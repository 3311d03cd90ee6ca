//! What several tests of the command need.

use std::{path::Path, process::Command};

/// A command in a folder: how it ended, and what it said.
pub(crate) fn run(folder: &Path, args: &[&str]) -> (i32, String) {
    let output = Command::new(env!("CARGO_BIN_EXE_strowger"))
        .current_dir(folder)
        .args(args)
        .env_remove("STROWGER_CONFIG")
        // Whoever uses the clock of the machine shows another day.
        .env("TZ", "Pacific/Kiritimati")
        .output()
        .unwrap();
    (
        output.status.code().unwrap(),
        String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned(),
    )
}

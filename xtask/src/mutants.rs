//! The state machines, altered in one place at a time: some test of the crate must fail each time.

use crate::{cargo, run, say, target};
use anyhow::Result;
use std::{fs, process::Stdio};

/// The package, and which of its files.
const CORES: [(&str, &str); 6] = [
    ("strowger-routing", "host/routing/src/**"),
    ("strowger-call", "host/call/src/**"),
    ("strowger-journal", "host/journal/src/**"),
    ("strowger-asterisk", "adapters/asterisk/src/desk/**"),
    ("strowger-remote", "adapters/remote/src/host/session.rs"),
    ("strowger-sim", "adapters/sim/src/**"),
];

/// Alters one in so many places of the packages whose name contains a text, and shows what no unit
/// test notices.
pub(crate) fn mutants(package: Option<&str>, one_in: u64) -> Result<()> {
    let there = cargo().args(["mutants", "--version"]).stdout(Stdio::null()).status();
    if !there.is_ok_and(|status| status.success()) {
        say("installing cargo-mutants");
        run(cargo().args(["install", "cargo-mutants", "--locked"]))?;
    }
    let output = target().join("mutants");
    let mut all = Ok(());
    for (name, files) in CORES {
        if package.is_none_or(|wanted| name.contains(wanted)) {
            say(&format!("{name}, altered"));
            fs::create_dir_all(output.join(name))?;
            let mut mutants = cargo();
            mutants
                .args(["mutants", "--package", name, "--file", files])
                .args(["--shard", &format!("0/{one_in}"), "--test-tool", "nextest", "--no-shuffle"])
                .arg("--output")
                .arg(output.join(name))
                .args(["--", "--lib"]);
            all = all.and(run(&mut mutants));
        }
    }
    all
}

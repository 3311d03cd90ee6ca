//! Licences and sources of all crates, and what is known against them: `deny.toml`, by `cargo-deny`.
//!
//! It is built once, in its cheapest form, into the cache in which the other tools are. The
//! database of advisories is a git repository on the internet; where that cannot be reached the
//! advisories are left out, and this is said.

use crate::{cargo, run, say};
use anyhow::{Context, Result, ensure};
use std::{
    fs::{self, File},
    path::PathBuf,
    process::Command,
};
use strowger_testbed::packages;

const VERSION: &str = "0.20.2";

/// Checks everything that can be checked here.
///
/// # Errors
/// Something is not allowed, or `cargo-deny` cannot be built.
pub(crate) fn deny() -> Result<()> {
    let program = program()?;
    let command = || {
        let mut command = Command::new(&program);
        command.args(["--locked", "--all-features"]);
        command
    };
    let quiet = ["check", "--hide-inclusion-graph"];
    run(command().args(quiet).args(["licenses", "bans", "sources"]))?;
    // A clone that gets no answer may wait for minutes.
    let fetched = Command::new("timeout")
        .arg("60")
        .arg(&program)
        .args(["fetch", "db"])
        .current_dir(crate::workspace())
        .output()
        .context("cannot run timeout")?;
    if !fetched.status.success() {
        let why = String::from_utf8_lossy(&fetched.stderr);
        let why = why.lines().rfind(|line| !line.trim().is_empty()).unwrap_or("no answer");
        say(&format!("advisories are not checked: their database cannot be had: {why}"));
        return Ok(());
    }
    run(command().args(quiet).args(["--disable-fetch", "advisories"]))
}

/// `cargo-deny`, built if it is not there.
fn program() -> Result<PathBuf> {
    let cache = packages::cache()?;
    let root = cache.join(format!("cargo-deny-{VERSION}"));
    let program = root.join("bin/cargo-deny");
    fs::create_dir_all(&cache).with_context(|| format!("cannot create {}", cache.display()))?;
    let lock = File::create(cache.join("cargo-deny.lock")).context("cannot make a lock")?;
    lock.lock().context("cannot lock the cache")?;
    if !program.is_file() {
        say("building cargo-deny; this takes two minutes, once");
        let built = root.join("target");
        run(cargo()
            .args(["install", "cargo-deny", "--version", VERSION, "--locked", "--debug", "--quiet"])
            .arg("--root")
            .arg(&root)
            .env("CARGO_TARGET_DIR", &built)
            .env("CARGO_PROFILE_DEV_DEBUG", "0"))?;
        ensure!(program.is_file(), "cargo did not install {}", program.display());
        fs::remove_dir_all(&built).with_context(|| format!("cannot remove {}", built.display()))?;
    }
    Ok(program)
}

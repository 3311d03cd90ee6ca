//! Plugins and test guests, built for WebAssembly.

use crate::{cargo, run, say, target, workspace};
use anyhow::{Context, Result, ensure};
use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

/// Tells tests that the guests are as new as their source.
pub(crate) const BUILT: &str = "STROWGER_GUESTS_BUILT";

const TARGET: &str = "wasm32-wasip2";

/// Builds all of them, each by itself so that none changes another's features, and gives the folder
/// of the plugins.
pub(crate) fn build() -> Result<PathBuf> {
    add_target()?;
    let plugins = packages("plugins")?;
    let tests = packages("tests/guests")?;
    say(&format!("building {}", [&*plugins, &*tests].concat().join(", ")));
    for package in plugins.iter().chain(&tests) {
        run(cargo().args([
            "build",
            "--quiet",
            "--target",
            TARGET,
            "--profile",
            "plugin",
            "--package",
            package,
        ]))?;
    }
    let folder = target().join("plugins");
    fs::create_dir_all(&folder).with_context(|| format!("cannot create {}", folder.display()))?;
    for package in &plugins {
        let name = format!("{}.wasm", package.replace('-', "_"));
        let from = target().join(TARGET).join("plugin").join(name);
        let to = folder.join(format!("{package}.wasm"));
        fs::copy(&from, &to)
            .with_context(|| format!("cannot copy {} to {}", from.display(), to.display()))?;
    }
    Ok(folder)
}

/// The packages of a folder that become WebAssembly components.
fn packages(folder: &str) -> Result<Vec<String>> {
    let folder = workspace().join(folder);
    let mut names = Vec::new();
    for entry in
        fs::read_dir(&folder).with_context(|| format!("cannot read {}", folder.display()))?
    {
        names.extend(component(&entry?.path()));
    }
    names.sort();
    Ok(names)
}

fn component(folder: &Path) -> Option<String> {
    let manifest = fs::read_to_string(folder.join("Cargo.toml")).ok()?;
    let name = manifest.lines().find_map(|line| line.strip_prefix("name = "))?.trim_matches('"');
    manifest.contains("\"cdylib\"").then(|| name.to_owned())
}

fn add_target() -> Result<()> {
    let sysroot =
        Command::new("rustc").args(["--print", "sysroot"]).output().context("cannot run rustc")?;
    let sysroot = String::from_utf8_lossy(&sysroot.stdout).trim().to_owned();
    if Path::new(&sysroot).join("lib/rustlib").join(TARGET).is_dir() {
        return Ok(());
    }
    say(&format!("adding the target {TARGET}"));
    let added = run(Command::new("rustup").args(["target", "add", TARGET]));
    ensure!(
        added.is_ok(),
        "the compiler has no target {TARGET}: without rustup, install your distribution's package for it"
    );
    Ok(())
}

//! The project's chores: `cargo xtask --help` lists them.
//!
//! # Layout
//! * [`guests`]: plugins and test guests, built for WebAssembly.
//! * [`mod@test`]: everything that must pass.
//! * [`check`]: the repository's text: lists of modules, names of pages and files, lengths.
//! * [`deny`]: licences and sources of all crates, and what is known against them.
//! * [`mod@dist`]: the package for Debian.
//! * [`soak`]: more random faults than everything else has time for. [`fuzz`]: more damaged files.
//! * [`mutants`]: the state machines, altered, and what no test notices.

mod check;
mod deny;
mod dist;
mod fuzz;
mod guests;
mod mutants;
mod soak;
mod test;

use anyhow::{Context, Result, ensure};
use clap::{Parser, Subcommand};
use std::{
    path::{Path, PathBuf},
    process::Command,
    sync::LazyLock,
};
use strowger_testbed::{Browser, tools::Tools};

/// The chores of the project
#[derive(Parser)]
#[command(
    name = "cargo xtask",
    after_help = "First steps:\n  cargo xtask demo    watch calls being served\n  cargo xtask test    run every test"
)]
struct Cli {
    #[command(subcommand)]
    chore: Chore,
}

#[derive(Subcommand)]
enum Chore {
    /// Build the plugins and the host, and play calls on the simulated PBX
    Demo {
        /// For `strowger demo`, such as --exit
        #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
        arguments: Vec<String>,
    },
    /// Run every test and check, also those on the real Asterisk
    Test {
        /// For `cargo nextest run`, such as a test's name
        #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
        arguments: Vec<String>,
    },
    /// Check the repository's text: lists of modules, names of pages and files, lengths
    Check,
    /// Check licences and sources of all crates, and what is known against them
    Deny,
    /// Have many storms of random faults rage around the host, and print the seeds of those that
    /// lose something
    Soak {
        /// On the simulated PBX, so many
        #[arg(long, value_name = "STORMS")]
        sim: Option<u64>,
        /// On the real Asterisk, so many
        #[arg(long, value_name = "STORMS")]
        asterisk: Option<u64>,
        /// The seed of the first; another at every run unless it is given
        #[arg(long)]
        from: Option<u64>,
    },
    /// Give every reader of files and streams damaged examples
    Fuzz {
        /// For so long each
        #[arg(long, default_value_t = 5)]
        minutes: u64,
    },
    /// Alter the state machines in one place at a time, and show what no test notices
    Mutants {
        /// Only packages whose name contains this
        #[arg(long)]
        package: Option<String>,
        /// Only one in so many places
        #[arg(long, default_value_t = 1)]
        one_in: u64,
    },
    /// Measure, and print a table
    Bench {
        /// For the benchmarks, such as --json FILE
        #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
        arguments: Vec<String>,
    },
    /// Build the plugins and test guests
    Plugins,
    /// Build everything, and make the package for Debian
    Dist,
    /// Fetch the real Asterisk, SIPp, espeak-ng and a mail server into the user's cache
    Asterisk,
    /// Fetch a real browser, Chromium, and promtool into the user's cache
    Browser,
}

fn main() -> Result<()> {
    match Cli::parse().chore {
        Chore::Demo { arguments } => demo(&arguments),
        Chore::Test { arguments } => test::test(&arguments),
        Chore::Check => check::check(),
        Chore::Deny => deny::deny(),
        Chore::Soak { sim, asterisk, from } => soak::soak(sim, asterisk, from),
        Chore::Fuzz { minutes } => fuzz::fuzz(minutes),
        Chore::Mutants { package, one_in } => mutants::mutants(package.as_deref(), one_in),
        Chore::Bench { arguments } => bench(&arguments),
        Chore::Plugins => {
            guests::build().map(|folder| println!("plugins are in {}", folder.display()))
        }
        Chore::Dist => dist::dist().map(|package| println!("the package is {}", package.display())),
        Chore::Asterisk => asterisk()
            .map(|tools| println!("{} is in {}", tools.version(), tools.root().display()))
            .and_then(|()| mail_server()),
        Chore::Browser => browser(),
    }
}

fn demo(arguments: &[String]) -> Result<()> {
    let plugins = guests::build()?;
    say("building the host");
    run(cargo().args(["build", "--package", "strowger"]))?;
    let flows = workspace().join("flows");
    run(Command::new(target().join("debug/strowger"))
        .arg("demo")
        .arg("--plugins")
        .arg(plugins)
        .arg("--flows")
        .arg(flows)
        .args(arguments))
}

fn bench(arguments: &[String]) -> Result<()> {
    guests::build()?;
    if let Err(error) = asterisk() {
        say(&format!("figures that need Asterisk are left out: {error:#}"));
    }
    run(cargo()
        .args(["run", "--quiet", "--package", "strowger-bench", "--"])
        .args(arguments)
        .env(guests::BUILT, "1"))
}

fn asterisk() -> Result<Tools> {
    Tools::fetch(say)
}

fn browser() -> Result<()> {
    Browser::fetch(say).map(drop)
}

fn mail_server() -> Result<()> {
    strowger_testbed::mail::check(say)
        .map(|python| say(&format!("aiosmtpd is in {}", python.display())))
}

/// A line for whoever waits, on standard error.
fn say(line: &str) {
    eprintln!("xtask: {line}");
}

/// Runs a command in the workspace's folder; its output is seen as it comes.
fn run(command: &mut Command) -> Result<()> {
    let shown = format!("{command:?}").replace('"', "");
    let status =
        command.current_dir(workspace()).status().with_context(|| format!("cannot run {shown}"))?;
    ensure!(status.success(), "failed ({status}): {shown}");
    Ok(())
}

/// As whoever calls it by hand does: `cargo run` has told this program about its own package, and
/// build scripts that look at such variables would run again, with all that is built on them.
fn cargo() -> Command {
    let mut cargo = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    let own = std::env::vars_os().map(|(name, _)| name).filter(|name| {
        let name = name.to_string_lossy();
        name.starts_with("CARGO_PKG_") || name.starts_with("CARGO_MANIFEST_")
    });
    own.for_each(|name| _ = cargo.env_remove(name));
    cargo
}

/// Asked for when it runs: one target folder may serve two clones.
fn workspace() -> &'static Path {
    static WORKSPACE: LazyLock<PathBuf> = LazyLock::new(|| {
        let here = std::env::var_os("CARGO_MANIFEST_DIR")
            .map_or_else(|| env!("CARGO_MANIFEST_DIR").into(), PathBuf::from);
        here.parent().unwrap_or(&here).to_owned()
    });
    &WORKSPACE
}

/// Cargo's target folder.
fn target() -> PathBuf {
    std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| workspace().join("target"), PathBuf::from)
}

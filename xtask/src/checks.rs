//! Everything that must pass.
//!
//! Tests that need the real Asterisk are those of the test bed, of test binaries whose name begins with `asterisk`, and those named `..._on_asterisk`.

use crate::{asterisk, cargo, guests, run, say};
use anyhow::{Result, bail};
use std::{env, process::Command};

const NEED_ASTERISK: &str = "binary(/^asterisk/) or test(/on_asterisk$/) or package(strowger-testbed)";

/// Runs all of it, whatever fails; the tests come last, so that their summary closes the output of a good run.
pub(crate) fn test(arguments: &[String]) -> Result<()> {
    guests::build()?;
    let without = asterisk().err();
    if let Some(error) = &without {
        say("==================================================================");
        say(&format!("THE REAL ASTERISK CANNOT BE HAD: {error:#}"));
        say("the tests that need it are left out");
        say("==================================================================");
    }
    let mut failed = Vec::new();
    if arguments.is_empty() {
        let mut check = |name, command: &mut Command| {
            say(name);
            if let Err(error) = run(command) {
                failed.push(format!("{name}: {error:#}"));
            }
        };
        check("formatting", cargo().args(["fmt", "--all", "--check"]));
        check("clippy", cargo().args(["clippy", "--quiet", "--workspace", "--all-targets", "--", "-D", "warnings"]));
        check("documentation", cargo().args(["doc", "--quiet", "--workspace", "--no-deps"]).env("RUSTDOCFLAGS", "-D warnings"));
        check("examples in the documentation", cargo().args(["test", "--quiet", "--workspace", "--doc"]));
    }
    say("tests");
    let mut nextest = cargo();
    nextest.args(["nextest", "run", "--workspace", "--no-fail-fast"]).args(arguments).env(guests::BUILT, "1");
    if without.is_some() {
        nextest.args(["--filterset", &format!("not ({NEED_ASTERISK})")]);
    }
    if let Err(error) = run(&mut nextest) {
        failed.push(format!("tests: {error:#}"));
    }
    match without {
        Some(error) if env::var_os("CI").is_some() => failed.push(format!("the tests on the real Asterisk were left out: {error:#}")),
        Some(_) => say("THE TESTS ON THE REAL ASTERISK WERE LEFT OUT"),
        None => {}
    }
    if !failed.is_empty() {
        bail!("not everything passed:\n  {}", failed.join("\n  "));
    }
    Ok(())
}

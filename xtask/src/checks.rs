//! Everything that must pass.
//!
//! Tests that need the real Asterisk are those of the test bed, of test binaries whose name begins
//! with `asterisk`, and those named `..._on_asterisk`; those that need a mail server are in the
//! test binary `mail`.

use crate::{asterisk, cargo, guests, mail_server, run, say};
use anyhow::{Result, bail};
use std::{env, process::Command};

const NEED_ASTERISK: &str =
    "binary(/^asterisk/) or test(/on_asterisk$/) or package(strowger-testbed)";
const NEED_MAIL_SERVER: &str = "package(strowger-tests) and binary(=mail)";

/// Runs all of it, whatever fails; the tests come last, so that their summary closes the output of
/// a good run.
pub(crate) fn test(arguments: &[String]) -> Result<()> {
    guests::build()?;
    let beside = [
        ("ASTERISK", NEED_ASTERISK, asterisk().err()),
        ("MAIL SERVER", NEED_MAIL_SERVER, mail_server().err()),
    ];
    let without: Vec<(&str, &str, anyhow::Error)> =
        beside.into_iter().filter_map(|(what, tests, error)| Some((what, tests, error?))).collect();
    for (what, _, error) in &without {
        say("==================================================================");
        say(&format!("THE REAL {what} CANNOT BE HAD: {error:#}"));
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
        check(
            "clippy",
            cargo().args([
                "clippy",
                "--quiet",
                "--workspace",
                "--all-targets",
                "--",
                "-D",
                "warnings",
            ]),
        );
        check(
            "documentation",
            cargo()
                .args(["doc", "--quiet", "--workspace", "--no-deps"])
                .env("RUSTDOCFLAGS", "-D warnings"),
        );
        check(
            "examples in the documentation",
            cargo().args(["test", "--quiet", "--workspace", "--doc"]),
        );
    }
    say("tests");
    let mut nextest = cargo();
    nextest
        .args(["nextest", "run", "--workspace", "--no-fail-fast"])
        .args(arguments)
        .env(guests::BUILT, "1");
    if !without.is_empty() {
        let needing: Vec<String> =
            without.iter().map(|(_, tests, _)| format!("({tests})")).collect();
        nextest.args(["--filterset", &format!("not ({})", needing.join(" or "))]);
    }
    if let Err(error) = run(&mut nextest) {
        failed.push(format!("tests: {error:#}"));
    }
    for (what, _, error) in without {
        match env::var_os("CI") {
            Some(_) => {
                failed.push(format!("the tests on the real {what} were left out: {error:#}"))
            }
            None => say(&format!("THE TESTS ON THE REAL {what} WERE LEFT OUT")),
        }
    }
    if !failed.is_empty() {
        bail!("not everything passed:\n  {}", failed.join("\n  "));
    }
    Ok(())
}

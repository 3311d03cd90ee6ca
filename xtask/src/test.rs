//! Everything that must pass.
//!
//! Tests that need the real Asterisk are those of the test bed, of test binaries whose name begins
//! with `asterisk`, and those named `..._on_asterisk`; those that need a mail server are in the
//! test binary `mail`. Those named `..._in_a_browser` and `..._by_promtool` need Chromium and promtool,
//! those named `..._in_a_fresh_debian` a Debian of their own, which only root can have.

use crate::{asterisk, browser, cargo, check, deny, guests, mail_server, run, say};
use anyhow::{Error, Result, bail};
use std::env;
use strowger_testbed::debian;

const NEED_ASTERISK: &str =
    "binary(/^asterisk/) or test(/on_asterisk$/) or package(strowger-testbed)";
const NEED_BROWSER: &str = "test(/_in_a_browser$|_by_promtool$/)";
const NEED_MAIL_SERVER: &str = "package(strowger-tests) and binary(=mail)";
const NEED_DEBIAN: &str = "test(/in_a_fresh_debian$/)";

/// A program that tests need and that is not there.
struct Missing {
    what: &'static str,
    /// The tests that need it, as a filter of nextest.
    tests: &'static str,
    why: Error,
}

/// What did not pass.
#[derive(Default)]
struct Failed(Vec<String>);

impl Failed {
    fn note(&mut self, name: &str, result: Result<()>) {
        if let Err(error) = result {
            self.0.push(format!("{name}: {error:#}"));
        }
    }
}

/// Runs all of it, whatever fails; the tests come last, so that their summary closes the output of
/// a good run.
pub(crate) fn test(arguments: &[String]) -> Result<()> {
    guests::build()?;
    let missing = missing();
    let mut failed = Failed::default();
    if arguments.is_empty() {
        checks(&mut failed);
    }
    say("tests");
    let mut nextest = cargo();
    nextest
        .args(["nextest", "run", "--workspace", "--no-fail-fast"])
        .args(arguments)
        .env(guests::BUILT, "1");
    if !missing.is_empty() {
        let needing: Vec<String> =
            missing.iter().map(|missing| format!("({})", missing.tests)).collect();
        nextest.args(["--filterset", &format!("not ({})", needing.join(" or "))]);
    }
    failed.note("tests", run(&mut nextest));
    for Missing { what, why, .. } in missing {
        match env::var_os("CI") {
            Some(_) => {
                failed.0.push(format!("the tests on the real {what} were left out: {why:#}"))
            }
            None => say(&format!("THE TESTS ON THE REAL {what} WERE LEFT OUT")),
        }
    }
    if !failed.0.is_empty() {
        bail!("not everything passed:\n  {}", failed.0.join("\n  "));
    }
    Ok(())
}

fn missing() -> Vec<Missing> {
    let needed = [
        ("ASTERISK", NEED_ASTERISK, asterisk().err()),
        ("BROWSER", NEED_BROWSER, browser().err()),
        ("MAIL SERVER", NEED_MAIL_SERVER, mail_server().err()),
        ("DEBIAN", NEED_DEBIAN, debian::fetch(say).err()),
    ];
    let missing: Vec<Missing> = needed
        .into_iter()
        .filter_map(|(what, tests, why)| Some(Missing { what, tests, why: why? }))
        .collect();
    for Missing { what, why, .. } in &missing {
        say("==================================================================");
        say(&format!("THE REAL {what} CANNOT BE HAD: {why:#}"));
        say("the tests that need it are left out");
        say("==================================================================");
    }
    missing
}

/// Everything but the tests.
fn checks(failed: &mut Failed) {
    say("the repository's text");
    failed.note("the repository's text", check::check());
    say("licences and sources of crates");
    failed.note("licences and sources of crates", deny::deny());
    let clippy = ["clippy", "--quiet", "--workspace", "--all-targets", "--", "-D", "warnings"];
    let commands: [(&str, &[&str]); 4] = [
        ("formatting", &["fmt", "--all", "--check"]),
        ("clippy", &clippy),
        ("documentation", &["doc", "--quiet", "--workspace", "--no-deps"]),
        ("examples in the documentation", &["test", "--quiet", "--workspace", "--doc"]),
    ];
    for (name, arguments) in commands {
        say(name);
        let mut command = cargo();
        if arguments[0] == "doc" {
            command.env("RUSTDOCFLAGS", "-D warnings");
        }
        failed.note(name, run(command.args(arguments)));
    }
}

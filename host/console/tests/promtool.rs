//! The figures are as Prometheus wants them, by its own promtool: see docs/metrics.md.
#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::{
    io::Write,
    process::{Command, Stdio},
};
use strowger_testbed::Browser;

/// The figures of a small host in memory: a test of the crate compares them with this file.
fn figures() -> String {
    std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/figures.txt")).unwrap()
}

fn check(mut promtool: Command, figures: &str) -> (bool, String) {
    promtool.args(["check", "metrics"]).stdin(Stdio::piped());
    let mut promtool = promtool.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    promtool.stdin.take().unwrap().write_all(figures.as_bytes()).unwrap();
    let said = promtool.wait_with_output().unwrap();
    let shown = [said.stdout, said.stderr].concat();
    (said.status.success(), String::from_utf8_lossy(&shown).into_owned())
}

#[test]
fn nothing_is_found_wrong_with_the_figures_by_promtool() {
    let browser = Browser::fetch(|line| eprintln!("{line}")).unwrap();
    let (good, said) = check(browser.promtool(), &figures());
    assert!(good && said.is_empty(), "{said}");
    let bad = figures().replace("strowger_queue_offered_total", "strowger_queue_offered");
    let (good, said) = check(browser.promtool(), &bad);
    assert!(!good && said.contains("_total"), "it does find something: {said}");
}

/// docs/metrics.md says what each figure is, and names no other.
#[test]
fn the_page_names_every_figure() {
    let page = include_str!("../../../docs/metrics.md");
    let named =
        |line: &str| Some(line.strip_prefix("| `strowger_")?.split(['`', '{']).next()?.to_owned());
    let mut on_page: Vec<String> = page.lines().filter_map(named).collect();
    let is =
        |line: &str| Some(line.strip_prefix("# TYPE strowger_")?.split(' ').next()?.to_owned());
    let text = figures();
    let mut figures: Vec<String> = text.lines().filter_map(is).collect();
    on_page.sort();
    figures.sort();
    assert_eq!(on_page, figures);
}

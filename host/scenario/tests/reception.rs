//! The runner, on the smallest flow that is shipped.

mod common;

use common::Loaded;
use std::{fs, path::Path};
use strowger_scenario::{How, Report, Scenario, run};

const SITE: &str = r#"
time_zone = "Europe/Brussels"
country = "BE"
language = "nl-BE"
[music]
wachtmuziek = "default"
[queues.onthaal]
ring_time = 20
music = "wachtmuziek"
[queues.helpdesk]
music = "wachtmuziek"
"#;

const FLOW: &str = r#"
plugin = "reception"
numbers = ["+3292000100"]
[permissions]
queues = ["onthaal", "helpdesk"]
dial = ["10X"]
[settings]
greeting = "Voor de vaccinatielijn, druk 1."
sorry = "Niemand kan u nu te woord staan."
otherwise = { queue = "onthaal" }
menu = [{ key = "1", to = { queue = "helpdesk" } }, { key = "2", to = { extension = "101" } }]
"#;

fn loaded() -> (tempfile::TempDir, Loaded) {
    let folder = tempfile::tempdir().unwrap();
    fs::create_dir(folder.path().join("onthaal")).unwrap();
    fs::write(folder.path().join("site.toml"), SITE).unwrap();
    fs::write(folder.path().join("onthaal/flow.toml"), FLOW).unwrap();
    let loaded = Loaded::new(folder.path().to_owned(), &["reception"]);
    (folder, loaded)
}

fn play(loaded: &Loaded, text: &str, how: How) -> Report {
    let scenario = Scenario::parse(Path::new("scenarios/x.toml"), text).unwrap();
    run(&scenario, &loaded.flow("onthaal"), &loaded.engine, how)
}

const KEYS_ONE: &str = r#"
name = "A caller keys 1 and talks with the helpdesk"
at = "2026-11-23 10:00"
[agents]
an = { queues = ["helpdesk"], after = 4, talks = 30 }
dirk = { queues = ["onthaal"] }
[[call]]
keys = [{ at = 3, digits = "1" }]
expect = [
    { at = 0, hears = "settings.greeting" },
    { waits_in = "helpdesk", restart = true },
    { at = 0, rings = "an" },
    { at = 4, talks_with = "an" },
]
never = [{ rings = "dirk" }]
"#;

#[test]
fn a_scenario_runs_through_the_plugin_the_exchange_and_the_sim() {
    let (_folder, loaded) = loaded();
    let report = play(&loaded, KEYS_ONE, How::TEST);
    println!("{}", report.timelines());
    assert!(report.is_good(), "{report}");
}

#[test]
fn two_runs_are_alike_to_the_byte_and_a_fresh_instance_changes_nothing() {
    let (_folder, loaded) = loaded();
    let one = play(&loaded, KEYS_ONE, How::TEST);
    let two = play(&loaded, KEYS_ONE, How::TEST);
    assert_eq!(one.timelines(), two.timelines());
    assert_eq!(one, two);
    let twice = play(&loaded, KEYS_ONE, How { twice: true, ..How::TEST });
    assert_eq!(one, twice);
}

#[test]
fn a_failure_says_what_was_expected_and_what_happened() {
    let (_folder, loaded) = loaded();
    let text = KEYS_ONE.replace("{ at = 4, talks_with", "{ at = 9, talks_with").replace("rings = \"dirk\"", "rings = \"an\"");
    let report = play(&loaded, &text, How::TEST);
    println!("{report}");
    let shown = report.to_string();
    for part in [
        "FAILED  A caller keys 1",
        "scenarios/x.toml:13",
        "expected: talks_with = \"an\" at ",
        "happened: it happened at ",
        "expected: never rings = \"an\"",
        "calls +3292000100",
    ] {
        assert!(shown.contains(part), "{part} in\n{shown}");
    }
    assert!(play(&loaded, &text, How::LIVE).is_good(), "with live settings only what holds for every call counts");
}

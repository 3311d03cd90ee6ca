//! The runner, on a flow that is shipped.

use crate::common::{self, Loaded};
use std::path::Path;
use strowger_scenario::{How, Report, Scenario, run};

fn loaded() -> Loaded {
    Loaded::new(common::flows_dir(), common::PLUGINS)
}

fn play(loaded: &Loaded, text: &str, how: How) -> Report {
    let scenario = Scenario::parse(Path::new("scenarios/x.toml"), text).unwrap();
    run(
        &scenario,
        &loaded.flow("vaccination-helpdesk"),
        &loaded.catalogue.current(),
        &loaded.engine,
        how,
    )
}

const ANSWERED: &str = r#"
name = "A caller talks with an agent"
at = "2026-11-23 10:00"
[agents]
an = { after = 4, talks = 30 }
dirk = { queues = ["onthaal"] }
[[call]]
expect = [
    { at = 0, hears = "settings.texts.welcome" },
    { waits_in = "helpdesk", restart = true },
    { at = 0, rings = "an" },
    { at = 4, talks_with = "an" },
]
never = [{ rings = "dirk" }]
outcome = "answered"
"#;

#[test]
fn a_scenario_runs_through_the_plugin_the_exchange_and_the_sim() {
    let loaded = loaded();
    let report = play(&loaded, ANSWERED, How::TEST);
    println!("{}", report.timelines());
    assert!(report.is_good(), "{report}");
}

#[test]
fn two_runs_are_alike_to_the_byte_and_a_fresh_instance_changes_nothing() {
    let loaded = loaded();
    let one = play(&loaded, ANSWERED, How::TEST);
    let two = play(&loaded, ANSWERED, How::TEST);
    assert_eq!(one.timelines(), two.timelines());
    assert_eq!(one, two);
    let twice = play(&loaded, ANSWERED, How { twice: true, ..How::TEST });
    assert_eq!(one, twice);
}

#[test]
fn a_failure_says_what_was_expected_and_what_happened() {
    let loaded = loaded();
    let text = ANSWERED
        .replace("{ at = 4, talks_with", "{ at = 9, talks_with")
        .replace("rings = \"dirk\"", "rings = \"an\"");
    let report = play(&loaded, &text, How::TEST);
    println!("{report}");
    let shown = report.to_string();
    for part in [
        "FAILED  A caller talks with an agent",
        "scenarios/x.toml:12\n    expected: talks_with = \"an\" at ",
        "happened: it happened at ",
        "expected: never rings = \"an\"",
        "+32470000001 calls +3292000300",
        "the phone of an rings",
    ] {
        assert!(shown.contains(part), "{part} in\n{shown}");
    }
    assert!(
        play(&loaded, &text, How::LIVE).is_good(),
        "with live settings only what holds for every call counts"
    );
}

#[test]
fn what_makes_no_sense_with_these_settings_is_said_with_its_place() {
    let report =
        play(&loaded(), &ANSWERED.replace("at = 4", "at = \"settings.nothing\""), How::TEST);
    let shown = report.to_string();
    assert!(shown.contains("no \"nothing\"") && shown.contains("x.toml:12:"), "{shown}");
    let report =
        play(&loaded(), &format!("{ANSWERED}\n[settings]\nrepeat_every = \"often\"\n"), How::TEST);
    assert!(report.to_string().contains("repeat_every"), "{report}");
}

#[test]
fn a_caller_who_is_never_helped_does_not_hold_the_run_up() {
    let text = "name = \"x\"\nat = \"2026-11-23 10:00\"\n[site.schedules.central]\nhours = \"off\"\n\
                [agents]\nan = { phone = \"rings\" }\n[[call]]\n";
    let report = play(&loaded(), text, How::TEST);
    assert!(report.is_good(), "{report}");
    assert!(report.lasted.as_secs() >= 3600, "until everybody hangs up");
    assert_eq!(report.calls[0].record().unwrap().outcome, "abandoned");
}

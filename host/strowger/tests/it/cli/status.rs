//! What operators are told while a host serves: what is ill, what is accepted, what a line delivers.

use super::place::{Daemon, Place, until};
use std::fs;

fn served() -> (Place, Daemon) {
    let place = Place::new();
    fs::write(place.path("strowger.toml"), "debounce_ms = 20\n").unwrap();
    let daemon = Daemon::start(&place);
    until(|| place.run(&["status"]).0.status.success());
    (place, daemon)
}

#[test]
fn a_queue_whose_agents_are_here_and_take_no_calls_is_ill() {
    let (place, _daemon) = served();
    place.run(&["agents", "pause", "dirk", "--reason", "does not answer"]).ends(0, &[]);
    let ill = "ILL: queue onthaal: 0 callers wait, and nobody who has logged in takes a call (dirk is paused: does not answer)";
    place.run(&["status"]).ends(1, &[ill]);
    place.run(&["agents", "ready", "dirk"]).ends(0, &[]);
    place.run(&["status"]).ends(0, &[]);
    // Nobody is here: that is for the flows and the hours.
    place.run(&["agents", "logout", "dirk"]).ends(0, &[]);
    place.run(&["status"]).ends(0, &[]);
}

#[test]
fn a_name_of_before_that_nobody_had_is_found() {
    let (place, daemon) = served();
    for flow in ["reception", "vaccination-helpdesk"] {
        place.change(&format!("flows/{flow}/flow.toml"), "\"onthaal\"", "\"balie\"");
    }
    place.change("flows/site.toml", "[queues.onthaal]", "[queues.balie]\nwas = \"onthal\"");
    let said = "`was = \"onthal\"` of [queues.balie]: there was no queue `onthal`, so nothing of it goes on; did you mean `onthaal`?";
    until(|| place.run(&["status"]).shown().contains("balie"));
    place.run(&["status"]).ends(1, &[&format!("ILL: {said}")]);
    place.change("flows/site.toml", "was = \"onthal\"\n", "");
    until(|| place.run(&["status"]).0.status.success());
    // Before a host takes it, compared with the site that served last.
    drop(daemon);
    place.change("flows/site.toml", "[agents.dirk]", "[agents.dries]\nwas = \"dirrk\"");
    place.change("flows/site.toml", "\"dirk\"", "\"dries\"");
    let warning = "warning: `was = \"dirrk\"` of [agents.dries]: there was no agent `dirrk`, so nothing of it goes on; did you mean `dirk`?";
    place.run(&["check", "flows", "--files-only"]).ends(0, &[warning]);
}

#[test]
fn what_is_accepted_is_accepted_whatever_is_wrong_elsewhere() {
    let place = Place::new();
    fs::write(place.path("strowger.toml"), "debounce_ms = 20\n").unwrap();
    fs::write(
        place.path("flows/reception/scenarios/broken.toml"),
        "name = \"Nobody greets\"\nat = \"2026-11-23 10:00\"\nlive = true\n[[call]]\nhangs_up = 5\nnever = [{ hears = \"Hallo\" }]\n",
    )
    .unwrap();
    let _daemon = Daemon::start(&place);
    place.change("flows/vaccination-helpdesk/flow.toml", "overflow_after =", "overflow_aftr =");
    place.change("flows/reception/flow.toml", "greeting = \"Goedendag.", "greeting = \"Hallo.");
    until(|| place.run(&["flows"]).shown().contains("fails its scenarios"));
    until(|| place.run(&["flows"]).shown().contains("overflow_aftr"));
    place
        .run(&["accept", "reception", "--reason", "it is urgent"])
        .ends(0, &["is taken, whatever its scenarios say", "overflow_aftr"]);
}

#[test]
fn a_call_comes_in_as_a_line_delivers_it() {
    let (place, _daemon) = served();
    let call = |args: &[&str]| {
        place.run(
            &[&["call", "092000100", "--patience", "1", "--from", "0470123456"], args].concat(),
        )
    };
    call(&[]).ends(0, &["+32470123456 calls"]);
    let hidden = call(&["--line", "trunk", "--header", "Privacy: id"]).ends(0, &["is closed"]);
    assert!(!hidden.shown().contains("456"), "{}", hidden.shown());
    call(&["--header", "Subject: x"]).ends(2, &["the header Subject does not say who calls"]);
    call(&["--header", "Privacy"]).ends(2, &["write NAME: VALUE"]);
}

#[test]
fn records_of_a_flow_that_there_never_was_are_no_empty_list() {
    let (place, _daemon) = served();
    place.run(&["records", "--flow", "reception"]).ends(0, &[]);
    let nobody = ["there is no flow `recepton`", "did you mean `reception`?"];
    place.run(&["records", "--flow", "recepton"]).ends(2, &nobody);
    place.run(&["report", "--flow", "recepton"]).ends(2, &nobody);
}

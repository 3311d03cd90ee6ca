//! The command as people use it: what it prints and how it ends.

mod emergency;
pub(crate) mod place;
mod status;

use place::{Daemon, Place, until};
use std::{
    fs,
    io::{Read, Write},
    os::unix::net::UnixStream,
};

#[test]
fn help_teaches_and_completions_are_printed() {
    let place = Place(tempfile::tempdir().unwrap());
    place.run(&[]).ends(2, &["First steps", "strowger demo"]);
    place.run(&["serve", "--help"]).ends(0, &["SIGTERM", "--config"]);
    place.run(&["completions", "bash"]).ends(0, &["_strowger", "rollback"]);
    place.run(&["schema", "scenario"]).ends(0, &["json-schema.org", "hung_up_by"]);
    place.run(&["schema", "config"]).ends(0, &["worker_threads"]);
    place.run(&["test", "nowhere"]).ends(2, &["there is no", "nowhere"]);
    place.run(&["flows"]).ends(2, &["cannot read strowger.toml"]);
    place
        .run(&["flows", "--control", "nobody.sock"])
        .ends(2, &["no host answers", "strowger serve"]);
}

#[test]
fn check_says_everything_that_is_wrong_at_once() {
    let place = Place::new();
    place.run(&["check"]).ends(0, &["2 flows good", "every step taken twice"]);

    place.change(
        "flows/vaccination-helpdesk/flow.toml",
        "overflow_after = 180",
        "overflow_after = \"soon\"",
    );
    place.change(
        "flows/vaccination-helpdesk/flow.toml",
        "queues = [\"helpdesk\", ",
        "queues = [\"helpdsk\", ",
    );
    place.change("flows/reception/flow.toml", "greeting =", "greting =");
    place.run(&["check", "flows"]).ends(
        1,
        &[
            "vaccination-helpdesk/flow.toml:",
            "overflow_after = \"soon\"",
            "did you mean `helpdesk`?",
            "reception/flow.toml:",
            "did you mean `greeting`?",
        ],
    );
    let one = place.run(&["check", "flows/reception"]).ends(1, &["greting"]);
    assert!(!one.shown().contains("soon"), "only what was asked for");
}

#[test]
fn other_figures_are_a_warning_to_check_and_a_mistake_to_test() {
    let place = Place::new();
    let figures = "name = \"The greeting\"\nat = \"2026-11-23 10:00\"\nfigures = true\n[[call]]\n\
                   hangs_up = 2\nexpect = [{ at = 0, hears = \"Bonjour\" }]\n";
    fs::write(place.path("flows/reception/scenarios/figures.toml"), figures).unwrap();
    let warned = ["warning The greeting", "a host takes these figures all the same"];
    place.run(&["check", "flows/reception"]).ends(0, &warned);
    place.run(&["test", "flows/reception"]).ends(1, &["FAILED  The greeting"]);
}

/// Nobody reads on: `strowger ... | head -1`.
#[test]
fn output_may_be_cut_off() {
    let place = Place::new();
    for args in [
        &["test", "flows/reception"][..],
        &["schema", "flow"],
        &["completions", "bash"],
        &["hours"],
    ] {
        let (_, writer) = std::io::pipe().unwrap();
        let output = place.command(args).stdout(writer).output().unwrap();
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success() && said.is_empty(), "{args:?}: {said}");
    }
    // The log of a host, too: calls go on.
    let (_, writer) = std::io::pipe().unwrap();
    fs::write(place.path("strowger.toml"), "").unwrap();
    let _host = Daemon(place.command(&["serve"]).stderr(writer).spawn().unwrap());
    until(|| place.run(&["flows"]).0.status.code() != Some(2));
    place
        .run(&["call", "+3292000100", "--patience", "1"])
        .ends(0, &["the record is closed: abandoned"]);
}

#[test]
fn hours_are_shown_by_the_day_on_which_they_begin() {
    let place = Place::new();
    place.change(
        "flows/site.toml",
        "hours = \"Mo-Fr 09:00-16:00; PH off\"",
        "hours = \"Mo-Fr 18:00-02:00; PH off\"",
    );
    let asked = ["hours", "--schedule", "helpdesk", "--from", "2026-12-23", "--days", "4"];
    let shown = place.run(&asked).ends(0, &[]).shown();
    let expected = "\
schedule  day             open
helpdesk  Wed 2026-12-23  18:00-02:00
helpdesk  Thu 2026-12-24  09:00-12:00  Kerstavond
helpdesk  Fri 2026-12-25  closed       public holiday
helpdesk  Sat 2026-12-26  closed";
    assert!(shown.contains(expected), "{shown}");
    place.run(&["hours", "--schedule", "desk"]).ends(2, &["no schedule \"desk\"", "helpdesk"]);
}

#[test]
fn test_plays_scenarios_and_shows_the_calls_of_those_that_fail() {
    let place = Place::new();
    place
        .run(&["test"])
        .ends(0, &["ok      V2, V3: the wait text at 0, 60 and 120 s", " 0 failed"]);
    let one = "flows/vaccination-helpdesk/scenarios/v4-closed.toml";
    place.run(&["test", one, "--verbose"]).ends(0, &["1 passed, 0 failed", "is hung up on"]);

    place.change(
        "flows/vaccination-helpdesk/flow.toml",
        "overflow_after = 180",
        "overflow_after = 120",
    );
    place.run(&["test", "flows/vaccination-helpdesk"]).ends(
        1,
        &[
            "FAILED  V2, V3: the wait text at 0, 60 and 120 s",
            "v2-wait-text-figures.toml:",
            "expected: dials = \"+32 2 713 87 00\" at 187.2 s",
            "happened: it happened at 127.2 s",
            "+3227138700 is dialled",
        ],
    );
    place.change(one, "at = 0", "att = 0");
    place.run(&["test", one]).ends(1, &["v4-closed.toml:", "unknown key `att`"]);
}

#[test]
fn demo_serves_its_calls_swaps_and_ends_well() {
    let place = Place::new();
    let flow = fs::read_to_string(place.path("flows/vaccination-helpdesk/flow.toml")).unwrap();
    place.run(&["demo", "--exit"]).ends(
        0,
        &[
            "Aïcha   talks with an",
            "Chantal +3227138700 is dialled",
            "Dirk    hangs up",
            "new calls get version",
            "Els     hears \"Welkom bij de vernieuwde helpdesk van Gent.\"",
            "refused: the earlier version goes on serving new calls",
            "6 callers: 4 talked with an agent, 1 with the central helpdesk, 1 gave up.",
            "What to try next",
        ],
    );
    assert_eq!(
        flow,
        fs::read_to_string(place.path("flows/vaccination-helpdesk/flow.toml")).unwrap(),
        "it works on a copy"
    );
    place.run(&["demo", "--exit", "--flows", "plugins"]).ends(2, &["--flows"]);
}

/// K5, V8: an agent's screen notes a case of a call, more of it, how it ended, and the call's
/// wrap-up code.
fn notes_by_the_control_socket(place: &Place, call: &str) {
    let ask = |request: &str, body: &str| {
        let mut socket = UnixStream::connect(place.path("state/control.sock")).unwrap();
        let head = format!(
            "{request} HTTP/1.1\r\nhost: strowger\r\nconnection: close\r\ncontent-type: application/json\r\n"
        );
        write!(socket, "{head}content-length: {}\r\n\r\n{body}", body.len()).unwrap();
        let mut answer = String::new();
        socket.read_to_string(&mut answer).unwrap();
        let (head, body) = answer.split_once("\r\n\r\n").unwrap();
        (head.split(' ').nth(1).unwrap().to_owned(), body.to_owned())
    };
    let new = format!(
        r#"{{"kind":"escalation","flow":"reception","call":"{call}","fields":{{"number":"+32470123456"}}}}"#
    );
    let (status, case) = ask("POST /v1/cases", &new);
    assert_eq!(status, "200", "{case}");
    let id = case.split('"').nth(3).unwrap();
    assert_eq!(
        ask(&format!("POST /v1/cases/{id}"), r#"{"question":"Mag mijn zoon mee?"}"#).0,
        "200"
    );
    place.run(&["cases"]).ends(0, &[id, call, "number=+32470123456; question=Mag mijn zoon mee?"]);
    assert!(ask("GET /v1/cases", "").1.contains(id));
    assert_eq!(ask(&format!("POST /v1/cases/{id}/close"), r#"{"outcome":"answered"}"#).0, "200");
    assert_eq!(
        ask(&format!("POST /v1/cases/{id}/close"), r#"{"outcome":"answered"}"#).0,
        "409",
        "it is closed"
    );
    assert_eq!(
        (ask("GET /v1/cases", "").1, ask("GET /v1/cases?all=true", "").1.contains(id)),
        ("[]".to_owned(), true)
    );
    assert_eq!(ask("POST /v1/cases/nothing", "{}").0, "404");
    assert_eq!(ask("POST /v1/cases", r#"{"kind":"question","flow":"reception"}"#).0, "422");
    assert_eq!(ask("POST /v1/cases", r#"{"kind":"escalation","flow":"nothing"}"#).0, "404");

    assert_eq!(
        ask(&format!("POST /v1/records/{call}/notes"), r#"{"wrap-up":"afspraak"}"#).0,
        "200"
    );
    place.run(&["report", "--by", "note:wrap-up"]).ends(0, &["afspraak", "one_and_done"]);
    assert_eq!(ask("POST /v1/records/038g0xwfyg000/notes", "{}").0, "404");
    place.run(&["erase", "0470 12 34 56", "--yes"]).ends(0, &["1 record made anonymous"]);
}

#[test]
fn a_host_serves_shows_swaps_rolls_back_and_drains() {
    let place = Place::new();
    fs::write(place.path("strowger.toml"), "drain = 20\ndebounce_ms = 20\n").unwrap();
    let mut daemon = Daemon::start(&place);
    place
        .run(&["flows"])
        .ends(0, &["vaccination-helpdesk: version ", "+3292000300", "reception: version "]);
    place.run(&["serve"]).ends(2, &["another host uses this journal"]);
    let mode = std::os::unix::fs::PermissionsExt::mode(
        &fs::metadata(place.path("state/control.sock")).unwrap().permissions(),
    );
    assert_eq!(mode & 0o777, 0o600);

    // A call, from an outside number that is not told whole.
    place
        .run(&["call", "+3292000100", "--from", "+32470123456", "--key", "3:1", "--patience", "5"])
        .ends(
            0,
            &[
                "+32470123456 calls +3292000100",
                "hears \"Goedendag.",
                "has keyed \"1\"",
                "the record is closed",
            ],
        );
    place.run(&["call", "+3292000100", "--via", "Local/1@x"]).ends(2, &["leave out --via"]);

    let call = place.run(&["records", "--json"]).shown().split('"').nth(3).unwrap().to_owned();
    notes_by_the_control_socket(&place, &call);

    // A good change, a bad one, and back.
    place.change("flows/vaccination-helpdesk/flow.toml", "repeat_every = 60", "repeat_every = 50");
    until(|| place.run(&["flows"]).shown().contains("rollback would bring back"));
    place.change(
        "flows/vaccination-helpdesk/flow.toml",
        "repeat_every = 50",
        "repeat_every = \"x\"",
    );
    until(|| place.run(&["flows"]).0.status.code() == Some(1));
    place.run(&["flows"]).ends(1, &["repeat_every = \"x\""]);
    place.run(&["flows", "rollback", "vaccination-helpdesk"]).ends(0, &["new calls get version"]);
    place.run(&["flows", "rollback", "nothing"]).ends(2, &["no flow \"nothing\""]);

    daemon.terminate();
    assert!(daemon.0.wait().unwrap().success(), "every call had ended");
    assert!(!place.path("state/control.sock").exists());
    let log = fs::read_to_string(place.path("log")).unwrap();
    assert!(log.contains("caller=...456") && !log.contains("470123456"), "nothing personal: {log}");
    assert!(!log.contains("alarm"), "what scenarios bring about is not in the log: {log}");
}

#[test]
fn a_change_that_breaks_a_live_scenario_is_not_taken_unless_it_is_accepted() {
    let place = Place::new();
    fs::write(place.path("strowger.toml"), "debounce_ms = 20\n").unwrap();
    fs::write(
        place.path("flows/reception/scenarios/broken.toml"),
        "name = \"Nobody greets\"\nat = \"2026-11-23 10:00\"\nlive = true\n[[call]]\nhangs_up = 5\nnever = [{ hears = \"Hallo\" }]\n",
    )
    .unwrap();
    let daemon = Daemon::start(&place);
    place.run(&["accept", "reception", "--reason", "x"]).ends(2, &["there is nothing to accept"]);
    place.change("flows/reception/flow.toml", "greeting = \"Goedendag.", "greeting = \"Hallo.");
    until(|| place.run(&["flows"]).0.status.code() == Some(1));
    let shown = place
        .run(&["flows"])
        .ends(1, &["fails its scenarios", "FAILED  Nobody greets", "never hears = \"Hallo\""]);
    assert!(shown.shown().lines().count() <= 20, "{}", shown.shown());
    place.run(&["status"]).ends(1, &["ILL: flow reception serves the earlier version "]);

    place
        .run(&["accept", "reception", "--reason", "it is urgent"])
        .ends(0, &["is taken, whatever its scenarios say"]);
    place.run(&["flows"]).ends(0, &["accepted, although its scenarios fail"]);
    drop(daemon);
    let _daemon = Daemon::start(&place);
    place.run(&["flows"]).ends(0, &["accepted, although its scenarios fail"]);
    place.run(&["call", "+3292000100", "--patience", "5"]).ends(0, &["hears \"Hallo."]);
}

#[test]
fn a_host_says_what_is_ill_and_serves_after_a_restart_what_served_before() {
    let place = Place::new();
    fs::write(place.path("strowger.toml"), "debounce_ms = 20\n").unwrap();
    let daemon = Daemon::start(&place);
    until(|| place.run(&["status"]).0.status.success());
    let well = ["PBX       sim, connected", "site      in force", "flows     2 serve", "free at "];
    let shown = place.run(&["status"]).ends(0, &well).shown();
    assert!(!shown.contains("ILL"), "{shown}");
    place.run(&["status", "--json"]).ends(0, &["\"ill\": []", "\"connected\": true"]);

    place.change("flows/site.toml", "time_zone = \"Europe/Brussels\"", "time_zone = \"Mars\"");
    place.change("flows/reception/flow.toml", "greeting =", "greting =");
    until(|| place.run(&["flows"]).shown().contains("greting"));
    let ill =
        ["ILL: the site file is not in force: ", "site.toml:4: ", "the earlier one is in force"];
    place.run(&["status"]).ends(1, &ill);
    let site = ["the site file is not in force, the earlier one is in force", "site.toml:4:13"];
    place.run(&["flows"]).ends(1, &site);

    drop(daemon);
    let _daemon = Daemon::start(&place);
    place.run(&["flows"]).ends(1, &site).ends(1, &["reception: version ", "greting"]);
    place
        .run(&["call", "+3292000100", "--patience", "5"])
        .ends(0, &["hears \"Goedendag.", "the record is closed"]);
}

/// The id of the first call that is up.
fn first_call(place: &Place) -> String {
    let calls = place.run(&["calls"]).shown();
    calls.lines().nth(1).and_then(|line| line.split(' ').next()).unwrap_or_default().to_owned()
}

#[test]
fn agents_and_calls_are_led_by_hand() {
    let place = Place::new();
    fs::write(place.path("strowger.toml"), "debounce_ms = 20\n").unwrap();
    let _daemon = Daemon::start(&place);
    place
        .run(&["agents", "pause", "104", "--reason", "lunch"])
        .ends(0, &["dirk", "paused (lunch)"]);
    place
        .run(&["agents", "login", "celine", "--at", "PJSIP/desk7"])
        .ends(0, &["free", "PJSIP/desk7"]);
    place.run(&["agents", "join", "celine", "21"]).ends(0, &["spoed, onthaal"]);
    place.run(&["agents", "leave", "celine", "onthaal"]).ends(0, &["wachtpost, spoed\n"]);
    place.run(&["agents", "logout", "celine"]).ends(0, &["logged out"]);
    place.run(&["agents", "pause", "celine"]).ends(2, &["celine", "not logged in"]);
    place.run(&["agents", "login", "nobody"]).ends(2, &["nobody"]);
    // `logged_in = true` that is new in the site file logs an agent in.
    place.change(
        "flows/site.toml",
        "name = \"Céline Dubois\"",
        "name = \"Céline Dubois\"\nlogged_in = true",
    );
    until(|| {
        place
            .run(&["agents"])
            .shown()
            .lines()
            .any(|line| line.starts_with("celine") && line.contains("free"))
    });

    // Dirk pauses, so callers of the reception wait.
    let call = |from: &str| {
        let args = ["call", "+3292000100", "--from", from, "--patience", "60"];
        place.command(&args).stdout(std::process::Stdio::piped()).spawn().unwrap()
    };
    let ended = |caller: std::process::Child, says: &str| {
        let output = caller.wait_with_output().unwrap();
        let shown = String::from_utf8_lossy(&output.stdout).into_owned();
        assert!(shown.contains(says), "{says:?} in\n{shown}");
    };
    let waiting = call("+32470123456");
    until(|| place.run(&["calls"]).shown().contains("onthaal"));
    let shown = place.run(&["calls"]).ends(0, &["...456", "+3292000100", "reception"]).shown();
    assert!(!shown.contains("470123456"), "{shown}");
    place.run(&["calls", "--numbers"]).ends(0, &["+32470123456"]);
    let id = first_call(&place);
    place.run(&["calls", "take-out", &id]).ends(0, &["waits no longer"]);
    ended(waiting, "Niemand kan u nu te woord staan.");
    place.run(&["calls", "take-out", &id]).ends(2, &["there is no call"]);

    let sent = call("+32470123457");
    until(|| place.run(&["calls"]).shown().contains("onthaal"));
    let id = first_call(&place);
    place.run(&["calls", "send", &id, "nobody at all"]).ends(2, &["not whom one can call"]);
    place.run(&["calls", "send", &id, "+3227138700"]).ends(0, &["sent on to +3227138700"]);
    ended(sent, "the record is closed");
    place.run(&["records"]).ends(0, &["sent-on"]);
}

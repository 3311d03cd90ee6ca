//! R6, R7: what is prepared for an emergency, and the page for the people at the phones.

use super::place::{Daemon, Place, until};
use std::{fs, os::unix::fs::PermissionsExt};

/// Everything that the switches of the shipped site lead to.
fn prepared() -> Place {
    let place = Place::new();
    for (flow, plugin) in [
        ("agent-desk", "agent-desk"),
        ("gp-post", "gp-post"),
        ("meldtekst-huisartsenpost", "redirect"),
        ("noodlijn", "emergency-line"),
        ("switch-desk", "switch-desk"),
        ("vcare-hap", "redirect"),
    ] {
        place.add(flow, plugin);
    }
    place.add_drills();
    fs::write(place.path("strowger.toml"), "debounce_ms = 20\n").unwrap();
    place
}

/// The cells of a line, which are two blanks apart at least.
fn line(what: &str, about: &str, shown: &str) -> Vec<String> {
    let cells = |line: &str| -> Vec<String> {
        line.split("  ").map(str::trim).filter(|cell| !cell.is_empty()).map(str::to_owned).collect()
    };
    let mut lines = shown.lines().map(cells);
    lines
        .find(|cells| cells.len() > 3 && cells[1] == what && cells[2] == about)
        .unwrap_or_else(|| panic!("{about} in\n{shown}"))
}

#[test]
fn r7_the_checklist_says_what_is_prepared_and_what_is_not() {
    let place = prepared();
    place.run(&["drill"]).ends(2, &["no host answers", "strowger serve"]);
    let _daemon = Daemon::start(&place);
    until(|| place.run(&["drill"]).shown().contains("an PJSIP/an"));
    until(|| place.run(&["drill"]).0.status.success());
    let shown = place.run(&["drill"]).ends(0, &[" are prepared"]).shown();
    for (about, cells) in [
        ("vcare-hap: Open (now)", ["ok", "switch", "vcare-hap: normal: flow gp-post"]),
        ("vcare-hap: Calamiteit", ["ok", "switch", "vcare-hap: flow noodlijn"]),
        ("vcare-hap: Externe doorschakeling", ["ok", "switch", "vcare-hap: to +32 470 00 01 99"]),
        ("vcare-hap by an", ["ok", "turned by", "at an own phone"]),
        ("an PJSIP/an", ["ok", "phone", "reachable"]),
        ("nood-1 +32470000191", ["ok", "phone", "a telephone number: no PBX can tell, ring it"]),
        ("nood", ["ok", "queue", "2 of 2 agents logged in"]),
    ] {
        let line = line(cells[1], about, &shown);
        assert_eq!([&line[0], &line[1], &line[3]], cells, "{shown}");
    }
    assert!(shown.contains("vcare-hap: say \"De huisartsenpost is gesloten."), "{shown}");

    // A flow with a mistake, which serves as it was; a queue without agents; a mobile without a PIN.
    place.change("flows/noodlijn/flow.toml", "queue = \"nood\"", "queue = \"nod\"");
    place.change("flows/site.toml", "[queues.nood] ", "[queues.leeg]\n[queues.nood] ");
    place.change("flows/site.toml", "[\"an\", \"dirk\"]", "[\"an\", \"nood-1\"]");
    until(|| place.run(&["drill"]).shown().contains("leeg"));
    until(|| place.run(&["drill"]).shown().contains("flow noodlijn serves the earlier"));
    let shown = place.run(&["drill"]).ends(1, &["NOT prepared"]).shown();
    let first: Vec<&str> = shown.lines().skip(1).take(4).collect();
    assert!(first.iter().all(|line| line.starts_with("MISSING")), "{shown}");
    for (what, about, state) in [
        ("turned by", "vcare-hap by nood-1", "cannot prove at any phone to be it"),
        ("queue", "leeg", "no agents"),
    ] {
        let line = line(what, about, &shown);
        assert_eq!((line[0].as_str(), line[3].as_str(), line.len()), ("MISSING", state, 5));
    }
    let json = place.run(&["drill", "--json"]).ends(1, &[]).shown();
    let list: serde_json::Value = serde_json::from_str(&json).unwrap();
    assert!(list[0]["to_do"].is_string(), "{json}");
}

#[test]
fn r7_positions_that_lead_nowhere_and_phones_of_which_nothing_is_known_are_missing() {
    let place = prepared();
    // The flow in front names it, so it does not serve either.
    fs::remove_dir_all(place.path("flows/noodlijn")).unwrap();
    fs::write(place.path("token"), "0123456789abcdef0123456789abcdef\n").unwrap();
    fs::set_permissions(place.path("token"), fs::Permissions::from_mode(0o600)).unwrap();
    let config =
        "adapter = \"remote\"\n[remote]\nlisten = \"127.0.0.1:0\"\ntoken_file = \"token\"\n";
    fs::write(place.path("strowger.toml"), config).unwrap();
    let _daemon = Daemon::start(&place);
    let shown = place.run(&["drill"]).ends(1, &["not connected: "]).shown();
    for (what, about, state) in [
        ("switch", "vcare-hap", "no flow reads it: turning it does nothing"),
        ("switch", "meldtekst: Open (now)", "meldtekst-huisartsenpost: normal: flow vcare-hap"),
        ("phone", "an PJSIP/an", "the PBX has told nothing"),
    ] {
        let line = line(what, about, &shown);
        assert_eq!((line[0].as_str(), line[3].as_str(), line.len()), ("MISSING", state, 5));
    }
}

#[test]
fn r6_the_card_has_the_codes_of_the_files() {
    let place = prepared();
    let shown = place.run(&["card"]).ends(0, &["Wachtrijen"]).shown();
    let words: Vec<String> =
        shown.lines().map(|line| line.split_whitespace().collect::<Vec<_>>().join(" ")).collect();
    for line in [
        "Inloggen *1 dan uw extensie en #",
        "Pauze *47 *47*1 lunch, *47*2 overleg, *47*3 opleiding",
        "Schakelaar omzetten *55*CODE*STAND#",
        "Op een noodmobiel 082780 vóór elke code",
        "Ruggespraak; inhaken verbindt door *4NUMMER# gp-post, vaccination-helpdesk",
        "helpdesk 999 *48*999",
        "Vcare HAP 31 *55*31* 1 Open, 2 Gesloten, 3 Externe doorschakeling, 4 Calamiteit",
        "An Peeters 101",
    ] {
        assert!(words.iter().any(|shown| shown == line), "{line:?} in\n{shown}");
    }
    // What the files say, it says.
    place.change("flows/agent-desk/flow.toml", "end_pause = \"*49\"", "end_pause = \"*46\"");
    place.change("flows/site.toml", "language = \"nl-BE\"", "language = \"fr-BE\"");
    let shown = place.run(&["card"]).shown();
    assert!(shown.contains("End the pause") && shown.contains("*46"), "{shown}");
}

#[test]
fn r6_the_page_is_one_sheet_and_nothing_in_it_is_code() {
    let place = prepared();
    place.change("flows/site.toml", "\"An Peeters\"", "\"<b>An</b> & \\\"Co\\\" O'Hara\"");
    let html = place.run(&["card", "--html"]).ends(0, &["<!DOCTYPE html>", "size: A4"]).shown();
    let name = "&lt;b&gt;An&lt;/b&gt; &amp; &quot;Co&quot; O&#39;Hara";
    assert!(html.contains(&format!("<p><span>{name}</span><span>101</span></p>")), "{html}");
    for part in ["<b>", "<script", "http:", "https:", "src="] {
        assert!(!html.contains(part), "{part} in\n{html}");
    }
    // A mistake in a file: the page lacks what it says, and the exit code says so.
    place.change("flows/switch-desk/flow.toml", "code = \"*55*\"", "cod = \"*55*\"");
    let ran = place.run(&["card", "--html"]);
    assert_eq!(ran.0.status.code(), Some(1));
    assert!(!String::from_utf8_lossy(&ran.0.stdout).contains("*55*"));
}

#[test]
fn r7_what_is_wrong_with_a_drill_is_said_before_it_is_needed() {
    let place = prepared();
    let drill = "flows/drills/evacuatie.toml";
    let check = |code, says: &[&str]| drop(place.run(&["check", drill]).ends(code, says));
    check(0, &[]);
    place.change(drill, "\"Calamiteit\" }", "\"Calamitet\" }");
    check(1, &["drills/evacuatie.toml:15:", "switch `vcare-hap` has the positions Open, "]);
    place.run(&["check", "flows", "--files-only"]).ends(1, &["has the positions Open, "]);
    place.change(drill, "\"Calamitet\" }", "\"Calamiteit\" }");
    place.change(drill, "[[then]]", "[agents]\nna = {}\n\n[[then]]");
    check(1, &["no agent `na` in the site file", "`an`"]);
    place.change(drill, "+3292000112", "+3292000999");
    check(1, &["no flow serves +3292000999, which the drill calls"]);
}

#[test]
fn r7_a_drill_is_played_with_what_is_so_at_the_host_and_touches_nothing() {
    let place = prepared();
    place.run(&["drill", "evacuatie"]).ends(2, &["no host answers"]);
    let _daemon = Daemon::start(&place);
    until(|| place.run(&["drill"]).0.status.success());
    place.run(&["drill", "evacuate"]).ends(2, &["no drill \"evacuate\"", "there is `evacuatie`"]);
    let switches = || place.run(&["switch", "list", "--json"]).shown();
    let before = (switches(), place.run(&["queues", "--json"]).shown());
    let parts = ["technische storing", "talks with an", "talks with nood-1"];
    place.run(&["drill", "evacuatie"]).ends(0, &parts);
    assert_eq!(before, (switches(), place.run(&["queues", "--json"]).shown()));

    // Who has logged out takes no calls in it.
    place.run(&["agents", "logout", "an"]).ends(0, &[]);
    let shown = place.run(&["drill", "evacuatie"]).ends(0, &["talks with bram"]).shown();
    assert!(!shown.contains("talks with an"), "{shown}");
    // Another switch in front of it, as it stands now: its announcement goes before all.
    place.run(&["switch", "set", "meldtekst", "Gesloten"]).ends(0, &[]);
    place.run(&["drill", "evacuatie"]).ends(1, &["FAILED", "technische storing"]);
}

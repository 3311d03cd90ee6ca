//! O1, O5: campaigns and the do-not-call list by the command line, beside a running host and over
//! its restart.

use crate::common::run;
use std::{
    fs,
    path::Path,
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};
use strowger_test_support::plugin_path;

/// Nobody is called here: the hours are closed.
const SITE: &str = r#"
time_zone = "Europe/Brussels"
country = "BE"
language = "nl-BE"
contacts = ["contacts.csv"]

[schedules.nooit]
hours = "off"

[queues.desk]

[campaigns.reservelijst]
flow = "desk"
hours = "nooit"
goal = 2

[campaigns.open-dienst]
flow = "desk"
hours = "nooit"
waves = [{ after = 0, tags = ["{department}"] }, { after = 600, tags = ["intern"] }]
"#;

const FLOW: &str = r#"
plugin = "reception"
[permissions]
queues = ["desk"]
dial = ["+32*"]
[settings]
greeting = "Goedendag."
sorry = "Helaas."
otherwise = { queue = "desk" }
"#;

const CONTACTS: &str = "id,kind,name,numbers,tags\n\
    a,nurse,An,0470 00 00 01,intern\n\
    b,nurse,Bo,0470 00 00 02,geriatrie;intern\n";

struct Daemon(Child);

impl Daemon {
    fn start(folder: &Path) -> Self {
        let daemon = Command::new(env!("CARGO_BIN_EXE_strowger"))
            .current_dir(folder)
            .arg("serve")
            .env_remove("STROWGER_CONFIG")
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let since = Instant::now();
        while run(folder, &["campaign"]).0 != 0 {
            assert!(since.elapsed() < Duration::from_secs(60), "{:?}", run(folder, &["campaign"]));
        }
        Self(daemon)
    }
}

impl Drop for Daemon {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

#[track_caller]
fn says(folder: &Path, args: &[&str], code: i32, parts: &[&str]) -> String {
    let (ended, shown) = run(folder, args);
    assert_eq!(ended, code, "{shown}");
    for part in parts {
        assert!(shown.contains(part), "{part:?} in\n{shown}");
    }
    shown
}

fn place() -> tempfile::TempDir {
    let place = tempfile::tempdir().unwrap();
    let folder = place.path();
    fs::create_dir_all(folder.join("flows")).unwrap();
    fs::create_dir_all(folder.join("plugins")).unwrap();
    fs::write(folder.join("flows/site.toml"), SITE).unwrap();
    fs::write(folder.join("flows/contacts.csv"), CONTACTS).unwrap();
    fs::write(folder.join("flows/desk.toml"), FLOW).unwrap();
    fs::copy(plugin_path("reception"), folder.join("plugins/reception.wasm")).unwrap();
    fs::write(folder.join("strowger.toml"), "debounce_ms = 20\n").unwrap();
    // As a Belgian spreadsheet saves it.
    let list =
        "id;numbers;name;town\r\nr1;0470 12 34 56;Maes, An;Gent\r\nr2;+32 9 123 45 67;B\u{eb};\r\n";
    let list: Vec<u8> = list.chars().map(|c| c as u8).collect();
    fs::write(folder.join("list.csv"), list).unwrap();
    place
}

#[test]
fn o1_a_campaign_is_opened_directed_and_exported_also_after_a_restart() {
    let place = place();
    let folder = place.path();
    let daemon = Daemon::start(folder);
    let open = ["campaign", "open", "reservelijst", "--list", "list.csv", "--name", "griep"];
    let more = ["--until", "4h", "--field", "slot=14:20", "--by", "an"];
    let opened = says(folder, &[&open[..], &more].concat(), 0, &["griep", "0 of 2"]);
    assert!(opened.contains("waits for its hours"), "{opened}");
    assert!(opened.contains("`nooit` is never open"), "O5: {opened}");
    says(folder, &open, 2, &["there is a campaign \"griep\" already"]);
    fs::write(folder.join("far.csv"), "id,Number\na,0470 12 34 56\nb,+31 20 123 45 67\n").unwrap();
    let far = ["campaign", "open", "reservelijst", "--list", "far.csv"];
    says(folder, &far, 2, &["may not dial this number", "far.csv:3:1", "[permissions]"]);
    let none = ["campaign", "open", "reserve", "--list", "list.csv"];
    says(folder, &none, 2, &["there is no template \"reserve\"", "open-dienst, reservelijst"]);
    says(folder, &["campaign", "open", "reservelijst"], 2, &["has no waves", "give a list"]);
    says(folder, &["campaign", "status", "griepje"], 2, &["there is no campaign", "griep"]);
    fs::write(folder.join("bad.csv"), "id,numbers,name\na,12,Secret\na,,Secret\n").unwrap();
    let bad = ["campaign", "open", "reservelijst", "--list", "bad.csv"];
    let wrong = ["bad.csv:2:1", "bad.csv:3:1", "somebody else has this id", "help: "];
    let said = says(folder, &bad, 2, &wrong);
    assert!(!said.contains("Secret"), "{said}");
    says(folder, &["campaign", "open", "reservelijst", "--list", "no.csv"], 2, &["cannot be read"]);

    let lacks = ["campaign", "open", "open-dienst"];
    says(folder, &lacks, 2, &["nobody is to be called", "need the field \"department\""]);
    let by_waves = ["campaign", "open", "open-dienst", "--field", "department=geriatrie"];
    says(folder, &by_waves, 0, &["open-dienst-20"]);
    let typo = ["campaign", "open", "open-dienst", "--name", "typo", "--field", "department=gr"];
    says(folder, &typo, 0, &["warning: no contact has the tag `gr` of a wave"]);
    says(folder, &["campaign", "stop", "typo"], 0, &[]);
    says(folder, &["campaign", "pause", "griep"], 0, &["paused"]);
    let told =
        ["griep (reservelijst)", "by an, until 20", "0 of 2 are filled", "field     slot: 14:20"];
    says(folder, &["campaign", "status", "griep"], 0, &told);

    drop(daemon);
    let _daemon = Daemon::start(folder);
    says(folder, &["campaign"], 0, &["griep", "paused", "open-dienst-20"]);
    let csv = says(folder, &["campaign", "export", "griep", "--csv"], 0, &[]);
    let rows: Vec<&str> = csv.lines().collect();
    assert!(!csv.contains('\''), "{csv}");
    fs::write(folder.join("next.csv"), &csv).unwrap();
    let next = ["campaign", "open", "reservelijst", "--list", "next.csv", "--name", "next"];
    says(folder, &next, 0, &["next"]);
    says(folder, &["campaign", "export", "next", "--csv"], 0, &["r1", "+3291234567"]);
    assert!(rows[0].starts_with("id,name,number,") && rows[0].ends_with(",town"), "{csv}");
    assert!(
        rows[1].starts_with("r1,\"Maes, An\",+32470123456,") && rows[1].ends_with(",Gent"),
        "{csv}"
    );
    assert!(rows[2].starts_with("r2,B\u{eb},+3291234567,"), "{csv}");
    let (_, all) = run(folder, &["campaign", "--json"]);
    let all: serde_json::Value = serde_json::from_str(&all).unwrap();
    let waves = all[1]["campaign"].as_str().unwrap().to_owned();
    let (_, contacts) = run(folder, &["campaign", "export", &waves, "--json"]);
    let contacts: serde_json::Value = serde_json::from_str(&contacts).unwrap();
    let of = |n: usize| {
        (contacts[n]["contact"].as_str().unwrap(), contacts[n]["wave"].as_u64().unwrap())
    };
    assert_eq!((of(0), of(1)), (("b", 0), ("a", 1)));

    says(folder, &["campaign", "choose", "griep", "r1"], 2, &["\"r1\"", "has not accepted"]);
    says(folder, &["campaign", "choose", "griep", "r9"], 2, &["no contact \"r9\""]);
    says(folder, &["campaign", "stop", "griep"], 0, &["ended: stopped"]);
    let rows = says(folder, &["campaign", "export", "griep"], 0, &["not called"]);
    assert!(!rows.contains("to be called"), "{rows}");
    let over = ["0 up now, 0 attempts so far", "0 may still be called"];
    says(folder, &["campaign", "status", "griep"], 0, &over);
    says(folder, &["campaign", "resume", "griep"], 2, &["has ended"]);
    says(folder, &["campaign", "status", "griep", "--follow"], 1, &["ended: stopped"]);
}

#[test]
fn what_is_erased_beside_a_running_host_is_forgotten_by_it_at_once() {
    let place = place();
    let folder = place.path();
    let _daemon = Daemon::start(folder);
    let open = ["campaign", "open", "reservelijst", "--list", "list.csv", "--name", "griep"];
    says(folder, &[&open[..], &["--field", "for=0470 12 34 56"]].concat(), 0, &["griep"]);
    says(folder, &["dnc", "add", "0470 12 34 56"], 0, &[]);
    let said = says(folder, &["erase", "0470123456", "--yes"], 0, &["erased: "]);
    assert!(!said.contains("could not be told"), "{said}");
    let csv = says(folder, &["campaign", "export", "griep", "--csv"], 0, &["r1", "+3291234567"]);
    assert!(!csv.contains("470123456") && !csv.contains("Maes"), "{csv}");
    let status = says(folder, &["campaign", "status", "griep"], 0, &["griep (reservelijst)"]);
    assert!(!status.contains("0470"), "{status}");
    let list = says(folder, &["dnc"], 0, &["(erased)"]);
    assert!(!list.contains("470123456"), "{list}");
    let (_, told) = run(folder, &["campaign", "status", "griep", "--json"]);
    let told: serde_json::Value = serde_json::from_str(&told).unwrap();
    assert_eq!((&told["contacts"], &told["to_offer"]), (&2.into(), &1.into()), "{told}");
}

#[test]
fn o5_the_do_not_call_list_is_kept_by_hand() {
    let place = place();
    let folder = place.path();
    let daemon = Daemon::start(folder);
    says(folder, &["dnc", "add", "0470 12 34 56", "--by", "an"], 0, &["no campaign calls it"]);
    says(folder, &["dnc", "add", "12"], 2, &["not a telephone number", "02 713 87 00"]);
    says(folder, &["dnc", "remove", "+32 9 123 45 67"], 2, &["is not on the do-not-call list"]);
    fs::write(folder.join("never.csv"), "number\n09 123 45 67\n+32470123456\n").unwrap();
    let import = ["dnc", "import", "never.csv", "--by", "register"];
    says(folder, &import, 0, &["1 put on the do-not-call list; 1 were on it already"]);
    fs::write(folder.join("bad.csv"), "number\n09 123 45 68\n12\n").unwrap();
    says(folder, &["dnc", "import", "bad.csv"], 2, &["bad.csv:3:1", "nothing is done"]);

    drop(daemon);
    let erase = ["erase", "0470123456", "--yes"];
    says(folder, &erase, 0, &["1 contact"]);
    let _daemon = Daemon::start(folder);
    let list = says(folder, &["dnc"], 0, &["(erased)", "+3291234567", "register"]);
    assert!(list.lines().count() == 3 && !list.contains("470123456"), "{list}");
    let csv = says(folder, &["dnc", "list", "--csv"], 0, &["number,since,by"]);
    let (_, json) = run(folder, &["dnc", "--json"]);
    assert_eq!(json, run(folder, &["dnc", "list", "--json"]).1);
    assert_eq!(serde_json::from_str::<Vec<serde_json::Value>>(&json).unwrap().len(), 2);
    fs::write(folder.join("some.csv"), "id,numbers\na,0470 12 34 56\nb,09 111 22 33\n").unwrap();
    let some = ["campaign", "open", "reservelijst", "--list", "some.csv"];
    says(folder, &some, 0, &["1 of 2 are on the do-not-call list"]);
    assert!(!csv.contains("erased"), "{csv}");
    says(folder, &["dnc", "add", "0470 12 34 56"], 0, &[]);
    assert_eq!(run(folder, &["dnc"]).1.lines().count(), 3, "it is on the list all the same");
    says(folder, &["dnc", "remove", "0470123456"], 0, &["not on the do-not-call list any more"]);
    assert_eq!(run(folder, &["dnc"]).1.lines().count(), 2);
}

#[test]
fn f3_what_departments_lack_is_reported_beside_the_host() {
    let place = place();
    let folder = place.path();
    let daemon = Daemon::start(folder);
    let open = |name: &'static str, date: &'static str| {
        let field = ["--field", "department=geriatrie", "--field", date];
        says(
            folder,
            &[&["campaign", "open", "open-dienst", "--name", name][..], &field].concat(),
            0,
            &[],
        );
    };
    open("eerste", "date=2026-11-23");
    open("tweede", "date=2026-11-23");
    open("derde", "date=2026-12-01");
    drop(daemon);
    let months = says(folder, &["report", "--shifts"], 0, &["median_to_fill_s", "pool"]);
    let lines: Vec<Vec<&str>> =
        months.lines().map(|line| line.split_whitespace().collect()).collect();
    assert_eq!(lines[1][..7], ["geriatrie", "2026-11", "2", "0", "0.0%", "-", "-"]);
    assert_eq!(lines[2][..4], ["geriatrie", "2026-12", "1", "0"]);
    says(
        folder,
        &["report", "--shifts", "--since", "2026-12-01", "--csv"],
        0,
        &["\ngeriatrie,2026-12,1,0,0.0%,,,0,"],
    );
    says(
        folder,
        &["report", "--shifts", "--json"],
        0,
        &["\"month\": \"2026-11\"", "\"median_to_fill_s\": null"],
    );
    says(folder, &["report", "--shifts", "people"], 0, &["person", "accepted", "not_reached"]);
    says(folder, &["report", "--shifts", "--by", "day"], 2, &["cannot be used with"]);
    says(folder, &["report", "--json"], 2, &["--shifts"]);
}

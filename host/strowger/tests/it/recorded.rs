//! Records, replay and erasure, beside a host that runs.

use crate::common::run;
use chrono::DateTime;
use std::{fs, path::Path, time::Duration};
use strowger_exchange::Clock;
use strowger_journal::{Change, Entry, NumberedStep, Options, Store, encode_step};
use strowger_model::{CallId, CallRecord};
use strowger_sim::{Caller, SimConfig};
use strowger_store_sqlite::Sqlite;
use strowger_test_support::plugin_wasm;
use strowger_tests::{Folder, Host, PATIENCE};

const SITE: &str = "time_zone = \"Europe/Brussels\"\ncountry = \"BE\"\nlanguage = \"nl-BE\"\n[queues.desk]\n[music]\ndefault = \"default\"\n";
const RECEPTION: &str = r#"
plugin = "reception"
numbers = ["100"]
[permissions]
queues = ["desk"]
[settings]
greeting = "Druk 1 voor de balie."
sorry = "Niemand kan u nu helpen."
digit_within = 1
otherwise = { queue = "desk" }
"#;

/// Another plugin of the same name: one that finishes abandoned calls otherwise.
fn altered() -> Vec<u8> {
    let mut wasm = plugin_wasm("reception");
    let at = wasm.windows(9).position(|window| window == b"abandoned").unwrap();
    wasm[at..at + 9].copy_from_slice(b"abandonee");
    wasm
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_recorded_is_shown_replayed_and_erased() {
    let folder = Folder::new(SITE)
        .unwrap()
        .plugin("reception")
        .unwrap()
        .flow("reception", RECEPTION)
        .unwrap();
    let root = folder.flows().parent().unwrap().to_owned();
    fs::create_dir(root.join("state")).unwrap();
    fs::write(root.join("strowger.toml"), "").unwrap();
    let store =
        Store::open(&Sqlite::at(root.join("state/strowger.db")), Options::default()).unwrap();
    let host = Host::start_on(&folder, Clock::system(), Some(store.clone())).unwrap();
    let sim = host.sim(SimConfig::default());
    let caller = |last: u8, leaves| Caller {
        from: Some(format!("+3247000000{last}")),
        to: "100".into(),
        leaves: Some(Duration::from_millis(leaves)),
        ..Caller::default()
    };
    sim.call(caller(1, 300));
    sim.call(caller(2, 300));
    let records = host.records(2, PATIENCE).await.unwrap();
    assert!(store.flush(PATIENCE));
    let call_of = |caller: &str| {
        records
            .iter()
            .find(|record| record.caller.as_deref() == Some(caller))
            .unwrap()
            .call
            .to_string()
    };
    let (one, two) = (call_of("+32470000001"), call_of("+32470000002"));
    let run = |args: &[&str]| run(&root, args);

    records_are_listed(&run, &one, &two);
    let (_, table) = run(&["records"]);
    let arrived = DateTime::from_timestamp_millis(records[0].arrived.0 as i64).unwrap();
    let here = arrived.with_timezone(&chrono_tz::Europe::Brussels).format("%Y-%m-%d %H:%M:%S");
    assert!(table.contains(&here.to_string()), "by the clock of the site: {here}\n{table}");
    let (_, figures) = run(&["report", "--by", "hour"]);
    let hour = here.to_string()[11..13].to_owned();
    assert!(figures.lines().any(|line| line.starts_with(&hour)), "{hour}\n{figures}");
    reports_count_them(&run, &root);
    steps_are_replayed(&run, &root, &store, &one);
    a_number_is_erased(&run, &one);
    many(&store, &records[0], &two, &run);
}

fn records_are_listed(run: &dyn Fn(&[&str]) -> (i32, String), one: &str, two: &str) {
    let (code, table) = run(&["records", "--since", "1h"]);
    assert_eq!(code, 0, "{table}");
    assert_eq!(table.lines().count(), 3, "{table}");
    assert!(
        table.contains(one) && table.contains("abandoned") && table.starts_with("call "),
        "{table}"
    );
    let (_, lines) = run(&["records", "--json", "--caller", "+32470000002"]);
    assert_eq!(serde_json::from_str::<CallRecord>(&lines).unwrap().call.to_string(), two);
    let (_, csv) = run(&["records", "--csv", "--flow", "nobody"]);
    assert_eq!(csv.lines().collect::<Vec<_>>().len(), 1, "{csv}");
}

fn reports_count_them(run: &dyn Fn(&[&str]) -> (i32, String), root: &Path) {
    let (code, figures) = run(&["report", "--since", "1h", "--by", "outcome"]);
    let rows: Vec<Vec<&str>> =
        figures.lines().map(|line| line.split_whitespace().collect()).collect();
    assert_eq!(
        (code, &rows[0][..4]),
        (0, &["outcome", "offered", "answered", "overflowed"][..]),
        "{figures}"
    );
    assert_eq!(
        (&rows[1][..2], &rows[2][..2], rows[2][6]),
        (&["abandoned", "2"][..], &["all", "2"][..], "0.0%"),
        "{figures}"
    );
    fs::write(root.join("sent.csv"), "day,invitations\n2026-01-01,30\n").unwrap();
    let (code, figures) =
        run(&["report", "--by", "day", "--against", "sent.csv", "--one-in", "10"]);
    let all: Vec<&str> = figures.lines().last().unwrap().split_whitespace().collect();
    assert_eq!(
        (code, &all[..2], &all[all.len() - 3..]),
        (0, &["all", "2"][..], &["30", "3", "15.0"][..]),
        "{figures}"
    );
    let (code, said) = run(&["report", "--against", "sent.csv"]);
    assert!(code == 2 && said.contains("--by day"), "{said}");
    let (_, csv) = run(&["report", "--tag", "repeat", "--csv"]);
    assert_eq!(csv.lines().count(), 1, "{csv}");
    let (code, _) = run(&["report", "--by", "note:"]);
    assert_eq!(code, 2, "a note has a key");
}

fn steps_are_replayed(
    run: &dyn Fn(&[&str]) -> (i32, String),
    root: &Path,
    store: &Store,
    one: &str,
) {
    let (code, said) = run(&["replay", one]);
    assert_eq!((code, said.contains("the same orders in all of its")), (0, true), "{said}");
    let (code, said) = run(&["replay", "--since", "1h"]);
    assert_eq!((code, said.contains("same orders             2")), (0, true), "{said}");

    // A plugin that was altered is found out at the step where it matters.
    fs::write(root.join("new.wasm"), altered()).unwrap();
    let (code, said) = run(&["replay", one, "--plugin", "new.wasm"]);
    assert_eq!(code, 1, "{said}");
    let steps = store.steps(one.parse().unwrap()).unwrap();
    let last = steps.last().unwrap();
    assert!(
        said.contains(&format!("differs in step {} of {}", last.number + 1, steps.len())),
        "{said}"
    );
    assert!(
        said.contains("  event {\"hung-up\"")
            && said.contains("- #4 {\"finish\":{\"outcome\":\"abandoned\"}}"),
        "{said}"
    );
    assert!(said.contains("+ #4 {\"finish\":{\"outcome\":\"abandonee\"}}"), "{said}");
    let (code, said) = run(&["replay", "--since", "1h", "--plugin", "new.wasm"]);
    assert_eq!((code, said.contains("differ                  2")), (1, true), "{said}");
}

fn a_number_is_erased(run: &dyn Fn(&[&str]) -> (i32, String), one: &str) {
    for part in ["", "+32", "+3247", "101", "470 00", "nobody"] {
        let (code, said) = run(&["erase", part, "--yes"]);
        assert_eq!((code, said.contains("write a whole number")), (2, true), "{part:?}: {said}");
    }
    let (code, said) = run(&["erase", "0470 00 00 09", "--yes"]);
    assert_eq!(
        (code, said.contains("nothing in the journal says +32470000009")),
        (1, true),
        "{said}"
    );
    let (code, said) = run(&["erase", "0470 00 00 01"]);
    assert_eq!((code, said.contains("add --yes")), (2, true), "{said}");
    assert!(said.contains("+32470000001 would be erased: 1 record made anonymous"), "{said}");
    let (_, table) = run(&["records", "--caller", "0470/00.00.01"]);
    assert!(table.contains(one), "nothing is erased yet: {table}");
    let (code, said) = run(&["erase", "0470 00 00 01", "--yes"]);
    assert_eq!((code, said.contains("erased: 1 record made anonymous")), (0, true), "{said}");
    let (code, said) = run(&["replay", one]);
    assert_eq!((code, said.contains("no steps of it are kept")), (1, true), "{said}");
    let (_, table) = run(&["records"]);
    assert!(
        table.contains(one) && !table.contains("+32470000001") && table.contains("+32470000002"),
        "{table}"
    );
    let (code, said) = run(&["replay", "038g0xwfyg0"]);
    assert_eq!((code, said.contains("not a call id")), (2, true), "{said}");
}

/// Replay is quick enough for the calls of a week: prints how quick.
fn many(store: &Store, record: &CallRecord, call: &str, run: &dyn Fn(&[&str]) -> (i32, String)) {
    let copies = std::env::var("STROWGER_REPLAYED")
        .ok()
        .and_then(|copies| copies.parse().ok())
        .unwrap_or(500);
    let steps = store.steps(call.parse().unwrap()).unwrap();
    let mut last = None;
    for _ in 0..copies {
        let copy = CallId::next(record.arrived.0 + 60_000, last);
        last = Some(copy);
        let step = |numbered: &NumberedStep| Change::Step {
            call: copy,
            number: numbered.number,
            body: encode_step(&numbered.step),
        };
        let mut changes: Vec<Change> = steps.iter().map(step).collect();
        changes.push(Change::Closed(Box::new(CallRecord { call: copy, ..record.clone() })));
        store.submit(Entry { changes, release: None });
    }
    assert!(store.flush(PATIENCE));
    let (code, said) = run(&["replay", "--since", "1h"]);
    println!("{said}");
    // The one whose steps were erased cannot be replayed.
    assert_eq!(
        (code, said.contains(&format!("same orders             {}", copies + 1))),
        (1, true),
        "{said}"
    );
}

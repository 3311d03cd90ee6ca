//! `strowger mails` and `strowger cases`, beside a host that has the journal.

use crate::common::run;
use std::{fs, path::Path, time::Duration};
use strowger_journal::{CaseQuery, Change, Entry, Options, Store, encode_step};
use strowger_model::{
    CallId, Case, Event, Mail, MailState, StepRecord, Timestamp, command::Field, mail::MailTry,
};
use strowger_store_sqlite::Sqlite;
use strowger_tests::{Folder, PATIENCE};

const SITE: &str = "time_zone = \"Europe/Brussels\"\ncountry = \"BE\"\nlanguage = \"nl-BE\"\n[queues.desk]\n\
     [cases.complaint]\ndays = 30\noutcomes = [\"founded\", \"partly\", \"unfounded\"]\n\
     [cases.call-back]\nhours = 24\n";
const FLOW: &str = r#"
plugin = "reception"
numbers = ["100"]
[permissions]
queues = ["desk"]
[settings]
greeting = "Druk 1 voor de balie."
sorry = "Niemand kan u nu helpen."
otherwise = { queue = "desk" }
"#;

fn now() -> Timestamp {
    (Options::default().clock)()
}

/// A journal with two mails and an escalation that is overdue.
fn journal(root: &Path) -> (Store, CallId) {
    fs::create_dir(root.join("state")).unwrap();
    fs::write(root.join("strowger.toml"), "").unwrap();
    let store =
        Store::open(&Sqlite::at(root.join("state/strowger.db")), Options::default()).unwrap();
    let (now, call) = (now(), CallId::next(now().0, None));
    let mail = |id: &str| Mail {
        id: id.into(),
        call,
        flow: "reception".into(),
        template: "callback".into(),
        to: "desk@stad.be".into(),
        subject: "Secret".into(),
        text: "Secret".into(),
        ordered: now,
    };
    let tried = |id: &str, state, error: Option<&str>| {
        Change::MailTry(Box::new(MailTry {
            id: id.into(),
            state,
            tries: 3,
            at: now,
            next: now,
            error: error.map(Into::into),
        }))
    };
    let step = StepRecord {
        at: now,
        on: None,
        event: Event::Resumed { gap: Duration::ZERO },
        reads: Vec::new(),
        orders: Vec::new(),
        fault: None,
    };
    let case = Case {
        id: "one-1-0".into(),
        kind: "escalation".into(),
        call: Some(call),
        flow: "reception".into(),
        opened: Timestamp(now.0 - 20),
        due: Timestamp(now.0 - 10),
        by_day: true,
        fields: vec![Field { key: "question".into(), value: "Mag, mijn zoon mee?".into() }],
        closed: None,
    };
    let changes = vec![
        Change::Mail(Box::new(mail("m-waits"))),
        tried("m-waits", MailState::Waiting, Some("451 later")),
        Change::Mail(Box::new(mail("m-sent"))),
        tried("m-sent", MailState::Sent, None),
        Change::Case(Box::new(case)),
        Change::Step { call, number: 0, body: encode_step(&step) },
    ];
    store.submit(Entry { changes, release: None });
    assert!(store.flush(PATIENCE));
    (store, call)
}

#[test]
fn outbox_and_cases_are_for_people_to_see_and_to_settle() {
    let folder =
        Folder::new(SITE).unwrap().plugin("reception").unwrap().flow("reception", FLOW).unwrap();
    let root = folder.flows().parent().unwrap().to_owned();
    let (store, call) = journal(&root);
    let call = call.to_string();
    let run = |args: &[&str]| run(&root, args);

    mails_are_listed(&run);
    let complaint = a_complaint_is_settled(&run, &call);
    only_kinds_that_the_site_knows_are_taken(&run);
    cases_are_exported_by_quarter(&run, &store, &complaint);

    // No record is there, so only what belongs to no call counts.
    let (code, csv) = run(&["report", "--csv"]);
    assert!(csv.starts_with("flow,") && csv.contains(",call-back,complaint,escalation,late\n"));
    let row = "reception,0,0,0,0,0,,,0.0,0.0,0.0,0.0,0.0,0,1,0,0,0";
    assert!(code == 0 && csv.lines().any(|line| line == row) && csv.lines().count() == 2, "{csv}");
}

fn mails_are_listed(run: &dyn Fn(&[&str]) -> (i32, String)) {
    let (code, said) = run(&["mails"]);
    assert!(
        code == 0
            && said.contains("m-waits")
            && said.contains("451 later")
            && said.contains("desk@stad.be"),
        "{said}"
    );
    assert!(!said.contains("m-sent") && !said.contains("Secret"), "{said}");
    assert!(run(&["mails", "--all"]).1.contains("m-sent"));
}

/// Gives the id of the complaint.
fn a_complaint_is_settled(run: &dyn Fn(&[&str]) -> (i32, String), call: &str) -> String {
    let (code, said) = run(&["cases"]);
    assert!(code == 0 && said.contains("OVERDUE") && said.contains(call), "{said}");
    let (code, said) = run(&[
        "cases",
        "add",
        "complaint",
        "--flow",
        "reception",
        "--field",
        "what=Wachttijd",
        "--call",
        call,
    ]);
    assert!(code == 0 && said.contains("has to be answered by"), "{said}");
    let id = said.split(' ').next().unwrap().to_owned();
    assert_eq!(
        run(&[
            "cases",
            "note",
            &id,
            "--field",
            "what=Lange wachttijd",
            "--field",
            "investigation=Piekuur"
        ])
        .0,
        0
    );
    assert_eq!(
        run(&["cases", "close", &id, "--outcome", "answered"]).0,
        2,
        "not how a complaint ends"
    );
    assert_eq!(run(&["cases", "close", &id, "--outcome", "partly"]).0, 0);
    let (code, said) = run(&["cases", "close", &id, "--outcome", "founded"]);
    assert!(code == 2 && said.contains("closed already: partly"), "{said}");
    let (code, said) = run(&["cases", "note", &id, "--field", "policy=yes"]);
    assert!(code == 2 && said.contains("closed already"), "{said}");
    let (code, said) = run(&["cases", "close", "nobody", "--outcome", "founded"]);
    assert!(code == 2 && said.contains("no case"), "{said}");
    assert!(!run(&["cases"]).1.contains(&id) && run(&["cases", "--all"]).1.contains(&id));
    id
}

fn only_kinds_that_the_site_knows_are_taken(run: &dyn Fn(&[&str]) -> (i32, String)) {
    assert_eq!(run(&["cases", "add", "complaint", "--flow", "nobody"]).0, 2);
    let (code, said) = run(&["cases", "add", "praise", "--flow", "reception"]);
    assert!(code == 2 && said.contains("\"praise\", only call-back, complaint"), "{said}");
    let (code, said) = run(&[
        "cases",
        "add",
        "call-back",
        "--flow",
        "reception",
        "--field",
        "number=+32470000001",
    ]);
    assert!(
        code == 0
            && said.trim_end().ends_with(|last: char| last.is_ascii_digit())
            && said.contains(':'),
        "to the minute: {said}"
    );
}

fn cases_are_exported_by_quarter(run: &dyn Fn(&[&str]) -> (i32, String), store: &Store, id: &str) {
    let complaint =
        store.cases(&CaseQuery::default()).unwrap().into_iter().find(|case| case.id == id).unwrap();
    let days = (complaint.due.0 - complaint.opened.0) / (24 * 60 * 60 * 1000);
    assert_eq!(days, 30, "as the site file says, to the end of the day");
    // Quarters are those of the machine's own clock.
    let date = chrono::DateTime::from_timestamp_millis(complaint.opened.0 as i64)
        .unwrap()
        .with_timezone(&chrono::Local);
    let quarter = format!(
        "{}Q{}",
        date.format("%Y"),
        date.format("%m").to_string().parse::<u32>().unwrap().div_ceil(3)
    );
    let (code, csv) = run(&["cases", "export", "--quarter", &quarter]);
    assert!(
        code == 0 && csv.starts_with("case,kind,opened,due,state,outcome,closed,flow,call,question,what,investigation,number\n"),
        "{csv}"
    );
    assert!(
        csv.contains(",\"Mag, mijn zoon mee?\",,,\n")
            && csv.contains(",partly,")
            && csv.contains(",,Lange wachttijd,Piekuur,\n"),
        "{csv}"
    );
    assert_eq!(run(&["cases", "export", "--quarter", "2026"]).0, 2);
}

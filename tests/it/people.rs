//! Contacts, rosters and earlier calls, from the files of a site and from a scenario to a flow that
//! asks.

use std::{
    path::Path,
    sync::{Arc, Mutex},
    time::Duration,
};
use strowger_exchange::{CallRecord, Clock};
use strowger_journal::{Erase, Options};
use strowger_model::{Timestamp, number::Notations};
use strowger_scenario::{How, Scenario};
use strowger_sim::{Caller, Phone, SimConfig};
use strowger_tests::{Folder, Host, PATIENCE, open_journal};

const SITE: &str = r#"
time_zone = "Europe/Brussels"
country = "BE"
language = "nl-BE"
contacts = ["contacts.csv"]

[rosters.nachtwacht]
file = "rosters/nachtwacht.csv"

[agents.griet]
endpoints = [{ address = "PJSIP/griet" }]
"#;

const FLOW: &str = r#"
plugin = "plugboard"
numbers = ["100"]
[settings.on]
arrived = ["ask who contact +32470123456", "ask duty on-duty nachtwacht", "ask before history +32470123456 30", "finish asked"]
"#;

const CONTACTS: &str = "id,kind,name,numbers,responsible\nz1,caregiver,An,0470 12 34 56,griet\n";
const ROSTER: &str = "from,until,target\n2026-11-23 22:00,2026-11-24 06:00,agent:griet\n2026-11-23 22:00,2026-11-24 06:00,+32470000009\n";

fn folder() -> Folder {
    let folder =
        Folder::new(SITE).unwrap().plugin("plugboard").unwrap().flow("asks", FLOW).unwrap();
    folder.write("contacts.csv", CONTACTS).unwrap();
    folder.write("rosters/nachtwacht.csv", ROSTER).unwrap();
    folder
}

fn note<'a>(record: &'a CallRecord, key: &str) -> &'a str {
    record.notes.iter().find(|note| note.key == key).map_or("nothing", |note| note.value.as_str())
}

/// 23 November 2026, 22:30 in Brussels.
const NIGHT: Timestamp = Timestamp(1_795_469_400_000);

#[tokio::test(start_paused = true)]
async fn p3_p7_a_flow_learns_who_calls_and_who_is_on_duty() {
    let folder = folder();
    let host = Host::start(&folder, Clock::simulated(NIGHT)).unwrap();
    let sim = host.sim(SimConfig::default());
    let call = || {
        sim.call(Caller {
            from: Some("+32470123456".into()),
            to: "100".into(),
            ..Caller::default()
        })
    };
    call();
    let records = host.records(1, PATIENCE).await.unwrap();
    assert_eq!(note(&records[0], "who"), "caregiver griet");
    assert_eq!(note(&records[0], "duty"), "griet,+32470000009");

    // Changed files are a new snapshot of the site, checked as a whole.
    folder
        .write("contacts.csv", &CONTACTS.replace("caregiver", "patient").replace("griet", "nobody"))
        .unwrap();
    let report = host.catalogue.reload();
    assert!(report.to_string().contains("contacts.csv:2:1"), "{report}");
    folder.write("contacts.csv", &CONTACTS.replace("caregiver", "patient")).unwrap();
    folder.write("rosters/nachtwacht.csv", &ROSTER.replace("22:00", "23:00")).unwrap();
    assert!(host.catalogue.reload().site_changed);
    call();
    let records = host.records(2, PATIENCE).await.unwrap();
    assert_eq!((note(&records[1], "who"), note(&records[1], "duty")), ("patient griet", ""));
    assert_eq!(
        (note(&records[0], "before"), note(&records[1], "before")),
        ("", "asks:asked"),
        "K3: the second call is a repeat caller's"
    );
}

const TRUNKS: &str = r#"
[lines.inside]
numbers = "as-is"
"#;

const TOWN: &str = r#"
plugin = "plugboard"
numbers = ["09 200 03 XX", "92000499"]
[permissions]
dial = ["0470 00 00 09"]
[settings.on]
arrived = ["ask who contact +32470123456", "1 dial phone +32470000009"]
"1 ringing" = ["finish served"]
"#;

#[tokio::test(start_paused = true)]
async fn numbers_are_the_same_however_a_trunk_writes_them() {
    let folder = Folder::new(&(SITE.to_owned() + TRUNKS)).unwrap();
    let folder = folder.plugin("plugboard").unwrap().flow("town", TOWN).unwrap();
    folder.write("contacts.csv", CONTACTS).unwrap();
    folder.write("rosters/nachtwacht.csv", ROSTER).unwrap();
    let host = Host::start(&folder, Clock::simulated(NIGHT)).unwrap();
    let shown: Arc<Mutex<Vec<Option<String>>>> = Arc::default();
    let phones = shown.clone();
    let observer = move |_: Duration, seen: &strowger_sim::Observed| {
        if let strowger_sim::Observed::RingStarted { caller_id, .. } = seen {
            phones.lock().unwrap().push(caller_id.clone());
        }
    };
    let outside = Phone::answers(Duration::from_secs(3));
    let config = SimConfig { observer: Some(Arc::new(observer)), outside, ..SimConfig::default() };
    let sim = host.sim(config);
    let call = |from: &str, to: &str, line: Option<&str>| {
        sim.call(Caller {
            from: Some(from.into()),
            to: to.into(),
            line: line.map(str::to_owned),
            ..Caller::default()
        })
    };
    let ways = [
        ("0470123456", "092000300"),
        ("32470123456", "3292000300"),
        ("0032470123456", "003292000300"),
        ("470123456", "92000300"),
        ("+32470123456", "+3292000300"),
    ];
    for (from, to) in ways {
        call(from, to, Some("provincial"));
    }
    let records = host.records(ways.len(), PATIENCE).await.unwrap();
    for record in &records {
        assert_eq!(
            (record.caller.as_deref(), record.dialled.as_str(), record.outcome.as_str()),
            (Some("+32470123456"), "+3292000300", "served")
        );
    }
    let own = Some("+3292000300".to_owned());
    assert_eq!(*shown.lock().unwrap(), [(); 5].map(|()| own.clone()), "the flow's own number");

    // What looks like a number on a line of the PBX's own is none.
    call("92000301", "92000499", Some("inside"));
    let records = host.records(ways.len() + 1, PATIENCE).await.unwrap();
    let last = records.last().unwrap();
    assert_eq!((last.caller.as_deref(), last.dialled.as_str()), (Some("92000301"), "92000499"));
}

#[tokio::test(flavor = "multi_thread")]
async fn k3_repeat_callers_are_known_to_the_next_host_too() {
    let folder = folder();
    let digits = vec!["32470123456".to_owned()];
    let number = Notations { whole: digits.clone(), within: digits };
    for (nth, before) in ["", "asks:asked", "asks:asked,asks:asked", ""].into_iter().enumerate() {
        let store = open_journal(&folder, Options::default()).unwrap();
        if before.is_empty() && nth > 0 {
            store.erase(&Erase::Number(number.clone())).unwrap();
        }
        let host = Host::start_on(&folder, Clock::system(), Some(store.clone())).unwrap();
        let sim = host.sim(SimConfig::default());
        // As a trunk of the country may tell it.
        sim.call(Caller {
            from: Some("0470 12 34 56".into()),
            to: "100".into(),
            ..Caller::default()
        });
        let records = host.records(1, PATIENCE).await.unwrap();
        assert_eq!(note(&records[0], "before"), before, "call {nth}");
        assert!(store.flush(PATIENCE));
    }
}

#[test]
fn a_scenario_has_the_people_of_the_site_or_its_own() {
    let folder = folder();
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let host = runtime.block_on(async { Host::start(&folder, Clock::system()) }).unwrap();
    let flow = host.catalogue.current().flows["asks"].clone();
    let play = |text: &str| {
        let scenario = Scenario::parse(Path::new("s.toml"), text).unwrap();
        let report = strowger_scenario::run(
            &scenario,
            &flow,
            &host.catalogue.current(),
            &host.catalogue.config().engine,
            How::TEST,
        );
        assert!(report.is_good(), "{report}");
    };
    play(
        "name = \"the site's\"\nat = \"2026-11-24 05:59\"\n[[call]]\n\
         notes = { who = \"caregiver griet\", duty = \"griet,+32470000009\" }\n\
         [[call]]\nat = 60\nnotes = { duty = \"\" }\n",
    );
    play(
        "name = \"its own\"\nat = \"2026-11-24 10:00\"\n[agents.els]\n\
         [[contact]]\nkind = \"patient\"\nnumbers = [\"0470 12 34 56\"]\nresponsible = [\"els\"]\n\
         [[on_duty]]\nroster = \"nachtwacht\"\ntarget = \"agent:els\"\nuntil = \"2026-11-24 10:01\"\n\
         [[on_duty]]\nroster = \"nachtwacht\"\ntarget = \"101\"\n\
         [[earlier]]\nnumber = \"0470 12 34 56\"\ndays_ago = 29\nflow = \"old\"\n\
         [[earlier]]\nnumber = \"+32470123456\"\ndays_ago = 31\n\
         [[call]]\nfrom = \"+32470123456\"\nnotes = { who = \"patient els\", duty = \"els,101\", before = \"old:answered\" }\n\
         [[call]]\nat = 60\nnotes = { duty = \"101\", before = \"asks:asked,old:answered\" }\n",
    );
}

//! The contact centre grows while its calls are up (K1): a clinic is one entry of settings.

use std::time::Duration;
use strowger_exchange::{CallRecord, Clock};
use strowger_model::Timestamp;
use strowger_pbx::port::Address;
use strowger_sim::{Caller, Phone, SimConfig, Then};
use strowger_tests::{Folder, Host, PATIENCE};

const SITE: &str = r#"
time_zone = "Europe/Brussels"
country = "BE"
language = "nl-BE"
[music]
wachtmuziek = "default"
[queues.klantcontact]
agents = ["eva"]
ring_time = 600
[queues.poli-hart]
[agents.eva]
endpoints = [{ address = "PJSIP/eva" }]
logged_in = true
"#;

/// The settings of the plugin's example, which has cardiology and dermatology, in a flow file.
fn flow(clinics: &str) -> String {
    let example = include_str!("../../plugins/contact-centre/settings.example.toml");
    let settings = example
        .replace("[texts]", "[settings.texts]")
        .replace("[call_back]", "[settings.call_back]")
        .replace("[[clinics]]", "[[settings.clinics]]");
    format!(
        "plugin = \"contact-centre\"\nnumbers = [\"+32 9 332 01 XX\"]\n[permissions]\nqueues = [\"klantcontact\", \"poli-hart\"]\ndial = [\"+324XXXXXXXX\"]\n\
         [settings]\n{settings}{clinics}"
    )
}

const UROLOGY: &str = r#"
[[settings.clinics]]
number = "+32 9 332 01 16"
name = "de polikliniek Urologie"
tree = "https://vragenboom.azvoorbeeld.example/urologie"
"#;

fn noted<'a>(record: &'a CallRecord, key: &str) -> &'a str {
    record.notes.iter().find(|note| note.key == key).map_or("", |note| note.value.as_str())
}

#[tokio::test(start_paused = true)]
async fn k1_a_clinic_is_added_while_calls_are_up() {
    let folder = Folder::new(SITE)
        .unwrap()
        .plugin("contact-centre")
        .unwrap()
        .flow("centre", &flow(""))
        .unwrap();
    let host = Host::start(&folder, Clock::simulated(Timestamp(1_795_428_000_000))).unwrap();
    let sim = host.sim(SimConfig::default());
    let eva = Address::Endpoint("PJSIP/eva".into());
    sim.phone(eva.clone(), Phone::new(Then::Rings));
    let over = async |number| host.records(number, PATIENCE * 10).await.unwrap();
    let call = |to: &str, leaves: Option<Duration>| {
        sim.call(Caller { to: to.into(), leaves, ..Caller::default() })
    };

    // One caller waits for cardiology, before and after; to another the number of urology is still
    // the hospital's.
    call("+3293320101", Some(Duration::from_secs(90)));
    call("+3293320116", Some(Duration::from_secs(30)));
    let records = over(1).await;
    assert_eq!(
        (noted(&records[0], "clinic"), noted(&records[0], "question-tree")),
        ("het AZ Voorbeeld", "")
    );

    folder.write("centre/flow.toml", &flow(UROLOGY)).unwrap();
    let report = host.catalogue.reload();
    assert!(report.is_good() && report.swapped.len() == 1, "{report}");
    call("+3293320116", Some(Duration::from_secs(30)));
    let records = over(2).await;
    assert_eq!(noted(&records[1], "clinic"), "de polikliniek Urologie");
    assert_eq!(
        noted(&records[1], "question-tree"),
        "https://vragenboom.azvoorbeeld.example/urologie"
    );

    let records = over(3).await;
    assert_eq!(
        (noted(&records[2], "clinic"), records[2].outcome.as_str()),
        ("de polikliniek Cardiologie", "abandoned")
    );
    assert_ne!(records[2].version, records[1].version, "it ended on the version on which it began");
    assert!(records.iter().all(|record| record.faults == 0 && record.refused == 0), "{records:?}");

    // The same number for two clinics is refused, and nothing changes.
    folder.write("centre/flow.toml", &flow(&UROLOGY.replace("16", "01"))).unwrap();
    let report = host.catalogue.reload();
    assert!(report.to_string().contains("two have the number"), "{report}");
    call("+3293320116", Some(Duration::from_secs(30)));
    assert_eq!(noted(&over(4).await[3], "clinic"), "de polikliniek Urologie");
}

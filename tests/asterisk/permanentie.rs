//! Home nursing and the contact centre on a real Asterisk 22, with SIPp's callers and phones; with
//! short times.

use std::time::Duration;
use strowger_testbed::{Caller, Phone, sipp::Answer};
use strowger_tests::{Bed, Folder, PATIENCE};

const fn secs(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

const SITE: &str = r#"
time_zone = "Europe/Brussels"
language = "nl-BE"
country = "BE"
contacts = ["contacts.csv"]
[music]
wachtmuziek = "default"
[schedules.dagpermanentie]
hours = "24/7"
[schedules.kantooruren]
hours = "24/7"
[queues.sd-ovl-q2]
agents = ["a1", "a2"]
strategy = "ring-all"
ring_time = 60
[queues.sd-ovl-q3]
agents = ["a3"]
ring_time = 60
[queues.klantcontact]
agents = ["a1"]
ring_time = 60
[queues.poli-hart]
[agents.a1]
endpoints = [{ address = "PJSIP/a1", ring_time = 60 }]
logged_in = true
[agents.a2]
endpoints = [{ address = "PJSIP/a2" }]
logged_in = true
[agents.a3]
endpoints = [{ address = "PJSIP/a3" }]
logged_in = true
"#;

/// The settings of a plugin's example as those of a flow file.
fn settings(example: &str) -> String {
    let table = |line: &str| match (line.strip_prefix("[["), line.strip_prefix('[')) {
        (Some(name), _) => format!("[[settings.{name}\n"),
        (None, Some(name)) => format!("[settings.{name}\n"),
        (None, None) => format!("{line}\n"),
    };
    "[settings]\n".to_owned() + &example.lines().map(table).collect::<String>()
}

/// P4: who rings goes on ringing while others are added, until somebody answers.
#[tokio::test(flavor = "multi_thread")]
async fn p4_phones_that_ring_go_on_ringing_while_the_next_tier_is_added() {
    let example = settings(include_str!("../../plugins/permanentie/settings.example.toml"));
    let flow = format!(
        "plugin = \"permanentie\"\nnumbers = [\"0900\"]\n[permissions]\nqueues = [\"sd-ovl-q2\", \"sd-ovl-q3\"]\ndial = [\"+32470000299\"]\n{}",
        example.replace("answer_within = 15", "answer_within = 2")
    );
    let folder = Folder::new(SITE)
        .unwrap()
        .plugin("permanentie")
        .unwrap()
        .flow("permanentie", &flow)
        .unwrap();
    folder
        .write(
            "contacts.csv",
            "id,kind,name,numbers,responsible\nz1,zorgverlener,An,+32470000001,a1\n",
        )
        .unwrap();
    let bed = Bed::start(folder).await.unwrap();
    let coordinator = Phone::start(&bed.pbx, 1, &Answer::never()).unwrap();
    let colleague = Phone::start(&bed.pbx, 2, &Answer::never()).unwrap();
    let care_coordinator =
        Phone::start(&bed.pbx, 3, &Answer::after(secs(1)).hang_up_after(secs(4))).unwrap();
    let caller = Caller::to(&bed.pbx, "0900").from("<sip:+32470000001@[local_ip]>").call().unwrap();
    let rung = |phone: &Phone, what: &str| {
        phone.messages().iter().filter(|message| message.line().starts_with(what)).count()
    };

    coordinator.expect("INVITE").unwrap();
    assert_eq!(
        (rung(&colleague, "INVITE"), rung(&care_coordinator, "INVITE")),
        (0, 0),
        "the coordinator is first"
    );
    colleague.expect("INVITE").unwrap();
    assert_eq!(rung(&care_coordinator, "INVITE"), 0);
    care_coordinator.expect("INVITE").unwrap();
    for phone in [&coordinator, &colleague] {
        assert_eq!((rung(phone, "INVITE"), rung(phone, "CANCEL")), (1, 0), "it rings on");
    }
    bed.host().seen("Connected", PATIENCE).await.unwrap();
    coordinator.expect("CANCEL").unwrap();
    colleague.expect("CANCEL").unwrap();
    caller.finished(PATIENCE).unwrap();
    let record = bed.host().records(1, PATIENCE).await.unwrap().remove(0);
    assert_eq!((record.outcome.as_str(), record.agent.unwrap().as_str()), ("answered", "a3"));
    assert_eq!((rung(&coordinator, "INVITE"), rung(&colleague, "INVITE")), (1, 1));
}

/// K5, P8: the caller has hung up, and the agent, who was in the caller's conversation, still hears
/// what is asked.
#[tokio::test(flavor = "multi_thread")]
async fn k5_an_agent_is_asked_when_the_caller_has_hung_up() {
    let example = settings(include_str!("../../plugins/contact-centre/settings.example.toml"));
    let flow = format!(
        "plugin = \"contact-centre\"\nnumbers = [\"0900\"]\n[permissions]\nqueues = [\"klantcontact\", \"poli-hart\"]\n{}",
        example.replace("wrap_up_within = 20", "wrap_up_within = 1")
    );
    let folder =
        Folder::new(SITE).unwrap().plugin("contact-centre").unwrap().flow("centre", &flow).unwrap();
    folder.write("contacts.csv", "id,kind,name,numbers\n").unwrap();
    let bed = Bed::start(folder).await.unwrap();
    let agent = Phone::start(&bed.pbx, 1, &Answer::after(Duration::ZERO)).unwrap();
    let caller = Caller::to(&bed.pbx, "0900").hang_up_after(secs(12)).call().unwrap();
    bed.host().seen("Connected", PATIENCE).await.unwrap();
    caller.finished(PATIENCE).unwrap();
    bed.host().seen("Gathered", PATIENCE).await.unwrap();
    agent.expect("BYE").unwrap();
    let record = bed.host().records(1, PATIENCE).await.unwrap().remove(0);
    assert_eq!(
        (record.outcome.as_str(), &*record.tags),
        ("answered", &["wrap-up-missing".to_owned()][..])
    );
    assert_eq!((record.faults, record.refused), (0, 0));
}

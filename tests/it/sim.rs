//! Calls through the whole host on the sim.

use std::time::Duration;
use strowger_exchange::Clock;
use strowger_model::Timestamp;
use strowger_pbx::port::Address;
use strowger_sim::{Caller, Keys, Phone, SimConfig};
use strowger_tests::{Folder, Host, PATIENCE};

const SITE: &str = r#"
time_zone = "Europe/Brussels"
country = "BE"
language = "nl-BE"

[music]
default = "default"

[queues.desk]
agents = ["anna", "bram"]
ring_time = 15

[agents.anna]
endpoints = [{ address = "PJSIP/a1" }]
logged_in = true

[agents.bram]
endpoints = [{ address = "PJSIP/a2" }]
logged_in = true
"#;

const RECEPTION: &str = r#"
plugin = "reception"
numbers = ["100"]

[permissions]
queues = ["desk"]
dial = ["2XX"]

[settings]
greeting = "Druk 1 voor de balie."
sorry = "Niemand kan u nu helpen."
menu = [{ key = "1", to = { queue = "desk" } }, { key = "2", to = { extension = "200" } }]
otherwise = { queue = "desk" }
"#;

fn caller() -> Caller {
    Caller { from: Some("+32470000001".into()), to: "100".into(), ..Caller::default() }
}

fn press(digits: &str) -> Vec<Keys> {
    vec![Keys { after: Duration::from_secs(2), digits: digits.into() }]
}

#[tokio::test(start_paused = true)]
async fn a_caller_presses_one_and_talks_to_an_agent() {
    let folder = Folder::new(SITE)
        .unwrap()
        .plugin("reception")
        .unwrap()
        .flow("reception", RECEPTION)
        .unwrap();
    let host = Host::start(&folder, Clock::simulated(Timestamp(1_795_000_000_000))).unwrap();
    let sim = host.sim(SimConfig::default());
    sim.phone(
        Address::Endpoint("PJSIP/a1".into()),
        Phone::answers(Duration::from_secs(3)).talking(Duration::from_secs(60)),
    );
    sim.call(Caller { keys: press("1"), ..caller() });
    let records = host.records(1, PATIENCE * 10).await.unwrap();
    eprintln!("{}", host.log.lines().join("\n"));
    assert_eq!(records[0].outcome, "answered");
    assert_eq!(records[0].agent.as_ref().unwrap().as_str(), "anna");
    assert_eq!(records[0].waited.as_secs(), 3);
}

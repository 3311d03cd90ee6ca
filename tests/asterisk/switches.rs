//! Switches on a real Asterisk: in front of a flow that knows nothing of switches (R1), and turned by
//! telephone (R2).

use std::time::Duration;
use strowger_exchange::TurnSwitch;
use strowger_model::{read::AgentStatus, switch::Means};
use strowger_test_support::workspace;
use strowger_testbed::{Caller, Phone, sipp::Answer};
use strowger_tests::{Bed, Folder, PATIENCE, behind_a_switch, helpdesk_site};

const CALLER: u32 = 500;
const AGENT: u32 = 700;
const WAITING: usize = 20;

#[tokio::test(flavor = "multi_thread")]
async fn r1_who_waits_is_redirected_and_who_talks_is_left_alone() {
    let folder = behind_a_switch(2, r#"{ say = "Wij zijn gesloten." }"#).unwrap();
    let bed = Bed::start(folder).await.unwrap();
    let answers = Answer::after(Duration::ZERO).speaking(AGENT);
    let agent = Phone::start(&bed.pbx, 1, &answers).unwrap();
    let rings = Phone::start(&bed.pbx, 2, &Answer::never()).unwrap();
    let talks = Caller::to(&bed.pbx, "0900").speaking(CALLER).hang_up_after(4 * PATIENCE);
    let talks = talks.call().unwrap();
    talks.voice().until_hears(&[AGENT], PATIENCE).unwrap();
    let wait = Caller::to(&bed.pbx, "0900").number(1).calls(WAITING as u32, 20).call().unwrap();
    let exchange = &bed.host().exchange;
    until(|| exchange.queue("helpdesk").unwrap().waiting as usize == WAITING).await;
    rings.expect("INVITE").unwrap();

    exchange.turn_switch(TurnSwitch::to("hap", "Gesloten", Means::Command)).unwrap();
    // The text is said to all of them, and then they are hung up.
    rings.expect("CANCEL").unwrap();
    let gone = |line: &str| {
        let messages = wait.messages();
        messages.iter().filter(|it| !it.sent && it.line().starts_with(line)).count()
    };
    until(|| gone("BYE ") == WAITING).await;
    let records = bed.host().records(WAITING, PATIENCE).await.unwrap();
    assert!(records.iter().all(|record| record.outcome == "announced"), "{records:?}");
    assert!(records.iter().all(|record| record.flow.as_str() == "front"), "{records:?}");
    until(|| exchange.agent_status("a2") == Some(AgentStatus::Free)).await;
    assert_eq!(exchange.queue("helpdesk").unwrap().waiting, 0);

    // The one who talks goes on.
    agent.voice().until_hears(&[CALLER], PATIENCE).unwrap();
    talks.voice().until_hears(&[AGENT], PATIENCE).unwrap();
    assert_eq!(exchange.agent_status("a1"), Some(AgentStatus::Talking));
    agent.hang_up().unwrap();
    let records = bed.host().records(WAITING + 1, PATIENCE).await.unwrap();
    assert_eq!(records.iter().filter(|record| record.outcome == "answered").count(), 1);
}

/// Of 86429753.
const PIN: &str = "$argon2id$v=19$m=19456,t=2,p=1$xe5xgMbWWbQHkQvws1zF6Q$afqsGrNB3QEdkc8MwsjcVQwkpt9xtN2UnX/YUpIxdk4";

#[tokio::test(flavor = "multi_thread")]
async fn r2_at_another_phone_a_switch_is_turned_by_extension_and_pin() {
    let agent = format!("[agents.a1]\nextension = \"101\"\npin = \"{PIN}\"\n");
    let site = helpdesk_site(1, true, true, true).replace("[agents.a1]\n", &agent);
    let switch = "positions = [\"Open\", \"Gesloten\"]\ncode = \"31\"\nturned_by = [\"a1\"]\n";
    let site = format!("{site}[switches.hap]\n{switch}");
    let desk = std::fs::read_to_string(workspace().join("flows/switch-desk/flow.toml")).unwrap();
    let folder = Folder::new(&site).unwrap().plugin("switch-desk").unwrap();
    let bed = Bed::start(folder.flow("switch-desk", &desk).unwrap()).await.unwrap();
    let at = Caller::to(&bed.pbx, "*55*31*2").by_phone(9).speaking(CALLER).call().unwrap();
    // The extension, that the position is right, a wrong PIN, and the right one.
    for (asked, digits) in (1..).zip(["101#", "1", "86429754#", "86429753#"]) {
        bed.host().seen_often("Gather(", asked, PATIENCE).await.unwrap();
        at.voice().key(digits).unwrap();
    }
    at.expect("BYE").unwrap();
    let records = bed.host().records(1, PATIENCE).await.unwrap();
    assert_eq!(records[0].outcome, "turned", "{:?}", bed.host().log.lines());
    let switches = bed.host().exchange.switches();
    assert_eq!(switches[0].state.position, "Gesloten");
    let log = bed.host().log.lines().join("\n");
    assert!(!log.contains("8642975"), "the PIN is in the log");
}

async fn until(happened: impl Fn() -> bool) {
    let waits = async {
        while !happened() {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    tokio::time::timeout(PATIENCE, waits).await.expect("not within its time");
}

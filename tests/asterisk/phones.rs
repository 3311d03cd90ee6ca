//! Phones in calls of their own: Asterisk tells, and they are not rung.

use std::time::Duration;
use strowger_model::read::AgentStatus;
use strowger_testbed::{Caller, Phone, sipp::Answer};
use strowger_tests::{Bed, Folder, HELPDESK, PATIENCE, helpdesk_site};

async fn is(bed: &Bed, agent: &str, status: AgentStatus) {
    let becomes = async {
        while bed.host().exchange.agent_status(agent) != Some(status) {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    let within = tokio::time::timeout(PATIENCE, becomes).await;
    within.unwrap_or_else(|_| panic!("{agent} is {:?}", bed.host().exchange.agent_status(agent)));
}

#[tokio::test(flavor = "multi_thread")]
async fn r6_an_agent_who_talks_without_the_host_is_not_rung() {
    let site = helpdesk_site(2, true, true, true);
    let bed = Bed::start(Folder::helpdesk(&site, HELPDESK).unwrap()).await.unwrap();
    let short = Answer::after(Duration::ZERO).hang_up_after(Duration::from_secs(1));
    let mine = Phone::start(&bed.pbx, 1, &short).unwrap();
    let other = Phone::start(&bed.pbx, 2, &short).unwrap();
    let friend = Phone::start(&bed.pbx, 9, &Answer::after(Duration::ZERO)).unwrap();

    // Outgoing.
    let own = Caller::to(&bed.pbx, "889").by_phone(1).hang_up_after(Duration::from_secs(60));
    let own = own.call().unwrap();
    friend.expect("ACK").unwrap();
    is(&bed, "a1", AgentStatus::Busy).await;
    assert_eq!(bed.host().exchange.queue("helpdesk").unwrap().free, 1);
    let caller = Caller::to(&bed.pbx, "0900").call().unwrap();
    other.expect("INVITE").unwrap();
    caller.expect("BYE").unwrap();
    assert_eq!(bed.host().records(1, PATIENCE).await.unwrap()[0].agent, Some("a2".into()));
    let rung = || mine.messages().iter().any(|message| message.line().starts_with("INVITE"));
    assert!(!rung(), "a second INVITE");

    // Over: the next caller is hers, and she is not taken for busy meanwhile.
    drop(friend);
    bed.pbx.console("channel request hangup all").unwrap();
    own.expect("BYE").unwrap();
    is(&bed, "a1", AgentStatus::Free).await;
    let caller = Caller::to(&bed.pbx, "0900").number(1).call().unwrap();
    mine.expect("INVITE").unwrap();
    caller.expect("BYE").unwrap();
    assert_eq!(bed.host().records(2, PATIENCE).await.unwrap()[1].agent, Some("a1".into()));
    is(&bed, "a1", AgentStatus::Free).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn r6_a_direct_call_to_an_agent_counts_too_unless_the_queue_says_otherwise() {
    let site = helpdesk_site(1, true, true, true);
    let bed = Bed::start(Folder::helpdesk(&site, HELPDESK).unwrap()).await.unwrap();
    let phone = Phone::start(&bed.pbx, 1, &Answer::never()).unwrap();
    let _direct = Caller::to(&bed.pbx, "881").by_phone(5).call().unwrap();
    phone.expect("INVITE").unwrap();
    is(&bed, "a1", AgentStatus::Busy).await;
    let _caller = Caller::to(&bed.pbx, "0900").call().unwrap();
    bed.host().seen("outcome: Queued", PATIENCE).await.unwrap();
    assert_eq!(bed.host().exchange.queue("helpdesk").unwrap().free, 0);
    let rings = |line: &str| line.contains("Command(Dial") || line.contains("Ringing");
    assert!(!bed.host().log.lines().iter().any(|line| rings(line)));
    bed.folder.write("site.toml", &site.replace("cap =", "ring_busy = true\ncap =")).unwrap();
    bed.host().catalogue.reload();
    bed.host().exchange.site_changed();
    phone.expect("INVITE").unwrap();
}

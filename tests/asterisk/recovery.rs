//! Calls outlive their host (docs/architecture.md, "The journal"), on the real Asterisk: nobody
//! notices but for the gap.

use std::time::Duration;
use strowger_model::read::AgentStatus;
use strowger_testbed::{
    Caller, Phone,
    sipp::{Answer, Call},
};
use strowger_tests::{Bed, Folder, HELPDESK, PATIENCE, helpdesk_site};

const fn secs(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

async fn bed(agents: u8) -> Bed {
    let site = helpdesk_site(agents, true, true, true).replace("ring_time = 3", "ring_time = 60");
    let flow = HELPDESK.replace("overflow_after = 6", "overflow_after = 600");
    Bed::start(
        Folder::new(&site)
            .unwrap()
            .plugin("vaccination-helpdesk")
            .unwrap()
            .flow("helpdesk", &flow)
            .unwrap(),
    )
    .await
    .unwrap()
}

fn call(bed: &Bed, number: u8) -> Call {
    Caller::to(&bed.pbx, "0900").number(number).call().unwrap()
}

fn is_cancel(phone: &Phone) -> bool {
    phone.messages().iter().any(|message| message.line().starts_with("CANCEL"))
}

#[tokio::test(flavor = "multi_thread")]
async fn who_talks_goes_on_talking_whose_phone_rings_rings_on_and_who_waits_waits_on() {
    let mut bed = bed(2).await;
    let talking_agent =
        Phone::start(&bed.pbx, 1, &Answer::after(Duration::ZERO).hang_up_after(secs(14))).unwrap();
    let talking = call(&bed, 0);
    bed.host().seen("Connected", PATIENCE).await.unwrap();
    let ringing_agent =
        Phone::start(&bed.pbx, 2, &Answer::after(secs(8)).hang_up_after(secs(1))).unwrap();
    let offered = call(&bed, 1);
    ringing_agent.expect("INVITE").unwrap();
    let waiting = call(&bed, 2);
    bed.host().seen_often("EnterQueue", 3, PATIENCE).await.unwrap();
    let before: Vec<_> = bed.host().exchange.calls();

    for _ in 0..2 {
        bed.stop_host();
        bed.start_host().await.unwrap();
        // The flow of the one who talks is over.
        bed.host().seen_often("Resumed", 2, PATIENCE).await.unwrap();
        assert_eq!(bed.host().exchange.calls(), before);
        assert_eq!(bed.host().exchange.agent_status("a1"), Some(AgentStatus::Talking));
        assert_eq!(bed.host().exchange.agent_status("a2"), Some(AgentStatus::Ringing));
        assert_eq!(bed.host().exchange.queue("helpdesk").unwrap().waiting, 2);
    }
    let records = bed.host().records(3, PATIENCE).await.unwrap();
    for caller in [talking, offered, waiting] {
        caller.finished(PATIENCE).unwrap();
    }
    assert!(records.iter().all(|record| record.outcome == "answered"), "{records:?}");
    let invites = |phone: &Phone| {
        phone
            .messages()
            .iter()
            .filter(|message| message.line().starts_with("INVITE") && !message.sent)
            .count()
    };
    assert!(!is_cancel(&ringing_agent) && !is_cancel(&talking_agent), "no phone was stopped");
    assert_eq!(
        invites(&talking_agent) + invites(&ringing_agent),
        3,
        "nobody was rung twice for a caller"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_pbx_that_loses_everybody_while_there_is_no_host_leaves_closed_records() {
    let mut bed = bed(1).await;
    let leaves = Caller::to(&bed.pbx, "0900").hang_up_after(secs(4)).call().unwrap();
    bed.host().seen("EnterQueue", PATIENCE).await.unwrap();
    bed.stop_host();
    leaves.finished(PATIENCE).unwrap();
    bed.start_host().await.unwrap();
    let records = bed.host().records(1, PATIENCE).await.unwrap();
    assert_eq!(records[0].outcome, "abandoned");
    bed.host().calls_up(0, PATIENCE).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn when_the_pbx_starts_anew_its_calls_are_closed_and_new_ones_served() {
    let mut bed = bed(1).await;
    let lost = [call(&bed, 0), call(&bed, 1)];
    bed.host().seen_often("EnterQueue", 2, PATIENCE).await.unwrap();
    bed.pbx.restart().unwrap();
    let records = bed.host().records(2, PATIENCE).await.unwrap();
    // It was the PBX, and not the callers.
    assert!(records.iter().all(|record| record.outcome == "failed"), "{records:?}");
    drop(lost);
    // Once more, with the host dead too: nobody saw it.
    let lost = call(&bed, 2);
    bed.host().seen_often("EnterQueue", 3, PATIENCE).await.unwrap();
    bed.stop_host();
    bed.pbx.restart().unwrap();
    bed.start_host().await.unwrap();
    assert_eq!(bed.host().records(1, PATIENCE).await.unwrap()[0].outcome, "abandoned");
    drop(lost);
    let agent =
        Phone::start(&bed.pbx, 1, &Answer::after(Duration::ZERO).hang_up_after(secs(1))).unwrap();
    let served = call(&bed, 3);
    agent.expect("INVITE").unwrap();
    served.finished(PATIENCE).unwrap();
    assert_eq!(bed.host().records(2, PATIENCE).await.unwrap()[1].outcome, "answered");
}

//! The vaccination helpdesk on a real Asterisk 22, with SIPp's callers and phones.

use std::time::Duration;
use strowger_exchange::CallRecord;
use strowger_testbed::{Call, Caller, Phone, Shut, sipp::Answer};
use strowger_tests::{Bed, Folder, HELPDESK, PATIENCE, helpdesk_site};

const fn secs(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

fn helpdesk(site: &str) -> Folder {
    Folder::helpdesk(site, HELPDESK).unwrap()
}

/// So many agents, logged in; both helpdesks open.
async fn bed(agents: u8) -> Bed {
    Bed::start(helpdesk(&helpdesk_site(agents, true, true, true))).await.unwrap()
}

fn call(bed: &Bed, caller: u8) -> Call {
    Caller::to(&bed.pbx, "0900")
        .number(caller)
        .from(&format!("<sip:+3247000000{caller}@[local_ip]>"))
        .call()
        .unwrap()
}

async fn record(bed: &Bed) -> CallRecord {
    bed.host().records(1, PATIENCE).await.unwrap().remove(0)
}

/// Seconds at which a text was seen in the log of a call, counted from where that call entered the
/// queue.
fn seconds(bed: &Bed, record: &CallRecord, text: &str) -> Vec<u64> {
    let (call, lines) = (record.call.to_string(), bed.host().log.lines());
    let lines: Vec<_> = lines
        .iter()
        .filter(|line| line.contains(&call))
        .skip_while(|line| !line.contains("EnterQueue"))
        .collect();
    let at = |line: &str| line.split(' ').next().unwrap().parse::<u64>().unwrap();
    lines
        .iter()
        .filter(|line| line.contains(text))
        .map(|line| (at(line) - at(lines[0]) + 500) / 1000)
        .collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn v1_a_free_agent_answers_and_they_talk() {
    let bed = bed(1).await;
    let agent = Phone::start(&bed.pbx, 1, &Answer::after(secs(1)).hang_up_after(secs(2))).unwrap();
    let caller = call(&bed, 0);
    let invite = agent.expect("INVITE").unwrap();
    assert!(invite.header("From").unwrap().contains("+32470000000"), "{}", invite.text);
    caller.expect("BYE").unwrap();
    caller.finished(PATIENCE).unwrap();
    let record = record(&bed).await;
    assert_eq!((record.outcome.as_str(), record.agent.unwrap().as_str()), ("answered", "a1"));
    assert!(record.connected.is_some());
}

#[tokio::test(flavor = "multi_thread")]
async fn v2_v3_all_busy_hears_the_text_again_and_again_and_goes_to_the_central() {
    let bed = bed(1).await;
    let _agent = Phone::start(&bed.pbx, 1, &Answer::after(Duration::ZERO)).unwrap();
    let central = Phone::central(&bed.pbx, &Answer::after(secs(1)).hang_up_after(secs(1))).unwrap();
    let busy = call(&bed, 0);
    bed.host().seen("Connected", PATIENCE).await.unwrap();
    let waiting = call(&bed, 1);
    central.expect("INVITE").unwrap();
    waiting.expect("BYE").unwrap();
    let record = record(&bed).await;
    assert_eq!(record.outcome, "overflow");
    assert!(record.overflowed && record.agent.is_none());
    assert_eq!(
        seconds(&bed, &record, "Command(Play"),
        [0, 2, 4],
        "V2: at once and every 2 s, until the central is rung"
    );
    assert_eq!(seconds(&bed, &record, "Command(Dial"), [6], "V3");
    drop(busy);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_caller_who_hangs_up_while_waiting_is_let_go_and_the_phone_falls_silent() {
    let bed = bed(1).await;
    let agent = Phone::start(&bed.pbx, 1, &Answer::never()).unwrap();
    let caller = Caller::to(&bed.pbx, "0900").hang_up_after(secs(3)).call().unwrap();
    agent.expect("INVITE").unwrap();
    caller.finished(PATIENCE).unwrap();
    agent.expect("CANCEL").unwrap();
    assert_eq!(record(&bed).await.outcome, "abandoned");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_agent_who_does_not_answer_is_followed_by_the_next() {
    for (what, first) in [
        ("does not answer", Some(Answer::never())),
        ("is busy", Some(Answer::busy())),
        ("declines", Some(Answer::decline())),
        ("is unreachable", None),
    ] {
        let bed = bed(2).await;
        let _first = first.map(|answer| Phone::start(&bed.pbx, 1, &answer).unwrap());
        let _second =
            Phone::start(&bed.pbx, 2, &Answer::after(Duration::ZERO).hang_up_after(secs(1)))
                .unwrap();
        let caller = call(&bed, 0);
        caller.finished(PATIENCE).unwrap();
        let record = record(&bed).await;
        assert_eq!(
            (record.outcome.as_str(), record.agent.unwrap().as_str()),
            ("answered", "a2"),
            "the first agent {what}"
        );
    }
}

/// A colleague was first: no missed call. Nobody answers in time: one.
#[tokio::test(flavor = "multi_thread")]
async fn a_phone_that_lost_is_told_that_somebody_else_has_answered() {
    let site = helpdesk_site(3, true, true, true).replace("\"linear\"", "\"ring-all\"");
    let flow = HELPDESK.replace("overflow_after = 6", "overflow_after = 60");
    let folder = helpdesk(&site).flow("vaccination-helpdesk", &flow).unwrap();
    let bed = Bed::start(folder).await.unwrap();
    let reason =
        |phone: &Phone| phone.expect("CANCEL").unwrap().header("Reason").map(str::to_owned);
    let loses = Phone::start(&bed.pbx, 1, &Answer::never()).unwrap();
    let declines = Phone::start(&bed.pbx, 3, &Answer::busy()).unwrap();
    let first = call(&bed, 0);
    assert_eq!(reason(&loses).as_deref(), Some("Q.850;cause=16"), "its time is up");
    drop(declines);
    let wins = Phone::start(&bed.pbx, 2, &Answer::after(Duration::from_millis(500))).unwrap();
    let told = reason(&loses);
    assert!(told.as_deref().is_some_and(|why| why.starts_with("SIP;cause=200")), "{told:?}");
    wins.expect("ACK").unwrap();
    drop(first);
}

#[tokio::test(flavor = "multi_thread")]
async fn two_callers_and_one_agent_are_served_in_order() {
    let bed = bed(1).await;
    let _agent =
        Phone::start(&bed.pbx, 1, &Answer::after(Duration::ZERO).hang_up_after(secs(2))).unwrap();
    let first = call(&bed, 0);
    bed.host().seen("EnterQueue", PATIENCE).await.unwrap();
    let second = call(&bed, 1);
    first.finished(PATIENCE).unwrap();
    second.finished(PATIENCE).unwrap();
    let records = bed.host().records(2, PATIENCE).await.unwrap();
    let callers: Vec<_> = records.iter().map(|record| record.caller.as_deref().unwrap()).collect();
    assert_eq!(callers, ["+32470000000", "+32470000001"]);
    assert!(records.iter().all(|record| record.outcome == "answered"));
    assert!(records[1].connected > records[0].connected);
}

#[tokio::test(flavor = "multi_thread")]
async fn v4_closed_hears_the_closing_text_or_goes_to_the_central() {
    let closed = Bed::start(helpdesk(&helpdesk_site(1, true, false, false))).await.unwrap();
    call(&closed, 0).finished(PATIENCE).unwrap();
    assert_eq!(record(&closed).await.outcome, "closed");
    closed.host().seen("Gesloten.", PATIENCE).await.unwrap();

    let central_open = Bed::start(helpdesk(&helpdesk_site(1, true, false, true))).await.unwrap();
    let central =
        Phone::central(&central_open.pbx, &Answer::after(Duration::ZERO).hang_up_after(secs(1)))
            .unwrap();
    call(&central_open, 0).finished(PATIENCE).unwrap();
    assert!(central.expect("INVITE").unwrap().line().contains("+3227138700"));
    let record = record(&central_open).await;
    assert_eq!(record.outcome, "overflow");
    assert!(!record.overflowed, "nobody waited");
}

#[tokio::test(flavor = "multi_thread")]
async fn v4_nobody_logged_in_goes_where_closed_goes() {
    let bed = Bed::start(helpdesk(&helpdesk_site(1, false, true, false))).await.unwrap();
    call(&bed, 0).finished(PATIENCE).unwrap();
    assert_eq!(record(&bed).await.outcome, "nobody-logged-in");
}

#[tokio::test(flavor = "multi_thread")]
async fn digits_reach_the_flow() {
    let reception = r#"
plugin = "reception"
numbers = ["0901"]
permissions = { queues = ["helpdesk"] }

[settings]
greeting = "Druk 1."
sorry = "Helaas."
menu = [{ key = "1", to = { queue = "helpdesk" } }]
otherwise = { extension = "999" }
"#;
    let site = helpdesk_site(1, true, true, true) + "\n";
    let site = site
        .replace("wachtmuziek = \"default\"", "wachtmuziek = \"default\"\ndefault = \"default\"");
    let folder = Folder::new(&site)
        .unwrap()
        .plugin("reception")
        .unwrap()
        .flow("reception", reception)
        .unwrap();
    let bed = Bed::start(folder).await.unwrap();
    let agent =
        Phone::start(&bed.pbx, 1, &Answer::after(Duration::ZERO).hang_up_after(secs(1))).unwrap();
    let caller = Caller::to(&bed.pbx, "0901").keys(secs(1), "1").call().unwrap();
    agent.expect("INVITE").unwrap();
    caller.finished(PATIENCE).unwrap();
    assert_eq!(record(&bed).await.outcome, "answered");
}

/// R3: agents log in, join, pause and come back by the codes of their desk phones, and calls come
/// accordingly.
#[tokio::test(flavor = "multi_thread")]
async fn r3_agents_log_in_join_and_pause_by_phone_codes() {
    let site = helpdesk_site(2, false, true, false)
        .replace(
            "agents = [\"a1\", \"a2\"]",
            "agents = [\"a2\"]\ncode = \"999\"\nleave_when_empty = false",
        )
        .replace("[agents.a1]\n", "[agents.a1]\nextension = \"101\"\n");
    let desk = std::fs::read_to_string(
        strowger_test_support::workspace().join("flows/agent-desk/flow.toml"),
    )
    .unwrap();
    let folder = helpdesk(&site).plugin("agent-desk").unwrap().flow("agent-desk", &desk).unwrap();
    let bed = Bed::start(folder).await.unwrap();
    let agent =
        Phone::start(&bed.pbx, 1, &Answer::after(Duration::ZERO).hang_up_after(secs(1))).unwrap();
    let codes = [
        ("*1", "101#", "logged-in"),
        ("*48*999", "", "joined"),
        ("*47*1", "", "paused"),
        ("*49", "", "pause-ended"),
    ];
    for (nth, (code, keyed, outcome)) in codes.into_iter().enumerate() {
        let call = Caller::to(&bed.pbx, code).by_phone(1);
        let call = if keyed.is_empty() { call } else { call.keys(secs(2), keyed) }.call().unwrap();
        call.finished(PATIENCE).unwrap();
        let records = bed.host().records(nth + 1, PATIENCE).await.unwrap();
        assert_eq!(
            (records[nth].outcome.as_str(), records[nth].flow.as_str()),
            (outcome, "agent-desk"),
            "{code}"
        );
    }
    let status = bed.host().exchange.agents().remove(0);
    assert_eq!(
        (status.status, status.queues),
        (strowger_model::read::AgentStatus::Free, vec!["helpdesk".into()])
    );
    let caller = call(&bed, 0);
    agent.expect("INVITE").unwrap();
    caller.finished(PATIENCE).unwrap();
    let record = bed.host().records(codes.len() + 1, PATIENCE).await.unwrap().pop().unwrap();
    assert_eq!((record.outcome.as_str(), record.agent.unwrap().as_str()), ("answered", "a1"));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_ari_socket_that_is_cut_for_five_seconds_costs_nobody_the_call() {
    let bed = bed(1).await;
    let agent =
        Phone::start(&bed.pbx, 1, &Answer::after(Duration::ZERO).hang_up_after(secs(8))).unwrap();
    let talking = call(&bed, 0);
    bed.host().seen("Connected", PATIENCE).await.unwrap();
    let waiting = call(&bed, 1);
    let gone = Caller::to(&bed.pbx, "0900").number(2).hang_up_after(secs(4)).call().unwrap();
    bed.host().seen_often("EnterQueue", 3, PATIENCE).await.unwrap();
    bed.gate.shut(Shut::Events);
    // What is waited for is the length of the outage itself.
    tokio::time::sleep(secs(5)).await;
    bed.gate.shut(Shut::Nothing);
    talking.finished(PATIENCE).unwrap();
    waiting.finished(PATIENCE).unwrap();
    gone.finished(PATIENCE).unwrap();
    let records = bed.host().records(3, PATIENCE).await.unwrap();
    let outcome = |caller: &str| {
        records
            .iter()
            .find(|record| record.caller.as_deref() == Some(caller))
            .unwrap()
            .outcome
            .clone()
    };
    assert_eq!(outcome("+32470000000"), "answered");
    assert_eq!(outcome("+32470000001"), "answered");
    drop(agent);
}

#[tokio::test(flavor = "multi_thread")]
async fn r6_when_the_host_is_down_the_pbx_goes_its_own_route() {
    let mut bed = bed(1).await;
    bed.stop_host();
    let central =
        Phone::central(&bed.pbx, &Answer::after(Duration::ZERO).hang_up_after(secs(1))).unwrap();
    call(&bed, 0).finished(PATIENCE).unwrap();
    assert!(central.expect("INVITE").unwrap().line().contains("own-route"));
}

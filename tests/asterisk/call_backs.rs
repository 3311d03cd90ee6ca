//! Those who hang up, keep their place, and are called back (K6), on a real Asterisk.

use std::time::Duration;
use strowger_testbed::{Caller, Phone, sipp::Answer};
use strowger_tests::{Bed, PATIENCE, calls_back};

const CALLER: u32 = 500;
const AGENT: u32 = 700;
const AGAIN: u32 = 900;

const fn secs(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

/// A call-back in its turn; the host is killed while the place is kept. A voice mail that answers
/// first does not get the agent.
#[tokio::test(flavor = "multi_thread")]
async fn k6_who_keys_9_hangs_up_and_is_called_back_though_the_host_was_killed() {
    let mut bed = Bed::start(calls_back(1).unwrap()).await.unwrap();
    let agent = Answer::after(Duration::ZERO).speaking(AGENT).hang_up_after(secs(40));
    let agent = Phone::start(&bed.pbx, 1, &agent).unwrap();
    let first = Caller::to(&bed.pbx, "0900").number(1).call().unwrap();
    bed.host().seen("Connected", PATIENCE).await.unwrap();

    let caller = Caller::to(&bed.pbx, "0900").speaking(CALLER).call().unwrap();
    bed.host().seen_often("EnterQueue", 2, PATIENCE).await.unwrap();
    caller.voice().key("9").unwrap();
    bed.host().seen("Gather(", PATIENCE).await.unwrap();
    caller.voice().key("1").unwrap();
    bed.host().seen("calls_back: Some", PATIENCE).await.unwrap();
    // The host says good-bye, and hangs up.
    caller.finished(PATIENCE).unwrap();
    bed.stop_host();
    let telephone = Phone::central(&bed.pbx, &Answer::after(secs(1)).speaking(AGAIN)).unwrap();
    bed.start_host().await.unwrap();
    bed.host().seen("Resumed", PATIENCE).await.unwrap();
    assert_eq!(bed.host().exchange.queue("helpdesk").unwrap().waiting, 1);

    // The agent has time, and is there before the caller is rung.
    first.finished(secs(60)).unwrap();
    let invite = telephone.expect("INVITE").unwrap();
    assert!(invite.line().contains("+32470123456"), "{}", invite.text);
    telephone.expect("ACK").unwrap();
    assert!(!agent.voice().hears().contains(&AGAIN), "nobody knows yet who has answered");
    telephone.voice().key("1").unwrap();
    telephone.voice().until_hears(&[AGENT], PATIENCE).unwrap();
    agent.voice().until_hears(&[AGAIN], PATIENCE).unwrap();
    agent.hang_up().unwrap();
    telephone.expect("BYE").unwrap();
    let records = bed.host().records(2, PATIENCE).await.unwrap();
    let record = records.iter().find(|record| record.notes.iter().any(|it| it.key == "call-back"));
    let record = record.unwrap_or_else(|| panic!("{records:?}"));
    assert_eq!((record.outcome.as_str(), &record.agent), ("answered", &Some("a1".into())));
    assert!(record.waited > secs(5), "{record:?}");
}

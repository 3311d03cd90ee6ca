//! The connection to the PBX is lost for a while: events are lost, calls live on, and afterwards
//! the host catches up with what the PBX shows.

use super::stage::{Stage, answers, extension, secs};
use strowger_pbx::port::Address;
use strowger_sim::{Caller, Phone, Then};
use tokio::time::sleep;

const QUEUE: &str = r#"
    arrived = ["1 answer"]
    "1 answered" = ["2 enter-queue agent desk", "3 keep-waiting caller default"]
    "2 connected" = ["finish answered"]
    "hung-up caller" = ["finish abandoned"]
"#;

const PAIR: &str = r#"
    arrived = ["1 answer"]
    "1 answered" = ["2 dial bob 200"]
    "2 leg-answered" = ["3 connect caller bob"]
    "hung-up bob" = ["4 play caller Gone."]
    "4 played" = ["hang-up caller", "finish gone"]
    "hung-up caller" = ["finish left"]
"#;

fn anna(behaviour: Phone) -> [(Address, Phone); 1] {
    [(Address::Endpoint("PJSIP/anna".into()), behaviour)]
}

impl Stage {
    /// No connection from one second to another.
    async fn away(&self, from: u64, to: u64) {
        sleep(secs(from)).await;
        self.sim.cut("a test");
        sleep(secs(to - from)).await;
        self.sim.mend();
    }
}

#[tokio::test(start_paused = true)]
async fn who_waits_waits_on_and_is_answered() {
    let stage =
        Stage::open(QUEUE, &anna(Phone::answers(secs(12)).talking(secs(5))), Caller::default());
    stage.away(5, 10).await;
    let record = stage.record().await;
    assert_eq!(
        (record.outcome.as_str(), record.agent.as_ref().map(|agent| agent.as_str())),
        ("answered", Some("anna")),
        "{}",
        stage.log()
    );
    assert_eq!(
        stage.heard("caller"),
        ["0 music default", "12 PJSIP/anna", "17 silence", "17 gone Host"]
    );
    assert_eq!(stage.heard("PJSIP/anna")[..2], ["0 rings", "12 caller"], "it rings once and on");
}

#[tokio::test(start_paused = true)]
async fn a_caller_who_hung_up_meanwhile_is_closed_once() {
    let stage = Stage::open(
        QUEUE,
        &anna(Phone::new(Then::Rings)),
        Caller { leaves: Some(secs(7)), ..Caller::default() },
    );
    stage.away(5, 10).await;
    assert_eq!(stage.record().await.outcome, "abandoned", "{}", stage.log());
    assert_eq!(stage.heard("PJSIP/anna"), ["0 rings", "10 gone Host"], "the phone falls silent");
    assert_eq!(stage.host.records(1, secs(1)).await.unwrap().len(), 1);
}

/// A phone that is picked up while nobody can connect it is hung up by the PBX. The agent is not
/// stuck: it rings again.
#[tokio::test(start_paused = true)]
async fn a_phone_that_was_picked_up_meanwhile_rings_again() {
    let stage =
        Stage::open(QUEUE, &anna(Phone::answers(secs(7)).talking(secs(5))), Caller::default());
    stage.away(5, 10).await;
    let record = stage.record().await;
    assert_eq!(record.outcome, "answered", "{}", stage.log());
    assert_eq!(
        stage.heard("PJSIP/anna")[..4],
        ["0 rings", "7 gone Pbx", "15 rings", "22 caller"],
        "left alone for 5 s"
    );
}

#[tokio::test(start_paused = true)]
async fn who_talks_talks_on() {
    let stage = Stage::open(
        PAIR,
        &[(extension("200"), answers())],
        Caller { talks: Some(secs(20)), ..Caller::default() },
    );
    stage.away(5, 10).await;
    let record = stage.record().await;
    assert_eq!(record.outcome, "left", "{}", stage.log());
    assert_eq!(stage.heard("caller"), ["0 silence", "2 200", "22 gone FarEnd"]);
    assert_eq!(record.connected.map(|at| at.0 - record.arrived.0), Some(2000));
}

#[tokio::test(start_paused = true)]
async fn the_other_hung_up_meanwhile() {
    let stage =
        Stage::open(PAIR, &[(extension("200"), answers().talking(secs(5)))], Caller::default());
    stage.away(5, 10).await;
    assert_eq!(stage.record().await.outcome, "gone", "{}", stage.log());
    assert_eq!(stage.heard("caller")[..4], ["0 silence", "2 200", "7 silence", "10 Gone."]);
}

/// The end of a play is told afterwards.
#[tokio::test(start_paused = true)]
async fn a_play_that_ended_meanwhile() {
    let stage = Stage::open(
        r#"
        arrived = ["1 answer"]
        "1 answered" = ["2 play caller A text of some words which takes a few seconds to be spoken to the end."]
        "2 played" = ["hang-up caller", "finish played"]
        "#,
        &[],
        Caller::default(),
    );
    stage.away(1, 60).await;
    assert_eq!(stage.record().await.outcome, "played", "{}", stage.log());
    assert_eq!(stage.told("Played(Whole)"), 1);
    assert_eq!(stage.heard("caller").last().unwrap(), "60 gone Host");
}

/// A dial that was sent into the silence is carried out all the same; that it rings is seen
/// afterwards.
#[tokio::test(start_paused = true)]
async fn a_number_that_began_to_ring_meanwhile() {
    let stage = Stage::open(
        r#"
        arrived = ["1 answer"]
        "1 answered" = ["2 timer 6"]
        "2 timer" = ["3 dial bob 200 limit 20"]
        "3 leg-answered" = ["4 connect caller bob", "finish reached"]
        "#,
        &[(extension("200"), Phone::answers(secs(8)).talking(secs(5)))],
        Caller::default(),
    );
    stage.away(5, 9).await;
    assert_eq!(stage.record().await.outcome, "reached", "{}", stage.log());
    assert_eq!((stage.told("Ringing"), stage.told("LegAnswered")), (1, 1));
    assert_eq!(stage.heard("200")[..2], ["6 rings", "14 caller"]);
}

/// A call that comes meanwhile takes the PBX's own route; the next one is served.
#[tokio::test(start_paused = true)]
async fn who_calls_meanwhile_never_reaches_the_host() {
    let stage =
        Stage::open(PAIR, &[(extension("200"), answers().talking(secs(30)))], Caller::default());
    sleep(secs(5)).await;
    stage.sim.cut("a test");
    let call = || Caller { to: "100".into(), leaves: Some(secs(3)), ..Caller::default() };
    stage.sim.call(call());
    sleep(secs(1)).await;
    stage.sim.mend();
    assert_eq!(stage.host.exchange.call_count(), 1);
    stage.sim.call(call());
    let records = stage.host.records(2, secs(600)).await.unwrap();
    assert_eq!(
        records.iter().map(|record| record.outcome.as_str()).collect::<Vec<_>>(),
        ["left", "gone"],
        "{}",
        stage.log()
    );
}

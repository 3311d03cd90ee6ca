//! An agent who answers and is gone at once does not cost the caller the call.

use super::stage::{SITE, Stage, extension, secs};
use std::time::Duration;
use strowger_model::read::QueueCounts;
use strowger_pbx::port::Address;
use strowger_sim::{Caller, Phone, Then};
use strowger_tests::Folder;

const RULES: &str = r#"
    arrived = ["1 answer"]
    "1 answered" = ["2 enter-queue agent desk", "3 keep-waiting caller default", "4 timer 4"]
    "4 timer" = ["5 dial central 200 keep-place 2 limit 30"]
    "2 connected" = ["finish answered"]
    "5 leg-answered" = ["cancel 2", "6 connect caller central", "finish central"]
    "hung-up caller" = ["finish abandoned"]
"#;

fn phone(name: &str, answers: u64, talks: f64) -> (Address, Phone) {
    let phone = Phone::answers(secs(answers)).talking(Duration::from_secs_f64(talks));
    (Address::Endpoint(format!("PJSIP/{name}")), phone)
}

/// Anna is rung before Bram, and talks for so long.
fn open(anna: f64, bram: u64, central: Phone, caller: Caller) -> Stage {
    let site = SITE.replace("[\"anna\"]", "[\"anna\", \"bram\"]\nstrategy = \"linear\"")
        + "[agents.bram]\nendpoints = [{ address = \"PJSIP/bram\" }]\nlogged_in = true\n";
    let phones = [phone("anna", 5, anna), phone("bram", bram, 5.0), (extension("200"), central)];
    Stage::with(Folder::new(&site).unwrap(), RULES, &phones, caller)
}

fn silent() -> Phone {
    Phone::new(Then::Rings)
}

#[tokio::test(start_paused = true)]
async fn the_caller_waits_on_with_music_and_another_phone_rings() {
    let stage = open(1.0, 3, silent(), Caller::default());
    let record = stage.record().await;
    assert_eq!(
        stage.heard("caller"),
        [
            "0 music default",
            "5 PJSIP/anna",
            "6 music default",
            "9 PJSIP/bram",
            "14 silence",
            "14 gone Host"
        ],
        "{}",
        stage.log()
    );
    assert_eq!(stage.heard("200"), ["4 rings", "11 gone Host"], "rings until Bram has the caller");
    let agent = record.agent.as_ref().unwrap().as_str();
    assert_eq!((record.outcome.as_str(), agent, record.fumbled), ("answered", "bram", 1));
    assert_eq!((record.waited, stage.told("Connected")), (secs(9), 1));
    let day = stage.host.exchange.queues().remove(0).day;
    let counts = QueueCounts { offered: 1, answered: 1, answered_within: 1, ..Default::default() };
    assert_eq!(day, counts);
}

/// Who hangs up then has had nobody.
#[tokio::test(start_paused = true)]
async fn a_caller_who_gives_up_after_it_was_not_answered() {
    let caller = Caller { leaves: Some(secs(7)), ..Caller::default() };
    let stage = open(1.0, 60, silent(), caller);
    let record = stage.record().await;
    assert_eq!((record.outcome.as_str(), record.fumbled), ("abandoned", 1), "{}", stage.log());
    assert_eq!((record.connected, record.agent, record.waited), (None, None, secs(7)));
    assert_eq!(stage.told("Connected"), 0);
    assert_eq!(stage.host.exchange.queues().remove(0).day.abandoned, 1);
}

/// One who hangs up in the middle of a short conversation has had one.
#[tokio::test(start_paused = true)]
async fn a_conversation_that_the_caller_ends_is_one_however_short() {
    let caller = Caller { leaves: Some(secs(6)), ..Caller::default() };
    let stage = open(60.0, 60, silent(), caller);
    let record = stage.record().await;
    assert_eq!((record.outcome.as_str(), record.fumbled), ("answered", 0), "{}", stage.log());
    assert_eq!(record.connected.map(|at| at.0 - record.arrived.0), Some(5000));
}

/// A number that was dialled meanwhile, and answered while the agent was there, is wanted then.
#[tokio::test(start_paused = true)]
async fn who_answered_meanwhile_has_the_caller() {
    let central = Phone::answers(Duration::from_millis(1_500)).talking(secs(5));
    let stage = open(1.0, 60, central, Caller::default());
    assert_eq!(stage.record().await.outcome, "central", "{}", stage.log());
    assert_eq!(
        stage.heard("caller")[..4],
        ["0 music default", "5 PJSIP/anna", "6 200", "11 silence"]
    );
}

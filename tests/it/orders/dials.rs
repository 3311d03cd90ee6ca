//! Dials: confirmed by a key, with the place in the queue kept, with a limit.

use super::stage::{Stage, answers, extension, keys, secs};
use strowger_pbx::port::Address;
use strowger_sim::{Caller, Keys, Phone, Rings, Then};

/// An outside phone is connected only after its owner pressed a key.
#[tokio::test(start_paused = true)]
async fn a_dial_that_is_confirmed_by_a_key() {
    const RULES: &str = r#"
        arrived = ["1 answer"]
        "1 answered" = ["2 dial mobile +32471234567 confirm 1 10"]
        "2 leg-answered" = ["3 connect caller mobile", "finish reached"]
        "2 unanswered no-answer" = ["hang-up caller", "finish voice-mail"]
    "#;
    let mobile = |keyed: Vec<Keys>| {
        [(
            Address::Number("+32471234567".into()),
            Phone { keys: keyed, ..answers().talking(secs(20)) },
        )]
    };
    let open = |keyed| {
        Stage::open(RULES, &mobile(keyed), Caller { leaves: Some(secs(60)), ..Caller::default() })
    };

    let pressed = open(keys(4, "1"));
    assert_eq!(pressed.record().await.outcome, "reached", "{}", pressed.log());
    assert_eq!(pressed.heard("caller")[..2], ["0 silence", "6 +32471234567"]);
    assert_eq!(pressed.heard("+32471234567")[..3], ["0 rings", "2 Press the key.", "3 silence"]);
    assert_eq!(pressed.told("LegAnswered(Human)"), 1);

    for (what, keyed) in [
        ("the wrong key", keys(4, "2")),
        ("no key", Vec::new()),
        ("the key too late", keys(11, "1")),
    ] {
        let stage = open(keyed);
        let record = stage.record().await;
        assert_eq!(
            (record.outcome.as_str(), record.connected),
            ("voice-mail", None),
            "{what}: {}",
            stage.log()
        );
        assert_eq!(
            stage.heard("caller"),
            ["0 silence", "12 gone Host"],
            "{what}: voice mail never takes a caller"
        );
        assert_eq!(stage.heard("+32471234567").last().unwrap(), "12 gone Host", "{what}");
    }

    let wrong_then_right = open(keys(3, "21"));
    assert_eq!(wrong_then_right.record().await.outcome, "reached", "another key does not spoil it");
}

/// The owner hangs up without having pressed the key.
#[tokio::test(start_paused = true)]
async fn a_dial_that_is_not_confirmed_and_hung_up() {
    let stage = Stage::open(
        r#"
        arrived = ["1 answer"]
        "1 answered" = ["2 dial mobile +32471234567 confirm 1 10"]
        "2 leg-answered" = ["finish wrong"]
        "2 unanswered" = ["3 timer 1"]
        "3 timer" = ["hang-up caller", "finish unanswered"]
        "#,
        &[(Address::Number("+32471234567".into()), Phone::new(Then::GivesUp(secs(3))))],
        Caller::default(),
    );
    assert_eq!(stage.record().await.outcome, "unanswered");
    assert_eq!(
        (stage.told("Unanswered(NoAnswer)"), stage.told("HungUp")),
        (1, 0),
        "{}",
        stage.log()
    );
}

/// While a number rings the caller keeps the place in the queue; an agent answers first.
#[tokio::test(start_paused = true)]
async fn an_agent_answers_while_a_number_rings() {
    let stage = Stage::open(
        r#"
        arrived = ["1 answer"]
        "1 answered" = ["2 enter-queue agent desk", "3 timer 5"]
        "3 timer" = ["4 dial central 200 keep-place 2 limit 30"]
        "2 connected" = ["finish agent"]
        "4 leg-answered" = ["5 connect caller central", "finish central"]
        "#,
        &[
            (Address::Endpoint("PJSIP/anna".into()), Phone::answers(secs(9)).talking(secs(5))),
            (extension("200"), Phone::new(Then::Rings)),
        ],
        Caller::default(),
    );
    let record = stage.record().await;
    assert_eq!(
        (record.outcome.as_str(), record.agent.as_ref().map(|agent| agent.as_str())),
        ("agent", Some("anna")),
        "{}",
        stage.log()
    );
    // It is let go when the two have talked for long enough to need nobody else.
    assert_eq!(stage.heard("200"), ["5 rings", "11 gone Host"]);
    assert_eq!(stage.told("Connected"), 1);
}

/// The number answers first: the place is given up, and the agent's phone falls silent.
#[tokio::test(start_paused = true)]
async fn a_number_answers_while_the_place_is_kept() {
    let stage = Stage::open(
        r#"
        arrived = ["1 answer"]
        "1 answered" = ["2 enter-queue agent desk", "3 timer 5"]
        "3 timer" = ["4 dial central 200 keep-place 2 limit 30"]
        "2 connected" = ["finish agent"]
        "4 leg-answered" = ["cancel 2", "5 connect caller central", "finish central"]
        "#,
        &[
            (Address::Endpoint("PJSIP/anna".into()), Phone::answers(secs(20))),
            (extension("200"), answers().talking(secs(5))),
        ],
        Caller::default(),
    );
    let record = stage.record().await;
    assert_eq!(
        (record.outcome.as_str(), record.agent.as_ref()),
        ("central", None),
        "{}",
        stage.log()
    );
    assert_eq!(stage.heard("PJSIP/anna"), ["0 rings", "7 gone Host"]);
    assert_eq!(stage.heard("caller").last().unwrap(), "12 gone Host");
}

/// A phone that says 183 and never 180 rings all the same: its limit counts from there.
#[tokio::test(start_paused = true)]
async fn progress_counts_as_ringing() {
    let stage = Stage::open(
        r#"
        arrived = ["1 answer"]
        "1 answered" = ["2 dial mobile +32471234567 limit 15"]
        "2 unanswered no-answer" = ["hang-up caller", "finish no-answer"]
        "#,
        &[(
            Address::Number("+32471234567".into()),
            Phone { rings: Rings::Progress, ..Phone::new(Then::Rings) },
        )],
        Caller::default(),
    );
    assert_eq!(stage.record().await.outcome, "no-answer", "{}", stage.log());
    assert_eq!(stage.heard("+32471234567"), ["0 rings", "15 gone Host"]);
    assert_eq!(stage.told("Ringing"), 1);
}

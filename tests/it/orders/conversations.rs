//! Connect, hold, resume, part, transfer, and another flow that goes on.

use super::stage::{SITE, Stage, answers, extension, flow, secs};
use strowger_pbx::port::Address;
use strowger_sim::{Caller, Phone, Then};
use strowger_tests::Folder;

#[tokio::test(start_paused = true)]
async fn a_dialled_leg_is_connected_held_resumed_and_parted() {
    let stage = Stage::open(
        r#"
        arrived = ["1 answer"]
        "1 answered" = ["2 dial bob 200"]
        "2 leg-answered" = ["3 connect caller bob"]
        "3 joined" = ["4 timer 5"]
        "4 timer" = ["5 hold caller", "6 timer 5"]
        "6 timer" = ["7 resume caller", "8 timer 5"]
        "8 timer" = ["9 part bob", "10 timer 5"]
        "10 timer" = ["11 connect bob caller", "12 timer 5"]
        "12 timer" = ["finish talking"]
        "#,
        &[(extension("200"), answers().talking(secs(100)))],
        Caller { leaves: Some(secs(40)), ..Caller::default() },
    );
    let record = stage.record().await;
    let caller = stage.heard("caller");
    assert_eq!(
        caller,
        [
            "0 silence",
            "2 200",
            "7 music default",
            "12 200",
            "17 silence",
            "22 200",
            "40 gone FarEnd"
        ],
        "{}",
        stage.log()
    );
    assert_eq!(
        stage.heard("200"),
        [
            "0 rings",
            "2 caller",
            "7 silence",
            "12 caller",
            "17 silence",
            "22 caller",
            "40 silence",
            "40 gone Host"
        ]
    );
    assert_eq!(stage.told("Joined"), 2);
    assert_eq!(stage.told("Done"), 3, "held, resumed, parted: {}", stage.log());
    assert_eq!(record.outcome, "talking");
    assert_eq!(record.connected.map(|at| at.0 - record.arrived.0), Some(2000));
}

/// Who is held or parted before anybody was connected counts as connected to nobody.
#[tokio::test(start_paused = true)]
async fn a_part_connects_nobody() {
    let stage = Stage::open(
        r#"
        arrived = ["1 answer"]
        "1 answered" = ["2 dial bob 200"]
        "2 leg-answered" = ["3 part bob", "4 hold bob", "5 resume bob", "6 timer 1"]
        "6 timer" = ["hang-up", "finish nobody"]
        "#,
        &[(extension("200"), answers())],
        Caller::default(),
    );
    let record = stage.record().await;
    assert_eq!((record.outcome.as_str(), record.connected), ("nobody", None));
    assert_eq!(stage.told("Done"), 1, "the part of who is alone is done");
    assert_eq!(
        stage.told("WrongState"),
        2,
        "hold of who talks to nobody, resume of who is not held: {}",
        stage.log()
    );
}

/// Who holds is gone while the other is held: the one who is held stays with the flow, and cannot
/// be resumed.
#[tokio::test(start_paused = true)]
async fn who_was_held_from_is_gone() {
    let stage = Stage::open(
        r#"
        arrived = ["1 answer"]
        "1 answered" = ["2 dial bob 200"]
        "2 leg-answered" = ["3 connect caller bob"]
        "3 joined" = ["4 hold caller"]
        "hung-up bob" = ["5 resume caller"]
        "5 refused" = ["6 play caller Gone."]
        "6 played" = ["hang-up caller", "finish gone"]
        "#,
        &[(extension("200"), answers().talking(secs(10)))],
        Caller::default(),
    );
    assert_eq!(stage.record().await.outcome, "gone");
    let heard = stage.heard("caller");
    assert_eq!(heard[..3], ["0 silence", "2 music default", "12 Gone."], "{}", stage.log());
}

/// A consultation that is completed (R4): the caller is held, the one who held hangs up, and the
/// caller is put together with the other.
#[tokio::test(start_paused = true)]
async fn who_is_connected_is_held_no_more() {
    let stage = Stage::open(
        r#"
        arrived = ["1 answer"]
        "1 answered" = ["2 dial bob 200"]
        "2 leg-answered" = ["3 connect caller bob"]
        "3 joined" = ["4 hold caller", "5 dial carla 201"]
        "5 leg-answered" = ["6 connect bob carla"]
        "hung-up bob" = ["7 connect caller carla"]
        "7 joined" = ["8 timer 5"]
        "8 timer" = ["hang-up", "finish completed"]
        "#,
        &[(extension("200"), answers().talking(secs(10))), (extension("201"), answers())],
        Caller::default(),
    );
    assert_eq!(stage.record().await.outcome, "completed");
    let heard = stage.heard("caller");
    assert_eq!(
        heard,
        ["0 silence", "2 music default", "12 201", "17 gone Host"],
        "{}",
        stage.log()
    );
    assert_eq!(stage.heard("201"), ["2 rings", "4 200", "12 caller", "17 silence", "17 gone Host"]);
}

#[tokio::test(start_paused = true)]
async fn three_in_a_conversation_and_one_parts() {
    let stage = Stage::open(
        r#"
        arrived = ["1 answer"]
        "1 answered" = ["2 dial bob 200"]
        "2 leg-answered" = ["3 dial carla 201"]
        "3 leg-answered" = ["4 connect caller bob carla"]
        "4 joined" = ["5 timer 5"]
        "5 timer" = ["6 part caller", "7 timer 5"]
        "7 timer" = ["hang-up", "finish three"]
        "#,
        &[(extension("200"), answers()), (extension("201"), answers())],
        Caller::default(),
    );
    assert_eq!(stage.record().await.outcome, "three");
    assert_eq!(
        stage.heard("caller"),
        ["0 silence", "4 200+201", "9 silence", "14 gone Host"],
        "{}",
        stage.log()
    );
    assert_eq!(
        stage.heard("200"),
        ["0 rings", "2 silence", "4 caller+201", "9 201", "14 gone Host"],
        "those who are left hear each other"
    );
}

#[tokio::test(start_paused = true)]
async fn transfers() {
    for (to, expect) in [
        ("201", Some(Address::Extension("201".into()))),
        ("", None),
        ("+32471234567", Some(Address::Number("+32471234567".into()))),
    ] {
        let rules = format!(
            "arrived = [\"1 answer\"]\n\"1 answered\" = [\"2 transfer caller {to}\"]\n\"2 transferred\" = [\"note transfer done\", \"finish away\"]"
        );
        let stage = Stage::open(&rules, &[], Caller::default());
        let record = stage.record().await;
        assert_eq!(record.outcome, "away", "{}", stage.log());
        assert_eq!(record.notes.len(), 1);
        assert_eq!(stage.heard("caller"), ["0 silence".to_owned(), format!("0 to {expect:?}")]);
    }
}

#[tokio::test(start_paused = true)]
async fn a_transfer_that_is_not_permitted_leaves_the_caller_here() {
    let stage = Stage::open(
        r#"
        arrived = ["1 answer"]
        "1 answered" = ["2 transfer caller 999"]
        "2 refused" = ["hang-up caller", "finish refused"]
        "#,
        &[],
        Caller::default(),
    );
    assert_eq!(stage.record().await.outcome, "refused");
    assert_eq!(stage.told("NotPermitted"), 1);
}

/// What the first flow had under way is taken back, and the second begins as with a call that has
/// just come in: it knows all of its arrival, and may answer it although that is done.
#[tokio::test(start_paused = true)]
async fn another_flow_goes_on_with_the_call() {
    let second = r#"
        arrived = ["4 answer"]
        "4 answered" = ["1 play caller Second."]
        "1 played" = ["2 dial bob 200"]
        "2 leg-answered" = ["3 connect caller bob", "finish second"]
    "#;
    let folder = Folder::new(SITE).unwrap().flow("second", &flow("101", second)).unwrap();
    let stage = Stage::with(
        folder,
        r#"
        arrived = ["1 answer"]
        "1 answered" = ["2 enter-queue agent desk", "3 timer 3", "4 timer 30"]
        "3 timer" = ["5 continue-with second from the first"]
        "4 timer" = ["finish wrong"]
        "#,
        &[
            (extension("200"), answers().talking(secs(5))),
            (Address::Endpoint("PJSIP/anna".into()), Phone::new(Then::Rings)),
        ],
        Caller {
            name: Some("Mia".into()),
            endpoint: Some("trunk".into()),
            line: Some("line 2".into()),
            ..Caller::default()
        },
    );
    let record = stage.record().await;
    assert_eq!(
        (record.flow.as_str(), record.outcome.as_str()),
        ("second", "second"),
        "{}",
        stage.log()
    );
    assert_eq!(
        stage.heard("PJSIP/anna"),
        ["0 rings", "3 gone Host"],
        "it leaves the queue of the first flow"
    );
    let heard = stage.heard("caller");
    assert_eq!(heard[1], "3 Second.", "{heard:?}");
    assert!(heard.iter().any(|line| line.ends_with(" 200")));
    assert_eq!(stage.told("from the first"), 1);
    assert_eq!(
        (stage.told("Mia"), stage.told("trunk"), stage.told("line 2"), record.refused),
        (2, 2, 2, 0),
        "{}",
        stage.log()
    );
}

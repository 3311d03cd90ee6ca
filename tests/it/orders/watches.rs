//! Keys that mean something in a conversation (R4).

use super::stage::{Stage, answers, extension, keys, secs};
use strowger_sim::{Caller, Keys, Phone};

fn keyed(each: &[(u64, &str)]) -> Vec<Keys> {
    each.iter().flat_map(|(after, digits)| keys(*after, digits)).collect()
}

/// What of the log is about keys, in the contract's words.
fn told(stage: &Stage) -> Vec<String> {
    let lines = stage.host.log.lines();
    let about = |line: &String| {
        let after = |mark: &str| line.split_once(mark).map(|(_, rest)| rest.to_owned());
        let quoted = |text: &str| text.split('"').skip(1).step_by(2).collect::<Vec<_>>().join(" ");
        match (after("Event(Digit"), after("Matched {")) {
            (Some(digit), _) => digit.split('\'').nth(1).map(str::to_owned),
            (_, Some(matched)) if line.contains("Event(") => {
                Some(quoted(&matched).trim().to_owned())
            }
            _ => None,
        }
    };
    lines.iter().filter_map(about).collect()
}

async fn watching(patterns: &str, agent_keys: &[(u64, &str)]) -> Vec<String> {
    let rules = format!(
        r#"
        arrived = ["1 answer"]
        "1 answered" = ["2 dial bob 200"]
        "2 leg-answered" = ["3 connect caller bob"]
        "3 joined" = ["4 watch bob {patterns}"]
        "hung-up caller" = ["cancel 4", "hang-up", "finish over"]
        "#
    );
    let bob = Phone { keys: keyed(agent_keys), ..answers() };
    let stage = Stage::open(
        &rules,
        &[(extension("200"), bob)],
        Caller { leaves: Some(secs(30)), ..Caller::default() },
    );
    assert_eq!(stage.record().await.outcome, "over", "{}", stage.log());
    told(&stage)
}

#[tokio::test(start_paused = true)]
async fn a_pattern_is_told_once_and_its_keys_are_not() {
    assert_eq!(watching("*4N# *#", &[(1, "*4201#"), (5, "*#")]).await, ["*4N# 201", "*#"]);
}

#[tokio::test(start_paused = true)]
async fn what_becomes_no_pattern_is_told_as_digits() {
    assert_eq!(watching("*4N# *#", &[(1, "7*5")]).await, ["7", "*", "5"]);
    assert_eq!(
        watching("*4N# *#", &[(1, "*4*#")]).await,
        ["*", "4", "*#"],
        "a pattern may begin where another broke off"
    );
}

/// Who stops in the middle has keyed digits, 3 s later; who goes on after that has keyed no
/// pattern.
#[tokio::test(start_paused = true)]
async fn a_pause_ends_a_pattern() {
    assert_eq!(watching("*4N#", &[(1, "*42"), (6, "01#")]).await, ["*", "4", "2", "0", "1", "#"]);
    assert_eq!(watching("*4N#", &[(1, "*42"), (3, "01#")]).await, ["*4N# 201"]);
}

/// A shorter pattern waits until the longer one cannot come.
#[tokio::test(start_paused = true)]
async fn the_longest_pattern_wins() {
    assert_eq!(
        watching("*4 *4N# *1N", &[(1, "*4"), (6, "*4201#"), (12, "*123")]).await,
        ["*4", "*4N# 201", "*1N 23"]
    );
    assert_eq!(watching("*4 *4N#", &[(1, "*4*")]).await, ["*4", "*"]);
}

/// Each leg has its own keys, whoever keys between; a gather of that leg goes first.
#[tokio::test(start_paused = true)]
async fn legs_are_watched_apart_and_a_gather_goes_first() {
    let stage = Stage::open(
        r#"
        arrived = ["1 answer"]
        "1 answered" = ["2 dial bob 200"]
        "2 leg-answered" = ["3 connect caller bob"]
        "3 joined" = ["4 watch bob *X", "5 watch caller *X", "6 timer 4"]
        "6 timer" = ["7 gather bob 2"]
        "hung-up caller" = ["hang-up", "finish over"]
        "#,
        &[(extension("200"), Phone { keys: keyed(&[(1, "*1"), (6, "*2")]), ..answers() })],
        Caller { leaves: Some(secs(30)), keys: keyed(&[(3, "*3")]), ..Caller::default() },
    );
    assert_eq!(stage.record().await.outcome, "over", "{}", stage.log());
    let mut keys = told(&stage);
    keys.sort();
    assert_eq!(keys, ["*X 1", "*X 3"]);
    assert_eq!(stage.told("Gathered { digits: \"*2\""), 1, "{}", stage.log());
}

#[tokio::test(start_paused = true)]
async fn a_watch_is_for_a_leg_that_is_there_and_patterns_that_are_some() {
    let stage = Stage::open(
        r#"
        arrived = ["1 watch caller *1", "2 answer"]
        "2 answered" = ["3 watch bob *1", "4 watch caller", "5 watch caller *N5", "6 timer 1"]
        "6 timer" = ["hang-up", "finish over"]
        "#,
        &[],
        Caller::default(),
    );
    assert_eq!(stage.record().await.outcome, "over");
    assert_eq!(
        (stage.told("WrongState"), stage.told("UnknownName"), stage.told("Invalid")),
        (1, 1, 2),
        "{}",
        stage.log()
    );
}

/// Taken back, it holds nothing back any more.
#[tokio::test(start_paused = true)]
async fn a_watch_that_is_cancelled_gives_up_what_it_held_back() {
    let stage = Stage::open(
        r#"
        arrived = ["1 answer"]
        "1 answered" = ["2 watch caller *4N#", "3 timer 2"]
        "3 timer" = ["cancel 2", "4 timer 1"]
        "4 timer" = ["hang-up", "finish over"]
        "#,
        &[],
        Caller { keys: keyed(&[(1, "*42")]), ..Caller::default() },
    );
    assert_eq!(stage.record().await.outcome, "over");
    assert_eq!(told(&stage), ["*", "4", "2"], "{}", stage.log());
}

//! The reception, call by call.

use super::*;
use strowger_sdk::{
    testing::{Site, TestCall},
    types::{HungUp, Left, RefusalReason, Unanswered},
};

fn call() -> TestCall<Reception> {
    let settings = r##"
        greeting = "For sales, press 1. For Kim, press 2."
        sorry = "Nobody can help you now."
        otherwise = { queue = "desk" }
        menu = [{ key = "1", to = { queue = "sales" } }, { key = "2", to = { extension = "202" } }]
    "##;
    let mut call = TestCall::new(toml::from_str(settings).unwrap(), Site::default());
    call.arrives().comes_of("answer", Outcome::Answered);
    call
}

fn entered(call: &TestCall<Reception>) -> Vec<String> {
    let entries = call.orders().iter().filter_map(|order| match &order.command {
        Command::EnterQueue(entry) => Some(entry.queues.clone()),
        _ => None,
    });
    entries.flatten().collect()
}

#[test]
fn the_schema_in_the_file_is_that_of_the_settings() {
    strowger_sdk::testing::settings_schema::<Reception>("settings.schema.json");
}

#[test]
fn a_key_leads_to_a_queue() {
    let mut call = call();
    call.presses("1").comes_of("enter-queue", Outcome::Queued(2)).agent_answers("an");
    assert_eq!((entered(&call), call.ending()), (vec!["sales".to_owned()], Some("answered")));
}

#[test]
fn a_key_leads_to_an_extension() {
    let mut call = call();
    call.presses("2").comes_of("dial", Outcome::Ringing).dial_answered().settles();
    assert_eq!(call.ending(), Some("answered"));
}

#[test]
fn who_presses_nothing_is_asked_again_and_then_put_through() {
    let mut call = call();
    call.presses("").presses("7").agent_answers("an");
    assert_eq!((entered(&call), call.ending()), (vec!["desk".to_owned()], Some("answered")));
}

#[test]
fn nobody_can_be_reached() {
    let mut dialled = call();
    dialled.presses("2").dial_fails(Unanswered::Busy).settles();
    assert_eq!(dialled.ending(), Some("unserved"));
    let mut queued = call();
    queued.presses("1").queue_leaves(Left::Full).settles();
    assert_eq!(queued.ending(), Some("unserved"));
    let mut refused = call();
    refused
        .presses("1")
        .refuses("enter-queue", RefusalReason::UnknownName)
        .refuses("play", RefusalReason::Pbx);
    assert_eq!(refused.ending(), Some("unserved"));
}

#[test]
fn the_caller_hangs_up() {
    let mut call = call();
    call.presses("1").caller_hangs_up();
    assert_eq!((call.newest_names(), call.ending()), (vec!["cancel", "finish"], Some("abandoned")));
    let mut lost = self::call();
    lost.event(Event::HungUp(HungUp { leg: CALLER.into(), cause: Cause::Failed }));
    assert_eq!(lost.ending(), Some("failed"));
    call.caller_hangs_up();
    assert_eq!(call.newest_names(), [""; 0]);
}

#[test]
fn what_is_not_awaited_changes_nothing() {
    let mut call = call();
    let state = call.state().to_vec();
    call.key("caller", '5').outcome(77, Outcome::Timer).event(Event::Resumed(1));
    assert_eq!((call.state(), state.len()), (&state[..], 16));
}

#[test]
fn bytes_of_somebody_else_are_a_fault() {
    assert!(State::from_bytes(&[1, 2, 3]).is_err());
    assert!(State::from_bytes(&[99; 16]).is_err());
    let state = State { phase: Phase::Dialling, attempt: 2, awaited: 70_000, last_id: 70_001 };
    assert_eq!(State::from_bytes(&state.to_bytes()), Ok(state));
}

#[test]
fn a_menu_has_keys_of_a_telephone() {
    let settings = Settings {
        menu: vec![Entry { key: 'x', to: Destination::Queue("sales".into()) }],
        ..toml::from_str("greeting = ''\nsorry = ''\notherwise = { queue = 'desk' }").unwrap()
    };
    assert_eq!(
        Reception::check(&settings).unwrap_err(),
        "menu: `x` is not a key of a telephone; use 0 to 9, * or #"
    );
}

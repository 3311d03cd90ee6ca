//! The GP post as plain Rust.

use super::*;
use strowger_sdk::{
    testing::{Site, TestCall},
    types::{Command, Left, Unanswered},
};

#[derive(Deserialize)]
struct FlowFile {
    settings: Settings,
}

/// A caller who presses this.
fn pressed(key: &str) -> TestCall<GpPost> {
    let file: FlowFile = toml::from_str(include_str!("../../../flows/gp-post/flow.toml")).unwrap();
    let mut call = TestCall::new(file.settings, Site::default());
    call.arrives().settles().presses(key);
    call
}

fn entered(call: &TestCall<GpPost>) -> &strowger_sdk::types::EnterQueue {
    let entered = call.orders().iter().find_map(|order| match &order.command {
        Command::EnterQueue(entry) => Some(entry),
        _ => None,
    });
    entered.unwrap()
}

#[test]
fn the_published_schema_is_that_of_the_settings() {
    strowger_sdk::testing::settings_schema::<GpPost>("settings.schema.json");
}

#[test]
fn r5_goes_ahead_of_everyone_and_is_announced() {
    let call = pressed("1");
    let urgent = entered(&call);
    assert!(
        urgent.priority == u8::MAX && urgent.display_name.is_some() && !urgent.whisper.is_empty()
    );
    for key in ["", "2"] {
        let call = pressed(key);
        let usual = entered(&call);
        assert!(usual.priority == 0 && usual.queues != urgent.queues);
    }
}

#[test]
fn r5_passed_to_a_doctor_after_announcing() {
    let mut call = pressed("1");
    call.agent_answers("an")
        .matches("*4N#", "104")
        .settles()
        .dial_answered()
        .settles()
        .hangs_up("agent")
        .settles();
    assert_eq!((call.ending(), call.noted("passed-to")), (Some("answered"), Some("104")));
}

#[test]
fn without_operators_the_number_behind_them() {
    let mut call = pressed("1");
    call.queue_leaves(Left::NobodyLoggedIn).dial_fails(Unanswered::NoAnswer).settles();
    assert_eq!(call.ending(), Some("no-answer"));
    let mut call = pressed("1");
    call.passes(secs(60)).dial_answered().settles();
    assert_eq!(call.ending(), Some("overflow"));
}

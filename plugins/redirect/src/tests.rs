//! Each way of a position, and a turn in the middle of it, as plain Rust.

use super::*;
use strowger_sdk::{
    testing::{Site, TestCall},
    types::{Command, Event, Outcome, Prompt, RefusalReason, Switched, Unanswered},
};

fn settings() -> Settings {
    toml::from_str(include_str!("../settings.example.toml")).unwrap()
}

/// A caller arrives while the switch stands there.
fn stands(position: &str) -> TestCall<Redirect> {
    let site = Site { switches: [("vcare-hap".into(), position.into())].into(), ..Site::default() };
    let mut call = TestCall::new(settings(), site);
    call.arrives().settles();
    call
}

fn turns(call: &mut TestCall<Redirect>, position: &str) {
    let turned = Switched { name: "vcare-hap".into(), position: position.into() };
    call.event(Event::Switched(turned)).settles();
}

fn plays(call: &TestCall<Redirect>) -> Vec<String> {
    let said = call.orders().iter().filter_map(|order| match &order.command {
        Command::Play(play) => play.prompts.first(),
        _ => None,
    });
    let text = |prompt: &Prompt| match prompt {
        Prompt::Text(spoken) => spoken.text.clone(),
        other => format!("{other:?}"),
    };
    said.map(text).collect()
}

fn continues(call: &TestCall<Redirect>) -> Vec<String> {
    let with = |command: &Command| match command {
        Command::ContinueWith(it) => {
            assert_eq!(it.back_on, ["vcare-hap"]);
            Some(it.flow.clone())
        }
        _ => None,
    };
    call.orders().iter().filter_map(|order| with(&order.command)).collect()
}

#[test]
fn the_schema_in_the_file_is_that_of_the_settings() {
    strowger_sdk::testing::settings_schema::<Redirect>("settings.schema.json");
}

#[test]
fn r1_the_normal_position_leads_to_the_flow_behind_and_another_to_another() {
    let mut call = stands("Open");
    assert_eq!((continues(&call), plays(&call)), (vec!["gp-post".to_owned()], vec![]));
    call.comes_back("vcare-hap", "Calamiteit");
    assert_eq!(continues(&call), ["gp-post", "noodlijn"]);
    call.comes_back("vcare-hap", "Gesloten").settles().settles();
    assert_eq!(plays(&call), ["De huisartsenpost is gesloten."]);
    assert_eq!((call.ending(), call.noted("position")), (Some("announced"), Some("Gesloten")));
}

#[test]
fn r1_an_announcement_is_cut_short_when_the_switch_is_turned() {
    let mut call = TestCall::<Redirect>::new(
        settings(),
        Site { switches: [("vcare-hap".into(), "Gesloten".into())].into(), ..Site::default() },
    );
    call.arrives().comes_of("answer", Outcome::Answered);
    let turned = Switched { name: "vcare-hap".into(), position: "Open".into() };
    call.event(Event::Switched(turned));
    assert_eq!(call.newest_names(), ["cancel", "note", "continue-with"]);
}

#[test]
fn r1_who_waits_for_the_switch_hears_the_text_and_music_until_it_is_turned() {
    let mut call = stands("Waarneming");
    let company = call.company().unwrap().clone();
    assert_eq!((company.music.as_deref(), company.every), (Some("wachtmuziek"), 30_000));
    call.passes(secs(3000));
    assert_eq!(call.ending(), None);
    turns(&mut call, "Open");
    assert!(call.company().is_none());
    assert_eq!(continues(&call), ["gp-post"]);
}

#[test]
fn r1_an_outside_number_is_rung_and_given_up_when_the_switch_is_turned() {
    let mut call = stands("Externe doorschakeling");
    call.outstanding("dial");
    turns(&mut call, "Open");
    assert_eq!(continues(&call), ["gp-post"]);

    let mut call = stands("Externe doorschakeling");
    call.dial_answered().settles();
    assert_eq!(call.ending(), Some("redirected"));

    let confirm = |call: &TestCall<Redirect>| {
        let mut dials = call.orders().iter().filter_map(|order| match &order.command {
            Command::Dial(dial) => Some(dial.confirm.as_ref().map(|it| (it.key, it.within))),
            _ => None,
        });
        dials.next_back().unwrap()
    };
    assert_eq!(confirm(&call), Some(('1', 12_000)));
    let mut anybody = settings();
    let Some(Way::To(to)) = anybody.positions.get_mut("Externe doorschakeling") else { panic!() };
    to.confirm = None;
    let site = [("vcare-hap".into(), "Externe doorschakeling".into())].into();
    let mut call = TestCall::<Redirect>::new(anybody, Site { switches: site, ..Site::default() });
    call.arrives().settles();
    assert_eq!(confirm(&call), None);

    let mut call = stands("Externe doorschakeling");
    call.dial_fails(Unanswered::Busy).settles();
    assert_eq!(plays(&call), ["Daar antwoordt niemand."]);
    assert_eq!((call.ending(), call.noted("redirect")), (Some("not-reached"), Some("busy")));
}

#[test]
fn a_caller_whom_the_flow_behind_cannot_have_goes_on_in_the_pbx() {
    let mut call = stands("Open");
    call.refuses("continue-with", RefusalReason::OverLimit);
    assert_eq!(call.newest_names(), ["alarm", "transfer"]);
    call.comes_of("transfer", Outcome::Transferred);
    assert_eq!(call.ending(), Some("own-route"));
}

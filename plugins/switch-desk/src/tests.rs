//! R2, one telephone after the other, as plain Rust.

use super::*;
use strowger_sdk::{
    testing::{Site, TestCall},
    types::{Arrival, Command, Digits, Event, GatherEnd, Outcome, Prompt},
};

fn settings() -> Settings {
    toml::from_str(include_str!("../settings.example.toml")).unwrap()
}

/// The switch stands open; An may turn it at her phone, Dirk with a PIN, and Bram may not.
fn site() -> Site {
    let switch = SiteSwitch {
        name: "hap".into(),
        label: "Vcare HAP".into(),
        positions: ["Open", "Gesloten", "Calamiteit"].map(String::from).to_vec(),
        position: "Open".into(),
        until: None,
    };
    let may = |agent: &str, authority| (("hap".to_owned(), agent.to_owned()), authority);
    Site {
        site_switches: ["31", "hap"].map(|key| (key.to_owned(), switch.clone())).into(),
        turners: [may("an", Authority::Enough), may("dirk", Authority::Proof)].into(),
        ..Site::default()
            .phone("PJSIP/an", "an")
            .phone("PJSIP/bram", "bram")
            .extension("104", "dirk")
    }
}

fn keys(code: &str, endpoint: Option<&str>) -> TestCall<SwitchDesk> {
    let mut call = TestCall::new(settings(), site());
    let arrival = Arrival {
        call: "call-1".into(),
        caller: None,
        caller_name: None,
        endpoint: endpoint.map(Into::into),
        dialled: code.into(),
        diverted_from: None,
        line: None,
        adapter: "sim".into(),
        data: String::new(),
        at: 0,
    };
    call.event(Event::Arrived(arrival)).settles();
    call
}

/// What was said last, or asked for.
fn said(call: &TestCall<SwitchDesk>) -> String {
    let last = call.orders().iter().rev().find_map(|order| match &order.command {
        Command::Play(play) => play.prompts.first(),
        Command::Gather(gather) => gather.prompts.first(),
        _ => None,
    });
    match last {
        Some(Prompt::Text(spoken)) => spoken.text.clone(),
        other => format!("{other:?}"),
    }
}

fn ordered(call: &TestCall<SwitchDesk>) -> Vec<SetSwitch> {
    let orders = call.orders().iter().filter_map(|order| match &order.command {
        Command::SetSwitch(turn) => Some(turn.clone()),
        _ => None,
    });
    orders.collect()
}

fn turn(agent: &str, position: &str, proof: Option<&str>) -> SetSwitch {
    SetSwitch {
        name: "hap".into(),
        position: position.into(),
        agent: agent.into(),
        proof: proof.map(Into::into),
        until: None,
    }
}

#[test]
fn the_schema_in_the_file_is_that_of_the_settings() {
    strowger_sdk::testing::settings_schema::<SwitchDesk>("settings.schema.json");
}

#[test]
fn r2_at_an_own_phone_old_and_new_are_said_and_a_key_turns_the_switch() {
    let mut call = keys("*55*31*3#", Some("PJSIP/an"));
    assert_eq!(
        said(&call),
        "Schakelaar Vcare HAP staat op Open. Om deze op Calamiteit te zetten, druk 1."
    );
    assert_eq!(ordered(&call), []);
    call.presses("1");
    assert_eq!(ordered(&call), [turn("an", "Calamiteit", None)]);
    call.comes_of("set-switch", Outcome::Done).settles();
    assert_eq!(
        (said(&call).as_str(), call.ending()),
        ("Schakelaar Vcare HAP staat nu op Calamiteit.", Some("turned"))
    );
    assert_eq!(
        (call.noted("agent"), call.noted("turned")),
        (Some("an"), Some("Open -> Calamiteit"))
    );
}

#[test]
fn r2_without_the_key_nothing_is_turned() {
    for pressed in ["2", ""] {
        let mut call = keys("*55*31*2", Some("PJSIP/an"));
        call.presses(pressed).settles();
        assert_eq!((ordered(&call), call.ending()), (vec![], Some("cancelled")));
        assert_eq!(said(&call), "Er is niets gewijzigd.");
    }
}

#[test]
fn r2_at_another_phone_the_pin_is_asked_for_and_a_wrong_one_again() {
    let mut call = keys("082780*55*31*2#", Some("PJSIP/gate"));
    assert_eq!(said(&call), "Toets uw extensie in, gevolgd door een hekje.");
    call.presses("999").settles().presses("104").presses("1");
    let proof = |proof: &str| Digits {
        digits: "".into(),
        end: GatherEnd::Terminator,
        proof: Some(proof.into()),
    };
    call.comes_of("gather", Outcome::Gathered(proof("p1")));
    assert_eq!(ordered(&call), [turn("dirk", "Gesloten", Some("p1"))]);
    call.refuses("set-switch", RefusalReason::Invalid).settles();
    call.comes_of("gather", Outcome::Gathered(proof("p2")));
    assert_eq!(ordered(&call)[1], turn("dirk", "Gesloten", Some("p2")));
    call.comes_of("set-switch", Outcome::Done).settles();
    assert_eq!(call.ending(), Some("turned"));
}

#[test]
fn r2_a_switch_that_somebody_else_turns_meanwhile_is_asked_about_again_and_the_pin_is_not() {
    let mut call = keys("*55*31*2#", Some("PJSIP/gate"));
    call.presses("104").presses("1");
    call.site(|mut site| {
        site.site_switches.values_mut().for_each(|switch| switch.position = "Calamiteit".into());
        site
    });
    let pin = Digits { digits: "".into(), end: GatherEnd::Terminator, proof: Some("p1".into()) };
    call.comes_of("gather", Outcome::Gathered(pin));
    assert_eq!(ordered(&call), []);
    assert_eq!(
        said(&call),
        "Schakelaar Vcare HAP staat op Calamiteit. Om deze op Gesloten te zetten, druk 1."
    );
    call.presses("1");
    assert_eq!(ordered(&call), [turn("dirk", "Gesloten", Some("p1"))]);
    call.comes_of("set-switch", Outcome::Done).settles();
    assert_eq!(
        (call.ending(), call.noted("turned")),
        (Some("turned"), Some("Calamiteit -> Gesloten"))
    );
}

#[test]
fn r2_who_may_not_turn_it_turns_nothing() {
    let call = keys("*55*31*2#", Some("PJSIP/bram"));
    assert_eq!((ordered(&call), call.ending()), (vec![], Some("not-permitted")));
}

#[test]
fn a_code_that_means_nothing_is_said() {
    for code in ["*55*99*2#", "*55*31*4#", "*55*31*0#", "*55*31", "*55*31*x"] {
        let call = keys(code, Some("PJSIP/an"));
        assert_eq!(call.ending(), Some("unknown-code"), "{code}");
    }
}

#[test]
fn where_it_stands_already_it_is_not_turned() {
    let call = keys("*55*31*1", Some("PJSIP/an"));
    assert_eq!(
        (said(&call).as_str(), call.ending()),
        ("Schakelaar Vcare HAP staat al op Open.", Some("same"))
    );
}

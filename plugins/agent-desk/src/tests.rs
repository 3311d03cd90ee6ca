//! The codes of R3, one after the other, as plain Rust.

use super::*;
use strowger_sdk::{
    testing::{Site, TestCall},
    types::{Arrival, Command, Digits, Event, GatherEnd, Outcome, Prompt},
};

fn settings() -> Settings {
    toml::from_str(include_str!("../settings.example.toml")).unwrap()
}

/// An is at her own phone, logged in; Bram has a phone and a PIN, and is not.
fn site() -> Site {
    Site::default()
        .agent("an", AgentStatus::Free)
        .agent("bram", AgentStatus::LoggedOut)
        .extension("101", "an")
        .extension("1021", "bram")
        .phone("PJSIP/an", "an")
        .phone("PJSIP/bram", "bram")
        .authority("an", Authority::Enough)
        .authority("bram", Authority::Enough)
        .member("an", "999", false)
        .member("an", "21", true)
}

/// Somebody keys a code: at a desk phone, or from outside.
fn keys(site: Site, code: &str, endpoint: Option<&str>, number: Option<&str>) -> TestCall<Desk> {
    let mut call = TestCall::new(settings(), site);
    let arrival = Arrival {
        call: "call-1".into(),
        caller: number.map(Into::into),
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

fn at(endpoint: &str, code: &str) -> TestCall<Desk> {
    keys(site(), code, Some(endpoint), None)
}

/// What was said last.
fn said(call: &TestCall<Desk>) -> String {
    let last = call.orders().iter().rev().find_map(|order| match &order.command {
        Command::Play(play) => play.prompts.first(),
        _ => None,
    });
    match last {
        Some(Prompt::Text(spoken)) => spoken.text.clone(),
        other => format!("{other:?}"),
    }
}

/// Whom the newest order is about, what it wants, and with which proof.
fn ordered(call: &TestCall<Desk>) -> (String, AgentAction, Option<String>) {
    let order = call.orders().iter().rev().find_map(|order| match &order.command {
        Command::Agent(order) => {
            Some((order.agent.clone(), order.action.clone(), order.proof.clone()))
        }
        _ => None,
    });
    order.unwrap_or_else(|| panic!("nothing is ordered of an agent:\n{}", call.timeline()))
}

fn done(call: &mut TestCall<Desk>) -> &mut TestCall<Desk> {
    call.comes_of("agent", Outcome::Done).settles()
}

#[test]
fn the_schema_in_the_file_is_that_of_the_settings() {
    strowger_sdk::testing::settings_schema::<Desk>("settings.schema.json");
}

#[test]
fn r3_logs_in_with_an_extension_of_three_or_four_digits() {
    let mut call = at("PJSIP/bram", "*1");
    let Command::Gather(gather) = &call.newest().last().unwrap().command else {
        panic!("{}", call.timeline())
    };
    assert_eq!((gather.terminator, gather.secret), (Some('#'), false));
    call.presses("1021");
    assert_eq!(
        ordered(&call),
        ("bram".into(), AgentAction::LogIn(Target::Address("PJSIP/bram".into())), None)
    );
    done(&mut call);
    assert_eq!(
        (said(&call), call.ending(), call.noted("agent")),
        (settings().texts.logged_in, Some("logged-in"), Some("bram"))
    );
}

#[test]
fn r3_the_same_code_logs_out_who_is_logged_in_here() {
    let mut call = at("PJSIP/an", "*1");
    call.presses("101");
    assert_eq!(ordered(&call).1, AgentAction::LogOut);
    done(&mut call);
    assert_eq!((said(&call), call.ending()), (settings().texts.logged_out, Some("logged-out")));
}

#[test]
fn r3_a_wrong_extension_may_be_keyed_three_times() {
    let mut call = at("PJSIP/bram", "*1");
    for _ in 0..3 {
        call.presses("777");
        assert_eq!(said(&call), settings().texts.unknown_extension);
        call.settles();
    }
    assert_eq!(
        (said(&call), call.ending()),
        (settings().texts.impossible, Some("unknown-extension"))
    );
}

#[test]
fn r3_joins_a_queue_and_the_same_code_leaves_it() {
    let mut call = at("PJSIP/an", "*48*999");
    assert_eq!(ordered(&call), ("an".into(), AgentAction::Join("999".into()), None));
    done(&mut call);
    assert_eq!(
        (said(&call), call.ending()),
        ("U bent nu lid van de gekozen wachtrij.".into(), Some("joined"))
    );

    let mut call = at("PJSIP/an", "*48*21");
    assert_eq!(ordered(&call).1, AgentAction::Leave("21".into()));
    done(&mut call);
    assert_eq!((said(&call), call.ending()), (settings().texts.left, Some("left")));
}

#[test]
fn r3_a_wrong_code() {
    for code in ["*48*77", "*47*9", "*50"] {
        let call = at("PJSIP/an", code);
        assert_eq!(
            (said(&call), call.ending()),
            (settings().texts.unknown_code, Some("unknown-code")),
            "{code}"
        );
    }
}

#[test]
fn r3_ends_a_pause_and_begins_one_with_a_reason() {
    let mut call = at("PJSIP/an", "*49");
    assert_eq!(ordered(&call).1, AgentAction::Ready);
    done(&mut call);
    assert_eq!((said(&call), call.ending()), (settings().texts.pause_ended, Some("pause-ended")));

    assert_eq!(ordered(&at("PJSIP/an", "*47")).1, AgentAction::Pause(None));
    assert_eq!(ordered(&at("PJSIP/an", "*47*1")).1, AgentAction::Pause(Some("lunch".into())));
}

#[test]
fn r3_nobody_is_logged_in_at_the_phone() {
    for code in ["*48*999", "*49", "*47"] {
        let call = at("PJSIP/bram", code);
        assert_eq!(
            (said(&call), call.ending()),
            (settings().texts.not_logged_in, Some("not-logged-in")),
            "{code}"
        );
    }
}

#[test]
fn r3_from_an_emergency_mobile_with_a_pin() {
    let site = || site().authority("bram", Authority::Proof);
    let mut call = keys(site(), "082780*1", Some("PJSIP/trunk"), Some("+32470123456"));
    call.presses("1021");
    let Command::Gather(gather) = &call.newest().last().unwrap().command else {
        panic!("{}", call.timeline())
    };
    assert!(gather.secret);
    for n in 1..=3 {
        let pin = Digits {
            digits: String::new(),
            proof: Some(format!("proof-{n}")),
            end: GatherEnd::Terminator,
        };
        call.comes_of("gather", Outcome::Gathered(pin));
        let (agent, action, proof) = ordered(&call);
        assert_eq!(
            (agent.as_str(), action),
            ("bram", AgentAction::LogIn(Target::Number("+32470123456".into())))
        );
        assert_eq!(proof, Some(format!("proof-{n}")));
        call.refuses("agent", RefusalReason::Invalid);
        assert_eq!(said(&call), settings().texts.wrong_pin);
        call.settles();
    }
    assert_eq!((said(&call), call.ending()), (settings().texts.impossible, Some("wrong-pin")));
}

#[test]
fn r3_too_many_wrong_pins() {
    let mut call = keys(site().authority("bram", Authority::Proof), "*1", Some("PJSIP/an"), None);
    call.presses("1021");
    let pin =
        Digits { digits: String::new(), proof: Some("proof".into()), end: GatherEnd::Terminator };
    call.comes_of("gather", Outcome::Gathered(pin))
        .refuses("agent", RefusalReason::OverLimit)
        .settles();
    assert_eq!((said(&call), call.ending()), (settings().texts.impossible, Some("not-permitted")));
}

#[test]
fn r3_who_may_not_act_for_an_agent_or_has_no_phone() {
    let mut call =
        keys(site().authority("bram", Authority::Nothing), "*1", Some("PJSIP/trunk"), None);
    call.presses("1021").settles();
    assert_eq!((said(&call), call.ending()), (settings().texts.impossible, Some("not-permitted")));
    assert_eq!(
        keys(site(), "*1", None, Some("+32470123456")).ending(),
        Some("no-phone"),
        "a number is no desk phone"
    );
    assert_eq!(keys(site(), "082780*1", None, None).ending(), Some("no-phone"), "withheld");
}

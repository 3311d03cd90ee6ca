//! The care line as it is asked for, requirement by requirement, as plain Rust.

use super::*;
use strowger_sdk::{
    testing::{Site, TestCall, contact},
    types::{Command, Left, Order},
};

const CALLER_NUMBER: &str = "+3291234567";

fn settings() -> Settings {
    toml::from_str(include_str!("../settings.example.toml")).unwrap()
}

/// 23 November 2026, 10:04 in the zone of the tests.
fn site(office_hours: bool) -> Site {
    Site { instant: 1_795_428_240_000, ..Site::default() }
        .language("nl-BE")
        .schedule("kantooruren", office_hours)
}

fn call(site: Site, data: &str) -> TestCall<Zorglijn> {
    let mut call = TestCall::new(settings(), site);
    call.arrives_as(|arrival| arrival.data = data.into()).settles();
    call
}

/// Queues in the order in which they were asked.
fn asked(call: &TestCall<Zorglijn>) -> Vec<String> {
    let queues = |order: &Order| match &order.command {
        Command::EnterQueue(entry) => entry.queues.clone(),
        Command::Widen(widen) => widen.queues.clone(),
        _ => Vec::new(),
    };
    call.orders().iter().flat_map(queues).collect()
}

fn waited_since(call: &TestCall<Zorglijn>) -> Option<u64> {
    call.orders().iter().find_map(|order| match &order.command {
        Command::EnterQueue(entry) => entry.waited_since,
        _ => None,
    })
}

/// What whoever calls back is told, as lines.
fn call_back(call: &TestCall<Zorglijn>) -> Vec<String> {
    let fields = call.orders().iter().filter_map(|order| match &order.command {
        Command::Case(case) if case.kind == "call-back" => Some(&case.fields),
        _ => None,
    });
    fields.flatten().map(|field| format!("{}: {}", field.key, field.value)).collect()
}

#[test]
fn the_schema_in_the_file_is_that_of_the_settings() {
    strowger_sdk::testing::settings_schema::<Zorglijn>("settings.schema.json");
}

#[test]
fn p5_operators_then_the_first_assistant_then_the_second() {
    let mut call = call(site(true), "");
    assert_eq!(asked(&call), ["zlo"]);
    call.passes(secs(15));
    assert_eq!(asked(&call), ["zlo", "zlo-oa-q2"]);
    assert_eq!(call.newest_names(), ["widen", "timer"], "phones that ring go on ringing");
    call.passes(secs(15));
    assert_eq!(asked(&call), ["zlo", "zlo-oa-q2", "zlo-oa-oa-q3"]);
    call.agent_answers("zoe");
    assert_eq!((call.ending(), call.noted("answered-by")), (Some("answered"), Some("zoe")));
}

#[test]
fn p2_at_the_edges_of_the_day_the_operators_are_alone() {
    let mut call = call(site(false), "");
    call.passes(secs(239));
    assert_eq!(asked(&call), ["zlo"]);
}

#[test]
fn a_call_keeps_the_shift_in_which_it_arrived() {
    let mut before_five = call(site(false), "office-hours 1795428000000");
    before_five.passes(secs(30));
    assert_eq!(asked(&before_five).len(), 3, "office hours are over by now");
    assert_eq!(waited_since(&before_five), Some(1_795_428_000_000));
    let mut before_nine = call(site(true), "edges 1795428000000");
    before_nine.passes(secs(30));
    assert_eq!(asked(&before_nine).len(), 1);
}

#[test]
fn p5_p6_after_four_minutes_a_call_back_mail_and_the_caller_is_told() {
    let mut call = call(site(true).contact(CALLER_NUMBER, contact("patiënt", "Mia Claes")), "");
    call.passes(secs(239));
    assert_eq!(call_back(&call), [""; 0]);
    call.passes(secs(1));
    assert_eq!(
        call_back(&call),
        [
            "caller: Mia Claes",
            "number: +3291234567",
            "dialled: +3290000000",
            "time: 23/11/2026 10:04",
            "wait: 4 min 0 s",
        ]
    );
    let Some(Command::Play(play)) = call.newest().last().map(|order| &order.command) else {
        panic!("{}", call.timeline())
    };
    assert_eq!(
        play.prompts,
        [Prompt::from(
            "Uw gegevens worden genoteerd en wij nemen zo snel mogelijk contact met u op."
        )]
    );
    call.settles();
    assert_eq!((call.ending(), call.noted("call-back")), (Some("call-back"), Some("waited")));
    assert!(call.is_tagged("call-back"));
}

#[test]
fn p5_the_mail_says_the_whole_wait_of_a_call_that_was_handed_over() {
    let mut call = call(site(true), "office-hours 1795428000000");
    call.passes(secs(240)).settles();
    assert_eq!(call_back(&call).last().map(String::as_str), Some("wait: 8 min 0 s"));
    assert_eq!(call_back(&call)[0], "caller: onbekend");
}

#[test]
fn p5_nobody_there_is_a_call_back_at_once() {
    for (why, word) in [
        (Left::NobodyLoggedIn, "nobody-logged-in"),
        (Left::NobodyReachable, "nobody-reachable"),
        (Left::Full, "full"),
    ] {
        let mut call = call(site(true), "");
        call.queue_leaves(why).settles();
        assert_eq!((call.ending(), call.noted("call-back")), (Some("call-back"), Some(word)));
        assert_eq!(call_back(&call).len(), 5);
    }
}

#[test]
fn p6_words_and_music_while_waiting_in_the_callers_language() {
    let waiting = |language: Option<&str>| {
        let mut settings = settings();
        settings.texts.waiting = toml::from_str::<std::collections::BTreeMap<String, Words>>(
            "w = { nl = 'U wordt zo spoedig mogelijk geholpen.', fr = 'Nous vous aiderons au plus vite.' }",
        )
        .unwrap()["w"]
            .clone();
        let mut patient = contact("patiënt", "Mia");
        patient.language = language.map(str::to_owned);
        let mut call =
            TestCall::<Zorglijn>::new(settings, site(true).contact(CALLER_NUMBER, patient));
        call.arrives().settles();
        call.company().unwrap().clone()
    };
    let company = waiting(None);
    assert_eq!(
        (company.first_after, company.every, company.music.as_deref()),
        (0, 60_000, Some("wachtmuziek"))
    );
    assert!(
        matches!(&company.prompts[..], [Prompt::Text(text)] if text.text == "U wordt zo spoedig mogelijk geholpen.")
    );
    assert!(
        matches!(&waiting(Some("fr-BE")).prompts[..], [Prompt::Text(text)] if text.text.starts_with("Nous"))
    );
}

#[test]
fn the_caller_may_hang_up_at_any_moment() {
    let mut waits = call(site(true), "");
    waits.passes(secs(100)).caller_hangs_up();
    assert_eq!((waits.ending(), waits.all_outstanding().count()), (Some("abandoned"), 0));
    assert_eq!(call_back(&waits), [""; 0], "a missed call");
    let mut noted = call(site(true), "");
    noted.passes(secs(240)).caller_hangs_up();
    assert_eq!(call_back(&noted).len(), 5);
}

//! The procedure as it is asked for, requirement by requirement, as plain Rust.

use super::*;
use strowger_sdk::{
    testing::{Site, TestCall, contact},
    types::{Command, Left, Order, Prompt, RefusalReason, Unanswered},
};

const CALLER_NUMBER: &str = "+3291234567";
const ROSTER: &str = "nachtwacht-oost-vlaanderen";

fn settings() -> Settings {
    toml::from_str(include_str!("../settings.example.toml")).unwrap()
}

/// The shift as a site has it, with An logged in, and a care-giver whose coordinator she is.
fn site(day: bool, office_hours: bool) -> Site {
    let mut care_giver = contact("zorgverlener", "Dr. Peeters");
    care_giver.responsible = vec!["bea".into(), "an".into()];
    Site { instant: 1_000_000, ..Site::default() }
        .schedule("dagpermanentie", day)
        .schedule("kantooruren", office_hours)
        .agent("an", AgentStatus::Free)
        .agent("bea", AgentStatus::LoggedOut)
        .contact(CALLER_NUMBER, care_giver)
}

fn office_hours() -> Site {
    site(true, true)
}

fn night(on_duty: impl IntoIterator<Item = Target>) -> Site {
    site(false, false).roster(ROSTER, on_duty)
}

fn number(number: &str) -> Target {
    Target::Number(number.into())
}

fn call(site: Site) -> TestCall<Permanentie> {
    let mut call = TestCall::new(settings(), site);
    call.arrives().settles();
    call
}

fn handed_over(call: &TestCall<Permanentie>) -> Option<(String, String)> {
    call.orders().iter().find_map(|order| match &order.command {
        Command::ContinueWith(to) => Some((to.flow.clone(), to.data.clone())),
        _ => None,
    })
}

/// Queues in the order in which they were asked.
fn asked(call: &TestCall<Permanentie>) -> Vec<String> {
    let queues = |order: &Order| match &order.command {
        Command::EnterQueue(entry) => entry.queues.clone(),
        Command::Widen(widen) => widen.queues.clone(),
        _ => Vec::new(),
    };
    call.orders().iter().flat_map(queues).collect()
}

fn dialled(call: &TestCall<Permanentie>) -> Vec<Target> {
    let dials = call.orders().iter().filter_map(|order| match &order.command {
        Command::Dial(dial) => Some(dial.target.clone()),
        _ => None,
    });
    dials.collect()
}

fn alarms(call: &TestCall<Permanentie>) -> Vec<String> {
    let alarms = call.orders().iter().filter_map(|order| match &order.command {
        Command::Alarm(alarm) => Some(alarm.what.clone()),
        _ => None,
    });
    alarms.collect()
}

#[test]
fn the_schema_in_the_file_is_that_of_the_settings() {
    strowger_sdk::testing::settings_schema::<Permanentie>("settings.schema.json");
}

#[test]
fn p1_p2_the_edges_of_the_day_belong_to_the_care_line() {
    let call = call(site(true, false));
    assert_eq!(handed_over(&call), Some(("zorglijn".into(), "edges 1000000".into())));
    assert_eq!(
        (call.noted("shift"), call.noted("province")),
        (Some("edges"), Some("Oost-Vlaanderen"))
    );
    assert_eq!(call.noted("kind"), None, "nobody is told apart");
}

#[test]
fn p3_patients_and_unknown_callers_go_to_the_care_line() {
    let patient = call(office_hours().contact(CALLER_NUMBER, contact("patiënt", "Mia")));
    assert_eq!(handed_over(&patient), Some(("zorglijn".into(), "office-hours 1000000".into())));
    assert_eq!(patient.noted("kind"), Some("patiënt"));
    let mut unknown = TestCall::<Permanentie>::new(settings(), office_hours());
    unknown.arrives_as(|arrival| arrival.caller = None).settles();
    assert!(handed_over(&unknown).is_some());
    assert_eq!(unknown.noted("kind"), Some("onbekend"));
}

#[test]
fn p3_who_is_no_contact_may_be_asked() {
    let asked_who = |key: &str| {
        let mut settings = settings();
        settings.care_givers.menu =
            Some(Menu { ask: "Bent u zorgverlener? Druk 1.".into(), key: '1', within: Seconds(4) });
        let mut call = TestCall::<Permanentie>::new(settings, office_hours());
        call.arrives_as(|arrival| arrival.caller = Some("+32499000000".into()))
            .settles()
            .presses(key);
        call
    };
    let care_giver = asked_who("1");
    assert_eq!(
        (asked(&care_giver), care_giver.noted("kind")),
        (vec!["sd-ovl-q2".into()], Some("zorgverlener"))
    );
    for patient in ["2", ""] {
        assert!(handed_over(&asked_who(patient)).is_some(), "{patient:?}");
    }
}

#[test]
fn p4_the_responsible_coordinator_the_desk_and_the_care_coordinator() {
    let mut call = call(office_hours());
    assert_eq!(asked(&call), ["agent:an"], "Bea is responsible too, and not at work");
    let company = call.company().unwrap();
    assert_eq!(
        (company.first_after, company.every, company.music.as_deref()),
        (0, 60_000, Some("wachtmuziek"))
    );
    assert_eq!(company.prompts, [Prompt::from("U wordt zo spoedig mogelijk geholpen.")]);
    call.passes(secs(14));
    assert_eq!(asked(&call).len(), 1);
    call.passes(secs(1));
    assert_eq!(asked(&call), ["agent:an", "sd-ovl-q2"]);
    assert_eq!(call.newest_names(), ["widen", "timer"], "phones that ring go on ringing");
    call.passes(secs(15));
    assert_eq!(asked(&call), ["agent:an", "sd-ovl-q2", "sd-ovl-q3"]);
    call.passes(secs(209));
    assert_eq!(handed_over(&call), None);
    call.agent_answers("an");
    assert_eq!((call.ending(), call.noted("answered-by")), (Some("answered"), Some("an")));
    assert_eq!(call.noted("widened"), Some("2"), "P9");
}

#[test]
fn p4_after_four_minutes_the_care_line_with_the_time_waited() {
    let mut call = call(office_hours());
    call.passes(secs(240));
    assert_eq!(
        handed_over(&call),
        Some(("zorglijn".into(), "office-hours 1000000".into())),
        "and in the shift in which it arrived"
    );
    assert!(call.is_tagged("handed-over"));
    assert_eq!(
        call.newest_names(),
        ["note", "cancel", "cancel", "mark", "continue-with"],
        "out of the queue"
    );
    assert_eq!(call.noted("widened"), Some("2"));
}

#[test]
fn p4_without_somebody_responsible_the_desk_is_first() {
    let mut call = call(office_hours().agent("an", AgentStatus::LoggedOut));
    assert_eq!(asked(&call), ["sd-ovl-q2"]);
    call.passes(secs(15));
    assert_eq!(asked(&call), ["sd-ovl-q2", "sd-ovl-q3"]);
}

#[test]
fn p4_who_cannot_answer_at_all_is_not_waited_for() {
    let mut call = call(office_hours());
    call.passes(secs(2)).queue_leaves(Left::NobodyReachable);
    assert_eq!(asked(&call), ["agent:an", "sd-ovl-q2"]);
    call.queue_leaves(Left::NobodyLoggedIn).queue_leaves(Left::NobodyLoggedIn);
    assert_eq!(handed_over(&call), Some(("zorglijn".into(), "office-hours 1000000".into())));
    assert_eq!(call.noted("service-desk"), Some("nobody-logged-in"));
}

#[test]
fn a_care_line_that_cannot_be_had_leaves_the_caller_to_the_pbx() {
    let mut call = call(site(true, false));
    call.refuses("continue-with", RefusalReason::UnknownName);
    assert_eq!(call.newest_names(), ["alarm", "transfer"]);
}

#[test]
fn p7_the_nurse_of_the_roster_takes_the_call_with_a_key() {
    let mut call = call(night([number("+32470000201")]));
    let Some(Command::Dial(dial)) = call.newest().last().map(|order| &order.command) else {
        panic!("{}", call.timeline())
    };
    assert_eq!(dial.target, number("+32470000201"));
    assert_eq!(
        dial.confirm.as_ref().map(|confirm| (confirm.key, confirm.within)),
        Some(('1', 10_000)),
        "no voice mail takes a caller"
    );
    call.dial_answered();
    assert_eq!(
        call.newest_names(),
        ["cancel", "connect"],
        "the music ends, and the nurse is not hung up"
    );
    call.settles();
    assert_eq!((call.noted("night"), call.ending()), (Some("roster"), None));
    assert_eq!(alarms(&call), [""; 0]);
}

#[test]
fn p7_the_back_office_can_have_the_watch() {
    let mut call = call(night([Target::Agent("lotte".into())]));
    assert_eq!(asked(&call), ["agent:lotte"]);
    call.agent_answers("lotte");
    assert_eq!((call.noted("night"), call.ending()), (Some("roster"), None));
}

#[test]
fn p7_who_does_not_answer_is_followed_by_the_next_and_at_last_by_the_named_number() {
    let mut call = call(night([Target::Agent("lotte".into()), number("+32470000201")]));
    call.passes(secs(30)).dial_fails(Unanswered::NoAnswer);
    assert_eq!(dialled(&call), [number("+32470000201"), number("+32 470 00 02 99")]);
    assert_eq!(alarms(&call), ["nobody on the roster `nachtwacht-oost-vlaanderen` answers"]);
    call.dial_fails(Unanswered::Busy).settles();
    assert_eq!((call.ending(), call.noted("night")), (Some("unanswered"), Some("nobody")));
}

#[test]
fn p7_nobody_on_the_roster_rings_the_named_number_and_alarms() {
    let mut call = call(night([]));
    assert_eq!(dialled(&call), [number("+32 470 00 02 99")]);
    assert_eq!(alarms(&call), ["nobody is on the roster `nachtwacht-oost-vlaanderen`"]);
    call.dial_answered().settles();
    assert_eq!(call.noted("night"), Some("otherwise"));
}

/// A caller who talks with the nurse.
fn talking() -> TestCall<Permanentie> {
    let mut call = call(night([number("+32470000201")]));
    call.dial_answered().settles();
    call
}

#[test]
fn p8_the_nurse_keys_the_urgency_while_they_talk_or_when_the_caller_has_hung_up() {
    let mut meanwhile = talking();
    meanwhile.key(NURSE, '3').key(NURSE, '7').key(NURSE, '2').caller_hangs_up();
    assert_eq!(
        (meanwhile.noted("triage"), meanwhile.ending()),
        (Some("U2"), Some("answered")),
        "the last one counts"
    );

    let mut afterwards = talking();
    afterwards.caller_hangs_up();
    assert_eq!(afterwards.newest_names(), ["gather"]);
    afterwards.presses("9").presses("4");
    assert_eq!((afterwards.noted("triage"), afterwards.ending()), (Some("U4"), Some("answered")));
    assert!(!afterwards.is_tagged("triage-missing"));
}

#[test]
fn p8_an_urgency_that_is_missing_is_seen_on_the_record() {
    let mut silent = talking();
    silent.caller_hangs_up().presses("");
    let mut gone = talking();
    gone.caller_hangs_up().refuses("gather", RefusalReason::UnknownName);
    let mut first = talking();
    first.hangs_up(NURSE);
    for call in [silent, gone, first] {
        assert_eq!(call.ending(), Some("answered"), "{}", call.timeline());
        assert!(call.is_tagged("triage-missing"), "{}", call.timeline());
    }
}

#[test]
fn the_caller_may_hang_up_at_any_moment() {
    for wait in [0, 20, 200] {
        let mut waits = call(office_hours());
        waits.passes(secs(wait)).caller_hangs_up();
        assert_eq!((waits.ending(), waits.all_outstanding().count()), (Some("abandoned"), 0));
    }
    let mut at_night = call(night([number("+32470000201")]));
    at_night.caller_hangs_up();
    assert_eq!((at_night.ending(), at_night.all_outstanding().count()), (Some("abandoned"), 0));
}

#[test]
fn settings_that_make_no_sense_are_refused() {
    let mut short = settings();
    short.care_givers.care_line_after = Seconds(30);
    assert!(Permanentie::check(&short).unwrap_err().contains("care_line_after"));
    let mut twice = settings();
    twice.night.triage[1].key = '1';
    assert!(Permanentie::check(&twice).unwrap_err().contains("same key"));
}

//! F1, one course of events after the other, as plain Rust.

use super::*;
use strowger_sdk::{
    reads::{AgentStatus, Authority},
    testing::{Site, TestCall, contact, listed},
    types::{AgentAction, Command, Digits, Left, Outcome},
};

const CALLER_NUMBER: &str = "+3291234567";
/// Monday 2026-11-23, 06:00 UTC, which is the zone of the test's site.
const MONDAY: u64 = 1_795_413_600_000;
const HOUR: u64 = 3_600_000;

fn settings() -> Settings {
    toml::from_str(include_str!("../settings.example.toml")).unwrap()
}

/// The telephone is that of Sara, who works in these departments.
fn known(departments: &[&str]) -> Site {
    let mut sara = contact("medewerker", "sara");
    sara.tags = departments.iter().map(|tag| (*tag).into()).collect();
    Site { instant: MONDAY, ..Site::default() }.contact(CALLER_NUMBER, sara)
}

fn arrives(settings: Settings, site: Site) -> TestCall<AbsenceLine> {
    let mut call = TestCall::new(settings, site);
    call.arrives().settles();
    call
}

/// Keys each of these where it is asked for; `#` ends digits, and alone it is nothing but that.
fn keys<'a>(call: &'a mut TestCall<AbsenceLine>, keyed: &[&str]) -> &'a mut TestCall<AbsenceLine> {
    for digits in keyed {
        let end = if digits.ends_with('#') { GatherEnd::Terminator } else { GatherEnd::Enough };
        let digits = digits.trim_end_matches('#').to_owned();
        call.comes_of("gather", Outcome::Gathered(Digits { digits, proof: None, end })).settles();
    }
    call
}

fn ordered(call: &TestCall<AbsenceLine>) -> Vec<OpenCampaign> {
    let opens = call.orders().iter().filter_map(|order| match &order.command {
        Command::OpenCampaign(open) => Some(open.clone()),
        _ => None,
    });
    opens.collect()
}

fn field<'a>(open: &'a OpenCampaign, key: &str) -> &'a str {
    open.fields.iter().find(|field| field.key == key).map_or("-", |field| field.value.as_str())
}

/// A nurse of geriatrics is absent on Tuesday from 7 to 15:30, as far as the question whether it is
/// right.
fn reported() -> TestCall<AbsenceLine> {
    let mut call = arrives(settings(), known(&["intern", "geriatrie"]));
    keys(&mut call, &["1", "2", "1", "2411#", "0700#", "1530#"]);
    call
}

#[test]
fn the_schema_in_the_file_is_that_of_the_settings() {
    strowger_sdk::testing::settings_schema::<AbsenceLine>("settings.schema.json");
}

#[test]
fn f1_a_known_telephone_reports_by_keypad_and_everything_is_read_back() {
    let mut call = reported();
    assert_eq!(
        call.said_to(CALLER).unwrap(),
        "U meldt een afwezigheid op de afdeling geriatrie, verpleegkundige, dinsdag 24 november \
         van 7 uur tot 15 uur 30. Is dit juist? Druk 1. Opnieuw beginnen? Druk 2. Voor een \
         medewerker, druk 0."
    );
    assert_eq!(ordered(&call), []);
    call.presses("1");
    let open = &ordered(&call)[0];
    assert_eq!((open.template.as_str(), open.goal), ("open-shift", 1));
    assert_eq!(open.name, "geriatrie 2026-11-24 07:00 verpleegkundige");
    for (key, value) in [
        ("department", "geriatrie"),
        ("role", "verpleegkundige"),
        ("date", "2026-11-24"),
        ("from", "07:00"),
        ("to", "15:30"),
        ("shift", "dinsdag 24 november van 7 uur tot 15 uur 30"),
    ] {
        assert_eq!(field(open, key), value, "{key}");
    }
    assert_eq!(open.until, Some(MONDAY + 25 * HOUR), "nobody is called once the shift has begun");
    call.comes_of("open-campaign", Outcome::Done);
    let mail = call.mails().next().unwrap();
    assert_eq!(
        (mail.template.as_str(), mail.to.as_slice()),
        ("absence", ["planning@zorg.example".to_owned()].as_slice())
    );
    call.settles();
    assert_eq!((call.ending(), call.noted("reporter")), (Some("reported"), Some("sara")));
}

#[test]
fn f1_who_reports_in_the_own_name_is_not_asked_to_come() {
    for (key, absent) in [("1", true), ("2", false)] {
        let name = "geriatrie 2026-11-24 07:00 verpleegkundige";
        let site = known(&["geriatrie"]).campaign_contact(name, "sara", listed("Sara", &[]));
        let mut call = arrives(settings(), site);
        keys(&mut call, &["1", key, "1", "2411#", "0700#", "1530#", "1"]);
        call.comes_of("open-campaign", Outcome::Done);
        let outcome = call.disposition().map(|it| (it.who.contact.as_str(), it.outcome.as_str()));
        assert_eq!(outcome, absent.then_some(("sara", "absent")));
    }
}

#[test]
fn f1_the_telephone_of_a_department_reports_for_it() {
    let mut call = TestCall::<AbsenceLine>::new(settings(), known(&[]));
    call.arrives_as(|arrival| arrival.caller = Some("+3292000414".into())).settles();
    // It asks neither for the department nor whether the telephone is absent.
    keys(&mut call, &["1", "1", "2411#", "0700#", "1530#", "1"]);
    assert_eq!(field(&ordered(&call)[0], "department"), "palliatieve zorg");
    assert_eq!(call.noted("reporter"), Some("palliatieve zorg"));
}

#[test]
fn f1_an_agent_at_an_own_telephone_reports_for_any_department() {
    let site = Site { instant: MONDAY, ..Site::default() }
        .phone("PJSIP/els", "els")
        .authority("els", Authority::Enough);
    let mut call = TestCall::<AbsenceLine>::new(settings(), site);
    call.arrives_as(|arrival| arrival.endpoint = Some("PJSIP/els".into())).settles();
    // Nobody asks whether the agent is absent.
    keys(&mut call, &["1", "99#", "14#", "2", "#", "2200#", "0600#", "1"]);
    let open = &ordered(&call)[0];
    assert_eq!(
        (field(open, "department"), field(open, "role")),
        ("palliatieve zorg", "zorgkundige")
    );
    assert_eq!(
        (field(open, "date"), field(open, "to")),
        ("2026-11-23", "06:00"),
        "today, by night"
    );
}

#[test]
fn f1_elsewhere_a_pin_is_asked_for_which_leaves_the_agent_as_it_is() {
    for (status, action) in [
        (AgentStatus::LoggedOut, AgentAction::LogOut),
        (AgentStatus::Paused, AgentAction::Pause(None)),
        (AgentStatus::Free, AgentAction::Ready),
    ] {
        let site = Site { instant: MONDAY, ..Site::default() }
            .extension("110", "els")
            .agent("els", status)
            .authority("els", Authority::Proof);
        let mut call = arrives(settings(), site);
        keys(&mut call, &["999#", "110#"]);
        assert_eq!(call.said_to(CALLER).unwrap(), "Toets uw pincode in, gevolgd door een hekje.");
        let proof = |proof: &str| {
            Outcome::Gathered(Digits {
                digits: "".into(),
                proof: Some(proof.into()),
                end: GatherEnd::Terminator,
            })
        };
        call.comes_of("gather", proof("p1")).refuses("agent", RefusalReason::Invalid).settles();
        call.comes_of("gather", proof("p2"));
        let Command::Agent(order) = &call.newest()[0].command else {
            panic!("{}", call.timeline())
        };
        assert_eq!((&order.action, order.proof.as_deref()), (&action, Some("p2")));
        call.comes_of("agent", Outcome::Done);
        assert_eq!((call.noted("reporter"), call.said_to(CALLER)), (
            Some("els"),
            Some("Voor één dienst, druk 1. Voor een langere afwezigheid, druk 2. Voor een medewerker, druk 0.".into())
        ));
    }
}

#[test]
fn f1_who_is_not_known_reports_to_an_agent() {
    let site = || {
        Site { instant: MONDAY, ..Site::default() }
            .extension("110", "els")
            .authority("els", Authority::Proof)
    };
    let asks = |keyed: &[&str]| {
        let mut call = arrives(settings(), site());
        keys(&mut call, keyed);
        call.outstanding("enter-queue");
        call
    };
    // Nothing but #, wrong extensions; and nothing where a PIN is asked for.
    asks(&["#"]);
    asks(&["1#", "2#", "3#"]);
    let mut call = asks(&["110#", "#"]);
    assert!(ordered(&call).is_empty());
    call.agent_answers("hilde");
    assert_eq!((call.ending(), call.noted("agent")), (Some("answered"), Some("hilde")));
}

#[test]
fn f1_a_contact_of_another_kind_is_not_known() {
    let call = arrives(settings(), known(&["intern"]));
    assert_eq!(call.said_to(CALLER), arrives(settings(), Site::default()).said_to(CALLER));
}

#[test]
fn f1_an_agent_can_be_reached_from_every_question_with_a_key() {
    for keyed in [
        &["0"][..],
        &["1", "0"],
        &["1", "2", "0"],
        &["1", "2", "1", "2411#", "0700#", "1530#", "0"],
    ] {
        let mut call = arrives(settings(), known(&["geriatrie"]));
        keys(&mut call, keyed);
        assert!(ordered(&call).is_empty());
        call.queue_leaves(Left::NobodyLoggedIn).settles();
        assert_eq!(call.ending(), Some("nobody-logged-in"), "{keyed:?}");
        assert!(call.said_to(CALLER).unwrap().starts_with("Er is nu geen medewerker"));
    }
}

#[test]
fn f1_what_is_wrong_is_asked_again_and_all_of_it_if_it_was_not_right() {
    let mut call = arrives(settings(), known(&["geriatrie"]));
    keys(
        &mut call,
        &["1", "7", "2", "5", "1", "3113#", "24#", "2411#", "2460#", "0700#", "1500#", "2"],
    );
    assert!(call.said_to(CALLER).unwrap().starts_with("Voor één dienst"), "{}", call.timeline());
    keys(&mut call, &["1", "2", "2", "2311#", "0800#", "1600#", "1"]);
    let open = &ordered(&call)[0];
    assert_eq!((field(open, "role"), field(open, "date")), ("zorgkundige", "2026-11-23"));
}

#[test]
fn f1_three_wrong_times_lead_to_an_agent() {
    let mut call = arrives(settings(), known(&["geriatrie"]));
    keys(&mut call, &["1", "2", "1", "2411#", "2500#", "9999#", "7#"]);
    call.outstanding("enter-queue");
}

#[test]
fn f2_an_absence_of_weeks_is_one_for_the_whole_time() {
    let mut call = arrives(settings(), known(&["geriatrie"]));
    keys(&mut call, &["2", "2", "1", "0112#", "2802#"]);
    assert!(
        call.said_to(CALLER)
            .unwrap()
            .contains("van dinsdag 1 december tot en met zondag 28 februari")
    );
    call.presses("1");
    let open = &ordered(&call)[0];
    assert_eq!(open.template, "structural");
    assert_eq!((field(open, "date"), field(open, "to")), ("2026-12-01", "2027-02-28"));
    assert_eq!(field(open, "from"), "-");

    let mut by_agent = arrives(Settings { period: None, ..settings() }, known(&["geriatrie"]));
    keys(&mut by_agent, &["2"]);
    by_agent.outstanding("enter-queue");
}

#[test]
fn f1_people_are_called_until_the_shift_begins_or_once_it_has_begun_until_it_is_over() {
    for (from, to, hours) in [
        ("0700#", "1500#", 1),
        ("0600#", "1400#", 8),
        ("0500#", "1400#", 8),
        ("2200#", "0600#", 16),
        ("0530#", "0530#", 24),
    ] {
        let mut call = arrives(settings(), known(&["geriatrie"]));
        keys(&mut call, &["1", "2", "1", "#", from, to, "1"]);
        let until = ordered(&call)[0].until.unwrap();
        assert_eq!(until.div_ceil(HOUR) - MONDAY / HOUR, hours, "{from} {to}");
    }
    let mut call = arrives(settings(), known(&["geriatrie"]));
    keys(&mut call, &["2", "2", "1", "#", "2511#", "1"]);
    assert_eq!(ordered(&call)[0].until, Some(MONDAY + (18 + 48) * HOUR), "it has begun");
}

#[test]
fn f1_a_second_absence_like_the_first_has_its_own_name() {
    let mut call = reported();
    call.presses("1").refuses("open-campaign", RefusalReason::DuplicateId);
    assert_eq!(ordered(&call)[1].name, "geriatrie 2026-11-24 07:00 verpleegkundige 2");
    call.comes_of("open-campaign", Outcome::Unknown);
    assert_eq!(ordered(&call)[2].name, ordered(&call)[1].name, "the host was away");
    call.comes_of("open-campaign", Outcome::Done).settles();
    assert_eq!((call.ending(), call.mails().count()), (Some("reported"), 1));
}

#[test]
fn f1_an_absence_that_cannot_be_offered_goes_to_an_agent_with_an_alarm() {
    let mut call = reported();
    call.presses("1").refuses("open-campaign", RefusalReason::UnknownName);
    assert!(call.orders().iter().any(|order| matches!(order.command, Command::Alarm(_))));
    call.agent_answers("hilde");
    assert_eq!((call.ending(), call.mails().count()), (Some("answered"), 0));
}

#[test]
fn f1_who_hangs_up_once_it_was_confirmed_has_reported_it() {
    let mut call = reported();
    call.presses("1").caller_hangs_up();
    call.comes_of("open-campaign", Outcome::Done);
    assert_eq!((call.ending(), call.mails().count()), (Some("reported"), 1));
    let names: Vec<_> = ordered(&call).into_iter().map(|open| open.name).collect();
    assert_eq!(names[0], names[1], "to the host it is the same one");

    let mut call = reported();
    call.caller_hangs_up();
    assert_eq!((call.ending(), ordered(&call).len()), (Some("abandoned"), 0));
}

#[test]
fn settings_that_make_no_sense_are_refused() {
    let check = |edit: fn(&mut Settings)| {
        let mut settings = settings();
        edit(&mut settings);
        AbsenceLine::check(&settings)
    };
    assert!(check(|_| {}).is_ok());
    assert!(check(|s| s.departments.clear()).unwrap_err().contains("at least one"));
    assert!(check(|s| s.departments[1].code = "12".into()).unwrap_err().contains("the code 12"));
    assert!(check(|s| s.roles[1].key = '1').unwrap_err().contains("the key 1"));
    assert!(check(|s| s.roles[1].key = '0').unwrap_err().contains("1 to 9"));
}

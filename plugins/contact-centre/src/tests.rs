//! The contact centre as it is asked for, requirement by requirement, as plain Rust.

use super::*;
use strowger_sdk::{
    reads::PastCall,
    testing::{Site, TestCall, contact},
    types::{Command, EnterQueue, Left, Order, RefusalReason},
};

const CALLER_NUMBER: &str = "+3291234567";

fn settings() -> Settings {
    toml::from_str(include_str!("../settings.example.toml")).unwrap()
}

fn call_to(settings: Settings, dialled: &str, site: Site) -> TestCall<ContactCentre> {
    let mut call = TestCall::new(settings, site);
    call.arrives_as(|arrival| arrival.dialled = dialled.into()).settles();
    call
}

/// A call to cardiology, waiting.
fn cardiology(site: Site) -> TestCall<ContactCentre> {
    call_to(settings(), "+3293320101", site)
}

fn heard(call: &TestCall<ContactCentre>) -> Vec<String> {
    let plays = call.orders().iter().filter_map(|order| match &order.command {
        Command::Play(play) => Some(&play.prompts),
        _ => None,
    });
    let words = |prompt: &Prompt| match prompt {
        Prompt::Text(spoken) => spoken.text.clone(),
        other => format!("{other:?}"),
    };
    plays.flatten().map(words).collect()
}

fn entry(call: &TestCall<ContactCentre>) -> &EnterQueue {
    let entries = |order: &Order| matches!(order.command, Command::EnterQueue(_));
    match call.orders().iter().find(|order| entries(order)).map(|order| &order.command) {
        Some(Command::EnterQueue(entry)) => entry,
        _ => panic!("{}", call.timeline()),
    }
}

fn past(dialled: &str, outbound: bool) -> PastCall {
    PastCall {
        at: 0,
        outbound,
        flow: "contact-centre".into(),
        outcome: "answered".into(),
        dialled: dialled.into(),
        campaign: None,
    }
}

#[test]
fn the_schema_in_the_file_is_that_of_the_settings() {
    strowger_sdk::testing::settings_schema::<ContactCentre>("settings.schema.json");
}

#[test]
fn k1_each_number_leads_to_the_same_team_with_the_same_greeting_and_its_own_tree() {
    for (dialled, clinic, tree) in [
        (
            "+3293320101",
            "de polikliniek Cardiologie",
            Some("https://vragenboom.azvoorbeeld.example/cardiologie"),
        ),
        (
            "3293320102",
            "de polikliniek Dermatologie",
            Some("https://vragenboom.azvoorbeeld.example/dermatologie"),
        ),
        ("+3293320199", "het AZ Voorbeeld", None),
    ] {
        let call = call_to(settings(), dialled, Site::default());
        assert_eq!(heard(&call), [format!("Welkom bij {clinic}.")]);
        assert_eq!((call.noted("clinic"), call.noted("question-tree")), (Some(clinic), tree));
        let entry = entry(&call);
        assert_eq!(
            (&*entry.queues, entry.display_name.as_deref()),
            (&["klantcontact".to_owned()][..], Some(clinic))
        );
        assert_eq!(entry.whisper, [Prompt::from(clinic)]);
    }
}

#[test]
fn k2_only_after_a_while_the_clinic_is_asked_too() {
    let widened = |call: &TestCall<ContactCentre>| {
        call.orders().iter().any(|order| matches!(order.command, Command::Widen(_)))
    };
    let mut call = cardiology(Site::default());
    call.passes(secs(59));
    assert!(!widened(&call));
    call.passes(secs(1));
    assert!(
        matches!(&call.newest()[0].command, Command::Widen(widen) if widen.queues == ["poli-hart"])
    );
    let mut without_desk = call_to(settings(), "+3293320102", Site::default());
    without_desk.passes(secs(600));
    assert!(!widened(&without_desk));
}

#[test]
fn k3_who_called_before_is_seen_by_the_agent_and_on_the_record() {
    let [heart, skin, none] = ["+32 93 32 01 01", "+3293320102", "+3293320199"];
    let first = cardiology(Site::default().called(CALLER_NUMBER, past(heart, true)));
    assert_eq!(
        (first.noted("calls-before"), first.is_tagged("repeat")),
        (Some("0"), false),
        "our calls to a patient do not count"
    );
    let third = cardiology(
        Site::default()
            .called(CALLER_NUMBER, past(heart, false))
            .called(CALLER_NUMBER, past(heart, false)),
    );
    assert_eq!((third.noted("calls-before"), third.is_tagged("repeat")), (Some("2"), true));
    assert_eq!(entry(&third).display_name.as_deref(), Some("de polikliniek Cardiologie, oproep 3"));
    let other = cardiology(
        Site::default()
            .called(CALLER_NUMBER, past(skin, false))
            .called(CALLER_NUMBER, past(none, false)),
    );
    assert_eq!(
        (other.noted("calls-before"), other.noted("called-before")),
        (Some("0"), Some("de polikliniek Dermatologie"))
    );
    assert!(!other.is_tagged("repeat"), "another clinic's");
    assert_eq!(
        entry(&other).display_name.as_deref(),
        Some("de polikliniek Cardiologie, ook de polikliniek Dermatologie")
    );
}

#[test]
fn k5_the_agent_keys_what_came_of_it() {
    let mut meanwhile = cardiology(Site::default());
    meanwhile.agent_answers("eva").key("agent", '1').caller_hangs_up();
    assert_eq!(
        (meanwhile.noted("wrap-up"), meanwhile.ending()),
        (Some("afspraak"), Some("answered"))
    );

    let mut afterwards = cardiology(Site::default());
    afterwards.agent_answers("eva").caller_hangs_up().presses("2");
    assert_eq!(
        (afterwards.noted("wrap-up"), afterwards.noted("answered-by")),
        (Some("beantwoord"), Some("eva"))
    );

    let mut not_at_all = cardiology(Site::default());
    not_at_all.agent_answers("eva").hangs_up("agent");
    assert!(not_at_all.is_tagged("wrap-up-missing"));
    assert_eq!(not_at_all.ending(), Some("answered"));
}

#[test]
fn k6_who_calls_again_before_being_called_back_has_the_place() {
    let kept = strowger_sdk::reads::CallBackStatus {
        call: "before".into(),
        flow: "contact-centre".into(),
        waited_since: 7,
        queues: vec!["klantcontact".into()],
    };
    let mut site = Site::default();
    site.call_backs.insert(CALLER_NUMBER.into(), kept);
    let mut call = cardiology(site.clone());
    call.comes_of("take-place", strowger_sdk::types::Outcome::Done);
    assert_eq!(entry(&call).waited_since, Some(7));
    let mut off = settings();
    off.call_back = None;
    let off = call_to(off, "+3293320101", site);
    assert_eq!(entry(&off).waited_since, None);
}

#[test]
fn an_announcement_without_end_is_refused() {
    let announce = |every| Announce {
        every: Seconds(every),
        position: Some("{position}".into()),
        expected_wait: None,
    };
    let check =
        |every| ContactCentre::check(&Settings { announce: Some(announce(every)), ..settings() });
    assert!(check(1).is_ok() && check(0).unwrap_err().contains("at least 1 second"));
}

#[test]
fn who_cannot_be_served_is_told() {
    let mut call = cardiology(Site::default());
    call.queue_leaves(Left::NobodyLoggedIn).settles();
    assert_eq!(
        heard(&call)[1],
        "Op dit ogenblik kan niemand uw oproep beantwoorden. Probeer het later opnieuw."
    );
    assert_eq!(call.ending(), Some("nobody-logged-in"));
}

#[test]
fn callers_are_spoken_to_in_their_language() {
    let several = |edit: fn(Site) -> Site| {
        let mut settings = settings();
        let languages = |key, language: &str, ask: &str| Language {
            key,
            language: language.into(),
            ask: ask.into(),
        };
        settings.languages = vec![
            languages('1', "nl", "Voor Nederlands, druk 1."),
            languages('2', "fr", "Pour le français, tapez 2."),
        ];
        settings.texts.greeting =
            serde_json::from_str(r#"{"nl":"Welkom bij {clinic}.","fr":"Bienvenue: {clinic}."}"#)
                .unwrap();
        call_to(settings, "+3293320101", edit(Site::default().language("nl-BE")))
    };
    let mut chooses = several(|site| site);
    chooses.presses("2").settles();
    assert_eq!(
        (heard(&chooses), chooses.noted("language")),
        (vec!["Bienvenue: de polikliniek Cardiologie.".into()], Some("fr"))
    );
    let mut mute = several(|site| site);
    mute.presses("").settles();
    assert_eq!(heard(&mute), ["Welkom bij de polikliniek Cardiologie."]);
    let mut elsewhere = several(|site| site.language("fr-BE"));
    elsewhere.presses("").settles();
    assert_eq!(heard(&elsewhere), ["Bienvenue: de polikliniek Cardiologie."], "the flow's own");
    let known = several(|site| {
        let mut patient = contact("patiënt", "Luc");
        patient.language = Some("fr-BE".into());
        site.contact(CALLER_NUMBER, patient)
    });
    assert_eq!(heard(&known), ["Bienvenue: de polikliniek Cardiologie."], "and is not asked");
    let mut refused = several(|site| site);
    refused.refuses("gather", RefusalReason::Pbx).settles();
    assert_eq!(heard(&refused), ["Welkom bij de polikliniek Cardiologie."]);
}

#[test]
fn the_caller_may_hang_up_at_any_moment() {
    for wait in [0, 30, 90] {
        let mut waits = cardiology(Site::default());
        waits.passes(secs(wait)).caller_hangs_up();
        assert_eq!((waits.ending(), waits.all_outstanding().count()), (Some("abandoned"), 0));
    }
}

#[test]
fn settings_that_make_no_sense_are_refused() {
    let mut twice = settings();
    twice.clinics[1].number = "+3293320101".into();
    assert!(ContactCentre::check(&twice).unwrap_err().contains("de polikliniek Dermatologie"));
    let mut first = settings();
    first.repeat.calls = 1;
    assert!(ContactCentre::check(&first).unwrap_err().contains("at least 2"));
    let mut keys = settings();
    keys.wrap_up[1].key = '1';
    assert!(ContactCentre::check(&keys).unwrap_err().contains("same key"));
}

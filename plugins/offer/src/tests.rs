//! O1 to O4 and F2, one course of events after the other, as plain Rust.

use super::*;
use strowger_sdk::{
    testing::{Site, TestCall, campaign, listed},
    types::{Command, Left, Order, Outcome, PlayEnd, RefusalReason, RingLimit, Target, Unanswered},
};

mod pool;

const CAMPAIGN: &str = "reservelijst-0312";

fn settings() -> Settings {
    toml::from_str(include_str!("../settings.example.toml")).unwrap()
}

fn with_agents() -> Settings {
    let agents = AgentFirst {
        queue: "helpdesk".into(),
        agent_within: Seconds(30),
        later: Seconds(60),
        music: "wachtmuziek".into(),
        ask_within: Seconds(20),
        whisper: "We bellen {name} voor {slot}.".into(),
        nobody: "Niemand neemt op.".into(),
        ask: "Wat was het antwoord?".into(),
    };
    Settings { who_talks: WhoTalks::Agent, agent_first: Some(agents), ..settings() }
}

/// Mia is on the reserve list; two places came free and one is filled.
fn site() -> Site {
    Site { instant: 1_000_000, ..Site::default() }
        .campaign(CAMPAIGN, campaign(2, 1, &[("slot", "14 uur 20")]))
        .campaign_contact(CAMPAIGN, "p1", listed("Mia Claes", &[("mail", "mia@example.be")]))
}

fn contact_of(site: Site, edit: impl FnOnce(&mut strowger_sdk::reads::ListedContact)) -> Site {
    let mut contact = listed("Mia Claes", &[]);
    edit(&mut contact);
    site.campaign_contact(CAMPAIGN, "p1", contact)
}

fn due(settings: Settings, site: Site) -> TestCall<Offer> {
    let mut call = TestCall::new(settings, site);
    call.contact_due(CAMPAIGN, "p1");
    call
}

/// Mia has answered and hears the offer.
fn listening() -> TestCall<Offer> {
    let mut call = due(settings(), site());
    call.dial_answered();
    call
}

/// An answers for the helpdesk, and talks with Mia.
fn talking() -> TestCall<Offer> {
    let mut call = due(with_agents(), site());
    call.agent_answers("an").dial_answered().settles();
    call
}

fn calls_back(settings: Settings, site: Site) -> TestCall<Offer> {
    let mut call = TestCall::<Offer>::new(settings, site);
    call.arrives_as(|arrival| {
        arrival.data = format!(r#"{{"campaign":"{CAMPAIGN}","contact":"p1"}}"#);
    })
    .settles();
    call
}

fn outcome(call: &TestCall<Offer>) -> Option<&str> {
    call.disposition().map(|disposition| disposition.outcome.as_str())
}

fn named(order: &Order) -> &'static str {
    strowger_sdk::command_name(&order.command)
}

fn has(call: &TestCall<Offer>, name: &str) -> bool {
    call.orders().iter().any(|order| named(order) == name)
}

fn texts() -> Texts {
    settings().texts
}

/// A text as Mia hears it.
fn said(words: &Words) -> String {
    let words =
        words.map(|text| text.replace("{slot}", "14 uur 20").replace("{name}", "Mia Claes"));
    match strowger_sdk::reads::answer_with(std::rc::Rc::new(Site::default()), || (&words).into()) {
        Prompt::Text(spoken) => spoken.text,
        other => format!("{other:?}"),
    }
}

#[test]
fn the_schema_in_the_file_is_that_of_the_settings() {
    strowger_sdk::testing::settings_schema::<Offer>("settings.schema.json");
}

#[test]
fn o1_o3_eight_rings_with_the_flows_own_number_and_a_key_that_no_voice_mail_presses() {
    let call = due(settings(), site());
    let [Order { command: Command::Note(_), .. }, Order { command: Command::Dial(dial), .. }] =
        call.newest()
    else {
        panic!("{}", call.timeline())
    };
    assert_eq!(dial.target, Target::Number("+32470000001".into()));
    assert_eq!((dial.limit, dial.set_up_limit), (RingLimit::Rings(8), 20_000));
    assert_eq!(dial.caller_id, None, "O3: the number of the flow file");
    let confirm = dial.confirm.as_ref().unwrap();
    assert_eq!((confirm.key, confirm.within), ('1', 8_000));
    assert_eq!(confirm.prompts, ["Helpdesk vaccinatie Gent. Druk 1.".into()]);
}

#[test]
fn o1_who_does_not_answer_or_a_voice_mail_is_not_reached_and_hears_nothing() {
    for (why, expected) in [
        (Unanswered::NoAnswer, "not-reached"),
        (Unanswered::Declined, "not-reached"),
        (Unanswered::Unreachable, "not-reached"),
        (Unanswered::Busy, "busy"),
    ] {
        let mut call = due(settings(), site());
        call.dial_fails(why);
        assert_eq!((outcome(&call), call.ending()), (Some(expected), Some("not-reached")));
        assert!(!has(&call, "play") && !has(&call, "gather"), "{}", call.timeline());
    }
}

#[test]
fn o1_a_number_that_cannot_be_dialled_is_invalid() {
    let mut call = due(settings(), site());
    call.refuses("dial", RefusalReason::NotPermitted);
    assert_eq!(outcome(&call), Some("invalid-number"));
    let mut call = due(settings(), site());
    call.refuses("dial", RefusalReason::OverLimit);
    assert_eq!(outcome(&call), Some("not-reached"), "the number may be right");
}

#[test]
fn o2_who_accepts_hears_what_to_bring_and_the_centre_gets_a_mail() {
    let mut call = listening();
    assert_eq!(call.said_to(CONTACT), Some(said(&texts().offer)));
    call.presses("1");
    assert_eq!(call.newest_names(), ["claim"]);
    call.claimed(true);
    assert_eq!(outcome(&call), Some("accepted"));
    assert_eq!(call.said_to(CONTACT), Some(said(&texts().accepted)));
    let mail = call.mails().next().unwrap();
    assert_eq!(
        (mail.template.as_str(), &mail.to),
        ("accepted", &vec!["centrum@gent.example".to_owned(), "mia@example.be".to_owned()])
    );
    let field = |key| mail.fields.iter().find(|field| field.key == key).map(|it| it.value.as_str());
    assert_eq!((field("slot"), field("name")), (Some("14 uur 20"), Some("Mia Claes")));
    call.settles();
    assert_eq!(call.ending(), Some("accepted"));
    assert!(call.newest_names().contains(&"hang-up"));
}

#[test]
fn o2_whose_place_is_gone_is_told_and_thanked() {
    let mut call = listening();
    call.presses("1").claimed(false);
    assert_eq!((outcome(&call), call.mails().count()), (Some("filled"), 0));
    assert_eq!(call.said_to(CONTACT), Some(said(&texts().filled)));
    call.settles();
    assert_eq!(call.ending(), Some("filled"));
}

#[test]
fn o2_cannot_now_and_never_again() {
    for (key, expected, never, words) in [
        ("2", "cannot-now", false, texts().cannot_now),
        ("3", "refused", true, texts().never_again),
    ] {
        let mut call = listening();
        call.presses(key);
        let disposition = call.disposition().unwrap();
        assert_eq!((disposition.outcome.as_str(), disposition.never_again), (expected, never));
        assert_eq!(call.said_to(CONTACT), Some(said(&words)));
        assert!(!has(&call, "claim") && !has(&call, "mail"));
    }
}

#[test]
fn o2_the_offer_is_repeated_and_who_keys_nothing_is_not_reached() {
    let mut call = listening();
    for pressed in ["9", "7"] {
        call.presses(pressed);
        assert_eq!(call.newest_names(), ["gather"]);
        assert_eq!(call.said_to(CONTACT), Some(said(&texts().offer)));
    }
    call.presses("");
    assert_eq!(outcome(&call), Some("not-reached"));
    assert_eq!(call.said_to(CONTACT), Some(said(&texts().nothing_keyed)));
}

#[test]
fn o2_who_hangs_up_without_a_word_is_not_reached() {
    let mut call = listening();
    call.hangs_up(CONTACT).settles();
    assert_eq!((outcome(&call), call.ending()), (Some("not-reached"), Some("not-reached")));
}

#[test]
fn o2_a_place_that_is_filled_meanwhile_stops_the_ringing_and_is_told_to_who_listens() {
    let mut call = due(settings(), site());
    call.goal(CAMPAIGN, 1);
    assert_eq!(call.newest_names(), [""; 0], "one place is left");
    call.goal(CAMPAIGN, 0);
    assert_eq!(call.newest_names()[0], "cancel", "{}", call.timeline());
    assert_eq!((outcome(&call), call.ending()), (Some("not-reached"), Some("not-reached")));

    let mut call = listening();
    call.goal(CAMPAIGN, 0);
    assert_eq!(
        (outcome(&call), call.said_to(CONTACT)),
        (Some("filled"), Some(said(&texts().filled)))
    );
}

#[test]
fn o2_what_the_host_cannot_tell_is_claimed_once_more() {
    let mut call = listening();
    call.presses("1").comes_of("claim", Outcome::Unknown).claimed(true);
    assert_eq!(outcome(&call), Some("accepted"));

    let mut call = listening();
    call.presses("1").refuses("claim", RefusalReason::NotPermitted);
    assert_eq!(outcome(&call), Some("not-reached"));
    assert_eq!(call.said_to(CONTACT), Some(said(&texts().impossible)));
    assert!(has(&call, "alarm"));
}

#[test]
fn o3_who_calls_back_gets_the_same_offer() {
    let mut call = calls_back(settings(), site());
    assert_eq!(call.said_to(CALLER), Some(said(&texts().offer)));
    call.presses("1").claimed(true).settles();
    assert_eq!((outcome(&call), call.ending()), (Some("accepted"), Some("accepted")));
    assert_eq!(call.said_to(CALLER), Some(said(&texts().accepted)));
}

#[test]
fn o3_who_calls_back_too_late_is_told_so() {
    let full = site().campaign(CAMPAIGN, campaign(2, 2, &[("slot", "14 uur 20")]));
    let call = calls_back(settings(), full);
    assert_eq!((call.said_to(CALLER), outcome(&call)), (Some(said(&texts().filled)), None));
    assert_eq!(call.ending(), Some("filled"));
}

#[test]
fn o3_who_has_a_place_and_calls_back_keeps_it() {
    let mut call =
        calls_back(settings(), contact_of(site(), |it| it.outcome = Some("accepted".into())));
    assert_eq!(call.said_to(CALLER), Some(said(&texts().accepted)));
    call.settles();
    assert_eq!((outcome(&call), call.ending()), (None, Some("accepted")));
}

#[test]
fn o3_who_calls_back_and_keys_nothing_may_be_called_again() {
    let mut call = calls_back(settings(), site());
    call.presses("").presses("").presses("").settles();
    assert_eq!((outcome(&call), call.ending()), (None, Some("nothing-keyed")));
    let mut call = calls_back(settings(), site());
    call.caller_hangs_up();
    assert_eq!((outcome(&call), call.ending()), (None, Some("abandoned")));
}

#[test]
fn o3_who_presses_the_key_and_hangs_up_has_accepted() {
    let mut call = calls_back(settings(), site());
    call.presses("1").caller_hangs_up();
    assert_eq!(call.newest_names(), ["cancel", "claim"]);
    call.claimed(true);
    assert_eq!((outcome(&call), call.mails().count()), (Some("accepted"), 1));
    assert_eq!(call.ending(), Some("accepted"));

    let mut call = calls_back(settings(), site());
    call.presses("1").claimed(true).caller_hangs_up();
    assert_eq!((call.mails().count(), call.ending()), (1, Some("accepted")), "one mail");
}

#[test]
fn o3_a_caller_whom_nobody_called_is_told_so() {
    let mut call = TestCall::<Offer>::new(settings(), site());
    call.arrives().settles();
    assert_eq!(
        (call.said_to(CALLER), call.ending()),
        (Some(said(&texts().unknown)), Some("unknown"))
    );
}

#[test]
fn o3_who_calls_the_flows_own_number_back_is_recognised() {
    let number = "+32470000001";
    let past = strowger_sdk::reads::PastCall {
        at: 0,
        outbound: true,
        flow: "reserve-list".into(),
        outcome: "not-reached".into(),
        dialled: number.into(),
        campaign: Some(ContactOf { campaign: CAMPAIGN.into(), contact: "p1".into() }),
    };
    let called_by = Some(CalledBy { flow: "reserve-list".into(), days: 2 });
    let mut call =
        TestCall::<Offer>::new(Settings { called_by, ..settings() }, site().called(number, past));
    call.arrives_as(|arrival| arrival.caller = Some(number.into())).settles();
    assert_eq!(call.said_to(CALLER), Some(said(&texts().offer)));
}

#[test]
fn o4_an_agent_is_reserved_first_and_hears_what_it_is_about() {
    let mut call = due(with_agents(), site());
    let Some(Order { command: Command::EnterQueue(entry), .. }) =
        call.orders().iter().find(|order| named(order) == "enter-queue")
    else {
        panic!("{}", call.timeline())
    };
    assert!(!entry.with_caller && !has(&call, "dial"), "nobody is dialled before");
    assert_eq!(entry.whisper, ["We bellen Mia Claes voor 14 uur 20.".into()]);
    call.agent_answers("an");
    assert_eq!(call.company().map(|company| company.leg.as_str()), Some("agent"));
    let Some(Command::Dial(dial)) = call.newest().last().map(|order| &order.command) else {
        panic!("{}", call.timeline())
    };
    assert_eq!(
        (dial.limit, &dial.confirm),
        (RingLimit::Rings(8), &None),
        "the agent hears who it is"
    );
    call.dial_answered();
    let connected = call.newest().iter().find_map(|order| match &order.command {
        Command::Connect(legs) => Some(legs.clone()),
        _ => None,
    });
    assert_eq!(connected, Some(vec!["agent".to_owned(), CONTACT.to_owned()]));
}

#[test]
fn o4_without_an_agent_the_contact_is_called_a_minute_later() {
    let again = |call: &TestCall<Offer>| {
        let disposition = call.disposition().unwrap();
        assert!(!has(call, "dial"), "nobody was rung");
        (disposition.outcome.clone(), disposition.not_before, call.ending().map(str::to_owned))
    };
    let mut call = due(with_agents(), site());
    call.queue_leaves(Left::NobodyLoggedIn);
    let later = ("not-reached".to_owned(), Some(1_060_000), Some("no-agent".to_owned()));
    assert_eq!(again(&call), later);
    let mut call = due(with_agents(), site());
    call.passes(secs(30));
    let later = ("not-reached".to_owned(), Some(1_090_000), Some("no-agent".to_owned()));
    assert_eq!(again(&call), later);
}

#[test]
fn o4_what_the_agent_keys_last_counts_and_only_of_a_place_both_hear() {
    let mut call = talking();
    call.matches("*2#", "");
    assert_eq!(call.newest_names(), [""; 0], "the person hears nothing of it");
    call.matches("*1#", "").claimed(true).settles();
    assert_eq!(call.said_to("agent"), Some(said(&texts().accepted)), "what to bring is repeated");
    assert_eq!(outcome(&call), None, "they talk on");
    call.goal(CAMPAIGN, 0).hangs_up(CONTACT);
    assert_eq!((outcome(&call), call.mails().count()), (Some("accepted"), 1));
    assert_eq!(call.ending(), Some("accepted"));

    let mut call = talking();
    call.matches("*1#", "").claimed(true).settles().matches("*3#", "").hangs_up("agent");
    let disposition = call.disposition().unwrap();
    assert_eq!((disposition.outcome.as_str(), disposition.never_again), ("refused", true));
    assert_eq!(call.mails().count(), 0);
}

#[test]
fn o4_the_agent_is_asked_if_nothing_was_keyed() {
    let mut call = talking();
    call.hangs_up(CONTACT);
    assert_eq!(call.said_to("agent").as_deref(), Some("Wat was het antwoord?"));
    call.presses("1").claimed(true);
    assert_eq!((outcome(&call), call.ending()), (Some("accepted"), Some("accepted")));

    let mut call = talking();
    call.hangs_up("agent");
    assert_eq!((outcome(&call), call.ending()), (Some("not-reached"), Some("not-reached")));
}

#[test]
fn o4_the_agent_hears_that_nobody_answers_or_that_the_place_is_gone() {
    let mut call = due(with_agents(), site());
    call.agent_answers("an").dial_fails(Unanswered::NoAnswer);
    assert_eq!(call.said_to("agent").as_deref(), Some("Niemand neemt op."));
    call.comes_of("play", Outcome::Played(PlayEnd::Whole));
    assert_eq!((outcome(&call), call.ending()), (Some("not-reached"), Some("not-reached")));

    let mut call = due(with_agents(), site());
    call.agent_answers("an").goal(CAMPAIGN, 0);
    assert!(call.newest_names().contains(&"cancel"), "the telephone falls silent");
    assert_eq!(call.said_to("agent"), Some(said(&texts().filled)));

    let mut call = talking();
    call.goal(CAMPAIGN, 0).settles();
    assert_eq!(call.said_to("agent"), Some(said(&texts().filled)));
    call.matches("*2#", "").hangs_up("agent");
    assert_eq!(outcome(&call), Some("cannot-now"));
}

#[test]
fn o4_an_agent_who_hangs_up_while_it_rings_stops_the_ringing() {
    let mut call = due(with_agents(), site());
    call.agent_answers("an").hangs_up("agent");
    assert!(call.newest_names().contains(&"cancel"));
    assert_eq!((outcome(&call), call.ending()), (Some("not-reached"), Some("not-reached")));
}

#[test]
fn a_field_that_nothing_fills_in_is_left_out() {
    let site = site().campaign(CAMPAIGN, campaign(1, 0, &[])).campaign_contact(
        CAMPAIGN,
        "p1",
        listed("", &[]),
    );
    let mut call = due(settings(), site);
    call.dial_answered();
    let said = call.said_to(CONTACT).unwrap();
    assert!(said.starts_with("Dag. Er is vandaag een plaats vrij om. Komt u?"), "{said}");
}

#[test]
fn settings_that_make_no_sense_are_refused() {
    let check = |edit: fn(&mut Settings)| {
        let mut settings = settings();
        edit(&mut settings);
        Offer::check(&settings)
    };
    assert!(check(|_| {}).is_ok());
    assert!(check(|s| s.keys.cannot_now = '1').unwrap_err().contains("same key"));
    assert!(check(|s| s.keys.accept = '*').unwrap_err().contains("no digit"));
    assert!(check(|s| s.who_talks = WhoTalks::Agent).unwrap_err().contains("agent_first"));
    assert!(check(|s| s.confirm.key = 'x').unwrap_err().contains("confirm.key"));
}

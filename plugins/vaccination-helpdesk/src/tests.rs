//! The helpdesk as it is asked for, requirement by requirement, as plain Rust.

use super::*;
use strowger_sdk::{
    reads::{ListedContact, PastCall},
    testing::{Site, TestCall, campaign, listed},
    types::{Command, Left, Outcome, PlayEnd, Prompt, RefusalReason, Target, Unanswered},
};

fn settings() -> Settings {
    toml::from_str(include_str!("../settings.example.toml")).unwrap()
}

/// Both helpdesks are open; so many agents are logged in and so many are free.
fn site(logged_in: u32, free: u32) -> Site {
    Site::default()
        .schedule("helpdesk", true)
        .schedule("central", true)
        .queue("helpdesk", logged_in, free)
}

fn call(site: Site) -> TestCall<Helpdesk> {
    TestCall::new(settings(), site)
}

/// A caller who has heard the welcome and waits.
fn waiting(site: Site) -> TestCall<Helpdesk> {
    let mut call = call(site);
    call.arrives().settles();
    call
}

/// What was played to the caller, in order.
fn heard(call: &TestCall<Helpdesk>) -> Vec<String> {
    let plays = call.orders().iter().filter_map(|order| match &order.command {
        Command::Play(play) => Some(&play.prompts),
        _ => None,
    });
    plays.flatten().map(words).collect()
}

fn words(prompt: &Prompt) -> String {
    match prompt {
        Prompt::Text(spoken) => spoken.text.clone(),
        other => format!("{other:?}"),
    }
}

fn dialled(call: &TestCall<Helpdesk>) -> usize {
    let number = Target::Number(settings().central.number);
    call.orders()
        .iter()
        .filter(|order| matches!(&order.command, Command::Dial(dial) if dial.target == number))
        .count()
}

#[test]
fn v9_who_is_no_coach_waits_like_everybody() {
    let call = waiting(site(2, 0));
    assert!(call.orders().iter().all(|order| !matches!(&order.command, Command::Listen(_))));
}

#[test]
fn the_schema_in_the_file_is_that_of_the_settings() {
    strowger_sdk::testing::settings_schema::<Helpdesk>("settings.schema.json");
}

#[test]
fn v1_the_welcome_names_the_municipality_and_the_letter() {
    let call = waiting(site(3, 1));
    assert_eq!(
        heard(&call),
        [
            "Welkom bij de helpdesk van het COVID vaccinatiecentrum van Gent. Houd uw uitnodigingsbrief met uw \
          vaccinatiecode bij de hand."
        ]
    );
}

#[test]
fn v1_a_free_agent_answers() {
    let mut call = waiting(site(3, 1));
    let company = call.company().unwrap();
    assert_eq!(company.first_after, 60_000, "not all are in a call, so nobody says so at once");
    call.agent_answers("an");
    assert_eq!((call.ending(), call.noted("agent")), (Some("answered"), Some("an")));
}

#[test]
fn v2_the_waiting_message_at_once_and_every_60_seconds_with_music() {
    let call = waiting(site(3, 0));
    let company = call.company().unwrap();
    assert_eq!((company.first_after, company.every), (0, 60_000));
    assert_eq!(company.music.as_deref(), Some("wachtmuziek"));
    assert_eq!(words(&company.prompts[0]), settings().texts.waiting);
}

#[test]
fn v3_after_180_seconds_to_the_central_helpdesk_which_answers() {
    let mut call = waiting(site(3, 0));
    call.passes(secs(179));
    assert_eq!(dialled(&call), 0);
    let entry = call.outstanding("enter-queue");
    call.passes(secs(1));
    let Command::Dial(dial) = &call.newest().last().unwrap().command else {
        panic!("{}", call.timeline())
    };
    assert_eq!(dial.target, Target::Number("+32 2 713 87 00".into()));
    assert_eq!(dial.keep_place, Some(entry), "an agent who answers first wins");
    assert_eq!(call.company().unwrap().prompts, [], "music only, while it rings");
    call.dial_answered();
    assert_eq!(
        call.newest_names(),
        ["cancel", "cancel", "note", "connect"],
        "out of the queue before connecting"
    );
    call.settles();
    assert_eq!(call.newest_names(), ["finish"], "the two are left talking");
    assert_eq!((call.ending(), call.noted("overflow")), (Some("overflow"), Some("waited")));
}

#[test]
fn v3_an_agent_who_answers_first_wins() {
    let mut call = waiting(site(3, 0));
    call.passes(secs(185)).agent_answers("bram");
    assert_eq!(call.newest_names(), ["cancel", "note", "finish"], "the dial is taken back");
    assert_eq!(call.ending(), Some("answered"));
}

#[test]
fn v3_an_agent_wins_and_the_host_cancels_the_dial() {
    let mut call = waiting(site(3, 0));
    call.passes(secs(185)).dial_fails(Unanswered::Cancelled);
    assert_eq!(
        call.newest_names(),
        [""; 0],
        "nothing is said to somebody who is being put through"
    );
    call.agent_answers("bram");
    assert_eq!((call.ending(), call.noted("central")), (Some("answered"), None));
}

#[test]
fn v3_central_closed_keeps_waiting_with_a_message() {
    let mut call = waiting(site(3, 0).schedule("central", false));
    call.passes(secs(180));
    assert_eq!(dialled(&call), 0);
    let company = call.company().unwrap();
    assert_eq!(
        (words(&company.prompts[0]), company.first_after, company.every),
        (settings().texts.stay, 0, 60_000)
    );
    call.passes(secs(3600)).agent_answers("an");
    assert_eq!(call.ending(), Some("answered"));
}

#[test]
fn v3_central_not_reached_keeps_waiting_with_a_message() {
    for why in
        [Unanswered::NoAnswer, Unanswered::Busy, Unanswered::Declined, Unanswered::Unreachable]
    {
        let mut call = waiting(site(3, 0));
        call.passes(secs(180)).dial_fails(why);
        assert_eq!(words(&call.company().unwrap().prompts[0]), settings().texts.stay);
        call.passes(secs(20)).agent_answers("an");
        assert_eq!(call.ending(), Some("answered"));
        assert!(call.noted("central").is_some());
    }
}

#[test]
fn v3_central_not_permitted_keeps_waiting_with_a_message() {
    let mut call = waiting(site(3, 0));
    call.passes(secs(180)).refuses("dial", RefusalReason::NotPermitted);
    assert_eq!(words(&call.company().unwrap().prompts[0]), settings().texts.stay);
}

#[test]
fn v3_where_routing_is_impossible_the_number_is_named() {
    let mut settings = settings();
    settings.central.reached_by = ReachedBy::Message;
    let mut call = TestCall::<Helpdesk>::new(settings.clone(), site(3, 0));
    call.arrives().settles().passes(secs(180));
    assert_eq!(words(&call.company().unwrap().prompts[0]), settings.texts.central_number);
    assert_eq!(dialled(&call), 0);
}

#[test]
fn v4_closed_and_central_open_is_put_through() {
    let mut call = call(site(3, 3).schedule("helpdesk", false));
    call.arrives().settles();
    assert_eq!(dialled(&call), 1);
    call.dial_answered().settles();
    assert_eq!((call.ending(), call.noted("overflow")), (Some("overflow"), Some("closed")));
}

#[test]
fn v4_closed_and_central_closed_hears_the_opening_hours() {
    let mut call = call(site(3, 3).schedule("helpdesk", false).schedule("central", false));
    call.arrives().settles();
    assert_eq!(heard(&call), [settings().texts.closed]);
    assert_eq!((call.ending(), call.newest_names()), (Some("closed"), vec!["hang-up", "finish"]));
}

#[test]
fn v4_nobody_logged_in_goes_where_closed_goes() {
    let mut routed = call(site(0, 0));
    routed.arrives().settles().dial_answered().settles();
    assert_eq!(
        (routed.ending(), routed.noted("overflow")),
        (Some("overflow"), Some("nobody-logged-in"))
    );
    let mut unrouted = call(site(0, 0).schedule("central", false));
    unrouted.arrives().settles();
    assert_eq!(
        (unrouted.ending(), heard(&unrouted)),
        (Some("nobody-logged-in"), vec![settings().texts.closed])
    );
}

#[test]
fn v4_the_last_agent_logs_out_while_callers_wait() {
    let mut call = waiting(site(1, 0));
    call.passes(secs(30)).queue_leaves(Left::NobodyLoggedIn).dial_answered().settles();
    assert_eq!(
        (call.ending(), call.noted("overflow")),
        (Some("overflow"), Some("nobody-logged-in"))
    );
}

#[test]
fn v4_closed_where_routing_is_impossible() {
    let mut settings = settings();
    settings.central.reached_by = ReachedBy::Message;
    let mut call =
        TestCall::<Helpdesk>::new(settings.clone(), site(3, 0).schedule("helpdesk", false));
    call.arrives().settles();
    assert_eq!(heard(&call), [settings.texts.closed, settings.texts.central_number]);
    assert_eq!(call.ending(), Some("closed"));
}

#[test]
fn v5_a_full_queue_has_its_own_overflow() {
    let mut routed = waiting(site(3, 0));
    routed.queue_leaves(Left::Full).dial_answered().settles();
    assert_eq!((routed.ending(), routed.noted("overflow")), (Some("overflow"), Some("full")));
    let mut unrouted = waiting(site(3, 0).schedule("central", false));
    unrouted.queue_leaves(Left::Full).settles();
    assert_eq!(unrouted.ending(), Some("full"));
    assert_eq!(heard(&unrouted).last(), Some(&settings().texts.full));
}

#[test]
fn v5_a_warning_with_fewer_than_two_agents() {
    let alarmed = |logged_in| {
        let call = waiting(site(logged_in, 1));
        call.orders().iter().any(|order| matches!(order.command, Command::Alarm(_)))
    };
    assert!(alarmed(1));
    assert!(!alarmed(2));
}

/// A site whose reserve list called the caller, who missed it; one of two places is left.
fn called(site: Site, reached: u32, outcome: Option<&str>) -> Site {
    let who = ContactOf { campaign: "list".into(), contact: "p1".into() };
    let past = PastCall {
        at: 0,
        outbound: true,
        flow: "reserve-list".into(),
        outcome: "not-reached".into(),
        dialled: CALLER_NUMBER.into(),
        campaign: Some(who),
    };
    let contact = ListedContact { outcome: outcome.map(Into::into), ..listed("Mia", &[]) };
    site.called(CALLER_NUMBER, past)
        .campaign("list", campaign(2, reached, &[]))
        .campaign_contact("list", "p1", contact)
}

const CALLER_NUMBER: &str = "+3291234567";

/// With the reserve list on.
fn returns_call(site: Site) -> TestCall<Helpdesk> {
    let list = ReserveList {
        flow: "reserve-list".into(),
        days: 2,
        filled: "Die plaats is intussen ingevuld.".into(),
    };
    let mut call = TestCall::new(Settings { reserve_list: Some(list), ..settings() }, site);
    call.arrives().settles();
    call
}

fn handed_over(call: &TestCall<Helpdesk>) -> Option<(&str, &str)> {
    call.orders().iter().find_map(|order| match &order.command {
        Command::ContinueWith(to) => Some((to.flow.as_str(), to.data.as_str())),
        _ => None,
    })
}

#[test]
fn o3_who_missed_a_call_of_the_reserve_list_gets_the_place_at_any_hour() {
    for open in [true, false] {
        let call = returns_call(called(site(3, 1), 1, None).schedule("helpdesk", open));
        let data = r#"{"campaign":"list","contact":"p1"}"#;
        assert_eq!(handed_over(&call), Some(("reserve-list", data)));
        assert_eq!(heard(&call), [""; 0]);
    }
    let call = returns_call(called(site(3, 1), 1, Some("not-reached")));
    assert!(handed_over(&call).is_some());
}

#[test]
fn o3_who_calls_back_too_late_is_told_so_and_served_like_everybody() {
    let mut call = returns_call(called(site(3, 1), 2, None));
    assert_eq!(handed_over(&call), None);
    assert_eq!(heard(&call)[0], "Die plaats is intussen ingevuld.");
    call.agent_answers("an");
    assert_eq!((call.ending(), call.noted("returns-call-of")), (Some("answered"), Some("list")));
}

#[test]
fn o3_who_has_answered_the_reserve_list_has_another_question() {
    for outcome in ["accepted", "cannot-now", "refused", "filled"] {
        let call = returns_call(called(site(3, 1), 1, Some(outcome)));
        assert_eq!((handed_over(&call), call.noted("returns-call-of")), (None, None), "{outcome}");
        assert_eq!(heard(&call).len(), 1, "the welcome alone");
    }
}

#[test]
fn o3_the_last_call_that_went_out_is_the_one_that_is_returned() {
    let other = |flow: &str, campaign: Option<&str>| PastCall {
        at: 1,
        outbound: true,
        flow: flow.into(),
        outcome: "not-reached".into(),
        dialled: CALLER_NUMBER.into(),
        campaign: campaign
            .map(|campaign| ContactOf { campaign: campaign.into(), contact: "p1".into() }),
    };
    for newest in [other("open-shift", Some("list")), other("reserve-list", None)] {
        let mut site = called(site(3, 1), 1, None);
        site.histories.get_mut(CALLER_NUMBER).unwrap().insert(0, newest);
        assert_eq!(handed_over(&returns_call(site)), None);
    }
    // A call of the caller's own does not count.
    let mut site = called(site(3, 1), 1, None);
    let own = PastCall { outbound: false, ..other("vaccination-helpdesk", None) };
    site.histories.get_mut(CALLER_NUMBER).unwrap().insert(0, own);
    assert!(handed_over(&returns_call(site)).is_some());
}

#[test]
fn o3_if_that_flow_cannot_have_the_caller_an_agent_does() {
    let mut call = returns_call(called(site(3, 1), 1, None));
    call.refuses("continue-with", RefusalReason::OverLimit).settles().agent_answers("an");
    assert_eq!(call.ending(), Some("answered"));
    assert!(call.orders().iter().any(|order| matches!(order.command, Command::Alarm(_))));
}

#[test]
fn o3_without_the_setting_nobody_is_looked_up() {
    let call = waiting(called(site(3, 1), 1, None));
    assert_eq!(handed_over(&call), None);
}

#[test]
fn the_caller_may_hang_up_at_any_moment() {
    let mut welcome = call(site(3, 0));
    welcome.arrives().comes_of("answer", Outcome::Answered).caller_hangs_up();
    assert_eq!(
        (welcome.ending(), welcome.newest_names()),
        (Some("abandoned"), vec!["cancel", "finish"])
    );

    let mut waits = waiting(site(3, 0));
    waits.passes(secs(100)).caller_hangs_up();
    assert_eq!(waits.ending(), Some("abandoned"));
    assert_eq!(waits.all_outstanding().count(), 0, "out of the queue");

    let mut dialling = waiting(site(3, 0));
    dialling.passes(secs(190)).caller_hangs_up();
    assert_eq!((dialling.ending(), dialling.all_outstanding().count()), (Some("abandoned"), 0));

    let mut connecting = waiting(site(3, 0));
    connecting.passes(secs(190)).dial_answered().caller_hangs_up();
    assert_eq!(
        connecting.newest_names(),
        ["cancel", "hang-up", "finish"],
        "central is not left alone"
    );
}

#[test]
fn a_prompt_that_cannot_be_played_stops_nobody() {
    let mut call = call(site(3, 1));
    call.arrives()
        .comes_of("answer", Outcome::Answered)
        .comes_of("play", Outcome::Played(PlayEnd::Failed));
    call.agent_answers("an");
    assert_eq!(call.ending(), Some("answered"));
}

#[test]
fn the_state_is_small() {
    let mut call = waiting(site(3, 0));
    call.passes(secs(180)).dial_fails(Unanswered::Busy);
    assert!(call.state().len() <= 200, "{} bytes:\n{}", call.state().len(), call.timeline());
}

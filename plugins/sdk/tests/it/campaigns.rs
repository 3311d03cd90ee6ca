//! Scripts that serve contacts of campaigns.

use strowger_sdk::{
    prelude::*,
    reads::PastCall,
    testing::{Site, TestCall, campaign, listed},
    types::{Command, RefusalReason, Unanswered},
};

const CALLER_NUMBER: &str = "+3291234567";

fn who() -> ContactOf {
    ContactOf { campaign: "list".into(), contact: "p 1".into() }
}

/// Says whom the call is about, and hands a caller who returns a call over.
struct About;

impl Script for About {
    type Settings = ();

    async fn run(call: Call, _: &'static ()) -> Result<Ending, Failure> {
        if let Some(who) = call.about_contact() {
            call.note("about", format!("{} of {}", who.contact, who.campaign));
            return Ok("about".into());
        }
        match call.returns_our_call("reserve-list", 2) {
            Some(who) => call.continue_with_contact("reserve-list", &who).await?,
            None => return Ok("unknown".into()),
        }
        Ok("handed-over".into())
    }
}

fn past(flow: &str, campaign: Option<ContactOf>) -> PastCall {
    PastCall {
        at: 0,
        outbound: true,
        flow: flow.into(),
        outcome: "not-reached".into(),
        dialled: CALLER_NUMBER.into(),
        campaign,
    }
}

fn arrives(site: Site, data: &str) -> TestCall<About> {
    let mut call = TestCall::new((), site);
    call.arrives_as(|arrival| arrival.data = data.into());
    call
}

#[test]
fn a_call_is_about_a_contact_whom_a_campaign_calls_or_who_was_handed_over() {
    let mut due = TestCall::<About>::new((), Site::default());
    due.contact_due("list", "p 1");
    assert_eq!(due.noted("about"), Some("p 1 of list"));

    let mut first =
        arrives(
            Site::default()
                .called(CALLER_NUMBER, past("reserve-list", Some(who())))
                .campaign_contact("list", "p 1", listed("Mia", &[])),
            "",
        );
    let Command::ContinueWith(to) = first.newest()[0].command.clone() else {
        panic!("{}", first.timeline())
    };
    assert_eq!(to.flow, "reserve-list");
    assert_eq!(arrives(Site::default(), &to.data).noted("about"), Some("p 1 of list"));
    first.refuses("continue-with", RefusalReason::OverLimit);
    assert_eq!(first.ending(), Some("failed"));
}

#[test]
fn a_call_with_other_data_is_about_nobody() {
    for data in ["", "edges 1000000", "{}", "[1,2]"] {
        assert_eq!(arrives(Site::default(), data).ending(), Some("unknown"), "{data}");
    }
}

#[test]
fn a_caller_returns_the_newest_call_of_that_flow_unless_it_was_answered() {
    let returned = |past: &[PastCall], outcome: Option<&str>| {
        let mut contact = listed("Mia", &[]);
        contact.outcome = outcome.map(Into::into);
        let site = Site::default().campaign_contact("list", "p 1", contact);
        let site = past.iter().fold(site, |site, past| site.called(CALLER_NUMBER, past.clone()));
        arrives(site, "").ending() != Some("unknown")
    };
    let ours = past("reserve-list", Some(who()));
    assert!(!returned(&[], None));
    for outcome in [None, Some("not-reached"), Some("busy")] {
        assert!(returned(std::slice::from_ref(&ours), outcome), "{outcome:?}");
    }
    assert!(!returned(std::slice::from_ref(&ours), Some("cannot-now")), "it was answered");
    assert!(!returned(&[past("reserve-list", None), ours.clone()], None), "a call of an agent");
    assert!(!returned(&[past("open-shift", Some(who())), ours.clone()], None));
    let own = PastCall { outbound: false, ..past("helpdesk", None) };
    assert!(returned(&[own, ours.clone()], None));
    let erased = past("reserve-list", Some(ContactOf { contact: "p2".into(), ..who() }));
    assert!(!returned(&[erased, ours], None));
}

#[test]
fn a_caller_who_withholds_the_number_returns_no_call() {
    let site = Site::default().called(CALLER_NUMBER, past("reserve-list", Some(who())));
    let mut call = TestCall::<About>::new((), site);
    call.arrives_as(|arrival| arrival.caller = None);
    assert_eq!(call.ending(), Some("unknown"));
}

/// Dials until no place is left.
struct Dials;

impl Script for Dials {
    type Settings = ();

    async fn run(call: Call, _: &'static ()) -> Result<Ending, Failure> {
        let who = call.about_contact().unwrap();
        let mut goals = call.goals();
        call.sleep(secs(5)).await;
        let reached = strowger_sdk::race! {
            _ = goals.none_left() => return Ok("filled".into()),
            reached = call.dial("+32470000001") => reached,
        };
        let Err(why) = reached else { return Ok("reached".into()) };
        let again = call.now().instant + 60_000;
        call.disposition(Disposition::of_not_reached(&who, &why).again_from(again));
        Ok("not-reached".into())
    }
}

fn dials() -> TestCall<Dials> {
    let mut call = TestCall::new((), Site::default().campaign("list", campaign(1, 0, &[])));
    call.contact_due("list", "p 1");
    call
}

#[test]
fn that_no_place_is_left_is_kept_while_something_else_is_awaited() {
    let mut call = dials();
    call.goal("list", 1).goal("list", 0).passes(secs(5));
    assert_eq!(call.ending(), Some("filled"));
    let mut call = dials();
    call.goal("list", 1).passes(secs(5));
    assert_eq!(call.ending(), None, "one is left");
    call.goal("list", 0);
    assert_eq!((call.newest_names(), call.ending()), (vec!["cancel", "finish"], Some("filled")));
}

#[test]
fn what_came_of_a_dial_in_the_words_of_a_disposition() {
    for (why, outcome, reason) in [
        (Unanswered::NoAnswer, "not-reached", "no-answer"),
        (Unanswered::Busy, "busy", "busy"),
        (Unanswered::Declined, "not-reached", "declined"),
    ] {
        let mut call = dials();
        call.passes(secs(5)).dial_fails(why);
        let disposition = call.disposition().unwrap();
        assert_eq!(disposition.who, who());
        assert_eq!(
            (disposition.outcome.as_str(), disposition.reason.as_deref()),
            (outcome, Some(reason))
        );
        assert_eq!(disposition.not_before, Some(65_000));
    }
    for (why, outcome) in [
        (RefusalReason::NotPermitted, "invalid-number"),
        (RefusalReason::Invalid, "invalid-number"),
        (RefusalReason::Pbx, "not-reached"),
    ] {
        let mut call = dials();
        call.passes(secs(5)).refuses("dial", why);
        assert_eq!(call.disposition().unwrap().outcome, outcome);
    }
}

#[test]
fn places_left_and_fields_of_a_campaign() {
    let status = campaign(3, 1, &[("slot", "14:20")]);
    assert_eq!((status.places_left(), status.field("slot")), (2, Some("14:20")));
    assert_eq!((campaign(1, 2, &[]).places_left(), status.field("room")), (0, None));
}

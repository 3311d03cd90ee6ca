//! F2, and offers that are withdrawn.

use super::*;
use strowger_sdk::reads::CampaignEnd;

fn with_planner() -> Settings {
    let planner = Planner {
        mails: vec![MailTo { mail: "candidate".into(), to: vec!["planner@zorg.example".into()] }],
        noted: "De planner belt u.".into(),
        chosen: "U bent gekozen voor {slot}. Druk 1.".into(),
        not_chosen: "Het is iemand anders geworden.".into(),
    };
    Settings { planner: Some(planner), ..settings() }
}

#[test]
fn f2_where_a_planner_chooses_who_accepts_is_noted() {
    let mut status = campaign(1, 0, &[("slot", "maart")]);
    status.planner_chooses = true;
    let mut call = due(with_planner(), site().campaign(CAMPAIGN, status));
    call.dial_answered().presses("1").claimed(true);
    assert_eq!(call.said_to(CONTACT).as_deref(), Some("De planner belt u."));
    let mails: Vec<_> = call.mails().map(|mail| mail.template.as_str()).collect();
    assert_eq!((outcome(&call), mails), (Some("accepted"), vec!["candidate"]));
}

#[test]
fn f2_whom_the_planner_has_chosen_confirms() {
    let mut status = campaign(1, 0, &[("slot", "maart")]);
    status.planner_chooses = true;
    let chosen = contact_of(site().campaign(CAMPAIGN, status), |it| {
        it.purpose = Purpose::Chosen;
        it.outcome = Some("accepted".into());
    });
    let mut call = due(with_planner(), chosen);
    call.dial_answered();
    assert_eq!(call.said_to(CONTACT).as_deref(), Some("U bent gekozen voor maart. Druk 1."));
    call.presses("1").claimed(true);
    assert_eq!(outcome(&call), Some("accepted"));
    assert!(call.said_to(CONTACT).unwrap().starts_with("U bent ingeschreven om maart."));
    assert_eq!(call.mails().next().unwrap().template, "accepted");
}

#[test]
fn f2_whom_the_planner_has_not_chosen_is_told_although_no_place_is_left() {
    let told = contact_of(site(), |it| it.purpose = Purpose::NotChosen);
    let mut call = due(Settings { planner: with_planner().planner, ..with_agents() }, told);
    call.goal(CAMPAIGN, 0).dial_answered();
    assert_eq!(call.said_to(CONTACT).as_deref(), Some("Het is iemand anders geworden."));
    assert_eq!(outcome(&call), Some("not-chosen"));
    call.settles();
    assert_eq!(call.ending(), Some("not-chosen"));
}

#[test]
fn f2_a_field_may_stand_for_an_address() {
    let mails = vec![MailTo {
        mail: "accepted".into(),
        to: vec!["{town}".into(), "{mail}".into(), "planning@zorg.example".into()],
    }];
    for (town, expected) in [
        ("Gent", &["zorgraad@gent.example", "mia@example.be", "planning@zorg.example"][..]),
        ("Aalst", &["mia@example.be", "planning@zorg.example"]),
    ] {
        let status = campaign(2, 1, &[("slot", "14 uur 20"), ("town", town)]);
        let site = site().campaign(CAMPAIGN, status);
        let mut call = due(Settings { mails: mails.clone(), ..settings() }, site);
        call.dial_answered().presses("1").claimed(true);
        assert_eq!(call.mails().next().unwrap().to, expected, "{town}");
    }
}

#[test]
fn o2_what_is_not_offered_any_more_is_not_said_to_be_filled() {
    for (end, expected) in [(CampaignEnd::Stopped, "stopped"), (CampaignEnd::TimeOver, "time-over")]
    {
        let mut over = campaign(2, 1, &[("slot", "14 uur 20")]);
        over.end = Some(end);
        let over = || site().campaign(CAMPAIGN, over.clone());
        let mut call = due(settings(), over());
        call.dial_answered().goal(CAMPAIGN, 0);
        assert_eq!(
            (outcome(&call), call.said_to(CONTACT)),
            (Some(expected), Some(said(&texts().over)))
        );
        let mut call = due(settings(), over());
        call.goal(CAMPAIGN, 0);
        let disposition = call.disposition().unwrap();
        let why = (disposition.outcome.as_str(), disposition.reason.as_deref());
        assert_eq!(why, ("not-reached", Some(expected)));

        let call = calls_back(settings(), over());
        assert_eq!(
            (call.said_to(CALLER), call.ending()),
            (Some(said(&texts().over)), Some(expected))
        );
    }
}

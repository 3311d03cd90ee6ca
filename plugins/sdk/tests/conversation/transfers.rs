//! Blind transfers: by code, and by the transfer key of the phone.

use super::*;

#[test]
fn r4_a_blind_transfer_loses_nobody() {
    let mut call = talking();
    call.matches("*7N#", "0470123456").settles().dial_answered().settles();
    assert_eq!(connected(&call)[0], CALLER);
    let hang_up = |command: &Command| matches!(command, Command::HangUp(up) if up.leg.as_deref() == Some("agent"));
    assert!(call.orders().iter().any(|order| hang_up(&order.command)), "{}", call.timeline());
    assert_eq!(call.ending(), Some("HandedOver(\"0470123456\")"));
    for (why, text) in [(Unanswered::Busy, "busy"), (Unanswered::NoAnswer, "not reached")] {
        let mut call = talking();
        call.matches("*7N#", "201").settles().dial_fails(why);
        let Command::Play(play) = &call.newest()[0].command else { panic!("{}", call.timeline()) };
        assert_eq!((play.leg.as_str(), &play.prompts[0]), ("agent", &text.into()));
        call.settles();
        assert_eq!(call.ending(), None, "the agent has the caller again");
        let mut call = talking();
        call.matches("*7N#", "201").settles().hangs_up("agent").dial_fails(why).settles();
        assert_eq!(call.ending(), Some("CallerAlone"));
    }
    // By the phone's own key.
    let mut call = talking();
    let asked = TransferAsked { leg: "agent".into(), target: "201".into() };
    call.event(Event::TransferAsked(asked)).hangs_up("agent");
    call.comes_of("settle-transfer", Outcome::NotTransferred("nobody answered".into()));
    call.settles();
    assert_eq!(call.ending(), Some("CallerAlone"));
}

#[test]
fn r4_a_caller_may_be_sent_away_at_once() {
    let mut call = TestCall::<Desk>::new(
        InCall { transfer_by: TransferBy::SendingAway, ..settings() },
        Site::default(),
    );
    call.arrives().settles().agent_answers("an");
    call.matches("*7N#", "0470123456").settles();
    let id = call.outstanding("transfer");
    let Some((_, Command::Transfer(transfer))) = call.all_outstanding().find(|(out, _)| *out == id)
    else {
        panic!()
    };
    assert_eq!(transfer.target, Some(Target::Number("+32470123456".into())));
    call.outcome(id, Outcome::Transferred);
    assert!(call.newest_names().contains(&"hang-up"));
    assert_eq!(call.ending(), Some("SentOn(\"0470123456\")"));

    let mut call = TestCall::<Desk>::new(
        InCall { transfer_by: TransferBy::SendingAway, ..settings() },
        Site::default(),
    );
    call.arrives().settles().agent_answers("an");
    call.matches("*7N#", "201")
        .settles()
        .refuses("transfer", RefusalReason::NotPermitted)
        .settles();
    assert!(
        call.orders()
            .iter()
            .any(|order| matches!(&order.command, Command::Resume(leg) if leg == CALLER))
    );
    assert_eq!(call.ending(), None);
}

//! Blind transfers: by code, by the transfer key of the phone, and within the host.

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

#[test]
fn an_agent_sends_the_caller_into_a_queue_and_the_conversation_goes_on_there() {
    let mut call = talking();
    call.matches("*7N#", "12");
    assert_eq!(call.newest_names(), ["hang-up", "cancel", "enter-queue", "keep-waiting"]);
    let entered = call.orders().iter().rev().find_map(|order| match &order.command {
        Command::EnterQueue(entry) => Some(entry.clone()),
        _ => None,
    });
    let entered = entered.unwrap();
    assert_eq!(
        (entered.queues, entered.agent_leg.as_str()),
        (vec!["billing".to_owned()], "agent-2")
    );
    assert!(entered.waited_since.is_some(), "the wait goes on");
    call.hangs_up("agent").settles();
    assert_eq!(call.ending(), None, "the first agent is gone as was ordered");
    call.agent_answers("bo").settles();
    call.matches("*7N#", "201").settles().dial_answered().settles();
    assert_eq!(call.ending(), Some("HandedOver(\"201\")"), "the second agent has the same keys");
}

#[test]
fn where_nobody_is_logged_in_the_agent_keeps_the_caller() {
    let mut call = talking();
    call.matches("*7N#", "13");
    assert_eq!(call.newest_names(), ["hold"]);
    call.settles();
    let names: Vec<&str> = call.orders().iter().map(|order| command_name(&order.command)).collect();
    assert!(names.ends_with(&["hold", "play", "resume"]), "{names:?}");
    assert_eq!(call.ending(), None);
}

#[test]
fn an_agent_hands_the_caller_to_another_flow() {
    let mut call = talking();
    call.matches("*7N#", "9");
    assert_eq!(call.newest_names(), ["hang-up", "continue-with"]);
    call.refuses("continue-with", RefusalReason::UnknownName);
    assert_eq!(call.newest_names(), ["cancel", "play"], "the caller is told that it failed");
}

/// Many phones hang up as soon as their transfer was taken, also when the target is busy.
#[test]
fn r4_a_phone_that_goes_after_a_transfer_that_failed_has_not_hung_up_on_the_caller() {
    for (later, ending) in [(1_900, "CallerAlone"), (2_100, "AgentGone")] {
        let mut call = talking();
        let asked = TransferAsked { leg: "agent".into(), target: "201".into() };
        call.event(Event::TransferAsked(asked));
        call.comes_of("settle-transfer", Outcome::NotTransferred("busy".into()));
        call.passes(Duration::from_millis(later)).hangs_up("agent").settles();
        assert_eq!(call.ending(), Some(ending));
    }
}

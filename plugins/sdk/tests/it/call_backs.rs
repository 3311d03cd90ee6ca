//! Those who wait and ask to be called back.

use strowger_sdk::{
    prelude::*,
    reads::CallBackStatus,
    script::First,
    testing::{Site, TestCall},
    types::{Answerer, Command, EnterQueue, Left, Outcome, RefusalReason, Unanswered},
};

const CALLER_NUMBER: &str = "+3291234567";

struct Waits;

impl Script for Waits {
    type Settings = CallBack;

    async fn run(call: Call, settings: &'static CallBack) -> Result<Ending, Failure> {
        call.answer().await?;
        let kept = call.place_kept("desk").await;
        let waiting = call
            .wait_in("desk")
            .also("more", secs(60))
            .entering(|queue| queue.waited(kept))
            .music("soft")
            .say("Wait.", secs(30))
            .call_back(Some(settings), None);
        match waiting.await {
            Ok(agent) => {
                call.note("agent", &agent.name);
                call.after_hang_up(|| async { "answered".into() });
                call.gone(&agent.leg).await;
                Ok("answered".into())
            }
            Err(why) => Ok(why.word().into()),
        }
    }
}

fn settings() -> CallBack {
    CallBack {
        key: '9',
        country: "+32".into(),
        first: First::Agent,
        attempts: 2,
        retry_after: Seconds(300),
        ring_time: Seconds(25),
        key_within: Seconds(10),
        offer: "Nine.".into(),
        ask: "Is it {number}?".into(),
        other: "Which?".into(),
        refused: "Not that.".into(),
        noted: "Noted.".into(),
        called: "Press one.".into(),
        agent: "A call-back.".into(),
        not_reached: "Nobody.".into(),
    }
}

fn waits_with(settings: CallBack) -> TestCall<Waits> {
    let mut call = TestCall::new(settings, Site::default());
    call.arrives().settles();
    call
}

fn entries(call: &TestCall<Waits>) -> Vec<EnterQueue> {
    let orders = call.orders().iter();
    let entries = orders.filter_map(|order| match &order.command {
        Command::EnterQueue(entry) => Some(entry.clone()),
        _ => None,
    });
    entries.collect()
}

/// The last place that was entered.
fn place(call: &TestCall<Waits>) -> (u32, EnterQueue) {
    let open = call.all_outstanding().filter_map(|(id, command)| match command {
        Command::EnterQueue(entry) => Some((id, entry.clone())),
        _ => None,
    });
    open.max_by_key(|(id, _)| *id).unwrap()
}

fn goes_on(call: &mut TestCall<Waits>, outcome: Outcome) {
    let (id, _) = place(call);
    call.outcome(id, outcome);
}

fn connected(call: &mut TestCall<Waits>) {
    let (id, entry) = place(call);
    let connected = strowger_sdk::types::Connected { leg: entry.agent_leg, agent: "an".into() };
    call.outcome(id, Outcome::Connected(connected));
}

/// The caller has keyed 9 and confirmed, and has hung up.
fn keeps(settings: CallBack) -> TestCall<Waits> {
    let mut call = waits_with(settings);
    call.key("caller", '9').presses("1");
    goes_on(&mut call, Outcome::Queued(2));
    assert_eq!(call.said_to("caller").as_deref(), Some("Noted."));
    call.caller_hangs_up();
    assert_eq!(call.ending(), None, "{}", call.timeline());
    call
}

#[test]
fn the_new_place_is_there_before_the_old_one_goes() {
    let mut call = waits_with(settings());
    let since = entries(&call)[0].waited_since;
    assert!(call.company().is_some_and(|company| company.prompts.len() == 2));
    call.passes(secs(20)).key("caller", '9');
    assert_eq!(call.said_to("caller").as_deref(), Some("Is it 0 9 1 2 3 4 5 6 7 ?"));
    assert!(call.company().is_none(), "nothing is said beside the question");
    call.presses("1");
    let all = entries(&call);
    assert_eq!(all[1].calls_back.as_deref(), Some(CALLER_NUMBER));
    assert!(!all[1].with_caller && !all[1].rests && all[1].waited_since.is_some());
    assert_eq!(since, None, "of one who waits now");
    assert!(!call.newest_names().contains(&"cancel"));
    goes_on(&mut call, Outcome::Queued(2));
    assert!(call.newest_names().contains(&"cancel"));
    call.settles();
    assert!(call.newest_names().contains(&"hang-up"), "{}", call.timeline());
}

#[test]
fn an_agent_and_the_caller_hear_each_other_and_the_script_goes_on() {
    let mut call = keeps(settings());
    call.passes(secs(60));
    assert!(call.newest_names().contains(&"widen"), "the ladder goes on");
    connected(&mut call);
    let (_, rests) = place(&call);
    assert!(rests.rests && rests.queues == ["desk", "more"]);
    assert!(call.newest_names().contains(&"dial"), "{}", call.timeline());
    call.comes_of("dial", Outcome::LegAnswered(Answerer::Human)).settles();
    assert_eq!((call.noted("agent"), call.noted("call-back")), (Some("an"), Some("reached")));
    call.caller_hangs_up();
    assert_eq!(call.ending(), Some("answered"));
}

#[test]
fn after_so_many_attempts_nobody_is_called_any_more() {
    let mut call = keeps(settings());
    for attempt in 1..=2 {
        connected(&mut call);
        call.dial_fails(Unanswered::NoAnswer).settles();
        assert_eq!(call.ending().is_some(), attempt == 2, "{}", call.timeline());
        if attempt == 1 {
            call.passes(secs(299));
            assert!(place(&call).1.rests, "no agent is rung meanwhile");
            call.passes(secs(1));
            assert!(!place(&call).1.rests);
        }
    }
    assert_eq!(call.ending(), Some("not-called-back"));
    assert_eq!(call.noted("call-back"), Some("no-answer"));
}

#[test]
fn an_agent_who_hangs_up_is_no_attempt() {
    let mut call = keeps(settings());
    for _ in 0..3 {
        connected(&mut call);
        let leg = entries(&call).iter().rev().nth(1).unwrap().agent_leg.clone();
        call.hangs_up(&leg);
        assert!(!place(&call).1.rests && call.ending().is_none(), "{}", call.timeline());
    }
}

#[test]
fn who_calls_again_takes_the_place() {
    for agent in [false, true] {
        let mut kept = keeps(settings());
        if agent {
            connected(&mut kept);
        }
        goes_on(&mut kept, Outcome::Left(Left::CallerGone));
        assert_eq!(kept.ending(), Some("called-again"), "{}", kept.timeline());
    }
    let status = CallBackStatus {
        call: "call-0".into(),
        flow: "flow".into(),
        waited_since: 7,
        queues: vec!["desk".into()],
    };
    let mut site = Site::default();
    site.call_backs.insert(CALLER_NUMBER.into(), status);
    let mut again = TestCall::<Waits>::new(settings(), site.clone());
    again.arrives().settles().comes_of("take-place", Outcome::Done);
    assert_eq!(place(&again).1.waited_since, Some(7));
    let mut late = TestCall::<Waits>::new(settings(), site);
    late.arrives().settles().refuses("take-place", RefusalReason::UnknownName);
    assert_ne!(place(&late).1.waited_since, Some(7), "somebody was faster");
}

#[test]
fn another_number_and_one_that_is_refused() {
    let mut call = waits_with(settings());
    call.key("caller", '9').presses("2").presses("0470333333").presses("1");
    assert_eq!(place(&call).1.calls_back.as_deref(), Some("+32470333333"));
    let (id, _) = place(&call);
    let refusal =
        strowger_sdk::types::Refusal { reason: RefusalReason::NotPermitted, detail: String::new() };
    call.outcome(id, Outcome::Refused(refusal));
    assert_eq!(call.said_to("caller").as_deref(), Some("Not that."));
    call.settles();
    assert!(call.company().is_some() && call.ending().is_none());
    call.agent_answers("an").caller_hangs_up();
    assert_eq!(call.ending(), Some("answered"));
    let mut asked = waits_with(settings());
    asked.key("caller", '9').caller_hangs_up();
    assert_eq!(asked.ending(), Some("abandoned"), "nothing was promised");
}

#[test]
fn the_caller_goes_first_where_that_is_wanted() {
    let mut call = keeps(CallBack { first: First::Caller, ..settings() });
    call.passes(secs(9));
    assert!(!call.newest_names().contains(&"dial"));
    call.site(|site| Site { position: 2, ..site }).passes(secs(10));
    assert!(!call.newest_names().contains(&"dial"), "somebody is before");
    call.site(|site| Site { position: 1, ..site }).passes(secs(10));
    assert!(call.newest_names().contains(&"dial") && place(&call).1.rests);
    call.comes_of("dial", Outcome::LegAnswered(Answerer::Human));
    let (_, entry) = place(&call);
    assert!(entry.with_caller && entry.calls_back.is_none() && call.company().is_some());
    let mut gone = call;
    gone.caller_hangs_up();
    assert_eq!(gone.ending(), Some("abandoned"));
}

//! Scripts, one habit at a time.

use std::{cell::Cell, rc::Rc};
use strowger_sdk::{
    Flow,
    prelude::*,
    reads::answer_with,
    script::Report,
    testing::{Site, TestCall},
    types::{
        Arrival, Cause, Command, Event, HungUp, Order, OrderEvent, Outcome, PlayEnd, RefusalReason,
        Switched, Unanswered,
    },
};

/// Makes a script of a function, with its own settings for the test.
macro_rules! script {
    ($name:ident, $call:ident => $body:expr) => {
        struct $name;

        impl Script for $name {
            type Settings = ();

            async fn run($call: Call, _settings: &'static ()) -> Result<Ending, Failure> {
                $body
            }
        }
    };
}

fn call<S: Script<Settings = ()>>() -> TestCall<S> {
    TestCall::new((), Site::default())
}

fn step<S: Script<Settings = ()>>(
    state: Vec<u8>,
    event: Event,
) -> Result<(Vec<u8>, Vec<Order>), String> {
    let result = answer_with(Rc::new(Site::default()), || <S as Flow>::step(&(), state, event))?;
    Ok((result.state, result.orders))
}

fn arrived() -> Event {
    Event::Arrived(Arrival {
        call: "c".into(),
        caller: None,
        caller_name: None,
        endpoint: None,
        dialled: "+320".into(),
        diverted_from: None,
        line: None,
        adapter: "sim".into(),
        data: String::new(),
        at: 0,
    })
}

#[test]
fn an_outcome_waits_while_something_else_is_awaited() {
    script!(Late, call => {
        let mut waiting = call.wait_in("helpdesk");
        // Enters the queue; the play goes on although the agent answers meanwhile.
        let served = call.within(secs(5), &mut waiting).await;
        assert!(served.is_none());
        call.play("a long story").await;
        waiting.await.map_err(|why| Failure::Failed(why.word().into()))?;
        Ok("answered".into())
    });
    let mut call = call::<Late>();
    call.arrives().passes(secs(5)).agent_answers("an");
    assert_eq!(call.ending(), None);
    call.comes_of("play", Outcome::Played(PlayEnd::Whole));
    assert_eq!(call.ending(), Some("answered"));
}

#[test]
fn leaving_a_scope_takes_back_what_it_ordered() {
    script!(Scope, call => {
        call.within(secs(10), async {
            let _music = call.music("soft");
            let _dial = call.within(secs(60), call.dial("+3212345678")).await;
        })
        .await;
        call.sleep(secs(1)).await;
        Ok("done".into())
    });
    let mut call = call::<Scope>();
    call.arrives();
    assert_eq!(call.newest_names(), ["keep-waiting", "dial", "timer", "timer"]);
    call.passes(secs(10));
    let cancels: Vec<_> = call.newest().iter().map(|order| order.command.clone()).collect();
    assert_eq!(
        cancels,
        [Command::Cancel(3), Command::Cancel(2), Command::Cancel(1), Command::Timer(1000)],
        "the time limit, the dial, the music; the timer that went off is not taken back"
    );
    call.passes(secs(1));
    assert_eq!(call.newest_names(), ["finish"], "nothing is taken back that is over");
}

#[test]
fn what_was_answered_unseen_is_hung_up() {
    script!(Unseen, call => {
        let mut dial = call.dial("+3212345678").leg("central");
        assert!(call.within(secs(1), &mut dial).await.is_none());
        call.sleep(secs(10)).await;
        drop(dial);
        call.sleep(secs(10)).await;
        Ok("done".into())
    });
    let mut taken_back = call::<Unseen>();
    taken_back.arrives().passes(secs(11));
    assert_eq!(taken_back.newest_names(), ["cancel", "timer"], "nobody had answered");
    let mut answered = call::<Unseen>();
    answered.arrives().passes(secs(2)).dial_answered().passes(secs(9));
    assert_eq!(answered.newest_names(), ["hang-up", "timer"]);
    let mut gone = call::<Unseen>();
    gone.arrives().passes(secs(2)).dial_answered().hangs_up("central").passes(secs(9));
    assert_eq!(gone.newest_names(), ["timer"]);
}

#[test]
fn after_the_callers_hang_up() {
    script!(After, call => {
        let mail = call.clone();
        call.after_hang_up(move || async move {
            mail.mail("missed", vec!["desk@example.be".into()], Vec::new());
            "missed".into()
        });
        let _served = call.wait_in("helpdesk").music("soft").await;
        Ok("answered".into())
    });
    let mut call = call::<After>();
    call.arrives().caller_hangs_up();
    assert_eq!(call.newest_names(), ["cancel", "cancel", "mail", "finish"]);
    assert_eq!(call.ending(), Some("missed"));
    call.caller_hangs_up();
    assert_eq!(call.newest_names(), [""; 0]);
}

#[test]
fn a_caller_whom_the_pbx_lost_has_not_abandoned_the_call() {
    script!(Waits, call => {
        let _served = call.wait_in("helpdesk").music("soft").await;
        Ok("answered".into())
    });
    for (cause, ending) in [(Cause::Normal, "abandoned"), (Cause::Failed, "failed")] {
        let mut call = call::<Waits>();
        call.arrives().event(Event::HungUp(HungUp { leg: CALLER.into(), cause }));
        assert_eq!(call.ending(), Some(ending));
    }
}

#[test]
fn a_ladder_widens_and_the_first_go_on_ringing() {
    script!(Ladder, call => {
        // P5: assistant 1 at 15 s, assistant 2 at 30 s, a mail at 4 min; P6: what they hear.
        let mut waiting = call
            .wait_in("ZLO")
            .also("ZLO plus OA-Q-2", secs(15))
            .also("ZLO plus OA plus OA-Q-3", secs(30))
            .music("soft")
            .say("U wordt zo spoedig mogelijk geholpen.", secs(60));
        match call.within(secs(240), &mut waiting).await {
            Some(_served) => Ok("answered".into()),
            None => {
                waiting.now_say("Uw gegevens worden genoteerd.", secs(0));
                call.mail("call-back", vec!["zlo@example.be".into()], Vec::new());
                call.sleep(secs(5)).await;
                Ok("call-back".into())
            }
        }
    });
    let mut ladder = call::<Ladder>();
    ladder.arrives();
    assert_eq!(ladder.newest_names(), ["enter-queue", "keep-waiting", "timer", "timer"]);
    ladder.passes(secs(15));
    let widened = ladder.newest()[0].clone();
    assert!(
        matches!(widened.command, Command::Widen(widen) if widen.entry == 1 && widen.queues == ["ZLO plus OA-Q-2"])
    );
    ladder.passes(secs(15));
    assert_eq!(ladder.newest_names(), ["widen"]);
    ladder.passes(secs(209));
    assert_eq!(ladder.newest_names(), ["widen"], "nothing more until four minutes");
    ladder.passes(secs(1));
    assert_eq!(
        ladder.newest_names(),
        ["keep-waiting", "mail", "timer"],
        "replaced, not taken back"
    );
    ladder.passes(secs(5));
    assert_eq!(
        (ladder.newest_names(), ladder.ending()),
        (vec!["cancel", "cancel", "finish"], Some("call-back"))
    );
    let mut served = call::<Ladder>();
    served.arrives().passes(secs(20)).agent_answers("an");
    assert_eq!(
        served.newest_names(),
        ["cancel", "cancel", "finish"],
        "both timers; the music ended by itself"
    );
}

#[test]
fn events_of_nobody_are_not_kept() {
    script!(Deaf, call => {
        call.play("hello").await;
        Ok("done".into())
    });
    let mut call = call::<Deaf>();
    call.arrives();
    let state = call.state().to_vec();
    call.key(CALLER, '1')
        .hangs_up("somebody else")
        .event(Event::Resumed(1))
        .outcome(77, Outcome::Timer)
        .outcome(1, Outcome::Queued(3));
    assert_eq!(call.state(), state);
}

#[test]
fn keys_switches_and_legs_that_are_gone() {
    script!(Attentive, call => {
        let mut keys = call.keys(CALLER);
        let mut turns = call.turns("HAP");
        if call.switch("HAP").as_deref() != Some("Open") {
            return Ok("shut".into());
        }
        call.play("first").await;
        let pressed = (keys.next().await, keys.next().await);
        call.note("pressed", format!("{pressed:?}"));
        call.note("turned", turns.next().await);
        let far = call.dial("+3212345678").await.map_err(|why| Failure::Failed(why.word().into()))?;
        call.connect(&far.leg).await?;
        call.play("second").await;
        call.note("gone", format!("{:?}", call.gone(far.leg.name()).await));
        Ok("done".into())
    });
    let mut call = TestCall::<Attentive>::new((), Site::default().switch("HAP", "Open"));
    call.arrives().key(CALLER, '4').key(CALLER, '2');
    call.event(Event::Switched(Switched { name: "HAP".into(), position: "Gesloten".into() }));
    assert_eq!(call.noted("pressed"), None);
    call.settles();
    assert_eq!(call.noted("pressed"), Some("('4', '2')"));
    assert_eq!(call.noted("turned"), Some("Gesloten"));
    call.dial_answered();
    let leg = call.newest().iter().find_map(|order| match &order.command {
        Command::Connect(legs) => legs.last().cloned(),
        _ => None,
    });
    call.comes_of("connect", Outcome::Joined).hangs_up(&leg.unwrap());
    assert_eq!(call.ending(), None, "it plays");
    call.settles();
    assert_eq!((call.noted("gone"), call.ending()), (Some("Cause::Normal"), Some("done")));
}

#[test]
fn progress_for_those_who_ask() {
    script!(Curious, call => {
        let mut dial = call.dial("+3212345678").reporting();
        loop {
            match dial.next().await {
                Report::Progress(progress) => call.note("progress", format!("{progress:?}")),
                Report::Final(Ok(_)) => return Ok("answered".into()),
                Report::Final(Err(why)) => return Ok(why.word().into()),
            }
        }
    });
    let mut call = call::<Curious>();
    call.arrives().comes_of("dial", Outcome::Ringing).dial_fails(Unanswered::NoAnswer);
    assert_eq!(
        (call.noted("progress"), call.ending()),
        (Some("Outcome::Ringing"), Some("no-answer"))
    );
}

#[test]
fn an_order_refused_is_an_outcome() {
    script!(Refused, call => {
        call.answer().await?;
        Ok("never".into())
    });
    let mut call = call::<Refused>();
    call.arrives().refuses("answer", RefusalReason::WrongState);
    assert_eq!(call.ending(), Some("failed"));
}

#[test]
fn branches_wake_each_other() {
    script!(Branches, call => {
        let bell = Rc::new(Cell::new(None::<std::task::Waker>));
        let rung = Rc::new(Cell::new(false));
        let first = std::future::poll_fn(|context| {
            bell.set(Some(context.waker().clone()));
            if rung.get() { std::task::Poll::Ready(()) } else { std::task::Poll::Pending }
        });
        let second = async {
            call.sleep(secs(1)).await;
            rung.set(true);
            bell.take().unwrap().wake();
        };
        join(first, second).await;
        Ok("both".into())
    });
    let mut call = call::<Branches>();
    call.arrives().passes(secs(1));
    assert_eq!(call.ending(), Some("both"));
}

#[test]
fn a_script_that_differs_is_a_fault_with_its_place() {
    thread_local!(static RUNS: Cell<u32> = const { Cell::new(0) });
    script!(Fickle, call => {
        RUNS.set(RUNS.get() + 1);
        call.play(format!("run {}", RUNS.get())).await;
        call.sleep(secs(1)).await;
        Ok("done".into())
    });
    let (state, _) = step::<Fickle>(Vec::new(), arrived()).unwrap();
    let played = Event::Order(OrderEvent { id: 1, outcome: Outcome::Played(PlayEnd::Whole) });
    let fault = step::<Fickle>(state, played).unwrap_err();
    assert_eq!(
        fault,
        "nondeterministic: at event 1 (arrived): the script ordered [play], which is not what the first run ordered"
    );
}

#[test]
fn a_script_that_asks_something_else_is_a_fault_with_its_place() {
    thread_local!(static RUNS: Cell<u32> = const { Cell::new(0) });
    script!(Curious, call => {
        RUNS.set(RUNS.get() + 1);
        let _open = call.is_open(&format!("schedule {}", RUNS.get()));
        call.sleep(secs(1)).await;
        Ok("done".into())
    });
    let (state, _) = step::<Curious>(Vec::new(), arrived()).unwrap();
    let fault = step::<Curious>(state, Event::Order(OrderEvent { id: 1, outcome: Outcome::Timer }))
        .unwrap_err();
    assert_eq!(
        fault,
        "nondeterministic: at event 1 (arrived): `is-open` was asked where the first run asked something else"
    );
}

#[test]
fn an_outcome_of_another_kind_is_a_fault() {
    script!(Plays, call => {
        call.play("hello").await;
        Ok("done".into())
    });
    let (state, _) = step::<Plays>(Vec::new(), arrived()).unwrap();
    let fault = step::<Plays>(state, Event::Order(OrderEvent { id: 1, outcome: Outcome::Joined }))
        .unwrap_err();
    assert_eq!(fault, "at event 2: the host answered order 1, play, with `joined`");
}

#[test]
fn a_call_begins_with_its_arrival() {
    script!(Any, _call => Ok("done".into()));
    let fault = step::<Any>(Vec::new(), Event::Resumed(1)).unwrap_err();
    assert_eq!(fault, "a call begins with `arrived` or `contact-due`, and this one with `resumed`");
}

#[test]
fn a_hundred_events_are_a_small_state() {
    script!(Long, call => {
        for _ in 0..200 {
            call.sleep(secs(1)).await;
        }
        Ok("done".into())
    });
    let mut call = call::<Long>();
    call.arrives().passes(secs(12));
    let after_13 = call.state().len();
    assert!(after_13 <= 200, "{after_13} bytes after 13 events");
    call.passes(secs(87));
    assert!(call.state().len() <= 1_000, "{} bytes after 100 events", call.state().len());
}

#[test]
fn who_waits_is_told_the_place_in_line_now_and_then() {
    script!(Told, call => {
        let waiting = call.wait_in("helpdesk").music("default").announce(secs(30), |place| {
            let minutes = place.expected_wait.map(|wait| Prompt::Number(wait.as_secs().div_ceil(60) as i64));
            [Prompt::Position(place.position)].into_iter().chain(minutes).collect()
        });
        match waiting.await {
            Ok(agent) => Ok(agent.name.into()),
            Err(why) => Ok(why.word().into()),
        }
    });
    let said = |call: &TestCall<Told>| -> Vec<Vec<Prompt>> {
        let plays = call.orders().iter().filter_map(|order| {
            if let Command::Play(play) = &order.command { Some(play.prompts.clone()) } else { None }
        });
        plays.collect()
    };
    let mut call = TestCall::<Told>::new(
        (),
        Site { position: 3, expected_wait: Some(150_000), ..Site::default() },
    );
    call.arrives().passes(secs(29));
    assert_eq!(said(&call).len(), 0);
    call.passes(secs(1));
    assert!(
        matches!(said(&call)[..], [ref one] if matches!(one[..], [Prompt::Position(3), Prompt::Number(3)])),
        "{}",
        call.timeline()
    );
    // Who is still being told is not told twice.
    call.passes(secs(30));
    assert_eq!(said(&call).len(), 1);
    call.settles().site(|site| Site { position: 2, expected_wait: None, ..site }).passes(secs(30));
    assert!(matches!(said(&call)[1][..], [Prompt::Position(2)]), "{}", call.timeline());
    call.agent_answers("an");
    assert_eq!(
        (call.newest_names(), call.ending()),
        (vec!["cancel", "cancel", "finish"], Some("an")),
        "what is being said is stopped"
    );
}

script!(Front, call => {
    let position = call.switch("hap").unwrap_or_default();
    let mut said = vec![position];
    while said.last().is_some_and(|position| position == "Open" || position == "Waarneming") {
        let turned = call.continue_with_until("gp-post", "front", ["hap"]).await?;
        assert_eq!(turned.name, "hap");
        said.push(turned.position);
    }
    call.answer().await?;
    call.play(said.join(" ")).await;
    Ok("closed".into())
});

#[test]
fn r1_a_front_has_its_call_back_when_the_switch_is_turned() {
    let open = |site: Site| Site { switches: [("hap".into(), "Open".into())].into(), ..site };
    let mut front = call::<Front>();
    front.site(open).arrives();
    let rests = |order: &Order| match &order.command {
        Command::ContinueWith(it) => (it.flow.clone(), it.data.clone(), it.back_on.clone()),
        other => panic!("{other:?}"),
    };
    let other = ("gp-post".to_owned(), "front".to_owned(), vec!["hap".to_owned()]);
    assert_eq!(rests(&front.newest()[0]), other);
    // Nothing of what the flow ordered before is cancelled: the host has taken it back.
    front.comes_back("hap", "Waarneming");
    assert_eq!(front.newest_names(), ["continue-with"]);
    assert_eq!(rests(&front.newest()[0]), other);
    front.comes_back("hap", "Gesloten");
    assert_eq!(front.newest_names(), ["answer"]);
    front.settles();
    assert!(front.timeline().contains("Open Waarneming Gesloten"), "{}", front.timeline());
    assert_eq!(front.ending(), Some("closed"));
}

#[test]
fn a_front_whose_flow_cannot_have_the_call_goes_on() {
    let open = |site: Site| Site { switches: [("hap".into(), "Open".into())].into(), ..site };
    let mut front = call::<Front>();
    front.site(open).arrives().refuses("continue-with", RefusalReason::OverLimit);
    assert_eq!(front.ending(), Some("failed"));
}

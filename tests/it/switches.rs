//! R1: a switch in front of a flow that knows nothing of switches.

use std::{
    sync::{Arc, Mutex, atomic::Ordering::Relaxed},
    time::{Duration, Instant},
};
use strowger_exchange::{Clock, TurnSwitch};
use strowger_journal::TurnQuery;
use strowger_model::{Prompt, read::AgentStatus, switch::Means};
use strowger_pbx::port::{Address, LegId};
use strowger_sim::{Caller, Observed, Phone, Sim, SimConfig, Sound, Then};
use strowger_tests::{Host, Mortal, PATIENCE, behind_a_switch};

/// What happens to callers while the switch is off its normal position.
const CLOSED: &str =
    r#"{ wait = { say = "De post is dicht.", repeat_every = 600, music = "wachtmuziek" } }"#;

type Seen = Arc<Mutex<Vec<Observed>>>;

/// Phones ring and nobody answers, unless told otherwise.
fn config(seen: &Seen) -> SimConfig {
    let seen = seen.clone();
    SimConfig {
        digit: Duration::ZERO,
        unknown: Phone::new(Then::Rings),
        observer: Some(Arc::new(move |_, observed: &Observed| {
            seen.lock().unwrap().push(observed.clone());
        })),
        ..SimConfig::default()
    }
}

fn call(sim: &Sim, number: u32) -> LegId {
    sim.call(Caller {
        from: Some(format!("+32470{number:06}")),
        to: "0900".into(),
        ..Caller::default()
    })
}

fn hears_that_it_is_closed(seen: &Observed) -> bool {
    let closed =
        |prompt: &Prompt| matches!(prompt, Prompt::Text { text, .. } if text.contains("dicht"));
    matches!(seen, Observed::Hears { sound: Sound::Prompt(prompt), .. } if closed(prompt))
}

fn count(seen: &Seen, is: impl Fn(&Observed) -> bool) -> usize {
    seen.lock().unwrap().iter().filter(|seen| is(seen)).count()
}

async fn until(happened: impl Fn() -> bool) {
    let waits = async {
        while !happened() {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(PATIENCE, waits).await.expect("not within its time");
}

fn turn(host: &Host, position: &str) {
    host.exchange.turn_switch(TurnSwitch::to("31", position, Means::Api)).unwrap();
}

/// Within a second on a machine that does nothing else: see `switch_turn_ms` of the bench. The limit
/// here is for one that runs other tests at the same time.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn r1_a_thousand_callers_who_wait_are_redirected_at_once() {
    const CALLERS: u32 = 1000;
    let host = Host::start(&behind_a_switch(1, CLOSED).unwrap(), Clock::system()).unwrap();
    host.log.quiet.store(true, Relaxed);
    let seen = Seen::default();
    let sim = host.sim(config(&seen));
    for number in 0..CALLERS {
        call(&sim, number);
    }
    let waiting = || host.exchange.queue("helpdesk").unwrap().waiting;
    until(|| waiting() == CALLERS).await;

    let since = Instant::now();
    turn(&host, "Gesloten");
    until(|| count(&seen, hears_that_it_is_closed) == CALLERS as usize).await;
    let took = since.elapsed();
    assert!(took < Duration::from_secs(10), "{took:?}");
    assert_eq!(waiting(), 0);
    until(|| host.exchange.agent_status("a1") == Some(AgentStatus::Free)).await;
}

/// The turn falls into the time without a host, and so does the end of its time.
#[test]
fn r1_a_switch_and_its_callers_outlive_the_host() {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    let seen = Seen::default();
    let sim = {
        let _inside = runtime.enter();
        Arc::new(Sim::new(config(&seen), Arc::new(|_| {})))
    };
    sim.cut("no host yet");
    let wait = |until: &dyn Fn() -> bool| {
        let since = Instant::now();
        while !until() {
            assert!(since.elapsed() < PATIENCE);
            std::thread::yield_now();
        }
    };
    let folder = behind_a_switch(1, CLOSED).unwrap();
    let host = Mortal::start(&folder, &sim).unwrap();
    let caller = call(&sim, 1);
    wait(&|| host.host.exchange.queue("helpdesk").unwrap().waiting == 1);
    host.kill();

    // The next host takes the call up, with the front that rests; and dies when the switch is turned,
    // with all that it has ordered because of that.
    let host = Mortal::start(&folder, &sim).unwrap();
    wait(&|| host.host.log.lines().iter().any(|line| line.contains("Resumed")));
    assert_eq!(host.host.exchange.switches()[0].state.position, "Open");
    host.gag();
    let soon = host.host.exchange.clock().now().plus(Duration::from_secs(1));
    let for_some_time = TurnSwitch {
        until: Some(soon),
        by: Some("an".to_owned()),
        reason: Some("brand".to_owned()),
        ..TurnSwitch::to("hap", "Gesloten", Means::Command)
    };
    host.host.exchange.turn_switch(for_some_time).unwrap();
    wait(&|| host.host.log.lines().iter().any(|line| line.contains("CameBack")));
    assert!(host.store.flush(PATIENCE));
    let turns = host.store.switch_turns(&Default::default()).unwrap();
    assert_eq!(
        (turns.len(), turns[0].by.as_deref(), turns[0].to.as_str()),
        (1, Some("an"), "Gesloten")
    );
    host.kill();

    // Its time is over: the switch goes back, the front is told, and the caller waits again.
    let host = Mortal::start(&folder, &sim).unwrap();
    wait(&|| host.host.exchange.switches()[0].state.position == "Open");
    wait(&|| host.host.exchange.queue("helpdesk").unwrap().waiting == 1);
    assert!(host.store.flush(PATIENCE));
    let turns = host.store.switch_turns(&Default::default()).unwrap();
    assert_eq!((turns.len(), turns[0].means, turns[0].to.as_str()), (2, Means::Time, "Open"));

    // An agent has the caller then: the call goes on as if nothing had been.
    let phone = Address::Endpoint("PJSIP/a1".into());
    let rings = |seen: &Observed| matches!(seen, Observed::RingStarted { .. });
    wait(&|| count(&seen, rings) > 0 && sim.pick_up(&phone).is_some());
    wait(&|| host.host.log.lines().iter().any(|line| line.contains("outcome: Connected")));
    turn(&host.host, "Gesloten");
    sim.hang_up(&caller);
    runtime.block_on(host.host.records(1, PATIENCE)).unwrap();
    assert_eq!(host.host.log.records()[0].outcome, "answered");
}

/// The caller's flow knows the switch by its old name, and so does the image of the call.
#[test]
fn r1_a_switch_that_has_another_name_takes_its_callers_with_it_and_none_is_dropped_under_a_flow() {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    let seen = Seen::default();
    let sim = {
        let _inside = runtime.enter();
        Arc::new(Sim::new(config(&seen), Arc::new(|_| {})))
    };
    sim.cut("no host yet");
    let wait = |until: &dyn Fn() -> bool| {
        let since = Instant::now();
        while !until() {
            assert!(since.elapsed() < PATIENCE);
            std::thread::yield_now();
        }
    };
    let folder = behind_a_switch(1, CLOSED).unwrap();
    let read = |path: &str| std::fs::read_to_string(folder.flows().join(path)).unwrap();
    let (site, front) = (read("site.toml"), read("front/flow.toml"));
    let mortal = Mortal::start(&folder, &sim).unwrap();
    let (catalogue, exchange) = (&mortal.host.catalogue, &mortal.host.exchange);
    turn(&mortal.host, "Gesloten");
    let waiting = |host: &Host| host.exchange.queue("helpdesk").unwrap().waiting;
    call(&sim, 1);
    wait(&|| count(&seen, hears_that_it_is_closed) == 1);
    turn(&mortal.host, "Open");
    wait(&|| waiting(&mortal.host) == 1);

    // The flow in front names it: the site file as it was stays in force.
    let (dropped, _) = site.split_once("[switches.hap]").unwrap();
    folder.write("site.toml", dropped).unwrap();
    let refused = catalogue.reload().to_string();
    assert!(refused.contains("the new site is refused: it does not fit `front`"), "{refused}");
    assert!(refused.contains("no switch `hap` in the site file"), "{refused}");
    exchange.site_changed();
    assert_eq!(exchange.switches().len(), 1);

    let renamed = site.replace("[switches.hap]", "[switches.post]\nwas = \"hap\"");
    folder.write("site.toml", &renamed).unwrap();
    let refused = catalogue.reload().to_string();
    assert!(refused.contains("it is called `post` now"), "{refused}");
    folder.write("front/flow.toml", &front.replace("\"hap\"", "\"post\"")).unwrap();
    let taken = catalogue.reload();
    assert!(taken.is_good(), "{taken}");
    exchange.site_changed();
    let turns = |store: &strowger_journal::Store, name: &str| {
        assert!(store.flush(PATIENCE));
        let query = TurnQuery { name: Some(name.to_owned()), limit: None };
        store.switch_turns(&query).unwrap().len()
    };
    assert_eq!((turns(&mortal.store, "hap"), turns(&mortal.store, "post")), (0, 2));
    turn(&mortal.host, "Gesloten");
    wait(&|| count(&seen, hears_that_it_is_closed) == 2);
    turn(&mortal.host, "Open");
    wait(&|| waiting(&mortal.host) == 1);
    mortal.kill();

    // The next host knows both names, too.
    let mortal = Mortal::start(&folder, &sim).unwrap();
    wait(&|| waiting(&mortal.host) == 1);
    turn(&mortal.host, "Gesloten");
    wait(&|| count(&seen, hears_that_it_is_closed) == 3);
    assert_eq!(turns(&mortal.store, "post"), 5);
}

//! The sim under paused time: the scenarios that every adapter passes, and what the far ends
//! experience.

mod lies;

use super::*;
use strowger_conformance::{self as conformance, Far, Ground, Hearing, Near, Shown};
use strowger_model::{
    Prompt,
    event::{Cause, PlayEnd},
};
use strowger_pbx::port::{LegState, PbxEvent, PlayId};
use tokio::{
    sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel},
    time::{sleep, timeout},
};

const fn ms(millis: u64) -> Duration {
    Duration::from_millis(millis)
}

fn sink(events: UnboundedSender<PbxEvent>) -> PbxSink {
    Arc::new(move |event| {
        let _ = events.send(event);
    })
}

/// The sim as a ground for the scenarios of all adapters.
struct SimGround {
    sim: Arc<Sim>,
    events: UnboundedReceiver<PbxEvent>,
}

impl SimGround {
    async fn new() -> Self {
        let (sender, mut events) = unbounded_channel();
        let sim = Arc::new(Sim::new(SimConfig::default(), sink(sender)));
        assert_eq!(events.recv().await, Some(PbxEvent::Synced { alive: Vec::new() }));
        Self { sim, events }
    }
}

impl Ground for SimGround {
    fn pbx(&self) -> Arc<dyn Pbx> {
        self.sim.clone()
    }

    fn events(&mut self) -> &mut UnboundedReceiver<PbxEvent> {
        &mut self.events
    }

    async fn phone(&mut self, far: Far) -> anyhow::Result<Address> {
        Ok(self.sim.stage_phone(far))
    }

    async fn call(&mut self, near: Near, from: &str, to: &str) -> anyhow::Result<()> {
        self.sim.stage_call(near, from.to_owned(), to.to_owned());
        Ok(())
    }

    async fn hears(&mut self) -> anyhow::Result<Option<Vec<Hearing>>> {
        Ok(Some(self.sim.at_once(|world| world.hearing())))
    }

    async fn shows(&mut self, phone: &Address) -> anyhow::Result<Option<Shown>> {
        Ok(self.sim.at_once(|world| world.shown(phone)))
    }

    fn tells_phones(&self) -> bool {
        true
    }

    async fn own_call(&mut self, phone: &Address, length: Duration) -> anyhow::Result<()> {
        self.sim.own_call(phone.clone(), length);
        Ok(())
    }

    fn tells_transfers(&self) -> bool {
        true
    }

    async fn ask_transfer(&mut self, phone: &Address, to: &str) -> anyhow::Result<()> {
        let asked = self.sim.at_once(|world| world.ask_transfer(phone, to.to_owned()));
        anyhow::ensure!(asked, "nobody talks at {phone:?}");
        Ok(())
    }

    async fn transfers(&mut self, phone: &Address, count: usize) -> anyhow::Result<Vec<bool>> {
        let told = async {
            loop {
                let told = self.sim.at_once(|world| world.transfers(phone));
                if told.len() >= count {
                    break told;
                }
                sleep(ms(1)).await;
            }
        };
        Ok(timeout(self.slack(), told).await?)
    }

    async fn cut(&mut self, length: Duration) -> anyhow::Result<()> {
        self.sim.cut("a test");
        sleep(length).await;
        self.sim.mend();
        Ok(())
    }

    fn slack(&self) -> Duration {
        ms(20)
    }
}

#[tokio::test(start_paused = true)]
async fn tells_what_every_adapter_tells() {
    for scenario in conformance::scenarios() {
        let mut ground = SimGround::new().await;
        if let Err(error) = conformance::run(&scenario, &mut ground).await {
            panic!("{error}");
        }
        let sim = ground.sim.clone();
        sleep(ms(10_000)).await;
        sim.call(Caller::default());
        sleep(ms(1)).await;
        sim.shared.world().assert_only(1);
    }
}

#[tokio::test(start_paused = true)]
async fn a_scenario_that_does_not_hold_says_where() {
    let mut scenarios = conformance::scenarios();
    let plays = scenarios.iter_mut().find(|scenario| scenario.name == "plays-queue-up").unwrap();
    plays.steps.swap(6, 7);
    let error = conformance::run(plays, &mut SimGround::new().await).await.unwrap_err().to_string();
    assert!(
        error.starts_with(
            "plays-queue-up, step 7 (Expect(1s, \"played caller p2 whole\")): expected"
        ),
        "{error}"
    );
    assert!(error.ends_with("  1.002 s  played caller p1 whole"), "{error}");
}

impl World {
    /// Nothing is left of any leg but so many that live.
    fn assert_only(&self, legs: usize) {
        for (what, size) in self.sizes() {
            let most = if matches!(what, "slots" | "legs") { legs } else { 0 };
            assert_eq!(size, most, "{what}");
        }
    }
}

/// A sim whose events and observations go into one list, each with its time in ms.
struct Watched {
    sim: Sim,
    log: Arc<Mutex<Vec<String>>>,
}

impl Watched {
    fn new(mut config: SimConfig) -> Self {
        let log = Arc::new(Mutex::new(Vec::new()));
        let observations = log.clone();
        config.observer = Some(Arc::new(move |at: Duration, observed: &Observed| {
            let line = format!("{} {observed:?}", at.as_millis());
            observations.lock().unwrap().push(line);
        }));
        config.lengths = Arc::new(|prompt| match prompt {
            Prompt::Recording(name) if name == "one" => Some(ms(1000)),
            Prompt::Recording(_) => None,
            Prompt::Silence(length) => Some(*length),
            _ => Some(ms(2000)),
        });
        let events = log.clone();
        let sink: PbxSink =
            Arc::new(move |event| events.lock().unwrap().push(format!("{event:?}")));
        Self { sim: Sim::new(config, sink), log }
    }

    /// What was observed of a kind, shortened.
    fn observed(&self, kind: &str) -> Vec<String> {
        let log = self.log.lock().unwrap();
        log.iter().filter(|line| line.contains(kind)).cloned().collect()
    }

    fn clear(&self) {
        self.log.lock().unwrap().clear();
    }
}

fn recording(name: &str) -> Prompt {
    Prompt::Recording(name.to_owned())
}

fn play(name: &str, conversation: &LegId, prompts: &[Prompt]) -> PbxCommand {
    PbxCommand::Play {
        play: PlayId(name.into()),
        conversation: conversation.clone(),
        prompts: prompts.into(),
    }
}

#[tokio::test(start_paused = true)]
async fn a_waiting_caller_hears_music_prompts_and_the_agent_at_their_seconds() {
    let watched = Watched::new(SimConfig { latency: Duration::ZERO, ..SimConfig::default() });
    let sim = &watched.sim;
    let desk = Address::Endpoint("PJSIP/desk".to_owned());
    sim.phone(desk.clone(), Phone::answers(ms(2000)).talking(ms(5000)));
    let caller = sim.call(Caller { to: "3000".to_owned(), ..Caller::default() });
    let agent = LegId::from("agent");
    let class = Some("rustig".to_owned());
    sleep(ms(1000)).await;
    sim.send(PbxCommand::IndicateRinging { leg: caller.clone() });
    sleep(ms(1000)).await;
    sim.send(PbxCommand::Answer { leg: caller.clone() });
    sim.send(PbxCommand::Music { leg: caller.clone(), class });
    sim.send(play("p1", &caller, &[recording("one"), Prompt::Silence(ms(500))]));
    let dial = PbxCommand::Dial {
        leg: agent.clone(),
        to: desk,
        caller_id: Some("+3227138700".to_owned()),
        display_name: None,
    };
    sim.send(dial);
    sleep(ms(5000)).await;
    sim.send(PbxCommand::Music { leg: caller.clone(), class: None });
    sim.send(PbxCommand::Move { leg: agent, to: caller });
    sleep(ms(10_000)).await;
    assert_eq!(
        watched.observed("Hears"),
        [
            "1000 Hears { leg: sim-1, sound: Ringback, with: [] }",
            "2000 Hears { leg: sim-1, sound: Silence, with: [] }",
            r#"2000 Hears { leg: sim-1, sound: Music("rustig"), with: [] }"#,
            r#"2000 Hears { leg: sim-1, sound: Prompt(Recording("one")), with: [] }"#,
            "3000 Hears { leg: sim-1, sound: Prompt(Silence(500ms)), with: [] }",
            r#"3500 Hears { leg: sim-1, sound: Music("rustig"), with: [] }"#,
            "4005 Hears { leg: agent, sound: Silence, with: [] }",
            "7000 Hears { leg: sim-1, sound: Silence, with: [] }",
            "7000 Hears { leg: sim-1, sound: Silence, with: [agent] }",
            "7000 Hears { leg: agent, sound: Silence, with: [sim-1] }",
            "12000 Hears { leg: sim-1, sound: Silence, with: [] }",
        ]
    );
    assert_eq!(
        watched.observed("Ring"),
        [
            "1000 Hears { leg: sim-1, sound: Ringback, with: [] }",
            "2005 RingStarted { leg: agent, address: Endpoint(\"PJSIP/desk\"), caller_id: Some(\"+3227138700\"), display_name: None }",
            "Ringing { leg: agent }",
            "4005 RingStopped { leg: agent }",
        ]
    );
    assert_eq!(
        watched.observed("HungUp"),
        ["12000 HungUp { leg: agent, by: FarEnd, cause: Normal }"]
    );
}

#[tokio::test(start_paused = true)]
async fn callers_lose_patience_unless_somebody_talked_to_them() {
    let watched = Watched::new(SimConfig::default());
    let sim = &watched.sim;
    let waits = Caller { patience: Some(ms(30_000)), ..Caller::default() };
    sim.call(waits.clone());
    let served = sim.call(Caller { talks: Some(ms(40_000)), ..waits });
    let desk = Address::Number("+3227138700".to_owned());
    sim.send(PbxCommand::Answer { leg: served.clone() });
    let agent = LegId::from("agent");
    sim.send(PbxCommand::Dial {
        leg: agent.clone(),
        to: desk,
        caller_id: None,
        display_name: None,
    });
    sleep(ms(5000)).await;
    sim.send(PbxCommand::Move { leg: agent, to: served });
    sleep(ms(60_000)).await;
    assert_eq!(
        watched.observed("HungUp"),
        [
            "30000 HungUp { leg: sim-1, by: FarEnd, cause: Normal }",
            "45001 HungUp { leg: sim-2, by: FarEnd, cause: Normal }",
        ]
    );
}

#[tokio::test(start_paused = true)]
async fn a_phone_that_talks_is_busy_and_what_rings_there_goes_unanswered() {
    let watched = Watched::new(SimConfig::default());
    let sim = &watched.sim;
    let desk = Address::Extension("201".to_owned());
    sim.phone(desk.clone(), Phone::answers(ms(1000)));
    let dial = |leg: &str| {
        sim.send(PbxCommand::Dial {
            leg: leg.into(),
            to: desk.clone(),
            caller_id: None,
            display_name: None,
        });
    };
    dial("one");
    sleep(ms(500)).await;
    dial("two");
    sleep(ms(5000)).await;
    dial("three");
    sleep(ms(1000)).await;
    assert_eq!(watched.observed("Answered {").len(), 2, "told and observed, of one leg");
    assert_eq!(watched.observed("RingStarted").len(), 2);
    assert_eq!(watched.observed("HungUp"), ["5506 HungUp { leg: three, by: FarEnd, cause: Busy }"]);
    watched.clear();
    assert_eq!(sim.put_down(&desk), [LegId::from("one"), LegId::from("two")]);
    sleep(ms(1)).await;
    assert_eq!(watched.observed("Ended").len(), 2);
    assert!(watched.observed("Ended")[1].contains("Declined"));
}

#[tokio::test(start_paused = true)]
async fn a_phone_is_picked_up_when_the_scenario_says_so() {
    let watched = Watched::new(SimConfig::default());
    let sim = &watched.sim;
    let desk = Address::Endpoint("PJSIP/desk".to_owned());
    assert_eq!(sim.pick_up(&desk), None);
    sim.phone(desk.clone(), Phone::new(Then::Rings));
    sim.send(PbxCommand::Dial {
        leg: "a".into(),
        to: desk.clone(),
        caller_id: None,
        display_name: None,
    });
    sleep(ms(20_000)).await;
    assert_eq!(sim.pick_up(&desk), Some("a".into()));
    sleep(ms(1)).await;
    assert_eq!(watched.observed("20000 Answered"), ["20000 Answered { leg: a }"]);
    sim.key(&"a".into(), "5x#");
    sleep(ms(1000)).await;
    let digits = watched.observed("Digit");
    assert_eq!(digits, ["Digit { leg: a, digit: '5' }", "Digit { leg: a, digit: '#' }"]);
}

#[tokio::test(start_paused = true)]
async fn what_happens_while_the_connection_is_cut_is_not_told_later() {
    let watched = Watched::new(SimConfig::default());
    let sim = &watched.sim;
    let desk = Address::Endpoint("PJSIP/desk".to_owned());
    sim.phone(desk.clone(), Phone::answers(ms(1000)));
    let stays = sim.call(Caller::default());
    let leaves = sim.call(Caller { leaves: Some(ms(2000)), ..Caller::default() });
    sim.send(PbxCommand::Answer { leg: stays.clone() });
    sleep(ms(1000)).await;
    watched.clear();
    sim.cut("the cable");
    sim.send(play("p1", &stays, &[recording("one")]));
    sim.send(PbxCommand::Dial { leg: "a".into(), to: desk, caller_id: None, display_name: None });
    let missed = sim.call(Caller::default());
    sleep(ms(5000)).await;
    sim.mend();
    sim.mend();
    sleep(ms(10_000)).await;
    let alive = sim.alive().await.unwrap();
    assert_eq!(alive.len(), 1);
    assert_eq!(alive[0].state, LegState::Up);
    assert_eq!(alive[0].conversation.as_ref(), Some(&stays));
    assert!(alive[0].arrived.is_some());
    let log = watched.log.lock().unwrap().clone();
    let events: Vec<&String> =
        log.iter().filter(|line| !line.starts_with(|c: char| c.is_ascii_digit())).collect();
    assert_eq!(events.len(), 3, "{events:?}");
    assert!(events[0].starts_with("Lost"));
    assert!(events[1].starts_with("Synced"));
    assert!(
        events[2].starts_with("Played"),
        "plays of legs that live on can be asked for: {}",
        events[2]
    );
    assert!(log.contains(&format!("1000 OwnRoute {{ leg: {missed} }}")));
    assert!(log.contains(&format!("2000 HungUp {{ leg: {leaves}, by: FarEnd, cause: Normal }}")));
    assert!(
        log.iter().any(|line| line.contains("HungUp { leg: a, by: Pbx, cause: Failed }")),
        "a phone picked up meanwhile is hung up: {log:?}"
    );
}

#[tokio::test(start_paused = true)]
async fn commands_that_cross_the_end_of_their_leg_are_not_heard_of() {
    let watched = Watched::new(SimConfig::default());
    let sim = &watched.sim;
    let caller = sim.call(Caller::default());
    sim.send(PbxCommand::Answer { leg: caller.clone() });
    sleep(ms(100)).await;
    watched.clear();
    sim.hang_up(&caller);
    sim.send(play("p1", &caller, &[recording("one")]));
    sim.send(PbxCommand::hang_up(caller.clone(), Cause::Normal));
    sim.hang_up(&caller);
    sim.key(&caller, "1");
    sleep(ms(1000)).await;
    let ended = format!("Ended(Ended {{ leg: {caller}, cause: Normal, left: false }})");
    assert_eq!(watched.observed("Ended"), [ended]);
    assert_eq!(watched.observed("Played"), Vec::<String>::new());
    sim.send(play("p2", &"never".into(), &[recording("one")]));
    sleep(ms(10)).await;
    let failed = format!("Played {{ leg: never, play: p2, end: {:?} }}", PlayEnd::Failed);
    assert_eq!(watched.observed("Played"), [failed]);
}

/// An hour of calls that keep the sim busy in every way, as one text.
async fn a_busy_hour() -> String {
    let watched = Watched::new(SimConfig::default());
    let sim = &watched.sim;
    for agent in 0..10_u64 {
        let then = match agent % 4 {
            0 => Then::Answers(ms(agent * 300)),
            1 => Then::Busy,
            2 => Then::Declines(ms(700)),
            _ => Then::Answers(ms(1500)),
        };
        let phone = Phone::new(then).talking(ms(20_000));
        sim.phone(Address::Endpoint(format!("a{agent}")), phone);
    }
    for n in 0..300_u64 {
        let caller = sim.call(Caller {
            patience: Some(ms(30_000 + n * 7)),
            talks: Some(ms(15_000 + n * 11)),
            ..Caller::default()
        });
        sim.send(PbxCommand::Answer { leg: caller.clone() });
        sim.send(play(&format!("p{n}"), &caller, &[recording("one"), Prompt::Position(1)]));
        let agent = LegId::from(format!("agent{n}").as_str());
        sim.send(PbxCommand::Dial {
            leg: agent.clone(),
            to: Address::Endpoint(format!("a{}", n % 11)),
            caller_id: None,
            display_name: None,
        });
        sleep(ms(5000)).await;
        sim.send(PbxCommand::Move { leg: agent, to: caller });
        sleep(ms(3000 + n * 13)).await;
    }
    sleep(Duration::from_secs(300)).await;
    watched.log.lock().unwrap().join("\n")
}

#[test]
fn two_runs_are_alike() {
    let run = || {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_time()
            .start_paused(true)
            .build()
            .unwrap();
        runtime.block_on(a_busy_hour())
    };
    let (first, second) = (run(), run());
    assert!(first.lines().count() > 2000);
    assert_eq!(first, second);
}

#[tokio::test]
async fn it_runs_in_real_time_too() {
    let (sender, mut events) = unbounded_channel();
    let sim = Sim::new(SimConfig::default(), sink(sender));
    let caller = sim.call(Caller { leaves: Some(ms(30)), ..Caller::default() });
    assert!(matches!(events.recv().await, Some(PbxEvent::Synced { .. })));
    assert!(matches!(events.recv().await, Some(PbxEvent::Arrived(_))));
    sim.send(PbxCommand::Answer { leg: caller.clone() });
    assert_eq!(events.recv().await, Some(PbxEvent::Answered { leg: caller }));
    assert!(matches!(events.recv().await, Some(PbxEvent::Ended(_))));
    assert!(sim.elapsed() >= ms(30));
    drop(sim);
    assert!(events.recv().await.is_none(), "the driver ends with the sim");
}

#[tokio::test(start_paused = true)]
async fn old_entries_do_not_pile_up() {
    let (sender, _events) = unbounded_channel();
    let sim = Sim::new(SimConfig::default(), sink(sender));
    for _ in 0..10_000 {
        let caller =
            sim.call(Caller { patience: Some(Duration::from_secs(86_400)), ..Caller::default() });
        sleep(ms(1)).await;
        sim.hang_up(&caller);
    }
    sleep(ms(1)).await;
    let sizes = sim.shared.world().sizes();
    let agenda = sizes.iter().find(|(what, _)| *what == "agenda").unwrap().1;
    assert!(agenda < 200, "{agenda} entries of legs that are gone");
}

//! Calls outlive their host (docs/architecture.md, "The journal"), on the sim.

mod call_backs;
mod clocks;
mod conversations;
mod rings;

use std::{
    collections::BTreeSet,
    sync::{Arc, Mutex},
    time::Duration,
};
use strowger_model::{
    CallId,
    command::{AgentAction, Target},
    read::AgentStatus,
};
use strowger_pbx::port::{Address, LegId};
use strowger_sim::{Caller, Keys, Observed, Phone, Sim, SimConfig, Then};
use strowger_tests::{Folder, HELPDESK, Mortal, PATIENCE, helpdesk_site, spoil_versions};
use tokio::runtime::{Builder, Runtime};

/// A sim that outlives hosts, and what its callers and phones experience.
struct Town {
    runtime: Runtime,
    sim: Arc<Sim>,
    seen: Arc<Mutex<Vec<Observed>>>,
}

impl Town {
    /// Phones ring and nobody answers, unless told otherwise.
    fn new() -> Self {
        let runtime = Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
        let seen: Arc<Mutex<Vec<Observed>>> = Arc::default();
        let config = SimConfig {
            unknown: Phone::new(Then::Rings),
            observer: Some({
                let seen = seen.clone();
                Arc::new(move |_, observed: &Observed| seen.lock().unwrap().push(observed.clone()))
            }),
            ..SimConfig::default()
        };
        let sim = {
            let _inside = runtime.enter();
            Arc::new(Sim::new(config, Arc::new(|_| {})))
        };
        sim.cut("no host yet");
        Self { runtime, sim, seen }
    }

    fn call(&self, number: u32) -> LegId {
        self.sim.call(Caller {
            from: Some(format!("+3247000{number:04}")),
            to: "0900".into(),
            ..Caller::default()
        })
    }

    fn count(&self, is: impl Fn(&Observed) -> bool) -> usize {
        self.seen.lock().unwrap().iter().filter(|observed| is(observed)).count()
    }

    /// Legs that hear another.
    fn talking(&self) -> usize {
        let mut hear = BTreeSet::new();
        for seen in &*self.seen.lock().unwrap() {
            match seen {
                Observed::Hears { leg, with, .. } if !with.is_empty() => {
                    hear.insert(leg.clone());
                }
                Observed::Hears { leg, .. } | Observed::HungUp { leg, .. } => {
                    hear.remove(leg);
                }
                _ => {}
            }
        }
        hear.len()
    }

    /// Waits for something at the sim.
    fn until(&self, happened: impl Fn() -> bool) {
        let since = std::time::Instant::now();
        while !happened() {
            assert!(since.elapsed() < PATIENCE, "not within {PATIENCE:?}");
            std::thread::yield_now();
        }
    }

    fn wait<T>(&self, mortal: &Mortal, until: impl Future<Output = T>) -> T {
        let patient = async { tokio::time::timeout(PATIENCE, until).await };
        self.runtime.block_on(patient).unwrap_or_else(|_| {
            panic!("not within {PATIENCE:?}:\n{}", mortal.host.log.lines().join("\n"))
        })
    }
}

fn address(agent: u32) -> Address {
    Address::Endpoint(format!("PJSIP/a{agent}"))
}

fn folder(agents: u8) -> Folder {
    let flow = HELPDESK.replace("overflow_after = 6", "overflow_after = 600");
    Folder::helpdesk(
        &helpdesk_site(agents, true, true, true).replace("ring_time = 3", "ring_time = 60"),
        &flow,
    )
    .unwrap()
}

fn waiting(mortal: &Mortal) -> u32 {
    mortal.host.exchange.queue("helpdesk").unwrap().waiting
}

fn calls(mortal: &Mortal) -> Vec<CallId> {
    mortal.host.exchange.calls().iter().map(|call| call.call).collect()
}

fn is_ring(seen: &Observed) -> bool {
    matches!(seen, Observed::RingStarted { .. })
}

#[test]
fn callers_keep_their_place_agents_their_conversation_and_phones_ring_on() {
    let town = Town::new();
    let folder = folder(4);
    let mut host = Mortal::start(&folder, &town.sim).unwrap();
    for (agent, action) in
        [("a2", AgentAction::LogOut), ("a3", AgentAction::LogOut), ("a4", AgentAction::Pause(None))]
    {
        assert!(host.host.exchange.agent(&agent.into(), action).is_ok());
    }
    town.sim.phone(address(1), Phone::answers(Duration::ZERO));
    for number in 0..5 {
        town.call(number);
        // In order: the next comes when this one waits.
        town.wait(&host, host.host.seen_often("EnterQueue", number as usize + 1, PATIENCE))
            .unwrap();
    }
    town.wait(&host, host.host.seen("Connected", PATIENCE)).unwrap();
    // From here on a1 rings without being answered; now a2 rings for the first who waits.
    let log_in = AgentAction::LogIn(Target::Agent("a2".into()));
    assert!(host.host.exchange.agent(&"a2".into(), log_in).is_ok());
    let rings = |agent| {
        town.count(|seen| matches!(seen, Observed::RingStarted { address: rung, .. } if *rung == address(agent)))
    };
    town.until(|| rings(2) == 1);
    let before = calls(&host);
    for death in 1..=3 {
        host.kill();
        host = Mortal::start(&folder, &town.sim).unwrap();
        // The flow of the one who talks is over.
        town.wait(&host, host.host.seen_often("Resumed", 4, PATIENCE)).unwrap();
        assert_eq!(calls(&host), before, "death {death}");
        assert_eq!(waiting(&host), 4, "death {death}");
        for (agent, status) in [
            ("a1", AgentStatus::Talking),
            ("a2", AgentStatus::Ringing),
            ("a3", AgentStatus::LoggedOut),
            ("a4", AgentStatus::Paused),
        ] {
            assert_eq!(host.host.exchange.agent_status(agent), Some(status), "death {death}");
        }
    }
    assert_eq!((rings(1), rings(2)), (1, 1), "nobody was rung twice");
    assert_eq!(
        town.count(|seen| matches!(seen, Observed::HungUp { .. })),
        0,
        "nobody lost anybody"
    );

    town.sim.pick_up(&address(2)).expect("a2 rings on");
    town.wait(&host, host.host.seen("Connected", PATIENCE)).unwrap();
    // One agent answers everybody now, in order.
    assert!(host.host.exchange.agent(&"a1".into(), AgentAction::LogOut).is_ok());
    town.sim.phone(address(2), Phone::answers(Duration::ZERO).talking(Duration::from_millis(20)));
    for agent in [1, 2] {
        town.sim.put_down(&address(agent));
    }
    town.wait(&host, host.host.records(5, PATIENCE)).unwrap();
    let mut records = host.journalled().unwrap();
    records.sort_by_key(|record| record.connected);
    assert_eq!(
        records.iter().map(|record| record.call).collect::<Vec<_>>(),
        before,
        "in the order in which they came"
    );
    assert!(
        records.iter().all(|record| record.outcome == "answered" && !record.unjournalled),
        "{records:?}"
    );
    assert!(records[4].waited > Duration::ZERO && records[4].agent.is_some());
    assert!(records.iter().all(|record| !record.overflowed));
}

#[test]
fn a_caller_who_hung_up_while_there_was_no_host_is_recorded_and_one_who_came_is_not_served_twice() {
    let town = Town::new();
    let folder = folder(1);
    let host = Mortal::start(&folder, &town.sim).unwrap();
    let gone = town.call(1);
    town.until(|| town.count(is_ring) == 1);
    let call = calls(&host)[0];
    host.kill();
    town.sim.hang_up(&gone);
    let host = Mortal::start(&folder, &town.sim).unwrap();
    town.wait(&host, host.host.records(1, PATIENCE)).unwrap();
    let records = host.journalled().unwrap();
    assert_eq!((records.len(), records[0].call), (1, call));
    assert_eq!(records[0].outcome, "abandoned");
    assert_eq!(waiting(&host), 0);
    assert_eq!(town.count(is_ring), 1);
    host.kill();
    // A third host finds nothing that is open.
    let host = Mortal::start(&folder, &town.sim).unwrap();
    assert_eq!((calls(&host), host.journalled().unwrap().len()), (vec![], 1));
}

#[test]
fn what_was_journalled_and_never_sent_is_said_again_or_known_not_to_have_been_done() {
    let town = Town::new();
    let folder = folder(1);
    let host = Mortal::start(&folder, &town.sim).unwrap();
    host.gag();
    town.call(1);
    // The flow has answered the caller, and the PBX never hears of it.
    town.wait(&host, host.host.seen("Command(Answer", PATIENCE)).unwrap();
    host.kill();
    assert_eq!(town.count(|seen| matches!(seen, Observed::Answered { .. })), 0);
    let host = Mortal::start(&folder, &town.sim).unwrap();
    town.until(|| town.count(is_ring) == 1);
    assert_eq!(town.count(|seen| matches!(seen, Observed::Answered { .. })), 1);

    // The agent is brought to the caller, and again the PBX never hears of it.
    host.gag();
    town.sim.pick_up(&address(1)).expect("a1 rings");
    town.wait(&host, host.host.seen("Command(Move", PATIENCE)).unwrap();
    host.kill();
    let host = Mortal::start(&folder, &town.sim).unwrap();
    town.wait(&host, host.host.seen("Connected", PATIENCE)).unwrap();
    town.sim.put_down(&address(1));
    town.wait(&host, host.host.records(1, PATIENCE)).unwrap();
    assert_eq!(host.journalled().unwrap()[0].outcome, "answered");
}

#[test]
fn a_call_goes_on_with_the_version_that_it_had_though_its_file_has_changed() {
    let town = Town::new();
    let folder = folder(1);
    let host = Mortal::start(&folder, &town.sim).unwrap();
    town.call(1);
    town.wait(&host, host.host.seen("EnterQueue", PATIENCE)).unwrap();
    let version = host.host.exchange.calls()[0].version.clone();
    host.kill();
    let changed = HELPDESK
        .replace("Even wachten", "Nog even wachten")
        .replace("overflow_after = 6", "overflow_after = 600");
    folder.write("vaccination-helpdesk/flow.toml", &changed).unwrap();
    let host = Mortal::start(&folder, &town.sim).unwrap();
    town.wait(&host, host.host.seen("Resumed", PATIENCE)).unwrap();
    town.call(2);
    town.wait(&host, host.host.seen_often("EnterQueue", 1, PATIENCE)).unwrap();
    let versions: BTreeSet<_> =
        host.host.exchange.calls().iter().map(|call| call.version.clone()).collect();
    assert_eq!(versions.len(), 2);
    assert!(versions.contains(&version));
    let shown = host.host.catalogue.status();
    assert_eq!(shown[0].calls.get(&version), Some(&1), "{shown:?}");
}

#[test]
fn a_call_whose_version_cannot_be_had_goes_on_in_the_own_route_once_and_who_talks_is_left_talking()
{
    let town = Town::new();
    let folder = folder(1);
    let host = Mortal::start(&folder, &town.sim).unwrap();
    town.sim.phone(address(1), Phone::answers(Duration::ZERO));
    let talks = town.call(1);
    town.wait(&host, host.host.seen("Connected", PATIENCE)).unwrap();
    let waits = town.call(2);
    town.wait(&host, host.host.seen_often("EnterQueue", 2, PATIENCE)).unwrap();
    let versions = calls(&host);
    host.kill();
    assert_eq!(spoil_versions(&folder).unwrap(), 1);
    folder
        .write(
            "vaccination-helpdesk/flow.toml",
            &HELPDESK.replace("Even wachten", "Nog even wachten"),
        )
        .unwrap();

    let host = Mortal::start(&folder, &town.sim).unwrap();
    town.until(|| {
        town.count(|seen| matches!(seen, Observed::Transferred { leg, to: None } if *leg == waits))
            == 1
    });
    let records = town.wait(&host, host.host.records(2, PATIENCE)).unwrap();
    assert!(records.iter().all(|record| record.outcome == "lost"), "{records:?}");
    let kept: Vec<_> = host.journalled().unwrap().iter().map(|record| record.call).collect();
    assert_eq!((kept, calls(&host)), (versions, vec![]), "nobody was served a second time");
    assert_eq!(
        town.count(|seen| matches!(seen, Observed::HungUp { .. })),
        0,
        "who talks is left talking"
    );
    assert_eq!(
        town.count(|seen| matches!(seen, Observed::Transferred { leg, .. } if *leg == talks)),
        0
    );
}

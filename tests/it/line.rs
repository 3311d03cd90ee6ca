//! Phones ring for the line: four callers, four phones, and nobody is rung twice.

use std::{
    sync::{Arc, Mutex},
    time::Duration,
};
use strowger_exchange::Clock;
use strowger_model::{AgentName, Timestamp};
use strowger_sim::{Caller, Observed, Phone, SimConfig};
use strowger_tests::{Folder, HELPDESK, Host, PATIENCE, helpdesk_site};

type Seen = Arc<Mutex<Vec<(Duration, Observed)>>>;

/// A helpdesk whose agents all ring, on a sim whose phones are answered after 0.7 s.
fn town(agents: u8) -> (Host, Arc<strowger_sim::Sim>, Seen) {
    let site = helpdesk_site(agents, true, true, false).replace("\"linear\"", "\"ring-all\"");
    let folder = Folder::helpdesk(&site, HELPDESK).unwrap();
    let host = Host::start(&folder, Clock::simulated(Timestamp(1_795_000_000_000))).unwrap();
    let seen: Seen = Arc::default();
    let observer = seen.clone();
    let sim = host.sim(SimConfig {
        unknown: Phone::answers(Duration::from_millis(700)).talking(Duration::from_secs(5)),
        observer: Some(Arc::new(move |at, observed: &Observed| {
            observer.lock().unwrap().push((at, observed.clone()));
        })),
        ..SimConfig::default()
    });
    (host, sim, seen)
}

fn call(sim: &strowger_sim::Sim, number: u32) {
    sim.call(Caller {
        from: Some(format!("+3247000{number:04}")),
        to: "0900".into(),
        ..Caller::default()
    });
}

#[tokio::test(start_paused = true)]
async fn four_callers_and_four_phones_are_together_at_once() {
    let (host, sim, seen) = town(4);
    for number in 1..=4 {
        call(&sim, number);
    }
    let records = host.records(4, PATIENCE).await.unwrap();
    for record in &records {
        let waited = record.waited.as_millis();
        assert!((700..900).contains(&waited), "{waited} ms: {record:?}");
    }
    let mut agents: Vec<_> = records.iter().map(|record| record.agent.clone().unwrap()).collect();
    agents.sort();
    assert_eq!(agents, ["a1", "a2", "a3", "a4"].map(AgentName::new));
    let seen = seen.lock().unwrap();
    let count = |is: fn(&Observed) -> bool| seen.iter().filter(|(_, it)| is(it)).count();
    assert_eq!(count(|it| matches!(it, Observed::RingStarted { .. })), 4, "rung once");
    assert_eq!(count(|it| matches!(it, Observed::RingStopped { .. })), 4, "by being answered");
    let shown: Vec<_> = seen
        .iter()
        .filter_map(|(_, it)| match it {
            Observed::Shows { caller_id, .. } => caller_id.as_deref(),
            _ => None,
        })
        .collect();
    // The phones that rang on, each time.
    let next = ["+32470000002"; 3].into_iter().chain(["+32470000003"; 2]).chain(["+32470000004"]);
    assert_eq!(shown, next.collect::<Vec<_>>());
}

/// Nobody is left whom the other phones could ring for.
#[tokio::test(start_paused = true)]
async fn the_phones_that_nobody_needs_fall_silent() {
    let (host, sim, seen) = town(4);
    sim.phone(
        strowger_pbx::port::Address::Endpoint("PJSIP/a1".into()),
        Phone::answers(Duration::from_millis(200)).talking(Duration::from_secs(5)),
    );
    call(&sim, 1);
    host.records(1, PATIENCE).await.unwrap();
    let seen = seen.lock().unwrap();
    let by_host = |it: &Observed| matches!(it, Observed::HungUp { by: strowger_sim::By::Host, .. });
    assert!(seen.iter().filter(|(_, it)| by_host(it)).count() >= 3);
    assert_eq!(seen.iter().filter(|(_, it)| matches!(it, Observed::Shows { .. })).count(), 0);
}

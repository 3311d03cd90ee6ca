//! How the agents' phones are, as the PBX tells, on the sim: who is in a call of their own, or is
//! not there, is not rung, and is shown as such.

use std::{sync::Arc, time::Duration};
use strowger_exchange::Clock;
use strowger_model::{
    PhoneState, Timestamp,
    command::{AgentAction, Target},
    read::AgentStatus,
};
use strowger_pbx::port::Address;
use strowger_sim::{Caller, Keys, Phone, Sim, SimConfig};
use strowger_tests::{Folder, HELPDESK, Host, PATIENCE, helpdesk_site};

fn town() -> (Host, Arc<Sim>) {
    let folder = Folder::helpdesk(&helpdesk_site(2, true, true, false), HELPDESK).unwrap();
    let host = Host::start(&folder, Clock::simulated(Timestamp(1_795_000_000_000))).unwrap();
    let answers = Phone::answers(Duration::from_secs(1)).talking(Duration::from_secs(5));
    let sim = host.sim(SimConfig { unknown: answers, ..SimConfig::default() });
    (host, sim)
}

fn at(name: &str) -> Address {
    Address::Endpoint(format!("PJSIP/{name}"))
}

async fn is(host: &Host, agent: &str, status: AgentStatus) {
    let becomes = async {
        while host.exchange.agent_status(agent) != Some(status) {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    };
    let within = tokio::time::timeout(PATIENCE, becomes).await;
    within.unwrap_or_else(|_| panic!("{agent} is {:?}", host.exchange.agent_status(agent)));
}

fn call(sim: &Sim) {
    sim.call(Caller { from: None, to: "0900".to_owned(), ..Caller::default() });
}

#[tokio::test(start_paused = true)]
async fn r6_who_is_in_a_call_of_their_own_is_not_rung() {
    let (host, sim) = town();
    sim.own_call(at("a1"), Duration::from_secs(20));
    is(&host, "a1", AgentStatus::Busy).await;
    let free = || host.exchange.queue("helpdesk").unwrap().free;
    assert_eq!(free(), 1);
    call(&sim);
    assert_eq!(host.records(1, PATIENCE).await.unwrap()[0].agent, Some("a2".into()));
    is(&host, "a1", AgentStatus::Free).await;
    call(&sim);
    assert_eq!(host.records(2, PATIENCE).await.unwrap()[1].agent, Some("a1".into()));
    assert_eq!(free(), 2, "calls of the host are none of their own");
}

#[tokio::test(start_paused = true)]
async fn v4_phones_that_are_not_there_are_not_waited_for() {
    let (host, sim) = town();
    sim.phone_is(at("a1"), PhoneState::DoNotDisturb);
    sim.phone_is(at("a2"), PhoneState::Unreachable);
    is(&host, "a1", AgentStatus::DoNotDisturb).await;
    is(&host, "a2", AgentStatus::Unreachable).await;
    // Elsewhere is another phone.
    let log_in = AgentAction::LogIn(Target::Address("PJSIP/flex".to_owned()));
    assert!(host.exchange.agent(&"a2".into(), log_in).is_ok());
    is(&host, "a2", AgentStatus::Free).await;
    call(&sim);
    assert_eq!(host.records(1, PATIENCE).await.unwrap()[0].agent, Some("a2".into()));
    sim.phone_is(at("flex"), PhoneState::DoNotDisturb);
    sim.phone_is(at("a2"), PhoneState::Free);
    is(&host, "a2", AgentStatus::Free).await;
    // What the PBX said is asked for anew when the connection is back.
    sim.cut("a test");
    sim.phone_is(at("a1"), PhoneState::Free);
    sim.mend();
    is(&host, "a1", AgentStatus::Free).await;
}

/// A mobile: its voice mail answers, and presses no key.
#[tokio::test(start_paused = true)]
async fn r6_a_voice_mail_of_an_agents_mobile_takes_no_caller() {
    const MOBILE: &str = "+32470000001";
    let site = helpdesk_site(2, true, true, false).replace("PJSIP/a1", MOBILE);
    let site = site + "\n[confirm]\ntext = \"Druk op 1.\"\n";
    let folder = Folder::helpdesk(&site, HELPDESK).unwrap();
    let host = Host::start(&folder, Clock::simulated(Timestamp(1_795_000_000_000))).unwrap();
    let answers = Phone::answers(Duration::from_secs(1)).talking(Duration::from_secs(5));
    let sim = host.sim(SimConfig { unknown: answers.clone(), ..SimConfig::default() });
    let mobile = Address::Number(MOBILE.to_owned());
    sim.phone(mobile.clone(), answers.clone());
    call(&sim);
    host.seen("Druk op 1.", PATIENCE).await.unwrap();
    assert_eq!(host.exchange.agent_status("a1"), Some(AgentStatus::Ringing));
    assert_eq!(host.records(1, PATIENCE).await.unwrap()[0].agent, Some("a2".into()));

    // Somebody is there: another key does nothing. Else the phone that has rung out would be the
    // last to ring for a while.
    host.exchange.agent(&"a1".into(), AgentAction::Ready).unwrap();
    let keys = Keys { after: Duration::from_millis(500), digits: "21".to_owned() };
    sim.phone(mobile, Phone { keys: vec![keys], ..answers });
    call(&sim);
    let record = host.records(2, PATIENCE).await.unwrap().remove(1);
    assert_eq!((record.agent, record.outcome.as_str()), (Some("a1".into()), "answered"));
    let lines = host.log.lines();
    let asked = lines.iter().rfind(|line| line.contains("Druk op 1.")).unwrap();
    let play = asked.split("play: ").nth(1).unwrap().split(',').next().unwrap();
    let stopped = format!("Stop {{ play: {play}");
    assert!(lines.iter().any(|line| line.contains(&stopped)), "not asked to its end: {lines:?}");
}

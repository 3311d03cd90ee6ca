//! Phones that were to ring when the host died.

use super::*;
use std::time::Instant;

#[test]
fn an_agent_who_was_to_be_rung_for_a_caller_who_is_gone_is_free() {
    let town = Town::new();
    let folder = folder(1);
    let host = Mortal::start(&folder, &town.sim).unwrap();
    town.sim.phone(address(1), Phone::answers(Duration::ZERO));
    town.call(1);
    town.wait(&host, host.host.seen("Connected", PATIENCE)).unwrap();
    let gone = town.call(2);
    town.wait(&host, host.host.seen_often("EnterQueue", 2, PATIENCE)).unwrap();
    host.kill();
    town.sim.hang_up(&gone);
    // The next host has a second agent: its floor says to ring that one before the call has seen
    // that its caller is gone.
    let site = helpdesk_site(2, true, true, true).replace("ring_time = 3", "ring_time = 60");
    folder.write("site.toml", &site).unwrap();
    let host = Mortal::start(&folder, &town.sim).unwrap();
    town.wait(&host, host.host.records(1, PATIENCE)).unwrap();
    let since = Instant::now();
    town.until(|| host.host.exchange.agent_status("a2") == Some(AgentStatus::Free));
    assert!(since.elapsed() < Duration::from_secs(8), "10 s later it is taken to be quiet");
    town.call(3);
    town.until(|| town.count(is_ring) == 2);
}

/// The PBX takes a dial of a leg that it has had for that leg, and rings nobody: a name is never used
/// again, whoever was the host.
#[test]
fn a_host_after_another_names_the_legs_that_it_dials_anew() {
    let town = Town::new();
    let folder = folder(1);
    let dialled = |host: &Mortal| -> Vec<String> {
        let lines = host.host.log.lines();
        let dials = lines.iter().filter_map(|line| line.split_once("Command(Dial { leg: "));
        dials.map(|(_, dial)| dial.split(',').next().unwrap().to_owned()).collect()
    };
    town.sim.phone(address(1), Phone::new(Then::Declines(Duration::ZERO)));
    let host = Mortal::start(&folder, &town.sim).unwrap();
    town.call(1);
    town.wait(&host, host.host.seen("Command(Dial", PATIENCE)).unwrap();
    // The attempt is over: nothing of it is kept.
    town.until(|| host.host.exchange.agent_status("a1") != Some(AgentStatus::Ringing));
    host.journalled().unwrap();
    let before = dialled(&host);
    host.kill();
    town.sim.phone(address(1), Phone::answers(Duration::ZERO));
    let host = Mortal::start(&folder, &town.sim).unwrap();
    town.wait(&host, host.host.seen("Command(Dial", PATIENCE)).unwrap();
    let after = dialled(&host);
    assert!(after.iter().all(|leg| !before.contains(leg)), "{before:?}, and then {after:?}");
    town.wait(&host, host.host.seen("Connected", PATIENCE)).unwrap();
}

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

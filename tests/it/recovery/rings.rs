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

/// Whenever the host dies, each phone rings for one caller, and rings on.
#[test]
fn phones_that_were_passed_on_ring_on() {
    let town = Town::new();
    let folder = folder(4);
    let site = helpdesk_site(4, true, true, true)
        .replace("ring_time = 3", "ring_time = 60")
        .replace("\"linear\"", "\"ring-all\"");
    folder.write("site.toml", &site).unwrap();
    let mut host = Mortal::start(&folder, &town.sim).unwrap();
    for number in 1..=4 {
        town.call(number);
        town.wait(&host, host.host.seen_often("EnterQueue", number as usize, PATIENCE)).unwrap();
    }
    town.until(|| town.count(is_ring) == 4);
    for agent in 1..=4 {
        // Each of those who ring on was passed on.
        let shows = town.count(|seen| matches!(seen, Observed::Shows { .. }));
        town.sim.pick_up(&address(agent)).expect("it rings on");
        town.wait(&host, host.host.seen("Connected", PATIENCE)).unwrap();
        let still_ring = 4 - agent as usize;
        town.until(|| {
            town.count(|seen| matches!(seen, Observed::Shows { .. })) == shows + still_ring
        });
        host.kill();
        host = Mortal::start(&folder, &town.sim).unwrap();
        // The flows of those who talk are over.
        town.wait(&host, host.host.seen_often("Resumed", still_ring, PATIENCE)).unwrap();
        assert_eq!(waiting(&host) as usize, still_ring);
    }
    assert_eq!(town.count(is_ring), 4, "nobody was rung twice");
    let hung_up = town.count(|seen| matches!(seen, Observed::HungUp { .. }));
    assert_eq!(hung_up, 0, "nobody lost anybody");
    for agent in 1..=4 {
        town.sim.put_down(&address(agent));
    }
    town.wait(&host, host.host.records(4, PATIENCE)).unwrap();
    let records = host.journalled().unwrap();
    assert!(records.iter().all(|record| record.outcome == "answered"), "{records:?}");
}

/// What was told to the PBX by the call that had the phones is lost with the host, or what the next
/// call said of them: nobody waits without a phone, and every caller is answered.
#[test]
fn a_death_while_phones_are_passed_on() {
    let town = Town::new();
    let folder = folder(4);
    let site = helpdesk_site(4, true, true, true)
        .replace("ring_time = 3", "ring_time = 60")
        .replace("\"linear\"", "\"ring-all\"");
    folder.write("site.toml", &site).unwrap();
    for _ in 0..2 {
        let mut host = Mortal::start(&folder, &town.sim).unwrap();
        for number in 1..=4 {
            town.call(number);
            town.wait(&host, host.host.seen_often("EnterQueue", number as usize, PATIENCE))
                .unwrap();
        }
        for agent in 1..=4 {
            town.until(|| town.sim.pick_up(&address(agent)).is_some());
            // Somewhere between the answer and what comes of it. A phone that was in the journal of
            // neither call is rung anew.
            host.kill();
            host = Mortal::start(&folder, &town.sim).unwrap();
            let name = format!("a{agent}");
            town.until(|| {
                town.sim.pick_up(&address(agent));
                host.host.exchange.agent_status(&name) == Some(AgentStatus::Talking)
            });
        }
        town.until(|| town.talking() == 8);
        for agent in 1..=4 {
            town.sim.put_down(&address(agent));
        }
        town.wait(&host, host.host.exchange.idle());
        host.kill();
    }
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

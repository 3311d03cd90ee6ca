//! Conversations of agents outlive their host: who is consulted (R4), and who is called away for an
//! urgent caller (R5).

use super::*;

/// What agents may key in a conversation.
const IN_CALL: &str = r#"
in_call = { consult = "*4N#", back = "*#", transfer = "*7N#", ring_time = 10, country = "+32", busy = "-", not_reached = "-", not_permitted = "-" }
"#;

/// R4: what an agent keys means the same to the next host. Of what was begun before nothing is
/// left: keys may have been missed meanwhile, and half a number is another number.
#[test]
fn an_agent_consults_and_comes_back_whenever_the_host_dies() {
    let town = Town::new();
    let flow = HELPDESK.replace(
        "[permissions]\nqueues = [\"helpdesk\"]\ndial = [",
        "[permissions]\nqueues = [\"helpdesk\"]\ndial = [\"2X\", \"2XX\", ",
    );
    let flow = flow.replace("[settings]\n", &format!("[settings]{IN_CALL}"));
    let site = helpdesk_site(1, true, true, true);
    let folder = Folder::helpdesk(&site, &flow).unwrap();
    let colleague = Address::Extension("201".into());
    town.sim.phone(colleague.clone(), Phone::answers(Duration::ZERO));
    let host = Mortal::start(&folder, &town.sim).unwrap();
    let caller = town.call(1);
    town.until(|| town.count(is_ring) == 1);
    let agent = town.sim.pick_up(&address(1)).expect("a1 rings");
    town.until(|| town.hears(&caller, &agent));
    town.sim.key(&agent, "*42");
    // Keyed at the same pace, and a step of the flow: when it is in the journal, so is what is held
    // back.
    town.sim.key(&caller, "0009");
    town.wait(&host, host.host.seen("digit: '9'", PATIENCE)).unwrap();
    host.kill();

    let host = Mortal::start(&folder, &town.sim).unwrap();
    town.wait(&host, host.host.seen("Resumed", PATIENCE)).unwrap();
    town.sim.key(&agent, "1#*4201#");
    let matched = town.wait(&host, host.host.seen("Matched", PATIENCE)).unwrap();
    assert!(matched.contains("\"201\""), "{matched}");
    town.until(|| town.count(is_ring) == 2);
    let other = town.leg_at(&colleague);
    town.until(|| town.hears(&agent, &other) && !town.hears(&caller, &agent));
    host.kill();

    let host = Mortal::start(&folder, &town.sim).unwrap();
    town.wait(&host, host.host.seen("Resumed", PATIENCE)).unwrap();
    town.sim.key(&agent, "*#");
    town.until(|| {
        town.hears(&caller, &agent)
            && town.count(|seen| matches!(seen, Observed::HungUp { leg, .. } if *leg == other)) == 1
    });
    town.sim.hang_up(&caller);
    town.wait(&host, host.host.records(1, PATIENCE)).unwrap();
    assert_eq!(town.count(is_ring), 2, "nobody else was rung");
}

/// R4: a colleague who is consulted is rung for no caller, whichever host there is.
#[test]
fn a_colleague_who_is_consulted_stays_reserved() {
    let town = Town::new();
    let flow = HELPDESK
        .replace("dial = [", "dial = [\"202\", ")
        .replace("[settings]\n", &format!("[settings]{IN_CALL}"));
    let flow = flow
        .replace("overflow_after = 6", "overflow_after = 600")
        .replace("ring_time = 10", "ring_time = 60");
    let site = helpdesk_site(2, true, true, true).replace("ring_time = 3", "ring_time = 60");
    let site = site.replace("[agents.a2]\n", "[agents.a2]\nextension = \"202\"\n");
    let folder = Folder::helpdesk(&site, &flow).unwrap();
    let host = Mortal::start(&folder, &town.sim).unwrap();
    let first = town.call(1);
    town.until(|| town.count(is_ring) == 1);
    let agent = town.sim.pick_up(&address(1)).expect("a1 rings");
    town.until(|| town.hears(&first, &agent));
    town.sim.key(&agent, "*4202#");
    town.until(|| town.count(is_ring) == 2);
    host.kill();

    let host = Mortal::start(&folder, &town.sim).unwrap();
    town.wait(&host, host.host.seen("Resumed", PATIENCE)).unwrap();
    assert_eq!(host.host.exchange.agent_status("a2"), Some(AgentStatus::Ringing));
    let second = town.call(2);
    // Whom the floor would ring it has said when the caller has a place.
    town.wait(&host, host.host.seen("outcome: Queued", PATIENCE)).unwrap();
    let colleague = town.sim.pick_up(&address(2)).expect("a2 rings on");
    town.until(|| town.hears(&agent, &colleague));
    host.kill();

    let host = Mortal::start(&folder, &town.sim).unwrap();
    town.wait(&host, host.host.seen_often("Resumed", 2, PATIENCE)).unwrap();
    assert_eq!(host.host.exchange.agent_status("a2"), Some(AgentStatus::Talking));
    assert_eq!(town.count(is_ring), 2, "nobody was rung for the second caller");
    town.sim.key(&agent, "*#");
    town.until(|| town.count(is_ring) == 3);
    assert_eq!(
        town.sim
            .pick_up(&address(2))
            .map(|colleague| town.until(|| town.hears(&second, &colleague))),
        Some(())
    );
}

/// A site with one agent, whom urgent callers (R5) reach while the agent talks; and a flow in which
/// the key 1 makes a caller urgent.
fn urgent_folder() -> Folder {
    urgent_folder_of(helpdesk_site(1, true, true, true), "a1")
}

fn urgent_folder_of(site: String, urgent_agent: &str) -> Folder {
    let flow = format!(
        r#"
plugin = "gp-post"
numbers = ["0900"]
permissions = {{ queues = ["helpdesk", "spoed"], dial = ["202", "+3227138700"] }}

[settings]
queue = "helpdesk"
music = "wachtmuziek"
welcome = "Druk 1."
key_within = 0
waiting = "Wacht."
repeat_every = 60
nobody = "Niemand."
urgent = {{ key = "1", queue = "spoed", display = "SPOED", announcement = "Spoed.", overflow_after = 600, otherwise = "+3227138700" }}
{IN_CALL}"#
    );
    let site = format!(
        "{site}\n[queues.spoed]\nagents = [\"{urgent_agent}\"]\nring_time = 60\n\
         interrupts = true\ntoo_short = 0\n"
    );
    Folder::new(&site).unwrap().plugin("gp-post").unwrap().flow("gp-post", &flow).unwrap()
}

impl Town {
    /// Calls, and keys 1.
    fn call_urgently(&self, number: u32) -> LegId {
        let keys = vec![Keys { after: Duration::from_millis(50), digits: "1".into() }];
        self.sim.call(Caller {
            from: Some(format!("+3247000{number:04}")),
            to: "0900".into(),
            keys,
            ..Caller::default()
        })
    }

    /// The one who hears the other, last we know.
    pub(super) fn hears(&self, one: &LegId, other: &LegId) -> bool {
        let seen = self.seen.lock().unwrap();
        let last = seen.iter().rev().find_map(|seen| match seen {
            Observed::Hears { leg, with, .. } if leg == one => Some(with.contains(other)),
            _ => None,
        });
        last == Some(true)
    }

    /// The leg on which a phone rang last.
    pub(super) fn leg_at(&self, phone: &Address) -> LegId {
        let seen = self.seen.lock().unwrap();
        let rang = seen.iter().rev().find_map(|seen| match seen {
            Observed::RingStarted { leg, address, .. } if address == phone => Some(leg.clone()),
            _ => None,
        });
        rang.expect("that phone has rung")
    }
}

/// R5: the agent's urgent conversation goes on, the caller who is held hears music, and has the
/// agent back when the urgent one is over: whether there is a host then or not.
#[test]
fn an_urgent_call_and_the_one_that_is_held_outlive_the_host() {
    for ends_without_a_host in [false, true] {
        let town = Town::new();
        let folder = urgent_folder();
        town.sim.phone(
            address(1),
            Phone { busy_when_talking: false, ..Phone::answers(Duration::ZERO) },
        );
        let host = Mortal::start(&folder, &town.sim).unwrap();
        let held = town.call(1);
        town.wait(&host, host.host.seen("outcome: Connected", PATIENCE)).unwrap();
        let agent = town.leg_at(&address(1));
        let urgent = town.call_urgently(9999);
        town.wait(&host, host.host.seen("Event(Held", PATIENCE)).unwrap();
        town.wait(&host, host.host.seen_often("outcome: Connected", 2, PATIENCE)).unwrap();
        town.until(|| !town.hears(&held, &agent));
        host.kill();
        if ends_without_a_host {
            town.sim.hang_up(&urgent);
        }

        let host = Mortal::start(&folder, &town.sim).unwrap();
        town.wait(&host, host.host.seen_often("Event(Resumed", 2, PATIENCE)).unwrap();
        assert_eq!(host.host.exchange.agent_status("a1"), Some(AgentStatus::Talking));
        town.sim.hang_up(&urgent);
        town.wait(&host, host.host.seen("Event(Returned", PATIENCE)).unwrap();
        town.until(|| town.hears(&held, &agent));
        town.sim.hang_up(&held);
        town.wait(&host, host.host.exchange.idle());
        let outcomes: Vec<_> =
            host.journalled().unwrap().iter().map(|record| record.outcome.clone()).collect();
        assert_eq!(outcomes, ["answered", "answered"]);
    }
}

/// R4, R5: a colleague who is consulted takes an urgent call. The agent who consults goes
/// meanwhile, the host too: then the caller has the colleague when the urgent call is over.
#[test]
fn a_colleague_who_is_consulted_takes_an_urgent_call_before_the_caller() {
    let town = Town::new();
    let site = helpdesk_site(2, true, true, true)
        .replace("[agents.a2]\n", "[agents.a2]\nextension = \"202\"\n");
    let folder = urgent_folder_of(site, "a2");
    for agent in [1, 2] {
        town.sim.phone(
            address(agent),
            Phone { busy_when_talking: false, ..Phone::answers(Duration::ZERO) },
        );
    }
    let host = Mortal::start(&folder, &town.sim).unwrap();
    let caller = town.call(1);
    town.wait(&host, host.host.seen("outcome: Connected", PATIENCE)).unwrap();
    let agent = town.leg_at(&address(1));
    town.until(|| town.hears(&caller, &agent));
    town.sim.key(&agent, "*4202#");
    town.until(|| town.count(is_ring) == 2);
    let colleague = town.leg_at(&address(2));
    town.until(|| town.hears(&agent, &colleague));
    let urgent = town.call_urgently(2);
    town.until(|| !town.hears(&agent, &colleague));
    town.until(|| town.hears(&urgent, &town.leg_at(&address(2))));
    town.sim.hang_up(&agent);
    town.wait(&host, host.host.seen("passed-to", PATIENCE)).unwrap();
    host.kill();

    let host = Mortal::start(&folder, &town.sim).unwrap();
    town.wait(&host, host.host.seen("Event(Resumed", PATIENCE)).unwrap();
    town.sim.hang_up(&urgent);
    town.until(|| {
        town.count(|seen| matches!(seen, Observed::HungUp { leg, .. } if *leg == urgent)) == 1
    });
    town.wait(&host, host.host.records(1, PATIENCE)).unwrap();
    assert_eq!(
        host.host.exchange.agent_status("a2"),
        Some(AgentStatus::Talking),
        "with the first caller"
    );
    let silenced = town.wait(&host, host.host.seen("class: None", PATIENCE)).unwrap();
    assert!(silenced.contains(&*caller.0), "the first caller heard music until then: {silenced}");
    town.until(|| town.hears(&caller, &colleague));
    town.sim.hang_up(&caller);
    town.wait(&host, host.host.exchange.idle());
    assert_eq!(host.host.exchange.agent_status("a2"), Some(AgentStatus::Free));
}

/// R5: an agent who talks with an urgent caller is not called away for another, also by the next
/// host.
#[test]
fn an_urgent_conversation_is_not_interrupted_after_the_host_died() {
    let town = Town::new();
    let folder = urgent_folder();
    town.sim
        .phone(address(1), Phone { busy_when_talking: false, ..Phone::answers(Duration::ZERO) });
    let host = Mortal::start(&folder, &town.sim).unwrap();
    let first = town.call_urgently(1);
    town.wait(&host, host.host.seen("outcome: Connected", PATIENCE)).unwrap();
    host.kill();

    let host = Mortal::start(&folder, &town.sim).unwrap();
    town.wait(&host, host.host.seen("Event(Resumed", PATIENCE)).unwrap();
    let second = town.call_urgently(2);
    // Whom the floor would ring it has said when the caller has a place.
    town.wait(&host, host.host.seen("outcome: Queued", PATIENCE)).unwrap();
    assert!(
        !host.host.log.lines().iter().any(|line| line.contains("Ring { agent")),
        "{:?}",
        host.host.log.lines()
    );
    town.sim.hang_up(&first);
    town.wait(&host, host.host.seen("outcome: Connected", PATIENCE)).unwrap();
    town.until(|| town.hears(&second, &town.leg_at(&address(1))));
}

/// An agent who was gone at once, whichever host there was: the caller waits on. A conversation
/// that goes on counts when it has lasted.
#[test]
fn a_conversation_that_has_just_begun_is_settled_by_the_next_host() {
    let town = Town::new();
    let site = helpdesk_site(2, true, true, true)
        .replace("ring_time = 3", "ring_time = 60")
        .replace("too_short = 0", "too_short = 3");
    let flow = HELPDESK.replace("overflow_after = 6", "overflow_after = 600");
    let folder = Folder::helpdesk(&site, &flow).unwrap();
    let host = Mortal::start(&folder, &town.sim).unwrap();
    let caller = town.call(1);
    town.until(|| town.count(is_ring) == 1);
    let first = town.sim.pick_up(&address(1)).expect("a1 rings");
    town.wait(&host, host.host.seen("Talks", PATIENCE)).unwrap();
    host.kill();
    town.sim.hang_up(&first);

    let host = Mortal::start(&folder, &town.sim).unwrap();
    town.wait(&host, host.host.seen("Fumbled", PATIENCE)).unwrap();
    town.until(|| town.count(is_ring) == 2 && hears_music(&town, &caller));
    let second = town.sim.pick_up(&address(2)).expect("a2 rings");
    town.wait(&host, host.host.seen("Talks", PATIENCE)).unwrap();
    host.kill();

    let host = Mortal::start(&folder, &town.sim).unwrap();
    town.wait(&host, host.host.seen("Connected", PATIENCE)).unwrap();
    assert!(town.hears(&caller, &second));
    town.sim.hang_up(&second);
    town.wait(&host, host.host.records(1, PATIENCE)).unwrap();
    let record = host.journalled().unwrap().remove(0);
    let agent = record.agent.as_ref().unwrap().as_str();
    assert_eq!((record.outcome.as_str(), agent, record.fumbled), ("answered", "a2", 1));
    assert_eq!(town.count(is_ring), 2, "nobody was rung twice");
}

fn hears_music(town: &Town, one: &LegId) -> bool {
    let seen = town.seen.lock().unwrap();
    let mut sounds = seen.iter().filter_map(|seen| match seen {
        Observed::Hears { leg, sound, .. } if leg == one => Some(sound),
        _ => None,
    });
    matches!(sounds.next_back(), Some(strowger_sim::Sound::Music(_)))
}

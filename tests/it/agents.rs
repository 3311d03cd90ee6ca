//! Agents at their phones (R3), with the `agent-desk` flow beside the helpdesk, on the sim: what a
//! log-in does to callers, that it outlives the host, and that a PIN is nowhere to be found.

use std::{sync::Arc, time::Duration};
use strowger_exchange::Clock;
use strowger_model::{
    Timestamp,
    command::{AgentAction, Target},
    read::{AgentFigures, AgentStatus, QueueCounts, QueueFigures},
};
use strowger_pbx::port::Address;
use strowger_sim::{Caller, Keys, Phone, Sim, SimConfig, Then};
use strowger_test_support::workspace;
use strowger_tests::{Folder, HELPDESK, Host, Mortal, PATIENCE, database};

/// Of 86429753.
const PIN: &str = "$argon2id$v=19$m=19456,t=2,p=1$xe5xgMbWWbQHkQvws1zF6Q$afqsGrNB3QEdkc8MwsjcVQwkpt9xtN2UnX/YUpIxdk4";

fn site() -> String {
    format!(
        r#"
time_zone = "Europe/Brussels"
country = "BE"
language = "nl-BE"
[music]
wachtmuziek = "default"
[schedules.helpdesk]
hours = "24/7"
[schedules.central]
hours = "off"
[queues.helpdesk]
agents = ["an", "bram"]
ring_time = 60
wrap_up = 0
leave_when_empty = false
code = "999"
[queues.other]
code = "21"
[agents.an]
extension = "101"
pin = "{PIN}"
endpoints = [{{ address = "PJSIP/an" }}]
[agents.bram]
extension = "102"
endpoints = [{{ address = "PJSIP/bram" }}]
"#
    )
}

fn folder() -> Folder {
    let desk = std::fs::read_to_string(workspace().join("flows/agent-desk/flow.toml")).unwrap();
    let folder = Folder::new(&site())
        .unwrap()
        .plugin("vaccination-helpdesk")
        .unwrap()
        .plugin("agent-desk")
        .unwrap();
    folder.flow("vaccination-helpdesk", HELPDESK).unwrap().flow("agent-desk", &desk).unwrap()
}

/// Somebody keys a code at a phone, then digits, each so many seconds after the call.
fn keys(sim: &Sim, endpoint: &str, number: Option<&str>, code: &str, keyed: &[(u64, &str)]) {
    sim.call(Caller {
        from: number.map(str::to_owned),
        endpoint: Some(endpoint.to_owned()),
        to: code.to_owned(),
        keys: keyed
            .iter()
            .map(|(after, digits)| Keys {
                after: Duration::from_secs(*after),
                digits: (*digits).to_owned(),
            })
            .collect(),
        ..Caller::default()
    });
}

fn agent(figures: &[AgentFigures], name: &str) -> AgentFigures {
    figures.iter().find(|agent| agent.agent.as_str() == name).unwrap().clone()
}

fn rings(host: &Host) -> Vec<String> {
    let lines = host.log.lines();
    let of = |line: &String| Some(line[line.find(" Ring {")?..].to_owned());
    lines.iter().filter_map(of).collect()
}

struct Town {
    host: Host,
    sim: Arc<Sim>,
}

fn town() -> Town {
    let host = Host::start(&folder(), Clock::simulated(Timestamp(1_795_000_000_000))).unwrap();
    let sim = host.sim(SimConfig {
        unknown: Phone::new(Then::Rings),
        outside: Phone::new(Then::Rings),
        ..SimConfig::default()
    });
    Town { host, sim }
}

impl Town {
    /// A call that is over, and its outcome.
    async fn outcome(&self, nth: usize) -> String {
        self.host.records(nth, PATIENCE * 100).await.unwrap()[nth - 1].outcome.clone()
    }

    fn caller(&self) {
        self.sim.call(Caller {
            from: Some("+32475000000".to_owned()),
            to: "0900".to_owned(),
            ..Caller::default()
        });
    }
}

#[tokio::test(start_paused = true)]
async fn r3_calls_come_where_the_agent_has_logged_in_until_the_log_out() {
    let town = town();
    let (host, sim) = (&town.host, &town.sim);
    // An logs in at Bram's phone: with her PIN.
    keys(sim, "PJSIP/bram", None, "*1", &[(3, "101#"), (10, "86429753#")]);
    assert_eq!(town.outcome(1).await, "logged-in");
    let an = agent(&host.exchange.agents(), "an");
    assert_eq!((an.status, an.at.as_deref()), (AgentStatus::Free, Some("PJSIP/bram")));
    assert_eq!(an.queues, ["helpdesk".into()]);

    town.caller();
    host.seen("Ring {", PATIENCE).await.unwrap();
    assert!(
        rings(host)[0].contains("\"an\"") && rings(host)[0].contains("PJSIP/bram"),
        "{:?}",
        rings(host)
    );
    // Her own phone is the next.
    host.seen_often("Ring {", 2, PATIENCE * 10).await.unwrap();
    assert!(rings(host)[1].contains("PJSIP/an"), "{:?}", rings(host));

    // There she needs no PIN any more: she is known to be there.
    keys(sim, "PJSIP/bram", None, "*47*1", &[]);
    assert_eq!(town.outcome(2).await, "paused");
    let an = agent(&host.exchange.agents(), "an");
    assert_eq!((an.status, an.pause_reason.as_deref()), (AgentStatus::Paused, Some("lunch")));
    keys(sim, "PJSIP/bram", None, "*1", &[(3, "101#")]);
    assert_eq!(town.outcome(3).await, "logged-out");
    assert_eq!(agent(&host.exchange.agents(), "an").at, None);
    // And now Bram's phone is Bram's.
    keys(sim, "PJSIP/bram", None, "*1", &[(3, "102#")]);
    assert_eq!(town.outcome(4).await, "logged-in");
    assert_eq!(agent(&host.exchange.agents(), "bram").at, None);
    keys(sim, "PJSIP/bram", None, "*48*21", &[]);
    assert_eq!(town.outcome(5).await, "joined");
    assert_eq!(agent(&host.exchange.agents(), "bram").queues, ["helpdesk".into(), "other".into()]);
    assert_eq!(host.exchange.queue("21").map(|queue| queue.logged_in), Some(1), "by its code");
    assert_eq!(
        host.exchange.agent_status("102"),
        host.exchange.agent_status("bram"),
        "by extension"
    );
}

/// Toll fraud: who is not the agent must not have callers ring elsewhere.
#[tokio::test(start_paused = true)]
async fn r3_nobody_logs_in_for_another_or_at_a_number_that_may_not_be_rung() {
    let Town { host, sim } = &town();
    let ends = |nth: usize| async move {
        host.records(nth, PATIENCE * 100).await.unwrap()[nth - 1].outcome.clone()
    };
    // From outside, claiming the number of an agent's phone.
    keys(sim, "PJSIP/trunk", Some("PJSIP/an"), "*1", &[(3, "101#")]);
    assert_eq!(ends(1).await, "wrong-pin");
    // Bram has no PIN: from the phones of the site only.
    keys(sim, "PJSIP/trunk", None, "*1", &[(3, "102#")]);
    assert_eq!(ends(2).await, "not-permitted");
    // A premium number is no mobile; the right PIN does not help.
    keys(sim, "PJSIP/trunk", Some("+32900123456"), "082780*1", &[(3, "101#"), (10, "86429753#")]);
    assert_eq!(ends(3).await, "not-permitted");
    for name in ["an", "bram"] {
        assert_eq!(agent(&host.exchange.agents(), name).status, AgentStatus::LoggedOut);
    }
}

#[test]
fn r3_a_log_in_outlives_the_host_and_a_pin_is_nowhere() {
    let runtime =
        tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
    let sim = {
        let _inside = runtime.enter();
        let config = SimConfig { unknown: Phone::new(Then::Rings), ..SimConfig::default() };
        Arc::new(Sim::new(config, Arc::new(|_| {})))
    };
    sim.cut("no host yet");
    let folder = folder();
    let mortal = Mortal::start(&folder, &sim).unwrap();
    let wait = |mortal: &Mortal, text: &str| {
        drop(runtime.block_on(mortal.host.seen(text, PATIENCE)).unwrap())
    };
    // The prompts are not waited for: a key ends them.
    sim.call(Caller {
        from: Some("+32470123456".to_owned()),
        endpoint: Some("PJSIP/trunk".to_owned()),
        to: "082780*1".to_owned(),
        keys: vec![
            Keys { after: Duration::from_millis(300), digits: "101#".to_owned() },
            Keys { after: Duration::from_millis(1500), digits: "864297538642#".to_owned() },
            Keys { after: Duration::from_millis(7500), digits: "86429753#".to_owned() },
        ],
        ..Caller::default()
    });
    // Somebody keys a wrong extension, and the PIN while that is said.
    sim.call(Caller {
        from: Some("+32470123457".to_owned()),
        endpoint: Some("PJSIP/trunk".to_owned()),
        to: "082780*1".to_owned(),
        keys: vec![Keys { after: Duration::from_millis(300), digits: "777#86429753#".to_owned() }],
        leaves: Some(Duration::from_secs(5)),
        ..Caller::default()
    });
    wait(&mortal, "abandoned");
    wait(&mortal, "logged-in");
    let paused =
        mortal.host.exchange.agent(&"101".into(), AgentAction::Pause(Some("overleg".to_owned())));
    assert!(paused.is_ok(), "{paused:?}");
    let before = agent(&mortal.host.exchange.agents(), "an");
    assert_eq!(
        (before.at.as_deref(), before.pause_reason.as_deref()),
        (Some("+32470123456"), Some("overleg"))
    );
    let log = mortal.host.log.lines().join("\n");
    assert!(!log.contains("Digit {"), "each key of a PIN that was keyed ahead is told: {log}");
    assert!(mortal.store.flush(PATIENCE));
    mortal.kill();

    let mut kept = log.into_bytes();
    for file in std::fs::read_dir(database(&folder).parent().unwrap()).unwrap() {
        kept.extend(std::fs::read(file.unwrap().path()).unwrap_or_default());
    }
    let found = kept.windows(8).filter(|bytes| bytes == b"86429753").count();
    assert_eq!(found, 0, "the PIN is in the log or in the journal");

    let again = Mortal::start(&folder, &sim).unwrap();
    let since = std::time::Instant::now();
    while agent(&again.host.exchange.agents(), "an").status != AgentStatus::Paused {
        assert!(since.elapsed() < PATIENCE, "{:?}", again.host.exchange.agents());
        std::thread::yield_now();
    }
    assert_eq!(agent(&again.host.exchange.agents(), "an"), before);
    // She is rung there again.
    assert!(again.host.exchange.agent(&"an".into(), AgentAction::Ready).is_ok());
    sim.call(Caller {
        from: Some("+32475000000".to_owned()),
        to: "0900".to_owned(),
        ..Caller::default()
    });
    let ring = runtime.block_on(again.host.seen("Ring {", PATIENCE)).unwrap();
    assert!(ring.contains("+32470123456"), "{ring}");
}

/// R4: an agent's extension is dialled where the agent is, and nobody else's call rings the agent
/// meanwhile.
#[tokio::test(start_paused = true)]
async fn an_agent_who_is_dialled_by_extension_is_reserved() {
    let rules = r#"
plugin = "plugboard"
numbers = ["0910"]
permissions = { dial = ["10X"] }
[settings.on]
arrived = ["1 answer"]
"1 answered" = ["2 dial colleague 101"]
"2 leg-answered" = ["3 connect caller colleague"]
"2 unanswered busy" = ["hang-up", "finish busy"]
"hung-up caller" = ["hang-up", "finish gone"]
"#;
    let forbidden = rules
        .replace("0910", "0911")
        .replace("10X", "102")
        .replace("unanswered busy", "refused")
        .replace("finish busy", "finish refused");
    let folder = folder()
        .plugin("plugboard")
        .unwrap()
        .flow("dials", rules)
        .unwrap()
        .flow("forbidden", &forbidden)
        .unwrap();
    let host = Host::start(&folder, Clock::simulated(Timestamp(1_795_000_000_000))).unwrap();
    let sim = host.sim(SimConfig { unknown: Phone::new(Then::Rings), ..SimConfig::default() });
    let phone = "PJSIP/flex";
    sim.phone(
        Address::Endpoint(phone.to_owned()),
        Phone { busy_when_talking: false, ..Phone::answers(Duration::from_secs(5)) }
            .talking(Duration::from_secs(600)),
    );
    assert!(
        host.exchange
            .agent(&"an".into(), AgentAction::LogIn(Target::Address(phone.to_owned())))
            .is_ok()
    );
    let call = |to: &str| sim.call(Caller { from: None, to: to.to_owned(), ..Caller::default() });
    let status = || host.exchange.agent_status("an");

    call("0911");
    assert_eq!(host.records(1, PATIENCE).await.unwrap()[0].outcome, "refused");
    assert_eq!(
        (status(), host.log.lines().iter().any(|line| line.contains("Command(Dial"))),
        (Some(AgentStatus::Free), false)
    );

    let consulting = call("0910");
    let dialled = host.seen("Command(Dial", PATIENCE).await.unwrap();
    assert!(dialled.contains(phone), "where she has logged in: {dialled}");
    assert_eq!(status(), Some(AgentStatus::Ringing));
    call("0910");
    assert_eq!(host.records(2, PATIENCE).await.unwrap()[1].outcome, "busy");
    call("0900");
    host.seen("Joined", PATIENCE).await.unwrap();
    assert_eq!(status(), Some(AgentStatus::Talking));
    call("0910");
    assert_eq!(host.records(3, PATIENCE).await.unwrap()[2].outcome, "busy");
    host.seen("outcome: Queued", PATIENCE).await.unwrap();
    assert!(rings(&host).is_empty(), "{:?}", rings(&host));
    sim.hang_up(&consulting);
    host.seen("outcome: Connected", PATIENCE).await.unwrap();
    assert!(rings(&host)[0].contains(phone), "{:?}", rings(&host));
}

/// K4, K5: what came of callers today.
#[tokio::test(start_paused = true)]
async fn queues_count_their_callers() {
    let Town { host, sim } = &town();
    let figures = |name: &str| -> QueueFigures {
        host.exchange.queues().into_iter().find(|queue| queue.queue.as_str() == name).unwrap()
    };
    sim.phone(
        Address::Endpoint("PJSIP/an".to_owned()),
        Phone::answers(Duration::from_secs(2)).talking(Duration::from_secs(60)),
    );
    let logged_in =
        host.exchange.agent(&"an".into(), AgentAction::LogIn(Target::Agent("an".into())));
    assert!(logged_in.is_ok());
    let call = |leaves: Option<u64>| {
        let caller = Caller {
            from: None,
            to: "0900".to_owned(),
            leaves: leaves.map(Duration::from_secs),
            ..Caller::default()
        };
        sim.call(caller);
    };
    call(None);
    host.seen("Connected", PATIENCE).await.unwrap();
    call(Some(20));
    call(None);
    host.records(3, PATIENCE * 100).await.unwrap();
    let day = figures("helpdesk").day;
    assert_eq!((day.offered, day.abandoned, day.answered + day.left), (3, 1, 2), "{day:?}");
    assert!(figures("helpdesk").handling.is_some_and(|handling| handling.as_secs() >= 59));
    assert_eq!(
        (figures("helpdesk").code.as_deref(), figures("other").day),
        (Some("999"), QueueCounts::default())
    );
    // Midnight.
    tokio::time::sleep(Duration::from_secs(24 * 3600)).await;
    assert_eq!(figures("helpdesk").day, QueueCounts::default());
}

/// What an operator who renames has to change, and what that must not change.
#[tokio::test(start_paused = true)]
async fn who_and_what_is_renamed_while_calls_are_up_goes_on() {
    let (flow, names) = (
        HELPDESK.replace("overflow_after = 6", "overflow_after = 600"),
        [
            ("[queues.helpdesk]", "[queues.desk]\nwas = \"helpdesk\""),
            ("[\"an\",", "[\"anna\","),
            ("[agents.an]", "[agents.anna]\nwas = \"an\""),
        ],
    );
    let site = site().replace("[agents.an]\n", "[agents.an]\nlogged_in = true\n");
    let folder = Folder::helpdesk(&site, &flow).unwrap();
    let host = Host::start(&folder, Clock::simulated(Timestamp(1_795_000_000_000))).unwrap();
    let sim = host.sim(SimConfig::default());
    let an = Phone::answers(Duration::from_secs(1)).talking(Duration::from_secs(60));
    sim.phone(Address::Endpoint("PJSIP/an".to_owned()), an);
    let caller = || Caller {
        from: Some("+32475000000".to_owned()),
        to: "0900".to_owned(),
        patience: Some(Duration::from_secs(600)),
        ..Caller::default()
    };
    sim.call(caller());
    host.seen("Talks {", PATIENCE * 10).await.unwrap();
    sim.call(caller());
    host.seen_often("Queued", 2, PATIENCE * 10).await.unwrap();

    let renamed = names.iter().fold(site, |site, (old, new)| site.replace(old, new));
    let flow = flow
        .replace("[\"helpdesk\"]", "[\"desk\"]")
        .replace("queue = \"helpdesk\"", "queue = \"desk\"");
    folder.write("vaccination-helpdesk/flow.toml", &flow).unwrap();
    folder.write("site.toml", &renamed).unwrap();
    let report = host.catalogue.reload();
    assert!(report.is_good() && report.site_changed, "{report}");
    host.exchange.site_changed();
    assert_eq!(host.exchange.agent_status("anna"), Some(AgentStatus::Talking));
    assert_eq!(host.exchange.queue("desk").map(|queue| queue.waiting), Some(1));
    assert_eq!(rings(&host).len(), 1, "the phone of one who talks is not rung");

    // The first call ends, and the second has the same agent.
    let records = host.records(2, PATIENCE * 100).await.unwrap();
    let agents: Vec<_> =
        records.iter().map(|record| record.agent.as_ref().unwrap().as_str()).collect();
    assert_eq!(agents, ["an", "anna"]);
    assert!(records.iter().all(|record| record.outcome == "answered"));
    let site = &host.catalogue.current().site;
    assert_eq!(site.now_called(&"an".into()).as_str(), "anna", "reports count both together");
}

/// The name alone is another: the phones say who that is.
#[tokio::test(start_paused = true)]
async fn an_agent_of_another_name_and_the_same_phones_sits_where_the_agent_has_logged_in() {
    for was in ["", "was = \"an\"\n"] {
        let folder = Folder::helpdesk(&site(), HELPDESK).unwrap();
        let host = Host::start(&folder, Clock::simulated(Timestamp(1_795_000_000_000))).unwrap();
        let _sim = host.sim(SimConfig::default());
        let here = Target::Number("+32475000099".parse().unwrap());
        host.exchange.agent(&"an".into(), AgentAction::LogIn(here)).unwrap();
        let renamed = site()
            .replace("[\"an\",", "[\"anna\",")
            .replace("[agents.an]\n", &format!("[agents.anna]\n{was}"));
        folder.write("site.toml", &renamed).unwrap();
        let report = host.catalogue.reload();
        assert!(report.is_good() && report.site_changed, "{report}");
        host.exchange.site_changed();
        let agents = host.exchange.agents();
        let anna = agents.iter().find(|agent| agent.agent.as_str() == "anna").unwrap();
        let stands = (anna.status, anna.at.as_deref());
        assert_eq!(stands, (AgentStatus::Free, Some("+32475000099")), "{was:?}");
    }
}

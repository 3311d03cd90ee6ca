//! O1 to O5 and F2 on the whole host: who is called, what comes of it, and what outlives the host.

mod claims;
mod overlaps;
mod stuck;

use std::{
    sync::{Arc, Mutex},
    time::Duration,
};
use strowger_exchange::{Clock, Exchange};
use strowger_model::{
    Timestamp,
    campaign::{ContactNow, Direct, NewCampaign, Person, WaitsFor},
    read::{CampaignEnd, CampaignStage},
};
use strowger_pbx::port::Address;
use strowger_sim::{Caller, Keys, Observed, Phone, Sim, SimConfig, Then};
use strowger_tests::{Folder, Host, Mortal, PATIENCE};

/// Dials the contact; whoever answers and keys 1 has a place.
const OFFER: &str = r#"
plugin = "plugboard"
numbers = ["0900"]
caller_id = "+3292000300"
[permissions]
dial = ["+32*"]
[settings.on]
contact-due = ["1 dial them contact limit 29 confirm 1 10"]
"1 unanswered no-answer" = ["say not-reached", "finish not-reached"]
"1 unanswered busy" = ["say busy", "finish busy"]
"1 unanswered declined" = ["say refused never", "finish refused"]
"1 unanswered unreachable" = ["say invalid-number", "finish unreachable"]
"1 unknown" = ["say not-reached", "finish unknown"]
"1 leg-answered" = ["2 claim"]
"2 claimed won" = ["say accepted", "hang-up", "finish accepted"]
"2 claimed lost" = ["say too-late", "hang-up", "finish too-late"]
"goal 0" = ["hang-up", "finish filled"]
arrived = ["answer", "3 timer 600"]
"#;

fn site(template: &str) -> String {
    format!(
        r#"
time_zone = "Europe/Brussels"
country = "BE"
language = "nl-BE"
[schedules]
bellen = {{ hours = "Mo-Su 09:00-20:00" }}
[queues.helpdesk]
agents = ["an", "bert"]
[agents.an]
endpoints = [{{ address = "SIM/an" }}]
logged_in = true
[agents.bert]
endpoints = [{{ address = "SIM/bert" }}]
logged_in = true
[campaigns.reserve]
flow = "offer"
{template}
"#
    )
}

fn folder(template: &str) -> Folder {
    folder_with(template, OFFER)
}

fn folder_with(template: &str, flow: &str) -> Folder {
    Folder::new(&site(template)).unwrap().plugin("plugboard").unwrap().flow("offer", flow).unwrap()
}

/// The number of a contact.
fn number(nth: u32) -> String {
    format!("+3247{nth:07}")
}

fn people(count: u32) -> Vec<Person> {
    let person = |nth: u32| Person {
        id: format!("p{nth}"),
        number: number(nth).parse().ok(),
        name: format!("Person {nth}"),
        language: None,
        tags: Vec::new(),
        fields: Vec::new(),
        wave: 0,
    };
    (0..count).map(person).collect()
}

fn open(exchange: &Arc<Exchange>, goal: u32, people: Vec<Person>) {
    open_as(exchange, "c", goal, people);
}

fn open_as(exchange: &Arc<Exchange>, name: &str, goal: u32, people: Vec<Person>) {
    let new = NewCampaign {
        template: "reserve".into(),
        name: name.into(),
        goal,
        until: None,
        fields: Vec::new(),
        people: Some(people),
        by: None,
    };
    exchange.open_campaign(new).unwrap();
}

type Seen = Arc<Mutex<Vec<(Duration, Observed)>>>;

/// Phones ring and nobody answers, unless told otherwise.
fn town(host: &Host) -> (Arc<Sim>, Seen) {
    let seen = Seen::default();
    let config = SimConfig {
        unknown: Phone::new(Then::Rings),
        outside: Phone::new(Then::Rings),
        observer: Some({
            let seen = seen.clone();
            Arc::new(move |at, observed: &Observed| {
                seen.lock().unwrap().push((at, observed.clone()))
            })
        }),
        ..SimConfig::default()
    };
    (host.sim(config), seen)
}

/// Answers after so many seconds and keys that.
fn answers(sim: &Sim, nth: u32, after: u64, digits: &str) {
    let phone = Phone::answers(Duration::from_secs(after)).talking(Duration::from_secs(60));
    let keys = vec![Keys { after: Duration::from_secs(1), digits: digits.to_owned() }];
    let keys = if digits.is_empty() { Vec::new() } else { keys };
    sim.phone(Address::Number(number(nth)), Phone { keys, ..phone });
}

/// The contacts whose phones rang, in this order.
fn rang(seen: &Seen) -> Vec<String> {
    let seen = seen.lock().unwrap();
    let rings = seen.iter().filter_map(|(_, observed)| match observed {
        Observed::RingStarted { address: Address::Number(number), .. } => Some(number.clone()),
        _ => None,
    });
    rings.collect()
}

fn contacts(exchange: &Exchange) -> Vec<ContactNow> {
    exchange.campaign_contacts("c").unwrap()
}

fn outcomes(exchange: &Exchange) -> Vec<String> {
    let outcome = |contact: ContactNow| contact.disposed.map_or_else(String::new, |it| it.outcome);
    contacts(exchange).into_iter().map(outcome).collect()
}

async fn ended(exchange: &Exchange) -> CampaignEnd {
    let waits = async {
        loop {
            let now = exchange.campaign_now("c").unwrap();
            if let Some(end) = now.end.filter(|_| now.calls == 0) {
                return end;
            }
            tokio::time::sleep(Duration::from_secs(1)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(7 * 24 * 3600), waits).await.unwrap()
}

/// A Monday at ten o'clock in Brussels.
fn monday() -> Clock {
    Clock::simulated(Timestamp(1_795_424_400_000))
}

#[tokio::test(start_paused = true)]
async fn o1_o2_people_are_called_in_order_until_the_places_are_filled() {
    let host = Host::start(&folder("attempts = 2\npause = 3600"), monday()).unwrap();
    let (sim, seen) = town(&host);
    answers(&sim, 1, 3, "1");
    sim.phone(Address::Number(number(2)), Phone::new(Then::Declines(Duration::from_secs(2))));
    sim.phone(Address::Number(number(3)), Phone::new(Then::Busy));
    answers(&sim, 4, 2, ""); // A voice mail.
    answers(&sim, 5, 5, "1");
    open(&host.exchange, 2, people(7));
    assert_eq!(ended(&host.exchange).await, CampaignEnd::Filled);
    let wanted = ["not-reached", "accepted", "refused", "busy", "not-reached", "accepted", ""];
    assert_eq!(outcomes(&host.exchange), wanted);
    // Number 3 is busy: it never rings. Nobody is called after the second place was taken.
    let order: Vec<String> = [0, 1, 2, 4, 5].map(number).to_vec();
    assert_eq!(rang(&seen), order);
    let now = host.exchange.campaign_now("c").unwrap();
    assert_eq!((now.reached, now.contacts, now.untried), (2, 7, 1));
    // Who has declined is never called again, by no campaign.
    assert_eq!(host.exchange.never_called().len(), 1);
    let records = host.log.records();
    let of = records[0].campaign.as_ref().unwrap();
    assert_eq!((&*of.campaign, &*of.contact, &*records[0].dialled), ("c", "p0", &*number(0)));
}

#[tokio::test(start_paused = true)]
async fn o1_nobody_is_reached_twice_and_the_second_time_is_after_the_pause() {
    let host = Host::start(&folder("attempts = 2\npause = 3600"), monday()).unwrap();
    let (_sim, seen) = town(&host);
    open(&host.exchange, 1, people(2));
    assert_eq!(ended(&host.exchange).await, CampaignEnd::ListOver);
    assert_eq!(rang(&seen), [0, 1, 0, 1].map(number));
    let at: Vec<Duration> = seen
        .lock()
        .unwrap()
        .iter()
        .filter(|(_, seen)| matches!(seen, Observed::RingStarted { .. }))
        .map(|(at, _)| *at)
        .collect();
    assert!(at[2] - at[0] >= Duration::from_secs(3600 + 29), "{at:?}");
    let calls: Vec<u32> = contacts(&host.exchange).iter().map(|it| it.attempts).collect();
    assert_eq!(calls, [2, 2]);
}

#[tokio::test(start_paused = true)]
async fn o5_nobody_is_called_outside_the_hours_and_never_more_than_places_are_left() {
    // A quarter before eight in the evening; five calls at once would be possible.
    let clock = Clock::simulated(Timestamp(1_795_424_400_000 + 9 * 3_600_000 + 45 * 60_000));
    let folder = folder("at_once = 5\nhours = \"bellen\"\npause = 60\nattempts = 1");
    let host = Host::start(&folder, clock).unwrap();
    let (_sim, seen) = town(&host);
    let began = tokio::time::Instant::now();
    open(&host.exchange, 2, people(120));
    tokio::time::sleep(Duration::from_secs(5)).await;
    assert_eq!((rang(&seen).len(), host.exchange.call_count()), (2, 2), "two places, two calls");
    tokio::time::sleep_until(began + Duration::from_secs(20 * 60)).await;
    let before_night = rang(&seen).len();
    assert!((50..=64).contains(&before_night), "{before_night}");
    let now = host.exchange.campaign_now("c").unwrap();
    assert_eq!((now.stage, now.waits_for), (CampaignStage::Running, Some(WaitsFor::Hours)));
    tokio::time::sleep_until(began + Duration::from_secs(12 * 3600)).await;
    assert_eq!(rang(&seen).len(), before_night, "not by night");
    assert_eq!(ended(&host.exchange).await, CampaignEnd::ListOver);
    let mut all = rang(&seen);
    assert_eq!(all.len(), 120);
    all.sort();
    all.dedup();
    assert_eq!(all.len(), 120, "each once");
}

#[tokio::test(start_paused = true)]
async fn o5_who_calls_is_not_called_and_who_is_on_the_list_never() {
    let host = Host::start(&folder("at_once = 3\nattempts = 1"), monday()).unwrap();
    let (sim, seen) = town(&host);
    host.exchange.never_call(&number(1).parse().unwrap(), true, Some("an".to_owned()));
    let leg = sim.call(Caller { from: Some(number(0)), to: "0900".into(), ..Caller::default() });
    tokio::time::sleep(Duration::from_secs(2)).await;
    open(&host.exchange, 3, people(3));
    tokio::time::sleep(Duration::from_secs(100)).await;
    assert_eq!(rang(&seen), [number(2)]);
    sim.hang_up(&leg);
    assert_eq!(ended(&host.exchange).await, CampaignEnd::ListOver);
    assert_eq!(rang(&seen), [number(2), number(0)], "who has hung up may be called");
}

#[tokio::test(start_paused = true)]
async fn o4_a_campaign_gives_way_to_callers_and_leaves_agents_free() {
    let template =
        "at_once = 5\nattempts = 1\ngive_way_to = [\"helpdesk\"]\nkeep_free = [{ agents = 1 }]";
    let agents_first =
        OFFER.replace("dial = [\"+32*\"]", "dial = [\"+32*\"]\nqueues = [\"helpdesk\"]").replace(
            "contact-due = [\"1 dial them contact limit 29 confirm 1 10\"]",
            "contact-due = [\"5 enter-queue-alone an-agent helpdesk\"]\n\
             \"5 connected\" = [\"1 dial them contact limit 29 confirm 1 10\"]",
        );
    let host = Host::start(&folder_with(template, &agents_first), monday()).unwrap();
    let (sim, seen) = town(&host);
    for agent in ["an", "bert"] {
        let phone = Phone::answers(Duration::from_secs(1)).talking(Duration::from_secs(3600));
        sim.phone(Address::Endpoint(format!("SIM/{agent}")), phone);
    }
    open(&host.exchange, 5, people(4));
    tokio::time::sleep(Duration::from_secs(10)).await;
    assert_eq!(host.exchange.call_count(), 1, "of two agents one stays free");
    assert_eq!(rang(&seen), [number(0)], "the agent is there first, and then the contact rings");
    assert_eq!(host.exchange.campaign_now("c").unwrap().waits_for, None, "somebody is called");
    host.exchange.direct_campaign("c", Direct::Stop).unwrap();
    assert_eq!(ended(&host.exchange).await, CampaignEnd::Stopped);
    assert_eq!(rang(&seen).len(), 1);
}

#[tokio::test(start_paused = true)]
async fn f2_of_two_who_accept_at_once_one_has_the_place_and_the_others_hear_that_it_is_filled() {
    let host =
        Host::start(&folder("at_once = 10\nfirst_wins = true\nattempts = 1"), monday()).unwrap();
    let (sim, _seen) = town(&host);
    for nth in 0..4 {
        answers(&sim, nth, 3, "1");
    }
    open(&host.exchange, 1, people(8));
    assert_eq!(ended(&host.exchange).await, CampaignEnd::Filled);
    let outcomes = outcomes(&host.exchange);
    assert_eq!(outcomes.iter().filter(|outcome| *outcome == "accepted").count(), 1, "{outcomes:?}");
    assert_eq!(host.exchange.campaign_now("c").unwrap().reached, 1);
    let filled = host.log.records().iter().filter(|it| it.outcome == "filled").count();
    assert!(filled >= 4, "those whose phones rang were told");
    assert_eq!(host.exchange.call_count(), 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn f2_hundreds_accept_at_once_on_several_threads_and_each_place_has_one_winner() {
    const CAMPAIGNS: u32 = 50;
    const RIVALS: u32 = 8;
    let flow = format!("{OFFER}[limits]\nprocessor_ms = 64000\n");
    let template = "at_once = 10\nfirst_wins = true\nattempts = 1";
    let host = Host::start(&folder_with(template, &flow), Clock::system()).unwrap();
    let (sim, _seen) = town(&host);
    let keys = vec![Keys { after: Duration::from_millis(300), digits: "1".to_owned() }];
    let phone = Phone { keys, ..Phone::answers(Duration::from_millis(300)) };
    let all = people(CAMPAIGNS * RIVALS);
    for person in 0..all.len() as u32 {
        sim.phone(Address::Number(number(person)), phone.clone());
    }
    for (nth, people) in all.chunks(RIVALS as usize).enumerate() {
        open_as(&host.exchange, &format!("c{nth}"), 1, people.to_vec());
    }
    host.records(all.len(), PATIENCE).await.unwrap();
    for nth in 0..CAMPAIGNS {
        let name = format!("c{nth}");
        let now = host.exchange.campaign_now(&name).unwrap();
        assert_eq!((now.end, now.reached), (Some(CampaignEnd::Filled), 1), "{now:?}");
        let contacts = host.exchange.campaign_contacts(&name).unwrap();
        let have = contacts.iter().filter_map(|it| it.disposed.as_ref());
        assert_eq!(have.filter(|it| it.outcome == "accepted").count(), 1, "{contacts:?}");
    }
}

#[test]
fn o5_a_campaign_outlives_the_host_and_nobody_is_called_twice_for_one_attempt() {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    let seen = Seen::default();
    let config = SimConfig {
        outside: Phone::new(Then::Declines(Duration::from_millis(20))),
        observer: Some({
            let seen = seen.clone();
            Arc::new(move |at, observed: &Observed| {
                seen.lock().unwrap().push((at, observed.clone()))
            })
        }),
        ..SimConfig::default()
    };
    let sim = {
        let _inside = runtime.enter();
        Arc::new(Sim::new(config, Arc::new(|_| {})))
    };
    sim.cut("no host yet");
    sim.phone(Address::Number(number(10)), Phone::new(Then::Rings));
    let folder = folder_with("attempts = 1", &OFFER.replace("confirm 1 10", "confirm 1 1"));
    let wait = |until: &dyn Fn() -> bool| {
        let since = std::time::Instant::now();
        while !until() {
            assert!(since.elapsed() < PATIENCE, "{:?}", rang(&seen));
            std::thread::yield_now();
        }
    };
    let host = Mortal::start(&folder, &sim).unwrap();
    open(&host.host.exchange, 1, people(20));
    wait(&|| rang(&seen).len() == 11);
    host.kill();
    // The call goes on with the next host, and then the next contact is called.
    let host = Mortal::start(&folder, &sim).unwrap();
    wait(&|| host.host.log.lines().iter().any(|line| line.contains("Resumed")));
    assert_eq!(host.host.exchange.campaign_now("c").unwrap().calls, 1);
    let phone = Address::Number(number(10));
    wait(&|| sim.pick_up(&phone).is_some());
    wait(&|| host.host.exchange.campaign_now("c").unwrap().end.is_some());
    assert_eq!(rang(&seen), (0..20).map(number).collect::<Vec<_>>(), "in order, each once");
}

#[test]
fn o5_a_long_list_is_kept_in_parts_and_in_its_order() {
    const PEOPLE: u32 = 25_000;
    // Nobody is called.
    let folder = folder("");
    let closed = site("hours = \"bellen\"").replace("Mo-Su 09:00-20:00", "off");
    folder.write("site.toml", &closed).unwrap();
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    let sim = {
        let _inside = runtime.enter();
        Arc::new(Sim::new(SimConfig::default(), Arc::new(|_| {})))
    };
    let host = Mortal::start(&folder, &sim).unwrap();
    open(&host.host.exchange, 3, people(PEOPLE));
    assert!(host.store.flush(PATIENCE));
    host.kill();
    let host = Mortal::start(&folder, &sim).unwrap();
    let kept: Vec<Person> = contacts(&host.host.exchange).into_iter().map(|it| it.person).collect();
    assert_eq!(kept.len(), PEOPLE as usize);
    assert!(kept == people(PEOPLE), "in another order");
}

#[test]
fn o5_a_campaign_that_has_ended_is_there_when_somebody_asks_for_it() {
    let folder = folder("");
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    let sim = {
        let _inside = runtime.enter();
        Arc::new(Sim::new(SimConfig::default(), Arc::new(|_| {})))
    };
    let host = Mortal::start(&folder, &sim).unwrap();
    open(&host.host.exchange, 3, people(2));
    host.host.exchange.direct_campaign("c", Direct::Stop).unwrap();
    let ended = || host.host.exchange.campaign_now("c").is_ok_and(|now| now.calls == 0);
    while !ended() {
        std::thread::yield_now();
    }
    assert!(host.store.flush(PATIENCE));
    host.kill();
    let host = Mortal::start(&folder, &sim).unwrap();
    let exchange = &host.host.exchange;
    let same = NewCampaign {
        template: "reserve".into(),
        name: "c".into(),
        goal: 1,
        until: None,
        fields: Vec::new(),
        people: Some(people(1)),
        by: None,
    };
    assert!(exchange.open_campaign(same).is_err(), "the name is taken");
    let all = exchange.campaigns();
    let [now] = &all[..] else { panic!("another number of campaigns") };
    assert_eq!((now.end, now.contacts), (Some(CampaignEnd::Stopped), 2));
    let kept: Vec<Person> = contacts(exchange).into_iter().map(|it| it.person).collect();
    assert_eq!(kept, people(2));
}

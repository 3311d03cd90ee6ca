//! Beyond what the host can take a new call goes to the PBX's own route at once, and no call that
//! is up suffers.

use crate::orders::stage::{SITE, flow};
use std::{
    sync::{Arc, Mutex},
    time::{Duration, Instant},
};
use strowger_exchange::{Clock, Options};
use strowger_journal::{Health, Options as StoreOptions};
use strowger_pbx::port::{Address, LegId, Pbx, PbxCommand};
use strowger_sim::{Caller, Observed, Phone, Sim, SimConfig, Then};
use strowger_tests::{Folder, HELPDESK, Host, PATIENCE, helpdesk_site, lock_journal, open_journal};
use tokio::sync::watch;

fn folder() -> Folder {
    let flow = HELPDESK
        .replace("overflow_after = 6", "overflow_after = 600")
        .replace("repeat_every = 2", "repeat_every = 600");
    let site = helpdesk_site(1, true, true, true).replace("ring_time = 3", "ring_time = 60");
    Folder::helpdesk(&site, &flow).unwrap()
}

/// A sim whose one agent does not answer yet, and what it shows.
struct Town {
    sim: Arc<Sim>,
    seen: Arc<Mutex<Vec<Observed>>>,
    count: watch::Receiver<usize>,
}

impl Town {
    fn of(host: &Host) -> Self {
        let seen: Arc<Mutex<Vec<Observed>>> = Arc::default();
        let (counter, count) = watch::channel(0);
        let told = seen.clone();
        let sim = host.sim(SimConfig {
            digit: Duration::ZERO,
            unknown: Phone::new(Then::Rings),
            observer: Some(Arc::new(move |_, observed: &Observed| {
                told.lock().unwrap().push(observed.clone());
                counter.send_modify(|count| *count += 1);
            })),
            ..SimConfig::default()
        });
        Self { sim, seen, count }
    }

    fn call(&self, number: u32) -> LegId {
        self.sim.call(Caller {
            from: Some(format!("+32470{number:06}")),
            to: "0900".into(),
            ..Caller::default()
        })
    }

    async fn sees(&mut self, what: impl Fn(&Observed) -> bool) {
        let seen = self.seen.clone();
        let happened = self.count.wait_for(|_| seen.lock().unwrap().iter().any(&what));
        tokio::time::timeout(PATIENCE, happened).await.expect("not within its time").unwrap();
    }

    /// A caller is on the way in the PBX's own route.
    async fn sent_on(&mut self, caller: &LegId) {
        self.sees(|seen| matches!(seen, Observed::Transferred { leg, to: None } if leg == caller))
            .await;
    }

    /// The agent serves everybody who waits.
    async fn all_are_served(&mut self, host: &Host, waiting: usize) {
        // Only a phone that rings can be put down.
        self.sees(|seen| matches!(seen, Observed::RingStarted { .. })).await;
        self.sim.phone(
            Address::Endpoint("PJSIP/a1".into()),
            Phone::answers(Duration::ZERO).talking(Duration::from_millis(20)),
        );
        self.sim.put_down(&Address::Endpoint("PJSIP/a1".into()));
        let before = host.log.records().len();
        let records = host.records(before + waiting, PATIENCE).await.unwrap();
        assert!(records[before..].iter().all(|record| record.outcome == "answered"), "{records:?}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_host_that_has_all_the_calls_it_may_sends_new_ones_on_at_once() {
    let host =
        Host::start_with(&folder(), Clock::system(), |options| Options { calls: 5, ..options })
            .unwrap();
    let mut town = Town::of(&host);
    (0..5).for_each(|number| drop(town.call(number)));
    host.seen_often("EnterQueue", 5, PATIENCE).await.unwrap();
    let since = Instant::now();
    for number in 5..50 {
        let caller = town.call(number);
        town.sent_on(&caller).await;
    }
    assert!(since.elapsed() < Duration::from_secs(5), "at once, not {:?}", since.elapsed());
    assert_eq!(
        (host.exchange.call_count(), host.exchange.queue("helpdesk").unwrap().waiting),
        (5, 5)
    );
    town.all_are_served(&host, 5).await;
    host.calls_up(0, PATIENCE).await.unwrap();
    // There is room again.
    town.call(50);
    host.records(6, PATIENCE).await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_flood_of_digits_ends_the_call_that_it_comes_from_and_no_other() {
    let host = Host::start(&folder(), Clock::system()).unwrap();
    let mut town = Town::of(&host);
    let flooding = town.call(0);
    (1..5).for_each(|number| drop(town.call(number)));
    host.seen_often("EnterQueue", 5, PATIENCE).await.unwrap();
    town.sim.key(&flooding, &"1".repeat(20_000));
    town.sees(|seen| matches!(seen, Observed::Transferred { leg, .. } | Observed::HungUp { leg, .. } if *leg == flooding)).await;
    let records = host.records(1, PATIENCE).await.unwrap();
    assert_eq!(
        (records[0].caller.as_deref(), records[0].outcome.as_str()),
        (Some("+32470000000"), "fault")
    );
    host.calls_up(4, PATIENCE).await.unwrap();
    town.all_are_served(&host, 4).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn while_the_journal_is_far_behind_new_calls_are_sent_on_and_those_that_are_up_go_on() {
    let folder = folder();
    // It may be behind for long before it counts as stuck, but not by much.
    let options = StoreOptions { stuck_after: PATIENCE, capacity: 64, ..StoreOptions::default() };
    let store = open_journal(&folder, options).unwrap();
    let host = Host::start_on(&folder, Clock::system(), Some(store.clone())).unwrap();
    let mut town = Town::of(&host);
    let callers: Vec<LegId> = (0..3).map(|number| town.call(number)).collect();
    host.seen_often("EnterQueue", 3, PATIENCE).await.unwrap();
    host.seen("Ring {", PATIENCE).await.unwrap();
    assert!(store.flush(PATIENCE));

    let locked = lock_journal(&folder).unwrap();
    let mut keyed = 0;
    while !store.is_full() {
        town.sim.key(&callers[keyed % 3], "1");
        keyed += 1;
        host.seen_often("Event(Digit", keyed, PATIENCE).await.unwrap();
    }
    let late = town.call(3);
    town.sent_on(&late).await;
    assert_eq!((host.exchange.call_count(), store.pending() < 64), (3, true));
    drop(locked);
    assert!(store.flush(PATIENCE));
    town.all_are_served(&host, 3).await;
    town.call(4);
    let records = host.records(4, PATIENCE).await.unwrap();
    assert!(
        records.iter().all(|record| !record.unjournalled),
        "it was late and nothing is missing: {records:?}"
    );
    assert_eq!(*store.health().borrow(), Health::Journalling);
}

/// Key 5 dials bob, key 7 takes that back, key 6 dials eve. Their phones ring.
fn dials() -> (Folder, [Address; 2]) {
    let rules = "arrived = [\"1 answer\"]\n\"digit caller 5\" = [\"2 dial bob 200\"]\n\
                 \"digit caller 7\" = [\"cancel 2\"]\n\"digit caller 6\" = [\"3 dial eve 201\"]\n";
    let folder = Folder::new(SITE).unwrap().plugin("plugboard").unwrap();
    let folder = folder.flow("first", &flow("0900", rules)).unwrap();
    (folder, ["200", "201"].map(|extension| Address::Extension(extension.to_owned())))
}

fn let_ring(town: &Town, phones: &[Address]) {
    for phone in phones {
        let rings = Phone { set_up: Duration::ZERO, ..Phone::new(Then::Rings) };
        town.sim.phone(phone.clone(), rings);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_hang_up_does_not_overtake_a_dial_that_waits_for_the_journal() {
    let (folder, [bob, eve]) = dials();
    let options = StoreOptions { stuck_after: PATIENCE, ..StoreOptions::default() };
    let store = open_journal(&folder, options).unwrap();
    let host = Host::start_on(&folder, Clock::system(), Some(store.clone())).unwrap();
    let mut town = Town::of(&host);
    let_ring(&town, &[bob.clone(), eve.clone()]);
    let caller = town.call(0);
    host.seen("Answered", PATIENCE).await.unwrap();
    assert!(store.flush(PATIENCE));

    let locked = lock_journal(&folder).unwrap();
    town.sim.key(&caller, "5");
    host.seen("Command(Dial", PATIENCE).await.unwrap();
    town.sim.key(&caller, "7");
    host.seen("Command(HangUp", PATIENCE).await.unwrap();
    drop(locked);
    // What the same call dials leaves behind both. Bob's phone may not have rung at all: the sim got
    // the dial and its end together.
    town.sim.key(&caller, "6");
    town.sees(|seen| matches!(seen, Observed::RingStarted { address, .. } if *address == eve))
        .await;
    let seen = town.seen.lock().unwrap();
    let rang = seen
        .iter()
        .filter(|seen| matches!(seen, Observed::RingStarted { address, .. } if *address == bob));
    let silent = seen.iter().filter(|seen| matches!(seen, Observed::RingStopped { .. }));
    assert_eq!(rang.count(), silent.count(), "{seen:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_phone_whose_dial_waits_for_the_journal_is_not_missing_at_the_pbx() {
    let (folder, [bob, eve]) = dials();
    let options = StoreOptions { stuck_after: PATIENCE, ..StoreOptions::default() };
    let store = open_journal(&folder, options).unwrap();
    let host = Host::start_on(&folder, Clock::system(), Some(store.clone())).unwrap();
    let mut town = Town::of(&host);
    let_ring(&town, &[bob.clone(), eve.clone()]);
    let caller = town.call(0);
    host.seen("Answered", PATIENCE).await.unwrap();
    assert!(store.flush(PATIENCE));

    let locked = lock_journal(&folder).unwrap();
    town.sim.key(&caller, "5");
    host.seen("Command(Dial", PATIENCE).await.unwrap();
    // The PBX does not list a leg that it has not been told of.
    town.sim.cut("a test");
    town.sim.mend();
    town.call(1);
    host.seen_often("Event(Arrived", 2, PATIENCE).await.unwrap();
    drop(locked);
    // What the same call dials leaves behind all that it has done about the list.
    town.sim.key(&caller, "6");
    town.sees(|seen| matches!(seen, Observed::RingStarted { address, .. } if *address == eve))
        .await;
    let seen = town.seen.lock().unwrap();
    let bobs =
        |seen: &&Observed| matches!(seen, Observed::RingStarted { address, .. } if *address == bob);
    let rang = seen.iter().filter(bobs).count();
    let silent = seen.iter().filter(|seen| matches!(seen, Observed::RingStopped { .. })).count();
    assert_eq!((rang, silent), (1, 0), "{seen:?}");
    assert!(!host.log.lines().concat().contains("Unknown"));
}

/// The next host must know of every phone that may be ringing.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_command_leaves_before_its_step_is_committed() {
    let rules = "arrived = [\"1 answer\"]\n\"digit caller 5\" = [\"2 dial bob 200\"]\n";
    let folder = Folder::new(SITE).unwrap().plugin("plugboard").unwrap();
    let folder = folder.flow("first", &flow("0900", rules)).unwrap();
    let options = StoreOptions { stuck_after: PATIENCE, ..StoreOptions::default() };
    let store = open_journal(&folder, options).unwrap();
    let host = Host::start_on(&folder, Clock::system(), Some(store.clone())).unwrap();
    let mut town = Town::of(&host);
    let rings = Phone { set_up: Duration::ZERO, ..Phone::new(Then::Rings) };
    town.sim.phone(Address::Extension("200".to_owned()), rings);
    let caller = town.call(0);
    host.seen("Answered", PATIENCE).await.unwrap();
    assert!(store.flush(PATIENCE));

    let locked = lock_journal(&folder).unwrap();
    town.sim.key(&caller, "56");
    // The task of the call has done all that it does about the first key.
    host.seen_often("Event(Digit", 2, PATIENCE).await.unwrap();
    // Whatever has left by now is carried out before this.
    town.sim.send(PbxCommand::SendDigits { leg: caller, digits: "1".to_owned() });
    town.sees(|seen| matches!(seen, Observed::Digits { .. })).await;
    let is_ring = |seen: &Observed| matches!(seen, Observed::RingStarted { .. });
    assert!(!town.seen.lock().unwrap().iter().any(is_ring), "nothing is committed");
    drop(locked);
    town.sees(is_ring).await;
}

//! A host that dies when a claim is in the journal, and the step of the call in which it was made is
//! not: nobody has heard of the place yet. Whoever is still there is asked again, and has the place by
//! the same key. Whoever has hung up is called again.

use super::*;
use std::sync::mpsc::{Receiver, Sender, channel};
use strowger_exchange::CallRecord;
use strowger_journal::{
    Backend, CampaignChange, Change, Edit, Eraser, Failure, GroupWriter, OpenError, Options, Read,
    Remove, Removed, Store,
};
use strowger_model::CallId;
use strowger_store_sqlite::Sqlite;
use strowger_tests::journal;

/// A database of a host that dies after a claim, when its flow says what came of the contact.
struct DiesAfterClaim {
    database: Sqlite,
    /// Of the writer.
    death: Mutex<Option<Death>>,
}

/// Says that the host is to die, and waits until nothing leaves it any more.
struct Death {
    dies: Sender<()>,
    is_cut_off: Receiver<()>,
}

impl Backend for DiesAfterClaim {
    fn writer(&self) -> Result<Box<dyn GroupWriter>, OpenError> {
        let death = self.death.lock().unwrap().take();
        Ok(Box::new(Writer { writer: self.database.writer()?, death, is_dead: false }))
    }

    fn reader(&self) -> Result<Box<dyn Read>, OpenError> {
        self.database.reader()
    }

    fn edit(&self) -> Result<Box<dyn Edit>, OpenError> {
        self.database.edit()
    }

    fn eraser(&self) -> Result<Box<dyn Eraser>, OpenError> {
        self.database.eraser()
    }
}

struct Writer {
    writer: Box<dyn GroupWriter>,
    death: Option<Death>,
    is_dead: bool,
}

impl GroupWriter for Writer {
    fn commit(&mut self, changes: &[Change], gaps: &[CallId]) -> Result<(), Failure> {
        let is_said = |change: &Change| match change {
            Change::Campaign(change) => matches!(**change, CampaignChange::Disposed { .. }),
            _ => false,
        };
        if self.is_dead {
            return Ok(());
        }
        let Some(said) = changes.iter().position(is_said) else {
            return self.writer.commit(changes, gaps);
        };
        self.writer.commit(&changes[..said], &[])?;
        if let Some(death) = self.death.take() {
            death.dies.send(())?;
            death.is_cut_off.recv()?;
        }
        self.is_dead = true;
        Ok(())
    }

    fn remove(&mut self, what: &Remove) -> Result<Removed, Failure> {
        self.writer.remove(what)
    }
}

/// What comes of three people and one place, of whom the first one answers on this phone and presses
/// the key. Gives the outcomes, how often the first one was called, and the records.
fn host_dies_after_the_claim_of(phone: Phone) -> (Vec<String>, u32, Vec<CallRecord>) {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    let sim = {
        let _inside = runtime.enter();
        let outside = Phone::new(Then::Rings);
        Arc::new(Sim::new(SimConfig { outside, ..SimConfig::default() }, Arc::new(|_| {})))
    };
    sim.cut("no host yet");
    sim.phone(Address::Number(number(0)), phone);
    let folder = folder_with("attempts = 1", &OFFER.replace("confirm 1 10", "confirm 1 60"));
    let wait = |what: &str, until: &dyn Fn() -> bool| {
        let since = std::time::Instant::now();
        while !until() {
            assert!(since.elapsed() < PATIENCE, "{what}");
            std::thread::yield_now();
        }
    };
    std::fs::create_dir_all(folder.cache()).unwrap();
    let (dies, death) = channel();
    let (cut_off, is_cut_off) = channel();
    let writer = Mutex::new(Some(Death { dies, is_cut_off }));
    let database = DiesAfterClaim { database: journal(&folder), death: writer };
    // Nothing leaves without the journal.
    let options = Options { stuck_after: PATIENCE * 2, ..Options::default() };
    let store = Store::open(&database, options).unwrap();
    let host = Mortal::start_on(&folder, &sim, store, Clock::system).unwrap();
    open(&host.host.exchange, 1, people(3));
    death.recv_timeout(PATIENCE).expect("a claim");
    assert_eq!(host.host.exchange.campaign_now("c").unwrap().reached, 1);
    host.gag();
    cut_off.send(()).unwrap();
    host.kill();

    let kept = journal(&folder).reader().unwrap().campaigns().unwrap().remove(0);
    assert!(kept.ended.is_some(), "the claim was kept: there is no other place");
    assert!(kept.contacts[0].disposed.is_none(), "what came after it was not");

    let host = Mortal::start(&folder, &sim).unwrap();
    let over = || {
        let now = host.host.exchange.campaign_now("c").unwrap();
        now.end.is_some() && now.calls == 0
    };
    wait("the end of the campaign", &over);
    let now = host.host.exchange.campaign_now("c").unwrap();
    assert_eq!((now.end, now.reached), (Some(CampaignEnd::Filled), 1));
    let attempts = contacts(&host.host.exchange)[0].attempts;
    (outcomes(&host.host.exchange), attempts, host.journalled().unwrap())
}

/// Presses the key again and again.
fn presses(times: u64) -> Phone {
    let press = |nth| Keys { after: Duration::from_millis(300 * nth), digits: "1".to_owned() };
    Phone { keys: (1..=times).map(press).collect(), ..Phone::answers(Duration::from_millis(20)) }
}

#[test]
fn o5_who_has_claimed_and_is_still_there_hears_it_from_the_next_host() {
    let (outcomes, attempts, records) = host_dies_after_the_claim_of(presses(100));
    assert_eq!((outcomes, attempts), (vec!["accepted".into(), String::new(), String::new()], 1));
    let ends: Vec<&str> = records.iter().map(|record| &*record.outcome).collect();
    assert_eq!(ends, ["accepted"], "one call");
}

#[test]
fn o5_who_has_claimed_and_hung_up_before_hearing_it_is_called_again() {
    let hangs_up = Phone { leaves: Some(Duration::from_millis(500)), ..presses(1) };
    let (outcomes, attempts, records) = host_dies_after_the_claim_of(hangs_up);
    assert_eq!((outcomes, attempts), (vec!["accepted".into(), String::new(), String::new()], 2));
    let ends: Vec<&str> = records.iter().map(|record| &*record.outcome).collect();
    assert_eq!(ends, ["not-reached", "accepted"]);
}

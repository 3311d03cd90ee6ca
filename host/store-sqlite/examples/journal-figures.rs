//! Figures of the writer alone, in the folder `STATE`: `cargo run -p strowger-store-sqlite --example
//! journal-figures [ENTRIES [CALLS]]`. Each entry is a step of 300 bytes and the image of its call
//! of 700; calls take turns, and last 20 steps each.
#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::{
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    thread,
    time::{Duration, Instant},
};
use strowger_journal::{Change, Entry, Health, Options, Store};
use strowger_model::{CallId, CallRecord, FlowName, FlowVersion};
use strowger_store_sqlite::Sqlite;

fn main() {
    let mut arguments = std::env::args().skip(1).map(|argument| argument.parse::<u64>().unwrap());
    let (entries, calls) = (arguments.next().unwrap_or(500_000), arguments.next().unwrap_or(1_000));
    let folder = std::env::var("STATE").unwrap_or_else(|_| ".".to_owned());
    let dir = Path::new(&folder).join(format!("journal-figures-{}", std::process::id()));
    std::fs::create_dir_all(&dir).unwrap();
    let path = dir.join("strowger.db");
    let store = Store::open(&Sqlite::at(&path), Options::default()).unwrap();
    let on = FlowVersion { flow: FlowName::from("helpdesk"), version: "0123abcd".to_owned() };
    let mut last = None;
    let mut id = || {
        last = Some(CallId::next(1_795_312_001_000, last));
        last.unwrap()
    };
    let mut open: Vec<(CallId, u32)> =
        (0..calls).map(|place| (id(), (place % 20) as u32)).collect();
    let waits: Arc<AtomicU64> = Arc::default();
    let longest: Arc<AtomicU64> = Arc::default();
    let start = Instant::now();
    for entry in 0..entries {
        let place = (entry % calls) as usize;
        let (call, number) = open[place];
        let mut changes = vec![
            Change::Step { call, number, body: vec![number as u8; 300].into() },
            Change::Call { call, on: on.clone(), image: vec![number as u8; 700].into() },
        ];
        open[place].1 += 1;
        if number == 19 {
            changes[1] = Change::Closed(Box::new(record(call)));
            open[place] = (id(), 0);
        }
        let (waits, longest, submitted) = (waits.clone(), longest.clone(), Instant::now());
        let release = Box::new(move || {
            let waited = submitted.elapsed().as_micros() as u64;
            waits.fetch_add(waited, Ordering::Relaxed);
            longest.fetch_max(waited, Ordering::Relaxed);
        });
        store.submit(Entry { changes, release: Some(release) });
        while store.pending() > 8_192 {
            thread::sleep(Duration::from_micros(200));
        }
    }
    assert!(store.flush(Duration::from_secs(60)));
    let took = start.elapsed();
    assert_eq!(*store.health().borrow(), Health::Journalling);
    println!("writer: {:.0} entries/s", entries as f64 / took.as_secs_f64());
    println!(
        "waited: {} us on average, {} ms at most",
        waits.load(Ordering::Relaxed) / entries,
        longest.load(Ordering::Relaxed) / 1000
    );
    println!(
        "log: {} MB, file: {} MB",
        size(&dir.join("strowger.db-wal")) >> 20,
        size(&path) >> 20
    );
    drop(store);
    println!("on disk: {} bytes/entry", size(&path) / entries);
    std::fs::remove_dir_all(dir).unwrap();
}

fn size(path: &Path) -> u64 {
    std::fs::metadata(path).map_or(0, |about| about.len())
}

fn record(call: CallId) -> CallRecord {
    let at = call.given();
    CallRecord {
        call,
        flow: FlowName::from("helpdesk"),
        version: "0123abcd".to_owned(),
        caller: Some("+32475123456".to_owned()),
        dialled: "+3227138700".to_owned(),
        arrived: at,
        answered: Some(at),
        connected: Some(at),
        agent: Some("an".into()),
        waited: Duration::from_secs(42),
        overflowed: false,
        fumbled: 0,
        talks: Vec::new(),
        outcome: "helped".to_owned(),
        notes: Vec::new(),
        tags: Vec::new(),
        steps: 20,
        faults: 0,
        refused: 0,
        unjournalled: false,
        ended: at,
        campaign: None,
    }
}

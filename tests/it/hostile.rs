//! Hostile plugins in the whole host: each costs its own calls and nobody else's.

use std::{
    io,
    sync::{Arc, Mutex},
    time::Duration,
};
use strowger_exchange::Clock;
use strowger_model::Timestamp;
use strowger_sim::{Caller, SimConfig};
use strowger_tests::{Folder, HELPDESK, Host, PATIENCE, helpdesk_site};

/// What a plugin does, and what the log says of it.
const FAULTS: [(&str, &str); 11] = [
    ("endless-loop", "out of time"),
    ("memory-bomb", "out of memory"),
    ("deep-recursion", "stack overflow"),
    ("panic", "panicked"),
    ("many-orders", "orders"),
    ("large-state", "hostile"),
    ("invalid-utf8", "malformed"),
    ("sleep", "waited"),
    ("exit", "exit"),
    ("step-error", "error"),
    ("network", "hostile"),
];
const GOOD: usize = 1000;

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_thousand_calls_go_on_beside_every_hostile_plugin() {
    let mut folder = Folder::new(&helpdesk_site(1, true, false, false)).unwrap();
    folder = folder.plugin("vaccination-helpdesk").unwrap().plugin("hostile").unwrap();
    folder = folder.flow("good", HELPDESK).unwrap();
    for (number, (misbehave, _)) in FAULTS.iter().enumerate() {
        let flow = format!(
            "plugin = \"hostile\"\nnumbers = [\"08{number:02}\"]\n[settings]\nmisbehave = \"{misbehave}\"\n"
        );
        folder = folder.flow(misbehave, &flow).unwrap();
    }
    let toll_fraud = "plugin = \"hostile\"\nnumbers = [\"0899\"]\n[settings]\nmisbehave = \"without-permission\"\n";
    folder = folder.flow("without-permission", toll_fraud).unwrap();
    let host = Host::start(&folder, Clock::system()).unwrap();
    let sim = host.sim(SimConfig::default());

    let mut pace = tokio::time::interval(Duration::from_millis(1));
    for number in 0..GOOD {
        pace.tick().await;
        sim.call(Caller { to: "0900".into(), ..Caller::default() });
        if let Some(hostile) = number
            .checked_div(50)
            .filter(|_| number % 50 == 0)
            .filter(|&hostile| hostile < FAULTS.len())
        {
            sim.call(Caller { to: format!("08{hostile:02}"), ..Caller::default() });
        }
    }
    sim.call(Caller {
        to: "0899".into(),
        leaves: Some(Duration::from_secs(1)),
        ..Caller::default()
    });

    let records = host.records(GOOD + FAULTS.len() + 1, PATIENCE).await.unwrap();
    let of = |flow: &str| {
        records.iter().filter(|record| record.flow.as_str() == flow).collect::<Vec<_>>()
    };
    let good = of("good");
    assert_eq!(good.len(), GOOD);
    assert!(
        good.iter()
            .all(|record| (record.outcome.as_str(), record.faults, record.refused)
                == ("closed", 0, 0))
    );
    let lines = host.log.lines();
    for (misbehave, says) in FAULTS {
        let records = of(misbehave);
        let [record] = &records[..] else { panic!("{misbehave}: {records:?}") };
        assert_eq!(
            (record.outcome.as_str(), record.steps),
            ("fault", 1),
            "{misbehave} costs its own step"
        );
        let call = record.call.to_string();
        let message =
            lines.iter().find(|line| line.contains(&call) && line.contains("FellBack")).unwrap();
        assert!(message.contains(says), "{misbehave}: {message}");
        assert!(
            lines.iter().any(|line| line.contains(&call) && line.contains("Command(Transfer")),
            "{misbehave}: to the fallback"
        );
    }
    let refused = host.seen_often("NotPermitted", 1, PATIENCE).await.unwrap();
    assert!(
        !refused.is_empty() && !lines.iter().any(|line| line.contains("Command(Dial")),
        "a premium number is never dialled"
    );
}

/// The log, as one text.
#[derive(Clone, Default)]
struct Written(Arc<Mutex<Vec<u8>>>);

impl io::Write for Written {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[tokio::test(start_paused = true)]
async fn a_flow_cannot_fill_the_log() {
    // So many messages of a step take their time on a busy machine.
    let flow = "plugin = \"hostile\"\nnumbers = [\"0800\"]\n[limits]\nlog_lines = 50\nstep_ms = 10000\n\
                [settings]\nmisbehave = \"flood-log\"\n";
    let folder = Folder::new(&helpdesk_site(1, true, false, false)).unwrap();
    let folder = folder.plugin("hostile").unwrap().flow("floods", flow).unwrap();
    let log = Written::default();
    let writer = log.clone();
    let subscriber = tracing_subscriber::fmt().with_writer(move || writer.clone()).finish();
    let _guard = tracing::subscriber::set_default(subscriber);
    let host = Host::start(&folder, Clock::simulated(Timestamp(1_795_000_000_000))).unwrap();
    let sim = host.sim(SimConfig::default());
    // Each floods the log at every step, and takes one every 15 s.
    for _ in 0..10 {
        sim.call(Caller { to: "0800".into(), ..Caller::default() });
    }
    for minute in 1..=2 {
        tokio::time::sleep(Duration::from_secs(31)).await;
        let text = String::from_utf8(log.0.lock().unwrap().clone()).unwrap();
        let count = |what: &str| text.lines().filter(|line| line.contains(what)).count();
        let written = count("message ") + count("more messages of this step");
        assert_eq!((written, count("log_lines")), (50 * minute, minute), "{text}");
        tokio::time::sleep(Duration::from_secs(30)).await;
    }
}

#[tokio::test(start_paused = true)]
async fn a_flow_cannot_forge_the_log_and_a_warning_says_no_whole_number() {
    let flow =
        "plugin = \"hostile\"\nnumbers = [\"0800\"]\n[settings]\nmisbehave = \"forge-log\"\n";
    let folder = Folder::new(&helpdesk_site(1, true, false, false)).unwrap();
    let folder = folder.plugin("hostile").unwrap().flow("forges", flow).unwrap();
    let log = Written::default();
    let writer = log.clone();
    let subscriber =
        tracing_subscriber::fmt().with_ansi(false).with_writer(move || writer.clone()).finish();
    let _guard = tracing::subscriber::set_default(subscriber);
    let host = Host::start(&folder, Clock::simulated(Timestamp(1_795_000_000_000))).unwrap();
    let sim = host.sim(SimConfig::default());
    sim.call(Caller { to: "+32 9 999 99 99".into(), ..Caller::default() });
    sim.call(Caller { to: "0800".into(), ..Caller::default() });
    host.seen("NotPermitted", PATIENCE).await.unwrap();
    let text = String::from_utf8(log.0.lock().unwrap().clone()).unwrap();
    for line in text.lines() {
        assert!(!line.starts_with("2026-11-29T00:00:00Z ERROR"), "{text}");
    }
    for from in ["reads: ", "alarm: "] {
        assert!(text.contains(&format!("{from}ok\\n2026-11-29T00:00:00Z ERROR")), "{text}");
    }
    assert!(!text.contains('\u{1b}'), "{text}");
    for (number, shown) in
        [("+32470123456", "...456"), ("+32909123456", "...456"), ("9 999 99 99", "...999")]
    {
        assert!(!text.contains(number) && text.contains(shown), "{number}: {text}");
    }
}

//! A flow that uses all that it may costs its own calls, and other flows do not notice.

use crate::orders::stage::{SITE, flow};
use std::{
    sync::Arc,
    time::{Duration, Instant},
};
use strowger_exchange::{CallRecord, Clock, Observed, Observer, Options};
use strowger_journal::Options as StoreOptions;
use strowger_model::{CallId, Command, Event, Timestamp};
use strowger_pbx::port::Address;
use strowger_sim::{Caller, Phone, SimConfig};
use strowger_tests::{Folder, HELPDESK, Host, Log, PATIENCE, helpdesk_site, open_journal};

/// A host with the helpdesk on 0900, closed, and a hostile plugin on 0800.
fn folder(misbehave: &str, more: &str) -> Folder {
    let flow = format!(
        "plugin = \"hostile\"\nnumbers = [\"0800\"]\n{more}\n[settings]\nmisbehave = \"{misbehave}\"\n"
    );
    let folder = Folder::new(&helpdesk_site(1, true, false, false)).unwrap();
    let folder = folder.plugin("vaccination-helpdesk").unwrap().plugin("hostile").unwrap();
    folder.flow("good", HELPDESK).unwrap().flow("hostile", &flow).unwrap()
}

fn caller(to: &str) -> Caller {
    Caller { to: to.to_owned(), ..Caller::default() }
}

/// Calls of the hostile flow: so many that some wait too long for their turn.
const NOISY: usize = 40;

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_flow_that_never_comes_to_an_end_is_noticed_by_no_other() {
    let folder = folder("work-without-end", "[limits]\nprocessor_ms = 20\nsteps_in_a_row = 10\n");
    let store = open_journal(&folder, StoreOptions::default()).unwrap();
    let host = Host::start_on(&folder, Clock::system(), Some(store.clone())).unwrap();
    let sim = host.sim(SimConfig::default());
    (0..NOISY).for_each(|_| drop(sim.call(caller("0800"))));
    host.seen_often("Hold {", 5, PATIENCE).await.unwrap();
    let mut slowest = Duration::ZERO;
    for call in 1..=20 {
        let since = Instant::now();
        sim.call(caller("0900"));
        let closed = || host.log.records().iter().filter(|one| one.flow.as_str() == "good").count();
        while closed() < call {
            tokio::task::yield_now().await;
            assert!(since.elapsed() < PATIENCE, "a call of the other flow gets nothing");
        }
        slowest = slowest.max(since.elapsed());
    }
    assert!(slowest < Duration::from_secs(2), "{slowest:?}");
    // Its steps are in the journal while it goes on.
    let open = store.open_calls().unwrap();
    assert!(!open.is_empty(), "its calls are not journalled");
    // Its own calls end: by the steps that one event may cause, or since their turn does not come.
    let records = host.records(NOISY + 20, 3 * PATIENCE).await.unwrap();
    let hostile = records.iter().filter(|record| record.flow.as_str() == "hostile");
    assert!(hostile.clone().count() == NOISY && hostile.clone().all(|one| one.outcome == "fault"));
    let why = host.seen("processor time", PATIENCE).await.unwrap();
    assert!(why.contains("20 ms a second"), "{why}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn one_event_from_outside_causes_so_many_steps_and_no_more() {
    let folder = folder("endless-alarms", "[limits]\nsteps_in_a_row = 20\n");
    let host = Host::start(&folder, Clock::system()).unwrap();
    host.sim(SimConfig::default()).call(caller("0800"));
    let records = host.records(1, PATIENCE).await.unwrap();
    assert_eq!((records[0].outcome.as_str(), records[0].steps), ("fault", 20));
    host.seen("more than 20 steps for one event", PATIENCE).await.unwrap();
}

/// What a call of a flow has when it ends.
async fn overrun(misbehave: &str, more: &str) -> (Host, CallRecord) {
    let limits = format!("[permissions]\ndial = [\"+32*\"]\n[limits]\nsteps_in_a_row = 30\n{more}");
    let folder = folder(misbehave, &limits);
    let host = Host::start(&folder, Clock::system()).unwrap();
    host.sim(SimConfig::default()).call(caller("0800"));
    let record = host.records(1, PATIENCE).await.unwrap().remove(0);
    (host, record)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_a_call_keeps_writes_and_sends_has_an_end() {
    let (host, record) = overrun("endless-notes", "").await;
    let kept: usize = record.notes.iter().map(|note| note.key.len() + note.value.len()).sum();
    assert!(kept <= 64 << 10 && kept > 32 << 10, "{kept} bytes of notes");
    host.seen("bytes of notes and tags", PATIENCE).await.unwrap();

    let (host, record) = overrun("endless-alarms", "alarms = 100").await;
    // 30 steps of 60, and the hold of each.
    assert_eq!(record.refused, 30 * 60 - 100 + 30);
    host.seen("at most 100 alarms", PATIENCE).await.unwrap();

    let (host, record) = overrun("endless-timers", "open_orders = 70").await;
    assert_eq!(record.refused, 30 * 60 - 70 + 30);
    host.seen("at most 70 orders that are not finished", PATIENCE).await.unwrap();

    let (host, _) = overrun("endless-dials", "dials = 60\nopen_orders = 1000").await;
    let dials = host.log.lines().iter().filter(|line| line.contains("Command(Dial")).count();
    assert_eq!(dials, 60);
    host.seen("at most 60 dials", PATIENCE).await.unwrap();
}

/// Looks on, and makes a mistake at every digit, and at every note.
struct Clumsy(Arc<Log>);

impl Observer for Clumsy {
    fn observe(&self, at: Timestamp, call: CallId, what: &Observed<'_>) {
        let mistakes = match what {
            Observed::Event(Event::Digit { .. }) => true,
            Observed::Order(order) => matches!(order.command, Command::Note(_)),
            _ => false,
        };
        assert!(!mistakes, "a mistake, for the test");
        self.0.observe(at, call, what);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_mistake_of_the_host_costs_the_call_in_which_it_happens() {
    let folder = Folder::new(SITE).unwrap().plugin("plugboard").unwrap();
    let rules = "arrived = [\"1 answer\"]\n\"1 answered\" = [\"2 timer 600\"]\n\"hung-up caller\" = [\"finish gone\"]\n";
    let folder = folder.flow("first", &flow("100", rules)).unwrap();
    let log = Arc::new(Log::default());
    let observer = Arc::new(Clumsy(log.clone()));
    let host =
        Host::start_with(&folder, Clock::system(), |options| Options { observer, ..options });
    let host = Host { log, ..host.unwrap() };
    let sim = host.sim(SimConfig::default());
    let (one, other) = (sim.call(caller("100")), sim.call(caller("100")));
    host.seen_often("outcome: Answered", 2, PATIENCE).await.unwrap();
    sim.key(&one, "5");
    let record = host.records(1, PATIENCE).await.unwrap().remove(0);
    assert_eq!(record.outcome, "fault");
    let why = host.seen("FellBack", PATIENCE).await.unwrap();
    assert!(why.contains("the host made a mistake: a mistake, for the test"), "{why}");
    host.seen("Command(Transfer", PATIENCE).await.unwrap();
    // The other call goes on, and ends as it should.
    host.calls_up(1, PATIENCE).await.unwrap();
    sim.hang_up(&other);
    let records = host.records(2, PATIENCE).await.unwrap();
    assert_eq!(records[1].outcome, "gone");
}

/// What was ordered in the moment of a mistake has not left: nobody is left behind by that.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_was_to_be_hung_up_when_the_host_made_a_mistake_is_hung_up() {
    let folder = Folder::new(SITE).unwrap().plugin("plugboard").unwrap();
    let rules = "arrived = [\"1 answer\"]\n\"1 answered\" = [\"2 dial bob 200\"]\n\
                 \"2 leg-answered\" = [\"hang-up bob\", \"note bob gone\"]\n";
    let folder = folder.flow("first", &flow("100", rules)).unwrap();
    let log = Arc::new(Log::default());
    let observer = Arc::new(Clumsy(log.clone()));
    let host =
        Host::start_with(&folder, Clock::system(), |options| Options { observer, ..options });
    let host = Host { log, ..host.unwrap() };
    let sim = host.sim(SimConfig::default());
    sim.phone(Address::Extension("200".into()), Phone::answers(Duration::ZERO));
    sim.call(caller("100"));
    let record = host.records(1, PATIENCE).await.unwrap().remove(0);
    assert_eq!((record.outcome.as_str(), record.unjournalled), ("fault", true));
}

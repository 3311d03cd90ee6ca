//! Hostile plugins: each costs at most its own step, says clearly what it did, and 1,000 other
//! calls go on.

use crate::common::{arrived, call, engine, first, first_with_log, flow, hostile, settings};
use std::{
    fs,
    sync::{
        atomic::{AtomicBool, Ordering},
        mpsc,
    },
    thread,
    time::Duration,
};
use strowger_model::{
    Command, Event, OrderId, Outcome,
    command::{Asked, Field, Target},
    event::RefusalReason,
    read::LogLevel,
    step::Ordered,
};
use strowger_sandbox::{Fault, FaultKind, Flow, Limits, LoadError, Plugin, Step};
use strowger_test_support::{FixedReads, plugin_wasm};

/// A call of the well-behaved plugin from its arrival through five timers.
fn good_call(good: &Flow) {
    let timer = Event::Order { id: OrderId(1), outcome: Outcome::Timer };
    let mut state = Vec::new();
    for step in 1..=6u32 {
        let event = if step == 1 { arrived() } else { timer.clone() };
        let answer = good.step(call(), &state, &event, FixedReads::shared()).unwrap();
        assert_eq!(answer.faults, [], "undisturbed");
        assert_eq!(*answer.state, step.to_le_bytes());
        state = answer.state.into_vec();
    }
}

/// The first step of the hostile plugin, while other calls are served on another thread from before
/// it begins until it is over: 1,000 of them and more.
fn beside_good_calls(plugin: &Plugin, bad: &Flow) -> Result<Step, Fault> {
    let good = flow(plugin, "good");
    let over = AtomicBool::new(false);
    let (begun, begins) = mpsc::channel();
    thread::scope(|scope| {
        let calls = scope.spawn(|| {
            let mut served = 0;
            while served < 1_000 || !over.load(Ordering::Relaxed) {
                good_call(&good);
                served += 1;
                if served == 1 {
                    begun.send(()).unwrap();
                }
            }
        });
        begins.recv().unwrap();
        let answer = first(bad);
        over.store(true, Ordering::Relaxed);
        calls.join().unwrap();
        answer
    })
}

fn faults(misbehave: &str, kind: FaultKind, says: &[&str]) {
    let plugin = hostile();
    let bad = flow(&plugin, misbehave);
    let fault = beside_good_calls(&plugin, &bad).unwrap_err();
    assert_eq!(fault.kind, kind, "{fault}");
    assert_eq!(fault.function, "step");
    let text = fault.to_string();
    let named = ["plugin hostile 0.1.0 faulted in `step`: "];
    for part in named.iter().chain(says) {
        assert!(text.contains(part), "{text:?} does not say {part:?}");
    }
    assert!(text.len() < 6_000, "a message for people has {} bytes", text.len());
}

/// One test for each misbehaviour that ends in a fault.
macro_rules! fault {
    ($($test:ident: $misbehave:literal => $kind:ident, $($says:literal),+;)+) => {$(
        #[test]
        fn $test() {
            faults($misbehave, FaultKind::$kind, &[$($says),+]);
        }
    )+};
}

fault! {
    endless_loop: "endless-loop" => OutOfTime, "more than 50 ms of CPU time", "endless loop";
    endless_reads: "endless-reads" => TooMuchData, "more than 1000 reads";
    memory_bomb: "memory-bomb" => OutOfMemory, "may have 64 MiB", "memory allocation of";
    deep_recursion: "deep-recursion" => StackOverflow, "recursion without end";
    deep_recursion_with_large_frames: "deep-recursion-large-frames" => Trapped, "recursion without end";
    panic: "panic" => Panicked, "lib.rs:", "the desk is on fire, event 42";
    a_hundred_thousand_orders: "many-orders" => TooMuchData, "far more at once than a step may";
    one_order_too_many: "somewhat-many-orders" => TooManyOrders, "65 orders; at most 64";
    state_of_100_mb: "large-state" => OutOfMemory, "may have 64 MiB";
    state_of_1_mib: "medium-state" => TooMuchData, "a small state";
    state_one_byte_too_large: "somewhat-large-state" => StateTooLarge, "65537 bytes and may have 64 KiB";
    text_in_an_order_is_not_utf8: "invalid-utf8" => Malformed, "not UTF-8";
    text_in_a_read_is_not_utf8: "invalid-utf8-read" => Malformed, "not UTF-8";
    read_with_8_mib: "large-read" => TooMuchData, "far more at once than a step may";
    sleep: "sleep" => Waited, "cannot sleep", "`timer`";
    waiting_for_a_clock_that_stands_still: "busy-wait" => OutOfTime, "more than 50 ms";
    flood_on_stderr_is_cut_to_its_end: "flood-stderr" => Panicked, "the end of the flood";
    a_thread: "thread" => Panicked, "failed to spawn thread", "Not supported";
    a_file: "file" => Panicked, "No such file or directory";
    an_error_in_words_of_its_own: "complain" => Exited, "it wrote: Traceback", "KeyError: 'gate'";
    the_network: "network" => NotProvided, "wasi:sockets/";
    exit: "exit" => Exited, "`finish`";
    abort: "abort" => Panicked, "gave no reason";
    an_error_of_its_own: "step-error" => Error, "I cannot make sense of this event";
}

#[test]
fn environment_is_empty() {
    let step = first(&flow(&hostile(), "environment")).unwrap();
    let note = Field { key: "environment".into(), value: "0 variables, 0 arguments".into() };
    assert_eq!(step.orders[0].order().unwrap().command, Command::Note(note));
}

#[test]
fn what_it_prints_is_logged_for_its_author() {
    let (step, reads) = first_with_log(&flow(&hostile(), "print"));
    step.unwrap();
    assert_eq!(reads.logged(), [(LogLevel::Debug, "printed on stdout\nprinted on stderr".into())]);
}

#[test]
fn log_is_bounded() {
    let plugin = hostile();
    let limits = Limits { step_time: Duration::from_secs(60), ..Limits::default() };
    let chatty = plugin.configure(&settings("flood-log"), limits).unwrap();
    let (step, reads) = first_with_log(&chatty);
    step.unwrap();
    let logged = reads.logged();
    assert_eq!(logged.len(), 33);
    assert!(logged.iter().all(|(_, message)| message.len() <= 1_024));
    assert_eq!(logged[32].1, "99968 more messages of this step were dropped");
}

#[test]
fn clocks_stand_at_the_step_and_a_hash_map_shifts_no_random_number() {
    let plugin = hostile();
    let clocks = flow(&plugin, "clocks");
    // The hash map takes its seed at the instance's first step only; the flow's own number is the
    // same at each.
    for _ in 0..3 {
        let step = clocks.step_twice(call(), &[], &arrived(), FixedReads::shared()).unwrap();
        let note = Field { key: "clocks".into(), value: format!("{} 0 1", FixedReads::NOW.0) };
        assert_eq!(step.orders[0].order().unwrap().command, Command::Note(note));
    }
}

#[test]
fn without_permission_is_not_for_the_sandbox_to_judge() {
    let step = beside_good_calls(&hostile(), &flow(&hostile(), "without-permission")).unwrap();
    let commands: Vec<_> =
        step.orders.iter().map(|order| &order.order().unwrap().command).collect();
    let [Command::Dial(dial), Command::EnterQueue(enter)] = commands[..] else {
        panic!("{commands:?}");
    };
    assert_eq!(dial.target, Target::Number("+32909123456".parse().unwrap()));
    assert_eq!(enter.ask, [Asked::Queue("no-such-queue".into())]);
}

#[test]
fn what_cannot_be_meant_is_refused_alone() {
    let step = first(&flow(&hostile(), "impossible")).unwrap();
    let said: Vec<_> = step
        .orders
        .iter()
        .map(|order| match order {
            Ordered::Order(order) => (order.command.name(), None, String::new()),
            Ordered::Refused { command, refusal, .. } => {
                (command.as_str(), Some(refusal.reason), refusal.detail.clone())
            }
        })
        .collect();
    let expected = [
        ("dial", Some(RefusalReason::Invalid), "not a telephone number: \"0909 CALL ME\""),
        ("note", None, ""),
        ("enter-queue", Some(RefusalReason::Invalid), "control character"),
        ("answer", Some(RefusalReason::Invalid), "one of the host's"),
        ("note", Some(RefusalReason::OverLimit), "the value has 25000 bytes; at most 16384"),
    ];
    assert_eq!(said.len(), expected.len());
    for ((command, reason, detail), (should, because, says)) in said.iter().zip(expected) {
        assert_eq!((*command, *reason), (should, because));
        assert!(detail.contains(says), "{detail:?} does not say {says:?}");
    }
}

#[test]
fn another_answer_at_the_second_run_is_found() {
    let plugin = hostile();
    let fickle = flow(&plugin, "fickle");
    first(&fickle).unwrap();
    let fault = fickle.step_twice(call(), &[], &arrived(), FixedReads::shared()).unwrap_err();
    assert_eq!(fault.kind, FaultKind::Nondeterministic);
    assert!(
        fault
            .to_string()
            .contains("its order 3 was note #1, and then note #1, or the same with other words")
    );
    let good = flow(&plugin, "good");
    first(&good).unwrap();
    good.step_twice(call(), &[], &arrived(), FixedReads::shared()).unwrap();
}

#[test]
fn a_fault_is_tried_once_more_on_a_fresh_instance() {
    let worn = flow(&hostile(), "fault-when-worn");
    assert_eq!(first(&worn).unwrap().faults, []);
    for _ in 0..10 {
        let step = first(&worn).unwrap();
        assert_eq!(*step.state, 1u32.to_le_bytes());
        let [fault] = &step.faults[..] else {
            panic!("{:?}", step.faults);
        };
        assert!(fault.message.contains("I have served 1 already"), "{fault}");
    }
}

#[test]
fn what_leaks_is_replaced_before_it_faults() {
    let leak = flow(&hostile(), "leak");
    for step in 0..500 {
        assert_eq!(first(&leak).unwrap().faults, [], "step {step}");
    }
}

#[test]
fn instances_retire() {
    let fickle = flow(&hostile(), "fickle");
    let served = |_| match &first(&fickle).unwrap().orders[2].order().unwrap().command {
        Command::Note(note) => note.value.parse::<u32>().unwrap(),
        other => panic!("{other:?}"),
    };
    let served: Vec<u32> = (0..1_002).map(served).collect();
    assert_eq!(served[998..], [998, 999, 0, 1]);
}

#[test]
fn settings_are_refused_in_the_plugins_own_words() {
    let plugin = hostile();
    let refused =
        |misbehave: &str| plugin.configure(&settings(misbehave), Limits::default()).err().unwrap();
    let error = refused("refuse-settings");
    assert!(matches!(error, LoadError::SettingsRefused { .. }));
    assert_eq!(
        error.to_string(),
        "plugin hostile 0.1.0 refuses the settings: the desk has no chairs"
    );
    assert!(refused("nonsense").to_string().contains("unknown variant `nonsense`"));
}

#[test]
fn configure_can_fault() {
    let plugin = hostile();
    let fault = |misbehave: &str| match plugin
        .configure(&settings(misbehave), Limits::default())
        .err()
        .unwrap()
    {
        LoadError::Fault(fault) => fault,
        other => panic!("{other}"),
    };
    let panicked = fault("panic-in-configure");
    assert_eq!((panicked.kind, panicked.function), (FaultKind::Panicked, "configure"));
    assert!(panicked.message.contains("settings make me panic"));
    let looped = fault("loop-in-configure");
    assert_eq!(looped.kind, FaultKind::OutOfTime);
    assert!(looped.message.contains("more than 1000 ms"), "{looped}");
    let clock = fault("clock-in-configure");
    assert!(clock.message.contains("the clock says 1000 ms"), "{clock}");
    let read = fault("read-in-configure");
    assert_eq!(read.kind, FaultKind::ReadOutsideStep);
    assert!(read.message.contains("`now`"), "{read}");
}

#[test]
fn limits_are_the_flows_own() {
    let plugin = hostile();
    let with =
        |misbehave: &str, limits| first(&plugin.configure(&settings(misbehave), limits).unwrap());
    let roomy = Limits { orders: 65, state: 2 << 20, ..Limits::default() };
    assert_eq!(with("somewhat-many-orders", roomy.clone()).unwrap().orders.len(), 65);
    assert_eq!(with("medium-state", roomy).unwrap().state.len(), 1 << 20);
    let narrow = Limits { memory: 1 << 16, ..Limits::default() };
    let error = plugin.configure(&settings("good"), narrow).err().unwrap().to_string();
    assert!(
        error.contains("faulted in `instantiate`: out of memory")
            && error.contains("may have 64 KiB"),
        "{error}"
    );
}

/// What the host holds while a guest hoards: the guest's own limit, and what the host adds, which
/// should be little.
#[test]
fn host_memory_stays_bounded() {
    let plugin = hostile();
    // Forgets the peak so far, which is that of compiling.
    fs::write("/proc/self/clear_refs", "5").unwrap();
    let resident = || {
        let status = fs::read_to_string("/proc/self/status").unwrap();
        let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap();
        peak.trim().trim_end_matches(" kB").parse::<usize>().unwrap() << 10
    };
    let before = resident();
    for misbehave in ["memory-bomb", "large-state", "many-orders", "large-read", "flood-stderr"] {
        let bad = flow(&plugin, misbehave);
        for _ in 0..3 {
            first(&bad).unwrap_err();
        }
    }
    let grown = resident().saturating_sub(before);
    assert!(grown < 96 << 20, "grown by {} MiB", grown >> 20);
}

/// Not a timed test: it only shows that the two clocks are not confused. The machine may be as
/// loaded as it likes.
#[test]
fn a_loaded_machine_causes_no_fault() {
    let plugin = hostile();
    let good = flow(&plugin, "good");
    thread::scope(|scope| {
        for _ in 0..16 {
            scope.spawn(|| (0..300).for_each(|_| good_call(&good)));
        }
    });
}

#[test]
fn the_same_plugin_from_two_engines() {
    let wasm = plugin_wasm("hostile");
    let (one, other) = (engine().load("a", &wasm).unwrap(), engine().load("b", &wasm).unwrap());
    assert_eq!(one.hash(), other.hash());
    assert_eq!(one.hash(), blake3::hash(&wasm).to_hex().as_str());
    assert_eq!(first(&flow(&one, "good")), first(&flow(&other, "good")));
}

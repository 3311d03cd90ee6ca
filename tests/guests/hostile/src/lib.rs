//! A plugin that misbehaves in the way that its settings name: `{"misbehave": "endless-loop"}`,
//! from its first step on or after as many good ones as `"after"` says. With `"good"` it is the
//! well-behaved plugin that the others must not disturb.
//!
//! Expectation of each: it costs at most its own step, the message says what it did, and the next
//! step finds a fresh instance. What a misbehaviour needs of `unsafe` code is what a plugin in C
//! would have.
#![allow(
    unsafe_code,
    missing_docs,
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "it is meant to misbehave"
)]

mod bindings {
    #![allow(unreachable_pub, clippy::all, reason = "generated")]
    wit_bindgen::generate!({ path: "../../../wit", world: "flow" });
    use super::Hostile;
    export!(Hostile);
}

use bindings::{
    Guest,
    strowger::flow::{reads, types::*},
};
use serde::Deserialize;
use std::{
    cell::{Cell, OnceCell},
    collections::HashMap,
    env, fs,
    hint::black_box,
    io::Write,
    net::TcpStream,
    process, thread,
    time::{Duration, Instant, SystemTime},
};

struct Hostile;

/// The settings.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Settings {
    misbehave: Misbehaviour,
    /// Steps of a call that go well before.
    #[serde(default)]
    after: u32,
}

#[derive(Deserialize, Clone, Copy, PartialEq, Eq)]
#[serde(rename_all = "kebab-case")]
enum Misbehaviour {
    /// Counts the events in its state; orders a timer and a note.
    Good,
    EndlessLoop,
    /// A loop that asks the host something each time round.
    EndlessReads,
    MemoryBomb,
    DeepRecursion,
    /// Each call with a large frame, so that the guest's own stack overflows first.
    DeepRecursionLargeFrames,
    Panic,
    /// 100,000 orders.
    ManyOrders,
    /// 65 orders.
    SomewhatManyOrders,
    /// 100 MB.
    LargeState,
    /// 1 MiB.
    MediumState,
    /// 64 KiB and a byte.
    SomewhatLargeState,
    /// In an order.
    InvalidUtf8,
    /// In the argument of a read.
    InvalidUtf8Read,
    /// 8 MiB in the argument of a read.
    LargeRead,
    /// A call to a premium number and a queue that does not exist: the sandbox passes them on, the
    /// exchange refuses.
    WithoutPermission,
    /// Orders that cannot be meant, among ones that can.
    Impossible,
    Sleep,
    /// Waits for the clock by asking it again and again.
    BusyWait,
    FloodStderr,
    FloodLog,
    ForgeLog,
    Print,
    Environment,
    File,
    /// As other languages show an error: looks for a file of its own, writes, and exits.
    Complain,
    Network,
    Thread,
    Exit,
    Abort,
    StepError,
    /// Another answer from an instance that has served before.
    Fickle,
    /// A trap on any instance that has served before.
    FaultWhenWorn,
    /// 1 MiB a step, never given back.
    Leak,
    /// What the clocks say, and two random numbers: a flow's own, and after a hash map took some.
    Clocks,
    /// Some 30 ms of work a step, and an order that is answered at once: it never comes to an end.
    WorkWithoutEnd,
    /// 30 notes of 16 KB a step, each of another key.
    EndlessNotes,
    /// 60 alarms a step.
    EndlessAlarms,
    /// 60 timers a step.
    EndlessTimers,
    /// 50 dials a step.
    EndlessDials,
    RefuseSettings,
    PanicInConfigure,
    LoopInConfigure,
    ReadInConfigure,
    ClockInConfigure,
}

thread_local! {
    static SETTINGS: OnceCell<Settings> = const { OnceCell::new() };
    static STEPS: Cell<u32> = const { Cell::new(0) };
}

impl Guest for Hostile {
    fn manifest() -> Manifest {
        Manifest {
            name: "hostile".into(),
            version: env!("CARGO_PKG_VERSION").into(),
            settings_schema: r#"{"type": "object", "properties": {"misbehave": {"type": "string"}, "after": {"type": "integer", "minimum": 0}}, "required": ["misbehave"], "additionalProperties": false}"#.into(),
        }
    }

    fn configure(settings: String) -> Result<(), String> {
        let settings: Settings =
            serde_json::from_str(&settings).map_err(|error| error.to_string())?;
        match settings.misbehave {
            Misbehaviour::RefuseSettings => return Err("the desk has no chairs".into()),
            Misbehaviour::PanicInConfigure => panic!("settings make me panic"),
            Misbehaviour::LoopInConfigure => endless_loop(),
            Misbehaviour::ReadInConfigure => drop(reads::now()),
            Misbehaviour::ClockInConfigure => panic!("the clock says {} ms", wall_clock()),
            _ => {}
        }
        SETTINGS.with(|kept| kept.set(settings)).map_err(|_| "configured twice".into())
    }

    fn step(state: Vec<u8>, event: Event) -> Result<StepResult, String> {
        let served = STEPS.with(|steps| steps.replace(steps.get() + 1));
        let (misbehaviour, after) = SETTINGS
            .with(|kept| kept.get().map(|kept| (kept.misbehave, kept.after)).expect("configured"));
        let mut result = good(&state, &event);
        let count = steps_taken(&result.state);
        match misbehaviour {
            _ if steps_taken(&state) < after => {}
            Misbehaviour::Good
            | Misbehaviour::RefuseSettings
            | Misbehaviour::PanicInConfigure
            | Misbehaviour::LoopInConfigure
            | Misbehaviour::ReadInConfigure
            | Misbehaviour::ClockInConfigure => {}
            Misbehaviour::EndlessLoop => endless_loop(),
            Misbehaviour::EndlessReads => loop {
                black_box(reads::switch("s"));
            },
            Misbehaviour::MemoryBomb => memory_bomb(),
            Misbehaviour::DeepRecursion => drop(black_box(deep(1))),
            Misbehaviour::DeepRecursionLargeFrames => drop(black_box(deep_with_large_frames(1))),
            Misbehaviour::Panic => panic!("the desk is on fire, event {}", 40 + 2),
            Misbehaviour::ManyOrders => result.orders = vec![note("n", "v"); 100_000],
            Misbehaviour::SomewhatManyOrders => result.orders = vec![note("n", "v"); 65],
            Misbehaviour::LargeState => result.state = vec![7; 100_000_000],
            Misbehaviour::MediumState => result.state = vec![7; 1 << 20],
            Misbehaviour::SomewhatLargeState => result.state = vec![7; (64 << 10) + 1],
            Misbehaviour::InvalidUtf8 => result.orders.push(note("n", &not_utf8())),
            Misbehaviour::InvalidUtf8Read => drop(reads::switch(&not_utf8())),
            Misbehaviour::LargeRead => drop(reads::switch(&"x".repeat(8 << 20))),
            Misbehaviour::WithoutPermission => {
                result.orders = vec![dial("+32909123456"), enter("no-such-queue")]
            }
            Misbehaviour::Impossible => result.orders = impossible(),
            Misbehaviour::Sleep => thread::sleep(Duration::from_secs(3_600)),
            Misbehaviour::BusyWait => {
                let begun = Instant::now();
                while begun.elapsed() < Duration::from_secs(1) {}
            }
            Misbehaviour::FloodStderr => flood_stderr(),
            Misbehaviour::FloodLog => flood_log(),
            Misbehaviour::ForgeLog => result.orders = forge_log(),
            Misbehaviour::Print => {
                println!("printed on stdout");
                eprintln!("printed on stderr");
            }
            Misbehaviour::Environment => result.orders = vec![note("environment", &environment())],
            Misbehaviour::File => drop(fs::read_to_string("/etc/passwd").unwrap()),
            Misbehaviour::Complain => complain(),
            Misbehaviour::Network => drop(TcpStream::connect("127.0.0.1:22")),
            Misbehaviour::Thread => drop(thread::spawn(|| {})),
            Misbehaviour::Exit => process::exit(3),
            Misbehaviour::Abort => process::abort(),
            Misbehaviour::StepError => return Err("I cannot make sense of this event".into()),
            Misbehaviour::Fickle => result.orders.push(note("served", &served.to_string())),
            Misbehaviour::FaultWhenWorn => assert!(served == 0, "I have served {served} already"),
            Misbehaviour::Leak => drop(black_box(vec![1u8; 1 << 20].leak())),
            Misbehaviour::WorkWithoutEnd => {
                work();
                result.orders = vec![answered_at_once(count)];
            }
            Misbehaviour::EndlessNotes => result.orders = notes(count),
            Misbehaviour::EndlessAlarms => result.orders = many(60, count, alarm),
            Misbehaviour::EndlessTimers => result.orders = many(60, count, timer),
            Misbehaviour::EndlessDials => result.orders = many(50, count, dial_to_a_new_leg),
            Misbehaviour::Clocks => result.orders = vec![note("clocks", &clocks())],
        }
        Ok(result)
    }
}

fn memory_bomb() -> ! {
    let mut hoard = Vec::new();
    loop {
        hoard.push(black_box(vec![1u8; 1 << 20]));
    }
}

/// Orders that cannot be carried out, and one that can.
fn impossible() -> Vec<Order> {
    vec![
        dial("0909 CALL ME"),
        note("k", "fine"),
        enter("two\r\nlines"),
        Order { id: 0xffff_0000, command: Command::Answer },
        note("k", &"long ".repeat(5_000)),
    ]
}

fn flood_stderr() -> ! {
    let line = "x".repeat(1_000);
    for _ in 0..20_000 {
        eprintln!("{line}");
    }
    eprintln!("the end of the flood");
    process::abort()
}

const FORGED: &str = "ok\n2026-11-29T00:00:00Z ERROR strowger: \u{1b}[31mcall +32470123456 is lost";

fn forge_log() -> Vec<Order> {
    reads::log(reads::Level::Info, FORGED);
    let alarm = Command::Alarm(Alarm { what: FORGED.into(), to: vec![] });
    vec![Order { id: 900_001, command: alarm }, dial("+32909123456")]
}

fn flood_log() {
    for n in 0..100_000 {
        reads::log(reads::Level::Info, &format!("message {n} {}", "x".repeat(2_000)));
    }
}

fn environment() -> String {
    let variables = env::vars().count();
    let arguments = env::args().count();
    format!("{variables} variables, {arguments} arguments")
}

fn complain() -> ! {
    let source = fs::read_to_string("/flow.py").unwrap_or_default();
    eprintln!("Traceback (most recent call last):\n{source}KeyError: 'gate'");
    process::exit(1)
}

/// Milliseconds since 1970.
fn wall_clock() -> u128 {
    SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap().as_millis()
}

/// The wall clock, chance, and a map with a seed.
fn clocks() -> String {
    let of_map: HashMap<u8, u8> = HashMap::from([(1, 1)]);
    let text = format!("{} {} {}", wall_clock(), reads::random(), of_map.len());
    std::io::stdout().flush().unwrap();
    text
}

/// What the plugin does when it behaves: a small state machine.
fn good(state: &[u8], event: &Event) -> StepResult {
    let count = steps_taken(state) + 1;
    let mut orders = vec![Order { id: count, command: Command::Timer(15_000) }];
    if let Event::Arrived(_) = event {
        orders.push(Order { id: 0, command: Command::Answer });
    }
    StepResult { state: count.to_le_bytes().to_vec(), orders }
}

fn steps_taken(state: &[u8]) -> u32 {
    state.try_into().map_or(0, u32::from_le_bytes)
}

fn endless_loop() {
    let mut n = 0u64;
    loop {
        n = black_box(n.wrapping_add(1));
    }
}

#[allow(unconditional_recursion, reason = "that is the point")]
fn deep(n: u64) -> u64 {
    1 + deep(black_box(n + 1)) * black_box(2)
}

#[allow(unconditional_recursion, reason = "that is the point")]
fn deep_with_large_frames(n: u64) -> u64 {
    let frame = black_box([n; 4_000]);
    frame[frame.len() / 2] + deep_with_large_frames(black_box(n + 1))
}

/// A string with bytes that no string may hold.
fn not_utf8() -> String {
    // SAFETY: there is none; a plugin in another language may do this without noticing.
    unsafe { String::from_utf8_unchecked(black_box(vec![b'a', 0xff, 0xfe])) }
}

/// Some 30 ms.
fn work() {
    let mut n = 1u64;
    for _ in 0..5_000_000 {
        n = black_box(n.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1));
    }
}

/// To hold a leg that is not there is refused.
fn answered_at_once(id: u32) -> Order {
    Order { id, command: Command::Hold("nobody".into()) }
}

/// So many orders with ids of their own, and one that is answered at once.
fn many(orders: u32, step: u32, one: fn(u32) -> Command) -> Vec<Order> {
    let ids = (0..orders).map(|n| step * 100 + n);
    let ordered = ids.map(|id| Order { id, command: one(id) });
    ordered.chain([answered_at_once(step * 100 + 99)]).collect()
}

fn notes(step: u32) -> Vec<Order> {
    let long = "x".repeat(16_000);
    let notes = (0..30).map(|n| note(&format!("{step}-{n}"), &long));
    notes.chain([answered_at_once(step)]).collect()
}

fn alarm(_: u32) -> Command {
    Command::Alarm(Alarm { what: "x".repeat(1_000), to: vec![] })
}

fn timer(_: u32) -> Command {
    Command::Timer(3_600_000)
}

fn dial_to_a_new_leg(id: u32) -> Command {
    let mut command = dial("+32470123456").command;
    if let Command::Dial(dial) = &mut command {
        dial.leg = format!("leg-{id}");
    }
    command
}

fn note(key: &str, value: &str) -> Order {
    Order { id: 1, command: Command::Note(Field { key: key.into(), value: value.into() }) }
}

fn dial(number: &str) -> Order {
    Order {
        id: 1,
        command: Command::Dial(Dial {
            leg: "premium".into(),
            target: Target::Number(number.into()),
            caller_id: None,
            display_name: None,
            limit: RingLimit::Rings(8),
            set_up_limit: 20_000,
            machine_detection: false,
            keep_place: None,
            confirm: None,
        }),
    }
}

fn enter(queue: &str) -> Order {
    Order {
        id: 2,
        command: Command::EnterQueue(EnterQueue {
            queues: vec![queue.into()],
            priority: 0,
            waited_since: None,
            with_caller: true,
            calls_back: None,
            rests: false,
            agent_leg: "agent".into(),
            whisper: vec![],
            display_name: None,
            report_offers: false,
        }),
    }
}

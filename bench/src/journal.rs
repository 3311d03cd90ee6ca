//! The journal: how fast, how large, how late, and what another host makes of it.

use crate::{
    carousel,
    figure::{Figure, Measured, Target},
    measure::{micros, millis},
    site,
};
use anyhow::{Context, Result, anyhow, ensure};
use rusqlite::Connection;
use std::{
    collections::HashMap,
    mem::{self, Discriminant},
    net::SocketAddr,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicU64, AtomicUsize, Ordering::Relaxed},
    },
    thread,
    time::{Duration, Instant},
};
use strowger_exchange::{Clock, Exchange, Observed, Observer, Options};
use strowger_flows::LoadedFlow;
use strowger_journal::{Backend, Query, Store, encode_step};
use strowger_model::{CallId, Event, StepRecord, Timestamp, command::AgentAction};
use strowger_pbx::port::{Address, AliveLeg, BoxFuture, Pbx, PbxCommand};
use strowger_remote::{Adapter, Beat, Remote, RemoteLimits, Token, protocol::PATH};
use strowger_scenario::replay::{Recorded, Verdict, replay};
use strowger_sim::{Caller, Phone, Sim, SimConfig};
use strowger_tests::{Folder, database, journal};
use tokio::{
    runtime::{Builder, Runtime},
    sync::watch,
    time::timeout,
};

pub(crate) const FIGURES: &[&Figure] = &[
    &Figure {
        key: "journalled_events_per_s",
        what: "the same as exchange_events_per_s, every step in a journal on disk before its commands leave",
        unit: "1/s",
        target: Target::AtLeast(50_000.0),
        against: "a month of 30,000 calls has some 150,000 events",
        alone: true,
        measure: journalled,
    },
    &Figure {
        key: "journal_bytes_per_call",
        what: "growth of the database with a call of the helpdesk: its steps and its record",
        unit: "B",
        target: Target::Known,
        against: "a month of 30,000 calls, kept whole: some 40 MB of them",
        alone: true,
        measure: bytes,
    },
    &Figure {
        key: "journal_added_us_p50",
        what: "what the journal adds from the end of a step to its commands at the PBX, in the middle",
        unit: "us",
        target: Target::Known,
        against: "20,000 us between two packets of speech",
        alone: true,
        measure: || added(|late| (late.p50(), "the 99th percentile", late.p99())),
    },
    &Figure {
        key: "journal_added_us_p99",
        what: "the same, at the 99th percentile",
        unit: "us",
        target: Target::Known,
        against: "20,000 us between two packets of speech",
        alone: true,
        measure: || added(|late| (late.p99(), "the middle", late.p50())),
    },
    &Figure {
        key: "resume_5000_ms",
        what: "5,000 waiting calls at the remote sim, from the start of the next host until the last goes on",
        unit: "ms",
        target: Target::AtMost(2_000.0),
        against: "50 to 500 ms after which an adapter looks for its host again",
        alone: true,
        measure: resume,
    },
    &Figure {
        key: "replay_calls_per_s",
        what: "recorded calls of the helpdesk, read and run again on all processors",
        unit: "1/s",
        target: Target::AtLeast(5_000.0),
        against: "30,000 calls a month",
        alone: true,
        measure: replayed,
    },
];

fn journalled() -> Result<Measured> {
    let folder = site::helpdesk(carousel::UP, "24/7", 0)?;
    let store = site::store(&folder)?;
    Ok(carousel::speed(&folder, Some(store))?.measured())
}

/// Bytes that are in use in the database of a host that is gone.
fn size(folder: &Folder) -> Result<u64> {
    let pages = "SELECT (page_count - freelist_count) * page_size FROM pragma_page_count, pragma_freelist_count, pragma_page_size";
    Ok(Connection::open(database(folder))?.query_row(pages, [], |row| row.get(0))?)
}

fn bytes() -> Result<Measured> {
    const CALLS: u64 = 10_000;
    let folder = site::helpdesk(carousel::UP, "24/7", 0)?;
    // Calls of before: tables and the version of the flow are there.
    carousel::record(&folder, site::store(&folder)?, CALLS)?;
    let before = size(&folder)?;
    carousel::record(&folder, site::store(&folder)?, CALLS)?;
    let value = (size(&folder)? - before) as f64 / CALLS as f64;
    let reader = journal(&folder).reader()?;
    let (mut steps, mut bytes) = (0, 0);
    let records = reader.records(&Query { limit: Some(100), ..Query::default() })?;
    for record in &records {
        let all = reader.steps(record.call)?;
        steps += all.len();
        bytes += all.iter().map(|numbered| encode_step(&numbered.step).len()).sum::<usize>();
    }
    let how = format!(
        "{CALLS} more calls in a journal of {CALLS}, after the checkpoint; {:.1} steps a call and {:.0} bytes a step",
        steps as f64 / records.len() as f64,
        bytes as f64 / steps as f64
    );
    Ok(Measured { value, how })
}

// ---------------------------------------------------------------------- lateness

/// A command: what it is and for whom or of which play.
type Key = (Discriminant<PbxCommand>, Arc<str>);

fn key(command: &PbxCommand) -> Option<Key> {
    let of = match command {
        PbxCommand::Play { play, .. } | PbxCommand::Stop { play } => &play.0,
        command => &command.leg()?.0,
    };
    Some((mem::discriminant(command), of.clone()))
}

/// Notes when steps give commands, and how late these are at the PBX.
#[derive(Default)]
struct Post {
    given: Mutex<HashMap<Key, Instant>>,
    late: Mutex<Vec<Duration>>,
    events: AtomicU64,
}

impl Observer for Post {
    fn observe(&self, _: Timestamp, _: CallId, what: &Observed<'_>) {
        match what {
            Observed::Event(_) => _ = self.events.fetch_add(1, Relaxed),
            Observed::Command(command) => {
                if let Some(key) = key(command) {
                    self.given
                        .lock()
                        .unwrap_or_else(PoisonError::into_inner)
                        .insert(key, Instant::now());
                }
            }
            _ => {}
        }
    }
}

/// On the way to the sim.
struct Letterbox {
    post: Arc<Post>,
    sim: Arc<Sim>,
}

impl Pbx for Letterbox {
    fn name(&self) -> &str {
        self.sim.name()
    }

    fn send(&self, command: PbxCommand) {
        let now = Instant::now();
        let given = key(&command).and_then(|key| {
            self.post.given.lock().unwrap_or_else(PoisonError::into_inner).remove(&key)
        });
        if let Some(given) = given {
            self.post
                .late
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
                .push(now.duration_since(given));
        }
        self.sim.send(command);
    }

    fn alive(&self) -> BoxFuture<'_, Result<Vec<AliveLeg>>> {
        self.sim.alive()
    }
}

/// So many that nobody waits.
const AGENTS: usize = 50;

/// A host on a sim, and how late its commands are.
struct Posted {
    _exchange: Arc<Exchange>,
    sim: Arc<Sim>,
    post: Arc<Post>,
}

impl Posted {
    fn new(folder: &Folder, store: Option<Store>) -> Result<Self> {
        let post = Arc::new(Post::default());
        let catalogue = site::catalogue(folder, &site::engine()?, None)?;
        let exchange = Exchange::new(Options {
            store,
            ..Options::new(catalogue, Clock::system(), post.clone())
        });
        let config =
            SimConfig { lengths: Arc::new(|_| Some(Duration::ZERO)), ..SimConfig::default() };
        let sim = Arc::new(Sim::new(config, exchange.sink()));
        for agent in 0..AGENTS {
            sim.phone(
                Address::Endpoint(site::phone(agent)),
                Phone { set_up: Duration::ZERO, ..Phone::answers(Duration::ZERO) },
            );
        }
        exchange.attach(Arc::new(Letterbox { post: post.clone(), sim: sim.clone() }));
        Ok(Self { _exchange: exchange, sim, post })
    }

    /// Takes what was noted.
    fn late(&self) -> Vec<Duration> {
        mem::take(&mut *self.post.late.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// Latenesses with a journal and without.
struct Late {
    with: Vec<Duration>,
    without: Vec<Duration>,
}

impl Late {
    fn added(&self, percent: usize) -> f64 {
        let at = |sorted: &[Duration]| {
            sorted.get(sorted.len() * percent / 100).copied().map_or(0.0, micros)
        };
        at(&self.with) - at(&self.without)
    }

    fn p50(&self) -> f64 {
        self.added(50)
    }

    fn p99(&self) -> f64 {
        self.added(99)
    }
}

/// Two hosts in turn, one with a journal.
fn added(which: impl Fn(&Late) -> (f64, &'static str, f64)) -> Result<Measured> {
    const ROUNDS: u64 = 10;
    const CALLS: u64 = 100;
    const BETWEEN: Duration = Duration::from_millis(5);
    let folder = site::helpdesk(AGENTS, "24/7", 0)?;
    let store = site::store(&folder)?;
    let runtime = Builder::new_multi_thread().worker_threads(2).enable_time().build()?;
    runtime.block_on(async {
        let hosts = [Posted::new(&folder, Some(store))?, Posted::new(&folder, None)?];
        let mut late = [Vec::new(), Vec::new()];
        for round in 0..=ROUNDS {
            for (host, late) in hosts.iter().zip(&mut late) {
                let mut every = tokio::time::interval(BETWEEN);
                for number in 0..CALLS {
                    every.tick().await;
                    host.sim.call(Caller { talks: Some(Duration::ZERO), ..site::caller(number) });
                }
                tokio::time::sleep(Duration::from_millis(100)).await;
                let new = host.late();
                // The first round warms up.
                if round > 0 {
                    late.extend(new);
                }
            }
        }
        late.iter_mut().for_each(|late| late.sort());
        let [with, without] = late;
        ensure!(!with.is_empty() && !without.is_empty(), "no command reached the PBX");
        let late = Late { with, without };
        let (value, other, added) = which(&late);
        let events = hosts[0].post.events.load(Relaxed) as f64 / ((ROUNDS + 1) * CALLS) as f64 / BETWEEN.as_secs_f64();
        let how =
            format!("{} commands at {events:.0} events/s, with and without a journal in turn; {added:.0} us at {other}", late.with.len());
        Ok(Measured { value, how })
    })
}

// ---------------------------------------------------------------------- another host

/// Counts the calls that were told that they go on.
#[derive(Default)]
struct Resumed(watch::Sender<u32>);

impl Observer for Resumed {
    fn observe(&self, _: Timestamp, _: CallId, what: &Observed<'_>) {
        if let Observed::Event(Event::Resumed { .. }) = what {
            self.0.send_modify(|count| *count += 1);
        }
    }
}

/// A host whose adapter is elsewhere.
struct Host {
    runtime: Runtime,
    exchange: Arc<Exchange>,
    remote: Arc<Remote>,
    resumed: Arc<Resumed>,
}

impl Host {
    fn start(
        options: Options,
        resumed: Arc<Resumed>,
        runtime: Runtime,
        at: SocketAddr,
        token: &Token,
    ) -> Result<Self> {
        let (exchange, remote) = runtime.block_on(async {
            let exchange = Exchange::new(options);
            let remote =
                Remote::start_with(at, token.clone(), RemoteLimits::default(), exchange.sink())
                    .await?;
            let remote = Arc::new(remote);
            exchange.attach(remote.clone());
            anyhow::Ok((exchange, remote))
        })?;
        Ok(Self { runtime, exchange, remote, resumed })
    }

    fn waiting(&self) -> u32 {
        self.exchange.queue("helpdesk").map_or(0, |queue| queue.waiting)
    }

    /// Dies with nothing said to anybody.
    fn die(self) {
        let Self { runtime, exchange, remote, .. } = self;
        drop((exchange, remote));
        runtime.shutdown_timeout(Duration::from_secs(10));
    }
}

const PATIENCE: Duration = Duration::from_secs(60);

/// A sim behind a remote adapter, which outlives the host at this address.
fn town(at: SocketAddr, token: &Token) -> Result<(Runtime, Arc<Sim>)> {
    let town = Builder::new_multi_thread().worker_threads(1).enable_all().build()?;
    let sim = town.block_on(async {
        let adapter = Adapter::new("sim");
        let config =
            SimConfig { lengths: Arc::new(|_| Some(Duration::ZERO)), ..SimConfig::default() };
        let sim = Arc::new(Sim::new(config, adapter.sink()));
        let (provider, mut connected, token) = (sim.clone(), adapter.connected(), token.clone());
        tokio::spawn(async move {
            adapter.run(&format!("ws://{at}{PATH}"), &token, provider, Beat::default()).await
        });
        timeout(PATIENCE, connected.wait_for(|connected| *connected))
            .await
            .context("the sim does not connect")??;
        anyhow::Ok(sim)
    })?;
    Ok((town, sim))
}

fn resume() -> Result<Measured> {
    const WAITING: u32 = 5_000;
    let folder = site::helpdesk(1, "24/7", 0)?;
    let engine = site::engine()?;
    let token = Token::new("figures-of-strowger")?;
    // What a host has before it opens its journal.
    let prepared = || -> Result<_> {
        let resumed = Arc::new(Resumed::default());
        let runtime = Builder::new_multi_thread().worker_threads(2).enable_all().build()?;
        Ok((site::catalogue(&folder, &engine, None)?, resumed, runtime))
    };
    let options = |catalogue, resumed: &Arc<Resumed>| -> Result<Options> {
        Ok(Options {
            store: Some(site::store(&folder)?),
            ..Options::new(catalogue, Clock::system(), resumed.clone())
        })
    };

    let (catalogue, resumed, runtime) = prepared()?;
    let first = Host::start(
        options(catalogue, &resumed)?,
        resumed,
        runtime,
        SocketAddr::from(([127, 0, 0, 1], 0)),
        &token,
    )?;
    let at = first.remote.address();
    let paused = first.exchange.agent(&"agent-0".into(), AgentAction::Pause(None));
    ensure!(paused.is_ok(), "pausing the agent: {paused:?}");
    let (_town, sim) = town(at, &token)?;
    (0..WAITING).for_each(|number| _ = sim.call(site::caller(number.into())));
    let since = Instant::now();
    while first.waiting() < WAITING {
        ensure!(since.elapsed() < PATIENCE, "{} of {WAITING} callers wait", first.waiting());
        thread::sleep(Duration::from_millis(10));
    }
    first.die();

    let (catalogue, resumed, runtime) = prepared()?;
    let since = Instant::now();
    let second = Host::start(options(catalogue, &resumed)?, resumed, runtime, at, &token)?;
    let opened = since.elapsed();
    let connected = second.runtime.block_on(async {
        timeout(PATIENCE, second.remote.connected().wait_for(|connected| *connected))
            .await
            .context("the sim does not come back")??;
        let connected = since.elapsed();
        let all =
            timeout(PATIENCE, second.resumed.0.subscribe().wait_for(|count| *count >= WAITING))
                .await
                .is_ok();
        ensure!(all, "{} of {WAITING} calls go on", *second.resumed.0.borrow());
        anyhow::Ok(connected)
    })?;
    let value = millis(since.elapsed());
    ensure!(second.waiting() == WAITING, "{} of {WAITING} callers wait", second.waiting());
    let how = format!(
        "the flows were loaded before; the journal was read after {:.0} ms and the adapter back after {:.0}",
        millis(opened),
        millis(connected)
    );
    Ok(Measured { value, how })
}

// ---------------------------------------------------------------------- replay

fn replayed() -> Result<Measured> {
    const CALLS: u64 = 20_000;
    let folder = site::helpdesk(carousel::UP, "24/7", 0)?;
    carousel::record(&folder, site::store(&folder)?, CALLS)?;
    let journal = journal(&folder);
    let reader = journal.reader()?;
    let calls: Vec<CallId> =
        reader.records(&Query::default())?.into_iter().map(|record| record.call).collect();
    let first = reader.steps(*calls.first().context("no call was recorded")?)?;
    let on = first
        .into_iter()
        .find_map(|numbered| numbered.step.on)
        .context("a call without a version")?;
    let files = reader.version(&on)?.context("the version is not in the journal")?;
    let flow = LoadedFlow::of_files(&files, &site::engine()?)
        .map_err(|problems| anyhow!("{problems:?}"))?;

    let (next, since) = (AtomicUsize::new(0), Instant::now());
    let work = || steps_again(&journal, &flow, || calls.get(next.fetch_add(1, Relaxed)).copied());
    let processors = thread::available_parallelism()?.get();
    let steps = thread::scope(|scope| {
        let threads: Vec<_> = (0..processors).map(|_| scope.spawn(work)).collect();
        let joined = threads
            .into_iter()
            .map(|thread| thread.join().map_err(|_| anyhow!("a thread of the replay panicked"))?);
        joined.sum::<Result<usize>>()
    })?;
    let value = calls.len() as f64 / since.elapsed().as_secs_f64();
    Ok(Measured {
        value,
        how: format!("{} calls, {steps} steps, on {processors} processors", calls.len()),
    })
}

/// Replays calls on the version that they had. How many steps they took.
fn steps_again(
    journal: &dyn Backend,
    flow: &LoadedFlow,
    next: impl Fn() -> Option<CallId>,
) -> Result<usize> {
    let reader = journal.reader()?;
    let mut count = 0;
    while let Some(call) = next() {
        let steps: Vec<(u32, StepRecord)> = reader
            .steps(call)?
            .into_iter()
            .map(|numbered| (numbered.number, numbered.step))
            .collect();
        let verdict = replay(&Recorded { call, steps: &steps }, |_| Ok(flow.flow.clone()));
        ensure!(verdict == Verdict::Same, "call {call}: {verdict:?}");
        count += steps.len();
    }
    Ok(count)
}

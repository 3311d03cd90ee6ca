//! `strowger sim`: a simulated PBX as a process of its own, whose callers outlive the host.

use crate::args;
use anstream::eprintln;
use anyhow::{Context, Result};
use serde::Serialize;
use std::{
    collections::{BTreeMap, HashMap},
    io::{BufRead, IsTerminal, Write},
    path::Path,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};
use strowger_pbx::port::{Address, LegId};
use strowger_remote::{
    Adapter, Beat, Provider, Token,
    protocol::{Act, Staged},
};
use strowger_scenario::file;
use strowger_sim::{Caller, Observed, Phone, Sim, SimConfig, Then};
use tokio::{
    sync::{
        mpsc::{Receiver, channel},
        watch,
    },
    time::{MissedTickBehavior, interval},
};
use tracing_subscriber::EnvFilter;

pub(crate) fn sim(args: &args::Sim) -> Result<bool> {
    let token = Token::read(&args.token_file)?;
    let filter =
        EnvFilter::try_new(std::env::var("STROWGER_LOG").unwrap_or_else(|_| "info".to_owned()))
            .context("STROWGER_LOG")?;
    let log = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr);
    log.with_ansi(std::io::stderr().is_terminal()).init();
    let runtime =
        tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()?;
    let result = runtime.block_on(run(args, token));
    runtime.shutdown_background();
    result
}

/// What callers have come to. Counted since the start.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
struct Status {
    /// A host is there.
    connected: bool,
    /// Calls that reached the host.
    arrived: u64,
    /// Those of them that were answered.
    answered: u64,
    /// Those of them that are over.
    ended: u64,
    /// Of those, whom the host sent on or back.
    transferred: u64,
    /// Calls that came while no host was there.
    own_route: u64,
    /// Phones that rang.
    rung: u64,
    /// Phones that were picked up.
    picked_up: u64,
    /// Legs that hear another now.
    talking: u64,
}

/// Counts what the far ends experience.
#[derive(Default)]
struct Counter {
    counted: Mutex<Counted>,
}

#[derive(Default)]
struct Counted {
    status: Status,
    /// Legs that are up, or may yet be: whether it is a caller, and whether it hears somebody.
    legs: HashMap<LegId, (bool, bool)>,
}

impl Counter {
    fn counted(&self) -> MutexGuard<'_, Counted> {
        self.counted.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn observe(&self, observed: &Observed) {
        if let Observed::RingStarted { address, .. } = observed {
            tracing::debug!(?address, "a phone rings");
        }
        let mut counted = self.counted();
        let Counted { status, legs } = &mut *counted;
        match observed {
            Observed::Arrived { leg, .. } => {
                status.arrived += 1;
                legs.insert(leg.clone(), (true, false));
            }
            Observed::OwnRoute { .. } => status.own_route += 1,
            Observed::RingStarted { leg, .. } => {
                status.rung += 1;
                legs.insert(leg.clone(), (false, false));
            }
            Observed::Answered { leg } => match legs.get(leg) {
                Some((true, _)) => status.answered += 1,
                _ => status.picked_up += 1,
            },
            Observed::Hears { leg, with, .. } => {
                if let Some((_, talks)) = legs.get_mut(leg) {
                    status.talking =
                        status.talking + u64::from(!with.is_empty()) - u64::from(*talks);
                    *talks = !with.is_empty();
                }
            }
            Observed::HungUp { leg, .. } | Observed::Transferred { leg, .. } => {
                if let Some((caller, talks)) = legs.remove(leg) {
                    status.talking -= u64::from(talks);
                    status.ended += u64::from(caller);
                    status.transferred +=
                        u64::from(matches!(observed, Observed::Transferred { .. }));
                }
            }
            Observed::Shows { .. } | Observed::RingStopped { .. } | Observed::Digits { .. } => {}
        }
    }
}

async fn run(args: &args::Sim, token: Token) -> Result<bool> {
    let seconds = |seconds: f64| {
        Duration::try_from_secs_f64(seconds).context("a time in seconds is out of range")
    };
    let phone = match args.nobody_answers {
        true => Phone::new(Then::Rings),
        false => Phone::answers(seconds(args.answer_after)?).talking(seconds(args.talk)?),
    };
    let patience = args.patience.map(seconds).transpose()?;
    let between = seconds(1.0 / args.rate).context("--rate")?;
    let counter = Arc::new(Counter::default());
    let (adapter, observer) = (Adapter::new(&args.name), counter.clone());
    let connected = adapter.connected();
    let config = SimConfig {
        observer: Some(Arc::new(move |_, observed| observer.observe(observed))),
        ..config(&args.name, phone)
    };
    let sim = Arc::new(Sim::new(config, adapter.sink()));
    phones(&sim, args.phones.as_deref())?;
    let (url, provider) = (args.connect.clone(), sim.clone());
    let link =
        tokio::spawn(async move { adapter.run(&url, &token, provider, Beat::default()).await });
    let caller = |from: String, to: &str| Caller {
        from: Some(from),
        to: to.to_owned(),
        patience,
        ..Caller::default()
    };
    let coming = come(args.callers, between, connected.clone(), |number| {
        sim.call(caller(format!("+32470{number:06}"), &args.to));
    });
    let mut orders = lines();
    let telling = async {
        let mut every = interval(Duration::from_millis(args.status.max(1)));
        every.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let (mut last, mut listening) = (None, true);
        loop {
            let status =
                || Status { connected: *connected.borrow(), ..counter.counted().status.clone() };
            tokio::select! {
                _ = every.tick() => {
                    let now = status();
                    if last.as_ref() != Some(&now) {
                        print(&now)?;
                    }
                    let gone = now.ended + now.own_route;
                    if args.exit && args.callers > 0 && gone >= args.callers {
                        return Ok(true);
                    }
                    last = Some(now);
                }
                order = orders.recv(), if listening => match order {
                    Some(order) => match order.split_whitespace().collect::<Vec<_>>().as_slice() {
                        ["status"] => print(&status())?,
                        ["hears"] => print(&hears(&sim))?,
                        ["call", to] => drop(sim.call(caller("+32470000000".to_owned(), to))),
                        ["call", to, from] => drop(sim.call(caller((*from).to_owned(), to))),
                        _ => eprintln!("strowger sim: {order:?} is none of: status, hears, call NUMBER [FROM]"),
                    },
                    None => listening = false,
                }
            }
        }
    };
    tokio::select! {
        told = telling => told,
        () = async { coming.await; std::future::pending().await } => Ok(false),
        _ = link => anyhow::bail!("the task that connects to the host has ended"),
    }
}

/// Has outside numbers behave as a file says.
fn phones(sim: &Sim, file: Option<&Path>) -> Result<()> {
    let Some(file) = file else { return Ok(()) };
    let wrong = || format!("{}: not a file with a table `outside`", file.display());
    let text = std::fs::read_to_string(file).with_context(wrong)?;
    let phones: file::Phones = toml::from_str(&text).with_context(wrong)?;
    for (number, phone) in phones.outside {
        sim.phone(Address::Number(number.to_string()), phone.behaviour());
    }
    Ok(())
}

/// A PBX with this phone wherever one is dialled.
fn config(name: &str, phone: Phone) -> SimConfig {
    SimConfig {
        name: name.to_owned(),
        leg_prefix: format!("{name}-{}-", since_1970().as_millis()),
        unknown: phone.clone(),
        outside: phone,
        ..SimConfig::default()
    }
}

/// The lines of standard input. Whoever writes more than these waits.
fn lines() -> Receiver<String> {
    let (sender, lines) = channel(64);
    std::thread::spawn(move || {
        let mut read = std::io::stdin().lock().lines().map_while(Result::ok);
        read.try_for_each(|line| sender.blocking_send(line))
    });
    lines
}

/// Has callers come, one after the other, from when the host is there for the first time.
async fn come(
    callers: u64,
    between: Duration,
    mut connected: watch::Receiver<bool>,
    mut call: impl FnMut(u64),
) {
    if connected.wait_for(|connected| *connected).await.is_err() {
        return;
    }
    let mut every = interval(between.max(Duration::from_micros(1)));
    for number in 0..callers {
        every.tick().await;
        call(number);
    }
}

/// Who hears whom.
fn hears(sim: &Sim) -> BTreeMap<LegId, Vec<LegId>> {
    match sim.stage(Act::Hears) {
        Staged::Hears { all } => {
            all.into_iter().map(|hearing| (hearing.leg, hearing.with)).collect()
        }
        _ => BTreeMap::new(),
    }
}

fn print(line: &impl Serialize) -> Result<()> {
    let mut out = std::io::stdout().lock();
    serde_json::to_writer(&mut out, line)?;
    out.write_all(b"\n")?;
    Ok(out.flush()?)
}

fn since_1970() -> Duration {
    std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap_or_default()
}

//! A storm: callers come, and everything that can go wrong between them and the host does, as a
//! seed says. Then it is calm, and all are served.
//!
//! # Layout
//! * [`plan`]: what happens, rolled from a seed.
//! * `town`: the host's files there, callers and phones.
//! * `turns`: somebody turns the switch in front of the helpdesk. `drive`: a campaign.
//! * `proxy`: tricks with messages between the host and its adapter, which is the sim.
//! * `served`: a host that can be gagged and killed.
//! * `check`: what must hold afterwards.

mod check;
mod drive;
pub mod plan;
mod proxy;
mod served;
mod town;
mod turns;

pub use plan::{KillPoint, Plan, number, seeds};
pub use proxy::{Trick, Way};

use crate::{Folder, Log, lock_journal};
use anyhow::{Context, Result, bail, ensure};
use plan::{Desk, Fault, Gust, Phones, UP};
use proxy::{Proxy, TOKEN};
use served::{BEAT, Served};
use std::{
    collections::BTreeMap,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicI64, Ordering::SeqCst},
    },
    thread,
    time::{Duration, Instant},
};
use strowger_exchange::Clock;
use strowger_journal::Health;
use strowger_pbx::port::{LegId, Pbx};
use strowger_remote::{Adapter, Token};
use strowger_sim::{Observed, Phone, Sim, SimConfig, Then};
use tokio::runtime::{Builder, Runtime};
use town::{address, caller, central, colleague, helpdesk, phone};

/// How long a storm may take until the last caller is gone.
const LIMIT: Duration = Duration::from_secs(30);
/// How long a fault waits for its moment.
const MOMENT: Duration = Duration::from_millis(1500);

/// What a storm came to, for figures.
#[derive(Clone, Debug, Default)]
pub struct Weather {
    /// Calls that were up when it began.
    pub up: usize,
    /// Kill points that were hit, how often.
    pub kills: BTreeMap<KillPoint, usize>,
    /// Calls that have a record.
    pub records: usize,
    /// Of those, calls that have steps that were not journalled.
    pub unjournalled: usize,
    /// Calls that were replayed.
    pub replayed: usize,
    /// Calls that were put through to the central helpdesk.
    pub overflowed: usize,
    /// Complaints that were noted.
    pub complaints: usize,
    /// Turns of the switch.
    pub turns: usize,
    /// Contacts of campaigns who were rung.
    pub rung: usize,
}

/// What far ends have experienced, in order.
type Seen = Arc<Mutex<Vec<(Instant, Observed)>>>;

/// A storm that is going on.
struct Storm {
    plan: Plan,
    folder: Arc<Folder>,
    /// How wrong the wall clock is.
    wrong: &'static AtomicI64,
    proxy: Arc<Proxy>,
    sim: Arc<Sim>,
    seen: Seen,
    served: Option<Served>,
    logs: Vec<Arc<Log>>,
    stuck: bool,
    /// Phones that were dialled before the journal had it.
    hasty: Vec<LegId>,
    swaps: u32,
    /// Where the next host may find the switch, by index: where it stood when the journal was last
    /// known to have every turn, and where it was turned since.
    may_stand: Vec<usize>,
    /// Turns that the journal had before anything else happened, in their order.
    sure_turns: Vec<usize>,
    weather: Weather,
    town: Runtime,
}

/// Has a storm rage, and checks what it left behind.
///
/// # Errors
/// Something that must hold did not, or the storm came to no end; the error shows the plan.
pub fn rage(plan: Plan) -> Result<Weather> {
    let shown = format!("STROWGER_STORM={} has it again\n{plan:#?}", plan.seed);
    let mut storm = Storm::start(plan)?;
    let result = storm.through();
    let weather = storm.weather.clone();
    result.map(|()| weather).with_context(|| format!("{shown}\n{}", storm.story()))
}

impl Storm {
    fn start(plan: Plan) -> Result<Self> {
        let folder = town::folder(&plan)?;
        let town = Builder::new_multi_thread().worker_threads(1).enable_all().build()?;
        let proxy = Arc::new(Proxy::start(town.handle())?);
        let adapter = Adapter::new("town");
        let seen = Seen::default();
        let config = SimConfig {
            unknown: Phone::new(Then::Rings),
            digit: Duration::from_millis(5),
            lengths: Arc::new(|_| Some(Duration::from_millis(40))),
            observer: Some({
                let seen = seen.clone();
                Arc::new(move |_, observed: &Observed| {
                    lock(&seen).push((Instant::now(), observed.clone()))
                })
            }),
            ..SimConfig::default()
        };
        let sim = {
            let _inside = town.enter();
            Arc::new(Sim::new(config, adapter.sink()))
        };
        let mut connected = adapter.connected();
        town.spawn({
            let (url, token, sim) = (proxy.url(), Token::new(TOKEN)?, sim.clone());
            async move { adapter.run(&url, &token, sim, BEAT).await }
        });
        let wrong: &'static AtomicI64 = Box::leak(Box::default());
        let mut storm = Self {
            plan,
            folder: Arc::new(folder),
            wrong,
            proxy,
            sim,
            seen,
            served: None,
            logs: Vec::new(),
            stuck: false,
            hasty: Vec::new(),
            swaps: 0,
            may_stand: Vec::new(),
            sure_turns: Vec::new(),
            weather: Weather::default(),
            town,
        };
        storm.host_starts()?;
        let there = connected.wait_for(|connected| *connected);
        storm
            .town
            .block_on(async { tokio::time::timeout(LIMIT, there).await })
            .context("the adapter does not connect")??;
        Ok(storm)
    }

    fn through(&mut self) -> Result<()> {
        let since = Instant::now();
        let slow = Desk::Answers(Duration::from_millis(50), Duration::from_millis(600), None);
        let desks = vec![slow; self.plan.agents as usize];
        self.phones(&Phones { desks, colleague: slow, central: slow });
        self.callers_come();
        self.until("callers", || self.sim_holds() >= UP)?;
        self.weather.up = self.sim_holds();
        self.drive_begins()?;
        for Gust { after, faults, phones, turn } in self.plan.gusts.clone() {
            thread::sleep(after);
            self.phones(&phones);
            if let Some(turn) = turn {
                self.turn(turn)?;
            }
            self.strike(&faults)?;
        }
        self.proxy.calm();
        self.phones(&self.plan.calm);
        self.turn_back()?;
        // Phones that were dialled before do as they were told then, but whoever rings for ever is
        // put down.
        let gone = || {
            self.sim_holds() == 0
                && lock(&self.seen).iter().filter(|(_, seen)| is_arrival(seen)).count()
                    == self.plan.callers.len()
        };
        self.until("the last caller's end", gone)?;
        // A campaign has its own limit: it calls some a minute later.
        let storm = since.elapsed();
        self.drive_ends()?;
        let calm = Instant::now();
        let served = self.served()?;
        let idle =
            served.wait(async { tokio::time::timeout(LIMIT, served.host.exchange.idle()).await });
        idle.with_context(|| {
            format!(
                "{} calls are up at the host and nobody is at the PBX",
                served.host.exchange.call_count()
            )
        })?;
        let took = storm + calm.elapsed();
        ensure!(took < 2 * LIMIT, "it took {took:?}");
        self.check()
    }

    /// All of it at once.
    fn strike(&mut self, faults: &[Fault]) -> Result<()> {
        let (proxy, folder, wrong) = (self.proxy.clone(), self.folder.clone(), self.wrong);
        let other = |fault: &Fault| -> Result<()> {
            match fault {
                Fault::Cut(length) => proxy.cut(*length),
                Fault::Stall(length) => proxy.stall(*length),
                Fault::Tricks(way, tricks, length) => {
                    proxy.play(*way, tricks);
                    thread::sleep(*length);
                    proxy.play_no_more();
                }
                Fault::Lock(length) => {
                    let locked = lock_journal(&folder)?;
                    thread::sleep(*length);
                    drop(locked);
                }
                Fault::Jump(by) => drop(wrong.fetch_add(*by, SeqCst)),
                Fault::Kill(..) => {}
            }
            Ok(())
        };
        thread::scope(|scope| {
            let others: Vec<_> = faults.iter().map(|fault| scope.spawn(|| other(fault))).collect();
            for fault in faults {
                if let Fault::Kill(point, gap) = fault {
                    self.kill(*point, *gap)?;
                }
            }
            others.into_iter().try_for_each(|other| match other.join() {
                Ok(result) => result,
                Err(_) => bail!("a fault panicked"),
            })
        })?;
        self.journal_is_well()
    }

    fn kill(&mut self, point: KillPoint, gap: Duration) -> Result<()> {
        // Steps that are not journalled die with their host, as they may: a host dies here while
        // all is.
        self.journal_is_well()?;
        let moment = Instant::now();
        let mut swapping = None;
        match point {
            KillPoint::Plain => {}
            KillPoint::JournalledNotSent => {
                let queued = self.steps();
                self.served()?.gag();
                while self.steps() < queued + 3 && moment.elapsed() < MOMENT {
                    thread::yield_now();
                }
            }
            KillPoint::SentNotAcknowledged => {
                self.proxy.deaf(true);
                thread::sleep(Duration::from_millis(20));
            }
            KillPoint::MidOffer => {
                while self.ringing() == 0 && moment.elapsed() < MOMENT {
                    thread::yield_now();
                }
                if self.ringing() == 0 {
                    return self.kill(KillPoint::Plain, gap);
                }
            }
            KillPoint::MidSwap => {
                self.swaps += 1;
                let edition = helpdesk(&self.plan, self.swaps);
                self.folder.write("helpdesk/flow.toml", &edition)?;
                let catalogue = self.served()?.host.catalogue.clone();
                let swap = thread::spawn(move || catalogue.reload());
                thread::sleep(gap / 20);
                swapping = Some(swap);
            }
        }
        *self.weather.kills.entry(point).or_default() += 1;
        let served = self.served.take().context("no host to kill")?;
        self.stuck |= served.was_stuck();
        self.hasty.extend(served.hasty());
        self.logs.push(served.kill(&self.proxy));
        if let Some(swap) = swapping {
            ensure!(swap.join().is_ok(), "the swap panicked");
        }
        self.proxy.deaf(false);
        thread::sleep(gap);
        self.host_starts()
    }

    fn host_starts(&mut self) -> Result<()> {
        // Where nobody locks the database, a slow machine is no reason to give up journalling.
        let stuck_after = Duration::from_millis(if self.plan.locks() { 200 } else { 10_000 });
        self.served =
            Some(Served::start(&self.folder, Clock::wrong(self.wrong), &self.proxy, stuck_after)?);
        self.stands_as_turned()
    }

    fn served(&self) -> Result<&Served> {
        self.served.as_ref().context("there is no host")
    }

    /// Waits until everything that is submitted is committed.
    fn journal_is_well(&self) -> Result<()> {
        let store = &self.served()?.store;
        let since = Instant::now();
        while *store.health().borrow() != Health::Journalling {
            ensure!(since.elapsed() < LIMIT, "the journal does not recover");
            thread::yield_now();
        }
        Ok(())
    }

    fn steps(&self) -> usize {
        self.served.as_ref().map_or(0, |served| served.host.log.lines().len())
    }

    /// Phones that ring.
    fn ringing(&self) -> usize {
        let seen = lock(&self.seen);
        let count = |is: fn(&Observed) -> bool| seen.iter().filter(|(_, seen)| is(seen)).count();
        count(|seen| matches!(seen, Observed::RingStarted { .. }))
            - count(|seen| matches!(seen, Observed::RingStopped { .. }))
    }

    fn callers_come(&self) {
        let (sim, callers) = (self.sim.clone(), self.plan.callers.clone());
        self.town.spawn(async move {
            for coming in callers {
                tokio::time::sleep(coming.after).await;
                sim.call(caller(coming));
            }
        });
    }

    fn phones(&self, phones: &Phones) {
        for (agent, desk) in (1..).zip(&phones.desks) {
            self.sim.phone(address(agent), phone(*desk));
        }
        // Callers and agents of several calls talk with these.
        let many = |desk| Phone { busy_when_talking: false, ..phone(desk) };
        self.sim.phone(colleague(), many(phones.colleague));
        self.sim.phone(central(), many(phones.central));
    }

    /// Callers at the PBX, as long as the host has them.
    fn sim_holds(&self) -> usize {
        let alive = self.town.block_on(self.sim.alive()).unwrap_or_default();
        alive.iter().filter(|leg| leg.arrived.is_some()).count()
    }

    fn until(&self, what: &str, happened: impl Fn() -> bool) -> Result<()> {
        let since = Instant::now();
        while !happened() {
            if since.elapsed() > LIMIT {
                bail!("{what}: not within {LIMIT:?}");
            }
            // Looking again and again would take the time of those who are looked at.
            thread::sleep(Duration::from_millis(5));
        }
        Ok(())
    }

    /// What happened, for whoever has to find out why.
    fn story(&self) -> String {
        let mut story = String::new();
        let logs = self.logs.iter().chain(self.served.as_ref().map(|served| &served.host.log));
        for (number, log) in logs.enumerate() {
            story += &format!("---- host {number}\n{}\n", log.lines().join("\n"));
        }
        let seen = lock(&self.seen);
        let begin = seen.first().map_or_else(Instant::now, |(at, _)| *at);
        story += "---- the town\n";
        for (at, seen) in seen.iter() {
            story += &format!("{:?} {seen:?}\n", at.duration_since(begin));
        }
        story
    }
}

impl Drop for Storm {
    fn drop(&mut self) {
        if let Some(served) = self.served.take() {
            served.kill(&self.proxy);
        }
    }
}

fn is_arrival(seen: &Observed) -> bool {
    matches!(seen, Observed::Arrived { .. } | Observed::OwnRoute { .. })
}

fn lock(seen: &Seen) -> MutexGuard<'_, Vec<(Instant, Observed)>> {
    seen.lock().unwrap_or_else(PoisonError::into_inner)
}

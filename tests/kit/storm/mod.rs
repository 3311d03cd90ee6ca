//! A storm: callers come, and everything that can go wrong between them and the host does, as a
//! seed says. Then it is calm, and all are served.
//!
//! # Layout
//! * [`plan`]: what happens, rolled from a seed.
//! * `proxy`: tricks with messages between the host and its adapter, which is the sim.
//! * `served`: a host that can be gagged and killed.
//! * `check`: what must hold afterwards.

mod check;
pub mod plan;
mod proxy;
mod served;

pub use plan::{KillPoint, Plan, number, seeds};
pub use proxy::{Trick, Way};

use crate::{Folder, HELPDESK, Log, helpdesk_site, lock_journal};
use anyhow::{Context, Result, bail, ensure};
use plan::{Coming, Desk, Fault, Gust, Phones, UP, Who};
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
use strowger_pbx::port::{Address, LegId, Pbx};
use strowger_remote::{Adapter, Token};
use strowger_sim::{Caller, Keys, Observed, Phone, Sim, SimConfig, Then};
use tokio::runtime::{Builder, Runtime};

/// How long a storm may take until the last caller is gone.
const LIMIT: Duration = Duration::from_secs(30);
/// How long a fault waits for its moment.
const MOMENT: Duration = Duration::from_millis(1500);
/// Who hangs up sooner was gone at once, and the caller waits on.
const TOO_SHORT: Duration = Duration::from_millis(50);

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

/// What agents can key, and whom a coach can listen to.
const KEYS: &str = r#"
[settings.in_call]
consult = "*4N#"
back = "*#"
transfer = "*7N#"
ring_time = 1
country = "+32"
busy = "Bezet."
not_reached = "Niemand."
not_permitted = "Niet toegestaan."
cases = { complaint = { keys = "*9#", said = "Genoteerd." } }

[settings.coaching]
coaches = ["PJSIP/coach"]
agents = { 1 = "a1" }
whom = "Wie?"
keys = "Druk 1, 2 of 3."
not_talking = "Niemand praat."

[cases.complaint]
mail_to = ["desk@stad.be"]

[mails.complaint]
subject = "Klacht van {caller}"
text = "{number} {agent} {due} {case}"
"#;

/// The helpdesk as the storm knows it; an edition differs in what is said while waiting.
fn helpdesk(overflow_after: Duration, edition: u32) -> String {
    let overflow = format!("overflow_after = {}", overflow_after.as_secs());
    let flow = HELPDESK
        .replace("overflow_after = 6", &overflow)
        .replace("ring_time = 5", "ring_time = 1")
        .replace("warn_below_agents = 2", "warn_below_agents = 0")
        .replace("dial = [", "listen = [\"helpdesk\"]\ndial = [\"150\", ")
        .replace("[limits]", "[limits]\nstep_ms = 5000")
        .replace("Even wachten.", &format!("Even wachten, editie {edition}."));
    flow + KEYS
}

/// The one whom agents consult.
fn colleague() -> Address {
    Address::Extension("150".to_owned())
}

fn central() -> Address {
    Address::Number("+3227138700".to_owned())
}

impl Storm {
    fn start(plan: Plan) -> Result<Self> {
        let site = helpdesk_site(plan.agents as u8, true, true, true);
        let failing = format!(
            "plugin = \"hostile\"\nnumbers = [\"0999\"]\n[limits]\nstep_ms = 5000\n[settings]\nmisbehave = \"panic\"\nafter = {}\n",
            plan.fails_after
        );
        let site = site.replace("ring_time = 3", "ring_time = 60");
        let site = site.replace("retry_after = 2", "retry_after = 1");
        let too_short = format!("too_short = {}", TOO_SHORT.as_secs_f64());
        let site = site.replace("too_short = 0", &too_short);
        let folder = Folder::new(&format!("{site}\n[cases.complaint]\ndays = 45\n"))?
            .plugin("vaccination-helpdesk")?
            .plugin("hostile")?
            .flow("helpdesk", &helpdesk(plan.overflow_after, 0))?
            .flow("failing", &failing)?;
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
        for Gust { after, faults, phones } in self.plan.gusts.clone() {
            thread::sleep(after);
            self.phones(&phones);
            self.strike(&faults)?;
        }
        self.proxy.calm();
        self.phones(&self.plan.calm);
        // Phones that were dialled before do as they were told then, but whoever rings for ever is
        // put down.
        let gone = || {
            self.sim_holds() == 0
                && lock(&self.seen).iter().filter(|(_, seen)| is_arrival(seen)).count()
                    == self.plan.callers.len()
        };
        self.until("the last caller's end", gone)?;
        let served = self.served()?;
        let idle =
            served.wait(async { tokio::time::timeout(LIMIT, served.host.exchange.idle()).await });
        idle.with_context(|| {
            format!(
                "{} calls are up at the host and nobody is at the PBX",
                served.host.exchange.call_count()
            )
        })?;
        ensure!(since.elapsed() < 2 * LIMIT, "it took {:?}", since.elapsed());
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
                let edition = helpdesk(self.plan.overflow_after, self.swaps);
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
        Ok(())
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

fn caller(coming: Coming) -> Caller {
    let keyed = |after: u64, digits: &str| Keys {
        after: Duration::from_millis(after),
        digits: digits.to_owned(),
    };
    let caller = Caller {
        from: Some(coming.number),
        to: "0900".to_owned(),
        patience: coming.patience,
        ..Caller::default()
    };
    match coming.who {
        Who::Caller => caller,
        // Whoever calls the plugin that fails gives it something to do.
        Who::Failing => {
            Caller { to: "0999".to_owned(), keys: vec![keyed(300, "12345678")], ..caller }
        }
        Who::Coach(leaves) => Caller {
            endpoint: Some("PJSIP/coach".to_owned()),
            leaves: Some(leaves),
            keys: vec![keyed(200, "1#"), keyed(400, "2"), keyed(600, "3")],
            ..caller
        },
    }
}

fn phone(desk: Desk) -> Phone {
    match desk {
        Desk::Answers(after, talks, keyed) => {
            let Some(keyed) = keyed else { return Phone::answers(after).talking(talks) };
            // The flow has to know first that the two talk.
            let keys = Keys { after: talks, digits: keyed.keys().to_owned() };
            Phone { keys: vec![keys], ..Phone::answers(after).talking(2 * talks) }
        }
        Desk::Busy => Phone::new(Then::Busy),
        Desk::GivesUp(after) => Phone::new(Then::GivesUp(after)),
        Desk::Declines(after) => Phone::new(Then::Declines(after)),
    }
}

fn is_arrival(seen: &Observed) -> bool {
    matches!(seen, Observed::Arrived { .. } | Observed::OwnRoute { .. })
}

fn address(agent: u32) -> Address {
    Address::Endpoint(format!("PJSIP/a{agent}"))
}

fn lock(seen: &Seen) -> MutexGuard<'_, Vec<(Instant, Observed)>> {
    seen.lock().unwrap_or_else(PoisonError::into_inner)
}

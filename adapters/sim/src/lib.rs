//! A PBX in process, with callers and phones, in real or virtual time.
//!
//! # Layout
//! * `config`: [`SimConfig`]. [`party`]: callers and phones, as scenarios describe them.
//! * [`observe`]: what the far ends experience.
//! * `world`: legs and conversations, and what happens to them.
//! * `far_end`, `conversation`: callers and phones, and those who hear each other.
//! * `commands`: what the host's commands do.
//! * `agenda`: what is to happen, by time; `inbox`: commands on their way.
//! * `watched`: how phones are that the host watches; `watch`: it is told.
//! * `provider`: the sim as the adapter of a host in another process, and its part in tests of
//!   adapters.
//!
//! One task drives everything: it carries commands out in the order in which they were sent,
//! [`SimConfig::latency`] after they were, does what is due, and only then tells the sink and the
//! observer, outside of its lock. Both may call the sim. It waits by `tokio::time` and by nothing
//! else, so a runtime with paused time plays a day in seconds, alike every time. The task ends when
//! the [`Sim`] is dropped.
//!
//! **It is no kinder than Asterisk**: nothing tells why a phone stays silent, a missing recording
//! fails only the play, a caller who hangs up is gone whatever is under way, what happens while the
//! connection is cut is not told later (but for the ends of plays, which an adapter can ask for), a
//! phone that is picked up then is hung up, and a call that comes then never reaches the host.

mod agenda;
mod commands;
mod config;
mod conversation;
mod far_end;
mod inbox;
pub mod observe;
pub mod party;
mod provider;
#[cfg(test)]
mod tests;
mod watch;
mod watched;
mod world;

pub use config::SimConfig;
pub use observe::{By, Observed, SimObserver, Sound};
pub use party::{Caller, Keys, Phone, Rings, Then};

use inbox::Inbox;
use std::{
    sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock},
    time::Duration,
};
use strowger_model::PhoneState;
use strowger_pbx::port::{Address, AliveLeg, BoxFuture, LegId, Pbx, PbxCommand, PbxEvent, PbxSink};
use tokio::{
    sync::Notify,
    task::{AbortHandle, yield_now},
    time::{Instant, sleep, sleep_until},
};
use world::{Told, World, micros};

/// The PBX, and the hands of those who use its telephones.
pub struct Sim {
    shared: Arc<Shared>,
    driver: AbortHandle,
    name: String,
    latency: Duration,
}

struct Shared {
    /// Locked before the inbox, by whoever locks both.
    world: Mutex<World>,
    inbox: Mutex<Inbox>,
    start: Instant,
    /// Something is due earlier than what the driver waits for.
    earlier: Notify,
    sink: RwLock<PbxSink>,
    observer: Option<SimObserver>,
}

/// Things done before others get their turn.
const BATCH: usize = 256;

impl Sim {
    /// Starts the driver: to be called inside a tokio runtime.
    pub fn new(config: SimConfig, sink: PbxSink) -> Self {
        // The first that an adapter tells: what is alive.
        sink(PbxEvent::Synced { alive: Vec::new() });
        let shared = Arc::new(Shared {
            start: Instant::now(),
            earlier: Notify::new(),
            sink: RwLock::new(sink),
            observer: config.observer.clone(),
            world: Mutex::new(World::new(&config)),
            inbox: Mutex::default(),
        });
        let driver = tokio::spawn(drive(shared.clone())).abort_handle();
        Self { shared, driver, name: config.name, latency: config.latency }
    }

    /// Puts another host in the place of the one before.
    pub fn set_sink(&self, sink: PbxSink) {
        *self.shared.sink.write().unwrap_or_else(PoisonError::into_inner) = sink;
    }

    /// Makes a call come in, now.
    pub fn call(&self, caller: Caller) -> LegId {
        self.at_once(|world| world.call(caller))
    }

    /// The far end of a leg hangs up, now: a caller or a phone, answered or not. Nothing if it is
    /// gone.
    pub fn hang_up(&self, leg: &LegId) {
        self.at_once(|world| world.far_end_leaves(leg));
    }

    /// The far end of a leg keys digits, from now on. Nothing if it is gone.
    pub fn key(&self, leg: &LegId, digits: &str) {
        self.at_once(|world| world.far_end_keys(leg, digits));
    }

    /// Says how a phone or a number behaves when it is dialled from now on. Legs that are under way
    /// stay as they are.
    pub fn phone(&self, address: Address, behaviour: Phone) {
        self.shared.world().set_phone(address, behaviour);
    }

    /// A phone is away from now on, or free again: what the host is told that watches it. A phone
    /// from which somebody calls is busy by itself.
    pub fn phone_is(&self, address: Address, state: PhoneState) {
        self.at_once(|world| world.phone_is(address, state));
    }

    /// Somebody calls from a phone without the host, for so long.
    pub fn own_call(&self, address: Address, length: Duration) {
        self.at_once(|world| world.own_call(address.clone(), true));
        let (shared, wakes) = (self.shared.clone(), self.shared.start);
        tokio::spawn(async move {
            sleep(length).await;
            let mut world = shared.world();
            world.begin(wakes.elapsed());
            world.own_call(address, false);
            drop(world);
            shared.earlier.notify_one();
        });
    }

    /// Picks a ringing phone up, now. Which leg: the one that was dialled first. None: it does not
    /// ring.
    pub fn pick_up(&self, address: &Address) -> Option<LegId> {
        self.at_once(|world| world.pick_up(address))
    }

    /// Hangs a phone up, now, that talks or rings. Which legs.
    pub fn put_down(&self, address: &Address) -> Vec<LegId> {
        self.at_once(|world| world.put_down(address))
    }

    /// Cuts the connection to the host, now: `Lost`. Commands are still carried out; events are
    /// lost, as with the socket of ARI.
    pub fn cut(&self, why: &str) {
        self.at_once(|world| world.cut(why));
    }

    /// The connection is back: `Synced`.
    pub fn mend(&self) {
        self.at_once(World::mend);
    }

    /// Since the sim began; what observers are told is counted so too.
    pub fn elapsed(&self) -> Duration {
        self.shared.start.elapsed()
    }

    /// Does something with the world as of now, and wakes the driver.
    fn at_once<T>(&self, what: impl FnOnce(&mut World) -> T) -> T {
        let mut world = self.shared.world();
        world.begin(self.shared.start.elapsed());
        let result = what(&mut world);
        if let Some(next) = world.next() {
            let wake = self.shared.inbox().wake_for(next);
            self.shared.wake(wake);
        }
        result
    }
}

impl Drop for Sim {
    fn drop(&mut self) {
        self.driver.abort();
    }
}

impl Pbx for Sim {
    fn name(&self) -> &str {
        &self.name
    }

    fn send(&self, command: PbxCommand) {
        let wake = {
            let mut inbox = self.shared.inbox();
            inbox.put(micros(self.shared.start.elapsed() + self.latency), command)
        };
        self.shared.wake(wake);
    }

    fn alive(&self) -> BoxFuture<'_, anyhow::Result<Vec<AliveLeg>>> {
        let alive = self.at_once(|world| world.alive());
        Box::pin(async move { Ok(alive) })
    }
}

impl Shared {
    /// The world, with all that was sent to it.
    fn world(&self) -> MutexGuard<'_, World> {
        let mut world = self.world.lock().unwrap_or_else(PoisonError::into_inner);
        world.accept(self.inbox().take());
        world
    }

    fn inbox(&self) -> MutexGuard<'_, Inbox> {
        self.inbox.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn wake(&self, wake: bool) {
        if wake {
            self.earlier.notify_one();
        }
    }

    /// Does what is due, but no more than so many things. When to work again; none: when woken.
    fn work(&self, told: &mut Vec<Told>) -> Option<Duration> {
        let mut world = self.world();
        let next = world.work(self.start.elapsed(), BATCH, told);
        self.inbox().wait_for(next).map(Duration::from_micros)
    }

    fn tell(&self, told: &mut Vec<Told>) {
        if told.is_empty() {
            return;
        }
        let sink = self.sink.read().unwrap_or_else(PoisonError::into_inner).clone();
        for told in told.drain(..) {
            match told {
                Told::Event(event) => sink(event),
                Told::Observed(at, observed) => {
                    if let Some(observer) = &self.observer {
                        observer(at, &observed);
                    }
                }
            }
        }
    }
}

async fn drive(shared: Arc<Shared>) {
    let mut told = Vec::new();
    loop {
        let next = shared.work(&mut told);
        shared.tell(&mut told);
        match next {
            Some(next) if next <= shared.start.elapsed() => yield_now().await,
            Some(next) => {
                tokio::select! {
                    () = sleep_until(shared.start + next) => (),
                    () = shared.earlier.notified() => (),
                }
            }
            None => shared.earlier.notified().await,
        }
    }
}

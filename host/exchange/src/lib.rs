//! The running host: one task for each call, and the floor of queues and agents that they share.
//!
//! # Layout
//! * [`Exchange`]: what the host is made of, and its life.
//! * `events`: what the PBX tells, given to the calls that it is for; `early`: what it tells before
//!   that can be dealt with.
//! * `running`: the task of a call (`strowger-call`), and what of it is journalled.
//! * `house`: what calls share, one file an owner: `register` of calls and legs, `floor` of queues
//!   and agents, `staff`, `pins`, `switches`, `campaigns`, `places`, `history`; and what one call may ask of
//!   them.
//! * `journal`, `wake`: what a call needs to outlive the host, and how the next host takes it up.
//! * `memory`: what the catalogue is to remember, kept in the journal.
//! * `clock`: [`Clock`], where the clocks are read.
//!
//! **Architecture invariant:** a call is one task, and only that task touches the call's state.
//! Tasks speak to each other by mailboxes and through the floor; nothing here waits for a PBX to
//! acknowledge.

mod clock;
mod early;
mod events;
mod house;
mod journal;
mod memory;
mod running;
mod wake;

pub use clock::Clock;
pub use house::{
    by_hand::ByHandError,
    campaigns::desk::CampaignError,
    phones::Phone,
    register::CallSummary,
    switches::board::{NotTurned, TurnSwitch},
};
pub use memory::Memory;
pub use strowger_call_port::{Glance, NoObserver, Observed, Observer};
pub use strowger_model::CallRecord;

use early::Early;
use house::{
    campaigns::{self, Campaigns},
    floor::{self, SharedFloor},
    history::History,
    phones::Phones,
    places::Places,
    register::Register,
    staff::Staff,
    switches::{self, Switches},
};
use journal::Journal;
use std::{
    collections::BTreeSet,
    sync::{
        Arc, Mutex, OnceLock,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    time::Duration,
};
use strowger_call_port::Input;
use strowger_flows::{Catalogue, LoadedFlow};
use strowger_journal::{Change, Clocks, Store};
use strowger_model::strangers::Logged;
use strowger_pbx::port::{Pbx, PbxCommand, PbxSink};
use strowger_site::Misnamed;
use tokio::sync::Notify;
use wake::Dormant;

/// What an exchange needs.
pub struct Options {
    /// The flows.
    pub catalogue: Arc<Catalogue>,
    /// The clocks.
    pub clock: Clock,
    /// Who looks on.
    pub observer: Arc<dyn Observer>,
    /// Where calls are journalled; none: in memory only, for scenarios.
    pub store: Option<Store>,
    /// Calls at once; further ones go to the PBX's own route.
    pub calls: usize,
}

impl Options {
    /// Without a store, and with as many calls as a host may have by default.
    pub fn new(catalogue: Arc<Catalogue>, clock: Clock, observer: Arc<dyn Observer>) -> Self {
        Self { catalogue, clock, observer, store: None, calls: Self::CALLS }
    }

    /// Calls at once, if nothing else is said: some 400 MB.
    pub const CALLS: usize = 100_000;
}

/// The running host. Lives until dropped by everybody; calls hold it.
pub struct Exchange {
    catalogue: Arc<Catalogue>,
    clock: Clock,
    observer: Arc<dyn Observer>,
    pbx: OnceLock<Arc<dyn Pbx>>,
    journal: Option<Journal>,
    most_calls: usize,
    early: Early,
    /// Where calls live, whoever brings them.
    runtime: tokio::runtime::Handle,
    floor: Arc<SharedFloor>,
    staff: Staff,
    switches: Arc<Switches>,
    campaigns: Arc<Campaigns>,
    phones: Phones,
    places: Places,
    /// When the site's day ends, in milliseconds of the wall clock.
    day_ends: AtomicU64,
    /// The snapshot whose site the floor was configured with.
    site: Mutex<Option<Arc<strowger_site::Site>>>,
    /// Names of before in it that nobody had.
    misnamed: Mutex<BTreeSet<Misnamed>>,
    register: Register,
    draining: AtomicBool,
    history: Mutex<History>,
    /// Mail was given to the journal.
    posted: Arc<Notify>,
}

impl Exchange {
    /// An exchange without a PBX. Must be called inside a tokio runtime.
    pub fn new(options: Options) -> Arc<Self> {
        let Options { catalogue, clock, observer, store, calls } = options;
        let dormant = store.as_ref().map(Dormant::read);
        let clock = match dormant.as_ref().and_then(Dormant::clocks) {
            Some(last) => clock.after(last),
            None => clock,
        };
        let for_contacts = dormant.as_ref().map(Dormant::for_contacts).unwrap_or_default();
        let exchange = Arc::new(Self {
            catalogue,
            clock,
            observer,
            pbx: OnceLock::new(),
            most_calls: calls,
            floor: Arc::new(SharedFloor::new(clock)),
            staff: Staff::default(),
            switches: Arc::new(Switches::of(store.as_ref())),
            campaigns: Arc::new(Campaigns::of(store.as_ref())),
            phones: Phones::default(),
            places: Places::default(),
            day_ends: AtomicU64::new(0),
            site: Mutex::default(),
            misnamed: Mutex::default(),
            register: Register::after(dormant.as_ref().and_then(|dormant| dormant.last_call)),
            early: Early::new(dormant),
            runtime: tokio::runtime::Handle::current(),
            draining: AtomicBool::new(false),
            history: Mutex::default(),
            posted: Arc::default(),
            journal: store.map(Journal::new),
        });
        exchange.site_changed();
        exchange.restore_campaigns(&for_contacts);
        // The log says why it could not.
        let _ = exchange.read_history();
        tokio::spawn(floor::tick(exchange.floor.clone(), Arc::downgrade(&exchange)));
        let switches = exchange.switches.clone();
        tokio::spawn(switches::tick(switches, clock, Arc::downgrade(&exchange)));
        let campaigns = exchange.campaigns.clone();
        tokio::spawn(campaigns::tick(campaigns, clock, Arc::downgrade(&exchange)));
        if exchange.journal.is_some() && !clock.is_simulated() {
            let exchange = Arc::downgrade(&exchange);
            tokio::spawn(clock::watch(clock, move |clocks, jumped| {
                exchange.upgrade().is_some_and(|exchange| exchange.keep_clocks(clocks, jumped))
            }));
        }
        exchange
    }

    /// Where the PBX adapter puts its events.
    pub fn sink(self: &Arc<Self>) -> PbxSink {
        // The PBX holds the sink and the exchange holds the PBX: one of the two must let go.
        let exchange = Arc::downgrade(self);
        Arc::new(move |event| {
            if let Some(exchange) = exchange.upgrade() {
                exchange.take(event);
            }
        })
    }

    /// Gives the PBX, and takes the events that it has brought so far. The first one given stays.
    pub fn attach(self: &Arc<Self>, pbx: Arc<dyn Pbx>) {
        if self.pbx.set(pbx).is_err() {
            tracing::error!("an exchange has one PBX; the second is ignored");
        }
        self.early.attached(self);
    }

    /// The journal is to know how the clocks read. Says whether there is one.
    fn keep_clocks(&self, clocks: Clocks, jumped: bool) -> bool {
        if jumped {
            self.look_at_the_day();
        }
        self.journal.as_ref().inspect(|journal| journal.keep(Change::Clocks(clocks))).is_some()
    }

    /// The clocks of the calls.
    pub fn clock(&self) -> Clock {
        self.clock
    }

    /// Is notified when mail was given to the journal.
    pub fn posted(&self) -> Arc<Notify> {
        self.posted.clone()
    }

    /// Sends new calls to the PBX's own route from now on, and waits until no call is up, at most
    /// so long. Says how many still are: they stay at the PBX as they are.
    pub async fn drain(&self, within: Duration) -> usize {
        self.draining.store(true, Ordering::Relaxed);
        self.campaigns.look_again();
        self.register.post_to_all(|| Input::ShuttingDown(within));
        let _ = tokio::time::timeout(within, self.idle()).await;
        self.call_count()
    }

    /// Sends a command behind all that calls have ordered so far. Their commands may still wait for
    /// the journal: what ends a leg must not overtake what brings it forth.
    fn send_in_order(self: &Arc<Self>, command: PbxCommand) {
        let Some(journal) = &self.journal else { return self.send(command) };
        let exchange = self.clone();
        journal.submit(Vec::new(), vec![command], None, move |command| exchange.send(command));
    }

    fn send(&self, command: PbxCommand) {
        let dialled = match &command {
            PbxCommand::Dial { leg, .. } => Some(leg.clone()),
            _ => None,
        };
        match self.pbx.get() {
            Some(pbx) => pbx.send(command),
            None => {
                let command = format!("{command:?}");
                tracing::error!("no PBX is attached: {} is lost", Logged(command));
            }
        }
        if let Some(leg) = dialled {
            self.register.dialled(&leg);
        }
    }
}

/// Whether a flow has as many calls as it may.
fn is_full(flow: &LoadedFlow) -> bool {
    flow.calls() >= flow.limits.calls as usize
}

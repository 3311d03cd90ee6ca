//! The world of a call: its PBX, the floor, and a flow that orders what it is given to order.

mod house;

use super::pbx::Pbx;
use crate::{
    Ask, Call, House, Input, NoFlow, Now, Observed, Out, Prove, Stepped, Takeover, legs::Role,
};
use std::{
    collections::{BTreeMap, BTreeSet, VecDeque},
    path::Path,
    sync::Arc,
    time::Duration,
};
use strowger_model::{
    AgentName, CallId, Command, Event, LegName, Order, OrderId, Outcome, Timestamp,
    command::{AgentAction, Target},
    event::{Arrival, Refusal},
    read::{AgentStatus, Authority},
    step::Ordered,
};
use strowger_pbx::port::{LegId, PbxCommand, PbxEvent};
use strowger_routing::{
    AgentConfig, AttemptId, EntryId, Floor, Input as FloorInput, Output, QueueConfig, RefusedInput,
};
use strowger_site::{
    Agent, Endpoint, Fallback, Permissions, Quota, Site, Terms,
    read_site::{self, People},
    source::Source,
};

const SITE: &str = r#"
    time_zone = "Europe/Brussels"
    language = "nl-BE"
    music = { wait = "wait" }
    [queues.desk]
    agents = ["an", "bo"]
    [agents.an]
    endpoints = [{ address = "PJSIP/an" }]
    [agents.bo]
    endpoints = [{ address = "PJSIP/bo" }]
"#;

/// The site, whose queue has these keys too.
pub(super) fn site(of_queue: &str) -> Arc<Site> {
    let text = SITE.replace("[queues.desk]", &format!("[queues.desk]\n{of_queue}"));
    let source = Source::parse(Path::new("site.toml"), &text).unwrap();
    Arc::new(read_site::site(&source, People::Files).unwrap())
}

/// What a flow may do here: everything.
fn terms() -> Arc<Terms> {
    let site = site("");
    Arc::new(Terms {
        name: "flow".into(),
        version: "1".to_owned(),
        numbers: Vec::new(),
        permissions: Permissions {
            dial: vec!["+32*".parse().unwrap()],
            queues: vec!["desk".to_owned()],
            ..Permissions::default()
        },
        steps: 10_000,
        steps_in_a_row: 500,
        quota: Quota::default(),
        fallback: Fallback::Pbx,
        language: "nl-BE".to_owned(),
        caller_id: None,
        mails: BTreeMap::new(),
        cases_to: BTreeMap::new(),
        site,
        recordings: BTreeMap::new(),
    })
}

/// The call of the world.
fn call() -> CallId {
    CallId::next(1, None)
}

/// A place of another call.
pub(super) fn elsewhere(number: u32) -> EntryId {
    EntryId { call: CallId::next(2, None), order: OrderId(number) }
}

/// A floor with the site's queue and agents.
fn floor_at(now: Duration) -> Floor {
    let mut floor = Floor::new();
    let agents = ["an", "bo"];
    let configure = FloorInput::Configure {
        queues: vec![QueueConfig::new("desk", agents.map(AgentName::new))],
        agents: agents.map(AgentConfig::new).to_vec(),
    };
    floor.input(now, configure, &mut Vec::new()).unwrap();
    floor
}

/// What calls share, in one place.
pub(super) struct Shared {
    terms: Arc<Terms>,
    /// As it is now.
    pub(super) site: Arc<Site>,
    floor: Floor,
    now: Duration,
    /// What the flow orders in its next steps.
    pub(super) plan: VecDeque<Vec<Command>>,
    next_id: u32,
    /// What the flow was told, in order.
    pub(super) told: Vec<Event>,
    /// What it ordered.
    pub(super) ordered: Vec<Order>,
    enrolled: BTreeSet<LegId>,
    struck: BTreeSet<LegId>,
    /// Legs that went to another call.
    pub(super) handed_over: Vec<Takeover>,
    /// What the floor said to other calls.
    pub(super) others: Vec<Output>,
    /// What the call told the owner of a leg: itself, or another call.
    pub(super) mail: VecDeque<PbxEvent>,
    pub(super) over: bool,
    /// Legs that the flow knows to be there.
    known: BTreeSet<LegName>,
    /// Steps until the house has no time; each time so many again. None: it always has.
    pub(super) hurry: Option<Hurry>,
}

/// A house that has no time after every so many steps.
#[derive(Clone, Copy, Debug)]
pub(super) struct Hurry {
    pub(super) steps: u32,
    /// It dies instead, so many times more.
    pub(super) dies: u32,
}

impl Shared {
    pub(super) fn now(&self) -> Duration {
        self.now
    }

    /// An outcome is of an order that has had no final one and was not cancelled.
    fn check(&mut self, id: OrderId, outcome: &Outcome) {
        assert!(self.ordered.iter().any(|order| order.id == id), "{id}: {outcome:?} of no order");
        assert_eq!(self.finals(id), 0, "{id}: {outcome:?} after the final outcome");
        assert!(!self.is_cancelled(id), "{id}: {outcome:?} after its cancel");
        let came = match outcome {
            Outcome::Connected { leg, .. } => Some(leg),
            Outcome::LegAnswered(_) => self.ordered.iter().find_map(|order| match &order.command {
                Command::Dial(dial) if order.id == id => Some(&dial.leg),
                _ => None,
            }),
            _ => None,
        };
        let came = came.cloned().filter(|leg| !self.known.contains(leg));
        self.known.extend(came);
    }

    pub(super) fn finals(&self, wanted: OrderId) -> usize {
        let is_final = |event: &&Event| matches!(event, Event::Order { id, outcome } if *id == wanted && outcome.is_final());
        self.told.iter().filter(is_final).count()
    }

    /// Whether the flow took an order back after it had given it.
    pub(super) fn is_cancelled(&self, id: OrderId) -> bool {
        let after = self.ordered.iter().skip_while(|order| order.id != id);
        after.skip(1).any(|order| order.command == Command::Cancel { order: id })
    }
}

/// The floor takes a phone to be quiet that was told so long ago to stop ringing.
const QUIET_AFTER: Duration = Duration::from_secs(10);

pub(super) struct World {
    pub(super) call: Call,
    pub(super) shared: Shared,
    pub(super) pbx: Pbx,
    /// How many there have been.
    hosts: u32,
    /// Since when phones of agents are to be quiet.
    told_to_stop: BTreeMap<LegId, Duration>,
}

impl World {
    /// A caller has arrived; what the flow will order stands in `plan`.
    pub(super) fn new(plan: Vec<Vec<Command>>) -> Self {
        let terms = terms();
        // As a host counts that has the time since 1970: there is a time before the first input.
        let now = Duration::from_secs(1_790_000_000);
        let floor = floor_at(now);
        let mut pbx = Pbx::default();
        let caller = LegId::from("caller-leg");
        pbx.arrive(caller.clone());
        let arrival = Arrival {
            call: call(),
            caller: Some("+32470000001".to_owned()),
            caller_name: None,
            endpoint: None,
            dialled: "100".to_owned(),
            diverted_from: None,
            line: None,
            adapter: "world".to_owned(),
            data: String::new(),
            at: Timestamp(now.as_millis() as u64),
        };
        let shared = Shared {
            terms: terms.clone(),
            site: terms.site.clone(),
            floor,
            now,
            plan: plan.into(),
            next_id: 1,
            told: Vec::new(),
            ordered: Vec::new(),
            enrolled: BTreeSet::from([caller.clone()]),
            struck: BTreeSet::new(),
            handed_over: Vec::new(),
            others: Vec::new(),
            mail: VecDeque::new(),
            over: false,
            known: BTreeSet::from([LegName::caller()]),
            hurry: None,
        };
        let call = Call::new(terms, caller, arrival);
        let mut world = Self { call, shared, pbx, hosts: 1, told_to_stop: BTreeMap::new() };
        world.input(Input::Begin);
        world
    }

    pub(super) fn input(&mut self, input: Input) {
        self.one_input(input);
        while self.call.is_behind() {
            match &mut self.shared.hurry {
                Some(hurry) if hurry.dies > 0 => {
                    hurry.dies -= 1;
                    self.restart(0);
                }
                _ => self.one_input(Input::GoOn),
            }
        }
    }

    fn one_input(&mut self, input: Input) {
        if self.call.is_over() {
            return;
        }
        let now =
            Now { wall: Timestamp(self.shared.now.as_millis() as u64), elapsed: self.shared.now };
        let struck = self.shared.struck.clone();
        let mut out = Out::default();
        self.call.input(now, input, &mut self.shared, &mut out);
        for command in &out.commands {
            let gone = command.leg().is_some_and(|leg| struck.contains(leg));
            let harmless = matches!(command, PbxCommand::Music { .. } | PbxCommand::Move { .. });
            assert!(!gone || harmless, "{command:?} to a leg that is gone");
        }
        self.pbx.queue.extend(out.commands);
        let own = |event: &PbxEvent| event.leg().is_some_and(|leg| self.call.has_leg(leg));
        let (own, others): (Vec<_>, Vec<_>) =
            std::mem::take(&mut self.shared.mail).into_iter().partition(own);
        self.shared.mail = others.into();
        self.hear(own);
        self.shared.over = self.call.is_over();
        self.check_phones();
    }

    /// Whom a cancelled dial has rung is hung up; no phone is rung for the second time while it may
    /// still ring from the first.
    fn check_phones(&mut self) {
        let mut rung = BTreeSet::new();
        for leg in self.call.legs.iter() {
            match &leg.role {
                Role::Dialled(order) => {
                    let dropped =
                        self.shared.is_cancelled(*order) && self.shared.finals(*order) == 0;
                    assert!(
                        !dropped || leg.is_ending(),
                        "{order} is cancelled, and {} rings",
                        leg.id
                    );
                }
                Role::Offered { agent, endpoint, .. } => {
                    let now = self.shared.now;
                    let told = self.told_to_stop.entry(leg.id.clone()).or_insert(now);
                    if !leg.is_ending() {
                        *told = now;
                    }
                    if now - *told < QUIET_AFTER {
                        assert!(rung.insert((agent, endpoint)), "{agent} is rung twice");
                    }
                }
                Role::Caller | Role::Agent { .. } | Role::Substitute { .. } => {}
            }
        }
    }

    /// How an agent stands on the floor.
    pub(super) fn agent(&self, name: &str) -> Option<AgentStatus> {
        self.shared.floor.agent(name)
    }

    /// The PBX tells what happened.
    pub(super) fn hear(&mut self, events: Vec<PbxEvent>) {
        events.into_iter().for_each(|event| self.input(Input::Pbx(event)));
    }

    /// The PBX carries out all that it was told.
    pub(super) fn settle(&mut self) {
        while !self.pbx.queue.is_empty() {
            let events = self.pbx.carry();
            self.hear(events);
        }
    }

    /// Time passes; what is due in it happens at its time.
    pub(super) fn pass(&mut self, time: Duration) {
        let until = self.shared.now + time;
        while !self.call.is_over() {
            let floor = self.shared.floor.next_deadline();
            let due = [self.call.due(), floor].into_iter().flatten().min();
            let Some(due) = due.filter(|due| *due <= until) else { break };
            self.shared.now = self.shared.now.max(due);
            let mut outputs = Vec::new();
            let tick = FloorInput::Tick;
            self.shared.floor.input(self.shared.now, tick, &mut outputs).unwrap();
            self.hear_floor(self.hosts, outputs);
            if self.call.due().is_some_and(|due| due <= self.shared.now) {
                self.input(Input::Due);
            }
        }
        // A host that died meanwhile took its time, too.
        self.shared.now = self.shared.now.max(until);
    }

    /// The flow is told everything: a conversation that has begun lasts.
    pub(super) fn let_last(&mut self) {
        while self.call.holds_back() {
            self.pass(Duration::from_secs(1));
            self.settle();
        }
    }

    /// The host dies, with commands that have not left; another one comes.
    pub(super) fn restart(&mut self, lost: usize) {
        if self.call.is_over() {
            return;
        }
        let left = self.pbx.queue.len().saturating_sub(lost);
        self.pbx.queue.truncate(left);
        // What did leave is carried out before the next host asks; nobody hears of it.
        while !self.pbx.queue.is_empty() {
            self.pbx.carry();
        }
        self.shared.now += Duration::from_secs(1);
        let image = serde_json::to_string(&self.call.image(self.shared.now)).unwrap();
        let terms = self.shared.terms.clone();
        self.call = Call::of_image(terms, serde_json::from_str(&image).unwrap());
        let now = self.shared.now;
        let mut floor = floor_at(now);
        let restore = FloorInput::Restore {
            agents: Vec::new(),
            entries: self.call.places(),
            quieting: self.call.quieting(),
            next_attempt: AttemptId(now.as_millis() as u64),
        };
        let mut outputs = Vec::new();
        floor.input(now, restore, &mut outputs).unwrap();
        self.shared.floor = floor;
        self.hosts += 1;
        let host = self.hosts;
        let alive = self.pbx.alive();
        self.input(Input::Resume { alive, gap: Duration::from_secs(1) });
        self.hear_floor(host, outputs);
    }

    /// What the floor of a host says, as long as that host lives.
    fn hear_floor(&mut self, host: u32, outputs: Vec<Output>) {
        for output in outputs {
            if output.entry().call != call() {
                self.shared.others.push(output);
            } else if self.hosts == host {
                self.input(Input::Floor(output));
            }
        }
    }

    /// Another call does something on the floor.
    pub(super) fn on_floor(&mut self, input: FloorInput) {
        let own = self.floor_alone(input);
        self.hear_floor(self.hosts, own);
    }

    /// The same; what the floor says to this call is still on its way.
    pub(super) fn floor_alone(&mut self, input: FloorInput) -> Vec<Output> {
        let mut outputs = Vec::new();
        self.shared.floor.input(self.shared.now, input, &mut outputs).unwrap();
        let (own, others) = outputs.into_iter().partition(|output| output.entry().call == call());
        self.shared.others.extend::<Vec<_>>(others);
        own
    }

    /// The attempt of the phone that rings for the call.
    pub(super) fn attempt(&self) -> AttemptId {
        let attempt = |leg: &crate::legs::Leg| match leg.role {
            Role::Offered { attempt, .. } => Some(attempt),
            _ => None,
        };
        self.call.legs.iter().find_map(attempt).unwrap()
    }
}

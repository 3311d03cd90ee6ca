//! The world of a call: its PBX, the floor, and a flow that orders what it is given to order.

use super::pbx::Pbx;
use crate::{
    Ask, Call, House, Image, Input, NoFlow, Now, Observed, Out, Prove, Stepped, Takeover,
    legs::Role,
};
use std::{
    collections::{BTreeMap, BTreeSet, VecDeque},
    path::Path,
    sync::Arc,
    time::Duration,
};
use strowger_model::{
    AgentName, CallId, Command, Event, LegName, Order, OrderId, Outcome, Timestamp,
    command::{AgentAction, SetSwitch, Target},
    event::{Arrival, Refusal},
    read::{AgentStatus, Authority},
    step::Ordered,
};
use strowger_pbx::port::{LegId, PbxCommand};
use strowger_routing::{
    AgentConfig, EntryId, Floor, Input as FloorInput, Output, QueueConfig, RefusedInput,
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
fn terms(name: &str) -> Arc<Terms> {
    let site = site("");
    Arc::new(Terms {
        name: name.into(),
        version: "1".to_owned(),
        numbers: Vec::new(),
        permissions: Permissions {
            dial: vec!["+32*".parse().unwrap()],
            queues: vec!["desk".to_owned()],
            flows: FLOWS.map(str::to_owned).to_vec(),
            switches: vec!["*".to_owned()],
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

/// The flow of the call, and others that it may continue with.
const FLOWS: [&str; 3] = ["flow", "behind", "further"];

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
    /// All flows.
    flows: BTreeMap<String, Arc<Terms>>,
    /// The flow that has the call, and those that rest behind it, the outermost first.
    on: Arc<Terms>,
    resting: Vec<Arc<Terms>>,
    /// Where the switches stand.
    pub(super) switches: BTreeMap<String, String>,
    /// Those that the call watches.
    watched: BTreeSet<String>,
    /// Those that the flow reads in its next steps.
    pub(super) reads: VecDeque<&'static str>,
    /// Behind what the floor has said so far.
    fences: u32,
    /// Orders before this one were given by flows that do not have the call any more.
    dropped: u32,
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

impl House for Shared {
    fn site(&self) -> Arc<Site> {
        self.site.clone()
    }

    fn step(&mut self, ask: Ask<'_>) -> Stepped {
        match &ask.event {
            Event::Order { id, outcome } => self.check(*id, outcome),
            Event::HungUp { leg, .. } => {
                assert!(self.known.remove(leg), "{leg} is told to be gone, and is not known");
            }
            _ => {}
        }
        self.told.push(ask.event);
        let mut orders = Vec::new();
        for command in self.plan.pop_front().unwrap_or_default() {
            let order = Order { id: OrderId(self.next_id), command };
            self.next_id += 1;
            self.ordered.push(order.clone());
            orders.push(Ordered::Order(order));
        }
        let reads = self.reads.pop_front();
        let reads = reads.map(|name| (name.to_owned(), self.watch_switch(name).unwrap()));
        // The state tells the flows apart.
        let state = Some(self.on.name.as_str().as_bytes().into());
        Stepped { state, orders, switches: reads.into_iter().collect(), ..Stepped::default() }
    }

    fn knows(&self, _: &Event) -> bool {
        true
    }

    fn change_flow(&mut self, name: &str, rest: bool) -> Result<Arc<Terms>, NoFlow> {
        let next = self.flows.get(name).cloned().ok_or(NoFlow::Unknown)?;
        let before = std::mem::replace(&mut self.on, next);
        if rest {
            self.resting.push(before);
        }
        self.dropped = self.next_id;
        Ok(self.on.clone())
    }

    fn come_back(&mut self, to: usize) {
        self.on = self.resting.drain(to..).next().expect("a flow that rests");
        self.dropped = self.next_id;
    }

    fn fence(&mut self) {
        self.fences += 1;
    }

    fn rests_no_more(&mut self) {
        self.resting.clear();
    }

    fn watch_switch(&mut self, name: &str) -> Option<String> {
        self.watched.insert(name.to_owned());
        self.switches.get(name).cloned()
    }

    fn turn_switch(&mut self, turn: SetSwitch, _: Option<&str>) -> Result<(), Refusal> {
        self.switches.insert(turn.name, turn.position);
        Ok(())
    }

    fn floor(&mut self, input: FloorInput) -> Result<Vec<Output>, RefusedInput> {
        let mut out = Vec::new();
        self.floor.input(self.now, input, &mut out)?;
        Ok(out)
    }

    fn position(&self, entry: EntryId) -> Option<u32> {
        self.floor.position(entry)
    }

    fn endpoint(&self, agent: &AgentName, endpoint: usize) -> Option<Endpoint> {
        let agent = self.on.site.agents.get(agent.as_str())?;
        agent.endpoints.get(endpoint).cloned()
    }

    fn agent_called(&self, _: &Target) -> Option<AgentName> {
        None
    }

    fn authority(&self, _: &Site, _: &Agent, _: Option<&str>) -> Authority {
        Authority::Nothing
    }

    fn act(&mut self, _: &AgentName, _: AgentAction) -> Result<(), Refusal> {
        Ok(())
    }

    fn keep_agent(&mut self, _: &AgentName) {}

    fn prove(&mut self, _: Prove) {}

    fn enrol(&mut self, leg: &LegId) {
        assert!(self.enrolled.insert(leg.clone()), "{leg} is enrolled twice");
    }

    fn strike(&mut self, leg: &LegId) {
        assert!(self.struck.insert(leg.clone()), "{leg} ends twice");
    }

    fn hand_over(&mut self, takeover: Takeover) -> bool {
        let there = takeover.of == LegId::from("other-call");
        if there {
            self.handed_over.push(takeover);
        }
        there
    }

    fn talks(&mut self, _: &AgentName, _: &LegId) {}

    fn talks_no_more(&mut self, _: &AgentName, _: &LegId) {}

    fn talking_leg(&self, _: &AgentName) -> Option<LegId> {
        None
    }

    fn overran(&mut self, _: &str) {}

    fn has_time(&self) -> bool {
        self.hurry.is_none_or(|hurry| !(self.told.len() as u32).is_multiple_of(hurry.steps))
    }

    fn observe(&self, _: &Observed<'_>) {}
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
        assert!(id.0 >= self.dropped, "{id}: {outcome:?} of a flow that has no call");
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

    /// Whether an order was given by a flow that does not have the call any more.
    pub(super) fn is_dropped(&self, id: OrderId) -> bool {
        id.0 < self.dropped
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
        let flows = FLOWS.map(|name| (name.to_owned(), terms(name)));
        let terms = flows[0].1.clone();
        // As a host counts that has the time since 1970: there is a time before the first input.
        let now = Duration::from_secs(1_790_000_000);
        let floor = floor_at(now);
        let mut pbx = Pbx::default();
        let caller = LegId::from("caller-leg");
        pbx.arrive(caller.clone());
        let arrival = Arrival {
            call: CallId::next(1, None),
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
            flows: flows.into(),
            on: terms.clone(),
            resting: Vec::new(),
            switches: ["hap", "text"].map(|name| (name.to_owned(), "open".to_owned())).into(),
            watched: BTreeSet::new(),
            reads: VecDeque::new(),
            fences: 0,
            dropped: 0,
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
        self.pass_fences();
        while self.call.is_behind() {
            match &mut self.shared.hurry {
                Some(hurry) if hurry.dies > 0 => {
                    hurry.dies -= 1;
                    self.restart(0);
                }
                _ => self.one_input(Input::GoOn),
            }
            self.pass_fences();
        }
    }

    /// An input whose fences are not passed yet.
    pub(super) fn only(&mut self, input: Input) {
        self.one_input(input);
    }

    fn pass_fences(&mut self) {
        while let Some(left) = self.shared.fences.checked_sub(1) {
            self.shared.fences = left;
            self.one_input(Input::Fence);
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

    /// A switch is turned: the call is told, if it watches the switch.
    pub(super) fn turn(&mut self, switch: &str, position: &str) {
        let before = self.shared.switches.insert(switch.to_owned(), position.to_owned());
        if self.shared.watched.contains(switch) && before.as_deref() != Some(position) {
            let (switch, position) = (switch.to_owned(), position.to_owned());
            self.input(Input::Turned { switch, position });
        }
    }

    /// The flow that has the call, and those that rest behind it.
    pub(super) fn flows(&self) -> (&str, Vec<&str>) {
        let name = |terms: &'_ Arc<Terms>| -> &'static str {
            FLOWS.iter().find(|name| **name == terms.name.as_str()).unwrap()
        };
        assert!(Arc::ptr_eq(&self.shared.on, self.call.terms()));
        (name(&self.shared.on), self.shared.resting.iter().map(name).collect())
    }

    /// How an agent stands on the floor.
    pub(super) fn agent(&self, name: &str) -> Option<AgentStatus> {
        self.shared.floor.agent(name)
    }

    /// The PBX tells what happened.
    pub(super) fn hear(&mut self, events: Vec<strowger_pbx::port::PbxEvent>) {
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
        let mut image: Image<'static> = serde_json::from_str(&image).unwrap();
        let flows = &self.shared.flows;
        image.rest_in(|on| flows.get(on.flow.as_str()).cloned());
        self.call = Call::of_image(self.shared.on.clone(), image);
        self.shared.watched.clear();
        let now = self.shared.now;
        let mut floor = floor_at(now);
        let restore = FloorInput::Restore {
            agents: Vec::new(),
            entries: self.call.places(),
            quieting: self.call.quieting(),
            next_attempt: strowger_routing::AttemptId(now.as_millis() as u64),
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
            if self.hosts == host {
                self.input(Input::Floor(output));
            }
        }
    }
}

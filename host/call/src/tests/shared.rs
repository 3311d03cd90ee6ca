//! What calls share, in a test: the house of a call, whose flow orders what it is given to order.

use std::{
    collections::{BTreeMap, BTreeSet, VecDeque},
    path::Path,
    sync::Arc,
    time::Duration,
};
use strowger_call_port::{
    Ask, House, KeptPlace, NoFlow, Observed, Prove, Stepped, Takeover, offered_leg,
};
use strowger_model::{
    AgentName, CallId, Command, Event, LegName, Order, OrderId, Outcome,
    command::{AgentAction, ContactOf, Disposition, OpenCampaign, SetSwitch, Target},
    event::Refusal,
    read::Authority,
    step::Ordered,
};
use strowger_pbx::port::{LegId, PbxEvent};
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
pub(super) fn terms(name: &str) -> Arc<Terms> {
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
pub(super) const FLOWS: [&str; 3] = ["flow", "behind", "further"];

/// The call of the world.
pub(super) fn call() -> CallId {
    CallId::next(1, None)
}

/// A place of another call.
pub(super) fn elsewhere(number: u32) -> EntryId {
    EntryId { call: CallId::next(2, None), order: OrderId(number) }
}

/// A floor with the site's queue and agents.
pub(super) fn floor_at(now: Duration) -> Floor {
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
    pub(super) flows: BTreeMap<String, Arc<Terms>>,
    /// The flow that has the call, and those that rest behind it, the outermost first.
    pub(super) on: Arc<Terms>,
    pub(super) resting: Vec<Arc<Terms>>,
    /// Where the switches stand.
    pub(super) switches: BTreeMap<String, String>,
    /// Those that the call watches.
    pub(super) watched: BTreeSet<String>,
    /// Those that the flow reads in its next steps.
    pub(super) reads: VecDeque<&'static str>,
    /// Behind what the floor has said so far.
    pub(super) fences: u32,
    /// Orders before this one were given by flows that do not have the call any more.
    pub(super) dropped: u32,
    /// As it is now.
    pub(super) site: Arc<Site>,
    pub(super) floor: Floor,
    pub(super) now: Duration,
    /// What the flow orders in its next steps.
    pub(super) plan: VecDeque<Vec<Command>>,
    pub(super) next_id: u32,
    /// What the flow was told, in order.
    pub(super) told: Vec<Event>,
    /// What it ordered.
    pub(super) ordered: Vec<Order>,
    pub(super) enrolled: BTreeSet<LegId>,
    pub(super) struck: BTreeSet<LegId>,
    /// Legs that went to another call.
    pub(super) handed_over: Vec<Takeover>,
    /// Places that are kept for those who are to be called back.
    pub(super) places: BTreeMap<EntryId, KeptPlace>,
    /// What the floor said to other calls.
    pub(super) others: Vec<Output>,
    /// What the call told the owner of a leg: itself, or another call.
    pub(super) mail: VecDeque<PbxEvent>,
    pub(super) over: bool,
    /// Legs that the flow knows to be there.
    pub(super) known: BTreeSet<LegName>,
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

    fn open_campaign(&mut self, _: OpenCampaign) -> Result<(), Refusal> {
        Ok(())
    }

    fn stop_campaign(&mut self, _: &str) -> Result<(), Refusal> {
        Ok(())
    }

    fn claim(&mut self, _: &ContactOf) -> Result<bool, Refusal> {
        Ok(true)
    }

    fn dials_contact(&mut self) -> Result<(), Refusal> {
        Ok(())
    }

    fn dispose(&mut self, _: Disposition, _: Option<AgentName>) -> Result<(), Refusal> {
        Ok(())
    }

    fn floor(&mut self, input: FloorInput) -> Result<Vec<Output>, RefusedInput> {
        let mut out = Vec::new();
        self.floor.input(self.now, input, &mut out)?;
        let (own, others) = out.into_iter().partition(|output| output.entry().call == call());
        self.others.extend::<Vec<_>>(others);
        Ok(own)
    }

    fn keep_place(&mut self, place: KeptPlace) {
        self.places.insert(place.entry, place);
    }

    fn give_place_up(&mut self, entry: EntryId) -> bool {
        self.places.remove(&entry).is_some()
    }

    fn take_place(&mut self, of: CallId) -> Vec<KeptPlace> {
        self.places.extract_if(.., |entry, _| entry.call == of).map(|(_, place)| place).collect()
    }

    fn rings_for(&self, attempt: AttemptId) -> Option<EntryId> {
        self.floor.rings_for(attempt)
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

    fn owns(&self, leg: &LegId) -> bool {
        let gone = |output: &Output| match output {
            Output::RingsOn { first, attempt, .. } => offered_leg(*first, *attempt) == *leg,
            _ => false,
        };
        !self.others.iter().any(gone)
    }

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

    fn tell_owner(&mut self, event: PbxEvent) {
        self.mail.push_back(event);
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

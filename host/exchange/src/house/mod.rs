//! What calls share, each with its owner; and what one call may ask of it ([`Guest`]).
//!
//! * `register`: the calls that are up, and their legs.
//! * `floor`: queues and agents, with their lock and their clock; `plan`: the site in their words.
//! * `phones`: how the phones of agents are, as the PBX tells.
//! * `staff`: where agents have logged in, and wrong PINs.
//! * `switches`: how switches stand, and which calls have read them.
//! * `campaigns`: the lists of campaigns, and who of them is called next.
//! * `places`: places in line that are kept for those who are to be called back.
//! * `history`: calls that are over.
//! * `by_hand`: what people ask of calls, and do with them.
//! * `reads`: what a flow may ask during a step.

pub(crate) mod by_hand;
pub(crate) mod campaigns;
pub(crate) mod floor;
pub(crate) mod history;
pub(crate) mod phones;
pub(crate) mod pins;
pub(crate) mod places;
pub(crate) mod plan;
pub(crate) mod reads;
pub(crate) mod register;
pub(crate) mod staff;
pub(crate) mod switches;

use crate::Exchange;
use reads::StepReads;
use std::{
    sync::Arc,
    time::{Duration, Instant},
};
use strowger_call_port::{
    Ask, House, Input as CallInput, KeptPlace, NoFlow, Observed, Prove, Stepped, Takeover,
};
use strowger_flows::OnFlow;
use strowger_journal::{Change, encode_step};
use strowger_model::{
    AgentName, CallId, Event,
    command::{AgentAction, ContactOf, Disposition, OpenCampaign, SetSwitch, Target},
    event::Refusal,
    read::Authority,
    step::{Read, Recorder, StepRecord},
    strangers::Logged,
};
use strowger_pbx::port::{LegId, PbxEvent};
use strowger_routing::{AttemptId, EntryId, Input, Output, RefusedInput};
use strowger_sandbox::Fault;
use strowger_site::{Agent, Endpoint, Site, Terms};

/// The host as one call sees it while it deals with an input.
pub(crate) struct Guest<'a> {
    pub(crate) call: CallId,
    pub(crate) exchange: &'a Arc<Exchange>,
    pub(crate) flow: &'a mut OnFlow,
    pub(crate) resting: &'a mut Option<Box<Resting>>,
    /// What the journal does not have yet.
    pub(crate) changes: Vec<Change>,
    /// Calls whose places it has taken: they are told when the journal has that.
    pub(crate) taken: Vec<CallId>,
    /// When the call began to deal with the input.
    pub(crate) since: Instant,
}

/// The versions of the flows that rest behind the one that has the call, the outermost first: each
/// lives as long as its flow rests.
#[derive(Default)]
pub(crate) struct Resting(pub(crate) Vec<OnFlow>);

/// Bytes of a step in the journal, at most.
const STEP: usize = 1 << 20;

/// How long a call deals with an input before it lets others have their turn.
const TURN: Duration = Duration::from_millis(5);

impl Guest<'_> {
    fn fault(&self, fault: &Fault, retried: bool) {
        let flow = &*self.flow;
        self.exchange.catalogue.report_fault(flow, self.exchange.clock.now());
        let text = fault.to_string();
        self.observe(&Observed::Fault { fault: &text, retried });
        let (call, version) = (self.call, &flow.version);
        tracing::error!(%call, flow = %flow.name, version, retried, "{}", Logged(&text));
    }
}

impl House for Guest<'_> {
    fn site(&self) -> Arc<Site> {
        self.exchange.catalogue.current().site.clone()
    }

    fn step(&mut self, ask: Ask<'_>) -> Stepped {
        let Ask { number, first, state, event, endpoint, at } = ask;
        let flow = (**self.flow).clone();
        let reads = Arc::new(Recorder::new(StepReads {
            exchange: self.exchange.clone(),
            flow: flow.clone(),
            call: self.call,
            step: number,
            endpoint: endpoint.map(Into::into),
            now: at,
        }));
        let began = Instant::now();
        let (mut stepped, orders) = match flow.flow.step(self.call, state, &event, reads.clone()) {
            Ok(step) => {
                step.faults.iter().for_each(|fault| self.fault(fault, true));
                let faults = step.faults.len() as u32;
                let state = Some(step.state);
                (Stepped { state, faults, ..Stepped::default() }, step.orders)
            }
            Err(fault) => {
                self.fault(&fault, false);
                let failed = Some(fault.to_string());
                (Stepped { failed, faults: 1, ..Stepped::default() }, Vec::new())
            }
        };
        // A machine that was stopped meanwhile is not the flow's doing.
        let used = began.elapsed().min(2 * flow.limits.step.step_time);
        flow.budget().spend(self.exchange.clock.elapsed(), used, flow.limits.processor);
        let fault = stepped.failed.clone();
        let on = first.then(|| flow.on());
        let mut step = StepRecord { at, on, event, reads: reads.take(), orders, fault };
        if let Some(journal) = &self.exchange.journal {
            let mut body = encode_step(&step);
            if body.len() > STEP {
                let why = format!(
                    "what the step asked and ordered has {} bytes; the journal takes {STEP} of a step",
                    body.len()
                );
                self.overran(&why);
                stepped = Stepped { failed: Some(why.clone()), faults: 1, ..Stepped::default() };
                step =
                    StepRecord { reads: Vec::new(), orders: Vec::new(), fault: Some(why), ..step };
                body = encode_step(&step);
            }
            if step.on.is_some() {
                self.changes.extend(journal.version(&flow));
            }
            self.changes.push(Change::Step { call: self.call, number, body });
        }
        let read = |read: &Read| match read {
            Read::Switch(name, Some(position)) => Some((name.clone(), position.clone())),
            _ => None,
        };
        stepped.switches = step.reads.iter().filter_map(read).collect();
        stepped.orders = step.orders;
        stepped
    }

    fn knows(&self, event: &Event) -> bool {
        self.flow.flow.plugin().knows(event)
    }

    fn change_flow(&mut self, name: &str, rest: bool) -> Result<Arc<Terms>, NoFlow> {
        let snapshot = self.exchange.catalogue.current();
        let next = snapshot.flows.get(name).ok_or(NoFlow::Unknown)?;
        if crate::is_full(next) {
            return Err(NoFlow::Full);
        }
        let before = self.flow.move_to(next, self.exchange.clock.now());
        if rest {
            self.resting.get_or_insert_default().0.push(before);
        }
        Ok(self.flow.terms.clone())
    }

    fn come_back(&mut self, to: usize) {
        let Some(resting) = self.resting else { return };
        if let Some(flow) = resting.0.drain(to.min(resting.0.len())..).next() {
            *self.flow = flow;
        }
    }

    fn fence(&mut self) {
        self.exchange.register.post(self.call, CallInput::Fence);
    }

    fn rests_no_more(&mut self) {
        *self.resting = None;
    }

    fn watch_switch(&mut self, name: &str) -> Option<String> {
        self.exchange.switches.read(name, self.call)
    }

    fn turn_switch(&mut self, turn: SetSwitch, endpoint: Option<&str>) -> Result<(), Refusal> {
        self.exchange.turn_from_phone(turn, endpoint)
    }

    fn open_campaign(&mut self, open: OpenCampaign) -> Result<(), Refusal> {
        self.exchange.flow_opens_campaign(self.call, self.flow, open)
    }

    fn stop_campaign(&mut self, name: &str) -> Result<(), Refusal> {
        self.exchange.flow_stops_campaign(self.flow, name)
    }

    fn claim(&mut self, who: &ContactOf) -> Result<bool, Refusal> {
        self.exchange.flow_claims(self.call, self.flow, who)
    }

    fn dials_contact(&mut self) -> Result<(), Refusal> {
        self.exchange.contact_is_dialled(self.call)
    }

    fn dispose(&mut self, what: Disposition, agent: Option<AgentName>) -> Result<(), Refusal> {
        self.exchange.flow_disposes(self.call, self.flow, what, agent)
    }

    fn floor(&mut self, input: Input) -> Result<Vec<Output>, RefusedInput> {
        self.exchange.tell_floor(input, Some(self.call))
    }

    fn keep_place(&mut self, place: KeptPlace) {
        self.exchange.places.keep(place);
    }

    fn give_place_up(&mut self, entry: EntryId) -> bool {
        self.exchange.places.give_up(entry)
    }

    fn take_place(&mut self, of: CallId) -> Vec<KeptPlace> {
        let taken = self.exchange.places.take(of);
        if !taken.is_empty() {
            self.taken.push(of);
        }
        taken
    }

    fn rings_for(&self, attempt: AttemptId) -> Option<EntryId> {
        self.exchange.rings_for(attempt)
    }

    fn position(&self, entry: EntryId) -> Option<u32> {
        self.exchange.position(entry)
    }

    fn endpoint(&self, agent: &AgentName, endpoint: usize) -> Option<Endpoint> {
        self.exchange.endpoint(agent, endpoint)
    }

    fn agent_called(&self, target: &Target) -> Option<AgentName> {
        self.exchange.agent_called(target)
    }

    fn authority(&self, site: &Site, agent: &Agent, endpoint: Option<&str>) -> Authority {
        self.exchange.authority(site, &self.flow.permissions, endpoint, agent)
    }

    fn act(&mut self, agent: &AgentName, action: AgentAction) -> Result<(), Refusal> {
        self.exchange.agent(agent, action)
    }

    fn keep_agent(&mut self, agent: &AgentName) {
        self.exchange.keep_agent(agent);
    }

    fn prove(&mut self, prove: Prove) {
        let Prove { ticket, agent, from, pin, digits } = prove;
        let (exchange, call, now) =
            (self.exchange.clone(), self.call, self.exchange.clock.elapsed());
        self.exchange.runtime.spawn(async move {
            let proof = exchange.staff.pins.look_at(&agent, from, pin, digits, now).await;
            exchange.register.post(call, CallInput::Proved { ticket, proof });
        });
    }

    fn owns(&self, leg: &LegId) -> bool {
        self.exchange.register.of_leg(leg) == Some(self.call)
    }

    fn enrol(&mut self, leg: &LegId) {
        self.exchange.register.enrol_leg(leg, self.call);
    }

    fn strike(&mut self, leg: &LegId) {
        if self.exchange.register.of_leg(leg) == Some(self.call) {
            self.exchange.leg_is_gone(leg);
        }
        self.exchange.register.strike_leg(leg, self.call);
    }

    fn hand_over(&mut self, takeover: Takeover) -> bool {
        self.exchange.register.hand_over(self.call, takeover).is_some()
    }

    fn tell_owner(&mut self, event: PbxEvent) {
        self.exchange.register.tell_owner(event);
    }

    fn talks(&mut self, agent: &AgentName, leg: &LegId) {
        self.exchange.register.talks(agent, leg);
    }

    fn talks_no_more(&mut self, agent: &AgentName, leg: &LegId) {
        self.exchange.register.talks_no_more(agent, leg);
    }

    fn talking_leg(&self, agent: &AgentName) -> Option<LegId> {
        self.exchange.register.talking_leg(agent)
    }

    fn overran(&mut self, why: &str) {
        self.exchange.catalogue.report_fault(self.flow, self.exchange.clock.now());
        tracing::error!(call = %self.call, flow = %self.flow.name, version = self.flow.version, "the flow wanted more than its limit: {}", Logged(why));
    }

    fn has_time(&self) -> bool {
        self.exchange.clock.is_simulated() || self.since.elapsed() < TURN
    }

    fn observe(&self, what: &Observed<'_>) {
        self.exchange.observer.observe(self.exchange.clock.now(), self.call, what);
    }
}

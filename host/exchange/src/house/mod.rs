//! What calls share, each with its owner; and what one call may ask of it ([`Guest`]).
//!
//! * `register`: the calls that are up, and their legs.
//! * `floor`: queues and agents, with their lock and their clock; `plan`: the site in their words.
//! * `staff`: where agents have logged in, and wrong PINs.
//! * `history`: calls that are over.
//! * `reads`: what a flow may ask during a step.

pub(crate) mod floor;
pub(crate) mod history;
pub(crate) mod plan;
pub(crate) mod reads;
pub(crate) mod register;
pub(crate) mod staff;

use crate::Exchange;
use reads::StepReads;
use std::sync::Arc;
use strowger_call::{Ask, House, Input as CallInput, NoFlow, Observed, Prove, Stepped};
use strowger_flows::OnFlow;
use strowger_journal::Change;
use strowger_model::{
    AgentName, CallId,
    command::{AgentAction, Target},
    event::Refusal,
    read::Authority,
    step::{Recorder, StepRecord},
};
use strowger_pbx::port::LegId;
use strowger_routing::{EntryId, Input, Output, RefusedInput};
use strowger_sandbox::Fault;
use strowger_site::{Agent, Site, Terms};

/// The host as one call sees it while it deals with an input.
pub(crate) struct Guest<'a> {
    pub(crate) call: CallId,
    pub(crate) exchange: &'a Arc<Exchange>,
    pub(crate) flow: &'a mut OnFlow,
    /// What the journal does not have yet.
    pub(crate) changes: Vec<Change>,
}

impl Guest<'_> {
    fn fault(&self, fault: &Fault, retried: bool) {
        let flow = &**self.flow;
        self.exchange.catalogue.report_fault(flow, self.exchange.clock.now());
        let text = fault.to_string();
        self.observe(&Observed::Fault { fault: &text, retried });
        let (call, version) = (self.call, &flow.version);
        tracing::error!(%call, flow = %flow.name, version, retried, "{text}");
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
        let fault = stepped.failed.clone();
        let on = first.then(|| flow.on());
        let step = StepRecord { at, on, event, reads: reads.take(), orders, fault };
        if let Some(journal) = &self.exchange.journal {
            if step.on.is_some() {
                self.changes.extend(journal.version(&flow));
            }
            self.changes.push(journal.step(self.call, number, &step));
        }
        stepped.orders = step.orders;
        stepped
    }

    fn change_flow(&mut self, name: &str) -> Result<Arc<Terms>, NoFlow> {
        let snapshot = self.exchange.catalogue.current();
        let next = snapshot.flows.get(name).ok_or(NoFlow::Unknown)?;
        if crate::is_full(next) {
            return Err(NoFlow::Full);
        }
        *self.flow = next.begin();
        Ok(self.flow.terms.clone())
    }

    fn floor(&mut self, input: Input) -> Result<Vec<Output>, RefusedInput> {
        self.exchange.tell_floor(input, Some(self.call))
    }

    fn position(&self, entry: EntryId) -> Option<u32> {
        self.exchange.position(entry)
    }

    fn endpoint(&self, agent: &AgentName, endpoint: usize) -> Option<Target> {
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
        let Prove { ticket, agent, pin, digits } = prove;
        let (exchange, call, now) =
            (self.exchange.clone(), self.call, self.exchange.clock.elapsed());
        self.exchange.runtime.spawn(async move {
            let proof = exchange.staff.look_at(&agent, pin, digits, now).await;
            exchange.register.post(call, CallInput::Proved { ticket, proof });
        });
    }

    fn enrol(&mut self, leg: &LegId) {
        self.exchange.register.enrol_leg(leg, self.call);
    }

    fn strike(&mut self, leg: &LegId) {
        self.exchange.register.strike_leg(leg);
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

    fn observe(&self, what: &Observed<'_>) {
        self.exchange.observer.observe(self.exchange.clock.now(), self.call, what);
    }
}

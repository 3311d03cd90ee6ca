//! What a call asks of its house, in a test.

use super::*;

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
        Stepped { state: Some(Box::default()), orders, ..Stepped::default() }
    }

    fn knows(&self, _: &Event) -> bool {
        true
    }

    fn change_flow(&mut self, _: &str) -> Result<Arc<Terms>, NoFlow> {
        Err(NoFlow::Unknown)
    }

    fn floor(&mut self, input: FloorInput) -> Result<Vec<Output>, RefusedInput> {
        let mut out = Vec::new();
        self.floor.input(self.now, input, &mut out)?;
        let (own, others) = out.into_iter().partition(|output| output.entry().call == call());
        self.others.extend::<Vec<_>>(others);
        Ok(own)
    }

    fn rings_for(&self, attempt: AttemptId) -> Option<EntryId> {
        self.floor.rings_for(attempt)
    }

    fn position(&self, entry: EntryId) -> Option<u32> {
        self.floor.position(entry)
    }

    fn endpoint(&self, agent: &AgentName, endpoint: usize) -> Option<Endpoint> {
        let agent = self.terms.site.agents.get(agent.as_str())?;
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

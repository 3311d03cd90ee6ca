//! A leg that listens to an agent (V9): to the leg on which that agent talks, whosever call that
//! is.
//!
//! To one at a time. A leg that is told to listen anew does so when it has heard that the last time
//! is over: the PBX tells that once each time.

use super::{
    Call,
    carry::refusal,
    order::{Doing, Listening},
};
use strowger_model::{
    AgentName, LegName, OrderId, Outcome,
    command::ListenMode,
    event::{Refusal, RefusalReason},
};
use strowger_pbx::port::{LegId, PbxCommand};

impl Call {
    pub(super) fn listen(
        &mut self,
        id: OrderId,
        leg: LegName,
        agent: &AgentName,
        mode: ListenMode,
    ) -> Result<(), Refusal> {
        if !self.may_listen_to(agent) {
            let why = format!(
                "listening to agent {agent}: the flow file does not permit it; see `listen` in [permissions]"
            );
            return Err(refusal(RefusalReason::NotPermitted, why));
        }
        let listener = self.up(&leg)?;
        if listener.place != listener.id || self.legs.iter().any(|other| listener.is_with(other)) {
            return Err(refusal(
                RefusalReason::WrongState,
                format!("{leg} is in conversation with somebody"),
            ));
        }
        if self
            .orders
            .iter()
            .any(|open| matches!(&open.doing, Doing::Listening(other) if other.leg == leg))
        {
            return Err(refusal(
                RefusalReason::WrongState,
                format!("{leg} listens to somebody already"),
            ));
        }
        let to = self.exchange.talking_leg(agent).filter(|to| *to != listener.id);
        let to = to.ok_or_else(|| {
            refusal(RefusalReason::WrongState, format!("agent {agent} talks with nobody"))
        })?;
        self.open(id, None, Doing::Listening(Box::new(Listening { leg: leg.clone(), to, mode })));
        self.begin_to_listen(&leg);
        Ok(())
    }

    /// An agent by name, or of a queue, as the flow file says.
    fn may_listen_to(&self, agent: &AgentName) -> bool {
        self.flow.permissions.listen.iter().any(|granted| match granted.strip_prefix("agent:") {
            Some(name) => name == agent.as_str(),
            None => self
                .flow
                .site
                .queues
                .get(granted.as_str())
                .is_some_and(|queue| queue.agents.contains(agent)),
        })
    }

    /// What an order wants of a leg that does not listen yet.
    fn begin_to_listen(&mut self, name: &LegName) {
        let wants = self.orders.iter().find_map(|open| match &open.doing {
            Doing::Listening(listening) if &listening.leg == name => {
                Some((listening.to.clone(), listening.mode))
            }
            _ => None,
        });
        let leg = self.legs.iter_mut().find(|leg| leg.is_visible() && &leg.name == name);
        if let (Some((to, mode)), Some(leg)) = (wants, leg)
            && !std::mem::replace(&mut leg.listens, true)
        {
            let leg = leg.id.clone();
            self.send(PbxCommand::Listen { leg, to, mode });
        }
    }

    /// An order is taken back.
    pub(super) fn unlisten(&mut self, name: &LegName) {
        let leg =
            self.legs.iter_mut().find(|leg| leg.is_visible() && &leg.name == name && leg.listens);
        if let Some(leg) = leg
            && !std::mem::replace(&mut leg.listens_anew, true)
        {
            let leg = leg.id.clone();
            self.send(PbxCommand::StopListening { leg });
        }
    }

    pub(super) fn listening(&mut self, leg: &LegId) {
        if let Some(order) = self.listening_order(leg) {
            self.outcome(order, Outcome::Listening);
        }
    }

    pub(super) fn listening_ended(&mut self, id: &LegId) {
        let Some(leg) = self.leg_by_id(id) else { return };
        leg.listens = false;
        let name = leg.name.clone();
        // Of an order that was taken back meanwhile; the one that took its place begins now.
        if std::mem::take(&mut leg.listens_anew) {
            return self.begin_to_listen(&name);
        }
        if let Some(order) = self.listening_order(id) {
            self.outcome(order, Outcome::ListeningEnded);
        }
    }

    fn listening_order(&self, leg: &LegId) -> Option<OrderId> {
        let name = &self.legs.iter().find(|other| &other.id == leg)?.name;
        self.orders
            .iter()
            .find(
                |open| matches!(&open.doing, Doing::Listening(listening) if &listening.leg == name),
            )
            .map(|open| open.id)
    }

    /// After a restart: once more, where it may not have been heard.
    pub(super) fn listen_on(&mut self, name: &LegName) {
        if let Some(leg) = self.legs.iter_mut().find(|leg| leg.is_visible() && &leg.name == name) {
            leg.listens = false;
            leg.listens_anew = false;
        }
        self.begin_to_listen(name);
    }
}

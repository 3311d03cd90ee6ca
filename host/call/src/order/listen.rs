//! A leg that listens to an agent (V9): to the leg on which that agent talks, whosever call that
//! is.
//!
//! To one at a time. A leg that is told to listen anew does so when it has heard that the last time
//! is over: the PBX tells that once each time.

use super::{Carried, refusal};
use crate::{orders::Kind, turn::Turn};
use serde::{Deserialize, Serialize};
use strowger_model::{
    AgentName, LegName, OrderId, Outcome, command::ListenMode, event::RefusalReason,
};
use strowger_pbx::port::{LegId, PbxCommand};

/// A leg that listens to another.
#[derive(Clone, Serialize, Deserialize)]
pub(crate) struct Listening {
    pub(crate) leg: LegName,
    pub(crate) to: LegId,
    pub(crate) mode: ListenMode,
}

impl Kind for Listening {
    fn is_of(&self, leg: &LegName) -> bool {
        &self.leg == leg
    }

    fn take_back(self, _: OrderId, turn: &mut Turn<'_>) {
        turn.unlisten(&self.leg);
    }

    fn leg_gone(&self, _: &LegName) -> Option<Outcome> {
        Some(Outcome::ListeningEnded)
    }

    /// Once more, where it may not have been heard.
    fn resumed(id: OrderId, turn: &mut Turn<'_>) {
        let Some(listening) = turn.call.orders.get::<Listening>(id) else { return };
        let name = listening.leg.clone();
        if let Some(leg) = turn.call.legs.get_mut(&name) {
            leg.listens = false;
            leg.listens_anew = false;
        }
        turn.begin_to_listen(&name);
    }
}

impl Turn<'_> {
    pub(crate) fn listen(
        &mut self,
        id: OrderId,
        leg: LegName,
        agent: &AgentName,
        mode: ListenMode,
    ) -> Carried {
        if !self.may_listen_to(agent) {
            let why = format!(
                "listening to agent {agent}: the flow file does not permit it; see `listen` in \
                 [permissions]"
            );
            return Err(refusal(RefusalReason::NotPermitted, why));
        }
        let wrong_state = |why| Err(refusal(RefusalReason::WrongState, why));
        let listener = self.call.legs.up(&leg)?;
        if listener.place != listener.id || self.call.legs.with(listener).next().is_some() {
            return wrong_state(format!("{leg} is in conversation with somebody"));
        }
        if self.call.orders.find(|other: &Listening| other.leg == leg).is_some() {
            return wrong_state(format!("{leg} listens to somebody already"));
        }
        let Some(to) = self.house.talking_leg(agent).filter(|to| *to != listener.id) else {
            return wrong_state(format!("agent {agent} talks with nobody"));
        };
        self.call.orders.open(id, None, Listening { leg: leg.clone(), to, mode });
        self.begin_to_listen(&leg);
        Ok(())
    }

    /// An agent by name, or of a queue, as the flow file says.
    fn may_listen_to(&self, agent: &AgentName) -> bool {
        self.call.terms.permissions.listen.iter().any(|granted| {
            match granted.strip_prefix("agent:") {
                Some(name) => name == agent.as_str(),
                None => self
                    .call
                    .terms
                    .site
                    .queues
                    .get(granted.as_str())
                    .is_some_and(|queue| queue.agents.contains(agent)),
            }
        })
    }

    /// What an order wants of a leg that does not listen yet.
    fn begin_to_listen(&mut self, name: &LegName) {
        let wants = self.call.orders.find(|listening: &Listening| &listening.leg == name);
        let wants = wants.map(|(_, listening)| (listening.to.clone(), listening.mode));
        if let (Some((to, mode)), Some(leg)) = (wants, self.call.legs.get_mut(name))
            && !std::mem::replace(&mut leg.listens, true)
        {
            let leg = leg.id.clone();
            self.send(PbxCommand::Listen { leg, to, mode });
        }
    }

    /// An order is taken back.
    fn unlisten(&mut self, name: &LegName) {
        if let Some(leg) = self.call.legs.get_mut(name).filter(|leg| leg.listens)
            && !std::mem::replace(&mut leg.listens_anew, true)
        {
            let leg = leg.id.clone();
            self.send(PbxCommand::StopListening { leg });
        }
    }

    pub(crate) fn listening(&mut self, leg: &LegId) {
        if let Some(order) = self.listening_order(leg) {
            self.outcome(order, Outcome::Listening);
        }
    }

    pub(crate) fn listening_ended(&mut self, id: &LegId) {
        let Some(leg) = self.call.legs.by_id_mut(id) else { return };
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
        let name = &self.call.legs.by_id(leg)?.name;
        self.call.orders.find(|listening: &Listening| &listening.leg == name).map(|(id, _)| id)
    }
}

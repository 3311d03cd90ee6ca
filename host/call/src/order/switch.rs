//! Turning a switch from a telephone (R2): the site file says who may (`turned_by`), the flow file
//! which switches the flow may turn, and the rules of [`super::agent`] who is who.

use super::{
    Carried,
    agent::{Authorized, wrong_pin},
    refusal,
};
use crate::{orders::Kind, turn::Turn};
use serde::{Deserialize, Serialize};
use strowger_call_port::Proof;
use strowger_model::{
    LegName, OrderId, Outcome,
    command::SetSwitch,
    event::{Refusal, RefusalReason},
};

/// The PIN of an agent who turns a switch is being looked at.
#[derive(Clone, Serialize, Deserialize)]
pub(crate) struct Turning {
    pub(crate) ticket: u64,
    pub(crate) turn: SetSwitch,
}

impl Kind for Turning {
    fn is_of(&self, _: &LegName) -> bool {
        false
    }

    fn take_back(self, _: OrderId, _: &mut Turn<'_>) {}

    fn leg_gone(&self, _: &LegName) -> Option<Outcome> {
        None
    }

    /// The host was away while a PIN was looked at, and the PIN is nowhere any more.
    fn resumed(id: OrderId, turn: &mut Turn<'_>) {
        turn.pin_is_gone(id, "set-switch");
    }
}

impl Turn<'_> {
    pub(crate) fn set_switch(&mut self, id: OrderId, turn: SetSwitch) -> Carried {
        let proof = turn.proof.as_deref().map(|handle| self.spend_secret(handle));
        let site = self.house.site();
        let switch = site.switch(&turn.name).ok_or_else(|| {
            refusal(RefusalReason::UnknownName, format!("there is no switch {}", turn.name))
        })?;
        if !switch.positions.contains(&turn.position) {
            let positions = switch.positions.join(", ");
            let why = format!("switch {} has the positions {positions}", switch.name);
            return Err(refusal(RefusalReason::UnknownName, why));
        }
        if !self.call.terms.permissions.may_turn(&switch.name) {
            let why = "the flow file does not permit it; see `switches` in [permissions]";
            return Err(refusal(RefusalReason::NotPermitted, why));
        }
        let agent = site.agent(turn.agent.as_str()).ok_or_else(|| {
            refusal(RefusalReason::UnknownName, format!("there is no agent {}", turn.agent))
        })?;
        if !switch.turned_by.contains(&agent.name) {
            let (agent, switch) = (&agent.name, &switch.name);
            let why = format!("{agent} may not turn {switch}; see `turned_by` in the site file");
            return Err(refusal(RefusalReason::NotPermitted, why));
        }
        let (name, agent_name) = (switch.name.clone(), agent.name.clone());
        let turn = SetSwitch { name, agent: agent_name, proof: None, ..turn };
        match self.authorize(&site, agent, proof)? {
            Authorized::Now => {
                self.turn_switch(turn)?;
                self.outcome(id, Outcome::Done);
            }
            Authorized::Proving(ticket) => {
                self.call.orders.open(id, None, Turning { ticket, turn });
            }
        }
        Ok(())
    }

    fn turn_switch(&mut self, turn: SetSwitch) -> Result<(), Refusal> {
        self.house.turn_switch(turn, self.call.kept.origin.endpoint.as_deref())
    }

    /// The PIN has been looked at.
    pub(crate) fn proved_to_turn(&mut self, ticket: u64, proof: Proof) {
        let Some((id, _)) = self.call.orders.find(|it: &Turning| it.ticket == ticket) else {
            return;
        };
        let Some(Turning { turn, .. }) = self.call.orders.take::<Turning>(id) else { return };
        match wrong_pin(proof).and_then(|()| self.turn_switch(turn)) {
            Ok(()) => self.outcome(id, Outcome::Done),
            Err(refusal) => self.refuse(id, "set-switch", refusal),
        }
    }
}

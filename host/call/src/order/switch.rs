//! Turning a switch from a telephone (R2): the site file says who may (`turned_by`), the flow file
//! which switches the flow may turn, and the rules of [`super::agent`] who is who.

use super::{Carried, agent::InName, refusal};
use crate::turn::Turn;
use serde::{Deserialize, Serialize};
use strowger_model::{OrderId, command::SetSwitch, event::RefusalReason};

/// The PIN of an agent who turns a switch is being looked at.
#[derive(Clone, Serialize, Deserialize)]
pub(crate) struct Turning {
    pub(crate) ticket: u64,
    pub(crate) turn: SetSwitch,
}

impl InName for Turning {
    const COMMAND: &'static str = "set-switch";

    fn ticket(&self) -> u64 {
        self.ticket
    }

    fn carry_out(self, turn: &mut Turn<'_>) -> Carried {
        turn.house.turn_switch(self.turn, turn.call.kept.origin.endpoint.as_deref())
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
        self.in_name_of(id, &site, agent, proof, |ticket| Turning { ticket, turn })
    }
}

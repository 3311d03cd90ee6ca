//! Orders about campaigns: the house has them, and answers at once.

use super::Carried;
use crate::turn::Turn;
use strowger_model::{
    OrderId, Outcome,
    command::{ContactOf, Disposition, OpenCampaign},
};

impl Turn<'_> {
    pub(crate) fn open_campaign(&mut self, id: OrderId, open: OpenCampaign) -> Carried {
        self.house.open_campaign(open)?;
        self.outcome(id, Outcome::Done);
        Ok(())
    }

    pub(crate) fn stop_campaign(&mut self, id: OrderId, name: &str) -> Carried {
        self.house.stop_campaign(name)?;
        self.outcome(id, Outcome::Done);
        Ok(())
    }

    pub(crate) fn claim(&mut self, id: OrderId, who: &ContactOf) -> Carried {
        let won = self.house.claim(who)?;
        self.outcome(id, Outcome::Claimed { won });
        Ok(())
    }

    /// With the agent who talks with the contact now, or who did last.
    pub(crate) fn dispose(&mut self, disposition: Disposition) -> Carried {
        let agents = self.call.legs.iter().filter_map(|leg| leg.agent().filter(|_| leg.known));
        let now = agents.map(|(_, agent)| agent.clone()).next();
        let agent = now.or_else(|| self.call.kept.record.agent.clone());
        self.house.dispose(disposition, agent)
    }
}

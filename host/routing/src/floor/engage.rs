//! Calls past the queues: a flow has dialled an agent, whom no queue brings. Nobody else's call
//! rings the agent meanwhile.
//!
//! The conversation counts as one of the agent's own pool, so it has no wrap-up; an urgent caller
//! may interrupt it.

use super::Floor;
use crate::{
    EntryId, RefusedInput,
    agent::Doing,
    entry::{Asks, Entry},
    ix::{AgentIx, EntryIx, PoolIx},
    line::Rank,
};
use std::cmp::Reverse;
use strowger_model::AgentName;

impl Floor {
    pub(super) fn engage(&mut self, id: EntryId, name: &AgentName) -> Result<(), RefusedInput> {
        if self.entries.find(id).is_some() {
            return Err(RefusedInput::DuplicateEntry(id));
        }
        let ix = self.find_agent(name)?;
        let agent = &self.agents[ix.0 as usize];
        if agent.doing != Doing::Nothing || agent.fading > 0 {
            return Err(RefusedInput::Engaged(name.clone()));
        }
        self.serial += 1;
        self.reserve(ix, id, self.serial);
        Ok(())
    }

    pub(super) fn reserve(&mut self, agent: AgentIx, id: EntryId, serial: u64) {
        let pool = self.own_pool(agent);
        let entry = self.enter_with(agent, id, pool, serial);
        self.agent_mut(agent).doing = Doing::Engaged { entry };
        self.list(agent);
    }

    pub(super) fn engaged_answered(&mut self, id: EntryId) -> Result<(), RefusedInput> {
        let entry = self.entries.find(id).ok_or(RefusedInput::UnknownEntry(id))?;
        let ix = self
            .entries
            .get(entry)
            .and_then(|entry| entry.agent)
            .ok_or(RefusedInput::NotConnected(id))?;
        let pool = self.own_pool(ix);
        let agent = self.agent_mut(ix);
        if let Doing::Engaged { .. } = agent.doing {
            agent.doing = Doing::Talking { entry, pool, began: None, counted: false };
            self.list(ix);
        }
        Ok(())
    }

    /// An entry that does not wait: an agent has it.
    pub(super) fn enter_with(
        &mut self,
        agent: AgentIx,
        id: EntryId,
        pool: PoolIx,
        serial: u64,
    ) -> EntryIx {
        let ix = self.entries.next_ix();
        let rank = Rank { priority: Reverse(0), since: self.now, serial, entry: ix };
        self.entries.insert(Entry {
            id,
            rank,
            entered: self.now,
            asked: Asks::One(pool),
            offers: None,
            agent: Some(agent),
        });
        ix
    }
}

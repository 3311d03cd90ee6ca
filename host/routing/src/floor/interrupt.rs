//! Urgent calls (R5): with no agent free, a caller of a queue that interrupts rings an agent who
//! talks. Who answers holds that conversation and takes it back when the urgent one is over. An
//! agent has two calls then and one conversation; nobody is interrupted twice.

use super::Floor;
use crate::{
    Output,
    agent::Doing,
    entry::Entry,
    ix::{AgentIx, EntryIx, PoolIx},
    line::Rank,
};
use std::mem;

impl Floor {
    pub(super) fn find_interrupting(&mut self) {
        let interrupts = |ix: &PoolIx| {
            self.pools[ix.0 as usize].configured && self.pools[ix.0 as usize].config.interrupts
        };
        self.interrupting = (0..self.pools.len() as u32).map(PoolIx).filter(interrupts).collect();
    }

    /// Rings an agent who talks for each urgent caller for whom no phone rings, the first caller
    /// first.
    pub(super) fn interrupt(&mut self, out: &mut Vec<Output>) {
        let wants = |pool: &PoolIx| {
            self.pools[pool.0 as usize].wanting.iter().map(|rank| (rank, *pool)).collect::<Vec<_>>()
        };
        let mut wanting: Vec<(Rank, PoolIx)> = self.interrupting.iter().flat_map(wants).collect();
        wanting.sort_by_key(|(rank, _)| *rank);
        for (rank, ix) in wanting {
            let entry = self.entries.get(rank.entry).filter(|entry| entry.ringing().is_empty());
            let Some(agent) = entry.and_then(|entry| self.interruptible(ix, entry)) else {
                continue;
            };
            let pool = self.pool_mut(ix);
            if !pool.is_ring_all() {
                pool.wanting.remove(rank);
                pool.served.insert(rank);
            }
            self.try_agent(agent, rank.entry, ix, out);
        }
    }

    /// Of the agents of a queue who talk, and not with an urgent caller: who was tried least for
    /// this one, in the queue's order.
    fn interruptible(&self, pool: PoolIx, entry: &Entry) -> Option<AgentIx> {
        let members = self.pools[pool.0 as usize].members.iter().filter_map(|ix| {
            let agent = &self.agents[ix.0 as usize];
            let member = agent
                .members
                .iter()
                .find(|member| member.pool == pool && member.rests.is_none())?;
            let Doing::Talking { pool: talks_for, .. } = &agent.doing else { return None };
            let urgent = self.pools[talks_for.0 as usize].config.interrupts;
            let wants_calls = agent.logged_in && !agent.paused && agent.wrap_up.is_none();
            let can =
                wants_calls && agent.fading == 0 && agent.beneath == Doing::Nothing && !urgent;
            can.then(|| (entry.tries(*ix), member.order, *ix))
        });
        members.min().map(|(_, _, agent)| agent)
    }

    /// The agent has answered an urgent call: the conversation beneath is held.
    pub(super) fn hold_beneath(&self, agent: AgentIx, out: &mut Vec<Output>) {
        if let Doing::Talking { entry, .. } = &self.agents[agent.0 as usize].beneath
            && let Some(entry) = self.entries.get(*entry)
        {
            out.push(Output::Held { entry: entry.id });
        }
    }

    /// A conversation of an agent with two calls has ended, or one of an agent whose phones ring
    /// for an urgent caller: the other goes on.
    pub(super) fn ends_beside(
        &mut self,
        ix: AgentIx,
        ended: EntryIx,
        out: &mut Vec<Output>,
    ) -> bool {
        let agent = &mut self.agents[ix.0 as usize];
        match agent.beneath {
            Doing::Talking { entry, .. } if entry == ended => agent.beneath = Doing::Nothing,
            Doing::Talking { entry, .. } => {
                agent.doing = mem::replace(&mut agent.beneath, Doing::Nothing);
                out.extend(
                    self.entries.get(entry).map(|entry| Output::Returned { entry: entry.id }),
                );
            }
            _ => return false,
        }
        self.list(ix);
        true
    }

    /// After a restart: who had held a conversation for an urgent one that is no more takes it
    /// back.
    pub(super) fn return_to_held(&mut self, out: &mut Vec<Output>) {
        for ix in (0..self.agents.len() as u32).map(AgentIx) {
            let agent = &mut self.agents[ix.0 as usize];
            if agent.doing != Doing::Nothing {
                continue;
            }
            agent.doing = mem::replace(&mut agent.beneath, Doing::Nothing);
            if let Doing::Talking { entry, .. } = agent.doing {
                out.extend(
                    self.entries.get(entry).map(|entry| Output::Returned { entry: entry.id }),
                );
            }
            self.list(ix);
        }
    }
}

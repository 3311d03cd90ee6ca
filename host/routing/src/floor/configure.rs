//! A new site under a running floor.

use super::{Due, Floor};
use crate::{
    AgentConfig, Output, QueueConfig,
    agent::{Agent, Member},
    ix::{AgentIx, PoolIx},
    line::Rank,
    pool::Pool,
};
use std::collections::{BTreeMap, BTreeSet};
use strowger_model::{AgentName, QueueName};

/// What the floor knows under a name, else under the name of before. Somebody of that name who is
/// no longer in the site is somebody else, and so is one who has another name by now (`others`).
fn known<N: Ord, Ix: Copy>(
    by_name: &BTreeMap<N, Ix>,
    name: &N,
    was: Option<&N>,
    others: impl Fn(&Ix) -> bool,
    is_there: impl Fn(&Ix) -> bool,
) -> Option<Ix> {
    let here = by_name.get(name).copied().filter(|ix| !others(ix));
    let before = || was.and_then(|was| by_name.get(was)).copied().filter(&is_there);
    here.filter(&is_there).or_else(before).or(here)
}

impl Floor {
    pub(super) fn configure(
        &mut self,
        queues: Vec<QueueConfig>,
        agents: Vec<AgentConfig>,
        out: &mut Vec<Output>,
    ) {
        self.configure_agents(agents, out);
        self.configure_queues(queues);
        self.find_interrupting();
        for ix in 0..self.pools.len() {
            self.send_hopeless_away(PoolIx(ix as u32), out);
        }
    }

    fn configure_agents(&mut self, agents: Vec<AgentConfig>, out: &mut Vec<Output>) {
        let mut there = BTreeSet::new();
        let names: BTreeSet<AgentName> = agents.iter().map(|agent| agent.name.clone()).collect();
        for config in agents {
            let others = |ix: &AgentIx| {
                let now = &self.agents[ix.0 as usize].config.name;
                *now != config.name && names.contains(now)
            };
            let is_there = |ix: &AgentIx| self.agents[ix.0 as usize].configured;
            let known =
                known(&self.agent_by_name, &config.name, config.was.as_ref(), others, is_there);
            if let Some(ix) = known {
                there.insert(ix);
                self.agent_by_name.insert(config.name.clone(), ix);
                let agent = self.agent_mut(ix);
                // Logged in by the site: an agent who is new to it, or of whom it did not say so.
                let was = agent.configured && agent.config.logged_in;
                let logs_in = config.logged_in && !was;
                (agent.config, agent.configured) = (config, true);
                if logs_in {
                    self.log_in(ix, self.now);
                }
                self.phones_changed(ix);
            } else {
                let ix = AgentIx(self.agents.len() as u32);
                there.insert(ix);
                let names = config.was.clone().into_iter().chain([config.name.clone()]);
                self.agent_by_name.extend(names.map(|name| (name, ix)));
                self.agents.push(Agent::new(config, self.now));
                self.phones_changed(ix);
            }
        }
        for ix in (0..self.agents.len() as u32).map(AgentIx).filter(|ix| !there.contains(ix)) {
            self.log_out(ix, out);
            let agent = self.agent_mut(ix);
            agent.configured = false;
            agent.chose.clear();
        }
    }

    /// Queues keep their callers, agents their rests; everything else is set up anew.
    fn configure_queues(&mut self, queues: Vec<QueueConfig>) {
        let mut there = BTreeSet::new();
        let names: BTreeSet<QueueName> = queues.iter().map(|queue| queue.name.clone()).collect();
        for config in queues {
            let others = |ix: &PoolIx| {
                let now = &self.pools[ix.0 as usize].config.name;
                *now != config.name && names.contains(now)
            };
            let is_there = |ix: &PoolIx| self.pools[ix.0 as usize].configured;
            let known =
                known(&self.pool_by_name, &config.name, config.was.as_ref(), others, is_there);
            if let Some(ix) = known {
                there.insert(ix);
                self.pool_by_name.insert(config.name.clone(), ix);
                self.reconfigure(ix, config);
            } else {
                let ix = PoolIx(self.pools.len() as u32);
                there.insert(ix);
                let names = config.was.clone().into_iter().chain([config.name.clone()]);
                self.pool_by_name.extend(names.map(|name| (name, ix)));
                self.pools.push(Pool::queue(config));
                self.man(ix);
            }
        }
        for ix in (0..self.pools.len() as u32).map(PoolIx).filter(|ix| !there.contains(ix)) {
            if !self.pools[ix.0 as usize].of_one {
                self.dismiss(ix);
                let pool = self.pool_mut(ix);
                pool.configured = false;
                pool.config.leave_when_empty = true;
            }
        }
    }

    fn reconfigure(&mut self, ix: PoolIx, config: QueueConfig) {
        let before = self.dismiss(ix);
        let pool = self.pool_mut(ix);
        let (ring_all, rang_last) = (pool.is_ring_all(), pool.rang_last.take());
        pool.config = config;
        pool.configured = true;
        pool.next_order = 0;
        if ring_all != pool.is_ring_all() {
            self.line_up_anew(ix);
        }
        self.man(ix);
        for (agent, was) in before {
            if let Some(member) = self.agents[agent.0 as usize].member_of(ix) {
                if Some(was.order) == rang_last {
                    self.pools[ix.0 as usize].rang_last = Some(member.order);
                }
                member.rests = was.rests;
                self.deadlines.extend(was.rests.map(|until| (until, Due::Rest(agent, ix))));
                self.list(agent);
            }
        }
        self.unsettled.insert(ix);
    }

    /// Takes a queue its agents.
    fn dismiss(&mut self, ix: PoolIx) -> Vec<(AgentIx, Member)> {
        let members = self.pools[ix.0 as usize].members.clone();
        members.into_iter().filter_map(|agent| Some((agent, self.part(agent, ix)?))).collect()
    }

    /// Gives a queue its agents: those of the site in order, then those who joined; without those
    /// who left.
    fn man(&mut self, ix: PoolIx) {
        let chose = |agent: &AgentIx| self.agents[agent.0 as usize].chose.get(&ix).copied();
        let of_site = self.pools[ix.0 as usize]
            .config
            .agents
            .iter()
            .filter_map(|name| self.find_agent(name).ok());
        let joined =
            (0..self.agents.len() as u32).map(AgentIx).filter(|agent| chose(agent) == Some(true));
        let members: Vec<_> =
            of_site.chain(joined).filter(|agent| chose(agent) != Some(false)).collect();
        for agent in members {
            self.join(agent, ix);
        }
    }

    /// Who wants a phone to ring and who has one depends on how many a strategy rings.
    fn line_up_anew(&mut self, ix: PoolIx) {
        let pool = self.pool_mut(ix);
        let (wanting, served) =
            (std::mem::take(&mut pool.wanting), std::mem::take(&mut pool.served));
        let ranks: Vec<Rank> = wanting.iter().chain(served.iter()).collect();
        for rank in ranks {
            let rings = self.entries.get(rank.entry).is_some_and(|entry| entry.rings_through(ix));
            let pool = self.pool_mut(ix);
            if rings && !pool.is_ring_all() {
                pool.served.insert(rank)
            } else {
                pool.wanting.insert(rank)
            }
        }
    }
}

//! For tests: everything that the floor keeps in order is worked out again from the agents and the
//! entries; and what a host keeps of a floor.

use super::{Due, Floor, attempt::Attempt};
use crate::{
    AttemptId, Input,
    agent::{Agent, Doing},
    entry::Entry,
    ix::{AgentIx, PoolIx},
    line::Rank,
    pool::{OUT_OF_REACH, Pool},
    port::{self, Quieting, Restored, Rung},
};
use std::{collections::BTreeSet, time::Duration};
use strowger_model::command::Asked;

impl Floor {
    /// Panics where two parts of the floor say different things.
    pub(crate) fn assert_sound(&self) {
        assert!(self.unsettled.is_empty() && self.left_ringing.is_empty());
        for (at, pool) in self.pools.iter().enumerate() {
            let ix = PoolIx(at as u32);
            self.assert_line(ix, pool);
            assert_counts(pool);
            self.assert_members(ix, pool);
            self.assert_free(ix, pool);
        }
        for (at, agent) in self.agents.iter().enumerate() {
            let ix = AgentIx(at as u32);
            self.assert_fading(ix, agent);
            self.assert_beneath(ix, agent);
            self.assert_doing(ix, agent);
            self.assert_phones(agent);
            assert_eq!(agent.listed.0, agent.status(), "{agent:?} is listed as before");
        }
        self.assert_ringing();
        assert_eq!(self.deadlines, self.all_deadlines());
    }

    /// Whoever waits for a pool is in its line, on the right side of it.
    fn assert_line(&self, ix: PoolIx, pool: &Pool) {
        let asking = self
            .entries
            .iter()
            .filter(|(_, entry)| entry.agent.is_none() && entry.asked.as_slice().contains(&ix));
        let (served, wanting): (Vec<_>, Vec<_>) =
            asking.partition(|(_, entry)| !pool.is_ring_all() && entry.rings_through(ix));
        let ranks = |entries: Vec<(_, &Entry)>| -> BTreeSet<Rank> {
            entries.into_iter().map(|(_, entry)| entry.rank).collect()
        };
        let name = &pool.config.name;
        assert!(pool.served.iter().eq(ranks(served)), "who has a phone ringing in {name:?}");
        assert!(pool.wanting.iter().eq(ranks(wanting)), "who wants one in {name:?}");
    }

    /// Whoever is a member of a pool is known to it, with those who are logged in and those who
    /// cannot be reached.
    fn assert_members(&self, ix: PoolIx, pool: &Pool) {
        let members: BTreeSet<AgentIx> =
            self.with(|agent| agent.members.iter().any(|member| member.pool == ix)).collect();
        assert_eq!(pool.members, members);
        let logged_in =
            members.iter().filter(|agent| self.agents[agent.0 as usize].logged_in).count();
        assert_eq!(pool.logged_in as usize, logged_in);
        let unreachable = members
            .iter()
            .filter_map(|agent| Some((self.agents[agent.0 as usize].unreachable?, *agent)));
        assert_eq!(pool.unreachable, unreachable.collect());
    }

    /// Whoever is free is in the pool's order, and no caller waits beside a free agent.
    fn assert_free(&self, ix: PoolIx, pool: &Pool) {
        let mut free = BTreeSet::new();
        for &agent_ix in &pool.members {
            let agent = &self.agents[agent_ix.0 as usize];
            let member = agent.members.iter().find(|member| member.pool == ix).unwrap();
            if pool.rings(agent.status()) && member.rests.is_none() {
                free.insert(agent.free_key(agent_ix, member.order, pool.by_idleness()));
            }
        }
        assert_eq!(pool.free, free);
        assert!(
            pool.free.is_empty() || pool.wanting.len() == 0,
            "a free agent and a caller in {:?}",
            pool.config.name
        );
    }

    /// What the PBX says of the phones is known to the pools.
    fn assert_phones(&self, agent: &Agent) {
        assert_eq!(agent.is_out_of_reach(), agent.unreachable == Some(OUT_OF_REACH));
    }

    /// Phones that were cancelled and have not said so yet; and nothing holds who is logged out.
    fn assert_fading(&self, ix: AgentIx, agent: &Agent) {
        let cancelled = |attempt: &&Attempt| attempt.agent == ix && attempt.rings.is_none();
        assert_eq!(agent.fading as usize, self.attempts.values().filter(cancelled).count());
        assert!(
            agent.logged_in
                || agent.unreachable.is_none() && agent.wrap_up.is_none() && !agent.paused
        );
    }

    /// What an agent goes back to is a conversation, and something lies over it.
    fn assert_beneath(&self, ix: AgentIx, agent: &Agent) {
        match &agent.beneath {
            Doing::Nothing => {}
            Doing::Talking { entry, .. } => {
                assert!(agent.doing != Doing::Nothing);
                assert_eq!(self.entries.get(*entry).unwrap().agent, Some(ix));
            }
            Doing::Ringing(_) | Doing::LeftRinging(_) | Doing::Engaged { .. } => {
                panic!("a conversation is interrupted, no ringing")
            }
        }
    }

    /// An agent and the entry that keeps that agent busy say the same.
    fn assert_doing(&self, ix: AgentIx, agent: &Agent) {
        match &agent.doing {
            Doing::Nothing => {}
            Doing::Engaged { entry } | Doing::Talking { entry, .. } => {
                assert_eq!(self.entries.get(*entry).unwrap().agent, Some(ix))
            }
            Doing::LeftRinging(_) => panic!("phones ring for nobody"),
            Doing::Ringing(trying) => {
                assert!(agent.logged_in && !agent.paused);
                assert!(!trying.attempts.is_empty());
                let entry = self.entries.get(trying.entry).unwrap();
                assert!(entry.ringing().contains(&(ix, trying.pool)));
                for attempt in &trying.attempts {
                    let attempt = &self.attempts[attempt];
                    assert_eq!(attempt.rings.unwrap().entry, entry.id);
                    assert_eq!(attempt.agent, ix);
                }
            }
        }
    }

    /// What rings for an entry is what its agents do, and no other phone rings.
    fn assert_ringing(&self) {
        for (ix, entry) in self.entries.iter() {
            for (agent, pool) in entry.ringing() {
                let agent = &self.agents[agent.0 as usize];
                assert!(
                    matches!(&agent.doing, Doing::Ringing(trying) if trying.entry == ix && trying.pool == *pool)
                );
            }
        }
        let ringing = self.agents.iter().map(|agent| {
            if let Doing::Ringing(trying) = &agent.doing { trying.attempts.len() } else { 0 }
        });
        assert_eq!(
            ringing.sum::<usize>(),
            self.attempts.values().filter(|attempt| attempt.rings.is_some()).count()
        );
    }

    /// Every moment at which something is due.
    fn all_deadlines(&self) -> BTreeSet<(i64, Due)> {
        let mut deadlines: BTreeSet<_> =
            self.attempts.iter().map(|(id, attempt)| (attempt.due, Due::Attempt(*id))).collect();
        for (at, agent) in self.agents.iter().enumerate() {
            let ix = AgentIx(at as u32);
            deadlines.extend(agent.wrap_up.map(|when| (when, Due::WrapUp(ix))));
            deadlines.extend(
                agent
                    .members
                    .iter()
                    .filter_map(|member| Some((member.rests?, Due::Rest(ix, member.pool)))),
            );
        }
        deadlines
    }

    /// What is to be kept of the floor, as its host would know it.
    pub(crate) fn kept(&self, rung: impl Fn(AttemptId) -> Rung) -> Input {
        let mut entries: Vec<_> = self.entries.iter().map(|(_, entry)| entry).collect();
        entries.sort_by_key(|entry| entry.rank.serial);
        let asked = |pool: &PoolIx| {
            let pool = &self.pools[pool.0 as usize];
            pool.queue_name().map_or_else(
                || Asked::Agent(pool.config.name.as_str().into()),
                |queue| Asked::Queue(queue.clone()),
            )
        };
        let name = |agent: AgentIx| self.agents[agent.0 as usize].config.name.clone();
        let attempts = |agent: AgentIx| match &self.agents[agent.0 as usize].doing {
            Doing::Ringing(trying) => trying.attempts.clone(),
            _ => Vec::new(),
        };
        let doing = |entry: &Entry| match entry.agent {
            Some(agent) => {
                let Agent { beneath, doing, .. } = &self.agents[agent.0 as usize];
                if let Doing::Engaged { .. } = doing {
                    return port::Doing::Engaging { agent: name(agent) };
                }
                let through = |doing: &Doing| match doing {
                    Doing::Talking { entry: talks, pool, .. }
                        if self.entries.find(entry.id) == Some(*talks) =>
                    {
                        Some(*pool)
                    }
                    _ => None,
                };
                let held = through(beneath).is_some() && matches!(doing, Doing::Talking { .. });
                let queue = through(beneath)
                    .or(through(doing))
                    .and_then(|pool| self.pools[pool.0 as usize].queue_name().cloned());
                port::Doing::Talking { agent: name(agent), queue, held }
            }
            None => port::Doing::Waiting {
                ringing: entry
                    .ringing()
                    .iter()
                    .flat_map(|(agent, _)| attempts(*agent))
                    .map(&rung)
                    .collect(),
            },
        };
        let restored = |entry: &Entry| Restored {
            entry: entry.id,
            ask: entry.asked.as_slice().iter().map(asked).collect(),
            priority: entry.rank.priority.0,
            since: Duration::from_nanos(entry.rank.since as u64),
            now: doing(entry),
        };
        let quieting = self.attempts.iter().filter(|(_, attempt)| attempt.rings.is_none());
        Input::Restore {
            agents: self
                .agent_by_name
                .keys()
                .filter_map(|name| Some((name.clone(), self.standing(name.as_str())?)))
                .collect(),
            entries: entries.into_iter().map(restored).collect(),
            quieting: quieting
                .map(|(id, attempt)| Quieting { attempt: *id, agent: name(attempt.agent) })
                .collect(),
            next_attempt: AttemptId(self.rung),
        }
    }

    fn with(&self, holds: impl Fn(&Agent) -> bool) -> impl Iterator<Item = AgentIx> {
        (0..self.agents.len() as u32)
            .map(AgentIx)
            .filter(move |ix| holds(&self.agents[ix.0 as usize]))
    }
}

/// Whoever came is answered, gone or still there.
fn assert_counts(pool: &Pool) {
    let (counts, waiting) = (pool.counts, pool.waiting() as u32);
    assert_eq!(
        counts.offered,
        counts.answered + counts.left + counts.abandoned + waiting,
        "{:?}: {counts:?}",
        pool.config.name
    );
    assert!(counts.answered_within <= counts.answered);
}

//! For tests: everything that the floor keeps in order is worked out again from the agents and the
//! entries; and what a host keeps of a floor.

use super::{Due, Floor};
use crate::{
    AttemptId, Input,
    agent::{Agent, AgentIx, Doing},
    entry::Entry,
    line::Rank,
    pool::PoolIx,
    port::{self, Quieting, Restored, Rung},
};
use std::{collections::BTreeSet, time::Duration};
use strowger_model::command::Asked;

impl Floor {
    /// Panics where two parts of the floor say different things.
    pub(crate) fn assert_sound(&self) {
        assert!(self.unsettled.is_empty());
        let waiting: Vec<_> =
            self.entries.iter().filter(|(_, entry)| entry.agent.is_none()).collect();
        let mut deadlines = BTreeSet::new();

        for (at, pool) in self.pools.iter().enumerate() {
            let ix = PoolIx(at as u32);
            let asking = waiting.iter().filter(|(_, entry)| entry.asked.as_slice().contains(&ix));
            let (served, wanting): (BTreeSet<Rank>, BTreeSet<Rank>) = {
                let (served, wanting): (Vec<_>, Vec<_>) =
                    asking.partition(|(_, entry)| !pool.is_ring_all() && entry.rings_through(ix));
                (
                    served.iter().map(|(_, entry)| entry.rank).collect(),
                    wanting.iter().map(|(_, entry)| entry.rank).collect(),
                )
            };
            assert!(
                pool.served.iter().eq(served),
                "who has a phone ringing in {:?}",
                pool.config.name
            );
            assert!(pool.wanting.iter().eq(wanting), "who wants one in {:?}", pool.config.name);

            let (counts, waiting) = (pool.counts, pool.waiting() as u32);
            assert_eq!(
                counts.offered,
                counts.answered + counts.left + counts.abandoned + waiting,
                "{:?}: {counts:?}",
                pool.config.name
            );
            assert!(counts.answered_within <= counts.answered);

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
            let mut free = BTreeSet::new();
            for agent_ix in members {
                let agent = &self.agents[agent_ix.0 as usize];
                let member = agent.members.iter().find(|member| member.pool == ix).unwrap();
                if agent.status() == strowger_model::read::AgentStatus::Free
                    && member.rests.is_none()
                {
                    free.insert(agent.free_key(agent_ix, member.order, pool.by_idleness()));
                }
                deadlines.extend(member.rests.map(|when| (when, Due::Rest(agent_ix, ix))));
            }
            assert_eq!(pool.free, free);
            assert!(
                pool.free.is_empty() || pool.wanting.len() == 0,
                "a free agent and a caller in {:?}",
                pool.config.name
            );
        }

        for (at, agent) in self.agents.iter().enumerate() {
            let ix = AgentIx(at as u32);
            let cancelled = self
                .attempts
                .values()
                .filter(|attempt| attempt.agent == ix && !attempt.ringing)
                .count();
            assert_eq!(agent.fading as usize, cancelled);
            deadlines.extend(agent.wrap_up.map(|when| (when, Due::WrapUp(ix))));
            assert!(
                agent.logged_in
                    || agent.unreachable.is_none() && agent.wrap_up.is_none() && !agent.paused
            );
            match &agent.beneath {
                Doing::Nothing => {}
                Doing::Talking { entry, .. } => {
                    assert!(agent.doing != Doing::Nothing);
                    assert_eq!(self.entries.get(*entry).unwrap().agent, Some(ix));
                }
                Doing::Ringing(_) | Doing::Engaged { .. } => {
                    panic!("a conversation is interrupted, no ringing")
                }
            }
            match &agent.doing {
                Doing::Nothing => {}
                Doing::Engaged { entry } | Doing::Talking { entry, .. } => {
                    assert_eq!(self.entries.get(*entry).unwrap().agent, Some(ix))
                }
                Doing::Ringing(trying) => {
                    assert!(agent.logged_in && !agent.paused);
                    assert!(!trying.attempts.is_empty());
                    assert!(
                        self.entries
                            .get(trying.entry)
                            .unwrap()
                            .ringing()
                            .contains(&(ix, trying.pool))
                    );
                    for attempt in &trying.attempts {
                        let attempt = &self.attempts[attempt];
                        assert!(
                            attempt.ringing && attempt.agent == ix && attempt.entry == trying.entry
                        );
                    }
                }
            }
        }
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
            self.attempts.values().filter(|attempt| attempt.ringing).count()
        );
        deadlines
            .extend(self.attempts.iter().map(|(id, attempt)| (attempt.due, Due::Attempt(*id))));
        assert_eq!(self.deadlines, deadlines);
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
        let quieting = self.attempts.iter().filter(|(_, attempt)| !attempt.ringing);
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

    fn with(&self, holds: impl Fn(&crate::agent::Agent) -> bool) -> impl Iterator<Item = AgentIx> {
        (0..self.agents.len() as u32)
            .map(AgentIx)
            .filter(move |ix| holds(&self.agents[ix.0 as usize]))
    }
}

//! What people and flows ask of the floor. Nothing here changes it.

use super::{Floor, nanos};
use crate::{EntryId, agent::Agent, entry::Entry, ix::AgentIx, pool::Pool};
use std::{collections::BTreeSet, time::Duration};
use strowger_model::{
    CallId, QueueName,
    read::{AgentStatus, QueueFigures, QueueStatus},
};

/// A length of time of so many nanoseconds.
fn duration(nanos: i64) -> Duration {
    Duration::from_nanos(u64::try_from(nanos).unwrap_or(0))
}

impl Floor {
    /// A queue as it stands: callers whose agents ring are waiting still, agents left alone after
    /// an unanswered call are not free.
    pub fn queue(&self, name: &str, now: Duration) -> Option<QueueStatus> {
        let pool = self.pool_named(name)?;
        let waited = |since: i64| duration(nanos(now).saturating_sub(since));
        Some(QueueStatus {
            waiting: pool.waiting() as u32,
            longest_wait: pool.longest_since().map_or(Duration::ZERO, waited),
            logged_in: pool.logged_in,
            free: pool.free.len() as u32,
        })
    }

    /// Whether an entry of such a call waits in a queue.
    pub fn waits_in(&self, queue: &str, whose: impl Fn(CallId) -> bool) -> bool {
        let line = self.pool_named(queue).into_iter().flat_map(Pool::line);
        let mut waiting = line.filter_map(|rank| self.entries.get(rank.entry));
        waiting.any(|entry| whose(entry.id.call))
    }

    /// How many agents of any of these queues could be rung now.
    pub fn free_among(&self, queues: &[QueueName]) -> u32 {
        let pools = queues.iter().filter_map(|queue| self.pool_named(queue.as_str()));
        let free: BTreeSet<AgentIx> =
            pools.flat_map(|pool| pool.free.iter().map(|key| key.agent)).collect();
        free.len() as u32
    }

    /// An agent as it stands. A phone that was cancelled and may still make a sound rings.
    pub fn agent(&self, name: &str) -> Option<AgentStatus> {
        Some(self.agent_named(name)?.status())
    }

    /// The place in line in the first queue that a waiting entry asked for, from 1 on, callers
    /// whose agents ring included. A sum over some hundreds of numbers for 100,000 waiting.
    pub fn position(&self, entry: EntryId) -> Option<u32> {
        let entry = self.waiting(entry)?;
        let pool = entry.asked.as_slice().first()?;
        Some(self.pools[pool.0 as usize].before(entry.rank) as u32 + 1)
    }

    /// How long a waiting entry will probably wait from now on: for each queue that it asked for,
    /// as long as the agents who are there take for those before it and for one of their present
    /// conversations; the shortest of these. None: no queue asked for has had a conversation, or
    /// nobody is there.
    pub fn expected_wait(&self, entry: EntryId) -> Option<Duration> {
        let entry = self.waiting(entry)?;
        let of_pool = |pool: &Pool| {
            let place = pool.before(entry.rank) as i64 + 1;
            let there = pool
                .members
                .iter()
                .map(|ix| &self.agents[ix.0 as usize])
                .filter(|agent| agent.logged_in && !agent.paused && !agent.phone().is_away())
                .count() as i64;
            match pool.free.is_empty() {
                true => Some(pool.handling()?.saturating_mul(place).checked_div(there)?),
                false => Some(0),
            }
        };
        entry
            .asked
            .as_slice()
            .iter()
            .filter_map(|pool| of_pool(&self.pools[pool.0 as usize]))
            .min()
            .map(duration)
    }

    /// A queue as it is, and what came of its callers since the day began.
    pub fn figures(&self, name: &str, now: Duration) -> Option<QueueFigures> {
        let pool = self.pool_named(name)?;
        Some(QueueFigures {
            queue: pool.config.name.clone(),
            code: None,
            now: self.queue(name, now)?,
            answer_within_s: pool.config.answer_within.as_secs_f64(),
            handling: pool.handling().map(duration),
            day: pool.counts,
        })
    }

    /// An agent as it stands, and since when.
    pub fn agent_since(&self, name: &str) -> Option<(AgentStatus, Duration)> {
        let (status, since) = self.agent_named(name)?.listed;
        Some((status, duration(since)))
    }

    /// The queues whose calls an agent takes, in the order in which the agent came into them.
    pub fn queues_of(&self, agent: &str) -> Option<Vec<QueueName>> {
        let queues = self
            .agent_named(agent)?
            .members
            .iter()
            .map(|member| &self.pools[member.pool.0 as usize]);
        Some(
            queues
                .filter(|pool| !pool.of_one && pool.configured)
                .map(|pool| pool.config.name.clone())
                .collect(),
        )
    }

    fn agent_named(&self, name: &str) -> Option<&Agent> {
        Some(&self.agents[self.agent_by_name.get(name)?.0 as usize])
            .filter(|agent| agent.configured)
    }

    fn pool_named(&self, name: &str) -> Option<&Pool> {
        Some(&self.pools[self.pool_by_name.get(name)?.0 as usize]).filter(|pool| pool.configured)
    }

    fn waiting(&self, entry: EntryId) -> Option<&Entry> {
        self.entries.get(self.entries.find(entry)?).filter(|entry| entry.agent.is_none())
    }
}

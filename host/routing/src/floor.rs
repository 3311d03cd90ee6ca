//! The floor: all queues and agents, and the callers who wait.
//!
//! * [`attempt`]: a phone that rings.
//! * [`ring`]: from a free agent and a waiting caller to a conversation, or not.
//! * [`fumble`]: answers that came to nothing.
//! * [`engage`]: calls past the queues.
//! * [`interrupt`]: urgent calls, which ring agents who talk.
//! * [`agents`]: what agents do.
//! * [`configure`]: a new site under a running floor.
//! * [`restore`]: the floor as it was when its host went away.
//! * [`figures`]: what people and flows ask of it.

mod agents;
mod attempt;
mod configure;
mod engage;
mod figures;
mod fumble;
mod interrupt;
mod restore;
mod ring;
#[cfg(test)]
mod sound;

use crate::{
    AttemptId, EntryId, Input, Output, RefusedInput,
    agent::Agent,
    entry::{Asks, Entries, Entry},
    ix::{AgentIx, EntryIx, PoolIx},
    line::Rank,
    pool::Pool,
};
use attempt::Attempt;
use std::{
    cmp::Reverse,
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};
use strowger_model::{AgentName, QueueName, command::Asked, event::Left, read::QueueCounts};

/// All queues and agents, and the callers who wait for them. The crate's documentation says what
/// holds.
#[derive(Debug, Default)]
pub struct Floor {
    /// Nanoseconds of the caller's time; never goes back.
    now: i64,
    agents: Vec<Agent>,
    agent_by_name: BTreeMap<AgentName, AgentIx>,
    pools: Vec<Pool>,
    pool_by_name: BTreeMap<QueueName, PoolIx>,
    /// Queues whose callers interrupt conversations.
    interrupting: Vec<PoolIx>,
    entries: Entries,
    /// Entries so far.
    serial: u64,
    attempts: BTreeMap<AttemptId, Attempt>,
    /// The number of the next attempt.
    rung: u64,
    deadlines: BTreeSet<(i64, Due)>,
    /// Pools in which a free agent and a wanting entry may have come together. Empty between two
    /// inputs.
    unsettled: BTreeSet<PoolIx>,
    /// Agents whose phones ring, and whose caller is connected or gone. Empty between two inputs.
    left_ringing: Vec<AgentIx>,
}

/// What is due at a deadline.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Due {
    /// The ring time is over, or a cancelled phone is taken to be quiet.
    Attempt(AttemptId),
    /// An agent's wrap-up is over.
    WrapUp(AgentIx),
    /// An agent is no longer left alone by a pool.
    Rest(AgentIx, PoolIx),
}

/// A length of time in nanoseconds; 292 years at most.
fn nanos(time: Duration) -> i64 {
    i64::try_from(time.as_nanos()).unwrap_or(i64::MAX)
}

/// A moment of the floor's.
fn time(nanos: i64) -> Duration {
    Duration::from_nanos(u64::try_from(nanos).unwrap_or(0))
}

impl Floor {
    /// An empty floor. [`Input::Configure`] comes first.
    pub fn new() -> Self {
        Self::default()
    }

    /// Takes an input, and appends what is to be done. `now` is the time since an epoch of the
    /// caller's choosing; a time before that of the input before counts as that. An input comes
    /// before what is due at the same time: who answers in the instant in which the ring time ends
    /// has answered.
    ///
    /// # Errors
    /// The input names somebody or something that is not there, or makes no sense. Nothing came of
    /// it, but what was due by now is in `out`.
    pub fn input(
        &mut self,
        now: Duration,
        input: Input,
        out: &mut Vec<Output>,
    ) -> Result<(), RefusedInput> {
        self.now = self.now.max(nanos(now));
        let result = self.take(input, out);
        while let Some((_, due)) =
            self.deadlines.first().copied().filter(|(when, _)| *when <= self.now)
        {
            self.deadlines.pop_first();
            self.is_due(due, out);
        }
        self.settle(out);
        result
    }

    /// When the next [`Input::Tick`] is due. None: only another input can change anything.
    pub fn next_deadline(&self) -> Option<Duration> {
        self.deadlines.first().map(|(when, _)| time(*when))
    }

    /// For whom a phone rings. None: it was answered or cancelled, or is quiet.
    pub fn rings_for(&self, attempt: AttemptId) -> Option<EntryId> {
        self.attempts.get(&attempt)?.rings.map(|rings| rings.entry)
    }

    fn take(&mut self, input: Input, out: &mut Vec<Output>) -> Result<(), RefusedInput> {
        match input {
            Input::Configure { queues, agents } => self.configure(queues, agents, out),
            Input::Restore { agents, entries, quieting, next_attempt } => {
                self.restore(agents, entries, quieting, next_attempt, out)?
            }
            Input::Endpoints { agent, endpoints } => self.move_to(&agent, endpoints, out)?,
            Input::Phone { agent, endpoint, state } => {
                self.phone_is(&agent, endpoint, state, out)?
            }
            Input::Agent { agent, action } => self.agent_does(&agent, action, out)?,
            Input::Enter { entry, ask, priority, waited, placed } => {
                let rank = self.rank(priority, waited);
                self.enter(entry, &ask, rank, placed, out)?
            }
            Input::Widen { entry, ask } => self.widen(entry, &ask)?,
            Input::Leave { entry, hung_up } => {
                let ix = self.entries.find(entry).ok_or(RefusedInput::UnknownEntry(entry))?;
                if self.entries.get(ix).is_some_and(|entry| entry.agent.is_none()) {
                    self.remove_waiting(
                        ix,
                        if hung_up {
                            |counts| counts.abandoned += 1
                        } else {
                            |counts| counts.left += 1
                        },
                        out,
                    );
                }
            }
            Input::Answered { attempt } => self.answered(attempt, out),
            Input::Unanswered { attempt, why } => self.unanswered(attempt, why, out),
            Input::Engage { entry, agent } => self.engage(entry, &agent)?,
            Input::EngagedAnswered { entry } => self.engaged_answered(entry)?,
            Input::Ended { entry } => self.ended(entry, out)?,
            Input::Fumbled { entry } => self.fumbled(entry, out)?,
            Input::NewDay => {
                self.forget_counted();
                for pool in &mut self.pools {
                    pool.counts =
                        QueueCounts { offered: pool.waiting() as u32, ..QueueCounts::default() };
                }
            }
            Input::Tick => {}
        }
        Ok(())
    }

    fn is_due(&mut self, due: Due, out: &mut Vec<Output>) {
        match due {
            Due::Attempt(attempt) => self.attempt_due(attempt, out),
            Due::WrapUp(agent) => {
                self.agent_mut(agent).wrap_up = None;
                self.list(agent);
            }
            Due::Rest(agent, pool) => {
                if let Some(member) = self.agent_mut(agent).member_of(pool) {
                    member.rests = None;
                }
                self.list(agent);
            }
        }
    }

    /// Of the next that enters.
    fn rank(&self, priority: u8, waited: Duration) -> Rank {
        Rank {
            priority: Reverse(priority),
            since: self.now.saturating_sub(nanos(waited)),
            serial: self.serial + 1,
            entry: self.entries.next_ix(),
        }
    }

    fn enter(
        &mut self,
        id: EntryId,
        ask: &[Asked],
        rank: Rank,
        placed: bool,
        out: &mut Vec<Output>,
    ) -> Result<(), RefusedInput> {
        if self.entries.find(id).is_some() {
            return Err(RefusedInput::DuplicateEntry(id));
        }
        let asked = self.asked(ask, &[])?;
        if asked.is_empty() {
            return Err(RefusedInput::NothingAsked(id));
        }
        let all =
            |holds: fn(&Pool) -> bool| asked.iter().all(|pool| holds(&self.pools[pool.0 as usize]));
        if let Some(why) = all(Pool::is_deserted)
            .then_some(Left::NobodyLoggedIn)
            .or_else(|| all(Pool::is_out_of_reach).then_some(Left::NobodyReachable))
            .or_else(|| (!placed && all(Pool::is_full)).then_some(Left::Full))
        {
            for pool in &asked {
                let counts = &mut self.pool_mut(*pool).counts;
                (counts.offered, counts.left) = (counts.offered + 1, counts.left + 1);
            }
            out.push(Output::Left { entry: id, why });
            return Ok(());
        }
        self.serial = rank.serial;
        for pool in &asked {
            self.pool_mut(*pool).take_in(rank);
        }
        self.unsettled.extend(&asked);
        self.entries.insert(Entry {
            id,
            rank,
            entered: self.now,
            asked: Asks::new(asked),
            offers: None,
            agent: None,
        });
        Ok(())
    }

    fn widen(&mut self, id: EntryId, ask: &[Asked]) -> Result<(), RefusedInput> {
        let ix = self.entries.find(id).ok_or(RefusedInput::UnknownEntry(id))?;
        let asked = self.entries.get(ix).map_or(&[][..], |entry| entry.asked.as_slice()).to_vec();
        let more = self.asked(ask, &asked)?;
        let Some(entry) = self.entries.get_mut(ix).filter(|entry| entry.agent.is_none()) else {
            return Ok(());
        };
        entry.asked = Asks::new([&asked[..], &more].concat());
        let rank = entry.rank;
        for pool in &more {
            self.pool_mut(*pool).take_in(rank);
        }
        self.unsettled.extend(more);
        Ok(())
    }

    /// The pools that are asked for, each once, without those asked for already.
    fn asked(&mut self, ask: &[Asked], already: &[PoolIx]) -> Result<Vec<PoolIx>, RefusedInput> {
        let mut pools = Vec::with_capacity(ask.len());
        for asked in ask {
            let pool = match asked {
                Asked::Queue(queue) => self.find_queue(queue)?,
                Asked::Agent(agent) => {
                    let agent = self.find_agent(agent)?;
                    self.own_pool(agent)
                }
            };
            if !already.contains(&pool) && !pools.contains(&pool) {
                pools.push(pool);
            }
        }
        Ok(pools)
    }

    fn find_queue(&self, name: &QueueName) -> Result<PoolIx, RefusedInput> {
        let found =
            self.pool_by_name.get(name).copied().filter(|ix| self.pools[ix.0 as usize].configured);
        found.ok_or_else(|| RefusedInput::UnknownQueue(name.clone()))
    }

    fn find_agent(&self, name: &AgentName) -> Result<AgentIx, RefusedInput> {
        let found = self
            .agent_by_name
            .get(name)
            .copied()
            .filter(|ix| self.agents[ix.0 as usize].configured);
        found.ok_or_else(|| RefusedInput::UnknownAgent(name.clone()))
    }

    /// The pool of one agent, made when it is first asked for.
    fn own_pool(&mut self, agent: AgentIx) -> PoolIx {
        if let Some(pool) = self.agents[agent.0 as usize].own {
            return pool;
        }
        let pool = PoolIx(self.pools.len() as u32);
        self.pools.push(Pool::of_one(&self.agents[agent.0 as usize].config.name));
        self.agent_mut(agent).own = Some(pool);
        self.join(agent, pool);
        pool
    }

    /// Takes a waiting entry off the floor; its phones are cancelled.
    fn remove_waiting(&mut self, ix: EntryIx, count: fn(&mut QueueCounts), out: &mut Vec<Output>) {
        self.withdraw_all(ix, out);
        if let Some(entry) = self.entries.remove(ix) {
            for pool in entry.asked.as_slice() {
                let pool = self.pool_mut(*pool);
                pool.remove(entry.rank);
                count(&mut pool.counts);
            }
        }
    }

    /// Sends away who waits for a pool and can hope for nothing any more, from any that they asked
    /// for.
    fn send_hopeless_away(&mut self, pool: PoolIx, out: &mut Vec<Output>) {
        let this = &self.pools[pool.0 as usize];
        if !this.may_be_hopeless() {
            return;
        }
        let here = this.line();
        let hope = |pool: &PoolIx, entry: &Entry| self.pools[pool.0 as usize].has_hope_for(entry);
        let hopeless: Vec<(EntryIx, EntryId, Left)> = here
            .filter_map(|rank| Some((rank, self.entries.get(rank.entry)?)))
            .filter(|(_, entry)| {
                !hope(&pool, entry) && !entry.asked.as_slice().iter().any(|pool| hope(pool, entry))
            })
            .map(|(rank, entry)| {
                let somebody = entry
                    .asked
                    .as_slice()
                    .iter()
                    .any(|pool| self.pools[pool.0 as usize].logged_in > 0);
                (
                    rank.entry,
                    entry.id,
                    if somebody { Left::NobodyReachable } else { Left::NobodyLoggedIn },
                )
            })
            .collect();
        for (ix, entry, why) in hopeless {
            self.remove_waiting(ix, |counts| counts.left += 1, out);
            out.push(Output::Left { entry, why });
        }
    }

    fn agent_mut(&mut self, agent: AgentIx) -> &mut Agent {
        &mut self.agents[agent.0 as usize]
    }

    fn pool_mut(&mut self, pool: PoolIx) -> &mut Pool {
        &mut self.pools[pool.0 as usize]
    }
}

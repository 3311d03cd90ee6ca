//! The floor is put back after its host was away: who waits, who rings, who talks, and how the
//! agents stand.
//!
//! What was only a courtesy is forgotten: who was tried in vain or could not be reached, who was
//! left alone after that, who let how many calls ring out, and whose turn it was in a round robin.

use super::{
    Due, Floor,
    attempt::{Attempt, Rings},
    nanos,
    ring::QUIET_AFTER,
    time,
};
use crate::{
    AgentConfig, AttemptId, Output, RefusedInput, RingEndpoints,
    agent::{Agent, Doing, Try},
    entry::{Asks, Entry},
    ix::{AgentIx, EntryIx, PoolIx},
    line::Rank,
    port::{self, Quieting, Restored, Rung, Standing},
};
use std::{cmp::Reverse, collections::BTreeSet};
use strowger_model::{AgentName, QueueName, command::Asked, event::Left};

impl Floor {
    /// How an agent stands: what has to be kept for [`Input::Restore`](crate::Input::Restore).
    /// None: the site has no such agent.
    pub fn standing(&self, agent: &str) -> Option<Standing> {
        let agent = &self.agents[self.agent_by_name.get(agent)?.0 as usize];
        let chose = |what: bool| {
            let pools = agent.chose.iter().filter(move |(_, joined)| **joined == what);
            pools.map(|(pool, _)| self.pools[pool.0 as usize].config.name.clone()).collect()
        };
        agent.configured.then(|| Standing {
            logged_in: agent.logged_in,
            paused: agent.paused,
            pause_reason: agent.pause_reason.clone(),
            wrap_up_until: agent.wrap_up.map(time),
            idle_since: Some(time(agent.idle_since)),
            since: Some(time(agent.listed.1)),
            joined: chose(true),
            left: chose(false),
        })
    }

    pub(super) fn restore(
        &mut self,
        agents: Vec<(AgentName, Standing)>,
        entries: Vec<Restored>,
        quieting: Vec<Quieting>,
        next_attempt: AttemptId,
        out: &mut Vec<Output>,
    ) -> Result<(), RefusedInput> {
        let mut ids = BTreeSet::new();
        if let Some(twice) = entries
            .iter()
            .map(|restored| restored.entry)
            .find(|id| self.entries.find(*id).is_some() || !ids.insert(*id))
        {
            return Err(RefusedInput::DuplicateEntry(twice));
        }
        self.rung = self.rung.max(next_attempt.0);
        let serials = self.serial + 1..;
        self.serial += entries.len() as u64;
        // A conversation is a fact whatever the site says; a phone goes on ringing if its agent is
        // still to be rung.
        for (restored, serial) in entries.iter().zip(serials.clone()) {
            match &restored.now {
                port::Doing::Waiting { .. } => {}
                port::Doing::Engaging { agent } => {
                    let ix = self.agent_or_gone(agent);
                    if self.agents[ix.0 as usize].doing == Doing::Nothing {
                        self.reserve(ix, restored.entry, serial);
                    }
                }
                port::Doing::Talking { agent, queue, held } => {
                    self.restore_conversation(agent, queue.as_ref(), *held, restored, serial)
                }
            }
        }
        self.return_to_held(out);
        for (agent, standing) in agents {
            self.restore_agent(&agent, standing, out);
        }
        for Quieting { attempt, agent } in quieting {
            let agent = self.agent_or_gone(&agent);
            let due = self.now.saturating_add(nanos(QUIET_AFTER));
            if self.restore_attempt(attempt, Attempt { agent, rings: None, due }) {
                self.agent_mut(agent).fading += 1;
                self.list(agent);
            }
        }
        for (restored, serial) in entries.iter().zip(serials) {
            if let port::Doing::Waiting { ringing } = &restored.now {
                self.restore_waiting(restored, ringing, serial, out);
            }
        }
        for ix in (0..self.pools.len() as u32).map(PoolIx) {
            self.send_hopeless_away(ix, out);
            self.unsettled.insert(ix);
        }
        Ok(())
    }

    fn restore_agent(&mut self, name: &AgentName, standing: Standing, out: &mut Vec<Output>) {
        let Ok(ix) = self.find_agent(name) else { return };
        let chosen = standing
            .joined
            .iter()
            .map(|queue| (queue, true))
            .chain(standing.left.iter().map(|queue| (queue, false)));
        for (queue, joined) in chosen {
            let Ok(pool) = self.find_queue(queue) else { continue };
            self.agent_mut(ix).chose.insert(pool, joined);
            if joined {
                self.join(ix, pool);
            } else {
                self.part(ix, pool);
            }
        }
        self.log_out(ix, out);
        if standing.logged_in {
            self.log_in(
                ix,
                standing.idle_since.map_or(self.now, |since| nanos(since).min(self.now)),
            );
            let agent = &mut self.agents[ix.0 as usize];
            agent.paused = standing.paused;
            agent.pause_reason = standing.pause_reason;
            if let Some(until) = standing.wrap_up_until.map(nanos).filter(|until| *until > self.now)
            {
                agent.wrap_up = Some(until);
                self.deadlines.insert((until, Due::WrapUp(ix)));
            }
        }
        self.list(ix);
        if let Some(since) = standing.since {
            self.agent_mut(ix).listed.1 = nanos(since).min(self.now);
        }
    }

    /// An agent has one conversation, and perhaps one that is held: another one goes on without the
    /// floor.
    fn restore_conversation(
        &mut self,
        name: &AgentName,
        queue: Option<&QueueName>,
        held: bool,
        restored: &Restored,
        serial: u64,
    ) {
        let ix = self.agent_or_gone(name);
        let agent = &self.agents[ix.0 as usize];
        if if held { &agent.beneath } else { &agent.doing } != &Doing::Nothing {
            return;
        }
        let queue = queue.and_then(|queue| self.find_queue(queue).ok());
        let pool = queue.unwrap_or_else(|| self.own_pool(ix));
        let mut asked = self.known(&restored.ask);
        if asked.is_empty() {
            asked.push(pool);
        }
        let entry = self.restore_entry(restored, asked, serial, Some(ix));
        let talking = Doing::Talking { entry, pool, began: None, counted: false };
        let agent = self.agent_mut(ix);
        match held {
            true => agent.beneath = talking,
            false => agent.doing = talking,
        }
        self.list(ix);
    }

    fn restore_waiting(
        &mut self,
        restored: &Restored,
        ringing: &[Rung],
        serial: u64,
        out: &mut Vec<Output>,
    ) {
        let asked = self.known(&restored.ask);
        let ix = self.restore_entry(restored, asked.clone(), serial, None);
        let mut ringing: Vec<_> = ringing.iter().collect();
        ringing.sort_by_key(|rung| rung.attempt);
        for rung in ringing {
            self.restore_ringing(ix, rung, out);
        }
        let Some(entry) = self.entries.get(ix) else { return };
        for ix in &asked {
            let pool = &mut self.pools[ix.0 as usize];
            pool.counts.offered += 1;
            let line = if entry.rings_through(*ix) && !pool.is_ring_all() {
                &mut pool.served
            } else {
                &mut pool.wanting
            };
            line.insert(entry.rank);
        }
        if asked.is_empty() {
            self.entries.remove(ix);
            out.push(Output::Left { entry: restored.entry, why: Left::NobodyLoggedIn });
        }
    }

    fn restore_entry(
        &mut self,
        restored: &Restored,
        asked: Vec<PoolIx>,
        serial: u64,
        agent: Option<AgentIx>,
    ) -> EntryIx {
        let ix = self.entries.next_ix();
        let since = nanos(restored.since).min(self.now);
        let rank = Rank { priority: Reverse(restored.priority), since, serial, entry: ix };
        self.entries.insert(Entry {
            id: restored.entry,
            rank,
            entered: self.now,
            asked: Asks::new(asked),
            offers: None,
            agent,
        });
        ix
    }

    /// A phone rings on for the rest of its time, or is cancelled if its agent is not to be rung
    /// for this entry any more.
    fn restore_ringing(&mut self, ix: EntryIx, rung: &Rung, out: &mut Vec<Output>) {
        let who = self.agent_or_gone(&rung.agent);
        let Some(entry) = self.entries.get(ix) else { return };
        let pool = self.rings_on_for(who, ix, entry);
        let agent = &self.agents[who.0 as usize];
        let of_pool =
            pool.map_or_else(Default::default, |pool| self.pools[pool.0 as usize].config.ring_time);
        let since = nanos(rung.since).min(self.now);
        let due = since.saturating_add(nanos(agent.ring_time(rung.endpoint, of_pool)));
        let Rung { endpoint, first, .. } = *rung;
        let rings = Some(Rings { entry: entry.id, first, endpoint, since });
        if !self.restore_attempt(rung.attempt, Attempt { agent: who, rings, due }) {
            return;
        }
        let Some(pool) = pool else {
            self.cancel(rung.attempt, false, out);
            return self.list(who);
        };
        let agent = &mut self.agents[who.0 as usize];
        if !matches!(agent.doing, Doing::Ringing(_)) {
            let trying = Doing::Ringing(Try {
                entry: ix,
                pool,
                attempts: Vec::new(),
                next_endpoint: 0,
                unreachable: true,
                rang_out: false,
            });
            agent.beneath = std::mem::replace(&mut agent.doing, trying);
            if let Some(entry) = self.entries.get_mut(ix) {
                entry.offers.get_or_insert_default().ringing.push((who, pool));
            }
        }
        let at_once = if agent.config.ring_endpoints == RingEndpoints::Together {
            agent.endpoints()
        } else {
            0
        };
        let quieting = agent.fading as usize;
        if let Doing::Ringing(trying) = &mut agent.doing {
            trying.attempts.push(rung.attempt);
            let rung_so_far = (rung.endpoint + 1).max(trying.attempts.len() + quieting);
            trying.next_endpoint = trying.next_endpoint.max(rung_so_far).max(at_once);
            // Of a phone that rang before and does so no more it is not known why.
            trying.unreachable = trying.attempts.len() == trying.next_endpoint;
        }
        self.list(who);
    }

    /// The pool for which an agent's phone goes on ringing; none: the agent is not to be rung for
    /// this entry any more.
    fn rings_on_for(&self, who: AgentIx, ix: EntryIx, entry: &Entry) -> Option<PoolIx> {
        let agent = &self.agents[who.0 as usize];
        match &agent.doing {
            _ if !agent.logged_in || agent.paused || agent.wrap_up.is_some() => None,
            Doing::Ringing(trying) if trying.entry == ix => Some(trying.pool),
            // The first queue asked for that would have rung the agent.
            Doing::Nothing => {
                let of_agent = || {
                    entry
                        .asked
                        .as_slice()
                        .iter()
                        .copied()
                        .filter(|pool| self.pools[pool.0 as usize].members.contains(&who))
                };
                of_agent()
                    .find(|pool| {
                        self.pools[pool.0 as usize].is_ring_all() || !entry.rings_through(*pool)
                    })
                    .or_else(|| of_agent().next())
                    .or_else(|| entry.asked.as_slice().first().copied())
            }
            Doing::Talking { .. } if agent.beneath == Doing::Nothing => {
                entry.asked.as_slice().iter().copied().find(|pool| {
                    let pool = &self.pools[pool.0 as usize];
                    pool.config.interrupts && pool.members.contains(&who)
                })
            }
            _ => None,
        }
    }

    /// False: it was named before, and stays what it is.
    fn restore_attempt(&mut self, id: AttemptId, attempt: Attempt) -> bool {
        if self.attempts.contains_key(&id) {
            return false;
        }
        self.rung = self.rung.max(id.0 + 1);
        self.deadlines.insert((attempt.due, Due::Attempt(id)));
        self.attempts.insert(id, attempt);
        true
    }

    /// The pools asked for that the site still has.
    fn known(&mut self, ask: &[Asked]) -> Vec<PoolIx> {
        let mut pools = Vec::new();
        for asked in ask {
            // What is not there any more is refused, and asked for no longer.
            let more = self.asked(std::slice::from_ref(asked), &pools).unwrap_or_default();
            pools.extend(more);
        }
        pools
    }

    /// An agent who is no longer in the site is known as one who has just been taken out of it.
    fn agent_or_gone(&mut self, name: &AgentName) -> AgentIx {
        if let Some(&ix) = self.agent_by_name.get(name) {
            return ix;
        }
        let ix = AgentIx(self.agents.len() as u32);
        let config = AgentConfig { logged_in: false, ..AgentConfig::new(name.clone()) };
        self.agents.push(Agent { configured: false, ..Agent::new(config, self.now) });
        self.agent_by_name.insert(name.clone(), ix);
        ix
    }
}

//! From a free agent and a waiting caller to a conversation, or not: the life of a try and of its
//! attempts.

use super::{
    Due, Floor,
    attempt::{Attempt, Rings},
    nanos, time,
};
use crate::{
    AttemptId, EntryId, Output, RefusedInput,
    agent::{Doing, Try},
    ix::{AgentIx, EntryIx, PoolIx},
};
use std::time::Duration;
use strowger_model::event::Unanswered;

/// A cancelled phone counts as quiet after this, should its report be lost.
pub(super) const QUIET_AFTER: Duration = Duration::from_secs(10);

/// The least that an agent is left alone: a phone that refuses at once must not ring on and on.
const LEAST_REST: Duration = Duration::from_secs(1);

/// Who let a call ring out is taken after all others for so long. Else each caller would wait for
/// the ring time of an agent who is not there.
const TAKEN_LAST: Duration = Duration::from_secs(120);

/// How a try ended that gave no conversation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum InVain {
    /// Not the agent's doing: the entry left or is connected, the agent logged out.
    Withdrawn,
    /// Declined or busy, or something failed.
    NotTaken,
    /// A phone rang for as long as it might.
    RangOut,
    /// No endpoint could be reached.
    Unreachable,
}

impl Floor {
    /// Brings free agents and wanting entries together, the first entry of all unsettled pools
    /// first.
    pub(super) fn settle(&mut self, out: &mut Vec<Output>) {
        loop {
            let open = self
                .unsettled
                .iter()
                .map(|ix| &self.pools[ix.0 as usize])
                .filter(|pool| !pool.free.is_empty());
            let Some(rank) = open.filter_map(|pool| pool.wanting.first()).min() else { break };
            let Some(entry) = self.entries.get(rank.entry) else { break };
            let can_serve = |ix: &&PoolIx| {
                let pool = &self.pools[ix.0 as usize];
                !pool.free.is_empty() && (pool.is_ring_all() || !entry.rings_through(**ix))
            };
            let Some(&pool) = entry.asked.as_slice().iter().find(can_serve) else { break };
            let is_late = |agent: AgentIx| self.is_taken_last(agent);
            let Some(free) = self.pools[pool.0 as usize].pick(entry, is_late) else { break };

            let pool_mut = self.pool_mut(pool);
            pool_mut.rang_last = Some(free.order);
            if !pool_mut.is_ring_all() {
                pool_mut.wanting.remove(rank);
                pool_mut.served.insert(rank);
            }
            self.try_agent(free.agent, rank.entry, pool, out);
        }
        self.silence_left_ringing(out);
        self.interrupt(out);
        self.unsettled.clear();
    }

    pub(super) fn try_agent(
        &mut self,
        agent: AgentIx,
        entry: EntryIx,
        pool: PoolIx,
        out: &mut Vec<Output>,
    ) {
        if let Some(entry) = self.entries.get_mut(entry) {
            entry.offers.get_or_insert_default().ringing.push((agent, pool));
        }
        if let Doing::LeftRinging(_) = self.agents[agent.0 as usize].doing {
            return self.pass_on(agent, entry, pool, out);
        }
        let at_first = self.agents[agent.0 as usize].first_endpoints();
        let trying = Doing::Ringing(Try {
            entry,
            pool,
            attempts: Vec::with_capacity(at_first),
            next_endpoint: 0,
            unreachable: true,
            rang_out: false,
        });
        let ringing = self.agent_mut(agent);
        ringing.beneath = std::mem::replace(&mut ringing.doing, trying);
        self.list(agent);
        for _ in 0..at_first {
            self.ring_next_endpoint(agent, out);
        }
    }

    /// False: there is none.
    fn ring_next_endpoint(&mut self, ix: AgentIx, out: &mut Vec<Output>) -> bool {
        let attempt = AttemptId(self.rung);
        let agent = &mut self.agents[ix.0 as usize];
        let endpoints = agent.endpoints();
        let Doing::Ringing(Try { next_endpoint, .. }) = agent.doing else { return false };
        let endpoint = (next_endpoint..endpoints).find(|endpoint| !agent.is_away(*endpoint));
        let (Some(endpoint), Doing::Ringing(trying)) = (endpoint, &mut agent.doing) else {
            return false;
        };
        let Some(entry) = self.entries.get(trying.entry) else { return false };
        trying.next_endpoint = endpoint + 1;
        trying.attempts.push(attempt);
        let of_pool = self.pools[trying.pool.0 as usize].config.ring_time;
        out.push(Output::Ring {
            entry: entry.id,
            attempt,
            agent: agent.config.name.clone(),
            endpoint,
        });

        self.rung += 1;
        let due = self.now.saturating_add(nanos(agent.ring_time(endpoint, of_pool)));
        self.deadlines.insert((due, Due::Attempt(attempt)));
        let (entry, since) = (entry.id, self.now);
        let rings = Some(Rings { entry, first: entry, endpoint, since });
        self.attempts.insert(attempt, Attempt { agent: ix, rings, due });
        true
    }

    pub(super) fn answered(&mut self, id: AttemptId, out: &mut Vec<Output>) {
        let Some(attempt) = self.attempts.get(&id).filter(|attempt| attempt.rings.is_some()) else {
            return;
        };
        let agent = attempt.agent;
        let Doing::Ringing(trying) = &mut self.agent_mut(agent).doing else { return };
        let (entry, pool) = (trying.entry, trying.pool);
        let others: Vec<_> =
            std::mem::take(&mut trying.attempts).into_iter().filter(|other| *other != id).collect();
        self.agent_mut(agent).doing =
            Doing::Talking { entry, pool, began: Some(self.now), counted: true };
        self.set_unreachable(agent, None);
        self.agent_mut(agent).has_answered();
        self.forget(id);

        self.hold_beneath(agent, out);
        let Some(connected) = self.entries.get_mut(entry) else { return };
        connected.agent = Some(agent);
        if let Some(offers) = &mut connected.offers {
            offers.ringing.retain(|(who, _)| *who != agent);
        }
        let (name, rank) = (self.agents[agent.0 as usize].config.name.clone(), connected.rank);
        let queue = self.pools[pool.0 as usize].queue_name().cloned();
        out.push(Output::Connected { entry: connected.id, attempt: id, agent: name, queue });
        let waited = self.now.saturating_sub(rank.since);
        for &asked in connected.asked.as_slice() {
            let asked_pool = &mut self.pools[asked.0 as usize];
            asked_pool.remove(rank);
            if asked == pool {
                asked_pool.count_answer(waited);
            } else {
                asked_pool.counts.left += 1;
            }
        }
        for other in others {
            self.cancel(other, false, out);
        }
        self.withdraw_all(entry, out);
        self.list(agent);
    }

    pub(super) fn unanswered(&mut self, id: AttemptId, why: Unanswered, out: &mut Vec<Output>) {
        let Some(attempt) = self.attempts.get(&id) else { return };
        let agent = attempt.agent;
        if attempt.rings.is_none() {
            return self.is_quiet(id);
        }
        self.forget(id);
        let Doing::Ringing(trying) = &mut self.agent_mut(agent).doing else { return };
        trying.attempts.retain(|other| *other != id);
        trying.unreachable &= why == Unanswered::Unreachable;
        match why {
            Unanswered::Busy | Unanswered::Declined => self.end_try(agent, InVain::NotTaken, out),
            Unanswered::NoAnswer | Unanswered::Unreachable | Unanswered::Cancelled => {
                self.try_on(agent, out)
            }
        }
    }

    /// The ring time of an attempt is over, or a cancelled one is taken to be quiet.
    pub(super) fn attempt_due(&mut self, id: AttemptId, out: &mut Vec<Output>) {
        let Some(attempt) = self.attempts.get(&id) else { return };
        let agent = attempt.agent;
        if attempt.rings.is_none() {
            return self.is_quiet(id);
        }
        self.cancel(id, true, out);
        let doing = &mut self.agent_mut(agent).doing;
        match doing {
            Doing::Ringing(trying) => {
                trying.attempts.retain(|other| *other != id);
                trying.unreachable = false;
                trying.rang_out = true;
                self.try_on(agent, out);
            }
            Doing::LeftRinging(trying) => {
                trying.attempts.retain(|other| *other != id);
                if trying.attempts.is_empty() {
                    *doing = Doing::Nothing;
                }
                self.list(agent);
            }
            _ => {}
        }
    }

    /// A phone of a try has fallen silent: on to the next, if no other rings.
    fn try_on(&mut self, agent: AgentIx, out: &mut Vec<Output>) {
        let Doing::Ringing(trying) = &self.agents[agent.0 as usize].doing else { return };
        let in_vain = match trying {
            Try { unreachable: true, .. } => InVain::Unreachable,
            Try { rang_out: true, .. } => InVain::RangOut,
            _ => InVain::NotTaken,
        };
        if trying.attempts.is_empty() && !self.ring_next_endpoint(agent, out) {
            self.end_try(agent, in_vain, out);
        }
    }

    /// Ends a try without a conversation, if there is one: its phones are cancelled, the entry goes
    /// on waiting.
    pub(super) fn end_try(&mut self, agent: AgentIx, how: InVain, out: &mut Vec<Output>) {
        let Some(Try { entry: ix, pool, .. }) = self.cancel_try(agent, out) else { return };
        let Some(entry) = self.entries.get_mut(ix) else { return };
        let offers = entry.offers.get_or_insert_default();
        offers.ringing.retain(|(who, _)| *who != agent);
        if how != InVain::Withdrawn {
            *offers.tries.entry(agent).or_default() += 1;
        }
        let (rank, id) = (entry.rank, entry.id);
        if !entry.rings_through(pool) && self.pools[pool.0 as usize].served.remove(rank) {
            self.pool_mut(pool).wanting.insert(rank);
        }
        self.unsettled.insert(pool);
        match how {
            InVain::Withdrawn => {}
            InVain::NotTaken => {
                self.set_unreachable(agent, None);
                self.let_rest(agent, ix);
            }
            InVain::RangOut => {
                self.set_unreachable(agent, None);
                self.let_rest(agent, ix);
                self.rang_out(agent, pool, id, out);
            }
            InVain::Unreachable => {
                self.set_unreachable(agent, Some(self.now));
                self.let_rest(agent, ix);
                for pool in self.pools_of(agent) {
                    self.send_hopeless_away(pool, out);
                }
            }
        }
        self.list(agent);
    }

    /// One more call rang out: too many in a row, and the agent is not there.
    fn rang_out(&mut self, ix: AgentIx, pool: PoolIx, entry: EntryId, out: &mut Vec<Output>) {
        let (now, most) = (self.now, self.pools[pool.0 as usize].config.pause_after);
        let agent = self.agent_mut(ix);
        if agent.doing != Doing::Nothing {
            // Talks, and let an urgent call ring: is there.
            return;
        }
        agent.rang_out = agent.rang_out.saturating_add(1);
        agent.rang_out_at = Some(now);
        if most.is_some_and(|most| agent.rang_out >= most) && !agent.paused {
            agent.paused = true;
            agent.pause_reason = Some(format!("{} calls in a row not answered", agent.rang_out));
            out.push(Output::Paused { entry, agent: agent.config.name.clone() });
        }
    }

    /// Whether an agent let a call ring out a moment ago.
    fn is_taken_last(&self, agent: AgentIx) -> bool {
        let rang_out_at = self.agents[agent.0 as usize].rang_out_at;
        rang_out_at.is_some_and(|at| self.now.saturating_sub(at) < nanos(TAKEN_LAST))
    }

    /// An entry is connected or leaves: phones that ring for it may ring on for others. Those of an
    /// agent who talks are cancelled.
    pub(super) fn withdraw_all(&mut self, entry: EntryIx, out: &mut Vec<Output>) {
        let Some(entry) = self.entries.get_mut(entry) else { return };
        let Some(mut offers) = entry.offers.take() else { return };
        let ringing = std::mem::take(&mut offers.ringing);
        entry.offers = (!offers.tries.is_empty()).then_some(offers);
        for (ix, _) in ringing {
            let agent = self.agent_mut(ix);
            if agent.beneath != Doing::Nothing {
                self.cancel_try(ix, out);
            } else if let Doing::Ringing(trying) =
                std::mem::replace(&mut agent.doing, Doing::Nothing)
            {
                agent.doing = Doing::LeftRinging(trying);
                self.left_ringing.push(ix);
            }
            self.list(ix);
        }
    }

    /// The phones of an agent that were left ringing ring on for another entry, for the rest of
    /// their time.
    fn pass_on(&mut self, ix: AgentIx, entry: EntryIx, pool: PoolIx, out: &mut Vec<Output>) {
        let agent = &mut self.agents[ix.0 as usize];
        let Some(to) = self.entries.get(entry).map(|entry| entry.id) else { return };
        let Doing::LeftRinging(trying) = std::mem::replace(&mut agent.doing, Doing::Nothing) else {
            return;
        };
        for &attempt in &trying.attempts {
            let rings = self.attempts.get_mut(&attempt).and_then(|attempt| attempt.rings.as_mut());
            let Some(rings) = rings else { continue };
            let from = std::mem::replace(&mut rings.entry, to);
            let Rings { first, endpoint, since, .. } = *rings;
            let name = agent.config.name.clone();
            out.push(Output::Passed { entry: from, attempt, first });
            out.push(Output::RingsOn {
                entry: to,
                attempt,
                first,
                agent: name,
                endpoint,
                since: time(since),
            });
        }
        agent.doing = Doing::Ringing(Try { entry, pool, ..trying });
        self.list(ix);
    }

    /// Phones that were left ringing, and that nobody has taken, are cancelled.
    fn silence_left_ringing(&mut self, out: &mut Vec<Output>) {
        for ix in std::mem::take(&mut self.left_ringing) {
            let doing = &mut self.agent_mut(ix).doing;
            if let Doing::LeftRinging(trying) = doing {
                let attempts = std::mem::take(&mut trying.attempts);
                *doing = Doing::Nothing;
                attempts.into_iter().for_each(|attempt| self.cancel(attempt, false, out));
                self.list(ix);
            }
        }
    }

    /// Takes the try off an agent and cancels its phones.
    fn cancel_try(&mut self, agent: AgentIx, out: &mut Vec<Output>) -> Option<Try> {
        let agent = self.agent_mut(agent);
        let Doing::Ringing(_) = agent.doing else { return None };
        let beneath = std::mem::replace(&mut agent.beneath, Doing::Nothing);
        let Doing::Ringing(mut trying) = std::mem::replace(&mut agent.doing, beneath) else {
            return None;
        };
        for attempt in std::mem::take(&mut trying.attempts) {
            self.cancel(attempt, false, out);
        }
        Some(trying)
    }

    pub(super) fn cancel(&mut self, id: AttemptId, time_is_up: bool, out: &mut Vec<Output>) {
        let quiet = self.now.saturating_add(nanos(QUIET_AFTER));
        let Some(attempt) = self.attempts.get_mut(&id) else { return };
        let was_due = std::mem::replace(&mut attempt.due, quiet);
        if let Some(Rings { entry, .. }) = attempt.rings.take() {
            out.push(Output::Cancel { entry, attempt: id, time_is_up });
        }
        self.agents[attempt.agent.0 as usize].fading += 1;
        self.deadlines.remove(&(was_due, Due::Attempt(id)));
        self.deadlines.insert((quiet, Due::Attempt(id)));
    }

    /// A cancelled phone makes no sound any more.
    fn is_quiet(&mut self, id: AttemptId) {
        if let Some(attempt) = self.forget(id) {
            self.agent_mut(attempt.agent).fading -= 1;
            self.list(attempt.agent);
        }
    }

    fn forget(&mut self, id: AttemptId) -> Option<Attempt> {
        let attempt = self.attempts.remove(&id)?;
        self.deadlines.remove(&(attempt.due, Due::Attempt(id)));
        Some(attempt)
    }

    /// The queues that an entry asked for leave an agent alone for a while.
    pub(super) fn let_rest(&mut self, agent: AgentIx, entry: EntryIx) {
        let Some(entry) = self.entries.get(entry) else { return };
        for pool in entry.asked.as_slice() {
            let rest = self.pools[pool.0 as usize].config.retry_after.max(LEAST_REST);
            let until = self.now.saturating_add(nanos(rest));
            if let Some(member) = self.agents[agent.0 as usize].member_of(*pool)
                && member.rests.is_none_or(|already| already < until)
            {
                if let Some(before) = member.rests.replace(until) {
                    self.deadlines.remove(&(before, Due::Rest(agent, *pool)));
                }
                self.deadlines.insert((until, Due::Rest(agent, *pool)));
            }
        }
    }

    /// The conversation of an entry is over.
    pub(super) fn ended(&mut self, id: EntryId, out: &mut Vec<Output>) -> Result<(), RefusedInput> {
        let ix = self.entries.find(id).ok_or(RefusedInput::UnknownEntry(id))?;
        let agent = self
            .entries
            .get(ix)
            .and_then(|entry| entry.agent)
            .ok_or(RefusedInput::NotConnected(id))?;
        self.entries.remove(ix);
        if self.ends_beside(agent, ix, out) {
            return Ok(());
        }
        let now = self.now;
        let ended = &mut self.agents[agent.0 as usize];
        if let Doing::Talking { pool, began, .. } =
            std::mem::replace(&mut ended.doing, Doing::Nothing)
        {
            ended.idle_since = now;
            let pool = &mut self.pools[pool.0 as usize];
            let wrap_up = nanos(pool.config.wrap_up);
            if let Some(began) = began {
                pool.took(now.saturating_sub(began).saturating_add(wrap_up));
            }
            if wrap_up > 0 && ended.logged_in {
                let until = now.saturating_add(wrap_up);
                // In a floor that was put back one may still be running.
                if let Some(before) = ended.wrap_up.replace(until) {
                    self.deadlines.remove(&(before, Due::WrapUp(agent)));
                }
                self.deadlines.insert((until, Due::WrapUp(agent)));
            }
        }
        self.list(agent);
        Ok(())
    }
}

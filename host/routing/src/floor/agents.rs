//! What agents do: log in and out, pause, join and leave queues.

use super::{Due, Floor, ring::InVain};
use crate::{
    EndpointConfig, FloorAction, Output, RefusedInput,
    agent::{Doing, Member},
    ix::{AgentIx, PoolIx},
    pool::OUT_OF_REACH,
};
use strowger_model::{AgentName, PhoneState};

impl Floor {
    pub(super) fn agent_does(
        &mut self,
        name: &AgentName,
        action: FloorAction,
        out: &mut Vec<Output>,
    ) -> Result<(), RefusedInput> {
        let ix = self.find_agent(name)?;
        let logged_in = self.agents[ix.0 as usize].logged_in;
        match action {
            FloorAction::LogIn => self.log_in(ix, self.now),
            FloorAction::LogOut => self.log_out(ix, out),
            FloorAction::Pause(_) | FloorAction::Ready if !logged_in => {
                return Err(RefusedInput::NotLoggedIn(name.clone()));
            }
            FloorAction::Pause(reason) => {
                let agent = self.agent_mut(ix);
                agent.paused = true;
                agent.pause_reason = reason;
                self.end_try(ix, InVain::Withdrawn, out);
            }
            FloorAction::Ready => self.ready(ix),
            FloorAction::Join(queue) => {
                let pool = self.find_queue(&queue)?;
                self.agent_mut(ix).chose.insert(pool, true);
                self.join(ix, pool);
            }
            FloorAction::Leave(queue) => {
                let pool = self.find_queue(&queue)?;
                self.agent_mut(ix).chose.insert(pool, false);
                if self.agents[ix.0 as usize].rings_through(pool) {
                    self.end_try(ix, InVain::Withdrawn, out);
                }
                self.part(ix, pool);
                self.send_hopeless_away(pool, out);
            }
        }
        self.list(ix);
        // Who logs in or joins may be out of reach.
        for pool in self.pools_of(ix) {
            self.send_hopeless_away(pool, out);
        }
        Ok(())
    }

    pub(super) fn log_in(&mut self, ix: AgentIx, idle_since: i64) {
        if self.agents[ix.0 as usize].logged_in {
            return;
        }
        let agent = self.agent_mut(ix);
        agent.logged_in = true;
        agent.idle_since = idle_since;
        for pool in self.pools_of(ix) {
            self.pool_mut(pool).logged_in += 1;
        }
        self.ready(ix);
        self.list(ix);
    }

    /// Who waits only for this agent is still to be sent away.
    pub(super) fn log_out(&mut self, ix: AgentIx, out: &mut Vec<Output>) {
        if !self.agents[ix.0 as usize].logged_in {
            return;
        }
        self.end_try(ix, InVain::Withdrawn, out);
        self.ready(ix);
        self.agent_mut(ix).logged_in = false;
        self.set_unreachable(ix, None);
        self.list(ix);
        for pool in self.pools_of(ix) {
            self.pool_mut(pool).logged_in -= 1;
        }
    }

    /// Ends what keeps an agent from being rung: pause, wrap-up, rest, having been unreachable.
    fn ready(&mut self, ix: AgentIx) {
        self.set_unreachable(ix, None);
        let agent = &mut self.agents[ix.0 as usize];
        agent.has_answered();
        agent.paused = false;
        agent.pause_reason = None;
        if let Some(until) = agent.wrap_up.take() {
            self.deadlines.remove(&(until, Due::WrapUp(ix)));
        }
        for member in &mut agent.members {
            if let Some(until) = member.rests.take() {
                self.deadlines.remove(&(until, Due::Rest(ix, member.pool)));
            }
        }
    }

    /// The agent's phones are others now.
    pub(super) fn move_to(
        &mut self,
        name: &AgentName,
        endpoints: Vec<EndpointConfig>,
        out: &mut Vec<Output>,
    ) -> Result<(), RefusedInput> {
        let ix = self.find_agent(name)?;
        if self.agents[ix.0 as usize].config.endpoints != endpoints {
            self.end_try(ix, InVain::Withdrawn, out);
            self.agent_mut(ix).config.endpoints = endpoints;
            self.set_unreachable(ix, None);
            self.list(ix);
            for pool in self.pools_of(ix) {
                self.send_hopeless_away(pool, out);
            }
        }
        Ok(())
    }

    /// Makes an agent the last member of a pool.
    pub(super) fn join(&mut self, ix: AgentIx, to: PoolIx) {
        let (agent, pool) = (&mut self.agents[ix.0 as usize], &mut self.pools[to.0 as usize]);
        if !pool.members.insert(ix) {
            return;
        }
        agent.members.push(Member { pool: to, order: pool.next_order, rests: None });
        pool.next_order += 1;
        pool.logged_in += u32::from(agent.logged_in);
        pool.unreachable.extend(agent.unreachable.map(|when| (when, ix)));
        self.list(ix);
    }

    /// Ends an agent's membership.
    pub(super) fn part(&mut self, ix: AgentIx, from: PoolIx) -> Option<Member> {
        let (agent, pool) = (&mut self.agents[ix.0 as usize], &mut self.pools[from.0 as usize]);
        let place = agent.members.iter().position(|member| member.pool == from)?;
        let member = agent.members.remove(place);
        pool.members.remove(&ix);
        pool.free.remove(&agent.free_key(ix, member.order, pool.by_idleness()));
        pool.logged_in -= u32::from(agent.logged_in);
        if let Some(when) = agent.unreachable {
            pool.unreachable.remove(&(when, ix));
        }
        if let Some(until) = member.rests {
            self.deadlines.remove(&(until, Due::Rest(ix, from)));
        }
        Some(member)
    }

    /// A phone of an agent is in another state. One that rings goes on ringing.
    pub(super) fn phone_is(
        &mut self,
        name: &AgentName,
        endpoint: usize,
        state: PhoneState,
        out: &mut Vec<Output>,
    ) -> Result<(), RefusedInput> {
        let ix = self.find_agent(name)?;
        if let Some(endpoint) = self.agent_mut(ix).config.endpoints.get_mut(endpoint) {
            endpoint.state = state;
            self.phones_changed(ix);
            for pool in self.pools_of(ix) {
                self.send_hopeless_away(pool, out);
            }
        }
        Ok(())
    }

    /// The phones of an agent, or what is known of them, are others.
    pub(super) fn phones_changed(&mut self, ix: AgentIx) {
        let was = self.agents[ix.0 as usize].unreachable;
        self.set_unreachable(ix, was.filter(|when| *when != OUT_OF_REACH));
        self.list(ix);
    }

    /// When the agent was found unreachable; none: that is over. What the PBX says goes before.
    pub(super) fn set_unreachable(&mut self, ix: AgentIx, when: Option<i64>) {
        let out_of_reach = self.agents[ix.0 as usize].is_out_of_reach();
        let when = if out_of_reach { Some(OUT_OF_REACH) } else { when };
        let before = std::mem::replace(&mut self.agent_mut(ix).unreachable, when);
        if before == when {
            return;
        }
        for pool in self.pools_of(ix) {
            let unreachable = &mut self.pool_mut(pool).unreachable;
            if let Some(before) = before {
                unreachable.remove(&(before, ix));
            }
            unreachable.extend(when.map(|when| (when, ix)));
        }
    }

    /// Puts an agent among the free of each pool, or takes the agent out, as things are now.
    pub(super) fn list(&mut self, ix: AgentIx) {
        let agent = &mut self.agents[ix.0 as usize];
        let status = agent.status();
        // Whose phones are left ringing will have them ring on, or is listed again.
        if agent.listed.0 != status && !matches!(agent.doing, Doing::LeftRinging(_)) {
            agent.listed = (status, self.now);
        }
        for member in &agent.members {
            let pool = &mut self.pools[member.pool.0 as usize];
            let key = agent.free_key(ix, member.order, pool.by_idleness());
            if !pool.rings(status) || member.rests.is_some() {
                pool.free.remove(&key);
            } else if pool.free.insert(key) {
                self.unsettled.insert(member.pool);
            }
        }
    }

    pub(super) fn pools_of(&self, ix: AgentIx) -> Vec<PoolIx> {
        self.agents[ix.0 as usize].members.iter().map(|member| member.pool).collect()
    }
}

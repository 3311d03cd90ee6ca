//! An agent as the floor sees one.

use crate::{
    AgentConfig, AttemptId, EndpointConfig, RingEndpoints,
    ix::{AgentIx, EntryIx, PoolIx},
    pool::FreeKey,
};
use std::{collections::BTreeMap, time::Duration};
use strowger_model::{PhoneState, read::AgentStatus};

/// An agent. Who is no longer in the site stays, logged out and in no queue, so that an index never
/// means another.
#[derive(Debug)]
pub(crate) struct Agent {
    pub(crate) config: AgentConfig,
    /// In the site.
    pub(crate) configured: bool,
    pub(crate) logged_in: bool,
    pub(crate) paused: bool,
    pub(crate) pause_reason: Option<String>,
    /// Calls in a row that rang out, since the agent answered or was ready.
    pub(crate) rang_out: u32,
    /// When the last of them did.
    pub(crate) rang_out_at: Option<i64>,
    pub(crate) doing: Doing,
    /// The conversation that an urgent call interrupts: nothing, or talking. It goes on while the
    /// phones ring for that call, and is held when they are answered.
    pub(crate) beneath: Doing,
    /// Phones that were cancelled and may still make a sound.
    pub(crate) fading: u32,
    /// When wrap-up ends.
    pub(crate) wrap_up: Option<i64>,
    /// When the last try ended, if no endpoint could be reached then;
    /// [`OUT_OF_REACH`](crate::pool::OUT_OF_REACH).
    pub(crate) unreachable: Option<i64>,
    /// Since when without a conversation: the end of the last, or the log-in.
    pub(crate) idle_since: i64,
    /// The status that was listed last, and since when.
    pub(crate) listed: (AgentStatus, i64),
    pub(crate) members: Vec<Member>,
    /// The pool of this agent alone, once somebody has asked for the agent by name.
    pub(crate) own: Option<PoolIx>,
    /// Joined (true) or left (false) a queue, whatever the site says.
    pub(crate) chose: BTreeMap<PoolIx, bool>,
}

/// What an agent is doing besides being logged in or not.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Doing {
    Nothing,
    Ringing(Try),
    /// Phones ring, and their caller is connected or gone: who wants the agent now has them. Never so
    /// between two inputs.
    LeftRinging(Try),
    /// A phone rings past the queues.
    Engaged {
        entry: EntryIx,
    },
    /// Since then; of a conversation that was put back, or that came past the queues, it is not
    /// known.
    Talking {
        entry: EntryIx,
        pool: PoolIx,
        began: Option<i64>,
        /// Its queues have counted it today as answered, or as gone to another queue.
        counted: bool,
    },
}

/// An agent is reserved for an entry, and phones ring.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Try {
    pub(crate) entry: EntryIx,
    pub(crate) pool: PoolIx,
    /// Ringing now: never none.
    pub(crate) attempts: Vec<AttemptId>,
    /// To be rung next, one by one.
    pub(crate) next_endpoint: usize,
    /// So far no endpoint could be reached.
    pub(crate) unreachable: bool,
    /// An endpoint rang for as long as it might.
    pub(crate) rang_out: bool,
}

/// An agent as a member of a pool.
#[derive(Debug)]
pub(crate) struct Member {
    pub(crate) pool: PoolIx,
    /// The place among the pool's agents.
    pub(crate) order: u32,
    /// Left alone until.
    pub(crate) rests: Option<i64>,
}

impl Agent {
    pub(crate) fn new(config: AgentConfig, now: i64) -> Self {
        let status = if config.logged_in { AgentStatus::Free } else { AgentStatus::LoggedOut };
        Self {
            logged_in: config.logged_in,
            config,
            configured: true,
            paused: false,
            pause_reason: None,
            rang_out: 0,
            rang_out_at: None,
            doing: Doing::Nothing,
            beneath: Doing::Nothing,
            fading: 0,
            wrap_up: None,
            unreachable: None,
            idle_since: now,
            listed: (status, now),
            members: Vec::new(),
            own: None,
            chose: BTreeMap::new(),
        }
    }

    /// What the agent has to do with an entry: the conversation that goes on, or the one beneath.
    pub(crate) fn doing_for(&mut self, wanted: EntryIx) -> Option<&mut Doing> {
        let talks =
            |doing: &&mut Doing| matches!(doing, Doing::Talking { entry, .. } if *entry == wanted);
        [&mut self.doing, &mut self.beneath].into_iter().find(talks)
    }

    pub(crate) fn status(&self) -> AgentStatus {
        match self.doing {
            Doing::Talking { .. } => AgentStatus::Talking,
            Doing::Ringing(_) if self.beneath != Doing::Nothing => AgentStatus::Talking,
            Doing::Ringing(_) | Doing::Engaged { .. } => AgentStatus::Ringing,
            _ if !self.logged_in => AgentStatus::LoggedOut,
            _ if self.paused => AgentStatus::Paused,
            _ if self.wrap_up.is_some() => AgentStatus::WrapUp,
            Doing::Nothing if self.fading > 0 => AgentStatus::Ringing,
            Doing::Nothing | Doing::LeftRinging(_) => match self.phone() {
                PhoneState::Free => AgentStatus::Free,
                PhoneState::Busy => AgentStatus::Busy,
                PhoneState::DoNotDisturb => AgentStatus::DoNotDisturb,
                PhoneState::Unreachable => AgentStatus::Unreachable,
            },
        }
    }

    /// Is there: calls that rang out before count no more.
    pub(crate) fn has_answered(&mut self) {
        (self.rang_out, self.rang_out_at) = (0, None);
    }

    /// How the phones are, taken together: one that talks keeps the agent from all of them, and else
    /// one that can be rung is enough.
    pub(crate) fn phone(&self) -> PhoneState {
        let states = || self.config.endpoints.iter().map(|endpoint| endpoint.state);
        match states().find(|state| *state == PhoneState::Busy) {
            Some(busy) => busy,
            None => states().min().unwrap_or_default(),
        }
    }

    /// It is not worth while to ring it, as long as there is another.
    pub(crate) fn is_away(&self, endpoint: usize) -> bool {
        let away = |endpoint: &EndpointConfig| endpoint.state.is_away();
        self.config.endpoints.get(endpoint).is_some_and(away)
            && !self.config.endpoints.iter().all(away)
    }

    /// None of the phones can be reached, and the PBX will say when that changes.
    pub(crate) fn is_out_of_reach(&self) -> bool {
        self.logged_in && self.phone() == PhoneState::Unreachable
    }

    /// Phones ring for somebody who waits in a pool.
    pub(crate) fn rings_through(&self, pool: PoolIx) -> bool {
        matches!(&self.doing, Doing::Ringing(trying) if trying.pool == pool)
    }

    pub(crate) fn member_of(&mut self, pool: PoolIx) -> Option<&mut Member> {
        self.members.iter_mut().find(|member| member.pool == pool)
    }

    /// The agent's place among the free agents of a pool that takes those who idle longest, or in
    /// order.
    pub(crate) fn free_key(&self, ix: AgentIx, order: u32, by_idleness: bool) -> FreeKey {
        FreeKey { idle_since: if by_idleness { self.idle_since } else { 0 }, order, agent: ix }
    }

    /// The endpoints that ring when a try begins.
    pub(crate) fn first_endpoints(&self) -> usize {
        match self.config.ring_endpoints {
            RingEndpoints::OneByOne => 1,
            RingEndpoints::Together => self.endpoints(),
        }
    }

    pub(crate) fn endpoints(&self) -> usize {
        self.config.endpoints.len().max(1)
    }

    pub(crate) fn ring_time(&self, endpoint: usize, of_pool: Duration) -> Duration {
        self.config
            .endpoints
            .get(endpoint)
            .and_then(|endpoint| endpoint.ring_time)
            .unwrap_or(of_pool)
    }
}

//! A pool of agents and those who wait for one of them: a queue, or one agent who was asked for by
//! name.

use crate::{
    QueueConfig, Strategy,
    entry::Entry,
    ix::AgentIx,
    line::{Line, Rank},
};
use std::{collections::BTreeSet, time::Duration};
use strowger_model::{
    AgentName, QueueName,
    read::{AgentStatus, QueueCounts},
};

/// Agents and those who wait for one of them.
///
/// Between two inputs either nobody is [`wanting`](Self::wanting) or nobody is
/// [`free`](Self::free).
#[derive(Debug)]
pub(crate) struct Pool {
    pub(crate) config: QueueConfig,
    /// In the site; always so for one agent.
    pub(crate) configured: bool,
    /// The pool of one agent who was asked for by name.
    pub(crate) of_one: bool,
    /// Waiting, and would have a phone ring now.
    pub(crate) wanting: Line,
    /// Waiting, and the one phone that this pool rings for them rings.
    pub(crate) served: Line,
    /// Who could be rung now, in the order in which the strategy takes them.
    pub(crate) free: BTreeSet<FreeKey>,
    pub(crate) members: BTreeSet<AgentIx>,
    pub(crate) logged_in: u32,
    /// Who of those logged in could not be reached at the last try, and when that was.
    pub(crate) unreachable: BTreeSet<(i64, AgentIx)>,
    /// The order of the next agent who joins.
    pub(crate) next_order: u32,
    /// Round robin: the order of who rang last.
    pub(crate) rang_last: Option<u32>,
    /// What came of its callers since the day began.
    pub(crate) counts: QueueCounts,
    /// How long the conversations of late took with their wrap-up, in nanoseconds, and how many
    /// there were (as far as that matters).
    pub(crate) handling: (i64, i64),
}

/// In place of the time of a try in vain: the PBX says that no phone can be reached, so there is none
/// until it says otherwise.
pub(crate) const OUT_OF_REACH: i64 = i64::MAX;

/// A conversation counts for so much of the mean, at least: the last dozen or so decide.
const OF_LATE: i64 = 12;

/// A free agent's place among others.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct FreeKey {
    /// Zero unless the strategy asks.
    pub(crate) idle_since: i64,
    pub(crate) order: u32,
    pub(crate) agent: AgentIx,
}

impl Pool {
    pub(crate) fn queue(config: QueueConfig) -> Self {
        Self {
            config,
            configured: true,
            of_one: false,
            wanting: Line::default(),
            served: Line::default(),
            free: BTreeSet::new(),
            members: BTreeSet::new(),
            logged_in: 0,
            unreachable: BTreeSet::new(),
            next_order: 0,
            rang_last: None,
            counts: QueueCounts::default(),
            handling: (0, 0),
        }
    }

    /// The pool of one agent: rung for 30 s where the endpoint does not say otherwise.
    pub(crate) fn of_one(agent: &AgentName) -> Self {
        let config = QueueConfig {
            ring_time: Duration::from_secs(30),
            ..QueueConfig::new(agent.as_str(), [])
        };
        Self { of_one: true, ..Self::queue(config) }
    }

    /// Which queue it is. None: one agent.
    pub(crate) fn queue_name(&self) -> Option<&QueueName> {
        (!self.of_one).then_some(&self.config.name)
    }

    /// A conversation with its wrap-up has taken so long.
    pub(crate) fn took(&mut self, nanos: i64) {
        let (mean, count) = &mut self.handling;
        *count = (*count + 1).min(OF_LATE);
        *mean += (nanos - *mean) / *count;
    }

    /// How long a conversation takes with its wrap-up, in nanoseconds; none: there was none yet.
    pub(crate) fn handling(&self) -> Option<i64> {
        let (mean, count) = self.handling;
        (count > 0).then_some(mean)
    }

    pub(crate) fn is_ring_all(&self) -> bool {
        self.config.strategy == Strategy::RingAll
    }

    pub(crate) fn by_idleness(&self) -> bool {
        self.config.strategy == Strategy::LongestIdle
    }

    pub(crate) fn line(&self) -> impl Iterator<Item = Rank> + '_ {
        self.wanting.iter().chain(self.served.iter())
    }

    pub(crate) fn waiting(&self) -> usize {
        self.wanting.len() + self.served.len()
    }

    /// One more waits here.
    pub(crate) fn take_in(&mut self, rank: Rank) {
        self.wanting.insert(rank);
        self.counts.offered += 1;
    }

    /// An agent of this queue has one who had waited so long.
    pub(crate) fn count_answer(&mut self, waited: i64) {
        self.counts.answered += 1;
        self.counts.answered_within += u32::from(self.is_within(waited));
    }

    /// It was no answer. Another service level may hold by now than when it was counted.
    pub(crate) fn discount_answer(&mut self, waited: i64) {
        let within = self.counts.answered_within.saturating_sub(self.is_within(waited).into());
        self.counts.answered -= 1;
        self.counts.answered_within = within.min(self.counts.answered);
    }

    fn is_within(&self, waited: i64) -> bool {
        i128::from(waited) <= self.config.answer_within.as_nanos() as i128
    }

    pub(crate) fn remove(&mut self, rank: Rank) {
        if !self.wanting.remove(rank) {
            self.served.remove(rank);
        }
    }

    /// How many stand before a rank.
    pub(crate) fn before(&self, rank: Rank) -> usize {
        self.wanting.before(rank) + self.served.before(rank)
    }

    pub(crate) fn longest_since(&self) -> Option<i64> {
        self.wanting.longest_since().into_iter().chain(self.served.longest_since()).min()
    }

    /// One more caller would be one too many (V5).
    pub(crate) fn is_full(&self) -> bool {
        self.free.is_empty() && self.config.cap.is_some_and(|cap| self.waiting() >= cap as usize)
    }

    /// Nobody is there, and callers do not wait until somebody is (V4).
    pub(crate) fn is_deserted(&self) -> bool {
        self.logged_in == 0 && self.config.leave_when_empty
    }

    /// Nobody is there who can be reached, as the PBX says.
    pub(crate) fn is_out_of_reach(&self) -> bool {
        let first = self.unreachable.first();
        (self.may_be_hopeless() && first.is_some_and(|(when, _)| *when == OUT_OF_REACH))
            || self.is_deserted()
    }

    /// Whether an agent of such a status is rung for this pool.
    pub(crate) fn rings(&self, status: AgentStatus) -> bool {
        status == AgentStatus::Free || self.config.ring_busy && status == AgentStatus::Busy
    }

    /// Nobody is there whom callers wait for, or nobody who could be reached at the last try.
    pub(crate) fn may_be_hopeless(&self) -> bool {
        self.unreachable.len() == self.logged_in as usize
            && (self.logged_in > 0 || self.config.leave_when_empty)
    }

    /// Whether this pool can still do something for an entry: not so when it is deserted, nor when
    /// each agent who is there was found unreachable since the entry entered.
    pub(crate) fn has_hope_for(&self, entry: &Entry) -> bool {
        !self.may_be_hopeless()
            || self.unreachable.first().is_some_and(|(when, _)| *when < entry.entered)
    }

    /// The free agent that the strategy takes for an entry: of those whom the entry tried least,
    /// and who did not let a call ring out a moment ago, the first in the strategy's order. So every
    /// agent is tried before one is tried again.
    pub(crate) fn pick(&self, entry: &Entry, is_late: impl Fn(AgentIx) -> bool) -> Option<FreeKey> {
        let start = match (self.config.strategy, self.rang_last) {
            (Strategy::RoundRobin, Some(last)) => {
                FreeKey { idle_since: 0, order: last.saturating_add(1), agent: AgentIx(0) }
            }
            _ => FreeKey { idle_since: i64::MIN, order: 0, agent: AgentIx(0) },
        };
        let in_order = self.free.range(start..).chain(self.free.range(..start));
        if self.is_ring_all() {
            return self.free.first().copied();
        }
        let mut best: Option<((u32, bool), FreeKey)> = None;
        for key in in_order {
            let tried = (entry.tries(key.agent), is_late(key.agent));
            if best.is_none_or(|(least, _)| tried < least) {
                best = Some((tried, *key));
            }
            if tried == (0, false) {
                break;
            }
        }
        best.map(|(_, key)| key)
    }
}

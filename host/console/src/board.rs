//! The board, made of what the host says, once for all who look.
//!
//! Whoever looks asks for the newest board. It is made anew if it is older than a quarter of a second;
//! others who ask meanwhile wait for the same one. So nobody who looks costs the host anything, and
//! if nobody looks, nothing is made.

use std::{collections::BTreeMap, sync::Arc, time::Duration};
use strowger_api::{
    Error, Host,
    v1::{Agent, AgentCounts, Board, BoardQueue, Flow, FlowCalls, Queue, Status},
};
use strowger_model::QueueName;
use tokio::{sync::Mutex, time::Instant};

/// A board is made no more often than this.
pub(crate) const EVERY: Duration = Duration::from_millis(250);

/// How the host is as a whole is asked no more often than this: that reads from the disk.
const STATUS_EVERY: Duration = Duration::from_secs(2);

/// The boards of a host.
pub(crate) struct Boards<H> {
    host: Arc<H>,
    last: Mutex<Last>,
}

#[derive(Default)]
struct Last {
    made: Option<(Instant, Arc<Made>)>,
    status: Option<(Instant, Arc<Status>)>,
}

/// A board that was made.
pub(crate) struct Made {
    /// Another than before if anything has changed.
    pub(crate) version: u64,
    pub(crate) board: Board,
}

impl<H: Host> Boards<H> {
    pub(crate) fn of(host: Arc<H>) -> Self {
        Self { host, last: Mutex::default() }
    }

    /// The newest board, at most [`EVERY`] old.
    pub(crate) async fn newest(&self) -> Result<Arc<Made>, Error> {
        let mut last = self.last.lock().await;
        if let Some((at, made)) = &last.made
            && at.elapsed() < EVERY
        {
            return Ok(made.clone());
        }
        let began = Instant::now();
        let status = self.newest_status(&mut last).await?;
        let board = self.make(&status).await?;
        let before = last.made.take();
        let made = match before {
            Some((_, before)) if before.board == board => before,
            before => {
                let version = before.map_or(0, |(_, before)| before.version) + 1;
                Arc::new(Made { version, board })
            }
        };
        last.made = Some((began, made.clone()));
        Ok(made)
    }

    /// How the host is, at most [`STATUS_EVERY`] old.
    pub(crate) async fn status(&self) -> Result<Arc<Status>, Error> {
        self.newest_status(&mut *self.last.lock().await).await
    }

    async fn newest_status(&self, last: &mut Last) -> Result<Arc<Status>, Error> {
        if let Some((at, status)) = &last.status
            && at.elapsed() < STATUS_EVERY
        {
            return Ok(status.clone());
        }
        let (began, status) = (Instant::now(), Arc::new(self.host.status().await?));
        last.status = Some((began, status.clone()));
        Ok(status)
    }

    async fn make(&self, status: &Status) -> Result<Board, Error> {
        let agents = self.host.agents().await?;
        let flows = flows(&self.host.flows().await?);
        Ok(Board {
            ill: status.ill.clone(),
            connected: status.pbx.connected,
            calls: flows.iter().map(|flow| flow.calls).sum(),
            flows,
            queues: queues(self.host.queues().await?, &agents),
            agents: counts(agents.iter()),
            switches: self.host.switches().await?,
            campaigns: self.host.campaigns().await?,
        })
    }
}

fn flows(flows: &[Flow]) -> Vec<FlowCalls> {
    let calls = flows
        .iter()
        .map(|flow| FlowCalls { flow: flow.name.clone(), calls: flow.calls.values().sum() });
    let mut calls: Vec<FlowCalls> = calls.filter(|flow| flow.calls > 0).collect();
    calls.sort_by(|one, other| one.flow.cmp(&other.flow));
    calls
}

fn queues(queues: Vec<Queue>, agents: &[Agent]) -> Vec<BoardQueue> {
    let mut by_queue: BTreeMap<&QueueName, AgentCounts> = BTreeMap::new();
    for agent in agents {
        for queue in &agent.queues {
            by_queue.entry(queue).or_default().count(agent.status);
        }
    }
    let on_board = |queue: Queue| BoardQueue {
        agents: by_queue.get(&queue.queue).copied().unwrap_or_default(),
        waiting: queue.now.waiting,
        longest_wait_s: queue.now.longest_wait.as_secs(),
        answer_within_s: queue.answer_within_s,
        day: queue.day,
        queue: queue.queue,
    };
    queues.into_iter().map(on_board).collect()
}

fn counts<'a>(agents: impl Iterator<Item = &'a Agent>) -> AgentCounts {
    let mut counts = AgentCounts::default();
    agents.for_each(|agent| counts.count(agent.status));
    counts
}

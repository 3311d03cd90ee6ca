//! The session with an adapter, without I/O: what is to be said, what was said, and what of it
//! stays when a new one begins.

use super::config::RemoteLimits;
use crate::{
    link::{Full, Inbox, Outbox},
    list::{Part, Parts},
    protocol::{Hello, Instance, Offer, Staged, ToAdapter},
    socket::Parting,
};
use std::{
    collections::{BTreeMap, HashMap, HashSet, VecDeque},
    mem,
    sync::Arc,
    time::Duration,
};
use strowger_pbx::port::{AliveLeg, LegId, LegState, PbxCommand, PbxEvent};
use tokio::sync::{Notify, oneshot};

pub(super) struct State {
    /// As the adapter knows this host.
    pub(super) instance: Instance,
    /// Numbers the connections; only the last one counts.
    pub(super) connection: u64,
    pub(super) up: bool,
    /// The connection is to end, and why.
    pub(super) close: Option<String>,
    /// Nobody is let in: for tests.
    pub(super) shut: bool,
    pub(super) wake: Arc<Notify>,
    /// Whose session it is.
    pub(super) adapter: Option<Hello>,
    /// Something was forgotten: the session cannot go on.
    pub(super) forfeited: bool,
    /// The session's first `synced` has come.
    pub(super) synced: bool,
    pub(super) commands: Outbox<PbxCommand>,
    /// The number of the last command that was added.
    pub(super) last: u64,
    pub(super) events: Inbox,
    /// A `synced` that is not whole yet.
    parts: Parts,
    /// How many bytes a list may have.
    list: usize,
    /// Legs that were dialled and have not ended, with the number of the command: a list that was
    /// made before that does not speak of them.
    pub(super) dialled: HashMap<LegId, u64>,
    /// What is not numbered.
    pub(super) notes: VecDeque<ToAdapter>,
    pub(super) questions: BTreeMap<u64, Question>,
    pub(super) asked: u64,
}

pub(super) enum Question {
    /// With what has come of the answer.
    Alive(oneshot::Sender<Vec<AliveLeg>>, Parts),
    Stage(oneshot::Sender<Staged>),
}

/// An event, as its message says it.
pub(super) struct Heard {
    pub(super) seq: u64,
    pub(super) ack: u64,
    pub(super) more: bool,
    /// The bytes of the message.
    pub(super) size: usize,
    pub(super) event: PbxEvent,
}

impl State {
    /// Nobody has connected yet.
    pub(super) fn new(limits: &RemoteLimits) -> Self {
        Self {
            instance: Instance::new(),
            connection: 0,
            up: false,
            close: None,
            shut: false,
            wake: Arc::default(),
            adapter: None,
            forfeited: false,
            synced: false,
            commands: Outbox::new(limits.commands),
            last: 0,
            events: Inbox::default(),
            parts: Parts::default(),
            list: limits.list,
            dialled: HashMap::new(),
            notes: VecDeque::new(),
            questions: BTreeMap::new(),
            asked: 0,
        }
    }

    /// Whether the adapter that connected last offers something.
    pub(super) fn offers(&self, offer: Offer) -> bool {
        self.adapter.as_ref().is_some_and(|adapter| adapter.offers.contains(&offer))
    }

    pub(super) fn send(&mut self, command: PbxCommand) {
        // The host says it again to the next adapter.
        if matches!(command, PbxCommand::Watch { .. }) && !self.offers(Offer::Phones) {
            return;
        }
        let dialled = match &command {
            PbxCommand::Dial { leg, .. } => Some(leg.clone()),
            _ => None,
        };
        if let Err(Full(command)) = self.commands.push(command) {
            return self.forfeit(command);
        }
        self.last += 1;
        if let Some(leg) = dialled {
            self.dialled.insert(leg, self.last);
        }
        if self.up {
            self.wake.notify_one();
        }
    }

    /// There is no room for a command: the session is over, and of its commands only those stay
    /// that a new one may repeat.
    fn forfeit(&mut self, command: PbxCommand) {
        if !mem::replace(&mut self.forfeited, true) {
            tracing::error!(
                "too many commands are not acknowledged by the adapter: a new session begins"
            );
        }
        self.close("too many commands are not acknowledged".to_owned());
        self.commands.restart(PbxCommand::may_repeat);
        if let Err(Full(command)) = self.commands.push(command) {
            self.commands.restart(|_| false);
            let _ = self.commands.push(command);
        }
    }

    /// Ends the connection.
    pub(super) fn close(&mut self, why: String) {
        self.close.get_or_insert(why);
        self.wake.notify_one();
    }

    /// A new session.
    pub(super) fn begin(&mut self) {
        self.commands.restart(PbxCommand::may_repeat);
        self.last = self.commands.pending().count() as u64;
        self.events = Inbox::default();
        self.parts = Parts::default();
        self.dialled.clear();
        (self.forfeited, self.synced) = (false, false);
    }

    /// A list that was made after so many commands, made whole: legs dialled since are alive too.
    pub(super) fn complete(&self, ack: u64, alive: &mut Vec<AliveLeg>) {
        let mut since: Vec<&LegId> =
            self.dialled.iter().filter(|(_, seq)| **seq > ack).map(|(leg, _)| leg).collect();
        since.retain(|leg| alive.iter().all(|listed| listed.leg != **leg));
        since.sort();
        alive.extend(since.into_iter().map(|leg| AliveLeg {
            leg: leg.clone(),
            state: LegState::Down,
            conversation: None,
            arrived: None,
            age: Duration::ZERO,
        }));
    }

    /// Takes an event; none: it had come before, or the list that it begins is not whole.
    pub(super) fn event(&mut self, heard: Heard) -> Result<Option<PbxEvent>, Parting> {
        let Heard { seq, ack, more, size, event } = heard;
        if !matches!(event, PbxEvent::Synced { .. }) {
            if !self.synced {
                return Err(Parting::refuse("a new session begins with the event `synced`"));
            }
            if more || (self.parts.begun() && seq > self.events.last()) {
                return Err(Parting::refuse("a `synced` with `more` is followed by another one"));
            }
        }
        self.acknowledged(ack)?;
        let new = self.events.take(seq);
        let new = new.map_err(|gap| {
            Parting::refuse(format!("event {} is missing: {} came", gap.expected, gap.came))
        })?;
        if !new {
            return Ok(None);
        }
        match event {
            PbxEvent::Synced { alive } => self.sync(Part { ack, alive, more, size }),
            event => {
                if let PbxEvent::Ended(ended) = &event {
                    self.dialled.remove(&ended.leg);
                }
                Ok(Some(event))
            }
        }
    }

    /// Takes a `synced`, or a part of one.
    fn sync(&mut self, part: Part) -> Result<Option<PbxEvent>, Parting> {
        let added = self.parts.add(part, self.list);
        // What was refused is forgotten, and cannot be sent again.
        let added = added.inspect_err(|_| self.forfeited = true)?;
        let Some((ack, mut alive)) = added else { return Ok(None) };
        self.synced = true;
        self.complete(ack, &mut alive);
        if !self.dialled.is_empty() {
            let listed: HashSet<&LegId> = alive.iter().map(|leg| &leg.leg).collect();
            self.dialled.retain(|leg, _| listed.contains(leg));
        }
        Ok(Some(PbxEvent::Synced { alive }))
    }

    /// Takes an answer, or a part of one, to the question what is alive.
    pub(super) fn alive(&mut self, id: u64, part: Part) -> Result<(), Parting> {
        let Some(Question::Alive(_, parts)) = self.questions.get_mut(&id) else { return Ok(()) };
        let Some((ack, mut alive)) = parts.add(part, self.list)? else { return Ok(()) };
        self.complete(ack, &mut alive);
        if let Some(Question::Alive(sender, _)) = self.questions.remove(&id) {
            let _ = sender.send(alive);
        }
        Ok(())
    }

    pub(super) fn acknowledged(&mut self, ack: u64) -> Result<(), Parting> {
        match self.commands.acknowledge(ack) {
            true => Ok(()),
            false => Err(Parting::refuse(format!(
                "command {ack} is acknowledged and was not sent on this connection"
            ))),
        }
    }
}

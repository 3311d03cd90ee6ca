//! What the adapter knows of its legs, and what it does about commands and events: a state machine
//! without I/O.
//!
//! # Layout
//! * this file: the host's commands, carried out one after another in a queue for each leg.
//! * `port`: what goes in and what comes out.
//! * `leg`: a leg; `gone`: those that have ended; `names`: their channels and bridges.
//! * `faults`: requests that Asterisk did not carry out.
//! * `events`: what ARI's events mean.
//! * `plays`: plays, music between them, and their deadlines.
//! * `listen`: legs that listen to others.
//! * `device`, `phones`: how phones are that the host watches.
//! * `transfers`: transfers that phones ask for.
//! * `sync`: what is so after the socket was lost.
//!
//! Inputs go in at [`Desk::handle`], [`Output`]s are then in [`Desk::out`]. Requests are [`Job`]s:
//! at most one of a leg is under way, so its commands keep their order, and legs do not wait for
//! one another. Hanging up is the exception: it drops what is queued and waits only for a dial,
//! since a channel that is not there yet cannot be hung up.
//!
//! **Invariant:** a leg is in [`Desk::legs`] from its arrival or dial until the output that says
//! `Ended`, which is the only thing that takes it out while the socket is up.

mod device;
mod events;
mod faults;
mod gone;
mod leg;
mod listen;
mod names;
mod phones;
mod plays;
mod port;
mod sync;
#[cfg(test)]
mod tests;
mod transfers;

pub(super) use faults::WAITS;
pub(super) use names::{ChannelId, bridge_of};
pub(super) use port::{Chore, Input, Job, Onward, Output};
pub(super) use sync::is_dialled;

use super::{AsteriskConfig, address::caller_id, rest::Failure, wire::Event};
use device::{Phones, device_of};
use gone::Gone;
use leg::{Leg, Listens, Play};
use names::channel_of;
use std::{
    collections::{HashMap, HashSet},
    sync::Arc,
    time::Duration,
};
use strowger_model::{
    Signalled,
    event::{Cause, PlayEnd},
    strangers::Logged,
};
use strowger_pbx::port::{Address, Ended, LegId, PbxCommand, PbxEvent, PlayId};

/// The state.
pub(super) struct Desk {
    config: Arc<AsteriskConfig>,
    legs: HashMap<ChannelId, Leg>,
    plays: HashMap<PlayId, Play>,
    phones: Phones,
    gone: Gone,
    serial: u64,
    lost: bool,
    /// What the host was told of that.
    why_lost: Option<String>,
    /// Another host serves the application: no leg's queue moves.
    stood_down: bool,
    /// When Asterisk was started, by the last snapshot.
    started: Option<String>,
    /// Since the socket is there, until the snapshot.
    held: Option<Held>,
    pub(super) out: Vec<Output>,
}

/// What waits for a snapshot, or is too new for it.
#[derive(Default)]
struct Held {
    /// No more than `connect` reads before the snapshot.
    events: Vec<Event>,
    /// Legs whose dial went through. The list may have been written before.
    dialled: HashSet<ChannelId>,
}

impl Desk {
    pub(super) fn new(config: Arc<AsteriskConfig>) -> Self {
        Self {
            config,
            legs: HashMap::new(),
            plays: HashMap::new(),
            phones: Phones::default(),
            gone: Gone::default(),
            serial: 0,
            lost: false,
            why_lost: None,
            stood_down: false,
            started: None,
            held: None,
            out: Vec::new(),
        }
    }

    pub(super) fn handle(&mut self, input: Input) {
        match input {
            Input::Command(command) => self.command(command),
            Input::Event(event) => match &mut self.held {
                Some(held) => held.events.push(event),
                None => self.event(event),
            },
            Input::Done { channel, serial, job, result } => {
                self.done(&channel, serial, job, result)
            }
            Input::Phone { channel, phone } => self.phone(&channel, phone),
            Input::Retry { channel, serial, job } => self.retry(channel, serial, job),
            Input::Watched { channel, to } => self.should_be_there(&channel, &to),
            Input::Overdue(play) => self.overdue(&play),
            Input::Over(play) => self.finish(&play, PlayEnd::Whole),
            Input::Connected => self.held = Some(Held::default()),
            Input::Synced(snapshot) => self.synced(snapshot),
            Input::Lost(why) => self.disconnected(why),
            Input::StoodDown(why) => {
                (self.stood_down, self.lost) = (true, false);
                self.disconnected(why);
            }
            Input::Device(device) => self.device_is(device),
            Input::Settled(device) => self.settled(device),
            Input::Strange(mut channels, reply) => {
                let told = |leg: &Leg| !leg.unannounced;
                channels.retain(|channel| !self.legs.get(channel).is_some_and(told));
                let _ = reply.send(channels.into_iter().collect());
            }
            Input::Identified { channel, signalled } => self.identified(&channel, signalled),
            Input::Alive(snapshot, reply) => {
                let snapshot = self.of_legs(snapshot);
                let alive = snapshot
                    .channels
                    .iter()
                    .map(|channel| self.alive_leg(channel, &snapshot.bridges))
                    .collect();
                // Whoever asked may have stopped waiting.
                let _ = reply.send(alive);
            }
        }
    }

    fn command(&mut self, command: PbxCommand) {
        match command {
            // An earlier host answered it.
            PbxCommand::Answer { leg }
                if self
                    .legs
                    .get(channel_of(&leg))
                    .is_some_and(|leg| leg.settled && !leg.answering) =>
            {
                self.out.push(Output::Emit(PbxEvent::Answered { leg }));
            }
            PbxCommand::Answer { leg } => self.with(&leg, |leg| {
                if leg.arrived.is_some() && !leg.answering {
                    leg.answering = true;
                    leg.queue.push_back(Job::Settle { bridge: leg.id.clone(), answer: true });
                }
            }),
            PbxCommand::IndicateRinging { leg } => self.with(&leg, |leg| {
                if leg.arrived.is_some() && !leg.answering {
                    leg.queue.push_back(Job::Ring);
                }
            }),
            PbxCommand::Dial { leg, to, caller_id: number, display_name } => {
                if self.legs.contains_key(channel_of(&leg)) || self.gone.contains(&leg) {
                    return;
                }
                let channel: ChannelId = channel_of(&leg).into();
                self.legs.insert(channel.clone(), Leg { id: leg, ..Leg::default() });
                let Some(endpoint) = self.config.dial_string(&to) else {
                    let to = Logged(format!("{to:?}"));
                    tracing::warn!(leg = %channel, %to, "cannot be dialled: no endpoint in [asterisk] of strowger.toml fits it");
                    return self.ended(&channel, Cause::Unreachable, false);
                };
                let caller_id = caller_id(number.as_deref(), display_name.as_deref());
                let withheld = number.is_none();
                let mut there = self.legs.iter();
                let ask = there.find(|(_, leg)| leg.settled && leg.hang_up.is_none());
                let ask = ask.map(|(channel, _)| channel.clone());
                let phone = !matches!(to, Address::Number(_));
                self.dials(&channel, &endpoint);
                let dial = Job::Originate { endpoint, caller_id, withheld, phone, ask };
                self.push(&channel, dial);
            }
            PbxCommand::Show { leg, caller_id: number, display_name } => {
                let caller_id = caller_id(number.as_deref(), display_name.as_deref());
                let withheld = number.is_none();
                self.with(&leg, |leg| leg.queue.push_back(Job::Show { caller_id, withheld }));
            }
            PbxCommand::Play { play, conversation, prompts } => {
                self.play(play, conversation, prompts)
            }
            PbxCommand::Stop { play } => self.stop(&play),
            PbxCommand::Music { leg, class } => self.music(&leg, class),
            PbxCommand::Move { leg, to } => {
                self.with(&leg, |leg| leg.queue.push_back(Job::Enter { bridge: to }))
            }
            PbxCommand::Transfer { leg, to } => {
                let to = self.onward(&leg, to.as_ref());
                self.with(&leg, |leg| leg.queue.push_back(Job::Leave { to }));
            }
            PbxCommand::SendDigits { leg, digits } => {
                self.with(&leg, |leg| leg.queue.push_back(Job::Digits(digits)))
            }
            PbxCommand::Watch { phones } => self.watch(phones),
            PbxCommand::Listen { leg, to, mode } => self.listen(&leg, &to, mode),
            PbxCommand::StopListening { leg } => self.stop_listening(&leg),
            PbxCommand::RefuseTransfer { leg } => self.refuse_transfer(&leg),
            PbxCommand::HangUp { leg, cause, elsewhere } => self.hang_up(leg, cause, elsewhere),
        }
    }

    /// A leg is dialled at this endpoint.
    fn dials(&mut self, channel: &ChannelId, endpoint: &str) {
        let Some(device) = device_of(endpoint).map(ToOwned::to_owned) else { return };
        if let Some(leg) = self.legs.get_mut(channel) {
            leg.device = Some(device.clone());
        }
        self.dialled_at(&device, true);
    }

    /// Drops what is queued and hangs up, now, or as soon as the dial is through.
    fn hang_up(&mut self, id: LegId, cause: Cause, elsewhere: bool) {
        if self.gone.contains(&id) {
            return;
        }
        let channel: ChannelId = channel_of(&id).into();
        let leg = self.legs.entry(channel.clone()).or_insert_with(|| Leg {
            id: id.clone(),
            stranger: true,
            ..Leg::default()
        });
        if leg.id != id || leg.hang_up.is_some() {
            return;
        }
        leg.hang_up = Some(cause);
        leg.tries = 0;
        if leg.queue.iter().any(|job| matches!(job, Job::Originate { .. })) {
            return self.ended(&channel, cause, false);
        }
        leg.queue.clear();
        let hanging_up = leg.hanging_up(cause, elsewhere);
        leg.queue.push_back(hanging_up);
        if leg.running.is_some_and(|(_, dialling)| !dialling) {
            leg.running = None;
        }
        self.pump(&channel);
    }

    /// Does something to a leg, if it is there and not being hung up, and starts what that queued.
    fn with(&mut self, id: &LegId, act: impl FnOnce(&mut Leg)) {
        let channel: ChannelId = channel_of(id).into();
        if let Some(leg) =
            self.legs.get_mut(&channel).filter(|leg| leg.id == *id && leg.hang_up.is_none())
        {
            act(leg);
            self.pump(&channel);
        }
    }

    fn push(&mut self, channel: &ChannelId, job: Job) {
        if let Some(leg) = self.legs.get_mut(channel) {
            leg.queue.push_back(job);
            self.pump(channel);
        }
    }

    /// Starts a leg's next job, if none is under way.
    fn pump(&mut self, channel: &ChannelId) {
        if self.stood_down {
            return;
        }
        let Some(leg) = self.legs.get_mut(channel) else { return };
        while leg.running.is_none() {
            let Some(mut job) = leg.queue.pop_front() else { return };
            match &mut job {
                Job::Settle { .. } => leg.bridge = true,
                Job::Enter { bridge } if leg.conversation.as_ref() == Some(bridge) => {
                    self.out.push(Output::Emit(PbxEvent::Moved {
                        leg: leg.id.clone(),
                        to: bridge.clone(),
                    }));
                    continue;
                }
                Job::Play { hush, .. } => *hush = leg.sounding.take().is_some(),
                Job::Music { class, .. }
                    if leg.sounding == *class || class.is_some() && !leg.plays.is_empty() =>
                {
                    continue;
                }
                Job::Music { class, .. } => leg.sounding.clone_from(class),
                _ => {}
            }
            self.serial += 1;
            leg.running = Some((self.serial, matches!(job, Job::Originate { .. })));
            self.out.push(Output::Run { channel: channel.clone(), serial: self.serial, job });
        }
    }

    fn done(
        &mut self,
        channel: &ChannelId,
        serial: u64,
        job: Job,
        result: Result<Duration, Failure>,
    ) {
        let current = match self.legs.get_mut(channel) {
            Some(leg) => {
                let current = leg.running.is_some_and(|(running, _)| running == serial);
                if current {
                    leg.running = None;
                }
                current
            }
            None => {
                // The bridge may have been made after the leg's end destroyed it.
                if let Job::Settle { bridge, .. } = job {
                    self.out.push(Output::Chore(Chore::DestroyBridge(bridge)));
                }
                return;
            }
        };
        let gone = |failure: &Failure| failure.status == Some(404);
        let (job, result) = match result {
            Err(failure) if current && !(matches!(job, Job::HangUp { .. }) && gone(&failure)) => {
                match self.failed(channel, job, &failure) {
                    Some(job) => (job, Err(failure)),
                    None => return,
                }
            }
            result => (job, result),
        };
        if let Some(leg) = self.legs.get_mut(channel).filter(|_| current) {
            leg.tries = 0;
        }
        match (job, result) {
            (Job::Settle { bridge, .. } | Job::Enter { bridge }, Ok(_)) if current => {
                self.moves(channel, bridge);
            }
            (Job::Play { play, .. }, result) => self.posted(&play, result),
            (Job::HangUp { cause, .. }, Err(failure)) if gone(&failure) => {
                let stranger = self.legs.get(channel).is_some_and(|leg| leg.stranger);
                self.ended(channel, if stranger { Cause::Normal } else { cause }, false);
            }
            (Job::HangUp { cause, .. }, Ok(_))
                if self.legs.get(channel).is_some_and(|leg| leg.stranger) =>
            {
                self.ended(channel, cause, false)
            }
            (Job::Listen { snoop, .. }, Err(failure)) => {
                tracing::warn!(leg = %channel, %failure, "Asterisk cannot let this leg listen");
                self.snoop_ended(&snoop);
            }
            // Where it is gone, the event of that follows.
            (Job::Identify { .. }, Err(failure)) if !gone(&failure) => {
                tracing::warn!(leg = %channel, %failure, "Asterisk does not say whether the caller's number is withheld: only what it shows is looked at");
                self.identified(channel, Signalled::default());
            }
            (Job::Identify { .. }, _) => {}
            (Job::Show { .. }, Err(failure)) if !gone(&failure) => {
                tracing::warn!(leg = %channel, %failure, "Asterisk does not show on this phone who calls now: it shows the caller of before");
            }
            (Job::Announce(asked), result) => self.announced(asked, result.map(drop)),
            (Job::Originate { .. }, Ok(_)) => {
                if let Some(held) = &mut self.held {
                    held.dialled.insert(channel.clone());
                }
            }
            (Job::Originate { .. }, Err(failure)) => self.not_dialled(channel, &failure),
            (job, Err(failure)) if current => self.given_up(channel, job, &failure),
            _ => {}
        }
        self.pump(channel);
    }

    fn not_dialled(&mut self, channel: &ChannelId, failure: &Failure) {
        let cause = match failure.status {
            // The id is in use: a command repeated after a crash.
            Some(409) => return tracing::info!(leg = %channel, "this leg was dialled already"),
            // An endpoint or a technology that Asterisk does not know.
            Some(500..) => Cause::Unreachable,
            Some(_) => Cause::Failed,
            None => {
                // Nobody knows whether it rings by now.
                self.out.push(Output::Chore(Chore::HangUp(channel.clone())));
                Cause::Failed
            }
        };
        tracing::warn!(leg = %channel, %failure, "cannot be dialled");
        let ordered = self.legs.get(channel).and_then(|leg| leg.hang_up);
        self.ended(channel, ordered.unwrap_or(cause), false);
    }

    /// A leg is gone: its plays are over, then it is, and nothing more is said of it.
    fn ended(&mut self, channel: &ChannelId, cause: Cause, left: bool) {
        let Some(leg) = self.forget(channel).filter(|leg| !leg.unannounced) else { return };
        self.hush_listeners(&leg.id);
        for play in leg.plays {
            self.out.push(Output::Emit(PbxEvent::Played {
                leg: leg.id.clone(),
                play,
                end: PlayEnd::Stopped,
            }));
        }
        self.out.push(Output::Emit(PbxEvent::Ended(Box::new(Ended { leg: leg.id, cause, left }))));
    }

    /// Takes a leg out, with its plays, and its bridge unless others talk in it.
    fn forget(&mut self, channel: &ChannelId) -> Option<Leg> {
        let mut leg = self.legs.remove(channel)?;
        self.out.extend(leg.listens.take().map(Listens::end));
        for play in &leg.plays {
            self.plays.remove(play);
        }
        if leg.bridge
            && !self.legs.values().any(|other| other.conversation.as_ref() == Some(&leg.id))
        {
            self.out.push(Output::Chore(Chore::DestroyBridge(leg.id.clone())));
        }
        self.gone.insert(leg.id.clone());
        if let Some(device) = &leg.device {
            self.dialled_at(device, false);
        }
        Some(leg)
    }
}

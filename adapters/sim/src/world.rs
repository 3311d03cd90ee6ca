//! Legs and conversations, and what happens to them. No clock and no task: the time is handed in.
//!
//! A slot is a leg together with its own conversation. It lives as long as either: the conversation
//! of a leg that is gone goes on while others are in it.

use super::{
    agenda::{Agenda, Due, Micros, Place, What},
    config::SimConfig,
    observe::{By, Observed, Sound},
    party::Phone,
    watched::Watched,
};
use std::{
    collections::{BTreeMap, HashMap, VecDeque},
    mem,
    sync::Arc,
    time::Duration,
};
use strowger_model::{
    Prompt, Signalled,
    command::ListenMode,
    event::{Cause, PlayEnd},
};
use strowger_pbx::port::{Address, AliveLeg, Ended, LegId, LegState, PbxCommand, PbxEvent, PlayId};
use strowger_speech::Lengths;

/// What is to be told when the lock is released.
pub(super) enum Told {
    Event(PbxEvent),
    Observed(Duration, Box<Observed>),
}

/// How long a leg that is gone is remembered, so that commands that crossed its end are not taken
/// for others'.
const REMEMBERED: Micros = 5_000_000;

pub(super) struct World {
    pub(super) now: Micros,
    entries: u64,
    /// Commands on their way, in order.
    commands: VecDeque<(Due, PbxCommand)>,
    agenda: Agenda,
    pub(super) slots: Vec<Option<Box<Slot>>>,
    free: Vec<u32>,
    generations: u32,
    pub(super) turns: u32,
    /// None: gone lately.
    legs: HashMap<LegId, Option<u32>>,
    pub(super) plays: HashMap<PlayId, u32>,
    pub(super) phones: Vec<PhoneState>,
    pub(super) addresses: HashMap<Address, u32>,
    gone: VecDeque<(Micros, LegId)>,
    pub(super) classes: Vec<Arc<str>>,
    pub(super) connected: bool,
    /// A host serves calls that come in.
    pub(super) attended: bool,
    /// Ends of plays since the connection was cut: the host can ask for those of legs that live on.
    missed: Vec<PbxEvent>,
    pub(super) arrivals: u64,
    pub(super) watched: Watched,
    /// Slots that listen to another.
    pub(super) listeners: Vec<u32>,
    told: Vec<Told>,
    /// What was last told of what each hears; only where somebody observes.
    pub(super) heard: Option<BTreeMap<u32, (Sound, Vec<LegId>)>>,
    pub(super) leg_prefix: String,
    pub(super) digit: Micros,
    pub(super) unknown: Phone,
    pub(super) outside: Phone,
    pub(super) lengths: Lengths,
}

/// A phone or number that was named or dialled.
pub(super) struct PhoneState {
    pub(super) address: Address,
    pub(super) behaviour: Arc<Phone>,
    /// Legs on which it talks.
    pub(super) talking: u32,
    /// What it was told of the transfers that it asked for: whether each was done.
    pub(super) transfers: Vec<bool>,
}

/// A leg and its own conversation.
pub(super) struct Slot {
    pub(super) id: LegId,
    pub(super) generation: u32,
    /// Of its entries in the agenda.
    pub(super) entries: u32,
    pub(super) state: State,
    /// Somebody talked to it.
    pub(super) talked: bool,
    /// The conversation that it is in, once it is up.
    pub(super) conversation: u32,
    pub(super) born: Micros,
    pub(super) far: Far,
    /// The keys that the host sent to its far end.
    pub(super) keys: String,
    /// To whom it listens besides.
    pub(super) listens: Option<(u32, ListenMode)>,
    /// Who is in this leg's own conversation.
    pub(super) members: Vec<u32>,
    pub(super) music: Option<Arc<str>>,
    pub(super) playing: Option<Box<Playing>>,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum State {
    /// Arrived or dialled.
    Down,
    /// The caller hears ringing, or the phone rings.
    Ringing,
    Up,
    /// Its conversation goes on without it.
    Gone,
}

pub(super) enum Far {
    Caller(Box<Script>),
    Phone(Box<Dialled>),
}

/// What is needed of a [`Caller`] after the arrival.
pub(super) struct Script {
    pub(super) from: Option<Box<str>>,
    pub(super) name: Option<Box<str>>,
    pub(super) to: Box<str>,
    pub(super) more: Option<Box<More>>,
    pub(super) talks: Option<Duration>,
}

pub(super) struct More {
    pub(super) endpoint: Option<String>,
    pub(super) diverted_from: Option<String>,
    pub(super) line: Option<String>,
    pub(super) data: String,
    pub(super) signalled: Signalled,
}

pub(super) struct Dialled {
    pub(super) phone: u32,
    pub(super) behaviour: Arc<Phone>,
    pub(super) caller_id: Option<String>,
    pub(super) display_name: Option<String>,
    pub(super) asked: bool,
}

/// Plays of a conversation: the first is heard.
pub(super) struct Playing {
    pub(super) plays: Vec<(PlayId, Arc<[Prompt]>)>,
    /// Which of its prompts.
    pub(super) prompt: usize,
    pub(super) turn: u32,
}

impl World {
    pub(super) fn new(config: &SimConfig) -> Self {
        Self {
            now: 0,
            entries: 0,
            commands: VecDeque::new(),
            agenda: Agenda::default(),
            slots: Vec::new(),
            free: Vec::new(),
            generations: 0,
            turns: 0,
            legs: HashMap::new(),
            plays: HashMap::new(),
            phones: Vec::new(),
            addresses: HashMap::new(),
            gone: VecDeque::new(),
            classes: Vec::new(),
            connected: true,
            attended: true,
            missed: Vec::new(),
            arrivals: 0,
            watched: Watched::default(),
            listeners: Vec::new(),
            told: Vec::new(),
            heard: config.observer.is_some().then(BTreeMap::new),
            leg_prefix: config.leg_prefix.clone(),
            digit: micros(config.digit),
            unknown: config.unknown.clone(),
            outside: config.outside.clone(),
            lengths: config.lengths.clone(),
        }
    }

    // ------------------------------------------------------------------ time

    /// Things from outside happen now, after what has happened.
    pub(super) fn begin(&mut self, now: Duration) {
        self.now = self.now.max(micros(now));
    }

    /// Commands are on their way.
    pub(super) fn accept(&mut self, commands: impl Iterator<Item = (Micros, PbxCommand)>) {
        for (at, command) in commands {
            let due = self.due(at);
            self.commands.push_back((due, command));
        }
    }

    /// Does what is due, but no more than so many things. When to work again; none: when woken.
    pub(super) fn work(
        &mut self,
        now: Duration,
        most: usize,
        told: &mut Vec<Told>,
    ) -> Option<Micros> {
        let until = micros(now);
        for _ in 0..most {
            let Some(due) = self.next_due().filter(|(at, _)| *at <= until) else { break };
            self.now = self.now.max(due.0);
            if self.commands.front().is_some_and(|(at, _)| *at == due) {
                if let Some((_, command)) = self.commands.pop_front() {
                    self.carry_out(command);
                }
            } else if let Some((_, place, what)) = self.agenda.pop() {
                self.happen(place, what);
            }
        }
        self.forget_gone();
        if self.commands.is_empty() && self.commands.capacity() > 1024 {
            self.commands.shrink_to_fit();
        }
        mem::swap(&mut self.told, told);
        self.next()
    }

    /// When there is something to do or to tell.
    pub(super) fn next(&self) -> Option<Micros> {
        if self.told.is_empty() { self.next_due().map(|(at, _)| at) } else { Some(0) }
    }

    fn next_due(&self) -> Option<Due> {
        match (self.commands.front(), self.agenda.next()) {
            (Some((command, _)), Some(entry)) => Some(entry.min(*command)),
            (Some((command, _)), None) => Some(*command),
            (None, entry) => entry,
        }
    }

    fn due(&mut self, at: Micros) -> Due {
        self.entries += 1;
        (at, self.entries)
    }

    pub(super) fn schedule(&mut self, slot: u32, after: Duration, what: What) {
        let due = self.due(self.now + micros(after));
        let slot_data = self.slot_mut(slot);
        slot_data.entries += 1;
        let place = Place { slot, generation: slot_data.generation };
        self.agenda.push(due, place, what);
    }

    fn happen(&mut self, place: Place, what: What) {
        let slot = place.slot;
        match self.slots.get_mut(slot as usize) {
            Some(Some(there)) if there.generation == place.generation => there.entries -= 1,
            _ => return self.agenda.was_stale(),
        }
        let state = self.slot(slot).state;
        match what {
            What::PromptOver(turn) => self.prompt_over(slot, turn),
            _ if state == State::Gone => (),
            What::Arrives => self.arrives(slot),
            What::Progress => self.progress(slot),
            What::Answers => self.phone_answers(slot),
            What::Declines => self.end(slot, Cause::Declined, By::FarEnd),
            What::GivesUp => self.end(slot, Cause::NoAnswer, By::FarEnd),
            What::LosesPatience if self.slot(slot).talked => (),
            What::LosesPatience | What::Leaves => self.end(slot, Cause::Normal, By::FarEnd),
            What::Digit(digit) if state == State::Up => {
                let leg = self.slot(slot).id.clone();
                self.tell(PbxEvent::Digit { leg, digit });
            }
            What::Digit(_) => (),
        }
    }

    // ------------------------------------------------------------------ slots

    pub(super) fn find(&self, leg: &LegId) -> Option<u32> {
        self.legs.get(leg).copied().flatten()
    }

    /// A slot that is known to be there.
    #[expect(
        clippy::expect_used,
        reason = "indices are held only by legs, members and entries of this generation"
    )]
    pub(super) fn slot(&self, slot: u32) -> &Slot {
        self.slots[slot as usize].as_deref().expect("slot in use")
    }

    #[expect(clippy::expect_used, reason = "as above")]
    pub(super) fn slot_mut(&mut self, slot: u32) -> &mut Slot {
        self.slots[slot as usize].as_deref_mut().expect("slot in use")
    }

    pub(super) fn add(&mut self, id: LegId, far: Far) -> u32 {
        let slot = self.free.pop().unwrap_or_else(|| {
            self.slots.push(None);
            (self.slots.len() - 1) as u32
        });
        self.generations = self.generations.wrapping_add(1);
        self.slots[slot as usize] = Some(Box::new(Slot {
            id: id.clone(),
            generation: self.generations,
            entries: 0,
            state: State::Down,
            talked: false,
            conversation: slot,
            born: self.now,
            far,
            keys: String::new(),
            listens: None,
            members: Vec::new(),
            music: None,
            playing: None,
        }));
        self.legs.insert(id, Some(slot));
        slot
    }

    /// Frees the slot of a leg that is gone when nobody is left in its conversation.
    pub(super) fn release(&mut self, slot: u32) {
        let there = self.slot(slot);
        if there.state != State::Gone || !there.members.is_empty() {
            return;
        }
        let entries = there.entries;
        self.slots[slot as usize] = None;
        self.free.push(slot);
        let slots = &self.slots;
        self.agenda.add_stale(entries, |place| {
            let there = slots.get(place.slot as usize).and_then(Option::as_ref);
            there.is_some_and(|there| there.generation == place.generation)
        });
    }

    /// Whether a leg of this name ended lately.
    pub(super) fn is_gone(&self, leg: &LegId) -> bool {
        self.legs.get(leg).is_some_and(Option::is_none)
    }

    fn forget_gone(&mut self) {
        while let Some((_, leg)) = self.gone.pop_front_if(|(at, _)| *at + REMEMBERED < self.now) {
            // Unless the host dialled by the same name again.
            if self.is_gone(&leg) {
                self.legs.remove(&leg);
            }
        }
    }

    // ------------------------------------------------------------------ telling

    pub(super) fn tell(&mut self, event: PbxEvent) {
        if self.connected {
            self.told.push(Told::Event(event));
        } else if matches!(event, PbxEvent::Played { .. }) {
            self.missed.push(event);
        }
    }

    pub(super) fn observe(&mut self, observed: impl FnOnce(&Self) -> Observed) {
        if self.heard.is_some() {
            let observed = Box::new(observed(self));
            self.told.push(Told::Observed(Duration::from_micros(self.now), observed));
        }
    }

    // ------------------------------------------------------------------ ends

    /// A leg is over: its plays first, then itself.
    pub(super) fn end(&mut self, slot: u32, cause: Cause, by: By) {
        let state = self.slot(slot).state;
        if state == State::Ringing && matches!(self.slot(slot).far, Far::Phone(_)) {
            self.observe(|world| Observed::RingStopped { leg: world.slot(slot).id.clone() });
        }
        self.observe(|world| Observed::HungUp { leg: world.slot(slot).id.clone(), by, cause });
        self.go(slot, cause, false);
    }

    /// A leg leaves the host.
    pub(super) fn go(&mut self, slot: u32, cause: Cause, left: bool) {
        if let Some(playing) = self.slot_mut(slot).playing.take() {
            for (play, _) in playing.plays {
                self.plays.remove(&play);
                self.played(slot, play, PlayEnd::Stopped);
            }
        }
        let leg = self.slot(slot).id.clone();
        self.remove(slot);
        self.tell(PbxEvent::Ended(Box::new(Ended { leg, cause, left })));
    }

    pub(super) fn remove(&mut self, slot: u32) {
        let there = self.slot_mut(slot);
        let was = mem::replace(&mut there.state, State::Gone);
        let leg = there.id.clone();
        let from = there.far.calls_from();
        if let (Far::Phone(dialled), State::Up) = (&there.far, was) {
            let phone = dialled.phone as usize;
            self.phones[phone].talking -= 1;
        }
        if was == State::Up {
            self.hush_listeners(slot);
            self.leave(slot);
        }
        if let Some(at) = from {
            self.own_call(at, false);
        }
        if let Some(heard) = &mut self.heard {
            heard.remove(&slot);
        }
        if let Some(known) = self.legs.get_mut(&leg) {
            *known = None;
        }
        self.gone.push_back((self.now, leg));
        self.release(slot);
    }

    // ------------------------------------------------------------------ the connection

    pub(super) fn cut(&mut self, why: &str) {
        self.tell(PbxEvent::Lost { why: why.to_owned() });
        self.connected = false;
    }

    pub(super) fn mend(&mut self) {
        if !mem::replace(&mut self.connected, true) {
            self.sync();
            for event in mem::take(&mut self.missed) {
                if event.leg().is_some_and(|leg| self.find(leg).is_some()) {
                    self.tell(event);
                }
            }
        }
    }

    pub(super) fn sync(&mut self) {
        let alive = self.alive();
        self.tell(PbxEvent::Synced { alive });
    }

    /// What is alive; legs whose dial is on its way are.
    pub(super) fn alive(&self) -> Vec<AliveLeg> {
        let on_its_way = self.commands.iter().filter_map(|(_, command)| match command {
            PbxCommand::Dial { leg, .. } if !self.legs.contains_key(leg) => Some(AliveLeg {
                leg: leg.clone(),
                state: LegState::Down,
                conversation: None,
                arrived: None,
                age: Duration::ZERO,
            }),
            _ => None,
        });
        self.slots
            .iter()
            .zip(0..)
            .filter_map(|(there, slot)| {
                let there = there.as_ref().filter(|there| there.state != State::Gone)?;
                let inbound = matches!(there.far, Far::Caller(_));
                Some(AliveLeg {
                    leg: there.id.clone(),
                    state: match there.state {
                        State::Up => LegState::Up,
                        State::Ringing if !inbound => LegState::Ringing,
                        _ => LegState::Down,
                    },
                    conversation: (there.state == State::Up)
                        .then(|| self.slot(there.conversation).id.clone()),
                    arrived: self.arrived(slot),
                    age: Duration::from_micros(self.now.saturating_sub(there.born)),
                })
            })
            .chain(on_its_way)
            .collect()
    }

    #[cfg(test)]
    pub(super) fn sizes(&self) -> [(&'static str, usize); 8] {
        [
            ("commands", self.commands.len()),
            ("agenda", self.agenda.len()),
            ("slots", self.slots.iter().flatten().count()),
            ("legs", self.legs.values().flatten().count()),
            ("plays", self.plays.len()),
            ("talking", self.phones.iter().map(|phone| phone.talking as usize).sum()),
            ("heard", self.heard.as_ref().map_or(0, BTreeMap::len)),
            ("gone", self.gone.len() + self.legs.values().filter(|slot| slot.is_none()).count()),
        ]
    }
}

/// At most a century, so that sums hold.
pub(super) fn micros(duration: Duration) -> Micros {
    duration.as_micros().min(3_155_760_000_000_000) as Micros
}

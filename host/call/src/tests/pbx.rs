//! A PBX as the provider port promises it: commands are carried out in their order, when the test
//! says so.

use std::collections::{BTreeMap, VecDeque};
use strowger_model::event::{Cause, PlayEnd};
use strowger_pbx::port::{AliveLeg, Ended, LegId, LegState, PbxCommand, PbxEvent, PlayId};

#[derive(Clone, Debug)]
pub(super) struct Far {
    pub(super) state: LegState,
    pub(super) place: LegId,
    pub(super) arrived: bool,
    /// Of its own conversation.
    pub(super) music: Option<String>,
    /// Number and name.
    pub(super) shows: (Option<String>, Option<String>),
}

impl Far {
    fn new(place: LegId, arrived: bool, shows: (Option<String>, Option<String>)) -> Self {
        Self { state: LegState::Down, place, arrived, music: None, shows }
    }
}

#[derive(Default)]
pub(super) struct Pbx {
    /// Not yet carried out.
    pub(super) queue: VecDeque<PbxCommand>,
    pub(super) legs: BTreeMap<LegId, Far>,
    /// Being heard, and where.
    pub(super) plays: BTreeMap<PlayId, LegId>,
    /// Every leg that ever was: a name is not used again.
    known: Vec<LegId>,
}

impl Pbx {
    pub(super) fn arrive(&mut self, leg: LegId) {
        self.known.push(leg.clone());
        self.legs.insert(leg.clone(), Far::new(leg, true, (None, None)));
    }

    /// A phone that another call has dialled.
    pub(super) fn dialled(&mut self, leg: LegId, state: LegState) {
        self.known.push(leg.clone());
        self.legs.insert(leg.clone(), Far { state, ..Far::new(leg, false, (None, None)) });
    }

    /// Carries out the next command.
    pub(super) fn carry(&mut self) -> Vec<PbxEvent> {
        let Some(command) = self.queue.pop_front() else { return Vec::new() };
        match command {
            PbxCommand::Answer { leg } => self.answer(&leg),
            PbxCommand::Dial { leg, caller_id, display_name, .. } => {
                if !self.known.contains(&leg) {
                    self.known.push(leg.clone());
                    let far = Far::new(leg.clone(), false, (caller_id, display_name));
                    self.legs.insert(leg, far);
                }
                Vec::new()
            }
            PbxCommand::Play { play, conversation, .. } => {
                match self.legs.get(&conversation).is_some_and(|leg| leg.state == LegState::Up) {
                    true => {
                        self.plays.insert(play, conversation);
                        Vec::new()
                    }
                    false => vec![played(conversation, play, PlayEnd::Failed)],
                }
            }
            PbxCommand::Stop { play } => match self.plays.remove(&play) {
                Some(leg) => vec![played(leg, play, PlayEnd::Stopped)],
                None => Vec::new(),
            },
            PbxCommand::Music { leg, class } => {
                if let Some(far) = self.legs.get_mut(&leg) {
                    far.music = class;
                }
                Vec::new()
            }
            PbxCommand::Move { leg, to } => {
                let goes_on = self.legs.iter().any(|(id, far)| *id == to || far.place == to);
                match self.legs.get_mut(&leg).filter(|far| far.state == LegState::Up && goes_on) {
                    Some(far) => {
                        far.place = to.clone();
                        vec![PbxEvent::Moved { leg, to }]
                    }
                    None => Vec::new(),
                }
            }
            PbxCommand::Transfer { leg, .. } => self.end(&leg, Cause::Normal, true),
            PbxCommand::HangUp { leg, cause, .. } => self.end(&leg, cause, false),
            PbxCommand::IndicateRinging { .. }
            | PbxCommand::SendDigits { .. }
            | PbxCommand::Listen { .. }
            | PbxCommand::StopListening { .. }
            | PbxCommand::Watch { .. }
            | PbxCommand::RefuseTransfer { .. } => Vec::new(),
            PbxCommand::Show { leg, caller_id, display_name } => {
                if let Some(far) = self.legs.get_mut(&leg) {
                    far.shows = (caller_id, display_name);
                }
                Vec::new()
            }
        }
    }

    pub(super) fn ring(&mut self, leg: &LegId) -> Vec<PbxEvent> {
        match self.legs.get_mut(leg) {
            Some(far) if far.state == LegState::Down && !far.arrived => {
                far.state = LegState::Ringing;
                vec![PbxEvent::Ringing { leg: leg.clone() }]
            }
            _ => Vec::new(),
        }
    }

    /// The far end answers, or the PBX answers a leg that arrived.
    pub(super) fn answer(&mut self, leg: &LegId) -> Vec<PbxEvent> {
        match self.legs.get_mut(leg) {
            Some(far) if far.state != LegState::Up => {
                far.state = LegState::Up;
                vec![PbxEvent::Answered { leg: leg.clone() }]
            }
            _ => Vec::new(),
        }
    }

    pub(super) fn end(&mut self, leg: &LegId, cause: Cause, left: bool) -> Vec<PbxEvent> {
        if self.legs.remove(leg).is_none() {
            // A leg that never was is told to have ended, once.
            return match self.known.contains(leg) {
                true => Vec::new(),
                false => {
                    self.known.push(leg.clone());
                    vec![ended(leg, cause, false)]
                }
            };
        }
        let plays: Vec<PlayId> =
            self.plays.iter().filter(|(_, at)| *at == leg).map(|(play, _)| play.clone()).collect();
        let mut events: Vec<PbxEvent> = Vec::new();
        for play in plays {
            self.plays.remove(&play);
            events.push(played(leg.clone(), play, PlayEnd::Stopped));
        }
        events.push(ended(leg, cause, left));
        events
    }

    pub(super) fn play_ends(&mut self) -> Vec<PbxEvent> {
        match self.plays.pop_first() {
            Some((play, leg)) => vec![played(leg, play, PlayEnd::Whole)],
            None => Vec::new(),
        }
    }

    pub(super) fn alive(&self) -> BTreeMap<LegId, AliveLeg> {
        let alive = |(leg, far): (&LegId, &Far)| {
            let conversation = (far.state == LegState::Up).then(|| far.place.clone());
            let alive = AliveLeg {
                leg: leg.clone(),
                state: far.state,
                conversation,
                arrived: None,
                age: std::time::Duration::ZERO,
            };
            (leg.clone(), alive)
        };
        self.legs.iter().map(alive).collect()
    }
}

fn played(leg: LegId, play: PlayId, end: PlayEnd) -> PbxEvent {
    PbxEvent::Played { leg, play, end }
}

fn ended(leg: &LegId, cause: Cause, left: bool) -> PbxEvent {
    PbxEvent::Ended(Box::new(Ended { leg: leg.clone(), cause, left }))
}

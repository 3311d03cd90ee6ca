//! What the host's commands do. A command for a leg that is gone does nothing.

use super::{
    observe::{By, Observed, Sound},
    world::{Far, State, World},
};
use strowger_model::event::{Cause, PlayEnd};
use strowger_pbx::port::{Ended, PbxCommand, PbxEvent};

impl World {
    pub(super) fn carry_out(&mut self, command: PbxCommand) {
        match command {
            PbxCommand::Answer { leg } => {
                if let Some(slot) = self.find(&leg).filter(|slot| self.is_unanswered_caller(*slot))
                {
                    self.up(slot);
                }
            }
            PbxCommand::IndicateRinging { leg } => {
                if let Some(slot) = self.find(&leg).filter(|slot| self.is_unanswered_caller(*slot))
                {
                    self.slot_mut(slot).state = State::Ringing;
                    self.hears(slot, Sound::Ringback, Vec::new());
                }
            }
            PbxCommand::Dial { leg, to, caller_id, display_name } => {
                if self.find(&leg).is_none() {
                    self.dial(leg, to, caller_id, display_name);
                }
            }
            PbxCommand::Play { play, conversation, prompts } => match self.find(&conversation) {
                Some(slot) => self.play(slot, play, prompts),
                None if self.is_gone(&conversation) => (),
                None => {
                    self.tell(PbxEvent::Played { leg: conversation, play, end: PlayEnd::Failed })
                }
            },
            PbxCommand::Stop { play } => {
                let Some(&slot) = self.plays.get(&play) else { return };
                let playing = self.slot(slot).playing.as_ref();
                let place = playing
                    .and_then(|playing| playing.plays.iter().position(|(known, _)| *known == play));
                if let Some(place) = place {
                    self.end_play(slot, place, PlayEnd::Stopped);
                }
            }
            PbxCommand::Music { leg, class } => {
                if let Some(slot) = self.find(&leg) {
                    let class = class.map(|class| self.class(&class));
                    self.slot_mut(slot).music = class;
                    self.hearing_changed(slot);
                }
            }
            PbxCommand::Move { leg, to } => {
                let up = |world: &Self, leg| {
                    world.find(leg).filter(|slot| world.slot(*slot).state == State::Up)
                };
                if let (Some(slot), Some(conversation)) = (up(self, &leg), up(self, &to)) {
                    if self.slot(slot).conversation != conversation {
                        self.leave(slot);
                        self.enter(slot, conversation);
                    }
                    self.tell(PbxEvent::Moved { leg, to });
                }
            }
            PbxCommand::Transfer { leg, to } => {
                let inbound = |slot: &u32| matches!(self.slot(*slot).far, Far::Caller(_));
                let up = |slot: &u32| self.slot(*slot).state == State::Up;
                if let Some(slot) = self.find(&leg).filter(|slot| inbound(slot) || up(slot)) {
                    self.observe(|_| Observed::Transferred { leg, to });
                    self.go(slot, Cause::Normal, true);
                }
            }
            PbxCommand::SendDigits { leg, digits } => {
                let up = |slot: &u32| self.slot(*slot).state == State::Up;
                if self.find(&leg).as_ref().is_some_and(up) {
                    self.observe(|_| Observed::Digits { leg, digits });
                }
            }
            PbxCommand::Listen { leg, to, mode } => self.listen(leg, &to, mode),
            PbxCommand::StopListening { leg } => {
                if self.find(&leg).is_some_and(|slot| self.stop_listening(slot)) {
                    self.tell(PbxEvent::ListeningEnded { leg });
                }
            }
            PbxCommand::HangUp { leg, cause } => match self.find(&leg) {
                Some(slot) => self.end(slot, cause, By::Host),
                None if self.is_gone(&leg) => (),
                None => {
                    let ended = Ended { leg, cause: Cause::Normal, left: false };
                    self.tell(PbxEvent::Ended(Box::new(ended)));
                }
            },
        }
    }

    fn is_unanswered_caller(&self, slot: u32) -> bool {
        let there = self.slot(slot);
        matches!(there.far, Far::Caller(_)) && matches!(there.state, State::Down | State::Ringing)
    }
}

//! What the host's commands do. A command for a leg that is gone does nothing.

use super::{
    observe::{By, Observed, Sound},
    world::{Far, State, World},
};
use strowger_model::event::{Cause, PlayEnd};
use strowger_pbx::port::{Address, Ended, LegId, PbxCommand, PbxEvent, PlayId};

impl World {
    pub(super) fn carry_out(&mut self, command: PbxCommand) {
        match command {
            PbxCommand::Answer { leg } => {
                if let Some(slot) = self.unanswered_caller(&leg) {
                    self.up(slot);
                }
            }
            PbxCommand::IndicateRinging { leg } => {
                if let Some(slot) = self.unanswered_caller(&leg) {
                    self.slot_mut(slot).state = State::Ringing;
                    self.hears(slot, Sound::Ringback, Vec::new());
                }
            }
            PbxCommand::Dial { leg, to, caller_id, display_name } => {
                if self.find(&leg).is_none() {
                    self.dial(leg, to, caller_id, display_name);
                }
            }
            PbxCommand::Show { leg, caller_id, display_name } => {
                self.show(&leg, caller_id, display_name);
            }
            PbxCommand::Play { play, conversation, prompts } => match self.find(&conversation) {
                Some(slot) => self.play(slot, play, prompts),
                None if self.is_gone(&conversation) => (),
                None => {
                    self.tell(PbxEvent::Played { leg: conversation, play, end: PlayEnd::Failed })
                }
            },
            PbxCommand::Stop { play } => self.stop(&play),
            PbxCommand::Music { leg, class } => {
                if let Some(slot) = self.find(&leg) {
                    let class = class.map(|class| self.class(&class));
                    self.slot_mut(slot).music = class;
                    self.hearing_changed(slot);
                }
            }
            PbxCommand::Move { leg, to } => self.move_to(leg, to),
            PbxCommand::Transfer { leg, to } => self.transfer(leg, to),
            PbxCommand::SendDigits { leg, digits } => {
                if let Some(slot) = self.find_up(&leg) {
                    self.slot_mut(slot).keys.push_str(&digits);
                    self.observe(|_| Observed::Digits { leg, digits });
                }
            }
            PbxCommand::Watch { phones } => self.watch(phones),
            PbxCommand::Listen { leg, to, mode } => self.listen(leg, &to, mode),
            PbxCommand::StopListening { leg } => {
                if self.find(&leg).is_some_and(|slot| self.stop_listening(slot)) {
                    self.tell(PbxEvent::ListeningEnded { leg });
                }
            }
            PbxCommand::RefuseTransfer { leg } => {
                if let Some(slot) = self.find(&leg) {
                    self.answer_transfer(slot, false);
                }
            }
            PbxCommand::HangUp { leg, cause, .. } => match self.find(&leg) {
                Some(slot) => {
                    self.answer_transfer(slot, true);
                    self.end(slot, cause, By::Host);
                }
                None if self.is_gone(&leg) => (),
                None => {
                    let ended = Ended { leg, cause: Cause::Normal, left: false };
                    self.tell(PbxEvent::Ended(Box::new(ended)));
                }
            },
        }
    }

    fn stop(&mut self, play: &PlayId) {
        let Some(&slot) = self.plays.get(play) else { return };
        let playing = self.slot(slot).playing.as_ref();
        let place =
            playing.and_then(|playing| playing.plays.iter().position(|(known, _)| known == play));
        if let Some(place) = place {
            self.end_play(slot, place, PlayEnd::Stopped);
        }
    }

    fn move_to(&mut self, leg: LegId, to: LegId) {
        if let (Some(slot), Some(conversation)) = (self.find_up(&leg), self.find_up(&to)) {
            if self.slot(slot).conversation != conversation {
                self.leave(slot);
                self.enter(slot, conversation);
            }
            self.tell(PbxEvent::Moved { leg, to });
        }
    }

    /// A caller goes on in the PBX also before the answer.
    fn transfer(&mut self, leg: LegId, to: Option<Address>) {
        let Some(slot) = self.find(&leg) else { return };
        let there = self.slot(slot);
        if matches!(there.far, Far::Caller(_)) || there.state == State::Up {
            self.observe(|_| Observed::Transferred { leg, to });
            self.go(slot, Cause::Normal, true);
        }
    }

    fn find_up(&self, leg: &LegId) -> Option<u32> {
        self.find(leg).filter(|slot| self.slot(*slot).state == State::Up)
    }

    fn unanswered_caller(&self, leg: &LegId) -> Option<u32> {
        self.find(leg).filter(|slot| {
            let there = self.slot(*slot);
            matches!(there.far, Far::Caller(_))
                && matches!(there.state, State::Down | State::Ringing)
        })
    }
}

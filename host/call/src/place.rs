//! Where legs are: moving them between conversations, and what a conversation hears.

use crate::turn::Turn;
use std::{slice, sync::Arc};
use strowger_model::{LegName, Prompt, event::Refusal};
use strowger_pbx::port::{ConversationId, LegId, PbxCommand, PlayId};

impl Turn<'_> {
    /// Has a leg be alone in its own conversation: it goes there, or the others leave it. Gives who
    /// is on the way.
    pub(crate) fn set_apart(&mut self, name: &LegName) -> Result<Vec<LegName>, Refusal> {
        let leg = self.call.legs.up(name)?;
        if leg.place != leg.id {
            let own = leg.id.clone();
            return Ok(self.move_all(slice::from_ref(name), &own));
        }
        let others: Vec<LegName> =
            self.call.legs.with(leg).map(|other| other.name.clone()).collect();
        let elsewhere = self.call.legs.with(leg).next().map(|other| other.id.clone());
        Ok(elsewhere.map_or_else(Vec::new, |to| self.move_all(&others, &to)))
    }

    /// Sends legs to a conversation and gives those that were not there already.
    pub(crate) fn move_all(&mut self, names: &[LegName], to: &ConversationId) -> Vec<LegName> {
        let mut moving = Vec::new();
        for name in names {
            let Some(leg) = self.call.legs.get_mut(name) else { continue };
            if leg.place != *to {
                leg.place = to.clone();
                let leg = leg.id.clone();
                moving.push(name.clone());
                self.send(PbxCommand::Move { leg, to: to.clone() });
            }
        }
        moving
    }

    /// The conversation that a leg is in. If that was somebody's who is gone, those who are left go
    /// on in this leg's own.
    pub(crate) fn place_of(&mut self, name: &LegName) -> Option<ConversationId> {
        let leg = self.call.legs.get(name)?;
        let (own, place) = (leg.id.clone(), leg.place.clone());
        if place == own || self.call.legs.by_id(&place).is_some() {
            return Some(place);
        }
        let left = self.call.legs.iter().filter(|leg| leg.place == place);
        let left: Vec<LegName> = left.map(|leg| leg.name.clone()).collect();
        self.move_all(&left, &own);
        Some(own)
    }

    /// Plays to a leg's conversation.
    pub(crate) fn play(&mut self, to: &LegName, prompts: Arc<[Prompt]>) -> Option<PlayId> {
        let conversation = self.place_of(to)?;
        self.call.plays += 1;
        let play = PlayId(format!("{}-p{}", self.call.id, self.call.plays).into());
        self.send(PbxCommand::Play { play: play.clone(), conversation, prompts });
        Some(play)
    }

    pub(crate) fn stop(&mut self, play: Option<PlayId>) {
        if let Some(play) = play {
            self.send(PbxCommand::Stop { play });
        }
    }

    /// Music for whoever is held, or waits for an agent who is away.
    pub(crate) fn hold_music(&mut self, leg: LegId) {
        let class = self.call.terms.site.music.values().next().cloned();
        self.send(PbxCommand::Music { leg, class });
    }

    /// A leg that was held hears no music any more.
    pub(crate) fn end_hold_of(&mut self, name: &LegName) {
        let Some(leg) = self.call.legs.get_mut(name) else { return };
        if leg.held_from.take().is_some() {
            let leg = leg.id.clone();
            self.send(PbxCommand::Music { leg, class: None });
        }
    }
}

//! Playing prompts to a leg; sending it digits.

use super::{Carried, no_leg, refusal};
use crate::{orders::Kind, turn::Turn};
use serde::{Deserialize, Serialize};
use strowger_model::{
    LegName, OrderId, Outcome, Prompt,
    event::{PlayEnd, RefusalReason},
};
use strowger_pbx::port::{PbxCommand, PlayId};

/// Prompts that are being heard.
#[derive(Clone, Serialize, Deserialize)]
pub(crate) struct Playing {
    pub(crate) play: PlayId,
    pub(crate) leg: LegName,
    pub(crate) barge_in: bool,
}

impl Kind for Playing {
    fn is_of(&self, leg: &LegName) -> bool {
        &self.leg == leg
    }

    fn take_back(self, _: OrderId, turn: &mut Turn<'_>) {
        turn.stop(Some(self.play));
    }

    fn leg_gone(&self, _: &LegName) -> Option<Outcome> {
        Some(Outcome::Played(PlayEnd::Stopped))
    }

    /// A play is never repeated.
    fn resumed(id: OrderId, turn: &mut Turn<'_>) {
        turn.outcome(id, Outcome::Played(PlayEnd::Stopped));
    }
}

impl Turn<'_> {
    pub(crate) fn begin_play(
        &mut self,
        id: OrderId,
        leg: LegName,
        prompts: Vec<Prompt>,
        barge_in: bool,
    ) -> Carried {
        self.call.legs.up(&leg)?;
        let prompts = self.voiced(prompts)?;
        let play = self.play(&leg, prompts).ok_or_else(|| no_leg(&leg))?;
        self.call.orders.open(id, None, Playing { play, leg, barge_in });
        Ok(())
    }

    /// A key ends what is played to that leg, where the flow said so.
    pub(crate) fn barge_in(&mut self, leg: &LegName) {
        let barged = self.call.orders.all::<Playing>();
        let barged = barged.filter(|(_, playing)| playing.barge_in && &playing.leg == leg);
        let barged: Vec<PlayId> = barged.map(|(_, playing)| playing.play.clone()).collect();
        barged.into_iter().for_each(|play| self.stop(Some(play)));
    }

    pub(crate) fn played(&mut self, play: &PlayId, end: PlayEnd) {
        let ours = |playing: &Playing| &playing.play == play;
        if let Some((order, _)) = self.call.orders.find(ours) {
            return self.outcome(order, Outcome::Played(end));
        }
        let _ = self.company_played(play) || self.gather_played(play) || self.whispered(play);
    }

    pub(crate) fn send_digits(&mut self, id: OrderId, leg: &LegName, digits: String) -> Carried {
        let leg = self.call.legs.up(leg)?.id.clone();
        let valid = digits.chars().all(|c| matches!(c, '0'..='9' | 'A'..='D' | '*' | '#'));
        if !valid || digits.len() > 64 {
            let why = "at most 64 digits, of 0-9, A-D, * and #";
            return Err(refusal(RefusalReason::Invalid, why));
        }
        self.send(PbxCommand::SendDigits { leg, digits });
        self.outcome(id, Outcome::Done);
        Ok(())
    }
}

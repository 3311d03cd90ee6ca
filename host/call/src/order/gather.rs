//! Collecting digits.

use super::{Carried, refusal};
use crate::{orders::Kind, turn::Turn};
use serde::{Deserialize, Serialize};
use std::mem;
use strowger_model::{
    LegName, OrderId, Outcome,
    command::Gather,
    event::{GatherEnd, RefusalReason},
};
use strowger_pbx::port::PlayId;

/// Digits so far.
#[derive(Clone, Serialize, Deserialize)]
pub(crate) struct Gathering {
    pub(crate) ask: Gather,
    pub(crate) digits: String,
    /// The prompts being played.
    pub(crate) play: Option<PlayId>,
    /// Instead of `digits`, where they are secret: not journalled.
    #[serde(skip)]
    pub(crate) secret: String,
}

impl Kind for Gathering {
    fn is_of(&self, leg: &LegName) -> bool {
        &self.ask.leg == leg
    }

    fn take_back(self, _: OrderId, turn: &mut Turn<'_>) {
        turn.stop(self.play);
    }

    /// A secret is gone, too.
    fn leg_gone(&self, _: &LegName) -> Option<Outcome> {
        let digits = self.digits.clone();
        Some(Outcome::Gathered { digits, proof: None, end: GatherEnd::Timeout })
    }

    fn due(id: OrderId, turn: &mut Turn<'_>) {
        turn.gather_ends(id, GatherEnd::Timeout);
    }

    fn resumed(id: OrderId, turn: &mut Turn<'_>) {
        let now = turn.now.elapsed;
        let due = turn.call.orders.any(id).and_then(|open| open.due);
        let Some(gathering) = turn.call.orders.get_mut::<Gathering>(id) else { return };
        if gathering.ask.secret {
            // What was keyed is gone.
            return turn.gather_ends(id, GatherEnd::Timeout);
        }
        if gathering.play.take().is_some() || due.is_none() {
            let due = now + gathering.ask.first_digit_within;
            turn.call.orders.set_due(id, Some(due));
        }
    }
}

impl Turn<'_> {
    pub(crate) fn gather(&mut self, id: OrderId, mut ask: Gather) -> Carried {
        self.call.legs.up(&ask.leg)?;
        if ask.max_digits == 0 && ask.terminator.is_none() && ask.next_digit_within.is_zero() {
            let why = "without a number of digits, a terminator or a limit between digits it \
                       would never end";
            return Err(refusal(RefusalReason::Invalid, why));
        }
        let same_leg = |other: &Gathering| other.ask.leg == ask.leg;
        if self.call.orders.find(same_leg).is_some() {
            let why = format!("digits of {} are being gathered already", ask.leg);
            return Err(refusal(RefusalReason::WrongState, why));
        }
        let prompts = self.voiced(mem::take(&mut ask.prompts))?;
        let play = match prompts.is_empty() {
            true => None,
            false => self.play(&ask.leg, prompts),
        };
        let due = play.is_none().then(|| self.in_(ask.first_digit_within));
        if let Some(leg) = self.call.legs.get_mut(&ask.leg) {
            leg.private = ask.secret;
        }
        let gathering = Gathering { ask, digits: String::new(), play, secret: String::new() };
        self.call.orders.open(id, due, gathering);
        Ok(())
    }

    /// A digit for a gather of that leg, if there is one.
    pub(crate) fn gather_digit(&mut self, leg: &LegName, digit: char) -> bool {
        let now = self.now.elapsed;
        let of_leg = |gathering: &Gathering| &gathering.ask.leg == leg;
        let Some((id, gathering)) = self.call.orders.find_mut(of_leg) else { return false };
        let play = gathering.play.take();
        let end = match gathering.ask.terminator == Some(digit) {
            true => Some(GatherEnd::Terminator),
            false => gathering.add(digit).then_some(GatherEnd::Enough),
        };
        let due = now + gathering.ask.next_digit_within;
        self.call.orders.set_due(id, Some(due));
        self.stop(play);
        if let Some(end) = end {
            self.gather_ends(id, end);
        }
        true
    }

    fn gather_ends(&mut self, id: OrderId, end: GatherEnd) {
        let Some(gathering) = self.call.orders.take::<Gathering>(id) else { return };
        let Gathering { secret, digits, .. } = gathering;
        let proof = (!secret.is_empty()).then(|| self.keep_secret(secret));
        self.outcome(id, Outcome::Gathered { digits, proof, end });
    }

    /// Prompts of a gather were heard to their end: from now on a digit is awaited.
    pub(crate) fn gather_played(&mut self, play: &PlayId) -> bool {
        let now = self.now.elapsed;
        let ours = |gathering: &Gathering| gathering.play.as_ref() == Some(play);
        let Some((id, gathering)) = self.call.orders.find_mut(ours) else { return false };
        gathering.play = None;
        let due = now + gathering.ask.first_digit_within;
        self.call.orders.set_due(id, Some(due));
        true
    }
}

impl Gathering {
    /// Whether there are enough now. A limit of 255 digits holds also where none was asked for.
    fn add(&mut self, digit: char) -> bool {
        let digits = if self.ask.secret { &mut self.secret } else { &mut self.digits };
        digits.push(digit);
        let most = if self.ask.max_digits == 0 { u8::MAX } else { self.ask.max_digits };
        digits.len() >= usize::from(most)
    }
}

//! Collecting digits.

use super::{
    Call,
    carry::refusal,
    order::{Doing, Gathering, Open},
};
use strowger_model::{
    LegName, OrderId, Outcome,
    command::Gather,
    event::{GatherEnd, Refusal, RefusalReason},
};
use strowger_pbx::port::PlayId;

impl Call {
    pub(super) fn gather(&mut self, id: OrderId, mut ask: Gather) -> Result<(), Refusal> {
        self.up(&ask.leg)?;
        if ask.max_digits == 0 && ask.terminator.is_none() && ask.next_digit_within.is_zero() {
            return Err(refusal(
                RefusalReason::Invalid,
                "without a number of digits, a terminator or a limit between digits it would never end",
            ));
        }
        let gathers = |open: &Open| matches!(&open.doing, Doing::Gathering(other) if other.ask.leg == ask.leg);
        if self.orders.iter().any(gathers) {
            return Err(refusal(
                RefusalReason::WrongState,
                format!("digits of {} are being gathered already", ask.leg),
            ));
        }
        let prompts = self.voiced(std::mem::take(&mut ask.prompts))?;
        let play = match prompts.is_empty() {
            true => None,
            false => self.play(&ask.leg, prompts),
        };
        let due = play.is_none().then(|| self.in_(ask.first_digit_within));
        if let Some(leg) = self.legs.iter_mut().find(|leg| leg.is_visible() && leg.name == ask.leg)
        {
            leg.private = ask.secret;
        }
        self.open(
            id,
            due,
            Doing::Gathering(Box::new(Gathering {
                ask,
                digits: String::new(),
                play,
                secret: String::new(),
            })),
        );
        Ok(())
    }

    /// A digit for a gather of that leg, if there is one.
    pub(super) fn gather_digit(&mut self, leg: &LegName, digit: char) -> bool {
        let gathers = |open: &&mut Open| matches!(&open.doing, Doing::Gathering(gathering) if &gathering.ask.leg == leg);
        let now = self.exchange.clock.elapsed();
        let Some(open) = self.orders.iter_mut().find(gathers) else { return false };
        let (id, Doing::Gathering(gathering)) = (open.id, &mut open.doing) else { return false };
        let play = gathering.play.take();
        let end = match gathering.ask.terminator == Some(digit) {
            true => Some(GatherEnd::Terminator),
            false => {
                let digits = if gathering.ask.secret {
                    &mut gathering.secret
                } else {
                    &mut gathering.digits
                };
                digits.push(digit);
                // A limit of 255 digits holds also where none was asked for.
                let most =
                    if gathering.ask.max_digits == 0 { u8::MAX } else { gathering.ask.max_digits };
                (digits.len() >= usize::from(most)).then_some(GatherEnd::Enough)
            }
        };
        open.due = Some(now + gathering.ask.next_digit_within);
        self.stop(play);
        if let Some(end) = end {
            self.gather_ends(id, end);
        }
        true
    }

    pub(super) fn gather_ends(&mut self, id: OrderId, end: GatherEnd) {
        let Some(Open { doing: Doing::Gathering(mut gathering), .. }) = self.remove_order(id)
        else {
            return;
        };
        let secret = std::mem::take(&mut gathering.secret);
        let proof = (!secret.is_empty()).then(|| self.keep_secret(secret));
        self.outcome(id, Outcome::Gathered { digits: gathering.digits, proof, end });
    }

    /// Prompts of a gather were heard to their end: from now on a digit is awaited.
    pub(super) fn gather_played(&mut self, play: &PlayId) -> bool {
        let now = self.exchange.clock.elapsed();
        self.orders.iter_mut().any(|open| match &mut open.doing {
            Doing::Gathering(gathering) if gathering.play.as_ref() == Some(play) => {
                gathering.play = None;
                open.due = Some(now + gathering.ask.first_digit_within);
                true
            }
            _ => false,
        })
    }
}

impl Gathering {
    /// What is said of it when its leg is gone. A secret is gone, too.
    pub(super) fn timed_out(&self) -> Outcome {
        Outcome::Gathered { digits: self.digits.clone(), proof: None, end: GatherEnd::Timeout }
    }
}

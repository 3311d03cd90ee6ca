//! A contact of a campaign, and where it stands among the others.

use crate::{
    AttemptId, By, Dialled, KeptContact, LATER, NumberKey, Over, Row, Stage, Template, nanos,
};
use std::time::Duration;

/// A contact. There may be 100,000: 32 bytes, and 8 in the index in which it is.
#[derive(Debug)]
pub(crate) struct Contact {
    pub(crate) number: NumberKey,
    /// Nanoseconds of the dialler's time; 0: at any time.
    pub(crate) not_before: i64,
    /// Calls so far.
    pub(crate) attempts: u16,
    /// Calls at this stage that count.
    pub(crate) tries: u8,
    pub(crate) wave: u8,
    pub(crate) stage: Stage,
    pub(crate) place: Place,
    /// Asked to be called at `not_before`; before the call that is for.
    pub(crate) promised: bool,
    /// While it is in a call.
    pub(crate) dialled: Dialled,
}

/// Where a contact waits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Place {
    /// For nothing.
    Nowhere,
    /// For its wave.
    Held,
    /// For its time.
    Later,
    /// For its turn.
    Ready,
    /// For its number, which is in another call.
    Parked,
    /// For the end of its call.
    Calling,
}

/// Which contact of a campaign is called first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Rank {
    pub(crate) class: Class,
    tries: u8,
    wave: u8,
    pub(crate) row: Row,
}

/// What is called first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Class {
    Chosen,
    ToTell,
    Promised,
    Offer,
}

impl Contact {
    pub(crate) fn new(number: NumberKey, wave: u8) -> Self {
        Self {
            number,
            not_before: 0,
            attempts: 0,
            tries: 0,
            wave,
            stage: Stage::ToOffer,
            place: Place::Nowhere,
            promised: false,
            dialled: Dialled::Yes,
        }
    }

    pub(crate) fn rank(&self, row: Row) -> Rank {
        let class = match self.stage {
            Stage::Chosen => Class::Chosen,
            Stage::ToTell => Class::ToTell,
            _ if self.promised => Class::Promised,
            _ => Class::Offer,
        };
        Rank { class, tries: self.tries, wave: self.wave, row }
    }

    /// Another stage, of which no call was made yet.
    pub(crate) fn enter(&mut self, stage: Stage) {
        let dialled = match self.dialled {
            Dialled::NotAsAsked => Dialled::No,
            dialled => dialled,
        };
        *self = Self { stage, tries: 0, promised: false, not_before: 0, dialled, ..*self };
    }

    /// A call begins.
    pub(crate) fn is_called(&mut self) {
        self.attempts = self.attempts.saturating_add(1);
        self.tries = self.tries.saturating_add(1);
        self.dialled = if self.promised { Dialled::NotAsAsked } else { Dialled::No };
        (self.promised, self.not_before) = (false, 0);
    }

    /// Its call is over, and nobody was dialled: as if that call had not been. If it had begun,
    /// another one follows a little later.
    pub(crate) fn was_not_dialled(&mut self, begun: bool, now: i64) {
        let wanted = matches!(self.stage, Stage::ToOffer | Stage::Chosen | Stage::ToTell);
        if begun && wanted && !self.promised {
            self.not_before = now.saturating_add(nanos(LATER));
        }
        self.attempts = self.attempts.saturating_sub(1);
        // At another stage than when the call began, it has no tries.
        self.tries = self.tries.saturating_sub(1);
        self.promised |= self.dialled == Dialled::NotAsAsked;
        self.dialled = Dialled::Yes;
    }

    /// Is to be called then.
    pub(crate) fn promise(&mut self, not_before: i64) {
        (self.promised, self.not_before) = (true, not_before);
    }

    /// Its call is over: another one follows unless it asked for one at a time of its own, or has
    /// had as many as there are.
    pub(crate) fn is_called_no_more(&mut self, template: &Template, now: i64) {
        self.dialled = Dialled::Yes;
        if !matches!(self.stage, Stage::ToOffer | Stage::Chosen | Stage::ToTell) || self.promised {
            return;
        }
        match self.tries {
            // Chosen during the call.
            0 => {}
            tries if tries >= template.attempts => self.enter(Stage::Over),
            _ => self.not_before = now.saturating_add(nanos(template.pause)),
        }
    }

    /// While it is in a call: that call offers something that is not to be had any more.
    pub(crate) fn is_offered(&self, why: Over) -> bool {
        match self.stage {
            Stage::ToOffer => !self.promised,
            Stage::Chosen => why != Over::Filled,
            Stage::Accepted | Stage::ToTell | Stage::Won | Stage::Over => false,
        }
    }

    pub(crate) fn kept(&self, calling: Option<AttemptId>, accepted_by: Option<By>) -> KeptContact {
        KeptContact {
            stage: self.stage,
            attempts: self.attempts,
            tries: self.tries,
            promised: self.promised,
            not_before: u64::try_from(self.not_before)
                .ok()
                .filter(|nanos| *nanos > 0)
                .map(Duration::from_nanos),
            calling,
            dialled: self.dialled,
            accepted_by,
        }
    }
}

/// How many contacts of a campaign are how.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Tally {
    pub(crate) to_offer: u32,
    /// Of those to offer: never called.
    pub(crate) untried: u32,
    /// Of those to offer: in a call, and have not said anything.
    pub(crate) offering: u32,
    pub(crate) accepted: u32,
    pub(crate) chosen: u32,
    pub(crate) to_tell: u32,
    pub(crate) won: u32,
    pub(crate) over: u32,
}

impl Tally {
    /// Counts a contact, or counts it no more.
    pub(crate) fn count(&mut self, contact: &Contact, in_: bool) {
        let change = |count: &mut u32| {
            *count = if in_ { *count + 1 } else { count.saturating_sub(1) };
        };
        match contact.stage {
            Stage::ToOffer => {
                change(&mut self.to_offer);
                if contact.attempts == 0 {
                    change(&mut self.untried);
                }
                if contact.place == Place::Calling && !contact.promised {
                    change(&mut self.offering);
                }
            }
            Stage::Accepted => change(&mut self.accepted),
            Stage::Chosen => change(&mut self.chosen),
            Stage::ToTell => change(&mut self.to_tell),
            Stage::Won => change(&mut self.won),
            Stage::Over => change(&mut self.over),
        }
    }
}

//! What the far ends experience: what scenarios assert on.

use std::{sync::Arc, time::Duration};
use strowger_model::{Prompt, event::Cause};
use strowger_pbx::port::{Address, LegId};

/// Is told everything, in order, with the time since the sim began. Must not block.
pub type SimObserver = Arc<dyn Fn(Duration, &Observed) + Send + Sync>;

/// What somebody at the far end of a leg experienced.
#[derive(Clone, Debug, PartialEq)]
pub enum Observed {
    /// A caller's call reached the host.
    Arrived {
        /// The leg.
        leg: LegId,
        /// The number that the caller claims.
        from: Option<String>,
        /// The number dialled.
        to: String,
    },
    /// A caller came while the host could not be reached: the PBX's own route took the call.
    OwnRoute {
        /// As it would have been named.
        leg: LegId,
    },
    /// A phone begins to ring.
    RingStarted {
        /// The leg.
        leg: LegId,
        /// The phone.
        address: Address,
        /// The number it shows.
        caller_id: Option<String>,
        /// The name it shows.
        display_name: Option<String>,
    },
    /// A phone that rings or talks shows somebody else from now on.
    Shows {
        /// The leg.
        leg: LegId,
        /// The number it shows.
        caller_id: Option<String>,
        /// The name it shows.
        display_name: Option<String>,
    },
    /// It rings no more, answered or not.
    RingStopped {
        /// The leg.
        leg: LegId,
    },
    /// A caller was answered, or a phone picked up.
    Answered {
        /// The leg.
        leg: LegId,
    },
    /// What is heard from now on. Told when it changes.
    Hears {
        /// By whom.
        leg: LegId,
        /// From the PBX.
        sound: Sound,
        /// And these. They hear this leg too, but for those to whom it listens in secret.
        with: Vec<LegId>,
    },
    /// The host sent digits.
    Digits {
        /// To whom.
        leg: LegId,
        /// Which.
        digits: String,
    },
    /// The leg is over.
    HungUp {
        /// The leg.
        leg: LegId,
        /// Who hung up, or why it never was.
        by: By,
        /// As told.
        cause: Cause,
    },
    /// The leg left the host, and goes on in the PBX.
    Transferred {
        /// The leg.
        leg: LegId,
        /// None: the PBX's own route.
        to: Option<Address>,
    },
}

/// Who ended a leg.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum By {
    /// The caller or the phone, or the network on its side.
    FarEnd,
    /// The host.
    Host,
    /// The PBX: it could not place the call, or the host was away.
    Pbx,
}

/// What the PBX lets somebody hear.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Sound {
    /// Nothing.
    Silence,
    /// Ringing, before the answer.
    Ringback,
    /// A prompt.
    Prompt(Prompt),
    /// Music of this class.
    Music(Arc<str>),
}

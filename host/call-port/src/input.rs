//! What a call is told, and what comes of that.

use crate::{ByHand, Proof, Takeover};
use std::{collections::BTreeMap, time::Duration};
use strowger_model::{CampaignName, Case, Mail};
use strowger_pbx::port::{AliveLeg, LegId, PbxCommand, PbxEvent};
use strowger_routing::Output;

/// What happens to a call.
pub enum Input {
    /// It begins.
    Begin,
    /// It was taken up from its image: what of its legs is alive at the PBX, and how long there was
    /// no host.
    Resume {
        /// Legs that are alive at the PBX.
        alive: BTreeMap<LegId, AliveLeg>,
        /// How long nobody served the call.
        gap: Duration,
    },
    /// The PBX tells something of one of its legs.
    Pbx(PbxEvent),
    /// The PBX does not have this leg any more.
    Lost(LegId),
    /// A leg of another call takes the place of one of this call.
    TakeOver(Box<Takeover>),
    /// The floor says something of one of its entries.
    Floor(Output),
    /// What the floor said before [`crate::House::fence`] has been dealt with.
    Fence,
    /// A switch that the call watches was turned.
    Turned {
        /// Which.
        switch: String,
        /// Where it stands now.
        position: String,
    },
    /// The campaign that the call was started for has so many places left for it.
    Goal {
        /// Which campaign.
        campaign: CampaignName,
        /// None: what the call offers is not to be had any more.
        remaining: u32,
    },
    /// Whoever this call was to call back has called again, and another call has taken the places
    /// that this one kept.
    PlaceTaken,
    /// The host will stop within that time.
    ShuttingDown(Duration),
    /// An agent's PIN was looked at.
    Proved {
        /// Of the question.
        ticket: u64,
        /// The answer.
        proof: Proof,
    },
    /// Somebody looks at the call, or does something with it.
    ByHand(ByHand),
    /// The time of `Call::due` has come.
    Due,
    /// The call goes on with what it had no time for (`Call::is_behind`).
    GoOn,
    /// The flow may not go on, for a reason that is no event of the call.
    GiveUp(String),
    /// The host made a mistake while it dealt with the last input, and what came of that is lost.
    Mistaken {
        /// What went wrong.
        why: String,
        /// The leg of which the input said that it is gone.
        gone: Option<LegId>,
    },
    /// Nothing about the call can be relied on any more: its flow may not go on, and every leg ends.
    Broken(String),
}

/// What came of an input. It is journalled as a whole before the commands leave.
#[derive(Default)]
pub struct Out {
    /// For the PBX, in this order.
    pub commands: Vec<PbxCommand>,
    /// For people.
    pub papers: Vec<Paper>,
}

/// What a call leaves for people.
pub enum Paper {
    /// For the outbox.
    Mail(Box<Mail>),
    /// To be answered.
    Case(Box<Case>),
}

impl Input {
    /// The leg that is gone, if it says that of one.
    pub fn gone(&self) -> Option<&LegId> {
        match self {
            Self::Pbx(PbxEvent::Ended(ended)) => Some(&ended.leg),
            Self::Lost(leg) => Some(leg),
            _ => None,
        }
    }
}

//! The people around the sim: callers, and phones that are dialled.

use std::time::Duration;
use strowger_model::Signalled;

/// A call to the host, and how the caller behaves.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Caller {
    /// The number that the caller claims; none: withheld.
    pub from: Option<String>,
    /// The name that the caller claims.
    pub name: Option<String>,
    /// The number dialled.
    pub to: String,
    /// The endpoint that the PBX authenticated.
    pub endpoint: Option<String>,
    /// From whom it was diverted.
    pub diverted_from: Option<String>,
    /// The line or trunk.
    pub line: Option<String>,
    /// From the PBX's own route.
    pub data: String,
    /// What else the signalling says of who calls.
    pub signalled: Signalled,
    /// Hangs up so long after the arrival if nobody has talked to this caller by then.
    pub patience: Option<Duration>,
    /// Hangs up so long after the arrival, whatever happens.
    pub leaves: Option<Duration>,
    /// Hangs up after so long a conversation with somebody.
    pub talks: Option<Duration>,
    /// Keys, counted from the arrival. What is keyed before the answer is not heard.
    pub keys: Vec<Keys>,
}

/// Digits keyed in a row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Keys {
    /// When the first is pressed.
    pub after: Duration,
    /// 0-9, A-D, * and #.
    pub digits: String,
}

/// How a phone, or a number, behaves when it is dialled.
#[derive(Clone, Debug, PartialEq)]
pub struct Phone {
    /// From the dialling to the first sign of it.
    pub set_up: Duration,
    /// The sign.
    pub rings: Rings,
    /// What it comes to.
    pub then: Then,
    /// Hangs up after so long a conversation with somebody; none: stays until it is hung up.
    pub talks: Option<Duration>,
    /// Hangs up so long after the answer, whatever happens.
    pub leaves: Option<Duration>,
    /// Keys, counted from the answer.
    pub keys: Vec<Keys>,
    /// Busy to further calls from its answer to its hang-up. What rings already goes on ringing and
    /// is not answered.
    pub busy_when_talking: bool,
}

/// How a phone tells that it rings.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rings {
    /// 180.
    Ringing,
    /// 183 with media, without a 180, as mobile trunks do. Counts as ringing.
    Progress,
    /// Not at all: the answer is the first that is heard.
    Unsaid,
}

/// What the dialling of a phone comes to. Times are counted from the ringing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Then {
    /// It is answered.
    Answers(Duration),
    /// It rings until the host hangs up.
    Rings,
    /// The network gives up (480).
    GivesUp(Duration),
    /// 486, without ringing.
    Busy,
    /// 603, after having rung so long; zero: without ringing.
    Declines(Duration),
    /// Nothing listens there: silence until the host hangs up.
    Unreachable,
    /// The PBX does not know it, or nobody is registered there: refused at once.
    Unknown,
}

impl Phone {
    /// A desk phone: says that it rings after 5 ms, is busy while somebody talks on it.
    pub fn new(then: Then) -> Self {
        Self {
            set_up: Duration::from_millis(5),
            rings: Rings::Ringing,
            then,
            talks: None,
            leaves: None,
            keys: Vec::new(),
            busy_when_talking: true,
        }
    }

    /// Answered after ringing so long; stays until it is hung up.
    pub fn answers(after: Duration) -> Self {
        Self::new(Then::Answers(after))
    }

    /// Hangs up after so long a conversation.
    pub fn talking(self, length: Duration) -> Self {
        Self { talks: Some(length), ..self }
    }
}

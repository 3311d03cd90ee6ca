//! The provider port: what the host asks of a PBX, and what a PBX tells the host.
//!
//! A PBX has *legs* and *conversations*. Every leg is in at most one conversation, and from its
//! answer on in exactly one: its own, of the same id, until it is moved. Legs in one conversation
//! hear each other, but not each other's keys: an adapter tells them as [`PbxEvent::Digit`] and does
//! not pass them on. The host does, with [`PbxCommand::SendDigits`], for keys that mean nothing to
//! it. Commands of a leg are carried out in the order in which they were sent; nothing waits for
//! another leg.
//!
//! **What the host may rely on.** Every leg that has `Arrived`, or was dialled, gets exactly one
//! `Ended`, whatever happens, also `HangUp` of a leg that the PBX does not know, and a dial that
//! could not be made. Every `Play` gets exactly one `Played`. After `Ended` of a leg nothing more
//! is heard of it. An event may overtake the command that caused it.
//!
//! **A host that takes over from one that died** is told `Synced` first. Plays that the earlier
//! host ordered may still end: their `Played` is told, and the host ignores what it does not know.
//! A leg counts as alive from the moment that its `Dial` was sent.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::{fmt, future::Future, pin::Pin, sync::Arc, time::Duration};
use strowger_model::{
    PhoneState, Prompt, Signalled,
    command::ListenMode,
    event::{Cause, PlayEnd},
    strangers::Shown,
    time::millis,
};

/// A leg at the PBX. The PBX names those that arrive; the host names those that it dials, after
/// call, step and order, so that a command repeated after a crash is recognised.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(transparent)]
pub struct LegId(pub Arc<str>);

/// A conversation at the PBX. Each leg's own bears the leg's id.
pub type ConversationId = LegId;

/// A play at the PBX, named by the host and never used again.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(transparent)]
pub struct PlayId(pub Arc<str>);

impl From<&str> for LegId {
    fn from(id: &str) -> Self {
        Self(id.into())
    }
}

/// For people: an adapter may have made it.
impl fmt::Display for LegId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        Shown(&self.0).fmt(f)
    }
}

impl fmt::Debug for LegId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for PlayId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Where to dial or transfer to, as the PBX needs it. An agent's endpoint is one of these too.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Address {
    /// A telephone number in E.164: the adapter knows the trunk.
    Number(String),
    /// An extension inside the PBX.
    Extension(String),
    /// In the PBX's own words, such as `PJSIP/gate`.
    Endpoint(String),
    /// Somebody in a call of the PBX's own, as [`Announced::Call`] named it. To transfer to only.
    Call(String),
}

/// What the host asks.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "type", rename_all = "kebab-case")]
pub enum PbxCommand {
    /// Answer a leg that arrived. `Answered`, when it is in its own conversation.
    Answer {
        /// The leg.
        leg: LegId,
    },
    /// Let a leg that arrived hear ringing. No event.
    IndicateRinging {
        /// The leg.
        leg: LegId,
    },
    /// Dial. `Ringing` if the far end rings (a 183 without a 180 counts), then `Answered`, when it
    /// is in its own conversation, or `Ended`. The adapter sets no limit of time: the host hangs
    /// up.
    Dial {
        /// The name that it shall bear. In use: `Ended` with `failed` is *not* sent; nothing
        /// happens, it is the same leg.
        leg: LegId,
        /// Whom.
        to: Address,
        /// Shown to the far end; none: withheld. No control characters; the adapter escapes the
        /// rest.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        caller_id: Option<String>,
        /// Shown to the far end, likewise.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        display_name: Option<String>,
    },
    /// Show somebody else to the far end of a leg that was dialled, ringing or answered: the host has
    /// the phone ring on for another caller. No event; nothing happens where the PBX cannot do it.
    Show {
        /// The leg.
        leg: LegId,
        /// As in [`PbxCommand::Dial`].
        #[serde(default, skip_serializing_if = "Option::is_none")]
        caller_id: Option<String>,
        /// Likewise.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        display_name: Option<String>,
    },
    /// Play prompts, one after another, to all in a conversation. Plays of one conversation queue
    /// up. `Played`.
    Play {
        /// Its name.
        play: PlayId,
        /// To whom.
        conversation: ConversationId,
        /// What.
        prompts: Arc<[Prompt]>,
    },
    /// Stop a play, also one that waits for its turn. `Played` with `stopped`, unless it is over.
    Stop {
        /// Which.
        play: PlayId,
    },
    /// Music in a leg's own conversation, from now on whenever nothing is played there, until
    /// changed. Survives plays. No event.
    Music {
        /// The leg.
        leg: LegId,
        /// The class; none: silence.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        class: Option<String>,
    },
    /// Move an answered leg into another conversation, or back into its own. `Moved`, when it is
    /// there; nothing, if that conversation is over: its leg is gone, and nobody is in it.
    Move {
        /// The leg.
        leg: LegId,
        /// A leg's id: that leg's own conversation.
        to: ConversationId,
    },
    /// Send a leg away; it leaves the host. `Ended` with [`Ended::left`] set.
    Transfer {
        /// The leg.
        leg: LegId,
        /// None, or an address that the adapter cannot reach: on in the PBX's own route, behind the
        /// hand-over to the host.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        to: Option<Address>,
    },
    /// Send digits to the far end of a leg. No event.
    SendDigits {
        /// The leg.
        leg: LegId,
        /// 0-9, A-D, * and #.
        digits: String,
    },
    /// Let an answered leg, in its own conversation, hear what another leg hears and says, wherever
    /// that one goes, and perhaps be heard there. `Listening` when it does, and one
    /// `ListeningEnded` when the other leg is gone, when that leg is not there, or when the PBX
    /// cannot do it. A leg listens to one other: while it does, nothing happens.
    Listen {
        /// Who listens.
        leg: LegId,
        /// To whom.
        to: LegId,
        /// Heard by nobody, by `to` alone (`whisper`), or by all who hear `to` (`join`).
        mode: ListenMode,
    },
    /// Listen no more. `ListeningEnded`, unless the leg does not listen.
    StopListening {
        /// Who listened.
        leg: LegId,
    },
    /// The phone of a leg is told that the transfer that it asked for is not carried out. Nothing
    /// else changes, and there is no event.
    RefuseTransfer {
        /// The leg of [`PbxEvent::TransferAsked`].
        leg: LegId,
    },
    /// Tell how these phones are, from now on, in place of those named before: `Phone` for each as
    /// soon as that is known, and whenever it changes. Sent again after each `Synced`. An adapter
    /// that cannot tell says nothing: a phone of which nothing is told is free.
    Watch {
        /// Where the host would dial them.
        phones: Vec<Address>,
    },
    /// Hang up, or cancel if it was not answered. `Ended`. A phone that had asked for a transfer is
    /// told that it is done.
    HangUp {
        /// The leg.
        leg: LegId,
        /// What the far end is told.
        cause: Cause,
        /// Somebody else has answered: a phone that rings and is told so shows no call that was
        /// missed. Where the PBX cannot tell it, the cause is told.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        elsewhere: bool,
    },
}

impl PbxCommand {
    /// Hang up, for a cause.
    pub fn hang_up(leg: LegId, cause: Cause) -> Self {
        Self::HangUp { leg, cause, elsewhere: false }
    }

    /// Whether it may be carried out a second time, long after the first, and do no harm. A dial
    /// that is over, a play that is over and digits may not.
    pub fn may_repeat(&self) -> bool {
        !matches!(
            self,
            // The host says anew whom to watch.
            Self::Dial { .. } | Self::Play { .. } | Self::SendDigits { .. } | Self::Watch { .. }
        )
    }

    /// The leg that the command is for: what keeps its commands in order. None for
    /// [`PbxCommand::Stop`] and [`PbxCommand::Watch`].
    pub fn leg(&self) -> Option<&LegId> {
        match self {
            Self::Answer { leg }
            | Self::IndicateRinging { leg }
            | Self::Dial { leg, .. }
            | Self::Show { leg, .. }
            | Self::Music { leg, .. }
            | Self::Move { leg, .. }
            | Self::Transfer { leg, .. }
            | Self::SendDigits { leg, .. }
            | Self::Listen { leg, .. }
            | Self::StopListening { leg }
            | Self::RefuseTransfer { leg }
            | Self::HangUp { leg, .. } => Some(leg),
            Self::Play { conversation, .. } => Some(conversation),
            Self::Stop { .. } | Self::Watch { .. } => None,
        }
    }
}

/// What a PBX tells.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "type", rename_all = "kebab-case")]
pub enum PbxEvent {
    /// A call has come in.
    Arrived(Box<ArrivedLeg>),
    /// The far end of a dialled leg rings.
    Ringing {
        /// The leg.
        leg: LegId,
    },
    /// A leg is answered and in its own conversation.
    Answered {
        /// The leg.
        leg: LegId,
    },
    /// A leg is in a conversation that it was moved to.
    Moved {
        /// The leg.
        leg: LegId,
        /// Where.
        to: ConversationId,
    },
    /// A leg hears another one that it was told to listen to.
    Listening {
        /// Who listens.
        leg: LegId,
    },
    /// A leg listens no more; the leg itself is still there.
    ListeningEnded {
        /// Who listened.
        leg: LegId,
    },
    /// A digit was keyed (told once, when it ends). The others in the conversation do not hear it.
    Digit {
        /// By whom.
        leg: LegId,
        /// 0-9, A-D, * or #.
        digit: char,
    },
    /// The phone of a leg asks for a transfer with its own keys. The PBX does nothing by itself, and
    /// the leg stays where it is. The host hangs it up when the transfer is done, or answers with
    /// [`PbxCommand::RefuseTransfer`].
    TransferAsked(Box<TransferAsked>),
    /// A play is over.
    Played {
        /// The conversation's leg.
        leg: LegId,
        /// Which.
        play: PlayId,
        /// How.
        end: PlayEnd,
    },
    /// A leg is gone.
    Ended(Box<Ended>),
    /// How a phone is that is watched. Calls in which the host has dialled it do not count.
    Phone {
        /// As [`PbxCommand::Watch`] names it.
        at: Address,
        /// How.
        state: PhoneState,
    },
    /// The PBX cannot be reached: events are being lost. Calls live on there. Told once, and again
    /// when the cause is another.
    Lost {
        /// For the operator.
        why: String,
    },
    /// The PBX can be reached (again). What is not listed here is gone, and its `Ended` will not
    /// come: a leg whose `Dial` the adapter was given before it tells this is listed, unless it is
    /// gone. The `Played` of what was over meanwhile, of legs that are listed, follows.
    Synced {
        /// Everything of the host's that is alive at the PBX.
        alive: Vec<AliveLeg>,
    },
}

impl PbxEvent {
    /// The leg that the event is of.
    pub fn leg(&self) -> Option<&LegId> {
        match self {
            Self::Arrived(arrived) => Some(&arrived.leg),
            Self::Ringing { leg }
            | Self::Answered { leg }
            | Self::Moved { leg, .. }
            | Self::Listening { leg }
            | Self::ListeningEnded { leg }
            | Self::Digit { leg, .. }
            | Self::Played { leg, .. } => Some(leg),
            Self::TransferAsked(asked) => Some(&asked.leg),
            Self::Ended(ended) => Some(&ended.leg),
            Self::Phone { .. } | Self::Lost { .. } | Self::Synced { .. } => None,
        }
    }
}

/// A call that has come in.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ArrivedLeg {
    /// As the PBX names it.
    pub leg: LegId,
    /// The number that the caller claims, as the PBX shows it; none: withheld. The words of trunks
    /// for a withheld number may be in it: the host knows them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub caller: Option<String>,
    /// What else the PBX knows of who calls.
    #[serde(default, skip_serializing_if = "Signalled::is_nothing")]
    pub signalled: Signalled,
    /// The name that the caller claims. Hostile input.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub caller_name: Option<String>,
    /// The endpoint that the PBX authenticated.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub endpoint: Option<String>,
    /// What was dialled.
    pub dialled: String,
    /// From whom it was diverted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub diverted_from: Option<String>,
    /// The line or trunk.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub line: Option<String>,
    /// From the PBX's own route.
    #[serde(default)]
    pub data: String,
}

impl Default for LegId {
    fn default() -> Self {
        Self("".into())
    }
}

/// A phone asks that those in conversation with it be given to somebody else.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct TransferAsked {
    /// The leg of the phone.
    pub leg: LegId,
    /// What was keyed, or what the phone dialled in its other call. Hostile input.
    pub to: String,
    /// Whom the phone has spoken with, or waits for, in another call. None: a blind transfer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub announced: Option<Announced>,
}

/// The other call of a phone that asks for a transfer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Announced {
    /// It is a leg of the host: whoever is transferred takes its place.
    Leg(LegId),
    /// It is a call of the PBX's own. [`Address::Call`] with this name is whom it has reached.
    Call(String),
}

/// A leg that is gone.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Ended {
    /// The leg.
    pub leg: LegId,
    /// Why.
    pub cause: Cause,
    /// It lives on at the PBX, but not with the host: it was transferred.
    #[serde(default)]
    pub left: bool,
}

/// A leg that is alive at the PBX.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct AliveLeg {
    /// The leg.
    pub leg: LegId,
    /// How far it is.
    pub state: LegState,
    /// The conversation that it is in.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub conversation: Option<ConversationId>,
    /// Of a leg that arrived: who and what was dialled, so that the host can serve a call that it
    /// did not see come in.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub arrived: Option<Box<ArrivedLeg>>,
    /// Since it came to be; milliseconds.
    #[serde(with = "millis")]
    #[schemars(with = "u64")]
    pub age: Duration,
}

/// How far a leg is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum LegState {
    /// Not yet ringing, or arrived and not answered.
    Down,
    /// Ringing.
    Ringing,
    /// Answered.
    Up,
}

/// Where an adapter puts its events. Called from any task, never blocks; what the host does with
/// them is its own matter.
pub type PbxSink = Arc<dyn Fn(PbxEvent) + Send + Sync>;

/// A future that a trait object can return.
pub type BoxFuture<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// A PBX. Dropping it, or the end of its tasks, leaves calls at the PBX as they are.
pub trait Pbx: Send + Sync {
    /// The adapter's name, such as `sim` or `asterisk`.
    fn name(&self) -> &str;

    /// Takes a command. Never blocks and never fails: what comes of it is an event.
    fn send(&self, command: PbxCommand);

    /// Lists what is alive, as in [`PbxEvent::Synced`]. An error says what could not be asked, and
    /// why.
    fn alive(&self) -> BoxFuture<'_, anyhow::Result<Vec<AliveLeg>>>;
}

//! What happens to the desk, and what it wants.

use super::names::ChannelId;
use crate::{
    rest::{Failure, Snapshot},
    wire::{DeviceState, Event},
};
use std::{collections::BTreeSet, sync::Arc, time::Duration};
use strowger_model::{Prompt, Signalled, command::ListenMode, event::Cause};
use strowger_pbx::port::{AliveLeg, LegId, PbxCommand, PbxEvent, PlayId, TransferAsked};
use tokio::sync::oneshot;

/// What happens to the desk.
pub(crate) enum Input {
    Command(PbxCommand),
    Event(Event),
    /// A job is done; with the length, if it was a play.
    Done {
        channel: ChannelId,
        serial: u64,
        job: Job,
        result: Result<Duration, Failure>,
    },
    /// The phone behind a leg's channel.
    Phone {
        channel: ChannelId,
        phone: ChannelId,
    },
    /// A request that failed is due again.
    Retry {
        channel: ChannelId,
        serial: u64,
        job: Job,
    },
    /// A leg should be in that conversation.
    Watched {
        channel: ChannelId,
        to: LegId,
    },
    /// A play should be over.
    Overdue(PlayId),
    /// A play is found to be over.
    Over(PlayId),
    /// The socket is there; events wait for `Synced`.
    Connected,
    Synced(Snapshot),
    Lost(String),
    /// Another host serves the application: nothing is done until `Synced`.
    StoodDown(String),
    /// How a device is, as Asterisk was asked.
    Device(DeviceState),
    /// The last leg that was dialled at a device has ended a while ago.
    Settled(String),
    /// Which of these channels has no leg that the host was told of?
    Strange(Vec<ChannelId>, oneshot::Sender<BTreeSet<ChannelId>>),
    /// Who calls on a channel.
    Identified {
        channel: ChannelId,
        signalled: Signalled,
    },
    /// Somebody asks what is alive.
    Alive(Snapshot, oneshot::Sender<Vec<AliveLeg>>),
}

/// What the desk wants.
#[derive(Debug)]
pub(crate) enum Output {
    Emit(PbxEvent),
    /// To be done now, and reported as [`Input::Done`].
    Run {
        channel: ChannelId,
        serial: u64,
        job: Job,
    },
    /// [`Input::Retry`] after a while: it has failed.
    Again {
        channel: ChannelId,
        serial: u64,
        job: Job,
        after: Duration,
    },
    /// [`Input::Watched`] after so long.
    Watch {
        channel: ChannelId,
        to: LegId,
        within: Duration,
    },
    /// To be done now; nobody waits for it.
    Chore(Chore),
    /// [`Input::Settled`] after so long.
    Settle(String, Duration),
    /// [`Input::Overdue`] after so long.
    Arm(PlayId, Duration),
}

/// A leg's request.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Job {
    /// Ask who calls. [`Input::Identified`].
    Identify {
        name: String,
    },
    /// Answer if need be, and into the leg's own conversation.
    Settle {
        bridge: LegId,
        answer: bool,
    },
    Ring,
    /// `ask`: a channel that can be asked where the endpoint is registered.
    Originate {
        endpoint: String,
        caller_id: String,
        withheld: bool,
        phone: bool,
        ask: Option<ChannelId>,
    },
    /// Show the phone that somebody else calls.
    Show {
        caller_id: String,
        withheld: bool,
    },
    Enter {
        bridge: LegId,
    },
    /// `hush`: stop the music first.
    Play {
        bridge: LegId,
        play: PlayId,
        prompts: Arc<[Prompt]>,
        hush: bool,
    },
    Music {
        bridge: LegId,
        class: Option<String>,
    },
    Digits(String),
    /// Have a channel of this name snoop on another.
    Listen {
        snoop: ChannelId,
        to: ChannelId,
        mode: ListenMode,
    },
    Unlisten {
        snoop: ChannelId,
    },
    Leave {
        to: Onward,
    },
    /// Find the phone behind the other end of a leg's own channel, and hear of its transfers.
    /// [`Input::Phone`].
    Follow {
        end: String,
    },
    /// See whether a phone's other call, which is not the host's, can be given anybody.
    Announce(Box<TransferAsked>),
    /// Tell the phone that the transfer that it asked for is done, or not.
    Answer {
        phone: ChannelId,
        transferred: bool,
    },
    /// `transferred`: the phone asked for a transfer, and is told first that it is done.
    HangUp {
        cause: Cause,
        elsewhere: bool,
        transferred: Option<ChannelId>,
    },
}

/// Where a leg goes that leaves the host.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Onward {
    /// On in the dialplan, behind the hand-over.
    OwnRoute,
    /// Somebody is dialled.
    Dial(String),
    /// To whoever is on a channel that is not the host's.
    Bridge(String),
}

/// A request that is nobody's.
#[derive(Debug, PartialEq)]
pub(crate) enum Chore {
    DestroyBridge(LegId),
    /// Hung up if it does not get there.
    Enter {
        bridge: LegId,
        channel: ChannelId,
    },
    StopPlay(PlayId),
    /// Have Asterisk tell of devices. [`Input::Device`] for each.
    Watch(Vec<String>),
    /// [`Input::Device`].
    Look(String),
    HangUp(ChannelId),
    /// [`Input::Over`] if the play is not there any more.
    Check(PlayId),
}

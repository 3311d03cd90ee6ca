//! What ARI's events mean. An event of a channel that is not a leg means nothing.

use super::{
    Desk,
    leg::Leg,
    listen::is_snoop,
    names::{ChannelId, conversation_of},
    port::{Chore, Job, Output},
    transfers::phone_of,
};
use crate::address::{claimed, plain};
use crate::cause;
use crate::rest::DIALLED;
use crate::wire::{Bridge, Channel, Event, Playback};
use strowger_model::{
    Signalled,
    event::{Cause, PlayEnd},
};
use strowger_pbx::port::{ArrivedLeg, LegId, PbxEvent, PlayId};

impl Desk {
    pub(super) fn event(&mut self, event: Event) {
        match event {
            Event::StasisStart { channel, .. } if is_snoop(&channel.id) => {
                self.snoop_entered(&channel.id)
            }
            Event::ChannelEnteredBridge { channel, .. } if is_snoop(&channel.id) => {
                self.snoop_joined(&channel.id)
            }
            Event::StasisEnd { channel } | Event::ChannelDestroyed { channel, .. }
                if is_snoop(&channel.id) =>
            {
                self.snoop_ended(&channel.id)
            }
            Event::StasisStart { channel, args } => self.entered(&channel, &args),
            Event::StasisEnd { channel } => self.left_stasis(channel),
            Event::ChannelStateChange { channel } => match &*channel.state {
                "Ringing" => self.rings(&channel),
                "Up" => self.leg(&channel, |leg| leg.up = true),
                _ => {}
            },
            // 183: many mobile networks ring only so.
            Event::Dial { peer, dialstatus }
                if dialstatus == "RINGING" || dialstatus == "PROGRESS" =>
            {
                self.rings(&peer)
            }
            Event::ChannelEnteredBridge { bridge, channel } => {
                self.entered_bridge(&bridge, &channel)
            }
            Event::ChannelLeftBridge { bridge, channel } => self.left_bridge(&bridge, &channel),
            Event::ChannelDtmfReceived { channel, digit } => {
                if let (Some(leg), Some(digit)) =
                    (self.legs.get(&*channel.id), digit.chars().next())
                {
                    self.out.push(Output::Emit(PbxEvent::Digit { leg: leg.id.clone(), digit }));
                }
            }
            Event::ChannelTransfer { refer_to, referred_by, state: None } => {
                self.asks_for_transfer(&referred_by.source_channel.id, *refer_to)
            }
            Event::PlaybackFinished { playback } => self.playback_finished(playback),
            Event::ChannelHangupRequest { channel, cause, soft } => {
                let cause = if soft { cause::soft(cause) } else { cause };
                self.leg(&channel, |leg| leg.hung_up = Some(cause));
            }
            Event::ChannelDestroyed { channel, cause, tech_cause } => {
                self.destroyed(channel, cause, tech_cause)
            }
            Event::DeviceStateChanged { device_state } => self.device_is(device_state),
            // The task that reads the socket looks at these.
            Event::ApplicationReplaced | Event::ChannelUserevent { .. } => {}
            Event::Dial { .. } | Event::ChannelTransfer { .. } | Event::Other => {}
        }
    }

    /// Its own doing or a hang-up of the host's ended it, or the dialplan has it again.
    fn left_stasis(&mut self, channel: Channel) {
        let Some(leg) = self.legs.get(&*channel.id) else { return };
        let left = leg.hung_up.is_none() && leg.hang_up.is_none();
        let cause = leg.hang_up.unwrap_or_else(|| {
            if left { Cause::Normal } else { cause::answered(leg.hung_up.flatten()) }
        });
        self.ended(&channel.id.into(), cause, left);
    }

    fn destroyed(&mut self, channel: Channel, cause: i32, tech_cause: Option<i32>) {
        let Some(leg) = self.legs.get(&*channel.id) else { return };
        let stops = leg.hung_up == Some(Some(cause::OUT_OF_ORDER));
        let cause = if stops { cause::OUT_OF_ORDER } else { cause };
        let told = if leg.up {
            cause::answered(Some(cause))
        } else {
            cause::unanswered(cause, tech_cause, leg.rang)
        };
        let cause = leg.hang_up.unwrap_or(told);
        self.ended(&channel.id.into(), cause, false);
    }

    fn playback_finished(&mut self, playback: Playback) {
        let play = PlayId(playback.id.into());
        let (stopped, ending) = self.plays.get(&play).map_or((false, false), |play| {
            let ending = |leg: &Leg| leg.hang_up.is_some() || leg.hung_up.is_some();
            (play.stopping, self.legs.get(&play.channel).is_some_and(ending))
        });
        let end = match &*playback.state {
            // Asterisk calls it a failure that nobody is there any more.
            _ if ending => PlayEnd::Stopped,
            "failed" => PlayEnd::Failed,
            _ if stopped => PlayEnd::Stopped,
            _ => PlayEnd::Whole,
        };
        self.finish(&play, end);
    }

    fn leg(&mut self, channel: &Channel, act: impl FnOnce(&mut Leg)) {
        if let Some(leg) = self.legs.get_mut(&*channel.id) {
            act(leg);
        }
    }

    fn entered(&mut self, channel: &Channel, args: &[String]) {
        if let Some(leg) = self.legs.get_mut(&*channel.id) {
            leg.up |= channel.state == "Up";
            if leg.arrived.is_none() && !leg.settled && leg.hang_up.is_none() {
                let settle = Job::Settle { bridge: leg.id.clone(), answer: false };
                leg.queue.push_back(settle);
                leg.queue.extend(phone_of(channel));
                self.pump(&channel.id.as_str().into());
            }
            return;
        }
        if args.first().is_some_and(|first| first == DIALLED) {
            // Dialled, and given up before it answered.
            return self.out.push(Output::Chore(Chore::HangUp(channel.id.as_str().into())));
        }
        let mut id = LegId::from(channel.id.as_str());
        if self.gone.contains(&id) {
            self.serial += 1;
            id = LegId::from(
                format!("{}~{:x}.{}", channel.id, std::process::id(), self.serial).as_str(),
            );
        }
        let arrived = arrived(id.clone(), channel, args.iter().map(String::as_str));
        let up = channel.state == "Up";
        let arrived = Some(Box::new(arrived));
        let leg = Leg { id, up, arrived, unannounced: true, ..Leg::default() };
        let name: ChannelId = channel.id.as_str().into();
        self.legs.insert(name.clone(), leg);
        self.push(&name, Job::Identify { name: channel.name.clone() });
    }

    /// It is known who calls: the host is told of the call, unless it was already.
    pub(super) fn identified(&mut self, channel: &ChannelId, signalled: Signalled) {
        let Some(leg) = self.legs.get_mut(channel).filter(|leg| leg.unannounced) else { return };
        let Some(arrived) = &mut leg.arrived else { return };
        leg.unannounced = false;
        arrived.signalled = signalled;
        self.out.push(Output::Emit(PbxEvent::Arrived(arrived.clone())));
    }

    fn rings(&mut self, channel: &Channel) {
        let Some(leg) = self.legs.get_mut(&*channel.id) else { return };
        if leg.arrived.is_none() && !leg.rang && !leg.up {
            leg.rang = true;
            if leg.hang_up.is_none() {
                self.out.push(Output::Emit(PbxEvent::Ringing { leg: leg.id.clone() }));
            }
        }
    }

    fn entered_bridge(&mut self, bridge: &Bridge, channel: &Channel) {
        let Some(leg) = self.legs.get_mut(&*channel.id) else { return };
        let Some(to) = conversation_of(&bridge.id) else { return };
        if leg.conversation.as_ref() == Some(&to) {
            return;
        }
        if leg.heading.as_ref() == Some(&to) {
            (leg.heading, leg.missed) = (None, 0);
        }
        leg.conversation = Some(to.clone());
        leg.up = true;
        if leg.hang_up.is_some() {
            return;
        }
        let id = leg.id.clone();
        if !leg.settled && to == id {
            leg.settled = true;
            return self.out.push(Output::Emit(PbxEvent::Answered { leg: id }));
        }
        self.out.push(Output::Emit(PbxEvent::Moved { leg: id, to }));
    }

    fn left_bridge(&mut self, bridge: &Bridge, channel: &Channel) {
        let Some(left) = conversation_of(&bridge.id) else { return };
        self.leg(channel, |leg| {
            if leg.conversation.as_ref() == Some(&left) {
                leg.conversation = None;
            }
        });
        if bridge.channels.is_empty() && self.gone.contains(&left) {
            self.out.push(Output::Chore(Chore::DestroyBridge(left)));
        }
    }
}

/// Who calls. The arguments of the hand-over in the dialplan may say `line=`, `diverted-from=` and
/// `dialled=`; all others are its data.
pub(super) fn arrived<'a>(
    leg: LegId,
    channel: &Channel,
    args: impl Iterator<Item = &'a str>,
) -> ArrivedLeg {
    let mut arrived = ArrivedLeg {
        leg,
        caller: claimed(&channel.caller.number),
        caller_name: Some(plain(&channel.caller.name)).filter(|name| !name.is_empty()),
        endpoint: channel.endpoint(),
        dialled: channel.dialplan.exten.clone(),
        diverted_from: claimed(&channel.caller_rdnis),
        ..ArrivedLeg::default()
    };
    let mut data = Vec::new();
    for arg in args {
        match arg.split_once('=') {
            Some(("line", line)) => arrived.line = Some(plain(line)),
            Some(("diverted-from", number)) => arrived.diverted_from = claimed(number),
            Some(("dialled", number)) => arrived.dialled = plain(number),
            _ => data.push(arg),
        }
    }
    arrived.data = data.join(",");
    arrived
}

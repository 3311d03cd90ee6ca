//! Transfers that phones ask for with their own keys (a SIP REFER), and legs that leave the host.
//!
//! Legs that are dialled at phones are told to leave transfers to the host, so Asterisk does nothing
//! by itself: it tells what the phone wants, and waits until the phone is told what came of it. The
//! end of a leg that asked says that it is done.

use super::{
    Desk,
    leg::Leg,
    names::{ChannelId, channel_of},
    port::{Job, Onward, Output},
};
use crate::{
    address::{channel_name, plain},
    rest::Failure,
    wire::{Channel, ReferTo},
};
use strowger_model::strangers::Logged;
use strowger_pbx::port::{Address, Announced, LegId, PbxEvent, TransferAsked};

/// Where several phones were rung, the leg's channel is one end of a `Local` channel: the phone that
/// answered is behind the other one.
pub(super) fn phone_of(channel: &Channel) -> Option<Job> {
    let end = channel.name.strip_suffix(";1").filter(|name| name.starts_with("Local/"))?;
    Some(Job::Follow { end: format!("{end};2") })
}

impl Desk {
    pub(super) fn phone(&mut self, channel: &ChannelId, phone: ChannelId) {
        if let Some(leg) = self.legs.get_mut(channel) {
            leg.phone = Some(phone);
        }
    }

    /// A phone asks. The other call of it may be a leg of the host, or one of the PBX's own; where
    /// nobody is there yet, its number is asked for as in a blind transfer.
    pub(super) fn asks_for_transfer(&mut self, channel: &str, refer_to: ReferTo) {
        let ReferTo { requested_destination: asked, destination_channel, connected_channel } =
            refer_to;
        let (to, announced) = match (&asked.protocol_id, destination_channel) {
            (None, _) => (asked.destination, None),
            // Asterisk does not know that call.
            (Some(_), None) => (String::new(), None),
            (Some(_), Some(other)) => {
                let leg = self.legs.get(&*other.id).filter(|leg| leg.hang_up.is_none());
                let peer =
                    connected_channel.and_then(|peer| Some(channel_name(&peer.name)?.into()));
                let announced = match leg {
                    Some(leg) => Some(Announced::Leg(leg.id.clone())),
                    None => peer.map(Announced::Call),
                };
                (other.dialplan.exten, announced)
            }
        };
        let to = plain(&to);
        let phone = ChannelId::from(channel);
        let behind = |leg: &Leg| leg.phone.as_ref() == Some(&phone);
        let channel = match self.legs.contains_key(&phone) {
            true => Some(phone.clone()),
            false => self.legs.iter().find(|(_, leg)| behind(leg)).map(|(leg, _)| leg.clone()),
        };
        let Some(channel) = channel else { return };
        let leg = self.legs.get_mut(&channel).filter(|leg| leg.hang_up.is_none());
        let Some(leg) = leg else { return };
        leg.asks = Some(phone);
        let leg = leg.id.clone();
        if to.is_empty() && announced.is_none() {
            return self.refuse_transfer(&leg);
        }
        let asked = Box::new(TransferAsked { leg, to, announced });
        match asked.announced {
            Some(Announced::Call(_)) => self.push(&channel, Job::Announce(asked)),
            _ => self.out.push(Output::Emit(PbxEvent::TransferAsked(asked))),
        }
    }

    /// Whether the other call of a phone can be given anybody.
    pub(super) fn announced(&mut self, asked: Box<TransferAsked>, result: Result<(), Failure>) {
        let Err(failure) = result else {
            return self.out.push(Output::Emit(PbxEvent::TransferAsked(asked)));
        };
        tracing::error!(leg = %asked.leg, %failure, "a phone's transfer is refused");
        self.refuse_transfer(&asked.leg);
    }

    /// The phone is told that nothing comes of it.
    pub(super) fn refuse_transfer(&mut self, leg: &LegId) {
        self.with(leg, |leg| {
            if let Some(phone) = leg.asks.take() {
                leg.queue.push_back(Job::Answer { phone, transferred: false });
            }
        });
    }

    /// Where a leg goes that leaves the host.
    pub(super) fn onward(&self, leg: &LegId, to: Option<&Address>) -> Onward {
        let onward = match to {
            None => return Onward::OwnRoute,
            Some(Address::Call(call)) => {
                channel_name(call).map(|call| Onward::Bridge(call.to_owned()))
            }
            Some(to) => self.config.dial_string(to).map(Onward::Dial),
        };
        onward.unwrap_or_else(|| {
            let leg = channel_of(leg);
            let to = Logged(format!("{to:?}"));
            tracing::error!(leg, %to, "cannot be transferred there: no endpoint in the configuration fits it; the call takes the PBX's own route instead");
            Onward::OwnRoute
        })
    }
}

//! What is so after the socket was lost: the PBX is the truth.
//!
//! Calls live on there, requests work, but the events of the time in between are lost for good.

use super::{
    Desk, Held,
    events::arrived,
    leg::Leg,
    listen::is_snoop,
    names::{ChannelId, conversation_of},
    port::{Chore, Job, Output},
    transfers::phone_of,
};
use crate::rest::{DIALLED, Snapshot};
use crate::wire::Channel;
use chrono::{DateTime, Utc};
use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};
use strowger_model::{Signalled, event::Cause};
use strowger_pbx::port::{AliveLeg, LegId, LegState, PbxEvent, PlayId};

impl Desk {
    pub(super) fn disconnected(&mut self, why: String) {
        self.held = None;
        self.lost = true;
        // Once, and again when the cause is another.
        if self.why_lost.as_ref() != Some(&why) {
            self.why_lost = Some(why.clone());
            self.out.push(Output::Emit(PbxEvent::Lost { why }));
        }
    }

    /// The channels of legs, each once, without those whose leg has ended: Asterisk lists them for
    /// a moment longer.
    pub(super) fn of_legs(&self, mut snapshot: Snapshot) -> Snapshot {
        snapshot.channels = once(snapshot.channels);
        snapshot.channels.retain(|channel| !is_snoop(&channel.id));
        snapshot.channels.retain(|channel| {
            self.legs.contains_key(&*channel.id)
                || !self.gone.contains(&LegId::from(channel.id.as_str()))
        });
        snapshot
    }

    pub(super) fn synced(&mut self, snapshot: Snapshot) {
        let another_served = self.stood_down;
        (self.lost, self.stood_down, self.why_lost) = (false, false, None);
        let before = self.started.replace(snapshot.started.clone());
        let restarted = before.is_some_and(|before| before != snapshot.started);
        let snoops: Vec<String> = snapshot
            .channels
            .iter()
            .filter(|channel| is_snoop(&channel.id))
            .map(|channel| channel.id.clone())
            .collect();
        let snapshot = self.of_legs(snapshot);
        let mut alive = Vec::with_capacity(snapshot.channels.len());
        for channel in &snapshot.channels {
            let signalled = snapshot.signalled.get(&channel.id);
            self.adopt(channel, &snapshot.bridges, signalled.cloned().unwrap_or_default());
            alive.push(self.alive_leg(channel, &snapshot.bridges));
        }
        let Held { events, dialled } = self.held.take().unwrap_or_default();
        let there: BTreeSet<&str> = snapshot.channels.iter().map(|channel| &*channel.id).collect();
        let missing: Vec<ChannelId> =
            self.legs.keys().filter(|channel| !there.contains(&***channel)).cloned().collect();
        for channel in missing {
            let leg = &self.legs[&channel];
            // The dial is through by now, or not yet. Nobody is rung any more who was to be rung while
            // another host served.
            let waits = !another_served && leg.is_being_dialled();
            let dialling = leg.running.is_some_and(|(_, dialling)| dialling);
            if waits || dialling || dialled.contains(&channel) {
                alive.push(AliveLeg {
                    leg: leg.id.clone(),
                    state: LegState::Down,
                    conversation: None,
                    arrived: None,
                    age: Duration::ZERO,
                });
            } else if restarted {
                // Asterisk has dropped it, and nobody hung up.
                self.ended(&channel, Cause::Failed, false);
            } else {
                self.forget(&channel);
            }
        }
        self.out.push(Output::Emit(PbxEvent::Synced { alive }));
        self.snoops_found(&snoops);
        let channels: Vec<ChannelId> = self.legs.keys().cloned().collect();
        for channel in channels {
            self.take_up(&channel);
        }
        for event in events {
            self.event(event);
        }
    }

    /// Takes over what the PBX shows of a leg.
    fn adopt(
        &mut self,
        channel: &Channel,
        bridges: &BTreeMap<String, String>,
        signalled: Signalled,
    ) {
        let known = self.legs.contains_key(&*channel.id);
        if !known && is_dialled(channel) {
            let device = channel.endpoint();
            let id = LegId::from(channel.id.as_str());
            let leg = Leg { id, bridge: true, device: device.clone(), ..Leg::default() };
            self.legs.insert(channel.id.as_str().into(), leg);
            device.iter().for_each(|device| self.dialled_at(device, true));
        }
        let leg = self.legs.entry(channel.id.as_str().into()).or_insert_with(|| {
            let id = LegId::from(channel.id.as_str());
            let args = channel.dialplan.app_data.split(',').skip(1);
            let arrived = Some(Box::new(arrived(id.clone(), channel, args)));
            Leg { id, arrived, unannounced: true, bridge: true, ..Leg::default() }
        });
        if std::mem::take(&mut leg.unannounced)
            && let Some(arrived) = &mut leg.arrived
        {
            arrived.signalled = signalled;
            leg.queue.retain(|job| !matches!(job, Job::Identify { .. }));
        }
        leg.queue.extend(phone_of(channel).filter(|_| leg.phone.is_none()));
        leg.up = channel.state == "Up";
        leg.rang |= channel.state == "Ringing";
        leg.conversation = bridges.get(&channel.id).and_then(|bridge| conversation_of(bridge));
        leg.settled |= leg.conversation.is_some();
    }

    /// Does again what may have been lost.
    fn take_up(&mut self, channel: &ChannelId) {
        let Some(leg) = self.legs.get_mut(channel) else { return };
        if let (Some(cause), None) = (leg.hang_up, leg.running) {
            leg.queue = [leg.hanging_up(cause, false)].into();
        } else if leg.heading.is_some() && leg.heading == leg.conversation {
            leg.heading = None;
        } else if leg.heading.is_some() && leg.running.is_none() {
            leg.head_again();
        } else if !leg.settled
            && leg.running.is_none()
            && !leg.queue.iter().any(|job| matches!(job, Job::Settle { .. }))
            && (leg.answering || leg.arrived.is_none() && leg.up)
        {
            leg.queue.push_front(Job::Settle { bridge: leg.id.clone(), answer: leg.answering });
        }
        let posted = |play: &&PlayId| self.plays.get(*play).is_some_and(|it| it.posted.is_some());
        for play in leg.plays.iter().filter(posted) {
            self.out.push(Output::Chore(Chore::Check(play.clone())));
        }
        self.pump(channel);
    }

    pub(super) fn alive_leg(
        &self,
        channel: &Channel,
        bridges: &BTreeMap<String, String>,
    ) -> AliveLeg {
        let known = self.legs.get(&*channel.id);
        let id = known.map_or_else(|| LegId::from(channel.id.as_str()), |leg| leg.id.clone());
        let dialled = known.map_or_else(|| is_dialled(channel), |leg| leg.arrived.is_none());
        let args = channel.dialplan.app_data.split(',').skip(1);
        AliveLeg {
            state: match &*channel.state {
                "Up" => LegState::Up,
                "Ringing" if dialled => LegState::Ringing,
                _ if known.is_some_and(|leg| leg.rang) => LegState::Ringing,
                _ => LegState::Down,
            },
            conversation: bridges.get(&channel.id).and_then(|bridge| conversation_of(bridge)),
            arrived: known
                .and_then(|leg| leg.arrived.clone())
                .or_else(|| (!dialled).then(|| Box::new(arrived(id.clone(), channel, args)))),
            age: age(&channel.creationtime),
            leg: id,
        }
    }
}

/// Each channel once, as it was shown last. Asterisk walks through its channels without a lock
/// while it writes the list. A channel that changes meanwhile is put at the end, and comes again as
/// it is now.
fn once(channels: Vec<Channel>) -> Vec<Channel> {
    let mut seen = BTreeSet::new();
    let mut last: Vec<Channel> =
        channels.into_iter().rev().filter(|channel| seen.insert(channel.id.clone())).collect();
    last.reverse();
    last
}

pub(crate) fn is_dialled(channel: &Channel) -> bool {
    channel.dialplan.app_name != "Stasis"
        || channel.dialplan.app_data.split(',').nth(1) == Some(DIALLED)
}

/// Since `2026-11-22T01:46:41.472+0000`, by this machine's clock.
fn age(created: &str) -> Duration {
    let created = DateTime::parse_from_str(created, "%Y-%m-%dT%H:%M:%S%.3f%z");
    created
        .ok()
        .and_then(|created| (Utc::now() - created.to_utc()).to_std().ok())
        .unwrap_or_default()
}

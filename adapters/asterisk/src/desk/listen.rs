//! A leg that listens to another (V9): by a channel of Asterisk's that snoops on the other one, in
//! the bridge of the one who listens.
//!
//! The snooping channel is no leg. It lives until it is hung up or the channel that it snoops on is
//! gone, and is named so that the next host knows it for one, and hangs it up: the host orders
//! again what it still wants.

use super::{
    Desk,
    leg::Listens,
    names::{ChannelId, channel_of},
    port::{Chore, Job, Output},
};
use strowger_model::command::ListenMode;
use strowger_pbx::port::{LegId, PbxEvent};

/// What the names of snooping channels begin with.
const SNOOP: &str = "listen-";

pub(super) fn is_snoop(channel: &str) -> bool {
    channel.starts_with(SNOOP)
}

impl Desk {
    pub(super) fn listen(&mut self, leg: &LegId, to: &LegId, mode: ListenMode) {
        let there = self
            .legs
            .get(channel_of(to))
            .is_some_and(|other| other.id == *to && other.up && other.hang_up.is_none());
        self.serial += 1;
        let snoop: ChannelId =
            format!("{SNOOP}{:x}.{}-{leg}", std::process::id(), self.serial).into();
        let mut refused = false;
        self.with(leg, |leg| match leg.listens {
            Some(_) => {}
            None if !there => refused = true,
            None => {
                leg.listens = Some(Listens { snoop: snoop.clone(), to: to.clone(), told: false });
                leg.queue.push_back(Job::Listen { snoop, to: channel_of(to).into(), mode });
            }
        });
        if refused {
            self.out.push(Output::Emit(PbxEvent::ListeningEnded { leg: leg.clone() }));
        }
    }

    pub(super) fn stop_listening(&mut self, leg: &LegId) {
        self.with(leg, |leg| {
            if let Some(listens) = &leg.listens {
                leg.queue.push_back(Job::Unlisten { snoop: listens.snoop.clone() });
            }
        });
    }

    /// A snooping channel has come into the application: to the one who listens.
    pub(super) fn snoop_entered(&mut self, snoop: &str) {
        match self.listener(snoop) {
            Some(leg) => {
                self.out.push(Output::Chore(Chore::Enter { bridge: leg, channel: snoop.into() }))
            }
            None => self.out.push(Output::Chore(Chore::HangUp(snoop.into()))),
        }
    }

    /// It is there: now something is heard.
    pub(super) fn snoop_joined(&mut self, snoop: &str) {
        let listens = self.legs.values_mut().find_map(|leg| {
            leg.listens.as_mut().filter(|listens| &*listens.snoop == snoop).map(|it| (&leg.id, it))
        });
        if let Some((leg, listens)) = listens
            && !std::mem::replace(&mut listens.told, true)
        {
            self.out.push(Output::Emit(PbxEvent::Listening { leg: leg.clone() }));
        }
    }

    /// It is gone, or could not be made.
    pub(super) fn snoop_ended(&mut self, snoop: &str) {
        let listens = |listens: &Listens| &*listens.snoop == snoop;
        if let Some(leg) =
            self.legs.values_mut().find(|leg| leg.listens.as_ref().is_some_and(listens))
        {
            leg.listens = None;
            self.out.push(Output::Emit(PbxEvent::ListeningEnded { leg: leg.id.clone() }));
        }
    }

    /// After a lost connection: what of it is still there. Strangers are hung up.
    pub(super) fn snoops_found(&mut self, found: &[String]) {
        let mut ended: Vec<ChannelId> = self
            .legs
            .values()
            .filter_map(|leg| leg.listens.as_ref())
            .map(|listens| listens.snoop.clone())
            .collect();
        for snoop in found {
            let known = ended.len();
            ended.retain(|channel| &**channel != snoop);
            if ended.len() == known {
                self.out.push(Output::Chore(Chore::HangUp(snoop.as_str().into())));
            }
        }
        ended.iter().for_each(|snoop| self.snoop_ended(snoop));
    }

    /// A leg is gone: nobody listens to it any more. Asterisk hangs the snooping channels up, and
    /// may tell so later.
    pub(super) fn hush_listeners(&mut self, gone: &LegId) {
        let to_gone = self
            .legs
            .values()
            .filter_map(|leg| leg.listens.as_ref())
            .filter(|listens| listens.to == *gone);
        let snoops: Vec<ChannelId> = to_gone.map(|listens| listens.snoop.clone()).collect();
        for snoop in snoops {
            self.out.push(Output::Chore(Chore::HangUp(snoop.clone())));
            self.snoop_ended(&snoop);
        }
    }

    fn listener(&self, snoop: &str) -> Option<LegId> {
        let listens = |listens: &Listens| &*listens.snoop == snoop;
        self.legs
            .values()
            .find(|leg| leg.listens.as_ref().is_some_and(listens))
            .map(|leg| leg.id.clone())
    }
}

//! Requests that Asterisk did not carry out. What may be asked for twice is tried again; where that
//! does not help, the leg ends, since whoever is on it would wait for ever. A request that has an
//! outcome of its own (a dial, a play) is told to have failed at once.
//!
//! While Asterisk cannot be reached nothing is given up: the request waits for the connection.

use super::{
    Desk,
    names::ChannelId,
    port::{Job, Onward, Output},
};
use crate::rest::Failure;
use std::time::Duration;
use strowger_model::event::Cause;
use strowger_pbx::port::ConversationId;

/// How long to wait before each further try.
pub(crate) const WAITS: [Duration; 4] = [
    Duration::from_millis(100),
    Duration::from_millis(400),
    Duration::from_millis(1500),
    Duration::from_secs(3),
];
/// Asterisk says yes to a move that it does not make: only its event tells that a leg is there.
const MOVED_WITHIN: Duration = Duration::from_secs(5);
/// How often a leg is moved again that does not get there.
const MOVES: u32 = 3;

impl Job {
    /// Whether it does no harm when it is carried out twice.
    fn may_repeat(&self, failure: &Failure) -> bool {
        match self {
            Self::Originate { .. }
            | Self::Play { .. }
            | Self::Listen { .. }
            | Self::Show { .. }
            | Self::Announce(_) => false,
            // The caller waits.
            Self::Identify { .. } => failure.status.is_none(),
            // Without a reply nobody knows whether they were heard.
            Self::Digits(_) => failure.status.is_some(),
            Self::Settle { .. }
            | Self::Ring
            | Self::Enter { .. }
            | Self::Music { .. }
            | Self::Unlisten { .. }
            | Self::Leave { .. }
            | Self::Follow { .. }
            | Self::Answer { .. }
            | Self::HangUp { .. } => true,
        }
    }
}

impl Desk {
    /// The job under way of a leg has failed. None: it is tried again.
    pub(super) fn failed(
        &mut self,
        channel: &ChannelId,
        job: Job,
        failure: &Failure,
    ) -> Option<Job> {
        if !job.may_repeat(failure) {
            return Some(job);
        }
        let Some(leg) = self.legs.get_mut(channel) else { return Some(job) };
        if self.lost || self.stood_down {
            leg.tries = 0;
            leg.queue.push_front(job);
            return None;
        }
        let Some(after) = WAITS.get(leg.tries) else { return Some(job) };
        leg.tries += 1;
        tracing::debug!(leg = %channel, ?job, %failure, "tried again");
        self.serial += 1;
        leg.running = Some((self.serial, false));
        let (channel, serial) = (channel.clone(), self.serial);
        self.out.push(Output::Again { channel, serial, job, after: *after });
        None
    }

    /// It is time to try again, unless the leg has something else to do by now.
    pub(super) fn retry(&mut self, channel: ChannelId, serial: u64, job: Job) {
        let leg = self.legs.get_mut(&channel);
        let Some(leg) = leg.filter(|leg| leg.running == Some((serial, false))) else { return };
        if self.lost || self.stood_down {
            (leg.running, leg.tries) = (None, 0);
            return leg.queue.push_front(job);
        }
        self.out.push(Output::Run { channel, serial, job });
    }

    /// Trying again did not help.
    pub(super) fn given_up(&mut self, channel: &ChannelId, job: Job, failure: &Failure) {
        tracing::error!(leg = %channel, ?job, %failure, "Asterisk did not carry out a command, and trying again did not help");
        let Some(leg) = self.legs.get_mut(channel) else { return };
        let id = leg.id.clone();
        match job {
            Job::Settle { .. } | Job::Enter { .. } | Job::Leave { to: Onward::OwnRoute } => {
                self.hang_up(id, Cause::Failed, false);
            }
            Job::Leave { .. } => leg.queue.push_front(Job::Leave { to: Onward::OwnRoute }),
            // What the PBX still has of it is nobody's.
            Job::HangUp { cause, .. } => self.ended(channel, cause, false),
            Job::Unlisten { snoop } => self.snoop_ended(&snoop),
            Job::Music { .. } => leg.sounding = None,
            _ => {}
        }
    }

    /// Asterisk has taken a move.
    pub(super) fn moves(&mut self, channel: &ChannelId, to: ConversationId) {
        let Some(leg) = self.legs.get_mut(channel) else { return };
        if leg.conversation.as_ref() != Some(&to) {
            leg.heading = Some(to.clone());
            self.out.push(Output::Watch { channel: channel.clone(), to, within: MOVED_WITHIN });
        }
    }

    /// A leg should be where it was sent.
    pub(super) fn should_be_there(&mut self, channel: &ChannelId, to: &ConversationId) {
        let Some(leg) = self.legs.get_mut(channel) else { return };
        if leg.heading.as_ref() != Some(to) || leg.hang_up.is_some() || self.lost {
            return;
        }
        leg.missed += 1;
        if leg.missed >= MOVES {
            tracing::error!(leg = %channel, %to, "Asterisk does not move this leg to its conversation: the leg is hung up");
            let id = leg.id.clone();
            return self.hang_up(id, Cause::Failed, false);
        }
        leg.head_again();
        self.pump(channel);
    }
}

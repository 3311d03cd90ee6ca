//! Plays, the music between them, and their deadlines.
//!
//! Asterisk plays what is posted to a bridge in its order. It may never say that a play is over (an
//! address that it does not know), so the one whose turn it is has a deadline.

use super::{
    Desk,
    leg::Play,
    names::{ChannelId, channel_of},
    port::{Chore, Job, Output},
};
use crate::rest::Failure;
use std::{sync::Arc, time::Duration};
use strowger_model::{Prompt, event::PlayEnd};
use strowger_pbx::port::{ConversationId, LegId, PbxEvent, PlayId};

/// How much longer than its sounds a play may take: Asterisk fetches them first.
const GRACE: Duration = Duration::from_secs(5);

impl Desk {
    pub(super) fn play(
        &mut self,
        play: PlayId,
        conversation: ConversationId,
        prompts: Arc<[Prompt]>,
    ) {
        let channel: ChannelId = channel_of(&conversation).into();
        let Some(leg) = self.legs.get_mut(&channel).filter(|leg| leg.id == conversation) else {
            if !self.gone.contains(&conversation) {
                self.out.push(Output::Emit(PbxEvent::Played {
                    leg: conversation,
                    play,
                    end: PlayEnd::Failed,
                }));
            }
            return;
        };
        leg.plays.push_back(play.clone());
        self.plays.insert(
            play.clone(),
            Play { channel: channel.clone(), posted: None, stopping: false, armed: false },
        );
        if leg.hang_up.is_none() {
            self.push(&channel, Job::Play { bridge: conversation, play, prompts, hush: false });
        }
    }

    /// What came of handing a play to Asterisk.
    pub(super) fn posted(&mut self, id: &PlayId, result: Result<Duration, Failure>) {
        // Its end may have overtaken the reply.
        let Some(play) = self.plays.get_mut(id) else { return };
        match result {
            Ok(length) => {
                play.posted = Some(length);
                let channel = play.channel.clone();
                if play.stopping {
                    self.stop(id);
                }
                self.arm(&channel);
            }
            Err(failure) => {
                tracing::warn!(leg = %play.channel, play = ?id, %failure, "a prompt cannot be played");
                let end = if play.stopping { PlayEnd::Stopped } else { PlayEnd::Failed };
                self.finish(id, end);
            }
        }
    }

    pub(super) fn stop(&mut self, id: &PlayId) {
        let Some(play) = self.plays.get_mut(id) else { return };
        play.stopping = true;
        let (channel, posted) = (play.channel.clone(), play.posted.is_some());
        let Some(leg) = self.legs.get_mut(&channel) else { return };
        if posted {
            self.out.push(Output::Chore(Chore::StopPlay(id.clone())));
            // Of one that waits Asterisk tells the end only when its turn has come.
            if leg.plays.front() != Some(id) {
                self.finish(id, PlayEnd::Stopped);
            }
            return;
        }
        let waits = |job: &Job| matches!(job, Job::Play { play, .. } if play == id);
        if let Some(place) = leg.queue.iter().position(waits) {
            leg.queue.remove(place);
            self.finish(id, PlayEnd::Stopped);
        }
    }

    pub(super) fn overdue(&mut self, id: &PlayId) {
        if self.plays.contains_key(id) {
            tracing::warn!(play = ?id, "Asterisk did not report the end of a prompt: it is stopped");
            self.out.push(Output::Chore(Chore::StopPlay(id.clone())));
            self.finish(id, PlayEnd::Failed);
        }
    }

    /// A play is over: it is told once, the next has its deadline, and after the last the music
    /// comes back.
    pub(super) fn finish(&mut self, id: &PlayId, end: PlayEnd) {
        let Some(play) = self.plays.remove(id) else { return };
        let Some(leg) = self.legs.get_mut(&play.channel) else { return };
        leg.plays.retain(|other| other != id);
        self.out.push(Output::Emit(PbxEvent::Played {
            leg: leg.id.clone(),
            play: id.clone(),
            end,
        }));
        if let (true, Some(class), None) = (leg.plays.is_empty(), &leg.music, leg.hang_up) {
            let music = Job::Music { bridge: leg.id.clone(), class: Some(class.clone()) };
            return self.push(&play.channel, music);
        }
        self.arm(&play.channel);
    }

    pub(super) fn music(&mut self, leg: &LegId, class: Option<String>) {
        self.with(leg, |leg| {
            leg.music.clone_from(&class);
            leg.queue.push_back(Job::Music { bridge: leg.id.clone(), class });
        });
    }

    /// Gives the play whose turn it is its deadline.
    fn arm(&mut self, channel: &ChannelId) {
        let Some(first) = self.legs.get(channel).and_then(|leg| leg.plays.front()) else { return };
        if let Some(play) = self.plays.get_mut(first)
            && let (Some(length), false) = (play.posted, play.armed)
        {
            play.armed = true;
            self.out.push(Output::Arm(first.clone(), length + GRACE));
        }
    }
}

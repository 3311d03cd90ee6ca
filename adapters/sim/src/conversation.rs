//! Conversations: who is in them, what is played there, and what each hears.

use super::{
    agenda::What,
    observe::{Observed, Sound},
    world::{Far, Playing, Slot, State, World},
};
use std::{mem, sync::Arc};
use strowger_conformance::Hearing;
use strowger_model::{Prompt, command::ListenMode, event::PlayEnd};
use strowger_pbx::port::{LegId, PbxEvent, PlayId};

impl World {
    /// Something changed for those in a conversation: tell what each hears, where it is not as it
    /// was.
    pub(super) fn hearing_changed(&mut self, conversation: u32) {
        if self.heard.is_none() {
            return;
        }
        let there = self.slot(conversation);
        let sound = match (&there.playing, &there.music) {
            (Some(playing), _) => match playing.plays[0].1.get(playing.prompt) {
                Some(prompt) => Sound::Prompt(prompt.clone()),
                None => Sound::Silence,
            },
            (None, Some(class)) => Sound::Music(class.clone()),
            (None, None) => Sound::Silence,
        };
        for member in there.members.clone() {
            let with = self.heard_by(member);
            self.hears(member, sound.clone(), with);
        }
        let elsewhere = |listener: &u32| {
            self.slot(*listener).conversation != conversation
                && self.hears_of(*listener) == Some(conversation)
        };
        for listener in self.listeners.iter().copied().filter(elsewhere).collect::<Vec<_>>() {
            self.hearing_changed(self.slot(listener).conversation);
        }
    }

    /// The legs that one hears: those in the same conversation, those of another that it listens
    /// to, and who listens to them aloud.
    pub(super) fn heard_by(&self, slot: u32) -> Vec<LegId> {
        let own = self.slot(slot).conversation;
        let listened = self.hears_of(slot).filter(|conversation| *conversation != own);
        let talking = [Some(own), listened]
            .into_iter()
            .flatten()
            .flat_map(|conversation| self.slot(conversation).members.iter().copied());
        let aloud =
            self.listeners.iter().copied().filter(|listener| match self.slot(*listener).listens {
                Some((to, ListenMode::Whisper)) => to == slot,
                Some((to, ListenMode::Join)) => self.slot(to).conversation == own,
                _ => false,
            });
        let heard: Vec<u32> = talking.chain(aloud).filter(|heard| *heard != slot).collect();
        heard.into_iter().map(|heard| self.slot(heard).id.clone()).collect()
    }

    /// What those hear who are up.
    pub(super) fn hearing(&self) -> Vec<Hearing> {
        let up = self.slots.iter().zip(0..).filter_map(|(there, slot)| {
            Some((there.as_deref().filter(|there| there.state == State::Up)?, slot))
        });
        let hearing = |(there, slot): (&Slot, u32)| {
            let place = self.slot(there.conversation);
            let music = place.music.as_ref().filter(|_| place.playing.is_none());
            Hearing {
                leg: there.id.clone(),
                with: self.heard_by(slot),
                music: music.map(|class| class.as_ref().to_owned()),
                keys: there.keys.clone(),
            }
        };
        up.map(hearing).collect()
    }

    /// The conversation that a leg listens to.
    fn hears_of(&self, slot: u32) -> Option<u32> {
        self.slot(slot).listens.map(|(to, _)| self.slot(to).conversation)
    }

    // ------------------------------------------------------------------ listening

    pub(super) fn listen(&mut self, leg: LegId, to: &LegId, mode: ListenMode) {
        let up = |slot: &u32| self.slot(*slot).state == State::Up;
        let Some(slot) = self.find(&leg).filter(up) else { return };
        if self.slot(slot).listens.is_some() {
            return;
        }
        let Some(to) = self.find(to).filter(up).filter(|to| *to != slot) else {
            return self.tell(PbxEvent::ListeningEnded { leg });
        };
        self.slot_mut(slot).listens = Some((to, mode));
        self.listeners.push(slot);
        self.tell(PbxEvent::Listening { leg });
        self.hearing_changed(self.slot(to).conversation);
    }

    /// Whether it listened.
    pub(super) fn stop_listening(&mut self, slot: u32) -> bool {
        let Some((to, _)) = self.slot_mut(slot).listens.take() else { return false };
        self.listeners.retain(|listener| *listener != slot);
        self.hearing_changed(self.slot(to).conversation);
        self.hearing_changed(self.slot(slot).conversation);
        true
    }

    /// A leg is gone: it listens no more, nor does anybody to it.
    pub(super) fn hush_listeners(&mut self, gone: u32) {
        self.stop_listening(gone);
        let listens =
            |listener: &u32| self.slot(*listener).listens.is_some_and(|(to, _)| to == gone);
        for listener in self.listeners.iter().copied().filter(listens).collect::<Vec<_>>() {
            self.stop_listening(listener);
            let leg = self.slot(listener).id.clone();
            self.tell(PbxEvent::ListeningEnded { leg });
        }
    }

    pub(super) fn hears(&mut self, slot: u32, sound: Sound, with: Vec<LegId>) {
        let Some(heard) = &mut self.heard else { return };
        let now = (sound, with);
        if heard.get(&slot) == Some(&now) {
            return;
        }
        heard.insert(slot, now.clone());
        self.observe(|world| Observed::Hears {
            leg: world.slot(slot).id.clone(),
            sound: now.0,
            with: now.1,
        });
    }

    // ------------------------------------------------------------------ conversations

    pub(super) fn enter(&mut self, slot: u32, conversation: u32) {
        self.slot_mut(slot).conversation = conversation;
        let there = self.slot_mut(conversation);
        there.members.push(slot);
        if there.members.len() > 1 {
            for member in there.members.clone() {
                self.begins_to_talk(member);
            }
        }
        self.hearing_changed(conversation);
    }

    fn begins_to_talk(&mut self, slot: u32) {
        let there = self.slot_mut(slot);
        if mem::replace(&mut there.talked, true) {
            return;
        }
        let talks = match &there.far {
            Far::Caller(script) => script.talks,
            Far::Phone(dialled) => dialled.behaviour.talks,
        };
        if let Some(talks) = talks {
            self.schedule(slot, talks, What::Leaves);
        }
    }

    pub(super) fn leave(&mut self, slot: u32) {
        let conversation = self.slot(slot).conversation;
        self.slot_mut(conversation).members.retain(|member| *member != slot);
        self.hearing_changed(conversation);
        if conversation != slot {
            self.release(conversation);
        }
    }

    // ------------------------------------------------------------------ plays

    pub(super) fn play(&mut self, slot: u32, play: PlayId, prompts: Arc<[Prompt]>) {
        if self.plays.contains_key(&play) {
            return;
        }
        let lengths = &self.lengths;
        let playable = prompts.iter().all(|prompt| lengths(prompt).is_some());
        if !playable || self.slot(slot).state != State::Up {
            return self.played(slot, play, PlayEnd::Failed);
        }
        if prompts.is_empty() {
            return self.played(slot, play, PlayEnd::Whole);
        }
        self.plays.insert(play.clone(), slot);
        let there = self.slot_mut(slot);
        match &mut there.playing {
            Some(playing) => playing.plays.push((play, prompts)),
            none => {
                let plays = vec![(play, prompts)];
                *none = Some(Box::new(Playing { plays, prompt: 0, turn: 0 }));
                self.start_prompt(slot);
            }
        }
    }

    fn start_prompt(&mut self, slot: u32) {
        // Never the same twice: the end of a prompt that was stopped is nothing to the next play.
        self.turns = self.turns.wrapping_add(1);
        let turn = self.turns;
        let Some(playing) = &mut self.slot_mut(slot).playing else { return };
        playing.turn = turn;
        let prompt = playing.prompt;
        let prompts = playing.plays[0].1.clone();
        let length = prompts.get(prompt).and_then(|prompt| (self.lengths)(prompt));
        self.schedule(slot, length.unwrap_or_default(), What::PromptOver(turn));
        self.hearing_changed(slot);
    }

    pub(super) fn prompt_over(&mut self, slot: u32, turn: u32) {
        let Some(playing) = &mut self.slot_mut(slot).playing else { return };
        if playing.turn != turn {
            return;
        }
        playing.prompt += 1;
        match playing.prompt < playing.plays[0].1.len() {
            true => self.start_prompt(slot),
            false => self.end_play(slot, 0, PlayEnd::Whole),
        }
    }

    /// Ends one of the plays of a conversation; the next begins if it was the first.
    pub(super) fn end_play(&mut self, slot: u32, place: usize, end: PlayEnd) {
        let Some(playing) = &mut self.slot_mut(slot).playing else { return };
        let (play, _) = playing.plays.remove(place);
        self.plays.remove(&play);
        self.played(slot, play, end);
        if place > 0 {
            return;
        }
        let there = self.slot_mut(slot);
        match &mut there.playing {
            Some(playing) if !playing.plays.is_empty() => {
                playing.prompt = 0;
                self.start_prompt(slot);
            }
            _ => {
                there.playing = None;
                self.hearing_changed(slot);
            }
        }
    }

    pub(super) fn played(&mut self, slot: u32, play: PlayId, end: PlayEnd) {
        let leg = self.slot(slot).id.clone();
        self.tell(PbxEvent::Played { leg, play, end });
    }

    pub(super) fn class(&mut self, class: &str) -> Arc<str> {
        if let Some(known) = self.classes.iter().find(|known| known.as_ref() == class) {
            return known.clone();
        }
        let new: Arc<str> = class.into();
        self.classes.push(new.clone());
        new
    }
}

//! What is written of a call: notes, tags; and alarms.

use super::Carried;
use crate::turn::Turn;
use strowger_model::{command::Field, strangers::Logged};

impl Turn<'_> {
    /// A note of the same key is replaced.
    pub(crate) fn note(&mut self, Field { key, value }: Field) -> Carried {
        let notes = &self.call.kept.record.notes;
        let before = notes.iter().find(|note| note.key == key);
        let before = before.map_or(0, |note| note.key.len() + note.value.len());
        self.check_room((key.len() + value.len()).saturating_sub(before))?;
        let notes = &mut self.call.kept.record.notes;
        match notes.iter_mut().find(|note| note.key == key) {
            Some(note) => note.value = value,
            None => notes.push(Field { key, value }),
        }
        Ok(())
    }

    pub(crate) fn tag(&mut self, tag: String) -> Carried {
        if !self.call.kept.record.tags.contains(&tag) {
            self.check_room(tag.len())?;
            self.call.kept.record.tags.push(tag);
        }
        Ok(())
    }

    /// Whether so many more bytes may stand in the record.
    fn check_room(&mut self, more: usize) -> Carried {
        let record = &self.call.kept.record;
        let notes: usize = record.notes.iter().map(|note| note.key.len() + note.value.len()).sum();
        let kept = notes + record.tags.iter().map(String::len).sum::<usize>();
        let most = self.call.terms.quota.notes;
        match kept + more <= most {
            true => Ok(()),
            false => Err(self.over_quota("bytes of notes and tags", most)),
        }
    }

    pub(crate) fn alarm(&mut self, what: &str) -> Carried {
        tracing::warn!(call = %self.call.id, flow = %self.call.terms.name, "alarm: {}", Logged(what));
        Ok(())
    }
}

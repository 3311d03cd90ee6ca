//! What is written of a call: notes, tags; and alarms.

use super::Carried;
use crate::turn::Turn;
use strowger_model::command::Field;

impl Turn<'_> {
    /// A note of the same key is replaced.
    pub(crate) fn note(&mut self, Field { key, value }: Field) -> Carried {
        let notes = &mut self.call.kept.record.notes;
        match notes.iter_mut().find(|note| note.key == key) {
            Some(note) => note.value = value,
            None => notes.push(Field { key, value }),
        }
        Ok(())
    }

    pub(crate) fn tag(&mut self, tag: String) -> Carried {
        let tags = &mut self.call.kept.record.tags;
        if !tags.contains(&tag) {
            tags.push(tag);
        }
        Ok(())
    }

    pub(crate) fn alarm(&mut self, what: &str) -> Carried {
        tracing::warn!(call = %self.call.id, flow = %self.call.terms.name, "alarm: {what}");
        Ok(())
    }
}

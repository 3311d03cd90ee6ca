//! Commands on their way to the world. It has a lock of its own, so that who sends does not wait
//! until the driver has done its work.

use super::agenda::Micros;
use strowger_pbx::port::PbxCommand;

#[derive(Default)]
pub(super) struct Inbox {
    /// In order, with when they are due.
    commands: Vec<(Micros, PbxCommand)>,
    /// What the driver waits for; none: it works.
    waits_for: Option<Micros>,
}

impl Inbox {
    /// Whether the driver must be woken.
    pub(super) fn put(&mut self, due: Micros, command: PbxCommand) -> bool {
        self.commands.push((due, command));
        self.wake_for(due)
    }

    /// Whether the driver must be woken for something that is due then; says so once.
    pub(super) fn wake_for(&mut self, due: Micros) -> bool {
        self.waits_for.take_if(|waits_for| due < *waits_for).is_some()
    }

    pub(super) fn take(&mut self) -> impl Iterator<Item = (Micros, PbxCommand)> + '_ {
        if self.commands.is_empty() && self.commands.capacity() > 1024 {
            self.commands.shrink_to_fit();
        }
        self.commands.drain(..)
    }

    /// The driver has nothing to do before `next`, or until it is woken; unless something came
    /// meanwhile. Says what it waits for.
    pub(super) fn wait_for(&mut self, next: Option<Micros>) -> Option<Micros> {
        let first = self.commands.first().map(|(due, _)| *due);
        let next = next.into_iter().chain(first).min();
        self.waits_for = Some(next.unwrap_or(Micros::MAX));
        next
    }
}

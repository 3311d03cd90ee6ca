//! Events that cannot be dealt with yet: there is no PBX to send commands to, or it has not said
//! yet what is alive, and calls of an earlier host wait to be taken up.

use crate::{Exchange, wake::Dormant};
use std::{
    collections::VecDeque,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
};
use strowger_pbx::port::PbxEvent;

/// Holds events back until they can be dealt with, in order: the moments until there is a PBX.
/// While calls of an earlier host wait, what comes before `Synced` is dropped: the list in it says
/// the same.
pub(crate) struct Early {
    /// Nothing is held back any more, ever.
    open: AtomicBool,
    held: Mutex<Held>,
}

struct Held {
    attached: bool,
    events: VecDeque<PbxEvent>,
    dormant: Option<Dormant>,
    /// Somebody is letting events out.
    leaving: bool,
}

impl Early {
    pub(crate) fn new(dormant: Option<Dormant>) -> Self {
        let held = Held { attached: false, events: VecDeque::new(), dormant, leaving: false };
        Self { open: AtomicBool::new(false), held: Mutex::new(held) }
    }

    /// Takes an event to be held back; gives it back if it need not be.
    pub(crate) fn holds(&self, event: PbxEvent) -> Option<PbxEvent> {
        if self.open.load(Ordering::Acquire) {
            return Some(event);
        }
        let mut held = self.lock();
        // Opened meanwhile.
        if self.open.load(Ordering::Acquire) {
            return Some(event);
        }
        let is_told_again = held.dormant.is_some()
            && held.events.is_empty()
            && !matches!(event, PbxEvent::Synced { .. });
        if !is_told_again {
            held.events.push_back(event);
        }
        None
    }

    /// There is a PBX.
    pub(crate) fn attached(&self, exchange: &Arc<Exchange>) {
        self.lock().attached = true;
        self.let_out(exchange);
    }

    /// Deals with what is held back, if that can be. Calls of an earlier host come first: the floor
    /// has to know them before anybody new.
    pub(crate) fn let_out(&self, exchange: &Arc<Exchange>) {
        let mut mine = false;
        loop {
            let (event, dormant) = {
                let mut held = self.lock();
                if !held.attached || (held.leaving && !mine) {
                    return;
                }
                let Some(event) = held.events.pop_front() else {
                    self.open.store(held.dormant.is_none(), Ordering::Release);
                    return;
                };
                held.leaving = true;
                (event, held.dormant.take())
            };
            mine = true;
            match (event, dormant) {
                (PbxEvent::Synced { alive }, Some(dormant)) => exchange.wake(dormant, alive),
                (event, _) => exchange.handle(event),
            }
        }
    }

    fn lock(&self) -> MutexGuard<'_, Held> {
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

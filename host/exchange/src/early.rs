//! Events that cannot be dealt with yet: there is no PBX to send commands to, or it has not said yet what is alive, and calls of an earlier host
//! wait to be taken up.

use crate::{Exchange, wake::Dormant};
use std::{
    collections::VecDeque,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
};
use strowger_pbx::port::PbxEvent;

/// Holds events back until they can be dealt with, in order.
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
        held.events.push_back(event);
        None
    }

    /// There is a PBX.
    pub(crate) fn attached(&self, exchange: &Arc<Exchange>) {
        self.lock().attached = true;
        self.let_out(exchange);
    }

    /// Deals with what is held back, if that can be.
    pub(crate) fn let_out(&self, exchange: &Arc<Exchange>) {
        let mut mine = false;
        loop {
            let next = {
                let mut held = self.lock();
                if !held.attached || (held.leaving && !mine) {
                    return;
                }
                // Calls of an earlier host come first: the floor has to know them before anybody new.
                let synced = held.events.iter().position(|event| matches!(event, PbxEvent::Synced { .. }));
                match (held.dormant.is_some(), synced) {
                    (true, None) => return,
                    (true, Some(place)) => {
                        let Some(PbxEvent::Synced { alive }) = held.events.remove(place) else { return };
                        // What came before was of before.
                        held.events.drain(..place);
                        held.leaving = true;
                        Next::Wake(held.dormant.take(), alive)
                    }
                    (false, _) => match held.events.pop_front() {
                        Some(event) => {
                            held.leaving = true;
                            Next::Handle(event)
                        }
                        None => return self.open.store(true, Ordering::Release),
                    },
                }
            };
            mine = true;
            match next {
                Next::Wake(Some(dormant), alive) => exchange.wake(dormant, alive),
                Next::Wake(None, _) => {}
                Next::Handle(event) => exchange.handle(event),
            }
        }
    }

    fn lock(&self) -> MutexGuard<'_, Held> {
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

enum Next {
    Wake(Option<Dormant>, Vec<strowger_pbx::port::AliveLeg>),
    Handle(PbxEvent),
}

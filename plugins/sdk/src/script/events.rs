//! Events that nobody ordered, for a script that wants them.

use super::{call::Call, run::Listen};
use crate::types::{Event, LegDigit, Switched, TransferAsked};
use std::{cell::RefCell, collections::VecDeque, future::poll_fn, rc::Rc, task::Poll};

/// Events of a kind, from the moment that this was made; none is lost while the script awaits
/// something else.
pub struct Events<T> {
    call: Call,
    inbox: Rc<Inbox<T>>,
    listener: Rc<dyn Listen>,
}

/// Picks what is wanted out of an event.
type Pick<T> = Box<dyn Fn(&Event) -> Option<T>>;

struct Inbox<T> {
    pick: Pick<T>,
    mail: RefCell<VecDeque<T>>,
}

impl<T> Listen for Inbox<T> {
    fn offer(&self, event: &Event) -> bool {
        match (self.pick)(event) {
            Some(picked) => {
                self.mail.borrow_mut().push_back(picked);
                true
            }
            None => false,
        }
    }
}

impl<T: 'static> Events<T> {
    pub(super) fn new(call: &Call, pick: impl Fn(&Event) -> Option<T> + 'static) -> Self {
        let inbox = Rc::new(Inbox { pick: Box::new(pick), mail: RefCell::default() });
        let listener: Rc<dyn Listen> = inbox.clone();
        call.run.listen(listener.clone());
        Self { call: call.clone(), inbox, listener }
    }

    /// The next one.
    pub async fn next(&mut self) -> T {
        poll_fn(|_| match self.inbox.mail.borrow_mut().pop_front() {
            Some(picked) => Poll::Ready(picked),
            None => Poll::Pending,
        })
        .await
    }
}

impl<T> Drop for Events<T> {
    fn drop(&mut self) {
        self.call.run.unlisten(&self.listener);
    }
}

/// # Waiting and time
impl Call {
    /// Events that nobody ordered, picked by a function, from now on.
    pub fn events<T: 'static>(&self, pick: impl Fn(&Event) -> Option<T> + 'static) -> Events<T> {
        Events::new(self, pick)
    }

    /// Digits that a leg presses and no gather takes, from now on.
    pub fn keys(&self, leg: impl Into<String>) -> Events<char> {
        let leg = leg.into();
        self.events(move |event| match event {
            Event::Digit(LegDigit { leg: from, digit }) if *from == leg => Some(*digit),
            _ => None,
        })
    }

    /// Transfers that the phone of a leg asks for with its own keys, from now on: what was keyed. In
    /// the step in which one is told, [`Call::settle_transfer`] says what becomes of it; else the
    /// host carries it out, where the flow file permits it.
    pub fn transfers(&self, leg: impl Into<String>) -> Events<String> {
        let leg = leg.into();
        self.events(move |event| match event {
            Event::TransferAsked(TransferAsked { leg: from, target }) if *from == leg => {
                Some(target.clone())
            }
            _ => None,
        })
    }

    /// Turns of a switch, from now on: the new position. Only switches that were read with
    /// [`Call::switch`] are told.
    pub fn turns(&self, switch: impl Into<String>) -> Events<String> {
        let switch = switch.into();
        self.events(move |event| match event {
            Event::Switched(Switched { name, position }) if *name == switch => {
                Some(position.clone())
            }
            _ => None,
        })
    }
}

//! Events that nobody ordered, for a script that wants them.

use super::{Call, run::Listen};
use crate::types::Event;
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

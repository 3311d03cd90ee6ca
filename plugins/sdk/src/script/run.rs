//! One run of a script over its history: which orders are out, what came of them, what was said and
//! read.
//!
//! A run lives for one step. While it goes through the past it checks that the script says what it
//! said then; in the present it collects what the script says. When it ends, what the script still
//! holds is dropped in silence.

use super::history::{Fingerprint, keep_answer, take_answer};
use crate::{
    command_name,
    types::{Arrival, Cause, Command, ContactDue, Event, HangUp, Order, OrderId, Outcome},
};
use serde::{Serialize, de::DeserializeOwned};
use std::{
    cell::{Cell, OnceCell, RefCell},
    collections::VecDeque,
    future::Future,
    pin::Pin,
    rc::Rc,
};

/// The name of the leg that arrived.
pub const CALLER: &str = "caller";

/// Whether more of the same order will come.
pub(super) fn is_progress(outcome: &Outcome) -> bool {
    matches!(
        outcome,
        Outcome::Queued(_)
            | Outcome::Offered(_)
            | Outcome::Matched(_)
            | Outcome::Ringing
            | Outcome::Listening
    )
}

/// What a script declared for after the caller's hang-up.
pub(super) type Afterwards = Box<dyn FnOnce() -> Pin<Box<dyn Future<Output = super::Ending>>>>;

/// Somebody who takes events that nobody ordered.
pub(super) trait Listen {
    /// Takes the event, if it is of the kind.
    fn offer(&self, event: &Event) -> bool;
}

/// An order whose handle waits for its outcome.
struct Out {
    id: OrderId,
    /// Its handle asks for progress too.
    reporting: bool,
    /// The leg that it brings forth.
    leg: Option<String>,
    /// The legs that it puts together, or sends away.
    about: Vec<String>,
    progress: VecDeque<Outcome>,
    /// Its final outcome has come.
    end: Option<Outcome>,
}

/// A leg that has joined this call.
struct KnownLeg {
    name: String,
    gone: Option<Cause>,
    /// It has been put together with another.
    joined: bool,
}

#[derive(Default)]
struct Inner {
    /// In the present: orders leave, questions are asked.
    present: bool,
    /// The step is over: what is dropped now orders nothing.
    over: bool,
    last_id: OrderId,
    /// Of this step.
    orders: Vec<Order>,
    fingerprint: Fingerprint,
    /// Of this step; in the past.
    past_reads: Vec<u8>,
    past_reads_at: usize,
    /// Of this step; in the present.
    answers: Vec<u8>,
    out: Vec<Out>,
    legs: Vec<KnownLeg>,
    listeners: Vec<Rc<dyn Listen>>,
    afterwards: Option<Afterwards>,
    fault: Option<String>,
}

/// What a step of a script came to.
pub(super) struct Said {
    pub(super) orders: Vec<Order>,
    pub(super) fingerprint: u32,
    pub(super) answers: Vec<u8>,
}

#[derive(Default)]
pub(super) struct Run {
    pub(super) arrival: OnceCell<Arrival>,
    pub(super) contact_due: OnceCell<ContactDue>,
    /// How many events the script has taken part in.
    pub(super) events: Cell<usize>,
    /// The script goes on when the caller hangs up: the place is kept.
    pub(super) outlives_caller: Cell<bool>,
    inner: RefCell<Inner>,
}

impl Run {
    // ------------------------------------------------------------------ what the script does

    /// Orders something that nobody waits for.
    pub(super) fn order(&self, command: Command) -> OrderId {
        self.inner.borrow_mut().order(command)
    }

    /// Orders something whose outcome its handle waits for.
    pub(super) fn order_and_wait(&self, mut command: Command, reporting: bool) -> OrderId {
        let inner = &mut *self.inner.borrow_mut();
        let (leg, about) = match &mut command {
            Command::Dial(dial) => {
                if dial.leg.is_empty() {
                    dial.leg = format!("leg-{}", inner.last_id + 1);
                }
                (Some(dial.leg.clone()), Vec::new())
            }
            Command::EnterQueue(entry) => (Some(entry.agent_leg.clone()), Vec::new()),
            Command::Connect(legs) => (None, legs.clone()),
            Command::Transfer(transfer) => (None, vec![transfer.leg.clone()]),
            _ => (None, Vec::new()),
        };
        let id = inner.order(command);
        inner.out.push(Out { id, reporting, leg, about, progress: VecDeque::new(), end: None });
        id
    }

    /// What has come of an order, the oldest first, and the leg that it brought forth.
    pub(super) fn outcome(&self, id: OrderId) -> Option<(Outcome, Option<String>)> {
        let inner = &mut *self.inner.borrow_mut();
        let at = inner.out.iter().position(|out| out.id == id)?;
        if let Some(progress) = inner.out[at].progress.pop_front() {
            return Some((progress, None));
        }
        let end = inner.out[at].end.take()?;
        Some((end, inner.out.remove(at).leg))
    }

    /// The handle of an order is gone before its outcome was taken.
    pub(super) fn forsake(&self, id: OrderId) {
        let Ok(mut inner) = self.inner.try_borrow_mut() else { return };
        let inner = &mut *inner;
        if inner.over {
            return;
        }
        let Some(at) = inner.out.iter().position(|out| out.id == id) else { return };
        let out = inner.out.remove(at);
        match out.leg {
            // It came while the script looked elsewhere, and nobody will ever look after that leg.
            Some(leg) if out.end.is_some() => inner.hang_up(leg),
            None if out.end.is_some() => {}
            _ => {
                inner.order(Command::Cancel(id));
            }
        }
    }

    /// Takes back an order that has no outcome.
    pub(super) fn cancel(&self, id: OrderId) {
        if let Ok(mut inner) = self.inner.try_borrow_mut()
            && !inner.over
        {
            inner.order(Command::Cancel(id));
        }
    }

    /// Nobody looks after a leg any more: it is hung up, unless it talks to somebody or is gone.
    pub(super) fn forsake_leg(&self, leg: &str) {
        if let Ok(mut inner) = self.inner.try_borrow_mut()
            && !inner.over
            && inner.legs.iter().any(|known| known.name == leg && !known.joined)
        {
            inner.hang_up(leg.to_owned());
        }
    }

    /// Why a leg is gone, if it is. From now on its hang-up is an event of this script.
    pub(super) fn gone(&self, leg: &str) -> Option<Cause> {
        let inner = &mut *self.inner.borrow_mut();
        match inner.legs.iter().find(|known| known.name == leg) {
            Some(known) => known.gone,
            None => {
                inner.know(leg.to_owned());
                None
            }
        }
    }

    pub(super) fn listen(&self, listener: Rc<dyn Listen>) {
        self.inner.borrow_mut().listeners.push(listener);
    }

    pub(super) fn unlisten(&self, listener: &Rc<dyn Listen>) {
        if let Ok(mut inner) = self.inner.try_borrow_mut() {
            inner.listeners.retain(|other| !Rc::ptr_eq(other, listener));
        }
    }

    pub(super) fn set_afterwards(&self, afterwards: Option<Afterwards>) -> Option<Afterwards> {
        std::mem::replace(&mut self.inner.borrow_mut().afterwards, afterwards)
    }

    /// Asks the host in the present, and the history in the past.
    pub(super) fn ask<T: Serialize + DeserializeOwned>(
        &self,
        question: &'static str,
        argument: impl Serialize,
        ask: impl FnOnce() -> T,
    ) -> T {
        let mut asked = Fingerprint::default();
        asked.value(&question);
        asked.value(&argument);
        let asked = asked.short();
        let inner = &mut *self.inner.borrow_mut();
        if !inner.present {
            let mut reads = &inner.past_reads[inner.past_reads_at..];
            match take_answer(&mut reads, asked) {
                Some(answer) => {
                    inner.past_reads_at = inner.past_reads.len() - reads.len();
                    return answer;
                }
                None => inner.fault(format!(
                    "`{question}` was asked where the first run asked something else"
                )),
            }
        }
        let answer = ask();
        keep_answer(&mut inner.answers, asked, &answer);
        answer
    }

    pub(super) fn is_present(&self) -> bool {
        self.inner.borrow().present
    }

    pub(super) fn fault(&self, what: String) {
        self.inner.borrow_mut().fault(what);
    }

    // ------------------------------------------------------------------ what the executor does

    /// Begins the present.
    pub(super) fn present(&self) {
        self.inner.borrow_mut().present = true;
    }

    /// Begins a step of the past, with the answers that were read in it.
    pub(super) fn past(&self, reads: &[u8]) {
        let inner = &mut *self.inner.borrow_mut();
        inner.past_reads.clear();
        inner.past_reads.extend_from_slice(reads);
        inner.past_reads_at = 0;
    }

    /// Puts an event where it belongs; false if it belongs to nobody.
    pub(super) fn deliver(&self, event: Event) -> bool {
        let taken = match event {
            Event::Arrived(arrival) if self.events.get() == 0 => {
                self.inner.borrow_mut().know(CALLER.to_owned());
                self.arrival.set(arrival).is_ok()
            }
            Event::ContactDue(due) if self.events.get() == 0 => self.contact_due.set(due).is_ok(),
            Event::Order(event) => self.inner.borrow_mut().deliver_outcome(event.id, event.outcome),
            event => {
                if let Event::CameBack(_) = &event {
                    self.inner.borrow_mut().forget_orders();
                }
                let known = match &event {
                    Event::HungUp(hung_up) => {
                        self.inner.borrow_mut().deliver_hang_up(&hung_up.leg, hung_up.cause)
                    }
                    _ => false,
                };
                // A listener may ask questions of the run.
                let listeners = self.inner.borrow().listeners.clone();
                listeners.iter().fold(known, |taken, listener| listener.offer(&event) || taken)
            }
        };
        if taken {
            self.events.set(self.events.get() + 1);
        }
        taken
    }

    /// Ends a step of the past.
    ///
    /// # Errors
    /// When the script said something else than it said then.
    pub(super) fn end_past(
        &self,
        orders: u32,
        event: impl FnOnce() -> String,
    ) -> Result<(), String> {
        let inner = &mut *self.inner.borrow_mut();
        let fingerprint = inner.fingerprint.take();
        let fault = match inner.fault.take() {
            Some(fault) => fault,
            None if fingerprint != orders => {
                let names: Vec<_> =
                    inner.orders.iter().map(|order| command_name(&order.command)).collect();
                format!(
                    "the script ordered [{}], which is not what the first run ordered",
                    names.join(", ")
                )
            }
            None if inner.past_reads_at != inner.past_reads.len() => {
                "the script asked less than the first run".to_owned()
            }
            None => {
                inner.orders.clear();
                return Ok(());
            }
        };
        Err(format!("nondeterministic: at event {} ({}): {fault}", self.events.get(), event()))
    }

    /// Ends the step of the present.
    ///
    /// # Errors
    /// When the host answered an order with what is no outcome of it.
    pub(super) fn end_present(&self) -> Result<Said, String> {
        let inner = &mut *self.inner.borrow_mut();
        if let Some(fault) = inner.fault.take() {
            return Err(format!("at event {}: {fault}", self.events.get()));
        }
        Ok(Said {
            orders: std::mem::take(&mut inner.orders),
            fingerprint: inner.fingerprint.take(),
            answers: std::mem::take(&mut inner.answers),
        })
    }

    /// From here on, what is dropped orders nothing.
    pub(super) fn be_over(&self) {
        if let Ok(mut inner) = self.inner.try_borrow_mut() {
            inner.over = true;
            let afterwards = inner.afterwards.take();
            drop(inner);
            drop(afterwards);
        }
    }
}

impl Inner {
    fn order(&mut self, command: Command) -> OrderId {
        self.last_id += 1;
        self.fingerprint.order(self.last_id, &command);
        self.orders.push(Order { id: self.last_id, command });
        self.last_id
    }

    fn hang_up(&mut self, leg: String) {
        if self.legs.iter().any(|known| known.name == leg && known.gone.is_none()) {
            self.order(Command::HangUp(HangUp { leg: Some(leg), cause: Cause::Normal }));
        }
    }

    fn deliver_outcome(&mut self, id: OrderId, outcome: Outcome) -> bool {
        let Some(out) = self.out.iter_mut().find(|out| out.id == id && out.end.is_none()) else {
            return false;
        };
        if is_progress(&outcome) {
            if out.reporting {
                out.progress.push_back(outcome);
            }
            return out.reporting;
        }
        let leg = match &outcome {
            Outcome::LegAnswered(_) => out.leg.clone(),
            Outcome::Connected(connected) => {
                out.leg = Some(connected.leg.clone());
                out.leg.clone()
            }
            Outcome::Joined | Outcome::Transferred => {
                let about = std::mem::take(&mut out.about);
                for known in &mut self.legs {
                    known.joined |= about.contains(&known.name);
                }
                None
            }
            _ => {
                out.leg = None;
                None
            }
        };
        out.end = Some(outcome);
        if let Some(leg) = leg {
            self.know(leg);
        }
        true
    }

    /// The host has taken back what was ordered before another flow had the call.
    fn forget_orders(&mut self) {
        self.out.clear();
    }

    fn deliver_hang_up(&mut self, leg: &str, cause: Cause) -> bool {
        match self.legs.iter_mut().find(|known| known.name == leg && known.gone.is_none()) {
            Some(known) => {
                known.gone = Some(cause);
                true
            }
            None => false,
        }
    }

    /// A leg is there, perhaps under the name of one that is gone.
    fn know(&mut self, name: String) {
        self.legs.retain(|known| known.name != name);
        self.legs.push(KnownLeg { name, gone: None, joined: false });
    }

    fn fault(&mut self, what: String) {
        self.fault.get_or_insert(what);
    }
}

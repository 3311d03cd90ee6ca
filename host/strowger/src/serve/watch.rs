//! What a host shows of its calls: a line in the log when one is over, and, to whoever asks, what
//! happens in one.
//!
//! Nothing personal is logged: of a number, the last three digits.

use std::{
    collections::HashMap,
    sync::{
        Mutex, MutexGuard, PoisonError,
        atomic::{AtomicUsize, Ordering},
    },
};
use strowger_exchange::{CallRecord, Observed, Observer};
use strowger_model::{CallId, Event, Timestamp};
use strowger_scenario::{Narrator, What};
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};

/// Something that happened in a call that is watched.
#[derive(Clone, Debug)]
pub(crate) struct Sight {
    /// When.
    pub(crate) at: Timestamp,
    /// In which call.
    pub(crate) call: CallId,
    /// What.
    pub(crate) what: What,
}

/// Looks on.
#[derive(Default)]
pub(crate) struct Watch {
    /// Whoever waits for a call, and calls that are watched. Nothing is locked as long as there are
    /// none.
    busy: AtomicUsize,
    inner: Mutex<Inner>,
}

#[derive(Default)]
struct Inner {
    waiting: Vec<(Wanted, UnboundedSender<Sight>)>,
    calls: HashMap<CallId, (Narrator, UnboundedSender<Sight>)>,
}

/// Which calls to watch.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Wanted {
    /// All that come from now on.
    All,
    /// The next one from this number; none: withheld.
    NextFrom(Option<String>),
}

impl Watch {
    /// Watches calls that come from now on, until the receiver is dropped.
    pub(crate) fn watch(&self, wanted: Wanted) -> UnboundedReceiver<Sight> {
        let (sender, receiver) = unbounded_channel();
        self.busy.fetch_add(1, Ordering::Relaxed);
        self.inner().waiting.push((wanted, sender));
        receiver
    }

    fn inner(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn show(&self, at: Timestamp, call: CallId, observed: &Observed<'_>) {
        let mut inner = self.inner();
        let before = inner.waiting.len() + inner.calls.len();
        inner.waiting.retain(|(_, sender)| !sender.is_closed());
        if let Observed::Event(Event::Arrived(arrival)) = observed {
            let wants = |(wanted, _): &(Wanted, UnboundedSender<Sight>)| match wanted {
                Wanted::All => true,
                Wanted::NextFrom(from) => *from == arrival.caller,
            };
            if let Some(index) = inner.waiting.iter().position(wants) {
                let sender = match inner.waiting[index].0 {
                    Wanted::All => inner.waiting[index].1.clone(),
                    Wanted::NextFrom(_) => inner.waiting.remove(index).1,
                };
                inner.calls.insert(call, (Narrator::default(), sender));
            }
        }
        if let Some((narrator, sender)) = inner.calls.get_mut(&call)
            && let Some(what) = narrator.tell(observed)
        {
            // Fails if whoever watched has gone.
            let _ = sender.send(Sight { at, call, what });
        }
        if let Observed::Closed(_) = observed {
            inner.calls.remove(&call);
        }
        let after = inner.waiting.len() + inner.calls.len();
        self.busy.fetch_add(after, Ordering::Relaxed);
        self.busy.fetch_sub(before, Ordering::Relaxed);
    }
}

impl Observer for Watch {
    fn observe(&self, at: Timestamp, call: CallId, observed: &Observed<'_>) {
        if let Observed::Closed(record) = observed {
            log(record);
        }
        if self.busy.load(Ordering::Relaxed) > 0 {
            self.show(at, call, observed);
        }
    }
}

fn log(record: &CallRecord) {
    tracing::info!(
        call = %record.call,
        flow = %record.flow,
        version = %record.version,
        caller = %masked(record.caller.as_deref()),
        dialled = %record.dialled,
        agent = record.agent.as_ref().map(tracing::field::display),
        outcome = %record.outcome,
        waited_s = record.waited.as_secs_f64(),
        lasted_s = record.ended.since(record.arrived).as_secs_f64(),
        faults = record.faults,
        refused = record.refused,
        "call over"
    );
}

/// A number of which only the end is told.
pub(crate) fn masked(number: Option<&str>) -> String {
    let Some(number) = number else { return "withheld".to_owned() };
    let digits: Vec<char> = number.chars().collect();
    match digits.len() {
        0..=3 => "...".to_owned(),
        length => format!("...{}", digits[length - 3..].iter().collect::<String>()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_a_number_the_end_is_told() {
        assert_eq!(masked(Some("+32470123456")), "...456");
        assert_eq!(masked(Some("101")), "...");
        assert_eq!(masked(None), "withheld");
    }
}

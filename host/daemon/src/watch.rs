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
use strowger_model::{CallId, Event, Timestamp, number, strangers::Logged};
use strowger_scenario::{Narrator, What};
use tokio::sync::mpsc::{Receiver, Sender, channel, error::TrySendError};

/// How much may wait to be seen. Whoever is slower sees no more.
const SIGHTS: usize = 4_096;

/// Something that happened in a call that is watched.
#[derive(Clone, Debug)]
pub struct Sight {
    /// When.
    pub at: Timestamp,
    /// In which call.
    pub call: CallId,
    /// What.
    pub what: What,
}

/// Looks on.
#[derive(Default)]
pub struct Watch {
    /// Whoever waits for a call, and calls that are watched. Nothing is locked as long as there are
    /// none.
    busy: AtomicUsize,
    inner: Mutex<Inner>,
}

#[derive(Default)]
struct Inner {
    waiting: Vec<(Wanted, Sender<Sight>)>,
    calls: HashMap<CallId, (Narrator, Sender<Sight>)>,
}

/// Which calls to watch.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Wanted {
    /// All that come from now on.
    All,
    /// The next one from this number; none: withheld.
    NextFrom(Option<String>),
}

impl Watch {
    /// Watches calls that come from now on, until the receiver is dropped or does not keep up.
    pub fn watch(&self, wanted: Wanted) -> Receiver<Sight> {
        let (sender, receiver) = channel(SIGHTS);
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
            let wants = |(wanted, _): &(Wanted, Sender<Sight>)| match wanted {
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
        // Fails also if whoever watched has gone.
        if let Some((narrator, sender)) = inner.calls.get_mut(&call)
            && let Some(what) = narrator.tell(observed)
            && let Err(TrySendError::Full(_)) = sender.try_send(Sight { at, call, what })
        {
            tracing::warn!(%call, "`strowger call` reads too slowly, and sees no more of this call");
            let slow = sender.clone();
            inner.waiting.retain(|(_, sender)| !sender.same_channel(&slow));
            inner.calls.retain(|_, (_, sender)| !sender.same_channel(&slow));
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
        dialled = number::masked(&record.dialled),
        agent = record.agent.as_ref().map(tracing::field::display),
        outcome = %Logged(&record.outcome),
        waited_s = record.waited.as_secs_f64(),
        lasted_s = record.ended.since(record.arrived).as_secs_f64(),
        faults = record.faults,
        refused = record.refused,
        "call over"
    );
}

/// A number of which only the end is told.
pub fn masked(number: Option<&str>) -> String {
    number.map_or("withheld".to_owned(), number::masked)
}

#[cfg(test)]
mod tests {
    use super::*;
    use strowger_model::event::Arrival;

    fn arrival(call: CallId) -> Arrival {
        Arrival {
            call,
            caller: None,
            caller_name: None,
            endpoint: None,
            dialled: "100".to_owned(),
            diverted_from: None,
            line: None,
            adapter: "sim".to_owned(),
            data: String::new(),
            at: Timestamp(0),
        }
    }

    #[tokio::test]
    async fn whoever_does_not_keep_up_sees_no_more() {
        let watch = Watch::default();
        let mut sights = watch.watch(Wanted::All);
        let mut last = None;
        for _ in 0..SIGHTS + 2 {
            let call = CallId::next(0, last);
            last = Some(call);
            let arrived = Event::Arrived(Box::new(arrival(call)));
            watch.observe(Timestamp(0), call, &Observed::Event(&arrived));
        }
        let mut seen = 0;
        while sights.recv().await.is_some() {
            seen += 1;
        }
        assert_eq!(seen, SIGHTS);
        assert_eq!(watch.busy.load(Ordering::Relaxed), 0, "nothing is watched any more");
    }

    #[test]
    fn of_a_number_the_end_is_told() {
        assert_eq!(masked(Some("+32470123456")), "...456");
        assert_eq!(masked(None), "withheld");
    }
}

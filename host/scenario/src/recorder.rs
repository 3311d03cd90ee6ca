//! Puts together what the exchange shows of calls and what callers experience: one timeline for
//! each call.

use crate::{
    stage::Seen,
    timeline::{Happening, HungUpBy, Narrator, Timeline, What},
};
use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};
use strowger_exchange::{Observed, Observer};
use strowger_model::{CallId, Event, Prompt, Timestamp};
use strowger_pbx::port::LegId;
use strowger_sim::Sound;
use strowger_site::Site;
use strowger_speech::{TimeOfDay, in_words};
use tokio::{
    sync::Notify,
    time::{Instant, sleep},
};

/// Keeps the timelines of a run.
pub(crate) struct Recorder {
    start: Instant,
    /// Places in line and times are shown as they are heard: `number 1`.
    site: Arc<Site>,
    calls: Mutex<Calls>,
    /// A record was closed.
    closed: Notify,
}

#[derive(Default)]
struct Calls {
    /// Callers in the order of their arrival: whose leg, and which number.
    arrivals: Vec<(LegId, Option<String>, Option<CallId>)>,
    by_id: BTreeMap<CallId, (Narrator, Timeline)>,
    /// What callers experienced before the exchange had named their call.
    early: Vec<(LegId, Happening)>,
}

impl Recorder {
    pub(crate) fn new(site: Arc<Site>) -> Arc<Self> {
        let (start, closed) = (Instant::now(), Notify::new());
        Arc::new(Self { start, site, calls: Mutex::default(), closed })
    }

    fn as_heard(&self, prompts: Vec<Prompt>) -> Vec<Prompt> {
        let site = self.site.clone();
        let time_of_day: TimeOfDay = Arc::new(move |at| {
            let moment = site.moment(at);
            (moment.hour, moment.minute)
        });
        let heard = |prompt| as_heard(prompt, &self.site.language, &time_of_day);
        prompts.into_iter().map(heard).collect()
    }

    /// When the scenario began.
    pub(crate) fn start(&self) -> Instant {
        self.start
    }

    /// What a caller experiences.
    pub(crate) fn see(&self, seen: Seen) {
        let at = self.start.elapsed();
        let mut calls = self.lock();
        let (leg, what) = match seen {
            Seen::Arrived { leg, from } => {
                let from = from.map(|from| self.site.numbering.full(None, from));
                return calls.arrivals.push((leg, from, None));
            }
            Seen::Hears { leg, sound: Sound::Prompt(prompt) } => {
                (leg, Some(What::Hears(self.as_heard(vec![prompt]))))
            }
            Seen::Hears { leg, sound: Sound::Music(class) } => {
                (leg, Some(What::Music(class.to_string())))
            }
            Seen::Hears { leg, .. } => (leg, None),
            Seen::HungUp { leg, by_far_end, cause } => {
                let by = if by_far_end { HungUpBy::Caller } else { HungUpBy::Us };
                (leg, Some(What::HungUp { by, cause }))
            }
        };
        let Some((_, _, call)) = calls.arrivals.iter().find(|(caller, ..)| *caller == leg) else {
            return;
        };
        match (*call, what) {
            (Some(call), what) => calls.hear(call, at, what),
            (None, Some(what)) => calls.early.push((leg, Happening { at, what })),
            (None, None) => {}
        }
    }

    /// So many calls are over that came in.
    fn closed(&self) -> usize {
        let calls = self.lock();
        let over = calls.by_id.values().filter(|(_, timeline)| timeline.record().is_some());
        over.filter(|(_, timeline)| timeline.contact().is_none()).count()
    }

    /// Waits until so many calls that came in are over, and `others` says that no other goes on.
    pub(crate) async fn all_closed(&self, number: usize, others: impl Fn() -> bool) {
        while self.closed() < number {
            self.closed.notified().await;
        }
        while others() {
            sleep(Duration::from_secs(1)).await;
        }
    }

    /// In the order of the calls' arrival.
    pub(crate) fn timelines(&self) -> Vec<Timeline> {
        self.lock().by_id.values().map(|(_, timeline)| timeline.clone()).collect()
    }

    fn lock(&self) -> MutexGuard<'_, Calls> {
        self.calls.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What lasts no longer than this is heard by nobody.
const BLINK: Duration = Duration::from_millis(100);

impl Calls {
    /// The caller hears something else than before; nothing, if that is told elsewhere.
    fn hear(&mut self, call: CallId, at: Duration, what: Option<What>) {
        let timeline = &mut self.by_id.entry(call).or_insert_with(listening).1;
        let heard =
            |happening: &Happening| matches!(happening.what, What::Hears(_) | What::Music(_));
        if let Some(last) = timeline.happenings.iter().rposition(heard)
            && at.saturating_sub(timeline.happenings[last].at) < BLINK
        {
            timeline.happenings.remove(last);
        }
        let music = |what: &What| matches!(what, What::Music(_));
        // After a conversation it is music anew.
        let told = |happening: &&Happening| {
            heard(happening) || matches!(happening.what, What::TalksWith(_))
        };
        let still = timeline.happenings.iter().rfind(told).map(|happening| &happening.what);
        let goes_on = what.as_ref().is_some_and(music) && what.as_ref() == still;
        if let Some(what) = what.filter(|_| !goes_on) {
            timeline.happenings.push(Happening { at, what });
        }
    }

    fn add(&mut self, call: CallId, happening: Happening) {
        self.by_id.entry(call).or_insert_with(listening).1.happenings.push(happening);
    }

    /// A caller's leg and the exchange's call are the same if the number is, the first first.
    fn arrived(&mut self, call: CallId, caller: Option<&String>) {
        let Some(arrival) = self
            .arrivals
            .iter_mut()
            .find(|(_, from, known)| known.is_none() && from.as_ref() == caller)
        else {
            return;
        };
        arrival.2 = Some(call);
        let leg = arrival.0.clone();
        let (mine, others) =
            std::mem::take(&mut self.early).into_iter().partition(|(of, _)| *of == leg);
        self.early = others;
        let mine: Vec<(LegId, Happening)> = mine;
        mine.into_iter().for_each(|(_, happening)| self.add(call, happening));
    }
}

/// A place in line or a time as it is said. Digits stay as they were keyed.
fn as_heard(prompt: Prompt, language: &str, time_of_day: &TimeOfDay) -> Prompt {
    match prompt {
        Prompt::Position(_) | Prompt::Time(_) => in_words(prompt, language, time_of_day),
        prompt => prompt,
    }
}

/// A narrator that is told elsewhere what callers hear.
fn listening() -> (Narrator, Timeline) {
    (Narrator::beside_callers(), Timeline::default())
}

impl Observer for Recorder {
    fn observe(&self, _: Timestamp, call: CallId, observed: &Observed<'_>) {
        let at = self.start.elapsed();
        let mut calls = self.lock();
        let (narrator, timeline) = calls.by_id.entry(call).or_insert_with(listening);
        if let Some(what) = narrator.tell(observed) {
            let what = match what {
                What::OtherHears(prompts) => What::OtherHears(self.as_heard(prompts)),
                other => other,
            };
            timeline.happenings.push(Happening { at, what });
        }
        match observed {
            Observed::Event(Event::Arrived(arrival)) => {
                calls.arrived(call, arrival.caller.as_ref())
            }
            Observed::Closed(_) => self.closed.notify_one(),
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::timeline::spoken;

    #[test]
    fn places_and_times_are_shown_as_they_are_heard() {
        let half_past_two: TimeOfDay = Arc::new(|_| (14, 30));
        for (prompt, shown) in [
            (Prompt::Position(1), "nummer 1"),
            (Prompt::Time(Timestamp(0)), "14 uur 30"),
            (Prompt::Digits("0470".to_owned()), "0470"),
            (Prompt::Number(12), "12"),
        ] {
            assert_eq!(spoken(&[as_heard(prompt, "nl-BE", &half_past_two)]), shown);
        }
    }
}

//! Records made into figures: what a line, a team or an hour came to (P9, K5, V6).

use std::{collections::BTreeMap, time::Duration};
use strowger_model::CallRecord;

/// What some calls came to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Figures {
    /// Calls that came in.
    pub offered: u64,
    /// Of those, connected to somebody where they had called.
    pub answered: u64,
    /// Of those, without waiting longer than is called at once.
    pub at_once: u64,
    /// Of those offered, on to somebody else after waiting in vain (V3).
    pub overflowed: u64,
    /// By all of them together, whoever gave up included.
    pub waited: Duration,
    /// By the one who waited longest.
    pub longest_wait: Duration,
    /// From being connected to the end, by all who were answered.
    pub talked: Duration,
}

impl Figures {
    /// Counts a call. `at_once`: a wait up to this is none.
    pub fn add(&mut self, record: &CallRecord, at_once: Duration) {
        self.offered += 1;
        self.waited += record.waited;
        self.longest_wait = self.longest_wait.max(record.waited);
        if record.overflowed {
            self.overflowed += 1;
        } else if let Some(connected) = record.connected {
            self.answered += 1;
            self.at_once += u64::from(record.waited <= at_once);
            self.talked += record.ended.since(connected);
        }
    }

    /// Answered, of those offered; 0 to 1. None: nobody called.
    pub fn reachability(&self) -> Option<f64> {
        ratio(self.answered, self.offered)
    }

    /// Answered at once, of those answered: the service level; 0 to 1.
    pub fn service_level(&self) -> Option<f64> {
        ratio(self.at_once, self.answered)
    }

    /// The average wait of those offered.
    pub fn mean_wait(&self) -> Duration {
        mean(self.waited, self.offered)
    }

    /// The average conversation of those answered.
    pub fn mean_talk(&self) -> Duration {
        mean(self.talked, self.answered)
    }
}

/// Figures of calls that have something in common, in its order.
pub fn report<'a>(
    records: impl IntoIterator<Item = &'a CallRecord>,
    at_once: Duration,
    in_common: impl Fn(&CallRecord) -> String,
) -> BTreeMap<String, Figures> {
    let mut report = BTreeMap::<String, Figures>::new();
    for record in records {
        report.entry(in_common(record)).or_default().add(record, at_once);
    }
    report
}

fn ratio(part: u64, whole: u64) -> Option<f64> {
    (whole > 0).then(|| part as f64 / whole as f64)
}

fn mean(sum: Duration, count: u64) -> Duration {
    u32::try_from(count).ok().and_then(|count| sum.checked_div(count)).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use strowger_model::{CallId, FlowVersion, Timestamp};

    fn call(agent: &str, waited: u64, talked: Option<u64>, overflowed: bool) -> CallRecord {
        let arrived = 1_000_000;
        let connected = talked.map(|_| Timestamp(arrived + waited * 1000));
        let on = FlowVersion { flow: "helpdesk".into(), version: "v".into() };
        CallRecord {
            connected,
            agent: talked.map(|_| agent.into()),
            waited: Duration::from_secs(waited),
            overflowed,
            ended: Timestamp(arrived + (waited + talked.unwrap_or_default()) * 1000),
            ..CallRecord::begin(CallId::next(arrived, None), on, Timestamp(arrived))
        }
    }

    #[test]
    fn calls_become_figures() {
        let calls = [
            call("an", 0, Some(120), false),
            call("an", 30, Some(60), false),
            call("bram", 180, Some(90), true),
            call("", 90, None, false),
        ];
        let by = |record: &CallRecord| record.agent.as_ref().map(ToString::to_string).unwrap_or_default();
        let report = report(&calls, Duration::from_secs(20), by);
        assert_eq!(report.keys().collect::<Vec<_>>(), ["", "an", "bram"]);
        let an = report["an"];
        assert_eq!((an.offered, an.answered, an.at_once, an.overflowed), (2, 2, 1, 0));
        assert_eq!((an.mean_wait(), an.mean_talk(), an.service_level()), (Duration::from_secs(15), Duration::from_secs(90), Some(0.5)));
        assert_eq!((report["bram"].answered, report["bram"].overflowed, report[""].reachability()), (0, 1, Some(0.0)));
        let mut all = Figures::default();
        calls.iter().for_each(|call| all.add(call, Duration::ZERO));
        assert_eq!((all.reachability(), all.longest_wait), (Some(0.5), Duration::from_secs(180)));
        assert_eq!((Figures::default().reachability(), Figures::default().mean_wait()), (None, Duration::ZERO));
    }
}

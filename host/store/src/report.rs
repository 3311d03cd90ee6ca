//! Records and cases made into figures: what a line, a team or an hour came to (P9, K5, V6, V7).

use std::{collections::BTreeMap, time::Duration};
use strowger_model::{CallRecord, Case, CaseKind, Timestamp};

/// What some calls came to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Figures {
    /// Calls that came in.
    pub offered: u64,
    /// Of those, connected to somebody where they had called.
    pub answered: u64,
    /// Of those, without waiting longer than is called at once.
    pub at_once: u64,
    /// Of those offered, on to somebody else: after waiting in vain (V3), or at once (V4).
    pub overflowed: u64,
    /// By all of them together, whoever gave up included.
    pub waited: Duration,
    /// By the one who waited longest.
    pub longest_wait: Duration,
    /// From being connected to the end, by all who were answered.
    pub talked: Duration,
    /// Questions that could not be answered at once.
    pub escalations: u64,
    /// Complaints.
    pub complaints: u64,
    /// Promises to call back.
    pub call_backs: u64,
    /// Cases of these three kinds that were not answered in time.
    pub late: u64,
}

/// A figure by its name.
pub struct Column {
    /// As it heads a column.
    pub name: &'static str,
    /// What it is counted in.
    pub unit: Unit,
    /// None: there is nothing to count.
    pub of: fn(&Figures) -> Option<f64>,
}

/// What a figure is counted in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unit {
    /// Calls, or cases.
    Number,
    /// Per cent.
    Percent,
    /// Seconds.
    Seconds,
}

/// Every figure of a report, in its order.
pub const COLUMNS: [Column; 14] = [
    number("offered", |figures| Some(figures.offered as f64)),
    number("answered", |figures| Some(figures.answered as f64)),
    number("overflowed", |figures| Some(figures.overflowed as f64)),
    number("lost", |figures| {
        Some((figures.offered - figures.answered - figures.overflowed) as f64)
    }),
    Column {
        name: "reachability",
        unit: Unit::Percent,
        of: |figures| percent(figures.answered, figures.offered),
    },
    Column {
        name: "at_once",
        unit: Unit::Percent,
        of: |figures| percent(figures.at_once, figures.answered),
    },
    Column {
        name: "mean_wait_s",
        unit: Unit::Seconds,
        of: |figures| Some(mean(figures.waited, figures.offered)),
    },
    Column {
        name: "longest_wait_s",
        unit: Unit::Seconds,
        of: |figures| Some(figures.longest_wait.as_secs_f64()),
    },
    Column {
        name: "mean_talk_s",
        unit: Unit::Seconds,
        of: |figures| Some(mean(figures.talked, figures.answered)),
    },
    number("escalations", |figures| Some(figures.escalations as f64)),
    // V7 "one-and-done": calls against escalations.
    Column {
        name: "one_and_done",
        unit: Unit::Percent,
        of: |figures| {
            percent(figures.answered.saturating_sub(figures.escalations), figures.answered)
        },
    },
    number("complaints", |figures| Some(figures.complaints as f64)),
    number("call_backs", |figures| Some(figures.call_backs as f64)),
    number("late", |figures| Some(figures.late as f64)),
];

const fn number(name: &'static str, of: fn(&Figures) -> Option<f64>) -> Column {
    Column { name, unit: Unit::Number, of }
}

impl Figures {
    /// Counts a call. `at_once`: a wait up to this is none.
    pub fn add(&mut self, record: &CallRecord, at_once: Duration) {
        self.offered += 1;
        self.waited += record.waited;
        self.longest_wait = self.longest_wait.max(record.waited);
        if record.went_on() {
            self.overflowed += 1;
        } else if let Some(connected) = record.connected {
            self.answered += 1;
            self.at_once += u64::from(record.waited <= at_once);
            self.talked += record.ended.since(connected);
        }
    }

    /// Counts a case. `late`: it was not answered in time.
    pub fn add_case(&mut self, kind: CaseKind, late: bool) {
        *match kind {
            CaseKind::Escalation => &mut self.escalations,
            CaseKind::Complaint => &mut self.complaints,
            CaseKind::CallBack => &mut self.call_backs,
        } += 1;
        self.late += u64::from(late);
    }
}

/// What is counted.
#[derive(Clone, Copy, Debug)]
pub enum Counted<'a> {
    /// A call.
    Call(&'a CallRecord),
    /// A case that belongs to no call.
    Case(&'a Case),
}

/// Figures of calls that have something in common, in its order. A case counts where its call does;
/// one of a call that is not among the records does not count.
pub fn report<'a>(
    records: &'a [CallRecord],
    cases: &'a [Case],
    at_once: Duration,
    now: Timestamp,
    in_common: impl Fn(Counted<'a>) -> String,
) -> BTreeMap<String, Figures> {
    let calls: BTreeMap<_, _> =
        records.iter().map(|record| (record.call, in_common(Counted::Call(record)))).collect();
    let mut report = BTreeMap::<String, Figures>::new();
    for record in records {
        report.entry(calls[&record.call].clone()).or_default().add(record, at_once);
    }
    for case in cases {
        let line = match case.call {
            Some(call) => calls.get(&call).cloned(),
            None => Some(in_common(Counted::Case(case))),
        };
        if let Some(line) = line {
            report.entry(line).or_default().add_case(case.kind, case.is_late(now));
        }
    }
    report
}

fn percent(part: u64, whole: u64) -> Option<f64> {
    (whole > 0).then(|| 100.0 * part as f64 / whole as f64)
}

fn mean(sum: Duration, count: u64) -> f64 {
    if count == 0 { 0.0 } else { sum.as_secs_f64() / count as f64 }
}

#[cfg(test)]
mod tests {
    use super::*;
    use strowger_model::{CallId, FlowVersion, mail::Closed};

    fn call(
        nth: u64,
        agent: &str,
        waited: u64,
        talked: Option<u64>,
        overflowed: bool,
    ) -> CallRecord {
        let arrived = 1_000_000;
        let connected = talked.map(|_| Timestamp(arrived + waited * 1000));
        let on = FlowVersion { flow: "helpdesk".into(), version: "v".into() };
        CallRecord {
            connected,
            agent: talked.map(|_| agent.into()),
            waited: Duration::from_secs(waited),
            overflowed,
            ended: Timestamp(arrived + (waited + talked.unwrap_or_default()) * 1000),
            ..CallRecord::begin(CallId::next(arrived + nth, None), on, Timestamp(arrived))
        }
    }

    fn case(kind: CaseKind, call: Option<CallId>, closed: Option<u64>) -> Case {
        let closed = closed.map(|at| Closed { outcome: "founded".into(), at: Timestamp(at) });
        let (opened, due) = (Timestamp(0), Timestamp(100));
        Case {
            id: String::new(),
            kind,
            call,
            flow: "helpdesk".into(),
            opened,
            due,
            fields: Vec::new(),
            closed,
        }
    }

    fn figure(figures: &Figures, name: &str) -> Option<f64> {
        (COLUMNS.iter().find(|column| column.name == name).unwrap().of)(figures)
    }

    #[test]
    fn v6_v7_calls_and_cases_become_figures() {
        let calls = [
            call(0, "an", 0, Some(120), false),
            call(1, "an", 30, Some(60), false),
            call(2, "bram", 180, Some(90), true),
            call(3, "", 90, None, false),
            CallRecord {
                agent: None,
                outcome: "overflow".to_owned(),
                ..call(4, "closed", 0, Some(30), false)
            },
        ];
        let cases = [
            case(CaseKind::Escalation, Some(calls[0].call), Some(99)),
            case(CaseKind::CallBack, Some(calls[3].call), None),
            case(CaseKind::Complaint, None, Some(100)),
            case(CaseKind::Complaint, Some(CallId::next(5, None)), None),
        ];
        let by = |counted: Counted<'_>| match counted {
            Counted::Call(record) if record.outcome == "overflow" => "closed".to_owned(),
            Counted::Call(record) => {
                record.agent.as_ref().map(ToString::to_string).unwrap_or_default()
            }
            Counted::Case(_) => "by letter".to_owned(),
        };
        let report = report(&calls, &cases, Duration::from_secs(20), Timestamp(99), by);
        assert_eq!(report.keys().collect::<Vec<_>>(), ["", "an", "bram", "by letter", "closed"]);
        let of = |line: &str, names: &[&str]| {
            names.iter().map(|name| figure(&report[line], name)).collect::<Vec<_>>()
        };
        assert_eq!(
            of("an", &["offered", "answered", "overflowed", "lost"]),
            [2.0, 2.0, 0.0, 0.0].map(Some)
        );
        assert_eq!(
            of("an", &["at_once", "mean_wait_s", "mean_talk_s", "one_and_done"]),
            [50.0, 15.0, 90.0, 50.0].map(Some)
        );
        assert_eq!(
            of("bram", &["overflowed", "answered", "reachability", "longest_wait_s"]),
            [1.0, 0.0, 0.0, 180.0].map(Some)
        );
        assert_eq!(
            of("closed", &["overflowed", "answered", "lost"]),
            [1.0, 0.0, 0.0].map(Some),
            "as the flow says"
        );
        assert_eq!(
            of("", &["lost", "call_backs", "late", "mean_wait_s"]),
            [1.0, 1.0, 0.0, 90.0].map(Some),
            "that call-back has 1 ms left"
        );
        assert_eq!(
            of("by letter", &["complaints", "late", "reachability"]),
            [Some(1.0), Some(1.0), None]
        );
    }
}

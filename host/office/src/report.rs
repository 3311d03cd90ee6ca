//! Records and cases made into figures: what a line, a team or an hour came to (P9, K5, V6, V7).

use std::{borrow::Cow, collections::BTreeMap, time::Duration};
use strowger_model::{CallRecord, Case, CaseKind, CaseRules, Talk, Timestamp};

/// What some calls came to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Figures {
    /// Calls that came in.
    pub offered: u64,
    /// Of those, connected to somebody where they had called.
    pub answered: u64,
    /// Of those, without waiting longer than is called at once.
    pub at_once: u64,
    /// Of those offered, on to somebody else: after waiting in vain (V3), or at once (V4).
    pub overflowed: u64,
    /// Of those offered, dealt with by the flow itself, as its outcome says.
    pub by_flow: u64,
    /// By all of them together, whoever gave up included.
    pub waited: Duration,
    /// By the one who waited longest.
    pub longest_wait: Duration,
    /// Conversations of callers who were answered, one for each who talked with them.
    pub conversations: u64,
    /// How long they took, without holding and consulting.
    pub talked: Duration,
    /// How long the caller was on hold in them.
    pub held: Duration,
    /// How long somebody else was consulted in them.
    pub consulted: Duration,
    /// Calls in which the caller talked with more than one.
    pub transferred: u64,
    /// What callers brought that has to be answered later, by kind.
    pub cases: BTreeMap<CaseKind, u64>,
    /// Cases that were not answered in time.
    pub late: u64,
}

/// A figure by its name.
#[derive(Clone, Debug)]
pub struct Column {
    /// As it heads a column.
    pub name: String,
    /// What it is counted in.
    pub unit: Unit,
    of: Of,
}

/// Where a figure comes from.
#[derive(Clone, Debug)]
enum Of {
    Calls(fn(&Figures) -> Option<f64>),
    /// Cases of these kinds.
    Cases(Vec<CaseKind>),
    /// The part of the answered calls without such a case.
    Without(Vec<CaseKind>),
}

impl Column {
    /// The figure. None: there is nothing to count.
    pub fn of(&self, figures: &Figures) -> Option<f64> {
        match &self.of {
            Of::Calls(of) => of(figures),
            Of::Cases(kinds) => Some(figures.of_kinds(kinds) as f64),
            Of::Without(kinds) => {
                let without = figures.answered.saturating_sub(figures.of_kinds(kinds));
                percent(without, figures.answered)
            }
        }
    }
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

/// Every figure of a report, in its order: those of calls, those of the kinds of cases that the site
/// file has, and those of `others`, kinds that it has no more.
pub fn columns<'a>(
    rules: &CaseRules,
    others: impl IntoIterator<Item = &'a CaseKind>,
) -> Vec<Column> {
    let calls = CALLS.iter().map(|(name, unit, of)| column(name, *unit, Of::Calls(*of)));
    let mut columns: Vec<Column> = calls.collect();
    for (kind, rule) in rules {
        count_in(&mut columns, &rule.column, kind);
        if let Some(name) = &rule.column_without {
            match columns.iter_mut().find(|column| column.name == *name) {
                Some(Column { of: Of::Without(kinds), .. }) => kinds.push(kind.clone()),
                _ => columns.push(column(name, Unit::Percent, Of::Without(vec![kind.clone()]))),
            }
        }
    }
    for kind in others.into_iter().filter(|kind| !rules.contains_key(kind.as_str())) {
        count_in(&mut columns, kind.as_str(), kind);
    }
    columns.push(column("late", Unit::Number, Of::Calls(|figures| Some(figures.late as f64))));
    columns
}

/// Counts a kind in the column of this name, which is made if there is none.
fn count_in(columns: &mut Vec<Column>, name: &str, kind: &CaseKind) {
    match columns.iter_mut().find(|column| column.name == name) {
        Some(Column { of: Of::Cases(kinds), .. }) if !kinds.contains(kind) => {
            kinds.push(kind.clone());
        }
        Some(Column { of: Of::Cases(_), .. }) => {}
        _ => columns.push(column(name, Unit::Number, Of::Cases(vec![kind.clone()]))),
    }
}

fn column(name: &str, unit: Unit, of: Of) -> Column {
    Column { name: name.to_owned(), unit, of }
}

/// A figure of calls: its name, what it is counted in, and the figure.
type OfCalls = (&'static str, Unit, fn(&Figures) -> Option<f64>);

const CALLS: [OfCalls; 13] = [
    ("offered", Unit::Number, |figures| Some(figures.offered as f64)),
    ("answered", Unit::Number, |figures| Some(figures.answered as f64)),
    ("overflowed", Unit::Number, |figures| Some(figures.overflowed as f64)),
    ("by_flow", Unit::Number, |figures| Some(figures.by_flow as f64)),
    ("lost", Unit::Number, |figures| {
        Some((figures.offered - figures.answered - figures.overflowed - figures.by_flow) as f64)
    }),
    ("reachability", Unit::Percent, |figures| percent(figures.answered, figures.offered)),
    ("at_once", Unit::Percent, |figures| percent(figures.at_once, figures.answered)),
    ("mean_wait_s", Unit::Seconds, |figures| Some(mean(figures.waited, figures.offered))),
    ("longest_wait_s", Unit::Seconds, |figures| Some(figures.longest_wait.as_secs_f64())),
    ("mean_talk_s", Unit::Seconds, |figures| Some(mean(figures.talked, figures.conversations))),
    ("mean_hold_s", Unit::Seconds, |figures| Some(mean(figures.held, figures.conversations))),
    ("mean_consult_s", Unit::Seconds, |figures| {
        Some(mean(figures.consulted, figures.conversations))
    }),
    ("transferred", Unit::Number, |figures| Some(figures.transferred as f64)),
];

/// Outcomes of flows that dealt with the call and needed nobody: somebody reported an absence, or
/// answered an offer.
const BY_FLOW: [&str; 5] = ["reported", "accepted", "refused", "cannot-now", "never-again"];

impl Figures {
    /// Counts a call, but for who talked how long. `at_once`: a wait up to this is none.
    pub fn add(&mut self, record: &CallRecord, at_once: Duration) {
        self.offered += 1;
        self.waited += record.waited;
        self.longest_wait = self.longest_wait.max(record.waited);
        if record.went_on() {
            self.overflowed += 1;
        } else if record.connected.is_some() {
            self.answered += 1;
            self.at_once += u64::from(record.waited <= at_once);
            self.transferred += u64::from(record.talks.len() > 1);
        } else if BY_FLOW.contains(&record.outcome.as_str()) {
            self.by_flow += 1;
        }
    }

    /// Counts the part of somebody who talked with a caller.
    pub fn add_talk(&mut self, talk: &Talk) {
        self.conversations += 1;
        self.talked += talk.talked;
        self.held += talk.held;
        self.consulted += talk.consulted;
    }

    /// Counts a case. `late`: it was not answered in time.
    pub fn add_case(&mut self, kind: &CaseKind, late: bool) {
        *self.cases.entry(kind.clone()).or_default() += 1;
        self.late += u64::from(late);
    }

    fn of_kinds(&self, kinds: &[CaseKind]) -> u64 {
        kinds.iter().filter_map(|kind| self.cases.get(kind)).sum()
    }
}

/// What is counted.
#[derive(Clone, Copy, Debug)]
pub enum Counted<'a> {
    /// A call.
    Call(&'a CallRecord),
    /// The part of one who talked with the caller.
    Talk(&'a CallRecord, &'a Talk),
    /// A case that belongs to no call.
    Case(&'a Case),
}

/// Figures of calls that have something in common, in its order. A case counts where its call does;
/// one of a call that is not among the records does not count. Calls for contacts of campaigns are
/// none that came in: a campaign's own figures count them.
pub fn report(
    records: &[CallRecord],
    cases: &[Case],
    at_once: Duration,
    now: Timestamp,
    in_common: impl Fn(Counted<'_>) -> String,
) -> BTreeMap<String, Figures> {
    let came_in = || records.iter().filter(|record| record.campaign.is_none());
    let calls: BTreeMap<_, _> =
        came_in().map(|record| (record.call, in_common(Counted::Call(record)))).collect();
    let mut report = BTreeMap::<String, Figures>::new();
    for record in came_in() {
        report.entry(calls[&record.call].clone()).or_default().add(record, at_once);
        for talk in talks(record).iter() {
            let line = in_common(Counted::Talk(record, talk));
            report.entry(line).or_default().add_talk(talk);
        }
    }
    for case in cases {
        let line = match case.call {
            Some(call) => calls.get(&call).cloned(),
            None => Some(in_common(Counted::Case(case))),
        };
        if let Some(line) = line {
            report.entry(line).or_default().add_case(&case.kind, case.is_late(now));
        }
    }
    report
}

/// Who talked with a caller who was answered where the call had come in.
pub fn talks(record: &CallRecord) -> Cow<'_, [Talk]> {
    match record.went_on() {
        true => Cow::Borrowed(&[]),
        false => record.all_talks(),
    }
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
    use strowger_model::{AgentName, CallId, CaseRule, FlowVersion, Term, mail::Closed};

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

    fn case(kind: &str, call: Option<CallId>, closed: Option<u64>) -> Case {
        let closed = closed.map(|at| Closed { outcome: "founded".into(), at: Timestamp(at) });
        let (opened, due) = (Timestamp(0), Timestamp(100));
        Case {
            id: String::new(),
            kind: kind.into(),
            call,
            flow: "helpdesk".into(),
            opened,
            due,
            by_day: false,
            fields: Vec::new(),
            closed,
        }
    }

    fn figure(figures: &Figures, name: &str) -> Option<f64> {
        let columns = columns(&rules(), [&"call-back".into()]);
        columns.iter().find(|column| column.name == name).unwrap().of(figures)
    }

    fn rules() -> CaseRules {
        let rule = |column: &str, without: Option<&str>| CaseRule {
            term: Term::Days(45),
            outcomes: Vec::new(),
            column: column.to_owned(),
            column_without: without.map(str::to_owned),
        };
        CaseRules::from([
            ("escalation".into(), rule("escalations", Some("one_and_done"))),
            ("complaint".into(), rule("complaints", None)),
            ("policy-complaint".into(), rule("complaints", None)),
        ])
    }

    #[test]
    fn the_columns_of_calls_are_those_that_a_site_file_may_not_name() {
        let columns = columns(&CaseRules::new(), []);
        let names: Vec<&str> = columns.iter().map(|column| &*column.name).collect();
        assert_eq!(names, strowger_model::CALL_COLUMNS);
    }

    /// O3: who calls back and accepts was not lost.
    #[test]
    fn what_the_flow_dealt_with_is_not_lost() {
        let calls = [
            CallRecord { outcome: "accepted".to_owned(), ..call(0, "", 0, None, false) },
            CallRecord { outcome: "reported".to_owned(), ..call(1, "", 0, None, false) },
            CallRecord { outcome: "abandoned".to_owned(), ..call(2, "", 9, None, false) },
        ];
        let report = report(&calls, &[], Duration::ZERO, Timestamp(0), |_| String::new());
        let figures = ["offered", "answered", "by_flow", "lost"];
        let figures = figures.map(|name| figure(&report[""], name));
        assert_eq!(figures, [3.0, 0.0, 2.0, 1.0].map(Some));
    }

    #[test]
    fn everybody_who_talked_has_the_own_time() {
        let seconds = Duration::from_secs;
        let talk = |agent: &str, talked: u64, held: u64, consulted: u64| Talk {
            agent: Some(agent.into()),
            began: Timestamp(0),
            ended: Timestamp(0),
            talked: seconds(talked),
            held: seconds(held),
            consulted: seconds(consulted),
        };
        let talks = vec![talk("an", 45, 10, 8), talk("bram", 560, 0, 0)];
        let calls = [
            CallRecord { talks, ..call(0, "an", 0, Some(613), false) },
            CallRecord { talks: vec![talk("an", 15, 0, 0)], ..call(1, "an", 0, Some(15), false) },
        ];
        let name = |agent: Option<&AgentName>| agent.map(ToString::to_string).unwrap_or_default();
        let by = |counted: Counted<'_>| match counted {
            Counted::Talk(_, talk) => name(talk.agent.as_ref()),
            Counted::Call(record) => name(record.agent.as_ref()),
            Counted::Case(_) => unreachable!(),
        };
        let names = ["answered", "mean_talk_s", "mean_hold_s", "mean_consult_s", "transferred"];
        let of = |report: &BTreeMap<String, Figures>, line: &str| {
            names.map(|name| figure(&report[line], name).unwrap())
        };
        let by_agent = report(&calls, &[], seconds(20), Timestamp(0), by);
        assert_eq!(of(&by_agent, "an"), [2.0, 30.0, 5.0, 4.0, 1.0]);
        assert_eq!(of(&by_agent, "bram"), [0.0, 560.0, 0.0, 0.0, 0.0], "was given the call");
        let all = report(&calls, &[], seconds(20), Timestamp(0), |_| "all".to_owned());
        assert_eq!(of(&all, "all"), [2.0, 620.0 / 3.0, 10.0 / 3.0, 8.0 / 3.0, 1.0]);
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
            case("escalation", Some(calls[0].call), Some(99)),
            case("call-back", Some(calls[3].call), None),
            case("complaint", None, Some(100)),
            case("policy-complaint", None, Some(99)),
            case("complaint", Some(CallId::next(5, None)), None),
        ];
        let name = |agent: Option<&AgentName>| agent.map(ToString::to_string).unwrap_or_default();
        let by = |counted: Counted<'_>| match counted {
            Counted::Call(record) if record.outcome == "overflow" => "closed".to_owned(),
            Counted::Call(record) => name(record.agent.as_ref()),
            Counted::Talk(_, talk) => name(talk.agent.as_ref()),
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
            of("", &["lost", "call-back", "late", "mean_wait_s"]),
            [1.0, 1.0, 0.0, 90.0].map(Some),
            "that call-back has 1 ms left, and its kind is not in the site file"
        );
        assert_eq!(
            of("by letter", &["complaints", "late", "reachability"]),
            [Some(2.0), Some(1.0), None],
            "two kinds in one column"
        );
    }
}

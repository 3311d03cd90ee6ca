//! Compares what happened in a call with what was expected of it.

use crate::{
    file::{Call, Expect, THINGS},
    term::{TermError, seconds, text},
    timeline::{Happening, HungUpBy, Timeline, What, spoken, word},
};
use serde_json::Value;
use std::{ops::Range, time::Duration};
use strowger_model::{PhoneNumber, command::Field, event::RefusalReason};
use toml::Spanned;

/// Something that was not as expected.
#[derive(Clone, Debug, PartialEq)]
pub struct Failure {
    /// Where it is written, in bytes of the scenario file; none: it holds for every scenario.
    pub span: Option<Range<usize>>,
    /// In words.
    pub expected: String,
    /// In words.
    pub happened: String,
}

/// A line of a scenario with its settings filled in.
#[derive(Clone, Debug)]
pub(crate) struct Line {
    span: Range<usize>,
    thing: &'static str,
    value: String,
    /// Of a mail, what one of its fields or addresses contains.
    contains: Option<String>,
    at: Option<Duration>,
    within: Duration,
    restart: bool,
    repeats: bool,
}

/// A line that cannot be understood.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub(crate) enum LineError {
    #[error("nothing is expected here; write one of {}", THINGS.join(", "))]
    Nothing,
    #[error("{0} and {1} are two things; write a line for each")]
    Two(&'static str, &'static str),
    #[error(transparent)]
    Term(#[from] TermError),
}

impl Expect {
    /// The one thing that it is about.
    pub(crate) fn thing(&self) -> Result<(&'static str, &str), LineError> {
        let values = [
            &self.hears,
            &self.music,
            &self.waits_in,
            &self.leaves,
            &self.rings,
            &self.not_answered_by,
            &self.fumbled_by,
            &self.pauses,
            &self.dials,
            &self.unanswered,
            &self.talks_with,
            &self.consulted,
            &self.listens_to,
            &self.other_hears,
            &self.alarms,
            &self.mails,
            &self.opens,
            &self.hung_up_by,
            &self.refused,
        ];
        let mut said = THINGS
            .into_iter()
            .zip(values)
            .filter_map(|(thing, value)| Some((thing, value.as_deref()?)));
        match (said.next(), said.next()) {
            (Some(one), None) => Ok(one),
            (Some((one, _)), Some((two, _))) => Err(LineError::Two(one, two)),
            (None, _) => Err(LineError::Nothing),
        }
    }
}

impl Line {
    pub(crate) fn new(line: &Spanned<Expect>, settings: &Value) -> Result<Self, LineError> {
        let expect = line.get_ref();
        let (thing, value) = expect.thing()?;
        Ok(Self {
            span: line.span(),
            thing,
            value: text(settings, value)?.into_owned(),
            contains: expect
                .contains
                .as_ref()
                .map(|part| text(settings, part))
                .transpose()?
                .map(std::borrow::Cow::into_owned),
            at: expect.at.as_ref().map(|at| at.resolve(settings)).transpose()?,
            within: seconds(expect.within.unwrap_or(0.5)),
            restart: expect.restart,
            repeats: expect.repeats,
        })
    }

    fn is(&self, what: &What) -> bool {
        let equals = |text: &str| text == self.value;
        match (self.thing, what) {
            ("hears", What::Hears(prompts)) => is_said(&spoken(prompts), &self.value),
            ("music", What::Music(class)) => equals(class),
            ("waits_in", What::WaitsIn(queues)) => queues.contains(&self.value),
            ("leaves", What::Leaves(why)) => equals(&word(why)),
            ("rings", What::Rings { agent, .. }) => equals(agent),
            ("not_answered_by", What::NotAnswered { agent, .. }) => equals(agent),
            ("fumbled_by", What::Fumbled(agent)) => equals(agent),
            ("pauses", What::Paused(agent)) => equals(agent),
            ("dials", What::Dials(whom)) => same_number(whom, &self.value),
            ("unanswered", What::Unanswered { why, .. }) => equals(&word(why)),
            ("talks_with", What::TalksWith(whom)) => same_number(whom, &self.value),
            ("consulted", What::Consulted(whom)) => same_number(whom, &self.value),
            ("listens_to", What::ListensTo(agent)) => equals(agent),
            ("other_hears", What::OtherHears(prompts)) => is_said(&spoken(prompts), &self.value),
            ("alarms", What::Alarms(what)) => what.contains(&self.value),
            ("mails", What::Mails { template, to, fields }) => {
                equals(template) && self.is_in(fields, to)
            }
            ("opens", What::Opens { kind, fields }) => {
                equals(kind.as_str()) && self.is_in(fields, &[])
            }
            ("hung_up_by", What::HungUp { by, .. }) => equals(match by {
                HungUpBy::Us => "us",
                HungUpBy::Caller => "caller",
            }),
            ("refused", What::Refused { command, .. }) => equals(command),
            _ => false,
        }
    }

    /// Whether one of the fields, or an address, contains what is to be in them.
    fn is_in(&self, fields: &[Field], to: &[String]) -> bool {
        let mut said = fields.iter().map(|field| &field.value).chain(to);
        self.contains.as_ref().is_none_or(|part| said.any(|said| said.contains(part)))
    }

    fn name(&self) -> String {
        let contains =
            self.contains.as_ref().map(|part| format!(", contains = {part:?}")).unwrap_or_default();
        format!("{} = {:?}{contains}", self.thing, self.value)
    }
}

/// Whether what was heard contains a text. Line breaks and runs of spaces do not matter; a word in
/// braces in the text stands for any words.
fn is_said(heard: &str, text: &str) -> bool {
    let simplified = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
    let (heard, text) = (simplified(heard), simplified(text));
    let mut rest = heard.as_str();
    let pieces = text.split('{').enumerate().map(|(index, piece)| match index {
        0 => piece,
        _ => piece.split_once('}').map_or(piece, |(_, after)| after),
    });
    for piece in pieces {
        match rest.find(piece) {
            Some(at) => rest = &rest[at + piece.len()..],
            None => return false,
        }
    }
    true
}

/// Numbers may be written with spaces.
fn same_number(one: &str, other: &str) -> bool {
    one == other
        || matches!((one.parse::<PhoneNumber>(), other.parse::<PhoneNumber>()), (Ok(one), Ok(other)) if one == other)
}

/// What is expected of a call, settings filled in.
#[derive(Clone, Debug, Default)]
pub(crate) struct Expected {
    expect: Vec<Line>,
    never: Vec<Line>,
}

impl Expected {
    /// All lines that cannot be understood, at once.
    pub(crate) fn new(
        call: &Call,
        settings: &Value,
    ) -> Result<Self, Vec<(Range<usize>, LineError)>> {
        Self::of_lines(&call.expect, &call.never, settings)
    }

    pub(crate) fn of_lines(
        expect: &[Spanned<Expect>],
        never: &[Spanned<Expect>],
        settings: &Value,
    ) -> Result<Self, Vec<(Range<usize>, LineError)>> {
        let mut wrong = Vec::new();
        let mut lines = |written: &[Spanned<Expect>]| -> Vec<Line> {
            let line = |line: &Spanned<Expect>| {
                Line::new(line, settings).map_err(|error| (line.span(), error))
            };
            written
                .iter()
                .filter_map(|written| line(written).map_err(|error| wrong.push(error)).ok())
                .collect()
        };
        let expected = Self { expect: lines(expect), never: lines(never) };
        match wrong.is_empty() {
            true => Ok(expected),
            false => Err(wrong),
        }
    }
}

/// What of a call was not as its scenario says; without `expectations`, only what must hold for
/// every call.
pub(crate) fn judge(
    call: &Call,
    expected: &Expected,
    timeline: &Timeline,
    expectations: bool,
) -> Vec<Failure> {
    let mut failures = Vec::new();
    if expectations {
        lines(&expected.expect, timeline, &mut failures);
        never(&expected.never, timeline, &mut failures);
        record(call, timeline, &mut failures);
    }
    always(expected, timeline, expectations, &mut failures);
    failures
}

/// What of the call of a contact was not as its scenario says.
pub(crate) fn judge_contact(
    expected: &Expected,
    outcome: Option<&Spanned<String>>,
    timeline: &Timeline,
) -> Vec<Failure> {
    let mut failures = Vec::new();
    lines(&expected.expect, timeline, &mut failures);
    never(&expected.never, timeline, &mut failures);
    if let Some((record, outcome)) = timeline.record().zip(outcome) {
        failures.extend(other_outcome(outcome, &record.outcome));
    }
    always(expected, timeline, true, &mut failures);
    failures
}

/// What holds for every call.
pub(crate) fn always(
    expected: &Expected,
    timeline: &Timeline,
    expectations: bool,
    failures: &mut Vec<Failure>,
) {
    for what in timeline.happenings.iter().map(|happening| &happening.what) {
        let expected_refusal = || expected.expect.iter().any(|line| line.is(what));
        let broken = match what {
            What::Fault { .. } => "no step that fails",
            What::FellBack(_) => "a flow that serves the call to its end",
            // With other hours or agents a scenario's keys may come when there is nothing to do.
            What::Refused { reason: RefusalReason::WrongState, .. } if !expectations => continue,
            What::Refused { .. } if !expected_refusal() => "no order that is refused",
            _ => continue,
        };
        failures.push(Failure {
            span: None,
            expected: broken.to_owned(),
            happened: what.to_string(),
        });
    }
    if timeline.record().is_none() {
        let happened = "the call did not end".to_owned();
        failures.push(Failure { span: None, expected: "a call that ends".to_owned(), happened });
    }
}

fn never(lines: &[Line], timeline: &Timeline, failures: &mut Vec<Failure>) {
    for line in lines {
        for happening in timeline.happenings.iter().filter(|happening| line.is(&happening.what)) {
            failures.push(Failure {
                span: Some(line.span.clone()),
                expected: format!("never {}", line.name()),
                happened: format!("{}: {}", since(timeline, happening.at), happening.what),
            });
        }
    }
}

/// In their order; a thing that is named happens as often as it is named.
fn lines(lines: &[Line], timeline: &Timeline, failures: &mut Vec<Failure>) {
    let happenings = &timeline.happenings;
    let mut taken = vec![false; happenings.len()];
    let mut zero = Some(timeline.arrived());
    let mut last = timeline.arrived();
    for line in lines {
        let window = match (line.at, zero) {
            (None, _) => Some((last, Duration::MAX)),
            (Some(at), Some(zero)) => {
                Some(((zero + at).saturating_sub(line.within), zero + at + line.within))
            }
            (Some(_), None) => None,
        };
        let expected = |zero: Option<Duration>| match (line.at, zero) {
            (Some(at), Some(zero)) => format!("{} {}", line.name(), since(timeline, zero + at)),
            (Some(at), None) => {
                format!("{} {} s after a line that did not happen", line.name(), at.as_secs_f64())
            }
            (None, _) => line.name(),
        };
        let fits = |happening: &Happening| {
            window.is_some_and(|(from, to)| (from..=to).contains(&happening.at))
                && line.is(&happening.what)
        };
        match (0..happenings.len()).find(|&i| !taken[i] && fits(&happenings[i])) {
            Some(i) => {
                taken[i] = true;
                last = last.max(happenings[i].at);
                if line.restart {
                    zero = Some(happenings[i].at);
                }
            }
            None => {
                failures.push(Failure {
                    span: Some(line.span.clone()),
                    expected: expected(zero),
                    happened: instead(line, timeline),
                });
                if line.restart {
                    zero = None;
                }
            }
        }
    }
    for (happening, _) in happenings.iter().zip(&taken).filter(|(_, taken)| !**taken) {
        let named: Vec<&Line> = lines.iter().filter(|line| line.is(&happening.what)).collect();
        let Some(line) = named.first().filter(|_| named.iter().all(|line| !line.repeats)) else {
            continue;
        };
        failures.push(Failure {
            span: Some(line.span.clone()),
            expected: format!(
                "{} only as often as it is named (or with repeats = true)",
                line.name()
            ),
            happened: format!("also {}", since(timeline, happening.at)),
        });
    }
}

/// When the same happened, or else what did of the same kind.
fn instead(line: &Line, timeline: &Timeline) -> String {
    let when = |happening: &Happening| since(timeline, happening.at);
    let same: Vec<String> =
        timeline.happenings.iter().filter(|h| line.is(&h.what)).map(when).collect();
    if !same.is_empty() {
        return format!("it happened {}", same.join(", "));
    }
    let kind = |what: &What| match what {
        What::Hears(_) => "hears",
        What::Music(_) => "music",
        What::WaitsIn(_) => "waits_in",
        What::Leaves(_) => "leaves",
        What::Rings { .. } => "rings",
        What::NotAnswered { .. } => "not_answered_by",
        What::Fumbled(_) => "fumbled_by",
        What::Paused(_) => "pauses",
        What::Dials(_) => "dials",
        What::Unanswered { .. } => "unanswered",
        What::TalksWith(_) => "talks_with",
        What::Alarms(_) => "alarms",
        What::Mails { .. } => "mails",
        What::Opens { .. } => "opens",
        What::HungUp { .. } => "hung_up_by",
        What::Refused { .. } => "refused",
        _ => "",
    };
    let alike = |happening: &&Happening| kind(&happening.what) == line.thing;
    let others: Vec<String> = timeline
        .happenings
        .iter()
        .filter(alike)
        .map(|other| format!("{}: {}", when(other), other.what))
        .collect();
    match others.is_empty() {
        true => "it did not happen".to_owned(),
        false => format!("it did not happen, but {}", others.join("; ")),
    }
}

fn record(call: &Call, timeline: &Timeline, failures: &mut Vec<Failure>) {
    let Some(record) = timeline.record() else { return };
    failures.extend(call.outcome.as_ref().and_then(|it| other_outcome(it, &record.outcome)));
    let mut fail = |span: Range<usize>, expected: String, happened: String| {
        failures.push(Failure { span: Some(span), expected, happened });
    };
    for (key, value) in &call.notes {
        let noted =
            record.notes.iter().find(|field| &field.key == key).map(|field| field.value.as_str());
        if noted != Some(value.get_ref()) {
            let happened =
                noted.map_or_else(|| "no such note".to_owned(), |noted| format!("{noted:?}"));
            fail(value.span(), format!("the note {key} = {:?}", value.get_ref()), happened);
        }
    }
    for tag in call.tags.iter().filter(|tag| !record.tags.contains(tag.get_ref())) {
        fail(
            tag.span(),
            format!("the mark {:?}", tag.get_ref()),
            format!("marks {:?}", record.tags),
        );
    }
}

fn other_outcome(wanted: &Spanned<String>, found: &str) -> Option<Failure> {
    (wanted.get_ref() != found).then(|| Failure {
        span: Some(wanted.span()),
        expected: format!("outcome {:?}", wanted.get_ref()),
        happened: format!("outcome {found:?}"),
    })
}

fn since(timeline: &Timeline, at: Duration) -> String {
    format!("at {:.1} s", at.saturating_sub(timeline.arrived()).as_secs_f64())
}

#[cfg(test)]
mod tests {
    use super::*;
    use strowger_model::Prompt;

    fn hears(seconds: u64, text: &str) -> Happening {
        let prompt = Prompt::Text { text: text.to_owned(), language: None };
        Happening { at: Duration::from_secs(seconds), what: What::Hears(vec![prompt]) }
    }

    /// What is wrong with a call in which words were heard, by these lines.
    fn wrong(happenings: &[(u64, &str)], expect: &str) -> Vec<String> {
        let call: Call = toml::from_str(&format!("expect = [{expect}]")).unwrap();
        let expected = Expected::new(
            &call,
            &serde_json::json!({ "wait": "Even geduld, {name}!", "every": 60 }),
        )
        .unwrap();
        let happenings = happenings.iter().map(|(at, text)| hears(*at, text)).collect();
        let mut failures = Vec::new();
        lines(&expected.expect, &Timeline { happenings }, &mut failures);
        failures
            .into_iter()
            .map(|failure| format!("{} / {}", failure.expected, failure.happened))
            .collect()
    }

    #[test]
    fn times_count_from_the_arrival_or_from_a_restart() {
        let heard = [(0, "Welkom"), (9, "Even geduld, mevrouw!"), (69, "Even geduld, mevrouw!")];
        let good = r#"{ at = 0, hears = "Welkom" }, { hears = "settings.wait", restart = true }, { at = "settings.every", hears = "settings.wait" }"#;
        assert_eq!(wrong(&heard, good), [""; 0]);
        let late = wrong(&heard, &good.replace("\"settings.every\"", "50"));
        assert!(late[0].contains("at 59.0 s / it happened at 9.0 s, at 69.0 s"), "{late:?}");
        let unmet = wrong(
            &heard,
            &good.replace("hears = \"settings.wait\", restart", "hears = \"Dag\", restart"),
        );
        assert!(
            unmet.iter().any(|line| line.contains("60 s after a line that did not happen")),
            "{unmet:?}"
        );
    }

    #[test]
    fn a_thing_happens_as_often_as_it_is_named() {
        let heard = [(0, "Even geduld, u!"), (30, "Even geduld, u!"), (60, "Even geduld, u!")];
        let twice = r#"{ at = 0, hears = "Even geduld" }, { at = 60, hears = "Even geduld" }"#;
        assert_eq!(wrong(&heard, twice).len(), 1);
        assert!(wrong(&heard, twice)[0].contains("also at 30.0 s"));
        assert_eq!(wrong(&heard, &twice.replace("at = 0,", "at = 0, repeats = true,")), [""; 0]);
    }

    #[test]
    fn texts_and_numbers_are_compared_as_people_would() {
        assert!(
            is_said("Welkom bij Gent.  Dag", "bij {town}. Dag") && !is_said("Welkom", "Welkom bij")
        );
        assert!(same_number("+3227138700", "+32 2 713 87 00") && !same_number("an", "bram"));
    }
}

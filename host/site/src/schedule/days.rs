//! The hours of each day. What is past midnight belongs to the day on which it began, also where
//! that day or the next is a holiday or an exception: "18:00-02:00" and a closed 24 December are
//! open in the first two hours of the 24th, and closed in those of the 25th.
//!
//! OpenStreetMap's hours know no such days: there, a rule for a date holds from midnight to
//! midnight. So an expression is read as two, one for the hours of a day until midnight, and one
//! for those past it, on the clock of the next day.

use chrono::NaiveDate;
use opening_hours::{Context, ContextHolidays, OpeningHours, RuleKind, schedule::TimeRange};
use opening_hours_syntax::{
    ExtendedTime,
    rules::{
        OpeningHoursExpression, RuleOperator, RuleSequence,
        time::{Time, TimeSelector, TimeSpan},
    },
};

const MIDNIGHT: ExtendedTime = ExtendedTime::MIDNIGHT_24;

/// Opening hours that cannot be read.
pub(crate) struct BadHours {
    /// The character, from 0 on, up to which they can be read.
    pub(crate) at: usize,
    pub(crate) why: String,
}

#[derive(Debug)]
pub(super) struct Days {
    until_midnight: OpeningHours,
    past_midnight: OpeningHours,
}

impl Days {
    pub(super) fn new(expression: &str, holidays: &ContextHolidays) -> Result<Self, BadHours> {
        parse(expression)?;
        let part = |part: fn(RuleSequence) -> Option<RuleSequence>| {
            let whole = opening_hours_syntax::parse(expression)
                .map_err(|error| BadHours { at: 0, why: error.to_string() })?;
            let rules = whole.rules.into_iter().filter_map(part).collect();
            let hours = parse(&OpeningHoursExpression { rules }.to_string())?;
            Ok(hours.with_context(Context::default().with_holidays(holidays.clone())))
        };
        Ok(Self { until_midnight: part(until_midnight)?, past_midnight: part(past_midnight)? })
    }

    /// What holds from midnight to midnight, without holes.
    pub(super) fn on_the_clock(&self, date: NaiveDate) -> impl Iterator<Item = TimeRange> + use<> {
        let before = date.pred_opt().map(|before| self.past_midnight.schedule_at(before));
        let today = self.until_midnight.schedule_at(date);
        today.addition(before.unwrap_or_default()).into_iter()
    }

    /// What begins on a date, until midnight and past it: open hours, and reasons for closing.
    pub(super) fn of_day(&self, date: NaiveDate) -> Vec<TimeRange> {
        let past = self.past_midnight.schedule_at(date).into_iter();
        let past = past.filter(|range| range.kind != RuleKind::Closed).map(|mut range| {
            let later = |time: ExtendedTime| time.add_hours(24).unwrap_or(time);
            range.range = later(range.range.start)..later(range.range.end);
            range
        });
        let mut of_day: Vec<TimeRange> = Vec::new();
        for next in self.until_midnight.schedule_at(date).into_iter().chain(past) {
            match of_day.last_mut() {
                Some(last)
                    if last.as_state() == next.as_state() && last.range.end == next.range.start =>
                {
                    last.range.end = next.range.end;
                }
                _ => of_day.push(next),
            }
        }
        of_day
    }
}

/// A rule for the hours of its days until midnight.
fn until_midnight(mut rule: RuleSequence) -> Option<RuleSequence> {
    let spans = rule.time_selector.spans.into_iter().filter_map(|mut span| {
        let (start, end) = fixed(&span)?;
        span.range.end = Time::Fixed(end.min(MIDNIGHT));
        (start < MIDNIGHT).then_some(span)
    });
    rule.time_selector = TimeSelector { spans: spans.collect() };
    or_nothing(rule)
}

/// A rule for the hours of its days past midnight, on the clock of the next day. A day that is
/// closed as a whole is closed past midnight too.
fn past_midnight(mut rule: RuleSequence) -> Option<RuleSequence> {
    let whole_day = TimeSelector::default();
    if rule.kind == RuleKind::Closed && rule.time_selector == whole_day {
        rule.comment = "".into();
        return Some(rule);
    }
    let earlier = |time: ExtendedTime| time.max(MIDNIGHT).add_hours(-24);
    let spans = rule.time_selector.spans.into_iter().filter_map(|span| {
        let (start, end) = fixed(&span)?;
        (end > MIDNIGHT).then_some(TimeSpan::fixed_range(earlier(start)?, earlier(end)?))
    });
    rule.time_selector = TimeSelector { spans: spans.collect() };
    or_nothing(rule)
}

/// A rule without times says that its days are closed, if it takes the place of the rules before.
fn or_nothing(rule: RuleSequence) -> Option<RuleSequence> {
    let replaces = rule.operator == RuleOperator::Normal && rule.kind != RuleKind::Closed;
    match rule.time_selector.spans.is_empty() {
        false => Some(rule),
        true if replaces => Some(RuleSequence {
            time_selector: TimeSelector::default(),
            kind: RuleKind::Closed,
            comment: "".into(),
            ..rule
        }),
        true => None,
    }
}

/// From when until when, which may be past midnight; none: it depends on the sun, which
/// [`super::check`] refuses.
fn fixed(span: &TimeSpan) -> Option<(ExtendedTime, ExtendedTime)> {
    match (span.range.start, span.range.end) {
        (Time::Fixed(start), Time::Fixed(end)) if end > start => Some((start, end)),
        (Time::Fixed(start), Time::Fixed(end)) => Some((start, end.add_hours(24)?)),
        _ => None,
    }
}

pub(super) fn parse(expression: &str) -> Result<OpeningHours, BadHours> {
    expression.parse::<OpeningHours>().map_err(|error| {
        let message = error.to_string();
        // A syntax error is shown over several lines, the first of which is ` --> LINE:COLUMN`.
        let place = message.lines().next().and_then(|line| line.trim().strip_prefix("--> 1:"));
        match place.and_then(|column| column.parse::<usize>().ok()) {
            Some(column) => BadHours {
                at: column.saturating_sub(1),
                why: "not opening hours from here on".to_owned(),
            },
            None => BadHours { at: 0, why: format!("not opening hours: {message}") },
        }
    })
}

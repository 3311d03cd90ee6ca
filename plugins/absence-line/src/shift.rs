//! What is reported: a shift, or an absence of weeks, in figures and in words.

use crate::settings::{Department, Role, Spoken};
use chrono::{Datelike, NaiveDate, NaiveTime, Timelike};
use strowger_sdk::{prelude::*, types::Moment};

/// What is reported.
#[derive(Clone, Debug)]
pub(crate) struct Absence {
    pub(crate) department: &'static Department,
    pub(crate) role: &'static Role,
    pub(crate) date: NaiveDate,
    pub(crate) span: Span,
}

/// How long somebody is absent.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Span {
    /// One shift. One that ends no later than it begins ends on the next day.
    Shift { from: NaiveTime, to: NaiveTime },
    /// All shifts until a day.
    Period { until: NaiveDate },
}

/// A day as it is keyed, `DDMM`: the next one that there is, today included.
pub(crate) fn day(keyed: &str, today: NaiveDate) -> Option<NaiveDate> {
    let (day, month) = pair(keyed)?;
    let years = today.year()..=today.year() + 8;
    years.filter_map(|year| NaiveDate::from_ymd_opt(year, month, day)).find(|day| *day >= today)
}

/// A time of day as it is keyed, `HHMM`.
pub(crate) fn time(keyed: &str) -> Option<NaiveTime> {
    let (hour, minute) = pair(keyed)?;
    NaiveTime::from_hms_opt(hour, minute, 0)
}

fn pair(keyed: &str) -> Option<(u32, u32)> {
    let (first, second) = keyed.split_at_checked(2).filter(|_| keyed.len() == 4)?;
    Some((first.parse().ok()?, second.parse().ok()?))
}

/// The civil date of a moment.
pub(crate) fn date_of(moment: &Moment) -> Option<NaiveDate> {
    NaiveDate::from_ymd_opt(moment.year, moment.month.into(), moment.day.into())
}

impl Absence {
    /// In words, for people.
    pub(crate) fn words(&self, spoken: &Spoken) -> String {
        let date = self::date(spoken, self.date);
        match self.span {
            Span::Shift { from, to } => {
                let text = spoken.shift.replace("{date}", &date);
                text.replace("{from}", &at(spoken, from)).replace("{to}", &at(spoken, to))
            }
            Span::Period { until } => {
                let text = spoken.period.replace("{date}", &date);
                text.replace("{until}", &self::date(spoken, until))
            }
        }
    }

    /// What the campaign is about.
    pub(crate) fn fields(&self, spoken: &Spoken) -> Vec<Field> {
        let (date, shift) = (self.date.to_string(), self.words(spoken));
        let mut fields = vec![
            ("department", self.department.name.clone()),
            ("role", self.role.name.clone()),
            ("shift", shift),
        ];
        match self.span {
            Span::Shift { from, to } => {
                fields.extend([("from", hours_and_minutes(from)), ("to", hours_and_minutes(to))])
            }
            Span::Period { until } => fields.push(("to", until.to_string())),
        }
        fields.push(("date", date));
        fields.into_iter().map(|(key, value)| Field { key: key.into(), value }).collect()
    }

    /// When it begins and when it is over, as the clock shows it.
    pub(crate) fn begin_and_end(&self) -> [String; 2] {
        let next = |date: NaiveDate| date.succ_opt().unwrap_or(date);
        let (from, end, to) = match self.span {
            Span::Shift { from, to } if to > from => (from, self.date, to),
            Span::Shift { from, to } => (from, next(self.date), to),
            Span::Period { until } => (NaiveTime::MIN, next(until), NaiveTime::MIN),
        };
        [(self.date, from), (end, to)]
            .map(|(date, time)| format!("{date} {}", hours_and_minutes(time)))
    }

    /// The name of the campaign, if no other one has it: 75 letters at most, and two more tell
    /// those apart that are alike.
    pub(crate) fn name(&self) -> String {
        let short = |name: &str| name.chars().take(26).collect::<String>().trim().to_owned();
        let (department, role) = (short(&self.department.name), short(&self.role.name));
        let when = match self.span {
            Span::Shift { from, .. } => hours_and_minutes(from),
            Span::Period { until } => until.to_string(),
        };
        format!("{department} {} {when} {role}", self.date)
    }
}

fn hours_and_minutes(time: NaiveTime) -> String {
    format!("{:02}:{:02}", time.hour(), time.minute())
}

fn date(spoken: &Spoken, date: NaiveDate) -> String {
    let weekday = &spoken.weekdays[date.weekday().num_days_from_monday() as usize];
    let text = spoken.date.replace("{weekday}", weekday);
    text.replace("{day}", &date.day().to_string())
        .replace("{month}", &spoken.months[date.month0() as usize])
}

fn at(spoken: &Spoken, time: NaiveTime) -> String {
    let text = if time.minute() == 0 { &spoken.hour } else { &spoken.time };
    text.replace("{hour}", &time.hour().to_string()).replace("{minute}", &time.minute().to_string())
}

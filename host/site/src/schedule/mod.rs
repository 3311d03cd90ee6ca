//! Opening hours in civil time, with public holidays and dated exceptions, and civil time itself.
//!
//! Hours are worked out on the local clock and then put on the time line: a boundary is at the
//! first instant at which the clock shows it or later. So intervals stay half open and in order
//! when the clock changes: a night of 22:00-06:00 is 7 or 9 hours long, and 02:30 of the night
//! without a 02:30 is the instant of the change.
//!
//! # Layout
//! * `days`: the hours of each day, with those past midnight.

mod days;

use chrono::{
    DateTime, Datelike, NaiveDate, NaiveDateTime, NaiveTime, TimeDelta, TimeZone, Timelike,
};
use chrono_tz::Tz;
use compact_calendar::CompactCalendar;
pub(crate) use days::BadHours;
use days::{Days, parse};
use opening_hours::{ContextHolidays, RuleKind, localization::Country};
use opening_hours_syntax::ExtendedTime;
use std::{
    collections::BTreeMap,
    fmt::Write,
    sync::{Arc, Mutex, PoisonError},
};
use strowger_model::{
    Timestamp,
    read::{Moment, ScheduleStatus},
};

/// Opening hours of the site.
#[derive(Debug)]
pub struct Schedule {
    calendar: Arc<Calendar>,
    days: Days,
    /// The last answer, and from when until when it holds. Calls ask again and again within the
    /// same hours.
    last: Mutex<Option<(Timestamp, Timestamp, ScheduleStatus)>>,
}

/// The site's zone and public holidays.
#[derive(Debug)]
pub(crate) struct Calendar {
    pub(crate) zone: Tz,
    holidays: ContextHolidays,
    named: BTreeMap<NaiveDate, String>,
}

/// Days on which other hours hold.
pub(crate) struct Exception {
    pub(crate) from: NaiveDate,
    pub(crate) until: NaiveDate,
    pub(crate) name: String,
    pub(crate) hours: String,
}

/// The hours that begin on a day. Those past midnight belong to the day on which they began.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Day {
    /// The date.
    pub date: NaiveDate,
    /// Such as `09:00-12:00` and `18:00-02:00`. Empty: closed.
    pub open: Vec<String>,
    /// The name of the exception or of the site's own holiday.
    pub reason: Option<String>,
    /// Whether it is a public holiday, or one of the site.
    pub holiday: bool,
}

/// A stretch of time in which nothing changes, on the local clock.
#[derive(Default)]
struct Interval {
    from: NaiveDateTime,
    /// None: it has no end.
    until: Option<NaiveDateTime>,
    kind: RuleKind,
    comment: Arc<str>,
}

/// An interval longer than so many days counts as without end.
const FOREVER: usize = 3 * 366;

impl Calendar {
    pub(crate) fn new(
        zone: Tz,
        country: Option<Country>,
        named: BTreeMap<NaiveDate, String>,
    ) -> Self {
        let country = country.map(Country::holidays).unwrap_or_default();
        let mut public: CompactCalendar = country.get_public().clone();
        for date in named.keys() {
            public.insert(*date);
        }
        let school = Arc::new(country.get_school().clone());
        Self { zone, holidays: ContextHolidays::new(Arc::new(public), school), named }
    }

    /// An instant with its civil date and time.
    pub(crate) fn moment(&self, instant: Timestamp) -> Moment {
        let local = self.local(instant);
        Moment {
            instant,
            year: local.year(),
            month: local.month() as u8,
            day: local.day() as u8,
            hour: local.hour() as u8,
            minute: local.minute() as u8,
            second: local.second() as u8,
            weekday: local.weekday().num_days_from_monday() as u8,
        }
    }

    /// The end of a day, so many days after that of an instant; if asked for, counting working days
    /// alone.
    pub(crate) fn end_of_day(&self, from: Timestamp, days: u32, working: bool) -> Timestamp {
        let mut day = self.local(from).date();
        let mut left = days;
        while left > 0 {
            day = day + chrono::Days::new(1);
            let free = day.weekday().num_days_from_monday() >= 5
                || self.holidays.get_public().contains(day);
            left -= u32::from(!(working && free));
        }
        self.instant((day + chrono::Days::new(1)).and_time(NaiveTime::MIN))
    }

    fn local(&self, instant: Timestamp) -> NaiveDateTime {
        let utc = DateTime::from_timestamp_millis(instant.0 as i64).unwrap_or(DateTime::UNIX_EPOCH);
        self.zone.from_utc_datetime(&utc.naive_utc()).naive_local()
    }

    /// The first instant at which the clock shows this or later.
    pub(crate) fn instant(&self, mut local: NaiveDateTime) -> Timestamp {
        // The longest gap of any zone is a day.
        for _ in 0..=24 * 60 {
            if let Some(first) = self.zone.from_local_datetime(&local).earliest() {
                return Timestamp(first.timestamp_millis().max(0) as u64);
            }
            local += TimeDelta::minutes(1);
        }
        Timestamp(local.and_utc().timestamp_millis().max(0) as u64)
    }
}

impl Schedule {
    pub(crate) fn new(
        calendar: Arc<Calendar>,
        hours: &str,
        exceptions: &[Exception],
    ) -> Result<Self, BadHours> {
        check(hours)?;
        let mut expression = hours.trim().trim_end_matches(';').to_owned();
        for Exception { from, until, name, hours } in exceptions {
            let (from, until) = (from.format("%Y %b %d"), until.format("%Y %b %d"));
            // Writing to a string cannot fail. A quotation mark would end the comment.
            let _ = write!(expression, "; {from}-{until} {hours} \"{}\"", name.replace('"', "'"));
        }
        let days = Days::new(&expression, &calendar.holidays)?;
        Ok(Self { calendar, days, last: Mutex::new(None) })
    }

    /// As it stands at an instant.
    pub fn status(&self, at: Timestamp) -> ScheduleStatus {
        let mut last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((from, until, status)) = &*last
            && (*from..*until).contains(&at)
        {
            return status.clone();
        }
        let (from, until, status) = self.evaluate(at);
        *last = Some((from, until, status.clone()));
        status
    }

    /// The hours that begin on a date.
    pub fn day(&self, date: NaiveDate) -> Day {
        let ranges = self.days.of_day(date);
        let said = ranges.iter().map(|range| range.comment.as_ref());
        let reason = said.filter(|reason| !reason.is_empty()).map(str::to_owned).next();
        let open = ranges.iter().filter(|range| range.kind == RuleKind::Open);
        Day {
            date,
            open: open.map(|open| clock(open.range.start) + "-" + &clock(open.range.end)).collect(),
            reason: reason.or_else(|| self.calendar.named.get(&date).cloned()),
            holiday: self.calendar.holidays.get_public().contains(date),
        }
    }

    fn evaluate(&self, at: Timestamp) -> (Timestamp, Timestamp, ScheduleStatus) {
        let calendar = &self.calendar;
        let today = calendar.local(at).date();
        let midnight = |date: NaiveDate| calendar.instant(date.and_time(NaiveTime::MIN));
        let interval = self.interval(at, today);
        let ends = interval.until.map(|until| calendar.instant(until));
        let reason = Some(interval.comment.as_ref()).filter(|comment| !comment.is_empty());
        let status = ScheduleStatus {
            open: interval.kind == RuleKind::Open,
            until: ends.map(|end| calendar.moment(end)),
            reason: reason.or(calendar.named.get(&today).map(String::as_str)).map(str::to_owned),
            holiday: calendar.holidays.get_public().contains(today),
        };
        let from = midnight(today).max(calendar.instant(interval.from));
        let until = midnight(today + chrono::Days::new(1));
        (from, ends.map_or(until, |end| until.min(end)), status)
    }

    /// What holds at an instant, from when until when.
    fn interval(&self, at: Timestamp, today: NaiveDate) -> Interval {
        // From the day before, for the local clock may have been set back since an interval began.
        let first = today - chrono::Days::new(1);
        let dates = first.iter_days().take(FOREVER);
        let on_a_date = |date: NaiveDate| {
            self.days.on_the_clock(date).map(move |range| Interval {
                from: on_the_clock(date, range.range.start),
                until: Some(on_the_clock(date, range.range.end)),
                kind: range.kind,
                comment: range.comment,
            })
        };
        let mut interval = Interval::default();
        for next in dates.flat_map(on_a_date) {
            let is_over = interval.until.is_some_and(|until| self.calendar.instant(until) <= at);
            if (interval.kind, &interval.comment) == (next.kind, &next.comment) {
                interval.until = next.until;
            } else if is_over || interval.until.is_none() {
                interval = next;
            } else {
                return interval;
            }
        }
        Interval { until: None, ..interval }
    }
}

/// A time of day, which may be past midnight.
fn on_the_clock(date: NaiveDate, time: ExtendedTime) -> NaiveDateTime {
    date.and_time(NaiveTime::MIN) + TimeDelta::minutes(time.mins_from_midnight().into())
}

/// As people write it: 02:00 past midnight, and 24:00 at midnight.
fn clock(time: ExtendedTime) -> String {
    let hour = if time.hour() > 24 { time.hour() - 24 } else { time.hour() };
    format!("{hour:02}:{:02}", time.minute())
}

/// Whether hours can be read, and can be kept without knowing where the site is on the globe.
pub(crate) fn check(hours: &str) -> Result<(), BadHours> {
    parse(hours)?;
    let lower = hours.to_lowercase();
    for sun in ["sunrise", "sunset", "dawn", "dusk"] {
        if let Some(offset) = lower.find(sun) {
            let at = lower[..offset].chars().count();
            return Err(BadHours {
                at,
                why: format!("{sun} is not known here: a site has no coordinates"),
            });
        }
    }
    Ok(())
}

/// Whether this can be the hours of certain days: `off`, or times of day.
pub(crate) fn check_hours_of_day(hours: &str) -> Result<(), BadHours> {
    let times = |text: &str| {
        text.split(',').all(|span| {
            span.contains('-') && span.chars().all(|c| matches!(c, '0'..='9' | ':' | '-' | ' '))
        })
    };
    match hours == "off" || (times(hours) && parse(hours).is_ok()) {
        true => Ok(()),
        false => Err(BadHours { at: 0, why: "not the hours of a day".to_owned() }),
    }
}

#[cfg(test)]
mod tests;

//! Opening hours in civil time, with public holidays and dated exceptions, and civil time itself.
//!
//! Hours are worked out on the local clock and then put on the time line: a boundary is at the first instant at which the
//! clock shows it or later. So intervals stay half open and in order when the clock changes: a night of 22:00-06:00 is 7 or 9
//! hours long, and 02:30 of the night without a 02:30 is the instant of the change.

use chrono::{DateTime, Datelike, Days, NaiveDate, NaiveDateTime, NaiveTime, TimeDelta, TimeZone, Timelike};
use chrono_tz::Tz;
use compact_calendar::CompactCalendar;
use opening_hours::{
    Context, ContextHolidays, DATE_END, OpeningHours, RuleKind, localization::Country,
};
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
    hours: OpeningHours,
    /// The last answer, and from when until when it holds. Calls ask again and again within the same hours.
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

/// Opening hours that cannot be read.
pub(crate) struct BadHours {
    /// The character, from 0 on, up to which they can be read.
    pub(crate) at: usize,
    pub(crate) why: String,
}

/// An interval longer than this counts as without end.
const FOREVER: TimeDelta = TimeDelta::days(3 * 366);

impl Calendar {
    pub(crate) fn new(zone: Tz, country: Option<Country>, named: BTreeMap<NaiveDate, String>) -> Self {
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

    fn local(&self, instant: Timestamp) -> NaiveDateTime {
        let utc = DateTime::from_timestamp_millis(instant.0 as i64).unwrap_or(DateTime::UNIX_EPOCH);
        self.zone.from_utc_datetime(&utc.naive_utc()).naive_local()
    }

    /// The first instant at which the clock shows this or later.
    fn instant(&self, mut local: NaiveDateTime) -> Timestamp {
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
    pub(crate) fn new(calendar: Arc<Calendar>, hours: &str, exceptions: &[Exception]) -> Result<Self, BadHours> {
        check(hours)?;
        let mut expression = hours.trim().trim_end_matches(';').to_owned();
        for Exception { from, until, name, hours } in exceptions {
            let (from, until) = (from.format("%Y %b %d"), until.format("%Y %b %d"));
            // Writing to a string cannot fail. A quotation mark would end the comment.
            let _ = write!(expression, "; {from}-{until} {hours} \"{}\"", name.replace('"', "'"));
        }
        let hours = parse(&expression)?;
        let context = Context::default()
            .with_holidays(calendar.holidays.clone())
            .approx_bound_interval_size(FOREVER);
        Ok(Self { calendar, hours: hours.with_context(context), last: Mutex::new(None) })
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

    fn evaluate(&self, at: Timestamp) -> (Timestamp, Timestamp, ScheduleStatus) {
        let calendar = &self.calendar;
        let local = calendar.local(at);
        let today = local.date();
        let midnight = |date: NaiveDate| calendar.instant(date.and_time(NaiveTime::MIN));
        let (mut from, mut until) = (midnight(today), midnight(today + Days::new(1)));
        let mut status = ScheduleStatus {
            open: false,
            until: None,
            reason: None,
            holiday: calendar.holidays.get_public().contains(today),
        };
        // From the day before, for the local clock may have been set back since an interval began.
        let intervals = self.hours.iter_range(local - TimeDelta::days(1), DATE_END);
        for interval in intervals {
            let end = calendar.instant(interval.range.end);
            if end <= at {
                continue;
            }
            let comment = Some(interval.comment.as_ref()).filter(|comment| !comment.is_empty());
            status.open = interval.kind == RuleKind::Open;
            status.reason = comment.or(calendar.named.get(&today).map(String::as_str)).map(str::to_owned);
            status.until = (interval.range.end < DATE_END).then(|| calendar.moment(end));
            from = from.max(calendar.instant(interval.range.start));
            until = until.min(end);
            break;
        }
        (from, until, status)
    }
}

fn parse(expression: &str) -> Result<OpeningHours, BadHours> {
    expression.parse::<OpeningHours>().map_err(|error| {
        let message = error.to_string();
        // A syntax error is shown over several lines, the first of which is ` --> LINE:COLUMN`.
        let place = message.lines().next().and_then(|line| line.trim().strip_prefix("--> 1:"));
        match place.and_then(|column| column.parse::<usize>().ok()) {
            Some(column) => BadHours { at: column.saturating_sub(1), why: "not opening hours from here on".to_owned() },
            None => BadHours { at: 0, why: format!("not opening hours: {message}") },
        }
    })
}

/// Whether hours can be read, and can be kept without knowing where the site is on the globe.
pub(crate) fn check(hours: &str) -> Result<(), BadHours> {
    parse(hours)?;
    let lower = hours.to_lowercase();
    for sun in ["sunrise", "sunset", "dawn", "dusk"] {
        if let Some(offset) = lower.find(sun) {
            let at = lower[..offset].chars().count();
            return Err(BadHours { at, why: format!("{sun} is not known here: a site has no coordinates") });
        }
    }
    Ok(())
}

/// Whether this can be the hours of certain days: `off`, or times of day.
pub(crate) fn check_hours_of_day(hours: &str) -> Result<(), BadHours> {
    let times = |text: &str| text.split(',').all(|span| span.contains('-') && span.chars().all(|c| matches!(c, '0'..='9' | ':' | '-' | ' ')));
    match hours == "off" || (times(hours) && parse(hours).is_ok()) {
        true => Ok(()),
        false => Err(BadHours { at: 0, why: "not the hours of a day".to_owned() }),
    }
}

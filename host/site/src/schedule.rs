//! Opening hours in civil time, with public holidays and dated exceptions, and civil time itself.
//!
//! Hours are worked out on the local clock and then put on the time line: a boundary is at the
//! first instant at which the clock shows it or later. So intervals stay half open and in order
//! when the clock changes: a night of 22:00-06:00 is 7 or 9 hours long, and 02:30 of the night
//! without a 02:30 is the instant of the change.

use chrono::{
    DateTime, Datelike, Days, NaiveDate, NaiveDateTime, NaiveTime, TimeDelta, TimeZone, Timelike,
};
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

/// Opening hours that cannot be read.
pub(crate) struct BadHours {
    /// The character, from 0 on, up to which they can be read.
    pub(crate) at: usize,
    pub(crate) why: String,
}

/// An interval longer than this counts as without end.
const FOREVER: TimeDelta = TimeDelta::days(3 * 366);

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
            day = day + Days::new(1);
            let free = day.weekday().num_days_from_monday() >= 5
                || self.holidays.get_public().contains(day);
            left -= u32::from(!(working && free));
        }
        self.instant((day + Days::new(1)).and_time(NaiveTime::MIN))
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
            status.reason =
                comment.or(calendar.named.get(&today).map(String::as_str)).map(str::to_owned);
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
            Some(column) => BadHours {
                at: column.saturating_sub(1),
                why: "not opening hours from here on".to_owned(),
            },
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
mod tests {
    use super::*;
    use std::time::{Duration, Instant};

    const BRUSSELS: Tz = chrono_tz::Europe::Brussels;

    #[test]
    fn v8_escalations_have_5_working_days_and_complaints_45_days() {
        let calendar = Calendar::new(
            BRUSSELS,
            Some(Country::BE),
            BTreeMap::from([("2026-12-28".parse().unwrap(), "bridge".to_owned())]),
        );
        let end = |from: &str, days, working| {
            let from = Timestamp(
                format!("{from}Z").parse::<DateTime<chrono::Utc>>().unwrap().timestamp_millis()
                    as u64,
            );
            calendar.local(Timestamp(calendar.end_of_day(from, days, working).0 - 1)).to_string()
        };
        assert_eq!(
            end("2026-11-23T09:00:00", 5, true),
            "2026-11-30 23:59:59.999",
            "Monday to Monday"
        );
        assert_eq!(
            end("2026-11-28T09:00:00", 5, true),
            "2026-12-04 23:59:59.999",
            "a Saturday counts from Monday on"
        );
        assert_eq!(
            end("2026-12-23T23:30:00", 5, true),
            "2027-01-05 23:59:59.999",
            "a minute past midnight here, Christmas, a bridge, New Year"
        );
        assert_eq!(
            end("2026-09-15T09:00:00", 45, false),
            "2026-10-30 23:59:59.999",
            "the clock changes meanwhile"
        );
    }

    fn schedule(hours: &str, named: &[(&str, &str)], exceptions: &[Exception]) -> Schedule {
        let named = named.iter().map(|(date, name)| (date.parse().unwrap(), (*name).to_owned()));
        let calendar = Calendar::new(BRUSSELS, Some(Country::BE), named.collect());
        Schedule::new(Arc::new(calendar), hours, exceptions)
            .unwrap_or_else(|bad| panic!("{}", bad.why))
    }

    fn exception(from: &str, until: &str, hours: &str, name: &str) -> Exception {
        let (from, until) = (from.parse().unwrap(), until.parse().unwrap());
        Exception { from, until, name: name.to_owned(), hours: hours.to_owned() }
    }

    /// An instant on the clock of Brussels; of two, the first.
    fn at(local: &str) -> Timestamp {
        let local = NaiveDateTime::parse_from_str(local, "%Y-%m-%d %H:%M").unwrap();
        let instant = BRUSSELS.from_local_datetime(&local).earliest().unwrap();
        Timestamp(instant.timestamp_millis() as u64)
    }

    fn utc(text: &str) -> Timestamp {
        let utc = NaiveDateTime::parse_from_str(text, "%Y-%m-%d %H:%M").unwrap().and_utc();
        Timestamp(utc.timestamp_millis() as u64)
    }

    fn until(status: &ScheduleStatus) -> Timestamp {
        status.until.unwrap().instant
    }

    #[test]
    fn v1_the_helpdesk_is_open_on_weekdays_from_9_to_16() {
        let helpdesk = schedule("Mo-Fr 09:00-16:00; PH off", &[], &[]);
        let open = |local| helpdesk.status(at(local)).open;
        assert!(!open("2026-06-15 08:59") && open("2026-06-15 09:00"));
        assert!(open("2026-06-15 15:59") && !open("2026-06-15 16:00"), "half open");
        assert!(!open("2026-06-13 10:00") && !open("2026-06-14 10:00"), "weekend");
        let monday = helpdesk.status(at("2026-06-15 09:00"));
        assert_eq!(until(&monday), at("2026-06-15 16:00"));
        let friday = helpdesk.status(at("2026-06-19 16:00"));
        assert_eq!(until(&friday), at("2026-06-22 09:00"), "closed over the weekend");
        assert_eq!(friday.until.unwrap().weekday, 0);
    }

    #[test]
    fn v3_the_central_back_up_has_other_hours_at_the_weekend_and_on_holidays() {
        let central = schedule("Mo-Fr 08:00-20:00; Sa,Su,PH 10:00-18:00", &[], &[]);
        let status = |local: &str| central.status(at(local));
        assert!(status("2026-06-15 08:00").open && !status("2026-06-15 20:00").open);
        assert!(!status("2026-06-13 09:59").open && status("2026-06-13 10:00").open);
        // 11 November 2026 is a Wednesday, 21 July 2026 a Tuesday.
        for holiday in ["2026-11-11", "2026-07-21"] {
            let early = status(&format!("{holiday} 08:30"));
            assert!(!early.open && early.holiday, "{holiday}");
            assert_eq!(until(&early), at(&format!("{holiday} 10:00")));
            assert!(status(&format!("{holiday} 17:59")).open);
            assert!(!status(&format!("{holiday} 18:00")).open);
        }
        assert!(!status("2026-11-10 10:00").holiday);
    }

    #[test]
    fn a_holiday_on_a_sunday_is_moved_by_a_day_of_the_site() {
        // All Saints' Day 2026 is a Sunday.
        let moved = [("2026-11-02", "Vervanging van Allerheiligen")];
        let helpdesk = schedule("Mo-Fr 09:00-16:00; PH off", &moved, &[]);
        let monday = helpdesk.status(at("2026-11-02 10:00"));
        assert!(!monday.open && monday.holiday);
        assert_eq!(monday.reason.as_deref(), Some("Vervanging van Allerheiligen"));
        assert_eq!(until(&monday), at("2026-11-03 09:00"));
        let central = schedule("Mo-Fr 08:00-20:00; Sa,Su,PH 10:00-18:00", &moved, &[]);
        assert!(
            !central.status(at("2026-11-02 09:00")).open
                && central.status(at("2026-11-02 10:00")).open
        );
        assert!(
            schedule("Mo-Fr 09:00-16:00; PH off", &[], &[]).status(at("2026-11-02 10:00")).open
        );
    }

    #[test]
    fn exceptions_go_before_everything() {
        let days = [
            exception("2026-12-24", "2026-12-24", "09:00-12:00", "Kerstavond"),
            exception("2026-12-28", "2027-01-03", "off", "Sluiting"),
            exception("2026-07-21", "2026-07-21", "10:00-12:00,13:00-14:00", "Toch open"),
        ];
        let helpdesk = schedule("Mo-Fr 09:00-16:00; PH off", &[], &days);
        let status = |local| helpdesk.status(at(local));
        assert!(status("2026-12-24 11:59").open && !status("2026-12-24 12:00").open);
        assert_eq!(status("2026-12-24 10:00").reason.as_deref(), Some("Kerstavond"));
        let closed = status("2026-12-30 10:00");
        assert!(!closed.open);
        assert_eq!(closed.reason.as_deref(), Some("Sluiting"));
        assert!(status("2027-01-04 09:00").open);
        assert!(
            status("2026-07-21 11:00").open
                && !status("2026-07-21 12:30").open
                && status("2026-07-21 13:00").open
        );
    }

    #[test]
    fn p1_a_night_is_7_or_9_hours_long_when_the_clock_changes() {
        let night = schedule("Mo-Su 22:00-06:00", &[], &[]);
        for (evening, morning, hours) in [
            ("2026-03-28 22:00", "2026-03-29 06:00", 7),
            ("2026-10-24 22:00", "2026-10-25 06:00", 9),
            ("2026-06-14 22:00", "2026-06-15 06:00", 8),
        ] {
            let status = night.status(at(evening));
            assert!(status.open, "{evening}");
            assert_eq!(until(&status), at(morning));
            assert_eq!(until(&status).since(at(evening)), Duration::from_secs(hours * 3600));
            for minute in 0..hours * 60 {
                let at = at(evening).plus(Duration::from_secs(minute * 60));
                assert!(night.status(at).open, "minute {minute} of {evening}");
            }
            assert!(!night.status(at(morning)).open);
        }
    }

    #[test]
    fn boundaries_within_the_hour_that_is_missing_or_comes_twice() {
        // 29 March 2026: after 01:59 comes 03:00, at 01:00 UTC.
        let missing = schedule("Mo-Su 02:30-04:00", &[], &[]);
        assert!(!missing.status(utc("2026-03-29 00:59")).open);
        let open = missing.status(utc("2026-03-29 01:00"));
        assert!(open.open);
        assert_eq!(until(&open), utc("2026-03-29 02:00"));
        // 25 October 2026: after 02:59 comes 02:00, at 01:00 UTC. It closes once.
        let twice = schedule("Mo-Su 01:00-02:30", &[], &[]);
        assert!(twice.status(utc("2026-10-25 00:29")).open);
        let closed = twice.status(utc("2026-10-25 00:30"));
        assert!(!closed.open);
        assert_eq!(until(&closed), at("2026-10-26 01:00"));
        assert!(!twice.status(utc("2026-10-25 01:10")).open, "02:10 for the second time");
    }

    #[test]
    fn what_never_changes_has_no_end() {
        let always = schedule("24/7", &[], &[]).status(at("2026-06-15 12:00"));
        assert!(always.open && always.until.is_none());
        let never = schedule("off", &[], &[]).status(at("2026-06-15 12:00"));
        assert!(!never.open && never.until.is_none());
    }

    #[test]
    fn moments_are_civil_time() {
        let calendar = Calendar::new(BRUSSELS, None, BTreeMap::new());
        let moment = calendar.moment(utc("2026-11-22 23:30"));
        assert_eq!((moment.year, moment.month, moment.day), (2026, 11, 23));
        assert_eq!((moment.hour, moment.minute, moment.second, moment.weekday), (0, 30, 0, 0));
        assert_eq!(calendar.moment(utc("2026-07-01 12:00")).hour, 14);
    }

    #[test]
    fn bad_hours_say_where() {
        let bad = |hours| check(hours).err().map(|bad| (bad.at, bad.why)).unwrap();
        assert_eq!(bad("Mo-Fr 09:00-16:00; Zat off").0, 19);
        assert_eq!(bad("Mo-Fr sunrise-18:00").0, 6);
        assert!(
            check_hours_of_day("off").is_ok()
                && check_hours_of_day("10:00-12:00, 13:00-16:00").is_ok()
        );
        for wrong in
            ["Mo 10:00-12:00", "closed; Mo", "10-12", "", "10:00-12:00 \"x\"", "25:00-27:00"]
        {
            assert!(check_hours_of_day(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn what_is_remembered_is_what_would_be_worked_out() {
        let moved = [("2026-11-02", "Vervanging van Allerheiligen")];
        let evening = [exception("2026-11-05", "2026-11-05", "22:00-24:00", "Avond")];
        let schedule = schedule("Mo-Fr 09:00-16:00; Sa 22:00-06:00; PH off", &moved, &evening);
        let (mut quarter, start) = (0, at("2026-10-20 00:00"));
        // Every quarter of an hour of 30 days, now later, now earlier.
        for _ in 0..30 * 96 {
            quarter = (quarter + 1_009) % (30 * 96);
            let at = start.plus(Duration::from_secs(quarter * 900));
            let (from, until, fresh) = schedule.evaluate(at);
            assert!(from <= at && at < until);
            assert_eq!(schedule.status(at), fresh, "{at:?}");
            assert_eq!(
                schedule.status(until.min(at.plus(Duration::from_secs(60)))),
                schedule.evaluate(until.min(at.plus(Duration::from_secs(60)))).2
            );
        }
        let asked = Instant::now();
        for second in 0..100_000 {
            schedule.status(start.plus(Duration::from_secs(second)));
        }
        println!("{:?} for an answer (seen with --nocapture)", asked.elapsed() / 100_000);
    }
}

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
            format!("{from}Z").parse::<DateTime<chrono::Utc>>().unwrap().timestamp_millis() as u64,
        );
        calendar.local(Timestamp(calendar.end_of_day(from, days, working).0 - 1)).to_string()
    };
    assert_eq!(end("2026-11-23T09:00:00", 5, true), "2026-11-30 23:59:59.999", "Monday to Monday");
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
    Schedule::new(Arc::new(calendar), hours, exceptions).unwrap_or_else(|bad| panic!("{}", bad.why))
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
        !central.status(at("2026-11-02 09:00")).open && central.status(at("2026-11-02 10:00")).open
    );
    assert!(schedule("Mo-Fr 09:00-16:00; PH off", &[], &[]).status(at("2026-11-02 10:00")).open);
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
        check_hours_of_day("off").is_ok() && check_hours_of_day("10:00-12:00, 13:00-16:00").is_ok()
    );
    for wrong in ["Mo 10:00-12:00", "closed; Mo", "10-12", "", "10:00-12:00 \"x\"", "25:00-27:00"] {
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

/// What is past midnight belongs to the day on which it began.
#[test]
fn a_night_belongs_to_its_evening() {
    // 24 December 2026 is a Thursday.
    let days = [
        exception("2026-12-24", "2026-12-24", "off", "Kerstavond"),
        exception("2026-12-29", "2026-12-29", "18:00-22:00", "Kort"),
        exception("2026-12-31", "2026-12-31", "20:00-04:00", "Oudejaar"),
    ];
    let bar = schedule("Mo-Sa 18:00-02:00", &[], &days);
    let open = |local| bar.status(at(local)).open;
    // The night of the day before a closed day is whole, and that of the closed day is closed.
    assert!(open("2026-12-24 01:59") && !open("2026-12-24 02:00"));
    assert!(!open("2026-12-24 18:00") && !open("2026-12-25 00:30") && open("2026-12-25 18:00"));
    assert_eq!(bar.status(at("2026-12-24 01:00")).reason, None);
    assert_eq!(until(&bar.status(at("2026-12-23 23:00"))), at("2026-12-24 02:00"));
    assert_eq!(bar.status(at("2026-12-24 12:00")).reason.as_deref(), Some("Kerstavond"));
    // A shorter evening has no night; a longer one has.
    assert!(open("2026-12-29 01:30") && open("2026-12-29 21:59") && !open("2026-12-29 22:00"));
    assert!(!open("2026-12-30 00:30"));
    assert!(!open("2026-12-31 18:30") && open("2027-01-01 03:59") && !open("2027-01-01 04:00"));
    assert_eq!(bar.status(at("2027-01-01 03:00")).reason.as_deref(), Some("Oudejaar"));
    // Sunday has no hours but the rest of Saturday's.
    assert!(open("2026-12-27 01:59") && !open("2026-12-27 02:00") && !open("2026-12-28 00:30"));
    let says = |date: &str| {
        let day = bar.day(date.parse().unwrap());
        (day.open.join(","), day.reason.unwrap_or_default(), day.holiday)
    };
    assert_eq!(says("2026-12-23"), ("18:00-02:00".to_owned(), String::new(), false));
    assert_eq!(says("2026-12-24"), (String::new(), "Kerstavond".to_owned(), false));
    assert_eq!(says("2026-12-25"), ("18:00-02:00".to_owned(), String::new(), true));
    assert_eq!(says("2026-12-29"), ("18:00-22:00".to_owned(), "Kort".to_owned(), false));
    assert_eq!(says("2026-12-31"), ("20:00-04:00".to_owned(), "Oudejaar".to_owned(), false));
}

#[test]
fn a_night_before_other_hours_or_a_holiday() {
    // 11 November 2026 is a Wednesday and a holiday.
    let nights = schedule("Mo-Fr 18:00-02:00; Sa 10:00-14:00; PH off", &[], &[]);
    let open = |local| nights.status(at(local)).open;
    assert!(open("2026-11-14 01:30"), "Friday's night is not over when Saturday begins");
    assert!(open("2026-11-11 01:30") && !open("2026-11-11 19:00") && !open("2026-11-12 01:30"));
    let always = schedule("Mo-Fr 18:00-08:00; Sa,Su 00:00-24:00", &[], &[]);
    let friday = always.status(at("2026-11-13 20:00"));
    assert_eq!(until(&friday), at("2026-11-16 00:00"), "Monday has no hours of its own");
    let sunday = schedule("Mo-Fr 18:00-08:00; Sa,Su 08:00-08:00", &[], &[]);
    assert_eq!(until(&sunday.status(at("2026-11-13 20:00"))), at("2026-11-16 08:00"));
    assert_eq!(sunday.day("2026-11-14".parse().unwrap()).open, ["08:00-08:00"]);
}

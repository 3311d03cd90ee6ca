//! Instants as people write and read them: by the clock of the site, whose calls they are about.

use anyhow::{Context, ensure};
use chrono::{
    DateTime, Days, Local, NaiveDate, NaiveDateTime, NaiveTime, TimeDelta, TimeZone, Utc,
};
use chrono_tz::Tz;
use std::{env, fs, path::Path, str::FromStr, sync::OnceLock};
use strowger_model::Timestamp;

/// The time zone of the site. Not set: there is no site file, and the clock of this machine counts.
static ZONE: OnceLock<Tz> = OnceLock::new();

/// From now on, times are those of the clock of a site.
pub(crate) fn by_the_clock_of(flows: &Path) {
    let site = fs::read_to_string(flows.join("site.toml")).unwrap_or_default();
    // What is wrong with the file is said elsewhere.
    let zone = toml::from_str::<toml::Table>(&site).ok().and_then(|site| {
        let zone = site.get("time_zone")?.as_str()?;
        zone.parse().ok()
    });
    // A process has one site. A second one would be the same.
    zone.map(|zone| ZONE.set(zone));
}

/// An instant as it is written on a command line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum When {
    /// So long ago.
    Ago(TimeDelta),
    /// The beginning of a day.
    Day(NaiveDate),
}

impl When {
    /// The instant. One that cannot be, such as before 1970, is the nearest that can.
    pub(crate) fn instant(self) -> Timestamp {
        let millis = match self {
            Self::Ago(ago) => (Utc::now() - ago).timestamp_millis(),
            Self::Day(date) => midnight(date).map_or(0, |at| at.timestamp_millis()),
        };
        Timestamp(u64::try_from(millis).unwrap_or(0))
    }
}

impl FromStr for When {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let wrong = || {
            "write how long ago, such as 90m, 12h, 7d or 2w, or a date such as 2026-11-01"
                .to_owned()
        };
        if let Ok(date) = text.parse() {
            return Ok(Self::Day(date));
        }
        let (count, unit) =
            text.split_at_checked(text.len().saturating_sub(1)).ok_or_else(wrong)?;
        let count: u32 = count.parse().map_err(|_| wrong())?;
        let seconds = match unit {
            "s" => 1,
            "m" => 60,
            "h" => 60 * 60,
            "d" => 24 * 60 * 60,
            "w" => 7 * 24 * 60 * 60,
            _ => return Err(wrong()),
        };
        Ok(Self::Ago(TimeDelta::seconds(i64::from(count) * seconds)))
    }
}

/// A time to come as it is written on a command line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Then {
    /// After so long.
    After(TimeDelta),
    /// The next time that the clock shows this.
    Next(NaiveTime),
    /// On a day.
    On(NaiveDateTime),
}

impl Then {
    /// The instant; none: the clock never shows that time.
    pub(crate) fn instant(self) -> Option<Timestamp> {
        let now = Utc::now();
        let at = match self {
            Self::After(length) => now.checked_add_signed(length)?,
            Self::Next(time) => {
                let today = today(now);
                let days = (0..3).filter_map(|day| today.checked_add_days(Days::new(day)));
                days.filter_map(|day| instant(day.and_time(time))).find(|at| *at > now)?
            }
            Self::On(local) => instant(local)?,
        };
        u64::try_from(at.timestamp_millis()).ok().map(Timestamp)
    }
}

impl Then {
    /// Whether it means the same wherever the command runs: a time of day is by the site's clock.
    pub(crate) fn is_known(self) -> bool {
        matches!(self, Self::After(_)) || ZONE.get().is_some()
    }
}

/// The instant of a time to come.
///
/// # Errors
/// The clock never shows it, or nobody knows by which clock it is.
pub(crate) fn known(then: Then) -> anyhow::Result<Timestamp> {
    ensure!(
        then.is_known(),
        "the site's time zone is not known here, because the site file is not found or has a \
         mistake: run this in the folder of strowger.toml, or write a length of time, such as 4h"
    );
    then.instant().context("there is no such time")
}

/// The name by which whoever runs the command is logged in.
pub(crate) fn logged_in() -> Option<String> {
    env::var("USER").or_else(|_| env::var("LOGNAME")).ok()
}

impl FromStr for Then {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        if let Ok(time) = NaiveTime::parse_from_str(text, "%H:%M") {
            return Ok(Self::Next(time));
        }
        let on = ["%Y-%m-%d %H:%M", "%Y-%m-%dT%H:%M"];
        let on = on.iter().find_map(|format| NaiveDateTime::parse_from_str(text, format).ok());
        if let Some(on) = on {
            return Ok(Self::On(on));
        }
        match text.parse() {
            Ok(When::Ago(length)) if length > TimeDelta::zero() => Ok(Self::After(length)),
            _ => Err(
                "write a time such as 06:00, a day and a time such as \"2026-12-24 06:00\", or \
                      a length such as 90m, 4h or 2d"
                    .to_owned(),
            ),
        }
    }
}

/// The day by the clock.
fn today(now: DateTime<Utc>) -> NaiveDate {
    match ZONE.get() {
        Some(zone) => now.with_timezone(zone).date_naive(),
        None => now.with_timezone(&Local).date_naive(),
    }
}

/// The first instant of a day: on some days the clock has no midnight.
fn midnight(date: NaiveDate) -> Option<DateTime<Utc>> {
    let first = |hour| instant(date.and_time(NaiveTime::from_hms_opt(hour, 0, 0)?));
    (0..4).find_map(first).or_else(|| midnight(date.checked_add_days(Days::new(1))?))
}

/// When the clock shows this for the first time.
fn instant(local: NaiveDateTime) -> Option<DateTime<Utc>> {
    match ZONE.get() {
        Some(zone) => zone.from_local_datetime(&local).earliest().map(|at| at.to_utc()),
        None => Local.from_local_datetime(&local).earliest().map(|at| at.to_utc()),
    }
}

/// An instant by the clock.
pub(crate) fn local(at: Timestamp) -> String {
    const FORMAT: &str = "%Y-%m-%d %H:%M:%S";
    match (DateTime::from_timestamp_millis(at.0 as i64), ZONE.get()) {
        (Some(at), Some(zone)) => at.with_timezone(zone).format(FORMAT).to_string(),
        (Some(at), None) => at.with_timezone(&Local).format(FORMAT).to_string(),
        (None, _) => format!("{at:?}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_to_come_are_read() {
        let then = |text: &str| text.parse::<Then>().unwrap().instant().unwrap();
        let now = Utc::now().timestamp_millis() as u64;
        assert!(then("4h").0.abs_diff(now + 4 * 3_600_000) < 60_000);
        let next = then("06:00");
        assert!(next.0 > now && next.0 <= now + 25 * 3_600_000, "the next one");
        assert!(local(next).ends_with(" 06:00:00"));
        assert!(local(then("2030-12-24 06:30")).starts_with("2030-12-24 06:30:00"));
        for wrong in ["", "6", "0m", "25:00", "-4h", "2030-13-01 06:00", "tomorrow"] {
            assert!(wrong.parse::<Then>().is_err(), "{wrong}");
        }
    }

    #[test]
    fn instants_are_read() {
        let ago = |text: &str| {
            Utc::now().timestamp_millis() as u64 - text.parse::<When>().unwrap().instant().0
        };
        for (text, hours) in [("60m", 1), ("12h", 12), ("7d", 168), ("2w", 336)] {
            assert_eq!((ago(text) + 1_800_000) / 3_600_000, hours, "{text}");
        }
        assert!(
            local("2026-11-01".parse::<When>().unwrap().instant())
                .starts_with("2026-11-01 00:00:00")
        );
        for wrong in ["", "7", "d", "7y", "-7d", "yesterday", "2026-13-01", "é"] {
            assert!(wrong.parse::<When>().is_err(), "{wrong}");
        }
    }
}

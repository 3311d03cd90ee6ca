//! Instants as people write and read them.

use chrono::{DateTime, Days, Local, NaiveDate, NaiveTime, TimeDelta, TimeZone};
use std::str::FromStr;
use strowger_model::Timestamp;

/// An instant: so long ago, or the beginning of a day here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct When(pub(crate) Timestamp);

impl FromStr for When {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let wrong = || {
            "write how long ago, such as 90m, 12h, 7d or 2w, or a date such as 2026-11-01"
                .to_owned()
        };
        let instant = match text.parse::<NaiveDate>() {
            Ok(date) => midnight(date).ok_or_else(wrong)?,
            Err(_) => {
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
                Local::now() - TimeDelta::seconds(i64::from(count) * seconds)
            }
        };
        u64::try_from(instant.timestamp_millis())
            .map(|millis| Self(Timestamp(millis)))
            .map_err(|_| wrong())
    }
}

/// The first instant of a day: on some days the clock has no midnight.
fn midnight(date: NaiveDate) -> Option<DateTime<Local>> {
    let first = |hour| {
        NaiveTime::from_hms_opt(hour, 0, 0)
            .and_then(|time| Local.from_local_datetime(&date.and_time(time)).earliest())
    };
    (0..4).find_map(first).or_else(|| midnight(date.checked_add_days(Days::new(1))?))
}

/// An instant in the clock of this machine.
pub(crate) fn local(at: Timestamp) -> String {
    match DateTime::from_timestamp_millis(at.0 as i64) {
        Some(at) => at.with_timezone(&Local).format("%Y-%m-%d %H:%M:%S").to_string(),
        None => format!("{at:?}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn instants_are_read() {
        let ago =
            |text: &str| Local::now().timestamp_millis() as u64 - text.parse::<When>().unwrap().0.0;
        for (text, hours) in [("60m", 1), ("12h", 12), ("7d", 168), ("2w", 336)] {
            assert_eq!((ago(text) + 1_800_000) / 3_600_000, hours, "{text}");
        }
        assert!(local("2026-11-01".parse::<When>().unwrap().0).starts_with("2026-11-01 00:00:00"));
        for wrong in ["", "7", "d", "7y", "-7d", "yesterday", "2026-13-01", "é"] {
            assert!(wrong.parse::<When>().is_err(), "{wrong}");
        }
    }
}

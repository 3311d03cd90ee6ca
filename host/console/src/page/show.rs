//! Figures and instants as people read them.

use chrono::DateTime;
use std::fmt;
use strowger_api::v1::QueueDay;
use strowger_model::Timestamp;

/// `75` is `1:15`, and an hour more is `1:01:15`.
pub(crate) fn clock(seconds: &u64) -> String {
    let (hours, minutes, seconds) = (seconds / 3600, seconds / 60 % 60, seconds % 60);
    match hours {
        0 => format!("{minutes}:{seconds:02}"),
        hours => format!("{hours}:{minutes:02}:{seconds:02}"),
    }
}

/// How many of the callers who were answered did not wait too long; none: nobody was answered.
pub(crate) fn in_time(day: &QueueDay) -> Option<String> {
    let share = 100 * u64::from(day.answered_within) / u64::from(day.answered).max(1);
    (day.answered > 0).then(|| format!("{share}%"))
}

/// An instant. The script shows it by the clock of the reader; without it, it is UTC.
pub(crate) struct When<'a>(pub(crate) &'a Timestamp);

impl fmt::Display for When<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let at = i64::try_from(self.0.0).ok().and_then(DateTime::from_timestamp_millis);
        match at {
            Some(at) => write!(
                f,
                "<time datetime=\"{}\">{}</time>",
                at.format("%Y-%m-%dT%H:%M:%SZ"),
                at.format("%d/%m %H:%M UTC")
            ),
            None => f.write_str("?"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_are_shown() {
        assert_eq!([&0, &75, &3675].map(clock), ["0:00", "1:15", "1:01:15"]);
        let day = |answered, answered_within| {
            in_time(&QueueDay { offered: 9, answered, answered_within, left: 0, abandoned: 0 })
        };
        assert_eq!((day(0, 0), day(8, 6).as_deref()), (None, Some("75%")));
        let noon = When(&Timestamp(1_795_000_000_000)).to_string();
        assert!(
            noon.contains("2026-11-18T11:06:40Z") && noon.contains("18/11 11:06 UTC"),
            "{noon}"
        );
    }
}

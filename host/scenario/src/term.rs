//! Figures in a scenario: seconds, or a setting, or a sum of such.

use chrono::{NaiveDateTime, TimeZone};
use chrono_tz::Tz;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer, de};
use serde_json::Value;
use std::{borrow::Cow, fmt, time::Duration};
use strowger_model::Timestamp;

/// Seconds as written: `60`, `"settings.overflow_after"`, `"settings.overflow_after + 5"`, `"2 *
/// settings.repeat_every"`.
#[derive(Clone, Debug, PartialEq)]
pub struct Term {
    text: String,
    /// To be added up.
    parts: Vec<Part>,
}

/// A factor times a setting, or times one second.
#[derive(Clone, Debug, PartialEq)]
struct Part {
    factor: f64,
    setting: Option<String>,
}

/// Why a figure cannot be had.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TermError {
    /// It is malformed.
    #[error(
        "not a number of seconds: {0:?}; write 60, \"settings.NAME\", \"settings.NAME + 5\" or \"2 * settings.NAME\""
    )]
    Malformed(String),
    /// It is more than a scenario lasts.
    #[error("{0} is more than the 31 days that a scenario lasts at most")]
    TooLong(String),
    /// The settings have no such name.
    #[error("the flow's settings have no {0:?}")]
    NoSetting(String),
    /// The setting is not what is wanted.
    #[error("the setting {name:?} is {found}, not {wanted}")]
    Unfit {
        /// Its path.
        name: String,
        /// What it is.
        found: String,
        /// What is wanted.
        wanted: &'static str,
    },
}

/// A scenario lasts no longer: it would play for minutes.
const LONGEST: Duration = Duration::from_secs(31 * 86_400);

/// A length of time as it is written, at least nothing and at most a month.
pub(crate) fn seconds(seconds: f64) -> Duration {
    // `max` and `min` make something of NaN, too.
    Duration::from_secs_f64(seconds.max(0.0).min(LONGEST.as_secs_f64()))
}

impl Term {
    fn seconds(seconds: f64) -> Self {
        Self { text: seconds.to_string(), parts: vec![Part { factor: seconds, setting: None }] }
    }

    /// Words with spaces between: a name may hold hyphens.
    fn parse(text: &str) -> Result<Self, TermError> {
        let malformed = || TermError::Malformed(text.to_owned());
        let mut parts = Vec::new();
        let mut open: Option<Part> = Some(Part { factor: 1.0, setting: None });
        let mut words = text.split_whitespace();
        while let Some(mut part) = open.take() {
            part.multiply(words.next().ok_or_else(malformed)?).ok_or_else(malformed)?;
            match words.next() {
                None => parts.push(part),
                Some("*") => open = Some(part),
                Some(sign @ ("+" | "-")) => {
                    parts.push(part);
                    let factor = if sign == "-" { -1.0 } else { 1.0 };
                    open = Some(Part { factor, setting: None });
                }
                Some(_) => return Err(malformed()),
            }
        }
        Ok(Self { text: text.to_owned(), parts })
    }

    /// The length of time with these settings; less than nothing is nothing.
    pub fn resolve(&self, settings: &Value) -> Result<Duration, TermError> {
        let mut sum = 0.0;
        for part in &self.parts {
            let value = match &part.setting {
                Some(name) => seconds_of(name, setting(settings, name)?)?,
                None => 1.0,
            };
            sum += part.factor * value;
        }
        match sum > LONGEST.as_secs_f64() {
            true => Err(TermError::TooLong(self.text.clone())),
            false => Ok(seconds(sum)),
        }
    }
}

impl Part {
    fn multiply(&mut self, word: &str) -> Option<()> {
        match word.strip_prefix("settings.") {
            Some("") => return None,
            Some(_) if self.setting.is_some() => return None,
            Some(name) => self.setting = Some(name.to_owned()),
            None => self.factor *= word.parse::<f64>().ok().filter(|number| number.is_finite())?,
        }
        Some(())
    }
}

/// When something happens: seconds from the start of the scenario, or civil date and time of the
/// site.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum When {
    /// From the start.
    After(Duration),
    /// Date and time.
    Civil(NaiveDateTime),
}

impl When {
    /// From the start of a scenario that begins at `start`; what would be before it is at once.
    pub(crate) fn since(self, start: Timestamp, zone: Tz) -> Duration {
        match self {
            Self::After(after) => after,
            Self::Civil(at) => instant(zone, at).map_or(Duration::ZERO, |at| at.since(start)),
        }
    }
}

impl Default for When {
    fn default() -> Self {
        Self::After(Duration::ZERO)
    }
}

/// The instant of a civil date and time; the first of two when the clock is put back, none when it
/// is put forward.
pub(crate) fn instant(zone: Tz, at: NaiveDateTime) -> Option<Timestamp> {
    let at = zone.from_local_datetime(&at).earliest()?;
    u64::try_from(at.timestamp_millis()).ok().map(Timestamp)
}

/// Reads a civil date and time such as `2026-11-23 10:00`, with seconds or without.
pub(crate) fn civil(text: &str) -> Option<NaiveDateTime> {
    ["%Y-%m-%d %H:%M", "%Y-%m-%d %H:%M:%S"]
        .iter()
        .find_map(|format| NaiveDateTime::parse_from_str(text, format).ok())
}

impl<'de> Deserialize<'de> for When {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Visitor;
        impl de::Visitor<'_> for Visitor {
            type Value = When;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("seconds from the start of the scenario, or a text such as \"2026-11-23 10:00\"")
            }

            fn visit_i64<E: de::Error>(self, seconds: i64) -> Result<When, E> {
                self.visit_f64(seconds as f64)
            }

            fn visit_f64<E: de::Error>(self, seconds: f64) -> Result<When, E> {
                let after = Duration::try_from_secs_f64(seconds).ok();
                let after = after.filter(|after| *after <= LONGEST).map(When::After);
                let wrong = "not a number of seconds from the start on, or more than 31 days";
                after.ok_or_else(|| E::custom(wrong))
            }

            fn visit_str<E: de::Error>(self, text: &str) -> Result<When, E> {
                let wrong = || {
                    E::custom(format!("not a date and time: {text:?}; write \"2026-11-23 10:00\""))
                };
                civil(text).map(When::Civil).ok_or_else(wrong)
            }
        }
        deserializer.deserialize_any(Visitor)
    }
}

impl JsonSchema for When {
    fn schema_name() -> Cow<'static, str> {
        "When".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "description": "Seconds from the start of the scenario, or civil date and time of the site: \"2026-11-23 10:00\".",
            "anyOf": [{ "type": "number", "minimum": 0 }, { "type": "string", "pattern": CIVIL }]
        })
    }
}

/// Civil dates and times as a pattern.
pub(crate) const CIVIL: &str = r"^\d{4}-\d{2}-\d{2} \d{2}:\d{2}(:\d{2})?$";

/// A setting by its path.
pub(crate) fn setting<'a>(settings: &'a Value, path: &str) -> Result<&'a Value, TermError> {
    path.split('.')
        .try_fold(settings, |value, key| value.get(key))
        .ok_or_else(|| TermError::NoSetting(path.to_owned()))
}

/// A text as written: what it says, or the setting that it refers to.
pub(crate) fn text<'a>(settings: &'a Value, text: &'a str) -> Result<Cow<'a, str>, TermError> {
    let Some(path) = text.strip_prefix("settings.") else {
        return Ok(Cow::Borrowed(text));
    };
    match setting(settings, path)? {
        Value::String(text) => Ok(Cow::Borrowed(text)),
        other => Err(TermError::Unfit {
            name: path.to_owned(),
            found: other.to_string(),
            wanted: "a text",
        }),
    }
}

fn seconds_of(name: &str, value: &Value) -> Result<f64, TermError> {
    let number = match value {
        Value::Number(number) => number.as_f64(),
        Value::String(text) => spoken_seconds(text),
        _ => None,
    };
    number.ok_or_else(|| TermError::Unfit {
        name: name.to_owned(),
        found: value.to_string(),
        wanted: "a number of seconds",
    })
}

/// `90 s`, `4 min`, `250 ms`, `1 h`.
fn spoken_seconds(text: &str) -> Option<f64> {
    let split = text.find(|c: char| !c.is_ascii_digit() && c != '.')?;
    let (number, unit) = text.split_at(split);
    let factor = match unit.trim() {
        "ms" => 0.001,
        "s" => 1.0,
        "m" | "min" => 60.0,
        "h" => 3600.0,
        _ => return None,
    };
    Some(number.parse::<f64>().ok()? * factor)
}

impl fmt::Display for Term {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl<'de> Deserialize<'de> for Term {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Visitor;
        impl de::Visitor<'_> for Visitor {
            type Value = Term;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(
                    "a number of seconds, or a text such as \"settings.overflow_after + 5\"",
                )
            }

            fn visit_i64<E: de::Error>(self, seconds: i64) -> Result<Term, E> {
                Ok(Term::seconds(seconds as f64))
            }

            fn visit_u64<E: de::Error>(self, seconds: u64) -> Result<Term, E> {
                Ok(Term::seconds(seconds as f64))
            }

            fn visit_f64<E: de::Error>(self, seconds: f64) -> Result<Term, E> {
                match seconds.is_finite() {
                    true => Ok(Term::seconds(seconds)),
                    false => Err(E::custom("not a finite number of seconds")),
                }
            }

            fn visit_str<E: de::Error>(self, text: &str) -> Result<Term, E> {
                Term::parse(text).map_err(E::custom)
            }
        }
        deserializer.deserialize_any(Visitor)
    }
}

impl JsonSchema for Term {
    fn schema_name() -> Cow<'static, str> {
        "Term".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "description": "Seconds, or a setting, or a sum of such: 60, \"settings.NAME\", \"settings.NAME + 5\".",
            "type": ["number", "string"]
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn resolve(text: &str) -> Result<f64, TermError> {
        let settings =
            json!({ "overflow_after": 180, "repeat": { "every": "1 min" }, "text": "Welkom" });
        Ok(Term::parse(text)?.resolve(&settings)?.as_secs_f64())
    }

    #[test]
    fn terms_add_up() {
        assert_eq!(resolve("60"), Ok(60.0));
        assert_eq!(resolve("settings.overflow_after"), Ok(180.0));
        assert_eq!(resolve("settings.overflow_after + 5 - 2.5"), Ok(182.5));
        assert_eq!(resolve("2 * settings.repeat.every + 1"), Ok(121.0));
        assert_eq!(
            resolve("settings.repeat.every - settings.overflow_after"),
            Ok(0.0),
            "never negative"
        );
    }

    #[test]
    fn what_is_wrong_is_said() {
        for wrong in ["", "+", "5 5", "settings.", "settings.a * settings.b", "five", "1 +", "inf"]
        {
            assert!(matches!(resolve(wrong), Err(TermError::Malformed(_))), "{wrong:?}");
        }
        assert_eq!(resolve("settings.nothing"), Err(TermError::NoSetting("nothing".to_owned())));
        assert!(matches!(resolve("settings.text"), Err(TermError::Unfit { .. })));
    }
}

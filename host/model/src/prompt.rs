//! What somebody hears.

use crate::time::{Timestamp, millis};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::time::Duration;

/// One thing to be heard.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Prompt {
    /// A recording by name.
    Recording(String),
    /// A text that is spoken.
    Text {
        /// What is said.
        text: String,
        /// BCP 47, such as `nl-BE`; none: the flow's language.
        #[serde(default)]
        language: Option<String>,
    },
    /// Digits one by one.
    Digits(String),
    /// A cardinal number.
    Number(i64),
    /// A time of day in the site's zone; milliseconds since 1970-01-01T00:00:00Z.
    Time(Timestamp),
    /// A place in a queue, from 1 on.
    Position(u32),
    /// Nothing, for so long; milliseconds.
    Silence(
        #[serde(with = "millis")]
        #[schemars(with = "u64")]
        Duration,
    ),
}

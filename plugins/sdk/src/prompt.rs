//! Prompts and lengths of time, short to write.

use crate::types::{Prompt, Spoken};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::time::Duration;

/// So many seconds.
pub const fn secs(seconds: u32) -> Duration {
    Duration::from_secs(seconds as u64)
}

/// A setting in whole seconds, at most a day.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema,
)]
#[serde(transparent)]
pub struct Seconds(#[schemars(range(max = 86_400))] pub u32);

impl From<Seconds> for Duration {
    fn from(seconds: Seconds) -> Self {
        secs(seconds.0)
    }
}

impl From<&str> for Prompt {
    /// A text that is spoken, in the flow's language.
    fn from(text: &str) -> Self {
        Self::Text(Spoken { text: text.into(), language: None })
    }
}

impl From<String> for Prompt {
    /// A text that is spoken, in the flow's language.
    fn from(text: String) -> Self {
        Self::Text(Spoken { text, language: None })
    }
}

impl From<&String> for Prompt {
    /// A text that is spoken, in the flow's language.
    fn from(text: &String) -> Self {
        Self::from(text.as_str())
    }
}

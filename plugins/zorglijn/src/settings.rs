//! What the care line can change without a programmer: every figure, name and word.

use schemars::JsonSchema;
use serde::Deserialize;
use strowger_sdk::prelude::*;

/// The `[settings]` of the care line's flow file. None has a value of its own: all of them stand in
/// the file.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Settings {
    /// When the operational assistants help (P5); at other hours the operators are alone (P2).
    #[schemars(extend("format" = "schedule"))]
    pub office_hours: String,
    /// The care-line operators (P2, P5).
    #[schemars(extend("format" = "queue"))]
    pub operators: String,
    /// The operators and the first assistant (P5).
    #[schemars(extend("format" = "queue"))]
    pub assistant_1: String,
    /// The operators and both assistants (P5).
    #[schemars(extend("format" = "queue"))]
    pub assistant_2: String,
    /// So long each of them has, in seconds, before the next ones are asked too (P5).
    pub answer_within: Seconds,
    /// After so many seconds of waiting, a call-back mail (P5).
    pub call_back_after: Seconds,
    /// The kind of case that is then noted (P9).
    #[schemars(extend("format" = "case"))]
    pub case: String,
    /// What those who wait hear between the words (P6).
    #[schemars(extend("format" = "music"))]
    pub music: String,
    /// From the start of one waiting message to the next, in seconds (P6).
    pub repeat_every: Seconds,
    /// What is said.
    pub texts: Texts,
}

/// What is said.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Texts {
    /// To those who wait (P6).
    pub waiting: Words,
    /// To those who will be called back (P6).
    pub noted: Words,
    /// For the name of a caller of whom none is known, to whoever calls back (P5).
    pub unknown: String,
    /// For a number that was withheld (P5).
    pub withheld: String,
}

//! What the home nursing service can change without a programmer: every figure, name and word.

use schemars::JsonSchema;
use serde::Deserialize;
use strowger_sdk::prelude::*;

/// The `[settings]` of a province's flow file. None has a value of its own: all of them stand in
/// the file.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Settings {
    /// The province, for reports (P9).
    pub province: String,
    /// The day shift; all other hours are night (P1).
    #[schemars(extend("format" = "schedule"))]
    pub day: String,
    /// The office hours; the rest of the day are its edges (P1).
    #[schemars(extend("format" = "schedule"))]
    pub office_hours: String,
    /// The flow of the care line, where patients go, and care-givers whom nobody of the service
    /// desk answers (P2, P4).
    pub care_line: String,
    /// What those who wait hear between the words (P6).
    #[schemars(extend("format" = "music"))]
    pub music: String,
    /// How care-givers are told apart, and whom they get (P3, P4).
    pub care_givers: CareGivers,
    /// The night watch (P7, P8).
    pub night: Night,
    /// What is said.
    pub texts: Texts,
}

/// How care-givers are told apart, and whom they get.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CareGivers {
    /// Kinds of contacts that are care-givers (P3).
    pub kinds: Vec<String>,
    /// The question for callers who are no contact; without it they are patients (P3).
    pub menu: Option<Menu>,
    /// All coordinators of the service desk (P4).
    #[schemars(extend("format" = "queue"))]
    pub desk: String,
    /// The care coordinator, and the desk (P4).
    #[schemars(extend("format" = "queue"))]
    pub coordinator: String,
    /// So long each of them has, in seconds, before the next ones are asked too (P4).
    pub answer_within: Seconds,
    /// After so many seconds of waiting, on to the care line (P4).
    pub care_line_after: Seconds,
    /// From the start of one waiting message to the next, in seconds (P6).
    pub repeat_every: Seconds,
}

/// A question that a caller answers with a key.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Menu {
    /// The question.
    pub ask: String,
    /// The key of a care-giver; who keys another, or none, is a patient.
    pub key: char,
    /// How long a key is waited for, in seconds.
    pub within: Seconds,
}

/// The night watch.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Night {
    /// Who has the watch: a nurse's number, or an agent of the back office. A province that is
    /// served by another names that one's roster (P7).
    pub roster: String,
    /// Rung when nobody is on the roster, or nobody on it answers (P7).
    #[schemars(extend("format" = "dialled-number"))]
    pub otherwise: String,
    /// How long each telephone rings, in seconds.
    pub ring_time: Seconds,
    /// What the nurse keys to take the call, so that a voice mail never does.
    pub accept: char,
    /// How long that is waited for, in seconds.
    pub accept_within: Seconds,
    /// The degrees of urgency by their key (P8).
    pub triage: Vec<Degree>,
    /// How long the nurse has to key one once the caller has hung up, in seconds.
    pub triage_within: Seconds,
}

/// A degree of urgency.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Degree {
    /// What the nurse keys.
    pub key: char,
    /// As it stands on the record.
    pub urgency: String,
}

/// What is said.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Texts {
    /// To those who wait (P6).
    pub waiting: String,
    /// To the nurse who answers: that it is the night watch, and which key takes the call.
    pub accept: String,
    /// To the nurse, when the caller has hung up and no urgency was keyed (P8).
    pub triage: String,
    /// To a caller at night whom nobody answers.
    pub unanswered: String,
}

//! What the hospital can change without a programmer: every clinic, figure and word.

use schemars::JsonSchema;
use serde::Deserialize;
use strowger_sdk::prelude::*;

/// The `[settings]` of a contact centre's flow file. None has a value of its own: all of them stand
/// in the file.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Settings {
    /// Whose contact centre it is. Also what the caller hears, and the agent sees, for a number
    /// without a clinic.
    pub hospital: String,
    /// The team behind all clinics (K1).
    #[schemars(extend("format" = "queue"))]
    pub team: String,
    /// After so many seconds of waiting, additionally the clinic itself (K2).
    pub clinic_after: Seconds,
    /// Who counts as calling again (K3).
    pub repeat: Repeat,
    /// What those who wait hear between the words.
    #[schemars(extend("format" = "music"))]
    pub music: String,
    /// From the start of one waiting message to the next, in seconds.
    pub repeat_every: Seconds,
    /// What they are told of their place in line; not given: nothing.
    pub announce: Option<Announce>,
    /// How those who wait may be called back, keeping their place (K6); not given: not at all.
    pub call_back: Option<CallBack>,
    /// Languages that callers may choose with a key, unless they are contacts with a language of
    /// their own; none: the flow's.
    #[serde(default)]
    pub languages: Vec<Language>,
    /// What an agent keys when the conversation is over (K5).
    pub wrap_up: Vec<WrapUp>,
    /// How long the agent has to key it, in seconds.
    pub wrap_up_within: Seconds,
    /// What is said.
    pub texts: Texts,
    /// The clinics: one entry each (K1).
    pub clinics: Vec<Clinic>,
}

/// A clinic.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Clinic {
    /// Its number: one of those that the flow serves.
    #[schemars(extend("format" = "phone-number"))]
    pub number: String,
    /// Its name, as callers hear it and agents see it.
    pub name: String,
    /// Its question tree, where the agent's screen finds it.
    pub tree: String,
    /// Its own people, who are asked additionally after `clinic_after` (K2). Without it the team
    /// alone answers.
    #[schemars(extend("format" = "queue-or-agent"))]
    pub desk: Option<String>,
}

/// Who counts as calling again: whose call is at least the so-manieth within some days.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Repeat {
    /// How far back calls count.
    pub days: u16,
    /// From so many calls on, this one among them.
    pub calls: u32,
}

/// What came of a conversation.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct WrapUp {
    /// What the agent keys.
    pub key: char,
    /// As it stands on the record.
    pub code: String,
}

/// What is said. `{clinic}` is the clinic's name.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Texts {
    /// To everybody first, the same for all clinics (K1).
    pub greeting: Words,
    /// To those who wait.
    pub waiting: Words,
    /// When nobody can be reached.
    pub nobody: Words,
    /// On the agent's phone, behind the clinic, when the caller has called it before: `{call}`
    /// counts this call (K3).
    pub again: String,
    /// On the agent's phone, behind that, when other clinics were called: `{clinics}` (K3).
    pub elsewhere: String,
    /// To the agent, before the two are connected (K1). Without it nothing.
    pub whisper: Option<Words>,
    /// To the agent, when the caller has hung up and nothing was keyed yet (K5).
    pub wrap_up: Words,
}

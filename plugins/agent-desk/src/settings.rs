//! What an operator can change without a programmer: every code and every word.

use schemars::JsonSchema;
use serde::Deserialize;
use std::collections::BTreeMap;

/// The `[settings]` of the flow file. None has a value of its own: all of them stand in the file.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Settings {
    /// What agents key. The flow file's `numbers` say the same, for the host.
    pub codes: Codes,
    /// What stands before a code that is keyed on an emergency mobile, such as `082780`.
    pub mobile_prefix: String,
    /// How often somebody may key a wrong extension, or a wrong PIN, in one call.
    pub tries: u8,
    /// Reasons of a pause, by the digit behind the code.
    pub pause_reasons: BTreeMap<String, String>,
    /// What is said.
    pub texts: Texts,
}

/// What agents key.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Codes {
    /// To log in at the phone, and out.
    pub log_in: String,
    /// To join a queue, and to leave it. The queue's code comes behind it.
    pub queue: String,
    /// To pause. The reason may come behind it, after a `*`.
    pub pause: String,
    /// To end a pause.
    pub end_pause: String,
}

/// What is said.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Texts {
    /// Asks for the extension.
    pub extension: String,
    /// Of an extension that no agent has.
    pub unknown_extension: String,
    /// Asks for the PIN.
    pub pin: String,
    /// Of a PIN that is wrong.
    pub wrong_pin: String,
    /// The agent is logged in now.
    pub logged_in: String,
    /// The agent is logged out now.
    pub logged_out: String,
    /// The agent takes the queue's calls now.
    pub joined: String,
    /// The agent takes them no more.
    pub left: String,
    /// Of a code that no queue has.
    pub unknown_code: String,
    /// The agent takes no calls for now.
    pub paused: String,
    /// The agent takes calls again.
    pub pause_ended: String,
    /// Nobody is logged in at this phone.
    pub not_logged_in: String,
    /// It cannot be done at this phone.
    pub impossible: String,
}

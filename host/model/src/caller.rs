//! What is said of who calls.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What the signalling says of who calls, beside the number that the PBX shows. The host decides by
/// it whether the number is withheld, and which header is believed. Headers are as they came, without
/// their names. Hostile input.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Signalled {
    /// The PBX knows that the number must not be shown.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub withheld: bool,
    /// SIP: `Privacy`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub privacy: Option<String>,
    /// SIP: `From`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from: Option<String>,
    /// SIP: `P-Asserted-Identity`, the first one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub asserted_identity: Option<String>,
    /// SIP: `Remote-Party-ID`, the first one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub remote_party_id: Option<String>,
}

impl Signalled {
    /// Nothing is said.
    pub fn is_nothing(&self) -> bool {
        *self == Self::default()
    }
}

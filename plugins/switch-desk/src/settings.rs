//! What an operator can change without a programmer: the codes and every word.

use schemars::JsonSchema;
use serde::Deserialize;
use strowger_sdk::prelude::Words;

/// The `[settings]` of the flow file. None has a value of its own: all of them stand in the file.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Settings {
    /// What stands before the code of the switch, such as `*55*`. The flow file's `numbers` say the
    /// same, for the host.
    pub code: String,
    /// What stands before all of it on an emergency mobile, such as `082780`.
    pub mobile_prefix: String,
    /// The key that turns the switch.
    #[schemars(regex(pattern = "^[0-9]$"))]
    pub confirm_key: String,
    /// How often somebody may key a wrong extension, or a wrong PIN, in one call.
    pub tries: u8,
    /// What is said.
    pub texts: Texts,
}

/// What is said. In those about a switch, `{switch}` is its label, `{from}` where it stands, and `{to}`
/// where it will stand.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Texts {
    /// Asks for the extension of whoever calls from a phone that is nobody's.
    pub extension: Words,
    /// Of an extension that no agent has.
    pub unknown_extension: Words,
    /// Asks for the PIN.
    pub pin: Words,
    /// Of a PIN that is wrong.
    pub wrong_pin: Words,
    /// Says what will be done, and asks for the key.
    pub confirm: Words,
    /// It is done.
    pub done: Words,
    /// The switch stands there already.
    pub same: Words,
    /// The key was not pressed: nothing was done.
    pub cancelled: Words,
    /// Of a code that no switch has, or a number that no position has.
    pub unknown_code: Words,
    /// This agent may not turn this switch, or not from this phone.
    pub not_permitted: Words,
}

//! Whom one can call, as files write it.

use strowger_model::{PhoneNumber, command::Target};

/// What to write where a telephone is asked for.
pub const ADDRESS: &str = "write a number (\"+32470123456\"), an extension (\"101\") or an address as the PBX writes it (\"PJSIP/anna\")";

/// What to write where a telephone number is asked for.
pub const NUMBER: &str = "write it as + and country code, such as \"+3227138700\", or as it is dialled in the country of the site file, such as \"02 713 87 00\"";

/// A text is no telephone number.
pub fn not_a_number(text: &str) -> String {
    format!("not a telephone number: {text:?}")
}

/// Reads whom one can call: an address, or `agent:NAME`. None: it is neither. The agent need not
/// exist.
pub fn target(text: &str) -> Option<Target> {
    match text.strip_prefix("agent:") {
        Some(name) => Some(Target::Agent(name.into())),
        None => address(text),
    }
}

/// Reads an address: a number, an extension, or something in the PBX's own words, which has a `/`
/// in it.
pub fn address(text: &str) -> Option<Target> {
    let key = |c: char| c.is_ascii_digit() || matches!(c, '*' | '#');
    if text.starts_with('+') {
        text.parse::<PhoneNumber>().ok().map(Target::Number)
    } else if !text.is_empty() && text.chars().all(key) {
        Some(Target::Extension(text.to_owned()))
    } else {
        let own_words =
            text.contains('/') && !text.contains(|c: char| c.is_control() || c.is_whitespace());
        own_words.then(|| Target::Address(text.to_owned()))
    }
}

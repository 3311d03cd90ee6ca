//! Names and identifiers. Each is a type of its own, so that a queue cannot be passed for an agent.

use crate::Timestamp;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Serialize};
use std::{
    borrow::{Borrow, Cow},
    fmt,
    str::FromStr,
    sync::Arc,
};

/// Makes a cheaply cloned name type over `Arc<str>`.
macro_rules! name {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(
            Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
        )]
        #[serde(transparent)]
        pub struct $name(Arc<str>);

        impl $name {
            /// Takes the name as it is.
            pub fn new(name: impl Into<Arc<str>>) -> Self {
                Self(name.into())
            }

            /// The name as text.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "{:?}", &self.0)
            }
        }

        impl From<&str> for $name {
            fn from(name: &str) -> Self {
                Self(name.into())
            }
        }

        impl From<String> for $name {
            fn from(name: String) -> Self {
                Self(name.into())
            }
        }

        impl Borrow<str> for $name {
            fn borrow(&self) -> &str {
                &self.0
            }
        }
    };
}

name! {
    /// A queue of the site.
    QueueName
}
name! {
    /// An agent of the site.
    AgentName
}
name! {
    /// A flow: the name of its flow file.
    FlowName
}
name! {
    /// A campaign: the name under which it was opened.
    CampaignName
}
name! {
    /// A template of the site file that campaigns are opened from.
    TemplateName
}
name! {
    /// A kind of case, such as `complaint`: what has to be answered later, and until when, as the
    /// site file says.
    CaseKind
}
name! {
    /// A leg within its call: `caller`, or the name that the flow gave it.
    LegName
}

impl LegName {
    /// The leg that arrived.
    pub fn caller() -> Self {
        Self::new("caller")
    }

    /// Whether this is the leg that arrived.
    pub fn is_caller(&self) -> bool {
        self.as_str() == "caller"
    }
}

/// One caller's visit, from arrival to record. Never repeats: milliseconds of the wall clock in the
/// upper bits, a counter in the lower 16. Written as 13 characters of Crockford's base 32, which
/// sort by time.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CallId(u64);

/// Crockford's base 32: no I, L, O, U.
const ALPHABET: &[u8; 32] = b"0123456789abcdefghjkmnpqrstvwxyz";

impl CallId {
    /// The characters of every id.
    pub const LENGTH: usize = 13;

    /// The first id that may be given at an instant (milliseconds since 1970), and after `last`.
    pub fn next(unix_millis: u64, last: Option<Self>) -> Self {
        let now = unix_millis << 16;
        Self(last.map_or(now, |last| now.max(last.0 + 1)))
    }

    /// The id as it is written, without allocating.
    pub fn text(self) -> [u8; Self::LENGTH] {
        let mut text = [b'0'; Self::LENGTH];
        for (place, character) in text.iter_mut().enumerate() {
            let shift = 5 * (Self::LENGTH - 1 - place);
            *character = ALPHABET[(self.0 >> shift) as usize & 31];
        }
        text
    }

    /// When the id was given, by the wall clock; ids that were given faster than their counter
    /// holds are said to be later.
    pub fn given(self) -> Timestamp {
        Timestamp(self.0 >> 16)
    }

    /// The id as a number, for seeds and keys.
    pub fn as_u64(self) -> u64 {
        self.0
    }
}

impl fmt::Display for CallId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(str::from_utf8(&self.text()).map_err(|_| fmt::Error)?)
    }
}

impl fmt::Debug for CallId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// A text that is not a call id.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error("not a call id: {0:?}; expected 13 characters such as 0001j5t7r0g00")]
pub struct NotACallId(String);

impl FromStr for CallId {
    type Err = NotACallId;

    fn from_str(text: &str) -> Result<Self, NotACallId> {
        let wrong = || NotACallId(text.to_owned());
        if text.len() != Self::LENGTH {
            return Err(wrong());
        }
        let mut value: u128 = 0;
        for byte in text.bytes() {
            let digit = ALPHABET.iter().position(|&c| c == byte).ok_or_else(wrong)?;
            value = value << 5 | digit as u128;
        }
        u64::try_from(value).map(Self).map_err(|_| wrong())
    }
}

impl Serialize for CallId {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for CallId {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

impl JsonSchema for CallId {
    fn schema_name() -> Cow<'static, str> {
        "CallId".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "description": "One caller's visit. The ids sort by time.",
            "type": "string",
            "pattern": "^[0-9a-hjkmnp-tv-z]{13}$",
            "examples": ["038g0xwfyg000"],
        })
    }
}

/// The flow's own number for something that it ordered.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct OrderId(pub u32);

impl OrderId {
    /// Numbers from here on are the host's own.
    pub const FIRST_OF_HOST: Self = Self(0xffff_0000);
}

impl fmt::Display for OrderId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "#{}", self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn call_ids_grow_and_read_back() {
        let first = CallId::next(1_795_312_001_000, None);
        let second = CallId::next(1_795_312_001_000, Some(first));
        let after_clock_went_back = CallId::next(1_795_312_000_000, Some(second));
        assert!(first < second && second < after_clock_went_back);
        assert!(first.to_string() < second.to_string());
        assert_eq!(second.to_string().parse(), Ok(second));
        assert!("zzzzzzzzzzzzz".parse::<CallId>().is_err(), "beyond 64 bits");
        assert!("short".parse::<CallId>().is_err());
    }
}

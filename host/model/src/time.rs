//! Instants and rings.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::{fmt, time::Duration};

/// An instant on the wall clock: milliseconds since 1970-01-01T00:00:00Z. For records and civil
/// time; lengths of time are measured monotonically.
#[derive(
    Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize, JsonSchema,
)]
#[serde(transparent)]
pub struct Timestamp(pub u64);

impl Timestamp {
    /// This instant and `later`.
    pub fn plus(self, later: Duration) -> Self {
        Self(self.0.saturating_add(later.as_millis() as u64))
    }

    /// From `earlier` to this instant; zero if that is later.
    pub fn since(self, earlier: Self) -> Duration {
        Duration::from_millis(self.0.saturating_sub(earlier.0))
    }
}

impl fmt::Debug for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ms", self.0)
    }
}

/// The ringing cadence of a country: how long a ring and the pause after it last.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Cadence {
    /// The sound.
    pub on: Duration,
    /// The pause after it.
    pub off: Duration,
}

impl Cadence {
    /// Belgium: 1 s on, 3 s off (ITU-T E.180 supplement).
    pub const BELGIUM: Self = Self::seconds(1, 3);
    /// The Netherlands: 1 s on, 4 s off (ITU-T E.180 supplement).
    pub const NETHERLANDS: Self = Self::seconds(1, 4);

    const fn seconds(on: u64, off: u64) -> Self {
        Self { on: Duration::from_secs(on), off: Duration::from_secs(off) }
    }

    /// From the start of ringing to the end of the last of so many rings: in Belgium the eighth
    /// ends at 29 s.
    pub fn length_of(self, rings: u8) -> Duration {
        match u32::from(rings) {
            0 => Duration::ZERO,
            rings => self.on * rings + self.off * (rings - 1),
        }
    }
}

/// A length of time as whole milliseconds, for `#[serde(with = "strowger_model::time::millis")]`.
pub mod millis {
    use serde::{Deserialize, Deserializer, Serializer};
    use std::time::Duration;

    /// Writes the milliseconds.
    ///
    /// # Errors
    /// Those of the format.
    pub fn serialize<S: Serializer>(length: &Duration, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_u64(u64::try_from(length.as_millis()).unwrap_or(u64::MAX))
    }

    /// Reads them.
    ///
    /// # Errors
    /// It is not a whole number.
    pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Duration, D::Error> {
        u64::deserialize(deserializer).map(Duration::from_millis)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn eighth_ring_ends_as_in_o1() {
        assert_eq!(Cadence::BELGIUM.length_of(8), Duration::from_secs(29));
        assert_eq!(Cadence::NETHERLANDS.length_of(8), Duration::from_secs(36));
        assert_eq!(Cadence::BELGIUM.length_of(0), Duration::ZERO);
    }
}

//! Between the words of the contract and those of the model: the one place where a name of either
//! is mapped to the other. What goes to a guest cannot fail; what comes from one is checked.

pub(crate) mod from_guest;
pub(crate) mod to_guest;

use std::time::Duration;

/// A length of time in the contract's milliseconds; what is too long for them is the longest.
pub(crate) fn millis(time: Duration) -> u32 {
    u32::try_from(time.as_millis()).unwrap_or(u32::MAX)
}

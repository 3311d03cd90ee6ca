//! Legs that a script looks after.

use super::call::Call;
use std::fmt;

/// A leg that a dial brought forth, and that the script looks after.
///
/// Dropping it hangs the leg up, unless it was put together with somebody ([`Call::connect`]) or is
/// gone already: nobody who answered is left listening to silence.
pub struct Leg {
    call: Call,
    name: String,
}

impl Leg {
    pub(super) fn new(call: Call, name: String) -> Self {
        Self { call, name }
    }

    /// The leg's name in this call.
    pub fn name(&self) -> &str {
        &self.name
    }
}

impl Leg {
    /// Nobody looks after it any more, and it stays.
    pub(super) fn let_be(mut self) {
        self.name.clear();
    }
}

impl AsRef<str> for Leg {
    fn as_ref(&self) -> &str {
        &self.name
    }
}

impl fmt::Debug for Leg {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_tuple("Leg").field(&self.name).finish()
    }
}

impl Drop for Leg {
    fn drop(&mut self) {
        self.call.run.forsake_leg(&self.name);
    }
}

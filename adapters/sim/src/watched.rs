//! How phones are that the host watches: in a call of their own, or away.

use std::collections::HashMap;
use strowger_model::PhoneState;
use strowger_pbx::port::Address;

/// What the host watches, and what is so.
#[derive(Default)]
pub(super) struct Watched {
    /// What was told last of each.
    pub(super) told: HashMap<Address, PhoneState>,
    /// In how many calls of their own phones are.
    pub(super) own_calls: HashMap<Address, u32>,
    pub(super) away: HashMap<Address, PhoneState>,
}

impl Watched {
    pub(super) fn state(&self, at: &Address) -> PhoneState {
        let busy = self.own_calls.get(at).is_some_and(|calls| *calls > 0);
        let here = if busy { PhoneState::Busy } else { PhoneState::Free };
        self.away.get(at).copied().unwrap_or(here)
    }
}

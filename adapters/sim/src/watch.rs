//! The host is told how phones are that it watches.

use super::world::{Far, World};
use strowger_model::PhoneState;
use strowger_pbx::port::{Address, PbxEvent};

impl Far {
    /// The phone from which it calls.
    pub(super) fn calls_from(&self) -> Option<Address> {
        let Self::Caller(script) = self else { return None };
        Some(Address::Endpoint(script.more.as_ref()?.endpoint.clone()?))
    }
}

impl World {
    pub(super) fn watch(&mut self, phones: Vec<Address>) {
        self.watched.told.clear();
        for at in phones {
            let state = self.watched.state(&at);
            self.watched.told.insert(at.clone(), state);
            self.tell(PbxEvent::Phone { at, state });
        }
    }

    /// A phone is away from now on, or there again.
    pub(super) fn phone_is(&mut self, at: Address, state: PhoneState) {
        match state {
            PhoneState::Free => drop(self.watched.away.remove(&at)),
            state => drop(self.watched.away.insert(at.clone(), state)),
        }
        self.look_at(at);
    }

    /// A call of its own begins at a phone, or ends.
    pub(super) fn own_call(&mut self, at: Address, begins: bool) {
        let calls = self.watched.own_calls.entry(at.clone()).or_default();
        *calls = if begins { *calls + 1 } else { calls.saturating_sub(1) };
        self.look_at(at);
    }

    fn look_at(&mut self, at: Address) {
        let state = self.watched.state(&at);
        if let Some(told) = self.watched.told.get_mut(&at).filter(|told| **told != state) {
            *told = state;
            self.tell(PbxEvent::Phone { at, state });
        }
    }
}

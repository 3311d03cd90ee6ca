//! Numbers as hashes that only this journal makes; which of them are in calls, and which are never
//! to be called.

use std::collections::{BTreeMap, HashMap};
use strowger_campaign::NumberKey;
use strowger_journal::CampaignChange;
use strowger_model::{CallId, PhoneNumber, campaign::NeverCalled};
use strowger_pbx::port::LegId;

/// The numbers.
pub(super) struct Numbers {
    salt: [u8; 16],
    /// Of callers, while their calls are up.
    in_calls: HashMap<CallId, NumberKey>,
    /// Of legs that calls have dialled, while they are up, and whose legs they are.
    dialled: HashMap<LegId, (CallId, NumberKey)>,
    /// The state machine knows who is in a call: a campaign goes on.
    pub(super) told: bool,
    pub(super) never: BTreeMap<[u8; 16], NeverCalled>,
}

impl Numbers {
    /// Of a person whose number was erased.
    pub(super) const NONE: NumberKey = NumberKey([0; 16]);

    pub(super) fn new(salt: [u8; 16], never: Vec<NeverCalled>) -> Self {
        let never = never.into_iter().map(|one| (one.key, one)).collect();
        Self { salt, in_calls: HashMap::new(), dialled: HashMap::new(), told: false, never }
    }

    /// The hash of a number: the same wherever the number comes from.
    pub(super) fn key(&self, number: &PhoneNumber) -> NumberKey {
        let mut hasher = blake3::Hasher::new();
        hasher.update(&self.salt).update(number.as_str().as_bytes());
        let mut key = [0; 16];
        hasher.finalize_xof().fill(&mut key);
        NumberKey(key)
    }

    /// The caller of a call has that number.
    pub(super) fn enter(&mut self, call: CallId, number: &PhoneNumber) -> NumberKey {
        let key = self.key(number);
        self.in_calls.insert(call, key);
        key
    }

    /// A call is over.
    pub(super) fn leave(&mut self, call: CallId) -> Option<NumberKey> {
        self.in_calls.remove(&call)
    }

    /// A call dials a number. False: it has done so already.
    pub(super) fn dial(&mut self, call: CallId, leg: &LegId, key: NumberKey) -> bool {
        self.dialled.insert(leg.clone(), (call, key)).is_none()
    }

    /// A leg is gone.
    pub(super) fn gone(&mut self, leg: &LegId) -> Option<NumberKey> {
        self.dialled.remove(leg).map(|(_, key)| key)
    }

    /// A leg is another call's from now on.
    pub(super) fn passes(&mut self, leg: &LegId, to: CallId) {
        if let Some((whose, _)) = self.dialled.get_mut(leg) {
            *whose = to;
        }
    }

    /// Legs of a call that is over.
    pub(super) fn left_by(&self, call: CallId) -> Vec<LegId> {
        let of = self.dialled.iter().filter(|(_, (whose, _))| *whose == call);
        of.map(|(leg, _)| leg.clone()).collect()
    }

    pub(super) fn in_calls(&self) -> Vec<NumberKey> {
        let dialled = self.dialled.values().map(|(_, key)| key);
        self.in_calls.values().chain(dialled).copied().collect()
    }

    /// Numbers that were erased from the journal stay on the do-not-call list as hashes.
    pub(super) fn forget(&mut self, kept: &[NeverCalled]) {
        for one in kept.iter().filter(|one| one.number.is_none()) {
            if let Some(known) = self.never.get_mut(&one.key) {
                known.number = None;
            }
        }
    }

    /// For the journal: how a number stands now.
    pub(super) fn change(&self, number: NumberKey) -> CampaignChange {
        let listed = self.never.get(&number.0);
        let listed = listed.map(|one| (one.number.clone(), one.since, one.by.clone()));
        CampaignChange::DoNotCall { key: number.0, listed }
    }
}

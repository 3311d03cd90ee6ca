//! Numbers as hashes that only this journal makes; which of them are in calls, and which are never
//! to be called.

use std::collections::{BTreeMap, HashMap};
use strowger_campaign::NumberKey;
use strowger_journal::CampaignChange;
use strowger_model::{CallId, PhoneNumber, campaign::NeverCalled};

/// The numbers.
pub(super) struct Numbers {
    salt: [u8; 16],
    /// Of callers, while their calls are up.
    in_calls: HashMap<CallId, NumberKey>,
    /// The state machine knows who is in a call: a campaign goes on.
    pub(super) told: bool,
    pub(super) never: BTreeMap<[u8; 16], NeverCalled>,
}

impl Numbers {
    /// Of a person whose number was erased.
    pub(super) const NONE: NumberKey = NumberKey([0; 16]);

    pub(super) fn new(salt: [u8; 16], never: Vec<NeverCalled>) -> Self {
        let never = never.into_iter().map(|one| (one.key, one)).collect();
        Self { salt, in_calls: HashMap::new(), told: false, never }
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

    pub(super) fn in_calls(&self) -> Vec<NumberKey> {
        self.in_calls.values().copied().collect()
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

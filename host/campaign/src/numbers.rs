//! Which numbers are in a call, and which are never to be called. A number that is neither costs
//! nothing.

use crate::{NumberKey, Row, ix::CampaignIx};
use std::collections::{HashMap, HashSet, hash_map::Entry};

/// The numbers of all campaigns and calls.
#[derive(Debug, Default)]
pub(crate) struct Numbers {
    busy: HashMap<NumberKey, Busy>,
    do_not_call: HashSet<NumberKey>,
}

/// A number in a call.
#[derive(Debug, Default)]
struct Busy {
    /// In so many calls of campaigns: one, or none.
    attempts: u32,
    /// In so many others.
    others: u32,
    /// Contacts whose turn it was meanwhile.
    parked: Vec<(CampaignIx, Row)>,
}

/// What a call is of.
#[derive(Clone, Copy)]
pub(crate) enum Holder {
    Attempt,
    Other,
}

impl Busy {
    fn count(&mut self, holder: Holder) -> &mut u32 {
        match holder {
            Holder::Attempt => &mut self.attempts,
            Holder::Other => &mut self.others,
        }
    }
}

impl Numbers {
    pub(crate) fn hold(&mut self, number: NumberKey, holder: Holder) {
        *self.busy.entry(number).or_default().count(holder) += 1;
    }

    /// Who waited for the number, if it is free now; none: it was in no such call.
    pub(crate) fn release(
        &mut self,
        number: NumberKey,
        holder: Holder,
    ) -> Option<Vec<(CampaignIx, Row)>> {
        let Entry::Occupied(mut busy) = self.busy.entry(number) else { return None };
        let count = busy.get_mut().count(holder);
        *count = count.checked_sub(1)?;
        let free = busy.get().attempts + busy.get().others == 0;
        Some(if free { busy.remove().parked } else { Vec::new() })
    }

    /// Whether the number is in a call; if so, the contact is [`release`](Self::release)d.
    pub(crate) fn park(&mut self, number: NumberKey, campaign: CampaignIx, row: Row) -> bool {
        let Some(busy) = self.busy.get_mut(&number) else { return false };
        busy.parked.push((campaign, row));
        true
    }

    /// Who waits for the number; they do so no more.
    pub(crate) fn parked(&mut self, number: NumberKey) -> Vec<(CampaignIx, Row)> {
        self.busy.get_mut(&number).map_or(Vec::new(), |busy| std::mem::take(&mut busy.parked))
    }

    /// Whether the number is in a call that is not of a campaign.
    pub(crate) fn is_in_another(&self, number: NumberKey) -> bool {
        self.busy.get(&number).is_some_and(|busy| busy.others > 0)
    }

    pub(crate) fn may_call(&self, number: NumberKey) -> bool {
        !self.do_not_call.contains(&number)
    }

    /// Whether that is new.
    pub(crate) fn list(&mut self, number: NumberKey, listed: bool) -> bool {
        if listed { self.do_not_call.insert(number) } else { self.do_not_call.remove(&number) }
    }

    #[cfg(test)]
    pub(crate) fn is_parked(&self, number: NumberKey, campaign: CampaignIx, row: Row) -> bool {
        self.busy.get(&number).is_some_and(|busy| busy.parked.contains(&(campaign, row)))
    }
}

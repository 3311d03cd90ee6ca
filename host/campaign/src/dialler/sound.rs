//! The dialler's own accounts, worked out anew.

use super::Dialler;
use crate::ix::CampaignIx;

impl Dialler {
    /// Panics unless the accounts are right.
    pub(crate) fn assert_sound(&self) {
        assert!(self.unsettled.is_empty());
        let unplaced = self.attempts.values().filter(|attempt| attempt.unplaced).count();
        assert_eq!(self.unplaced as usize, unplaced);
        for (ix, campaign) in (0..).map(CampaignIx).zip(&self.campaigns) {
            let Some(campaign) = campaign else { continue };
            campaign.assert_sound(|number, row| self.numbers.is_parked(number, ix, row));
            let wake = self.deadlines.iter().find(|(_, due)| *due == super::Due::Campaign(ix));
            assert_eq!(campaign.wake, wake.map(|(at, _)| *at));
            for (row, attempt) in campaign.calls() {
                let found = &self.attempts[attempt];
                assert_eq!((found.campaign, found.row), (ix, *row));
            }
        }
    }
}

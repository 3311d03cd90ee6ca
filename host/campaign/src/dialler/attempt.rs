//! A call of a campaign.

use crate::{Row, ix::CampaignIx};

/// A call that is under way.
#[derive(Debug)]
pub(super) struct Attempt {
    pub(super) campaign: CampaignIx,
    pub(super) row: Row,
    /// It may still take an agent who is told to be free.
    pub(super) unplaced: bool,
    /// Its flow has tried to call the contact, or said something of it.
    pub(super) acted: bool,
}

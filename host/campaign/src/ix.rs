//! Which campaign or template of the dialler: an index into the dialler's lists, for good.

/// Which campaign of the dialler.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct CampaignIx(pub(crate) u32);

/// Which template of the dialler.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct TemplateIx(pub(crate) u32);

impl crate::Row {
    pub(crate) fn ix(self) -> usize {
        self.0 as usize
    }
}

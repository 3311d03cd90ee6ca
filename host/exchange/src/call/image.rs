//! What of a call is in the journal: all that its task knows between two mails.
//!
//! A field that is added goes to the end and gets a serde default, a variant that is added gets a
//! new name: then images of before are still read (see the store's `codec`). Any other change needs
//! another format, and a reader of this one.

use super::{Call, Origin, Phase, leg::Leg, order::Open};
use crate::CallRecord;
use serde::{Deserialize, Deserializer, Serialize};
use std::{borrow::Cow, time::Duration};
use strowger_pbx::port::LegId;

/// A call between two mails.
#[derive(Serialize, Deserialize)]
pub(crate) struct Image<'a> {
    /// When it was taken, in monotonic time.
    pub(crate) at: Duration,
    pub(super) phase: Phase,
    #[serde(serialize_with = "serde_bytes::serialize", deserialize_with = "owned_bytes")]
    pub(super) state: Cow<'a, [u8]>,
    pub(super) legs: Cow<'a, [Leg]>,
    pub(super) orders: Cow<'a, [Open]>,
    pub(crate) record: Cow<'a, CallRecord>,
    pub(super) plays: u32,
    #[serde(default)]
    pub(super) origin: Cow<'a, Origin>,
}

fn owned_bytes<'de, D: Deserializer<'de>>(bytes: D) -> Result<Cow<'static, [u8]>, D::Error> {
    serde_bytes::deserialize::<Vec<u8>, _>(bytes).map(Cow::Owned)
}

impl Call {
    /// The call as it is now. It has told its flow everything.
    pub(crate) fn image(&self) -> Image<'_> {
        Image {
            at: self.exchange.clock.elapsed(),
            phase: self.phase,
            state: (&*self.state).into(),
            legs: (&*self.legs).into(),
            orders: (&*self.orders).into(),
            record: Cow::Borrowed(&self.record),
            plays: self.plays,
            origin: Cow::Borrowed(&self.origin),
        }
    }
}

impl Image<'_> {
    /// The legs that it had.
    pub(crate) fn leg_ids(&self) -> impl Iterator<Item = &LegId> {
        self.legs.iter().map(|leg| &leg.id)
    }
}

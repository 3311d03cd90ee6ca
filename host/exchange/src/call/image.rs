//! What of a call is in the journal: all that its task knows between two mails.
//!
//! Written as a format byte and MessagePack without field names. A field that is added goes to the end and gets a serde default, a variant that
//! is added gets a new name: then images of before are still read. Any other change needs the next format and a reader of this one.

use super::{Call, Phase, leg::Leg, order::Open};
use crate::CallRecord;
use serde::{Deserialize, Serialize};
use std::{borrow::Cow, time::Duration};
use strowger_model::Timestamp;

const FORMAT: u8 = 1;

/// A call between two mails.
#[derive(Serialize, Deserialize)]
pub(crate) struct Image<'a> {
    /// When it was taken.
    pub(crate) at: Timestamp,
    /// The same as monotonic time.
    pub(crate) elapsed: Duration,
    pub(super) phase: Phase,
    #[serde(with = "serde_bytes")]
    pub(super) state: Cow<'a, [u8]>,
    pub(super) legs: Cow<'a, [Leg]>,
    pub(super) orders: Cow<'a, [Open]>,
    pub(crate) record: Cow<'a, CallRecord>,
    pub(super) plays: u32,
}

/// An image that cannot be read.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Unreadable {
    #[error("it has format {0}; this host reads {FORMAT}")]
    Format(u8),
    #[error("it is empty")]
    Empty,
    #[error("it is damaged: {0}")]
    Damaged(#[from] rmp_serde::decode::Error),
}

impl Call {
    /// The call as it is now. It has told its flow everything.
    pub(crate) fn image(&self) -> Result<Box<[u8]>, rmp_serde::encode::Error> {
        let image = Image {
            at: self.exchange.clock.now(),
            elapsed: self.exchange.clock.elapsed(),
            phase: self.phase,
            state: (&*self.state).into(),
            legs: (&*self.legs).into(),
            orders: (&*self.orders).into(),
            record: Cow::Borrowed(&self.record),
            plays: self.plays,
        };
        let mut bytes = Vec::with_capacity(512 + self.state.len());
        bytes.push(FORMAT);
        rmp_serde::encode::write(&mut bytes, &image)?;
        Ok(bytes.into())
    }
}

impl Image<'static> {
    pub(crate) fn read(bytes: &[u8]) -> Result<Self, Unreadable> {
        match bytes.split_first() {
            Some((&FORMAT, body)) => Ok(rmp_serde::from_slice(body)?),
            Some((&other, _)) => Err(Unreadable::Format(other)),
            None => Err(Unreadable::Empty),
        }
    }

    /// The legs that it had.
    pub(crate) fn leg_ids(&self) -> impl Iterator<Item = &strowger_pbx::port::LegId> {
        self.legs.iter().map(|leg| &leg.id)
    }
}

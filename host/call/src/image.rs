//! What of a call is in the journal: all that its task knows between two mails.
//!
//! A field that is added goes to the end and gets a serde default, a variant that is added gets a
//! new name: then images of before are still read (see the store's `codec`). Any other change needs
//! another format, and a reader of this one.

use crate::{
    Call, Kept, Origin, Phase, Rare,
    front::Fronts,
    legs::{Legs, Role},
    order::queue::{QueueStage, Queueing},
    orders::Orders,
    quota::Used,
    talks::nanos,
};
use serde::{Deserialize, Deserializer, Serialize};
use std::{borrow::Cow, collections::VecDeque, sync::Arc, time::Duration};
use strowger_call_port::first_offered;
use strowger_model::{CallId, CallRecord, Event, FlowVersion, OrderId};
use strowger_pbx::port::LegId;
use strowger_site::Terms;

/// How good the claim of a call is to a phone of an agent. Two images have the same phone if it was
/// passed on just before their host died: it belongs to the better claim.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Claim {
    /// The call waits no more.
    Past,
    /// The phone rings, and the call waits for an agent.
    Waits,
    /// The phone was answered for the call.
    Answered,
}

/// A call between two mails.
#[derive(Serialize, Deserialize)]
pub struct Image<'a> {
    /// When it was taken, in monotonic time.
    pub at: Duration,
    pub(crate) phase: Phase,
    #[serde(serialize_with = "serde_bytes::serialize", deserialize_with = "owned_bytes")]
    pub(crate) state: Cow<'a, [u8]>,
    pub(crate) legs: Cow<'a, Legs>,
    pub(crate) orders: Cow<'a, Orders>,
    /// The record so far.
    pub record: Cow<'a, CallRecord>,
    pub(crate) plays: u32,
    pub(crate) origin: Cow<'a, Origin>,
    /// What the flow has not been told.
    #[serde(default)]
    pub(crate) unseen: Cow<'a, VecDeque<Event>>,
    /// The next step is the first on its version.
    #[serde(default)]
    pub(crate) on_new_version: bool,
    #[serde(default)]
    pub(crate) used: Used,
    #[serde(default)]
    pub(crate) waited_ms: u32,
    #[serde(default)]
    pub(crate) fronts: Option<Cow<'a, Fronts>>,
    /// Places of other calls that this one has taken: they may not have been told.
    #[serde(default)]
    pub taken: Cow<'a, [(CallId, OrderId)]>,
}

fn owned_bytes<'de, D: Deserializer<'de>>(bytes: D) -> Result<Cow<'static, [u8]>, D::Error> {
    serde_bytes::deserialize::<Vec<u8>, _>(bytes).map(Cow::Owned)
}

impl Call {
    /// The call as it is now.
    pub fn image(&self, at: Duration) -> Image<'_> {
        Image {
            at,
            phase: self.phase,
            state: (&*self.state).into(),
            legs: Cow::Borrowed(&self.legs),
            orders: Cow::Borrowed(&self.orders),
            record: Cow::Borrowed(&self.kept.record),
            plays: self.plays,
            origin: Cow::Borrowed(&self.kept.origin),
            unseen: Cow::Borrowed(&self.unseen),
            on_new_version: self.on_new_version,
            used: self.kept.used,
            waited_ms: self.kept.waited_ms,
            fronts: self.rare.as_deref().map(|rare| Cow::Borrowed(&rare.fronts)),
            taken: self.rare.as_deref().map_or(&[][..], |rare| &rare.taken).into(),
        }
    }

    /// The call as it was. Its first input is `Input::Resume`.
    pub fn of_image(terms: Arc<Terms>, image: Image<'static>) -> Self {
        let mut legs = image.legs.into_owned();
        // Keys may have been missed: a pattern with a gap in it would be another number.
        legs.iter_mut().for_each(|leg| leg.keyed = Box::default());
        Self {
            id: image.record.call,
            terms,
            phase: image.phase,
            state: image.state.into_owned().into(),
            legs,
            orders: image.orders.into_owned(),
            kept: Box::new(Kept {
                record: image.record.into_owned(),
                origin: image.origin.into_owned(),
                used: image.used,
                waited_ms: image.waited_ms,
                accounted: nanos(image.at),
            }),
            plays: image.plays,
            rare: image.fronts.map(|fronts| {
                let (fronts, taken) = (fronts.into_owned(), image.taken.into_owned());
                Box::new(Rare { fronts, taken, ..Rare::default() })
            }),
            unseen: image.unseen.into_owned(),
            index: 0,
            on_new_version: image.on_new_version,
            in_a_row: 0,
            stale: 0,
            resuming: None,
        }
    }
}

impl Image<'_> {
    /// Gives the flows that rest in the call their terms, the outermost first. One that is not to be
    /// had is forgotten.
    pub fn rest_in(&mut self, terms: impl FnMut(&FlowVersion) -> Option<Arc<Terms>>) {
        if let Some(fronts) = &mut self.fronts {
            fronts.to_mut().rest_in(terms);
        }
    }

    /// The legs that it had.
    pub fn leg_ids(&self) -> impl Iterator<Item = &LegId> {
        self.legs.iter().map(|leg| &leg.id)
    }

    /// The phones of agents that were rung by queues.
    pub fn claims(&self) -> impl Iterator<Item = (&LegId, Claim)> {
        let waits = |order| {
            let queueing = self.orders.get::<Queueing>(order);
            queueing.is_some_and(|queueing| queueing.stage == QueueStage::Waiting)
        };
        let offered = self.legs.iter().filter(|leg| first_offered(&leg.id).is_some());
        offered.map(move |leg| match &leg.role {
            Role::Offered { entry, .. } if waits(*entry) => (&leg.id, Claim::Waits),
            Role::Offered { .. } => (&leg.id, Claim::Past),
            _ => (&leg.id, Claim::Answered),
        })
    }

    /// The phone is another call's.
    pub fn forget(&mut self, leg: &LegId) {
        self.legs.to_mut().remove(leg);
    }
}

//! Contacts of campaigns: who is called or calls back, and what comes of it.

use super::{Call, Events, NotReached, Ordered, kind};
use crate::{
    reads::{CampaignEnd, CampaignStatus},
    types::{ContactOf, Disposition, Event, RefusalReason},
};

/// # Agents, switches, campaigns
impl Call {
    /// The contact of a campaign whom this call is about: whom the campaign wants called, or who
    /// calls back and was handed over by [`Call::continue_with_contact`].
    pub fn about_contact(&self) -> Option<ContactOf> {
        match (self.contact_due(), self.arrival()) {
            (Some(due), _) => {
                Some(ContactOf { campaign: due.campaign.clone(), contact: due.contact.clone() })
            }
            (None, Some(arrival)) => serde_json::from_str(&arrival.data).ok(),
            (None, None) => None,
        }
    }

    /// Lets another flow take the call of a caller who is a contact of a campaign; that flow reads
    /// [`Call::about_contact`]. Awaiting it goes on only if that failed.
    pub fn continue_with_contact(
        &self,
        flow: impl Into<String>,
        who: &ContactOf,
    ) -> Ordered<kind::Transfer> {
        self.continue_with(flow, serde_json::to_string(who).unwrap_or_default())
    }

    /// The contact of a campaign who was called by a flow (its name) within the last days and calls
    /// back now. None: the last call that went out to the caller's number was another one, or the
    /// contact has answered it, then or since.
    pub fn returns_our_call(&self, flow: &str, days: u16) -> Option<ContactOf> {
        let history = self.history(self.caller()?, days);
        let newest = history.into_iter().find(|past| past.outbound)?;
        let who = newest.campaign.filter(|_| newest.flow == flow)?;
        let contact = self.campaign_contact(&who.campaign, &who.contact)?;
        let missed = contact.outcome.as_deref().is_none_or(|outcome| UNANSWERED.contains(&outcome));
        missed.then_some(who)
    }

    /// How many places a campaign has left, from now on: with 0, what this call offers is not to be
    /// had any more. Only a call that a campaign began is told.
    pub fn goals(&self) -> Goals {
        Goals(self.events(|event| match event {
            Event::Goal(goal) => Some(goal.remaining),
            _ => None,
        }))
    }
}

/// Outcomes of a contact who has said nothing yet.
const UNANSWERED: [&str; 2] = ["not-reached", "busy"];

/// How many places are left; see [`Call::goals`].
pub struct Goals(Events<u32>);

impl Goals {
    /// The next number of places left that is told.
    pub async fn next(&mut self) -> u32 {
        self.0.next().await
    }

    /// Waits until no place is left.
    pub async fn none_left(&mut self) {
        while self.next().await > 0 {}
    }
}

impl CampaignStatus {
    /// Places that can still be had: that are not filled, as long as the campaign was not stopped
    /// and its time is not over.
    pub fn places_left(&self) -> u32 {
        match self.end {
            Some(CampaignEnd::Stopped | CampaignEnd::TimeOver) => 0,
            Some(CampaignEnd::Filled | CampaignEnd::ListOver) | None => {
                self.goal.saturating_sub(self.reached)
            }
        }
    }

    /// What is said of it under this key.
    pub fn field(&self, key: &str) -> Option<&str> {
        self.fields.iter().find(|field| field.key == key).map(|field| field.value.as_str())
    }
}

impl Disposition {
    /// This came of a contact: `accepted`, `cannot-now`, `refused`, `not-reached`, `busy`,
    /// `invalid-number`, or a word of the flow's own.
    pub fn of(who: &ContactOf, outcome: impl Into<String>) -> Self {
        Self {
            who: who.clone(),
            outcome: outcome.into(),
            reason: None,
            not_before: None,
            never_again: false,
        }
    }

    /// Of a contact who was dialled, and did not answer.
    pub fn of_not_reached(who: &ContactOf, why: &NotReached) -> Self {
        let outcome = match why {
            NotReached::Busy => "busy",
            NotReached::Failed(super::Failure::Refused(refusal))
                if matches!(
                    refusal.reason,
                    RefusalReason::Invalid | RefusalReason::NotPermitted
                ) =>
            {
                "invalid-number"
            }
            _ => "not-reached",
        };
        Self::of(who, outcome).because(why.word())
    }

    /// Why.
    pub fn because(mut self, reason: impl Into<String>) -> Self {
        self.reason = Some(reason.into());
        self
    }

    /// The contact is called again, but not before this instant.
    pub fn again_from(mut self, instant: u64) -> Self {
        self.not_before = Some(instant);
        self
    }

    /// No campaign calls the number again.
    pub fn and_never_again(mut self) -> Self {
        self.never_again = true;
        self
    }
}

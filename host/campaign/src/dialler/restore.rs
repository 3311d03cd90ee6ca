//! The campaigns as they were when the host went away.

use super::{Dialler, attempt::Attempt};
use crate::{
    AttemptId, KeptContact, NumberKey, Open, Output, RefusedInput, Restored, Row,
    campaign::Campaign, ix::CampaignIx, nanos, numbers::Holder,
};
use std::collections::BTreeSet;

impl Dialler {
    /// A call that was under way and is not alive is over: its attempt was made.
    pub(super) fn restore(
        &mut self,
        campaigns: Vec<Restored>,
        do_not_call: &[NumberKey],
        alive: &[AttemptId],
        next_attempt: AttemptId,
        out: &mut Vec<Output>,
    ) -> Result<(), RefusedInput> {
        let mut named = campaigns.iter().map(|it| &it.campaign.name);
        if let Some(there) = named.find(|it| self.campaign_by_name.contains_key(*it)) {
            return Err(RefusedInput::DuplicateCampaign(there.clone()));
        }
        self.dialled = self.dialled.max(next_attempt.0.saturating_sub(1));
        for number in do_not_call {
            self.numbers.list(*number, true);
        }
        let alive: BTreeSet<AttemptId> = alive.iter().copied().collect();
        for restored in campaigns {
            self.put_back(&restored, &alive, out)?;
        }
        Ok(())
    }

    fn put_back(
        &mut self,
        restored: &Restored,
        alive: &BTreeSet<AttemptId>,
        out: &mut Vec<Output>,
    ) -> Result<(), RefusedInput> {
        let kept = &restored.campaign;
        let open = Open {
            name: kept.name.clone(),
            template: kept.template.clone(),
            goal: kept.goal,
            until: kept.until,
            contacts: restored.contacts.iter().map(|(listed, _)| *listed).collect(),
        };
        let template = self.template(kept.template.clone());
        let ix = self.add(Campaign::restored(kept, &open, template))?;
        for (row, (listed, contact)) in (0..).map(Row).zip(&restored.contacts) {
            let calling = contact.calling.filter(|attempt| alive.contains(attempt));
            if let Some(attempt) = calling {
                self.numbers.hold(listed.number, Holder::Attempt);
                let goes_on = Attempt { campaign: ix, row, unplaced: false };
                self.attempts.insert(attempt, goes_on);
            }
            self.dialled = self.dialled.max(contact.calling.map_or(0, |attempt| attempt.0));
            self.put_contact_back(ix, row, contact, calling);
            if contact.calling != calling {
                self.keep_contact(ix, row, out);
            }
        }
        self.enter(ix, kept.phase, out);
        self.withdraw(ix, out);
        Ok(())
    }

    fn put_contact_back(
        &mut self,
        ix: CampaignIx,
        row: Row,
        kept: &KeptContact,
        calling: Option<AttemptId>,
    ) {
        let now = self.now;
        let Some((campaign, template)) = self.with_template(ix) else { return };
        if let Some(attempt) = calling {
            campaign.go_on(row, attempt);
        }
        campaign.accepts(row, kept.accepted_by);
        campaign.edit(row, now, |contact| {
            contact.stage = kept.stage;
            contact.attempts = kept.attempts;
            contact.tries = kept.tries;
            contact.promised = kept.promised;
            contact.not_before = kept.not_before.map_or(0, nanos);
            contact.dialled = kept.dialled;
            if kept.calling != calling {
                contact.is_called_no_more(template, now);
            }
        });
    }
}

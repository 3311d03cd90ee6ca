//! Calls of campaigns, from whose turn it is to the end of the call.

use super::{Dialler, attempt::Attempt};
use crate::{
    AttemptId, Dialled, NumberKey, Output, Phase, Purpose, RefusedInput, Row, Stage,
    campaign::Campaign, contact::Contact, ix::CampaignIx, numbers::Holder,
};

impl Dialler {
    /// Calls whose turn it is, as many as may be; then sees whether the campaign is over.
    pub(super) fn settle(&mut self, ix: CampaignIx, out: &mut Vec<Output>) {
        self.hungry.remove(&ix);
        while let Some(row) = self.next(ix, out) {
            self.dial(ix, row, out);
        }
        self.conclude(ix, out);
        self.rewake(ix);
    }

    /// Whose turn it is. Who may not be called is passed over.
    fn next(&mut self, ix: CampaignIx, out: &mut Vec<Output>) -> Option<Row> {
        loop {
            let campaign = self.campaign(ix).filter(|campaign| self.may_ring(campaign))?;
            let template = self.template_of(campaign);
            let row = campaign.next(&template.config)?;
            let contact = campaign.contact(row)?;
            let (number, full) = (contact.number, template.full);
            let tried = contact.tries >= template.config.attempts && !contact.promised;
            if tried || !self.numbers.may_call(number) {
                self.change(ix, row, |contact| contact.enter(Stage::Over), out);
            } else if self.numbers.park(number, ix, row) {
                self.campaign_mut(ix)?.park(row);
            } else if full || self.room_for(self.campaign(ix)?) == 0 {
                self.hungry.insert(ix);
                return None;
            } else {
                return Some(row);
            }
        }
    }

    /// Never outside hours, nor when it is paused or over.
    pub(super) fn may_ring(&self, campaign: &Campaign) -> bool {
        let open = self.template_of(campaign).open_until(self.now).is_some();
        open && !campaign.paused && !campaign.has_ended()
    }

    fn dial(&mut self, ix: CampaignIx, row: Row, out: &mut Vec<Output>) {
        self.dialled += 1;
        let (attempt, now) = (AttemptId(self.dialled), self.now);
        let Some(campaign) = self.campaign_mut(ix) else { return };
        campaign.begin(row, attempt, now);
        let Some(contact) = campaign.contact(row) else { return };
        let purpose = match contact.stage {
            Stage::Chosen => Purpose::Chosen,
            Stage::ToTell => Purpose::NotChosen,
            _ => Purpose::Offer,
        };
        let due = Output::Due {
            campaign: campaign.name.clone(),
            contact: row,
            attempt,
            number: contact.attempts,
            purpose,
        };
        let number = contact.number;
        self.keep_contact(ix, row, out);
        out.push(due);
        self.numbers.hold(number, Holder::Attempt);
        let unplaced =
            self.campaign(ix).is_some_and(|campaign| self.template_of(campaign).config.gives_way);
        self.unplaced += u32::from(unplaced);
        self.attempts.insert(attempt, Attempt { campaign: ix, row, unplaced });
    }

    /// How many calls the inbound calls leave room for.
    fn room_for(&self, campaign: &Campaign) -> u32 {
        let template = self.template_of(campaign);
        match template.config.gives_way {
            true => template.room.saturating_sub(self.unplaced),
            false => u32::MAX,
        }
    }

    pub(super) fn placed(&mut self, attempt: AttemptId) -> Result<(), RefusedInput> {
        let found = self.attempts.get_mut(&attempt);
        let found = found.ok_or(RefusedInput::UnknownAttempt(attempt))?;
        let unplaced = std::mem::take(&mut found.unplaced);
        self.is_placed(unplaced);
        Ok(())
    }

    /// What held when the call began has to hold still.
    pub(super) fn dials(
        &mut self,
        attempt: AttemptId,
        out: &mut Vec<Output>,
    ) -> Result<(), RefusedInput> {
        let found = self.attempts.get(&attempt);
        let &Attempt { campaign: ix, row, .. } =
            found.ok_or(RefusedInput::UnknownAttempt(attempt))?;
        if let Some(why) = self.not_now(ix, row) {
            return Err(RefusedInput::NotNow(why));
        }
        let is_new = |contact: &Contact| contact.dialled != Dialled::Yes;
        if self.campaign(ix).and_then(|it| it.contact(row)).is_some_and(is_new) {
            self.change(ix, row, |contact| contact.dialled = Dialled::Yes, out);
        }
        Ok(())
    }

    /// Why a contact whose call is under way may not be dialled; none: it may.
    fn not_now(&self, ix: CampaignIx, row: Row) -> Option<&'static str> {
        let campaign = self.campaign(ix)?;
        let contact = campaign.contact(row)?;
        let template = self.template_of(campaign);
        let wanted = match contact.stage {
            Stage::ToOffer | Stage::Chosen => campaign.phase() == Phase::Running,
            Stage::ToTell => true,
            Stage::Accepted | Stage::Won | Stage::Over => false,
        };
        Some(match () {
            () if campaign.has_ended() => "the campaign has ended",
            () if campaign.paused => "the campaign is paused",
            () if !self.may_ring(campaign) => "it is outside the campaign's hours",
            () if !wanted => "nothing is left to say to this contact",
            () if !self.numbers.may_call(contact.number) => "the number is on the do-not-call list",
            () if self.numbers.is_in_another(contact.number) => "the number is in another call",
            () if template.config.gives_way && template.waiting => "a caller waits for an agent",
            () => return None,
        })
    }

    fn is_placed(&mut self, unplaced: bool) {
        if unplaced {
            self.unplaced -= 1;
            self.has_room();
        }
    }

    /// There may be more room than before.
    pub(super) fn has_room(&mut self) {
        for ix in std::mem::take(&mut self.hungry) {
            self.touch(ix);
        }
    }

    pub(super) fn ended(
        &mut self,
        attempt: AttemptId,
        begun: bool,
        out: &mut Vec<Output>,
    ) -> Result<(), RefusedInput> {
        let found = self.attempts.remove(&attempt);
        let Attempt { campaign: ix, row, unplaced } =
            found.ok_or(RefusedInput::UnknownAttempt(attempt))?;
        self.is_placed(unplaced);
        self.call_is_over(ix, row, begun, out);
        let number =
            self.campaign(ix).and_then(|campaign| campaign.contact(row)).map(|it| it.number);
        number.map_or(Ok(()), |number| self.release(number, Holder::Attempt))
    }

    /// The contact is called again, or is not, as the template says.
    fn call_is_over(&mut self, ix: CampaignIx, row: Row, begun: bool, out: &mut Vec<Output>) {
        let now = self.now;
        let Some((campaign, template)) = self.with_template(ix) else { return };
        campaign.end(row, begun, template, now);
        self.keep_contact(ix, row, out);
        self.touch(ix);
    }

    /// A call with a number is over. If it was the last one, whoever waited for that is called, by
    /// the priority of the campaigns.
    pub(super) fn release(
        &mut self,
        number: NumberKey,
        holder: Holder,
    ) -> Result<(), RefusedInput> {
        let parked = self.numbers.release(number, holder).ok_or(RefusedInput::NotBusy)?;
        self.unpark(parked);
        Ok(())
    }

    pub(super) fn unpark(&mut self, parked: Vec<(CampaignIx, Row)>) {
        let now = self.now;
        for (ix, row) in parked {
            if let Some(campaign) = self.campaign_mut(ix) {
                campaign.unpark(row, now);
                self.touch(ix);
            }
        }
    }

    /// Changes a contact, and keeps it.
    pub(super) fn change(
        &mut self,
        ix: CampaignIx,
        row: Row,
        change: impl FnOnce(&mut Contact),
        out: &mut Vec<Output>,
    ) {
        let now = self.now;
        if let Some(campaign) = self.campaign_mut(ix) {
            campaign.edit(row, now, change);
            self.keep_contact(ix, row, out);
            self.touch(ix);
        }
    }

    /// Everybody who is being offered a place hears it if there is none any more.
    pub(super) fn withdraw(&self, ix: CampaignIx, out: &mut Vec<Output>) {
        let Some(campaign) = self.campaign(ix) else { return };
        let Some(why) = campaign.why_over() else { return };
        let offered = campaign.calls().iter().filter(|(row, _)| {
            campaign.contact(**row).is_some_and(|contact| contact.is_offered(why))
        });
        out.extend(offered.map(|(_, attempt)| Output::Withdrawn { attempt: *attempt, why }));
    }
}

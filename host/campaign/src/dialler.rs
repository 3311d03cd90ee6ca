//! The dialler: all campaigns of a site, and the numbers that they may not call now.
//!
//! * [`attempt`]: a call of a campaign; [`dial`]: from whose turn it is to the end of the call.
//! * [`accept`]: what contacts and the planner say.
//! * [`course`]: how a campaign begins, goes on and ends.
//! * [`templated`]: a template; [`configure`]: the site's templates, their hours and their room.
//! * [`restore`]: the campaigns as they were when the host went away.

mod accept;
mod attempt;
mod configure;
mod course;
mod dial;
mod restore;
#[cfg(test)]
mod sound;
mod templated;

use crate::{
    AttemptId, Input, Kept, KeptContact, NumberKey, Output, Phase, RefusedInput, Row, Template,
    campaign::Campaign,
    ix::{CampaignIx, TemplateIx},
    nanos,
    numbers::{Holder, Numbers},
};
use attempt::Attempt;
use std::{
    cmp::Reverse,
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};
use strowger_model::{CampaignName, TemplateName};
use templated::Templated;

/// All campaigns of a site. The crate's documentation says what holds.
#[derive(Debug, Default)]
pub struct Dialler {
    /// Nanoseconds of the caller's time; never goes back.
    now: i64,
    templates: Vec<Templated>,
    template_by_name: BTreeMap<TemplateName, TemplateIx>,
    /// None: forgotten.
    campaigns: Vec<Option<Box<Campaign>>>,
    campaign_by_name: BTreeMap<CampaignName, CampaignIx>,
    numbers: Numbers,
    attempts: BTreeMap<AttemptId, Attempt>,
    /// The number of the newest attempt.
    dialled: u64,
    /// Calls that may still take an agent who is told to be free.
    unplaced: u32,
    deadlines: BTreeSet<(i64, Due)>,
    /// Campaigns to which something has happened. Empty between two inputs.
    unsettled: BTreeSet<(Reverse<u8>, CampaignIx)>,
    /// Campaigns that would call somebody if there were room.
    hungry: BTreeSet<CampaignIx>,
}

/// What is due at a deadline.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Due {
    /// The hours of a template are over. A wave whose time is the same begins when they are again.
    Closing(TemplateIx),
    /// Something of a campaign.
    Campaign(CampaignIx),
}

/// How far a campaign is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Status {
    /// So many places.
    pub goal: u32,
    /// So many are taken.
    pub reached: u32,
    /// How far it is.
    pub phase: Phase,
    /// Rings nobody for now.
    pub paused: bool,
    /// So many calls are under way.
    pub calls: u32,
    /// So many contacts are on the list.
    pub contacts: u32,
    /// So many of them were never called.
    pub untried: u32,
    /// So many may still be offered a place.
    pub to_offer: u32,
    /// So many have accepted, and the planner has not chosen.
    pub accepted: u32,
}

impl Dialler {
    /// Without campaigns. [`Input::Configure`] comes first.
    pub fn new() -> Self {
        Self::default()
    }

    /// Takes an input, and appends what is to be done. `now` is the time since an epoch of the
    /// caller's choosing; a time before that of the input before counts as that. What was due
    /// earlier comes before the input, what is due at the same time after it; nobody is called
    /// before both are done.
    ///
    /// # Errors
    /// The input names something that is not there, or makes no sense. Nothing came of it, but what
    /// was due by now is in `out`.
    pub fn input(
        &mut self,
        now: Duration,
        input: Input,
        out: &mut Vec<Output>,
    ) -> Result<(), RefusedInput> {
        self.now = self.now.max(nanos(now));
        self.pass(self.now.saturating_sub(1), out);
        let result = self.take(input, out);
        self.pass(self.now, out);
        while let Some((_, ix)) = self.unsettled.pop_first() {
            self.settle(ix, out);
            self.pass(self.now, out);
        }
        result
    }

    /// When the next [`Input::Tick`] is due. None: only another input can change anything.
    pub fn next_deadline(&self) -> Option<Duration> {
        self.deadlines
            .first()
            .map(|(when, _)| Duration::from_nanos(u64::try_from(*when).unwrap_or(0)))
    }

    /// How far a campaign is; none: it is not known.
    pub fn status(&self, campaign: &str) -> Option<Status> {
        let campaign = self.campaign(*self.campaign_by_name.get(campaign)?)?;
        let tally = campaign.tally();
        Some(Status {
            goal: campaign.goal,
            reached: campaign.reached,
            phase: campaign.phase(),
            paused: campaign.paused,
            calls: campaign.calls().len() as u32,
            contacts: campaign.contacts(),
            untried: tally.untried,
            to_offer: tally.to_offer,
            accepted: tally.accepted,
        })
    }

    /// The campaigns that are known, by name.
    pub fn campaigns(&self) -> impl Iterator<Item = &CampaignName> {
        self.campaign_by_name.keys()
    }

    /// How a contact stands; none: it is not known.
    pub fn contact(&self, campaign: &str, contact: Row) -> Option<KeptContact> {
        let campaign = self.campaign(*self.campaign_by_name.get(campaign)?)?;
        campaign.standing(contact)
    }

    fn take(&mut self, input: Input, out: &mut Vec<Output>) -> Result<(), RefusedInput> {
        match input {
            Input::Configure { templates } => self.configure(templates, out),
            Input::Restore { campaigns, do_not_call, alive, next_attempt } => {
                self.restore(campaigns, &do_not_call, &alive, next_attempt, out)?;
            }
            Input::Open(open) => self.open(&open, out)?,
            Input::Pause(campaign) => self.pause(&campaign, true, out)?,
            Input::Resume(campaign) => self.pause(&campaign, false, out)?,
            Input::Stop(campaign) => self.stop(&campaign, out)?,
            Input::Forget(campaign) => self.forget(&campaign, out)?,
            Input::Hours { template, until } => self.hours(&template, until, out)?,
            Input::Room { template, waiting, free, keep } => {
                let room = if waiting { 0 } else { free.saturating_sub(keep) };
                self.room(&template, waiting, room)?;
            }
            Input::Full { template, full } => self.full(&template, full)?,
            Input::Busy(number) => self.numbers.hold(number, Holder::Other),
            Input::Free(number) => self.release(number, Holder::Other)?,
            Input::Placed(attempt) => self.placed(attempt)?,
            Input::Dials(attempt) => self.dials(attempt, out)?,
            Input::Ended(attempt) => self.ended(attempt, true, out)?,
            Input::CannotBegin(attempt) => self.ended(attempt, false, out)?,
            Input::Claim { campaign, contact, by } => self.claim(&campaign, contact, by, out)?,
            Input::Disposition { campaign, contact, then, by } => {
                self.disposition(&campaign, contact, then, by, out)?;
            }
            Input::Choose { campaign, contact } => self.choose(&campaign, contact, out)?,
            Input::NeverAgain(number) => self.do_not_call(number, true, out),
            Input::MayCall(number) => self.do_not_call(number, false, out),
            Input::Tick => {}
        }
        Ok(())
    }

    /// Does what is due, in order of time.
    fn pass(&mut self, until: i64, out: &mut Vec<Output>) {
        while let Some((when, due)) =
            self.deadlines.first().copied().filter(|(when, _)| *when <= until)
        {
            self.deadlines.pop_first();
            self.is_due(when, due, out);
        }
    }

    fn is_due(&mut self, when: i64, due: Due, out: &mut Vec<Output>) {
        match due {
            Due::Campaign(ix) => self.campaign_due(ix, when, out),
            Due::Closing(ix) => self.closes(ix, when, out),
        }
    }

    /// Something has happened to a campaign: it is looked at before the input is done, after what
    /// is due by now.
    fn touch(&mut self, ix: CampaignIx) {
        let Some(campaign) = self.campaign(ix) else { return };
        let priority = self.template_of(campaign).config.priority;
        self.unsettled.insert((Reverse(priority), ix));
        self.rewake(ix);
    }

    fn find(&self, name: &CampaignName) -> Result<CampaignIx, RefusedInput> {
        let found = self.campaign_by_name.get(name).copied();
        found.ok_or_else(|| RefusedInput::UnknownCampaign(name.clone()))
    }

    fn find_contact(&self, name: &CampaignName, row: Row) -> Result<CampaignIx, RefusedInput> {
        let ix = self.find(name)?;
        let there = self.campaign(ix).is_some_and(|campaign| campaign.contact(row).is_some());
        there.then_some(ix).ok_or_else(|| RefusedInput::UnknownContact(name.clone(), row))
    }

    fn campaign(&self, ix: CampaignIx) -> Option<&Campaign> {
        self.campaigns.get(ix.0 as usize)?.as_deref()
    }

    fn campaign_mut(&mut self, ix: CampaignIx) -> Option<&mut Campaign> {
        self.campaigns.get_mut(ix.0 as usize)?.as_deref_mut()
    }

    /// A campaign to be changed, with its template.
    fn with_template(&mut self, ix: CampaignIx) -> Option<(&mut Campaign, &Template)> {
        let campaign = self.campaigns.get_mut(ix.0 as usize)?.as_deref_mut()?;
        let template = &self.templates[campaign.template.0 as usize].config;
        Some((campaign, template))
    }

    fn template_of(&self, campaign: &Campaign) -> &Templated {
        &self.templates[campaign.template.0 as usize]
    }

    fn keep(&self, ix: CampaignIx, out: &mut Vec<Output>) {
        if let Some(campaign) = self.campaign(ix) {
            let template = &self.template_of(campaign).config.name;
            out.push(Output::Keep(campaign.keep(template)));
        }
    }

    fn keep_contact(&self, ix: CampaignIx, row: Row, out: &mut Vec<Output>) {
        let kept = self.campaign(ix).and_then(|campaign| campaign.keep_contact(row));
        out.extend(kept.map(Output::Keep));
    }

    /// Whoever waits for that number to be free is passed over at once.
    fn do_not_call(&mut self, number: NumberKey, listed: bool, out: &mut Vec<Output>) {
        if self.numbers.list(number, listed) {
            out.push(Output::Keep(Kept::DoNotCall { number, listed }));
            let parked = self.numbers.parked(number);
            self.unpark(parked);
        }
    }
}

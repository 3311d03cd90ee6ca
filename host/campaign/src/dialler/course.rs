//! How a campaign begins, goes on and ends.

use super::{Dialler, Due};
use crate::{
    Alarm, Kept, Open, Output, Over, Phase, RefusedInput, campaign::Campaign, ix::CampaignIx,
};
use strowger_model::CampaignName;

impl Dialler {
    pub(super) fn open(&mut self, open: &Open, out: &mut Vec<Output>) -> Result<(), RefusedInput> {
        let template = self.find_template(&open.template)?;
        if open.goal == 0 || open.contacts.is_empty() {
            return Err(RefusedInput::NothingToDo(open.name.clone()));
        }
        let ix = self.add(Campaign::new(open, template))?;
        self.enter(ix, Phase::Running, out);
        Ok(())
    }

    /// A campaign that is new to the dialler.
    pub(super) fn add(&mut self, campaign: Campaign) -> Result<CampaignIx, RefusedInput> {
        if self.campaign_by_name.contains_key(&campaign.name) {
            return Err(RefusedInput::DuplicateCampaign(campaign.name));
        }
        let ix = CampaignIx(self.campaigns.len() as u32);
        self.campaign_by_name.insert(campaign.name.clone(), ix);
        self.campaigns.push(Some(Box::new(campaign)));
        Ok(ix)
    }

    /// Another phase. Whoever is being offered a place is told if there is none any more.
    pub(super) fn enter(&mut self, ix: CampaignIx, phase: Phase, out: &mut Vec<Output>) {
        let now = self.now;
        let Some(campaign) = self.campaign_mut(ix) else { return };
        let before = campaign.phase();
        let changed = campaign.enter(phase, now);
        self.run_clock(ix, now);
        self.keep(ix, out);
        for row in changed {
            self.keep_contact(ix, row, out);
        }
        if before == Phase::Running {
            self.withdraw(ix, out);
        }
        self.touch(ix);
    }

    fn end(&mut self, ix: CampaignIx, why: Over, out: &mut Vec<Output>) {
        self.enter(ix, Phase::Ended(why), out);
        let name = self.campaign(ix).map(|campaign| campaign.name.clone());
        out.extend(name.map(|campaign| Output::Ended { campaign, why }));
    }

    pub(super) fn pause(
        &mut self,
        name: &CampaignName,
        paused: bool,
        out: &mut Vec<Output>,
    ) -> Result<(), RefusedInput> {
        let ix = self.find_running(name)?;
        if let Some(campaign) = self.campaign_mut(ix).filter(|it| it.paused != paused) {
            campaign.paused = paused;
            self.run_clock(ix, self.now);
            self.keep(ix, out);
            self.touch(ix);
        }
        Ok(())
    }

    pub(super) fn stop(
        &mut self,
        name: &CampaignName,
        out: &mut Vec<Output>,
    ) -> Result<(), RefusedInput> {
        let ix = self.find_running(name)?;
        self.end(ix, Over::Stopped, out);
        Ok(())
    }

    fn find_running(&self, name: &CampaignName) -> Result<CampaignIx, RefusedInput> {
        let ix = self.find(name)?;
        match self.campaign(ix).is_some_and(|campaign| campaign.has_ended()) {
            true => Err(RefusedInput::HasEnded(name.clone())),
            false => Ok(ix),
        }
    }

    pub(super) fn forget(
        &mut self,
        name: &CampaignName,
        out: &mut Vec<Output>,
    ) -> Result<(), RefusedInput> {
        let ix = self.find(name)?;
        let over = self.campaign(ix).is_some_and(|it| it.has_ended() && it.calls().is_empty());
        if !over {
            return Err(RefusedInput::GoesOn(name.clone()));
        }
        self.campaigns[ix.0 as usize] = None;
        self.campaign_by_name.remove(name);
        out.push(Output::Keep(Kept::Forgotten(name.clone())));
        Ok(())
    }

    /// The waves' clock runs while somebody may be rung.
    pub(super) fn run_clock(&mut self, ix: CampaignIx, now: i64) -> bool {
        let Some(campaign) = self.campaign(ix) else { return false };
        let until = self.template_of(campaign).open_until(now);
        let until = until.filter(|_| !campaign.paused && campaign.phase() == Phase::Running);
        self.campaign_mut(ix).is_some_and(|campaign| campaign.clock.run(until, now))
    }

    pub(super) fn campaign_due(&mut self, ix: CampaignIx, when: i64, out: &mut Vec<Output>) {
        let Some((campaign, template)) = self.with_template(ix) else { return };
        campaign.wake = None;
        // Where nobody is left to be called, places are left: of these people are told, too.
        let goes_on = !campaign.has_ended();
        let joined = goes_on && campaign.pass(template, when);
        let (name, remaining) = (campaign.name.clone(), campaign.remaining());
        let soon = campaign.soon(template).is_some_and(|at| at <= when);
        let over = campaign.until.is_some_and(|until| until <= when);
        campaign.said_soon |= soon;
        if joined || soon {
            self.keep(ix, out);
        }
        if soon && remaining > 0 && (goes_on || !over) {
            out.push(Output::Alarm { campaign: name, remaining, why: Alarm::Soon });
        }
        if !goes_on {
            return self.rewake(ix);
        }
        if over {
            self.end(ix, Over::TimeOver, out);
        }
        self.touch(ix);
    }

    /// Alarms, asks the planner, and ends what is over.
    pub(super) fn conclude(&mut self, ix: CampaignIx, out: &mut Vec<Output>) {
        let Some((campaign, template)) = self.with_template(ix) else { return };
        let (name, remaining) = (campaign.name.clone(), campaign.remaining());
        let to_choose = campaign.is_to_choose(template);
        let tally = campaign.tally();
        let asked = campaign.phase() == Phase::Running
            && !campaign.said_asked
            && tally.untried + tally.offering + tally.accepted + tally.chosen == 0;
        let done = campaign.is_done();
        campaign.said_asked |= asked;
        out.extend(to_choose.map(|accepted| Output::ToChoose { campaign: name.clone(), accepted }));
        if asked {
            self.keep(ix, out);
            out.push(Output::Alarm { campaign: name, remaining, why: Alarm::EverybodyAsked });
        }
        if let Some(why) = done {
            self.end(ix, why, out);
        }
    }

    /// The campaign's next deadline.
    pub(super) fn rewake(&mut self, ix: CampaignIx) {
        let Some((campaign, template)) = self.with_template(ix) else { return };
        let next = campaign.next_deadline(template);
        let before = std::mem::replace(&mut campaign.wake, next);
        if before != next {
            before.map(|at| self.deadlines.remove(&(at, Due::Campaign(ix))));
            next.map(|at| self.deadlines.insert((at, Due::Campaign(ix))));
        }
    }
}

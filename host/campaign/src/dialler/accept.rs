//! What contacts and the planner say: claims, dispositions, choices.

use super::Dialler;
use crate::{
    By, Choose, Claimed, Output, Over, Phase, RefusedInput, Row, Stage, Then, contact::Contact,
    ix::CampaignIx, nanos,
};
use strowger_model::CampaignName;

impl Dialler {
    pub(super) fn claim(
        &mut self,
        name: &CampaignName,
        row: Row,
        by: By,
        out: &mut Vec<Output>,
    ) -> Result<(), RefusedInput> {
        let ix = self.find_contact(name, row)?;
        let had = self.stage(ix, row);
        let claimed = self.judge(ix, had);
        let is_new = match claimed {
            Claimed::Won => had != Some(Stage::Won),
            Claimed::Noted => had != Some(Stage::Accepted),
            Claimed::Lost => false,
        };
        if is_new {
            self.accepts(ix, row, by, out);
            match claimed {
                Claimed::Won => self.win(ix, row, out),
                Claimed::Noted | Claimed::Lost => self.note(ix, row, out),
            }
        }
        out.push(Output::Claimed { campaign: name.clone(), contact: row, claimed });
        Ok(())
    }

    /// The contact's other call, if one is under way, is told.
    fn accepts(&mut self, ix: CampaignIx, row: Row, by: By, out: &mut Vec<Output>) {
        let Some(campaign) = self.campaign_mut(ix) else { return };
        campaign.accepts(row, Some(by));
        let other = campaign.calls().get(&row).filter(|attempt| by != By::Attempt(**attempt));
        out.extend(other.map(|attempt| Output::Accepted { attempt: *attempt }));
    }

    fn stage(&self, ix: CampaignIx, row: Row) -> Option<Stage> {
        Some(self.campaign(ix)?.contact(row)?.stage)
    }

    /// Who has claimed a place already has it. A campaign whose list is over may have places left.
    fn judge(&self, ix: CampaignIx, stage: Option<Stage>) -> Claimed {
        let Some(campaign) = self.campaign(ix) else { return Claimed::Lost };
        let open = matches!(campaign.phase(), Phase::Running | Phase::Ended(Over::ListOver));
        let left = open && campaign.remaining() > 0;
        match (self.template_of(campaign).config.choose, stage) {
            (_, Some(Stage::Won)) => Claimed::Won,
            (_, _) if !left => Claimed::Lost,
            (Choose::FirstCome, _) | (Choose::Planner { .. }, Some(Stage::Chosen)) => Claimed::Won,
            (Choose::Planner { .. }, Some(Stage::Accepted)) => Claimed::Noted,
            (Choose::Planner { .. }, Some(Stage::ToTell) | None) => Claimed::Lost,
            (Choose::Planner { up_to }, Some(Stage::ToOffer | Stage::Over)) => {
                let tally = campaign.tally();
                let free = campaign.reached + tally.chosen < campaign.goal;
                if free && tally.accepted < up_to { Claimed::Noted } else { Claimed::Lost }
            }
        }
    }

    fn win(&mut self, ix: CampaignIx, row: Row, out: &mut Vec<Output>) {
        self.change(ix, row, |contact| contact.enter(Stage::Won), out);
        let Some(campaign) = self.campaign_mut(ix) else { return };
        campaign.reached += 1;
        let goes_on = matches!(campaign.phase(), Phase::Running | Phase::Ended(Over::ListOver));
        if campaign.remaining() == 0 && goes_on {
            self.enter(ix, Phase::Telling, out);
        } else {
            self.keep(ix, out);
        }
        self.say_goal(ix, out);
    }

    fn say_goal(&mut self, ix: CampaignIx, out: &mut Vec<Output>) {
        let goal = self.campaign(ix).map(|campaign| Output::Goal {
            campaign: campaign.name.clone(),
            remaining: campaign.remaining(),
        });
        out.extend(goal);
        self.touch(ix);
    }

    fn note(&mut self, ix: CampaignIx, row: Row, out: &mut Vec<Output>) {
        // Whoever called back when the list was over is one whom the planner can choose.
        if self.campaign(ix).is_some_and(|campaign| campaign.has_ended()) {
            self.enter(ix, Phase::Running, out);
        }
        self.change(ix, row, |contact| contact.enter(Stage::Accepted), out);
    }

    pub(super) fn disposition(
        &mut self,
        name: &CampaignName,
        row: Row,
        then: Then,
        by: By,
        out: &mut Vec<Output>,
    ) -> Result<(), RefusedInput> {
        let ix = self.find_contact(name, row)?;
        let Some(stage) = self.stage(ix, row) else { return Ok(()) };
        let has = matches!(stage, Stage::Won | Stage::Accepted);
        match then {
            _ if self.stays(ix, row, then, by) => {}
            Then::Accepted if has => {}
            Then::Again if !has => {}
            Then::NotBefore(time) if stage == Stage::ToTell || stage == Stage::Chosen => {
                self.change(ix, row, |contact| contact.promise(nanos(time)), out);
            }
            Then::NotBefore(time) => {
                let promise = |contact: &mut Contact| {
                    contact.enter(Stage::ToOffer);
                    contact.promise(nanos(time));
                };
                self.give_back(ix, row, stage, promise, out);
            }
            Then::Again => {
                self.give_back(ix, row, stage, |contact| contact.enter(Stage::ToOffer), out)
            }
            Then::Accepted | Then::Over => {
                self.give_back(ix, row, stage, |contact| contact.enter(Stage::Over), out);
            }
        }
        Ok(())
    }

    /// What the contact has accepted in another call stays.
    fn stays(&self, ix: CampaignIx, row: Row, then: Then, by: By) -> bool {
        let Some(campaign) = self.campaign(ix) else { return false };
        let has = matches!(self.stage(ix, row), Some(Stage::Won | Stage::Accepted));
        let elsewhere = campaign.accepted_by(row).is_some_and(|accepted| accepted != by);
        has && elsewhere && (matches!(by, By::Attempt(_)) || then == Then::Again)
    }

    /// Whether what a call says of a contact does not matter, for that has accepted in another one.
    pub fn keeps(&self, campaign: &CampaignName, contact: Row, then: Then, by: By) -> bool {
        self.find(campaign).is_ok_and(|ix| self.stays(ix, contact, then, by))
    }

    /// Changes a contact; a place that it had is free again, and others are called for it.
    fn give_back(
        &mut self,
        ix: CampaignIx,
        row: Row,
        stage: Stage,
        change: impl FnOnce(&mut Contact),
        out: &mut Vec<Output>,
    ) {
        if let Some(campaign) = self.campaign_mut(ix) {
            campaign.accepts(row, None);
        }
        self.change(ix, row, change, out);
        let Some(campaign) = self.campaign_mut(ix).filter(|_| stage == Stage::Won) else { return };
        campaign.reached -= 1;
        match campaign.phase() {
            Phase::Telling | Phase::Ended(Over::Filled) => self.enter(ix, Phase::Running, out),
            Phase::Running | Phase::Ended(_) => self.keep(ix, out),
        }
        self.say_goal(ix, out);
    }

    pub(super) fn choose(
        &mut self,
        name: &CampaignName,
        row: Row,
        out: &mut Vec<Output>,
    ) -> Result<(), RefusedInput> {
        let ix = self.find_contact(name, row)?;
        if self.stage(ix, row) != Some(Stage::Accepted) {
            return Err(RefusedInput::NotAccepted(name.clone(), row));
        }
        match self.campaign(ix) {
            Some(campaign) if campaign.has_ended() => {
                return Err(RefusedInput::HasEnded(name.clone()));
            }
            Some(campaign) if campaign.reached + campaign.tally().chosen >= campaign.goal => {
                return Err(RefusedInput::AllChosen(name.clone()));
            }
            _ => {}
        }
        self.change(ix, row, |contact| contact.enter(Stage::Chosen), out);
        Ok(())
    }
}

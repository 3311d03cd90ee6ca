//! What the world checks by naive means.

use super::{Live, World};
use crate::{
    AttemptId, By, Choose, Input, Kept, KeptContact, Listed, NumberKey, Output, Over, Phase,
    Purpose, Row, Stage, Then,
};
use std::collections::BTreeMap;
use strowger_model::CampaignName;

impl World {
    pub(super) fn check(
        &mut self,
        output: &Output,
        standings: &mut BTreeMap<(CampaignName, Row), KeptContact>,
    ) {
        match output.clone() {
            Output::Keep(kept) => {
                // Of a call that begins, it is how it stood before until that has begun.
                if let Kept::Contact { campaign, contact, standing } = &kept
                    && standing.calling.is_none_or(|attempt| self.live.contains_key(&attempt))
                {
                    standings.insert((campaign.clone(), *contact), *standing);
                }
                self.check_goes_on(&kept);
                self.journal.keep(kept);
            }
            Output::Due { campaign, contact, attempt, number, purpose } => {
                let live = Live {
                    gives_way: self.templates[&self.campaigns[&campaign].template].gives_way,
                    campaign,
                    row: contact,
                    purpose,
                    nth: number,
                    placed: false,
                    dialled: false,
                };
                self.check_due(&live, attempt, number, standings);
                let key = (live.campaign.clone(), contact);
                standings.insert(key.clone(), self.journal.contacts[&key]);
                self.live.insert(attempt, live);
            }
            Output::Claimed { .. } => {}
            Output::Goal { campaign, remaining } => {
                let won = self.stages(&campaign).iter().filter(|it| **it == Stage::Won).count();
                let model = self.model(&campaign);
                model.reached = model.goal - remaining;
                assert!(won as u32 <= model.goal, "a place is given twice");
                model.telling = remaining == 0;
                self.begin_waves();
            }
            Output::Accepted { attempt } => {
                let stages = self.stages(&self.live[&attempt].campaign);
                let stage = stages[self.live[&attempt].row.ix()];
                assert!(matches!(stage, Stage::Won | Stage::Accepted), "{output:?}: {stage:?}");
            }
            Output::Withdrawn { attempt, why } => {
                // What ends may have been withdrawn in the same instant.
                let Some(live) = self.live.get(&attempt) else { return };
                let kept = &self.journal.campaigns[&live.campaign];
                let said = match kept.phase {
                    Phase::Telling => Some(Over::Filled),
                    Phase::Ended(why) => Some(why),
                    Phase::Running => None,
                };
                assert_eq!(said, Some(why), "{output:?}");
            }
            Output::ToChoose { campaign, accepted } => {
                let stages = self.stages(&campaign);
                let found = stages.iter().filter(|stage| **stage == Stage::Accepted).count();
                assert_eq!(found as u32, accepted, "{output:?}");
            }
            Output::Alarm { campaign, remaining, .. } => {
                let model = self.model(&campaign);
                assert!(remaining > 0 && remaining == model.goal - model.reached, "{output:?}");
            }
            Output::Ended { campaign, why } => {
                let model = self.model(&campaign);
                (model.over, model.paused) = (true, false);
                assert_eq!(self.journal.campaigns[&campaign].phase, Phase::Ended(why));
            }
        }
    }

    /// A campaign goes on that had ended: only when its list was over.
    fn check_goes_on(&mut self, kept: &Kept) {
        let Kept::Campaign(kept) = kept else { return };
        let before = self.journal.campaigns.get(&kept.name).map(|before| before.phase);
        if let Some(Phase::Ended(why)) = before
            && kept.phase != Phase::Ended(why)
        {
            assert!(matches!(why, Over::ListOver | Over::Filled), "{why:?}");
            self.model(&kept.name).over = false;
            self.begin_waves();
        }
    }

    fn stages(&self, campaign: &CampaignName) -> Vec<Stage> {
        let rows = 0..self.campaigns[campaign].list.len() as u32;
        rows.map(|row| self.dialler.contact(campaign.as_str(), Row(row)).unwrap().stage).collect()
    }

    fn check_due(
        &mut self,
        live: &Live,
        attempt: AttemptId,
        nth: u16,
        standings: &BTreeMap<(CampaignName, Row), KeptContact>,
    ) {
        let model = &self.campaigns[&live.campaign];
        let template = &self.templates[&model.template];
        let said = format!("{live:?} at {:?}", self.now);
        let number = model.list[live.row.ix()].number;
        assert!(!self.is_busy(number), "O5: the number is in a call: {said}");
        assert!(self.now < self.hours[&model.template], "O5: outside hours: {said}");
        assert!(!self.journal.do_not_call.contains(&number), "O5: never again: {said}");
        assert!(!model.over && !model.paused, "over or paused: {said}");
        assert!(!model.telling || live.purpose == Purpose::NotChosen, "nothing left: {said}");
        assert!(model.until.is_none_or(|until| self.now < until), "its time is over: {said}");
        let kept = self.journal.contacts[&(live.campaign.clone(), live.row)];
        assert_eq!((kept.calling, kept.attempts), (Some(attempt), nth), "not kept before: {said}");
        assert!(self.made.insert((live.campaign.clone(), live.row, nth)), "O5: made twice: {said}");
        assert!(!self.full.contains(&model.template), "no call can begin: {said}");
        let calls = self.live.values().filter(|other| other.campaign == live.campaign).count();
        assert!(calls < template.at_once as usize, "too many at once: {said}");
        let before = standings[&(live.campaign.clone(), live.row)];
        let begun = usize::from(model.list[live.row.ix()].wave) < model.begun;
        let joins = begun || before.promised || live.purpose != Purpose::Offer;
        assert!(joins, "F2: before its wave: {said}");
        assert!(before.promised || before.tries < template.attempts, "too often: {said}");
        assert!(before.not_before.is_none_or(|at| at <= self.now), "too early: {said}");
        if template.gives_way {
            let unplaced = self.live.values().filter(|it| it.gives_way && !it.placed).count();
            assert!((unplaced as u32) < self.room[&model.template], "O4: no room: {said}");
        }
        if live.purpose == Purpose::Offer {
            let left = self.offers_left(&live.campaign, standings);
            assert!(left > 0, "O1: more offers than places: {said}");
        }
        let first = self
            .waiting(&live.campaign, standings)
            .min_by_key(|(row, standing)| self.turn(&live.campaign, *row, standing));
        assert_eq!(first.map(|(row, _)| row), Some(live.row), "O1: out of turn: {said}");
        if live.purpose == Purpose::Offer {
            let left = self.left((live.campaign.clone(), live.row));
            assert!(*left > 0, "more attempts than there are: {said}");
            *left -= 1;
        }
    }

    /// What holds for a call that begins holds when it dials.
    pub(super) fn check_dials(&self, attempt: AttemptId) {
        let live = &self.live[&attempt];
        let model = &self.campaigns[&live.campaign];
        let said = format!("{live:?} at {:?}", self.now);
        let number = model.list[live.row.ix()].number;
        assert!(!self.others.contains_key(&number), "O5: the number is in a call: {said}");
        assert!(self.now < self.hours[&model.template], "O5: outside hours: {said}");
        assert!(!self.journal.do_not_call.contains(&number), "O5: never again: {said}");
        assert!(!model.over && !model.paused, "over or paused: {said}");
        let gives_way = self.templates.get(&model.template).is_some_and(|it| it.gives_way);
        let waits = gives_way && self.waiting.contains(&model.template);
        assert!(!waits, "O4: a caller waits: {said}");
        let stage = self.stages(&live.campaign)[live.row.ix()];
        assert!(!matches!(stage, Stage::Won | Stage::Over | Stage::Accepted), "{stage:?}: {said}");
    }

    /// What a contact has accepted stays, whatever another call brings; and each contact is dialled
    /// no more often than it may be.
    pub(super) fn check_stays(
        &mut self,
        input: &Input,
        stood: &BTreeMap<(CampaignName, Row), KeptContact>,
    ) {
        let has = |kept: &KeptContact| matches!(kept.stage, Stage::Won | Stage::Accepted);
        match input {
            Input::Claim { campaign, contact, by } => {
                let key = (campaign.clone(), *contact);
                let now = self.dialler.contact(campaign.as_str(), *contact).unwrap();
                if has(&now) && stood[&key].stage != now.stage {
                    self.accepted.insert(key, *by);
                }
            }
            Input::Disposition { campaign, contact, then, by } => {
                let key = (campaign.clone(), *contact);
                let now = self.dialler.contact(campaign.as_str(), *contact).unwrap();
                let elsewhere = has(&stood[&key]) && self.accepted[&key] != *by;
                if elsewhere && (matches!(by, By::Attempt(_)) || *then == Then::Again) {
                    assert_eq!(now, stood[&key], "a place is given back that is another call's");
                }
                // Whoever says so may be called as often as anybody else once more.
                let gave_back = has(&stood[&key]) && now.stage == Stage::ToOffer;
                if gave_back || matches!(then, Then::NotBefore(_)) {
                    let may = self.most_attempts(campaign);
                    *self.left(key) += may + 1;
                }
            }
            _ => {}
        }
    }

    /// Of the template, at any time.
    fn most_attempts(&self, campaign: &CampaignName) -> u32 {
        self.most.get(&self.campaigns[campaign].template).copied().unwrap_or(0)
    }

    /// How many more dials a contact may get.
    pub(super) fn left(&mut self, contact: (CampaignName, Row)) -> &mut u32 {
        let may = self.most_attempts(&contact.0);
        self.due.entry(contact).or_insert(may)
    }

    fn is_busy(&self, number: NumberKey) -> bool {
        let of = |live: &Live| self.campaigns[&live.campaign].list[live.row.ix()].number;
        self.others.contains_key(&number) || self.live.values().any(|live| of(live) == number)
    }

    /// How many more may be offered a place, by how the contacts stand.
    fn offers_left(
        &self,
        campaign: &CampaignName,
        standings: &BTreeMap<(CampaignName, Row), KeptContact>,
    ) -> usize {
        let (model, template) = {
            let model = &self.campaigns[campaign];
            (model, &self.templates[&model.template])
        };
        let of = |stage: Stage| {
            let own = standings.iter().filter(|((name, _), _)| name == campaign);
            own.filter(|(_, standing)| standing.stage == stage).count()
        };
        let chosen = of(Stage::Chosen);
        let places = match template.choose {
            Choose::FirstCome => (model.goal - model.reached) as usize,
            Choose::Planner { .. } if model.reached as usize + chosen >= model.goal as usize => 0,
            Choose::Planner { up_to } => (up_to as usize).saturating_sub(of(Stage::Accepted)),
        };
        let offered = standings.iter().filter(|((name, _), it)| {
            name == campaign && it.stage == Stage::ToOffer && it.calling.is_some() && !it.promised
        });
        match template.first_wins {
            true => places,
            false => places.saturating_sub(offered.count()),
        }
    }

    /// Who could be called now, but for how many are called.
    fn waiting<'a>(
        &'a self,
        campaign: &'a CampaignName,
        standings: &'a BTreeMap<(CampaignName, Row), KeptContact>,
    ) -> impl Iterator<Item = (Row, KeptContact)> + 'a {
        let model = &self.campaigns[campaign];
        let own = standings.iter().filter(move |((name, _), _)| name == campaign);
        own.map(|((_, row), standing)| (*row, *standing)).filter(move |(row, standing)| {
            let Listed { number, wave } = model.list[row.ix()];
            let wanted = match standing.stage {
                Stage::ToOffer if !model.telling => {
                    usize::from(wave) < model.begun || standing.promised
                }
                Stage::Chosen => !model.telling,
                Stage::ToTell => true,
                _ => false,
            };
            let tries = self.templates.get(&model.template).map_or(0, |it| it.attempts);
            wanted
                && standing.calling.is_none()
                && standing.not_before.is_none_or(|at| at <= self.now)
                && (standing.promised || standing.tries < tries)
                && !self.is_busy(number)
                && !self.journal.do_not_call.contains(&number)
        })
    }

    /// Who is first: by what the call is for, then fewest tries, then the wave, then the list.
    fn turn(&self, campaign: &CampaignName, row: Row, standing: &KeptContact) -> (u8, u8, u8, Row) {
        let class = match standing.stage {
            Stage::Chosen => 0,
            Stage::ToTell => 1,
            _ if standing.promised => 2,
            _ => 3,
        };
        (class, standing.tries, self.campaigns[campaign].list[row.ix()].wave, row)
    }

    /// What is kept is how it is.
    pub(super) fn check_kept(&self) {
        for (key, standing) in self.standings() {
            let kept = self.journal.contacts.get(&key).copied().unwrap_or_default();
            assert_eq!(kept, standing, "{key:?}");
        }
    }

    /// Nobody waits whose turn it is.
    pub(super) fn check_nobody_waits(&self) {
        let standings = self.standings();
        for (name, model) in &self.campaigns {
            let Some(template) = self.templates.get(&model.template) else { continue };
            let open = self.hours.get(&model.template).is_some_and(|until| self.now < *until);
            let calls = self.live.values().filter(|live| live.campaign == *name).count();
            let unplaced = self.live.values().filter(|it| it.gives_way && !it.placed).count();
            let room = self.room.get(&model.template).copied().unwrap_or(0) as usize;
            if !open
                || model.paused
                || model.over
                || self.full.contains(&model.template)
                || calls >= template.at_once as usize
                || (template.gives_way && room <= unplaced)
            {
                continue;
            }
            let offers = self.offers_left(name, &standings) > 0;
            let waits = self
                .waiting(name, &standings)
                .find(|(_, standing)| offers || standing.stage != Stage::ToOffer);
            assert_eq!(waits, None, "{name} calls nobody at {:?}", self.now);
        }
    }
}

//! A campaign in a storm: who of a list was rung, and what must hold of that. When it is calm again,
//! another one calls the same people.

use super::{LIMIT, Storm, lock, plan::Contact};
use anyhow::{Context, Result, bail, ensure};
use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};
use strowger_journal::Query;
use strowger_model::{
    CallRecord,
    campaign::{CampaignNow, ContactNow, ContactStage, Direct, NewCampaign, Person},
    read::{CampaignEnd, CampaignStage},
};
use strowger_pbx::port::Address;
use strowger_sim::{Keys, Observed, Phone, Then};

/// In the storm, and after it.
const STORM: &str = "storm";
const AGAIN: &str = "again";

fn number(nth: usize) -> String {
    format!("+32471{nth:06}")
}

fn person(nth: usize) -> Person {
    Person {
        id: format!("p{nth}"),
        number: number(nth).parse().ok(),
        name: format!("Person {nth}"),
        language: None,
        tags: Vec::new(),
        fields: Vec::new(),
        wave: 0,
    }
}

fn phone(contact: Contact) -> Phone {
    match contact {
        Contact::Accepts(after) => {
            let keys = Keys { after: Duration::from_millis(20), digits: "1".to_owned() };
            Phone { keys: vec![keys], ..Phone::answers(after) }
        }
        Contact::VoiceMail(after) => Phone::answers(after),
        Contact::Leaves(after) => {
            Phone { leaves: Some(Duration::from_millis(30)), ..Phone::answers(after) }
        }
        Contact::Declines(after) => Phone::new(Then::Declines(after)),
        Contact::GivesUp(after) => Phone::new(Then::GivesUp(after)),
        Contact::Busy => Phone::new(Then::Busy),
        Contact::Unknown => Phone::new(Then::Unknown),
    }
}

impl Storm {
    pub(super) fn drive_begins(&self) -> Result<()> {
        let Some(drive) = &self.plan.drive else { return Ok(()) };
        for (nth, contact) in drive.contacts.iter().enumerate() {
            self.sim.phone(Address::Number(number(nth)), phone(*contact));
        }
        self.open(STORM, drive.goal, drive.contacts.len())
    }

    fn open(&self, name: &str, goal: u32, contacts: usize) -> Result<()> {
        let served = self.served()?;
        let new = NewCampaign {
            template: name.into(),
            name: name.into(),
            goal,
            until: None,
            fields: Vec::new(),
            people: Some((0..contacts).map(person).collect()),
            by: None,
        };
        served.host.exchange.open_campaign(new)?;
        ensure!(served.store.flush(LIMIT), "the campaign is not in the journal");
        Ok(())
    }

    /// It ends, and so does another one, in which everybody is called who may be.
    pub(super) fn drive_ends(&mut self) -> Result<()> {
        let Some(drive) = self.plan.drive.clone() else { return Ok(()) };
        let now = self.end_of(STORM)?;
        let contacts = self.contacts(STORM)?;
        let rung = self.rung(0);
        self.weather.rung = rung.len();
        ensure!(now.reached <= drive.goal, "oversold: {now:?}");
        let won = contacts.iter().filter(|it| it.stage == ContactStage::Won).count();
        ensure!(won as u32 == now.reached, "{won} have a place: {now:?}");
        for (nth, contact) in contacts.iter().enumerate() {
            let rung = rung.get(&number(nth)).copied().unwrap_or_default();
            let most = contact.attempts.min(drive.attempts);
            ensure!(rung <= most, "rung {rung} times: {contact:?}");
        }
        match now.end {
            Some(CampaignEnd::Filled) => {
                ensure!(now.reached == drive.goal, "places are left: {now:?}")
            }
            Some(CampaignEnd::ListOver) => {
                let skipped = contacts.iter().find(|contact| contact.attempts == 0);
                ensure!(skipped.is_none(), "never called: {skipped:?}");
            }
            end => bail!("it ended so: {end:?}"),
        }
        // Whose call has begun and not dialled is called later, or not at all if the places are taken
        // by then.
        let store = &self.served()?.store;
        ensure!(store.flush(LIMIT), "the campaign is not in the journal");
        let records = store.records(&Query::default())?;
        let begun: BTreeSet<String> = records
            .into_iter()
            .filter_map(|record| record.campaign)
            .filter(|of| of.campaign == STORM)
            .map(|of| of.contact.to_string())
            .collect();
        let untouched = |it: &&ContactNow| it.attempts == 0 && !begun.contains(&it.person.id);
        let behind = contacts.iter().skip_while(|it| !untouched(it));
        let out_of_turn = behind.clone().find(|contact| contact.attempts > 0);
        ensure!(out_of_turn.is_none(), "called before others: {out_of_turn:?}");
        self.never_again(&contacts)
    }

    /// Everybody is called once more, but those who were not to be called again.
    fn never_again(&self, contacts: &[ContactNow]) -> Result<()> {
        let Some(drive) = &self.plan.drive else { return Ok(()) };
        let never: BTreeSet<String> = self
            .served()?
            .host
            .exchange
            .never_called()
            .into_iter()
            .filter_map(|never| Some(never.number?.to_string()))
            .collect();
        for contact in contacts {
            let refused = contact.disposed.as_ref().is_some_and(|it| it.outcome == "refused");
            let number = contact.person.number.as_ref().context("without a number")?.to_string();
            ensure!(refused == never.contains(&number), "{never:?} is not so: {contact:?}");
        }
        let since = lock(&self.seen).len();
        self.open(AGAIN, drive.contacts.len() as u32, drive.contacts.len())?;
        self.end_of(AGAIN)?;
        let (again, rung) = (self.contacts(AGAIN)?, self.rung(since));
        for (nth, (kind, contact)) in drive.contacts.iter().zip(&again).enumerate() {
            let number = number(nth);
            let called = u32::from(!never.contains(&number));
            let rings = called * u32::from(kind.rings());
            let rung = rung.get(&number).copied().unwrap_or_default();
            ensure!(
                (contact.attempts, rung) == (called, rings),
                "rung {rung} times, and not {rings}: {contact:?}; never: {never:?}"
            );
        }
        Ok(())
    }

    /// Of the calls of the campaign no more have won a place than there are.
    pub(super) fn places_are_kept(&self, records: &[CallRecord]) -> Result<()> {
        let Some(drive) = &self.plan.drive else { return Ok(()) };
        let accepted = records.iter().filter(|record| {
            record.outcome == "accepted"
                && record.campaign.as_ref().is_some_and(|of| of.campaign.as_str() == STORM)
        });
        let accepted = accepted.count();
        ensure!(accepted <= drive.goal as usize, "{accepted} have accepted {} places", drive.goal);
        Ok(())
    }

    fn end_of(&self, campaign: &str) -> Result<CampaignNow> {
        let exchange = &self.served()?.host.exchange;
        let now = || exchange.campaign_now(campaign);
        let ended = || now().is_ok_and(|now| now.end.is_some() && now.calls == 0);
        // Whose call has not dialled is called a minute later, behind others; and a campaign whose
        // calls come to nothing again and again pauses.
        let goes_on = || {
            ended() || {
                let paused = now().is_ok_and(|now| now.stage == CampaignStage::Paused);
                paused.then(|| exchange.direct_campaign(campaign, Direct::Resume));
                false
            }
        };
        for _ in 0..5 {
            if self.until("the end of the campaign", goes_on).is_ok() {
                break;
            }
        }
        ensure!(ended(), "the campaign does not end: {:?}", now());
        Ok(now()?)
    }

    fn contacts(&self, campaign: &str) -> Result<Vec<ContactNow>> {
        Ok(self.served()?.host.exchange.campaign_contacts(campaign)?)
    }

    /// How often the phones of contacts rang, from then on.
    fn rung(&self, since: usize) -> BTreeMap<String, u32> {
        let mut rung = BTreeMap::new();
        for (_, seen) in &lock(&self.seen)[since..] {
            if let Observed::RingStarted { address: Address::Number(number), .. } = seen
                && number.starts_with("+32471")
            {
                *rung.entry(number.clone()).or_default() += 1;
            }
        }
        rung
    }
}

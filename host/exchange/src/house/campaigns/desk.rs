//! What people do with campaigns, and what they see of them.

use super::{Inner, List};
use crate::{Exchange, house::switches::board::YEAR};
use std::{sync::Arc, time::Duration};
use strowger_campaign::{
    Input, KeptContact, NumberKey, Open, Over, Phase, RefusedInput, Row, Stage,
};
use strowger_journal::CampaignChange;
use strowger_model::{
    CampaignName, FlowName, PhoneNumber, TemplateName, Timestamp,
    campaign::{
        CampaignNow, ContactNow, ContactStage, Direct, NeverCalled, NewCampaign, Opened, Person,
        WaitsFor, wrong_by, wrong_fields,
    },
    read::{CampaignEnd, CampaignStage},
    strangers::LoggedName,
};
use strowger_site::{CampaignTemplate, Choose, Site, people_of_waves};

/// Campaigns that go on, at most.
const GO_ON: usize = 1_000;
/// Contacts of one campaign, at most.
const CONTACTS: usize = 100_000;
/// Characters of a name, at most.
const NAME: usize = 80;

/// Why nothing was done with a campaign.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CampaignError {
    /// The site has no such template.
    #[error("there is no template {name:?}; {}", among("the site file has", there))]
    NoTemplate {
        /// What was asked for.
        name: TemplateName,
        /// Those that there are.
        there: Vec<String>,
    },
    /// The flow of the template does not serve.
    #[error(
        "template {template:?} cannot be used now: there is no flow {flow:?} that serves; `strowger check` says why"
    )]
    NoFlow {
        /// The template.
        template: TemplateName,
        /// Its flow.
        flow: FlowName,
    },
    /// None is known by that name.
    #[error("there is no campaign {name:?}; {}", among("there is", there))]
    NoCampaign {
        /// What was asked for.
        name: CampaignName,
        /// Those that there are.
        there: Vec<String>,
    },
    /// The name is taken.
    #[error("there is a campaign {0:?} already; choose another name")]
    Taken(CampaignName),
    /// The name cannot be used.
    #[error(
        "{0:?} cannot be the name of a campaign: take 1 to {NAME} letters, digits and signs without spaces at the ends"
    )]
    BadName(CampaignName),
    /// There is nobody on the list.
    #[error("nobody is to be called: {0}")]
    Nobody(String),
    /// The template calls contacts of the site, or it does not.
    #[error("template {0:?} has no waves: give a list of those who are to be called")]
    NoList(TemplateName),
    /// Too much.
    #[error("{0}")]
    TooMuch(String),
    /// The campaign would be over at once.
    #[error("the time until which contacts are called is over")]
    IsOver,
    /// The campaign has no such contact.
    #[error("campaign {0:?} has no contact {1:?}; `strowger campaign export` lists them")]
    NoContact(CampaignName, String),
    /// The planner chooses somebody who has not accepted.
    #[error(
        "contact {1:?} of campaign {0:?} has not accepted; `strowger campaign export {0}` shows who has"
    )]
    NotAccepted(CampaignName, String),
    /// It does not fit how the campaign stands.
    #[error("{0}")]
    Refused(RefusedInput),
}

fn among(what: &str, there: &[String]) -> String {
    match there {
        [] => format!("{what} none"),
        there => format!("{what} {}", there.join(", ")),
    }
}

impl Exchange {
    /// Opens a campaign.
    ///
    /// # Errors
    /// There is no such template, the name is taken, or nobody is to be called.
    pub fn open_campaign(self: &Arc<Self>, new: NewCampaign) -> Result<CampaignNow, CampaignError> {
        let snapshot = self.catalogue.current();
        let site = &snapshot.site;
        let mut inner = self.campaigns_with(new.name.as_str());
        let template =
            site.campaigns.get(&new.template).ok_or_else(|| CampaignError::NoTemplate {
                name: new.template.clone(),
                there: site.campaigns.keys().map(ToString::to_string).collect(),
            })?;
        if !snapshot.flows.contains_key(&template.flow) {
            let (template, flow) = (template.name.clone(), template.flow.clone());
            return Err(CampaignError::NoFlow { template, flow });
        }
        let now = self.clock.now();
        inner.check(&new, now)?;
        let people = people(site, template, &new)?;
        let of_site = new.people.is_none();
        let NewCampaign { name, goal, until, fields, by, .. } = new;
        let goal = if goal == 0 { template.goal } else { goal };
        let template = template.name.clone();
        let opened = Opened {
            name: name.clone(),
            template: template.clone(),
            at: now,
            by,
            goal,
            until,
            fields,
        };
        let mut list = List::new(opened.clone(), people.clone());
        list.of_site = of_site;
        let contacts = list.listed(&inner.numbers);
        inner.lists.insert(name.clone(), list);
        self.watch_callers(&mut inner);
        let until = until.map(|at| self.clock.elapsed() + at.since(now));
        let open = Open { name: name.clone(), template, goal, until, contacts };
        let mut first = CampaignChange::listed(&name, people);
        first.push(CampaignChange::Opened(opened));
        if let Err(refused) = self.tell_campaigns(&mut inner, Input::Open(open), first, None) {
            inner.lists.remove(&name);
            return Err(CampaignError::Refused(refused));
        }
        tracing::info!(campaign = %LoggedName(&name), goal, "a campaign is opened");
        self.look_at_times(&mut inner);
        self.campaigns.look.notify_one();
        self.now_of(&inner, &name)
    }

    /// Whether campaigns of a template may dial a number, by the flow file of their flow. Where there
    /// is no such flow, nobody is called, and nothing is refused.
    pub fn campaign_may_dial(&self, template: &TemplateName, number: &PhoneNumber) -> bool {
        let snapshot = self.catalogue.current();
        let template = snapshot.site.campaigns.get(template);
        let flow = template.and_then(|template| snapshot.flows.get(template.flow.as_str()));
        flow.is_none_or(|flow| flow.terms.permissions.may_dial(number.as_str()))
    }

    /// Pauses a campaign, ends it, and so on.
    ///
    /// # Errors
    /// There is no such campaign or contact, or it does not fit how the campaign stands.
    pub fn direct_campaign(
        self: &Arc<Self>,
        name: &str,
        what: Direct,
    ) -> Result<CampaignNow, CampaignError> {
        let mut inner = self.campaigns_with(name);
        let list = inner.list(name)?;
        let name = list.opened.name.clone();
        let chosen = match &what {
            Direct::Choose(id) => id.clone(),
            _ => String::new(),
        };
        let input = match what {
            Direct::Pause => Input::Pause(name.clone()),
            Direct::Resume => Input::Resume(name.clone()),
            Direct::Stop => Input::Stop(name.clone()),
            Direct::Choose(id) => {
                let contact = list.row(&id);
                let contact = contact.ok_or(CampaignError::NoContact(name.clone(), id))?;
                Input::Choose { campaign: name.clone(), contact }
            }
        };
        self.tell_campaigns(&mut inner, input, Vec::new(), None).map_err(|why| match why {
            RefusedInput::NotAccepted(name, _) => CampaignError::NotAccepted(name, chosen),
            why => CampaignError::Refused(why),
        })?;
        self.campaigns.look.notify_one();
        self.now_of(&inner, &name)
    }

    /// Every campaign that is known, in the order in which they were opened.
    pub fn campaigns(&self) -> Vec<CampaignNow> {
        let inner = self.campaigns_with_all();
        let all = inner.lists.values().filter_map(|list| self.campaign_of(&inner, list));
        let mut all: Vec<CampaignNow> = all.collect();
        all.sort_by_key(|campaign| campaign.opened.at);
        all
    }

    /// A campaign as it is now.
    ///
    /// # Errors
    /// There is no such campaign.
    pub fn campaign_now(&self, name: &str) -> Result<CampaignNow, CampaignError> {
        let inner = self.campaigns_with(name);
        let name = inner.list(name)?.opened.name.clone();
        self.now_of(&inner, &name)
    }

    /// The contacts of a campaign, in the order of its list.
    ///
    /// # Errors
    /// There is no such campaign.
    pub fn campaign_contacts(&self, name: &str) -> Result<Vec<ContactNow>, CampaignError> {
        let inner = self.campaigns_with(name);
        let list = inner.list(name)?;
        let (now, elapsed) = (self.clock.now(), self.clock.elapsed());
        let status = inner.dialler.status(name);
        let runs = status.is_some_and(|status| status.phase == Phase::Running);
        let contact = |(row, person): (u32, &Person)| {
            let kept = inner.dialler.contact(name, Row(row)).unwrap_or_default();
            let KeptContact { stage, attempts, calling, not_before, .. } = kept;
            let at =
                |at: Duration| Timestamp(now.0 + at.saturating_sub(elapsed).as_millis() as u64);
            ContactNow {
                person: person.clone(),
                stage: match stage_of(stage) {
                    ContactStage::ToOffer if !runs && attempts == 0 => ContactStage::NotCalled,
                    ContactStage::ToOffer if !runs && calling.is_none() => ContactStage::Over,
                    stage => stage,
                },
                attempts: attempts.into(),
                calling: calling.is_some(),
                not_before: not_before.filter(|at| *at > elapsed).map(at),
                disposed: list.disposed.get(&row).cloned(),
            }
        };
        Ok((0..).zip(&list.people).map(contact).collect())
    }

    /// The numbers that no campaign calls, the oldest first.
    pub fn never_called(&self) -> Vec<NeverCalled> {
        let inner = self.campaigns.lock();
        let mut all: Vec<NeverCalled> = inner.numbers.never.values().cloned().collect();
        all.sort_by_key(|one| (one.since, one.key));
        all
    }

    /// No campaign calls a number from now on, or they may again. False: it was so.
    pub fn never_call(
        self: &Arc<Self>,
        number: &PhoneNumber,
        never: bool,
        by: Option<String>,
    ) -> bool {
        let mut inner = self.campaigns.lock();
        self.set_never_called(&mut inner, number, never, by)
    }

    pub(super) fn set_never_called(
        self: &Arc<Self>,
        inner: &mut Inner,
        number: &PhoneNumber,
        never: bool,
        by: Option<String>,
    ) -> bool {
        let NumberKey(key) = inner.numbers.key(number);
        let was = inner.numbers.never.contains_key(&key);
        if was == never {
            return false;
        }
        let input = match never {
            true => {
                let (number, since) = (Some(number.clone()), self.clock.now());
                inner.numbers.never.insert(key, NeverCalled { key, number, since, by });
                Input::NeverAgain(NumberKey(key))
            }
            false => {
                inner.numbers.never.remove(&key);
                Input::MayCall(NumberKey(key))
            }
        };
        self.campaigns_must(inner, input);
        self.campaigns.look.notify_one();
        true
    }

    fn now_of(&self, inner: &Inner, name: &CampaignName) -> Result<CampaignNow, CampaignError> {
        let list = inner.list(name.as_str())?;
        let unknown = || CampaignError::Refused(RefusedInput::UnknownCampaign(name.clone()));
        self.campaign_of(inner, list).ok_or_else(unknown)
    }

    pub(super) fn campaign_of(&self, inner: &Inner, list: &List) -> Option<CampaignNow> {
        let status = inner.dialler.status(list.opened.name.as_str())?;
        let (stage, end) = match status.phase {
            Phase::Ended(why) => (CampaignStage::Ended, Some(end_of(why))),
            _ if status.paused => (CampaignStage::Paused, None),
            _ => (CampaignStage::Running, None),
        };
        let site = &self.catalogue.current().site;
        let template = site.campaigns.get(&list.opened.template);
        let planner =
            |template: &CampaignTemplate| matches!(template.choose, Choose::Planner { .. });
        let running = stage == CampaignStage::Running;
        // Where somebody is being called, there was an agent.
        let waits_for = self.waits_for(inner, list);
        let waits_for =
            waits_for.filter(|why| running && (status.calls == 0 || *why != WaitsFor::Agents));
        let (now, elapsed) = (self.clock.now(), self.clock.elapsed());
        let instant = |at: Duration| now.plus(at.saturating_sub(elapsed));
        let opens = |template: &CampaignTemplate| {
            Some(site.schedule(template.hours.as_ref()?, now)?.until?.instant)
        };
        Some(CampaignNow {
            opened: list.opened.clone(),
            stage,
            end,
            planner_chooses: template.is_some_and(planner),
            halted: status.halted,
            reached: status.reached,
            calls: status.calls,
            attempts: status.attempts,
            contacts: status.contacts,
            do_not_call: list.do_not_call,
            untried: status.untried,
            to_offer: status.to_offer,
            accepted: status.accepted,
            next_wave: status.next_wave.filter(|_| running).map(instant),
            opens: template.filter(|_| waits_for == Some(WaitsFor::Hours)).and_then(opens),
            waits_for,
            alarms: list.alarms.clone(),
        })
    }
}

impl Inner {
    pub(super) fn list(&self, name: &str) -> Result<&List, CampaignError> {
        self.lists.get(name).ok_or_else(|| CampaignError::NoCampaign {
            name: name.into(),
            there: self.lists.keys().chain(self.asleep.keys()).map(ToString::to_string).collect(),
        })
    }

    fn check(&self, new: &NewCampaign, now: Timestamp) -> Result<(), CampaignError> {
        let name = new.name.as_str();
        let shown = |c: char| c == ' ' || c.is_alphanumeric() || c.is_ascii_graphic();
        let length = name.chars().count();
        if length == 0 || length > NAME || name.trim() != name || !name.chars().all(shown) {
            return Err(CampaignError::BadName(new.name.clone()));
        }
        if self.lists.contains_key(&new.name) {
            return Err(CampaignError::Taken(new.name.clone()));
        }
        if self.lists.values().filter(|list| list.ended.is_none()).count() >= GO_ON {
            let why = format!("{GO_ON} campaigns go on already: stop one of them first");
            return Err(CampaignError::TooMuch(why));
        }
        if let Some(why) = wrong_fields(new.fields.iter().map(|it| (&*it.key, &*it.value))) {
            return Err(CampaignError::TooMuch(why));
        }
        if let Some(why) = wrong_by(new.by.as_deref()) {
            return Err(CampaignError::TooMuch(why));
        }
        if new.goal as usize > CONTACTS {
            let why = format!("the goal is {}: it may be 1 to {CONTACTS}", new.goal);
            return Err(CampaignError::TooMuch(why));
        }
        if new.until.is_some_and(|until| until.since(now) > YEAR) {
            let why = "people are called until some time within a year, not later";
            return Err(CampaignError::TooMuch(why.to_owned()));
        }
        if new.until.is_some_and(|until| until <= now) {
            return Err(CampaignError::IsOver);
        }
        Ok(())
    }
}

/// Who is to be called: the list that was given, or contacts of the site.
fn people(
    site: &Site,
    template: &CampaignTemplate,
    new: &NewCampaign,
) -> Result<Vec<Person>, CampaignError> {
    let people = match &new.people {
        Some(people) => people.clone(),
        None if template.waves.is_empty() => {
            return Err(CampaignError::NoList(template.name.clone()));
        }
        None => {
            let given = |key: &String| new.fields.iter().any(|field| field.key == *key);
            if let Some(lacking) = template.fields_needed().iter().find(|key| !given(key)) {
                let why =
                    format!("the waves of template {:?} need the field {lacking:?}", template.name);
                return Err(CampaignError::Nobody(why));
            }
            people_of_waves(site, template, &new.fields)
        }
    };
    if people.is_empty() {
        let why = match new.people {
            Some(_) => "the list is empty",
            None => "no contact of the site has a tag of one of the waves",
        };
        return Err(CampaignError::Nobody(why.to_owned()));
    }
    if people.len() > CONTACTS {
        let why = format!("a campaign has at most {CONTACTS} contacts, not {}", people.len());
        return Err(CampaignError::TooMuch(why));
    }
    Ok(people)
}

fn end_of(why: Over) -> CampaignEnd {
    match why {
        Over::Filled => CampaignEnd::Filled,
        Over::ListOver => CampaignEnd::ListOver,
        Over::TimeOver => CampaignEnd::TimeOver,
        Over::Stopped => CampaignEnd::Stopped,
    }
}

fn stage_of(stage: Stage) -> ContactStage {
    match stage {
        Stage::ToOffer => ContactStage::ToOffer,
        Stage::Accepted => ContactStage::Accepted,
        Stage::Chosen => ContactStage::Chosen,
        Stage::ToTell => ContactStage::ToTell,
        Stage::Won => ContactStage::Won,
        Stage::Over => ContactStage::Over,
    }
}

//! Campaigns as the API shows them, and what it is asked to do with them.

use crate::never_comes::{empty_waves, never_comes_of};
use chrono::DateTime;
use std::path::Path;
use strowger_api::{Error, v1};
use strowger_exchange::{CampaignError, Exchange};
use strowger_model::{
    CampaignName, PhoneNumber, TemplateName, Timestamp,
    campaign::{
        CampaignNow, ContactNow, ContactStage, Direct, NeverCalled, NewCampaign, WaitsFor, wrong_by,
    },
    command::Field,
    read::{CampaignEnd, CampaignStage},
};
use strowger_site::{Problem, Site, address::NUMBER, campaign_list, number_list};

pub(crate) fn campaign(now: CampaignNow) -> v1::Campaign {
    let end = now.end.map(|end| match end {
        CampaignEnd::Filled => v1::CampaignEnd::Filled,
        CampaignEnd::ListOver => v1::CampaignEnd::ListOver,
        CampaignEnd::TimeOver => v1::CampaignEnd::TimeOver,
        CampaignEnd::Stopped => v1::CampaignEnd::Stopped,
    });
    let waits_for = now.waits_for.map(|waits| match waits {
        WaitsFor::Hours => v1::WaitsFor::Hours,
        WaitsFor::Agents => v1::WaitsFor::Agents,
        WaitsFor::Flow => v1::WaitsFor::Flow,
        WaitsFor::Pbx => v1::WaitsFor::Pbx,
        WaitsFor::Journal => v1::WaitsFor::Journal,
        WaitsFor::Room => v1::WaitsFor::Room,
    });
    v1::Campaign {
        campaign: now.opened.name,
        template: now.opened.template,
        opened: now.opened.at,
        by: now.opened.by,
        goal: now.opened.goal,
        until: now.opened.until,
        fields: fields(now.opened.fields),
        stage: match now.stage {
            CampaignStage::Running => v1::CampaignStage::Running,
            CampaignStage::Paused => v1::CampaignStage::Paused,
            CampaignStage::Ended => v1::CampaignStage::Ended,
        },
        end,
        planner_chooses: now.planner_chooses,
        halted: now.halted,
        reached: now.reached,
        calls: now.calls,
        attempts: now.attempts,
        contacts: now.contacts,
        do_not_call: now.do_not_call,
        untried: now.untried,
        to_offer: now.to_offer,
        accepted: now.accepted,
        waits_for,
        opens: now.opens,
        next_wave: now.next_wave,
        warnings: Vec::new(),
    }
}

/// What may keep a campaign from its end.
pub(crate) fn warnings(opened: &CampaignNow, site: &Site, now: Timestamp) -> Vec<String> {
    let mut warnings = never_comes_of(site, &opened.opened.template, now);
    warnings.extend(empty_waves(site, &opened.opened.template, &opened.opened.fields));
    let CampaignNow { contacts, .. } = opened;
    let goal = opened.opened.goal;
    if goal > *contacts {
        warnings.push(format!(
            "more people are wanted ({goal}) than there are on the list ({contacts})"
        ));
    }
    warnings
}

pub(crate) fn contact(now: ContactNow) -> v1::CampaignContact {
    let ContactNow { person, stage, attempts, calling, not_before, disposed } = now;
    let (outcome, at) = disposed.as_ref().map(|it| (it.outcome.clone(), it.at)).unzip();
    let (reason, agent) = disposed.map(|it| (it.reason, it.agent)).unzip();
    v1::CampaignContact {
        contact: person.id,
        number: person.number.as_ref().map(ToString::to_string),
        name: person.name,
        language: person.language,
        tags: person.tags,
        fields: fields(person.fields),
        wave: person.wave,
        stage: match stage {
            ContactStage::ToOffer => v1::ContactStage::ToOffer,
            ContactStage::NotCalled => v1::ContactStage::NotCalled,
            ContactStage::Accepted => v1::ContactStage::Accepted,
            ContactStage::Chosen => v1::ContactStage::Chosen,
            ContactStage::ToTell => v1::ContactStage::ToTell,
            ContactStage::Won => v1::ContactStage::Won,
            ContactStage::Over => v1::ContactStage::Over,
        },
        attempts,
        calling,
        not_before,
        outcome,
        reason: reason.flatten(),
        at,
        agent: agent.flatten(),
    }
}

fn fields(fields: Vec<Field>) -> Vec<v1::Field> {
    fields.into_iter().map(|Field { key, value }| v1::Field { key, value }).collect()
}

pub(crate) fn never_called(never: NeverCalled) -> v1::DoNotCall {
    let NeverCalled { number, since, by, .. } = never;
    v1::DoNotCall { number: number.as_ref().map(ToString::to_string), since, by }
}

/// A campaign that is to be opened, with its list checked.
pub(crate) fn opening(
    open: v1::OpenCampaign,
    exchange: &Exchange,
    site: &Site,
    now: Timestamp,
) -> Result<NewCampaign, Error> {
    let v1::OpenCampaign { template, name, goal, until, fields, list, by } = open;
    let dials = |number: &PhoneNumber| exchange.campaign_may_dial(&template, number);
    let people =
        list.map(|list| campaign_list(site, Path::new(&list.name), list.text.as_bytes(), &dials));
    let people = people.transpose().map_err(not_a_list)?;
    if goal == Some(0) {
        return Err(Error::bad_request("the goal is 0: give at least 1"));
    }
    let taken = |name: &CampaignName| exchange.campaign_now(name.as_str()).is_ok();
    Ok(NewCampaign {
        name: name.unwrap_or_else(|| free_name(&template, site, now, taken)),
        template,
        goal: goal.unwrap_or_default(),
        until,
        fields: fields.into_iter().map(|(key, value)| Field { key, value }).collect(),
        people,
        by,
    })
}

/// The template and the time, and if that is taken, a number.
fn free_name(
    template: &TemplateName,
    site: &Site,
    now: Timestamp,
    taken: impl Fn(&CampaignName) -> bool,
) -> CampaignName {
    let local = DateTime::from_timestamp_millis(now.0 as i64).unwrap_or_default();
    let local = local.with_timezone(&site.time_zone).format("%Y%m%d-%H%M");
    let first = format!("{template}-{local}");
    let further = (2..).map(|number: u32| format!("{first}-{number}"));
    let names = [first.clone()].into_iter().chain(further).map(CampaignName::from);
    let mut free = names.filter(|name| !taken(name));
    free.next().unwrap_or_else(|| first.as_str().into())
}

fn not_a_list(problems: Vec<Problem>) -> Error {
    let problems: Vec<String> = problems.iter().map(|problem| problem.to_string()).collect();
    Error::bad_request(format!(
        "nothing is done, for the list has mistakes:\n{}",
        problems.join("\n")
    ))
}

pub(crate) fn direct(what: v1::CampaignDo) -> Direct {
    match what {
        v1::CampaignDo::Pause => Direct::Pause,
        v1::CampaignDo::Resume => Direct::Resume,
        v1::CampaignDo::Stop => Direct::Stop,
        v1::CampaignDo::Choose { contact } => Direct::Choose(contact),
    }
}

pub(crate) fn not_done(why: CampaignError) -> Error {
    match why {
        CampaignError::NoTemplate { .. }
        | CampaignError::NoCampaign { .. }
        | CampaignError::NoContact(..) => Error::not_found(why),
        CampaignError::Taken(_)
        | CampaignError::NotAccepted(..)
        | CampaignError::Refused(_)
        | CampaignError::NoFlow { .. } => Error::conflict(why),
        _ => Error::bad_request(why),
    }
}

/// Whoever does something says so on one line.
pub(crate) fn check_by(by: Option<&str>) -> Result<(), Error> {
    wrong_by(by).map_or(Ok(()), |why| Err(Error::bad_request(why)))
}

/// A number in any notation.
pub(crate) fn number(text: &str, site: &Site) -> Result<PhoneNumber, Error> {
    let wrong = |why| Error::bad_request(format!("{why}; {NUMBER}"));
    site.numbering.whole(text).map_err(wrong)
}

/// Numbers of a list, all of them good.
pub(crate) fn numbers(list: &v1::List, site: &Site) -> Result<Vec<PhoneNumber>, Error> {
    number_list(site, Path::new(&list.name), list.text.as_bytes()).map_err(not_a_list)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_campaign_without_a_name_is_named_after_its_template_and_the_time() {
        let mut taken = Vec::new();
        for name in ["t-20261129-1420", "t-20261129-1420-2", "t-20261129-1420-3"] {
            let free =
                free_name(&"t".into(), &Site::empty(), Timestamp(1_795_962_000_000), |name| {
                    taken.contains(name)
                });
            assert_eq!(free.as_str(), name);
            taken.push(free);
        }
    }
}

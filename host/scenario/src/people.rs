//! Contacts and rosters of a scenario's own, in the place of the site's.

use crate::{
    Scenario, campaigns,
    file::{Contact, OnDuty},
    term::civil,
};
use chrono::NaiveDateTime;
use std::{collections::BTreeSet, sync::Arc};
use strowger_model::{
    AgentName, PhoneNumber,
    command::{Field, Target},
    read,
};
use strowger_site::{Contacts, Problem, Site};

/// The site with the people of a scenario, as far as it names any.
pub(crate) fn of(scenario: &Scenario, mut site: Site) -> Result<Site, Vec<Problem>> {
    let mut problems = Vec::new();
    let written = &scenario.written;
    if !written.contacts.is_empty() {
        let mut people = Vec::new();
        for (index, contact) in written.contacts.iter().enumerate() {
            match known(index, contact.get_ref(), &site) {
                Ok(person) => people.push((contact.span(), person)),
                Err(why) => problems.push(scenario.problem(contact.span(), why)),
            }
        }
        let (spans, people): (Vec<_>, Vec<_>) = people.into_iter().unzip();
        match Contacts::new(people) {
            Ok(contacts) => site.contacts = Arc::new(contacts),
            Err(doubles) => {
                let doubles = doubles.into_iter().filter_map(|index| spans.get(index).cloned());
                problems.extend(doubles.map(|span| {
                    scenario.problem(span, "another contact has this id or this number".to_owned())
                }));
            }
        }
    }
    let rosters: BTreeSet<&str> =
        written.on_duty.iter().map(|duty| duty.get_ref().roster.as_str()).collect();
    site.rosters.retain(|name, _| !rosters.contains(name.as_str()));
    for duty in &written.on_duty {
        let OnDuty { roster, target, from, until } = duty.get_ref();
        let read = time(from).and_then(|from| Ok((from, time(until)?, callable(target, &site)?)));
        match read {
            Ok((from, until, target)) => site.put_on_duty(roster, from, until, target),
            Err(why) => problems.push(scenario.problem(duty.span(), why)),
        }
    }
    match problems.is_empty() {
        true => Ok(site),
        false => Err(problems),
    }
}

fn known(
    index: usize,
    contact: &Contact,
    site: &Site,
) -> Result<(read::Contact, Vec<PhoneNumber>, Vec<Field>), String> {
    let number = |text: &String| {
        site.number(text).ok_or_else(|| format!("not a telephone number: {text:?}"))
    };
    let numbers = contact.numbers.iter().map(number).collect::<Result<_, _>>()?;
    let responsible =
        contact.responsible.iter().map(|name| agent(name, site)).collect::<Result<_, _>>()?;
    let known = read::Contact {
        id: contact.id.clone().unwrap_or_else(|| format!("contact-{}", index + 1)),
        kind: contact.kind.clone(),
        name: contact.name.clone(),
        region: contact.region.clone(),
        language: contact.language.clone(),
        responsible,
        do_not_call: contact.do_not_call,
        tags: contact.tags.clone(),
    };
    Ok((known, numbers, campaigns::fields(&contact.fields)))
}

fn callable(text: &str, site: &Site) -> Result<Target, String> {
    match site.numbering.target(text) {
        Some(Target::Agent(name)) => Ok(Target::Agent(agent(name.as_str(), site)?)),
        Some(target) => Ok(target),
        None => Err(format!(
            "{text:?} cannot be called; write \"+32470123456\", \"101\", \"agent:anna\" or \"PJSIP/anna\""
        )),
    }
}

fn agent(name: &str, site: &Site) -> Result<AgentName, String> {
    let called = site.now_called(&name.into()).clone();
    match site.agents.contains_key(&called) {
        true => Ok(called),
        false => Err(format!("no agent {name:?} in [agents] or in the site file")),
    }
}

fn time(text: &Option<String>) -> Result<Option<NaiveDateTime>, String> {
    let Some(text) = text else { return Ok(None) };
    civil(text)
        .map(Some)
        .ok_or_else(|| format!("not a date and time: {text:?}; write \"2026-11-23 22:00\""))
}

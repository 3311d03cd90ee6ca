//! Files of an operator that are spoilt: the site file, opening hours, contacts, rosters and lists.

use crate::{
    Numbering, Site, campaign_list, read_contacts,
    read_site::{self, People},
    roster,
    schedule::{Calendar, Schedule},
    source::Source,
};
use opening_hours::localization::Country;
use std::{collections::BTreeMap, path::Path, sync::Arc};
use strowger_model::Timestamp;
use strowger_test_support::{fuzz, fuzz_text};

const SITE: &str = include_str!("../../../flows/site.toml");
const CONTACTS: &[u8] = include_bytes!("../../../flows/contacts.csv");
const LIST: &[u8] =
    b"id;numbers;name;slot\r\na;0470 12 34 56;\"Maes; An\";14:20\r\nb;+31 20 123 45 67;;\r\n";
const ROSTER: &[u8] = include_bytes!("../../../flows/rosters/nachtwacht-oost-vlaanderen.csv");

const HOURS: [&str; 7] = [
    "Mo-Fr 09:00-16:00; PH off",
    "Mo-Fr 08:00-20:00; Sa,Su,PH 10:00-18:00",
    "24/7",
    "2026 Dec 24-2026 Dec 26 off \"Kerst\"; Mo-Th 22:00-06:00+",
    "week 1-53/2 Mo[1],Su[-1] (sunrise+01:00)-sunset || \"bel\"",
    "easter -2 days off; Feb 29-Mar 1/2 10:00-12:00,13:00-48:00/01:30",
    "2020-2030/2 Jan-Mar,Nov SH unknown; PH,PH +1 day off",
];

/// 1970, a day of 2026, the two days on which the clock is set, and the year 9999.
const INSTANTS: [u64; 5] =
    [0, 1_795_334_400_000, 1_774_746_000_000, 1_792_890_000_000, 253_402_300_799_000];

fn calendar() -> Calendar {
    Calendar::new(chrono_tz::Europe::Brussels, Some(Country::BE), BTreeMap::new())
}

#[test]
fn opening_hours() {
    let calendar = Arc::new(calendar());
    fuzz_text(&HOURS, |hours| {
        if let Ok(schedule) = Schedule::new(calendar.clone(), hours, &[]) {
            INSTANTS.iter().for_each(|at| drop(schedule.status(Timestamp(*at))));
        }
    });
}

#[test]
fn a_site_file() {
    let read = |text: &str| -> Result<Site, _> {
        read_site::site(&Source::parse(Path::new("../../flows/site.toml"), text)?, People::Files)
    };
    assert!(read(SITE).is_ok());
    fuzz_text(&[SITE], |text| match read(text) {
        Ok(site) => {
            for (name, at) in site.schedules.keys().flat_map(|name| INSTANTS.map(|at| (name, at))) {
                site.schedule(name, Timestamp(at));
            }
        }
        Err(problems) => assert!(problems.iter().all(|problem| !problem.to_string().is_empty())),
    });
}

#[test]
fn contacts() {
    let numbering = Numbering { country: Some("BE".to_owned()), ..Numbering::default() };
    let known = read_contacts::Known { numbering: &numbering, agents: vec!["els", "ilse"] };
    fuzz(&[CONTACTS], |text| {
        let _ = read_contacts::read(&[("contacts.csv".into(), text.to_vec())], &known);
    });
}

#[test]
fn a_list_of_a_campaign() {
    let site = Site {
        numbering: Numbering { country: Some("BE".to_owned()), ..Numbering::default() },
        ..Site::empty()
    };
    fuzz(&[CONTACTS, LIST], |text| {
        if let Ok(people) = campaign_list(&site, Path::new("list.csv"), text, &|_| true) {
            assert!(people.iter().all(|person| person.number.is_some() && !person.id.is_empty()));
        }
    });
}

#[test]
fn a_roster() {
    let numbering = Numbering { country: Some("BE".to_owned()), ..Numbering::default() };
    let known = read_contacts::Known { numbering: &numbering, agents: vec!["lotte"] };
    let calendar = calendar();
    fuzz(&[ROSTER], |text| {
        if let Ok(roster) = roster::read(Path::new("roster.csv"), text, &calendar, &known) {
            INSTANTS.iter().for_each(|at| drop(roster.on_duty(Timestamp(*at))));
        }
    });
}

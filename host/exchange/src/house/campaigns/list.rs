//! The people of a campaign.

use std::collections::{BTreeMap, HashMap};
use strowger_campaign::{Listed, Row};
use strowger_journal::KeptCampaign;
use strowger_model::{
    PhoneNumber, Timestamp,
    campaign::{Disposed, Opened, Person},
};

use super::numbers::Numbers;
use strowger_site::Site;

/// A campaign with its list.
pub(super) struct List {
    pub(super) opened: Opened,
    pub(super) people: Vec<Person>,
    rows: HashMap<Box<str>, u32>,
    pub(super) disposed: BTreeMap<u32, Disposed>,
    /// So many of them were on the do-not-call list when it was opened, or the host began.
    pub(super) do_not_call: u32,
    /// Since when nobody is called any more.
    pub(super) ended: Option<Timestamp>,
    /// Its people are contacts of the site.
    pub(super) of_site: bool,
    /// It was said that calls cannot begin.
    pub(super) said_full: bool,
    /// When there was an alarm.
    pub(super) alarms: Vec<Timestamp>,
}

impl List {
    pub(super) fn new(opened: Opened, people: Vec<Person>) -> Self {
        let ids = people.iter().map(|person| person.id.as_str().into());
        let rows = ids.zip(0..).collect();
        Self {
            opened,
            people,
            rows,
            disposed: BTreeMap::new(),
            do_not_call: 0,
            ended: None,
            of_site: false,
            said_full: false,
            alarms: Vec::new(),
        }
    }

    /// A contact by its id.
    pub(super) fn row(&self, id: &str) -> Option<Row> {
        self.rows.get(id).copied().map(Row)
    }

    pub(super) fn person(&self, row: Row) -> Option<&Person> {
        self.people.get(row.0 as usize)
    }

    /// Somebody who may be called, with the number. None: it was erased, or the site does not have
    /// that contact any more, or it is never to be called.
    pub(super) fn may_call(&self, row: Row, site: &Site) -> Option<(&Person, &PhoneNumber)> {
        let person = self.person(row)?;
        let number = person.number.as_ref()?;
        let known = || site.contacts.get(&person.id).is_some_and(|contact| !contact.do_not_call);
        (!self.of_site || known()).then_some((person, number))
    }

    /// Forgets what was erased from the journal. Gives the rows of people who are nobody from now on.
    pub(super) fn forget(&mut self, kept: KeptCampaign) -> Vec<Row> {
        let mut erased = Vec::new();
        // Of one that had the same name before.
        if self.opened.at != kept.opened.at {
            return erased;
        }
        self.opened.fields = kept.opened.fields;
        for ((row, person), kept) in (0..).zip(&mut self.people).zip(kept.contacts) {
            if kept.person.id != person.id {
                self.rows.remove(&*person.id);
                self.rows.insert(kept.person.id.as_str().into(), row);
                person.id.clone_from(&kept.person.id);
            }
            if kept.person.number.is_none() && person.number.is_some() {
                *person = kept.person;
                erased.push(Row(row));
            }
            let said = self.disposed.get_mut(&row).zip(kept.disposed);
            if let Some((said, kept)) = said.filter(|(said, kept)| said.at == kept.at) {
                said.reason = kept.reason;
            }
        }
        erased
    }

    /// The list in the words of the state machine.
    pub(super) fn listed(&mut self, numbers: &Numbers) -> Vec<Listed> {
        let listed = |person: &Person| Listed {
            number: person.number.as_ref().map_or(Numbers::NONE, |number| numbers.key(number)),
            wave: person.wave,
        };
        let all: Vec<Listed> = self.people.iter().map(listed).collect();
        let never = all.iter().filter(|one| numbers.never.contains_key(&one.number.0));
        self.do_not_call = never.count() as u32;
        all
    }
}

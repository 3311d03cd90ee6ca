//! Whom the site knows: contacts, looked up by number and by id.
//!
//! Never changes; a change of a file makes another. Some 400 bytes a contact with two numbers:
//! texts that many contacts share are kept once, and numbers as integers. Nothing of it goes to a
//! log.

use std::{
    collections::{BTreeMap, HashMap, HashSet},
    hash::Hash,
    sync::Arc,
};
use strowger_model::{AgentName, PhoneNumber, command::Field, read};

/// The contacts of a site.
#[derive(Debug, Default)]
pub struct Contacts {
    all: Vec<Contact>,
    /// Digits of E.164 numbers, in order, each with the place of its contact.
    by_number: Vec<(u64, u32)>,
    /// Places of contacts in the order of their ids.
    by_id: Vec<u32>,
    /// Hash of the files.
    pub(crate) version: String,
}

/// Somebody whom the site knows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Contact {
    /// Unique among the contacts of the site.
    pub id: Box<str>,
    /// Such as `caregiver` or `patient`.
    pub kind: Arc<str>,
    /// For people.
    pub name: Box<str>,
    /// Digits of E.164 numbers.
    pub(crate) numbers: Box<[u64]>,
    /// Such as a province.
    pub region: Option<Arc<str>>,
    /// BCP 47.
    pub language: Option<Arc<str>>,
    /// Responsible agents, the first first.
    pub responsible: Arc<[AgentName]>,
    /// Never to be called again.
    pub do_not_call: bool,
    /// Groups that the contact belongs to.
    pub tags: Arc<[Arc<str>]>,
    /// The further columns of the file.
    pub fields: Box<[Field]>,
}

/// Which contacts are wanted; what is none does not matter.
#[derive(Clone, Copy, Debug, Default)]
pub struct Wanted<'a> {
    /// Of this kind.
    pub kind: Option<&'a str>,
    /// Of this region.
    pub region: Option<&'a str>,
    /// Of this agent.
    pub responsible: Option<&'a str>,
}

impl Contact {
    /// The telephone numbers.
    pub fn numbers(&self) -> impl Iterator<Item = PhoneNumber> {
        self.numbers.iter().filter_map(|digits| format!("+{digits}").parse().ok())
    }
}

impl From<&Contact> for read::Contact {
    fn from(contact: &Contact) -> Self {
        Self {
            id: contact.id.to_string(),
            kind: contact.kind.to_string(),
            name: contact.name.to_string(),
            region: contact.region.as_deref().map(str::to_owned),
            language: contact.language.as_deref().map(str::to_owned),
            responsible: contact.responsible.to_vec(),
            do_not_call: contact.do_not_call,
            tags: contact.tags.iter().map(ToString::to_string).collect(),
        }
    }
}

impl Contacts {
    /// Contacts with their numbers and fields. Says which have an id or a number that another has.
    ///
    /// # Errors
    /// The places of those in the list.
    pub fn new(
        people: impl IntoIterator<Item = (read::Contact, Vec<PhoneNumber>, Vec<Field>)>,
    ) -> Result<Self, Vec<usize>> {
        let mut builder = Builder::default();
        let mut doubles = Vec::new();
        for (index, (known, numbers, fields)) in people.into_iter().enumerate() {
            let tags = known.tags.iter().map(|tag| builder.text(tag)).collect();
            let contact = Contact {
                id: known.id.into(),
                kind: known.kind.into(),
                name: known.name.into(),
                numbers: numbers.iter().map(digits).collect(),
                region: known.region.map(Arc::from),
                language: known.language.map(Arc::from),
                responsible: known.responsible.into(),
                do_not_call: known.do_not_call,
                tags: builder.groups(tags),
                fields: fields.into(),
            };
            if builder.taken(&contact).next().is_some() {
                doubles.push(index);
            }
            builder.add(contact, 0, index);
        }
        match doubles.is_empty() {
            true => Ok(builder.finish(String::new())),
            false => Err(doubles),
        }
    }

    /// A contact by id or number.
    pub fn get(&self, key: &str) -> Option<&Contact> {
        let by_id = || {
            self.by_id
                .binary_search_by(|&place| (*self.all[place as usize].id).cmp(key))
                .ok()
                .map(|found| self.by_id[found])
        };
        let by_number = |number: PhoneNumber| {
            let found = self
                .by_number
                .binary_search_by_key(&digits(&number), |(number, _)| *number)
                .ok()?;
            Some(self.by_number[found].1)
        };
        let place = by_id().or_else(|| by_number(key.parse().ok()?))?;
        self.all.get(place as usize)
    }

    /// Contacts that are as wanted, in the order of the files.
    pub fn find(&self, wanted: Wanted<'_>) -> impl Iterator<Item = &Contact> {
        self.all.iter().filter(move |contact| {
            wanted.kind.is_none_or(|kind| *contact.kind == *kind)
                && wanted.region.is_none_or(|region| contact.region.as_deref() == Some(region))
                && wanted.responsible.is_none_or(|agent| {
                    contact.responsible.iter().any(|name| name.as_str() == agent)
                })
        })
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.all.len()
    }

    /// Whether nobody is known.
    pub fn is_empty(&self) -> bool {
        self.all.is_empty()
    }
}

pub(crate) fn digits(number: &PhoneNumber) -> u64 {
    // At most 15 digits behind the `+`.
    number.as_str().trim_start_matches('+').parse().unwrap_or_default()
}

/// Lists that are the same are kept once.
fn one_of_a_kind<T: Eq + Hash>(known: &mut HashSet<Arc<[T]>>, list: Vec<T>) -> Arc<[T]> {
    match known.get(list.as_slice()) {
        Some(list) => list.clone(),
        None => {
            let list: Arc<[T]> = list.into();
            known.insert(list.clone());
            list
        }
    }
}

/// What contacts are made of, while files are read.
#[derive(Default)]
pub(crate) struct Builder {
    all: Vec<Contact>,
    /// Where each contact stands: file and line.
    places: Vec<(usize, usize)>,
    ids: HashMap<Box<str>, u32>,
    numbers: BTreeMap<u64, u32>,
    texts: HashSet<Arc<str>>,
    teams: HashSet<Arc<[AgentName]>>,
    groups: HashSet<Arc<[Arc<str>]>>,
}

/// An id or a number that another contact has.
pub(crate) struct Taken {
    pub(crate) what: Key,
    /// The other's file and line.
    pub(crate) by: (usize, usize),
}

/// By which a contact is found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Key {
    Id,
    Number,
}

impl Builder {
    pub(crate) fn text(&mut self, text: &str) -> Arc<str> {
        match self.texts.get(text) {
            Some(text) => text.clone(),
            None => {
                let text: Arc<str> = text.into();
                self.texts.insert(text.clone());
                text
            }
        }
    }

    pub(crate) fn team(&mut self, team: Vec<AgentName>) -> Arc<[AgentName]> {
        one_of_a_kind(&mut self.teams, team)
    }

    pub(crate) fn groups(&mut self, groups: Vec<Arc<str>>) -> Arc<[Arc<str>]> {
        one_of_a_kind(&mut self.groups, groups)
    }

    /// What of a contact another has already.
    pub(crate) fn taken(&self, contact: &Contact) -> impl Iterator<Item = Taken> {
        let by = |place: &u32| self.places.get(*place as usize).copied().unwrap_or_default();
        let id = self.ids.get(&contact.id).filter(|_| !contact.id.is_empty());
        let id = id.map(|place| Taken { what: Key::Id, by: by(place) });
        let numbers = contact.numbers.iter().filter_map(|number| self.numbers.get(number));
        let numbers = numbers.map(move |place| Taken { what: Key::Number, by: by(place) });
        id.into_iter().chain(numbers)
    }

    pub(crate) fn add(&mut self, contact: Contact, file: usize, line: usize) {
        let place = self.all.len() as u32;
        self.ids.entry(contact.id.clone()).or_insert(place);
        for &number in &contact.numbers {
            self.numbers.entry(number).or_insert(place);
        }
        self.places.push((file, line));
        self.all.push(contact);
    }

    pub(crate) fn finish(mut self, version: String) -> Contacts {
        self.all.shrink_to_fit();
        let mut by_id: Vec<(Box<str>, u32)> = self.ids.into_iter().collect();
        by_id.sort();
        Contacts {
            by_id: by_id.into_iter().map(|(_, place)| place).collect(),
            by_number: self.numbers.into_iter().collect(),
            all: self.all,
            version,
        }
    }
}

//! Whom the site knows: contacts from CSV files, looked up by number and by id.
//!
//! Never changes; a change of a file makes another. Some 400 bytes a contact with two numbers:
//! texts that many contacts share are kept once, and numbers as integers. Nothing of it goes to a
//! log.

use crate::{
    problem::Problem,
    table::{self, Column, Row},
};
use std::{
    collections::{BTreeMap, HashMap, HashSet},
    path::{Path, PathBuf},
    sync::Arc,
};
use strowger_model::{AgentName, PhoneNumber, read};

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
    numbers: Box<[u64]>,
    /// Such as a province.
    pub region: Option<Arc<str>>,
    /// BCP 47.
    pub language: Option<Arc<str>>,
    /// Responsible agents, the first first.
    pub responsible: Arc<[AgentName]>,
    /// Never to be called again.
    pub do_not_call: bool,
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

const COLUMNS: [Column; 8] = [
    Column { name: "id", required: true },
    Column { name: "kind", required: true },
    Column { name: "name", required: true },
    Column { name: "numbers", required: true },
    Column { name: "region", required: false },
    Column { name: "language", required: false },
    Column { name: "responsible", required: false },
    Column { name: "do_not_call", required: false },
];
const ID: usize = 0;
const KIND: usize = 1;
const NAME: usize = 2;
const NUMBERS: usize = 3;
const REGION: usize = 4;
const LANGUAGE: usize = 5;
const RESPONSIBLE: usize = 6;
const DO_NOT_CALL: usize = 7;

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
        }
    }
}

impl Contacts {
    /// Contacts with their numbers. Says which have an id or a number that another has.
    ///
    /// # Errors
    /// The places of those in the list.
    pub fn new(
        people: impl IntoIterator<Item = (read::Contact, Vec<PhoneNumber>)>,
    ) -> Result<Self, Vec<usize>> {
        let mut builder = Builder::default();
        let mut doubles = Vec::new();
        for (index, (known, numbers)) in people.into_iter().enumerate() {
            let contact = Contact {
                id: known.id.into(),
                kind: known.kind.into(),
                name: known.name.into(),
                numbers: numbers.iter().map(digits).collect(),
                region: known.region.map(Arc::from),
                language: known.language.map(Arc::from),
                responsible: known.responsible.into(),
                do_not_call: known.do_not_call,
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

/// A telephone number as somebody writes it, in E.164.
///
/// # Errors
/// Why it is none, without it.
pub(crate) fn number(text: &str, country: Option<&str>) -> Result<PhoneNumber, String> {
    let wrong = |why: String| format!("not a telephone number: {why}");
    let parsed = match country {
        Some(country) => phonelib::PhoneNumber::try_parse_with_country(text, country),
        None => phonelib::PhoneNumber::try_parse(text),
    };
    let parsed = parsed.map_err(|error| wrong(error.to_string()))?;
    if parsed.extension().is_some() {
        return Err(wrong("it has an extension".to_owned()));
    }
    parsed.e164().parse().map_err(|_| wrong("it is not in E.164".to_owned()))
}

fn digits(number: &PhoneNumber) -> u64 {
    // At most 15 digits behind the `+`.
    number.as_str().trim_start_matches('+').parse().unwrap_or_default()
}

/// What files of contacts are checked against.
pub(crate) struct Known<'a> {
    pub(crate) country: Option<&'a str>,
    pub(crate) agents: Vec<&'a str>,
}

/// Reads files of contacts, each with its content.
pub(crate) fn read(
    files: &[(PathBuf, Vec<u8>)],
    known: &Known<'_>,
) -> Result<Contacts, Vec<Problem>> {
    let mut builder = Builder::default();
    let mut problems = Vec::new();
    let mut hash = blake3::Hasher::new();
    for (index, (path, text)) in files.iter().enumerate() {
        hash.update(text);
        problems.extend(table::read(path, text, &COLUMNS, |row| {
            let (contact, mut problems) = builder.contact(row, known);
            problems.extend(builder.taken(&contact).map(|taken| {
                let (other, line) = taken.by;
                row.problem(taken.column, taken.message)
                    .see(
                        files.get(other).map_or(Path::new(""), |(path, _)| path),
                        Some(table::place(line)),
                    )
                    .help("keep one of the two")
            }));
            builder.add(contact, index, row.line);
            problems
        }));
    }
    match problems.is_empty() {
        true => Ok(builder.finish(hash.finalize().to_hex().to_string())),
        false => Err(problems),
    }
}

/// What contacts are made of, while files are read.
#[derive(Default)]
struct Builder {
    all: Vec<Contact>,
    /// Where each contact stands: file and line.
    places: Vec<(usize, usize)>,
    ids: HashMap<Box<str>, u32>,
    numbers: BTreeMap<u64, u32>,
    texts: HashSet<Arc<str>>,
    teams: HashSet<Arc<[AgentName]>>,
}

/// An id or a number that another contact has.
struct Taken {
    column: usize,
    message: &'static str,
    by: (usize, usize),
}

impl Builder {
    fn contact(&mut self, row: &Row<'_>, known: &Known<'_>) -> (Contact, Vec<Problem>) {
        let mut problems = Vec::new();
        for column in [ID, KIND] {
            if row.cell(column).is_empty() {
                problems.push(
                    row.problem(column, "is empty")
                        .help("every contact has an id of its own and a kind, such as `patient`"),
                );
            }
        }
        if row.cell(ID).starts_with('+') {
            problems.push(
                row.problem(ID, "begins with `+`, as numbers do")
                    .help("choose an id that cannot be taken for a number"),
            );
        }
        let mut numbers = Vec::new();
        for text in row.several(NUMBERS) {
            match number(text, known.country) {
                Ok(number) => numbers.push(digits(&number)),
                Err(why) => {
                    let help = "write it as dialled in the site's country, or with + and country code; separate several by `;`";
                    problems.push(row.problem(NUMBERS, &why).help(help));
                }
            }
        }
        let mut responsible = Vec::new();
        for name in row.several(RESPONSIBLE) {
            match known.agents.contains(&name) {
                true => responsible.push(AgentName::from(name)),
                false => {
                    let problem =
                        row.problem(RESPONSIBLE, &format!("no agent `{name}` in the site file"));
                    problems.push(
                        problem
                            .help("write names of agents, separated by `;`")
                            .suggest(name, known.agents.iter().copied()),
                    );
                }
            }
        }
        let do_not_call = match row.cell(DO_NOT_CALL).to_ascii_lowercase().as_str() {
            "" | "no" | "false" | "0" => false,
            "yes" | "true" | "1" => true,
            _ => {
                problems.push(
                    row.problem(DO_NOT_CALL, "neither yes nor no")
                        .help("write `yes` or `no`; empty is `no`"),
                );
                true
            }
        };
        let contact = Contact {
            id: row.cell(ID).into(),
            kind: self.text(row.cell(KIND)),
            name: row.cell(NAME).into(),
            numbers: numbers.into(),
            region: Some(row.cell(REGION))
                .filter(|text| !text.is_empty())
                .map(|text| self.text(text)),
            language: Some(row.cell(LANGUAGE))
                .filter(|text| !text.is_empty())
                .map(|text| self.text(text)),
            responsible: self.team(responsible),
            do_not_call,
        };
        (contact, problems)
    }

    fn text(&mut self, text: &str) -> Arc<str> {
        match self.texts.get(text) {
            Some(text) => text.clone(),
            None => {
                let text: Arc<str> = text.into();
                self.texts.insert(text.clone());
                text
            }
        }
    }

    fn team(&mut self, team: Vec<AgentName>) -> Arc<[AgentName]> {
        match self.teams.get(team.as_slice()) {
            Some(team) => team.clone(),
            None => {
                let team: Arc<[AgentName]> = team.into();
                self.teams.insert(team.clone());
                team
            }
        }
    }

    /// What of a contact another has already.
    fn taken(&self, contact: &Contact) -> impl Iterator<Item = Taken> {
        let by = |place: &u32| self.places.get(*place as usize).copied().unwrap_or_default();
        let id = self.ids.get(&contact.id).filter(|_| !contact.id.is_empty());
        let id = id.map(|place| Taken {
            column: ID,
            message: "another contact has this id",
            by: by(place),
        });
        let numbers = contact.numbers.iter().filter_map(|number| self.numbers.get(number));
        let numbers = numbers.map(move |place| Taken {
            column: NUMBERS,
            message: "another contact has this number",
            by: by(place),
        });
        id.into_iter().chain(numbers)
    }

    fn add(&mut self, contact: Contact, file: usize, line: usize) {
        let place = self.all.len() as u32;
        self.ids.entry(contact.id.clone()).or_insert(place);
        for &number in &contact.numbers {
            self.numbers.entry(number).or_insert(place);
        }
        self.places.push((file, line));
        self.all.push(contact);
    }

    fn finish(mut self, version: String) -> Contacts {
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

#[cfg(test)]
mod tests {
    use super::*;

    fn contacts(text: &str) -> Result<Contacts, Vec<Problem>> {
        let known = Known { country: Some("BE"), agents: vec!["els", "tom"] };
        read(&[("contacts.csv".into(), text.as_bytes().to_vec())], &known)
    }

    #[test]
    fn p3_callers_are_told_apart_by_their_number() {
        let contacts = contacts(
            "kind,id,numbers,name,responsible,region,do_not_call\n\
             caregiver,z1,\"0470/12.34.56; 09 123 45 67\",\"Maes, An\",els;tom,oost-vlaanderen,\n\n\
             patient,p1,+31 20 123 45 67,Jan,,,yes\npatient,p2,,,els,,no\n",
        )
        .unwrap();
        assert_eq!(contacts.len(), 3);
        for key in ["z1", "+32470123456", "+3291234567"] {
            let known = read::Contact::from(contacts.get(key).unwrap());
            assert_eq!(
                (known.id.as_str(), known.kind.as_str(), known.name.as_str()),
                ("z1", "caregiver", "Maes, An"),
                "{key}"
            );
            assert_eq!(known.responsible, ["els", "tom"].map(AgentName::from));
            assert_eq!(
                (known.region.as_deref(), known.language, known.do_not_call),
                (Some("oost-vlaanderen"), None, false)
            );
        }
        assert!(contacts.get("+31201234567").unwrap().do_not_call);
        assert!(contacts.get("+3227138700").is_none() && contacts.get("").is_none());
        let ids = |wanted| {
            contacts.find(wanted).map(|contact| contact.id.to_string()).collect::<Vec<_>>()
        };
        assert_eq!(ids(Wanted { kind: Some("patient"), ..Wanted::default() }), ["p1", "p2"]);
        assert_eq!(ids(Wanted { responsible: Some("els"), ..Wanted::default() }), ["z1", "p2"]);
        assert_eq!(ids(Wanted { region: Some("oost-vlaanderen"), ..Wanted::default() }), ["z1"]);
        let numbers: Vec<_> =
            contacts.get("z1").unwrap().numbers().map(|number| number.to_string()).collect();
        assert_eq!(numbers, ["+32470123456", "+3291234567"]);
    }

    #[test]
    fn everything_that_is_wrong_is_said_at_once_and_nobody_is_named() {
        let problems = contacts(
            "id,kind,name,numbers,responsible,do_not_call\n\
             a,patient,Secret,12,elz,perhaps\n\
             ,,Secret,,,\n\n\
             a,patient,Secret,0470 12 34 56,,\n\
             b,patient,Secret,+32470123456,,\n\
             c,patient\n",
        )
        .unwrap_err();
        let said: Vec<_> = problems
            .iter()
            .map(|problem| (problem.place.as_ref().unwrap().line, problem.message.as_str()))
            .collect();
        assert_eq!(
            said,
            [
                (
                    2,
                    "`numbers`: not a telephone number: fewer digits than any numbering plan accepts"
                ),
                (2, "`responsible`: no agent `elz` in the site file"),
                (2, "`do_not_call`: neither yes nor no"),
                (3, "`id`: is empty"),
                (3, "`kind`: is empty"),
                (5, "`id`: another contact has this id"),
                (6, "`numbers`: another contact has this number"),
                (7, "this row has 2 cells, and the first line names 6 columns"),
            ]
        );
        let shown: String = problems.iter().map(Problem::to_string).collect();
        assert!(!shown.contains("Secret") && !shown.contains("470"), "{shown}");
        assert!(shown.contains("--> contacts.csv:6:1\n ::: contacts.csv:5:1"), "{shown}");
    }

    #[test]
    fn a_hundred_thousand_contacts_are_modest() {
        /// Bytes of the process that are in memory.
        fn resident() -> u64 {
            let statm = std::fs::read_to_string("/proc/self/statm").unwrap_or_default();
            statm.split(' ').nth(1).and_then(|pages| pages.parse::<u64>().ok()).unwrap_or_default()
                * 4096
        }
        let mut text = "id,kind,name,numbers,region,language,responsible,do_not_call\n".to_owned();
        for n in 0..100_000 {
            text += &format!(
                "patient-{n},patient,Familienaam Voornaam {n},0470 {n:06};09 2{n:06},oost-vlaanderen,nl-BE,els;tom,\n"
            );
        }
        let (before, since) = (resident(), std::time::Instant::now());
        let contacts = contacts(&text).unwrap();
        let (bytes, took) = (resident().saturating_sub(before), since.elapsed());
        println!("{} bytes a contact, read in {took:?}", bytes / 100_000);
        assert_eq!(&*contacts.get("+32470099999").unwrap().id, "patient-99999");
        assert!(bytes < 100 << 20, "{bytes} bytes");
    }

    #[test]
    fn columns_are_checked() {
        let wrong =
            |text| contacts(text).unwrap_err().iter().map(Problem::to_string).collect::<String>();
        assert!(
            wrong("id,kind,name,number\n").contains("unknown column `number`"),
            "{}",
            wrong("id,kind,name,number\n")
        );
        assert!(wrong("id,kind,name,number\n").contains("the column `numbers` is missing"));
        assert!(wrong("id;kind;name;numbers\n").contains("separated by `;`"));
        assert!(wrong("id,id,kind,name,numbers\n").contains("twice"));
        assert!(wrong("").contains("is missing"));
        let many = format!("id,kind,name,numbers\n{}", "a,,,\n".repeat(300));
        assert!(wrong(&many).contains("more errors"));
    }
}

//! Whom a campaign calls: the people on a list, or contacts of the site in waves.
//!
//! A list is a CSV file as that of contacts, and is checked whole. It has columns of its own: they
//! become fields of the people on it.

use crate::{
    Contact, Site, Wanted,
    campaigns::CampaignTemplate,
    problem::Problem,
    read_contacts::like_a_number,
    table::{self, Column, Further, Row},
    template::filled,
};
use indexmap::IndexSet;
use std::{
    collections::{BTreeSet, HashMap},
    path::Path,
};
use strowger_model::{
    PhoneNumber,
    campaign::{Person, wrong_fields},
    command::Field,
};

const COLUMNS: [Column; 5] = [
    Column { name: "id", required: true },
    Column { name: "numbers", required: true },
    Column { name: "name", required: false },
    Column { name: "language", required: false },
    Column { name: "tags", required: false },
];
const ID: usize = 0;
const NUMBERS: usize = 1;
const NAME: usize = 2;
const LANGUAGE: usize = 3;
const TAGS: usize = 4;

const NUMBER: [Column; 1] = [Column { name: "number", required: true }];

/// A list has at most so many people.
const LONGEST: usize = 100_000;

/// Bytes of a list, at most.
const SIZE: usize = 16 << 20;

/// Reads the list of a campaign: the people in the order in which they are called. `file`: what
/// messages call it. The first number of each is the one that is called, if the flow may dial it.
///
/// # Errors
/// Everything that is wrong with it. No message names anybody.
pub fn campaign_list(
    site: &Site,
    file: &Path,
    text: &[u8],
    may_dial: &dyn Fn(&PhoneNumber) -> bool,
) -> Result<Vec<Person>, Vec<Problem>> {
    if let Some(problem) = too_large(file, text) {
        return Err(vec![problem]);
    }
    let mut list =
        List { site, file, may_dial, people: Vec::new(), taken: HashMap::new(), rows: 0 };
    let mut problems = table::read(file, text, &COLUMNS, Further::Kept, |row| list.take(row));
    if problems.is_empty() && list.people.is_empty() {
        let problem = Problem::of_file(file, "nobody is on this list");
        problems
            .push(problem.help("the first line names the columns; write a line for each person"));
    }
    match problems.is_empty() {
        true => Ok(list.people),
        false => Err(problems),
    }
}

fn too_large(file: &Path, text: &[u8]) -> Option<Problem> {
    let message = format!("this file has {} bytes, and may have {} MiB", text.len(), SIZE >> 20);
    let problem = || Problem::of_file(file, message).help("remove columns, or split it");
    (text.len() > SIZE).then(problem)
}

struct List<'a> {
    site: &'a Site,
    file: &'a Path,
    may_dial: &'a dyn Fn(&PhoneNumber) -> bool,
    people: Vec<Person>,
    /// The lines of ids and numbers.
    taken: HashMap<(usize, String), usize>,
    rows: usize,
}

impl List<'_> {
    fn take(&mut self, row: &Row<'_>) -> Vec<Problem> {
        self.rows += 1;
        if self.rows > LONGEST {
            let message = format!("a list has at most {LONGEST} people");
            let problem = table::at_line(self.file, row.line, message);
            let problem = problem.help("open several campaigns, each with a part of the list");
            return if self.rows == LONGEST + 1 { vec![problem] } else { Vec::new() };
        }
        let mut problems = row.long(&[ID, NAME, LANGUAGE, TAGS]);
        problems.extend(wrong_fields(row.further()).map(|why| row.of_fields(why)));
        let id = row.cell(ID);
        if id.is_empty() {
            let problem = row.problem(ID, "is empty");
            problems.push(problem.help("everybody on the list has an id of their own"));
        } else if let Some(problem) = like_a_number(&self.site.numbering, row, ID) {
            problems.push(problem);
        } else {
            problems.extend(self.taken(row, ID, id, "somebody else has this id"));
        }
        let (numbers, wrong) = numbers_of(self.site, row, NUMBERS);
        problems.extend(wrong);
        let number = numbers.into_iter().next();
        if let Some(number) = &number {
            let message = "somebody else is called at this number";
            problems.extend(self.taken(row, NUMBERS, number.as_str(), message));
            if !(self.may_dial)(number) {
                let problem = row.problem(NUMBERS, "the flow may not dial this number");
                let help = "correct it, or permit it by `dial` in [permissions] of the flow file";
                problems.push(problem.help(help));
            }
        }
        let text = |column| Some(row.cell(column).to_owned()).filter(|text| !text.is_empty());
        let field =
            |(key, value): (&str, &str)| Field { key: key.to_owned(), value: value.to_owned() };
        self.people.push(Person {
            id: id.to_owned(),
            number,
            name: row.cell(NAME).to_owned(),
            language: text(LANGUAGE),
            tags: row.several(TAGS).map(str::to_owned).collect(),
            fields: row.further().map(field).collect(),
            wave: 0,
        });
        problems
    }

    /// An id or a number that stands in an earlier line.
    fn taken(
        &mut self,
        row: &Row<'_>,
        column: usize,
        text: &str,
        message: &str,
    ) -> Option<Problem> {
        let earlier = *self.taken.entry((column, text.to_owned())).or_insert(row.line);
        let problem = row.problem(column, message).see(self.file, Some(table::place(earlier)));
        (earlier != row.line).then(|| problem.help("keep one of the two"))
    }
}

/// Reads numbers for the do-not-call list: a CSV file with the column `number`, and others that do
/// not matter. Each number once, in the order of the file.
///
/// # Errors
/// Everything that is wrong with it. No message says a number.
pub fn number_list(
    site: &Site,
    file: &Path,
    text: &[u8],
) -> Result<Vec<PhoneNumber>, Vec<Problem>> {
    if let Some(problem) = too_large(file, text) {
        return Err(vec![problem]);
    }
    let mut numbers = IndexSet::new();
    let mut problems = table::read(file, text, &NUMBER, Further::Kept, |row| {
        let (all, problems) = numbers_of(site, row, 0);
        numbers.extend(all);
        problems
    });
    if problems.is_empty() && numbers.is_empty() {
        let problem = Problem::of_file(file, "there is no number in this list");
        problems
            .push(problem.help("the first line names the columns; write a line for each number"));
    }
    match problems.is_empty() {
        true => Ok(numbers.into_iter().collect()),
        false => Err(problems),
    }
}

/// The numbers of a cell; there must be one.
fn numbers_of(site: &Site, row: &Row<'_>, column: usize) -> (Vec<PhoneNumber>, Vec<Problem>) {
    let (mut numbers, mut problems) = (Vec::new(), Vec::new());
    for text in row.several(column) {
        match site.numbering.guessed(text) {
            Ok(number) => numbers.push(number),
            Err(why) => {
                let help = "write it as dialled in the site's country, or with + and country code; \
                            separate several by `;`";
                problems.push(row.problem(column, &why).help(help));
            }
        }
    }
    if numbers.is_empty() && problems.is_empty() {
        problems.push(row.problem(column, "is empty").help("write a telephone number"));
    }
    (numbers, problems)
}

/// The contacts of the site that a campaign calls by the waves of its template, each with the first
/// wave that has them; in the order of the waves, then of the files. Without those who are never to
/// be called, and those without a number. `fields`: those of the campaign. A tag with a field that
/// the campaign does not have means nobody.
pub fn people_of_waves(site: &Site, template: &CampaignTemplate, fields: &[Field]) -> Vec<Person> {
    let mut people = Vec::new();
    let mut asked: BTreeSet<&str> = BTreeSet::new();
    for (wave, meant) in template.waves.iter().enumerate() {
        let tags: BTreeSet<String> =
            meant.tags.iter().filter_map(|tag| filled(tag, fields)).collect();
        let is_meant = |contact: &&Contact| contact.tags.iter().any(|tag| tags.contains(&**tag));
        for contact in site.contacts.find(Wanted::default()).filter(is_meant) {
            let number = contact.numbers().next().filter(|_| !contact.do_not_call);
            if let Some(number) = number
                && asked.insert(&contact.id)
            {
                people.push(person(contact, number, wave));
            }
        }
    }
    people
}

fn person(contact: &Contact, number: PhoneNumber, wave: usize) -> Person {
    Person {
        id: contact.id.to_string(),
        number: Some(number),
        name: contact.name.to_string(),
        language: contact.language.as_deref().map(str::to_owned),
        tags: contact.tags.iter().map(ToString::to_string).collect(),
        fields: contact.fields.to_vec(),
        wave: u8::try_from(wave).unwrap_or(u8::MAX),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{read_site, source::Source};
    use std::fs;

    const SITE: &str = r#"
time_zone = "Europe/Brussels"
country = "BE"
language = "nl-BE"
contacts = ["contacts.csv"]
[campaigns.open-shift]
flow = "open-shift"
[[campaigns.open-shift.waves]]
after = 0
tags = ["{department}", "{{all}}"]
[[campaigns.open-shift.waves]]
after = 600
tags = ["intern", "extern"]
"#;
    const CONTACTS: &str = "id,kind,name,numbers,language,do_not_call,tags,mail\n\
        a,nurse,An,0470 00 00 01,,,extern,\n\
        b,nurse,Bo,0470 00 00 02;0470 00 00 22,fr-BE,,intern;geriatrie,bo@zorg.example\n\
        c,nurse,Co,0470 00 00 03,,yes,geriatrie,\n\
        d,nurse,Di,,,,geriatrie,\n\
        e,nurse,Eva,0470 00 00 05,,,{all},\n\
        f,nurse,Fay,0470 00 00 06,,,spoed,\n";

    fn site() -> Site {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("contacts.csv"), CONTACTS).unwrap();
        let source = Source::parse(&folder.path().join("site.toml"), SITE).unwrap();
        read_site::site(&source, read_site::People::Files).unwrap()
    }

    fn list(text: &[u8]) -> Result<Vec<Person>, String> {
        let said =
            |problems: Vec<Problem>| problems.iter().map(Problem::to_string).collect::<String>();
        campaign_list(&site(), Path::new("list.csv"), text, &|_| true).map_err(said)
    }

    fn field(key: &str, value: &str) -> Field {
        Field { key: key.to_owned(), value: value.to_owned() }
    }

    #[test]
    fn o1_a_list_is_read_in_its_order_with_columns_of_its_own() {
        let text = "slot,id,numbers,name,tags\n\
            14:20,z9,0470 12 34 56;09 123 45 67,\"Maes, An\",intern; spoed\n\
            ,a1,+31 20 123 45 67,,\n";
        let expected = [
            Person {
                id: "z9".to_owned(),
                number: "+32470123456".parse().ok(),
                name: "Maes, An".to_owned(),
                language: None,
                tags: vec!["intern".to_owned(), "spoed".to_owned()],
                fields: vec![field("slot", "14:20")],
                wave: 0,
            },
            Person {
                id: "a1".to_owned(),
                number: "+31201234567".parse().ok(),
                name: String::new(),
                language: None,
                tags: Vec::new(),
                fields: Vec::new(),
                wave: 0,
            },
        ];
        assert_eq!(list(text.as_bytes()).unwrap(), expected);
        let excel = "id;numbers;slot;;\r\nz9;\"0470 12 34 56;09 123 45 67\";14:20;;\r\n;;;;\r\n";
        let utf_16 = format!("\u{feff}{excel}");
        let utf_16: Vec<u8> = utf_16.encode_utf16().flat_map(u16::to_le_bytes).collect();
        for bytes in [excel.as_bytes().to_vec(), utf_16] {
            let people = list(&bytes).unwrap();
            let read = (people.len(), &people[0].number, &people[0].fields);
            assert_eq!(read, (1, &expected[0].number, &expected[0].fields));
        }
    }

    #[test]
    fn o1_everything_that_is_wrong_with_a_list_is_said_and_nobody_is_named() {
        let said = list(
            b"id,numbers,name\n\
              Geheim,12;0470 12 34 56,Secret\n\
              ,,Secret\n\
              Geheim,0470 65 43 21,Secret\n\
              b,0470 12 34 56,Secret\n\
              +32470,+32 470 11 11 11,Secret\n\
              c,0470 11 22 33;0470 12 34 56,Secret\n\
              d\n",
        )
        .unwrap_err();
        let lines: Vec<&str> = said.lines().filter(|line| line.starts_with("error")).collect();
        assert_eq!(
            lines,
            [
                "error: `numbers`: not a telephone number: fewer digits than any numbering plan \
                 accepts",
                "error: `id`: is empty",
                "error: `numbers`: is empty",
                "error: `id`: somebody else has this id",
                "error: `numbers`: somebody else is called at this number",
                "error: `id`: begins with `+`, as numbers do",
                "error: this row has 1 cells, and the first line names 3 columns",
            ]
        );
        for place in ["list.csv:4:1\n ::: list.csv:2:1", "list.csv:5:1\n ::: list.csv:2:1"] {
            assert!(said.contains(place), "{said}");
        }
        assert!(said.contains("help: write a telephone number"), "{said}");
        for secret in ["Geheim", "Secret", "470"] {
            assert!(!said.contains(secret), "{said}");
        }
        for (text, why) in [
            ("id,numbers\n", "nobody is on this list"),
            ("", "the column `id` is missing"),
            ("id,nummers\na,1\n", "the column `numbers` is missing"),
            ("id,nummers\na,1\n", "did you mean it by `nummers`?"),
            ("id,numbers,,slot\na,0470123456,,x\n", "column 3 has no name"),
            ("id,numbers,slot,slot\n", "column `slot` stands here twice"),
        ] {
            let said = list(text.as_bytes()).unwrap_err();
            assert!(said.contains(why) && said.contains("list.csv"), "{said}");
        }
    }

    #[test]
    fn o1_a_number_that_the_flow_may_not_dial_is_refused_with_its_line() {
        let text = b"id,numbers\na,0470 12 34 56\nb,+31 20 123 45 67\n";
        let of_country = |number: &PhoneNumber| number.as_str().starts_with("+32");
        let wrong = campaign_list(&site(), Path::new("l.csv"), text, &of_country).unwrap_err();
        let said: String = wrong.iter().map(Problem::to_string).collect();
        assert!(said.contains("l.csv:3:1") && said.contains("[permissions]"), "{said}");
        assert!(wrong.len() == 1 && !said.contains("123"), "{said}");
    }

    #[test]
    fn o1_numbers_of_the_do_not_call_list_are_read_from_a_column() {
        let read = |text: &str| number_list(&site(), Path::new("never.csv"), text.as_bytes());
        let text = "since,number\n2026,0470 12 34 56\n,+32470123456; 09 123 45 67\n";
        let numbers = ["+32470123456", "+3291234567"].map(|number| number.parse().unwrap());
        assert_eq!(read(text).unwrap(), numbers);
        for (text, why) in [
            ("number\n12\n", "never.csv:2:1"),
            ("number,by\n,an\n", "`number`: is empty"),
            ("number\n", "there is no number in this list"),
            ("0470123456\n", "the column `number` is missing"),
        ] {
            let said: String = read(text).unwrap_err().iter().map(Problem::to_string).collect();
            assert!(said.contains(why), "{said}");
        }
    }

    /// O5: an export can be the next list.
    #[test]
    fn columns_are_found_whatever_their_capitals_and_by_number_or_numbers() {
        let people = list(b"ID,Number,Town\na,0470 12 34 56,Gent\n").unwrap();
        assert_eq!(people[0].number, "+32470123456".parse().ok());
        assert_eq!(people[0].fields, [field("Town", "Gent")]);
        let never = number_list(&site(), Path::new("n.csv"), b"numbers\n0470 12 34 56\n").unwrap();
        assert_eq!(never.len(), 1);
        let both = list(b"id,numbers,number\na,0470 12 34 56,x\n").unwrap();
        assert_eq!(both[0].fields, [field("number", "x")]);
    }

    #[test]
    fn o1_what_a_flow_could_not_bear_is_refused_with_its_line() {
        let long = |length: usize| "x".repeat(length);
        let fields = format!(
            "id,numbers,a,b,c,d,e\nx,0470000001{}\n",
            format!(",{}", long(1_900)).repeat(5)
        );
        let columns: String = (0..63).map(|n| format!(",c{n}")).collect();
        for (text, why) in [
            (format!("id,numbers\n{},0470000001\n", long(201)), "`id`: is not one line"),
            (format!("id,numbers,name\nx,0470000001,{}\n", long(201)), "`name`: is not one line"),
            ("id,numbers,name\nx,0470000001,\"An\nB\"\n".to_owned(), "`name`: is not one line"),
            (
                format!("id,numbers,note\nx,0470000001,{}\n", long(2_001)),
                "field `note` has 2001 bytes, and may have 2000",
            ),
            (fields, "all fields together have 9505 bytes, and may have 8192"),
            (format!("id,numbers{columns}\n"), "this file has 65 columns, and may have 64"),
            ("id,numbers\n0470 12 34 56,0470000001\n".to_owned(), "`id`: is a telephone number"),
            ("id,numbers\n32470123456,0470000001\n".to_owned(), "`id`: is a telephone number"),
        ] {
            let said = list(text.as_bytes()).unwrap_err();
            assert!(
                said.contains(why) && said.contains("list.csv:") && said.contains("help: "),
                "{said}"
            );
            assert!(!said.contains("xxx") && !said.contains("470"), "{said}");
        }
        let good = format!("id,numbers,name,note\nx,0470000001,{},{}\n", long(200), long(2_000));
        assert!(list(good.as_bytes()).is_ok());
        assert!(list(&vec![b'x'; SIZE + 1]).unwrap_err().contains("and may have 16 MiB"));
    }

    #[test]
    fn o1_letters_in_a_number_are_no_keys() {
        for number in [
            "0470 OO 12 34",
            "+32 470 xx 12 34",
            "0470 ABCDEF",
            "+32 470 ** 12 34 56",
            "0470 1?2 34 56",
        ] {
            let said = list(format!("id,numbers\na,{number}\n").as_bytes()).unwrap_err();
            assert!(said.contains("it has letters or other signs in it"), "{number}: {said}");
            assert!(said.contains("list.csv:2:1") && said.contains("help: "), "{said}");
            let text = format!("number\n{number}\n");
            assert!(number_list(&site(), Path::new("never.csv"), text.as_bytes()).is_err());
        }
        let copied = "id,numbers\na,\u{202a}+32\u{a0}470 12\u{2011}34\u{2013}56\u{202c}\n";
        let people = list(copied.as_bytes()).unwrap();
        assert_eq!(people[0].number.as_ref().map(PhoneNumber::as_str), Some("+32470123456"));
    }

    #[test]
    fn a_list_has_an_end() {
        let mut text = "id,numbers\n".to_owned();
        for n in 0..LONGEST {
            text += &format!("{n},0470 {n:06}\n");
        }
        assert_eq!(list(text.as_bytes()).unwrap().len(), LONGEST);
        text += "x,0471 000001\ny,0471 000002\n";
        let said = list(text.as_bytes()).unwrap_err();
        assert!(said.starts_with("error: a list has at most 100000 people\n"), "{said}");
        assert!(said.contains("list.csv:100002:1") && said.matches("error").count() == 1, "{said}");
    }

    #[test]
    fn f2_each_contact_is_of_the_first_wave_that_has_it() {
        let site = site();
        let template = &site.campaigns["open-shift"];
        assert_eq!(template.fields_needed(), ["department".to_owned()].into());
        let ids = |fields: &[Field]| {
            let people = people_of_waves(&site, template, fields);
            people.into_iter().map(|person| (person.id, person.wave)).collect::<Vec<_>>()
        };
        let person = |id: &str, wave| (id.to_owned(), wave);
        let geriatrics = [field("department", "geriatrie")];
        assert_eq!(ids(&geriatrics), [person("b", 0), person("e", 0), person("a", 1)]);
        assert_eq!(ids(&[]), [person("e", 0), person("a", 1), person("b", 1)]);
        let bo = &people_of_waves(&site, template, &geriatrics)[0];
        let number = bo.number.as_ref().map(PhoneNumber::as_str);
        assert_eq!((number, bo.language.as_deref()), (Some("+32470000002"), Some("fr-BE")));
        assert_eq!(bo.fields, [field("mail", "bo@zorg.example")], "columns of its own");
        assert_eq!((&*bo.name, bo.tags.join(" ")), ("Bo", "intern geriatrie".to_owned()));
    }
}

//! From CSV files to [`Contacts`], or everything that is wrong with them.

use crate::{
    contacts::{Builder, Contact, Contacts, Key, digits},
    numbering::Numbering,
    problem::Problem,
    table::{self, Column, Further, Row},
};
use std::path::{Path, PathBuf};
use strowger_model::{AgentName, command::Field};

const COLUMNS: [Column; 9] = [
    Column { name: "id", required: true },
    Column { name: "kind", required: true },
    Column { name: "name", required: true },
    Column { name: "numbers", required: true },
    Column { name: "region", required: false },
    Column { name: "language", required: false },
    Column { name: "responsible", required: false },
    Column { name: "do_not_call", required: false },
    Column { name: "tags", required: false },
];
const ID: usize = 0;
const KIND: usize = 1;
const NAME: usize = 2;
const NUMBERS: usize = 3;
const REGION: usize = 4;
const LANGUAGE: usize = 5;
const RESPONSIBLE: usize = 6;
const DO_NOT_CALL: usize = 7;
const TAGS: usize = 8;

/// What files of contacts are checked against.
pub(crate) struct Known<'a> {
    pub(crate) numbering: &'a Numbering,
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
        problems.extend(table::read(path, text, &COLUMNS, Further::KeptIfUnlike, |row| {
            let (contact, mut problems) = contact(&mut builder, row, known);
            problems.extend(builder.taken(&contact).map(|taken| {
                let (other, line) = taken.by;
                let (column, message) = match taken.what {
                    Key::Id => (ID, "another contact has this id"),
                    Key::Number => (NUMBERS, "another contact has this number"),
                };
                row.problem(column, message)
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

/// An id that can be taken for a number.
pub(crate) fn like_a_number(numbering: &Numbering, row: &Row<'_>, id: usize) -> Option<Problem> {
    let (message, help) = match row.cell(id) {
        text if text.starts_with('+') => {
            ("begins with `+`, as numbers do", "choose an id that cannot be taken for a number")
        }
        text if numbering.reads_as_number(text) => {
            ("is a telephone number", "choose another id: a number that is erased would stay in it")
        }
        _ => return None,
    };
    Some(row.problem(id, message).help(help))
}

fn contact(builder: &mut Builder, row: &Row<'_>, known: &Known<'_>) -> (Contact, Vec<Problem>) {
    let mut problems = row.long(&[ID, KIND, NAME, REGION, LANGUAGE, TAGS]);
    for column in [ID, KIND] {
        if row.cell(column).is_empty() {
            problems.push(
                row.problem(column, "is empty")
                    .help("every contact has an id of its own and a kind, such as `patient`"),
            );
        }
    }
    problems.extend(like_a_number(known.numbering, row, ID));
    let mut numbers = Vec::new();
    for text in row.several(NUMBERS) {
        match known.numbering.guessed(text) {
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
    let tags = row.several(TAGS).map(|tag| builder.text(tag)).collect();
    let field = |(key, value): (&str, &str)| Field { key: key.into(), value: value.into() };
    let contact = Contact {
        id: row.cell(ID).into(),
        kind: builder.text(row.cell(KIND)),
        name: row.cell(NAME).into(),
        numbers: numbers.into(),
        region: Some(row.cell(REGION))
            .filter(|text| !text.is_empty())
            .map(|text| builder.text(text)),
        language: Some(row.cell(LANGUAGE))
            .filter(|text| !text.is_empty())
            .map(|text| builder.text(text)),
        responsible: builder.team(responsible),
        do_not_call,
        tags: builder.groups(tags),
        fields: row.further().map(field).collect(),
    };
    (contact, problems)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::contacts::Wanted;
    use strowger_model::read;

    fn contacts(text: &str) -> Result<Contacts, Vec<Problem>> {
        let numbering = Numbering { country: Some("BE".to_owned()), ..Numbering::default() };
        let known = Known { numbering: &numbering, agents: vec!["els", "tom"] };
        super::read(&[("contacts.csv".into(), text.as_bytes().to_vec())], &known)
    }

    #[test]
    fn p3_callers_are_told_apart_by_their_number() {
        let contacts = contacts(
            "kind,id,numbers,name,responsible,region,do_not_call,tags\n\
             caregiver,z1,\"0470/12.34.56; 09 123 45 67\",\"Maes, An\",els;tom,oost-vlaanderen,,intern; spoed\n\n\
             patient,p1,+31 20 123 45 67,Jan,,,yes,\npatient,p2,,,els,,no,\n",
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
            assert_eq!(known.tags, ["intern", "spoed"]);
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
    fn files_may_be_as_spreadsheets_save_them() {
        let plain = "id,kind,name,numbers,region,responsible\nz1,caregiver,\"Ma\u{eb}s, An\",0470 12 34 56;09 123 45 67,,els\n";
        let excel = "id;kind;name;numbers;region;responsible\r\nz1;caregiver;Ma\u{eb}s, An;\"0470 12 34 56;09 123 45 67\";;els\r\n;;;;;\r\n;;;;;;;\r\n";
        let tabs = excel.replace(';', "\t").replace("56\t09", "56;09");
        let wide = "id,kind,name,numbers,region,responsible,,\nz1,caregiver,\"Ma\u{eb}s, An\",0470 12 34 56;09 123 45 67,,els,,\n,,,,,,,\n";
        let windows: Vec<u8> = excel.chars().map(|c| c as u8).collect();
        let marked = format!("\u{feff}{plain}").into_bytes();
        let utf_16 = "\u{feff}".to_owned() + &tabs;
        let utf_16: Vec<u8> = utf_16.encode_utf16().flat_map(u16::to_le_bytes).collect();
        for (how, bytes) in [
            ("plain", plain.as_bytes().to_vec()),
            ("a mark", marked),
            ("semicolons", excel.as_bytes().to_vec()),
            ("Windows-1252", windows),
            ("tabs in UTF-16", utf_16),
            ("columns too many", wide.as_bytes().to_vec()),
        ] {
            let numbering = Numbering { country: Some("BE".to_owned()), ..Numbering::default() };
            let known = Known { numbering: &numbering, agents: vec!["els", "tom"] };
            let contacts = super::read(&[("contacts.csv".into(), bytes)], &known)
                .unwrap_or_else(|problems| panic!("{how}: {problems:?}"));
            assert_eq!(contacts.len(), 1, "{how}");
            let an = contacts.get("+3291234567").unwrap();
            assert_eq!((&*an.name, an.responsible.len()), ("Ma\u{eb}s, An", 1), "{how}");
        }
        let problems = contacts("id;kind;name;numbers\na;patient;Jan;;too much\n").unwrap_err();
        assert!(problems[0].message.contains("5 cells"), "{problems:?}");
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
        assert!(wrong("id,kind,name,numbers,tag\n").contains("did you mean `tags`?"));
        assert!(wrong("id,kind,name,numbers,,mail\n").contains("column 5 has no name"));
        assert!(wrong("id,id,kind,name,numbers\n").contains("twice"));
        assert!(wrong("").contains("is missing"));
        let many = format!("id,kind,name,numbers\n{}", "a,,,\n".repeat(300));
        assert!(wrong(&many).contains("more errors"));
    }
}

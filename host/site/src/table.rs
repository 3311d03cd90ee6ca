//! A CSV file as it was read: rows of cells by the names of their columns.
//!
//! People write such files with spreadsheets, which save them in the encoding and with the separator
//! of the country: see [`decoded`] and [`separator`].
//!
//! Cells may hold personal data, and what is wrong with a file goes to the log: problems name the
//! line and the column, never what stands there.

use crate::problem::{Place, Problem, nearest};
use std::{borrow::Cow, path::Path};
use strowger_model::{campaign::MOST_TEXT, strangers::is_one_line};

/// A column of a file.
pub(crate) struct Column {
    pub(crate) name: &'static str,
    /// The file must have it.
    pub(crate) required: bool,
}

/// What becomes of columns that nobody asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Further {
    /// They are wrong.
    Refused,
    /// Rows have them, see [`Row::further`].
    Kept,
    /// So it is, but a name that is nearly one of those asked for is wrong.
    KeptIfUnlike,
}

/// A row: the cells of the columns that were asked for, in that order.
pub(crate) struct Row<'a> {
    file: &'a Path,
    columns: &'a [Column],
    cells: Vec<&'a str>,
    further: Vec<(&'a str, &'a str)>,
    pub(crate) line: usize,
}

/// A file has at most so many columns.
const COLUMNS: usize = 64;

/// More problems of one file than this are only counted.
const SHOWN: usize = 100;

impl Row<'_> {
    /// The trimmed text of a column, by its place among those asked for; empty if the file has no
    /// such column.
    pub(crate) fn cell(&self, column: usize) -> &str {
        self.cells.get(column).copied().unwrap_or_default()
    }

    /// The texts of a cell, separated by `;`.
    pub(crate) fn several(&self, column: usize) -> impl Iterator<Item = &str> {
        self.cell(column).split(';').map(str::trim).filter(|text| !text.is_empty())
    }

    /// The columns that were not asked for and that are filled, with their trimmed cells.
    pub(crate) fn further(&self) -> impl Iterator<Item = (&str, &str)> {
        self.further.iter().copied().filter(|(_, cell)| !cell.is_empty())
    }

    /// What is wrong with the length of cells that are names, or with the signs in them.
    pub(crate) fn long(&self, columns: &[usize]) -> Vec<Problem> {
        let wrong = |column: &&usize| {
            let cell = self.cell(**column);
            cell.chars().count() > MOST_TEXT || !is_one_line(cell)
        };
        let problem = |column: &usize| {
            let message = format!("is not one line of at most {MOST_TEXT} characters");
            self.problem(*column, &message).help("write a short one")
        };
        columns.iter().filter(wrong).map(problem).collect()
    }

    /// Something is wrong with the fields of a row.
    pub(crate) fn of_fields(&self, message: String) -> Problem {
        let help = "put long texts into the flow, and short ones into the list";
        at_line(self.file, self.line, message).help(help)
    }

    /// Something is wrong with a cell.
    pub(crate) fn problem(&self, column: usize, message: &str) -> Problem {
        let name = self.columns.get(column).map_or("", |column| column.name);
        at_line(self.file, self.line, format!("`{name}`: {message}"))
    }
}

/// Something is wrong with a line.
pub(crate) fn at_line(file: &Path, line: usize, message: String) -> Problem {
    Problem::of_file(file, message).at(place(line))
}

/// A line, of which nothing is shown.
pub(crate) fn place(line: usize) -> Place {
    Place { line, column: 1, length: 0, text: String::new() }
}

/// The text of a file: UTF-8, UTF-16 with a mark of it, or what old spreadsheets write in western
/// Europe, Windows-1252.
pub fn decoded(bytes: &[u8]) -> Cow<'_, str> {
    let (encoding, mark) = encoding_rs::Encoding::for_bom(bytes).unwrap_or((encoding_rs::UTF_8, 0));
    let text = bytes.get(mark..).unwrap_or_default();
    let whole = encoding.decode_without_bom_handling_and_without_replacement(text);
    whole.unwrap_or_else(|| encoding_rs::WINDOWS_1252.decode_without_bom_handling(text).0)
}

/// What stands between the cells: the sign that is most frequent in the first line.
pub fn separator(text: &str) -> u8 {
    let head = text.lines().next().unwrap_or_default();
    let count = |sign: &u8| head.bytes().filter(|byte| byte == sign).count();
    // Of several that are as frequent, the last.
    [b'\t', b';', b','].into_iter().max_by_key(count).unwrap_or(b',')
}

/// Reads the text of a file and hands out its rows. Says everything that is wrong with it, and that
/// a row is told to be.
pub(crate) fn read(
    file: &Path,
    text: &[u8],
    columns: &[Column],
    further: Further,
    mut take: impl FnMut(&Row<'_>) -> Vec<Problem>,
) -> Vec<Problem> {
    let text = decoded(text);
    let mut reader = csv::ReaderBuilder::new()
        .flexible(true)
        .delimiter(separator(&text))
        .from_reader(text.as_bytes());
    let mut problems = Problems { file, shown: Vec::new(), further: 0 };
    let mut header: Vec<String> = match reader.headers() {
        Ok(header) => header.iter().map(|name| name.trim().to_owned()).collect(),
        Err(error) => return vec![unreadable(file, &error)],
    };
    // Columns at the end without a name and without a cell are none.
    header.truncate(header.iter().rposition(|name| !name.is_empty()).map_or(0, |last| last + 1));
    if header.len() > COLUMNS {
        let message = format!("this file has {} columns, and may have {COLUMNS}", header.len());
        return vec![at_line(file, 1, message).help("remove the columns that nobody needs")];
    }
    if further == Further::Kept {
        rename(&mut header, columns);
    }
    let places = match find(file, &header, columns, further) {
        Ok(places) => places,
        Err(problems) => return problems,
    };
    let mut record = csv::StringRecord::new();
    loop {
        match reader.read_record(&mut record) {
            Ok(true) => {}
            Ok(false) => return problems.all(),
            Err(error) => {
                problems.add(unreadable(file, &error));
                continue;
            }
        }
        // The position is where reading went on, which may be before empty lines.
        let line = record.position().map_or(0, |position| {
            let before = text.as_bytes().get(position.byte() as usize..).unwrap_or_default();
            position.line() as usize
                + before
                    .iter()
                    .take_while(|byte| matches!(byte, b'\n' | b'\r'))
                    .filter(|&&byte| byte == b'\n')
                    .count()
        });
        let filled = record.iter().zip(1..).filter(|(cell, _)| !cell.trim().is_empty()).last();
        let Some((_, filled)) = filled else { continue };
        if filled > header.len() || record.len() < header.len() {
            let message = format!(
                "this row has {} cells, and the first line names {} columns",
                record.len(),
                header.len()
            );
            let help = "put a cell with a comma or a semicolon in it between quotation marks";
            problems.add(at_line(file, line, message).help(help));
            continue;
        }
        let cell = |place: Option<usize>| {
            place.and_then(|place| record.get(place)).unwrap_or_default().trim()
        };
        let cells = places.iter().map(|place| cell(*place)).collect();
        let named = header.iter().enumerate().filter(|(at, _)| !places.contains(&Some(*at)));
        let further = named.map(|(at, name)| (name.as_str(), cell(Some(at)))).collect();
        take(&Row { file, columns, cells, further, line })
            .into_iter()
            .for_each(|problem| problems.add(problem));
    }
}

/// Columns that are meant get their names, whatever their capitals; `number` and `numbers` are one.
fn rename(header: &mut [String], columns: &[Column]) {
    let number = |name: &str| matches!(name, "number" | "numbers");
    for Column { name, .. } in columns {
        let is_meant = |it: &str| it == *name || number(it) && number(name);
        let there = header.iter().any(|it| it == name);
        if let Some(it) = header.iter_mut().find(|it| !there && is_meant(&it.to_lowercase())) {
            *it = (*name).to_owned();
        }
    }
}

/// Where the columns stand.
fn find(
    file: &Path,
    header: &[String],
    columns: &[Column],
    further: Further,
) -> Result<Vec<Option<usize>>, Vec<Problem>> {
    let names = columns.iter().map(|column| column.name);
    let mut problems = Vec::new();
    for (index, name) in header.iter().enumerate() {
        let is_known = names.clone().any(|known| known == name);
        let is_kept = match further {
            Further::Refused => false,
            Further::Kept => true,
            Further::KeptIfUnlike => nearest(name, names.clone()).is_none(),
        };
        if name.is_empty() && further != Further::Refused {
            let problem = at_line(file, 1, format!("column {} has no name", index + 1));
            problems.push(problem.help("give it a name, or remove it"));
        } else if !is_known && !is_kept {
            problems.push(
                at_line(file, 1, format!("unknown column `{name}`")).suggest(name, names.clone()),
            );
        } else if header[..index].contains(name) {
            problems.push(at_line(file, 1, format!("column `{name}` stands here twice")));
        }
    }
    for column in columns
        .iter()
        .filter(|column| column.required && !header.iter().any(|name| name == column.name))
    {
        let all: Vec<&str> = names.clone().collect();
        let near = nearest(column.name, header.iter().map(String::as_str));
        let help = match near.filter(|near| !all.contains(near)) {
            Some(near) => format!("did you mean it by `{near}`?"),
            None => format!("name the columns in the first line: {}", all.join(",")),
        };
        problems
            .push(at_line(file, 1, format!("the column `{}` is missing", column.name)).help(help));
    }
    match problems.is_empty() {
        true => Ok(columns
            .iter()
            .map(|column| header.iter().position(|name| name == column.name))
            .collect()),
        false => Err(problems),
    }
}

fn unreadable(file: &Path, error: &csv::Error) -> Problem {
    Problem::of_file(file, format!("cannot be read: {error}"))
}

struct Problems<'a> {
    file: &'a Path,
    shown: Vec<Problem>,
    further: usize,
}

impl Problems<'_> {
    fn add(&mut self, problem: Problem) {
        match self.shown.len() < SHOWN {
            true => self.shown.push(problem),
            false => self.further += 1,
        }
    }

    fn all(mut self) -> Vec<Problem> {
        if self.further > 0 {
            self.shown.push(Problem::of_file(
                self.file,
                format!("and {} more errors of this kind", self.further),
            ));
        }
        self.shown
    }
}

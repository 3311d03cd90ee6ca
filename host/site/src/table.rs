//! A CSV file as it was read: rows of cells by the names of their columns.
//!
//! Cells may hold personal data, and what is wrong with a file goes to the log: problems name the
//! line and the column, never what stands there.

use crate::problem::{Place, Problem};
use std::path::Path;

/// A column of a file.
pub(crate) struct Column {
    pub(crate) name: &'static str,
    /// The file must have it.
    pub(crate) required: bool,
}

/// A row: the cells of the columns that were asked for, in that order.
pub(crate) struct Row<'a> {
    file: &'a Path,
    columns: &'a [Column],
    cells: Vec<&'a str>,
    pub(crate) line: usize,
}

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

/// Reads the text of a file and hands out its rows. Says everything that is wrong with it, and that
/// a row is told to be.
pub(crate) fn read(
    file: &Path,
    text: &[u8],
    columns: &[Column],
    mut take: impl FnMut(&Row<'_>) -> Vec<Problem>,
) -> Vec<Problem> {
    let mut reader = csv::ReaderBuilder::new().flexible(true).from_reader(text);
    let mut problems = Problems { file, shown: Vec::new(), further: 0 };
    let header: Vec<String> = match reader.headers() {
        Ok(header) => header.iter().map(|name| name.trim().to_owned()).collect(),
        Err(error) => return vec![unreadable(file, &error)],
    };
    let places = match find(file, &header, columns) {
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
            let before = text.get(position.byte() as usize..).unwrap_or_default();
            position.line() as usize
                + before
                    .iter()
                    .take_while(|byte| matches!(byte, b'\n' | b'\r'))
                    .filter(|&&byte| byte == b'\n')
                    .count()
        });
        if record.len() != header.len() {
            let message = format!(
                "this row has {} cells, and the first line names {} columns",
                record.len(),
                header.len()
            );
            let help = "separate cells by commas, and put a cell with a comma in it between quotation marks";
            problems.add(at_line(file, line, message).help(help));
            continue;
        }
        let cells = places
            .iter()
            .map(|place| place.and_then(|place| record.get(place)).unwrap_or_default().trim())
            .collect();
        take(&Row { file, columns, cells, line })
            .into_iter()
            .for_each(|problem| problems.add(problem));
    }
}

/// Where the columns stand.
fn find(
    file: &Path,
    header: &[String],
    columns: &[Column],
) -> Result<Vec<Option<usize>>, Vec<Problem>> {
    let names = columns.iter().map(|column| column.name);
    let mut problems = Vec::new();
    if let [only] = header
        && only.contains(';')
    {
        let message = "the columns are separated by `;`".to_owned();
        return Err(vec![
            at_line(file, 1, message)
                .help("separate them by commas: `;` stands between several texts of one cell"),
        ]);
    }
    for (index, name) in header.iter().enumerate() {
        if !names.clone().any(|known| known == name) {
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
        let help = format!("name the columns in the first line: {}", all.join(","));
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
    match error.kind() {
        csv::ErrorKind::Utf8 { pos, .. } => {
            at_line(file, pos.as_ref().map_or(1, |pos| pos.line() as usize), "not UTF-8".to_owned())
                .help("save it as UTF-8")
        }
        _ => Problem::of_file(file, format!("cannot be read: {error}")),
    }
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

//! A TOML file as it was read: its content as JSON, and where in the text each value and key
//! stands.
//!
//! Flow file, site file and settings are all checked on the JSON, by JSON Schemas; what is wrong is
//! found again in the text by JSON pointer.

use crate::problem::{Place, Problem};
use serde_json::{Map, Number, Value};
use std::{
    collections::{BTreeMap, BTreeSet},
    io,
    ops::Range,
    path::{Path, PathBuf},
    sync::Arc,
};
use strowger_model::archive::TextFile;
use toml::de::{DeTable, DeValue};

/// A file that was read, and whose TOML is good.
#[derive(Clone, Debug)]
pub struct Source {
    /// Where it was read.
    pub path: PathBuf,
    /// What it says.
    pub value: Value,
    text: Text,
    spans: BTreeMap<String, Spans>,
}

/// Where a value stands, and the key that it stands behind.
#[derive(Clone, Debug)]
struct Spans {
    key: Option<Range<usize>>,
    value: Range<usize>,
}

/// Text in which offsets become lines and columns.
#[derive(Clone, Debug)]
struct Text(Arc<str>);

/// A file of an operator is not larger than this: 256 MiB.
const LARGEST: u64 = 256 << 20;

/// Reads a file whole.
///
/// # Errors
/// It cannot be read, is too large, or is no file: a pipe would be waited for without end.
pub fn read_whole(path: &Path) -> io::Result<Vec<u8>> {
    let data = std::fs::metadata(path)?;
    if !data.is_file() {
        return Err(io::Error::other("it is not a file"));
    }
    if data.len() > LARGEST {
        return Err(io::Error::other(format!("it is larger than {} MiB", LARGEST >> 20)));
    }
    std::fs::read(path)
}

impl Source {
    /// Reads a file. All syntax errors at once.
    pub fn read(path: &Path) -> Result<Self, Vec<Problem>> {
        let bytes = read_whole(path)
            .map_err(|error| vec![Problem::of_file(path, format!("cannot be read: {error}"))])?;
        let text = String::from_utf8(bytes).map_err(|error| {
            let line = error.as_bytes()[..error.utf8_error().valid_up_to()]
                .iter()
                .filter(|&&byte| byte == b'\n')
                .count();
            vec![
                Problem::of_file(path, format!("is not UTF-8 (line {})", line + 1))
                    .help("save it as UTF-8"),
            ]
        })?;
        Self::parse(path, &text)
    }

    /// Parses the text of a file. All syntax errors at once.
    pub fn parse(path: &Path, text: &str) -> Result<Self, Vec<Problem>> {
        // Some editors write a mark of UTF-8.
        let text = text.trim_start_matches('\u{feff}');
        let located = Text(text.into());
        let (table, errors) = DeTable::parse_recoverable(text);
        // What follows on a line is mostly brought about by the first.
        let mut lines = BTreeSet::new();
        let line = |error: &&toml::de::Error| error.span().map(|span| located.place(span).line);
        let mut problems: Vec<Problem> = errors
            .iter()
            .filter(|error| lines.insert(line(error)))
            .map(|error| {
                let problem = not_toml(path, error.message());
                match error.span() {
                    Some(span) => problem.at(located.place(span)),
                    None => problem,
                }
            })
            .collect();
        let mut spans = BTreeMap::new();
        let whole = Spans { key: None, value: table.span() };
        spans.insert(String::new(), whole);
        let mut wrong = Vec::new();
        let value = object(table.get_ref(), "", &mut spans, &mut wrong);
        problems.extend(
            wrong
                .into_iter()
                .map(|(span, message)| Problem::of_file(path, message).at(located.place(span))),
        );
        match problems.is_empty() {
            true => Ok(Self { path: path.to_owned(), value, text: located, spans }),
            false => Err(problems),
        }
    }

    /// The file as it was read.
    pub fn file(&self) -> TextFile {
        TextFile { path: self.path.to_string_lossy().into_owned(), text: self.text.0.to_string() }
    }

    /// Something is wrong with a value.
    pub fn at_value(&self, pointer: &str, message: impl Into<String>) -> Problem {
        self.problem(pointer, message, |spans| spans.value.clone())
    }

    /// Something is wrong with a key.
    pub fn at_key(&self, pointer: &str, message: impl Into<String>) -> Problem {
        self.problem(pointer, message, |spans| {
            spans.key.clone().unwrap_or_else(|| spans.value.clone())
        })
    }

    /// Something is wrong with a part of a text, from a character (from 0 on) of it to its end.
    pub fn within(&self, pointer: &str, from: usize, message: impl Into<String>) -> Problem {
        self.problem(pointer, message, |spans| {
            let span = &spans.value;
            let written = self.text.0.get(span.clone()).unwrap_or_default();
            let quoted = written.starts_with('"') || written.starts_with('\'');
            let plain = quoted
                && !written.starts_with("\"\"\"")
                && !written.starts_with("'''")
                && !written.contains('\\');
            let offset = written.char_indices().nth(from + 1).map(|(offset, _)| offset);
            match offset {
                Some(offset) if plain && offset + 1 < written.len() => {
                    span.start + offset..span.end - 1
                }
                _ => span.clone(),
            }
        })
    }

    /// Where a value stands, for another problem to point at.
    pub fn place(&self, pointer: &str) -> Option<Place> {
        self.at_value(pointer, "").place
    }

    /// Where a key begins, to put tables in the order of the file.
    pub fn offset(&self, pointer: &str) -> usize {
        self.spans
            .get(pointer)
            .map_or(usize::MAX, |spans| spans.key.as_ref().unwrap_or(&spans.value).start)
    }

    fn problem(
        &self,
        pointer: &str,
        message: impl Into<String>,
        span: impl Fn(&Spans) -> Range<usize>,
    ) -> Problem {
        let problem = Problem::of_file(&self.path, message);
        // What is not there itself (a default) is reported where its parent stands.
        let mut pointer = pointer;
        loop {
            match (self.spans.get(pointer), pointer.rfind('/')) {
                (Some(_), None) => return problem,
                (Some(spans), Some(_)) => return problem.at(self.text.place(span(spans))),
                (None, Some(parent)) => pointer = &pointer[..parent],
                (None, None) => return problem,
            }
        }
    }
}

/// A JSON pointer one step further.
pub fn child(pointer: &str, key: &str) -> String {
    format!("{pointer}/{}", key.replace('~', "~0").replace('/', "~1"))
}

/// What usually brings about an error of the parser, by words of its message.
const CAUSES: [(&str, &str); 3] = [
    ("basic string", "put the text between quotation marks, on one line"),
    ("string values must be quoted", "put a text between quotation marks"),
    ("duplicate key", "a key or a table can stand in a file only once: keep one of the two"),
];

/// A file that cannot be parsed.
fn not_toml(path: &Path, message: &str) -> Problem {
    let problem = Problem::of_file(path, format!("not TOML: {message}"));
    match CAUSES.iter().find(|(words, _)| message.contains(words)) {
        Some((_, help)) => problem.help(*help),
        None => problem,
    }
}

type Wrong = Vec<(Range<usize>, String)>;

fn object(
    table: &DeTable<'_>,
    pointer: &str,
    spans: &mut BTreeMap<String, Spans>,
    wrong: &mut Wrong,
) -> Value {
    let mut map = Map::new();
    for (key, value) in table {
        let pointer = child(pointer, key.get_ref());
        spans.insert(pointer.clone(), Spans { key: Some(key.span()), value: value.span() });
        map.insert(
            key.get_ref().to_string(),
            json(value.get_ref(), value.span(), &pointer, spans, wrong),
        );
    }
    Value::Object(map)
}

fn json(
    value: &DeValue<'_>,
    span: Range<usize>,
    pointer: &str,
    spans: &mut BTreeMap<String, Spans>,
    wrong: &mut Wrong,
) -> Value {
    match value {
        DeValue::String(text) => Value::String(text.to_string()),
        DeValue::Boolean(flag) => Value::Bool(*flag),
        DeValue::Datetime(date) => Value::String(date.to_string()),
        DeValue::Integer(integer) => match i64::from_str_radix(integer.as_str(), integer.radix()) {
            Ok(integer) => integer.into(),
            Err(_) => {
                wrong.push((span, "an integer beyond 64 bits".to_owned()));
                Value::Null
            }
        },
        DeValue::Float(float) => match float.as_str().parse().ok().and_then(Number::from_f64) {
            Some(float) => Value::Number(float),
            None => {
                wrong.push((span, "not a finite number".to_owned()));
                Value::Null
            }
        },
        DeValue::Array(items) => items
            .iter()
            .enumerate()
            .map(|(index, item)| {
                let pointer = format!("{pointer}/{index}");
                spans.insert(pointer.clone(), Spans { key: None, value: item.span() });
                json(item.get_ref(), item.span(), &pointer, spans, wrong)
            })
            .collect(),
        DeValue::Table(table) => object(table, pointer, spans, wrong),
    }
}

impl Text {
    fn place(&self, span: Range<usize>) -> Place {
        let text = &self.0;
        let mut start = span.start.min(text.len());
        while !text.is_char_boundary(start) {
            start -= 1;
        }
        let line_start = text[..start].rfind('\n').map_or(0, |newline| newline + 1);
        let line_end = text[start..].find('\n').map_or(text.len(), |length| start + length);
        let line = text[line_start..line_end].trim_end_matches('\r');
        let column = text[line_start..start].chars().count() + 1;
        let offending = text.get(start..span.end.min(line_end)).unwrap_or_default();
        Place {
            line: text[..start].matches('\n').count() + 1,
            column,
            length: offending.trim_end().chars().count().max(1),
            text: without_pin(line),
        }
    }
}

/// A line as it may be shown: without a PIN that somebody wrote in the clear by mistake.
fn without_pin(line: &str) -> String {
    let is_key = |at: &usize| {
        let before = line[..*at].chars().next_back();
        before.is_none_or(|before| !before.is_alphanumeric() && before != '_')
            && line[at + 3..].trim_start().starts_with('=')
    };
    match line.match_indices("pin").map(|(at, _)| at).find(is_key) {
        Some(at) => format!("{} = ...", &line[..at + 3]),
        None => line.to_owned(),
    }
}

//! What is wrong with a file, as a compiler would say it: where, what, and what to do about it.

use serde::{Deserialize, Serialize};
use std::{
    fmt,
    path::{Path, PathBuf},
};

/// Something that is wrong. Displayed over several lines, with the offending text and a hint.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Problem {
    /// The file.
    pub file: PathBuf,
    /// Where in it; none: the file as a whole.
    pub place: Option<Place>,
    /// What is wrong.
    pub message: String,
    /// Other places that have to do with it.
    pub see: Vec<(PathBuf, Option<Place>)>,
    /// What to do about it.
    pub help: Option<String>,
}

/// Where in a file something is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Place {
    /// From 1 on.
    pub line: usize,
    /// In characters, from 1 on.
    pub column: usize,
    /// How many characters; 0: the text is not shown, for it may hold personal data.
    pub length: usize,
    /// The whole line.
    pub text: String,
}

/// What came of reading flow files.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Report {
    /// Everything that is wrong, by file and line.
    pub problems: Vec<Problem>,
    /// What is in force all the same, and does not do what it says.
    #[serde(default)]
    pub warnings: Vec<Problem>,
    /// Flows that new calls now get in another version, with that version.
    pub swapped: Vec<(String, String)>,
    /// Flows that new calls no longer get, because their file is gone.
    pub removed: Vec<String>,
    /// The site file was changed and is in force.
    pub site_changed: bool,
    /// Flows whose files are good.
    pub good: Vec<String>,
}

impl Problem {
    /// Of a file as a whole.
    pub fn of_file(file: &Path, message: impl Into<String>) -> Self {
        Self {
            file: file.to_owned(),
            place: None,
            message: message.into(),
            see: Vec::new(),
            help: None,
        }
    }

    /// The same, at a place of its file.
    pub fn at(self, place: Place) -> Self {
        Self { place: Some(place), ..self }
    }

    /// The same, with what to do about it.
    pub fn help(self, help: impl Into<String>) -> Self {
        Self { help: Some(help.into()), ..self }
    }

    /// Names the known name that is nearest to what was written, or all of them if none is near and
    /// they are few.
    pub fn suggest<'a>(self, written: &str, known: impl IntoIterator<Item = &'a str>) -> Self {
        let known: Vec<&str> = known.into_iter().collect();
        match nearest(written, known.iter().copied()) {
            Some(name) => self.help(format!("did you mean `{name}`?")),
            None if (1..=16).contains(&known.len()) => {
                self.help(format!("there is {}", list(&known)))
            }
            None => self,
        }
    }

    /// Names the known name that is nearest to what was written, if one is near.
    pub fn suggest_near<'a>(self, written: &str, known: impl IntoIterator<Item = &'a str>) -> Self {
        match nearest(written, known) {
            Some(name) => self.help(format!("did you mean `{name}`?")),
            None => self,
        }
    }

    /// For people, as something that is no error.
    pub fn as_warning(&self) -> String {
        self.to_string().replacen("error:", "warning:", 1)
    }

    /// The same, with another place that has to do with it.
    pub fn see(mut self, file: &Path, place: Option<Place>) -> Self {
        self.see.push((file.to_owned(), place));
        self
    }
}

impl Report {
    /// Whether nothing is wrong.
    pub fn is_good(&self) -> bool {
        self.problems.is_empty()
    }

    /// With these problems, by file and line, each once.
    pub fn with(self, mut problems: Vec<Problem>) -> Self {
        let place =
            |problem: &Problem| problem.place.as_ref().map(|place| (place.line, place.column));
        problems.sort_by(|a, b| (&a.file, place(a)).cmp(&(&b.file, place(b))));
        problems.dedup();
        Self { problems, ..self }
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "error: {}", self.message)?;
        let places = self.see.iter().filter_map(|(_, place)| place.as_ref()).chain(&self.place);
        let width = places.map(|place| place.line.to_string().len()).max().unwrap_or(1);
        snippet(f, width, "-->", &self.file, self.place.as_ref())?;
        for (file, place) in &self.see {
            snippet(f, width, ":::", file, place.as_ref())?;
        }
        if let Some(help) = &self.help {
            writeln!(f, "{:width$} = help: {help}", "")?;
        }
        Ok(())
    }
}

fn snippet(
    f: &mut fmt::Formatter<'_>,
    width: usize,
    arrow: &str,
    file: &Path,
    place: Option<&Place>,
) -> fmt::Result {
    let Some(place) = place else {
        return writeln!(f, "{:width$}{arrow} {}", "", file.display());
    };
    let text = place.text.replace('\t', " ");
    writeln!(f, "{:width$}{arrow} {}:{}:{}", "", file.display(), place.line, place.column)?;
    if place.length == 0 {
        return Ok(());
    }
    writeln!(f, "{:width$} |", "")?;
    writeln!(f, "{:width$} | {text}", place.line)?;
    let (before, marks) = (" ".repeat(place.column - 1), "^".repeat(place.length));
    writeln!(f, "{:width$} | {before}{marks}", "")
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for problem in &self.problems {
            writeln!(f, "{problem}")?;
        }
        for warning in &self.warnings {
            writeln!(f, "{}", warning.as_warning())?;
        }
        match self.problems.len() {
            0 => write!(f, "{} good", flows(self.good.len())),
            1 => write!(f, "1 error; {} good", flows(self.good.len())),
            errors => write!(f, "{errors} errors; {} good", flows(self.good.len())),
        }
    }
}

fn flows(number: usize) -> String {
    match number {
        1 => "1 flow".to_owned(),
        number => format!("{number} flows"),
    }
}

/// The known name that somebody may have meant.
pub fn nearest<'a>(written: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let near = |name: &str| distance(&written.to_lowercase(), &name.to_lowercase());
    let (distance, name) = known.into_iter().map(|name| (near(name), name)).min()?;
    // Of a name such as `Europe/Brussels`, the end is what counts.
    let end = name.rsplit('/').next().unwrap_or(name);
    (distance <= end.chars().count().max(3) / 3).then_some(name)
}

/// Names in a sentence: `a`, `b` and `c`.
pub fn list(names: &[&str]) -> String {
    let quoted: Vec<String> = names.iter().map(|name| format!("`{name}`")).collect();
    match quoted.split_last() {
        Some((last, [])) => last.clone(),
        Some((last, rest)) => format!("{} and {last}", rest.join(", ")),
        None => String::new(),
    }
}

/// Edits from one word to another: insertions, deletions, replacements and swaps of neighbours.
fn distance(a: &str, b: &str) -> usize {
    let (a, b): (Vec<char>, Vec<char>) = (a.chars().collect(), b.chars().collect());
    let mut rows: Vec<Vec<usize>> = vec![(0..=b.len()).collect()];
    for i in 1..=a.len() {
        let mut row = vec![i];
        for j in 1..=b.len() {
            let replaced = rows[i - 1][j - 1] + usize::from(a[i - 1] != b[j - 1]);
            let mut best = replaced.min(rows[i - 1][j] + 1).min(row[j - 1] + 1);
            if i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] {
                best = best.min(rows[i - 2][j - 2] + 1);
            }
            row.push(best);
        }
        rows.push(row);
    }
    rows[a.len()][b.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_may_be_as_long_as_it_likes() {
        let text = format!("{}!", "x".repeat(70_000));
        let place = Place { line: 1, column: 70_001, length: 1, text };
        let shown = Problem::of_file(Path::new("a.toml"), "wrong").at(place).to_string();
        assert!(shown.contains(&format!("{}^", " ".repeat(70_000))));
    }

    #[test]
    fn names_that_are_near_are_suggested() {
        assert_eq!(nearest("ring_tme", ["cap", "ring_time"]), Some("ring_time"));
        assert_eq!(nearest("Helpdesk", ["helpdesk", "central"]), Some("helpdesk"));
        assert_eq!(nearest("xyz", ["helpdesk", "central"]), None);
        assert_eq!(nearest("xyz", []), None);
        assert_eq!(distance("queue", "qeueu"), 2);
    }
}

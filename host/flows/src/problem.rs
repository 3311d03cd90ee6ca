//! What is wrong with a file, as a compiler would say it: where, what, and what to do about it.

use serde::{Deserialize, Serialize};
use std::path::PathBuf;

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
    /// How many characters.
    pub length: usize,
    /// The whole line.
    pub text: String,
}

/// What came of reading flow files.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Report {
    /// Everything that is wrong, by file and line.
    pub problems: Vec<Problem>,
    /// Flows that new calls now get in another version, with that version.
    pub swapped: Vec<(String, String)>,
    /// Flows that new calls no longer get, because their file is gone.
    pub removed: Vec<String>,
    /// The site file was changed and is in force.
    pub site_changed: bool,
    /// How many flows are good.
    pub good: usize,
}

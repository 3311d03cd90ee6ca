//! Checks of the repository's own text: `cargo xtask check`. They read files and nothing else, and
//! take less than a second.
//!
//! # Layout
//! * [`layout`]: `# Layout` lists name the modules that are there, and no others.
//! * [`pages`]: pages, sections and files that are named in text exist.
//! * [`orphans`]: every source file is part of a crate, and every page can be reached.
//! * [`size`]: no file, crate or line of prose is too long.
//! * [`circles`]: no files of a crate use each other in a circle.
//! * [`known`]: what is wrong and known.
//! * [`modules`]: the crates, and which file declares which module.
//! * [`tree`]: the text files of the repository.

mod circles;
mod known;
mod layout;
mod modules;
mod orphans;
mod pages;
mod size;
mod tree;

use crate::{say, workspace};
use anyhow::{Result, bail};
use std::fmt;
use tree::Tree;

/// Something that is wrong.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Problem {
    file: String,
    /// The first is 1; 0: the file as a whole.
    line: usize,
    what: String,
}

impl Problem {
    fn new(file: &str, line: usize, what: String) -> Self {
        Self { file: file.to_owned(), line, what }
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.line {
            0 => write!(f, "{}: {}", self.file, self.what),
            line => write!(f, "{}:{line}: {}", self.file, self.what),
        }
    }
}

/// Runs all checks on the workspace.
///
/// # Errors
/// Something is wrong; each problem was printed.
pub(crate) fn check() -> Result<()> {
    let tree = Tree::read(workspace())?;
    let mut problems = known::without(all(&tree), known::KNOWN);
    problems.sort();
    for problem in &problems {
        say(&problem.to_string());
    }
    if !problems.is_empty() {
        bail!("{} problems in the repository's text", problems.len());
    }
    Ok(())
}

fn all(tree: &Tree) -> Vec<Problem> {
    let checks = [layout::check, pages::check, orphans::check, size::check, circles::check];
    checks.iter().flat_map(|check| check(tree)).collect()
}

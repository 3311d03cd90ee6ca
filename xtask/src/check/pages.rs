//! What text names has to be there: pages, their sections, source files and folders.
//!
//! * A link of a page leads to a file of the repository, and to a heading if it says one.
//! * `docs/page.md` in any file exists; so does the section in `docs/page.md, "Title"`.
//! * A source file or a folder of crates in a page or a comment exists, as in `call/resume.rs` or
//!   `host/routing`.

use super::{
    Problem,
    tree::{Tree, folder_of, join},
};

/// A link to a file of the repository.
#[derive(Debug, PartialEq)]
pub(super) struct Link {
    pub(super) line: usize,
    pub(super) file: String,
    anchor: Option<String>,
}

/// Files in which names are looked for.
const TEXT: &[&str] = &[".rs", ".md", ".toml", ".wit", ".py", ".sql", ".sh", ".yml", ".ci/run"];

/// Names with these endings are files of the repository; other endings may be those of users.
const SOURCES: &[&str] = &[".rs", ".md", ".wit", ".sql"];

/// Folders whose contents are the repository's own, never an operator's.
const FOLDERS: &[&str] =
    &["host/", "adapters/", "tests/", "bench/", "xtask/", "docs/", "wit/", "plugins/sdk"];

pub(super) fn check(tree: &Tree) -> Vec<Problem> {
    let mut problems = Vec::new();
    for (file, text) in tree.files() {
        if file.ends_with(".md") {
            problems.extend(links(file, text).filter_map(|link| broken(tree, file, &link)));
        }
        // The checks' own tests name what is not there.
        if TEXT.iter().any(|ending| file.ends_with(ending)) && !file.starts_with("xtask/src/check/")
        {
            problems.extend(names(tree, file, text));
        }
    }
    problems
}

fn broken(tree: &Tree, file: &str, link: &Link) -> Option<Problem> {
    let what = if !tree.has(&link.file) {
        format!("links to {}, which is not there", link.file)
    } else {
        let anchor = link.anchor.as_ref()?;
        let text = tree.text(&link.file)?;
        if anchors(text).contains(anchor) {
            return None;
        }
        format!("links to #{anchor}, which {} does not have", link.file)
    };
    Some(Problem::new(file, link.line, what))
}

/// The links of a page to files, those in code left out.
pub(super) fn links(page: &str, text: &str) -> impl Iterator<Item = Link> {
    prose(text).flat_map(move |(line, text)| {
        let targets: Vec<Link> = text
            .split("](")
            .skip(1)
            .filter_map(|rest| rest.split([')', ' ']).next())
            .filter(|target| !target.contains(':') && !target.is_empty())
            .map(|target| {
                let (path, anchor) = match target.split_once('#') {
                    Some((path, anchor)) => (path, Some(anchor.to_owned())),
                    None => (target, None),
                };
                let file =
                    if path.is_empty() { page.to_owned() } else { join(folder_of(page), path) };
                Link { line, file, anchor }
            })
            .collect();
        targets
    })
}

/// The lines of a page outside of fenced code, numbered from 1.
pub(super) fn prose(text: &str) -> impl Iterator<Item = (usize, &str)> {
    let mut fenced = false;
    text.lines().enumerate().filter_map(move |(index, line)| {
        let fence = line.trim_start().starts_with("```");
        fenced ^= fence;
        (!fenced && !fence).then_some((index + 1, line))
    })
}

/// The headings of a page.
fn headings(text: &str) -> impl Iterator<Item = &str> {
    prose(text)
        .filter(|(_, line)| line.starts_with('#'))
        .map(|(_, line)| line.trim_start_matches('#').trim())
}

/// As the page's headings are linked to.
fn anchors(text: &str) -> Vec<String> {
    headings(text)
        .map(|heading| {
            let kept = |c: &char| c.is_alphanumeric() || matches!(c, ' ' | '-' | '_');
            heading.to_lowercase().chars().filter(kept).collect::<String>().replace(' ', "-")
        })
        .collect()
}

/// What a file names outside of links.
fn names(tree: &Tree, file: &str, text: &str) -> Vec<Problem> {
    let lines: Vec<(usize, &str)> = match file.ends_with(".md") {
        true => prose(text).collect(),
        false => text.lines().enumerate().map(|(index, line)| (index + 1, line)).collect(),
    };
    let mut problems = Vec::new();
    for (number, line) in lines {
        let mut problem = |what| problems.push(Problem::new(file, number, what));
        if line.to_lowercase().contains("architecture, section") {
            problem("names a section by its number; sections have titles".to_owned());
        }
        for (name, after) in paths(line).filter(|(name, _)| name.ends_with(".md")) {
            let page = [name.to_owned(), join(folder_of(file), name)];
            match page.iter().find(|page| tree.has(page)) {
                None if !tree.has_ending(name.trim_start_matches("../")) => {
                    problem(format!("names {name}, which is not there"))
                }
                Some(page) => {
                    let title = after.strip_prefix(", \"").and_then(|rest| rest.split_once('"'));
                    if let (Some((title, _)), Some(text)) = (title, tree.text(page))
                        && !headings(text).any(|heading| heading == title)
                    {
                        problem(format!("names the section {title:?}, which {page} does not have"));
                    }
                }
                None => {}
            }
        }
        for name in sources(file, line).filter(|name| !tree.has_ending(name)) {
            problem(format!("names {name}, which is not there"));
        }
    }
    problems
}

/// Source files and folders in backticks, in a page or a comment.
fn sources<'l>(file: &str, line: &'l str) -> impl Iterator<Item = &'l str> {
    let text = match file.rsplit_once('.') {
        Some((_, "md")) => line,
        Some((_, "rs")) => line.split_once("//").map_or("", |(_, comment)| comment),
        _ => "",
    };
    text.split('`').skip(1).step_by(2).filter(|name| {
        let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || "_-./".contains(c);
        name.chars().all(plain)
            && name.len() > 4
            && !name.starts_with('.')
            && (SOURCES.iter().any(|ending| name.ends_with(ending) && *name != *ending)
                || FOLDERS.iter().any(|folder| name.starts_with(folder)))
    })
}

/// Everything in a line that looks like a path, with what follows it.
fn paths(line: &str) -> impl Iterator<Item = (&str, &str)> {
    let part = |c: char| c.is_ascii_alphanumeric() || "_-./".contains(c);
    let mut rest = line;
    std::iter::from_fn(move || {
        let start = rest.find(part)?;
        let from = &rest[start..];
        let end = from.find(|c| !part(c)).unwrap_or(from.len());
        rest = &from[end..];
        Some((from[..end].trim_end_matches('.'), rest))
    })
    // What follows `https:`.
    .filter(|(name, _)| !name.starts_with("//"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn whats(files: &[(&str, &str)]) -> Vec<String> {
        let good = ("docs/a.md", "# A\n## The journal, and more\n");
        check(&Tree::of(&[files, &[good, ("a/src/call/order.rs", "")]].concat()))
            .into_iter()
            .map(|problem| problem.what)
            .collect()
    }

    #[test]
    fn what_is_there_is_good() {
        let page = "[a](docs/a.md#the-journal-and-more), [b](https://x.org/y.md), `call/order.rs`\n\
                    ```\n[code](nowhere.md)\n```\n";
        let code = "//! See docs/a.md, \"A\", and `order.rs`.\nconst A: &str = \"`b.rs`\";\n";
        assert!(whats(&[("README.md", page), ("a/src/lib.rs", code)]).is_empty());
    }

    #[test]
    fn a_link_to_nowhere_is_found() {
        assert_eq!(
            whats(&[("README.md", "[a](docs/c.html) [b](docs/a.md#b)\n")]),
            [
                "links to docs/c.html, which is not there",
                "links to #b, which docs/a.md does not have"
            ]
        );
    }

    #[test]
    fn a_page_or_a_section_that_is_not_there_is_found() {
        assert_eq!(
            whats(&[("a/src/lib.rs", "//! docs/b.md\n/// docs/a.md, \"B\"\n")]),
            [
                "names docs/b.md, which is not there",
                "names the section \"B\", which docs/a.md does not have"
            ]
        );
        assert_eq!(
            whats(&[("a/src/lib.rs", "//! (Architecture, section 7)\n")]),
            ["names a section by its number; sections have titles"]
        );
    }

    #[test]
    fn a_source_file_or_a_folder_that_is_not_there_is_found() {
        assert_eq!(
            whats(&[("docs/b.md", "`call/leg.rs`, `host/nothing`, `plugins/x.wasm`\n")]),
            ["names call/leg.rs, which is not there", "names host/nothing, which is not there"]
        );
    }
}

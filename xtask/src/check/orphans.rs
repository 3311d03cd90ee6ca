//! A source file that no `mod` reaches is compiled by nobody, and a page that no other page links
//! to is read by nobody.

use super::{
    Problem,
    modules::{below, crates, modules},
    pages::links,
    tree::Tree,
};
use std::collections::BTreeSet;

/// Where a reader starts.
const START: &[&str] = &["README.md", "CONTRIBUTING.md", "CHANGELOG.md", "SECURITY.md"];

pub(super) fn check(tree: &Tree) -> Vec<Problem> {
    let mut problems = sources(tree);
    problems.extend(unread(tree));
    problems
}

fn sources(tree: &Tree) -> Vec<Problem> {
    let crates = crates(tree);
    let mut reached = BTreeSet::new();
    let mut problems = Vec::new();
    for krate in &crates {
        for root in krate.roots(tree) {
            let modules = modules(tree, root);
            reached.extend(modules.files.into_values());
            for path in modules.missing {
                problems.push(Problem::new(root, 0, format!("there is no file of {path}")));
            }
        }
    }
    let orphans = tree.ending(".rs").map(|(file, _)| file).filter(|file| !reached.contains(*file));
    problems.extend(
        orphans
            .filter(|file| crates.iter().any(|krate| below(file, krate.folder).is_some()))
            .map(|file| Problem::new(file, 0, "no `mod` reaches this file".to_owned())),
    );
    problems
}

/// Pages below `docs/` that cannot be reached by links.
fn unread(tree: &Tree) -> Vec<Problem> {
    let mut read: BTreeSet<String> = BTreeSet::new();
    let mut open: Vec<String> = START.iter().map(|&page| page.to_owned()).collect();
    while let Some(page) = open.pop() {
        let Some(text) = tree.text(&page) else { continue };
        if read.insert(page.clone()) && page.ends_with(".md") {
            open.extend(links(&page, text).map(|link| link.file));
        }
    }
    let pages = tree.ending(".md").map(|(page, _)| page).filter(|page| page.starts_with("docs/"));
    pages
        .filter(|page| !read.contains(*page))
        .map(|page| Problem::new(page, 0, "no page links to this one".to_owned()))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_that_no_module_reaches_and_a_module_without_a_file_are_found() {
        let tree = Tree::of(&[
            ("a/Cargo.toml", "[package]\nname = \"a\"\n"),
            ("a/src/lib.rs", "mod b;\nmod c;\n"),
            ("a/src/b.rs", ""),
            ("a/src/lost.rs", ""),
            ("a/tests/it.rs", "mod common;\n"),
            ("a/tests/common/mod.rs", ""),
        ]);
        assert_eq!(
            check(&tree),
            [
                Problem::new("a/src/lib.rs", 0, "there is no file of crate::c".into()),
                Problem::new("a/src/lost.rs", 0, "no `mod` reaches this file".into()),
            ]
        );
    }

    #[test]
    fn a_page_that_no_page_links_to_is_found() {
        let tree = Tree::of(&[
            ("README.md", "Read [this](docs/a.md#top).\n"),
            ("docs/a.md", "And [that](b.md).\n"),
            ("docs/b.md", ""),
            ("docs/c.md", "[a](a.md)\n"),
        ]);
        assert_eq!(
            check(&tree),
            [Problem::new("docs/c.md", 0, "no page links to this one".into())]
        );
    }
}

//! How much a reader has to take in at once: lines of a file, lines of a crate, columns of prose.
//! Clippy looks after the lines of a function (`clippy.toml`).

use super::{
    Problem,
    modules::{before_tests, below, crates, modules},
    pages::prose,
    tree::Tree,
};
use std::collections::BTreeSet;

/// Lines of a file that people write.
const FILE: usize = 500;

/// Lines of a crate without its tests.
const CRATE: usize = 6_000;

/// Columns of a line of prose.
const PROSE: usize = 100;

const WRITTEN: &[&str] = &[".rs", ".py", ".sql", ".sh"];

pub(super) fn check(tree: &Tree) -> Vec<Problem> {
    let mut problems = files(tree);
    problems.extend(of_crates(tree));
    problems.extend(tree.ending(".md").flat_map(|(file, text)| of_prose(file, text)));
    problems
}

fn files(tree: &Tree) -> Vec<Problem> {
    let mut problems = Vec::new();
    for (file, text) in tree.files() {
        let lines = text.lines().count();
        if lines > FILE && WRITTEN.iter().any(|ending| file.ends_with(ending)) {
            problems.push(Problem::new(file, 0, format!("{lines} lines; {FILE} are enough")));
        }
    }
    problems
}

fn of_crates(tree: &Tree) -> Vec<Problem> {
    let mut problems = Vec::new();
    for krate in crates(tree) {
        let mut tests = BTreeSet::new();
        for root in krate.roots(tree) {
            tests.extend(modules(tree, root).tests);
        }
        let own = tree.ending(".rs").filter(|(file, _)| {
            below(file, krate.folder).is_some_and(|file| file.starts_with("src/"))
                && !tests.contains(*file)
        });
        let lines: usize = own.map(|(_, text)| before_tests(text).lines().count()).sum();
        if lines > CRATE {
            let what = format!("{} has {lines} lines of its own; {CRATE} are enough", krate.name);
            problems.push(Problem::new(krate.folder, 0, what));
        }
    }
    problems
}

/// Tables, code and the targets of links may be longer.
fn of_prose(file: &str, text: &str) -> Vec<Problem> {
    let mut problems = Vec::new();
    for (line, text) in prose(text) {
        let code = text.starts_with("    ") || text.starts_with('\t');
        let columns = without_targets(text).chars().count();
        if columns > PROSE && !code && !text.trim_start().starts_with('|') {
            let what = format!("{columns} columns; prose is broken at {PROSE}");
            problems.push(Problem::new(file, line, what));
        }
    }
    problems
}

fn without_targets(line: &str) -> String {
    let mut pieces = line.split("](");
    let mut kept = pieces.next().unwrap_or_default().to_owned();
    for piece in pieces {
        kept.push(']');
        kept.push_str(piece.split_once(')').map_or("", |(_, rest)| rest));
    }
    kept.split(' ').filter(|word| !word.contains("://")).collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_file_is_found() {
        let (long, short) = ("\n".repeat(FILE + 1), "\n".repeat(FILE));
        let tree = Tree::of(&[("a.rs", &long), ("b.rs", &short), ("c.json", &long)]);
        let what = "501 lines; 500 are enough".to_owned();
        assert_eq!(files(&tree), [Problem::new("a.rs", 0, what)]);
    }

    #[test]
    fn a_large_crate_is_found_and_its_tests_do_not_count() {
        let manifest = "[package]\nname = \"big\"\n";
        let tests = format!("#[cfg(test)]\nmod tests {{\n{}}}\n", "\n".repeat(CRATE));
        let lib = format!("mod a;\n#[cfg(test)]\nmod b;\n{tests}");
        let check = |lines: usize| {
            of_crates(&Tree::of(&[
                ("big/Cargo.toml", manifest),
                ("big/src/lib.rs", &lib),
                ("big/src/a.rs", &"\n".repeat(lines)),
                ("big/src/b.rs", &"\n".repeat(CRATE)),
            ]))
        };
        assert!(check(CRATE - 3).is_empty());
        let what = "big has 6001 lines of its own; 6000 are enough".to_owned();
        assert_eq!(check(CRATE - 2), [Problem::new("big", 0, what)]);
    }

    #[test]
    fn a_long_line_of_prose_is_found_but_no_table_code_or_link() {
        let long = "word ".repeat(20) + "words";
        let link = format!("[here]({})", "x".repeat(200));
        let text = format!("{long}\n| {long} |\n    {long}\n```\n{long}\n```\n{link} is fine\n");
        let what = "105 columns; prose is broken at 100".to_owned();
        assert_eq!(check(&Tree::of(&[("a.md", &text)])), [Problem::new("a.md", 1, what)]);
    }
}

//! Files of a crate that use each other in a circle can only be understood together. What a file
//! uses is read from its `use` declarations; a path that a `pub use` gives on is followed to where
//! its item is.

use super::{
    Problem,
    modules::{Modules, before_tests, crates, declared, modules},
    tree::Tree,
};
use std::collections::{BTreeMap, BTreeSet};

type Graph<'m> = BTreeMap<&'m str, BTreeSet<&'m str>>;

pub(super) fn check(tree: &Tree) -> Vec<Problem> {
    let mut problems = Vec::new();
    for krate in crates(tree) {
        for root in krate.roots(tree) {
            let modules = modules(tree, root);
            let graph = graph(tree, &modules);
            for circle in circles(&graph) {
                let names: Vec<&str> =
                    circle.iter().map(|path| path.trim_start_matches("crate::")).collect();
                let what = format!("files use each other in a circle: {}", names.join(", "));
                problems.push(Problem::new(root, 0, what));
            }
        }
    }
    problems
}

/// From a module to those that it uses.
fn graph<'m>(tree: &Tree, modules: &'m Modules) -> Graph<'m> {
    let uses: BTreeMap<&str, Vec<Used>> = modules
        .files
        .iter()
        .filter(|(_, file)| !modules.tests.contains(*file))
        .map(|(path, file)| (path.as_str(), used(path, tree.text(file).unwrap_or_default())))
        .collect();
    let mut graph = Graph::new();
    for (module, used) in &uses {
        let to = graph.entry(module).or_default();
        for used in used.iter().filter(|used| !used.given_on) {
            if let Some(home) = home(&used.path, modules, &uses, 0).filter(|home| home != module) {
                to.insert(home);
            }
        }
    }
    graph
}

/// The module in which the item of a path is.
fn home<'m>(
    path: &str,
    modules: &'m Modules,
    uses: &BTreeMap<&str, Vec<Used>>,
    depth: usize,
) -> Option<&'m str> {
    let mut module = path;
    let (home, _) = loop {
        if let Some(found) = modules.files.get_key_value(module) {
            break found;
        }
        (module, _) = module.rsplit_once("::")?;
    };
    let item = path.strip_prefix(module)?.trim_start_matches("::").split("::").next()?;
    let given_on = uses.get(module).into_iter().flatten().find(|used| {
        !item.is_empty()
            && used.path != path
            && used.path.rsplit_once("::").is_some_and(|(_, name)| name == item)
    });
    match given_on {
        Some(used) if depth < 8 => self::home(&used.path, modules, uses, depth + 1),
        _ => Some(home),
    }
}

/// Something of this crate that a file uses.
#[derive(Debug, PartialEq)]
struct Used {
    /// From `crate`.
    path: String,
    /// `pub use`.
    given_on: bool,
}

/// The `use` declarations of a module that stay in the crate.
fn used(module: &str, text: &str) -> Vec<Used> {
    let mut found = Vec::new();
    let text = before_tests(text);
    let mut lines = text.lines();
    while let Some(line) = lines.next() {
        if line == "#[cfg(test)]" {
            lines.next();
            continue;
        }
        let (given_on, rest) = match line.strip_prefix("pub") {
            Some(rest) => (true, rest.trim_start_matches(|c| c != ' ').trim_start()),
            None => (false, line),
        };
        let Some(first) = rest.strip_prefix("use ") else { continue };
        let mut declaration = first.to_owned();
        while !declaration.ends_with(';') {
            let Some(line) = lines.next() else { break };
            declaration.push_str(line.trim());
        }
        for path in flat("", declaration.trim_end_matches(';')) {
            found.extend(absolute(module, text, &path).map(|path| Used { path, given_on }));
        }
    }
    found
}

/// `a::{b, c::{d, e}}` as single paths.
fn flat(before: &str, tree: &str) -> Vec<String> {
    let tree = tree.trim();
    let Some((head, rest)) = tree.split_once('{') else {
        let path = tree.split(" as ").next().unwrap_or(tree).trim_end_matches("::self");
        return vec![format!("{before}{path}").trim_end_matches("::self").to_owned()];
    };
    let before = format!("{before}{}", head.trim());
    let (mut depth, mut start, mut found) = (0_usize, 0, Vec::new());
    let inner = rest.rsplit_once('}').map_or(rest, |(inner, _)| inner);
    for (at, c) in inner.char_indices() {
        match c {
            '{' => depth += 1,
            '}' => depth = depth.saturating_sub(1),
            ',' if depth == 0 => {
                found.extend(flat(&before, &inner[start..at]));
                start = at + 1;
            }
            _ => {}
        }
    }
    if !inner[start..].trim().is_empty() {
        found.extend(flat(&before, &inner[start..]));
    }
    found
}

/// A path from `crate`; none: it leads to another crate.
fn absolute(module: &str, text: &str, path: &str) -> Option<String> {
    let mut parts = path.split("::").peekable();
    let mut from = module;
    match parts.peek().copied() {
        Some("crate") => return Some(path.to_owned()),
        Some("self") => drop(parts.next()),
        Some("super") => {
            while parts.next_if_eq(&"super").is_some() {
                (from, _) = from.rsplit_once("::")?;
            }
        }
        first => {
            let child = |name| declared(text).iter().any(|child| child.name == name && !child.test);
            if !first.is_some_and(child) {
                return None;
            }
        }
    }
    Some(std::iter::once(from).chain(parts).collect::<Vec<_>>().join("::"))
}

/// Sets of modules each of which reaches all others of its set.
fn circles<'m>(graph: &Graph<'m>) -> Vec<Vec<&'m str>> {
    let reach: Graph<'m> = graph.keys().map(|&from| (from, reached(graph, from))).collect();
    let mut found: Vec<Vec<&'m str>> = Vec::new();
    for (&from, to) in &reach {
        if !to.contains(from) || found.iter().any(|circle| circle.contains(&from)) {
            continue;
        }
        let back = |other: &&str| reach.get(other).is_some_and(|to| to.contains(from));
        found.push(to.iter().copied().filter(back).collect());
    }
    found
}

fn reached<'m>(graph: &Graph<'m>, from: &str) -> BTreeSet<&'m str> {
    let mut reached = BTreeSet::new();
    let mut open: Vec<&'m str> = graph.get(from).into_iter().flatten().copied().collect();
    while let Some(module) = open.pop() {
        if reached.insert(module) {
            open.extend(graph.get(module).into_iter().flatten());
        }
    }
    reached
}

#[cfg(test)]
mod tests {
    use super::*;

    fn whats(a: &str, b: &str) -> Vec<String> {
        let tree = Tree::of(&[
            ("x/Cargo.toml", "[package]\nname = \"x\"\n"),
            ("x/src/lib.rs", "mod a;\nmod b;\npub use b::{B, Other};\npub struct Root;\n"),
            ("x/src/a.rs", a),
            ("x/src/b.rs", b),
        ]);
        check(&tree).into_iter().map(|problem| problem.what).collect()
    }

    #[test]
    fn one_direction_is_no_circle() {
        assert!(whats("use crate::{B, Root};\n", "use std::fmt;\nuse super::Root;\n").is_empty());
    }

    #[test]
    fn a_circle_is_found_also_by_what_the_root_gives_on() {
        assert_eq!(
            whats("use crate::{\n    B,\n};\n", "use super::a::{self, A};\n"),
            ["files use each other in a circle: a, b"]
        );
    }

    #[test]
    fn a_circle_is_found_also_behind_the_declaration_of_a_file_of_tests() {
        let a = "#[cfg(test)]\nmod tests;\nuse crate::b::B;\n";
        assert_eq!(whats(a, "use super::a::A;\n"), ["files use each other in a circle: a, b"]);
    }

    #[test]
    fn what_only_tests_use_is_no_circle() {
        let tests = "use super::a::A;\n\n#[cfg(test)]\nmod tests {\n    use crate::b::B;\n}\n";
        assert!(whats("#[cfg(test)]\nuse crate::B;\n", tests).is_empty());
        assert!(whats("#[cfg(test)]\nmod tests {\n    use crate::B;\n}\n", tests).is_empty());
    }
}

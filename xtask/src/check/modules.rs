//! Crates, and which file declares which module, as far as their text tells.

use super::tree::{Tree, folder_of, join};
use std::collections::{BTreeMap, BTreeSet};

/// A module that a file declares.
#[derive(Debug, PartialEq)]
pub(super) struct Declared<'t> {
    pub(super) name: &'t str,
    /// Behind `#[cfg(test)]`.
    pub(super) test: bool,
    /// `mod name { ... }`.
    pub(super) inline: bool,
    /// Of `#[path = "..."]`.
    at: Option<&'t str>,
}

/// The modules that a file declares, one a line as rustfmt writes them.
pub(super) fn declared(text: &str) -> Vec<Declared<'_>> {
    let mut found = Vec::new();
    let (mut test, mut at) = (false, None);
    for line in text.lines() {
        let line = line.trim();
        if line.starts_with("#[") || line.starts_with("//") {
            test |= line.starts_with("#[cfg(test)]") || line.starts_with("#[cfg(all(test");
            if let Some(path) = line.strip_prefix("#[path = \"") {
                at = path.strip_suffix("\"]");
            }
            continue;
        }
        if let Some((name, inline)) = module(line) {
            found.push(Declared { name, test, inline, at });
        }
        (test, at) = (false, None);
    }
    found
}

fn module(line: &str) -> Option<(&str, bool)> {
    let line = match line.strip_prefix("pub") {
        Some(rest) => rest.trim_start_matches(|c| c != ' ').trim_start(),
        None => line,
    };
    let rest = line.strip_prefix("mod ")?;
    let end = rest.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(rest.len());
    let (name, rest) = rest.split_at(end);
    match rest.trim() {
        ";" => Some((name, false)),
        rest if rest.starts_with('{') => Some((name, true)),
        _ => None,
    }
}

/// The text of a file without the tests that end it.
pub(super) fn before_tests(text: &str) -> &str {
    let tests = text.match_indices("#[cfg(test)]\nmod ").map(|(at, _)| at).find(|&at| {
        let inline = text[at..].lines().nth(1).is_some_and(|line| line.ends_with('{'));
        inline && (at == 0 || text[..at].ends_with('\n'))
    });
    tests.map_or(text, |at| &text[..at])
}

/// A crate's folder.
pub(super) struct Krate<'t> {
    pub(super) name: &'t str,
    pub(super) folder: &'t str,
    manifest: &'t str,
}

/// Every crate of the workspace.
pub(super) fn crates(tree: &Tree) -> Vec<Krate<'_>> {
    tree.ending("Cargo.toml")
        .filter_map(|(path, text)| {
            let package = text.split("[package]").nth(1)?;
            let name = package.lines().find_map(|line| line.strip_prefix("name = \""))?;
            Some(Krate {
                name: name.trim_end_matches('"'),
                folder: folder_of(path),
                manifest: text,
            })
        })
        .collect()
}

impl Krate<'_> {
    /// The files that cargo itself starts from.
    pub(super) fn roots<'t>(&self, tree: &'t Tree) -> Vec<&'t str> {
        let targets = ["src/bin/", "tests/", "examples/", "benches/"];
        let named = self.named();
        tree.ending(".rs")
            .map(|(path, _)| path)
            .filter(|path| {
                let Some(path) = below(path, self.folder) else { return false };
                matches!(path, "src/lib.rs" | "src/main.rs" | "build.rs")
                    || named.contains(&path)
                    || targets.iter().any(|target| {
                        path.strip_prefix(target).is_some_and(|rest| {
                            !rest.contains('/')
                                || rest.split_once('/').is_some_and(|(_, file)| file == "main.rs")
                        })
                    })
            })
            .collect()
    }

    /// Files of targets that the manifest gives a path of their own.
    fn named(&self) -> Vec<&str> {
        let targets = ["[lib]", "[[bin]]", "[[test]]", "[[example]]", "[[bench]]"];
        let mut of_target = false;
        let mut found = Vec::new();
        for line in self.manifest.lines() {
            if line.starts_with('[') {
                of_target = targets.contains(&line);
            }
            let path = line.strip_prefix("path = \"").and_then(|rest| rest.strip_suffix('"'));
            found.extend(path.filter(|_| of_target));
        }
        found
    }
}

/// The rest of a path in a folder.
pub(super) fn below<'p>(path: &'p str, folder: &str) -> Option<&'p str> {
    match folder {
        "" => Some(path),
        folder => path.strip_prefix(folder)?.strip_prefix('/'),
    }
}

/// The modules of one root: their paths such as `crate::call::order`, with their files.
#[derive(Debug, Default)]
pub(super) struct Modules {
    pub(super) files: BTreeMap<String, String>,
    /// Files of modules behind `#[cfg(test)]`.
    pub(super) tests: BTreeSet<String>,
    /// Declared, but there is no file.
    pub(super) missing: Vec<String>,
}

/// Follows the declarations from a root.
pub(super) fn modules(tree: &Tree, root: &str) -> Modules {
    let mut modules = Modules::default();
    follow(tree, root, folder_of(root), "crate", false, &mut modules);
    modules
}

/// `inside`: the folder in which modules of this file are.
fn follow(tree: &Tree, file: &str, inside: &str, path: &str, test: bool, into: &mut Modules) {
    let Some(text) = tree.text(file) else { return };
    into.files.insert(path.to_owned(), file.to_owned());
    if test {
        into.tests.insert(file.to_owned());
    }
    for module in declared(text).iter().filter(|module| !module.inline) {
        let path = format!("{path}::{}", module.name);
        let test = test || module.test;
        let below = join(inside, module.name);
        let (plain, folder) = (format!("{below}.rs"), format!("{below}/mod.rs"));
        let named = module.at.map(|at| join(folder_of(file), at));
        match named {
            Some(named) if tree.has(&named) => {
                follow(tree, &named, folder_of(&named), &path, test, into)
            }
            None if tree.has(&plain) => follow(tree, &plain, &below, &path, test, into),
            None if tree.has(&folder) => follow(tree, &folder, &below, &path, test, into),
            _ => into.missing.push(path),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_target_may_have_a_path_of_its_own() {
        let manifest = "[package]\nname = \"a\"\n[lib]\npath = \"kit/lib.rs\"\n\
                        [dependencies]\nb = { path = \"b\" }\n[[test]]\npath = \"it/main.rs\"\n";
        let tree = Tree::of(&[
            ("a/Cargo.toml", manifest),
            ("a/it/main.rs", ""),
            ("a/kit/lib.rs", ""),
            ("a/kit/other.rs", ""),
        ]);
        assert_eq!(crates(&tree)[0].roots(&tree), ["a/it/main.rs", "a/kit/lib.rs"]);
    }

    #[test]
    fn modules_are_followed_into_folders_and_named_files() {
        let tree = Tree::of(&[
            ("a/src/lib.rs", "mod b;\npub(crate) mod c;\n#[cfg(test)]\nmod tests;\nmod d {\n}\n"),
            ("a/src/b.rs", "#[path = \"odd.rs\"]\nmod e;\n"),
            ("a/src/odd.rs", ""),
            ("a/src/c/mod.rs", "mod f;\n"),
            ("a/src/c/f.rs", ""),
            ("a/src/tests.rs", "mod g;\n"),
            ("a/src/tests/g.rs", ""),
        ]);
        let modules = modules(&tree, "a/src/lib.rs");
        let paths: Vec<&str> = modules.files.keys().map(String::as_str).collect();
        assert_eq!(
            paths,
            [
                "crate",
                "crate::b",
                "crate::b::e",
                "crate::c",
                "crate::c::f",
                "crate::tests",
                "crate::tests::g"
            ]
        );
        let tests: Vec<&str> = modules.tests.iter().map(String::as_str).collect();
        assert_eq!(tests, ["a/src/tests.rs", "a/src/tests/g.rs"]);
        assert!(modules.missing.is_empty());
    }
}

//! A `# Layout` list in a module's documentation is a map for a reader: it names every module that
//! the file declares, and no other. A part of an item is its names up to a colon, as in
//! ``* `read`, `write`: rows; `format`: tables.``

use super::{Problem, modules::declared, tree::Tree};

pub(super) fn check(tree: &Tree) -> Vec<Problem> {
    tree.ending(".rs").flat_map(|(file, text)| of_file(file, text)).collect()
}

fn of_file(file: &str, text: &str) -> Vec<Problem> {
    let Some((start, list)) = list(text) else { return Vec::new() };
    let modules = declared(text);
    let mut problems = Vec::new();
    for module in modules.iter().filter(|module| !module.test && !module.inline) {
        if !mentioned(&list).any(|name| name == module.name) {
            let what = format!("the `# Layout` list does not name the module `{}`", module.name);
            problems.push(Problem::new(file, start, what));
        }
    }
    for name in subjects(&list) {
        let known = modules.iter().any(|module| module.name == name)
            || text.contains(&format!("::{name};"))
            || text.contains(&format!("as {name};"));
        if !known && name.chars().all(|c| c.is_ascii_lowercase() || c == '_') {
            let what = format!("the `# Layout` list names `{name}`, which is no module here");
            problems.push(Problem::new(file, start, what));
        }
    }
    problems
}

/// The list's first line and its text, in one line.
fn list(text: &str) -> Option<(usize, String)> {
    let mut lines = text.lines().enumerate().skip_while(|(_, line)| *line != "//! # Layout");
    let (start, _) = lines.next()?;
    let items = lines
        .map_while(|(_, line)| line.strip_prefix("//!"))
        .take_while(|line| line.starts_with(" * ") || line.starts_with("   "));
    Some((start + 1, items.collect::<Vec<_>>().join("\n")))
}

/// Everything in backticks, as a module's name: `mod@check` is `check`.
fn mentioned(list: &str) -> impl Iterator<Item = &str> {
    list.split('`').skip(1).step_by(2).map(bare)
}

fn bare(name: &str) -> &str {
    let name = name.rsplit_once('@').map_or(name, |(_, name)| name);
    name.trim_end_matches(".rs").trim_end_matches('/')
}

/// The names that something is said of: those right before a colon.
fn subjects(list: &str) -> Vec<&str> {
    let mut found = Vec::new();
    for item in list.split("\n *") {
        let mut names = Vec::new();
        let mut pieces = item.split('`');
        pieces.next();
        while let (Some(name), Some(after)) = (pieces.next(), pieces.next()) {
            names.push(bare(name));
            // `[`x`](mod@y)` is x; what is between two names of a part is a comma or "and".
            let after = after.trim_start_matches(']');
            let after = match after.strip_prefix('(').and_then(|rest| rest.split_once(')')) {
                Some((_, rest)) => rest,
                None => after,
            };
            match after.trim_start_matches([' ', '\n']).chars().next() {
                Some(':') => found.append(&mut names),
                Some(',') if after.trim_matches([',', ' ', '\n', '[']).is_empty() => {}
                _ if matches!(after.trim_matches([' ', '\n', '[', '*']), "and" | "") => {}
                _ => names.clear(),
            }
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIST: &str = "//! A crate.\n//!\n//! # Layout\n//! * [`a`], `b`: two, of `Leg`s; \
                        [`c`](mod@c): one\n//!   more.\n//! * [`Type`]: no module.\n//!\n//! Not `d`: this.\n";

    fn whats(modules: &str) -> Vec<String> {
        let tree = Tree::of(&[("x/src/lib.rs", &format!("{LIST}\n{modules}"))]);
        check(&tree).into_iter().map(|problem| problem.what).collect()
    }

    #[test]
    fn a_list_that_names_all_modules_is_good() {
        assert!(whats("mod a;\npub mod b;\nmod c;\n#[cfg(test)]\nmod tests;\n").is_empty());
    }

    #[test]
    fn a_module_that_is_not_named_is_found() {
        assert_eq!(
            whats("mod a;\nmod b;\nmod c;\nmod e;\n"),
            ["the `# Layout` list does not name the module `e`"]
        );
    }

    #[test]
    fn a_name_without_a_module_is_found() {
        assert_eq!(
            whats("mod a;\nmod c;\n"),
            ["the `# Layout` list names `b`, which is no module here"]
        );
    }
}

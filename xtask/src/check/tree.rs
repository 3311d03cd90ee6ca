//! The text files of the repository, in memory.

use anyhow::{Context, Result};
use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::Path,
};

/// Folders that are not looked into, wherever they are.
const LEFT_OUT: &[&str] = &["target", ".git", "node_modules", "__pycache__"];

/// Text by path from the repository's root, with `/` between folders.
#[derive(Debug, Default)]
pub(super) struct Tree {
    files: BTreeMap<String, String>,
    /// Everything that is there: folders, and files that are no text.
    there: BTreeSet<String>,
}

impl Tree {
    /// Everything below a folder.
    pub(super) fn read(root: &Path) -> Result<Self> {
        let mut tree = Self::default();
        tree.read_folder(root, "")?;
        Ok(tree)
    }

    fn read_folder(&mut self, root: &Path, folder: &str) -> Result<()> {
        let path = root.join(folder);
        let entries =
            fs::read_dir(&path).with_context(|| format!("cannot read {}", path.display()))?;
        for entry in entries {
            let entry = entry?;
            let Ok(name) = entry.file_name().into_string() else { continue };
            if LEFT_OUT.contains(&&*name) {
                continue;
            }
            let below = if folder.is_empty() { name } else { format!("{folder}/{name}") };
            self.there.insert(below.clone());
            let kind = entry.file_type()?;
            if kind.is_dir() {
                self.read_folder(root, &below)?;
            } else if kind.is_file()
                && let Ok(text) = fs::read_to_string(root.join(&below))
            {
                self.files.insert(below, text);
            }
        }
        Ok(())
    }

    /// For tests.
    #[cfg(test)]
    pub(super) fn of(files: &[(&str, &str)]) -> Self {
        let mut tree = Self::default();
        for (path, text) in files {
            let mut above = *path;
            tree.there.insert(above.to_owned());
            while let Some((folder, _)) = above.rsplit_once('/') {
                tree.there.insert(folder.to_owned());
                above = folder;
            }
            tree.files.insert((*path).to_owned(), (*text).to_owned());
        }
        tree
    }

    pub(super) fn files(&self) -> impl Iterator<Item = (&str, &str)> {
        self.files.iter().map(|(path, text)| (path.as_str(), text.as_str()))
    }

    /// Files with this ending, such as `.rs`.
    pub(super) fn ending<'t>(&'t self, ending: &str) -> impl Iterator<Item = (&'t str, &'t str)> {
        self.files().filter(move |(path, _)| path.ends_with(ending))
    }

    pub(super) fn text(&self, path: &str) -> Option<&str> {
        self.files.get(path).map(String::as_str)
    }

    /// Whether there is a file or folder of this path.
    pub(super) fn has(&self, path: &str) -> bool {
        self.there.contains(path.trim_end_matches('/'))
    }

    /// Whether some path is this, or ends with it after a `/`.
    pub(super) fn has_ending(&self, path: &str) -> bool {
        let path = path.trim_end_matches('/');
        self.there.iter().any(|there| {
            there.strip_suffix(path).is_some_and(|rest| rest.is_empty() || rest.ends_with('/'))
        })
    }
}

/// The folder that a file is in; of the root it is empty.
pub(super) fn folder_of(path: &str) -> &str {
    path.rsplit_once('/').map_or("", |(folder, _)| folder)
}

/// A path from a folder, with `.` and `..` taken out.
pub(super) fn join(folder: &str, path: &str) -> String {
    let mut parts: Vec<&str> = folder.split('/').filter(|part| !part.is_empty()).collect();
    for part in path.split('/') {
        match part {
            "" | "." => {}
            ".." => {
                parts.pop();
            }
            part => parts.push(part),
        }
    }
    parts.join("/")
}

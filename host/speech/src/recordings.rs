//! The recordings that there are. Read at the start and on request, so that asking for one touches
//! no disk.

use super::{
    error::PromptError,
    names::{slug, text_hash},
    wav,
};
use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
    time::{Duration, SystemTime},
};

/// Folders within folders beyond which nothing is looked for.
const DEEPEST: usize = 4;

/// All recordings, by name, of each folder in its order.
#[derive(Default)]
pub(super) struct Recordings {
    folders: Vec<BTreeMap<String, Recording>>,
}

/// A recording.
#[derive(Clone)]
pub(super) struct Recording {
    /// Its file.
    pub(super) path: PathBuf,
    /// How long it lasts, or why it cannot be played.
    pub(super) length: Result<Duration, String>,
    changed: SystemTime,
    size: u64,
}

impl Recording {
    /// Another when the file is another.
    pub(super) fn stamp(&self) -> String {
        let changed = self.changed.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
        format!("{}-{}", changed.as_nanos(), self.size)
    }
}

impl Recordings {
    /// Reads the folders, and the headers of files that are not as they were `before`.
    pub(super) fn read(folders: &[PathBuf], before: &Self) -> Self {
        let known: BTreeMap<&Path, &Recording> = before
            .folders
            .iter()
            .flat_map(BTreeMap::values)
            .map(|recording| (recording.path.as_path(), recording))
            .collect();
        let read = |folder: &PathBuf| {
            let mut found = BTreeMap::new();
            collect(folder, "", 0, &known, &mut found);
            found
        };
        Self { folders: folders.iter().map(read).collect() }
    }

    /// A recording by name: its path in a folder without `.wav`. Not found under its whole name,
    /// `a/b` is looked for as `b`.
    pub(super) fn find(&self, name: &str) -> Option<&Recording> {
        let mut name = name.strip_suffix(".wav").unwrap_or(name);
        loop {
            if let Some(found) = self.folders.iter().find_map(|folder| folder.get(name)) {
                return Some(found);
            }
            name = name.split_once('/')?.1;
        }
    }

    /// The recording that stands for a text.
    pub(super) fn of_text(&self, text: &str) -> Option<&Recording> {
        if self.folders.iter().all(BTreeMap::is_empty) {
            return None;
        }
        slug(text).and_then(|slug| self.find(&slug)).or_else(|| self.find(&text_hash(text)))
    }

    /// Those that cannot be played.
    pub(super) fn problems(&self) -> Vec<PromptError> {
        let all = self.folders.iter().flat_map(BTreeMap::values);
        all.filter_map(|recording| {
            let why = recording.length.clone().err()?;
            Some(PromptError::BadRecording { path: recording.path.clone(), why })
        })
        .collect()
    }
}

fn collect(
    folder: &Path,
    prefix: &str,
    depth: usize,
    known: &BTreeMap<&Path, &Recording>,
    found: &mut BTreeMap<String, Recording>,
) {
    let Ok(entries) = fs::read_dir(folder) else { return };
    for entry in entries.flatten() {
        let path = entry.path();
        let (Ok(data), Some(name)) =
            (fs::metadata(&path), path.file_name().and_then(|name| name.to_str()))
        else {
            continue;
        };
        if data.is_dir() && depth < DEEPEST && !name.starts_with('.') {
            collect(&path, &format!("{prefix}{name}/"), depth + 1, known, found);
        } else if data.is_file()
            && let Some(stem) = name.strip_suffix(".wav")
        {
            let changed = data.modified().unwrap_or(SystemTime::UNIX_EPOCH);
            let recording = match known.get(path.as_path()) {
                Some(known) if known.changed == changed && known.size == data.len() => {
                    (*known).clone()
                }
                _ => Recording {
                    length: wav::length(&path),
                    changed,
                    size: data.len(),
                    path: path.clone(),
                },
            };
            found.insert(format!("{prefix}{stem}"), recording);
        }
    }
}

//! Contacts and rosters, from the files beside the site file.

use super::{People, Reader};
use crate::{
    Contacts, Roster,
    read_contacts::{self, Known},
    roster,
    schedule::Calendar,
    site_file::RosterFile,
    source::child,
};
use std::{
    path::{Component, Path, PathBuf},
    sync::Arc,
};

impl Reader<'_> {
    pub(super) fn contacts(&mut self, names: &[String], known: &Known<'_>) -> Arc<Contacts> {
        if let People::Of(site) = self.people {
            return site.contacts.clone();
        }
        let files: Vec<_> = names
            .iter()
            .enumerate()
            .filter_map(|(index, name)| self.beside(&format!("/contacts/{index}"), name))
            .collect();
        match read_contacts::read(&files, known) {
            Ok(contacts) => Arc::new(contacts),
            Err(wrong) => {
                self.problems.extend(wrong);
                Arc::default()
            }
        }
    }

    pub(super) fn roster(
        &mut self,
        name: &str,
        file: &RosterFile,
        calendar: &Calendar,
        known: &Known<'_>,
    ) -> Roster {
        if let People::Of(site) = self.people {
            return site.rosters.get(name).cloned().unwrap_or_default();
        }
        let Some((path, text)) = self.beside(&child(&child("/rosters", name), "file"), &file.file)
        else {
            return Roster::default();
        };
        roster::read(&path, &text, calendar, known).unwrap_or_else(|wrong| {
            self.problems.extend(wrong);
            Roster::default()
        })
    }

    /// A file that the site file names, and its content.
    fn beside(&mut self, at: &str, name: &str) -> Option<(PathBuf, Vec<u8>)> {
        let below = Path::new(name).components().all(|part| matches!(part, Component::Normal(_)));
        let path = self.source.path.parent().unwrap_or(Path::new(".")).join(name);
        let read = match below && !name.is_empty() {
            true => std::fs::read(&path).map_err(|error| {
                (format!("{} cannot be read: {error}", path.display()), "put it there")
            }),
            false => Err((
                format!("not a file below the folder of the site file: `{name}`"),
                "write a path such as \"contacts.csv\"",
            )),
        };
        match read {
            Ok(text) => Some((path, text)),
            Err((message, help)) => {
                let problem = self.source.at_value(at, message);
                self.wrong(problem.help(help));
                None
            }
        }
    }
}

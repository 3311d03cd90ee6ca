//! Contacts and rosters, from the files beside the site file.

use super::{People, Reader};
use crate::{
    Contacts, Roster,
    read_contacts::{self, Known},
    roster,
    schedule::{Calendar, Schedule},
    site_file::RosterFile,
    source::{child, read_whole},
};
use std::{
    collections::BTreeMap,
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
        schedules: &BTreeMap<String, Arc<Schedule>>,
        calendar: &Calendar,
        known: &Known<'_>,
    ) -> Roster {
        let at = child("/rosters", name);
        if let Some(schedule) = &file.schedule
            && !schedules.contains_key(schedule)
        {
            let at = child(&at, "schedule");
            let problem = self.source.at_value(&at, format!("no schedule `{schedule}`"));
            self.wrong(problem.suggest(schedule, schedules.keys().map(String::as_str)));
        }
        let mut roster = match self.people {
            People::Of(site) => site.rosters.get(name).cloned().unwrap_or_default(),
            People::Files => self.duties(&at, &file.file, calendar, known),
        };
        (roster.schedule, roster.complete_for) = (file.schedule.clone(), file.complete_for);
        roster
    }

    fn duties(&mut self, at: &str, file: &str, calendar: &Calendar, known: &Known<'_>) -> Roster {
        let Some((path, text)) = self.beside(&child(at, "file"), file) else {
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
            true => read_whole(&path).map_err(|error| {
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

//! A copy of the flows, with short waits and everything open, in which the demo can change what it
//! likes.

use super::script::{Change, FLOW};
use anyhow::{Context, Result, bail};
use std::{
    fs,
    path::{Path, PathBuf},
};
use toml_edit::{DocumentMut, Item, value};

/// The copy. Removed when dropped.
pub(super) struct Copy {
    pub(super) flows: PathBuf,
    file: PathBuf,
    pub(super) control: PathBuf,
    _folder: tempfile::TempDir,
}

impl Copy {
    pub(super) fn of(flows: &Path) -> Result<Self> {
        let source = flows.join(FLOW).join("flow.toml");
        if !source.is_file() {
            bail!(
                "there is no {}: run the demo in the folder of the project, or say with --flows where its flows are",
                source.display()
            );
        }
        let folder = tempfile::Builder::new().prefix("strowger-demo-").tempdir()?;
        let copy = folder.path().join("flows");
        fs::create_dir_all(copy.join(FLOW))?;
        fs::copy(&source, copy.join(FLOW).join("flow.toml"))?;
        fs::copy(flows.join("site.toml"), copy.join("site.toml")).context("site.toml")?;
        let copy = Self {
            file: copy.join(FLOW).join("flow.toml"),
            flows: copy,
            control: folder.path().join("control.sock"),
            _folder: folder,
        };
        edit(&copy.file, |flow| {
            let settings = &mut flow["settings"];
            settings["repeat_every"] = value(4);
            settings["overflow_after"] = value(6);
        })?;
        edit(&copy.flows.join("site.toml"), |site| {
            tables(site, "schedules", |schedule| {
                schedule["hours"] = value("24/7");
                if let Some(table) = schedule.as_table_like_mut() {
                    table.remove("exceptions");
                }
            });
            tables(site, "queues", |queue| queue["wrap_up"] = value(2));
            // Files that it needs not.
            site.remove("contacts");
            site.remove("rosters");
            site.remove("campaigns");
        })?;
        Ok(copy)
    }

    /// Changes the flow file, as an operator would.
    pub(super) fn change(&self, change: Change) -> Result<()> {
        edit(&self.file, |flow| {
            let settings = &mut flow["settings"];
            match change {
                Change::Good => {
                    settings["texts"]["welcome"] =
                        value("Welkom bij de vernieuwde helpdesk van {municipality}.")
                }
                Change::Bad => settings["overflow_after"] = value("soon"),
                Change::Mended => settings["overflow_after"] = value(6),
            }
        })
    }
}

fn edit(file: &Path, change: impl FnOnce(&mut DocumentMut)) -> Result<()> {
    let mut document: DocumentMut = fs::read_to_string(file)?.parse()?;
    change(&mut document);
    // In one step: no half of it is ever read.
    let new = file.with_extension("new");
    fs::write(&new, document.to_string())?;
    Ok(fs::rename(new, file)?)
}

fn tables(document: &mut DocumentMut, key: &str, mut change: impl FnMut(&mut Item)) {
    let tables = document.get_mut(key).and_then(Item::as_table_like_mut);
    for (_, table) in tables.into_iter().flat_map(|tables| tables.iter_mut()) {
        change(table);
    }
}

//! Versions that were archived, made again: for calls that outlive the host, and to replay what was
//! recorded.

use crate::{
    Catalogue, LoadedFlow,
    archived::{self, another, found},
    files::Plugins,
};
use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
    sync::Arc,
};
use strowger_model::{FlowVersion, VersionFiles, archive::TextFile};
use strowger_sandbox::Engine;
use strowger_site::{
    Problem, Site,
    read_site::{self, People},
    source::Source,
};

impl LoadedFlow {
    /// Everything that it was made of.
    pub fn files(&self) -> VersionFiles {
        let site = self.site.source.as_ref();
        VersionFiles {
            on: self.on(),
            flow: self.origin.source.file(),
            site: site.map_or_else(TextFile::default, |source| source.file()),
            recordings: written(&self.origin.recordings),
            site_recordings: written(&self.site.recordings),
            plugin: self.flow.plugin().file(),
        }
    }

    /// Makes a flow of files, on the site that is among them, which knows nobody: contacts and
    /// rosters are not archived. With another plugin than the archived one this is another version.
    ///
    /// # Errors
    /// What is wrong with them, such as settings that the plugin does not take.
    pub fn of_files(files: &VersionFiles, engine: &Engine) -> Result<Self, Vec<Problem>> {
        let origin = archived::origin(files, &Plugins::default(), engine)?;
        let fitted = origin.fit(Some(&Arc::new(site(files, &Site::empty())?)), |_| None)?;
        fitted.ok_or_else(|| {
            vec![Problem::of_file(Path::new(&files.flow.path), "does not fit its site")]
        })
    }
}

impl Catalogue {
    /// A version that serves, that served before, or that was revived and still has calls.
    pub fn loaded(&self, on: &FlowVersion) -> Option<Arc<LoadedFlow>> {
        self.with_books(|books| books.loaded(on))
    }

    /// Makes an archived version again, unless it is [`Catalogue::loaded`]: on the site as it is
    /// now if that makes the same version, else on the archived one with the contacts and rosters
    /// of now. Calls that begin on it are seen in [`Catalogue::status`]; it never serves new calls.
    /// Blocks while a plugin is compiled.
    ///
    /// # Errors
    /// What is wrong with the files, or that this host makes another version of them.
    pub fn revive(&self, files: &VersionFiles) -> Result<Arc<LoadedFlow>, Vec<Problem>> {
        if let Some(flow) = self.loaded(&files.on) {
            return Ok(flow);
        }
        let origin = archived::origin(files, self.plugins(), &self.config().engine)?;
        let same = |flow: Option<LoadedFlow>| flow.filter(|flow| flow.version == files.on.version);
        let now = self.current().site.clone();
        let flow = match origin.fit(Some(&now), |_| None).ok().and_then(same) {
            Some(flow) => flow,
            None => same(origin.fit(Some(&Arc::new(site(files, &now)?)), |_| None)?).ok_or_else(
                || {
                    vec![
                        another(files)
                            .help("let the older host that wrote it serve its calls to their end"),
                    ]
                },
            )?,
        };
        Ok(self.with_books(|books| books.revived(Arc::new(flow))))
    }
}

fn site(files: &VersionFiles, people: &Site) -> Result<Site, Vec<Problem>> {
    if files.site == TextFile::default() {
        return Ok(Site::empty());
    }
    let mut site = read_site::site(
        &Source::parse(Path::new(&files.site.path), &files.site.text)?,
        People::Of(people),
    )?;
    site.recordings = found(&files.site_recordings);
    Ok(site)
}

fn written(recordings: &BTreeMap<String, PathBuf>) -> BTreeMap<String, String> {
    recordings
        .iter()
        .map(|(name, path)| (name.clone(), path.to_string_lossy().into_owned()))
        .collect()
}

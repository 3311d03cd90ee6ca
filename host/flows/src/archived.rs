//! What was archived of a version, as it is needed to make that version again.

use crate::{files::Plugins, origin::Origin};
use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
    sync::Arc,
};
use strowger_model::VersionFiles;
use strowger_sandbox::{Engine, Plugin};
use strowger_site::{Problem, source::Source};

/// The files make another version now.
pub(crate) fn another(files: &VersionFiles) -> Problem {
    let version = &files.on.version;
    let message =
        format!("this host cannot make version {version} again from what the journal has of it");
    Problem::of_file(Path::new(&files.flow.path), message)
}

fn load(files: &VersionFiles, engine: &Engine) -> Result<Plugin, Vec<Problem>> {
    let wrong = |message: String| vec![Problem::of_file(Path::new(&files.flow.path), message)];
    let name = format!("archived plugin of flow {}, version {}", files.on.flow, files.on.version);
    let plugin =
        engine.load(&name, &files.plugin.bytes).map_err(|error| wrong(error.to_string()))?;
    match plugin.hash() == files.plugin.hash {
        true => Ok(plugin),
        false => Err(wrong(format!(
            "the {name} is damaged: its hash is {} instead of {}",
            plugin.hash(),
            files.plugin.hash
        ))),
    }
}

/// What the version is made from. The plugin is one of these, if it is there.
pub(crate) fn origin(
    files: &VersionFiles,
    plugins: &Plugins,
    engine: &Engine,
) -> Result<Origin, Vec<Problem>> {
    let plugin = match plugins.known(&files.plugin.hash) {
        Some(plugin) => plugin,
        None => load(files, engine)?,
    };
    let source = Source::parse(Path::new(&files.flow.path), &files.flow.text)?;
    Ok(Origin {
        name: files.on.flow.clone(),
        source: Arc::new(source),
        plugin: Ok(plugin),
        recordings: found(&files.recordings),
    })
}

/// Recordings, where they were found.
pub(crate) fn found(recordings: &BTreeMap<String, String>) -> BTreeMap<String, PathBuf> {
    recordings.iter().map(|(name, path)| (name.clone(), PathBuf::from(path))).collect()
}

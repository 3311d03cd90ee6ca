//! Compiled plugins on disk, so that a plugin is compiled once and not at every start.
//!
//! An entry is named by what it depends on: the plugin's bytes, wasmtime's version and its
//! settings. It is written beside its place and renamed into it, so that two programs can share a
//! folder. An entry that is damaged, or of another origin, is compiled anew and replaced.
//!
//! **Whoever may write an entry may run code in the host.** So the folder is made for its owner
//! alone, and an entry is trusted only when the user of this process owns it and nobody else may
//! write it.

use rustix::process::geteuid;
use std::{
    fmt,
    fs::{self, DirBuilder, File},
    hash::{Hash, Hasher},
    io::{self, Read, Write},
    os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt},
    path::{Path, PathBuf},
    process,
    sync::atomic::{AtomicU32, Ordering},
};
use wasmtime::component::Component;

/// A folder of compiled plugins.
#[derive(Debug)]
pub(crate) struct Cache {
    folder: PathBuf,
}

impl Cache {
    /// Makes the folder where there is none.
    pub(crate) fn open(folder: PathBuf) -> io::Result<Self> {
        DirBuilder::new().recursive(true).mode(0o700).create(&folder)?;
        Ok(Self { folder })
    }

    /// The compiled plugin, from the folder, or compiled now and kept there. Failing to keep it is
    /// only logged.
    pub(crate) fn compile(
        &self,
        engine: &wasmtime::Engine,
        bytes: &[u8],
    ) -> wasmtime::Result<Component> {
        let key = key(engine, bytes);
        let path = self.folder.join(key.to_hex().as_str()).with_extension("cwasm");
        let unusable = |error: &dyn fmt::Display| {
            let path = path.display();
            tracing::warn!(%path, "the stored plugin cannot be used, and is compiled again: {error:#}");
        };
        match read(&path, &key) {
            Ok(compiled) => match revive(engine, &compiled) {
                Ok(component) => return Ok(component),
                Err(error) => unusable(&error),
            },
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(error) => unusable(&error),
        }
        let component = Component::from_binary(engine, bytes)?;
        if let Err(error) = write(&path, &key, &component.serialize()?) {
            tracing::warn!(path = %path.display(), "the compiled plugin cannot be stored: {error}");
        }
        Ok(component)
    }
}

#[expect(unsafe_code, reason = "wasmtime has no other way to load what it compiled before")]
fn revive(engine: &wasmtime::Engine, compiled: &[u8]) -> wasmtime::Result<Component> {
    // SAFETY: the bytes are what `Component::serialize` gave to this user's process: `read` checked
    // the file's owner, its mode, and a hash over all of it; wasmtime itself checks that version
    // and settings are its own.
    unsafe { Component::deserialize(engine, compiled) }
}

/// What an entry depends on.
fn key(engine: &wasmtime::Engine, bytes: &[u8]) -> blake3::Hash {
    struct Compatibility(blake3::Hasher);
    impl Hasher for Compatibility {
        fn write(&mut self, bytes: &[u8]) {
            self.0.update(bytes);
        }
        fn finish(&self) -> u64 {
            0
        }
    }
    let mut hasher = Compatibility(blake3::Hasher::new());
    engine.precompile_compatibility_hash().hash(&mut hasher);
    hasher.0.update(bytes);
    hasher.0.finalize()
}

/// Over the entry and its key, so that an entry under another's name is not taken for it.
fn seal(key: &blake3::Hash, compiled: &[u8]) -> blake3::Hash {
    blake3::keyed_hash(key.as_bytes(), compiled)
}

/// An entry is a seal and the compiled plugin.
fn read(path: &Path, key: &blake3::Hash) -> io::Result<Vec<u8>> {
    let mut file = File::open(path)?;
    let about = file.metadata()?;
    let others_may_write = about.mode() & 0o022 != 0;
    if about.uid() != geteuid().as_raw() || others_may_write || !about.is_file() {
        return Err(io::Error::other(
            "the entry was not written by this user, or others may write it",
        ));
    }
    let mut entry = Vec::with_capacity(about.len() as usize);
    file.read_to_end(&mut entry)?;
    match entry.split_first_chunk() {
        Some((sealed, compiled)) if seal(key, compiled) == blake3::Hash::from_bytes(*sealed) => {
            Ok(entry.split_off(blake3::OUT_LEN))
        }
        _ => Err(io::Error::other("the entry is damaged")),
    }
}

fn write(path: &Path, key: &blake3::Hash, compiled: &[u8]) -> io::Result<()> {
    static NUMBER: AtomicU32 = AtomicU32::new(0);
    let number = NUMBER.fetch_add(1, Ordering::Relaxed);
    let beside = path.with_extension(format!("{}-{number}.part", process::id()));
    let written = File::options()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(&beside)
        .and_then(|mut file| {
            file.write_all(seal(key, compiled).as_bytes())?;
            file.write_all(compiled)
        })
        .and_then(|()| fs::rename(&beside, path));
    if written.is_err() {
        let _ = fs::remove_file(&beside);
    }
    written
}

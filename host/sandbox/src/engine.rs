//! The one wasmtime engine of the program, its tick, and loading.

use crate::{
    cache::Cache,
    contract::{self, Version},
    host::Host,
    plugin::Plugin,
    refused::LoadError,
    shape, wasi,
};
use std::{io, path::PathBuf, sync::Arc, thread, time::Duration};
use strowger_model::archive::PluginFile;
use wasmtime::component::{Component, Linker, types::ComponentItem};

/// How often a running guest is looked at. Steps take microseconds; an endless loop may last a few
/// of these.
const TICK: Duration = Duration::from_millis(10);

/// Compiles and runs plugins. One serves the whole program; clones are the same engine.
#[derive(Clone)]
pub struct Engine {
    shared: Arc<Shared>,
}

struct Shared {
    wasmtime: wasmtime::Engine,
    /// The imports of every version of the contract.
    linker: Linker<Host>,
    cache: Option<Cache>,
}

/// The program cannot run plugins at all.
#[derive(Debug, thiserror::Error)]
pub enum EngineError {
    /// This machine is not one that wasmtime can compile for, or the like.
    #[error("cannot set wasmtime up on this machine: {0:#}")]
    Wasmtime(wasmtime::Error),
    /// The folder for compiled plugins is not there and cannot be made.
    #[error("cannot make the folder {folder} for compiled plugins: {error}", folder = .folder.display())]
    Cache {
        /// The folder.
        folder: PathBuf,
        /// Why.
        error: io::Error,
    },
    /// No thread can be had.
    #[error("cannot start the thread that watches over running plugins: {0}")]
    Ticker(io::Error),
}

impl Engine {
    /// Sets wasmtime up. Compiled plugins are kept in `cache`, a folder that this user alone may
    /// write, if one is given.
    pub fn new(cache: Option<PathBuf>) -> Result<Self, EngineError> {
        let cache = match cache {
            None => None,
            Some(folder) => Some(
                Cache::open(folder.clone())
                    .map_err(|error| EngineError::Cache { folder, error })?,
            ),
        };
        let wasmtime = wasmtime::Engine::new(&configuration()).map_err(EngineError::Wasmtime)?;
        let mut linker = Linker::new(&wasmtime);
        contract::link(&mut linker).map_err(EngineError::Wasmtime)?;
        tick(&wasmtime).map_err(EngineError::Ticker)?;
        Ok(Self { shared: Arc::new(Shared { wasmtime, linker, cache }) })
    }

    /// Makes a plugin of a file's bytes: looks at its outline, compiles it or takes it from the
    /// cache, checks what it imports and exports, and asks for its manifest. `name` is the file's,
    /// for messages. Takes a second for a large plugin that is not in the cache, so it is for a
    /// thread that may be held up.
    pub fn load(&self, name: &str, bytes: &[u8]) -> Result<Plugin, LoadError> {
        shape::check(name, bytes)?;
        let wasmtime = &self.shared.wasmtime;
        let compiled = match &self.shared.cache {
            Some(cache) => cache.compile(wasmtime, bytes),
            None => Component::from_binary(wasmtime, bytes),
        };
        let component = compiled.map_err(|error| invalid(name, format!("{error:#}")))?;
        let version = self.version(name, &component)?;
        let linker = self.link(name, version, &component)?;
        let kind = component.component_type();
        let mut exports = version.exports().iter();
        if let Some(export) = exports.find(|export| kind.get_export(wasmtime, export).is_none()) {
            return Err(LoadError::MissingExport { name: name.to_owned(), version, export });
        }
        let component = linker
            .instantiate_pre(&component)
            .and_then(|component| version.check(component))
            .map_err(|error| other_type(name, version, &error))?;
        let file =
            PluginFile { hash: blake3::hash(bytes).to_hex().to_string(), bytes: bytes.into() };
        Plugin::new(name, file, component)
    }

    /// The version of the contract that this component was built for: that of what it imports.
    fn version(&self, name: &str, component: &Component) -> Result<Version, LoadError> {
        let kind = component.component_type();
        let imports = kind.imports(&self.shared.wasmtime);
        let mut versions: Vec<&str> = imports
            .filter_map(|(import, _)| import.strip_prefix(contract::PREFIX))
            .map(|import| import.split_once('@').map_or("none", |(_, version)| version))
            .collect();
        versions.sort_unstable();
        versions.dedup();
        let known = match versions[..] {
            [] => Some(Version::Current),
            [version] => Version::named(version),
            _ => None,
        };
        known.ok_or_else(|| LoadError::OtherVersion {
            name: name.to_owned(),
            theirs: versions.join(" and "),
        })
    }

    /// The contract's imports and, of WASI, what this component names. Anything else is refused.
    fn link(
        &self,
        name: &str,
        version: Version,
        component: &Component,
    ) -> Result<Linker<Host>, LoadError> {
        let mut linker = self.shared.linker.clone();
        for (import, extern_) in component.component_type().imports(&self.shared.wasmtime) {
            let unknown =
                || LoadError::UnknownImport { name: name.to_owned(), import: import.to_owned() };
            if let Some(rest) = import.strip_prefix(contract::PREFIX) {
                if !matches!(rest.split('@').next(), Some("types" | "reads")) {
                    return Err(unknown());
                }
            } else if import.starts_with(wasi::PREFIX) && import.contains("@0.2.") {
                let ComponentItem::ComponentInstance(instance) = extern_.ty else {
                    return Err(unknown());
                };
                wasi::define(&mut linker, component, import, &instance)
                    .map_err(|error| other_type(name, version, &error))?;
            } else if import.starts_with(wasi::PREFIX) && import.contains("@0.3.") {
                let why = format!("it imports `{import}`");
                return Err(LoadError::Asynchronous { name: name.to_owned(), why });
            } else {
                return Err(unknown());
            }
        }
        Ok(linker)
    }
}

/// What the validator says. A test holds wasmtime to its words about async.
fn invalid(name: &str, why: String) -> LoadError {
    let name = name.to_owned();
    match why.contains("component model async") {
        true => LoadError::Asynchronous { name, why },
        false => LoadError::Invalid { name, why },
    }
}

fn other_type(name: &str, version: Version, error: &wasmtime::Error) -> LoadError {
    LoadError::OtherType { name: name.to_owned(), version, why: format!("{error:#}") }
}

/// The one configuration: it is part of the cache's key.
fn configuration() -> wasmtime::Config {
    let mut config = wasmtime::Config::new();
    config
        .concurrency_support(false)
        .epoch_interruption(true)
        .memory_init_cow(true)
        .parallel_compilation(true)
        // The same answer on every machine.
        .relaxed_simd_deterministic(true)
        // A fault says what the guest said; frames of a stripped guest would add nothing.
        .wasm_backtrace_max_frames(None);
    config
}

/// A thread that says 100 times a second that time has passed, as long as the engine lives. It
/// serves only to look at the CPU time of a guest that still runs; what flows see of time comes
/// from their reads.
fn tick(engine: &wasmtime::Engine) -> io::Result<()> {
    let engine = engine.weak();
    let ticking = move || {
        while let Some(engine) = engine.upgrade() {
            engine.increment_epoch();
            drop(engine);
            thread::sleep(TICK);
        }
    };
    thread::Builder::new().name("sandbox-tick".into()).spawn(ticking).map(drop)
}

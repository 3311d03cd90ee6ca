//! Why a file is not served.

use crate::{
    contract::{Known, Version},
    fault::Fault,
};

/// A file cannot be served as a plugin, or a plugin not with these settings.
#[derive(Debug, thiserror::Error)]
pub enum LoadError {
    /// Something else altogether.
    #[error(
        "{name}: not a WebAssembly component: {begins}; build the plugin with `--target wasm32-wasip2`"
    )]
    NotAComponent {
        /// The file.
        name: String,
        /// What it is, or begins with.
        begins: String,
    },
    /// WebAssembly, but of the kind without interfaces.
    #[error(
        "{name}: a core WebAssembly module, not a component; build it with `--target wasm32-wasip2`, or wrap it with `wasm-tools component new`"
    )]
    CoreModule {
        /// The file.
        name: String,
    },
    /// The file ends in the midst of a part.
    #[error(
        "{name}: truncated: {length} bytes, and the last part is not complete; copy the file again"
    )]
    Truncated {
        /// The file.
        name: String,
        /// Bytes that are there.
        length: usize,
    },
    /// It claims to be a component and is not valid.
    #[error("{name}: not a valid component: {why}")]
    Invalid {
        /// The file.
        name: String,
        /// The validator's words.
        why: String,
    },
    /// Built for component-model async or for WASI 0.3. A flow that waits would hold something that
    /// a restart loses.
    #[error(
        "{name}: built for asynchronous calls: {why}; a flow answers at once: build it for WASI 0.2 and without async, with many tools by `--sync`"
    )]
    Asynchronous {
        /// The file.
        name: String,
        /// What shows it.
        why: String,
    },
    /// Built for a version of the contract that this host does not speak.
    #[error(
        "{name}: built for strowger:flow@{theirs}, and this host speaks {Known}; build it against one of these"
    )]
    OtherVersion {
        /// The file.
        name: String,
        /// The version that it was built for.
        theirs: String,
    },
    /// It wants something that no flow has.
    #[error(
        "{name}: imports `{import}`, which this host does not have; a flow imports one of {Known}, and wasi 0.2 only"
    )]
    UnknownImport {
        /// The file.
        name: String,
        /// The import.
        import: String,
    },
    /// It is no flow, or only half of one.
    #[error(
        "{name}: does not export `{export}`; a plugin exports the world `flow` of strowger:flow@{version}"
    )]
    MissingExport {
        /// The file.
        name: String,
        /// The version that it was built for.
        version: Version,
        /// The first export that is missing.
        export: &'static str,
    },
    /// An import or export has the name of the contract and another type.
    #[error("{name}: does not fit the contract strowger:flow@{version}: {why}")]
    OtherType {
        /// The file.
        name: String,
        /// The version that it was built for.
        version: Version,
        /// What differs.
        why: String,
    },
    /// What the plugin says of itself cannot be.
    #[error("{name}: its manifest is not valid: {why}")]
    Manifest {
        /// The file.
        name: String,
        /// What is wrong, and what would be right.
        why: String,
    },
    /// The plugin does not take these settings. The message is its own.
    #[error("plugin {plugin} {version} refuses the settings: {message}")]
    SettingsRefused {
        /// The plugin's name.
        plugin: String,
        /// Its version.
        version: String,
        /// Its words.
        message: String,
    },
    /// It failed while it was asked for its manifest or given its settings.
    #[error(transparent)]
    Fault(#[from] Fault),
}

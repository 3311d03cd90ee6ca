//! The versions of the contract that this host speaks, side by side. Each is mapped to the model,
//! so that nothing else in the program knows that there are several.
//!
//! # Layout
//! * [`current`]: the version in work, `wit/flow.wit`, whole.
//! * [`v0_1`]: what was different in 0.1, mapped to `current`.
//!
//! A version is told by the imports of a component: `strowger:flow/reads@0.1.0`. How a new version
//! is made is in `docs/versions.md`.

pub(crate) mod current;
mod v0_1;

use crate::host::Host;
use current::{interfaces, wit};
use std::fmt;
use wasmtime::{
    Store,
    component::{HasSelf, InstancePre, Linker},
};

/// What every import of the contract begins with.
pub(crate) const PREFIX: &str = "strowger:flow/";

/// A version of the contract that this host speaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Version {
    /// 0.1, which old plugins were built for.
    V0_1,
    /// The one in work, which new plugins are built for.
    Current,
}

impl Version {
    /// The oldest first.
    pub(crate) const ALL: [Self; 2] = [Self::V0_1, Self::Current];

    /// The version of a package's name, such as `0.1.0`, if this host speaks it.
    pub(crate) fn named(version: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|known| known.as_str() == version)
    }

    /// The version as the contract's package has it, such as `0.1.0`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::V0_1 => v0_1::VERSION,
            Self::Current => current::VERSION,
        }
    }

    /// The functions that a plugin of this version exports.
    pub(crate) fn exports(self) -> &'static [&'static str] {
        match self {
            Self::V0_1 => &["manifest", "configure", "step", "migrate"],
            Self::Current => &["manifest", "configure", "step"],
        }
    }

    /// Checks that what is imported and exported is of this version's types.
    pub(crate) fn check(self, component: InstancePre<Host>) -> wasmtime::Result<Checked> {
        Ok(match self {
            Self::V0_1 => Checked::V0_1(v0_1::FlowPre::new(component)?),
            Self::Current => Checked::Current(current::FlowPre::new(component)?),
        })
    }
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// All versions, for messages.
pub(crate) struct Known;

impl fmt::Display for Known {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (place, version) in Version::ALL.into_iter().enumerate() {
            let between = match Version::ALL.len() - place {
                _ if place == 0 => "",
                1 => " and ",
                _ => ", ",
            };
            write!(f, "{between}strowger:flow@{version}")?;
        }
        Ok(())
    }
}

/// The imports of all versions.
pub(crate) fn link(linker: &mut Linker<Host>) -> wasmtime::Result<()> {
    v0_1::link(linker)?;
    interfaces::types::add_to_linker::<_, HasSelf<Host>>(linker, |host| host)?;
    interfaces::reads::add_to_linker::<_, HasSelf<Host>>(linker, |host| host)
}

/// A component that keeps to its version of the contract.
#[derive(Clone)]
pub(crate) enum Checked {
    V0_1(v0_1::FlowPre<Host>),
    Current(current::FlowPre<Host>),
}

impl Checked {
    pub(crate) fn version(&self) -> Version {
        match self {
            Self::V0_1(_) => Version::V0_1,
            Self::Current(_) => Version::Current,
        }
    }

    pub(crate) fn engine(&self) -> &wasmtime::Engine {
        match self {
            Self::V0_1(component) => component.engine(),
            Self::Current(component) => component.engine(),
        }
    }

    pub(crate) fn instantiate(&self, store: &mut Store<Host>) -> wasmtime::Result<Exports> {
        Ok(match self {
            Self::V0_1(component) => Exports::V0_1(component.instantiate(store)?),
            Self::Current(component) => Exports::Current(component.instantiate(store)?),
        })
    }
}

/// What an instance exports, in the words of the current version.
pub(crate) enum Exports {
    V0_1(v0_1::Flow),
    Current(current::Flow),
}

impl Exports {
    pub(crate) fn manifest(&self, store: &mut Store<Host>) -> wasmtime::Result<wit::Manifest> {
        match self {
            Self::V0_1(exports) => exports.call_manifest(store).map(Into::into),
            Self::Current(exports) => exports.call_manifest(store),
        }
    }

    pub(crate) fn configure(
        &self,
        store: &mut Store<Host>,
        settings: &str,
    ) -> wasmtime::Result<Result<(), String>> {
        match self {
            Self::V0_1(exports) => exports.call_configure(store, settings),
            Self::Current(exports) => exports.call_configure(store, settings),
        }
    }

    pub(crate) fn step(
        &self,
        store: &mut Store<Host>,
        state: &[u8],
        event: wit::Event<'_>,
    ) -> wasmtime::Result<Result<wit::StepResult, String>> {
        match self {
            Self::V0_1(exports) => {
                let Some(event) = v0_1::event(event) else {
                    wasmtime::bail!("the contract of the plugin has no word for this event");
                };
                Ok(exports.call_step(store, state, event)?.map(Into::into))
            }
            Self::Current(exports) => exports.call_step(store, state, event),
        }
    }
}

#[cfg(test)]
mod tests;

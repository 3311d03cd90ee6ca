//! A plugin that was compiled, checked and asked what it is.

use crate::{
    contract::{Checked, Version, current::wit},
    failure::Failure,
    instance::Instance,
    limits::Limits,
    refused::LoadError,
};
use std::sync::Arc;
use strowger_model::{Event, archive::PluginFile};

/// What a plugin says of itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Manifest {
    /// Lower case, digits and hyphens.
    pub name: String,
    /// Semantic version.
    pub version: String,
    /// JSON Schema (2020-12) of the settings, as text.
    pub settings_schema: String,
}

/// A compiled plugin. Clones are the same plugin; the code is freed with the last of its flows.
#[derive(Clone)]
pub struct Plugin {
    shared: Arc<Shared>,
}

struct Shared {
    manifest: Manifest,
    file: PluginFile,
    component: Checked,
}

impl Plugin {
    pub(crate) fn new(name: &str, file: PluginFile, component: Checked) -> Result<Self, LoadError> {
        let limits = Limits { memory: Limits::MANIFEST_MEMORY, ..Limits::default() };
        let manifest = Instance::new(&component, &limits)
            .and_then(|mut instance| instance.manifest())
            .map_err(|failure| failure.by(name, ""))?;
        let manifest =
            checked(manifest).map_err(|why| LoadError::Manifest { name: name.to_owned(), why })?;
        Ok(Self { shared: Arc::new(Shared { manifest, file, component }) })
    }

    /// What the plugin says of itself.
    pub fn manifest(&self) -> &Manifest {
        &self.shared.manifest
    }

    /// The version of the contract that it was built for.
    pub fn contract(&self) -> Version {
        self.shared.component.version()
    }

    /// Whether the plugin may be told an event: 0.1 had `transfer-asked`, but no host told it, and
    /// no `came-back`.
    pub fn knows(&self, event: &Event) -> bool {
        self.contract() != Version::V0_1
            || !matches!(event, Event::TransferAsked { .. } | Event::CameBack { .. })
    }

    /// BLAKE3 of the plugin's bytes, in hexadecimal.
    pub fn hash(&self) -> &str {
        &self.shared.file.hash
    }

    /// The plugin as it was read.
    pub fn file(&self) -> PluginFile {
        self.shared.file.clone()
    }

    /// An instance without settings.
    pub(crate) fn instantiate(&self, limits: &Limits) -> Result<Instance, Failure> {
        Instance::new(&self.shared.component, limits)
    }
}

fn checked(manifest: wit::Manifest) -> Result<Manifest, String> {
    let wit::Manifest { name, version, settings_schema } = manifest;
    let proper = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    if !(1..=64).contains(&name.len()) || !name.chars().all(proper) {
        return Err(format!(
            "the name {name:?} is not of lower case letters, digits and hyphens, at most 64"
        ));
    }
    if !is_semantic(&version) {
        return Err(format!(
            "the version {version:?} is not a semantic version, such as \"1.0.2\""
        ));
    }
    match serde_json::from_str::<serde_json::Value>(&settings_schema) {
        Ok(schema) if schema.is_object() || schema.is_boolean() => {}
        Ok(_) => {
            return Err(
                "the settings schema is JSON, but not a JSON Schema, which is an object".into()
            );
        }
        Err(error) => return Err(format!("the settings schema is not JSON: {error}")),
    }
    Ok(Manifest { name, version, settings_schema })
}

/// Three numbers, and then what may follow a hyphen or a plus.
fn is_semantic(version: &str) -> bool {
    let end = version.find(['-', '+']).unwrap_or(version.len());
    let (core, rest) = version.split_at(end);
    let numbers: Vec<&str> = core.split('.').collect();
    let proper = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '+');
    version.len() <= 64
        && numbers.len() == 3
        && numbers
            .iter()
            .all(|number| !number.is_empty() && number.bytes().all(|b| b.is_ascii_digit()))
        && (rest.is_empty() || rest.len() > 1 && rest.chars().all(proper))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn manifests_are_checked() {
        let said = |name: &str, version: &str, schema: &str| {
            checked(wit::Manifest {
                name: name.into(),
                version: version.into(),
                settings_schema: schema.into(),
            })
            .map_or_else(|why| why, |_| "fine".into())
        };
        assert_eq!(said("desk-2", "1.0.2-rc.1+5", "{}"), "fine");
        assert!(said("Desk", "1.0.2", "{}").contains("\"Desk\""));
        assert!(said("", "1.0.2", "{}").contains("name"));
        for version in ["1.0", "1.0.x", "1..2", "v1.0.0", "1.0.0-"] {
            assert!(said("desk", version, "{}").contains("semantic version"), "{version}");
        }
        assert!(said("desk", "1.0.2", "{").contains("not JSON"));
        assert!(said("desk", "1.0.2", "[]").contains("not a JSON Schema"));
    }
}

//! A temporary folder with a site, flow files and plugins.

use anyhow::{Context, Result};
use std::{
    fs,
    path::{Path, PathBuf},
};
use tempfile::TempDir;

/// A temporary folder with `flows/` and `plugins/`; gone when dropped.
pub struct Folder(TempDir);

impl Folder {
    /// A folder with this site file and no flows.
    ///
    /// # Errors
    /// It cannot be written.
    pub fn new(site: &str) -> Result<Self> {
        let folder = Self(tempfile::tempdir().context("making a temporary folder")?);
        fs::create_dir_all(folder.plugins())?;
        folder.write("site.toml", site)?;
        Ok(folder)
    }

    /// Adds a plugin of the workspace, by its package's name, such as `reception`.
    ///
    /// # Errors
    /// It cannot be written.
    pub fn plugin(self, package: &str) -> Result<Self> {
        self.write_plugin(package, &strowger_test_support::plugin_wasm(package))?;
        Ok(self)
    }

    /// Adds a flow file.
    ///
    /// # Errors
    /// It cannot be written.
    pub fn flow(self, name: &str, toml: &str) -> Result<Self> {
        self.write(&format!("{name}/flow.toml"), toml)?;
        Ok(self)
    }

    /// A folder with the vaccination helpdesk alone.
    ///
    /// # Errors
    /// It cannot be written.
    pub fn helpdesk(site: &str, flow: &str) -> Result<Self> {
        Self::new(site)?.plugin("vaccination-helpdesk")?.flow("vaccination-helpdesk", flow)
    }

    /// Writes a file below `flows/`, in one piece.
    ///
    /// # Errors
    /// It cannot be written.
    pub fn write(&self, path: &str, text: &str) -> Result<()> {
        replace(&self.flows().join(path), text.as_bytes())
    }

    /// Writes `plugins/NAME.wasm`, in one piece.
    ///
    /// # Errors
    /// It cannot be written.
    pub fn write_plugin(&self, name: &str, bytes: &[u8]) -> Result<()> {
        replace(&self.plugins().join(name).with_extension("wasm"), bytes)
    }

    /// The folder of flows.
    pub fn flows(&self) -> PathBuf {
        self.0.path().join("flows")
    }

    /// The folder of plugins.
    pub fn plugins(&self) -> PathBuf {
        self.0.path().join("plugins")
    }

    /// A folder for what can be made again.
    pub fn cache(&self) -> PathBuf {
        self.0.path().join("cache")
    }
}

fn replace(path: &Path, bytes: &[u8]) -> Result<()> {
    let folder = path.parent().context("a path without a folder")?;
    fs::create_dir_all(folder)?;
    let mut file = tempfile::NamedTempFile::new_in(folder)?;
    std::io::Write::write_all(&mut file, bytes)?;
    file.persist(path).with_context(|| format!("writing {}", path.display()))?;
    Ok(())
}

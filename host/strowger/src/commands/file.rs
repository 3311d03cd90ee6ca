//! Files that a command gives to the host.

use anyhow::{Context, Result};
use std::path::Path;
use strowger_api::v1::List;
use strowger_site::{source::read_whole, table};

/// A CSV file, in whatever encoding it was saved.
pub(crate) fn list(file: &Path) -> Result<List> {
    let name = file.display().to_string();
    let bytes = read_whole(file).with_context(|| format!("{name} cannot be read"))?;
    Ok(List { name, text: table::decoded(&bytes).into_owned() })
}

//! The JSON Schema of the site file, and what all files are checked with.

use crate::site_file::SiteFile;
use serde_json::Value;
use std::sync::LazyLock;
pub use strowger_files::schema::{Explain, Schema, of, options, read};

pub(crate) static SITE: LazyLock<Result<Schema, String>> =
    LazyLock::new(|| Schema::new(site(), options()));

/// The schema of `site.toml`.
pub fn site() -> Value {
    of::<SiteFile>()
}

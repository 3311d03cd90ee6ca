//! The schema of a flow's settings, as a file beside its source.

use crate::{Flow, export};
use std::{env, fs, path::Path};

/// Holds that a file of the package is the JSON Schema of a flow's settings. With `UPDATE=1` in the
/// environment the file is written instead.
///
/// # Panics
/// When the file is another, or cannot be written.
pub fn settings_schema<F: Flow>(file: impl AsRef<Path>) {
    let file = file.as_ref();
    let schema = export::schemars::schema_for!(F::Settings);
    let mut text = serde_json::to_string_pretty(&schema)
        .unwrap_or_else(|error| panic!("the settings' schema: {error}"));
    text.push('\n');
    if env::var_os("UPDATE").is_some() {
        fs::write(file, text).unwrap_or_else(|error| panic!("{}: {error}", file.display()));
    } else if fs::read_to_string(file).unwrap_or_default() != text {
        panic!(
            "{} is not the schema of the settings any more: run the test with UPDATE=1 and commit the file",
            file.display()
        );
    }
}

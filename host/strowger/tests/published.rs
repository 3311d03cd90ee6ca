//! The JSON Schema of `strowger.toml` in `docs/schemas/` is what the command prints. `UPDATE_SCHEMAS=1` writes it anew.
#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::{env, fs, process::Command};
use strowger_test_support::workspace;

#[test]
fn the_schema_is_as_published() {
    let printed = Command::new(env!("CARGO_BIN_EXE_strowger")).args(["schema", "config"]).output().unwrap().stdout;
    let file = workspace().join("docs/schemas/config.json");
    if env::var_os("UPDATE_SCHEMAS").is_some() {
        fs::write(&file, &printed).unwrap();
    }
    let there = fs::read(&file).unwrap_or_default();
    assert_eq!(
        String::from_utf8_lossy(&there),
        String::from_utf8_lossy(&printed),
        "docs/schemas/config.json is not that of the source; UPDATE_SCHEMAS=1 writes it anew"
    );
}

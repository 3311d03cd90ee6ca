//! The JSON Schemas in `docs/schemas/` of `strowger.toml`, of the adapter protocol and of the API
//! are what the command prints. `UPDATE_SCHEMAS=1` writes them anew.

use std::{env, fs, process::Command};
use strowger_test_support::workspace;

#[test]
fn the_schemas_are_as_published() {
    for kind in ["config", "adapter-to-host", "adapter-to-adapter", "api"] {
        let printed = Command::new(env!("CARGO_BIN_EXE_strowger"))
            .args(["schema", kind])
            .output()
            .unwrap()
            .stdout;
        let file = workspace().join(format!("docs/schemas/{kind}.json"));
        if env::var_os("UPDATE_SCHEMAS").is_some() {
            fs::write(&file, &printed).unwrap();
        }
        let there = fs::read(&file).unwrap_or_default();
        assert_eq!(
            String::from_utf8_lossy(&there),
            String::from_utf8_lossy(&printed),
            "docs/schemas/{kind}.json is not that of the source; UPDATE_SCHEMAS=1 writes it anew"
        );
    }
}

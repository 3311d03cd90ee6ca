//! The JSON Schema of scenario files in `docs/schemas/` is that of this source. `UPDATE_SCHEMAS=1`
//! writes it anew.

use std::{env, fs};
use strowger_test_support::workspace;

#[test]
fn the_schema_is_as_published() {
    let file = workspace().join("docs/schemas/scenario.json");
    let text = format!("{:#}\n", strowger_scenario::file::schema());
    if env::var_os("UPDATE_SCHEMAS").is_some() {
        fs::write(&file, &text).unwrap();
    }
    let there = fs::read_to_string(&file).unwrap_or_default();
    assert_eq!(
        there, text,
        "docs/schemas/scenario.json is not that of the source; UPDATE_SCHEMAS=1 writes it anew"
    );
}

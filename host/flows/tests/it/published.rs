//! What is published stands: the JSON Schemas in `docs/schemas/` are those of this source, and the
//! flows of the examples are good. `UPDATE_SCHEMAS=1` writes the schemas anew.

use std::{env, fs};
use strowger_flows::{check, schemas};
use strowger_sandbox::Engine;
use strowger_site::schema;
use strowger_test_support::{plugin_wasm, workspace};

const PLUGINS: [&str; 12] = [
    "absence-line",
    "agent-desk",
    "contact-centre",
    "emergency-line",
    "gp-post",
    "offer",
    "permanentie",
    "reception",
    "redirect",
    "switch-desk",
    "vaccination-helpdesk",
    "zorglijn",
];

const FLOWS: [&str; 15] = [
    "absence-line",
    "agent-desk",
    "contact-centre",
    "gp-post",
    "meldtekst-huisartsenpost",
    "noodlijn",
    "open-shift",
    "permanentie-oost-vlaanderen",
    "permanentie-west-vlaanderen",
    "reception",
    "reserve-list",
    "switch-desk",
    "vaccination-helpdesk",
    "vcare-hap",
    "zorglijn",
];

#[test]
fn schemas_and_examples_are_as_published() {
    let plugins = tempfile::tempdir().unwrap();
    let engine = Engine::new(None).unwrap();
    let mut published =
        vec![("site".to_owned(), schema::site()), ("flow".to_owned(), schemas::flow())];
    for name in PLUGINS {
        let wasm = plugin_wasm(name);
        fs::write(plugins.path().join(format!("{name}.wasm")), &wasm).unwrap();
        let plugin = engine.load(name, &wasm).unwrap();
        published.push((format!("flow-{name}"), schemas::flow_of(plugin.manifest()).unwrap()));
    }
    for (name, schema) in published {
        jsonschema::meta::validate(&schema).unwrap_or_else(|error| panic!("{name}: {error}"));
        jsonschema::validator_for(&schema).unwrap_or_else(|error| panic!("{name}: {error}"));
        let file = workspace().join(format!("docs/schemas/{name}.json"));
        let text = format!("{schema:#}\n");
        if env::var_os("UPDATE_SCHEMAS").is_some() {
            fs::write(&file, &text).unwrap();
        }
        let there = fs::read_to_string(&file).unwrap_or_default();
        assert_eq!(
            there, text,
            "docs/schemas/{name}.json is not that of the source; UPDATE_SCHEMAS=1 writes it anew"
        );
    }
    let flows = workspace().join("flows");
    let report = check(&flows, plugins.path(), &engine);
    assert!(report.is_good(), "{report}");
    assert_eq!(report.good, FLOWS);
    // Editors find the schemas.
    for file in
        ["site.toml".to_owned()].into_iter().chain(FLOWS.map(|flow| format!("{flow}/flow.toml")))
    {
        let file = flows.join(file);
        let text = fs::read_to_string(&file).unwrap();
        let schema = text
            .lines()
            .next()
            .and_then(|line| line.strip_prefix("#:schema "))
            .expect("a schema for editors");
        assert!(file.parent().unwrap().join(schema).is_file(), "{}: {schema}", file.display());
    }
    // One flow alone, by its folder and by its file.
    for one in ["reception", "reception/flow.toml"] {
        assert_eq!(check(&flows.join(one), plugins.path(), &engine).good, ["reception"]);
    }
    let nowhere = check(plugins.path(), plugins.path(), &engine);
    assert!(
        nowhere.to_string().contains("there is no site.toml here or in a folder above"),
        "{nowhere}"
    );
}

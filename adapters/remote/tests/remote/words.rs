//! The words of the protocol: what docs/write-an-adapter.md shows is what the schemas and the code
//! understand.

use serde::{Serialize, de::DeserializeOwned};
use serde_json::Value;
use std::{collections::BTreeSet, fs};
use strowger_remote::protocol::{ToAdapter, ToHost, schema_to_adapter, schema_to_host};
use strowger_test_support::workspace;

/// The messages of one direction that the document shows: one a line, in blocks marked `json
/// to-host` or `json to-adapter`.
fn shown(direction: &str) -> Vec<String> {
    let text = fs::read_to_string(workspace().join("docs/write-an-adapter.md")).unwrap();
    let mut inside = false;
    let mut messages = Vec::new();
    for line in text.lines() {
        match line.strip_prefix("```") {
            Some(mark) => inside = mark == format!("json {direction}"),
            None if inside && !line.is_empty() => messages.push(line.to_owned()),
            None => {}
        }
    }
    messages
}

/// Every value of a `type` in a message, and in a schema.
fn types(value: &Value, found: &mut BTreeSet<String>) {
    match value {
        Value::Object(object) => {
            match object.get("type") {
                Some(Value::String(kind)) => drop(found.insert(kind.clone())),
                Some(kind) if kind["const"].is_string() => {
                    found.insert(kind["const"].as_str().unwrap().to_owned());
                }
                _ => {}
            }
            object.values().for_each(|value| types(value, found));
        }
        Value::Array(all) => all.iter().for_each(|value| types(value, found)),
        _ => {}
    }
}

fn check<T: DeserializeOwned + Serialize>(direction: &str, schema: &Value) {
    let messages = shown(direction);
    assert!(messages.len() > 5, "{messages:?}");
    let validator = jsonschema::validator_for(schema).unwrap();
    let mut said = BTreeSet::new();
    for message in &messages {
        let value: Value =
            serde_json::from_str(message).unwrap_or_else(|error| panic!("{message}: {error}"));
        validator.validate(&value).unwrap_or_else(|error| panic!("{message}: {error}"));
        let decoded: T = serde_json::from_value(value.clone())
            .unwrap_or_else(|error| panic!("{message}: {error}"));
        let coded = serde_json::to_value(decoded).unwrap();
        validator.validate(&coded).unwrap_or_else(|error| panic!("{coded}: {error}"));
        types(&value, &mut said);
    }
    let mut sayable = BTreeSet::new();
    types(schema, &mut sayable);
    let json = ["object", "string", "array", "integer", "null", "boolean"];
    let unsaid: Vec<_> =
        sayable.difference(&said).filter(|kind| !json.contains(&kind.as_str())).collect();
    assert!(unsaid.is_empty(), "docs/write-an-adapter.md shows no {unsaid:?} {direction}");
}

#[test]
fn the_document_shows_every_message_as_it_is() {
    check::<ToHost>("to-host", &schema_to_host());
    check::<ToAdapter>("to-adapter", &schema_to_adapter());
}

//! The JSON Schema of flow files: with the settings of any plugin, or of one.

use crate::flow_file::FlowFile;
use serde_json::{Value, json};
use std::sync::LazyLock;
use strowger_site::schema::{self, Schema};

pub(crate) static FLOW: LazyLock<Result<Schema, String>> =
    LazyLock::new(|| Schema::new(flow(), jsonschema::options().should_validate_formats(false)));

/// The schema of a flow file, whatever its plugin.
pub fn flow() -> Value {
    schema::of::<FlowFile>()
}

/// The schema of the flow files of one plugin: its settings are those of the plugin.
pub fn flow_of(manifest: &strowger_sandbox::Manifest) -> Result<Value, serde_json::Error> {
    let mut settings: Value = serde_json::from_str(&manifest.settings_schema)?;
    let mut schema = flow();
    let mut definitions = json!({});
    for key in ["$defs", "definitions"] {
        if let Some(Value::Object(own)) =
            settings.as_object_mut().and_then(|settings| settings.remove(key))
        {
            for (name, definition) in own {
                definitions[format!("settings.{name}")] = definition;
            }
        }
    }
    if let Some(settings) = settings.as_object_mut() {
        settings.remove("$schema");
    }
    point_into_settings(&mut settings);
    point_into_settings(&mut definitions);
    if let (Some(all), Value::Object(own)) = (schema["definitions"].as_object_mut(), definitions) {
        all.extend(own);
    }
    schema["title"] = format!("Strowger flow file of {}", manifest.name).into();
    schema["properties"]["plugin"]["const"] = manifest.name.as_str().into();
    schema["properties"]["settings"] = settings;
    Ok(schema)
}

fn point_into_settings(schema: &mut Value) {
    match schema {
        Value::Object(map) => {
            for (key, value) in map {
                match value {
                    Value::String(target) if key == "$ref" => {
                        for own in ["#/$defs/", "#/definitions/"] {
                            if let Some(name) = target.strip_prefix(own) {
                                *target = format!("#/definitions/settings.{name}");
                                break;
                            }
                        }
                    }
                    value => point_into_settings(value),
                }
            }
        }
        Value::Array(items) => items.iter_mut().for_each(point_into_settings),
        _ => {}
    }
}

//! What the export macro needs. Not for flows.

use crate::{Flow, types::Manifest};
use serde_json::Value;

pub use crate::bindings::{Guest, export_flow};
pub use schemars;
pub use serde_json;

/// The JSON Schema of a flow's settings.
pub fn settings_schema<F: Flow>() -> String {
    schemars::schema_for!(F::Settings).to_value().to_string()
}

/// A manifest that has the name and the version of a crate.
pub fn manifest(name: &str, version: &str, settings_schema: String) -> Manifest {
    Manifest { name: name.into(), version: version.into(), settings_schema }
}

/// Decodes and checks settings. They live as long as the instance, which gets them once.
///
/// # Errors
/// What is wrong with them, for the operator.
pub fn configure<F: Flow>(settings: &str) -> Result<&'static F::Settings, String> {
    let wrong = |error| format!("settings: {error}");
    if let Some(fields) = F::FIELDS {
        only_fields("", &serde_json::from_str(settings).map_err(wrong)?, fields)?;
    }
    let settings = serde_json::from_str(settings).map_err(wrong)?;
    F::check(&settings)?;
    Ok(Box::leak(Box::new(settings)))
}

/// Refuses a text with a field in braces that nothing fills in. `place`: where the value stands, such
/// as `texts.welcome`.
fn only_fields(place: &str, value: &Value, fields: &[&str]) -> Result<(), String> {
    let inside = |key: &str| match place {
        "" => key.to_owned(),
        place => format!("{place}.{key}"),
    };
    match value {
        Value::Object(table) => {
            table.iter().try_for_each(|(key, value)| only_fields(&inside(key), value, fields))
        }
        Value::Array(items) => items
            .iter()
            .enumerate()
            .try_for_each(|(index, value)| only_fields(&inside(&index.to_string()), value, fields)),
        Value::String(text) => match other_field(text, fields) {
            None => Ok(()),
            Some(other) => {
                let known: Vec<String> =
                    fields.iter().map(|field| format!("{{{field}}}")).collect();
                let known = match known.is_empty() {
                    true => "this flow has no fields".to_owned(),
                    false => format!("this flow has {}", known.join(", ")),
                };
                Err(format!("{place}: nothing fills in {{{other}}}; {known}"))
            }
        },
        _ => Ok(()),
    }
}

/// The first field of a text that is none of these.
fn other_field<'t>(text: &'t str, fields: &[&str]) -> Option<&'t str> {
    let is_name = |c: char| c.is_alphanumeric() || matches!(c, '_' | '-');
    text.split('{').skip(1).find_map(|after| {
        let (name, _) = after.split_once('}')?;
        let is_field = !name.is_empty() && name.chars().all(is_name);
        (is_field && !fields.contains(&name)).then_some(name)
    })
}

/// Makes this crate the plugin of one flow: `strowger_sdk::export!(Helpdesk);`.
///
/// The manifest's name and version are those of the crate in Cargo.toml. Natively this is nothing,
/// so that the same crate can be tested as plain Rust.
///
/// The settings' schema is made by the plugin when it is loaded. A plugin that has it in a file
/// beside its source is a quarter smaller and loads in two thirds of the time:
/// `strowger_sdk::export!(Helpdesk, schema = "../settings.schema.json");`. A test keeps the file
/// true, see [`testing::settings_schema`](crate::testing::settings_schema).
#[macro_export]
macro_rules! export {
    ($flow:ty) => {
        $crate::export!(@plugin $flow, $crate::export::settings_schema::<$flow>());
    };
    ($flow:ty, schema = $path:literal) => {
        $crate::export!(@plugin $flow, ::std::string::String::from(::std::include_str!($path)));
    };
    (@plugin $flow:ty, $schema:expr) => {
        #[cfg(target_arch = "wasm32")]
        #[allow(unsafe_code)]
        const _: () = {
            ::std::thread_local! {
                static SETTINGS: ::std::cell::Cell<
                    ::std::option::Option<&'static <$flow as $crate::Flow>::Settings>,
                > = const { ::std::cell::Cell::new(::std::option::Option::None) };
            }

            struct Plugin;

            impl $crate::export::Guest for Plugin {
                fn manifest() -> $crate::types::Manifest {
                    $crate::export::manifest(
                        ::std::env!("CARGO_PKG_NAME"),
                        ::std::env!("CARGO_PKG_VERSION"),
                        $schema,
                    )
                }

                fn configure(
                    settings: ::std::string::String,
                ) -> ::std::result::Result<(), ::std::string::String> {
                    SETTINGS.set(::std::option::Option::Some(
                        $crate::export::configure::<$flow>(&settings)?,
                    ));
                    ::std::result::Result::Ok(())
                }

                fn step(
                    state: ::std::vec::Vec<u8>,
                    event: $crate::types::Event,
                ) -> ::std::result::Result<$crate::types::StepResult, ::std::string::String>
                {
                    match SETTINGS.get() {
                        ::std::option::Option::Some(settings) => {
                            <$flow as $crate::Flow>::step(settings, state, event)
                        }
                        ::std::option::Option::None => ::std::result::Result::Err(
                            "step before configure: this instance has no settings".into(),
                        ),
                    }
                }
            }

            $crate::export::export_flow!(Plugin with_types_in $crate::bindings);
        };
    };
}

#[cfg(test)]
mod tests {
    use super::only_fields;
    use serde_json::json;

    #[test]
    fn a_field_that_nothing_fills_in_is_refused() {
        let wrong = |text: &str| only_fields("", &json!({"texts": {"welcome": text}}), &["town"]);
        assert_eq!(wrong("Welkom in {town}."), Ok(()));
        assert_eq!(wrong("Een { en een {} en een { town }, en {een: twee}"), Ok(()));
        assert_eq!(
            wrong("Welkom in {town}, {gemeente}.").unwrap_err(),
            "texts.welcome: nothing fills in {gemeente}; this flow has {town}"
        );
        assert_eq!(
            only_fields("", &json!({"languages": [{"ask": {"fr": "{ville}"}}]}), &[]).unwrap_err(),
            "languages.0.ask.fr: nothing fills in {ville}; this flow has no fields"
        );
    }
}

//! What the export macro needs. Not for flows.

use crate::{Flow, types::Manifest};

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
    let settings = serde_json::from_str(settings).map_err(|error| format!("settings: {error}"))?;
    F::check(&settings)?;
    Ok(Box::leak(Box::new(settings)))
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

//! The contract of `wit/flow.wit` as Rust types, generated.
//!
//! The imports do something inside a host only; natively they must not be called, which is why
//! everybody else goes through [`crate::reads`].
#![allow(unsafe_code, missing_docs, clippy::all, unreachable_pub, dead_code)]

wit_bindgen::generate!({
    path: "../../wit",
    world: "flow",
    pub_export_macro: true,
    default_bindings_module: "strowger_sdk::bindings",
    export_macro_name: "export_flow",
    additional_derives: [PartialEq, serde::Serialize, serde::Deserialize],
});

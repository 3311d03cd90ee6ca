//! Flows written with the SDK.
#![allow(missing_docs, clippy::unwrap_used, clippy::expect_used)]

mod call_backs;
mod campaigns;
mod contract;
mod conversation;
mod properties;
mod scripts;

//! The adapter against a real Asterisk 22, with SIPp's callers and phones.
//!
//! `cargo xtask asterisk` fetches both. Every test has an Asterisk of its own.

#![allow(clippy::unwrap_used, reason = "tests")]

mod conformance;
mod ground;
mod own;
mod reach;

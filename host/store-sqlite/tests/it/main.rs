//! The journal in SQLite.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod format;
mod hard;
mod refused;
mod suite;

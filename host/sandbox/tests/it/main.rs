//! Plugins in the sandbox.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod common;
mod hostile;
mod load;
mod versions;

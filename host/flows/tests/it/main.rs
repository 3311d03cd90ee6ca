//! Folders of flows: read, checked, swapped.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod catalogue;
mod published;
mod revive;
mod wrong;

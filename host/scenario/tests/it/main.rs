//! Scenarios: how they run, and what they hold fast of the flows that come with Strowger.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod calls_back;
mod common;
mod edits;
mod flows;
mod published;
mod replay;
mod runner;

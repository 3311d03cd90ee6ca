//! The command, as people and other programs use it.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod asterisk;
mod campaigns;
mod campaigns_killed;
mod cli;
mod common;
mod desk;
mod guide;
mod killed;
mod mistakes;
mod published;
mod recorded;
mod remote;
mod setup;
mod supervised;
mod switches;

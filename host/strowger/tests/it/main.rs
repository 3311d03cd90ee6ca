//! The command, as people and other programs use it.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod asterisk;
mod browser;
mod campaigns;
mod campaigns_killed;
mod cli;
mod common;
mod console;
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
mod webdriver;

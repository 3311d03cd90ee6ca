//! One file for each command, and what several of them need.
//!
//! # Layout
//! * `init`, `doctor`: a first configuration, and what is wrong with one.
//! * `check`, `test`, `hours`, `card`: for flow files and the site file, without a host.
//! * `status`, `flows`, `call`, `calls`, `floor`: for a running host. `floor` has the commands for
//!   queues and agents. `switch`: switches. `drill`: what is prepared for an emergency.
//!   `account`: users and tokens. `campaign`, `dnc`: people on lists, and numbers that no campaign calls.
//! * `reach`: how these reach it.
//! * `records`, `report`, `replay`, `erase`: for what was recorded. `shifts`: the report of campaigns.
//! * `mails`, `cases`: for what is to be sent or answered.
//! * `sim`: the sim as an adapter in a process of its own.
//! * `adapter`: the scenarios of all adapters, played on one.
//! * `pin`: PINs for the site file.
//! * `load`: flows for commands that look at them without serving calls.
//! * `against`: what was sent on each day, which a report compares calls with.
//! * `file`: files that a command gives to the host.
//! * `sheet`: tables for people and spreadsheets.
//! * `when`: instants as people write them.

pub(crate) mod account;
pub(crate) mod adapter;
pub(crate) mod against;
pub(crate) mod call;
pub(crate) mod calls;
pub(crate) mod campaign;
pub(crate) mod card;
pub(crate) mod cases;
pub(crate) mod check;
pub(crate) mod dnc;
pub(crate) mod doctor;
pub(crate) mod drill;
pub(crate) mod erase;
pub(crate) mod file;
pub(crate) mod floor;
pub(crate) mod flows;
pub(crate) mod hours;
pub(crate) mod init;
pub(crate) mod load;
pub(crate) mod mails;
pub(crate) mod pin;
pub(crate) mod reach;
pub(crate) mod records;
pub(crate) mod replay;
pub(crate) mod report;
pub(crate) mod sheet;
pub(crate) mod shifts;
pub(crate) mod sim;
pub(crate) mod status;
pub(crate) mod switch;
pub(crate) mod test;
pub(crate) mod when;

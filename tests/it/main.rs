//! The whole host on the simulated PBX. A behaviour is found by the name of its test.
//!
//! # Layout
//! * `orders`: what a flow can order of legs, and what it is told.
//! * `agents`: agents log in, join queues and pause, at their phones.
//! * `phones`: agents in calls of their own, or with phones that are not there.
//! * `line`: phones that ring are passed on from caller to caller.
//! * `people`: contacts, rosters and earlier calls.
//! * `contact_centre`, `sim`: a flow of the repository from arrival to record.
//! * `recovery`: calls outlive their host.
//! * `swap`: flows are replaced while calls are up.
//! * `switches`: a switch in front of a flow is turned.
//! * `campaigns`: people on a list are called, until the places are filled.
//! * `neighbours`: a flow that uses all that it may, beside others.
//! * `overload`, `disk`, `hostile`: too many calls, a disk that is full, plugins that misbehave.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod agents;
mod campaigns;
mod contact_centre;
mod disk;
mod hostile;
mod line;
mod neighbours;
mod orders;
mod overload;
mod people;
mod phones;
mod recovery;
mod sim;
mod swap;
mod switches;

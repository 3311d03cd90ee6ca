//! Scenarios: a flow is tried without a PBX, under virtual time, by files that say who calls when,
//! what agents do, and what must be heard, rung, dialled and recorded at which second.
//!
//! # Layout
//! * [`mod@file`]: the file as it is written; [`term`]: figures in it; `load`: reading and checking
//!   it.
//! * `campaigns`: campaigns that are opened, and what must come of them.
//! * `unknown`: what a scenario names and the site does not have.
//! * `people`: contacts and rosters of a scenario's own; [`mod@pinned`]: flow file and site file
//!   that the scenarios of a flow play with.
//! * [`mod@run`]: plays a scenario with the flow's own plugin, a real exchange and the [`stage`].
//! * [`timeline`]: a call as people see it; `recorder`: puts it together; `judge`: compares it with
//!   what was expected; `reported`: the same for reports.
//! * [`mod@replay`]: a recorded call run again, and where it differs.
//! * [`report`]: what came of it, for people.
//! * [`mod@gate`]: what a flow has to pass before it serves; [`mutate`]: proof that scenarios hold
//!   a flow's figures fast.
//!
//! **Architecture invariant:** a run waits for nothing real and reads no clock. Two runs are alike
//! to the byte.

mod campaigns;
pub mod file;
#[cfg(test)]
mod fuzz;
pub mod gate;
mod judge;
mod load;
pub mod mutate;
mod people;
pub mod pinned;
mod recorder;
pub mod replay;
pub mod report;
mod reported;
pub mod run;
pub mod stage;
pub mod term;
pub mod timeline;
mod unknown;

pub use gate::{gate, run_all};
pub use judge::Failure;
pub use load::Scenario;
pub use pinned::pinned;
pub use replay::replay;
pub use report::Report;
pub use run::{How, run};
pub use timeline::{Happening, Narrator, Timeline, What};

//! Flows: the catalogue of what serves calls, made of flow files, plugins and the site file.
//!
//! # Layout
//! * [`flow`]: a flow as it serves calls, and how many it has; `variant`: the same with other figures,
//!   for scenarios.
//! * [`snapshot`]: what serves new calls, which never changes; [`catalogue`]: how one [`Snapshot`] is
//!   replaced by another, and rolled back; `books`: what it remembers; `plan`: what it is replaced
//!   by; [`watch`]: when; [`mod@check`]: whether it could be, without serving.
//! * `flow_file`: a flow file as it is written; [`schemas`]: the schema of flow files; `read_flow`:
//!   what a flow file says; `settings`: its settings, by the schema of the plugin; [`positions`]:
//!   those of switches; `fronts`: flows that lead to each other by them.
//! * `files`: the files as they are; `origin`: a flow file with its plugin; `fit`: the flow that is made of it for a site.
//! * [`budget`]: the processor time of a version, which its calls share; `faults`: its faults, and
//!   when it is withdrawn because of them; [`log_lines`]: what its calls may write to the log.
//! * `archived`, `revive`: a version made again of what was archived of it; [`memory`], `recall`:
//!   what served before the host started, and what was decided about that.
//!
//! **Architecture invariant:** nothing that is wrong ever serves a call. A snapshot is replaced in
//! one store, and only by one that was read whole, checked, compiled, configured and tried. Calls
//! in progress keep what they began on.

mod archived;
mod books;
pub mod budget;
pub mod catalogue;
pub mod check;
mod faults;
mod files;
mod fit;
pub mod flow;
mod flow_file;
mod fronts;
#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod fuzz;
pub mod log_lines;
pub mod memory;
mod origin;
mod plan;
pub mod positions;
mod read_flow;
mod recall;
mod revive;
pub mod schemas;
mod settings;
pub mod snapshot;
mod variant;
pub mod watch;

pub use books::FlowStatus;
pub use catalogue::{AcceptError, Catalogue, RollbackError};
pub use check::check;
pub use flow::{FlowLimits, LoadedFlow, OnFlow};
pub use memory::Memory;
pub use positions::{SwitchRead, Way};
pub use snapshot::{CatalogueConfig, Gate, Snapshot};
pub use watch::{WatchError, Watching};

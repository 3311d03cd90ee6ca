//! Flows: the catalogue of what serves calls, made of flow files, plugins and the site file.
//!
//! # Layout
//! * [`flow`]: a flow as it serves calls, and how many it has; `variant`: the same with other figures,
//!   for scenarios.
//! * [`catalogue`]: the one immutable [`Snapshot`] that serves new calls, and how it is replaced
//!   and rolled back; `plan`: what it is replaced by; [`watch`]: when; [`mod@check`]: whether it could
//!   be, without serving.
//! * `flow_file`: a flow file as it is written; `read_flow`: the flow that is made of it;
//!   [`schemas`]: the schema of flow files.
//! * `revive`: a version made again of what was archived of it.
//!
//! **Architecture invariant:** nothing that is wrong ever serves a call. A snapshot is replaced in
//! one store, and only by one that was read whole, checked, compiled, configured and tried. Calls
//! in progress keep what they began on.

pub mod catalogue;
pub mod check;
pub mod flow;
mod flow_file;
mod plan;
mod read_flow;
mod revive;
pub mod schemas;
mod variant;
pub mod watch;

pub use catalogue::{Catalogue, CatalogueConfig, FlowStatus, Gate, RollbackError, Snapshot};
pub use check::check;
pub use flow::{FlowLimits, LoadedFlow, OnFlow};
pub use watch::{WatchError, Watching};

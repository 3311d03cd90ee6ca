//! Flows: the catalogue of what serves calls, made of flow files, plugins and the site file.
//!
//! # Layout
//! * [`site`]: what flows share: queues, agents, schedules, music, prompts. [`schedule`] evaluates opening hours.
//! * [`flow`]: a flow as it serves calls, and how many it has. [`permission`]: what its orders may touch.
//! * [`catalogue`]: the one immutable [`Snapshot`] that serves new calls, and how it is replaced, rolled back and watched.
//! * [`problem`]: what is wrong with a file, as a compiler would say it.
//!
//! **Architecture invariant:** nothing that is wrong ever serves a call. A snapshot is replaced in one store, and only
//! by one that was read whole, checked, compiled, configured and tried. Calls in progress keep what they began on.

pub mod catalogue;
pub mod flow;
pub mod permission;
pub mod problem;
pub mod schedule;
pub mod site;

pub use catalogue::{Catalogue, CatalogueConfig, FlowStatus, Gate, Snapshot};
pub use flow::{Fallback, FlowLimits, LoadedFlow, OnFlow};
pub use permission::Permissions;
pub use problem::{Problem, Report};
pub use site::{Agent, Endpoint, Queue, RingEndpoints, Site, Strategy};

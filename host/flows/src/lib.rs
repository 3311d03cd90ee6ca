//! Flows: the catalogue of what serves calls, made of flow files, plugins and the site file.
//!
//! # Layout
//! * [`site`]: what flows share: queues, agents, schedules, music, prompts. [`schedule`] evaluates
//!   opening hours.
//! * [`contacts`]: whom the site knows; [`roster`]: who is on duty; `table`: the CSV files of both.
//! * [`flow`]: a flow as it serves calls, and how many it has. [`permission`]: what its orders may
//!   touch.
//! * [`catalogue`]: the one immutable [`Snapshot`] that serves new calls, and how it is replaced
//!   and rolled back; [`watch`]: when; `plan`: by what; [`mod@check`]: whether it could be.
//! * [`template`]: texts of mails.
//! * `site_file`, `flow_file`: the files as they are written; `read_site`, `read_flow`: what comes
//!   of them.
//! * [`pin`]: PINs of agents, by their hashes.
//! * `revive`: a version made again of what was archived of it.
//! * `source`: a TOML file with the place of everything in it. [`problem`]: what is wrong, as a
//!   compiler would say it.
//!
//! **Architecture invariant:** nothing that is wrong ever serves a call. A snapshot is replaced in
//! one store, and only by one that was read whole, checked, compiled, configured and tried. Calls
//! in progress keep what they began on.

pub mod catalogue;
pub mod check;
pub mod contacts;
pub mod flow;
mod flow_file;
pub mod permission;
pub mod pin;
mod plan;
pub mod problem;
mod read_flow;
mod read_site;
mod revive;
pub mod roster;
pub mod schedule;
pub mod schemas;
pub mod site;
mod site_file;
mod source;
mod table;
pub mod template;
pub mod variant;
mod version;
pub mod watch;

pub use catalogue::{Catalogue, CatalogueConfig, FlowStatus, Gate, RollbackError, Snapshot};
pub use check::check;
pub use contacts::{Contact, Contacts, Wanted};
pub use flow::Cases;
pub use flow::{Fallback, FlowLimits, LoadedFlow, OnFlow};
pub use permission::Permissions;
pub use pin::Pin;
pub use problem::{Place, Problem, Report};
pub use roster::Roster;
pub use site::{Agent, Endpoint, Queue, RingEndpoints, Site, Speech, Strategy};
pub use template::Template;
pub use watch::{WatchError, Watching};

//! The journal: what has to outlive the host, and how it is kept. Steps, open calls, records,
//! agents, campaigns, mail, cases, the versions of flows, and who may use the host.
//!
//! # Layout
//! * [`entry`]: what is handed in.
//! * [`store`]: the journal of a running host. [`Store::submit`] never waits; what waits for the
//!   commit is released by it.
//! * `queue`: between the calls' tasks and the writer, and what happens when the database is full
//!   or stuck; `kept`: what is remembered then.
//! * `group`: what is committed at once.
//! * `threads`: the writer (group commit) and the watchdog.
//! * [`backend`]: what a database has to do; [`error`]: why it cannot.
//! * [`read`]: what was kept, read back, also by commands beside a running host.
//! * [`remove`]: what is deleted in one transaction; [`retention`]: what is deleted when, and whose
//!   personal data is erased.
//! * [`campaign`]: what is kept of campaigns and of the do-not-call list. [`account`]: of users and
//!   tokens.
//! * [`codec`]: steps and images as bytes.
//!
//! **Architecture invariants:** this crate knows no database; [`Backend`] is all that it asks of
//! one. Who submits never waits for the database. A transaction holds whole entries. Of calls only
//! the writer's thread writes, through one [`GroupWriter`]; what people note comes through an
//! [`Edit`] of its own, from the host or beside it.

pub mod account;
pub mod backend;
pub mod campaign;
pub mod codec;
pub mod entry;
pub mod error;
mod group;
mod kept;
mod queue;
pub mod read;
pub mod remove;
pub mod retention;
pub mod store;
mod threads;

pub use account::{AccountChange, Holder, KeptToken, KeptUser};
pub use backend::{Backend, Edit, Eraser, GroupWriter, Notes};
pub use campaign::{CampaignChange, KeptCampaign, KeptContact};
pub use codec::{CodecError, decode, decode_step, encode, encode_step};
pub use entry::{Change, Clocks, Entry, Release};
pub use error::{Failure, OpenError};
pub use queue::Health;
pub use read::{
    CaseQuery, NumberedStep, OpenCall, Posted, Query, Read, ReadError, StepBody, TurnQuery,
};
pub use remove::{Remove, Removed};
pub use retention::{Erase, RemoveError, Retention, erase, would_erase};
pub use store::{Options, Store};

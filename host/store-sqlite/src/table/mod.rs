//! The tables of `format_1.sql`, one module each: how rows are written, read and deleted. What the
//! writer does often is a statement that is prepared once.
//!
//! # Layout
//! * `open_call`, `step`, `record`: of calls.
//! * `agent`: how agents stand. `clock`: how the clocks of the host read.
//! * `version`: what versions of flows were made of; with the table `content`, their plugins.
//! * `in_force`: what serves new calls; `decision`: what was decided about that.
//! * `mail`, `case`: papers. `switch`: how switches stand, and who turned them.
//! * `campaign`: campaigns, who is on their lists, and the do-not-call list.
//! * `account`: users and tokens.
//! * `row`: values as columns have them.

pub(crate) mod account;
pub(crate) mod agent;
pub(crate) mod campaign;
pub(crate) mod case;
pub(crate) mod clock;
pub(crate) mod decision;
pub(crate) mod in_force;
pub(crate) mod mail;
pub(crate) mod open_call;
pub(crate) mod record;
pub(crate) mod row;
pub(crate) mod step;
pub(crate) mod switch;
pub(crate) mod version;

//! What tests of the whole host share: a folder of flows to write into, and a host that runs on it
//! with what it observed.
//!
//! * [`Folder`]: a site, flow files and plugins in a temporary folder.
//! * [`Host`]: catalogue and exchange on such a folder, for a sim or a real PBX.
//! * [`Log`]: what the host observed, to be waited for.
//! * [`Mortal`]: a host with a journal that can die while its calls live on at a sim.
//! * [`journal()`](fn@journal): the journal of a folder, and what can happen to it.
//! * [`storm`]: random faults around such a host, and what must hold after them.
//! * [`Bed`]: a host on a real Asterisk, with SIPp's callers and phones.

mod bed;
mod folder;
mod host;
mod journal;
mod mortal;
pub mod storm;

pub use bed::{Bed, HELPDESK, IN_CALL, behind_a_switch, calls_back, helpdesk_site};
pub use folder::Folder;
pub use host::{Host, Log, PATIENCE};
pub use journal::{
    check_journal, database, journal, lock_journal, open_journal, put_back, spoil_versions,
    the_open_call,
};
pub use mortal::Mortal;

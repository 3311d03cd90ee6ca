//! The whole host on a real Asterisk, with SIPp's callers and phones.
//!
//! # Layout
//! * `helpdesk`, `permanentie`: flows of the repository from arrival to record.
//! * `call_backs`: who hangs up keeps the place, and is called back.
//! * `callers`: who calls.
//! * `campaigns`: how long the telephones of contacts ring, and what comes of it.
//! * `line`: phones that ring are passed on from caller to caller.
//! * `phones`: agents in calls of their own.
//! * `switches`: what becomes of callers when a switch is turned.
//! * `talk`: who hears whom in a conversation.
//! * `transfer`: the transfer key of a phone.
//! * `recovery`: calls outlive their host.
//! * `faults`: random faults between the host and Asterisk.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod call_backs;
mod callers;
mod campaigns;
mod faults;
mod helpdesk;
mod line;
mod permanentie;
mod phones;
mod recovery;
mod switches;
mod talk;
mod transfer;

//! A test bed: a private, real Asterisk with SIP callers and phones around it, all on loopback.
//!
//! # Layout
//! * [`tools`]: Asterisk, SIPp and espeak-ng of Debian, unpacked into the user's cache; no root
//!   needed.
//! * [`browser`]: Chromium and promtool, likewise. [`packages`]: how packages are fetched.
//! * [`net`]: a slice of loopback for each bed, so that beds never share an address.
//! * [`process`]: a program that runs beside a test, is killed with it, and whose output is read as
//!   it comes.
//! * [`asterisk`]: [`AsteriskServer`], with its configuration.
//! * [`gate`]: between a host and Asterisk; a test can shut it.
//! * `keys`: what callers key.
//! * [`debian`]: a fresh Debian in a folder, for packages.
//! * [`mail`]: [`MailServer`], a real one.
//! * [`voice`]: tones that they play and hear.
//! * `answer`: what a phone does with a call; `script`: that as XML for SIPp; `message`: SIP messages,
//!   as SIPp logs them.
//! * `station`: a SIPp that runs.
//! * `dialog`: hold and transfer, by the keys of a phone.
//! * [`sipp`]: [`Caller`] and [`Phone`], who follow scripts and tell every SIP message that they
//!   see.
//!
//! ```no_run
//! use std::time::Duration;
//! use strowger_testbed::{AsteriskServer, Caller, Phone, sipp::Answer};
//!
//! let pbx = AsteriskServer::start()?;
//! let gate = Phone::start(&pbx, 1, &Answer::after(Duration::from_millis(200)))?;
//! let caller = Caller::to(&pbx, "0900").call()?;
//! gate.expect("INVITE")?;
//! caller.expect("200 OK")?;
//! # anyhow::Ok(())
//! ```
//!
//! Every wait of a test is for something that happens, with a deadline; only what people do takes
//! its time.

mod answer;
pub mod asterisk;
pub mod browser;
pub mod debian;
mod dialog;
pub mod gate;
mod keys;
pub mod mail;
mod message;
pub mod net;
pub mod packages;
pub mod process;
mod script;
pub mod sipp;
mod station;
pub mod tools;
pub mod voice;

pub use asterisk::AsteriskServer;
pub use browser::Browser;
pub use dialog::Dialog;
pub use gate::{Gate, Shut};
pub use mail::MailServer;
pub use sipp::{Call, Caller, Phone};
pub use voice::Voice;

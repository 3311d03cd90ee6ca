//! The office: what people do with what calls leave behind. Mail that has to arrive, cases that have
//! to be answered, records that become reports.
//!
//! # Layout
//! * [`outbox`]: which mail is tried when, and what came of it. [`courier`]: one mail to the mail
//!   server; `wire`: the connection to it. [`config`]: the table `[mail]` of `strowger.toml`.
//! * [`cases`]: how people change cases and the notes of calls that are over.
//! * [`report`]: records and cases made into figures. [`shifts`]: campaigns made into those of a flex
//!   pool.
//!
//! **Architecture invariants:** a mail is in the journal with the step that ordered it before
//! anything is sent, and is tried until the mail server has it. When the host dies between the two
//! it is sent again, with the same Message-ID, by which a mail server or a reader knows it. Nothing
//! of a mail but its id is logged. What may be changed in the journal, and how, is decided here; a
//! database only keeps what came of it.

pub mod cases;
pub mod config;
pub mod courier;
pub mod outbox;
pub mod report;
pub mod shifts;
mod wire;

pub use cases::{KeepError, add_case, close_case, note_case, note_record};
pub use config::{MailConfig, Security};
pub use courier::{Courier, NoCourier, NotSent};
pub use outbox::{Outbox, Rules};

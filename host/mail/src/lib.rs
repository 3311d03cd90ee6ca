//! Mail: from the outbox in the journal to a mail server.
//!
//! # Layout
//! * [`config`]: the table `[mail]` of `strowger.toml`.
//! * [`courier`]: one mail to the mail server.
//! * [`outbox`]: which mail is tried when, and what came of it.
//!
//! **Architecture invariant:** a mail is in the journal with the step that ordered it before
//! anything is sent, and is tried until the mail server has it. When the host dies between the two
//! it is sent again, with the same Message-ID, by which a mail server or a reader knows it. Nothing
//! of a mail but its id is logged.

pub mod config;
pub mod courier;
pub mod outbox;

pub use config::{MailConfig, Security};
pub use courier::{Courier, NoCourier, NotSent};
pub use outbox::{Outbox, Rules};

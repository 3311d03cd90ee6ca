//! The host as a daemon: `strowger.toml`, the life of the process, and what it answers over its control
//! socket.
//!
//! # Layout
//! * `serve`: how the host starts, follows its files, and stops ([`serve()`]); `supervise`: what it
//!   tells a service manager.
//! * `config`: `strowger.toml` ([`Config`]); `surroundings`: what the files of flows need and do not
//!   say themselves.
//! * `control`: the socket by which commands and programs reach the host.
//! * `running`: the host as the API shows it; `answers`: from the types of the inside to those of the
//!   API, `campaigns` those of campaigns, `shifts` their figures; `never_comes`: what keeps campaigns
//!   from their end.
//! * `status`: how the host is, as a whole; `checklist`: what is prepared for an emergency.
//! * `accounts`: who may use the host.
//! * `doctor`: what is wrong with a set-up, whether the host runs or not; `first`: the files of a
//!   first one.
//! * `paperwork`, `case`: what the API does in the journal: cases and notes.
//! * `watch`: what the host shows of its calls; `test_call`: the calls of `strowger call`.
//!
//! The command `strowger` starts it, and a demo puts its parts together otherwise.

mod accounts;
mod answers;
mod campaigns;
mod case;
mod checklist;
mod config;
mod control;
mod doctor;
mod first;
mod never_comes;
mod paperwork;
mod running;
mod serve;
mod shifts;
mod status;
mod supervise;
mod surroundings;
mod test_call;
mod watch;

pub use accounts::Accounts;
pub use case::new_case;
pub use config::{Adapter, Config, Keep, Log, schema};
pub use control::Control;
pub use doctor::{Finding, doctor};
pub use first::FirstConfig;
pub use never_comes::never_comes;
pub use running::Running;
pub use serve::serve;
pub use status::{Connection, Vitals};
pub use surroundings::missing;
pub use test_call::TestLegs;
pub use watch::{Sight, Wanted, Watch, masked};

//! What the flows of a site share, and the terms on which a flow serves calls: read from files,
//! checked, and never changed.
//!
//! # Layout
//! * [`site`]: queues, agents, schedules, music, recordings; [`varied`]: the same with other figures,
//!   for scenarios; `renamed`: names of before that nobody had.
//! * [`schedule`]: opening hours. [`contacts`]: whom the site knows; `read_contacts`: the contacts
//!   that are made of files. [`roster`]: who is on duty; `gaps`: when nobody is. [`table`]: the CSV
//!   files of both.
//! * [`campaigns`]: templates of campaigns; [`mod@campaign_list`]: whom they call.
//! * [`address`]: whom one can call, as files write it. [`numbering`]: telephone numbers as files and
//!   trunks write them. [`caller`]: who calls, and whose number is withheld. [`pin`]: the PINs of
//!   agents, kept as hashes.
//! * [`terms`]: what a call needs to know of its flow; [`permission`]: what a flow may do;
//!   [`template`]: the texts of its mails.
//! * `site_file`: the site file as it is written; [`read_site`]: the site that is made of it.
//! * [`schema`]: the JSON Schema of the site file. [`version`]: short hashes of contents.
//!
//! Files, their places and the messages about them are `strowger-files`. This crate does not know plugins: `strowger-flows` puts them to the terms.

pub mod address;
pub mod caller;
pub mod campaign_list;
pub mod campaigns;
pub mod contacts;
#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod fuzz;
mod gaps;
pub mod numbering;
pub mod permission;
pub mod pin;
mod read_contacts;
pub mod read_site;
mod renamed;
pub mod roster;
pub mod schedule;
pub mod schema;
pub mod site;
mod site_file;
pub mod table;
pub mod template;
pub mod terms;
pub mod varied;
pub mod version;

pub use caller::Callers;
pub use campaign_list::{campaign_list, number_list, people_of_waves};
pub use campaigns::{CampaignTemplate, Choose, KeepFree, Wave};
pub use contacts::{Contact, Contacts, Wanted};
pub use gaps::{Gap, Lack};
pub use numbering::{Notation, Numbering};
pub use permission::Permissions;
pub use pin::Pin;
pub use renamed::{Misnamed, Names};
pub use roster::Roster;
pub use site::{
    Agent, Confirmation, Endpoint, Queue, RingEndpoints, Site, Speech, Strategy, Switch,
};
pub use strowger_files::{
    problem::{self, Place, Problem, Report},
    source,
};
pub use template::Template;
pub use terms::{Fallback, Quota, Terms};

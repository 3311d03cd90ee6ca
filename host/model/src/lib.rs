//! Plain types that every layer shares: calls, legs, orders, events, numbers, durations.
//!
//! # Layout
//! * [`agent`]: how an agent stands.
//! * [`name`]: names and identifiers, a type each.
//! * [`number`]: telephone numbers and the patterns that permissions and entrances are written in.
//! * [`prompt`]: what somebody hears.
//! * [`caller`]: what is said of who calls.
//! * [`campaign`]: campaigns, and the people on their lists.
//! * [`command`]: what a flow can order.
//! * [`event`]: what a flow is told.
//! * [`read`]: what a flow may ask, and the answers.
//! * [`record`]: what is kept of a call for reports.
//! * [`step`]: a step as it is recorded, and what the flow asked during it.
//! * [`switch`]: switches that people turn.
//! * [`strangers`]: texts of callers, plugins and others, made safe where they are shown.
//! * [`mail`]: mail that a flow ordered, and cases that have to be answered.
//! * [`archive`]: what a version of a flow was made of.
//! * [`time`]: instants and rings.
//!
//! **Architecture invariant:** nothing here does anything: no clock, no I/O, no task. The contract
//! in `wit/` says the same in another language; the one conversion between the two is in the
//! sandbox.

pub mod agent;
pub mod archive;
pub mod caller;
pub mod campaign;
pub mod command;
pub mod event;
pub mod mail;
pub mod name;
pub mod number;
pub mod prompt;
pub mod read;
pub mod record;
pub mod step;
pub mod strangers;
pub mod switch;
pub mod time;

pub use agent::{AgentStanding, PhoneState};
pub use archive::VersionFiles;
pub use caller::Signalled;
pub use command::{Command, Order};
pub use event::{Event, Outcome};
pub use mail::{CALL_COLUMNS, Case, CaseRule, CaseRules, Mail, MailState, Term};
pub use name::{
    AgentName, CallId, CampaignName, CaseKind, FlowName, LegName, OrderId, QueueName, TemplateName,
};
pub use number::{NumberPattern, PhoneNumber};
pub use prompt::Prompt;
pub use record::{CallRecord, Talk};
pub use step::{FlowVersion, StepRecord};
pub use time::Timestamp;

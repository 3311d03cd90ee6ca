//! What travels in version 1 of the API, as JSON.
//!
//! Instants are milliseconds since 1970. Lengths of time are `{"secs": 75, "nanos": 0}` unless a
//! field says otherwise. Within `v1`, fields are only added: who reads an answer ignores fields that
//! it does not know. A request with a field that is not known is refused where its type says so.
//!
//! # Layout
//! * [`flow`]: flows and their versions.
//! * [`floor`]: queues and agents.
//! * [`call`]: calls that are up, and calls to bring in.
//! * [`campaign`]: campaigns, the people on their lists, and the do-not-call list.
//! * [`case`]: cases, and what is noted of them.
//! * [`checklist`]: what is prepared for an emergency.
//! * [`switch`]: switches, and who turned them.
//! * [`shifts`]: campaigns as figures of a flex pool.
//! * [`status`]: how the host is, as a whole.
//! * [`account`]: who may use the host. [`board`]: what a wallboard shows.
//! * [`schema`](mod@schema): the JSON Schemas of all of it.

pub mod account;
pub mod board;
pub mod call;
pub mod campaign;
pub mod case;
pub mod checklist;
pub mod floor;
pub mod flow;
pub mod schema;
pub mod shifts;
pub mod status;
pub mod switch;

pub use account::{
    IssuedToken, LogIn, NewToken, NewUser, Role, Secret, Session, Token, User, UserDo, Who,
};
pub use board::{AgentCounts, Board, BoardQueue, FlowCalls};
pub use call::{Call, CallNow, NewCall, SendOn};
pub use campaign::{
    Campaign, CampaignContact, CampaignDo, CampaignEnd, CampaignStage, ContactStage, DoNotCall,
    ImportNumbers, Imported, List, NeverCall, OpenCampaign, WaitsFor,
};
pub use case::{Case, CaseEnd, Closed, Field, NewCase, Notes, WhichCases};
pub use checklist::{Check, CheckKind};
pub use floor::{Agent, AgentDo, AgentState, Queue, QueueDay, QueueNow};
pub use flow::{Accept, Accepted, Flow, RolledBack};
pub use schema::schema;
pub use shifts::{ShiftMonth, ShiftPerson, ShiftRefusals, Shifts, WhichShifts};
pub use status::{
    DiskStatus, FlowsStatus, JournalStatus, MailStatus, PbxStatus, SiteStatus, Status,
};
pub use switch::{Means, Switch, SwitchTurn, TurnSwitch, WhichTurns};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The body of an answer whose status says that something was not done.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Refused {
    /// Why, for people.
    pub error: String,
}

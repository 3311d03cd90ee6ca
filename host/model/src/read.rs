//! What a flow may ask, and the answers. See the interface `reads` of the contract.

use crate::{
    AgentName, CallId, FlowName, OrderId, PhoneNumber, QueueName, Timestamp,
    command::{ContactOf, Field, Target},
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::time::Duration;

/// An instant together with its civil date and time in the site's zone.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Moment {
    /// The instant.
    pub instant: Timestamp,
    /// Year of the common era.
    pub year: i32,
    /// 1 to 12.
    pub month: u8,
    /// 1 to 31.
    pub day: u8,
    /// 0 to 23.
    pub hour: u8,
    /// 0 to 59.
    pub minute: u8,
    /// 0 to 59.
    pub second: u8,
    /// Days since Monday, 0 to 6.
    pub weekday: u8,
}

/// An opening-hours schedule as it stands.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ScheduleStatus {
    /// Open now.
    pub open: bool,
    /// When that changes; none: never.
    pub until: Option<Moment>,
    /// The rule's comment or the dated exception's name.
    pub reason: Option<String>,
    /// Today is a public holiday.
    pub holiday: bool,
}

/// A switch of the site as it stands.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SiteSwitch {
    /// Its name.
    pub name: String,
    /// For people.
    pub label: String,
    /// 2 to 10; the first is the normal one.
    pub positions: Vec<String>,
    /// As it stands.
    pub position: String,
    /// Then it goes back by itself.
    pub until: Option<Timestamp>,
}

/// A queue as it stands.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct QueueStatus {
    /// Callers waiting.
    pub waiting: u32,
    /// Of the caller who waits longest.
    pub longest_wait: Duration,
    /// Agents logged in, paused ones included.
    pub logged_in: u32,
    /// Agents who could take a call now.
    pub free: u32,
}

/// An agent as it stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum AgentStatus {
    /// Not logged in.
    LoggedOut,
    /// Could take a call.
    Free,
    /// A phone of the agent rings.
    Ringing,
    /// In conversation.
    Talking,
    /// Finishing up after a conversation.
    WrapUp,
    /// Taking no calls for now.
    Paused,
    /// A phone is in a call that is not the host's.
    Busy,
    /// No phone wants to be rung.
    DoNotDisturb,
    /// No phone is registered, or answers the PBX.
    Unreachable,
}

/// Whether a call may act for an agent.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Authority {
    /// By where it comes from.
    Enough,
    /// With a proof of the agent's PIN.
    Proof,
    /// Not at all.
    #[default]
    Nothing,
}

/// A queue as it is now, and what came of its callers since the site's day began (K4, K5, P9). Of
/// those offered, who is neither answered nor lost nor abandoned waits still.
#[derive(Clone, Debug, PartialEq)]
pub struct QueueFigures {
    /// The queue.
    pub queue: QueueName,
    /// Its code at the phone.
    pub code: Option<String>,
    /// As it is now.
    pub now: QueueStatus,
    /// Seconds within which a caller should be answered: the service level.
    pub answer_within_s: f64,
    /// How long conversations with their wrap-up lately took; none: there was none.
    pub handling: Option<Duration>,
    /// What came of its callers.
    pub day: QueueCounts,
}

/// What came of the callers of a queue.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct QueueCounts {
    /// Came into the queue, or were offered to it too.
    pub offered: u32,
    /// Got an agent of this queue.
    pub answered: u32,
    /// Of those, within the time of the service level.
    pub answered_within: u32,
    /// Were sent away, or went on elsewhere: by their flow, or to an agent of another queue that
    /// was asked too.
    pub left: u32,
    /// Hung up.
    pub abandoned: u32,
}

/// An agent as people see one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AgentFigures {
    /// The agent.
    pub agent: AgentName,
    /// For people.
    pub display_name: String,
    /// The extension.
    pub extension: Option<String>,
    /// As it is now.
    pub status: AgentStatus,
    /// Why there is a pause, if that was said.
    pub pause_reason: Option<String>,
    /// The status is what it is since then.
    pub since: Timestamp,
    /// The phone that was logged in at, if it is not the agent's own first one.
    pub at: Option<String>,
    /// Takes calls of these.
    pub queues: Vec<QueueName>,
}

/// Somebody the site knows.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Contact {
    /// Its id in the site's contacts.
    pub id: String,
    /// Such as `caregiver` or `patient`.
    pub kind: String,
    /// For people.
    pub name: String,
    /// Such as a province.
    pub region: Option<String>,
    /// BCP 47.
    pub language: Option<String>,
    /// Responsible agents, the first first.
    pub responsible: Vec<AgentName>,
    /// Never to be called again.
    pub do_not_call: bool,
    /// Groups that the contact belongs to.
    #[serde(default)]
    pub tags: Vec<String>,
}

/// A call of the past with a number.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PastCall {
    /// When it began.
    pub at: Timestamp,
    /// We called.
    pub outbound: bool,
    /// The flow that had it.
    pub flow: String,
    /// The flow's outcome.
    pub outcome: String,
    /// The number that was dialled.
    pub dialled: String,
    /// The contact of a campaign that the call was for.
    #[serde(default)]
    pub campaign: Option<ContactOf>,
}

/// How far a campaign is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CampaignStatus {
    /// The template of the site file.
    pub template: String,
    /// Whether contacts are called.
    pub stage: CampaignStage,
    /// A planner chooses among those who have claimed a place.
    pub planner_chooses: bool,
    /// Places to fill.
    pub goal: u32,
    /// Places filled.
    pub reached: u32,
    /// Contacts who may still be called.
    pub remaining: u32,
    /// What it is about.
    pub fields: Vec<Field>,
    /// Why it has ended.
    #[serde(default)]
    pub end: Option<CampaignEnd>,
}

/// Whether the contacts of a campaign are called.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[expect(missing_docs, reason = "the words say it")]
pub enum CampaignStage {
    Running,
    Paused,
    Ended,
}

/// Why a campaign has ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum CampaignEnd {
    /// All places are filled.
    Filled,
    /// There is nobody left to be called. A place that is left can still be claimed.
    ListOver,
    /// Its time is over.
    TimeOver,
    /// Somebody stopped it.
    Stopped,
}

/// A contact of a campaign as it stands.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ListedContact {
    /// The number. Personal data.
    pub number: PhoneNumber,
    /// For people. Personal data.
    pub name: String,
    /// BCP 47.
    pub language: Option<String>,
    /// Groups that the contact belongs to.
    pub tags: Vec<String>,
    /// The further columns of the list.
    pub fields: Vec<Field>,
    /// Calls so far, the present one included.
    pub attempts: u32,
    /// Why the contact is called.
    pub purpose: Purpose,
    /// What came of it so far.
    pub outcome: Option<String>,
}

/// Why a contact of a campaign is called.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Purpose {
    /// To be offered a place.
    Offer,
    /// The planner has chosen this contact, who is to confirm.
    Chosen,
    /// The contact had accepted, and is told that it was somebody else.
    NotChosen,
}

/// A call-back that waits in a queue.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CallBackStatus {
    /// The call that it belongs to.
    pub call: CallId,
    /// The flow that has that call.
    pub flow: FlowName,
    /// Since when it has its place.
    pub waited_since: Timestamp,
    /// The queues in which it waits.
    pub queues: Vec<QueueName>,
}

/// How serious a message of a flow is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LogLevel {
    /// For the flow's author.
    Debug,
    /// Worth knowing.
    Info,
    /// Somebody should look.
    Warn,
    /// Somebody must look.
    Error,
}

/// Numbers of [`Reads::random`] from here on serve the guest's system library (the seeds of hash
/// maps, drawn when an instance takes its first step). They are apart from the flow's own and part
/// of no record: what a flow does must not depend on them.
pub const SYSTEM_RANDOM: u32 = 1 << 31;

/// What the host answers to a flow's reads during one step. Every method answers at once from
/// memory and the same however often it is asked within the step.
pub trait Reads {
    /// The step's instant.
    fn now(&self) -> Moment;
    /// The instant of a civil date and time of the site.
    fn instant(&self, civil: &str) -> Option<Timestamp>;
    /// A schedule of the site.
    fn schedule(&self, name: &str) -> Option<ScheduleStatus>;
    /// The position of a switch. The call is told when it is turned.
    fn switch(&self, name: &str) -> Option<String>;
    /// A switch by name or code.
    fn switch_named(&self, key: &str) -> Option<SiteSwitch>;
    /// Whether the call may turn a switch in the name of an agent.
    fn authority_to_turn(&self, switch: &str, agent: &str) -> Authority;
    /// A queue, by name or code, as it stands.
    fn queue(&self, name: &str) -> Option<QueueStatus>;
    /// An agent, by name or extension, as it stands.
    fn agent(&self, name: &str) -> Option<AgentStatus>;
    /// A contact by number or id.
    fn contact(&self, key: &str) -> Option<Contact>;
    /// Calls of the last days with a number, the newest first.
    fn history(&self, number: &str, days: u16) -> Vec<PastCall>;
    /// How far a campaign is.
    fn campaign(&self, name: &str) -> Option<CampaignStatus>;
    /// A contact of a campaign.
    fn campaign_contact(&self, campaign: &str, contact: &str) -> Option<ListedContact>;
    /// The call-back that waits for a number.
    fn call_back(&self, number: &str) -> Option<CallBackStatus>;
    /// Who is on duty, the first first.
    fn on_duty(&self, roster: &str) -> Vec<Target>;
    /// The place in line of a queue order, from 1 on.
    fn position(&self, entry: OrderId) -> Option<u32>;
    /// How long a queue order will probably wait from now on.
    fn expected_wait(&self, entry: OrderId) -> Option<Duration>;
    /// The agent who is at a phone: an address, an extension or a number.
    fn agent_at(&self, phone: &str) -> Option<AgentName>;
    /// The flow's language, BCP 47.
    fn language(&self) -> String;
    /// The agent who has an extension, or a name.
    fn agent_named(&self, key: &str) -> Option<AgentName>;
    /// Whether the call may act for an agent.
    fn authority_over(&self, agent: &str) -> Authority;
    /// Whether an agent takes calls of a queue.
    fn in_queue(&self, agent: &str, queue: &str) -> Option<bool>;
    /// Seeded by call and step; the n-th call within a step is asked with `n` from 0 on.
    fn random(&self, n: u32) -> u64;
    /// A message for the operator's log.
    fn log(&self, level: LogLevel, message: &str);
}

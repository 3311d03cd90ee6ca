//! What a flow can order. The meaning of each is in the contract, `wit/flow.wit`.

use crate::{
    AgentName, CallId, CaseKind, FlowName, LegName, OrderId, PhoneNumber, Prompt, QueueName,
    Timestamp, event::Cause, time::Cadence,
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::time::Duration;

/// Something that a flow wants done, under the number that the outcome will bear.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Order {
    /// The flow's own number.
    pub id: OrderId,
    /// What.
    pub command: Command,
}

/// What can be dialled or transferred to.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Target {
    /// A telephone number.
    Number(PhoneNumber),
    /// An extension inside the PBX.
    Extension(String),
    /// An agent: its endpoints in its own order.
    Agent(AgentName),
    /// An address in the PBX's own words.
    Address(String),
}

/// Whom a queue order asks for.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Asked {
    /// The agents of a queue.
    Queue(QueueName),
    /// One agent.
    Agent(AgentName),
}

/// What a flow can order.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[expect(missing_docs, reason = "said once, in the contract")]
pub enum Command {
    Answer,
    IndicateRinging,
    Play {
        leg: LegName,
        prompts: Vec<Prompt>,
        barge_in: bool,
    },
    KeepWaiting(KeepWaiting),
    Gather(Gather),
    Watch {
        leg: LegName,
        patterns: Vec<String>,
    },
    EnterQueue(Box<EnterQueue>),
    Widen {
        entry: OrderId,
        to: Vec<Asked>,
    },
    TakePlace {
        of: CallId,
    },
    Dial(Box<Dial>),
    Connect {
        legs: Vec<LegName>,
    },
    Hold {
        leg: LegName,
    },
    Resume {
        leg: LegName,
    },
    Part {
        leg: LegName,
    },
    Transfer {
        leg: LegName,
        target: Option<Target>,
    },
    SettleTransfer {
        leg: LegName,
        to: Option<Target>,
    },
    ContinueWith {
        flow: FlowName,
        data: String,
        #[serde(default)]
        back_on: Vec<String>,
    },
    Listen {
        leg: LegName,
        agent: AgentName,
        mode: ListenMode,
    },
    Record {
        leg: LegName,
        conversation: bool,
        consent: Vec<Prompt>,
    },
    SendDigits {
        leg: LegName,
        digits: String,
    },
    Timer {
        after: Duration,
    },
    Cancel {
        order: OrderId,
    },
    Mail {
        template: String,
        to: Vec<String>,
        fields: Vec<Field>,
    },
    Case {
        kind: CaseKind,
        fields: Vec<Field>,
    },
    Note(Field),
    Mark {
        tag: String,
    },
    Disposition(Box<Disposition>),
    Agent {
        agent: AgentName,
        action: AgentAction,
        proof: Option<String>,
    },
    SetSwitch(Box<SetSwitch>),
    OpenCampaign(Box<OpenCampaign>),
    StopCampaign {
        name: String,
    },
    Claim(ContactOf),
    Alarm {
        what: String,
        to: Vec<String>,
    },
    HangUp {
        leg: Option<LegName>,
        cause: Cause,
    },
    Finish {
        outcome: String,
    },
}

impl Command {
    /// The command's name in the contract, such as `enter-queue`.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Answer => "answer",
            Self::IndicateRinging => "indicate-ringing",
            Self::Play { .. } => "play",
            Self::KeepWaiting(_) => "keep-waiting",
            Self::Gather(_) => "gather",
            Self::Watch { .. } => "watch",
            Self::EnterQueue(_) => "enter-queue",
            Self::Widen { .. } => "widen",
            Self::TakePlace { .. } => "take-place",
            Self::Dial(_) => "dial",
            Self::Connect { .. } => "connect",
            Self::Hold { .. } => "hold",
            Self::Resume { .. } => "resume",
            Self::Part { .. } => "part",
            Self::Transfer { .. } => "transfer",
            Self::SettleTransfer { .. } => "settle-transfer",
            Self::ContinueWith { .. } => "continue-with",
            Self::Listen { .. } => "listen",
            Self::Record { .. } => "record",
            Self::SendDigits { .. } => "send-digits",
            Self::Timer { .. } => "timer",
            Self::Cancel { .. } => "cancel",
            Self::Mail { .. } => "mail",
            Self::Case { .. } => "case",
            Self::Note(_) => "note",
            Self::Mark { .. } => "mark",
            Self::Disposition(_) => "disposition",
            Self::Agent { .. } => "agent",
            Self::SetSwitch(_) => "set-switch",
            Self::OpenCampaign(_) => "open-campaign",
            Self::StopCampaign { .. } => "stop-campaign",
            Self::Claim(_) => "claim",
            Self::Alarm { .. } => "alarm",
            Self::HangUp { .. } => "hang-up",
            Self::Finish { .. } => "finish",
        }
    }
}

/// Keep a waiting leg company.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct KeepWaiting {
    /// Who waits.
    pub leg: LegName,
    /// A class of music of the site; none: silence.
    pub music: Option<String>,
    /// Repeated by the host; empty: none.
    pub prompts: Vec<Prompt>,
    /// From the order to the first prompts.
    pub first_after: Duration,
    /// From the start of one to the start of the next; zero: only once.
    pub every: Duration,
}

/// Collect digits.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Gather {
    /// Whose.
    pub leg: LegName,
    /// Played first; a digit stops them.
    pub prompts: Vec<Prompt>,
    /// Enough after so many; 0: no limit.
    pub max_digits: u8,
    /// Ends the digits and is not one of them.
    pub terminator: Option<char>,
    /// From the end of the prompts to the first digit.
    pub first_digit_within: Duration,
    /// From one digit to the next.
    pub next_digit_within: Duration,
    /// A PIN.
    pub secret: bool,
}

/// Wait in a queue for an agent.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct EnterQueue {
    /// The first tier.
    pub ask: Vec<Asked>,
    /// Higher goes first.
    pub priority: u8,
    /// Counted from here instead of from now.
    pub waited_since: Option<Timestamp>,
    /// False: an agent is reserved without a caller waiting.
    pub with_caller: bool,
    /// The name that the agent's leg will bear.
    pub agent_leg: LegName,
    /// Played to the agent before the two are connected.
    pub whisper: Vec<Prompt>,
    /// Shown on the agent's phone.
    pub display_name: Option<String>,
    /// Report each offer.
    pub report_offers: bool,
    /// The number of somebody who is to be called back. Personal data.
    #[serde(default)]
    pub calls_back: Option<PhoneNumber>,
    /// The place is only kept, and no agent is rung.
    #[serde(default)]
    pub rests: bool,
}

/// How long the far end may ring, counted from ringing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum RingLimit {
    /// Rings in the far end's cadence.
    Rings(u8),
    /// A length of time.
    Time(Duration),
}

impl RingLimit {
    /// The limit as a length of time in a cadence.
    pub fn duration(self, cadence: Cadence) -> Duration {
        match self {
            Self::Rings(rings) => cadence.length_of(rings),
            Self::Time(time) => time,
        }
    }
}

/// Dial somebody.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Dial {
    /// The name that the leg will bear.
    pub leg: LegName,
    /// Whom.
    pub target: Target,
    /// Shown to the far end; none: the flow's own.
    pub caller_id: Option<PhoneNumber>,
    /// Shown to the far end.
    pub display_name: Option<String>,
    /// From ringing on.
    pub limit: RingLimit,
    /// From dialling to the first sign of ringing.
    pub set_up_limit: Duration,
    /// Tell people from machines.
    pub machine_detection: bool,
    /// The queue order whose place is kept meanwhile.
    pub keep_place: Option<OrderId>,
    /// Connected only after a key.
    pub confirm: Option<Confirm>,
}

/// Connected only after a key was pressed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Confirm {
    /// Says which key.
    pub prompts: Vec<Prompt>,
    /// The key.
    pub key: char,
    /// Else the leg is hung up.
    pub within: Duration,
}

/// A contact of a campaign, both by name.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct ContactOf {
    /// The campaign.
    pub campaign: String,
    /// The contact's id in its list.
    pub contact: String,
}

/// What came of a contact of a campaign.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Disposition {
    /// The contact.
    pub who: ContactOf,
    /// Such as `accepted`.
    pub outcome: String,
    /// Why, if that was said.
    pub reason: Option<String>,
    /// Call again, but not before then.
    pub not_before: Option<Timestamp>,
    /// The number goes on the site's do-not-call list.
    pub never_again: bool,
}

/// Turn a switch of the site.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SetSwitch {
    /// The switch, by name or code.
    pub name: String,
    /// To where.
    pub position: String,
    /// Who turns it, by name or extension.
    pub agent: AgentName,
    /// Of a secret gather.
    pub proof: Option<String>,
    /// Then it goes back to the position that it had.
    pub until: Option<Timestamp>,
}

/// Open a campaign from a template of the site.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OpenCampaign {
    /// The template.
    pub template: String,
    /// No campaign that runs has this name.
    pub name: String,
    /// Places to fill; 0: as the template says.
    pub goal: u32,
    /// What it is about.
    pub fields: Vec<Field>,
    /// Nobody is called from then on.
    #[serde(default)]
    pub until: Option<Timestamp>,
}

/// How to listen to an agent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum ListenMode {
    /// Unheard.
    Silent,
    /// Heard by the agent.
    Whisper,
    /// Heard by all.
    Join,
}

/// A fact.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Field {
    /// What it says.
    pub key: String,
    /// The fact.
    pub value: String,
}

/// What an agent does.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum AgentAction {
    /// At an endpoint.
    LogIn(Target),
    /// Goes home.
    LogOut,
    /// Ends pause or wrap-up.
    Ready,
    /// With a reason.
    Pause(Option<String>),
    /// Takes calls of a queue too.
    Join(QueueName),
    /// Takes no more calls of a queue.
    Leave(QueueName),
}

//! Version 0.1 of the contract, `wit/v0_1/flow.wit`, mapped to the current one.
//!
//! Components have no names for types, only shapes. So a type that has not changed since 0.1 is the
//! current one, and what is written here is only what differs. A mistake cannot go unseen: a
//! component is checked against these types when it is loaded, and a test does that with all of
//! 0.1.

use super::current::{
    interfaces::{self, reads::Host as _},
    wit,
};
use crate::host::Host;
use wasmtime::component::{ComponentType, Linker, Lower};

#[allow(unreachable_pub, dead_code, reason = "generated")]
mod bindings {
    wasmtime::component::bindgen!({
        path: "../../wit/v0_1",
        world: "flow",
        imports: { default: trappable },
        ownership: Borrowing { duplicate_if_necessary: false },
        with: {
            "strowger:flow/types@0.1.0": super::types,
            "strowger:flow/reads@0.1.0": super::interfaces::reads,
        },
    });
}

pub(crate) use bindings::{Flow, FlowPre};

/// As in the first line of `wit/v0_1/flow.wit`.
pub(crate) const VERSION: &str = "0.1.0";

/// The types of 0.1: those of now, but for those that are written out.
#[allow(unreachable_pub, reason = "the generated code exports them anew")]
pub mod types {
    pub use crate::contract::current::wit::*;
    use wasmtime::component::{ComponentType, Lift, Lower};

    /// It had the version of the state, for `migrate`, which the host never called.
    #[derive(ComponentType, Lift)]
    #[component(record)]
    pub struct Manifest {
        pub name: String,
        pub version: String,
        #[component(name = "settings-schema")]
        pub settings_schema: String,
        #[component(name = "state-version")]
        #[allow(dead_code, reason = "it is part of the shape")]
        pub state_version: u32,
    }

    /// What a plugin was told.
    #[derive(ComponentType, Lower)]
    #[component(variant)]
    pub enum Event<'a> {
        #[component(name = "arrived")]
        Arrived(Arrival<'a>),
        #[component(name = "contact-due")]
        ContactDue(ContactDue<'a>),
        #[component(name = "order")]
        Order(OrderEvent<'a>),
        #[component(name = "digit")]
        Digit(LegDigit<'a>),
        #[component(name = "hung-up")]
        HungUp(HungUp<'a>),
        #[component(name = "switched")]
        Switched(Switched<'a>),
        #[component(name = "held")]
        Held(&'a Leg),
        #[component(name = "unheld")]
        Unheld(&'a Leg),
        #[component(name = "returned")]
        Returned(&'a Leg),
        #[component(name = "transfer-asked")]
        #[allow(dead_code, reason = "it is part of the shape")]
        TransferAsked(TransferAsked<'a>),
        #[component(name = "resumed")]
        Resumed(Millis),
        #[component(name = "shutting-down")]
        ShuttingDown(Millis),
        #[component(name = "goal")]
        Goal(Goal<'a>),
    }

    /// What a step gives.
    #[derive(ComponentType, Lift)]
    #[component(record)]
    pub struct StepResult {
        pub state: Vec<u8>,
        pub orders: Vec<Order>,
    }

    /// An order, whose command is one of 0.1.
    #[derive(ComponentType, Lift)]
    #[component(record)]
    pub struct Order {
        pub id: OrderId,
        pub command: Command,
    }

    /// A caller waited, or nobody.
    #[derive(ComponentType, Lift)]
    #[component(record)]
    pub struct EnterQueue {
        pub queues: Vec<String>,
        pub priority: u8,
        #[component(name = "waited-since")]
        pub waited_since: Option<Timestamp>,
        #[component(name = "with-caller")]
        pub with_caller: bool,
        #[component(name = "agent-leg")]
        pub agent_leg: String,
        pub whisper: Vec<Prompt>,
        #[component(name = "display-name")]
        pub display_name: Option<String>,
        #[component(name = "report-offers")]
        pub report_offers: bool,
    }

    /// The other flow had the call for good.
    #[derive(ComponentType, Lift)]
    #[component(record)]
    pub struct ContinueWith {
        pub flow: String,
        pub data: String,
    }

    /// No host carried this out.
    #[derive(ComponentType, Lift)]
    #[component(record)]
    #[allow(dead_code, reason = "it is part of the shape")]
    pub struct Disposition {
        pub contact: String,
        pub outcome: String,
        #[component(name = "not-before")]
        pub not_before: Option<Timestamp>,
        #[component(name = "never-again")]
        pub never_again: bool,
    }

    /// No host carried this out.
    #[derive(ComponentType, Lift)]
    #[component(record)]
    #[allow(dead_code, reason = "it is part of the shape")]
    pub struct SetSwitch {
        pub name: String,
        pub position: String,
        pub proof: Option<String>,
    }

    /// No host carried this out.
    #[derive(ComponentType, Lift)]
    #[component(record)]
    #[allow(dead_code, reason = "it is part of the shape")]
    pub struct OpenCampaign {
        pub template: String,
        pub name: String,
        pub fields: Vec<Field>,
    }

    /// It had three orders for what is a `case` of any kind now.
    #[derive(ComponentType, Lift)]
    #[component(variant)]
    pub enum Command {
        #[component(name = "answer")]
        Answer,
        #[component(name = "indicate-ringing")]
        IndicateRinging,
        #[component(name = "play")]
        Play(Play),
        #[component(name = "keep-waiting")]
        KeepWaiting(KeepWaiting),
        #[component(name = "gather")]
        Gather(Gather),
        #[component(name = "watch")]
        Watch(Watch),
        #[component(name = "enter-queue")]
        EnterQueue(EnterQueue),
        #[component(name = "widen")]
        Widen(Widen),
        #[component(name = "dial")]
        Dial(Dial),
        #[component(name = "connect")]
        Connect(Vec<Leg>),
        #[component(name = "hold")]
        Hold(Leg),
        #[component(name = "resume")]
        Resume(Leg),
        #[component(name = "part")]
        Part(Leg),
        #[component(name = "transfer")]
        Transfer(Transfer),
        #[component(name = "continue-with")]
        ContinueWith(ContinueWith),
        #[component(name = "listen")]
        Listen(Listen),
        #[component(name = "record")]
        Record(RecordingOrder),
        #[component(name = "send-digits")]
        SendDigits(SendDigits),
        #[component(name = "timer")]
        Timer(Millis),
        #[component(name = "cancel")]
        Cancel(OrderId),
        #[component(name = "mail")]
        Mail(Mail),
        #[component(name = "escalation")]
        Escalation(Vec<Field>),
        #[component(name = "complaint")]
        Complaint(Vec<Field>),
        #[component(name = "call-back")]
        CallBack(Vec<Field>),
        #[component(name = "note")]
        Note(Field),
        #[component(name = "tag")]
        Tag(String),
        #[component(name = "disposition")]
        Disposition(Disposition),
        #[component(name = "agent")]
        Agent(AgentOrder),
        #[component(name = "set-switch")]
        SetSwitch(SetSwitch),
        #[component(name = "open-campaign")]
        OpenCampaign(OpenCampaign),
        #[component(name = "stop-campaign")]
        StopCampaign(String),
        #[component(name = "claim")]
        Claim(String),
        #[component(name = "alarm")]
        Alarm(Alarm),
        #[component(name = "hang-up")]
        HangUp(HangUp),
        #[component(name = "finish")]
        Finish(String),
    }
}

impl From<types::Manifest> for wit::Manifest {
    fn from(old: types::Manifest) -> Self {
        let types::Manifest { name, version, settings_schema, .. } = old;
        Self { name, version, settings_schema }
    }
}

impl From<types::StepResult> for wit::StepResult {
    fn from(old: types::StepResult) -> Self {
        let order = |old: types::Order| wit::Order { id: old.id, command: old.command.into() };
        Self { state: old.state, orders: old.orders.into_iter().map(order).collect() }
    }
}

impl From<types::Command> for wit::Command {
    fn from(old: types::Command) -> Self {
        match old {
            types::Command::Answer => Self::Answer,
            types::Command::IndicateRinging => Self::IndicateRinging,
            types::Command::Play(it) => Self::Play(it),
            types::Command::KeepWaiting(it) => Self::KeepWaiting(it),
            types::Command::Gather(it) => Self::Gather(it),
            types::Command::Watch(it) => Self::Watch(it),
            types::Command::EnterQueue(it) => Self::EnterQueue(it.into()),
            types::Command::Widen(it) => Self::Widen(it),
            types::Command::Dial(it) => Self::Dial(it),
            types::Command::Connect(it) => Self::Connect(it),
            types::Command::Hold(it) => Self::Hold(it),
            types::Command::Resume(it) => Self::Resume(it),
            types::Command::Part(it) => Self::Part(it),
            types::Command::Transfer(it) => Self::Transfer(it),
            types::Command::ContinueWith(it) => Self::ContinueWith(wit::ContinueWith {
                flow: it.flow,
                data: it.data,
                back_on: Vec::new(),
            }),
            types::Command::Listen(it) => Self::Listen(it),
            types::Command::Record(it) => Self::Record(it),
            types::Command::SendDigits(it) => Self::SendDigits(it),
            types::Command::Timer(it) => Self::Timer(it),
            types::Command::Cancel(it) => Self::Cancel(it),
            types::Command::Mail(it) => Self::Mail(it),
            types::Command::Escalation(fields) => Self::Case(case("escalation", fields)),
            types::Command::Complaint(fields) => Self::Case(case("complaint", fields)),
            types::Command::CallBack(fields) => Self::Case(case("call-back", fields)),
            types::Command::Note(it) => Self::Note(it),
            types::Command::Tag(it) => Self::Mark(it),
            types::Command::Disposition(it) => Self::Disposition(it.into()),
            types::Command::Agent(it) => Self::Agent(it),
            types::Command::SetSwitch(it) => Self::SetSwitch(it.into()),
            types::Command::OpenCampaign(it) => Self::OpenCampaign(it.into()),
            types::Command::StopCampaign(it) => Self::StopCampaign(it),
            types::Command::Claim(goal) => {
                Self::Claim(wit::ContactOf { campaign: goal, contact: String::new() })
            }
            types::Command::Alarm(it) => Self::Alarm(it),
            types::Command::HangUp(it) => Self::HangUp(it),
            types::Command::Finish(it) => Self::Finish(it),
        }
    }
}

impl From<types::EnterQueue> for wit::EnterQueue {
    fn from(old: types::EnterQueue) -> Self {
        Self {
            queues: old.queues,
            priority: old.priority,
            waited_since: old.waited_since,
            with_caller: old.with_caller,
            calls_back: None,
            rests: false,
            agent_leg: old.agent_leg,
            whisper: old.whisper,
            display_name: old.display_name,
            report_offers: old.report_offers,
        }
    }
}

// No host carried these out for a plugin of 0.1, which did not say all that is needed. They are
// refused: a name is empty.

impl From<types::Disposition> for wit::Disposition {
    fn from(old: types::Disposition) -> Self {
        Self {
            who: wit::ContactOf { campaign: String::new(), contact: old.contact },
            outcome: old.outcome,
            reason: None,
            not_before: old.not_before,
            never_again: old.never_again,
        }
    }
}

impl From<types::SetSwitch> for wit::SetSwitch {
    fn from(old: types::SetSwitch) -> Self {
        Self {
            name: old.name,
            position: old.position,
            agent: String::new(),
            proof: old.proof,
            until: None,
        }
    }
}

impl From<types::OpenCampaign> for wit::OpenCampaign {
    fn from(old: types::OpenCampaign) -> Self {
        Self { template: old.template, name: old.name, goal: 0, fields: old.fields, until: None }
    }
}

/// An event, for a plugin of 0.1; none: it has no word for it (see `Plugin::knows`).
pub(super) fn event(event: wit::Event<'_>) -> Option<types::Event<'_>> {
    Some(match event {
        wit::Event::Arrived(it) => types::Event::Arrived(it),
        wit::Event::ContactDue(it) => types::Event::ContactDue(it),
        wit::Event::Order(it) => types::Event::Order(it),
        wit::Event::Digit(it) => types::Event::Digit(it),
        wit::Event::HungUp(it) => types::Event::HungUp(it),
        wit::Event::Switched(it) => types::Event::Switched(it),
        wit::Event::Held(leg) => types::Event::Held(leg),
        wit::Event::Unheld(leg) => types::Event::Unheld(leg),
        wit::Event::Returned(leg) => types::Event::Returned(leg),
        wit::Event::TransferAsked(it) => types::Event::TransferAsked(it),
        wit::Event::Resumed(gap) => types::Event::Resumed(gap),
        wit::Event::ShuttingDown(within) => types::Event::ShuttingDown(within),
        wit::Event::Goal(it) => types::Event::Goal(it),
        wit::Event::CameBack(_) => return None,
    })
}

fn case(kind: &str, fields: Vec<wit::Field>) -> wit::CaseOrder {
    wit::CaseOrder { kind: kind.to_owned(), fields }
}

/// A contact had no tags.
#[derive(ComponentType, Lower)]
#[component(record)]
struct KnownContact {
    id: String,
    kind: String,
    name: String,
    region: Option<String>,
    language: Option<String>,
    responsible: Vec<String>,
    #[component(name = "do-not-call")]
    do_not_call: bool,
}

impl From<interfaces::reads::KnownContact> for KnownContact {
    fn from(now: interfaces::reads::KnownContact) -> Self {
        Self {
            id: now.id,
            kind: now.kind,
            name: now.name,
            region: now.region,
            language: now.language,
            responsible: now.responsible,
            do_not_call: now.do_not_call,
        }
    }
}

/// A past call said nothing of campaigns.
#[derive(ComponentType, Lower)]
#[component(record)]
struct PastCall {
    at: u64,
    outbound: bool,
    flow: String,
    outcome: String,
    dialled: String,
}

impl From<interfaces::reads::PastCall> for PastCall {
    fn from(now: interfaces::reads::PastCall) -> Self {
        let interfaces::reads::PastCall { at, outbound, flow, outcome, dialled, .. } = now;
        Self { at, outbound, flow, outcome, dialled }
    }
}

/// A campaign had three figures.
#[derive(ComponentType, Lower)]
#[component(record)]
struct CampaignStatus {
    goal: u32,
    reached: u32,
    remaining: u32,
}

impl From<interfaces::reads::CampaignStatus> for CampaignStatus {
    fn from(now: interfaces::reads::CampaignStatus) -> Self {
        Self { goal: now.goal, reached: now.reached, remaining: now.remaining }
    }
}

/// The imports of 0.1. Its reads are those of now, but for three answers.
pub(super) fn link(linker: &mut Linker<Host>) -> wasmtime::Result<()> {
    linker.instance("strowger:flow/types@0.1.0")?;
    let mut reads = linker.instance("strowger:flow/reads@0.1.0")?;
    reads.func_wrap("now", |mut cx, ()| Ok((cx.data_mut().now()?,)))?;
    reads.func_wrap("schedule", |mut cx, (name,)| Ok((cx.data_mut().schedule(name)?,)))?;
    reads.func_wrap("switch", |mut cx, (name,)| Ok((cx.data_mut().switch(name)?,)))?;
    reads.func_wrap("queue", |mut cx, (name,)| Ok((cx.data_mut().queue(name)?,)))?;
    reads.func_wrap("agent", |mut cx, (name,)| Ok((cx.data_mut().agent(name)?,)))?;
    reads.func_wrap("contact", |mut cx, (key,)| {
        Ok((cx.data_mut().contact(key)?.map(KnownContact::from),))
    })?;
    reads.func_wrap("history", |mut cx, (number, days)| {
        let calls = cx.data_mut().history(number, days)?;
        Ok((calls.into_iter().map(PastCall::from).collect::<Vec<_>>(),))
    })?;
    reads.func_wrap("campaign", |mut cx, (name,)| {
        Ok((cx.data_mut().campaign(name)?.map(CampaignStatus::from),))
    })?;
    reads.func_wrap("on-duty", |mut cx, (roster,)| Ok((cx.data_mut().on_duty(roster)?,)))?;
    reads.func_wrap("position", |mut cx, (entry,)| Ok((cx.data_mut().position(entry)?,)))?;
    reads.func_wrap("expected-wait", |mut cx, (entry,)| {
        Ok((cx.data_mut().expected_wait(entry)?,))
    })?;
    reads.func_wrap("agent-at", |mut cx, (phone,)| Ok((cx.data_mut().agent_at(phone)?,)))?;
    reads.func_wrap("agent-named", |mut cx, (key,)| Ok((cx.data_mut().agent_named(key)?,)))?;
    reads.func_wrap("authority-over", |mut cx, (agent,)| {
        Ok((cx.data_mut().authority_over(agent)?,))
    })?;
    reads.func_wrap("in-queue", |mut cx, (agent, queue)| {
        Ok((cx.data_mut().in_queue(agent, queue)?,))
    })?;
    reads
        .func_wrap("random", |mut cx, ()| Ok((interfaces::reads::Host::random(cx.data_mut())?,)))?;
    reads.func_wrap("log", |mut cx, (level, message)| {
        interfaces::reads::Host::log(cx.data_mut(), level, message)
    })
}

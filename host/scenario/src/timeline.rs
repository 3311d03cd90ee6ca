//! A call as people see it: what the caller heard, whose phone rang, who talked with whom, and
//! when.
//!
//! A [`Narrator`] turns what an exchange shows of one call into [`What`] happened; a [`Timeline`]
//! keeps it. The same words are used in scenario reports, in `strowger demo` and in `strowger
//! call`.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt,
    time::Duration,
};
use strowger_exchange::{CallRecord, Observed};
use strowger_model::{
    CaseKind, Command, Event, LegName, OrderId, Outcome, Prompt,
    command::{Asked, Field, Target},
    event::{Cause, Left, RefusalReason, Unanswered},
};
use strowger_pbx::port::{Address, LegId, PbxCommand};

/// Something that happened in a call.
#[derive(Clone, Debug, PartialEq)]
#[expect(missing_docs, reason = "each reads as it is shown")]
pub enum What {
    Arrives { caller: Option<String>, dialled: String },
    IsDue { campaign: String, contact: String, attempt: u32 },
    Answered,
    Hears(Vec<Prompt>),
    OtherHears(Vec<Prompt>),
    Music(String),
    WaitsIn(Vec<String>),
    Leaves(Left),
    Rings { agent: String, phone: String },
    NotAnswered { agent: String, why: Unanswered },
    Fumbled(String),
    Paused(String),
    Dials(String),
    FarEndRings(String),
    Unanswered { whom: String, why: Unanswered },
    TalksWith(String),
    Consulted(String),
    ListensTo(String),
    Keys(String),
    Gathers { digits: String },
    Transferred(String),
    HungUp { by: HungUpBy, cause: Cause },
    PartnerHungUp(String),
    Refused { command: String, reason: RefusalReason, detail: String },
    Fault { fault: String, retried: bool },
    FellBack(String),
    Alarms(String),
    Mails { template: String, to: Vec<String>, fields: Vec<Field> },
    Opens { kind: CaseKind, fields: Vec<Field> },
    Notes(Field),
    Tags(String),
    Finishes(String),
    Closed(Box<CallRecord>),
}

/// Who ended the caller's leg.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HungUpBy {
    /// The caller.
    Caller,
    /// The flow or the host.
    Us,
}

/// Something that happened in a call, and when.
#[derive(Clone, Debug, PartialEq)]
pub struct Happening {
    /// Since the scenario began.
    pub at: Duration,
    /// What.
    pub what: What,
}

/// Tells the story of one call.
#[derive(Debug, Default)]
pub struct Narrator {
    /// The caller's leg at the PBX, once a command has named it.
    caller: Option<LegId>,
    /// Who is behind a leg of the flow's.
    legs: BTreeMap<LegName, String>,
    /// Which leg a dial or a queue order brings forth.
    brings: BTreeMap<OrderId, LegName>,
    /// Which legs an order connects.
    connects: BTreeMap<OrderId, Vec<LegName>>,
    /// Orders that bring the caller back to whom they were held from.
    resumes: BTreeSet<OrderId>,
    /// To which agent an order listens.
    listens: BTreeMap<OrderId, String>,
    /// With whom the caller talks, or talked last.
    partner: Option<String>,
    we_hung_up: bool,
    /// What the caller hears, and who hung up, is told elsewhere.
    beside_callers: bool,
}

impl Narrator {
    /// One that leaves to others to tell what the caller hears and who hung up: to callers who can
    /// be asked.
    pub fn beside_callers() -> Self {
        Self { beside_callers: true, ..Self::default() }
    }

    /// What an observation means for people; nothing, for what only programs care about.
    pub fn tell(&mut self, observed: &Observed<'_>) -> Option<What> {
        match observed {
            Observed::Event(event) => self.event(event),
            Observed::Order(order) => self.order(order.id, &order.command),
            Observed::Refused { command, refusal, .. } => Some(What::Refused {
                command: (*command).to_owned(),
                reason: refusal.reason,
                detail: format!("{:?}: {}", refusal.reason, refusal.detail),
            }),
            Observed::Fault { fault, retried } => {
                Some(What::Fault { fault: fault.to_string(), retried: *retried })
            }
            Observed::Ring { agent, address } => {
                Some(What::Rings { agent: agent.to_string(), phone: shown(address) })
            }
            Observed::Mailed { template, to, fields } => Some(What::Mails {
                template: (*template).to_owned(),
                to: to.to_vec(),
                fields: fields.to_vec(),
            }),
            Observed::NotAnswered { agent, why } => {
                Some(What::NotAnswered { agent: agent.to_string(), why: *why })
            }
            Observed::Talks { leg, agent } => {
                self.legs.insert((*leg).clone(), agent.to_string());
                self.partner = Some(agent.to_string());
                Some(What::TalksWith(agent.to_string()))
            }
            Observed::Fumbled { agent } => Some(What::Fumbled(agent.to_string())),
            Observed::Paused { agent } => Some(What::Paused(agent.to_string())),
            Observed::Command(command) => self.command(command),
            Observed::FellBack { why } => Some(What::FellBack((*why).to_owned())),
            Observed::Closed(record) => Some(What::Closed(Box::new((*record).clone()))),
        }
    }

    fn event(&mut self, event: &Event) -> Option<What> {
        Some(match event {
            Event::Arrived(arrival) => {
                What::Arrives { caller: arrival.caller.clone(), dialled: arrival.dialled.clone() }
            }
            Event::ContactDue(due) => What::IsDue {
                campaign: due.campaign.clone(),
                contact: due.contact.clone(),
                attempt: due.attempt,
            },
            Event::Digit { leg, digit } if leg.is_caller() => What::Keys(digit.to_string()),
            Event::HungUp { leg, cause } if leg.is_caller() => {
                if self.we_hung_up || self.beside_callers {
                    return None;
                }
                What::HungUp { by: HungUpBy::Caller, cause: *cause }
            }
            Event::HungUp { leg, .. } => What::PartnerHungUp(self.legs.remove(leg)?),
            // From an urgent call.
            Event::Returned { .. } => What::TalksWith(self.partner.clone()?),
            Event::Order { id, outcome } => return self.outcome(*id, outcome),
            _ => return None,
        })
    }

    fn outcome(&mut self, id: OrderId, outcome: &Outcome) -> Option<What> {
        Some(match outcome {
            Outcome::Answered => What::Answered,
            Outcome::Gathered { digits, .. } => What::Gathers { digits: digits.clone() },
            Outcome::Left(why) => What::Leaves(*why),
            Outcome::Ringing => What::FarEndRings(self.behind(id)?),
            Outcome::Unanswered(why) => What::Unanswered { whom: self.behind(id)?, why: *why },
            Outcome::Joined => {
                let legs = self.connects.remove(&id)?;
                let names = |legs: &[LegName]| {
                    legs.iter()
                        .filter_map(|leg| self.legs.get(leg))
                        .cloned()
                        .collect::<Vec<_>>()
                        .join(", ")
                };
                if !legs.iter().any(LegName::is_caller) {
                    return Some(What::Consulted(names(&legs[1..])));
                }
                let with = names(&legs);
                self.partner = Some(with.clone());
                What::TalksWith(with)
            }
            Outcome::Listening => What::ListensTo(self.listens.get(&id)?.clone()),
            Outcome::Done if self.resumes.remove(&id) => What::TalksWith(self.partner.clone()?),
            Outcome::Transferred => What::Transferred(String::new()),
            _ => return None,
        })
    }

    fn behind(&self, order: OrderId) -> Option<String> {
        self.legs.get(self.brings.get(&order)?).cloned()
    }

    fn order(&mut self, id: OrderId, command: &Command) -> Option<What> {
        Some(match command {
            Command::EnterQueue(enter) => What::WaitsIn(enter.ask.iter().map(asked).collect()),
            Command::Widen { to, .. } => What::WaitsIn(to.iter().map(asked).collect()),
            Command::Dial(dial) => {
                self.brings.insert(id, dial.leg.clone());
                self.legs.insert(dial.leg.clone(), target(&dial.target));
                What::Dials(target(&dial.target))
            }
            Command::Connect { legs } => {
                self.connects.insert(id, legs.clone());
                return None;
            }
            Command::Listen { leg, agent, .. } if leg.is_caller() => {
                self.listens.insert(id, agent.to_string());
                return None;
            }
            Command::Resume { leg } if leg.is_caller() => {
                self.resumes.insert(id);
                return None;
            }
            Command::Alarm { what, .. } => What::Alarms(what.clone()),
            Command::Case { kind, fields } => {
                What::Opens { kind: kind.clone(), fields: fields.clone() }
            }
            Command::Note(field) => What::Notes(field.clone()),
            Command::Mark { tag } => What::Tags(tag.clone()),
            Command::Finish { outcome } => What::Finishes(outcome.clone()),
            _ => return None,
        })
    }

    fn command(&mut self, command: &PbxCommand) -> Option<What> {
        match command {
            PbxCommand::Answer { leg } | PbxCommand::IndicateRinging { leg } => {
                self.caller.get_or_insert_with(|| leg.clone());
                None
            }
            PbxCommand::Play { conversation, .. }
                if self.beside_callers && self.caller.as_ref() == Some(conversation) =>
            {
                None
            }
            PbxCommand::Music { leg, .. } | PbxCommand::HangUp { leg, .. }
                if self.beside_callers && self.caller.as_ref() == Some(leg) =>
            {
                None
            }
            PbxCommand::Play { conversation, prompts, .. } => {
                let prompts = prompts.to_vec();
                Some(match self.caller.as_ref() == Some(conversation) {
                    true => What::Hears(prompts),
                    false => What::OtherHears(prompts),
                })
            }
            PbxCommand::Music { leg, class: Some(class) } if self.caller.as_ref() == Some(leg) => {
                Some(What::Music(class.clone()))
            }
            PbxCommand::HangUp { leg, cause, .. } if self.caller.as_ref() == Some(leg) => {
                self.we_hung_up = true;
                Some(What::HungUp { by: HungUpBy::Us, cause: *cause })
            }
            PbxCommand::Transfer { to, .. } => Some(What::Transferred(match to {
                Some(address) => shown(address),
                None => "the PBX's own route".to_owned(),
            })),
            _ => None,
        }
    }
}

fn asked(asked: &Asked) -> String {
    match asked {
        Asked::Queue(queue) => queue.to_string(),
        Asked::Agent(agent) => agent.to_string(),
    }
}

fn target(target: &Target) -> String {
    match target {
        Target::Number(number) => number.to_string(),
        Target::Extension(text) | Target::Address(text) => text.clone(),
        Target::Agent(agent) => agent.to_string(),
    }
}

fn shown(address: &Address) -> String {
    match address {
        Address::Number(text)
        | Address::Extension(text)
        | Address::Endpoint(text)
        | Address::Call(text) => text.clone(),
    }
}

/// What prompts say, in words.
pub(crate) fn spoken(prompts: &[Prompt]) -> String {
    let said = |prompt: &Prompt| match prompt {
        Prompt::Recording(name) => name.clone(),
        Prompt::Text { text, .. } => text.clone(),
        Prompt::Digits(digits) => digits.clone(),
        Prompt::Number(number) => number.to_string(),
        Prompt::Time(at) => format!("{at:?}"),
        Prompt::Position(place) => place.to_string(),
        Prompt::Silence(length) => format!("({} s of silence)", length.as_secs_f64()),
    };
    prompts.iter().map(said).collect::<Vec<_>>().join(" ")
}

fn listed(fields: &[Field]) -> String {
    fields
        .iter()
        .map(|field| format!("{} = {}", field.key, field.value))
        .collect::<Vec<_>>()
        .join(", ")
}

/// A model enum's word as it is written in files, such as `no-answer`.
pub(crate) fn word<T: serde::Serialize>(value: &T) -> String {
    match serde_json::to_value(value) {
        Ok(serde_json::Value::String(word)) => word,
        _ => String::new(),
    }
}

impl fmt::Display for What {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Arrives { caller, dialled } => {
                write!(f, "{} calls {dialled}", caller.as_deref().unwrap_or("a withheld number"))
            }
            Self::IsDue { campaign, contact, attempt } => {
                write!(f, "{contact} of campaign {campaign} is to be called, attempt {attempt}")
            }
            Self::Answered => f.write_str("is answered"),
            Self::Hears(prompts) => write!(f, "hears \"{}\"", spoken(prompts)),
            Self::OtherHears(prompts) => write!(f, "the other side hears \"{}\"", spoken(prompts)),
            Self::Music(class) => write!(f, "hears music: {class}"),
            Self::WaitsIn(queues) => write!(f, "waits for {}", queues.join(", ")),
            Self::Leaves(why) => write!(f, "leaves the queue: {}", word(why)),
            Self::Rings { agent, phone } => write!(f, "the phone of {agent} rings ({phone})"),
            Self::NotAnswered { agent, why } => write!(f, "{agent} does not answer: {}", word(why)),
            Self::Fumbled(agent) => write!(f, "{agent} is gone at once"),
            Self::Paused(agent) => write!(f, "{agent} is paused, for calls were not answered"),
            Self::Dials(whom) => write!(f, "{whom} is dialled"),
            Self::FarEndRings(whom) => write!(f, "it rings at {whom}"),
            Self::Unanswered { whom, why } => write!(f, "{whom} does not answer: {}", word(why)),
            Self::TalksWith(whom) => write!(f, "talks with {whom}"),
            Self::ListensTo(agent) => write!(f, "listens to {agent}"),
            Self::Consulted(whom) => write!(f, "{whom} is consulted"),
            Self::Keys(digit) => write!(f, "keys {digit}"),
            Self::Gathers { digits } => write!(f, "has keyed \"{digits}\""),
            Self::Transferred(to) if to.is_empty() => f.write_str("is transferred"),
            Self::Transferred(to) => write!(f, "is sent to {to}"),
            Self::HungUp { by: HungUpBy::Caller, .. } => f.write_str("hangs up"),
            Self::HungUp { by: HungUpBy::Us, cause: Cause::Normal } => f.write_str("is hung up on"),
            Self::HungUp { by: HungUpBy::Us, cause } => write!(f, "is hung up on: {}", word(cause)),
            Self::PartnerHungUp(whom) => write!(f, "{whom} hangs up"),
            Self::Refused { command, detail, .. } => {
                write!(f, "! the order {command} is refused: {detail}")
            }
            Self::Fault { fault, retried: true } => {
                write!(f, "! a step failed, and succeeded at the second try: {fault}")
            }
            Self::Fault { fault, retried: false } => write!(f, "! the flow failed: {fault}"),
            Self::FellBack(why) => write!(f, "! goes to the fallback route: {why}"),
            Self::Alarms(what) => write!(f, "the operators are warned: {what}"),
            Self::Mails { template, to, fields } => {
                write!(f, "a mail \"{template}\" goes to {}: {}", to.join(", "), listed(fields))
            }
            Self::Opens { kind, fields } => {
                write!(f, "noted, to be answered in time: {}: {}", kind, listed(fields))
            }
            Self::Notes(field) => write!(f, "note: {} = {}", field.key, field.value),
            Self::Tags(tag) => write!(f, "mark: {tag}"),
            Self::Finishes(outcome) => write!(f, "the flow is done: {outcome}"),
            Self::Closed(record) => {
                write!(
                    f,
                    "the record is closed: {}, waited {:.1} s",
                    record.outcome,
                    record.waited.as_secs_f64()
                )
            }
        }
    }
}

/// One call from its arrival to its record.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Timeline {
    /// In the order in which it happened.
    pub happenings: Vec<Happening>,
}

impl Timeline {
    /// When the call came in, since the scenario began.
    pub fn arrived(&self) -> Duration {
        self.happenings.first().map_or(Duration::ZERO, |first| first.at)
    }

    /// The call's record; none: the call has not ended.
    pub fn record(&self) -> Option<&CallRecord> {
        self.happenings.iter().rev().find_map(|happening| match &happening.what {
            What::Closed(record) => Some(&**record),
            _ => None,
        })
    }

    /// The campaign and the contact that it was for, and which attempt it was.
    pub fn contact(&self) -> Option<(&str, &str, u32)> {
        self.happenings.iter().find_map(|happening| match &happening.what {
            What::IsDue { campaign, contact, attempt } => Some((&**campaign, &**contact, *attempt)),
            _ => None,
        })
    }

    /// The number that the caller claims.
    pub fn caller(&self) -> Option<&str> {
        self.happenings.iter().find_map(|happening| match &happening.what {
            What::Arrives { caller, .. } => caller.as_deref(),
            _ => None,
        })
    }
}

impl fmt::Display for Timeline {
    /// A line for each happening, with the seconds since the call came in.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for happening in &self.happenings {
            let since = happening.at.saturating_sub(self.arrived()).as_secs_f64();
            writeln!(f, "  {since:7.1} s  {}", happening.what)?;
        }
        Ok(())
    }
}

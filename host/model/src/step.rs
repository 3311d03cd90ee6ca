//! One step of a call as it is recorded, and what a flow asked during it: recorded once, played
//! back later.

use crate::{
    AgentName, Event, FlowName, Order, OrderId, Timestamp,
    command::Target,
    event::Refusal,
    read::{
        AgentStatus, Authority, CallBackStatus, CampaignStatus, Contact, ListedContact, LogLevel,
        Moment, PastCall, QueueStatus, Reads, SYSTEM_RANDOM, ScheduleStatus, SiteSwitch,
    },
};
use serde::{Deserialize, Serialize};
use std::{
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};

/// One step of one call: what the flow was told, what it asked and what it ordered. With the plugin
/// and its settings, this is all that the step depended on.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct StepRecord {
    /// When.
    pub at: Timestamp,
    /// The version of a flow that takes the step; none: that of the step before.
    pub on: Option<FlowVersion>,
    /// What the flow was told.
    pub event: Event,
    /// What it asked, each question once.
    pub reads: Vec<Read>,
    /// What it ordered, in order.
    pub orders: Vec<Ordered>,
    /// Why the step failed, also at the second try. Then it ordered nothing, and its state is as
    /// before.
    pub fault: Option<String>,
}

/// A flow and its version.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct FlowVersion {
    /// The flow.
    pub flow: FlowName,
    /// The short hash of its content.
    pub version: String,
}

/// Something that a flow ordered.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Ordered {
    /// An order, not yet checked against the state of the call.
    Order(Order),
    /// What cannot be meant, whatever the state of the call, such as a dial to something that is no
    /// number.
    Refused {
        /// The flow's number for it.
        id: OrderId,
        /// The command's name in the contract.
        command: String,
        /// Why.
        refusal: Refusal,
    },
}

impl Ordered {
    /// The order, if it is one.
    pub fn order(&self) -> Option<&Order> {
        match self {
            Self::Order(order) => Some(order),
            Self::Refused { .. } => None,
        }
    }
}

/// A question of a flow and its answer.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[expect(missing_docs, reason = "the methods of `Reads` say it")]
pub enum Read {
    Now(Moment),
    Schedule(String, Option<ScheduleStatus>),
    Switch(String, Option<String>),
    Queue(String, Option<QueueStatus>),
    Agent(String, Option<AgentStatus>),
    Contact(String, Option<Contact>),
    History(String, u16, Vec<PastCall>),
    Campaign(String, Option<CampaignStatus>),
    OnDuty(String, Vec<Target>),
    Position(OrderId, Option<u32>),
    Random(u32, u64),
    ExpectedWait(OrderId, Option<Duration>),
    AgentAt(String, Option<AgentName>),
    InQueue(String, String, Option<bool>),
    AgentNamed(String, Option<AgentName>),
    Authority(String, Authority),
    Language(String),
    SwitchNamed(String, Option<SiteSwitch>),
    AuthorityToTurn(String, String, Authority),
    CampaignContact(String, String, Option<ListedContact>),
    CallBack(String, Option<CallBackStatus>),
    Instant(String, Option<Timestamp>),
}

/// Where answers come from: asked once for each question, or looked up.
trait Answers {
    /// The answer to a question: the first recorded read that is one, else what the host says.
    fn answer<T>(
        &self,
        question: impl Fn() -> String,
        find: impl Fn(&Read) -> Option<T>,
        ask: impl FnOnce(&dyn Reads) -> (Read, T),
    ) -> Option<T>;
    /// A message for the operator's log.
    fn message(&self, level: LogLevel, message: &str);
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Asks the host and records the answers. The second time a question is asked within a step the
/// answer is the recorded one, so that a step that is tried again sees what it saw before.
pub struct Recorder<R> {
    host: R,
    reads: Mutex<Vec<Read>>,
}

impl<R: Reads> Recorder<R> {
    /// Nothing is recorded yet.
    pub fn new(host: R) -> Self {
        Self { host, reads: Mutex::default() }
    }

    /// What was asked since the start or the last time.
    pub fn take(&self) -> Vec<Read> {
        std::mem::take(&mut lock(&self.reads))
    }
}

impl<R: Reads> Answers for Recorder<R> {
    fn answer<T>(
        &self,
        _: impl Fn() -> String,
        find: impl Fn(&Read) -> Option<T>,
        ask: impl FnOnce(&dyn Reads) -> (Read, T),
    ) -> Option<T> {
        let mut reads = lock(&self.reads);
        if let Some(known) = reads.iter().find_map(find) {
            return Some(known);
        }
        let (read, answer) = ask(&self.host);
        reads.push(read);
        Some(answer)
    }

    fn message(&self, level: LogLevel, message: &str) {
        self.host.log(level, message);
    }
}

/// Answers from a recorded step. What was not asked then has no answer now: the flow is told the
/// least that can be said, and the question is kept.
pub struct Playback {
    reads: Vec<Read>,
    at: Timestamp,
    unanswered: Mutex<Option<String>>,
}

impl Playback {
    /// Plays the reads of a step back.
    pub fn new(step: &StepRecord) -> Self {
        Self { reads: step.reads.clone(), at: step.at, unanswered: Mutex::default() }
    }

    /// The first question that the recorded step had not asked.
    pub fn unanswered(&self) -> Option<String> {
        lock(&self.unanswered).clone()
    }
}

impl Answers for Playback {
    fn answer<T>(
        &self,
        question: impl Fn() -> String,
        find: impl Fn(&Read) -> Option<T>,
        _: impl FnOnce(&dyn Reads) -> (Read, T),
    ) -> Option<T> {
        let known = self.reads.iter().find_map(find);
        if known.is_none() {
            lock(&self.unanswered).get_or_insert_with(question);
        }
        known
    }

    fn message(&self, _: LogLevel, _: &str) {}
}

/// The methods of [`Reads`] whose question is one name: method, recorded as, answer when there is
/// none.
macro_rules! named {
    ($($method:ident: $read:ident -> $answer:ty),* $(,)?) => {$(
        fn $method(&self, name: &str) -> $answer {
            self.answer(
                || format!("{} {name:?}", stringify!($method).replace('_', "-")),
                |read| match read {
                    Read::$read(asked, answer) if asked == name => Some(answer.clone()),
                    _ => None,
                },
                |host| {
                    let answer = host.$method(name);
                    (Read::$read(name.to_owned(), answer.clone()), answer)
                },
            )
            .unwrap_or_default()
        }
    )*};
}

/// Those whose question is two names.
macro_rules! named_twice {
    ($($method:ident: $read:ident -> $answer:ty),* $(,)?) => {$(
        fn $method(&self, first: &str, second: &str) -> $answer {
            self.answer(
                || format!("{} {first:?} {second:?}", stringify!($method).replace('_', "-")),
                |read| match read {
                    Read::$read(one, other, answer) if one == first && other == second => {
                        Some(answer.clone())
                    }
                    _ => None,
                },
                |host| {
                    let answer = host.$method(first, second);
                    (Read::$read(first.to_owned(), second.to_owned(), answer.clone()), answer)
                },
            )
            .unwrap_or_default()
        }
    )*};
}

/// Every method by way of [`Answers`].
macro_rules! reads {
    ($kept:ty, $($generics:tt)*) => {
        impl $($generics)* Reads for $kept {
            fn now(&self) -> Moment {
                self.answer(|| "now".to_owned(), |read| if let Read::Now(now) = read { Some(*now) } else { None }, |host| {
                    let now = host.now();
                    (Read::Now(now), now)
                })
                .unwrap_or_else(|| self.least_moment())
            }

            named! {
                schedule: Schedule -> Option<ScheduleStatus>,
                switch: Switch -> Option<String>,
                queue: Queue -> Option<QueueStatus>,
                agent: Agent -> Option<AgentStatus>,
                contact: Contact -> Option<Contact>,
                campaign: Campaign -> Option<CampaignStatus>,
                on_duty: OnDuty -> Vec<Target>,
                agent_at: AgentAt -> Option<AgentName>,
                agent_named: AgentNamed -> Option<AgentName>,
                authority_over: Authority -> Authority,
                switch_named: SwitchNamed -> Option<SiteSwitch>,
                call_back: CallBack -> Option<CallBackStatus>,
                instant: Instant -> Option<Timestamp>,
            }

            named_twice! {
                in_queue: InQueue -> Option<bool>,
                authority_to_turn: AuthorityToTurn -> Authority,
                campaign_contact: CampaignContact -> Option<ListedContact>,
            }

            fn language(&self) -> String {
                self.answer(
                    || "language".to_owned(),
                    |read| if let Read::Language(language) = read { Some(language.clone()) } else { None },
                    |host| {
                        let language = host.language();
                        (Read::Language(language.clone()), language)
                    },
                )
                .unwrap_or_default()
            }

            fn expected_wait(&self, entry: OrderId) -> Option<Duration> {
                self.answer(
                    || format!("expected wait of order {entry}"),
                    |read| if let Read::ExpectedWait(asked, wait) = read { (*asked == entry).then_some(*wait) } else { None },
                    |host| {
                        let wait = host.expected_wait(entry);
                        (Read::ExpectedWait(entry, wait), wait)
                    },
                )
                .flatten()
            }

            fn history(&self, number: &str, days: u16) -> Vec<PastCall> {
                self.answer(
                    || format!("history of {days} days"),
                    |read| match read {
                        Read::History(asked, within, calls) if asked == number && *within == days => Some(calls.clone()),
                        _ => None,
                    },
                    |host| {
                        let calls = host.history(number, days);
                        (Read::History(number.to_owned(), days, calls.clone()), calls)
                    },
                )
                .unwrap_or_default()
            }

            fn position(&self, entry: OrderId) -> Option<u32> {
                self.answer(
                    || format!("position of order {entry}"),
                    |read| if let Read::Position(asked, place) = read { (*asked == entry).then_some(*place) } else { None },
                    |host| {
                        let place = host.position(entry);
                        (Read::Position(entry, place), place)
                    },
                )
                .flatten()
            }

            fn random(&self, n: u32) -> u64 {
                if n >= SYSTEM_RANDOM {
                    return self.system_random(n);
                }
                self.answer(
                    || format!("random {n}"),
                    |read| if let Read::Random(asked, number) = read { (*asked == n).then_some(*number) } else { None },
                    |host| {
                        let number = host.random(n);
                        (Read::Random(n, number), number)
                    },
                )
                .unwrap_or_default()
            }

            fn log(&self, level: LogLevel, message: &str) {
                self.message(level, message);
            }
        }
    };
}

reads!(Recorder<R>, <R: Reads>);
reads!(Playback,);

impl<R: Reads> Recorder<R> {
    fn least_moment(&self) -> Moment {
        self.host.now()
    }

    fn system_random(&self, n: u32) -> u64 {
        self.host.random(n)
    }
}

impl Playback {
    /// The instant of the step as if the site's zone were UTC's first day: only seen together with
    /// an unanswered question.
    fn least_moment(&self) -> Moment {
        Moment {
            instant: self.at,
            year: 1970,
            month: 1,
            day: 1,
            hour: 0,
            minute: 0,
            second: 0,
            weekday: 3,
        }
    }

    fn system_random(&self, n: u32) -> u64 {
        u64::from(n)
    }
}

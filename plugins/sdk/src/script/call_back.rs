//! A caller who waits, keys to be called back, hangs up and keeps the place in line; and the caller
//! who calls again before that, and takes the place back.

use super::{
    CALLER, Call, Report,
    number::in_full,
    order::{Ordered, kind},
    outcome::{Agent, NotReached, NotServed},
};
use crate::{
    millis,
    prompt::{Seconds, secs},
    types::{Command, Confirm, EnterQueue, KeepWaiting, OrderId, Prompt},
    words::Words,
};
use schemars::JsonSchema;
use serde::Deserialize;
use std::{
    cell::{Cell, RefCell},
    future::{Future, pending, poll_fn},
    pin::Pin,
    rc::Rc,
    task::Poll,
    time::Duration,
};

/// How those who wait may ask to be called back, keeping their place: a part of a flow's settings.
/// Whom that reaches, the flow file permits (`dial`).
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CallBack {
    /// What a caller keys while waiting, such as `9`.
    pub key: char,
    /// Takes the place of the 0 of a national number that a caller keys, such as `+32`.
    #[schemars(regex(pattern = r"^\+[0-9]{1,3}$"))]
    pub country: String,
    /// Who is rung first when it is the caller's turn.
    #[serde(default)]
    pub first: First,
    /// How often the caller is rung at most.
    #[schemars(range(min = 1, max = 20))]
    pub attempts: u32,
    /// From one attempt to the next, in seconds. The place is kept meanwhile, and no agent is rung.
    pub retry_after: Seconds,
    /// How long the caller's telephone may ring, in seconds.
    pub ring_time: Seconds,
    /// How long whoever answers has to press 1, in seconds. A voice mail presses nothing.
    pub key_within: Seconds,
    /// Said behind the words for those who wait: which key it is.
    pub offer: Words,
    /// Asked then; `{number}` is the number that is called back. 1: it is right. 2: another one.
    pub ask: Words,
    /// Asks for another number, with the area code, and `#` behind it.
    pub other: Words,
    /// When that number cannot be called. The caller waits on.
    pub refused: Words,
    /// The place is kept, and the caller may hang up.
    pub noted: Words,
    /// To whoever answers: who calls, and that 1 connects.
    pub called: Words,
    /// To the agent, before the caller is rung.
    pub agent: Words,
    /// To the agent when the caller did not answer.
    pub not_reached: Words,
}

/// Who is rung first.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum First {
    /// The agent, who then waits until the caller answers.
    #[default]
    Agent,
    /// The caller, as soon as nobody else is before, who then waits for the next agent. Should an
    /// agent have time before that was seen, it is as with `agent`.
    Caller,
}

/// What a voice mail does not press.
const CONFIRM: char = '1';
/// How often a number is asked for.
const ASKED: u32 = 4;
/// How often it is looked whether it is the caller's turn.
const LOOKS: Duration = secs(10);

/// Something that is awaited, apart from what awaits it: that keeps plugins small.
pub(super) type Awaited<'a, T> = Pin<Box<dyn Future<Output = T> + 'a>>;

/// The place of one who waits, as far as it can be kept.
pub(super) struct Line {
    /// How a place is entered; queues that are asked later are added.
    pub(super) ask: RefCell<EnterQueue>,
    /// The order that keeps the place in line without the caller.
    pub(super) entry: Cell<Option<OrderId>>,
    pub(super) stage: Cell<Stage>,
    /// Places so far: each has a name of its own for the agent's leg.
    places: Cell<u32>,
}

/// How far it is.
#[derive(Clone, Copy, PartialEq)]
pub(super) enum Stage {
    /// The caller waits on the line.
    Waits,
    /// And is asked for the number.
    Asked,
    /// The place is kept without the caller.
    Kept,
}

/// What comes of a call-back.
pub(super) enum Back {
    /// The agent and the caller hear each other; or nobody ever will.
    Over(Result<Agent, NotServed>),
    /// The caller is on the line again and is to wait with this place.
    Caller(Ordered<kind::Queue>),
}

/// What comes of one attempt.
enum Rung {
    Reached,
    AgentGone,
    NotReached(NotReached),
}

impl Line {
    pub(super) fn new(ask: EnterQueue) -> Rc<Self> {
        let (entry, stage, places) = (Cell::new(None), Cell::new(Stage::Waits), Cell::new(0));
        Rc::new(Self { ask: RefCell::new(ask), entry, stage, places })
    }
}

/// As long as it lives, the script goes on when the caller hangs up.
struct Outlives<'a>(&'a Call);

impl Drop for Outlives<'_> {
    fn drop(&mut self) {
        self.0.run.outlives_caller.set(false);
    }
}

/// One who waits, and may ask to be called back.
pub(super) struct CalledBack {
    pub(super) call: Call,
    pub(super) settings: &'static CallBack,
    pub(super) language: Option<String>,
    pub(super) music: Option<String>,
    pub(super) line: Rc<Line>,
}

impl CalledBack {
    pub(super) fn run(self) -> Awaited<'static, Back> {
        Box::pin(self.call_back())
    }

    async fn call_back(self) -> Back {
        let (number, mut entry) = self.keep().await;
        self.call.run.outlives_caller.set(true);
        let _outlives = Outlives(&self.call);
        self.line.stage.set(Stage::Kept);
        self.call.note("call-back", "kept");
        self.take_leave().await;
        let mut attempts = 0;
        loop {
            let agent = match self.turn(&mut entry).await {
                Ok(agent) => agent,
                Err(why) => return self.over(Err(why)),
            };
            let mut rest = self.enter(&number, true).await;
            drop(entry);
            let rung = crate::race! {
                left = &mut rest => {
                    self.let_go(agent);
                    return self.over(left);
                },
                rung = self.ring(&number, agent.as_ref()) => rung,
            };
            if let Rung::Reached = rung {
                self.call.note("call-back", "reached");
                return agent.map_or(Back::Caller(rest), |agent| Back::Over(Ok(agent)));
            }
            self.let_go(agent);
            match rung {
                Rung::NotReached(why) => {
                    attempts += 1;
                    self.call.note("call-back", why.word());
                    if attempts >= self.settings.attempts {
                        return Back::Over(Err(NotServed::NotCalledBack));
                    }
                    crate::race! {
                        left = &mut rest => return self.over(left),
                        () = self.call.sleep(self.settings.retry_after) => {},
                    }
                }
                Rung::Reached | Rung::AgentGone => {}
            }
            entry = self.enter(&number, false).await;
            drop(rest);
        }
    }

    /// Waits until the caller wants to be called back, and has a place for that.
    fn keep(&self) -> Awaited<'_, (String, Ordered<kind::Queue>)> {
        Box::pin(async move {
            loop {
                let mut keys = self.call.keys(CALLER);
                while keys.next().await != self.settings.key {}
                self.line.stage.set(Stage::Asked);
                if let Some(number) = self.number().await {
                    let mut entry = self.place(&number, false).reporting();
                    // It is in line; or it is refused, and the caller is where the caller was.
                    match entry.next().await {
                        Report::Progress(_) => {
                            self.line.entry.set(entry.id());
                            return (number, entry.into());
                        }
                        Report::Final(_) => self.say(CALLER, &self.settings.refused).await,
                    }
                }
                self.line.stage.set(Stage::Waits);
            }
        })
    }

    /// The number that the caller wants to be called back at; none: none after all.
    fn number(&self) -> Awaited<'_, Option<String>> {
        Box::pin(async move {
            let mut number = self.call.caller().map(str::to_owned);
            for _ in 0..ASKED {
                let Some(known) = number.take() else {
                    let other = self.call.gather(self.words(&self.settings.other)).until('#');
                    let keyed = other.first_within(secs(10)).await.ok()?;
                    number = in_full(&keyed.digits, &self.settings.country);
                    continue;
                };
                let said = self.digits(&known);
                let ask = self.settings.ask.map(|text| text.replace("{number}", &said));
                let keyed = self.call.gather(self.words(&ask)).digits(1).await.ok()?;
                match keyed.digits.as_str() {
                    "1" => return Some(known),
                    "2" => {}
                    _ => return None,
                }
            }
            None
        })
    }

    /// A number as it is said: digit by digit, as it is dialled in the country.
    fn digits(&self, number: &str) -> String {
        let national = number.strip_prefix(&self.settings.country).map(|rest| format!("0{rest}"));
        let dialled = national.unwrap_or_else(|| number.replacen('+', "00", 1));
        dialled.chars().flat_map(|digit| [digit, ' ']).collect()
    }

    /// The caller hears that the place is kept, and is hung up, or hangs up.
    fn take_leave(&self) -> Awaited<'_, ()> {
        Box::pin(async move {
            crate::race! {
                _ = self.call.gone(CALLER) => return,
                () = self.say(CALLER, &self.settings.noted) => {},
            }
            self.call.hang_up(CALLER);
            self.call.gone(CALLER).await;
        })
    }

    /// Waits until an agent has answered; none: the caller is to be rung before that.
    async fn turn(&self, entry: &mut Ordered<kind::Queue>) -> Result<Option<Agent>, NotServed> {
        loop {
            crate::race! {
                served = &mut *entry => return served.map(Some),
                () = self.looks() => {
                    if entry.id().and_then(|entry| self.call.position(entry)) == Some(1) {
                        return Ok(None);
                    }
                },
            }
        }
    }

    async fn looks(&self) {
        match self.settings.first {
            First::Agent => pending().await,
            First::Caller => self.call.sleep(LOOKS).await,
        }
    }

    /// Rings the caller; an agent who is there hears music meanwhile.
    fn ring<'a>(&'a self, number: &'a str, agent: Option<&'a Agent>) -> Awaited<'a, Rung> {
        Box::pin(async move {
            let settings = self.settings;
            let _music = agent.map(|agent| {
                self.call.keep_waiting(KeepWaiting {
                    leg: agent.leg.clone(),
                    music: self.music.clone(),
                    prompts: Vec::new(),
                    first_after: 0,
                    every: 0,
                })
            });
            let confirm = Confirm {
                prompts: vec![self.words(&settings.called)],
                key: CONFIRM,
                within: millis(settings.key_within),
            };
            let dial = self.call.dial(number).leg(CALLER).ring_time(settings.ring_time);
            let reached = crate::race! {
                _ = self.gone(agent) => return Rung::AgentGone,
                reached = dial.confirmed_by(confirm) => reached,
            };
            match (reached, agent) {
                (Ok(caller), None) => {
                    caller.leg.let_be();
                    Rung::Reached
                }
                (Ok(caller), Some(agent)) => match self.call.connect(&agent.leg).await {
                    Ok(()) => Rung::Reached,
                    Err(_) if self.call.run.gone(caller.leg.name()).is_none() => Rung::AgentGone,
                    Err(why) => Rung::NotReached(NotReached::Failed(why)),
                },
                (Err(why), agent) => {
                    if let Some(agent) = agent {
                        self.say(&agent.leg, &settings.not_reached).await;
                    }
                    Rung::NotReached(why)
                }
            }
        })
    }

    async fn gone(&self, agent: Option<&Agent>) {
        match agent {
            Some(agent) => drop(self.call.gone(&agent.leg).await),
            None => pending().await,
        }
    }

    fn let_go(&self, agent: Option<Agent>) {
        if let Some(agent) = agent.filter(|agent| self.call.run.gone(&agent.leg).is_none()) {
            self.call.hang_up(agent.leg);
        }
    }

    /// The place is lost.
    fn over(&self, left: Result<Agent, NotServed>) -> Back {
        let why = match left {
            Err(NotServed::CallerGone) => NotServed::CalledAgain,
            Err(why) => {
                self.call.note("call-back", why.word());
                NotServed::NotCalledBack
            }
            Ok(_) => NotServed::NotCalledBack,
        };
        Back::Over(Err(why))
    }

    /// Enters a place now. Whoever has another one gives it up after that.
    async fn enter(&self, number: &str, rests: bool) -> Ordered<kind::Queue> {
        let mut entry = self.place(number, rests);
        poll_fn(|context| {
            let _left = Pin::new(&mut entry).poll(context);
            Poll::Ready(())
        })
        .await;
        self.line.entry.set(entry.id());
        entry
    }

    fn place(&self, number: &str, rests: bool) -> Ordered<kind::Queue> {
        let places = self.line.places.get() + 1;
        self.line.places.set(places);
        let mut ask = self.line.ask.borrow().clone();
        ask.whisper.push(self.words(&self.settings.agent));
        (ask.with_caller, ask.rests) = (false, rests);
        (ask.calls_back, ask.agent_leg) = (Some(number.into()), format!("back-{places}"));
        Ordered::new(&self.call, Command::EnterQueue(ask))
    }

    fn words(&self, words: &Words) -> Prompt {
        words.in_language(self.language.as_deref())
    }

    fn say<'a>(&'a self, leg: &'a str, words: &'a Words) -> Awaited<'a, ()> {
        Box::pin(async move {
            self.call.play_to(leg, vec![self.words(words)]).await;
        })
    }
}

impl Call {
    /// Takes the place that is kept in a queue for whoever calls, if there is one: since when that
    /// caller waits. To have the place, wait in the queue with [`Ordered::waited`].
    pub async fn place_kept(&self, queue: &str) -> Option<u64> {
        let kept = self.call_back(self.caller()?)?;
        if !kept.queues.iter().any(|of| of == queue) {
            return None;
        }
        self.take_place(kept.call).await.ok()?;
        self.note("called-again", "place-taken");
        Some(kept.waited_since)
    }
}

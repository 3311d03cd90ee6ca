//! Reception: answer, greet, ask for one digit, put through. The example of a flow written by hand
//! as a state machine, on the bare contract: no script, no history, sixteen bytes of state.
//!
//! * [`Reception`]: the flow. [`Flow::step`] is all that the host ever calls.
//! * [`Settings`]: what an operator can change.
//! * [`state`]: where a call is, as bytes.
//!
//! What it costs to write a flow this way: every order's number is remembered, every event is
//! checked against it, and what must be taken back is taken back by hand. Scripts do all that by
//! themselves.

pub mod state;

use schemars::JsonSchema;
use serde::Deserialize;
use state::{Phase, State};
use strowger_sdk::{
    Flow,
    types::{
        Cause, Command, Dial, EnterQueue, Event, Gather, HangUp, KeepWaiting, Order, OrderId,
        Outcome, Play, Prompt, RingLimit, Spoken, StepResult, Target,
    },
};

/// The `[settings]` of a reception's flow file.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Settings {
    /// Said to every caller, with the menu: "For sales, press 1."
    pub greeting: String,
    /// Said when the caller is put through to nobody.
    pub sorry: String,
    /// What each key leads to.
    #[serde(default)]
    pub menu: Vec<Entry>,
    /// For callers who press nothing that is in the menu.
    pub otherwise: Destination,
    /// How often the greeting is said before `otherwise` is taken.
    #[serde(default = "two")]
    pub attempts: u8,
    /// Seconds to the first digit, from the end of the greeting.
    #[serde(default = "five")]
    pub digit_within: u16,
    /// How long an extension may ring, in seconds.
    #[serde(default = "twenty")]
    pub ring_time: u16,
    /// What those who wait in a queue hear; none: silence.
    #[schemars(extend("format" = "music"))]
    pub music: Option<String>,
}

fn two() -> u8 {
    2
}

fn five() -> u16 {
    5
}

fn twenty() -> u16 {
    20
}

/// A key and what it leads to.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Entry {
    /// `0` to `9`, `*` or `#`.
    pub key: char,
    /// Where the caller goes.
    pub to: Destination,
}

/// Where a caller can be put through to.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Destination {
    /// A queue of the site.
    Queue(#[schemars(extend("format" = "queue"))] String),
    /// An extension of the PBX.
    Extension(String),
}

/// The leg that a caller is put through to.
const FAR: &str = "far";
const CALLER: &str = "caller";

/// The flow.
pub struct Reception;

impl Flow for Reception {
    type Settings = Settings;

    const FIELDS: Option<&'static [&'static str]> = Some(&[]);

    fn check(settings: &Settings) -> Result<(), String> {
        match settings.menu.iter().find(|entry| !"0123456789*#".contains(entry.key)) {
            Some(entry) => Err(format!(
                "menu: `{}` is not a key of a telephone; use 0 to 9, * or #",
                entry.key
            )),
            None => Ok(()),
        }
    }

    fn step(
        settings: &'static Settings,
        bytes: Vec<u8>,
        event: Event,
    ) -> Result<StepResult, String> {
        let state = State::from_bytes(&bytes)?;
        let mut turn = Turn { settings, state, orders: Vec::new() };
        turn.take(event);
        Ok(StepResult { state: turn.state.to_bytes().to_vec(), orders: turn.orders })
    }
}

/// One step: the state before it becomes the state after it, and orders collect.
struct Turn {
    settings: &'static Settings,
    state: State,
    orders: Vec<Order>,
}

impl Turn {
    /// What happens next, by where the call is and what was heard. Whatever is not listed changes
    /// nothing.
    fn take(&mut self, event: Event) {
        let outcome = match event {
            Event::Arrived(_) if self.state.phase == Phase::New => {
                self.order(Command::Answer);
                return self.ask();
            }
            Event::HungUp(gone) if gone.leg == CALLER && self.state.phase != Phase::Over => {
                self.order(Command::Cancel(self.state.awaited));
                // Else it was the PBX or the network, and not the caller.
                let abandoned = gone.cause != Cause::Failed;
                return self.finish(if abandoned { "abandoned" } else { "failed" });
            }
            Event::Order(order) if order.id == self.state.awaited => order.outcome,
            _ => return,
        };
        match (self.state.phase, outcome) {
            (Phase::Asking, Outcome::Gathered(pressed)) => self.choose(&pressed.digits),
            (Phase::Queueing, Outcome::Connected(_)) | (Phase::Connecting, Outcome::Joined) => {
                self.finish("answered")
            }
            (Phase::Dialling, Outcome::LegAnswered(_)) => {
                self.await_next(
                    Phase::Connecting,
                    Command::Connect(vec![CALLER.into(), FAR.into()]),
                );
            }
            (Phase::Apologising, Outcome::Played(_)) => {
                self.order(Command::HangUp(HangUp { leg: None, cause: Cause::Normal }));
                self.finish("unserved");
            }
            (Phase::Apologising, Outcome::Refused(_) | Outcome::Unknown) => self.finish("unserved"),
            (
                Phase::Asking | Phase::Queueing | Phase::Dialling | Phase::Connecting,
                Outcome::Left(_) | Outcome::Unanswered(_) | Outcome::Refused(_) | Outcome::Unknown,
            ) => self.apologise(),
            // Progress: `queued`, `ringing`.
            _ => {}
        }
    }

    /// Says the greeting and waits for one digit.
    fn ask(&mut self) {
        self.state.attempt += 1;
        let gather = Gather {
            leg: CALLER.into(),
            prompts: vec![text(&self.settings.greeting)],
            max_digits: 1,
            terminator: None,
            first_digit_within: u32::from(self.settings.digit_within) * 1000,
            next_digit_within: 0,
            secret: false,
        };
        self.await_next(Phase::Asking, Command::Gather(gather));
    }

    fn choose(&mut self, digits: &str) {
        let settings = self.settings;
        let chosen = settings.menu.iter().find(|entry| digits.starts_with(entry.key));
        match chosen {
            Some(entry) => self.put_through(&entry.to),
            None if self.state.attempt < settings.attempts => self.ask(),
            None => self.put_through(&settings.otherwise),
        }
    }

    fn put_through(&mut self, to: &Destination) {
        match to {
            Destination::Queue(queue) => {
                let company = KeepWaiting {
                    leg: CALLER.into(),
                    music: self.settings.music.clone(),
                    prompts: Vec::new(),
                    first_after: 0,
                    every: 0,
                };
                self.order(Command::KeepWaiting(company));
                let entry = EnterQueue {
                    queues: vec![queue.clone()],
                    priority: 0,
                    waited_since: None,
                    with_caller: true,
                    calls_back: None,
                    rests: false,
                    agent_leg: FAR.into(),
                    whisper: Vec::new(),
                    display_name: None,
                    report_offers: false,
                };
                self.await_next(Phase::Queueing, Command::EnterQueue(entry));
            }
            Destination::Extension(extension) => {
                self.order(Command::IndicateRinging);
                let dial = Dial {
                    leg: FAR.into(),
                    target: Target::Extension(extension.clone()),
                    caller_id: None,
                    display_name: None,
                    limit: RingLimit::Time(u32::from(self.settings.ring_time) * 1000),
                    set_up_limit: 10_000,
                    machine_detection: false,
                    keep_place: None,
                    confirm: None,
                };
                self.await_next(Phase::Dialling, Command::Dial(dial));
            }
        }
    }

    fn apologise(&mut self) {
        let play =
            Play { leg: CALLER.into(), prompts: vec![text(&self.settings.sorry)], barge_in: false };
        self.await_next(Phase::Apologising, Command::Play(play));
    }

    fn finish(&mut self, outcome: &str) {
        self.state.phase = Phase::Over;
        self.order(Command::Finish(outcome.into()));
    }

    fn order(&mut self, command: Command) -> OrderId {
        self.state.last_id += 1;
        self.orders.push(Order { id: self.state.last_id, command });
        self.state.last_id
    }

    /// Orders something whose outcome is what the call waits for next.
    fn await_next(&mut self, phase: Phase, command: Command) {
        self.state.awaited = self.order(command);
        self.state.phase = phase;
    }
}

fn text(text: &str) -> Prompt {
    Prompt::Text(Spoken { text: text.into(), language: None })
}

strowger_sdk::export!(Reception, schema = "../settings.schema.json");

#[cfg(test)]
mod tests;

//! Plugboard: does what its settings say, event by event, so that a test can have any sequence of
//! orders carried out.
//!
//! ```toml
//! [settings.on]
//! arrived = ["1 answer"]
//! "1 answered" = ["2 dial bob 200 limit 10", "3 timer 5"]
//! "2 unanswered busy" = ["finish lost"]
//! ```
//! Before the orders of a rule stands the event: its name in the contract; of an order, its number,
//! the outcome's name, and how it came out, if that matters. An order is its number, its name and
//! what it needs, see `command`; what bears no number gets one that nobody waits for.

use schemars::JsonSchema;
use serde::Deserialize;
use std::{collections::BTreeMap, str::SplitWhitespace};
use strowger_sdk::{
    Flow, event_name, reads,
    types::{
        CaseOrder, Cause, Claim, Command, Confirm, ContactOf, ContinueWith, Dial, Disposition,
        EnterQueue, Event, Field, Gather, HangUp, KeepWaiting, Left, Listen, ListenMode, Mail,
        OpenCampaign, Order, Outcome, Play, Prompt, RingLimit, SettleTransfer, StepResult, Target,
        Transfer, Unanswered, Watch, Widen,
    },
};

/// Which orders each event brings.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Settings {
    /// Orders by event.
    on: BTreeMap<String, Vec<String>>,
}

/// The flow.
pub struct Plugboard;

impl Flow for Plugboard {
    type Settings = Settings;

    fn step(
        settings: &'static Settings,
        state: Vec<u8>,
        event: Event,
    ) -> Result<StepResult, String> {
        let state = match &event {
            Event::ContactDue(due) => {
                [&*due.campaign, &due.contact, &due.number].join("\n").into_bytes()
            }
            _ if state.is_empty() => b"\n\n".to_vec(),
            _ => state,
        };
        let text = String::from_utf8_lossy(&state);
        let mut due = text.split('\n').map(str::to_owned);
        let mut next = || due.next().unwrap_or_default();
        let due = Due { who: ContactOf { campaign: next(), contact: next() }, number: next() };
        let words = words(&event);
        let orders =
            (1..=words.len()).rev().find_map(|known| settings.on.get(&words[..known].join(" ")));
        let orders = orders
            .into_iter()
            .flatten()
            .zip(1000..)
            .map(|(line, unasked)| order(line, unasked, &due))
            .collect::<Result<_, _>>()?;
        Ok(StepResult { state, orders })
    }
}

strowger_sdk::export!(Plugboard);

/// The contact that the call is for; empty: none.
struct Due {
    who: ContactOf,
    number: String,
}

/// An event in words, from the most important on.
fn words(event: &Event) -> Vec<String> {
    let name = event_name(event).to_owned();
    match event {
        Event::Order(order) => {
            [order.id.to_string(), name].into_iter().chain(how(&order.outcome)).collect()
        }
        Event::Digit(key) => vec![name, key.leg.clone(), key.digit.to_string()],
        Event::HungUp(gone) => vec![name, gone.leg.clone()],
        Event::TransferAsked(asked) => vec![name, asked.leg.clone(), asked.target.clone()],
        Event::Goal(goal) => vec![name, goal.remaining.to_string()],
        _ => vec![name],
    }
}

fn how(outcome: &Outcome) -> Vec<String> {
    let how = match outcome {
        Outcome::Matched(matched) => return vec![matched.pattern.clone(), matched.digits.clone()],
        Outcome::Unanswered(why) => match why {
            Unanswered::NoAnswer => "no-answer",
            Unanswered::Busy => "busy",
            Unanswered::Declined => "declined",
            Unanswered::Unreachable => "unreachable",
            Unanswered::Cancelled => "cancelled",
        },
        Outcome::Left(why) => match why {
            Left::Full => "full",
            Left::NobodyLoggedIn => "nobody-logged-in",
            Left::NobodyReachable => "nobody-reachable",
            Left::CallerGone => "caller-gone",
        },
        Outcome::Claimed(claim) => match claim {
            Claim::Won => "won",
            Claim::Lost => "lost",
        },
        _ => return Vec::new(),
    };
    vec![how.to_owned()]
}

fn order(line: &str, unasked: u32, due: &Due) -> Result<Order, String> {
    let (number, rest) = match line.split_once(' ') {
        Some((number, rest)) if number.parse::<u32>().is_ok() => (number.parse().ok(), rest),
        _ => (None, line),
    };
    let command = command(&mut rest.split_whitespace(), due)
        .ok_or_else(|| format!("{line:?} is no order that the plugboard knows"))?;
    Ok(Order { id: number.unwrap_or(unasked), command })
}

/// ```text
/// answer                                  hold LEG        transfer LEG [TARGET]
/// play LEG TEXT...                        resume LEG      continue-with FLOW [DATA]
/// keep-waiting LEG MUSIC                  part LEG        hang-up [LEG]
/// enter-queue AGENT-LEG QUEUE...          connect LEG...  finish OUTCOME
/// enter-queue-alone AGENT-LEG QUEUE...
/// widen ENTRY QUEUE...                    timer SECONDS   note KEY VALUE
/// dial LEG TARGET [limit SECONDS] [keep-place ENTRY] [confirm KEY SECONDS]
/// watch LEG PATTERN...                    gather LEG DIGITS
/// listen LEG AGENT [whisper | join]        settle-transfer LEG [TARGET]
/// cancel ORDER                            mail TEMPLATE ADDRESS [KEY=VALUE...]
/// case KIND [KEY=VALUE...]
/// ask KEY contact NUMBER                  ask KEY on-duty ROSTER
/// ask KEY history NUMBER DAYS             say OUTCOME [never]
/// claim [CAMPAIGN CONTACT]
/// open TEMPLATE NAME GOAL [KEY=VALUE...]  stop CAMPAIGN
/// ```
/// What was asked becomes a note. `claim`, `say` and `dial LEG contact` are about the contact that the
/// call is for.
fn command(words: &mut SplitWhitespace<'_>, due: &Due) -> Option<Command> {
    let owned = |words: &mut SplitWhitespace<'_>| words.next().map(str::to_owned);
    let rest = |words: &mut SplitWhitespace<'_>| words.map(str::to_owned).collect::<Vec<_>>();
    Some(match words.next()? {
        "answer" => Command::Answer,
        "play" => Command::Play(Play {
            leg: owned(words)?,
            prompts: vec![Prompt::from(rest(words).join(" ").as_str())],
            barge_in: false,
        }),
        "keep-waiting" => Command::KeepWaiting(KeepWaiting {
            leg: owned(words)?,
            music: owned(words),
            prompts: Vec::new(),
            first_after: 0,
            every: 0,
        }),
        "enter-queue" => Command::EnterQueue(enter_queue(owned(words)?, rest(words))),
        "enter-queue-alone" => Command::EnterQueue(EnterQueue {
            with_caller: false,
            ..enter_queue(owned(words)?, rest(words))
        }),
        "widen" => {
            Command::Widen(Widen { entry: words.next()?.parse().ok()?, queues: rest(words) })
        }
        "dial" => Command::Dial(dial(words, due)?),
        "connect" => Command::Connect(rest(words)),
        "hold" => Command::Hold(owned(words)?),
        "resume" => Command::Resume(owned(words)?),
        "part" => Command::Part(owned(words)?),
        "transfer" => {
            Command::Transfer(Transfer { leg: owned(words)?, target: words.next().map(target) })
        }
        "settle-transfer" => Command::SettleTransfer(SettleTransfer {
            leg: owned(words)?,
            to: words.next().map(target),
        }),
        "continue-with" => Command::ContinueWith(ContinueWith {
            flow: owned(words)?,
            data: rest(words).join(" "),
            back_on: Vec::new(),
        }),
        "timer" => Command::Timer(seconds(words.next()?)?),
        "watch" => Command::Watch(Watch { leg: owned(words)?, patterns: rest(words) }),
        "gather" => Command::Gather(gather(owned(words)?, words.next()?.parse().ok()?)),
        "listen" => Command::Listen(Listen {
            leg: owned(words)?,
            agent: owned(words)?,
            mode: match words.next() {
                None => ListenMode::Silent,
                Some("whisper") => ListenMode::Whisper,
                Some("join") => ListenMode::Join,
                Some(_) => return None,
            },
        }),
        "cancel" => Command::Cancel(words.next()?.parse().ok()?),
        "mail" => Command::Mail(Mail {
            template: owned(words)?,
            to: vec![owned(words)?],
            fields: fields(words)?,
        }),
        "case" => Command::Case(CaseOrder { kind: owned(words)?, fields: fields(words)? }),
        "ask" => Command::Note(Field { key: owned(words)?, value: answer(words)? }),
        "note" => Command::Note(Field { key: owned(words)?, value: rest(words).join(" ") }),
        "hang-up" => Command::HangUp(HangUp { leg: owned(words), cause: Cause::Normal }),
        "finish" => Command::Finish(owned(words)?),
        other => return of_campaign(other, words, due),
    })
}

/// Orders about campaigns, by their name.
fn of_campaign(name: &str, words: &mut SplitWhitespace<'_>, due: &Due) -> Option<Command> {
    let owned = |words: &mut SplitWhitespace<'_>| words.next().map(str::to_owned);
    Some(match name {
        "claim" => Command::Claim(match words.next() {
            Some(campaign) => ContactOf { campaign: campaign.to_owned(), contact: owned(words)? },
            None => due.who.clone(),
        }),
        "say" => Command::Disposition(Disposition {
            who: due.who.clone(),
            outcome: owned(words)?,
            reason: None,
            not_before: None,
            never_again: words.next() == Some("never"),
        }),
        "open" => Command::OpenCampaign(OpenCampaign {
            template: owned(words)?,
            name: owned(words)?,
            goal: words.next()?.parse().ok()?,
            fields: fields(words)?,
            until: None,
        }),
        "stop" => Command::StopCampaign(owned(words)?),
        _ => return None,
    })
}

fn gather(leg: String, max_digits: u8) -> Gather {
    Gather {
        leg,
        prompts: Vec::new(),
        max_digits,
        terminator: None,
        first_digit_within: 5_000,
        next_digit_within: 3_000,
        secret: false,
    }
}

fn seconds(text: &str) -> Option<u32> {
    text.parse::<u32>().ok().map(|seconds| seconds * 1000)
}

fn enter_queue(agent_leg: String, queues: Vec<String>) -> EnterQueue {
    EnterQueue {
        agent_leg,
        queues,
        priority: 0,
        waited_since: None,
        with_caller: true,
        calls_back: None,
        rests: false,
        whisper: Vec::new(),
        display_name: None,
        report_offers: false,
    }
}

fn dial(words: &mut SplitWhitespace<'_>, due: &Due) -> Option<Dial> {
    let mut dial = Dial {
        leg: words.next()?.to_owned(),
        target: match words.next()? {
            "contact" => Target::Number(due.number.clone()),
            other => target(other),
        },
        caller_id: None,
        display_name: None,
        limit: RingLimit::Time(20_000),
        set_up_limit: 10_000,
        machine_detection: false,
        keep_place: None,
        confirm: None,
    };
    while let Some(more) = words.next() {
        match more {
            "limit" => dial.limit = RingLimit::Time(seconds(words.next()?)?),
            "keep-place" => dial.keep_place = Some(words.next()?.parse().ok()?),
            "confirm" => {
                let (key, within) = (words.next()?.chars().next()?, seconds(words.next()?)?);
                dial.confirm =
                    Some(Confirm { prompts: vec![Prompt::from("Press the key.")], key, within });
            }
            _ => return None,
        }
    }
    Some(dial)
}

/// An underscore in a value stands for a space.
fn fields(words: &mut SplitWhitespace<'_>) -> Option<Vec<Field>> {
    let field = |word: &str| {
        let (key, value) = word.split_once('=')?;
        Some(Field { key: key.to_owned(), value: value.replace('_', " ") })
    };
    words.map(field).collect()
}

/// What a read says, in a word or two.
fn answer(words: &mut SplitWhitespace<'_>) -> Option<String> {
    Some(match words.next()? {
        "contact" => reads::contact(words.next()?).map_or_else(
            || "nobody".to_owned(),
            |known| format!("{} {}", known.kind, known.responsible.join(",")),
        ),
        "on-duty" => reads::on_duty(words.next()?)
            .into_iter()
            .map(|target| match target {
                Target::Number(text)
                | Target::Extension(text)
                | Target::Agent(text)
                | Target::Address(text) => text,
            })
            .collect::<Vec<_>>()
            .join(","),
        "history" => {
            let calls = reads::history(words.next()?, words.next()?.parse().ok()?);
            calls
                .iter()
                .map(|call| format!("{}:{}", call.flow, call.outcome))
                .collect::<Vec<_>>()
                .join(",")
        }
        _ => return None,
    })
}

/// `+...`: a number; digits: an extension; with a slash: an address; else an agent.
fn target(text: &str) -> Target {
    let target = match text {
        _ if text.starts_with('+') => Target::Number,
        _ if text.bytes().all(|byte| byte.is_ascii_digit()) => Target::Extension,
        _ if text.contains('/') => Target::Address,
        _ => Target::Agent,
    };
    target(text.to_owned())
}

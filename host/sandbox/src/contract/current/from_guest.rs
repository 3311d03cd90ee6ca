//! Orders, from a guest. What cannot be what it claims (a telephone number with letters, a name
//! with a line break, a text without end) is refused here, for that order alone, so that no layer
//! above meets it.

use super::wit;
use std::time::Duration;
use strowger_model::{
    CallId, Command, LegName, Order, OrderId, PhoneNumber, Prompt, Timestamp,
    command::{
        AgentAction, Asked, Confirm, ContactOf, Dial, Disposition, EnterQueue, Field, Gather,
        KeepWaiting, ListenMode, OpenCampaign, RingLimit, SetSwitch, Target,
    },
    event::{Cause, Refusal, RefusalReason},
};

/// Bytes of a name: of a leg, a queue, an agent, a switch, a key.
const NAME: usize = 128;
/// Bytes of a text: of a prompt, a mail's field, a note, an alarm.
const TEXT: usize = 16 << 10;
/// Bytes of an alarm.
const ALARM: usize = 1 << 10;
/// Milliseconds of silence in one prompt.
const SILENCE: u32 = 60_000;
/// The end of the year 9999, in milliseconds since 1970.
const LAST_INSTANT: u64 = 253_402_300_799_999;
/// Entries of a list: prompts, legs, fields, addresses.
const LIST: usize = 64;

type Checked<T> = Result<T, Refusal>;

/// An order, or why its command cannot be meant.
pub(crate) fn order(order: wit::Order) -> Result<Order, (OrderId, &'static str, Refusal)> {
    let id = OrderId(order.id);
    let name = name_of(&order.command);
    let command = match id < OrderId::FIRST_OF_HOST {
        true => command(order.command),
        false => Err(invalid(format!(
            "the number {} of the order is one of the host's; count from 0",
            order.id
        ))),
    };
    match command {
        Ok(command) => Ok(Order { id, command }),
        Err(refusal) => Err((id, name, refusal)),
    }
}

fn command(command: wit::Command) -> Checked<Command> {
    use wit::Command as Guest;
    Ok(match command {
        Guest::Answer => Command::Answer,
        Guest::IndicateRinging => Command::IndicateRinging,
        Guest::Play(asked) => play(asked)?,
        Guest::KeepWaiting(asked) => Command::KeepWaiting(keep_waiting(asked)?),
        Guest::Gather(asked) => Command::Gather(gather(asked)?),
        Guest::Watch(asked) => watch(asked)?,
        Guest::EnterQueue(asked) => Command::EnterQueue(Box::new(enter_queue(asked)?)),
        Guest::Widen(asked) => {
            Command::Widen { entry: OrderId(asked.entry), to: queues(asked.queues)? }
        }
        Guest::TakePlace(call) => Command::TakePlace { of: call_id(call)? },
        Guest::Dial(asked) => Command::Dial(Box::new(dial(asked)?)),
        Guest::Connect(legs) => Command::Connect { legs: list("legs", legs, leg)? },
        Guest::Hold(held) => Command::Hold { leg: leg(held)? },
        Guest::Resume(held) => Command::Resume { leg: leg(held)? },
        Guest::Part(parted) => Command::Part { leg: leg(parted)? },
        Guest::Transfer(asked) => Command::Transfer {
            leg: leg(asked.leg)?,
            target: asked.target.map(target).transpose()?,
        },
        Guest::SettleTransfer(asked) => {
            Command::SettleTransfer { leg: leg(asked.leg)?, to: asked.to.map(target).transpose()? }
        }
        Guest::ContinueWith(asked) => Command::ContinueWith {
            flow: name("flow", asked.flow)?.into(),
            data: text("data", asked.data)?,
            back_on: list("switches", asked.back_on, |switch| name("switch", switch))?,
        },
        Guest::Listen(asked) => listen(asked)?,
        Guest::Record(asked) => record(asked)?,
        Guest::SendDigits(asked) => {
            Command::SendDigits { leg: leg(asked.leg)?, digits: digits(asked.digits)? }
        }
        Guest::Timer(after) => Command::Timer { after: millis(after) },
        Guest::Cancel(order) => Command::Cancel { order: OrderId(order) },
        Guest::Mail(asked) => mail(asked)?,
        Guest::Case(asked) => {
            Command::Case { kind: name("kind", asked.kind)?.into(), fields: fields(asked.fields)? }
        }
        Guest::Note(note) => Command::Note(field(note)?),
        Guest::Mark(tag) => Command::Mark { tag: name("tag", tag)? },
        Guest::Disposition(said) => Command::Disposition(Box::new(disposition(said)?)),
        Guest::Agent(asked) => agent(asked)?,
        Guest::SetSwitch(asked) => Command::SetSwitch(Box::new(set_switch(asked)?)),
        Guest::OpenCampaign(asked) => Command::OpenCampaign(Box::new(open_campaign(asked)?)),
        Guest::StopCampaign(campaign) => {
            Command::StopCampaign { name: name("campaign", campaign)? }
        }
        Guest::Claim(who) => Command::Claim(contact_of(who)?),
        Guest::Alarm(asked) => alarm(asked)?,
        Guest::HangUp(asked) => {
            Command::HangUp { leg: asked.leg.map(leg).transpose()?, cause: cause(asked.cause) }
        }
        Guest::Finish(outcome) => Command::Finish { outcome: name("outcome", outcome)? },
    })
}

fn name_of(command: &wit::Command) -> &'static str {
    match command {
        wit::Command::Answer => "answer",
        wit::Command::IndicateRinging => "indicate-ringing",
        wit::Command::Play(_) => "play",
        wit::Command::KeepWaiting(_) => "keep-waiting",
        wit::Command::Gather(_) => "gather",
        wit::Command::Watch(_) => "watch",
        wit::Command::EnterQueue(_) => "enter-queue",
        wit::Command::Widen(_) => "widen",
        wit::Command::TakePlace(_) => "take-place",
        wit::Command::Dial(_) => "dial",
        wit::Command::Connect(_) => "connect",
        wit::Command::Hold(_) => "hold",
        wit::Command::Resume(_) => "resume",
        wit::Command::Part(_) => "part",
        wit::Command::Transfer(_) => "transfer",
        wit::Command::SettleTransfer(_) => "settle-transfer",
        wit::Command::ContinueWith(_) => "continue-with",
        wit::Command::Listen(_) => "listen",
        wit::Command::Record(_) => "record",
        wit::Command::SendDigits(_) => "send-digits",
        wit::Command::Timer(_) => "timer",
        wit::Command::Cancel(_) => "cancel",
        wit::Command::Mail(_) => "mail",
        wit::Command::Case(_) => "case",
        wit::Command::Note(_) => "note",
        wit::Command::Mark(_) => "mark",
        wit::Command::Disposition(_) => "disposition",
        wit::Command::Agent(_) => "agent",
        wit::Command::SetSwitch(_) => "set-switch",
        wit::Command::OpenCampaign(_) => "open-campaign",
        wit::Command::StopCampaign(_) => "stop-campaign",
        wit::Command::Claim(_) => "claim",
        wit::Command::Alarm(_) => "alarm",
        wit::Command::HangUp(_) => "hang-up",
        wit::Command::Finish(_) => "finish",
    }
}

fn play(play: wit::Play) -> Checked<Command> {
    Ok(Command::Play {
        leg: leg(play.leg)?,
        prompts: prompts(play.prompts)?,
        barge_in: play.barge_in,
    })
}

fn keep_waiting(keep: wit::KeepWaiting) -> Checked<KeepWaiting> {
    Ok(KeepWaiting {
        leg: leg(keep.leg)?,
        music: maybe_name("music", keep.music)?,
        prompts: prompts(keep.prompts)?,
        first_after: millis(keep.first_after),
        every: millis(keep.every),
    })
}

fn gather(gather: wit::Gather) -> Checked<Gather> {
    Ok(Gather {
        leg: leg(gather.leg)?,
        prompts: prompts(gather.prompts)?,
        max_digits: gather.max_digits,
        terminator: gather.terminator.map(key).transpose()?,
        first_digit_within: millis(gather.first_digit_within),
        next_digit_within: millis(gather.next_digit_within),
        secret: gather.secret,
    })
}

fn watch(watch: wit::Watch) -> Checked<Command> {
    Ok(Command::Watch {
        leg: leg(watch.leg)?,
        patterns: list("patterns", watch.patterns, |pattern| name("pattern", pattern))?,
    })
}

fn enter_queue(enter: wit::EnterQueue) -> Checked<EnterQueue> {
    if enter.rests && enter.calls_back.is_none() {
        return Err(invalid("rests is for an entry with calls-back".into()));
    }
    Ok(EnterQueue {
        ask: queues(enter.queues)?,
        priority: enter.priority,
        waited_since: enter.waited_since.map(instant).transpose()?,
        with_caller: enter.with_caller,
        calls_back: match enter.with_caller {
            true if enter.calls_back.is_some() => {
                return Err(invalid("calls-back is for an entry without caller".into()));
            }
            _ => enter.calls_back.map(number).transpose()?,
        },
        agent_leg: new_leg(enter.agent_leg)?,
        whisper: prompts(enter.whisper)?,
        display_name: maybe_name("display name", enter.display_name)?,
        report_offers: enter.report_offers,
        rests: enter.rests,
    })
}

fn dial(dial: wit::Dial) -> Checked<Dial> {
    Ok(Dial {
        leg: leg(dial.leg)?,
        target: target(dial.target)?,
        caller_id: dial.caller_id.map(number).transpose()?,
        display_name: maybe_name("display name", dial.display_name)?,
        limit: match dial.limit {
            wit::RingLimit::Rings(rings) => RingLimit::Rings(rings),
            wit::RingLimit::Time(time) => RingLimit::Time(millis(time)),
        },
        set_up_limit: millis(dial.set_up_limit),
        machine_detection: dial.machine_detection,
        keep_place: dial.keep_place.map(OrderId),
        confirm: dial
            .confirm
            .map(|confirm| {
                Ok(Confirm {
                    prompts: prompts(confirm.prompts)?,
                    key: key(confirm.key)?,
                    within: millis(confirm.within),
                })
            })
            .transpose()?,
    })
}

fn listen(listen: wit::Listen) -> Checked<Command> {
    Ok(Command::Listen {
        leg: leg(listen.leg)?,
        agent: name("agent", listen.agent)?.into(),
        mode: match listen.mode {
            wit::ListenMode::Silent => ListenMode::Silent,
            wit::ListenMode::Whisper => ListenMode::Whisper,
            wit::ListenMode::Join => ListenMode::Join,
        },
    })
}

fn record(record: wit::RecordingOrder) -> Checked<Command> {
    Ok(Command::Record {
        leg: leg(record.leg)?,
        conversation: record.conversation,
        consent: prompts(record.consent)?,
    })
}

fn mail(mail: wit::Mail) -> Checked<Command> {
    Ok(Command::Mail {
        template: name("template", mail.template)?,
        to: addresses(mail.to)?,
        fields: fields(mail.fields)?,
    })
}

fn contact_of(who: wit::ContactOf) -> Checked<ContactOf> {
    Ok(ContactOf {
        campaign: name("campaign", who.campaign)?,
        contact: name("contact", who.contact)?,
    })
}

fn disposition(said: wit::Disposition) -> Checked<Disposition> {
    Ok(Disposition {
        who: contact_of(said.who)?,
        outcome: name("outcome", said.outcome)?,
        reason: maybe_name("reason", said.reason)?,
        not_before: said.not_before.map(instant).transpose()?,
        never_again: said.never_again,
    })
}

fn agent(order: wit::AgentOrder) -> Checked<Command> {
    Ok(Command::Agent {
        agent: name("agent", order.agent)?.into(),
        action: action(order.action)?,
        proof: maybe_name("proof", order.proof)?,
    })
}

fn action(action: wit::AgentAction) -> Checked<AgentAction> {
    Ok(match action {
        wit::AgentAction::LogIn(at) => AgentAction::LogIn(target(at)?),
        wit::AgentAction::LogOut => AgentAction::LogOut,
        wit::AgentAction::Ready => AgentAction::Ready,
        wit::AgentAction::Pause(why) => AgentAction::Pause(maybe_name("reason", why)?),
        wit::AgentAction::Join(queue) => AgentAction::Join(name("queue", queue)?.into()),
        wit::AgentAction::Leave(queue) => AgentAction::Leave(name("queue", queue)?.into()),
    })
}

fn set_switch(set: wit::SetSwitch) -> Checked<SetSwitch> {
    Ok(SetSwitch {
        name: name("switch", set.name)?,
        position: name("position", set.position)?,
        agent: name("agent", set.agent)?.into(),
        proof: maybe_name("proof", set.proof)?,
        until: set.until.map(instant).transpose()?,
    })
}

fn open_campaign(open: wit::OpenCampaign) -> Checked<OpenCampaign> {
    Ok(OpenCampaign {
        template: name("template", open.template)?,
        name: name("campaign", open.name)?,
        goal: open.goal,
        fields: fields(open.fields)?,
        until: open.until.map(instant).transpose()?,
    })
}

fn alarm(alarm: wit::Alarm) -> Checked<Command> {
    Ok(Command::Alarm { what: alarm_text(alarm.what)?, to: addresses(alarm.to)? })
}

fn cause(cause: wit::Cause) -> Cause {
    match cause {
        wit::Cause::Normal => Cause::Normal,
        wit::Cause::Busy => Cause::Busy,
        wit::Cause::Declined => Cause::Declined,
        wit::Cause::NoAnswer => Cause::NoAnswer,
        wit::Cause::Unreachable => Cause::Unreachable,
        wit::Cause::Failed => Cause::Failed,
    }
}

fn target(target: wit::Target) -> Checked<Target> {
    Ok(match target {
        wit::Target::Number(text) => Target::Number(number(text)?),
        wit::Target::Extension(extension) => Target::Extension(name("extension", extension)?),
        wit::Target::Agent(agent) => Target::Agent(name("agent", agent)?.into()),
        wit::Target::Address(address) => Target::Address(name("address", address)?),
    })
}

fn prompt(prompt: wit::Prompt) -> Checked<Prompt> {
    Ok(match prompt {
        wit::Prompt::Recording(recording) => Prompt::Recording(name("recording", recording)?),
        wit::Prompt::Text(spoken) => Prompt::Text {
            text: text("prompt", spoken.text)?,
            language: maybe_name("language", spoken.language)?,
        },
        wit::Prompt::Digits(said) => Prompt::Digits(digits(said)?),
        wit::Prompt::Number(number) => Prompt::Number(number),
        wit::Prompt::Time(at) => Prompt::Time(instant(at)?),
        wit::Prompt::Position(place) => Prompt::Position(place),
        wit::Prompt::Silence(length) if length > SILENCE => {
            return Err(over_limit(format!(
                "{length} ms of silence; at most {SILENCE} in a prompt"
            )));
        }
        wit::Prompt::Silence(length) => Prompt::Silence(millis(length)),
    })
}

fn prompts(prompts: Vec<wit::Prompt>) -> Checked<Vec<Prompt>> {
    list("prompts", prompts, prompt)
}

fn addresses(addresses: Vec<String>) -> Checked<Vec<String>> {
    list("addresses", addresses, |to| name("address", to))
}

fn queues(queues: Vec<String>) -> Checked<Vec<Asked>> {
    if queues.is_empty() {
        return Err(invalid("no queue is named".into()));
    }
    list("queues", queues, |asked| {
        Ok(match asked.strip_prefix("agent:") {
            Some(agent) => Asked::Agent(name("agent", agent.to_owned())?.into()),
            None => Asked::Queue(name("queue", asked)?.into()),
        })
    })
}

fn fields(fields: Vec<wit::Field>) -> Checked<Vec<Field>> {
    list("fields", fields, field)
}

fn field(field: wit::Field) -> Checked<Field> {
    Ok(Field { key: name("key", field.key)?, value: text("value", field.value)? })
}

fn number(text: String) -> Checked<PhoneNumber> {
    text.parse().map_err(|error| invalid(format!("{error}")))
}

fn call_id(text: String) -> Checked<CallId> {
    text.parse().map_err(|_| invalid(format!("{} is not the id of a call", shortened(&text))))
}

fn leg(leg: String) -> Checked<LegName> {
    Ok(LegName::new(name("leg", leg)?))
}

/// The name of the leg of an agent whom the order brings.
fn new_leg(leg: String) -> Checked<LegName> {
    let leg = self::leg(leg)?;
    match leg.is_caller() {
        true => Err(invalid(
            "an agent's leg cannot be named \"caller\", as the one that arrived is".into(),
        )),
        false => Ok(leg),
    }
}

fn digits(digits: String) -> Checked<String> {
    match digits.len() <= NAME && digits.chars().all(is_digit) {
        true => Ok(digits),
        false => Err(invalid(format!("{} are not digits", shortened(&digits)))),
    }
}

fn key(key: char) -> Checked<char> {
    match is_digit(key) {
        true => Ok(key),
        false => Err(invalid(format!("{key:?} is not a key of a telephone"))),
    }
}

fn is_digit(digit: char) -> bool {
    matches!(digit, '0'..='9' | '*' | '#' | '+' | 'A'..='D')
}

/// Something short on one line, which may end up in a SIP header or a log.
fn name(what: &str, name: String) -> Checked<String> {
    if name.is_empty() {
        return Err(invalid(format!("the {what} is empty")));
    }
    if name.len() > NAME || name.chars().any(char::is_control) {
        return Err(invalid(format!(
            "the {what} {} is longer than {NAME} bytes or has a control character",
            shortened(&name)
        )));
    }
    Ok(name)
}

fn maybe_name(what: &str, said: Option<String>) -> Checked<Option<String>> {
    said.map(|said| name(what, said)).transpose()
}

/// It stands in the log, on one line.
fn alarm_text(text: String) -> Checked<String> {
    match text.len() <= ALARM {
        true => Ok(text),
        false => Err(over_limit(format!("the alarm has {} bytes; at most {ALARM}", text.len()))),
    }
}

fn text(what: &str, text: String) -> Checked<String> {
    match text.len() <= TEXT {
        true => Ok(text),
        false => Err(over_limit(format!("the {what} has {} bytes; at most {TEXT}", text.len()))),
    }
}

fn list<A, B>(what: &str, list: Vec<A>, one: impl FnMut(A) -> Checked<B>) -> Checked<Vec<B>> {
    match list.len() <= LIST {
        true => list.into_iter().map(one).collect(),
        false => Err(over_limit(format!("{} {what}; at most {LIST}", list.len()))),
    }
}

fn millis(millis: u32) -> Duration {
    Duration::from_millis(millis.into())
}

/// An instant that a calendar knows.
fn instant(millis: u64) -> Checked<Timestamp> {
    match millis <= LAST_INSTANT {
        true => Ok(Timestamp(millis)),
        false => Err(invalid(format!("{millis} ms since 1970 is after the year 9999"))),
    }
}

fn shortened(text: &str) -> String {
    format!("{:?}", &text[..text.floor_char_boundary(40)])
}

fn invalid(detail: String) -> Refusal {
    Refusal { reason: RefusalReason::Invalid, detail }
}

fn over_limit(detail: String) -> Refusal {
    Refusal { reason: RefusalReason::OverLimit, detail }
}

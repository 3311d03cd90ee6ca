//! Names of commands and events in the words of the contract, for messages.

use crate::types::{Command, Event, Outcome};

/// A command's name in the contract, such as `enter-queue`.
pub fn command_name(command: &Command) -> &'static str {
    match command {
        Command::Answer => "answer",
        Command::IndicateRinging => "indicate-ringing",
        Command::Play(_) => "play",
        Command::KeepWaiting(_) => "keep-waiting",
        Command::Gather(_) => "gather",
        Command::Watch(_) => "watch",
        Command::EnterQueue(_) => "enter-queue",
        Command::Widen(_) => "widen",
        Command::TakePlace(_) => "take-place",
        Command::Dial(_) => "dial",
        Command::Connect(_) => "connect",
        Command::Hold(_) => "hold",
        Command::Resume(_) => "resume",
        Command::Part(_) => "part",
        Command::Transfer(_) => "transfer",
        Command::SettleTransfer(_) => "settle-transfer",
        Command::ContinueWith(_) => "continue-with",
        Command::Listen(_) => "listen",
        Command::Record(_) => "record",
        Command::SendDigits(_) => "send-digits",
        Command::Timer(_) => "timer",
        Command::Cancel(_) => "cancel",
        Command::Mail(_) => "mail",
        Command::Case(_) => "case",
        Command::Note(_) => "note",
        Command::Mark(_) => "mark",
        Command::Disposition(_) => "disposition",
        Command::Agent(_) => "agent",
        Command::SetSwitch(_) => "set-switch",
        Command::OpenCampaign(_) => "open-campaign",
        Command::StopCampaign(_) => "stop-campaign",
        Command::Claim(_) => "claim",
        Command::Alarm(_) => "alarm",
        Command::HangUp(_) => "hang-up",
        Command::Finish(_) => "finish",
    }
}

/// An event's name in the contract, such as `hung-up`; of an order, its outcome's.
pub fn event_name(event: &Event) -> &'static str {
    match event {
        Event::Arrived(_) => "arrived",
        Event::ContactDue(_) => "contact-due",
        Event::Order(order) => outcome_name(&order.outcome),
        Event::Digit(_) => "digit",
        Event::HungUp(_) => "hung-up",
        Event::Switched(_) => "switched",
        Event::CameBack(_) => "came-back",
        Event::Held(_) => "held",
        Event::Unheld(_) => "unheld",
        Event::Returned(_) => "returned",
        Event::TransferAsked(_) => "transfer-asked",
        Event::Resumed(_) => "resumed",
        Event::ShuttingDown(_) => "shutting-down",
        Event::Goal(_) => "goal",
    }
}

/// An outcome's name in the contract, such as `leg-answered`.
pub fn outcome_name(outcome: &Outcome) -> &'static str {
    match outcome {
        Outcome::Answered => "answered",
        Outcome::Played(_) => "played",
        Outcome::Gathered(_) => "gathered",
        Outcome::Matched(_) => "matched",
        Outcome::Queued(_) => "queued",
        Outcome::Offered(_) => "offered",
        Outcome::Connected(_) => "connected",
        Outcome::Left(_) => "left",
        Outcome::Ringing => "ringing",
        Outcome::LegAnswered(_) => "leg-answered",
        Outcome::Unanswered(_) => "unanswered",
        Outcome::Joined => "joined",
        Outcome::Done => "done",
        Outcome::Transferred => "transferred",
        Outcome::NotTransferred(_) => "not-transferred",
        Outcome::Listening => "listening",
        Outcome::ListeningEnded => "listening-ended",
        Outcome::Recorded(_) => "recorded",
        Outcome::Timer => "timer",
        Outcome::Claimed(_) => "claimed",
        Outcome::Refused(_) => "refused",
        Outcome::Unknown => "unknown",
    }
}

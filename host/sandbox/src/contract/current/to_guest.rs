//! Events and the answers of reads, for a guest. Events borrow: a step copies a text once, into the
//! guest.

use super::{
    interfaces::reads::{
        AgentStatus, Authority, CallBackStatus, CampaignEnd, CampaignStage, CampaignStatus,
        KnownContact, Level, ListedContact, PastCall, Purpose, QueueStatus, ScheduleStatus,
        SiteSwitch,
    },
    millis, wit,
};
use strowger_model::{
    Event, LegName, Outcome,
    command::{ContactOf, Field, Target},
    event::{Answerer, Cause, GatherEnd, Left, PlayEnd, RefusalReason, Unanswered},
    read,
};

/// An event. `scratch` holds the one text that the bindings want as a `String`, since the contract
/// gives its type a name: the call's id or the leg.
pub(crate) fn event<'a>(event: &'a Event, scratch: &'a mut String) -> wit::Event<'a> {
    match event {
        Event::Arrived(arrival) => {
            *scratch = arrival.call.to_string();
            wit::Event::Arrived(wit::Arrival {
                call: scratch,
                caller: arrival.caller.as_deref(),
                caller_name: arrival.caller_name.as_deref(),
                endpoint: arrival.endpoint.as_deref(),
                dialled: &arrival.dialled,
                diverted_from: arrival.diverted_from.as_deref(),
                line: arrival.line.as_deref(),
                adapter: &arrival.adapter,
                data: &arrival.data,
                at: arrival.at.0,
            })
        }
        Event::ContactDue(due) => {
            *scratch = due.call.to_string();
            wit::Event::ContactDue(wit::ContactDue {
                call: scratch,
                campaign: &due.campaign,
                contact: &due.contact,
                number: &due.number,
                attempt: due.attempt,
                at: due.at.0,
            })
        }
        Event::Order { id, outcome } => wit::Event::Order(wit::OrderEvent {
            id: id.0,
            outcome: self::outcome(outcome, scratch),
        }),
        Event::Digit { leg, digit } => {
            wit::Event::Digit(wit::LegDigit { leg: text(leg, scratch), digit: *digit })
        }
        Event::HungUp { leg, cause } => {
            wit::Event::HungUp(wit::HungUp { leg: text(leg, scratch), cause: self::cause(*cause) })
        }
        Event::Switched { name, position } => {
            wit::Event::Switched(wit::Switched { name, position })
        }
        Event::CameBack { switch, position } => {
            wit::Event::CameBack(wit::Switched { name: switch, position })
        }
        Event::Held { leg } => wit::Event::Held(text(leg, scratch)),
        Event::Unheld { leg } => wit::Event::Unheld(text(leg, scratch)),
        Event::Returned { leg } => wit::Event::Returned(text(leg, scratch)),
        Event::TransferAsked { leg, target } => {
            wit::Event::TransferAsked(wit::TransferAsked { leg: text(leg, scratch), target })
        }
        Event::Resumed { gap } => wit::Event::Resumed(millis(*gap)),
        Event::ShuttingDown { within } => wit::Event::ShuttingDown(millis(*within)),
        Event::Goal { name, remaining } => {
            wit::Event::Goal(wit::Goal { name, remaining: *remaining })
        }
    }
}

fn outcome<'a>(outcome: &'a Outcome, scratch: &'a mut String) -> wit::Outcome<'a> {
    match outcome {
        Outcome::Answered => wit::Outcome::Answered,
        Outcome::Played(end) => wit::Outcome::Played(match end {
            PlayEnd::Whole => wit::PlayEnd::Whole,
            PlayEnd::Stopped => wit::PlayEnd::Stopped,
            PlayEnd::Failed => wit::PlayEnd::Failed,
        }),
        Outcome::Gathered { digits, proof, end } => wit::Outcome::Gathered(wit::Digits {
            digits,
            proof: proof.as_deref(),
            end: match end {
                GatherEnd::Enough => wit::GatherEnd::Enough,
                GatherEnd::Terminator => wit::GatherEnd::Terminator,
                GatherEnd::Timeout => wit::GatherEnd::Timeout,
            },
        }),
        Outcome::Matched { pattern, digits } => {
            wit::Outcome::Matched(wit::Matched { pattern, digits })
        }
        Outcome::Queued { position } => wit::Outcome::Queued(*position),
        Outcome::Offered { agent } => wit::Outcome::Offered(agent.as_str()),
        Outcome::Connected { leg, agent } => wit::Outcome::Connected(wit::Connected {
            leg: text(leg, scratch),
            agent: agent.as_str(),
        }),
        Outcome::Left(why) => wit::Outcome::Left(match why {
            Left::Full => wit::Left::Full,
            Left::NobodyLoggedIn => wit::Left::NobodyLoggedIn,
            Left::NobodyReachable => wit::Left::NobodyReachable,
            Left::CallerGone => wit::Left::CallerGone,
        }),
        Outcome::Ringing => wit::Outcome::Ringing,
        Outcome::LegAnswered(who) => wit::Outcome::LegAnswered(match who {
            Answerer::Human => wit::Answerer::Human,
            Answerer::Machine => wit::Answerer::Machine,
            Answerer::Unknown => wit::Answerer::Unknown,
        }),
        Outcome::Unanswered(why) => wit::Outcome::Unanswered(match why {
            Unanswered::NoAnswer => wit::Unanswered::NoAnswer,
            Unanswered::Busy => wit::Unanswered::Busy,
            Unanswered::Declined => wit::Unanswered::Declined,
            Unanswered::Unreachable => wit::Unanswered::Unreachable,
            Unanswered::Cancelled => wit::Unanswered::Cancelled,
        }),
        Outcome::Joined => wit::Outcome::Joined,
        Outcome::Done => wit::Outcome::Done,
        Outcome::Transferred => wit::Outcome::Transferred,
        Outcome::NotTransferred { why } => wit::Outcome::NotTransferred(why),
        Outcome::Listening => wit::Outcome::Listening,
        Outcome::ListeningEnded => wit::Outcome::ListeningEnded,
        Outcome::Recorded { length } => wit::Outcome::Recorded(millis(*length)),
        Outcome::Timer => wit::Outcome::Timer,
        Outcome::Claimed { won } => {
            wit::Outcome::Claimed(if *won { wit::Claim::Won } else { wit::Claim::Lost })
        }
        Outcome::Refused(refusal) => wit::Outcome::Refused(wit::Refusal {
            reason: match refusal.reason {
                RefusalReason::NotPermitted => wit::RefusalReason::NotPermitted,
                RefusalReason::UnknownName => wit::RefusalReason::UnknownName,
                RefusalReason::WrongState => wit::RefusalReason::WrongState,
                RefusalReason::DuplicateId => wit::RefusalReason::DuplicateId,
                RefusalReason::Invalid => wit::RefusalReason::Invalid,
                RefusalReason::Unsupported => wit::RefusalReason::Unsupported,
                RefusalReason::OverLimit => wit::RefusalReason::OverLimit,
                RefusalReason::Pbx => wit::RefusalReason::Pbx,
            },
            detail: &refusal.detail,
        }),
        Outcome::Unknown => wit::Outcome::Unknown,
    }
}

fn text<'a>(leg: &LegName, scratch: &'a mut String) -> &'a String {
    scratch.push_str(leg.as_str());
    scratch
}

fn cause(cause: Cause) -> wit::Cause {
    match cause {
        Cause::Normal => wit::Cause::Normal,
        Cause::Busy => wit::Cause::Busy,
        Cause::Declined => wit::Cause::Declined,
        Cause::NoAnswer => wit::Cause::NoAnswer,
        Cause::Unreachable => wit::Cause::Unreachable,
        Cause::Failed => wit::Cause::Failed,
    }
}

pub(crate) fn moment(moment: read::Moment) -> wit::Moment {
    wit::Moment {
        instant: moment.instant.0,
        year: moment.year,
        month: moment.month,
        day: moment.day,
        hour: moment.hour,
        minute: moment.minute,
        second: moment.second,
        weekday: match moment.weekday {
            0 => wit::Weekday::Monday,
            1 => wit::Weekday::Tuesday,
            2 => wit::Weekday::Wednesday,
            3 => wit::Weekday::Thursday,
            4 => wit::Weekday::Friday,
            5 => wit::Weekday::Saturday,
            _ => wit::Weekday::Sunday,
        },
    }
}

pub(crate) fn schedule(status: read::ScheduleStatus) -> ScheduleStatus {
    ScheduleStatus {
        open: status.open,
        until: status.until.map(moment),
        reason: status.reason,
        holiday: status.holiday,
    }
}

pub(crate) fn queue(status: read::QueueStatus) -> QueueStatus {
    QueueStatus {
        waiting: status.waiting,
        longest_wait: millis(status.longest_wait),
        logged_in: status.logged_in,
        free: status.free,
    }
}

pub(crate) fn agent(status: read::AgentStatus) -> AgentStatus {
    match status {
        read::AgentStatus::LoggedOut => AgentStatus::LoggedOut,
        read::AgentStatus::Free => AgentStatus::Free,
        read::AgentStatus::Ringing => AgentStatus::Ringing,
        read::AgentStatus::Talking | read::AgentStatus::Busy => AgentStatus::Talking,
        read::AgentStatus::WrapUp => AgentStatus::WrapUp,
        read::AgentStatus::Paused
        | read::AgentStatus::DoNotDisturb
        | read::AgentStatus::Unreachable => AgentStatus::Paused,
    }
}

pub(crate) fn authority(authority: read::Authority) -> Authority {
    match authority {
        read::Authority::Enough => Authority::Enough,
        read::Authority::Proof => Authority::Proof,
        read::Authority::Nothing => Authority::Nothing,
    }
}

pub(crate) fn contact(contact: read::Contact) -> KnownContact {
    KnownContact {
        id: contact.id,
        kind: contact.kind,
        name: contact.name,
        region: contact.region,
        language: contact.language,
        responsible: contact.responsible.iter().map(ToString::to_string).collect(),
        do_not_call: contact.do_not_call,
        tags: contact.tags,
    }
}

pub(crate) fn past_call(call: read::PastCall) -> PastCall {
    PastCall {
        at: call.at.0,
        outbound: call.outbound,
        flow: call.flow,
        outcome: call.outcome,
        dialled: call.dialled,
        campaign: call.campaign.map(contact_of),
    }
}

pub(crate) fn campaign(status: read::CampaignStatus) -> CampaignStatus {
    CampaignStatus {
        template: status.template,
        stage: match status.stage {
            read::CampaignStage::Running => CampaignStage::Running,
            read::CampaignStage::Paused => CampaignStage::Paused,
            read::CampaignStage::Ended => CampaignStage::Ended,
        },
        planner_chooses: status.planner_chooses,
        goal: status.goal,
        reached: status.reached,
        remaining: status.remaining,
        fields: fields(status.fields),
        end: status.end.map(|end| match end {
            read::CampaignEnd::Filled => CampaignEnd::Filled,
            read::CampaignEnd::ListOver => CampaignEnd::ListOver,
            read::CampaignEnd::TimeOver => CampaignEnd::TimeOver,
            read::CampaignEnd::Stopped => CampaignEnd::Stopped,
        }),
    }
}

pub(crate) fn campaign_contact(contact: read::ListedContact) -> ListedContact {
    ListedContact {
        number: contact.number.into(),
        name: contact.name,
        language: contact.language,
        tags: contact.tags,
        fields: fields(contact.fields),
        attempts: contact.attempts,
        purpose: match contact.purpose {
            read::Purpose::Offer => Purpose::Offer,
            read::Purpose::Chosen => Purpose::Chosen,
            read::Purpose::NotChosen => Purpose::NotChosen,
        },
        outcome: contact.outcome,
    }
}

pub(crate) fn call_back(status: read::CallBackStatus) -> CallBackStatus {
    CallBackStatus {
        call: status.call.to_string(),
        flow: status.flow.to_string(),
        waited_since: status.waited_since.0,
        queues: status.queues.iter().map(ToString::to_string).collect(),
    }
}

pub(crate) fn site_switch(switch: read::SiteSwitch) -> SiteSwitch {
    SiteSwitch {
        name: switch.name,
        label: switch.label,
        positions: switch.positions,
        position: switch.position,
        until: switch.until.map(|until| until.0),
    }
}

fn contact_of(who: ContactOf) -> wit::ContactOf {
    wit::ContactOf { campaign: who.campaign, contact: who.contact }
}

fn fields(fields: Vec<Field>) -> Vec<wit::Field> {
    let field = |field: Field| wit::Field { key: field.key, value: field.value };
    fields.into_iter().map(field).collect()
}

pub(crate) fn target(target: Target) -> wit::Target {
    match target {
        Target::Number(number) => wit::Target::Number(number.into()),
        Target::Extension(extension) => wit::Target::Extension(extension),
        Target::Agent(agent) => wit::Target::Agent(agent.to_string()),
        Target::Address(address) => wit::Target::Address(address),
    }
}

pub(crate) fn level(level: Level) -> read::LogLevel {
    match level {
        Level::Debug => read::LogLevel::Debug,
        Level::Info => read::LogLevel::Info,
        Level::Warn => read::LogLevel::Warn,
        Level::Error => read::LogLevel::Error,
    }
}

//! From the types of the host's inside to those of the API, which stay when the inside changes.

use strowger_api::{Error, v1};
use strowger_exchange::{CallSummary, Glance, NotTurned, TurnSwitch};
use strowger_flows::FlowStatus;
use strowger_model::{
    AgentName, Case, Timestamp,
    command::{AgentAction, Field, Target},
    mail::Closed,
    read::{AgentFigures, AgentStatus, QueueCounts, QueueFigures, QueueStatus},
    switch::{Means, SwitchNow, SwitchState, SwitchTurn, Until},
};
use strowger_site::{Site, address::ADDRESS};

pub(crate) fn flow(flow: FlowStatus) -> v1::Flow {
    v1::Flow {
        name: flow.name.into(),
        numbers: flow.numbers,
        plugin: flow.plugin,
        plugin_version: flow.plugin_version,
        version: flow.version,
        previous: flow.previous,
        rolled_back: flow.rolled_back,
        withdrawn: flow.withdrawn,
        on_fallback: flow.on_fallback,
        calls: flow.calls.into_iter().map(|(version, calls)| (version, calls as u64)).collect(),
        faults: flow.faults,
        accepted: flow.accepted,
        error: flow.error,
    }
}

pub(crate) fn queue(queue: QueueFigures) -> v1::Queue {
    let QueueStatus { waiting, longest_wait, logged_in, free } = queue.now;
    let QueueCounts { offered, answered, answered_within, left, abandoned } = queue.day;
    v1::Queue {
        queue: queue.queue,
        code: queue.code,
        now: v1::QueueNow { waiting, longest_wait, logged_in, free },
        answer_within_s: queue.answer_within_s,
        handling: queue.handling,
        day: v1::QueueDay { offered, answered, answered_within, left, abandoned },
    }
}

pub(crate) fn agent(agent: AgentFigures) -> v1::Agent {
    v1::Agent {
        agent: agent.agent,
        display_name: agent.display_name,
        extension: agent.extension,
        status: match agent.status {
            AgentStatus::LoggedOut => v1::AgentState::LoggedOut,
            AgentStatus::Free => v1::AgentState::Free,
            AgentStatus::Ringing => v1::AgentState::Ringing,
            AgentStatus::Talking => v1::AgentState::Talking,
            AgentStatus::WrapUp => v1::AgentState::WrapUp,
            AgentStatus::Paused => v1::AgentState::Paused,
            AgentStatus::Busy => v1::AgentState::Busy,
            AgentStatus::DoNotDisturb => v1::AgentState::DoNotDisturb,
            AgentStatus::Unreachable => v1::AgentState::Unreachable,
        },
        pause_reason: agent.pause_reason,
        since: agent.since,
        at: agent.at,
        queues: agent.queues,
    }
}

pub(crate) fn call((summary, glance): (CallSummary, Option<Glance>)) -> v1::Call {
    let CallSummary { call, flow, version, arrived } = summary;
    let Some(glance) = glance else { return v1::Call { call, flow, version, arrived, now: None } };
    let Glance { on, behind, caller, dialled, campaign, waits_for, waited, rings, talks_with } =
        glance;
    let now =
        v1::CallNow { caller, dialled, waits_for, waited, rings, talks_with, behind, campaign };
    v1::Call { call, flow: on.flow, version: on.version, arrived, now: Some(now) }
}

pub(crate) fn switch(switch: SwitchNow) -> v1::Switch {
    let SwitchNow { label, code, positions, state } = switch;
    let SwitchState { name, position, since, until, by, reason } = state;
    let (until, back_to) = until.map(|Until { at, back_to }| (at, back_to)).unzip();
    let since = (since != Timestamp(0)).then_some(since);
    v1::Switch { switch: name, label, code, positions, position, since, until, back_to, by, reason }
}

pub(crate) fn switch_turn(turn: SwitchTurn) -> v1::SwitchTurn {
    let SwitchTurn { name, at, by, means, endpoint, from, to, until, reason } = turn;
    let means = match means {
        Means::Command => v1::Means::Command,
        Means::Api => v1::Means::Api,
        Means::Console => v1::Means::Console,
        Means::Telephone => v1::Means::Telephone,
        Means::Time => v1::Means::Time,
        Means::SiteFile => v1::Means::SiteFile,
    };
    v1::SwitchTurn { switch: name, at, by, means, endpoint, from, to, until, reason }
}

/// A turn that is asked for. What only the host can say of itself is not believed.
pub(crate) fn turn_switch(switch: &str, turn: v1::TurnSwitch) -> TurnSwitch {
    let v1::TurnSwitch { position, until, by, reason, means } = turn;
    let means = match means {
        v1::Means::Command => Means::Command,
        v1::Means::Console => Means::Console,
        _ => Means::Api,
    };
    TurnSwitch { until, by, reason, ..TurnSwitch::to(switch, position, means) }
}

pub(crate) fn not_turned(not: NotTurned) -> Error {
    match not {
        NotTurned::NoSwitch(_) => Error::not_found(not),
        NotTurned::NoPosition { .. }
        | NotTurned::TooLong { .. }
        | NotTurned::NotOneLine(_)
        | NotTurned::IsOver
        | NotTurned::TooFar => Error::bad_request(not),
        NotTurned::ForGood { .. } => Error::conflict(not),
    }
}

/// What an agent does; an error says what is wrong with it.
pub(crate) fn agent_action(
    agent: &AgentName,
    what: v1::AgentDo,
    site: &Site,
) -> Result<AgentAction, Error> {
    Ok(match what {
        v1::AgentDo::LogIn { at: None } => AgentAction::LogIn(Target::Agent(agent.clone())),
        v1::AgentDo::LogIn { at: Some(at) } => AgentAction::LogIn(callable(&at, site)?),
        v1::AgentDo::LogOut => AgentAction::LogOut,
        v1::AgentDo::Pause { reason } => AgentAction::Pause(reason),
        v1::AgentDo::Ready => AgentAction::Ready,
        v1::AgentDo::Join { queue } => AgentAction::Join(queue),
        v1::AgentDo::Leave { queue } => AgentAction::Leave(queue),
    })
}

/// Whom one can call.
pub(crate) fn callable(text: &str, site: &Site) -> Result<Target, Error> {
    let wrong = || Error::bad_request(format!("not whom one can call: {text:?}; write {ADDRESS}"));
    site.numbering.address(text).ok_or_else(wrong)
}

pub(crate) fn case(case: Case) -> v1::Case {
    let field = |Field { key, value }| v1::Field { key, value };
    v1::Case {
        id: case.id,
        kind: case.kind,
        call: case.call,
        flow: case.flow,
        opened: case.opened,
        due: case.due,
        by_day: case.by_day,
        fields: case.fields.into_iter().map(field).collect(),
        closed: case.closed.map(|Closed { outcome, at }| v1::Closed { outcome, at }),
    }
}

//! From the types of the host's inside to those of the API, which stay when the inside changes.

use strowger_api::v1;
use strowger_exchange::CallSummary;
use strowger_flows::FlowStatus;
use strowger_model::{
    Case,
    command::Field,
    mail::Closed,
    read::{AgentFigures, AgentStatus, QueueCounts, QueueFigures, QueueStatus},
};

pub(super) fn flow(flow: FlowStatus) -> v1::Flow {
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
        error: flow.error,
    }
}

pub(super) fn queue(queue: QueueFigures) -> v1::Queue {
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

pub(super) fn agent(agent: AgentFigures) -> v1::Agent {
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
        },
        pause_reason: agent.pause_reason,
        since: agent.since,
        at: agent.at,
        queues: agent.queues,
    }
}

pub(super) fn call(call: CallSummary) -> v1::Call {
    let CallSummary { call, flow, version, arrived } = call;
    v1::Call { call, flow, version, arrived }
}

pub(super) fn case(case: Case) -> v1::Case {
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

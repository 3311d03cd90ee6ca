//! `strowger queues` and `strowger agents`: who waits, what came of callers today, and who is
//! there.

use crate::{
    args,
    commands::{reach::reach, sheet::Sheet, when},
};
use anstream::println;
use anyhow::Result;
use serde::Serialize;
use std::{io::stdout, time::Duration};
use strowger_api::{
    Host,
    v1::{Agent, AgentState, Queue},
};

/// Every queue, a line each.
pub(crate) fn queues(args: &args::Floor) -> Result<bool> {
    let (host, runtime) = reach(&args.host)?;
    show(&runtime.block_on(host.queues())?, args.json, queue_sheet)
}

/// Every agent, a line each; or something done for one.
pub(crate) fn agents(args: &args::Agents) -> Result<bool> {
    let (host, runtime) = reach(&args.host)?;
    let Some(action) = &args.action else {
        return show(&runtime.block_on(host.agents())?, args.json, agent_sheet);
    };
    let (agent, what) = action.for_agent();
    runtime.block_on(host.agent(agent, what))?;
    let is_meant =
        |one: &Agent| one.agent == *agent || one.extension.as_deref() == Some(agent.as_str());
    let all = runtime.block_on(host.agents())?;
    let one: Vec<Agent> = all.into_iter().filter(is_meant).collect();
    show(&one, args.json, agent_sheet)
}

pub(crate) fn show<T: Serialize>(
    figures: &[T],
    json: bool,
    sheet: fn(&[T]) -> Sheet,
) -> Result<bool> {
    match json {
        true => println!("{}", serde_json::to_string_pretty(figures)?),
        false => sheet(figures).table(&mut stdout().lock())?,
    }
    Ok(true)
}

const QUEUE: [&str; 11] = [
    "queue",
    "code",
    "waiting",
    "longest",
    "agents",
    "free",
    "offered",
    "answered",
    "at_once",
    "left",
    "abandoned",
];

/// What is so now, and what came of the callers of this day; at once is within the queue's
/// `answer_within`.
fn queue_sheet(queues: &[Queue]) -> Sheet {
    let row = |Queue { queue, code, now, answer_within_s, day, .. }: &Queue| {
        let at_once = match day.answered {
            0 => format!("- in {answer_within_s} s"),
            answered => format!(
                "{:.0}% in {answer_within_s} s",
                100.0 * f64::from(day.answered_within) / f64::from(answered)
            ),
        };
        [
            queue.to_string(),
            or_none(code.as_deref()),
            now.waiting.to_string(),
            clock(now.longest_wait),
            now.logged_in.to_string(),
            now.free.to_string(),
            day.offered.to_string(),
            day.answered.to_string(),
            at_once,
            day.left.to_string(),
            day.abandoned.to_string(),
        ]
        .to_vec()
    };
    sheet(&QUEUE, queues.iter().map(row))
}

const AGENT: [&str; 7] = ["agent", "extension", "name", "is", "since", "at", "queues"];

fn agent_sheet(agents: &[Agent]) -> Sheet {
    let row = |figures: &Agent| {
        let Agent { agent, display_name, extension, status, pause_reason, since, at, queues } =
            figures;
        let status = match status {
            AgentState::LoggedOut => "logged out",
            AgentState::Free => "free",
            AgentState::Ringing => "ringing",
            AgentState::Talking => "talking",
            AgentState::WrapUp => "wrapping up",
            AgentState::Paused => "paused",
            AgentState::Busy => "in a call of their own",
            AgentState::DoNotDisturb => "do not disturb",
            AgentState::Unreachable => "phone unreachable",
        };
        let reason = pause_reason.as_ref().map_or(String::new(), |reason| format!(" ({reason})"));
        let queues: Vec<&str> = queues.iter().map(|queue| queue.as_str()).collect();
        [
            agent.to_string(),
            or_none(extension.as_deref()),
            display_name.clone(),
            format!("{status}{reason}"),
            when::local(*since),
            or_none(at.as_deref()),
            or_none(Some(queues.join(", ").as_str()).filter(|queues| !queues.is_empty())),
        ]
        .to_vec()
    };
    sheet(&AGENT, agents.iter().map(row))
}

pub(crate) fn sheet(head: &[&str], rows: impl Iterator<Item = Vec<String>>) -> Sheet {
    Sheet(std::iter::once(head.iter().map(|&name| name.to_owned()).collect()).chain(rows).collect())
}

pub(crate) fn or_none(text: Option<&str>) -> String {
    text.unwrap_or("-").to_owned()
}

/// Minutes and seconds.
pub(crate) fn clock(length: Duration) -> String {
    format!("{}:{:02}", length.as_secs() / 60, length.as_secs() % 60)
}

#[cfg(test)]
mod tests {
    use super::*;
    use strowger_api::v1::{QueueDay, QueueNow};
    use strowger_model::Timestamp;

    #[test]
    fn a_line_for_each_queue_and_agent() {
        let day = QueueDay { offered: 12, answered: 8, answered_within: 6, left: 1, abandoned: 2 };
        let now =
            QueueNow { waiting: 1, longest_wait: Duration::from_secs(75), logged_in: 3, free: 0 };
        let queue = Queue {
            queue: "desk".into(),
            code: Some("21".to_owned()),
            now,
            answer_within_s: 20.0,
            handling: None,
            day,
        };
        let sheet = queue_sheet(&[queue]);
        assert_eq!(
            sheet.0[1],
            ["desk", "21", "1", "1:15", "3", "0", "12", "8", "75% in 20 s", "1", "2"]
        );

        let agent = Agent {
            agent: "an".into(),
            display_name: "An Peeters".to_owned(),
            extension: Some("101".to_owned()),
            status: AgentState::Paused,
            pause_reason: Some("lunch".to_owned()),
            since: Timestamp(0),
            at: Some("PJSIP/desk7".to_owned()),
            queues: vec!["desk".into()],
        };
        let sheet = agent_sheet(&[agent]);
        let row = &sheet.0[1];
        assert_eq!(row[..4], ["an", "101", "An Peeters", "paused (lunch)"]);
        assert_eq!(
            (row[4].as_str(), &row[5..]),
            (
                when::local(Timestamp(0)).as_str(),
                &["PJSIP/desk7".to_owned(), "desk".to_owned()][..]
            )
        );
    }
}

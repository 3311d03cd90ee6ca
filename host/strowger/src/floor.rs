//! `strowger queues` and `strowger agents`: who waits, what came of callers today, and who is there.

use crate::{args, control::Client, flows::socket};
use anyhow::Result;
use chrono::{Local, TimeZone};
use serde::{Serialize, de::DeserializeOwned};
use std::{fmt::Write as _, time::Duration};
use strowger_model::{
    Timestamp,
    read::{AgentFigures, AgentStatus, QueueFigures},
};

/// Every queue, a line each.
pub(crate) fn queues(args: &args::Floor) -> Result<bool> {
    show(args, "/v1/queues", queues_shown)
}

/// Every agent, a line each.
pub(crate) fn agents(args: &args::Floor) -> Result<bool> {
    show(args, "/v1/agents", agents_shown)
}

fn show<T: DeserializeOwned + Serialize>(args: &args::Floor, path: &str, shown: fn(&[T]) -> String) -> Result<bool> {
    let client = Client::new(&socket(&args.host)?)?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let figures: Vec<T> = runtime.block_on(client.get(path))?;
    match args.json {
        true => println!("{}", serde_json::to_string_pretty(&figures)?),
        false => print!("{}", shown(&figures)),
    }
    Ok(true)
}

fn queues_shown(queues: &[QueueFigures]) -> String {
    let mut text = format!(
        "{:<20} {:>4} {:>7} {:>7} {:>6} {:>5}   {:>7} {:>8} {:>7} {:>5} {:>9}\n",
        "queue", "code", "waiting", "longest", "agents", "free", "offered", "answered", "within", "left", "abandoned"
    );
    for QueueFigures { queue, code, now, answer_within_s, day, .. } in queues {
        let within = match day.answered {
            0 => "-".to_owned(),
            answered => format!("{:.0}%", 100.0 * f64::from(day.answered_within) / f64::from(answered)),
        };
        let _ = writeln!(
            text,
            "{:<20} {:>4} {:>7} {:>7} {:>6} {:>5}   {:>7} {:>8} {:>7} {:>5} {:>9}   (of those answered, within {answer_within_s} s)",
            queue.as_str(),
            code.as_deref().unwrap_or("-"),
            now.waiting,
            clock(now.longest_wait),
            now.logged_in,
            now.free,
            day.offered,
            day.answered,
            within,
            day.left,
            day.abandoned,
        );
    }
    text
}

fn agents_shown(agents: &[AgentFigures]) -> String {
    let mut text = String::new();
    for AgentFigures { agent, display_name, extension, status, pause_reason, since, at, queues } in agents {
        let status = match status {
            AgentStatus::LoggedOut => "logged out",
            AgentStatus::Free => "free",
            AgentStatus::Ringing => "ringing",
            AgentStatus::Talking => "talking",
            AgentStatus::WrapUp => "wrapping up",
            AgentStatus::Paused => "paused",
        };
        let reason = pause_reason.as_ref().map_or(String::new(), |reason| format!(" ({reason})"));
        let at = at.as_ref().map_or(String::new(), |at| format!(", at {at}"));
        let queues: Vec<&str> = queues.iter().map(|queue| queue.as_str()).collect();
        let _ = writeln!(
            text,
            "{:<16} {:>4}  {status}{reason} since {}{at}; {}; {}",
            agent.as_str(),
            extension.as_deref().unwrap_or("-"),
            time(*since),
            display_name,
            if queues.is_empty() { "in no queue".to_owned() } else { queues.join(", ") },
        );
    }
    text
}

/// Minutes and seconds.
fn clock(length: Duration) -> String {
    format!("{}:{:02}", length.as_secs() / 60, length.as_secs() % 60)
}

fn time(at: Timestamp) -> String {
    let local = Local.timestamp_millis_opt(at.0 as i64).single();
    local.map_or_else(|| "?".to_owned(), |local| local.format("%Y-%m-%d %H:%M:%S").to_string())
}

#[cfg(test)]
mod tests {
    use super::*;
    use strowger_model::read::{QueueCounts, QueueStatus};

    #[test]
    fn a_line_for_each_queue_and_agent() {
        let day = QueueCounts { offered: 12, answered: 8, answered_within: 6, left: 1, abandoned: 2 };
        let now = QueueStatus { waiting: 1, longest_wait: Duration::from_secs(75), logged_in: 3, free: 0 };
        let queue = QueueFigures { queue: "desk".into(), code: Some("21".to_owned()), now, answer_within_s: 20.0, handling: None, day };
        let text = queues_shown(&[queue]);
        let words: Vec<&str> = text.lines().nth(1).unwrap().split_whitespace().take(11).collect();
        assert_eq!(words, ["desk", "21", "1", "1:15", "3", "0", "12", "8", "75%", "1", "2"]);

        let agent = AgentFigures {
            agent: "an".into(),
            display_name: "An Peeters".to_owned(),
            extension: Some("101".to_owned()),
            status: AgentStatus::Paused,
            pause_reason: Some("lunch".to_owned()),
            since: Timestamp(0),
            at: Some("PJSIP/desk7".to_owned()),
            queues: vec!["desk".into()],
        };
        let text = agents_shown(&[agent]);
        assert!(
            text.starts_with("an") && text.contains("101  paused (lunch) since ") && text.contains(", at PJSIP/desk7; An Peeters; desk"),
            "{text}"
        );
    }
}

//! How long an agent is idle while callers wait, on the real Asterisk: from the agent's BYE to the
//! next INVITE at the same phone. The host against Asterisk's own queue, with the same phones,
//! callers and conversations, on one Asterisk in turn.

use crate::{
    figure::{Figure, Measured, NotHere, Target},
    measure::millis,
};
use anyhow::{Context, Result, ensure};
use std::{collections::BTreeSet, time::Duration};
use strowger_testbed::{
    Caller, Phone,
    asterisk::QUEUE,
    sipp::{Answer, Message},
    tools::Tools,
};
use strowger_tests::{Bed, Folder, HELPDESK, helpdesk_site};

pub(crate) const FIGURES: &[&Figure] = &[&Figure {
    key: "agent_idle_vs_app_queue",
    what: "from an agent's BYE to the next INVITE at the phone, median, as a part of what Asterisk's app_queue takes",
    unit: "",
    target: Target::AtMost(1.0),
    against: "app_queue on the same Asterisk in the same run",
    alone: true,
    measure: idle,
}];

/// As many phones as app_queue has members.
const AGENTS: u8 = 4;
const CALLS: u32 = 40;
const ROUNDS: u32 = 2;
const TALK: Duration = Duration::from_millis(300);
const LIMIT: Duration = Duration::from_secs(120);

fn idle() -> Result<Measured> {
    Tools::find().map_err(|why| NotHere(format!("no Asterisk: {why:#}")))?;
    let runtime =
        tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()?;
    let flow = HELPDESK.replace("overflow_after = 6", "overflow_after = 600");
    let folder = Folder::new(&helpdesk_site(AGENTS, true, true, true))?
        .plugin("vaccination-helpdesk")?
        .flow("helpdesk", &flow)?;
    let bed = runtime.block_on(Bed::start(folder))?;
    let mut idle = [Vec::new(), Vec::new()];
    for _ in 0..ROUNDS {
        for (number, idle) in ["0900", QUEUE].into_iter().zip(&mut idle) {
            let answer = Answer::after(Duration::ZERO).hang_up_after(TALK);
            let phones = (1..=AGENTS)
                .map(|agent| Phone::start(&bed.pbx, agent, &answer))
                .collect::<Result<Vec<_>>>()?;
            let call = Caller::to(&bed.pbx, number).calls(CALLS, CALLS).call()?;
            call.finished(LIMIT).with_context(|| format!("{CALLS} callers of {number}"))?;
            phones.iter().for_each(|phone| idle.extend(between(&phone.messages())));
        }
    }
    let [host, app_queue] = idle.map(|mut times| {
        times.sort();
        (
            times.len(),
            times.get(times.len() / 2).copied(),
            times.get(times.len() * 95 / 100).copied(),
        )
    });
    let shown = |(count, median, p95): (usize, Option<Duration>, Option<Duration>)| -> Result<(f64, String)> {
        ensure!(count > 20, "only {count} conversations followed another at the same phone");
        let (median, p95) = median.zip(p95).context("nothing was measured")?;
        Ok((millis(median), format!("{:.1} ms (95th percentile {:.1} ms, {count} times)", millis(median), millis(p95))))
    };
    let ((host, host_shown), (app_queue, app_queue_shown)) = (shown(host)?, shown(app_queue)?);
    Ok(Measured {
        value: host / app_queue,
        how: format!("{host_shown} against {app_queue_shown}, {AGENTS} agents without wrap-up"),
    })
}

/// From each BYE that a phone sends to the next call that it gets.
fn between(messages: &[Message]) -> Vec<Duration> {
    let (mut known, mut since, mut all) = (BTreeSet::new(), None, Vec::new());
    for message in messages {
        if message.sent && message.line().starts_with("BYE ") {
            since.get_or_insert(message.at);
        } else if !message.sent
            && message.line().starts_with("INVITE ")
            && message.header("Call-ID").is_some_and(|call| known.insert(call))
        {
            all.extend(since.take().map(|since| message.at.saturating_sub(since)));
        }
    }
    all
}

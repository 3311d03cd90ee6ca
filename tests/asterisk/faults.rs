//! Random faults between the host and the real Asterisk, with at least 20 callers of SIPp up, and
//! nothing is lost.
//!
//! `STROWGER_ASTERISK_STORMS=50` has so many of them rage; their seeds are others at every run (see
//! [`seeds`]).

use anyhow::{Context, Result, bail, ensure};
use std::{
    collections::BTreeSet,
    sync::{
        Mutex,
        atomic::{AtomicU64, Ordering::SeqCst},
    },
    thread,
    time::{Duration, Instant},
};
use strowger_journal::{Backend, Query};
use strowger_model::{CallId, read::AgentStatus};
use strowger_testbed::{
    Caller, Phone,
    gate::Shut,
    sipp::{Answer, Call, Message},
};
use strowger_tests::{
    Bed, Folder, HELPDESK, PATIENCE, helpdesk_site, journal,
    storm::{number, plan::Dice, seeds},
};

/// In CI.
const STORMS: u64 = 5;
const CALLERS: usize = 24;
const AGENTS: u8 = 4;
/// From the first caller to the last.
const LIMIT: Duration = Duration::from_secs(120);

fn folder(agents: u8) -> Folder {
    let site = helpdesk_site(agents, true, true, true)
        .replace("ring_time = 3", "ring_time = 60")
        .replace("retry_after = 2", "retry_after = 1");
    let flow = HELPDESK
        .replace("overflow_after = 6", "overflow_after = 600")
        .replace("[limits]", "[limits]\nstep_ms = 5000");
    Folder::new(&site)
        .unwrap()
        .plugin("vaccination-helpdesk")
        .unwrap()
        .flow("helpdesk", &flow)
        .unwrap()
}

/// In how many calls there was such a request; what is sent again counts once.
fn count(messages: &[Message], sent: bool, method: &str) -> usize {
    let such = messages
        .iter()
        .filter(|message| message.sent == sent && message.line().starts_with(method));
    such.filter_map(|message| message.header("Call-ID")).collect::<BTreeSet<_>>().len()
}

/// Something that goes wrong.
#[derive(Debug)]
enum Fault {
    Cut(Shut, Duration),
    Kill(Duration),
}

fn plan(seed: u64) -> Vec<(Duration, Fault)> {
    let mut dice = Dice::new(seed);
    let faults = 2 + dice.below(3);
    let fault = |dice: &mut Dice| match dice.below(4) {
        0 => Fault::Cut(Shut::Events, dice.millis(50, 2000)),
        1 => Fault::Cut(Shut::All, dice.millis(50, 2000)),
        _ => Fault::Kill(dice.millis(0, 1500)),
    };
    (0..faults).map(|_| (dice.millis(0, 1200), fault(&mut dice))).collect()
}

async fn storm(seed: u64) -> Result<()> {
    let mut bed = Bed::start(folder(AGENTS)).await?;
    let mut dice = Dice::new(!seed);
    let calls = Caller::to(&bed.pbx, "0900").calls(CALLERS as u32, 40).call()?;
    bed.host().seen_often("EnterQueue", 20, PATIENCE).await?;
    let mut phones = Vec::new();
    for agent in 1..=AGENTS {
        let answer = Answer::after(dice.millis(100, 800)).hang_up_after(dice.millis(500, 1500));
        phones.push(Phone::start(&bed.pbx, agent, &answer)?);
    }
    for (after, fault) in plan(seed) {
        tokio::time::sleep(after).await;
        match fault {
            Fault::Cut(shut, length) => {
                bed.gate.shut(shut);
                tokio::time::sleep(length).await;
                bed.gate.shut(Shut::Nothing);
            }
            Fault::Kill(gap) => {
                bed.stop_host();
                tokio::time::sleep(gap).await;
                bed.start_host().await?;
            }
        }
    }
    served_to_the_end(&bed, &calls, CALLERS).await?;
    phones.iter().try_for_each(|phone| rung_once(&phone.messages()))?;
    let host = bed.host();
    host.calls_up(0, PATIENCE).await?;
    for agent in 1..=AGENTS {
        let status = host.exchange.agent_status(&format!("a{agent}"));
        ensure!(status == Some(AgentStatus::Free), "a{agent} is {status:?}");
    }
    Ok(())
}

/// A phone never had two calls at once.
fn rung_once(messages: &[Message]) -> Result<()> {
    let mut has: Option<&str> = None;
    for message in messages {
        let (line, call) = (message.line(), message.header("Call-ID"));
        if line.starts_with("INVITE") && !message.sent {
            ensure!(has.is_none() || has == call, "rung for {call:?}, and has {has:?}");
            has = call;
        } else if (line.starts_with("BYE") || line.starts_with("CANCEL")) && has == call {
            has = None;
        }
    }
    Ok(())
}

/// Every caller was hung up by the host, after a conversation, and has one record that is closed.
async fn served_to_the_end(bed: &Bed, calls: &Call, callers: usize) -> Result<()> {
    let since = Instant::now();
    let journal = journal(&bed.folder).reader()?;
    let records = loop {
        let records = journal.records(&Query::default())?;
        if records.len() >= callers && journal.open_calls()?.is_empty() {
            break records;
        }
        if since.elapsed() > LIMIT {
            let open = journal.open_calls()?;
            let story = open.iter().map(|open| story(bed, open.call)).collect::<String>();
            bail!("{} of {callers} are recorded, {} are open:\n{story}", records.len(), open.len());
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    };
    let strange = records
        .iter()
        .filter(|record| record.outcome != "answered" || record.unjournalled)
        .collect::<Vec<_>>();
    ensure!(
        strange.is_empty(),
        "not everybody was served: {strange:?}\n{}",
        strange.iter().map(|record| story(bed, record.call)).collect::<String>()
    );
    ensure!(records.len() == callers, "{} records of {callers} callers", records.len());
    let messages = calls.messages();
    let (invited, bye) = (count(&messages, true, "INVITE"), count(&messages, false, "BYE"));
    ensure!(invited == callers && bye == callers, "{invited} called, {bye} were served to the end");
    Ok(())
}

/// What the last host knows of a call, for whoever has to find out why.
fn story(bed: &Bed, call: CallId) -> String {
    let call = call.to_string();
    bed.host()
        .log
        .lines()
        .into_iter()
        .filter(|line| line.contains(&call))
        .map(|line| line + "\n")
        .collect()
}

#[test]
fn no_storm_loses_anybody() {
    let seeds = seeds("STROWGER_ASTERISK_STORMS", STORMS).unwrap();
    let (next, since, failed) = (AtomicU64::new(0), Instant::now(), Mutex::new(Vec::new()));
    thread::scope(|scope| {
        for _ in 0..number("STROWGER_AT_ONCE").unwrap().unwrap_or(3) {
            scope.spawn(|| {
                while let Some(&seed) = seeds.get(next.fetch_add(1, SeqCst) as usize) {
                    let runtime = tokio::runtime::Builder::new_multi_thread()
                        .worker_threads(2)
                        .enable_all()
                        .build()
                        .unwrap();
                    if let Err(error) = runtime
                        .block_on(storm(seed))
                        .with_context(|| format!("storm {seed}: {:?}", plan(seed)))
                    {
                        println!(
                            "storm {seed}: {}",
                            error.root_cause().to_string().lines().next().unwrap_or_default()
                        );
                        failed.lock().unwrap().push((seed, error));
                    }
                }
            });
        }
    });
    let failed = failed.into_inner().unwrap();
    println!(
        "{} storms on Asterisk in {:.1?}, {} failed",
        seeds.len(),
        since.elapsed(),
        failed.len()
    );
    if let Some((_, error)) = failed.first() {
        panic!(
            "storms {:?} failed (STROWGER_STORM=SEED has one of them again):\n{error:#}",
            failed.iter().map(|(seed, _)| seed).collect::<Vec<_>>()
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_hundred_who_wait_notice_nothing_of_a_host_that_is_killed_and_an_agent_goes_on_talking() {
    let mut bed = Bed::start(folder(1)).await.unwrap();
    let agent = Phone::start(
        &bed.pbx,
        1,
        &Answer::after(Duration::ZERO).hang_up_after(Duration::from_secs(60)),
    )
    .unwrap();
    let talking = Caller::to(&bed.pbx, "0900").call().unwrap();
    bed.host().seen("Connected", PATIENCE).await.unwrap();
    let waiting = Caller::to(&bed.pbx, "0900").number(1).calls(100, 25).call().unwrap();
    bed.host().seen_often("EnterQueue", 101, PATIENCE).await.unwrap();
    let before = bed.host().exchange.calls();
    bed.stop_host();
    let since = Instant::now();
    bed.start_host().await.unwrap();
    bed.host().seen_often("Resumed", 100, PATIENCE).await.unwrap();
    println!("100 resumed {:?} after the death", since.elapsed());
    assert_eq!(bed.host().exchange.calls(), before);
    assert_eq!(bed.host().exchange.queue("helpdesk").unwrap().waiting, 100);
    assert_eq!(bed.host().exchange.agent_status("a1"), Some(AgentStatus::Talking));
    for (messages, who) in [
        (agent.messages(), "the agent"),
        (talking.messages(), "who talks"),
        (waiting.messages(), "who waits"),
    ] {
        let over = count(&messages, true, "BYE")
            + count(&messages, false, "BYE")
            + count(&messages, false, "CANCEL");
        assert_eq!(over, 0, "{who} goes on");
    }
}

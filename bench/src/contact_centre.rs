//! A month of the contact centre of `flows/`, reports included.

use crate::{
    figure::{Figure, Measured, Target},
    measure::{Dice, processor_time},
    site,
};
use anyhow::{Context, Result, ensure};
use std::{
    collections::BTreeMap,
    fmt::Write as _,
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};
use strowger_exchange::{Clock, Observed, Observer};
use strowger_model::{CallId, CallRecord, Timestamp};
use strowger_office::report::{Counted, Figures, report};
use strowger_pbx::port::Address;
use strowger_sim::{Caller, Phone, SimConfig};
use strowger_tests::Folder;
use tokio::runtime::Builder;
use toml::Value;

pub(crate) const FIGURES: &[&Figure] = &[&Figure {
    key: "sim_month_s",
    what: "a simulated month of 30,000 calls through the contact centre with 25 agents, reports included, in real time",
    unit: "s",
    target: Target::AtMost(5.0),
    against: "the month itself: 2,592,000 s",
    alone: true,
    measure: month,
}];

/// Tuesday 1 September 2026, 00:00 in Brussels.
const START: Timestamp = Timestamp(1_788_213_600_000);
const CALLS: u64 = 30_000;
const AGENTS: usize = 25;
const AT_ONCE: Duration = Duration::from_secs(20);

/// Keeps the records.
#[derive(Default)]
struct Records(Mutex<Vec<CallRecord>>);

impl Observer for Records {
    fn observe(&self, _: Timestamp, _: CallId, what: &Observed<'_>) {
        if let Observed::Closed(record) = what {
            self.0.lock().unwrap_or_else(PoisonError::into_inner).push((*record).clone());
        }
    }
}

/// The contact centre as it stands in `flows/`, on a site with the queues that it may use: all
/// agents in that of the team, one at each clinic's desk.
fn folder() -> Result<(Folder, Vec<String>)> {
    let flow = site::flow_file("contact-centre")?;
    let text = |value: &Value| value.as_str().map(str::to_owned).context("not a text");
    let list = |table: &str, key: &str| {
        flow.get(table)
            .and_then(|table| table.get(key))
            .and_then(Value::as_array)
            .cloned()
            .unwrap_or_default()
    };
    let numbers = list("settings", "clinics")
        .iter()
        .map(|clinic| text(&clinic["number"]))
        .collect::<Result<Vec<_>>>()?;
    let mut site =
        "time_zone = \"Europe/Brussels\"\ncountry = \"BE\"\nlanguage = \"nl-BE\"\n[music]\nwachtmuziek = \"default\"\n".to_owned();
    let mut agents = 0;
    for queue in list("permissions", "queues") {
        let team = queue == flow["settings"]["team"];
        let names: Vec<String> = (agents..agents + if team { AGENTS } else { 1 })
            .map(|agent| format!("\"agent-{agent}\""))
            .collect();
        agents += names.len();
        writeln!(
            site,
            "[queues.{}]\nring_time = 20\nwrap_up = 30\nagents = [{}]",
            text(&queue)?,
            names.join(", ")
        )?;
    }
    for agent in 0..agents {
        writeln!(
            site,
            "[agents.agent-{agent}]\nlogged_in = true\nendpoints = [{{ address = \"{}\" }}]",
            site::phone(agent)
        )?;
    }
    Ok((
        Folder::new(&site)?
            .plugin("contact-centre")?
            .flow("contact-centre", &toml::to_string(&flow)?)?,
        numbers,
    ))
}

/// When the calls come, since midnight of the first day.
fn arrivals(dice: &mut Dice) -> Vec<Duration> {
    const DAYS: u64 = 30;
    // 1 September is a Tuesday.
    let workdays: Vec<u64> = (0..DAYS).filter(|day| (day + 1) % 7 < 5).collect();
    let mut arrivals: Vec<Duration> = (0..CALLS)
        .map(|_| {
            let day = workdays[dice.roll(workdays.len() as u64) as usize];
            Duration::from_secs(day * 86_400 + 8 * 3600)
                + Duration::from_millis(dice.roll(9 * 3_600_000))
        })
        .collect();
    arrivals.sort();
    arrivals
}

/// A report of the calls, by something that they have in common.
fn by(records: &[CallRecord], in_common: fn(&CallRecord) -> String) -> BTreeMap<String, Figures> {
    report(records, &[], AT_ONCE, START, |counted| match counted {
        Counted::Call(record) | Counted::Talk(record, _) => in_common(record),
        Counted::Case(_) => String::new(),
    })
}

fn clinic(record: &CallRecord) -> String {
    let note = record.notes.iter().find(|note| note.key == "clinic");
    note.map(|note| note.value.clone()).unwrap_or_default()
}

/// Calls come evenly from 8 to 17 on weekdays, to all clinics, from 20,000 numbers, and take 2 to 4
/// minutes.
fn month() -> Result<Measured> {
    let (folder, numbers) = folder()?;
    let runtime = Builder::new_current_thread().enable_time().start_paused(true).build()?;
    let mut dice = Dice::new(5);
    let arrivals = arrivals(&mut dice);
    let records = Arc::new(Records::default());
    let (begun, used) = (Instant::now(), processor_time());
    runtime.block_on(async {
        let (exchange, sim) = site::host(
            &folder,
            Clock::simulated(START),
            records.clone(),
            SimConfig::default(),
            None,
        )?;
        for agent in 0..AGENTS + numbers.len() {
            sim.phone(
                Address::Endpoint(site::phone(agent)),
                Phone::answers(Duration::from_secs(3 + agent as u64 % 5)),
            );
        }
        let start = tokio::time::Instant::now();
        for at in arrivals {
            tokio::time::sleep_until(start + at).await;
            let to = numbers[dice.roll(numbers.len() as u64) as usize].clone();
            let talks = Some(Duration::from_secs(120 + dice.roll(120)));
            sim.call(Caller {
                to,
                talks,
                patience: Some(Duration::from_secs(600)),
                ..site::caller(dice.roll(20_000))
            });
        }
        tokio::time::timeout(Duration::from_secs(86_400), exchange.idle())
            .await
            .context("calls without end")?;
        Ok::<_, anyhow::Error>(())
    })?;
    let records = std::mem::take(&mut *records.0.lock().unwrap_or_else(PoisonError::into_inner));
    let by_clinic = by(&records, clinic);
    let by_agent =
        by(&records, |record| record.agent.as_ref().map(ToString::to_string).unwrap_or_default());
    let by_hour =
        by(&records, |record| format!("{:02}", (record.arrived.0 - START.0) / 3_600_000 % 24));
    let value = begun.elapsed().as_secs_f64();
    let used = (processor_time() - used).as_secs_f64();

    let mut all = Figures::default();
    records.iter().for_each(|record| all.add(record, AT_ONCE));
    let repeated =
        records.iter().filter(|record| record.tags.iter().any(|tag| tag == "repeat")).count();
    ensure!(
        all.offered == CALLS && by_clinic.len() == numbers.len() && by_hour.len() == 9,
        "{} calls, {} clinics",
        all.offered,
        by_clinic.len()
    );
    ensure!(
        by_agent.len() >= AGENTS && repeated > 0,
        "{} agents, {repeated} repeated calls",
        by_agent.len()
    );
    Ok(Measured {
        value,
        how: format!(
            "one thread under virtual time, {used:.1} s of processor time; {} clinics, {} hours; reachability {:.1}%, {repeated} calls were not the first",
            by_clinic.len(),
            by_hour.len(),
            100.0 * all.answered as f64 / all.offered as f64
        ),
    })
}

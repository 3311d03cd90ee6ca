//! What must hold after a storm.

use super::{
    Observed, Storm, lock,
    plan::Who,
    town::{address, central},
};
use anyhow::{Context, Result, bail, ensure};
use std::{
    collections::{BTreeMap, HashMap, HashSet},
    time::{Duration, Instant},
};
use strowger_exchange::CallRecord;
use strowger_flows::LoadedFlow;
use strowger_journal::{CaseQuery, Query};
use strowger_model::{CallId, Command, FlowVersion, StepRecord, read::AgentStatus, step::Ordered};
use strowger_pbx::port::{Address, LegId};
use strowger_sandbox::{Engine, Flow};
use strowger_scenario::replay::{Recorded, Verdict, replay};
use strowger_sim::By;

/// Two who queue within this time may be taken in either order: they are tasks of their own.
const AT_ONCE: Duration = Duration::from_millis(25);

/// What became of a caller who reached the host.
#[derive(Default)]
struct Visit {
    number: String,
    answered: bool,
    /// When somebody was heard first.
    talked: Option<Instant>,
    end: Option<Observed>,
}

impl Storm {
    pub(super) fn check(&mut self) -> Result<()> {
        let visits = self.visits()?;
        let served = self.served.as_ref().context("there is no host")?;
        ensure!(served.store.flush(Duration::from_secs(20)), "the journal is stuck");
        self.stuck |= served.was_stuck();
        self.hasty.extend(served.hasty());
        ensure!(self.hasty.is_empty(), "dialled before it was journalled: {:?}", self.hasty);
        let records = served.store.records(&Query::default())?;
        let mut by_number: HashMap<&str, &CallRecord> = HashMap::new();
        let of_campaign = |record: &&CallRecord| record.campaign.is_some();
        for record in records.iter().filter(|record| !of_campaign(record)) {
            let number = record.caller.as_deref().context("a record without a caller")?;
            ensure!(
                by_number.insert(number, record).is_none(),
                "{number} has two records: {records:#?}"
            );
            ensure!(
                self.stuck || !record.unjournalled,
                "unjournalled, and the journal was never stuck: {record:?}"
            );
        }
        for visit in &visits {
            self.judge(visit, by_number.remove(visit.number.as_str()))?;
        }
        ensure!(by_number.is_empty(), "records of callers who never reached a host: {by_number:?}");
        self.phones_rang_once()?;
        self.all_is_quiet()?;
        // Whom a turn takes back from a conversation that does not count queues anew.
        if self.plan.agents == 1 && !self.plan.front {
            self.order_was_kept(&visits, &records)?;
        }
        self.complaints_are_kept(&records)?;
        self.turns_are_kept()?;
        self.places_are_kept(&records)?;
        self.weather.replayed = self.replayed(&records)?;
        self.weather.records = records.len();
        self.weather.overflowed =
            records.iter().filter(|record| record.outcome == "overflow").count();
        self.weather.unjournalled = records.iter().filter(|record| record.unjournalled).count();
        Ok(())
    }

    fn visits(&self) -> Result<Vec<Visit>> {
        let mut visits: BTreeMap<LegId, Visit> = BTreeMap::new();
        for (at, seen) in lock(&self.seen).iter() {
            match seen {
                Observed::Arrived { leg, from, .. } => {
                    let number = from.clone().context("nobody withholds a number here")?;
                    ensure!(
                        visits.insert(leg.clone(), Visit { number, ..Visit::default() }).is_none(),
                        "{leg} arrived twice"
                    );
                }
                Observed::Answered { leg } => {
                    if let Some(visit) = visits.get_mut(leg) {
                        visit.answered = true;
                    }
                }
                Observed::Hears { leg, with, .. } if !with.is_empty() => {
                    if let Some(visit) = visits.get_mut(leg) {
                        visit.talked.get_or_insert(*at);
                    }
                }
                Observed::HungUp { leg, .. } | Observed::Transferred { leg, .. } => {
                    if let Some(visit) = visits.get_mut(leg) {
                        ensure!(visit.end.replace(seen.clone()).is_none(), "{leg} ended twice");
                    }
                }
                _ => {}
            }
        }
        Ok(visits.into_values().collect())
    }

    /// A caller's call ended as it may, and has the record that it must have.
    fn judge(&self, visit: &Visit, record: Option<&CallRecord>) -> Result<()> {
        let who = &visit.number;
        let coming = self
            .plan
            .callers
            .iter()
            .find(|coming| coming.number == *who)
            .context("who is that?")?;
        let talked = visit.talked.is_some();
        let by_caller = match &visit.end {
            Some(Observed::HungUp { by: By::FarEnd, .. }) => true,
            Some(Observed::HungUp { by: By::Host, .. }) if talked => false,
            Some(Observed::Transferred { to: Some(_), .. }) if talked => false,
            Some(Observed::Transferred { to: None, .. }) if coming.who == Who::Failing => false,
            end => bail!("{who} was lost: {end:?}, talked: {talked}, {record:?}"),
        };
        let outcomes: &[&str] = match (coming.who, talked, by_caller) {
            (Who::Caller, true, _) if self.plan.may_overflow() => &["answered", "overflow"],
            (Who::Caller, true, _) => &["answered"],
            (Who::Caller, false, true) => &["abandoned"],
            (Who::Caller, false, false) => &[],
            // Whoever hangs up before the plugin fails has found a flow that never ends.
            (Who::Failing, ..) => &["fault", "unfinished"],
            (Who::Coach(_), ..) => &["coached", "abandoned"],
        };
        match record {
            None if by_caller && !visit.answered => Ok(()),
            None => bail!("{who} has no record"),
            Some(record) => {
                let good = outcomes.contains(&record.outcome.as_str());
                ensure!(
                    good,
                    "{who}: one of {outcomes:?} was expected of {record:?}, end: {:?}",
                    visit.end
                );
                Ok(())
            }
        }
    }

    fn phones_rang_once(&self) -> Result<()> {
        // Many are put through to the central at once.
        let Address::Number(everybodys) = central() else { bail!("the central has no number") };
        let mut ringing: HashMap<String, LegId> = HashMap::new();
        let mut legs: HashSet<LegId> = HashSet::new();
        for (_, seen) in lock(&self.seen).iter() {
            match seen {
                Observed::RingStarted {
                    leg,
                    address: Address::Endpoint(address) | Address::Number(address),
                    ..
                } if *address != everybodys => {
                    ensure!(legs.insert(leg.clone()), "{leg} was dialled twice");
                    let before = ringing.insert(address.clone(), leg.clone());
                    ensure!(
                        before.is_none(),
                        "{address:?} is rung for {leg} and rings for {before:?}"
                    );
                }
                Observed::RingStopped { leg } => ringing.retain(|_, rings| rings != leg),
                _ => {}
            }
        }
        ensure!(ringing.is_empty(), "phones ring on: {ringing:?}");
        Ok(())
    }

    fn all_is_quiet(&self) -> Result<()> {
        let served = self.served()?;
        let exchange = &served.host.exchange;
        let open = served.store.open_calls()?;
        ensure!(
            open.is_empty(),
            "open in the journal: {:?}",
            open.iter().map(|open| open.call).collect::<Vec<_>>()
        );
        ensure!(exchange.call_count() == 0, "calls are up: {:?}", exchange.calls());
        let waiting = exchange.queue("helpdesk").context("there is no queue")?.waiting;
        ensure!(waiting == 0, "{waiting} wait on the floor");
        for agent in 1..=self.plan.agents {
            let status = exchange.agent_status(&format!("a{agent}"));
            ensure!(status == Some(AgentStatus::Free), "{:?} is {status:?}", address(agent));
        }
        Ok(())
    }

    /// One agent: who queued before is talked to before. Somebody else talks to those who are put
    /// through.
    fn order_was_kept(&self, visits: &[Visit], records: &[CallRecord]) -> Result<()> {
        let logs = self.logs.iter().chain(self.served.as_ref().map(|served| &served.host.log));
        let queued: Vec<(Instant, CallId)> = logs.flat_map(|log| log.queued()).collect();
        // The last time before the conversation is the one that was journalled. Whose agent has gone
        // queues once more after it.
        let queued_before = |talked: Instant, call: CallId| {
            queued.iter().filter(|(at, of)| *of == call && *at <= talked).map(|(at, _)| *at).max()
        };
        let of: HashMap<&str, CallId> = records
            .iter()
            .filter_map(|record| Some((record.caller.as_deref()?, record.call)))
            .collect();
        let overflowed: HashSet<&str> = records
            .iter()
            .filter(|record| record.outcome == "overflow")
            .filter_map(|record| record.caller.as_deref())
            .collect();
        let mut talked: Vec<_> = visits
            .iter()
            .filter(|visit| !overflowed.contains(visit.number.as_str()))
            .filter_map(|visit| {
                let (talked, call) = (visit.talked?, *of.get(visit.number.as_str())?);
                Some((talked, queued_before(talked, call)?, &visit.number))
            })
            .collect();
        talked.sort();
        for (place, (_, queued, number)) in talked.iter().enumerate() {
            let late = talked[place..].iter().find(|(_, later, _)| *later + AT_ONCE < *queued);
            ensure!(
                late.is_none(),
                "{number} was connected before {late:?}, who had queued before"
            );
        }
        Ok(())
    }

    /// What a step notes for people is there once, with its mail.
    fn complaints_are_kept(&mut self, records: &[CallRecord]) -> Result<()> {
        let store = &self.served()?.store;
        let (cases, mails) = (store.cases(&CaseQuery::default())?, store.mails(None)?);
        for record in records.iter().filter(|record| !record.unjournalled) {
            let steps = store.steps(record.call)?;
            let orders = steps.iter().flat_map(|numbered| &numbered.step.orders);
            let noted = orders.filter(|order| {
                matches!(order, Ordered::Order(order) if matches!(order.command, Command::Case { .. }))
            });
            let noted = noted.count();
            let opened = cases.iter().filter(|case| case.call == Some(record.call)).count();
            let mailed = mails.iter().filter(|posted| posted.mail.call == record.call).count();
            ensure!(
                noted == opened && noted == mailed,
                "{}: {noted} complaints, {opened} cases, {mailed} mails",
                record.call
            );
        }
        self.weather.complaints = cases.len();
        Ok(())
    }

    /// Every call that is recorded gives the same orders again. Says how many.
    fn replayed(&self, records: &[CallRecord]) -> Result<usize> {
        let store = &self.served()?.store;
        let engine = Engine::new(Some(strowger_test_support::compile_cache()))?;
        let mut flows: HashMap<FlowVersion, Flow> = HashMap::new();
        let mut count = 0;
        let gaps: HashSet<CallId> =
            records.iter().filter(|record| record.unjournalled).map(|record| record.call).collect();
        for record in records.iter().filter(|record| !gaps.contains(&record.call)) {
            let steps: Vec<(u32, StepRecord)> = store
                .steps(record.call)?
                .into_iter()
                .map(|numbered| (numbered.number, numbered.step))
                .collect();
            let verdict = replay(&Recorded { call: record.call, steps: &steps }, |on| {
                if let Some(flow) = flows.get(on) {
                    return Ok(flow.clone());
                }
                let files = store
                    .version(on)
                    .map_err(|error| error.to_string())?
                    .ok_or("the journal does not have the version")?;
                let flow = LoadedFlow::of_files(&files, &engine)
                    .map_err(|problems| format!("{problems:?}"))?
                    .flow;
                flows.insert(on.clone(), flow.clone());
                Ok(flow)
            });
            ensure!(verdict == Verdict::Same, "the replay of {}: {verdict:?}", record.call);
            count += 1;
        }
        Ok(count)
    }
}

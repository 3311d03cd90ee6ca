//! Runs a scenario: the flow's own plugin, a real exchange and a simulated PBX, under virtual time.
//!
//! A run owns its runtime, whose time is paused and jumps to the next timer whenever nothing is
//! ready; it reads no clock and waits for nothing real, so that two runs are alike to the byte. It
//! must not be called on a thread of another runtime.

use crate::{
    Report, Scenario, campaigns,
    file::{Call, Campaign, Does, ScenarioFile},
    judge::{Expected, Failure, always, judge},
    people,
    pinned::behind,
    recorder::Recorder,
    reported,
    stage::{SimStage, Stage, behaviour, lengths, outside},
    term::{instant, seconds, text},
    timeline::Timeline,
    unknown,
};
use serde_json::{Map, Value, json};
use std::{collections::BTreeMap, sync::Arc, time::Duration};
use strowger_exchange::{Clock, Exchange, Options, TurnSwitch};
use strowger_flows::{Catalogue, LoadedFlow, Snapshot};
use strowger_model::{
    AgentName, PhoneNumber, Timestamp, command::AgentAction, read::PastCall, switch::Means,
};
use strowger_pbx::port::Address;
use strowger_sandbox::Engine;
use strowger_sim::{Caller, Keys, SimConfig};
use strowger_site::Problem;
use tokio::time::{Instant, sleep, sleep_until, timeout};

/// How a scenario is run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct How {
    /// Its own settings are laid over the flow's, and all that it expects must happen. Else the
    /// flow runs as it is, and only what holds for every call must hold: no fault, no refusal, no
    /// call without end.
    pub expectations: bool,
    /// Every step is taken twice, on a reused instance and on a fresh one, which must give the
    /// same.
    pub twice: bool,
}

impl How {
    /// As an author runs it.
    pub const TEST: Self = Self { expectations: true, twice: false };
    /// With the settings as they are.
    pub const LIVE: Self = Self { expectations: false, twice: false };
}

/// After so long everybody hangs up who still waits.
const PATIENCE: Duration = Duration::from_secs(3600);
/// A campaign may go on for so long.
const DAY: Duration = Duration::from_secs(24 * 3600);
/// And then the calls must end within this.
const GRACE: Duration = Duration::from_secs(120);

/// Runs a scenario of a flow.
///
/// The flows that it may hand calls to come from `beside`, on the scenario's own site.
pub fn run(
    scenario: &Scenario,
    flow: &LoadedFlow,
    beside: &Snapshot,
    engine: &Engine,
    how: How,
) -> Report {
    let mut report = Report {
        name: scenario.name().to_owned(),
        file: scenario.file.clone(),
        live: !how.expectations,
        figures: how.expectations && scenario.written.figures,
        problems: Vec::new(),
        failures: Vec::new(),
        calls: Vec::new(),
        lasted: Duration::ZERO,
    };
    let prepared = Prepared::new(scenario, flow, beside, how);
    let runtime =
        tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build();
    match (prepared, runtime) {
        (Ok(prepared), Ok(runtime)) => {
            // What a simulated call brings about is for the report, not for the operator's log.
            let silence = tracing::subscriber::NoSubscriber::default();
            tracing::subscriber::with_default(silence, || {
                runtime.block_on(prepared.play(scenario, engine, how, &mut report));
            });
        }
        (Err(problems), _) => report.problems = problems,
        (_, Err(error)) => {
            report.problems.push(scenario.problem(0..0, format!("no runtime can be had: {error}")))
        }
    }
    report
}

/// What of a scenario does not go with its flow and its site. Nothing is played.
pub fn wrong(scenario: &Scenario, flow: &LoadedFlow, beside: &Snapshot) -> Vec<Problem> {
    Prepared::new(scenario, flow, beside, How::TEST).err().unwrap_or_default()
}

/// Site and flow as the scenario wants them.
struct Prepared {
    flow: Arc<LoadedFlow>,
    /// Flows that may take calls over from it.
    beside: Vec<Arc<LoadedFlow>>,
    expected: Vec<Expected>,
    of_campaigns: Vec<Vec<Expected>>,
    start: Timestamp,
    /// The number that is called if the scenario names none.
    number: String,
    /// With the files as they are.
    live: bool,
}

impl Prepared {
    fn new(
        scenario: &Scenario,
        flow: &LoadedFlow,
        beside: &Snapshot,
        how: How,
    ) -> Result<Self, Vec<Problem>> {
        let written = &scenario.written;
        let mut over = if how.expectations { written.site.clone() } else { Map::new() };
        staff(written, flow, &mut over);
        let site = Arc::new(people::of(scenario, flow.site.varied(&over)?)?);
        let settings = if how.expectations { written.settings.clone() } else { Map::new() };
        let over = Map::from_iter([("settings".to_owned(), Value::Object(settings))]);
        let mut flow = flow.varied(&over, &site)?;
        if how.twice {
            flow.flow = flow.flow.twice();
        }
        let beside = behind(&flow, beside)
            .map(|other| other.varied(&Map::new(), &site).map(Arc::new))
            .collect::<Result<_, _>>()?;
        let wrong = unknown::names(scenario, &site);
        if how.expectations && !wrong.is_empty() {
            return Err(wrong);
        }
        let expected = match scenario.expected(&flow.settings) {
            Ok(expected) => expected,
            Err(problems) if how.expectations => return Err(problems),
            Err(_) => written.calls.iter().map(|_| Expected::default()).collect(),
        };
        let of_campaigns = match scenario.of_campaigns(&flow.settings) {
            Ok(expected) => expected,
            Err(problems) if how.expectations => return Err(problems),
            Err(_) => Vec::new(),
        };
        let start = instant(site.time_zone, scenario.at).ok_or_else(|| {
            let message =
                format!("there is no such time in {}: the clock is put forward", site.time_zone);
            vec![scenario.problem(written.at.span(), message)]
        })?;
        let number =
            flow.numbers.first().map(|pattern| pattern.as_str().replace('X', "0").replace('*', ""));
        Ok(Self {
            expected,
            of_campaigns,
            start,
            number: number.unwrap_or_default(),
            live: !how.expectations,
            flow: Arc::new(flow),
            beside,
        })
    }

    async fn play(self, scenario: &Scenario, engine: &Engine, how: How, report: &mut Report) {
        let written = &scenario.written;
        let recorder = Recorder::new(self.flow.site.clone());
        let flows = [&self.flow]
            .into_iter()
            .chain(&self.beside)
            .map(|flow| (flow.name.clone(), flow.clone()))
            .collect();
        let snapshot = Snapshot { site: self.flow.site.clone(), flows };
        let catalogue = Catalogue::still(snapshot, engine.clone());
        let exchange =
            Exchange::new(Options::new(catalogue, Clock::simulated(self.start), recorder.clone()));
        let audience = {
            let recorder = recorder.clone();
            Arc::new(move |seen| recorder.see(seen))
        };
        let config = SimConfig {
            lengths: lengths(&self.flow),
            outside: behaviour(crate::file::Manner::Unreachable, 0.0, 0.0, &[]),
            ..SimConfig::default()
        };
        let stage = SimStage::new(config, exchange.sink(), audience);
        exchange.attach(stage.pbx());
        for earlier in &written.earlier {
            let ago = Duration::from_secs_f64(earlier.days_ago.clamp(0.0, 10_000.0) * 86_400.0);
            let call = PastCall {
                at: Timestamp(self.start.0.saturating_sub(ago.as_millis() as u64)),
                outbound: earlier.outbound,
                flow: earlier.flow.clone().unwrap_or_else(|| self.flow.name.to_string()),
                outcome: earlier.outcome.clone(),
                dialled: earlier.dialled.clone().unwrap_or_else(|| self.number.clone()),
                campaign: None,
            };
            exchange.recall(&earlier.number, call);
        }
        self.act(written, &exchange, &stage, &recorder).await;
        report.lasted = Instant::now().duration_since(recorder.start());
        report.calls = recorder.timelines();
        self.judge(scenario, how, &exchange, report);
    }

    /// Everything that happens, in order of time, until the last call is over.
    async fn act(
        &self,
        written: &ScenarioFile,
        exchange: &Arc<Exchange>,
        stage: &dyn Stage,
        recorder: &Recorder,
    ) {
        for (name, agent) in &written.agents {
            stage.phone(Address::Endpoint(stage.address_of(name)), agent.behaviour());
            if agent.paused {
                // The agent is of this scenario's own site.
                let _ = exchange.agent(&AgentName::from(name.as_str()), AgentAction::Pause(None));
            }
        }
        for (who, phone) in &written.outside {
            stage.phone(self.outside(who), phone.behaviour());
        }
        turn(&written.switches, exchange);
        let mut acts: Vec<(Duration, Act<'_>)> = Vec::new();
        let then = written.then.iter().map(toml::Spanned::get_ref);
        acts.extend(
            then.map(|then| (then.at.since(self.start, self.flow.site.time_zone), Act::Then(then))),
        );
        let arrivals = self.arrivals(&written.calls);
        let number = arrivals.len();
        for campaign in written.campaigns.iter().map(toml::Spanned::get_ref) {
            let at = campaign.at.since(self.start, self.flow.site.time_zone);
            acts.push((at, Act::Campaign(campaign)));
        }
        acts.extend(
            arrivals
                .iter()
                .enumerate()
                .map(|(nth, (at, index))| (*at, Act::Call(nth, &written.calls[*index]))),
        );
        acts.sort_by_key(|(at, _)| *at);
        let start = recorder.start();
        for (at, act) in &acts {
            sleep_until(start + *at).await;
            match act {
                Act::Call(nth, call) => {
                    let endpoint =
                        call.endpoint.as_ref().map(|who| match written.agents.contains_key(who) {
                            true => stage.address_of(who),
                            false => who.clone(),
                        });
                    stage.call(Caller { endpoint, ..self.caller(*nth, call) });
                }
                Act::Then(then) => self.happen(then, written, exchange, stage),
                Act::Campaign(campaign) => {
                    campaign.set(stage);
                    campaign.open(exchange, &self.flow.site);
                }
            }
        }
        let others = || campaigns::some_go_on(exchange);
        let patience = if written.campaigns.is_empty() { PATIENCE } else { DAY };
        if timeout(patience, recorder.all_closed(number, others)).await.is_err() {
            stage.all_hang_up();
            let _ = timeout(GRACE, recorder.all_closed(number, || false)).await;
        }
        // What a last command brings about is heard, too.
        sleep(Duration::from_secs(1)).await;
    }

    /// Calls in the order of their arrival: when, and which of the scenario's. With the files as they
    /// are, only those to numbers that are served: an operator may have taken others.
    fn arrivals(&self, calls: &[Call]) -> Vec<(Duration, usize)> {
        let alike = |(index, call): (usize, &Call)| {
            let first = call.at.since(self.start, self.flow.site.time_zone);
            (0..call.times).map(move |nth| (first + Duration::from_secs(nth.into()), index))
        };
        let served = |call: &Call| {
            let dialled = call.dials.as_deref().unwrap_or(&self.number);
            let flows = self.beside.iter().chain([&self.flow]);
            let full = self.flow.site.numbering.full(None, dialled.to_owned());
            flows
                .flat_map(|flow| &flow.numbers)
                .any(|pattern| pattern.matches(dialled) || pattern.matches(&full))
        };
        let calls = calls.iter().enumerate().filter(|(_, call)| !self.live || served(call));
        let mut arrivals: Vec<_> = calls.flat_map(alike).collect();
        arrivals.sort_by_key(|(at, _)| *at);
        arrivals
    }

    /// An outside number, a setting that holds one, or an address in the PBX's own words.
    fn outside(&self, who: &str) -> Address {
        let who = text(&self.flow.settings, who).unwrap_or_default();
        match who.parse::<PhoneNumber>() {
            Ok(number) => Address::Number(number.to_string()),
            Err(_) if who.contains('/') => Address::Endpoint(who.into_owned()),
            Err(_) => Address::Extension(who.into_owned()),
        }
    }

    fn caller(&self, nth: usize, call: &Call) -> Caller {
        let from = match call.from.as_deref() {
            Some("withheld") => None,
            Some(number) if call.times == 1 => Some(number.to_owned()),
            _ => Some(format!("+32470000{:03}", nth + 1)),
        };
        let leaves = call.hangs_up.as_ref().and_then(|at| at.resolve(&self.flow.settings).ok());
        let keys = call
            .keys
            .iter()
            .map(|keys| Keys { after: seconds(keys.at), digits: keys.digits.clone() });
        Caller {
            from,
            to: call.dials.clone().unwrap_or_else(|| self.number.clone()),
            leaves,
            keys: keys.collect(),
            endpoint: call.endpoint.clone(),
            ..Caller::default()
        }
    }

    fn happen(
        &self,
        then: &crate::file::Then,
        written: &ScenarioFile,
        exchange: &Arc<Exchange>,
        stage: &dyn Stage,
    ) {
        turn(&then.turn, exchange);
        campaigns::direct(&then.campaign, exchange);
        if let Some(phone) = then.behaviour() {
            match written.agents.contains_key(&then.who) {
                true => stage.phone(Address::Endpoint(stage.address_of(&then.who)), phone),
                false => stage.phone(self.outside(&then.who), outside(phone)),
            }
        }
        let agent = AgentName::from(then.who.as_str());
        let action = then.does.map(|does| match does {
            Does::LogsIn => AgentAction::LogIn(strowger_model::command::Target::Address(
                stage.address_of(&then.who),
            )),
            Does::LogsOut => AgentAction::LogOut,
            Does::Pauses => AgentAction::Pause(None),
            Does::Ready => AgentAction::Ready,
        });
        if let Some(action) = action {
            // The agent is of this scenario's own site.
            let _ = exchange.agent(&agent, action);
        }
    }

    fn judge(&self, scenario: &Scenario, how: How, exchange: &Exchange, report: &mut Report) {
        let calls = &scenario.written.calls;
        let arrivals = self.arrivals(calls);
        let came_in: Vec<&Timeline> =
            report.calls.iter().filter(|call| call.contact().is_none()).collect();
        if came_in.len() != arrivals.len() {
            let failure = Failure {
                span: None,
                expected: format!("{} calls that the flow takes", arrivals.len()),
                happened: format!("{} calls reached it", came_in.len()),
            };
            report.failures.push((None, failure));
        }
        for ((_, index), timeline) in arrivals.iter().zip(came_in) {
            for failure in judge(&calls[*index], &self.expected[*index], timeline, how.expectations)
            {
                let line = failure.span.as_ref().map(|span| scenario.line(span));
                report.failures.push((line, failure));
            }
        }
        self.judge_campaigns(scenario, how, exchange, report);
        if how.expectations {
            let failures = scenario
                .written
                .report
                .iter()
                .flat_map(|reported| reported::judge(reported, &report.calls, &self.flow));
            report.failures.extend(
                failures
                    .map(|failure| (failure.span.as_ref().map(|span| scenario.line(span)), failure))
                    .collect::<Vec<_>>(),
            );
        }
    }

    /// The scenario says what must come of that call.
    fn is_judged(&self, scenario: &Scenario, call: &Timeline) -> bool {
        let campaigns = scenario.written.campaigns.iter().map(toml::Spanned::get_ref);
        let mut said = campaigns.flat_map(|campaign| {
            campaign
                .calls
                .iter()
                .map(|call| (campaign.name.as_str(), call.contact.get_ref().as_str(), call.attempt))
        });
        !self.live && said.any(|said| call.contact() == Some(said))
    }

    /// Campaigns, and all calls of contacts.
    fn judge_campaigns(
        &self,
        scenario: &Scenario,
        how: How,
        exchange: &Exchange,
        report: &mut Report,
    ) {
        let of_contacts = report.calls.iter().filter(|call| call.contact().is_some());
        let mut failures = Vec::new();
        for timeline in of_contacts.filter(|call| !self.is_judged(scenario, call)) {
            let expected = Expected::default();
            always(&expected, timeline, how.expectations, &mut failures);
        }
        if how.expectations {
            for (campaign, expected) in scenario.written.campaigns.iter().zip(&self.of_campaigns) {
                let clock = campaigns::Clock { start: self.start, zone: self.flow.site.time_zone };
                let judged = campaign.get_ref().judge(expected, exchange, &report.calls, clock);
                failures.extend(judged);
            }
        }
        let placed = failures
            .into_iter()
            .map(|failure| (failure.span.as_ref().map(|span| scenario.line(span)), failure));
        report.failures.extend(placed.collect::<Vec<_>>());
    }
}

fn turn(switches: &BTreeMap<String, toml::Spanned<String>>, exchange: &Exchange) {
    for (name, position) in switches {
        let turn = TurnSwitch::to(name, position.get_ref(), Means::Command);
        // With the files as they are, there may be no such switch any more.
        let _ = exchange.turn_switch(turn);
    }
}

/// Something that happens from outside.
enum Act<'a> {
    Call(usize, &'a Call),
    Then(&'a crate::file::Then),
    Campaign(&'a Campaign),
}

/// Puts the scenario's agents in the place of the site's: those stay known, logged out and in no
/// queue. One whom the site calls otherwise by now has the name of now, and the phone of then.
fn staff(written: &ScenarioFile, flow: &LoadedFlow, over: &mut Map<String, Value>) {
    let called = |name: &String| flow.site.now_called(&name.as_str().into()).to_string();
    if let Some(agents) = over.get_mut("agents").and_then(Value::as_object_mut) {
        let now = std::mem::take(agents).into_iter();
        *agents = now.map(|(name, agent)| (called(&name), agent)).collect();
    }
    let mut agents = Map::new();
    for name in flow.site.agents.keys() {
        agents.insert(name.to_string(), json!({ "logged_in": false }));
    }
    for (name, agent) in &written.agents {
        let mut endpoint = json!({ "address": format!("SIM/{name}") });
        if let Some(ring_time) = agent.ring_time {
            endpoint["ring_time"] = ring_time.into();
        }
        let agent = json!({ "endpoints": [endpoint], "logged_in": agent.logged_in });
        agents.insert(called(name), agent);
    }
    let mut queues = Map::new();
    for queue in flow.site.queues.keys() {
        let serves = |names: &Option<Vec<String>>| {
            names.as_ref().is_none_or(|names| names.iter().any(|name| name == queue.as_str()))
        };
        let names: Vec<String> = written
            .agents
            .iter()
            .filter(|(_, agent)| serves(&agent.queues))
            .map(|(name, _)| called(name))
            .collect();
        queues.insert(queue.to_string(), json!({ "agents": names }));
    }
    for (key, own) in [("agents", agents), ("queues", queues)] {
        let table = over.entry(key).or_insert_with(|| Value::Object(Map::new()));
        for (name, own) in own {
            match table.get_mut(&name).and_then(Value::as_object_mut) {
                Some(written) => written.extend(own.as_object().cloned().unwrap_or_default()),
                None => table[name] = own,
            }
        }
    }
}

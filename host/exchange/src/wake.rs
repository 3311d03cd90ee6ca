//! Taking up the calls of an earlier host.
//!
//! At the start their images are read; they sleep until the PBX has said what is alive. Then the floor gets back everybody who waited, rang or talked, in one
//! input, and each call goes on in a task of its own: also one whose legs are all gone, so that its flow can say what came of it and its record is closed.

use crate::{
    Exchange, Handle, MAILBOX,
    call::{Call, Found, Image, Roll},
};
use std::{
    collections::{BTreeMap, HashMap},
    sync::Arc,
    time::Duration,
};
use strowger_flows::LoadedFlow;
use strowger_model::{AgentStanding, CallId, CallRecord, FlowVersion, Timestamp, event::Cause};
use strowger_pbx::port::{AliveLeg, LegId, PbxCommand};
use strowger_routing::{AttemptId, Input, Standing};
use strowger_store::{Change, Entry, OpenCall, Query, Store, decode};

/// What an earlier host left behind.
pub(crate) struct Dormant {
    calls: Vec<(OpenCall, Result<Image<'static>, String>)>,
    /// The last call that there was: ids never repeat.
    pub(crate) last_call: Option<CallId>,
}

impl Dormant {
    /// Reads what is open in a store. What cannot be read is said, and served anew.
    pub(crate) fn read(store: &Store) -> Self {
        let calls = told("open calls", store.open_calls());
        let last_closed =
            told("the last call", store.records(&Query { limit: Some(1), ..Query::default() })).last().map(|record| record.call);
        let last_call = calls.last().map(|open: &OpenCall| open.call).max(last_closed);
        let read = |open: OpenCall| {
            let image = decode(&open.image).map_err(|error| error.to_string());
            (open, image)
        };
        Self { last_call, calls: calls.into_iter().map(read).collect() }
    }

    /// When the earlier host was last known to live, in monotonic time.
    pub(crate) fn last_seen(&self) -> Duration {
        self.images().map(|image| image.elapsed).max().unwrap_or_default()
    }

    fn images(&self) -> impl Iterator<Item = &Image<'static>> {
        self.calls.iter().filter_map(|(_, image)| image.as_ref().ok())
    }
}

fn told<T: Default>(what: &str, result: Result<T, impl std::fmt::Display>) -> T {
    result.inspect_err(|error| tracing::error!("{what} cannot be read from the journal: {error}")).unwrap_or_default()
}

impl Exchange {
    /// Takes up every call, now that the PBX has said what is alive.
    pub(crate) fn wake(self: &Arc<Self>, dormant: Dormant, alive: Vec<AliveLeg>) {
        let since = tokio::time::Instant::now();
        let last_seen = dormant.images().map(|image| image.at).max();
        let gap = last_seen.map_or(Duration::ZERO, |last| self.clock.now().since(last));
        let mut by_leg: HashMap<LegId, AliveLeg> = alive.iter().map(|leg| (leg.leg.clone(), leg.clone())).collect();
        let mut flows = Flows { exchange: self.clone(), known: HashMap::new() };
        let (mut entries, mut quieting) = (Vec::new(), Vec::new());
        let mut woken = Vec::new();
        for (open, image) in dormant.calls {
            let flow = flows.get(&open.on);
            let (image, flow) = match (image, flow) {
                (Ok(image), Ok(flow)) => (image, flow),
                (Ok(image), Err(why)) => {
                    self.give_up(&open, Some(&image), &by_leg, &why);
                    continue;
                }
                (Err(why), _) => {
                    self.give_up(&open, None, &by_leg, &why);
                    continue;
                }
            };
            let (mailbox, mail) = tokio::sync::mpsc::channel(MAILBOX);
            let (id, arrived) = (open.call, image.record.arrived);
            let legs: BTreeMap<LegId, AliveLeg> = {
                let mut calls = self.lock();
                calls.by_leg.extend(image.leg_ids().map(|leg| (leg.clone(), id)));
                calls.by_id.insert(id, Handle { mailbox: Some(mailbox), flow: flow.clone(), arrived });
                image.leg_ids().filter_map(|leg| by_leg.remove_entry(leg)).collect()
            };
            self.count.send_modify(|count| *count += 1);
            let call = Call::from_image(self.clone(), flow.begin(), image);
            entries.extend(call.places());
            quieting.extend(call.quieting());
            woken.push((call, legs, mail));
        }
        let agents = self.journal.as_ref().map(|journal| told("agents", journal.store.agents())).unwrap_or_default();
        let agents = agents.into_iter().map(|(agent, standing)| (agent, floor_standing(standing))).collect();
        // No attempt of before has a number as high as that, so that names of legs never repeat: this time never goes back, as the wall clock may.
        let next_attempt = AttemptId(self.clock.elapsed().as_millis() as u64);
        if let Err(refused) = self.floor(Input::Restore { agents, entries, quieting, next_attempt }, None) {
            tracing::error!("the floor was not restored: {refused}");
        }
        if !woken.is_empty() {
            tracing::info!(calls = woken.len(), gap_ms = gap.as_millis() as u64, "taking up the calls of an earlier host");
        }
        let roll = Arc::new(Roll { calls: woken.len(), since });
        for (call, alive, mail) in woken {
            let found = Found { alive, gap, roll: roll.clone() };
            self.runtime.spawn(call.run(Some(found), mail));
        }
        // What is left is nobody's, or arrived while there was no host.
        self.resync(alive);
    }

    /// A call that cannot be taken up goes on in the PBX's own route; if nothing at all is known of it, its caller is served anew.
    fn give_up(&self, open: &OpenCall, image: Option<&Image<'static>>, alive: &HashMap<LegId, AliveLeg>, why: &str) {
        tracing::error!(call = %open.call, flow = %open.on.flow, version = open.on.version, "an open call cannot go on: {why}");
        let legs = image.into_iter().flat_map(Image::leg_ids).filter_map(|leg| alive.get(leg));
        for leg in legs {
            self.send(match leg.arrived {
                Some(_) => PbxCommand::Transfer { leg: leg.leg.clone(), to: None },
                None => PbxCommand::HangUp { leg: leg.leg.clone(), cause: Cause::Failed },
            });
        }
        let now = self.clock.now();
        let record = match image {
            Some(image) => CallRecord { outcome: "lost".to_owned(), ended: now, ..CallRecord::clone(&image.record) },
            None => unknown(open, now),
        };
        if let Some(journal) = &self.journal {
            journal.store.submit(Entry { changes: vec![Change::Closed(Box::new(record))], release: None });
        }
    }
}

/// The record of a call of which only the version of its flow is known.
fn unknown(open: &OpenCall, now: Timestamp) -> CallRecord {
    CallRecord {
        call: open.call,
        flow: open.on.flow.clone(),
        version: open.on.version.clone(),
        caller: None,
        dialled: String::new(),
        arrived: now,
        answered: None,
        connected: None,
        agent: None,
        waited: Duration::ZERO,
        overflowed: false,
        outcome: "lost".to_owned(),
        notes: Vec::new(),
        tags: Vec::new(),
        steps: 0,
        faults: 0,
        refused: 0,
        unjournalled: open.unjournalled,
        ended: now,
    }
}

/// Versions of flows, each revived once.
struct Flows {
    exchange: Arc<Exchange>,
    known: HashMap<FlowVersion, Result<Arc<LoadedFlow>, String>>,
}

impl Flows {
    fn get(&mut self, version: &FlowVersion) -> Result<Arc<LoadedFlow>, String> {
        if !self.known.contains_key(version) {
            let revived = self.revive(version);
            self.known.insert(version.clone(), revived);
        }
        self.known.get(version).cloned().unwrap_or_else(|| Err("unknown version".to_owned()))
    }

    fn revive(&self, version: &FlowVersion) -> Result<Arc<LoadedFlow>, String> {
        let snapshot = self.exchange.catalogue.current();
        if let Some(serving) = snapshot.flows.get(version.flow.as_str()).filter(|flow| flow.version == version.version) {
            return Ok(serving.clone());
        }
        let Some(journal) = &self.exchange.journal else { return Err("there is no journal".to_owned()) };
        let files = journal.store.version(version).map_err(|error| error.to_string())?;
        let files = files.ok_or("the journal does not have this version of the flow")?;
        let problems = |problems: Vec<strowger_flows::Problem>| problems.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n");
        self.exchange.catalogue.revive(&files).map_err(problems)
    }
}

fn floor_standing(standing: AgentStanding) -> Standing {
    Standing {
        logged_in: standing.logged_in,
        paused: standing.paused,
        wrap_up_until: standing.wrap_up_until.map(|until| Duration::from_millis(until.0)),
        idle_since: None,
        joined: standing.joined,
        left: standing.left,
    }
}

/// An agent's standing as the journal keeps it.
pub(crate) fn kept(standing: Standing) -> AgentStanding {
    AgentStanding {
        logged_in: standing.logged_in,
        paused: standing.paused,
        wrap_up_until: standing.wrap_up_until.map(|until| Timestamp(until.as_millis() as u64)),
        joined: standing.joined,
        left: standing.left,
    }
}

//! Taking up the calls of an earlier host.
//!
//! At the start their images are read; they sleep until the PBX has said what is alive. Then the
//! floor gets back everybody who waited, rang or talked, in one input, and each call goes on in a
//! task of its own: also one whose legs are all gone, so that its flow can say what came of it and
//! its record is closed.

use crate::{
    Exchange,
    memory::told,
    running::{Found, Running},
};
use std::{
    collections::{BTreeMap, HashMap, HashSet},
    sync::Arc,
    time::Duration,
};
use strowger_call::{Call, Claim, Image};
use strowger_call_port::{Input as CallInput, Now, Observed};
use strowger_flows::LoadedFlow;
use strowger_journal::{Change, Clocks, OpenCall, Query, Store, decode};
use strowger_model::{
    AgentName, AgentStanding, CallId, CallRecord, FlowVersion, OrderId, Timestamp,
    command::ContactOf, strangers::Logged,
};
use strowger_pbx::port::{AliveLeg, LegId};
use strowger_routing::{AttemptId, Input, Standing};

/// What an earlier host left behind.
pub(crate) struct Dormant {
    calls: Vec<(OpenCall, Result<Image<'static>, String>)>,
    /// How the clocks read when they were kept last.
    clocks: Option<Clocks>,
    /// The last call that there was: ids never repeat.
    pub(crate) last_call: Option<CallId>,
}

impl Dormant {
    /// Reads what is open in a store. What cannot be read is said, and served anew.
    pub(crate) fn read(store: &Store) -> Self {
        let calls = told("open calls", store.open_calls());
        let last_closed =
            told("the last call", store.records(&Query { limit: Some(1), ..Query::default() }))
                .last()
                .map(|record| record.call);
        let last_call = calls.last().map(|open: &OpenCall| open.call).max(last_closed);
        let read = |open: OpenCall| {
            let image = decode(&open.image).map_err(|error| error.to_string());
            (open, image)
        };
        let clocks = told("clocks", store.clocks());
        let mut dormant = Self { last_call, clocks, calls: calls.into_iter().map(read).collect() };
        dormant.give_each_phone_to_one();
        dormant
    }

    /// A phone that was passed on from call to call just before the host died may be in the images of
    /// both: it belongs to the one with the better claim, and of two as good, to the later image.
    fn give_each_phone_to_one(&mut self) {
        let mut best: HashMap<LegId, (Claim, Duration, CallId)> = HashMap::new();
        for (open, image) in &self.calls {
            let Ok(image) = image else { continue };
            for (leg, claim) in image.claims() {
                let claim = (claim, image.at, open.call);
                let best = best.entry(leg.clone()).or_insert(claim);
                *best = claim.max(*best);
            }
        }
        for (open, image) in &mut self.calls {
            let Ok(image) = image else { continue };
            let others = |leg: &&LegId| best.get(leg).is_some_and(|(.., call)| *call != open.call);
            let others: Vec<LegId> = image.leg_ids().filter(others).cloned().collect();
            others.iter().for_each(|leg| image.forget(leg));
        }
    }

    /// Calls for contacts of campaigns.
    pub(crate) fn for_contacts(&self) -> Vec<(CallId, ContactOf)> {
        let of = |image: &Image<'static>| {
            let record = &image.record;
            Some((record.call, (**record.campaign.as_ref()?).clone()))
        };
        self.images().filter_map(of).collect()
    }

    /// How the clocks read when the earlier host was last known to live. None: there was none.
    pub(crate) fn clocks(&self) -> Option<Clocks> {
        let seen = self.images().map(|image| image.at).max();
        // Clocks that were never kept: then the two were one.
        let of_image = |at: Duration| {
            let wall = Timestamp(at.as_millis() as u64);
            Clocks { elapsed: at, wall, trusted: wall }
        };
        let kept = self.clocks.or_else(|| seen.map(of_image))?;
        let later = seen.unwrap_or_default().saturating_sub(kept.elapsed);
        let wall = |at: Timestamp| Timestamp(at.0 + later.as_millis() as u64);
        let Clocks { elapsed, wall: told, trusted } = kept;
        Some(Clocks { elapsed: elapsed + later, wall: wall(told), trusted: wall(trusted) })
    }

    /// Places that other calls have taken; those who kept them may not have been told.
    fn taken(&self) -> HashSet<(CallId, OrderId)> {
        self.images().flat_map(|image| image.taken.iter().copied()).collect()
    }

    fn images(&self) -> impl Iterator<Item = &Image<'static>> {
        self.calls.iter().filter_map(|(_, image)| image.as_ref().ok())
    }
}

/// Says when the last of the calls that were taken up goes on.
pub(crate) struct Roll {
    calls: usize,
    since: tokio::time::Instant,
}

impl Drop for Roll {
    fn drop(&mut self) {
        if self.calls > 0 {
            let took_ms = self.since.elapsed().as_millis() as u64;
            tracing::info!(calls = self.calls, took_ms, "every call of the earlier host goes on");
        }
    }
}

impl Exchange {
    /// Takes up every call, now that the PBX has said what is alive.
    pub(crate) fn wake(self: &Arc<Self>, dormant: Dormant, alive: Vec<AliveLeg>) {
        let since = tokio::time::Instant::now();
        let (last_seen, taken) = (dormant.clocks().map(|last| last.elapsed), dormant.taken());
        let gap =
            last_seen.map_or(Duration::ZERO, |seen| self.clock.elapsed().saturating_sub(seen));
        let mut by_leg: HashMap<LegId, AliveLeg> =
            alive.iter().map(|leg| (leg.leg.clone(), leg.clone())).collect();
        let mut flows: HashMap<FlowVersion, Result<Arc<LoadedFlow>, String>> = HashMap::new();
        let (mut entries, mut quieting) = (Vec::new(), Vec::new());
        let (mut woken, mut given_up, mut calls_given_up) =
            (Vec::new(), HashSet::new(), Vec::new());
        for (open, image) in dormant.calls {
            let flow =
                flows.entry(open.on.clone()).or_insert_with(|| self.flow_of(&open.on)).clone();
            let (mut image, flow) = match (image, flow) {
                (Ok(image), Ok(flow)) => (image, flow),
                (Ok(image), Err(why)) => {
                    given_up.extend(image.leg_ids().cloned());
                    calls_given_up.push(open.call);
                    self.give_up(&open, CallRecord::clone(&image.record), &why);
                    continue;
                }
                (Err(why), _) => {
                    self.give_up(&open, unknown(&open, self.clock.now()), &why);
                    continue;
                }
            };
            let id = open.call;
            let mail = self.register.take_up(id, image.leg_ids(), &flow, image.record.arrived);
            let alive = |leg| by_leg.remove_entry(leg);
            let legs: BTreeMap<LegId, AliveLeg> = image.leg_ids().filter_map(alive).collect();
            let now = self.clock.now();
            let caller = image.record.caller.clone();
            self.caller_is_in(id, caller.as_deref());
            let mut resting = Vec::new();
            image.rest_in(|on| {
                let flow = flows.entry(on.clone()).or_insert_with(|| self.flow_of(on)).clone();
                let flow = flow.inspect_err(|why| not_behind(id, on, why)).ok()?;
                resting.push(flow.begin(now, caller.as_deref()));
                Some(flow.terms.clone())
            });
            let call = Call::of_image(flow.terms.clone(), image);
            self.let_be_found(&call, &taken);
            entries.extend(call.places());
            quieting.extend(call.quieting());
            let on = flow.begin(now, caller.as_deref());
            let running = Running::new(call, self.clone(), on).with(resting);
            woken.push((running, legs, mail));
        }
        let agents = self.seat_agents();
        // No attempt of before has a number as high as that, so that names of legs never repeat:
        // this time never goes back, as the wall clock may.
        let next_attempt = AttemptId(self.clock.elapsed().as_millis() as u64);
        if let Err(refused) =
            self.tell_floor(Input::Restore { agents, entries, quieting, next_attempt }, None)
        {
            tracing::error!("callers and agents cannot be put back into the queues: {refused}");
        }
        if !woken.is_empty() {
            tracing::info!(
                calls = woken.len(),
                gap_ms = gap.as_millis() as u64,
                "taking up the calls of an earlier host"
            );
        }
        // What is left is nobody's, or arrived while there was no host. Before any call goes on: a leg
        // that it dials from now on was not among those alive, and is not gone.
        self.resync(alive, &given_up);
        self.campaigns_wake(&calls_given_up);
        self.campaigns.reachable(true);
        let roll = Arc::new(Roll { calls: woken.len(), since });
        for (running, alive, mail) in woken {
            let found = Box::new(Found { alive, gap, roll: roll.clone() });
            self.runtime.spawn(running.run(Some(found), mail));
        }
    }

    /// On which legs the agents of a call talk; and the places that it keeps for those who are to be
    /// called back, unless another call has taken them, and this one was not told.
    fn let_be_found(&self, call: &Call, taken: &HashSet<(CallId, OrderId)>) {
        call.talking().for_each(|(agent, leg)| self.register.talks(agent, leg));
        let now = Now { wall: self.clock.now(), elapsed: self.clock.elapsed() };
        let kept = call.kept_places(now);
        match kept.iter().any(|place| taken.contains(&(call.id(), place.entry.order))) {
            true => self.register.post(call.id(), CallInput::PlaceTaken),
            false => kept.into_iter().for_each(|place| self.places.keep(place)),
        }
    }

    /// Where agents have logged in, and how they stand.
    fn seat_agents(&self) -> Vec<(AgentName, Standing)> {
        let journal = self.journal.as_ref();
        let agents =
            journal.map(|journal| told("agents", journal.store.agents())).unwrap_or_default();
        let seated = agents
            .iter()
            .filter_map(|(agent, standing)| Some((agent.clone(), standing.at.clone()?)));
        self.staff.seats().extend(seated);
        let site = self.catalogue.current().site.clone();
        self.furnish(&site, None);
        let names: HashSet<AgentName> = agents.iter().map(|(agent, _)| agent.clone()).collect();
        // Of one who was renamed, how the new name stands counts.
        let is_old = |agent: &AgentName| {
            let now = site.now_called(agent);
            now != agent && names.contains(now)
        };
        let standings = agents.into_iter().filter(|(agent, _)| !is_old(agent));
        standings.map(|(agent, standing)| (agent, floor_standing(standing))).collect()
    }

    /// Closes the record of a call that cannot be taken up. Of its legs, those who talk are left
    /// talking, a caller who does not goes on in the PBX's own route; if nothing at all is known of
    /// the call, its caller is served anew.
    fn give_up(&self, open: &OpenCall, record: CallRecord, why: &str) {
        tracing::error!(call = %open.call, flow = %open.on.flow, version = open.on.version, "a call of the earlier host cannot go on: {}", Logged(why));
        let now = self.clock.now();
        let record = CallRecord { outcome: "lost".to_owned(), ended: now, ..record };
        self.remember(&record);
        self.observer.observe(now, open.call, &Observed::Closed(&record));
        if let Some(journal) = &self.journal {
            journal.keep(Change::Closed(Box::new(record)));
        }
    }

    /// The version that a call is on: one that is loaded, or the archived one made again.
    fn flow_of(&self, on: &FlowVersion) -> Result<Arc<LoadedFlow>, String> {
        if let Some(loaded) = self.catalogue.loaded(on) {
            return Ok(loaded);
        }
        let archived = self
            .journal
            .as_ref()
            .map(|journal| journal.store.version(on))
            .transpose()
            .map_err(|error| error.to_string())?;
        let files =
            archived.flatten().ok_or("the journal does not have this version of the flow")?;
        let problems = |problems: Vec<strowger_site::Problem>| {
            problems.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n")
        };
        self.catalogue.revive(&files).map_err(problems)
    }
}

/// A flow that rested cannot be made again: the call goes on without it.
fn not_behind(call: CallId, on: &FlowVersion, why: &str) {
    tracing::error!(%call, flow = %on.flow, version = on.version, "a flow cannot have its call back when a switch is turned: {}", Logged(why));
}

/// The record of a call of which only the version of its flow is known.
fn unknown(open: &OpenCall, now: Timestamp) -> CallRecord {
    CallRecord {
        unjournalled: open.unjournalled,
        ..CallRecord::begin(open.call, open.on.clone(), now)
    }
}

fn floor_standing(standing: AgentStanding) -> Standing {
    let time = |time: Option<Timestamp>| time.map(|time| Duration::from_millis(time.0));
    Standing {
        logged_in: standing.logged_in,
        paused: standing.paused,
        pause_reason: standing.pause_reason,
        wrap_up_until: time(standing.wrap_up_until),
        idle_since: time(standing.idle_since),
        since: time(standing.since),
        joined: standing.joined,
        left: standing.left,
    }
}

/// An agent's standing as the journal keeps it, but for where the agent is.
pub(crate) fn kept(standing: Standing) -> AgentStanding {
    let time = |time: Option<Duration>| time.map(|time| Timestamp(time.as_millis() as u64));
    AgentStanding {
        logged_in: standing.logged_in,
        paused: standing.paused,
        wrap_up_until: time(standing.wrap_up_until),
        joined: standing.joined,
        left: standing.left,
        pause_reason: standing.pause_reason,
        idle_since: time(standing.idle_since),
        since: time(standing.since),
        at: None,
    }
}

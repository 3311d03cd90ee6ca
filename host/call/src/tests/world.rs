//! The world of a call: its PBX, the floor, and the house that it shares with others.

use super::{
    pbx::Pbx,
    shared::{FLOWS, Shared, call, floor_at, terms},
};
use crate::{Call, Image, legs::Role};
use std::{
    collections::{BTreeMap, BTreeSet, VecDeque},
    sync::Arc,
    time::Duration,
};
use strowger_call_port::{Input, Now, Out};
use strowger_model::{Command, LegName, Timestamp, event::Arrival, read::AgentStatus};
use strowger_pbx::port::{LegId, PbxCommand, PbxEvent};
use strowger_routing::{AttemptId, Input as FloorInput, Output, Restored};
use strowger_site::Terms;

/// The floor takes a phone to be quiet that was told so long ago to stop ringing.
const QUIET_AFTER: Duration = Duration::from_secs(10);

pub(super) struct World {
    pub(super) call: Call,
    pub(super) shared: Shared,
    pub(super) pbx: Pbx,
    /// How many there have been.
    hosts: u32,
    /// Since when phones of agents are to be quiet.
    told_to_stop: BTreeMap<LegId, Duration>,
}

impl World {
    /// A caller has arrived; what the flow will order stands in `plan`.
    pub(super) fn new(plan: Vec<Vec<Command>>) -> Self {
        let flows = FLOWS.map(|name| (name.to_owned(), terms(name)));
        let terms = flows[0].1.clone();
        // As a host counts that has the time since 1970: there is a time before the first input.
        let now = Duration::from_secs(1_790_000_000);
        let floor = floor_at(now);
        let mut pbx = Pbx::default();
        let caller = LegId::from("caller-leg");
        pbx.arrive(caller.clone());
        let arrival = Arrival {
            call: call(),
            caller: Some("+32470000001".to_owned()),
            caller_name: None,
            endpoint: None,
            dialled: "100".to_owned(),
            diverted_from: None,
            line: None,
            adapter: "world".to_owned(),
            data: String::new(),
            at: Timestamp(now.as_millis() as u64),
        };
        let shared = Shared {
            flows: flows.into(),
            on: terms.clone(),
            resting: Vec::new(),
            switches: ["hap", "text"].map(|name| (name.to_owned(), "open".to_owned())).into(),
            watched: BTreeSet::new(),
            reads: VecDeque::new(),
            fences: 0,
            dropped: 0,
            site: terms.site.clone(),
            floor,
            now,
            plan: plan.into(),
            next_id: 1,
            told: Vec::new(),
            ordered: Vec::new(),
            enrolled: BTreeSet::from([caller.clone()]),
            struck: BTreeSet::new(),
            handed_over: Vec::new(),
            places: BTreeMap::new(),
            others: Vec::new(),
            mail: VecDeque::new(),
            over: false,
            known: BTreeSet::from([LegName::caller()]),
            hurry: None,
        };
        let call = Call::new(terms, caller, arrival);
        let mut world = Self { call, shared, pbx, hosts: 1, told_to_stop: BTreeMap::new() };
        world.input(Input::Begin);
        world
    }

    pub(super) fn input(&mut self, input: Input) {
        self.one_input(input);
        self.pass_fences();
        while self.call.is_behind() {
            match &mut self.shared.hurry {
                Some(hurry) if hurry.dies > 0 => {
                    hurry.dies -= 1;
                    self.restart(0);
                }
                _ => self.one_input(Input::GoOn),
            }
            self.pass_fences();
        }
    }

    /// An input whose fences are not passed yet.
    pub(super) fn only(&mut self, input: Input) {
        self.one_input(input);
    }

    fn pass_fences(&mut self) {
        while let Some(left) = self.shared.fences.checked_sub(1) {
            self.shared.fences = left;
            self.one_input(Input::Fence);
        }
    }

    fn one_input(&mut self, input: Input) {
        if self.call.is_over() {
            return;
        }
        let now =
            Now { wall: Timestamp(self.shared.now.as_millis() as u64), elapsed: self.shared.now };
        let struck = self.shared.struck.clone();
        let mut out = Out::default();
        self.call.input(now, input, &mut self.shared, &mut out);
        for command in &out.commands {
            let gone = command.leg().is_some_and(|leg| struck.contains(leg));
            let harmless = matches!(command, PbxCommand::Music { .. } | PbxCommand::Move { .. });
            assert!(!gone || harmless, "{command:?} to a leg that is gone");
        }
        self.pbx.queue.extend(out.commands);
        let own = |event: &PbxEvent| event.leg().is_some_and(|leg| self.call.has_leg(leg));
        let (own, others): (Vec<_>, Vec<_>) =
            std::mem::take(&mut self.shared.mail).into_iter().partition(own);
        self.shared.mail = others.into();
        self.hear(own);
        self.shared.over = self.call.is_over();
        self.check_phones();
    }

    /// Whom a cancelled dial has rung is hung up; no phone is rung for the second time while it may
    /// still ring from the first.
    fn check_phones(&mut self) {
        let mut rung = BTreeSet::new();
        for leg in self.call.legs.iter() {
            match &leg.role {
                Role::Dialled(order) => {
                    let dropped =
                        self.shared.is_cancelled(*order) && self.shared.finals(*order) == 0;
                    assert!(
                        !dropped || leg.is_ending(),
                        "{order} is cancelled, and {} rings",
                        leg.id
                    );
                }
                Role::Offered { agent, endpoint, .. } => {
                    let now = self.shared.now;
                    let told = self.told_to_stop.entry(leg.id.clone()).or_insert(now);
                    if !leg.is_ending() {
                        *told = now;
                    }
                    if now - *told < QUIET_AFTER {
                        assert!(rung.insert((agent, endpoint)), "{agent} is rung twice");
                    }
                }
                Role::Caller | Role::Agent { .. } | Role::Substitute { .. } => {}
            }
        }
    }

    /// A switch is turned: the call is told, if it watches the switch.
    pub(super) fn turn(&mut self, switch: &str, position: &str) {
        let before = self.shared.switches.insert(switch.to_owned(), position.to_owned());
        if self.shared.watched.contains(switch) && before.as_deref() != Some(position) {
            let (switch, position) = (switch.to_owned(), position.to_owned());
            self.input(Input::Turned { switch, position });
        }
    }

    /// The flow that has the call, and those that rest behind it.
    pub(super) fn flows(&self) -> (&str, Vec<&str>) {
        let name = |terms: &'_ Arc<Terms>| -> &'static str {
            FLOWS.iter().find(|name| **name == terms.name.as_str()).unwrap()
        };
        assert!(Arc::ptr_eq(&self.shared.on, self.call.terms()));
        (name(&self.shared.on), self.shared.resting.iter().map(name).collect())
    }

    /// How an agent stands on the floor.
    pub(super) fn agent(&self, name: &str) -> Option<AgentStatus> {
        self.shared.floor.agent(name)
    }

    /// The PBX tells what happened.
    pub(super) fn hear(&mut self, events: Vec<PbxEvent>) {
        events.into_iter().for_each(|event| self.input(Input::Pbx(event)));
    }

    /// The PBX carries out all that it was told.
    pub(super) fn settle(&mut self) {
        while !self.pbx.queue.is_empty() {
            let events = self.pbx.carry();
            self.hear(events);
        }
    }

    /// Time passes; what is due in it happens at its time.
    pub(super) fn pass(&mut self, time: Duration) {
        let until = self.shared.now + time;
        while !self.call.is_over() {
            let floor = self.shared.floor.next_deadline();
            let due = [self.call.due(), floor].into_iter().flatten().min();
            let Some(due) = due.filter(|due| *due <= until) else { break };
            self.shared.now = self.shared.now.max(due);
            let mut outputs = Vec::new();
            let tick = FloorInput::Tick;
            self.shared.floor.input(self.shared.now, tick, &mut outputs).unwrap();
            self.hear_floor(self.hosts, outputs);
            if self.call.due().is_some_and(|due| due <= self.shared.now) {
                self.input(Input::Due);
            }
        }
        // A host that died meanwhile took its time, too.
        self.shared.now = self.shared.now.max(until);
    }

    /// The flow is told everything: a conversation that has begun lasts.
    pub(super) fn let_last(&mut self) {
        while self.call.holds_back() {
            self.pass(Duration::from_secs(1));
            self.settle();
        }
    }

    /// The host dies, with commands that have not left; another one comes.
    pub(super) fn restart(&mut self, lost: usize) {
        self.restart_beside(lost, Vec::new());
    }

    /// The same; other calls have these places on the floor.
    pub(super) fn restart_beside(&mut self, lost: usize, others: Vec<Restored>) {
        if self.call.is_over() {
            return;
        }
        let left = self.pbx.queue.len().saturating_sub(lost);
        self.pbx.queue.truncate(left);
        // What did leave is carried out before the next host asks; nobody hears of it.
        while !self.pbx.queue.is_empty() {
            self.pbx.carry();
        }
        self.shared.now += Duration::from_secs(1);
        let image = serde_json::to_string(&self.call.image(self.shared.now)).unwrap();
        let mut image: Image<'static> = serde_json::from_str(&image).unwrap();
        let flows = &self.shared.flows;
        image.rest_in(|on| flows.get(on.flow.as_str()).cloned());
        self.call = Call::of_image(self.shared.on.clone(), image);
        self.shared.watched.clear();
        let now = self.shared.now;
        let mut floor = floor_at(now);
        let restore = FloorInput::Restore {
            agents: Vec::new(),
            entries: [others, self.call.places()].concat(),
            quieting: self.call.quieting(),
            next_attempt: AttemptId(now.as_millis() as u64),
        };
        let mut outputs = Vec::new();
        floor.input(now, restore, &mut outputs).unwrap();
        self.shared.floor = floor;
        self.hosts += 1;
        let host = self.hosts;
        let alive = self.pbx.alive();
        self.input(Input::Resume { alive, gap: Duration::from_secs(1) });
        self.hear_floor(host, outputs);
    }

    /// What the floor of a host says, as long as that host lives.
    fn hear_floor(&mut self, host: u32, outputs: Vec<Output>) {
        for output in outputs {
            if output.entry().call != call() {
                self.shared.others.push(output);
            } else if self.hosts == host {
                self.input(Input::Floor(output));
            }
        }
    }

    /// Another call does something on the floor.
    pub(super) fn on_floor(&mut self, input: FloorInput) {
        let own = self.floor_alone(input);
        self.hear_floor(self.hosts, own);
    }

    /// The same; what the floor says to this call is still on its way.
    pub(super) fn floor_alone(&mut self, input: FloorInput) -> Vec<Output> {
        let mut outputs = Vec::new();
        self.shared.floor.input(self.shared.now, input, &mut outputs).unwrap();
        let (own, others) = outputs.into_iter().partition(|output| output.entry().call == call());
        self.shared.others.extend::<Vec<_>>(others);
        own
    }

    /// The attempt of the phone that rings for the call.
    pub(super) fn attempt(&self) -> AttemptId {
        let attempt = |leg: &crate::legs::Leg| match leg.role {
            Role::Offered { attempt, .. } => Some(attempt),
            _ => None,
        };
        self.call.legs.iter().find_map(attempt).unwrap()
    }
}

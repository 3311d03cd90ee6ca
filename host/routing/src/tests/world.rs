//! A floor with people and phones around it, which checks every output as it comes.

mod acts;

use crate::{
    AgentConfig, AttemptId, EntryId, Floor, FloorAction, Input, Output, QueueConfig, RefusedInput,
    Rung, Standing,
};
use std::{
    cmp::Reverse,
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};
use strowger_model::{
    AgentName, CallId, OrderId, QueueName,
    command::Asked,
    event::{Left, Unanswered},
    read::AgentStatus,
};

/// A caller as the tests know one.
#[derive(Clone, Debug)]
pub(super) struct Caller {
    pub(super) ask: BTreeSet<String>,
    pub(super) priority: u8,
    /// In microseconds before or after the start, and the order of entering.
    pub(super) since: (i64, u64),
}

#[derive(Clone, Debug)]
pub(super) struct Phone {
    pub(super) entry: EntryId,
    pub(super) agent: AgentName,
    pub(super) endpoint: usize,
    /// When it was rung, or cancelled.
    pub(super) since: Duration,
    /// For whom it was rung.
    pub(super) first: EntryId,
}

#[derive(Default)]
pub(super) struct World {
    pub(super) floor: Floor,
    pub(super) now: Duration,
    pub(super) waiting: BTreeMap<EntryId, Caller>,
    pub(super) connected: BTreeMap<EntryId, AgentName>,
    /// What those asked for who were brought by a queue, or an agent's name.
    pub(super) brought: BTreeMap<EntryId, Caller>,
    /// Through which queue they were connected, while the site has it.
    pub(super) through: BTreeMap<EntryId, QueueName>,
    /// Who is dialled past the queues, and has not answered.
    pub(super) engaged: BTreeMap<EntryId, AgentName>,
    /// Of those connected: the agent is with an urgent caller.
    pub(super) held: BTreeSet<EntryId>,
    pub(super) left: BTreeMap<EntryId, Left>,
    pub(super) ringing: BTreeMap<AttemptId, Phone>,
    pub(super) cancelled: BTreeMap<AttemptId, Phone>,
    /// Between the two outputs that pass a phone on.
    passing: BTreeMap<AttemptId, Phone>,
    /// All that the floor ever said.
    pub(super) log: Vec<(Duration, Output)>,
    entered: u64,
    site: (Vec<QueueConfig>, Vec<AgentConfig>),
}

pub(super) fn entry(number: u64) -> EntryId {
    EntryId { call: CallId::next(number, None), order: OrderId(1) }
}

pub(super) fn seconds(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

pub(super) fn queue(name: &str, agents: &[&str]) -> QueueConfig {
    QueueConfig::new(name, agents.iter().map(|name| AgentName::new(*name)))
}

/// Queues (`q...`) and agents by name.
pub(super) fn ask(names: &[&str]) -> Vec<Asked> {
    let asked = |name: &&str| {
        if name.starts_with('q') {
            Asked::Queue((*name).into())
        } else {
            Asked::Agent((*name).into())
        }
    };
    names.iter().map(asked).collect()
}

fn names(ask: &[Asked]) -> impl Iterator<Item = String> + '_ {
    ask.iter().map(|asked| match asked {
        Asked::Queue(queue) => queue.to_string(),
        Asked::Agent(agent) => agent.to_string(),
    })
}

impl World {
    /// With agents who have one phone each and are logged in.
    pub(super) fn new(queues: Vec<QueueConfig>, agents: &[&str]) -> Self {
        Self::with(queues, agents.iter().map(|name| AgentConfig::new(*name)).collect())
    }

    pub(super) fn with(queues: Vec<QueueConfig>, agents: Vec<AgentConfig>) -> Self {
        // As a host counts that has the time since 1970: there is a time before the first input.
        let mut world = Self { now: seconds(1_790_000_000), ..Self::default() };
        world.input(Input::Configure { queues, agents }).unwrap();
        world
    }

    /// Tells the floor, checks what it says and how it stands, and returns what it said.
    pub(super) fn input(&mut self, input: Input) -> Result<Vec<Output>, RefusedInput> {
        let mut out = Vec::new();
        let (answered, told) = (self.told(&input), input.clone());
        let before = self.standings();
        let result = self.floor.input(self.now, input, &mut out);
        let told_again = told.clone();
        if result.is_ok() {
            self.believe(told);
        }
        self.cancelled.retain(|_, phone| phone.since + seconds(10) > self.now);
        for output in &out {
            if let Output::Ring { agent, .. } | Output::RingsOn { agent, .. } = output {
                self.check_wants_calls(agent, &before, &told_again);
            }
            self.check(output, answered);
            self.log.push((self.now, output.clone()));
        }
        assert!(self.passing.is_empty(), "{:?} ring for nobody", self.passing);
        for (attempt, phone) in &self.ringing {
            assert!(self.waiting.contains_key(&phone.entry), "{phone:?} rings for nobody");
            // A new floor is configured before it is put back.
            let configured = matches!(told_again, Input::Configure { .. });
            assert!(configured || self.floor.rings_for(*attempt) == Some(phone.entry));
            let others = self.ringing.values().filter(|other| other.agent == phone.agent);
            assert!(others.map(|other| other.entry).all(|entry| entry == phone.entry));
        }
        self.floor.assert_sound();
        result.map(|()| out)
    }

    /// The attempt that is being answered, if it is one that rings.
    fn told(&self, input: &Input) -> Option<AttemptId> {
        match input {
            Input::Answered { attempt } => {
                Some(*attempt).filter(|attempt| self.ringing.contains_key(attempt))
            }
            _ => None,
        }
    }

    fn believe(&mut self, input: Input) {
        match input {
            Input::Enter { entry, ask, priority, waited, .. } => {
                self.entered += 1;
                let since = (self.now.as_micros() as i64 - waited.as_micros() as i64, self.entered);
                self.waiting.insert(entry, Caller { ask: names(&ask).collect(), priority, since });
            }
            Input::Widen { entry, ask } => self
                .waiting
                .get_mut(&entry)
                .into_iter()
                .for_each(|caller| caller.ask.extend(names(&ask))),
            Input::Leave { entry, .. } => drop(self.waiting.remove(&entry)),
            Input::Ended { entry } => {
                self.connected.remove(&entry);
                self.brought.remove(&entry);
                self.engaged.remove(&entry);
                self.through.remove(&entry);
                self.held.remove(&entry);
            }
            Input::Fumbled { entry } => {
                let agent = self.connected.remove(&entry).unwrap();
                let mut caller = self.brought.remove(&entry).unwrap();
                // The site has nothing of that any more: who had answered is asked for.
                if caller.ask.is_empty() {
                    caller.ask.insert(agent.to_string());
                }
                self.waiting.insert(entry, caller);
                self.through.remove(&entry);
                self.held.remove(&entry);
            }
            Input::Engage { entry, agent } => {
                let talks = self.connected.values().any(|other| *other == agent);
                assert!(
                    !talks && !self.engaged.values().any(|other| *other == agent),
                    "{agent} is engaged twice"
                );
                assert!(
                    !self.ringing.values().any(|phone| phone.agent == agent),
                    "{agent} is engaged while a phone rings"
                );
                self.engaged.insert(entry, agent);
            }
            Input::EngagedAnswered { entry } => {
                self.connected.extend(self.engaged.remove_entry(&entry))
            }
            Input::Unanswered { attempt, .. } => {
                self.ringing.remove(&attempt);
                self.cancelled.remove(&attempt);
            }
            Input::Configure { queues, agents } => self.site = (queues, agents),
            // They are given their time to be quiet once more; whom the site does not have then is
            // asked for no more, also when it has them again.
            Input::Restore { .. } => {
                self.cancelled.values_mut().for_each(|phone| phone.since = self.now);
                let queues = self.site.0.iter().map(|queue| queue.name.to_string());
                let there: BTreeSet<String> =
                    queues.chain(self.site.1.iter().map(|agent| agent.name.to_string())).collect();
                self.waiting
                    .values_mut()
                    .chain(self.brought.values_mut())
                    .for_each(|caller| caller.ask.retain(|name| there.contains(name)));
                self.through.retain(|_, queue| there.contains(queue.as_str()));
            }
            phones @ (Input::Endpoints { .. } | Input::Phone { .. }) => self.phones_are(phones),
            Input::Agent { .. } | Input::Answered { .. } | Input::NewDay | Input::Tick => {}
        }
    }

    /// A site that is configured anew says the same of phones.
    fn phones_are(&mut self, phones: Input) {
        let (Input::Endpoints { agent, .. } | Input::Phone { agent, .. }) = &phones else { return };
        let config = self.site.1.iter_mut().find(|config| config.name == *agent);
        match (config, phones) {
            (Some(config), Input::Endpoints { endpoints, .. }) => config.endpoints = endpoints,
            (Some(config), Input::Phone { endpoint, state, .. }) => {
                let endpoint = config.endpoints.get_mut(endpoint);
                endpoint.into_iter().for_each(|endpoint| endpoint.state = state);
            }
            _ => {}
        }
    }

    fn check(&mut self, output: &Output, answered: Option<AttemptId>) {
        match output.clone() {
            Output::Ring { entry, attempt, agent, endpoint } => {
                let phone = Phone { entry, agent, endpoint, since: self.now, first: entry };
                self.check_ring(output, attempt, phone);
            }
            Output::Passed { entry, attempt, first } => {
                let phone = self
                    .ringing
                    .remove(&attempt)
                    .unwrap_or_else(|| panic!("{output:?}: does not ring"));
                assert_eq!((phone.entry, phone.first), (entry, first));
                assert!(!self.waiting.contains_key(&entry), "{output:?}: still waits");
                self.passing.insert(attempt, phone);
            }
            Output::RingsOn { entry, attempt, first, agent, endpoint, since } => {
                let phone = self.passing.remove(&attempt).unwrap();
                let before = (phone.first, &phone.agent, phone.endpoint, phone.since);
                assert_eq!((first, &agent, endpoint, since), before);
                assert_ne!(entry, phone.entry);
                self.check_rings_on(output, attempt, Phone { entry, ..phone });
            }
            Output::Cancel { entry, attempt, .. } => {
                let phone = self
                    .ringing
                    .remove(&attempt)
                    .unwrap_or_else(|| panic!("{output:?}: does not ring"));
                assert_eq!(phone.entry, entry);
                self.cancelled.insert(attempt, Phone { since: self.now, ..phone });
            }
            Output::Connected { entry, attempt, agent, queue } => {
                assert_eq!(Some(attempt), answered);
                self.check_connected(output, attempt, entry, agent, queue);
            }
            Output::Held { entry } => {
                assert!(
                    self.connected.contains_key(&entry) && self.held.insert(entry),
                    "{output:?}"
                );
            }
            Output::Returned { entry } => {
                assert!(
                    self.connected.contains_key(&entry) && self.held.remove(&entry),
                    "{output:?}"
                );
            }
            Output::Paused { entry, agent } => {
                assert!(self.waiting.contains_key(&entry), "{output:?}: does not wait");
                assert_eq!(self.floor.agent(agent.as_str()), Some(AgentStatus::Paused));
            }
            Output::Left { entry, why } => {
                assert!(self.waiting.remove(&entry).is_some(), "{output:?}: does not wait");
                self.left.insert(entry, why);
            }
        }
    }

    /// The phone is silent, the agent is not taken, and the caller waits and is next.
    fn check_ring(&mut self, output: &Output, attempt: AttemptId, phone: Phone) {
        let (entry, agent, endpoint) = (phone.entry, phone.agent.clone(), phone.endpoint);
        let mut phones = self.ringing.iter().chain(&self.cancelled);
        assert!(
            phones
                .all(|(id, phone)| *id < attempt
                    && (phone.agent != agent || phone.endpoint != endpoint)),
            "{output:?}: that phone rings"
        );
        assert!(
            self.ringing.values().all(|phone| phone.agent != agent || phone.entry == entry),
            "{output:?}: reserved for another"
        );
        let caller =
            self.waiting.get(&entry).unwrap_or_else(|| panic!("{output:?}: does not wait"));
        assert!(
            !self.engaged.values().any(|engaged| *engaged == agent),
            "{output:?}: dialled past the queues"
        );
        let urgent = self
            .site
            .0
            .iter()
            .any(|queue| queue.interrupts && caller.ask.contains(queue.name.as_str()));
        let talks = self.connected.values().filter(|talking| **talking == agent).count();
        // Of an agent whom an urgent caller tries the next endpoint rings also when the
        // queue has ceased to interrupt meanwhile.
        assert!(
            talks == 0 || (urgent || endpoint > 0) && talks == 1,
            "{output:?}: in conversation"
        );
        if endpoint == 0 {
            self.check_not_overtaken(entry, caller);
            let through = self
                .connected
                .iter()
                .filter(|(_, with)| **with == agent)
                .find_map(|(entry, _)| self.through.get(entry));
            let urgent = |queue: &QueueConfig| queue.interrupts && Some(&queue.name) == through;
            assert!(!self.site.0.iter().any(urgent), "{output:?}: in an urgent conversation");
        }
        self.ringing.insert(attempt, phone);
    }

    /// The agent is not taken otherwise, and the caller waits and is next, as if the agent's phone was
    /// rung.
    fn check_rings_on(&mut self, output: &Output, attempt: AttemptId, phone: Phone) {
        let (entry, agent) = (phone.entry, phone.agent.clone());
        let caller =
            self.waiting.get(&entry).unwrap_or_else(|| panic!("{output:?}: does not wait"));
        assert!(!self.connected.values().any(|talking| *talking == agent), "{output:?}: talks");
        assert!(!self.engaged.values().any(|engaged| *engaged == agent), "{output:?}: engaged");
        if !self.ringing.values().any(|other| other.agent == agent && other.entry == entry) {
            self.check_not_overtaken(entry, caller);
        }
        self.ringing.insert(attempt, phone);
    }

    /// The phone that was answered rang for this caller, and nobody has two conversations.
    fn check_connected(
        &mut self,
        output: &Output,
        attempt: AttemptId,
        entry: EntryId,
        agent: AgentName,
        queue: Option<QueueName>,
    ) {
        let phone = self.ringing.remove(&attempt).unwrap();
        assert_eq!((phone.entry, &phone.agent), (entry, &agent));
        self.brought.insert(entry, self.waiting.remove(&entry).unwrap());
        let talks = |(talking, with): (&EntryId, &AgentName)| {
            *with == agent && !self.held.contains(talking)
        };
        assert!(!self.connected.iter().any(talks), "{output:?}: two conversations");
        self.connected.insert(entry, agent);
        self.through.extend(queue.map(|queue| (entry, queue)));
    }

    /// An agent is never taken for a caller while one has no phone ringing who asks for all that
    /// this one asks for, and more perhaps, and who has a higher priority, or the same and has
    /// waited longer (R5).
    fn check_not_overtaken(&self, entry: EntryId, caller: &Caller) {
        for (other_entry, other) in &self.waiting {
            let first =
                (Reverse(other.priority), other.since) < (Reverse(caller.priority), caller.since);
            let has_phone = self.ringing.values().any(|phone| phone.entry == *other_entry);
            assert!(
                !first || has_phone || !other.ask.is_superset(&caller.ask),
                "{entry} overtakes {other_entry}"
            );
        }
    }

    fn standings(&self) -> BTreeMap<AgentName, Standing> {
        let agents = self.site.1.iter().map(|agent| agent.name.clone());
        agents
            .filter_map(|name| Some((name.clone(), self.floor.standing(name.as_str())?)))
            .collect()
    }

    /// Who is away, has paused or wraps up is not rung, unless that is over now.
    fn check_wants_calls(
        &self,
        agent: &AgentName,
        before: &BTreeMap<AgentName, Standing>,
        input: &Input,
    ) {
        let may_change = match input {
            Input::Agent { agent: who, .. } => who == agent,
            input => matches!(input, Input::Configure { .. } | Input::Restore { .. }),
        };
        let Some(before) = before.get(agent).filter(|_| !may_change) else { return };
        assert!(
            before.logged_in && !before.paused,
            "{agent} is rung and wants no calls: {before:?}"
        );
        assert!(
            before.wrap_up_until.is_none_or(|until| until <= self.now),
            "{agent} is rung and wraps up: {before:?}"
        );
    }

    /// What a host would keep of the floor.
    pub(super) fn kept(&self) -> Input {
        self.floor.kept(|attempt| {
            let Phone { agent, endpoint, since, first, .. } = self.ringing[&attempt].clone();
            Rung { attempt, agent, endpoint, since, first }
        })
    }

    /// The host goes away and comes back with a site, and the floor is put back.
    pub(super) fn restart_with(
        &mut self,
        queues: Vec<QueueConfig>,
        agents: Vec<AgentConfig>,
    ) -> Vec<Output> {
        let kept = self.kept();
        self.floor = Floor::new();
        self.input(Input::Configure { queues, agents }).unwrap();
        self.input(kept).unwrap()
    }

    pub(super) fn restart(&mut self) -> Vec<Output> {
        let (queues, agents) = self.site.clone();
        self.restart_with(queues, agents)
    }
}

//! What holds whatever happens. The world checks every output: an agent never rings for two entries
//! nor has two conversations, nobody is overtaken, no phone rings for nobody, a phone is quiet
//! before it is rung again; the floor's own accounts are worked out anew after every input.

use super::world::*;
use crate::{
    AgentConfig, EndpointConfig, FloorAction, Input, Output, QueueConfig, RingEndpoints, Strategy,
};
use proptest::{prelude::*, sample::Index};
use std::time::Duration;
use strowger_model::{AgentName, PhoneState, event::Unanswered};

const AGENTS: [&str; 5] = ["a", "b", "c", "d", "e"];
const QUEUES: [&str; 3] = ["q0", "q1", "q2"];

/// One thing that happens. An index picks one of those whom it can happen to.
#[derive(Clone, Debug)]
enum Step {
    Enter { ask: u8, priority: u8, waited: u64 },
    Widen { who: Index, ask: u8 },
    Leave(Index, bool),
    Answer(Index),
    AnswerTooLate(Index),
    Refuse(Index, Unanswered),
    Quiet(Index),
    End(Index),
    Fumble(Index),
    Engage(Index),
    EngagedAnswered(Index),
    Agent(Index, FloorAction),
    Move(Index, Vec<Option<u64>>),
    Phone(Index, usize, PhoneState),
    Configure(Box<Site>),
    NewDay,
    Pass(u64),
    Restart,
}

#[derive(Clone, Debug)]
struct Site {
    queues: Vec<QueueConfig>,
    agents: Vec<AgentConfig>,
}

fn state() -> impl Strategy_<Value = PhoneState> {
    prop_oneof![
        4 => Just(PhoneState::Free),
        1 => Just(PhoneState::Busy),
        1 => Just(PhoneState::DoNotDisturb),
        1 => Just(PhoneState::Unreachable),
    ]
}

fn step() -> impl Strategy_<Value = Step> {
    let why = prop::sample::select(vec![
        Unanswered::NoAnswer,
        Unanswered::Busy,
        Unanswered::Declined,
        Unanswered::Unreachable,
        Unanswered::Cancelled,
    ]);
    let queue = || prop::sample::select(QUEUES.to_vec()).prop_map(|name| name.into());
    let action = prop_oneof![
        4 => Just(FloorAction::LogIn),
        1 => Just(FloorAction::LogOut),
        1 => Just(FloorAction::Pause(None)),
        4 => Just(FloorAction::Ready),
        1 => queue().prop_map(FloorAction::Join),
        1 => queue().prop_map(FloorAction::Leave),
    ];
    prop_oneof![
        10 => (1u8..=255, 0u8..3, 0u64..20).prop_map(|(ask, priority, waited)| Step::Enter { ask, priority, waited }),
        3 => (any::<Index>(), 1u8..=255).prop_map(|(who, ask)| Step::Widen { who, ask }),
        2 => (any::<Index>(), any::<bool>()).prop_map(|(who, hung_up)| Step::Leave(who, hung_up)),
        6 => any::<Index>().prop_map(Step::Answer),
        2 => any::<Index>().prop_map(Step::AnswerTooLate),
        6 => (any::<Index>(), why).prop_map(|(who, why)| Step::Refuse(who, why)),
        8 => any::<Index>().prop_map(Step::Quiet),
        5 => any::<Index>().prop_map(Step::End),
        3 => any::<Index>().prop_map(Step::Fumble),
        2 => any::<Index>().prop_map(Step::Engage),
        2 => any::<Index>().prop_map(Step::EngagedAnswered),
        5 => (any::<Index>(), action).prop_map(|(who, action)| Step::Agent(who, action)),
        1 => (any::<Index>(), prop::collection::vec(prop::option::of(1u64..4), 0..3)).prop_map(|(who, phones)| Step::Move(who, phones)),
        3 => (any::<Index>(), 0usize..3, state()).prop_map(|(who, phone, state)| Step::Phone(who, phone, state)),
        1 => Just(Step::NewDay),
        1 => site().prop_map(|site| Step::Configure(Box::new(site))),
        8 => (0u64..8).prop_map(Step::Pass),
        1 => Just(Step::Restart),
    ]
}

use proptest::strategy::Strategy as Strategy_;

fn site() -> impl Strategy_<Value = Site> {
    let strategy = prop::sample::select(vec![
        Strategy::RingAll,
        Strategy::LongestIdle,
        Strategy::RoundRobin,
        Strategy::Linear,
    ]);
    let agents = prop::sample::subsequence(AGENTS.to_vec(), 1..=4).prop_shuffle();
    let config = (
        strategy,
        agents,
        prop::option::weighted(0.2, 0u32..4),
        1u64..6,
        0u64..3,
        0u64..4,
        any::<bool>(),
        prop::bool::weighted(0.3),
    );
    let config = config.prop_map(
        |(strategy, agents, cap, ring, wrap_up, retry, leave_when_empty, interrupts)| QueueConfig {
            pause_after: leave_when_empty.then_some(2),
            strategy,
            cap,
            ring_time: seconds(ring),
            wrap_up: seconds(wrap_up),
            retry_after: seconds(retry),
            leave_when_empty,
            interrupts,
            ..queue("", &agents)
        },
    );
    let agent = (
        prop::collection::vec(prop::option::of(1u64..4), 0..3),
        any::<bool>(),
        prop::bool::weighted(0.8),
    );
    let agent = agent.prop_map(|(endpoints, together, logged_in)| AgentConfig {
        endpoints: endpoints.into_iter().map(phone).collect(),
        ring_endpoints: if together { RingEndpoints::Together } else { RingEndpoints::OneByOne },
        logged_in,
        ..AgentConfig::new("")
    });
    let queues = prop::collection::vec(config, 1..=QUEUES.len());
    let agents = prop::collection::vec(agent, 3..=AGENTS.len());
    (queues, agents).prop_map(|(mut queues, mut agents)| {
        queues.iter_mut().zip(QUEUES).for_each(|(queue, name)| queue.name = name.into());
        agents.iter_mut().zip(AGENTS).for_each(|(agent, name)| agent.name = name.into());
        Site { queues, agents }
    })
}

/// Nobody is tried in vain, as long as nobody refuses: phones ring for hours. One queue asked for
/// at a time, so that a phone's queue is clear.
fn unrefused() -> impl Strategy_<Value = Step> {
    step().prop_map(|step| match step {
        Step::Enter { ask, priority, waited } => Step::Enter { ask: ask % 160, priority, waited },
        Step::Widen { .. }
        | Step::Refuse(..)
        | Step::Fumble(_)
        | Step::Configure(_)
        | Step::Move(..)
        | Step::Agent(_, FloorAction::Join(_)) => Step::Pass(1),
        other => other,
    })
}

fn unconfigured() -> impl Strategy_<Value = Step> {
    step().prop_filter("a strategy may remember a turn", |step| !matches!(step, Step::Configure(_)))
}

fn patient_site() -> impl Strategy_<Value = Site> {
    site().prop_map(|mut site| {
        for queue in &mut site.queues {
            queue.ring_time = seconds(10_000);
            if queue.strategy == Strategy::RoundRobin {
                queue.strategy = Strategy::LongestIdle;
            }
        }
        for endpoint in site.agents.iter_mut().flat_map(|agent| &mut agent.endpoints) {
            endpoint.ring_time = None;
        }
        site
    })
}

/// The queues and agents of a mask: mostly one queue, so that many ask the same.
fn asked(mask: u8) -> Vec<&'static str> {
    if mask < 160 {
        return vec![QUEUES[usize::from(mask) % QUEUES.len()]];
    }
    let names = QUEUES.into_iter().chain(AGENTS);
    names.enumerate().filter(|(bit, _)| mask & 1 << bit != 0).map(|(_, name)| name).collect()
}

fn phone(ring_time: Option<u64>) -> EndpointConfig {
    EndpointConfig { ring_time: ring_time.map(seconds), ..EndpointConfig::default() }
}

fn pick<T: Clone>(from: impl Iterator<Item = T>, index: Index) -> Option<T> {
    let all: Vec<T> = from.collect();
    (!all.is_empty()).then(|| index.get(&all).clone())
}

impl World {
    fn step(&mut self, number: u64, step: &Step) {
        let input = match step.clone() {
            Step::Enter { ask: mask, priority, waited } => Some(Input::Enter {
                entry: entry(number),
                ask: ask(&asked(mask)),
                priority,
                waited: seconds(waited),
                placed: false,
            }),
            Step::Widen { who, ask: mask } => {
                pick(self.waiting.keys().chain(self.connected.keys()), who)
                    .map(|entry| Input::Widen { entry: *entry, ask: ask(&asked(mask)) })
            }
            Step::Leave(who, hung_up) => {
                pick(self.waiting.keys(), who).map(|entry| Input::Leave { entry: *entry, hung_up })
            }
            Step::Answer(who) => {
                pick(self.ringing.keys(), who).map(|attempt| Input::Answered { attempt: *attempt })
            }
            Step::AnswerTooLate(who) => pick(self.cancelled.keys(), who)
                .map(|attempt| Input::Answered { attempt: *attempt }),
            Step::Refuse(who, why) => pick(self.ringing.keys(), who)
                .map(|attempt| Input::Unanswered { attempt: *attempt, why }),
            Step::Quiet(who) => pick(self.cancelled.keys(), who)
                .map(|attempt| Input::Unanswered { attempt: *attempt, why: Unanswered::Cancelled }),
            Step::End(who) => pick(self.connected.keys().chain(self.engaged.keys()), who)
                .map(|entry| Input::Ended { entry: *entry }),
            Step::Fumble(who) => {
                pick(self.brought.keys(), who).map(|entry| Input::Fumbled { entry: *entry })
            }
            Step::Engage(who) => pick(AGENTS.into_iter(), who)
                .map(|agent| Input::Engage { entry: entry(number), agent: agent.into() }),
            Step::EngagedAnswered(who) => {
                pick(self.engaged.keys(), who).map(|entry| Input::EngagedAnswered { entry: *entry })
            }
            Step::Agent(who, action) => pick(AGENTS.into_iter(), who)
                .map(|name| Input::Agent { agent: AgentName::new(name), action }),
            Step::Move(who, phones) => pick(AGENTS.into_iter(), who).map(|name| Input::Endpoints {
                agent: AgentName::new(name),
                endpoints: phones.into_iter().map(phone).collect(),
            }),
            Step::Phone(who, endpoint, state) => pick(AGENTS.into_iter(), who)
                .map(|agent| Input::Phone { agent: AgentName::new(agent), endpoint, state }),
            Step::NewDay => Some(Input::NewDay),
            Step::Configure(site) => {
                Some(Input::Configure { queues: site.queues, agents: site.agents })
            }
            Step::Pass(time) => return self.pass(seconds(time)),
            Step::Restart => return self.restart_unnoticed(),
        };
        // A name that this site does not have, or who is not logged in: refused, and that is right.
        let _ = input.map(|input| self.input(input));
    }

    /// The site is the same: nobody leaves, who was left alone may be rung. A phone stops only when
    /// its ring time is over, which may be that of another of its caller's queues or one that was
    /// configured since it began to ring.
    fn restart_unnoticed(&mut self) {
        let out = self.restart();
        assert!(
            out.iter().all(|output| matches!(output, Output::Ring { .. } | Output::Cancel { .. })),
            "{out:?}"
        );
    }

    fn end_all(&mut self) {
        while let Some((&entry, _)) =
            self.connected.first_key_value().or(self.engaged.first_key_value())
        {
            self.input(Input::Ended { entry }).unwrap();
        }
    }

    fn run(site: &Site, steps: &[Step]) -> Self {
        let mut world = Self::with(site.queues.clone(), site.agents.clone());
        for (number, step) in steps.iter().enumerate() {
            world.step(number as u64 + 1, step);
        }
        world
    }
}

/// How many cases of 75 inputs on average: as many as `STROWGER_ROUTING_INPUTS` asks for.
fn cases() -> u32 {
    let inputs =
        std::env::var("STROWGER_ROUTING_INPUTS").ok().and_then(|inputs| inputs.parse::<u32>().ok());
    inputs.map_or(400, |inputs| inputs / 75)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: cases(), ..ProptestConfig::default() })]

    #[test]
    fn every_output_makes_sense_and_the_accounts_are_right(site in site(), steps in prop::collection::vec(step(), 0..150)) {
        World::run(&site, &steps);
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, ..ProptestConfig::default() })]

    /// As long as nobody was tried in vain, nothing is forgotten: a floor that was put back does
    /// what the old one would have done.
    #[test]
    fn a_restart_changes_nothing(site in patient_site(), before in prop::collection::vec(unrefused(), 0..60), after in prop::collection::vec(unconfigured(), 0..60)) {
        let run = |restart: bool| {
            let mut world = World::run(&site, &before);
            world.quiet();
            let past = world.log.len();
            if restart {
                assert_eq!(world.restart(), []);
            }
            for (step, number) in after.iter().zip(1000..) {
                world.step(number, step);
            }
            world.log.split_off(past)
        };
        prop_assert_eq!(run(false), run(true));
    }

    /// Whatever the site is then.
    #[test]
    fn a_restart_with_another_site(site in site(), other in site(), before in prop::collection::vec(step(), 0..80), after in prop::collection::vec(step(), 0..60)) {
        let mut world = World::run(&site, &before);
        world.restart_with(other.queues, other.agents);
        for (step, number) in after.iter().zip(1000..) {
            world.step(number, step);
        }
    }

    #[test]
    fn deterministic(site in site(), steps in prop::collection::vec(step(), 0..80)) {
        prop_assert_eq!(World::run(&site, &steps).log, World::run(&site, &steps).log);
    }

    /// Whatever happened before: once somebody whom they ask for keeps answering, everybody who
    /// waits is connected.
    #[test]
    fn nobody_is_forgotten(site in site(), steps in prop::collection::vec(step(), 0..150)) {
        let mut world = World::run(&site, &steps);
        for name in AGENTS {
            for queue in QUEUES {
                let _ = world.input(Input::Agent { agent: name.into(), action: FloorAction::Join(queue.into()) });
            }
            let _ = world.input(Input::Agent { agent: name.into(), action: FloorAction::LogIn });
            let _ = world.input(Input::Agent { agent: name.into(), action: FloorAction::Ready });
        }
        world.end_all();
        let callers = world.waiting.len();
        let until = world.now + seconds(3600);
        for round in 0..=callers {
            prop_assert!(round < callers || world.waiting.is_empty(), "still waiting: {:?}", world.waiting);
            // Until the next phone rings: rests, wrap-ups and lost reports end.
            while let Some(deadline) = world.floor.next_deadline().filter(|_| world.ringing.is_empty() && !world.waiting.is_empty()) {
                world.now = world.now.max(deadline);
                world.input(Input::Tick).unwrap();
                prop_assert!(world.now < until, "no phone rings for {:?}", world.waiting);
            }
            if let Some((&attempt, _)) = world.ringing.first_key_value() {
                world.input(Input::Answered { attempt }).unwrap();
            }
            world.end_all();
        }
        world.quiet();
        world.pass(Duration::from_secs(60));
        prop_assert_eq!(world.floor.next_deadline(), None, "when all is quiet nothing is due");
        prop_assert!(world.ringing.is_empty(), "a phone rings on and on");
    }
}

//! Whatever a flow orders, whatever the far ends do, and whenever the host dies: every order has at
//! most one final outcome, and exactly one if it is owed one; every leg ends once; the call ends;
//! and who waits last was told to hear music hears it.

use super::{
    shared::Hurry,
    stories::{dial, gather, keep_waiting},
    world::World,
};
use crate::{
    legs::{Leg, Role},
    order::queue::Queueing,
};
use proptest::{collection::vec, option, prelude::*, sample::Index};
use std::time::Duration;
use strowger_call_port::Input;
use strowger_model::{
    Command, LegName, OrderId, Prompt,
    command::{Asked, EnterQueue},
    event::Cause,
    read::AgentStatus,
};
use strowger_pbx::port::{LegId, PbxEvent};

#[derive(Clone, Debug)]
enum Act {
    /// The PBX carries out so many commands.
    Carry(usize),
    Ring(Index),
    Answer(Index),
    HangUp(Index),
    Digit(Index, char),
    PlayEnds,
    Pass(u64),
    /// The host dies, and the last so many commands with it.
    Restart(usize),
    /// Somebody turns a switch; perhaps while the host is away.
    Turn(&'static str, &'static str, bool),
}

fn leg() -> impl Strategy<Value = LegName> {
    prop_oneof![3 => Just(LegName::caller()), 2 => Just("a".into()), 1 => Just("b".into())]
}

pub(super) fn enter(with_caller: bool, agent_leg: LegName, whisper: bool) -> Command {
    let whisper = whisper.then(|| Prompt::Text { text: "a call".to_owned(), language: None });
    Command::EnterQueue(Box::new(EnterQueue {
        ask: vec![Asked::Queue("desk".into())],
        priority: 0,
        waited_since: None,
        with_caller,
        agent_leg,
        whisper: whisper.into_iter().collect(),
        display_name: None,
        report_offers: true,
        calls_back: None,
        rests: false,
    }))
}

fn flow() -> impl Strategy<Value = &'static str> {
    prop::sample::select(vec!["flow", "behind", "further"])
}

fn back_on() -> impl Strategy<Value = Vec<String>> {
    prop::sample::subsequence(vec!["hap".to_owned(), "text".to_owned()], 0..=2)
}

pub(super) fn continue_with(flow: &str, back_on: Vec<String>) -> Command {
    Command::ContinueWith { flow: flow.into(), data: String::new(), back_on }
}

fn text() -> Vec<Prompt> {
    vec![Prompt::Text { text: "hello".to_owned(), language: None }]
}

fn command() -> impl Strategy<Value = Command> {
    let play = (leg(), any::<bool>()).prop_map(|(leg, barge_in)| Command::Play {
        leg,
        prompts: text(),
        barge_in,
    });
    prop_oneof![
        4 => Just(Command::Answer),
        3 => play,
        3 => leg().prop_map(keep_waiting),
        3 => leg().prop_map(gather),
        4 => (any::<bool>(), leg(), any::<bool>()).prop_map(|(with, leg, whisper)| enter(with, leg, whisper)),
        5 => (leg(), any::<bool>()).prop_map(|(leg, confirm)| dial(leg.as_str(), confirm)),
        4 => vec(leg(), 1..4).prop_map(|legs| Command::Connect { legs }),
        2 => leg().prop_map(|leg| Command::Hold { leg }),
        2 => leg().prop_map(|leg| Command::Resume { leg }),
        2 => leg().prop_map(|leg| Command::Part { leg }),
        2 => leg().prop_map(|leg| Command::Transfer { leg, target: None }),
        1 => leg().prop_map(|leg| Command::SendDigits { leg, digits: "1".to_owned() }),
        3 => (1..20u64).prop_map(|s| Command::Timer { after: Duration::from_secs(s) }),
        3 => (1..30u32).prop_map(|id| Command::Cancel { order: OrderId(id) }),
        1 => leg().prop_map(|leg| Command::HangUp { leg: Some(leg), cause: Cause::Normal }),
        1 => leg().prop_map(|leg| Command::Watch { leg, patterns: vec!["*4N#".to_owned()] }),
        2 => (flow(), back_on()).prop_map(|(flow, back_on)| continue_with(flow, back_on)),
    ]
}

fn switch() -> impl Strategy<Value = &'static str> {
    prop::sample::select(vec!["hap", "text"])
}

fn act() -> impl Strategy<Value = Act> {
    prop_oneof![
        6 => (0..4usize).prop_map(Act::Carry),
        3 => any::<Index>().prop_map(Act::Ring),
        4 => any::<Index>().prop_map(Act::Answer),
        3 => any::<Index>().prop_map(Act::HangUp),
        3 => (any::<Index>(), prop::sample::select(vec!['1', '2', '4', '*', '#'])).prop_map(|(leg, digit)| Act::Digit(leg, digit)),
        2 => Just(Act::PlayEnds),
        3 => (0..15u64).prop_map(Act::Pass),
        1 => (0..4usize).prop_map(Act::Restart),
        2 => (switch(), prop::sample::select(vec!["open", "closed"]), prop::bool::weighted(0.2))
            .prop_map(|(switch, to, away)| Act::Turn(switch, to, away)),
    ]
}

fn hurry() -> impl Strategy<Value = Hurry> {
    (1..4u32, 0..3u32).prop_map(|(steps, dies)| Hurry { steps, dies })
}

fn perform(world: &mut World, act: Act) {
    let legs: Vec<LegId> = world.pbx.legs.keys().cloned().collect();
    let one = |index: Index| (!legs.is_empty()).then(|| index.get(&legs).clone());
    let events = match act {
        Act::Carry(many) => {
            for _ in 0..many {
                let events = world.pbx.carry();
                world.hear(events);
            }
            Vec::new()
        }
        Act::Ring(index) => one(index).map(|leg| world.pbx.ring(&leg)).unwrap_or_default(),
        Act::Answer(index) => one(index)
            .filter(|leg| !world.pbx.legs[leg].arrived)
            .map(|leg| world.pbx.answer(&leg))
            .unwrap_or_default(),
        Act::HangUp(index) => {
            one(index).map(|leg| world.pbx.end(&leg, Cause::Normal, false)).unwrap_or_default()
        }
        Act::Digit(index, digit) => {
            one(index).map(|leg| vec![PbxEvent::Digit { leg, digit }]).unwrap_or_default()
        }
        Act::PlayEnds => world.pbx.play_ends(),
        Act::Pass(seconds) => {
            world.pass(Duration::from_secs(seconds));
            Vec::new()
        }
        Act::Restart(lost) => {
            world.restart(lost);
            Vec::new()
        }
        Act::Turn(switch, to, away) => {
            match away {
                true => {
                    world.shared.switches.insert(switch.to_owned(), to.to_owned());
                    world.restart(0);
                }
                false => world.turn(switch, to),
            }
            world.flows();
            Vec::new()
        }
    };
    world.hear(events);
}

/// Whether the contract promises a final outcome.
fn is_owed(command: &Command) -> bool {
    !matches!(
        command,
        Command::KeepWaiting(_)
            | Command::ContinueWith { .. }
            | Command::Cancel { .. }
            | Command::HangUp { .. }
            | Command::Watch { .. }
    )
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2_000, ..ProptestConfig::default() })]

    #[test]
    fn every_order_has_its_outcome_and_every_call_its_end(
        plan in vec(vec(command(), 0..4), 1..12),
        acts in vec(act(), 0..40),
        hurry in option::of(hurry()),
    ) {
        let mut world = World::new(plan);
        world.shared.hurry = hurry;
        for act in acts {
            perform(&mut world, act);
        }
        // Everybody goes, and whatever was told is carried out.
        world.shared.plan.clear();
        while let Some(leg) = world.pbx.legs.keys().next().cloned() {
            let events = world.pbx.end(&leg, Cause::Normal, false);
            world.hear(events);
            world.settle();
        }
        world.settle();
        // An agent whose phone rings for a place that nobody waits in any more, and timers.
        for _ in 0..20 {
            world.pass(Duration::from_secs(60));
            world.settle();
            while let Some(leg) = world.pbx.legs.keys().next().cloned() {
                let events = world.pbx.end(&leg, Cause::Normal, false);
                world.hear(events);
            }
        }
        // A place that the caller does not wait in may be kept for ever: the flow has to end it.
        let kept = |id: OrderId| world.call.orders.get::<Queueing>(id).is_some();
        let waits = world.call.orders.ids().into_iter().all(kept);
        prop_assert!(world.shared.over || waits, "the call does not end");
        for order in &world.shared.ordered {
            let finals = world.shared.finals(order.id);
            let owed = is_owed(&order.command)
                && !world.shared.is_cancelled(order.id)
                && !world.shared.is_dropped(order.id)
                && !kept(order.id);
            prop_assert!(finals == 1 || !owed, "{order:?} has {finals} final outcomes");
        }
        world.shared.plan.push_back(vec![Command::Finish { outcome: "over".to_owned() }]);
        world.input(Input::ShuttingDown(Duration::ZERO));
        world.settle();
        prop_assert!(world.shared.over, "the call does not end when its flow finishes");
        world.pass(Duration::from_secs(60));
        for agent in ["an", "bo"] {
            prop_assert_eq!(world.agent(agent), Some(AgentStatus::Free), "{} has no call", agent);
        }
    }

    #[test]
    fn who_is_connected_is_in_one_conversation_and_who_waits_hears_music(
        plan in vec(vec(command(), 0..3), 1..8),
        acts in vec(act(), 0..25),
        waits in any::<bool>(),
        hurry in option::of(hurry()),
    ) {
        let mut world = World::new(plan);
        world.shared.hurry = hurry;
        for act in acts {
            perform(&mut world, act);
        }
        world.settle();
        world.let_last();
        world.shared.plan.clear();
        // Whom an unfinished order has brought goes when that order is cancelled.
        let stays = |leg: &&Leg| match leg.role {
            Role::Agent { entry, .. } | Role::Dialled(entry) => {
                world.call.orders.any(entry).is_none()
            }
            _ => true,
        };
        let up: Vec<LegName> = {
            let there = world.call.legs.iter().filter(|leg| leg.is_visible() && leg.up);
            there.filter(stays).map(|leg| leg.name.clone()).collect()
        };
        let order = match (&up[..], waits) {
            ([_, _, ..], false) => Command::Connect { legs: up.clone() },
            ([first, ..], _) => keep_waiting(first.clone()),
            _ => return Ok(()),
        };
        // A queue, a dial or a play that is under way may say something else a moment later.
        let all: Vec<OrderId> = world.shared.ordered.iter().map(|order| order.id).collect();
        let mut last: Vec<Command> = all.into_iter().map(|order| Command::Cancel { order }).collect();
        last.push(order.clone());
        world.shared.plan.push_back(last);
        world.input(Input::ShuttingDown(Duration::ZERO));
        world.settle();
        let place = |name: &LegName| {
            let leg = world.call.legs.get(name)?;
            Some(world.pbx.legs.get(&leg.id)?.place.clone())
        };
        match order {
            Command::Connect { legs } => {
                let mut places: Vec<LegId> = legs.iter().filter_map(place).collect();
                places.dedup();
                prop_assert!(places.len() <= 1, "{legs:?} are in {places:?}");
            }
            _ => if let Some(place) = place(&up[0]) {
                let music = world.pbx.legs.get(&place).and_then(|leg| leg.music.clone());
                prop_assert_eq!(music.as_deref(), Some("wait"), "in {:?}", place);
            }
        }
    }
}

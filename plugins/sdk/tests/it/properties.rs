//! What holds for every script and every course of events: scripts are made up, and so is what
//! happens.

use proptest::{collection::vec, prelude::*};
use schemars::JsonSchema;
use serde::Deserialize;
use std::{
    collections::{BTreeMap, BTreeSet},
    future::{Future, poll_fn},
    pin::{Pin, pin},
    task::Poll,
};
use strowger_sdk::{
    prelude::*,
    script::{Ordered, kind::Kind},
    testing::{Continuous, Site, TestCall},
    types::{
        Answerer, Cause, Command, Connected, Digits, Event, GatherEnd, HungUp, Left, LegDigit,
        Order, OrderEvent, OrderId, Outcome, PlayEnd, Refusal, RefusalReason, Unanswered,
    },
};

/// A made-up procedure.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
enum Plan {
    Play,
    Gather,
    Sleep(u32),
    Dial,
    Queue,
    Key,
    Ask,
    Note,
    Each(Vec<Plan>),
    Race(Box<Plan>, Box<Plan>),
    Join(Box<Plan>, Box<Plan>),
    Within(u32, Box<Plan>),
    /// The first is begun, then the second is done, and only then is the first awaited.
    Meanwhile(Box<Plan>, Box<Plan>),
    /// The first is begun, then the second is done, and then the first is dropped.
    Unless(Box<Plan>, Box<Plan>),
}

struct MadeUp;

impl Script for MadeUp {
    type Settings = Plan;

    async fn run(call: Call, plan: &'static Plan) -> Result<Ending, Failure> {
        let afterwards = call.clone();
        call.after_hang_up(move || async move {
            afterwards.note("afterwards", "");
            afterwards.sleep(secs(1)).await;
            "abandoned".into()
        });
        call.answer().await?;
        perform(call.clone(), plan).await;
        Ok("done".into())
    }
}

/// Awaits an order and says that its outcome was seen.
async fn watched<K: Kind>(call: &Call, mut order: Ordered<K>) -> K::Output {
    let mut id = None;
    let output = poll_fn(|context| {
        let poll = Pin::new(&mut order).poll(context);
        id = order.id().or(id);
        poll
    })
    .await;
    call.note("saw", id.unwrap());
    output
}

fn perform(call: Call, plan: &'static Plan) -> Pin<Box<dyn Future<Output = ()>>> {
    Box::pin(async move {
        match plan {
            Plan::Play => drop(watched(&call, call.play("hello")).await),
            Plan::Gather => drop(watched(&call, call.gather("a digit").digits(1)).await),
            Plan::Sleep(seconds) => watched(&call, call.sleep(secs(*seconds))).await,
            Plan::Dial => drop(watched(&call, call.dial("+3212345678")).await),
            Plan::Queue => drop(call.wait_in("queue").also("more", secs(15)).music("m").await),
            Plan::Key => drop(call.keys(CALLER).next().await),
            Plan::Ask => {
                let (now, random) = (call.now(), call.random());
                call.note("asked", format!("{} {random} {}", now.instant, call.is_open("hours")));
            }
            Plan::Note => call.note("passed", "by"),
            Plan::Each(plans) => {
                for plan in plans {
                    perform(call.clone(), plan).await;
                }
            }
            Plan::Race(one, other) => {
                strowger_sdk::race! {
                    () = perform(call.clone(), one) => call.note("won", "one"),
                    () = perform(call.clone(), other) => call.note("won", "other"),
                }
            }
            Plan::Join(one, other) => {
                join(perform(call.clone(), one), perform(call.clone(), other)).await;
            }
            Plan::Within(limit, plan) => {
                let done = call.within(secs(*limit), perform(call.clone(), plan)).await;
                call.note("within", done.is_some());
            }
            Plan::Meanwhile(first, second) => {
                let mut first = pin!(perform(call.clone(), first));
                if begin(first.as_mut()).await.is_pending() {
                    perform(call.clone(), second).await;
                    first.await;
                }
            }
            Plan::Unless(first, second) => {
                let mut first = pin!(perform(call.clone(), first));
                if begin(first.as_mut()).await.is_pending() {
                    perform(call.clone(), second).await;
                }
            }
        }
    })
}

async fn begin(mut wait: Pin<&mut impl Future>) -> Poll<()> {
    poll_fn(|context| Poll::Ready(wait.as_mut().poll(context).map(drop))).await
}

fn leaves(losing: bool) -> impl Strategy<Value = Plan> {
    let leaf = prop_oneof![
        3 => Just(Plan::Play),
        1 => Just(Plan::Gather),
        2 => (0..100_u32).prop_map(Plan::Sleep),
        3 => Just(Plan::Dial),
        2 => Just(Plan::Queue),
        1 => Just(Plan::Key),
        2 => Just(Plan::Ask),
        1 => Just(Plan::Note),
    ];
    leaf.prop_recursive(4, 16, 3, move |inner| {
        let two = || (inner.clone().prop_map(Box::new), inner.clone().prop_map(Box::new));
        let keeping = prop_oneof![
            vec(inner.clone(), 0..4).prop_map(Plan::Each),
            two().prop_map(|(one, other)| Plan::Join(one, other)),
            two().prop_map(|(one, other)| Plan::Meanwhile(one, other)),
        ];
        let dropping = prop_oneof![
            two().prop_map(|(one, other)| Plan::Race(one, other)),
            two().prop_map(|(one, other)| Plan::Unless(one, other)),
            (0..100_u32, inner.prop_map(Box::new))
                .prop_map(|(limit, plan)| Plan::Within(limit, plan)),
        ];
        if losing { prop_oneof![keeping, dropping].boxed() } else { keeping.boxed() }
    })
}

/// Something that may happen.
#[derive(Clone, Debug)]
enum Happening {
    /// Something final comes of one of the outstanding orders.
    Final {
        which: usize,
        how: u8,
    },
    /// Something on the way.
    Progress {
        which: usize,
    },
    /// An outcome of an order that is finished, was taken back, or never was.
    Stray {
        id: OrderId,
    },
    Key,
    FarHangsUp {
        which: usize,
    },
    CallerHangsUp,
    Resumed,
}

fn happenings(hang_up: u32) -> impl Strategy<Value = Vec<Happening>> {
    let one = prop_oneof![
        12 => (any::<usize>(), any::<u8>()).prop_map(|(which, how)| Happening::Final { which, how }),
        2 => any::<usize>().prop_map(|which| Happening::Progress { which }),
        2 => (0..60_u32).prop_map(|id| Happening::Stray { id }),
        2 => Just(Happening::Key),
        1 => any::<usize>().prop_map(|which| Happening::FarHangsUp { which }),
        hang_up => Just(Happening::CallerHangsUp),
        1 => Just(Happening::Resumed),
    ];
    vec(one, 0..30)
}

fn final_outcome(command: &Command, how: u8) -> Outcome {
    match (command, how % 16) {
        (Command::Timer(_), _) => Outcome::Timer,
        (_, 15) => Outcome::Refused(Refusal { reason: RefusalReason::Pbx, detail: "no".into() }),
        (_, 14) => Outcome::Unknown,
        (Command::Answer, _) => Outcome::Answered,
        (Command::Play(_), 0..7) => Outcome::Played(PlayEnd::Whole),
        (Command::Play(_), _) => Outcome::Played(PlayEnd::Failed),
        (Command::Gather(_), _) => {
            Outcome::Gathered(Digits { digits: "1".into(), proof: None, end: GatherEnd::Enough })
        }
        (Command::Dial(_), 0..7) => Outcome::LegAnswered(Answerer::Human),
        (Command::Dial(_), _) => Outcome::Unanswered(Unanswered::Busy),
        (Command::EnterQueue(entry), 0..7) => {
            Outcome::Connected(Connected { leg: entry.agent_leg.clone(), agent: "an".into() })
        }
        (Command::EnterQueue(_), _) => Outcome::Left(Left::Full),
        (other, _) => panic!("no script here orders {other:?}"),
    }
}

/// A call of a made-up script, and what the host knows of it.
struct Played {
    call: TestCall<MadeUp>,
    history: Vec<(Site, Event)>,
    orders: Vec<Vec<Order>>,
    /// Orders that have had their final outcome.
    finished: BTreeSet<OrderId>,
    cancelled: BTreeSet<OrderId>,
    /// Legs that were brought forth, by the order that did; false once gone.
    legs: BTreeMap<OrderId, (String, bool)>,
    caller_gone: bool,
}

impl Played {
    fn new(plan: &Plan) -> Self {
        let mut played = Self {
            call: TestCall::new(plan.clone(), Site::default().schedule("hours", true)),
            history: Vec::new(),
            orders: Vec::new(),
            finished: BTreeSet::new(),
            cancelled: BTreeSet::new(),
            legs: BTreeMap::new(),
            caller_gone: false,
        };
        let before = played.call.site_now().clone();
        played.call.arrives();
        let arrival = strowger_sdk::types::Arrival {
            call: "call-1".into(),
            caller: Some("+3291234567".into()),
            caller_name: None,
            endpoint: None,
            dialled: "+3290000000".into(),
            diverted_from: None,
            line: None,
            adapter: "sim".into(),
            data: String::new(),
            at: before.instant,
        };
        played.keep(before, Event::Arrived(arrival));
        played
    }

    fn happens(&mut self, happening: &Happening) {
        let outstanding: Vec<_> =
            self.call.all_outstanding().map(|(id, command)| (id, command.clone())).collect();
        let pick = |which: usize| outstanding.get(which % outstanding.len().max(1));
        let event = match happening {
            Happening::Final { which, how } => match pick(*which) {
                Some((id, command)) => {
                    Event::Order(OrderEvent { id: *id, outcome: final_outcome(command, *how) })
                }
                None => return,
            },
            Happening::Progress { which } => match pick(*which) {
                Some((id, Command::EnterQueue(_))) => {
                    Event::Order(OrderEvent { id: *id, outcome: Outcome::Queued(1) })
                }
                Some((id, Command::Dial(_))) => {
                    Event::Order(OrderEvent { id: *id, outcome: Outcome::Ringing })
                }
                _ => return,
            },
            Happening::Stray { id } if !outstanding.iter().any(|(out, _)| out == id) => {
                Event::Order(OrderEvent { id: *id, outcome: Outcome::Timer })
            }
            Happening::Stray { .. } => return,
            Happening::Key => Event::Digit(LegDigit { leg: CALLER.into(), digit: '5' }),
            Happening::FarHangsUp { which } => {
                match self.legs.values().nth(*which % self.legs.len().max(1)) {
                    Some((leg, true)) => {
                        Event::HungUp(HungUp { leg: leg.clone(), cause: Cause::Normal })
                    }
                    _ => return,
                }
            }
            Happening::CallerHangsUp => {
                Event::HungUp(HungUp { leg: CALLER.into(), cause: Cause::Normal })
            }
            Happening::Resumed => Event::Resumed(5_000),
        };
        self.event(event, outstanding);
    }

    fn event(&mut self, event: Event, outstanding: Vec<(OrderId, Command)>) {
        if let Event::HungUp(gone) = &event {
            for (leg, there) in self.legs.values_mut() {
                *there &= *leg != gone.leg;
            }
        }
        if let Event::Order(OrderEvent { id, outcome }) = &event
            && !matches!(outcome, Outcome::Queued(_) | Outcome::Ringing)
            && let Some((_, command)) = outstanding.iter().find(|(out, _)| out == id)
        {
            assert!(self.finished.insert(*id));
            let leg = match (command, outcome) {
                (Command::Dial(dial), Outcome::LegAnswered(_)) => Some(dial.leg.clone()),
                _ => None,
            };
            self.legs.extend(leg.map(|leg| (*id, (leg, true))));
        }
        let before =
            self.call.site(|site| Site { instant: site.instant + 7, ..site }).site_now().clone();
        let hung_up = matches!(&event, Event::HungUp(gone) if gone.leg == CALLER)
            && self.call.ending().is_none()
            && !self.caller_gone;
        self.call.event(event.clone());
        if hung_up {
            self.caller_gone = true;
            let declared = |order: &Order| matches!(&order.command, Command::Note(note) if note.key == "afterwards");
            assert!(
                self.call.newest().iter().any(declared),
                "the script goes on without its caller\n{}",
                self.call.timeline()
            );
        }
        self.keep(before, event);
    }

    fn keep(&mut self, site: Site, event: Event) {
        self.history.push((site, event));
        let newest = self.call.newest().to_vec();
        for order in &newest {
            match &order.command {
                Command::Cancel(id) => {
                    assert!(
                        !self.finished.contains(id),
                        "a finished order is taken back\n{}",
                        self.call.timeline()
                    );
                    assert!(
                        self.cancelled.insert(*id),
                        "taken back twice\n{}",
                        self.call.timeline()
                    );
                }
                Command::HangUp(hang_up) => {
                    let leg = hang_up.leg.as_ref().unwrap();
                    for (name, there) in self.legs.values_mut() {
                        *there &= name != leg;
                    }
                }
                _ => {}
            }
        }
        self.orders.push(newest);
    }

    /// Lets happen what must, until the script is over.
    fn runs_out(&mut self) {
        for round in 0..200 {
            if self.call.ending().is_some() {
                return;
            }
            match self.call.all_outstanding().next().is_some() && round % 3 != 2 {
                true => self.happens(&Happening::Final { which: round, how: round as u8 }),
                false => self.happens(&Happening::Key),
            }
        }
        panic!("the script does not come to an end\n{}", self.call.timeline());
    }

    fn seen(&self) -> BTreeSet<OrderId> {
        let orders = self.call.orders().iter();
        let seen: Vec<OrderId> = orders
            .filter_map(|order| match &order.command {
                Command::Note(note) if note.key == "saw" => Some(note.value.parse().unwrap()),
                _ => None,
            })
            .collect();
        assert_eq!(
            seen.len(),
            seen.iter().collect::<BTreeSet<_>>().len(),
            "an outcome is seen once"
        );
        seen.into_iter().collect()
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, ..ProptestConfig::default() })]

    /// Cut at every event and resumed from the state, a script orders what it orders uncut. (The
    /// test call runs every step from the state, and twice.)
    #[test]
    fn cut_anywhere_it_goes_on_the_same(plan in leaves(true), happenings in happenings(1)) {
        let mut played = Played::new(&plan);
        for happening in &happenings {
            played.happens(happening);
        }
        let settings: &'static Plan = Box::leak(Box::new(plan));
        let uncut = Continuous::run::<MadeUp>(settings, played.history.clone()).unwrap();
        prop_assert_eq!(&uncut, &played.orders, "{}", played.call.timeline());
    }

    /// Whatever comes of an order is seen by its handle, however late that is awaited.
    #[test]
    fn no_outcome_is_lost(plan in leaves(false), happenings in happenings(0)) {
        let mut played = Played::new(&plan);
        for happening in &happenings {
            played.happens(happening);
        }
        played.runs_out();
        prop_assert_eq!(&played.cancelled.difference(&played.finished).count(), &played.cancelled.len());
        let reported: BTreeSet<OrderId> = played
            .call
            .orders()
            .iter()
            .filter(|order| matches!(order.command, Command::Play(_) | Command::Gather(_) | Command::Dial(_)))
            .map(|order| order.id)
            .collect();
        let seen = played.seen();
        for id in reported {
            prop_assert!(seen.contains(&id), "order {} was never seen\n{}", id, played.call.timeline());
        }
    }

    /// Every order gets one final outcome or is taken back, never both; and nobody who answered is
    /// left alone, also when the dial was given up at that moment. (The test call sees to it that
    /// nothing is left at the end.)
    #[test]
    fn every_order_has_one_end(plan in leaves(true), happenings in happenings(1)) {
        let mut played = Played::new(&plan);
        for happening in &happenings {
            played.happens(happening);
        }
        played.runs_out();
        prop_assert!(played.finished.is_disjoint(&played.cancelled));
        for (leg, there) in played.legs.values() {
            prop_assert!(!there, "leg {} is left alone\n{}", leg, played.call.timeline());
        }
        // What comes after the end changes nothing.
        let state = played.call.state().to_vec();
        for happening in [Happening::CallerHangsUp, Happening::Key, Happening::Stray { id: 3 }, Happening::Resumed] {
            played.happens(&happening);
            prop_assert!(played.call.newest().is_empty());
            prop_assert_eq!(played.call.state(), &state[..]);
        }
    }

    /// Bytes that no script wrote are a fault with words, never a crash.
    #[test]
    fn any_bytes_as_state(state in vec(any::<u8>(), 1..200)) {
        let settings: &'static Plan = Box::leak(Box::new(Plan::Play));
        let event = Event::Resumed(1);
        let _ = strowger_sdk::reads::answer_with(std::rc::Rc::new(Site::default()), || {
            <MadeUp as strowger_sdk::Flow>::step(settings, state, event)
        });
    }
}

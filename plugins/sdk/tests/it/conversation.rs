//! What an agent can key in a conversation (R4), and who hears whom then, whatever happens.

use proptest::{collection::vec, prelude::*};
use std::{collections::BTreeMap, time::Duration};
use strowger_sdk::{
    command_name,
    prelude::*,
    script::{CaseKeys, SendTo, Waits},
    testing::{Site, TestCall},
    types::{Command, Event, Outcome, RefusalReason, Target, TransferAsked, Unanswered},
};

mod transfers;

struct Desk;

impl Script for Desk {
    type Settings = InCall;

    fn check(settings: &InCall) -> Result<(), String> {
        settings.check()
    }

    async fn run(call: Call, settings: &'static InCall) -> Result<Ending, Failure> {
        call.answer().await?;
        let Ok(agent) = call.wait_in("desk").await else { return Ok("unserved".into()) };
        call.after_hang_up(|| async { "answered".into() });
        let over = call.conversation(&agent, settings).await;
        if over == Over::CallerAlone {
            call.play("sorry").await;
        }
        Ok(format!("{over:?}").into())
    }
}

fn waits(queue: &str) -> Waits {
    Waits { name: queue.into(), music: Some("calm".into()), says: None, since_arrival: true }
}

fn settings() -> InCall {
    InCall {
        consult: "*4N#".into(),
        back: "*#".into(),
        transfer: "*7N#".into(),
        ring_time: Seconds(20),
        transfer_by: TransferBy::default(),
        alone: Alone::default(),
        country: "+32".into(),
        send_to: [
            ("12", SendTo::Queue(waits("billing"))),
            ("13", SendTo::Queue(waits("nobody"))),
            ("9", SendTo::Flow("night".into())),
        ]
        .map(|(keys, to)| (keys.into(), to))
        .into(),
        busy: "busy".into(),
        not_reached: "not reached".into(),
        not_permitted: "not permitted".into(),
        cases: [("escalation", "*8#"), ("complaint", "*9#")]
            .map(|(kind, keys)| (kind.into(), CaseKeys { keys: keys.into(), said: "noted".into() }))
            .into(),
    }
}

fn talking() -> TestCall<Desk> {
    let mut call =
        TestCall::new(settings(), Site::default().queue("billing", 1, 1).queue("nobody", 0, 0));
    call.arrives().settles().agent_answers("an");
    call
}

fn consulting() -> TestCall<Desk> {
    let mut call = talking();
    call.matches("*4N#", "201").settles().dial_answered().settles();
    call
}

fn connected(call: &TestCall<Desk>) -> Vec<String> {
    let last = call.orders().iter().rev().find_map(|order| match &order.command {
        Command::Connect(legs) => Some(legs.clone()),
        _ => None,
    });
    last.unwrap_or_default()
}

#[test]
fn r4_consult_and_complete() {
    let mut call = talking();
    call.matches("*4N#", "201");
    assert_eq!(call.newest_names(), ["hold"]);
    call.settles();
    assert_eq!(call.newest_names(), ["dial"]);
    call.dial_answered().settles();
    assert_eq!(connected(&call)[0], "agent");
    call.hangs_up("agent").settles();
    assert_eq!(connected(&call)[0], CALLER);
    assert_eq!(call.ending(), Some("HandedOver(\"201\")"));
}

#[test]
fn r4_consult_and_return() {
    let mut call = consulting();
    call.matches("*#", "");
    assert_eq!(call.newest_names(), ["hang-up", "resume"]);
    call.settles();
    assert_eq!(call.ending(), None);
    // And again, to somebody else.
    call.matches("*4N#", "202").settles().dial_answered().settles().hangs_up("agent").settles();
    assert_eq!(call.ending(), Some("HandedOver(\"202\")"));
}

#[test]
fn who_is_consulted_hangs_up_and_the_caller_is_back() {
    let mut call = consulting();
    let other = connected(&call)[1].clone();
    call.hangs_up(&other);
    assert_eq!(call.newest_names(), ["resume"]);
    call.settles().hangs_up("agent");
    assert_eq!(call.ending(), Some("AgentGone"));
}

#[test]
fn the_agent_changes_their_mind_while_it_rings() {
    let mut call = talking();
    call.matches("*4N#", "201").settles().matches("*#", "");
    assert_eq!(call.newest_names(), ["cancel", "resume"]);
}

#[test]
fn the_agent_hangs_up_while_it_rings_and_the_caller_waits_for_the_answer() {
    let mut call = talking();
    call.matches("*4N#", "201").settles().hangs_up("agent");
    assert_eq!(call.ending(), None);
    call.dial_answered().settles();
    assert_eq!(call.ending(), Some("HandedOver(\"201\")"));
    let mut call = talking();
    call.matches("*4N#", "201")
        .settles()
        .hangs_up("agent")
        .dial_fails(Unanswered::NoAnswer)
        .settles();
    assert_eq!(call.ending(), Some("CallerAlone"));
}

#[test]
fn r4_the_agents_own_transfer_key_is_settled_in_the_same_step() {
    let (mut call, failed) = (talking(), Outcome::NotTransferred("nobody answered".into()));
    for (target, means, outcome) in [
        ("0470123456", Target::Number("+32470123456".into()), failed),
        ("201", Target::Extension("201".into()), Outcome::Transferred),
    ] {
        assert_eq!(call.ending(), None, "the agent has the caller");
        let asked = TransferAsked { leg: "agent".into(), target: target.into() };
        call.event(Event::TransferAsked(asked));
        let settle = call.newest().iter().find_map(|order| match &order.command {
            Command::SettleTransfer(settle) => settle.to.clone(),
            _ => None,
        });
        assert_eq!(format!("{settle:?}"), format!("{:?}", Some(means)));
        call.comes_of("settle-transfer", outcome);
    }
    assert_eq!(call.ending(), Some("HandedOver(\"201\")"));
}

/// Toll fraud: the host refuses what the flow file does not permit, and the agent hears it.
#[test]
fn whom_an_agent_may_not_call() {
    let mut call = talking();
    call.matches("*4N#", "00900123456").settles().refuses("dial", RefusalReason::NotPermitted);
    assert_eq!(call.newest_names(), ["play"]);
    call.settles();
    assert!(
        call.orders()
            .iter()
            .any(|order| matches!(&order.command, Command::Resume(leg) if leg == CALLER))
    );
    call.hangs_up("agent");
    assert_eq!(call.ending(), Some("AgentGone"));
}

#[test]
fn busy_and_unanswered() {
    for (why, text) in [
        (Unanswered::Busy, "busy"),
        (Unanswered::NoAnswer, "not reached"),
        (Unanswered::Unreachable, "not reached"),
    ] {
        let mut call = talking();
        call.matches("*4N#", "201").settles().dial_fails(why);
        let Command::Play(play) = &call.newest()[0].command else { panic!("{}", call.timeline()) };
        assert_eq!((play.leg.as_str(), &play.prompts[0]), ("agent", &text.into()));
        call.settles();
        assert_eq!(call.ending(), None);
    }
}

#[test]
fn v8_what_has_to_be_answered_in_time_is_noted_with_who_called() {
    let mut call = talking();
    call.matches("*8#", "");
    let [case, play] = call.newest() else { panic!("{}", call.timeline()) };
    let Command::Case(case) = &case.command else { panic!("{}", call.timeline()) };
    assert_eq!(case.kind, "escalation");
    let fields: Vec<_> =
        case.fields.iter().map(|field| (field.key.as_str(), field.value.as_str())).collect();
    assert_eq!(fields, [("number", "+3291234567"), ("dialled", "+3290000000"), ("agent", "an")]);
    assert!(
        matches!(&play.command, Command::Play(play) if play.leg == "agent" && play.prompts == ["noted".into()])
    );
    call.settles().matches("*9#", "").settles().hangs_up("agent");
    assert_eq!(call.ending(), Some("AgentGone"));
    assert!(call.orders().iter().any(|order| matches!(
        &order.command, Command::Case(case) if case.kind == "complaint"
    )));
}

#[test]
fn v8_a_case_is_noted_beside_a_consultation() {
    let mut call = talking();
    call.matches("*4N#", "201").settles().matches("*8#", "");
    assert_eq!(call.newest_names(), ["case", "play"]);
    call.dial_answered().settles();
    assert_eq!((connected(&call).len(), call.ending()), (2, None));
}

/// A host that watches for no keys has conversations all the same.
#[test]
fn without_keys() {
    let mut call = talking();
    call.refuses("watch", RefusalReason::Unsupported);
    assert_eq!(call.ending(), None);
    call.hangs_up("agent");
    assert_eq!(call.ending(), Some("AgentGone"));
}

#[test]
fn keys_that_cannot_be_told_apart() {
    assert!(settings().check().is_ok());
    for same in ["*4", "*", "*8#"] {
        assert!(InCall { back: same.into(), ..settings() }.check().is_err(), "{same}");
    }
}

// ---------------------------------------------------------------- whatever happens

/// Something that happens, if it can.
#[derive(Clone, Copy, Debug)]
enum Happens {
    Consult,
    Back,
    Transfer,
    /// A case is noted.
    Note,
    /// The oldest order that is done at once is done.
    Settles,
    Answers,
    Unanswered,
    Refused,
    AgentGone,
    OtherGone,
    CallerGone,
}

/// Who is where at the PBX. A leg's own conversation bears its name.
#[derive(Default)]
struct Pbx {
    places: BTreeMap<String, String>,
    held: bool,
}

impl Pbx {
    /// An order was carried out.
    fn done(&mut self, command: &Command) {
        match command {
            Command::Hold(leg) => {
                // Who is in that leg's own conversation goes to one of their own.
                for (name, place) in &mut self.places {
                    if place == leg && name != leg {
                        place.clone_from(name);
                    }
                }
                self.places.insert(leg.clone(), leg.clone());
                self.held = true;
            }
            Command::Resume(leg) => {
                self.places.insert(leg.clone(), self.places["agent"].clone());
                self.held = false;
            }
            Command::Connect(legs) => {
                let to = self.places[&legs[0]].clone();
                for leg in legs {
                    self.places.insert(leg.clone(), to.clone());
                }
                self.held &= !legs.iter().any(|leg| leg == CALLER);
            }
            _ => {}
        }
    }

    fn can(&self, command: &Command) -> bool {
        match command {
            Command::Hold(_) => self.places.contains_key("agent"),
            Command::Resume(_) => self.held && self.places.contains_key("agent"),
            Command::Connect(legs) => legs.iter().all(|leg| self.places.contains_key(leg)),
            Command::Play(play) => self.places.contains_key(&play.leg),
            _ => true,
        }
    }

    fn other(&self) -> Option<String> {
        self.places.keys().find(|name| name.as_str() != CALLER && name.as_str() != "agent").cloned()
    }

    fn is_alone(&self, leg: &str) -> bool {
        self.places.iter().all(|(name, place)| name == leg || place != &self.places[leg])
    }
}

fn happens() -> impl Strategy<Value = Happens> {
    prop_oneof![
        3 => Just(Happens::Consult),
        2 => Just(Happens::Back),
        1 => Just(Happens::Transfer),
        1 => Just(Happens::Note),
        8 => Just(Happens::Settles),
        3 => Just(Happens::Answers),
        1 => Just(Happens::Unanswered),
        1 => Just(Happens::Refused),
        1 => Just(Happens::AgentGone),
        2 => Just(Happens::OtherGone),
        1 => Just(Happens::CallerGone),
    ]
}

struct World {
    call: TestCall<Desk>,
    pbx: Pbx,
    seen: usize,
}

impl World {
    fn outstanding(&self, wanted: impl Fn(&Command) -> bool) -> Option<(u32, Command)> {
        self.call
            .all_outstanding()
            .find(|(_, command)| wanted(command))
            .map(|(id, command)| (id, command.clone()))
    }

    fn play(&mut self, what: Happens) {
        let is_dial = |command: &Command| matches!(command, Command::Dial(_));
        let is_watch = |command: &Command| matches!(command, Command::Watch(_));
        match what {
            Happens::Consult | Happens::Back | Happens::Transfer | Happens::Note => {
                if self.outstanding(is_watch).is_some() && self.pbx.places.contains_key("agent") {
                    let (pattern, digits) = match what {
                        Happens::Consult => ("*4N#", "201"),
                        Happens::Back => ("*#", ""),
                        Happens::Note => ("*8#", ""),
                        _ => ("*7N#", "202"),
                    };
                    self.call.matches(pattern, digits);
                }
            }
            Happens::Refused => {
                let may_be =
                    |command: &Command| matches!(command, Command::Dial(_) | Command::Transfer(_));
                let Some((id, command)) = self.outstanding(may_be) else { return };
                self.call.refuses(command_name(&command), RefusalReason::NotPermitted);
                debug_assert!(self.call.all_outstanding().all(|(out, _)| out != id));
            }
            Happens::Settles => self.settle(),
            Happens::Answers => {
                let Some((_, Command::Dial(dial))) = self.outstanding(is_dial) else { return };
                self.pbx.places.insert(dial.leg.clone(), dial.leg);
                self.call.dial_answered();
            }
            Happens::Unanswered => {
                if self.outstanding(is_dial).is_some() {
                    self.call.dial_fails(Unanswered::Busy);
                }
            }
            Happens::AgentGone => self.gone("agent"),
            Happens::CallerGone => self.gone(CALLER),
            Happens::OtherGone => {
                if let Some(other) = self.pbx.other() {
                    self.gone(&other);
                }
            }
        }
        self.catch_up();
    }

    /// The PBX does an order that it does at once, or cannot.
    fn settle(&mut self) {
        let at_once = |command: &Command| {
            matches!(
                command,
                Command::Hold(_)
                    | Command::Resume(_)
                    | Command::Connect(_)
                    | Command::Play(_)
                    | Command::Transfer(_)
            )
        };
        let Some((id, command)) = self.outstanding(at_once) else { return };
        if !self.pbx.can(&command) {
            let refusal = strowger_sdk::types::Refusal {
                reason: RefusalReason::NotPermitted,
                detail: String::new(),
            };
            self.call.outcome(id, Outcome::Refused(refusal));
        } else {
            self.pbx.done(&command);
            match command {
                Command::Connect(_) => self.call.outcome(id, Outcome::Joined),
                Command::Play(_) => {
                    self.call.outcome(id, Outcome::Played(strowger_sdk::types::PlayEnd::Whole))
                }
                Command::Transfer(_) => {
                    self.pbx.places.remove(CALLER);
                    self.call.outcome(id, Outcome::Transferred)
                }
                _ => self.call.outcome(id, Outcome::Done),
            };
        }
    }

    fn gone(&mut self, leg: &str) {
        if self.pbx.places.remove(leg).is_some() {
            self.call.hangs_up(leg);
        }
    }

    /// Hang-ups that the flow ordered happen.
    fn catch_up(&mut self) {
        while let Some(order) = self.call.orders().get(self.seen) {
            self.seen += 1;
            let Command::HangUp(hang_up) = &order.command else { continue };
            let leg = hang_up.leg.clone().unwrap();
            // A refused order to hang up would show in the records of every such call.
            assert!(
                self.pbx.places.remove(&leg).is_some(),
                "{leg} is hung up and not there\n{}",
                self.call.timeline()
            );
            if self.call.ending().is_none() {
                self.call.hangs_up(&leg);
            }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2000, failure_persistence: None, ..ProptestConfig::default() })]

    /// At every moment at which nothing is under way, the caller talks with somebody, or is held by
    /// an agent who is busy for them, or is with the flow; nobody else hears silence either; and in
    /// the end the flow is over, its last orders taken back.
    #[test]
    fn nobody_is_left_alone(course in vec(happens(), 0..40)) {
        let mut world = World { call: talking(), pbx: Pbx::default(), seen: 0 };
        world.seen = world.call.orders().len();
        world.pbx.places = [(CALLER, CALLER), ("agent", CALLER)].map(|(leg, place)| (leg.into(), place.into())).into();
        for what in course.into_iter().chain([Happens::Settles; 8]) {
            if world.call.ending().is_some() {
                break;
            }
            world.play(what);
            let waits = world.call.all_outstanding().any(|(_, command)| !matches!(command, Command::Watch(_)));
            if world.call.ending().is_none() && !waits {
                for leg in world.pbx.places.keys() {
                    let held = leg == CALLER && world.pbx.held && !world.pbx.is_alone("agent");
                    prop_assert!(held || !world.pbx.is_alone(leg), "{leg} is alone\n{}", world.call.timeline());
                }
            }
        }
        if world.call.ending().is_none() {
            world.play(Happens::CallerGone);
        }
        // After the hang-up of the caller, or with what was under way, the flow ends of itself.
        for _ in 0..4 {
            if world.call.ending().is_none() {
                world.play(Happens::Settles);
            }
        }
        prop_assert!(world.call.ending().is_some(), "{}", world.call.timeline());
    }
}

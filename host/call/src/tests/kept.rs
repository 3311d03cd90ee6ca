//! What the journal keeps of a call: one that an older host wrote is taken up by this one.
//!
//! `kept_N.msgpack` is a call with everything that a call can have, as a host wrote it once. The
//! files are never changed, since databases are full of such bytes. Where this host writes something
//! else, the test says so; `UPDATE_KEPT=1` then adds the next file, if the others can still be read.

use super::{
    stories::{dial, gather, keep_waiting},
    world::World,
};
use crate::{
    Call, Image,
    front::Fronts,
    legs::{Ending, Leg, Role},
    order::{
        agent::Proving,
        answer::Answering,
        company::Company,
        dial::Dialling,
        gather::Gathering,
        listen::Listening,
        meet::{MoveDone, Moving},
        play::Playing,
        queue::{QueueStage, Queueing},
        switch::Turning,
        timer::Timing,
        transfer::Transferring,
        transfer_key::Replacing,
        watch::Watching,
    },
    orders::Doing,
};
use std::{collections::BTreeSet, fs, mem::discriminant, path::PathBuf, sync::Arc, time::Duration};
use strowger_model::{
    Command, Event, LegName, OrderId, Prompt, Talk, Timestamp,
    command::{AgentAction, Asked, ContactOf, EnterQueue, Field, ListenMode, SetSwitch, Target},
    event::Cause,
};
use strowger_pbx::port::{Address, Announced, LegId, PlayId, TransferAsked};
use strowger_routing::AttemptId;

const AT: Duration = Duration::from_secs(1_790_000_100);

/// Every kind of order. The compiler sees to it that a new one gets its place here.
fn is_there(doing: &Doing) {
    match doing {
        Doing::Answering(_)
        | Doing::Playing(_)
        | Doing::Company(_)
        | Doing::Gathering(_)
        | Doing::Queueing(_)
        | Doing::Dialling(_)
        | Doing::Moving(_)
        | Doing::Transferring(_)
        | Doing::Timing(_)
        | Doing::Watching(_)
        | Doing::Listening(_)
        | Doing::Proving(_)
        | Doing::Replacing(_)
        | Doing::Turning(_) => {}
    }
}
const KINDS: usize = 14;

fn prompts() -> Arc<[Prompt]> {
    let text = Prompt::Text { text: "hello".to_owned(), language: Some("en".to_owned()) };
    let times = [Prompt::Time(Timestamp(1_790_000_000_000)), Prompt::Position(3)];
    let others = [
        Prompt::Recording("flow/welcome".to_owned()),
        Prompt::Digits("17".to_owned()),
        Prompt::Number(12),
        Prompt::Silence(Duration::from_millis(500)),
    ];
    [text].into_iter().chain(times).chain(others).collect()
}

fn play(number: u32) -> PlayId {
    PlayId(format!("038g-{number}").into())
}

/// A place in a queue.
fn queueing(stage: QueueStage) -> Queueing {
    let ask = EnterQueue {
        ask: vec![Asked::Queue("desk".into()), Asked::Agent("an".into())],
        priority: 2,
        waited_since: Some(Timestamp(1_790_000_000_000)),
        with_caller: true,
        agent_leg: "agent".into(),
        whisper: prompts().to_vec(),
        display_name: Some("Desk".to_owned()),
        report_offers: true,
        calls_back: None,
        rests: false,
    };
    Queueing { ask, entered: AT, waited: Duration::from_secs(90), stage }
}

fn open_all(call: &mut Call) {
    let caller = LegName::caller();
    let due = Some(AT + Duration::from_secs(9));
    let orders = &mut call.orders;
    orders.open(OrderId(1), None, Answering);
    let playing = Playing { play: play(1), leg: caller.clone(), barge_in: true };
    orders.open(OrderId(2), None, playing);
    let Command::KeepWaiting(keep) = keep_waiting(caller.clone()) else { unreachable!() };
    let company = Company {
        leg: keep.leg,
        place: "caller-leg".into(),
        music: keep.music,
        prompts: prompts(),
        every: Duration::from_secs(60),
        play: Some(play(2)),
    };
    orders.open(OrderId(3), due, company);
    let Command::Gather(ask) = gather(caller.clone()) else { unreachable!() };
    let gathering =
        Gathering { ask, digits: "12".to_owned(), play: Some(play(3)), secret: String::new() };
    orders.open(OrderId(4), due, gathering);
    orders.open(OrderId(5), None, queueing(QueueStage::Waiting));
    orders.open(OrderId(6), None, queueing(QueueStage::Whispering(play(4))));
    orders.open(OrderId(7), None, queueing(QueueStage::Joining));
    let Command::Dial(ask) = dial("bob", true) else { unreachable!() };
    let dialling = Dialling {
        leg: ask.leg,
        limit: Duration::from_secs(30),
        keep_place: Some(OrderId(5)),
        confirm: ask.confirm,
        asking: Some(play(5)),
    };
    orders.open(OrderId(8), due, dialling);
    for (id, done) in [(9, MoveDone::Joined), (10, MoveDone::Done)] {
        orders.open(OrderId(id), None, Moving { legs: vec![caller.clone(), "bob".into()], done });
    }
    orders.open(OrderId(11), None, Transferring { leg: caller.clone() });
    orders.open(OrderId(12), due, Timing);
    let patterns = vec!["*4N#".to_owned()];
    orders.open(OrderId(13), None, Watching { leg: caller.clone(), patterns });
    for (id, mode) in [(14, ListenMode::Silent), (15, ListenMode::Whisper), (16, ListenMode::Join)]
    {
        let listening = Listening { leg: caller.clone(), to: "other-leg".into(), mode };
        orders.open(OrderId(id), None, listening);
    }
    let actions = [
        AgentAction::LogIn(Target::Extension("200".to_owned())),
        AgentAction::LogOut,
        AgentAction::Ready,
        AgentAction::Pause(Some("lunch".to_owned())),
        AgentAction::Join("desk".into()),
        AgentAction::Leave("desk".into()),
    ];
    for (action, id) in actions.into_iter().zip(17..) {
        orders.open(OrderId(id), None, Proving { ticket: 1, agent: "an".into(), action });
    }
    orders.open(OrderId(23), due, queueing(QueueStage::Begun { since: AT }));
    let role = Role::Agent { entry: OrderId(6), agent: "bo".into(), queue: None };
    let phone = Leg::new("agent".into(), "038g-phone".into(), role);
    let (leg, of) = (LegId::from("038g-t1"), phone.id.clone());
    let gone = Some((Box::new(phone), Cause::Normal));
    orders.open(OrderId::FIRST_OF_HOST, due, Replacing { leg, of, gone });
}

/// What came after the first file was written.
fn add_transfers(call: &mut Call) {
    let order = OrderId::FIRST_OF_HOST;
    let asked = |announced| TransferAsked { leg: "038g-7".into(), to: "200".to_owned(), announced };
    let asks = [
        None,
        Some(asked(None)),
        Some(asked(Some(Announced::Leg("other-leg".into())))),
        Some(asked(Some(Announced::Call("PJSIP/an-1".to_owned())))),
    ];
    for (number, asks) in (6..).zip(asks) {
        let of = (number == 6).then(|| LegId::from("038g-phone"));
        let id = LegId::from(&*format!("038g-{number}"));
        let mut leg = Leg::new("agent".into(), id, Role::Substitute { order, of });
        leg.asks = asks.map(Box::new);
        if number == 9 {
            leg.ending = Some(Ending::Transfer(Some(Address::Call("PJSIP/an-1".to_owned()))));
        }
        call.legs.add(leg);
    }
}

/// What came after the files of before were written.
fn add_switches(call: &mut Call) {
    let turn = SetSwitch {
        name: "hap".to_owned(),
        position: "closed".to_owned(),
        agent: "an".into(),
        proof: None,
        until: Some(Timestamp(1_790_000_400_000)),
    };
    call.orders.open(OrderId(24), None, Turning { ticket: 2, turn });
    let rare = call.rare.get_or_insert_default();
    rare.fronts = Fronts::example();
    rare.taken = vec![(super::shared::elsewhere(1).call, OrderId(7))];
}

fn add_legs(call: &mut Call) {
    let roles = [
        Role::Dialled(OrderId(8)),
        Role::Offered {
            entry: OrderId(5),
            attempt: AttemptId(7),
            agent: "an".into(),
            endpoint: 1,
            since: AT,
        },
        Role::Agent { entry: OrderId(6), agent: "bo".into(), queue: Some("desk".into()) },
    ];
    let to = |to: Address| Some(Ending::Transfer(Some(to)));
    let endings = [
        Some(Ending::HangUp(Cause::Normal)),
        Some(Ending::Transfer(None)),
        to(Address::Number("+3227138700".to_owned())),
        to(Address::Extension("200".to_owned())),
        to(Address::Endpoint("PJSIP/an".to_owned())),
        None,
    ];
    for (number, ending) in endings.into_iter().enumerate() {
        let role = roles[number % roles.len()].clone();
        let (name, id) = (format!("leg-{number}"), LegId::from(&*format!("038g-{number}")));
        let mut leg = Leg::new(name.as_str().into(), id, role);
        leg.ending = ending;
        (leg.rang, leg.up, leg.known) = (true, true, true);
        leg.held_from = Some("caller-leg".into());
        leg.away_from = Some("other-leg".into());
        (leg.listens, leg.listens_anew, leg.private) = (true, true, true);
        leg.engages = Some("an".into());
        call.legs.add(leg);
    }
}

/// A call with everything that a call can have.
fn everything() -> Call {
    let mut call = World::new(vec![vec![Command::Answer]]).call;
    call.orders = Default::default();
    open_all(&mut call);
    add_legs(&mut call);
    add_transfers(&mut call);
    add_switches(&mut call);
    call.state = vec![1, 2, 3].into();
    call.unseen.push_back(Event::Resumed { gap: Duration::from_secs(1) });
    call.on_new_version = true;
    call.plays = 5;
    let record = &mut call.kept.record;
    record.answered = Some(Timestamp(1_790_000_001_000));
    record.connected = Some(Timestamp(1_790_000_002_000));
    record.agent = Some("an".into());
    record.notes = vec![Field { key: "clinic".to_owned(), value: "3".to_owned() }];
    record.tags = vec!["repeat".to_owned()];
    record.fumbled = 3;
    let of = ContactOf { campaign: "reserve".to_owned(), contact: "r-017".to_owned() };
    record.campaign = Some(Box::new(of));
    record.talks = vec![Talk {
        agent: Some("an".into()),
        began: Timestamp(1_790_000_002_000),
        ended: Timestamp(1_790_000_005_000),
        talked: Duration::from_secs(2),
        held: Duration::from_secs(1),
        consulted: Duration::ZERO,
    }];
    call.kept.waited_ms = 900;
    call
}

fn bytes(call: &Call) -> Vec<u8> {
    rmp_serde::to_vec(&call.image(AT)).unwrap()
}

fn file(number: usize) -> PathBuf {
    let name = format!("kept_{number}.msgpack");
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("src/tests").join(name)
}

#[test]
fn a_call_that_an_older_host_wrote_is_taken_up() {
    let now = everything();
    now.orders.iter().for_each(|open| is_there(&open.doing));
    let kinds: BTreeSet<String> =
        now.orders.iter().map(|open| format!("{:?}", discriminant(&open.doing))).collect();
    assert_eq!(kinds.len(), KINDS, "`everything` lacks a kind of order");

    let mut last = None;
    let mut number = 1;
    while let Ok(written) = fs::read(file(number)) {
        let image: Image<'static> = rmp_serde::from_slice(&written)
            .unwrap_or_else(|error| panic!("kept_{number}.msgpack can no longer be read: {error}"));
        let call = Call::of_image(now.terms().clone(), image);
        // What is new comes last.
        assert!(now.legs.ids().starts_with(&call.legs.ids()), "kept_{number}.msgpack");
        let (orders, all) = (call.orders.ids(), now.orders.ids());
        assert!(!orders.is_empty() && all.starts_with(&orders), "kept_{number}.msgpack");
        last = Some((written, call));
        number += 1;
    }
    let written_now = bytes(&now);
    if last.as_ref().is_some_and(|(written, _)| *written == written_now) {
        let (written, call) = last.unwrap();
        assert_eq!(bytes(&call), written, "something of a call is lost when it is taken up");
        return;
    }
    match std::env::var_os("UPDATE_KEPT") {
        Some(_) => fs::write(file(number), written_now).unwrap(),
        None => panic!(
            "this host writes another form of a call than kept_{}.msgpack; if older calls can be taken up, UPDATE_KEPT=1 adds the new form",
            number - 1
        ),
    }
}

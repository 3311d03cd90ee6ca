//! The sim as a remote adapter: what every adapter tells, and what the two sides keep for each
//! other.

use std::{collections::BTreeSet, sync::Arc, time::Duration};
use strowger_conformance::{self as conformance, Ground};
use strowger_model::{
    Prompt,
    event::{Cause, PlayEnd},
};
use strowger_pbx::port::{Address, AliveLeg, LegId, LegState, Pbx, PbxCommand, PbxEvent, PlayId};
use strowger_remote::{
    Adapter, Beat, Remote, RemoteGround, RemoteLimits, Token, protocol::MAX_MESSAGE,
};
use strowger_sim::{Caller, Phone, Sim, SimConfig};
use tokio::{
    sync::mpsc::{UnboundedReceiver, unbounded_channel},
    task::JoinHandle,
    time::timeout,
};

pub(super) const PATIENCE: Duration = Duration::from_secs(20);

pub(super) fn token() -> Token {
    Token::new("a-token-of-the-tests").unwrap()
}

fn url(address: std::net::SocketAddr) -> String {
    format!("ws://{address}/adapter/v1")
}

/// A sim that is a process of its own, or as good as.
pub(super) struct Far {
    pub(super) sim: Arc<Sim>,
    running: JoinHandle<()>,
}

impl Drop for Far {
    fn drop(&mut self) {
        self.running.abort();
    }
}

impl Far {
    pub(super) fn start(address: std::net::SocketAddr, adapter: Adapter) -> Self {
        let sim = Arc::new(Sim::new(SimConfig::default(), adapter.sink()));
        let provider = sim.clone();
        let running = tokio::spawn(async move {
            adapter.run(&url(address), &token(), provider, Beat::default()).await
        });
        Self { sim, running }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_sim_passes_over_the_wire() {
    let mut playing = tokio::task::JoinSet::new();
    for scenario in conformance::scenarios() {
        playing.spawn(async move {
            let mut ground = RemoteGround::listen(
                ([127, 0, 0, 1], 0).into(),
                token(),
                Duration::from_millis(1500),
            )
            .await
            .unwrap();
            let _far = Far::start(ground.host().address(), Adapter::new("sim"));
            assert_eq!(ground.adapter(PATIENCE).await.unwrap(), "sim");
            if let Err(error) = conformance::run(&scenario, &mut ground).await {
                panic!("{error}");
            }
            ground.clear().await.unwrap();
            assert_eq!(ground.pbx().alive().await.unwrap(), []);
        });
    }
    while let Some(played) = playing.join_next().await {
        played.unwrap();
    }
}

/// A host, and a sim that has connected.
struct Pair {
    host: Arc<Remote>,
    events: UnboundedReceiver<PbxEvent>,
    far: Far,
}

impl Pair {
    async fn new(limits: RemoteLimits, adapter: Adapter) -> Self {
        let (host, events) = host(limits).await;
        let far = Far::start(host.address(), adapter);
        let mut pair = Self { host, events, far };
        assert_eq!(pair.next().await, PbxEvent::Synced { alive: Vec::new() });
        pair
    }

    async fn plain() -> Self {
        Self::new(RemoteLimits::default(), Adapter::new("sim")).await
    }

    async fn next(&mut self) -> PbxEvent {
        timeout(PATIENCE, self.events.recv()).await.unwrap().unwrap()
    }

    /// A caller who was answered.
    async fn caller(&mut self) -> LegId {
        let leg = self.far.sim.call(Caller { to: "3000".into(), ..Caller::default() });
        assert!(matches!(self.next().await, PbxEvent::Arrived(arrived) if arrived.leg == leg));
        self.host.send(PbxCommand::Answer { leg: leg.clone() });
        assert_eq!(self.next().await, PbxEvent::Answered { leg: leg.clone() });
        leg
    }

    fn play(&self, name: &str, leg: &LegId, length: Duration) {
        self.host.send(PbxCommand::Play {
            play: PlayId(name.into()),
            conversation: leg.clone(),
            prompts: [Prompt::Silence(length)].into(),
        });
    }
}

pub(super) async fn host(limits: RemoteLimits) -> (Arc<Remote>, UnboundedReceiver<PbxEvent>) {
    let (sender, events) = unbounded_channel();
    let sink = Arc::new(move |event| {
        let _ = sender.send(event);
    });
    let host = Remote::start_with(([127, 0, 0, 1], 0).into(), token(), limits, sink).await.unwrap();
    (Arc::new(host), events)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cut_loses_no_command_and_no_event() {
    let mut pair = Pair::plain().await;
    let leg = pair.caller().await;
    pair.far.sim.phone(Address::Extension("101".into()), Phone::answers(Duration::ZERO));
    for round in 0..20 {
        let dialled = LegId::from(format!("dialled-{round}").as_str());
        let before = PlayId(format!("before-{round}").into());
        pair.play(&before.0, &leg, Duration::from_millis(1));
        let (host, cutting) = (pair.host.clone(), pair.host.clone());
        let cut = tokio::spawn(async move { cutting.cut(Duration::from_millis(30)).await });
        host.connected().wait_for(|up| !up).await.unwrap();
        host.send(PbxCommand::Dial {
            leg: dialled.clone(),
            to: Address::Extension("101".into()),
            caller_id: None,
            display_name: None,
        });
        cut.await.unwrap();
        let (mut played, mut answered, mut synced) = (0, 0, 0);
        while (played, answered, synced) != (1, 1, 1) {
            match pair.next().await {
                PbxEvent::Lost { .. } | PbxEvent::Ringing { .. } => {}
                PbxEvent::Played { play, end: PlayEnd::Whole, .. } if play == before => played += 1,
                PbxEvent::Answered { leg } if leg == dialled => answered += 1,
                PbxEvent::Synced { alive } => {
                    // Wherever the dial is, it is not said to be gone.
                    let legs: Vec<&LegId> = alive.iter().map(|leg| &leg.leg).collect();
                    assert!(legs.contains(&&leg) && legs.contains(&&dialled), "{alive:?}");
                    synced += 1;
                }
                other => panic!("round {round}: {other:?}"),
            }
        }
        pair.host.send(PbxCommand::hang_up(dialled.clone(), Cause::Normal));
        assert!(matches!(pair.next().await, PbxEvent::Ended(ended) if ended.leg == dialled));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn callers_live_on_and_a_new_host_is_told_who_is_there() {
    let mut pair = Pair::plain().await;
    let leg = pair.caller().await;
    pair.play("over-meanwhile", &leg, Duration::from_millis(200));
    pair.play("over-later", &leg, Duration::from_millis(600));
    // When this is answered, the plays have begun.
    pair.host.send(PbxCommand::hang_up("nobody".into(), Cause::Normal));
    assert!(matches!(pair.next().await, PbxEvent::Ended(_)));
    pair.host.renew(Duration::from_millis(400)).await;
    assert!(matches!(pair.next().await, PbxEvent::Lost { .. }));
    let PbxEvent::Synced { alive } = pair.next().await else {
        panic!("a new session begins with `synced`")
    };
    let [there] = alive.as_slice() else { panic!("{alive:?}") };
    assert_eq!(
        (&there.leg, there.state, there.conversation.as_ref()),
        (&leg, LegState::Up, Some(&leg))
    );
    assert_eq!(there.arrived.as_ref().unwrap().dialled, "3000");
    assert!(there.age >= Duration::from_millis(400), "{:?}", there.age);
    for name in ["over-meanwhile", "over-later"] {
        assert_eq!(
            pair.next().await,
            PbxEvent::Played { leg: leg.clone(), play: PlayId(name.into()), end: PlayEnd::Whole }
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn who_calls_while_no_host_is_there_takes_the_own_route() {
    let mut pair = Pair::plain().await;
    let (host, sim) = (pair.host.clone(), pair.far.sim.clone());
    let cut = tokio::spawn(async move { host.cut(Duration::from_millis(200)).await });
    assert!(matches!(pair.next().await, PbxEvent::Lost { .. }));
    // The adapter notices a little later than the host.
    while sim.call(Caller::default()).0.len() < 100 && sim.alive().await.unwrap().len() > 1 {}
    cut.await.unwrap();
    while !matches!(pair.next().await, PbxEvent::Synced { .. }) {}
    let leg = sim.call(Caller::default());
    assert!(matches!(pair.next().await, PbxEvent::Arrived(arrived) if arrived.leg == leg));
}

#[tokio::test(flavor = "multi_thread")]
async fn who_keeps_too_much_begins_anew() {
    // The host: what may be repeated stays, the rest is settled by `synced`.
    let mut pair =
        Pair::new(RemoteLimits { commands: 4, ..RemoteLimits::default() }, Adapter::new("sim"))
            .await;
    let leg = pair.caller().await;
    let host = pair.host.clone();
    let cut = tokio::spawn(async move { host.cut(Duration::from_millis(100)).await });
    assert!(matches!(pair.next().await, PbxEvent::Lost { .. }));
    for number in 0..8 {
        pair.play(&format!("p{number}"), &leg, Duration::from_millis(1));
    }
    pair.host.send(PbxCommand::hang_up(leg.clone(), Cause::Normal));
    cut.await.unwrap();
    assert!(matches!(pair.next().await, PbxEvent::Synced { .. } | PbxEvent::Ended(_)));
    assert!(
        matches!(pair.next().await, PbxEvent::Ended(ended) if ended.leg == leg)
            || pair.far.sim.alive().await.unwrap().is_empty()
    );

    // The adapter: likewise.
    let mut pair = Pair::new(RemoteLimits::default(), Adapter::with_room("sim", 8)).await;
    let leg = pair.caller().await;
    let host = pair.host.clone();
    let cut = tokio::spawn(async move { host.cut(Duration::from_millis(300)).await });
    assert!(matches!(pair.next().await, PbxEvent::Lost { .. }));
    pair.far.sim.key(&leg, "1");
    for _ in 0..20 {
        pair.far.sim.cut("a test");
        pair.far.sim.mend();
    }
    cut.await.unwrap();
    let PbxEvent::Synced { alive } = pair.next().await else {
        panic!("a new session begins with `synced`")
    };
    assert_eq!(alive[0].leg, leg);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_list_longer_than_a_message_comes_in_parts() {
    let mut pair = Pair::plain().await;
    let name = "J".repeat(8000);
    let calls = MAX_MESSAGE / name.len() + 100;
    let mut legs = BTreeSet::new();
    for _ in 0..calls {
        let caller = Caller { to: "3000".into(), name: Some(name.clone()), ..Caller::default() };
        legs.insert(pair.far.sim.call(caller));
    }
    for _ in 0..calls {
        assert!(matches!(pair.next().await, PbxEvent::Arrived(_)));
    }
    let listed =
        |alive: Vec<AliveLeg>| alive.into_iter().map(|leg| leg.leg).collect::<BTreeSet<LegId>>();
    pair.host.renew(Duration::from_millis(50)).await;
    assert!(matches!(pair.next().await, PbxEvent::Lost { .. }));
    let PbxEvent::Synced { alive } = pair.next().await else {
        panic!("a new session begins with `synced`")
    };
    assert!(alive.len() == calls && listed(alive) == legs);
    assert!(listed(pair.host.alive().await.unwrap()) == legs);
    // The session goes on behind the parts.
    pair.caller().await;
}

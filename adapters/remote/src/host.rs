//! The host's side: one adapter, the session with it, and what becomes of both when the connection
//! goes.

use super::{
    link::{Full, Inbox, Outbox},
    protocol::{Act, Hello, Instance, Offer, PROTOCOL, Staged, ToAdapter, ToHost, Welcome},
    socket::{self, Beat, End, Parting, Socket},
    token::Token,
};
use anyhow::{Context, Result, anyhow, bail};
use std::{
    collections::{BTreeMap, HashMap, VecDeque},
    mem,
    net::SocketAddr,
    path::PathBuf,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};
use strowger_pbx::port::{
    AliveLeg, BoxFuture, LegId, LegState, Pbx, PbxCommand, PbxEvent, PbxSink,
};
use tokio::{
    net::{TcpListener, TcpStream},
    sync::{Notify, oneshot, watch},
    task::JoinSet,
    time::{sleep, timeout},
};

/// Connections at once, most of which are not let in yet.
const CONNECTIONS: usize = 32;
/// How long an adapter may take to answer a question.
const ANSWER: Duration = Duration::from_secs(10);
/// Commands that wait or are not acknowledged. Beyond it the session is at its end.
const COMMANDS: usize = 65_536;
/// Why a connection ends that another takes the place of.
const AGAIN: &str = "the adapter has connected again";
/// Messages put together before they are sent.
const BATCH: usize = 256;

/// Where the host listens for its adapter.
#[derive(Clone, Debug, serde::Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RemoteConfig {
    /// Such as `127.0.0.1:7077`. Nothing is encrypted: it belongs on loopback or in a tunnel.
    #[serde(default = "listen")]
    pub listen: SocketAddr,
    /// The file that holds the token which the adapter shows. Not open to everybody (mode 0600).
    pub token_file: PathBuf,
}

fn listen() -> SocketAddr {
    SocketAddr::from(([127, 0, 0, 1], 7077))
}

/// How a [`Remote`] behaves: for tests.
#[derive(Clone, Copy, Debug)]
pub struct RemoteLimits {
    /// When a silent adapter is lost.
    pub beat: Beat,
    /// How many commands are kept for it.
    pub commands: usize,
}

impl Default for RemoteLimits {
    fn default() -> Self {
        Self { beat: Beat::default(), commands: COMMANDS }
    }
}

/// A PBX whose adapter is a process of its own.
///
/// `Lost` when its connection goes, `Synced` when it is back. If both processes live on, everything
/// that happened meanwhile is told, in its order, before that `Synced`; commands sent meanwhile are
/// carried out. Else the PBX is the truth, and of the commands that nobody acknowledged those are
/// sent that may be repeated.
pub struct Remote {
    shared: Arc<Shared>,
    address: SocketAddr,
    /// Ended when dropped.
    _tasks: JoinSet<()>,
}

struct Shared {
    sink: PbxSink,
    token: Token,
    limits: RemoteLimits,
    /// Held while events go to the sink, so that none overtakes another. Goes before `state`.
    delivery: Mutex<()>,
    /// For whoever waits for the adapter.
    up: watch::Sender<bool>,
    state: Mutex<State>,
}

struct State {
    /// As the adapter knows this host.
    instance: Instance,
    /// Numbers the connections; only the last one counts.
    connection: u64,
    up: bool,
    /// The connection is to end, and why.
    close: Option<String>,
    /// Nobody is let in: for tests.
    shut: bool,
    wake: Arc<Notify>,
    /// Whose session it is.
    adapter: Option<Hello>,
    /// Commands were forgotten: the session cannot go on.
    forfeited: bool,
    /// The session's first `synced` has come.
    synced: bool,
    commands: Outbox<PbxCommand>,
    /// The number of the last command that was added.
    last: u64,
    events: Inbox,
    /// Legs that were dialled and have not ended, with the number of the command: a list that was
    /// made before that does not speak of them.
    dialled: HashMap<LegId, u64>,
    /// What is not numbered.
    notes: VecDeque<ToAdapter>,
    questions: BTreeMap<u64, Question>,
    asked: u64,
}

enum Question {
    Alive(oneshot::Sender<Vec<AliveLeg>>),
    Stage(oneshot::Sender<Staged>),
}

impl Remote {
    /// Listens for the adapter.
    ///
    /// # Errors
    /// The token cannot be used, or the address cannot be listened at.
    pub async fn start(config: &RemoteConfig, sink: PbxSink) -> Result<Self> {
        let token = Token::read(&config.token_file).context("remote.token_file")?;
        Self::start_with(config.listen, token, RemoteLimits::default(), sink).await
    }

    /// As [`Remote::start`], with everything said.
    ///
    /// # Errors
    /// The address cannot be listened at.
    pub async fn start_with(
        listen: SocketAddr,
        token: Token,
        limits: RemoteLimits,
        sink: PbxSink,
    ) -> Result<Self> {
        let listener = TcpListener::bind(listen)
            .await
            .with_context(|| format!("cannot listen for the adapter at {listen}"))?;
        let address = listener.local_addr()?;
        let shared = Arc::new(Shared {
            sink,
            token,
            limits,
            delivery: Mutex::default(),
            up: watch::Sender::new(false),
            state: Mutex::new(State {
                instance: Instance::new(),
                connection: 0,
                up: false,
                close: None,
                shut: false,
                wake: Arc::default(),
                adapter: None,
                forfeited: false,
                synced: false,
                commands: Outbox::new(limits.commands),
                last: 0,
                events: Inbox::default(),
                dialled: HashMap::new(),
                notes: VecDeque::new(),
                questions: BTreeMap::new(),
                asked: 0,
            }),
        });
        let mut tasks = JoinSet::new();
        tasks.spawn(let_in(listener, shared.clone()));
        tracing::info!(%address, "waiting for the adapter");
        Ok(Self { shared, address, _tasks: tasks })
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Cuts the connection, and lets the adapter come back after so long: for tests.
    pub async fn cut(&self, length: Duration) {
        {
            let mut state = self.shared.state();
            state.shut = true;
            state.close("cut for a test".to_owned());
        }
        self.shared.up.subscribe().wait_for(|up| !up).await.ok();
        sleep(length).await;
        self.shared.state().shut = false;
    }

    /// Cuts the connection, and lets the adapter come back after so long to a new host that knows
    /// nothing of the one before: for tests.
    pub async fn renew(&self, length: Duration) {
        self.cut(length).await;
        let mut state = self.shared.state();
        state.instance = Instance::new();
        state.commands.take_all();
    }

    /// Has callers and phones act: for tests.
    ///
    /// # Errors
    /// The adapter is not there, does not offer it, or does not answer.
    pub async fn stage(&self, act: Act) -> Result<Staged> {
        let what = "cannot stage a test";
        let offers = self
            .shared
            .state()
            .adapter
            .as_ref()
            .is_some_and(|adapter| adapter.offers.contains(&Offer::Stage));
        if !offers {
            bail!("{what}: the adapter does not offer `stage`");
        }
        self.shared.ask(what, Question::Stage, |id| ToAdapter::Stage { id, act }).await
    }

    /// What the adapter said of itself when it connected last; none: there has been none yet.
    pub fn adapter(&self) -> Option<Hello> {
        self.shared.state().adapter.clone()
    }

    /// Whether it is connected.
    pub fn connected(&self) -> watch::Receiver<bool> {
        self.shared.up.subscribe()
    }
}

impl Pbx for Remote {
    fn name(&self) -> &str {
        "remote"
    }

    fn send(&self, command: PbxCommand) {
        self.shared.state().send(command);
    }

    fn alive(&self) -> BoxFuture<'_, Result<Vec<AliveLeg>>> {
        Box::pin(self.shared.ask(
            "cannot ask the adapter which calls are alive",
            Question::Alive,
            |id| ToAdapter::Alive { id },
        ))
    }
}

impl State {
    fn send(&mut self, command: PbxCommand) {
        let dialled = match &command {
            PbxCommand::Dial { leg, .. } => Some(leg.clone()),
            _ => None,
        };
        if let Err(Full(command)) = self.commands.push(command) {
            return self.forfeit(command);
        }
        self.last += 1;
        if let Some(leg) = dialled {
            self.dialled.insert(leg, self.last);
        }
        if self.up {
            self.wake.notify_one();
        }
    }

    /// There is no room for a command: the session is over, and of its commands only those stay
    /// that a new one may repeat.
    fn forfeit(&mut self, command: PbxCommand) {
        if !mem::replace(&mut self.forfeited, true) {
            tracing::error!("the adapter has not taken too many commands: it has to begin anew");
        }
        self.close("too many commands are not acknowledged".to_owned());
        self.commands.restart(PbxCommand::may_repeat);
        if let Err(Full(command)) = self.commands.push(command) {
            self.commands.restart(|_| false);
            let _ = self.commands.push(command);
        }
    }

    /// Ends the connection.
    fn close(&mut self, why: String) {
        self.close.get_or_insert(why);
        self.wake.notify_one();
    }

    /// A new session.
    fn begin(&mut self) {
        self.commands.restart(PbxCommand::may_repeat);
        self.last = self.commands.pending().count() as u64;
        self.events = Inbox::default();
        self.dialled.clear();
        (self.forfeited, self.synced) = (false, false);
    }

    /// A list that was made after so many commands, made whole: legs dialled since are alive too.
    fn complete(&self, ack: u64, alive: &mut Vec<AliveLeg>) {
        let mut since: Vec<&LegId> =
            self.dialled.iter().filter(|(_, seq)| **seq > ack).map(|(leg, _)| leg).collect();
        since.retain(|leg| alive.iter().all(|listed| listed.leg != **leg));
        since.sort();
        alive.extend(since.into_iter().map(|leg| AliveLeg {
            leg: leg.clone(),
            state: LegState::Down,
            conversation: None,
            arrived: None,
            age: Duration::ZERO,
        }));
    }

    /// Takes an event; none: it had come before.
    fn event(
        &mut self,
        seq: u64,
        ack: u64,
        mut event: PbxEvent,
    ) -> Result<Option<PbxEvent>, Parting> {
        if !self.synced && !matches!(event, PbxEvent::Synced { .. }) {
            return Err(Parting::refuse("a new session begins with the event `synced`"));
        }
        self.acknowledged(ack)?;
        let new = self.events.take(seq);
        let new = new.map_err(|gap| {
            Parting::refuse(format!("event {} is missing: {} came", gap.expected, gap.came))
        })?;
        if !new {
            return Ok(None);
        }
        match &mut event {
            PbxEvent::Ended(ended) => drop(self.dialled.remove(&ended.leg)),
            PbxEvent::Synced { alive } => {
                self.synced = true;
                self.complete(ack, alive);
                if !self.dialled.is_empty() {
                    let listed: std::collections::HashSet<&LegId> =
                        alive.iter().map(|leg| &leg.leg).collect();
                    self.dialled.retain(|leg, _| listed.contains(leg));
                }
            }
            _ => {}
        }
        Ok(Some(event))
    }

    fn acknowledged(&mut self, ack: u64) -> Result<(), Parting> {
        match self.commands.acknowledge(ack) {
            true => Ok(()),
            false => Err(Parting::refuse(format!(
                "command {ack} is acknowledged and was not sent on this connection"
            ))),
        }
    }
}

impl Shared {
    /// Maps and queues are whole between any two of their operations, also if a holder of the lock
    /// panicked.
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn delivery(&self) -> MutexGuard<'_, ()> {
        self.delivery.lock().unwrap_or_else(PoisonError::into_inner)
    }

    async fn ask<T>(
        &self,
        what: &str,
        question: fn(oneshot::Sender<T>) -> Question,
        note: impl FnOnce(u64) -> ToAdapter,
    ) -> Result<T> {
        let (sender, answer) = oneshot::channel();
        {
            let mut state = self.state();
            if !state.up {
                bail!("{what}: it is not connected");
            }
            state.asked += 1;
            let id = state.asked;
            state.questions.insert(id, question(sender));
            state.notes.push_back(note(id));
            state.wake.notify_one();
        }
        let answer = timeout(ANSWER, answer)
            .await
            .with_context(|| format!("{what}: no answer within {ANSWER:?}"))?;
        answer.map_err(|_| anyhow!("{what}: the connection was lost, or the answer was another"))
    }

    /// Lets an adapter in, or says why not.
    fn admit(self: &Arc<Self>, hello: Hello) -> Result<Connection, String> {
        let _delivery = self.delivery();
        let mut state = self.state();
        if hello.name.is_empty() || hello.name.len() > 64 || hello.name.contains(char::is_control) {
            return Err(
                "the adapter's name must have 1 to 64 bytes and no control characters".to_owned()
            );
        }
        if state.up {
            let there =
                state.adapter.as_ref().map(|adapter| adapter.name.clone()).unwrap_or_default();
            if there != hello.name {
                return Err(format!("the adapter {there:?} is connected, and a host has one"));
            }
            // Its connection may be dead and nobody noticed.
            state.close(AGAIN.to_owned());
            drop(state);
            self.leave(AGAIN);
            state = self.state();
        }
        let same = state.adapter.as_ref().is_some_and(|adapter| adapter.instance == hello.instance);
        let resumed = same
            && hello.host.as_ref() == Some(&state.instance)
            && !state.forfeited
            && state.commands.may_have(hello.ack);
        match resumed {
            true => state.commands.resume_after(hello.ack),
            false => state.begin(),
        }
        let welcome = Welcome { host: state.instance.clone(), resumed, ack: state.events.last() };
        tracing::info!(name = hello.name, instance = %hello.instance, resumed, "the adapter is connected");
        state.connection += 1;
        (state.up, state.close, state.wake) = (true, None, Arc::default());
        state.adapter = Some(hello);
        self.up.send_replace(true);
        state.notes = [ToAdapter::Welcome(welcome)].into();
        Ok(Connection { shared: self.clone(), number: state.connection, wake: state.wake.clone() })
    }

    /// The connection is gone. The caller holds `delivery`.
    fn leave(&self, why: &str) {
        {
            let mut state = self.state();
            state.up = false;
            state.questions.clear();
            self.up.send_replace(false);
        }
        tracing::error!(why, "the adapter is lost");
        (self.sink)(PbxEvent::Lost { why: why.to_owned() });
    }
}

/// A connection that was let in.
struct Connection {
    shared: Arc<Shared>,
    number: u64,
    wake: Arc<Notify>,
}

impl Connection {
    /// The state, if the connection still counts.
    fn state(&self) -> Result<MutexGuard<'_, State>, Parting> {
        let state = self.shared.state();
        match &state.close {
            _ if state.connection != self.number => Err(Parting::refuse(AGAIN)),
            Some(why) => Err(Parting::refuse(why.clone())),
            None => Ok(state),
        }
    }
}

impl End for Connection {
    fn outgoing(&self, batch: &mut Vec<String>, due: bool) -> Result<(), Parting> {
        let mut state = self.state()?;
        let say = |message: &ToAdapter| {
            serde_json::to_string(message)
                .map_err(|error| Parting::refuse(format!("cannot say it: {error}")))
        };
        while let Some(note) = state.notes.pop_front() {
            batch.push(say(&note)?);
        }
        while batch.len() < BATCH
            && let Some((seq, command)) = state.commands.send_next()
        {
            batch.push(say(&ToAdapter::Command { seq, command: command.clone() })?);
        }
        if (due || !batch.is_empty())
            && let Some(ack) = state.events.acknowledge()
        {
            batch.push(say(&ToAdapter::Ack { ack })?);
        }
        Ok(())
    }

    fn incoming(&self, text: &str) -> Result<(), Parting> {
        let message: ToHost = serde_json::from_str(text).map_err(|error| {
            Parting::refuse(format!("no message of the protocol: {error}: {}", excerpt(text)))
        })?;
        let _delivery = self.shared.delivery();
        let mut state = self.state()?;
        match message {
            ToHost::Hello(_) => return Err(Parting::refuse("`hello` is said once, first")),
            ToHost::Ack { ack } => state.acknowledged(ack)?,
            ToHost::Event { seq, ack, event } => {
                if let Some(event) = state.event(seq, ack, event)? {
                    drop(state);
                    (self.shared.sink)(event);
                }
            }
            ToHost::Alive { id, ack, mut alive } => {
                if let Some(Question::Alive(sender)) = state.questions.remove(&id) {
                    state.complete(ack, &mut alive);
                    let _ = sender.send(alive);
                }
            }
            ToHost::Staged { id, result } => {
                if let Some(Question::Stage(sender)) = state.questions.remove(&id) {
                    let _ = sender.send(result);
                }
            }
        }
        Ok(())
    }

    fn owed(&self) -> u64 {
        self.shared.state().events.owed()
    }

    fn farewell(&self, why: &str) -> Option<String> {
        Some(refusal(why))
    }

    fn wake(&self) -> &Notify {
        &self.wake
    }
}

fn refusal(why: &str) -> String {
    serde_json::to_string(&ToAdapter::Refused { why: why.to_owned() }).unwrap_or_default()
}

/// The beginning of what was said, for whoever writes the adapter.
fn excerpt(text: &str) -> String {
    text.chars().take(80).collect()
}

/// Lets adapters in until the host ends.
async fn let_in(listener: TcpListener, shared: Arc<Shared>) {
    let mut connections = JoinSet::new();
    loop {
        tokio::select! {
            accepted = listener.accept(), if connections.len() < CONNECTIONS => match accepted {
                Ok(_) if shared.state().shut => {}
                Ok((stream, from)) => {
                    let shared = shared.clone();
                    connections.spawn(async move {
                        if let Err(error) = serve(stream, &shared).await {
                            tracing::warn!(%from, "an adapter was turned away: {error:#}");
                        }
                    });
                }
                Err(error) => {
                    tracing::error!(%error, "cannot take a connection");
                    sleep(Duration::from_millis(100)).await;
                }
            },
            Some(_) = connections.join_next() => {}
        }
    }
}

/// One connection, to its end. An error: it was not let in.
async fn serve(stream: TcpStream, shared: &Arc<Shared>) -> Result<()> {
    let mut socket = socket::accept(stream, &shared.token).await?;
    let first = socket::first(&mut socket).await?;
    let connection = hello(&first).and_then(|hello| shared.admit(hello));
    let connection = match connection {
        Ok(connection) => connection,
        Err(why) => {
            socket::turn_away(socket, refusal(&why), &why).await;
            bail!(why);
        }
    };
    converse(socket, connection, shared.limits.beat).await;
    Ok(())
}

async fn converse(socket: Socket, connection: Connection, beat: Beat) {
    let why = socket::converse(socket, &connection, beat).await;
    let _delivery = connection.shared.delivery();
    let state = connection.shared.state();
    if state.connection == connection.number && state.up {
        drop(state);
        connection.shared.leave(&why);
    }
}

/// Understands the first message. Its version goes before all else: a newer one may look different.
fn hello(text: &str) -> Result<Hello, String> {
    let error = |error: serde_json::Error| {
        format!("the first message must be `hello`: {error}: {}", excerpt(text))
    };
    let value: serde_json::Value = serde_json::from_str(text).map_err(error)?;
    match value.get("protocol").and_then(serde_json::Value::as_u64) {
        Some(version) if version != u64::from(PROTOCOL) => {
            return Err(format!(
                "the adapter speaks version {version} of the protocol, this host version {PROTOCOL}: update the older of the two"
            ));
        }
        _ => {}
    }
    match serde_json::from_value(value).map_err(error)? {
        ToHost::Hello(hello) => Ok(hello),
        _ => Err(format!("the first message must be `hello`: {}", excerpt(text))),
    }
}

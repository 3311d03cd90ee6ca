//! Connections of adapters: who is let in, and what becomes of the session when one goes.

use super::{
    config::RemoteLimits,
    door::Door,
    session::{Heard, Question, State},
};
use crate::{
    list::Part,
    protocol::{Hello, PROTOCOL, ToAdapter, ToHost, Welcome},
    socket::{self, Beat, End, Parting, Socket},
    token::Token,
};
use anyhow::{Context, Result, anyhow, bail};
use std::{
    convert::Infallible,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};
use strowger_model::strangers::Logged;
use strowger_pbx::port::{PbxEvent, PbxSink};
use tokio::{
    net::{TcpListener, TcpStream},
    sync::{Notify, oneshot, watch},
    task::JoinSet,
    time::{sleep, timeout},
};

/// How long an adapter may take to answer a question.
const ANSWER: Duration = Duration::from_secs(10);
/// Why a connection ends that another takes the place of.
const AGAIN: &str = "the adapter has connected again";
/// Messages put together before they are sent.
const BATCH: usize = 256;

/// What the connections and the [`Remote`](super::Remote) share.
pub(super) struct Shared {
    pub(super) sink: PbxSink,
    pub(super) token: Token,
    pub(super) limits: RemoteLimits,
    /// Held while events go to the sink, so that none overtakes another. Goes before `state`.
    pub(super) delivery: Mutex<()>,
    /// For whoever waits for the adapter.
    pub(super) up: watch::Sender<bool>,
    pub(super) state: Mutex<State>,
}

impl Shared {
    /// Maps and queues are whole between any two of their operations, also if a holder of the lock
    /// panicked.
    pub(super) fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn delivery(&self) -> MutexGuard<'_, ()> {
        self.delivery.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) async fn ask<T>(
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
        tracing::error!(why, "the connection to the adapter is lost");
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
            ToHost::Event { seq, ack, more, event } => {
                let heard = Heard { seq, ack, more, size: text.len(), event };
                if let Some(event) = state.event(heard)? {
                    drop(state);
                    (self.shared.sink)(event);
                }
            }
            ToHost::Alive { id, ack, more, alive } => {
                state.alive(id, Part { ack, alive, more, size: text.len() })?;
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
pub(super) async fn let_in(listener: TcpListener, shared: Arc<Shared>) {
    let mut connections = JoinSet::new();
    let mut door = Door::default();
    loop {
        tokio::select! {
            accepted = listener.accept() => match accepted {
                Ok(_) if shared.state().shut => {}
                Ok((stream, from)) => {
                    let (shared, stranger) = (shared.clone(), door.enter());
                    connections.spawn(async move {
                        if let Err(error) = serve(stream, stranger, &shared).await {
                            tracing::warn!(%from, "an adapter was refused: {}", Logged(format!("{error:#}")));
                        }
                    });
                }
                Err(error) => {
                    tracing::error!(%error, "cannot accept a connection");
                    sleep(Duration::from_millis(100)).await;
                }
            },
            Some(_) = connections.join_next() => {}
        }
    }
}

/// One connection, to its end. An error: it was not let in.
async fn serve(
    stream: TcpStream,
    stranger: oneshot::Receiver<Infallible>,
    shared: &Arc<Shared>,
) -> Result<()> {
    let mut socket = tokio::select! {
        biased;
        accepted = socket::accept(stream, &shared.token) => accepted?,
        _ = stranger => return Ok(()),
    };
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
pub(super) fn hello(text: &str) -> Result<Hello, String> {
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

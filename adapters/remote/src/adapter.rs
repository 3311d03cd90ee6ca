//! The adapter's side: a PBX of this process for a host in another.

use super::{
    link::{Full, Inbox, Outbox},
    list,
    protocol::{Act, Hello, Instance, Offer, PROTOCOL, Staged, ToAdapter, ToHost, Welcome},
    socket::{self, Beat, End, Parting, Socket},
    token::Token,
};
use anyhow::anyhow;
use futures_util::SinkExt;
use std::{
    collections::{HashSet, VecDeque},
    mem,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};
use strowger_pbx::port::{LegId, Pbx, PbxEvent, PbxSink};
use tokio::{
    sync::{Notify, watch},
    time::sleep,
};
use tokio_tungstenite::tungstenite::Message;

/// Events that wait or are not acknowledged. Beyond it the session is at its end.
const EVENTS: usize = 65_536;
/// Ends of plays that are kept for the host of a new session.
const PLAYS: usize = 16_384;
/// Messages put together before they are sent.
const BATCH: usize = 256;
/// The first wait before connecting again, and the longest: when nobody answers, and when the host
/// does not want this adapter.
const BACKOFF: (Duration, Duration) = (Duration::from_millis(50), Duration::from_millis(500));
const UNWANTED: Duration = Duration::from_secs(5);

/// What an adapter process does at its PBX.
pub trait Provider: Pbx {
    /// Tells `Synced`, in the order of its events. What was sent before is in the list.
    fn resync(&self);

    /// A host is there from now on, or is not: calls that come in while none is take the PBX's own
    /// route.
    fn attend(&self, there: bool);

    /// What it can do for tests.
    fn offers(&self) -> Vec<Offer> {
        Vec::new()
    }

    /// Does something for a test.
    fn stage(&self, act: Act) -> Staged {
        Staged::Failed { why: format!("it cannot: {act:?}") }
    }
}

/// The link to a host. Made before the provider, which needs its sink.
pub struct Adapter {
    shared: Arc<Shared>,
}

struct Shared {
    name: String,
    instance: Instance,
    state: Mutex<State>,
    connected: watch::Sender<bool>,
    wake: Notify,
}

struct State {
    /// The host of the session; none: there is no session to go on with.
    host: Option<Instance>,
    /// Of this session nothing has been told yet: it begins with `Synced`.
    silent: bool,
    close: Option<&'static str>,
    events: Outbox<Told>,
    commands: Inbox,
    /// The commands received at each question for `Synced`.
    asked: VecDeque<u64>,
    /// Ends of plays that no session has told. A new one begins with those of legs that are alive.
    played: VecDeque<PbxEvent>,
    notes: VecDeque<ToHost>,
}

/// An event of the session.
struct Told {
    /// The last command received when it came about.
    ack: u64,
    /// A list that goes on in the next event.
    more: bool,
    event: PbxEvent,
}

impl Adapter {
    /// A link that is not connected. The name is for the host's log.
    pub fn new(name: &str) -> Self {
        Self::with_room(name, EVENTS)
    }

    /// As [`Adapter::new`], for so many events that are not acknowledged.
    pub fn with_room(name: &str, events: usize) -> Self {
        let state = State {
            host: None,
            silent: true,
            close: None,
            events: Outbox::new(events),
            commands: Inbox::default(),
            asked: VecDeque::new(),
            played: VecDeque::new(),
            notes: VecDeque::new(),
        };
        let shared = Shared {
            name: name.to_owned(),
            instance: Instance::new(),
            state: Mutex::new(state),
            connected: watch::Sender::new(false),
            wake: Notify::new(),
        };
        Self { shared: Arc::new(shared) }
    }

    /// Where the provider puts its events.
    pub fn sink(&self) -> PbxSink {
        let shared = self.shared.clone();
        Arc::new(move |event| {
            shared.state().tell(event);
            shared.wake.notify_one();
        })
    }

    /// Whether a host is there.
    pub fn connected(&self) -> watch::Receiver<bool> {
        self.shared.connected.subscribe()
    }

    /// Connects the provider, and again whenever the connection is lost, for ever.
    pub async fn run(self, url: &str, token: &Token, provider: Arc<dyn Provider>, beat: Beat) {
        provider.attend(false);
        let mut wait = BACKOFF.0;
        let mut last = String::new();
        loop {
            let (next, why) = match self.dial(url, token, &*provider).await {
                Ok(socket) => {
                    let end = Connection { shared: &self.shared, provider: &provider };
                    let why = socket::converse(socket, &end, beat).await;
                    provider.attend(false);
                    self.shared.connected.send_replace(false);
                    last.clear();
                    (BACKOFF.0, why)
                }
                Err(Failed::Unwanted(why)) => (UNWANTED, why),
                Err(Failed::Nobody(why)) => ((wait * 2).min(BACKOFF.1), format!("{why:#}")),
            };
            if why != last {
                tracing::warn!(url, "there is no connection to the host: {why}");
            }
            last = why;
            wait = next;
            sleep(wait).await;
        }
    }

    /// A connection on which the host has said `welcome`.
    async fn dial(
        &self,
        url: &str,
        token: &Token,
        provider: &dyn Provider,
    ) -> Result<Socket, Failed> {
        let mut socket = socket::connect(url, token).await.map_err(Failed::Nobody)?;
        let hello = ToHost::Hello(self.shared.hello(provider.offers()));
        let hello = serde_json::to_string(&hello).map_err(|error| Failed::Nobody(error.into()))?;
        socket.send(Message::text(hello)).await.map_err(|error| Failed::Nobody(error.into()))?;
        let first = socket::first(&mut socket).await.map_err(Failed::Nobody)?;
        let welcome = match serde_json::from_str(&first) {
            Ok(ToAdapter::Welcome(welcome)) => welcome,
            Ok(ToAdapter::Refused { why }) => {
                return Err(Failed::Unwanted(format!("the host refuses: {why}")));
            }
            _ => return Err(Failed::Unwanted("the host does not speak this protocol".to_owned())),
        };
        tracing::info!(url, host = %welcome.host, resumed = welcome.resumed, "connected");
        if !self.shared.state().begin(welcome) {
            return Err(Failed::Nobody(anyhow!(
                "the session was forgotten while the host took it up again"
            )));
        }
        provider.attend(true);
        self.shared.ask_sync();
        provider.resync();
        self.shared.connected.send_replace(true);
        Ok(socket)
    }
}

/// Why there is no connection.
enum Failed {
    Nobody(anyhow::Error),
    Unwanted(String),
}

impl State {
    /// Something happened at the PBX.
    fn tell(&mut self, event: PbxEvent) {
        match event {
            event if self.host.is_none() => self.keep(event),
            PbxEvent::Synced { alive } => {
                let ack = self.asked.pop_front().unwrap_or_else(|| self.commands.last());
                self.silent = false;
                let mut played = mem::take(&mut self.played);
                if !played.is_empty() {
                    let listed: HashSet<&LegId> = alive.iter().map(|leg| &leg.leg).collect();
                    played.retain(|event| event.leg().is_some_and(|leg| listed.contains(leg)));
                }
                for (alive, more) in list::parts(alive) {
                    self.add(Told { ack, more, event: PbxEvent::Synced { alive } });
                }
                played.into_iter().for_each(|event| self.tell(event));
            }
            event if !self.silent => {
                self.add(Told { ack: self.commands.last(), more: false, event });
            }
            event => self.keep(event),
        }
    }

    /// A new session begins with what is alive; of all else only the ends of plays are told later.
    fn keep(&mut self, event: PbxEvent) {
        if let PbxEvent::Played { .. } = event {
            if self.played.len() >= PLAYS {
                self.played.pop_front();
            }
            self.played.push_back(event);
        }
    }

    /// Adds an event to the session, if there still is one.
    fn add(&mut self, told: Told) {
        if self.host.is_none() {
            return self.keep(told.event);
        }
        if let Err(Full(told)) = self.events.push(told) {
            tracing::error!(
                "too many events are not acknowledged by the host: a new session begins"
            );
            self.close = Some("too many events are not acknowledged");
            self.forget();
            self.keep(told.event);
        }
    }

    /// The session cannot go on.
    fn forget(&mut self) {
        (self.host, self.silent) = (None, true);
        self.asked.clear();
        for told in self.events.take_all() {
            self.keep(told.event);
        }
    }

    /// The host has said welcome. False: it would go on with a session that was forgotten since
    /// `hello`.
    fn begin(&mut self, welcome: Welcome) -> bool {
        if welcome.resumed {
            if self.host.as_ref() != Some(&welcome.host) {
                return false;
            }
            self.events.resume_after(welcome.ack);
        } else {
            self.forget();
            self.commands = Inbox::default();
        }
        self.host = Some(welcome.host);
        self.close = None;
        self.notes.clear();
        true
    }
}

impl Shared {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn hello(&self, offers: Vec<Offer>) -> Hello {
        let state = self.state();
        Hello {
            protocol: PROTOCOL,
            name: self.name.clone(),
            instance: self.instance.clone(),
            host: state.host.clone(),
            ack: state.commands.last(),
            offers,
        }
    }

    fn ask_sync(&self) {
        let mut state = self.state();
        let received = state.commands.last();
        state.asked.push_back(received);
    }
}

struct Connection<'a> {
    shared: &'a Arc<Shared>,
    provider: &'a Arc<dyn Provider>,
}

impl Connection<'_> {
    fn take(&self, message: ToAdapter) -> Result<(), Parting> {
        let mut state = self.shared.state();
        match message {
            ToAdapter::Welcome(_) => return Err(Parting::refuse("`welcome` is said once, first")),
            ToAdapter::Refused { why } => {
                return Err(Parting::refuse(format!("the host refuses: {why}")));
            }
            ToAdapter::Ack { ack } => {
                if !state.events.acknowledge(ack) {
                    return Err(Parting::refuse(format!(
                        "event {ack} is acknowledged and was not sent on this connection"
                    )));
                }
            }
            ToAdapter::Command { seq, command } => {
                let new = state.commands.take(seq);
                let new = new.map_err(|gap| {
                    Parting::refuse(format!(
                        "command {} is missing: {} came",
                        gap.expected, gap.came
                    ))
                })?;
                drop(state);
                if new {
                    self.provider.send(command);
                }
            }
            ToAdapter::Alive { id } => {
                let ack = state.commands.last();
                let (shared, provider) = (self.shared.clone(), self.provider.clone());
                tokio::spawn(async move {
                    match provider.alive().await {
                        Ok(alive) => list::parts(alive).for_each(|(alive, more)| {
                            shared.note(ToHost::Alive { id, ack, more, alive });
                        }),
                        Err(error) => tracing::error!("cannot list what is alive: {error:#}"),
                    }
                });
            }
            ToAdapter::Stage { id, act } => {
                drop(state);
                let result = self.provider.stage(act);
                self.shared.note(ToHost::Staged { id, result });
            }
        }
        Ok(())
    }
}

impl Shared {
    fn note(&self, note: ToHost) {
        self.state().notes.push_back(note);
        self.wake.notify_one();
    }
}

impl End for Connection<'_> {
    fn outgoing(&self, batch: &mut Vec<String>, due: bool) -> Result<(), Parting> {
        let mut state = self.shared.state();
        if let Some(why) = state.close {
            return Err(Parting::refuse(why));
        }
        let say = |message: &ToHost| {
            serde_json::to_string(message)
                .map_err(|error| Parting::refuse(format!("cannot say it: {error}")))
        };
        while batch.len() < BATCH
            && let Some((seq, Told { ack, more, event })) = state.events.send_next()
        {
            let (ack, more, event) = (*ack, *more, event.clone());
            batch.push(say(&ToHost::Event { seq, ack, more, event })?);
        }
        while let Some(note) = state.notes.pop_front() {
            batch.push(say(&note)?);
        }
        if (due || !batch.is_empty())
            && let Some(ack) = state.commands.acknowledge()
        {
            batch.push(say(&ToHost::Ack { ack })?);
        }
        Ok(())
    }

    fn incoming(&self, text: &str) -> Result<(), Parting> {
        match serde_json::from_str(text) {
            Ok(message) => self.take(message),
            Err(error) => Err(Parting::refuse(format!("no message of the protocol: {error}"))),
        }
    }

    fn owed(&self) -> u64 {
        self.shared.state().commands.owed()
    }

    fn farewell(&self, _: &str) -> Option<String> {
        None
    }

    fn wake(&self) -> &Notify {
        &self.shared.wake
    }
}

//! A proxy between a host and its adapter that plays tricks with whole messages: TCP stays intact,
//! so that only the protocol's numbers can notice.
//!
//! Only numbered messages and acknowledgements are tampered with, never the greeting; pings are not
//! passed on but answered, unless the proxy stalls.

use anyhow::{Context, Result};
use futures_util::{Sink, SinkExt, Stream, StreamExt};
use std::{
    collections::VecDeque,
    net::SocketAddr,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};
use strowger_remote::protocol::PATH;
use tokio::{
    net::{TcpListener, TcpStream},
    runtime::Handle,
    sync::watch,
    task::JoinHandle,
};
use tokio_tungstenite::{
    accept_async, client_async,
    tungstenite::{
        Error, Message,
        client::IntoClientRequest,
        http::{HeaderValue, header::AUTHORIZATION},
    },
};

/// What the adapter shows.
pub(super) const TOKEN: &str = "a-token-that-only-tests-know";

/// What becomes of the next message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Trick {
    /// It comes twice.
    Twice,
    /// It is lost.
    Lost,
    /// It comes after the next.
    Late,
}

/// Whose messages.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Way {
    /// Events.
    ToHost,
    /// Commands.
    ToAdapter,
}

/// How the proxy is.
#[derive(Clone, Copy, Default, PartialEq, Eq)]
struct Mood {
    /// Connections of before this number are cut.
    epoch: u64,
    /// Nobody is let in.
    shut: bool,
    /// Nothing passes, and nothing is lost.
    stalled: bool,
    /// What the adapter says is lost.
    deaf: bool,
}

/// The proxy. Gone when dropped.
pub(super) struct Proxy {
    shared: Arc<Shared>,
    address: SocketAddr,
    task: JoinHandle<()>,
}

struct Shared {
    mood: watch::Sender<Mood>,
    tricks: Mutex<Tricks>,
}

#[derive(Default)]
struct Tricks {
    host: Option<SocketAddr>,
    to_host: VecDeque<Trick>,
    to_adapter: VecDeque<Trick>,
}

impl Proxy {
    pub(super) fn start(runtime: &Handle) -> Result<Self> {
        let listener = runtime.block_on(TcpListener::bind(("127.0.0.1", 0)))?;
        let address = listener.local_addr()?;
        let shared = Arc::new(Shared { mood: watch::Sender::default(), tricks: Mutex::default() });
        let task = runtime.spawn({
            let shared = shared.clone();
            async move {
                while let Ok((stream, _)) = listener.accept().await {
                    let shared = shared.clone();
                    tokio::spawn(async move { shared.pass(stream).await });
                }
            }
        });
        Ok(Self { shared, address, task })
    }

    /// Where the adapter connects.
    pub(super) fn url(&self) -> String {
        format!("ws://{}{PATH}", self.address)
    }

    /// The host is there now.
    pub(super) fn lead_to(&self, host: Option<SocketAddr>) {
        self.shared.tricks().host = host;
    }

    /// Cuts the connection and lets nobody in for a while.
    pub(super) fn cut(&self, length: Duration) {
        self.change(|mood| (mood.epoch, mood.shut) = (mood.epoch + 1, true));
        std::thread::sleep(length);
        self.change(|mood| mood.shut = false);
    }

    /// Lets nothing through for a while.
    pub(super) fn stall(&self, length: Duration) {
        self.change(|mood| mood.stalled = true);
        std::thread::sleep(length);
        self.change(|mood| mood.stalled = false);
    }

    /// What the adapter says is lost from now on, or not any more.
    pub(super) fn deaf(&self, deaf: bool) {
        self.change(|mood| mood.deaf = deaf);
    }

    /// Plays tricks on the next messages of a way.
    pub(super) fn play(&self, way: Way, tricks: &[Trick]) {
        self.shared.tricks().of(way).extend(tricks);
    }

    /// Plays no tricks any more. What was lost last may be noticed by nobody: the connection
    /// breaks, as one does on which messages are lost.
    pub(super) fn play_no_more(&self) {
        *self.shared.tricks().of(Way::ToHost) = VecDeque::new();
        *self.shared.tricks().of(Way::ToAdapter) = VecDeque::new();
        self.change(|mood| mood.epoch += 1);
    }

    /// Nothing goes wrong any more.
    pub(super) fn calm(&self) {
        self.play_no_more();
        self.change(|mood| *mood = Mood { epoch: mood.epoch, ..Mood::default() });
    }

    fn change(&self, change: impl FnOnce(&mut Mood)) {
        self.shared.mood.send_modify(change);
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.task.abort();
        self.change(|mood| (mood.epoch, mood.shut) = (mood.epoch + 1, true));
    }
}

impl Tricks {
    fn of(&mut self, way: Way) -> &mut VecDeque<Trick> {
        match way {
            Way::ToHost => &mut self.to_host,
            Way::ToAdapter => &mut self.to_adapter,
        }
    }
}

impl Shared {
    fn tricks(&self) -> MutexGuard<'_, Tricks> {
        self.tricks.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// One connection of the adapter, to its end.
    async fn pass(&self, stream: TcpStream) {
        let (epoch, mut mood) = (self.mood.borrow().epoch, self.mood.subscribe());
        let broken = async { drop(mood.wait_for(|mood| mood.epoch != epoch || mood.shut).await) };
        tokio::select! {
            // Both sides notice by themselves.
            _ = self.between(stream) => {}
            () = broken => {}
        }
    }

    async fn between(&self, stream: TcpStream) -> Result<()> {
        let host = self.tricks().host.context("there is no host")?;
        let onward = TcpStream::connect(host).await?;
        stream.set_nodelay(true)?;
        onward.set_nodelay(true)?;
        let mut request = format!("ws://{host}{PATH}").into_client_request()?;
        request
            .headers_mut()
            .insert(AUTHORIZATION, HeaderValue::from_str(&format!("Bearer {TOKEN}"))?);
        let (onward, _) = client_async(request, onward).await?;
        let (to_adapter, from_adapter) = accept_async(stream).await?.split();
        let (to_host, from_host) = onward.split();
        tokio::select! {
            ended = self.pump(Way::ToHost, from_adapter, to_host) => ended,
            ended = self.pump(Way::ToAdapter, from_host, to_adapter) => ended,
        }
    }

    async fn pump(
        &self,
        way: Way,
        mut from: impl Stream<Item = Result<Message, Error>> + Unpin,
        mut to: impl Sink<Message, Error = Error> + Unpin,
    ) -> Result<()> {
        let mut mood = self.mood.subscribe();
        let mut late = None;
        loop {
            // While it stalls it does not even read, so that nobody's pings are answered.
            mood.wait_for(|mood| !mood.stalled).await?;
            let message = tokio::select! {
                message = from.next() => message.context("the connection ended")??,
                _ = mood.changed() => continue,
            };
            mood.wait_for(|mood| !mood.stalled).await?;
            let Message::Text(text) = &message else {
                if message.is_close() {
                    to.send(message).await?;
                }
                continue;
            };
            let numbered = ["event", "command", "ack"]
                .iter()
                .any(|kind| text.starts_with(&format!("{{\"type\":\"{kind}\"")));
            if numbered && way == Way::ToHost && mood.borrow().deaf {
                continue;
            }
            let trick = if numbered { self.tricks().of(way).pop_front() } else { None };
            match trick {
                None => to.send(message).await?,
                Some(Trick::Twice) => {
                    to.feed(message.clone()).await?;
                    to.send(message).await?;
                }
                Some(Trick::Lost) => {}
                Some(Trick::Late) => {
                    late = Some(message);
                    continue;
                }
            }
            if let Some(late) = late.take() {
                to.send(late).await?;
            }
        }
    }
}

//! The host's side: one adapter, the session with it, and what becomes of both when the connection
//! goes.
//!
//! # Layout
//! * [`config`]: where it listens, and what has a limit.
//! * [`session`]: what is said and not acknowledged, without I/O.
//! * [`connection`]: who is let in, and how a connection ends. [`door`]: those who have not shown
//!   the token yet.

mod config;
mod connection;
mod door;
#[cfg(test)]
mod fuzz;
mod session;

pub use config::{RemoteConfig, RemoteLimits};

use crate::{
    list::Parts,
    protocol::{Act, Hello, Instance, Offer, Staged, ToAdapter},
    token::Token,
};
use anyhow::{Context, Result, bail};
use connection::{Shared, let_in};
use session::{Question, State};
use std::{
    net::SocketAddr,
    sync::{Arc, Mutex},
    time::Duration,
};
use strowger_pbx::port::{AliveLeg, BoxFuture, Pbx, PbxCommand, PbxSink};
use tokio::{net::TcpListener, sync::watch, task::JoinSet, time::sleep};

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
            state: Mutex::new(State::new(&limits)),
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
        if !self.offers(Offer::Stage) {
            bail!("{what}: the adapter does not offer `stage`");
        }
        self.shared.ask(what, Question::Stage, |id| ToAdapter::Stage { id, act }).await
    }

    /// What the adapter said of itself when it connected last; none: there has been none yet.
    pub fn adapter(&self) -> Option<Hello> {
        self.shared.state().adapter.clone()
    }

    /// Whether the adapter that connected last offers something.
    pub fn offers(&self, offer: Offer) -> bool {
        self.shared.state().offers(offer)
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
            |sender| Question::Alive(sender, Parts::default()),
            |id| ToAdapter::Alive { id },
        ))
    }
}

//! The scenarios of all adapters, played on one in another process that offers `stage`.

use super::{
    host::{Remote, RemoteLimits},
    protocol::{Act, Offer, Staged},
    token::Token,
};
use anyhow::{Context, Result, bail, ensure};
use std::{net::SocketAddr, sync::Arc, time::Duration};
use strowger_conformance::{Far, Ground, Hearing, Near, Shown};
use strowger_model::event::Cause;
use strowger_pbx::port::{Address, Pbx, PbxCommand, PbxEvent};
use tokio::{
    sync::mpsc::{UnboundedReceiver, unbounded_channel},
    time::{Instant, sleep, timeout},
};

/// A host without flows, to which an adapter has connected.
pub struct RemoteGround {
    host: Arc<Remote>,
    events: UnboundedReceiver<PbxEvent>,
    slack: Duration,
}

/// How long an adapter may take to come back, and a PBX to hang all up.
const PATIENCE: Duration = Duration::from_secs(30);

impl RemoteGround {
    /// Listens for an adapter. Events may come so much later than expected.
    ///
    /// # Errors
    /// The address cannot be listened at.
    pub async fn listen(address: SocketAddr, token: Token, slack: Duration) -> Result<Self> {
        let (sender, events) = unbounded_channel();
        let sink = Arc::new(move |event| {
            let _ = sender.send(event);
        });
        let host =
            Arc::new(Remote::start_with(address, token, RemoteLimits::default(), sink).await?);
        Ok(Self { host, events, slack })
    }

    /// The host's side.
    pub fn host(&self) -> &Arc<Remote> {
        &self.host
    }

    /// Waits for the adapter, and says its name.
    ///
    /// # Errors
    /// It does not come, or it offers nothing that scenarios need.
    pub async fn adapter(&mut self, within: Duration) -> Result<String> {
        let synced = async {
            while !matches!(self.events.recv().await, Some(PbxEvent::Synced { .. }) | None) {}
        };
        timeout(within, synced)
            .await
            .with_context(|| format!("no adapter has connected within {within:?}"))?;
        let hello = self.host.adapter().context("it has not said hello")?;
        if let Err(error) = self.host.stage(Act::Hears).await {
            bail!(
                "{error:#}. The scenarios need callers and phones: without `stage` only the connection, the token and `synced` were tested, \
                 and they are good; docs/write-an-adapter.md says what `stage` is"
            );
        }
        Ok(hello.name)
    }

    /// Hangs everything up, and forgets what was told: ready for another scenario.
    ///
    /// # Errors
    /// Something stays alive.
    pub async fn clear(&mut self) -> Result<()> {
        let host = &self.host;
        let clearing = async {
            loop {
                let alive = host.alive().await?;
                if alive.is_empty() {
                    return anyhow::Ok(());
                }
                for leg in alive {
                    host.send(PbxCommand::hang_up(leg.leg, Cause::Normal));
                }
                sleep(Duration::from_millis(50)).await;
            }
        };
        timeout(PATIENCE, clearing).await.context("legs that were hung up stay alive")??;
        while self.events.try_recv().is_ok() {}
        Ok(())
    }

    /// Waits until the adapter is connected.
    async fn back(&self) -> Result<()> {
        let mut connected = self.host.connected();
        let back = timeout(PATIENCE, connected.wait_for(|connected| *connected)).await;
        back.with_context(|| format!("the adapter has not come back within {PATIENCE:?}"))?
            .context("the host is gone")
            .map(drop)
    }
}

impl Ground for RemoteGround {
    fn pbx(&self) -> Arc<dyn Pbx> {
        self.host.clone()
    }

    fn events(&mut self) -> &mut UnboundedReceiver<PbxEvent> {
        &mut self.events
    }

    async fn phone(&mut self, far: Far) -> Result<Address> {
        match self.host.stage(Act::Phone { far }).await? {
            Staged::Phone { at } => Ok(at),
            other => bail!("no phone {far:?} could be staged: {other:?}"),
        }
    }

    async fn call(&mut self, near: Near, from: &str, to: &str) -> Result<()> {
        match self.host.stage(Act::Call { near, from: from.to_owned(), to: to.to_owned() }).await? {
            Staged::Done => Ok(()),
            other => bail!("no call could be staged: {other:?}"),
        }
    }

    /// A new host takes the place of the one before.
    async fn cut(&mut self, length: Duration) -> Result<()> {
        self.host.renew(length).await;
        self.back().await
    }

    fn loses_nothing(&self) -> bool {
        true
    }

    async fn interrupt(&mut self, length: Duration) -> Result<()> {
        self.host.cut(length).await;
        self.back().await
    }

    async fn hears(&mut self) -> Result<Option<Vec<Hearing>>> {
        match self.host.stage(Act::Hears).await? {
            Staged::Hears { all } => Ok(Some(all)),
            Staged::Failed { .. } => Ok(None),
            other => bail!("who hears whom was answered with {other:?}"),
        }
    }

    async fn shows(&mut self, phone: &Address) -> Result<Option<Shown>> {
        match self.host.stage(Act::Shows { at: phone.clone() }).await? {
            Staged::Shows { phone } => Ok(Some(phone)),
            Staged::Failed { .. } => Ok(None),
            other => bail!("what a phone shows was answered with {other:?}"),
        }
    }

    fn tells_phones(&self) -> bool {
        self.host.offers(Offer::Phones)
    }

    async fn own_call(&mut self, phone: &Address, length: Duration) -> Result<()> {
        match self.host.stage(Act::OwnCall { at: phone.clone(), length }).await? {
            Staged::Done => Ok(()),
            other => bail!("no call of its own could be staged at a phone: {other:?}"),
        }
    }

    fn tells_transfers(&self) -> bool {
        self.host.offers(Offer::Transfers)
    }

    async fn ask_transfer(&mut self, phone: &Address, to: &str) -> Result<()> {
        match self.host.stage(Act::AskTransfer { at: phone.clone(), to: to.to_owned() }).await? {
            Staged::Done => Ok(()),
            other => bail!("no transfer could be staged: {other:?}"),
        }
    }

    async fn transfers(&mut self, phone: &Address, count: usize) -> Result<Vec<bool>> {
        let deadline = Instant::now() + self.slack;
        loop {
            match self.host.stage(Act::Transfers { at: phone.clone() }).await? {
                Staged::Transfers { done } if done.len() >= count => return Ok(done),
                Staged::Transfers { done } => ensure!(
                    Instant::now() < deadline,
                    "the phone was told of {} transfers, and not of {count}",
                    done.len()
                ),
                other => bail!("what became of transfers was answered with {other:?}"),
            }
        }
    }

    fn slack(&self) -> Duration {
        self.slack
    }
}

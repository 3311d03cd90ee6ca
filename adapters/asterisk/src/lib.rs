//! Asterisk 20 and later over ARI, its REST interface.
//!
//! # Layout
//! * `config`: [`AsteriskConfig`].
//! * `desk`: legs, their commands and events: a state machine without I/O.
//! * `inbox`: what waits for the desk.
//! * `rest`, `socket`: requests by HTTP, events by WebSocket; `wire`: what they carry.
//! * `media`: prompts, served to Asterisk by HTTP.
//! * `address`, `cause`: dial strings and caller ids that cannot inject anything; causes of Q.850.
//!
//! # How it works
//! One task drives the desk and tells the sink. One connects, reads the socket and does nothing
//! else but wait for room in the inbox. Requests run beside them, one at a time for each leg. All end when [`Asterisk`] is
//! dropped; calls then stay as they are.
//!
//! A leg is a channel, a conversation a mixing bridge named after it. A leg is put into its own as
//! soon as it is answered and plays go to the bridge, because a play to a channel would hold up
//! every other command for it. Music stops for a play and comes back.
//!
//! A layer of its own and not a crate: of those that exist, the best kept one leaves out the far
//! end's SIP status and the event filter, drops events when its reader lags, and brings a TLS
//! stack; and only a dozen events and a score of requests are needed.

mod address;
mod cause;
mod config;
mod desk;
mod inbox;
mod media;
mod rest;
mod socket;
mod wire;

pub use config::{AsteriskConfig, Password};

use anyhow::{Context, Result, anyhow};
use desk::{Chore, Desk, Input, Job, Output, bridge_of};
use inbox::{Inbox, Inputs, Limits, inbox};
use media::Media;
use rest::{Originate, Reply, Rest};
use socket::Socket;
use std::{sync::Arc, time::Duration};
use strowger_pbx::port::{AliveLeg, BoxFuture, Pbx, PbxCommand, PbxSink};
use strowger_speech::Prompts;
use tokio::{
    sync::{Notify, oneshot},
    task::{AbortHandle, JoinSet},
    time::{sleep, timeout},
};
use wire::Event;

/// The first wait before connecting again, and the longest.
const BACKOFF: (Duration, Duration) = (Duration::from_millis(100), Duration::from_secs(1));

/// Asked for again and again: an open socket does not mean that the application is active. When a
/// host takes over from another whose socket closes at that moment, Asterisk may deactivate the
/// application of both.
const HEARTBEAT: &str = "strowger-heartbeat";
/// How often, and how long its echo may take.
const BEAT: Duration = Duration::from_secs(5);

/// An Asterisk.
pub struct Asterisk {
    inbox: Inbox,
    rest: Rest,
    /// Ended when dropped.
    _tasks: JoinSet<()>,
}

/// What jobs need.
struct Hands {
    config: Arc<AsteriskConfig>,
    rest: Rest,
    media: Media,
    inbox: Inbox,
}

impl Asterisk {
    /// Starts to serve prompts and to connect. The sink is told `Synced` when the connection is
    /// there, `Lost` when it is not.
    ///
    /// # Errors
    /// The configuration is wrong, or prompts cannot be served at the address that it says.
    pub async fn start(
        config: AsteriskConfig,
        prompts: Arc<Prompts>,
        sink: PbxSink,
    ) -> Result<Self> {
        let (inbox, inputs) = inbox(Limits::default());
        let config = Arc::new(config);
        let rest = Rest::new(&config)?;
        let media = Media::serve(&config, prompts).await?;
        let hands = Arc::new(Hands {
            config: config.clone(),
            rest: rest.clone(),
            media,
            inbox: inbox.clone(),
        });
        let mut tasks = JoinSet::new();
        let connecting = tasks.spawn(connect(config.clone(), rest.clone(), inbox.clone()));
        tasks.spawn(drive(Desk::new(config), inputs, hands, sink, connecting));
        Ok(Self { inbox, rest, _tasks: tasks })
    }
}

impl Pbx for Asterisk {
    fn name(&self) -> &str {
        "asterisk"
    }

    fn send(&self, command: PbxCommand) {
        self.inbox.command(command);
    }

    fn alive(&self) -> BoxFuture<'_, Result<Vec<AliveLeg>>> {
        Box::pin(async {
            let snapshot =
                self.rest.snapshot().await.context("cannot ask Asterisk which calls are alive")?;
            let (reply, alive) = oneshot::channel();
            self.inbox.input(Input::Alive(snapshot, reply)).await;
            alive.await.map_err(|_| anyhow!("the adapter has stood down"))
        })
    }
}

/// Drives the desk.
async fn drive(
    mut desk: Desk,
    mut inputs: Inputs,
    hands: Arc<Hands>,
    sink: PbxSink,
    connecting: AbortHandle,
) {
    while let Some(input) = inputs.next().await {
        desk.handle(input);
        for output in desk.out.drain(..) {
            match output {
                Output::Emit(event) => sink(event),
                Output::Run { channel, serial, job } => {
                    let hands = hands.clone();
                    tokio::spawn(async move {
                        let result = hands.run(&channel, &job).await;
                        hands.inbox.input(Input::Done { channel, serial, job, result }).await;
                    });
                }
                Output::Chore(chore) => {
                    let hands = hands.clone();
                    tokio::spawn(async move { hands.chore(chore).await });
                }
                Output::Arm(play, after) => {
                    let inbox = hands.inbox.clone();
                    tokio::spawn(async move {
                        sleep(after).await;
                        inbox.input(Input::Overdue(play)).await;
                    });
                }
                Output::StandDown => connecting.abort(),
            }
        }
    }
}

impl Hands {
    async fn run(&self, channel: &str, job: &Job) -> Reply<Duration> {
        let rest = &self.rest;
        match job {
            Job::Settle { bridge, answer } => {
                // The answer goes first and waits for nothing: it is what the caller waits for.
                let answer = async { if *answer { rest.answer(channel).await } else { Ok(()) } };
                let bridge = bridge_of(bridge);
                tokio::try_join!(answer, rest.make_bridge(&bridge))?;
                rest.enter_bridge(&bridge, channel).await?;
            }
            Job::Ring => rest.ring(channel).await?,
            Job::Originate { endpoint, caller_id, withheld } => {
                rest.originate(Originate { channel, endpoint, caller_id, withheld: *withheld })
                    .await?;
            }
            Job::Enter { bridge } => rest.enter_bridge(&bridge_of(bridge), channel).await?,
            Job::Play { bridge, play, prompts, hush } => {
                let (media, length) =
                    self.media.render(prompts).await.map_err(rest::Failure::before)?;
                if *hush {
                    rest.music(&bridge_of(bridge), None).await?;
                }
                rest.play(&bridge_of(bridge), &play.0, &media).await?;
                return Ok(length);
            }
            Job::Music { bridge, class } => {
                rest.music(&bridge_of(bridge), class.as_deref()).await?
            }
            Job::Digits(digits) => rest.digits(channel, digits).await?,
            Job::Listen { snoop, to, mode } => rest.snoop(to, snoop, *mode).await?,
            Job::Unlisten { snoop } => rest.hang_up(snoop, 16).await?,
            Job::Leave { target } => {
                rest.leave(
                    channel,
                    target.as_deref().map(|target| (&*self.config.transfer_context, target)),
                )
                .await?
            }
            Job::HangUp(cause) => rest.hang_up(channel, cause::code(*cause)).await?,
        }
        Ok(Duration::ZERO)
    }

    async fn chore(&self, chore: Chore) {
        let result = match &chore {
            Chore::DestroyBridge(bridge) => self.rest.destroy_bridge(&bridge_of(bridge)).await,
            Chore::Enter { bridge, channel } => {
                match self.rest.enter_bridge(&bridge_of(bridge), channel).await {
                    Err(_) => self.rest.hang_up(channel, 16).await,
                    entered => entered,
                }
            }
            Chore::StopPlay(play) => self.rest.stop(&play.0).await,
            Chore::HangUp(channel) => self.rest.hang_up(channel, 16).await,
            Chore::Check(play) => match self.rest.playback(&play.0).await {
                Err(failure) if failure.status == Some(404) => {
                    self.inbox.input(Input::Over(play.clone())).await;
                    Ok(())
                }
                found => found.map(drop),
            },
        };
        if let Err(failure) = result {
            tracing::debug!(?chore, %failure, "Asterisk did not do it");
        }
    }
}

/// Connects, reads, and connects again, for ever.
async fn connect(config: Arc<AsteriskConfig>, rest: Rest, inbox: Inbox) {
    let mut wait = BACKOFF.0;
    loop {
        let mut synced = false;
        let why = serve(&config, &rest, &inbox, &mut synced).await;
        tracing::warn!(%why, "Asterisk is lost");
        if !inbox.input(Input::Lost(format!("{why:#}"))).await {
            return;
        }
        wait = if synced { BACKOFF.0 } else { (wait * 2).min(BACKOFF.1) };
        sleep(wait).await;
    }
}

/// One connection, to its end.
async fn serve(
    config: &AsteriskConfig,
    rest: &Rest,
    inbox: &Inbox,
    synced: &mut bool,
) -> anyhow::Error {
    let socket = match Socket::connect(config).await {
        Ok(socket) => socket,
        Err(why) => return why,
    };
    inbox.input(Input::Connected).await;
    let mut reading = JoinSet::new();
    let heard = Arc::new(Notify::new());
    reading.spawn(read(socket, inbox.clone(), heard.clone()));
    let beat = async || {
        rest.echo(HEARTBEAT).await.context("Asterisk does not serve this application")?;
        let echo = timeout(BEAT, heard.notified()).await;
        echo.with_context(|| format!("Asterisk has not told this application an event for {BEAT:?}, though its socket is open"))
    };
    let syncing = async {
        rest.filter_events().await.context("cannot filter Asterisk's events")?;
        beat().await?;
        rest.snapshot().await.context("cannot ask Asterisk which calls are alive")
    };
    match syncing.await {
        Ok(snapshot) => {
            *synced = inbox.input(Input::Synced(snapshot)).await;
            tracing::info!(url = %config.url, app = %config.app, "Asterisk is there");
        }
        Err(why) => return why,
    }
    let beating = async {
        loop {
            sleep(BEAT).await;
            if let Err(why) = beat().await {
                return why;
            }
        }
    };
    tokio::select! {
        read = reading.join_next() => match read {
            Some(Ok(why)) => why,
            _ => anyhow!("the task that reads the socket died"),
        },
        why = beating => why,
    }
}

/// Reads the socket to its end.
async fn read(mut socket: Socket, inbox: Inbox, heard: Arc<Notify>) -> anyhow::Error {
    loop {
        let event = match socket.next().await {
            Ok(text) => serde_json::from_str(&text),
            Err(why) => return why,
        };
        match event {
            Ok(Event::ChannelUserevent { eventname }) if eventname == HEARTBEAT => {
                heard.notify_one()
            }
            Ok(event) => {
                inbox.input(Input::Event(event)).await;
            }
            Err(error) => tracing::warn!(%error, "Asterisk said what is not understood"),
        }
    }
}

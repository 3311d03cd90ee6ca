//! Asterisk 20 and later over ARI, its REST interface.
//!
//! # Layout
//! * `config`: [`AsteriskConfig`].
//! * `desk`: legs, their commands and events: a state machine without I/O.
//! * `inbox`: what waits for the desk.
//! * `rest`, `socket`: requests by HTTP, events by WebSocket; `wire`: what they carry; `signalled`:
//!   what is asked of who calls; `tls`: that no certificate is looked at.
//! * `refusal`: why ARI cannot be used, and what to do.
//! * `connect`: connecting again and again, and standing down for another host.
//! * `examine`: what an Asterisk lacks, asked before any call comes.
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
mod connect;
mod desk;
mod examine;
mod inbox;
mod media;
mod refusal;
mod rest;
mod signalled;
mod socket;
mod tls;
mod wire;

pub use config::{AsteriskConfig, Password};
pub use examine::{Examined, examine};

use anyhow::{Context, Result, anyhow};
use connect::connect;
use desk::{ChannelId, Chore, Desk, Input, Job, Onward, Output, WAITS, bridge_of};
use futures_util::FutureExt;
use inbox::{Inbox, Inputs, Limits, inbox};
use media::Media;
use rest::{Failure, Originate, Reply, Rest};
use std::{panic::AssertUnwindSafe, sync::Arc, time::Duration};
use strowger_pbx::port::{Address, AliveLeg, BoxFuture, Pbx, PbxCommand, PbxSink};
use strowger_speech::Prompts;
use tokio::{sync::oneshot, task::JoinSet, time::sleep};

/// An Asterisk.
pub struct Asterisk {
    inbox: Inbox,
    rest: Rest,
    /// Ended when dropped.
    _tasks: JoinSet<()>,
}

/// The extension of the transfer context at which a leg is brought to a channel that is not the
/// host's.
const BRIDGE: &str = "bridge";

/// The extension of the transfer context that each phone goes through which is rung with others: it
/// has the phone leave transfers to the host.
const PHONE: &str = "phone";

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
        tasks.spawn(connect(config.clone(), rest.clone(), inbox.clone()));
        tasks.spawn(drive(Desk::new(config), inputs, hands, sink));
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
            alive.await.context("the adapter has ended")
        })
    }
}

/// Drives the desk.
async fn drive(mut desk: Desk, mut inputs: Inputs, hands: Arc<Hands>, sink: PbxSink) {
    while let Some(input) = inputs.next().await {
        if let Input::Synced(_) = input {
            let mut hush = inputs.hush();
            while let Some(command) = hush.command() {
                desk.handle(Input::Command(command));
            }
            desk.handle(input);
            put_out(&mut desk, &hands, &sink);
        } else {
            desk.handle(input);
            put_out(&mut desk, &hands, &sink);
        }
    }
}

fn put_out(desk: &mut Desk, hands: &Arc<Hands>, sink: &PbxSink) {
    for output in desk.out.drain(..) {
        match output {
            Output::Emit(event) => sink(event),
            Output::Run { channel, serial, job } => {
                tokio::spawn(hands.clone().carry(channel, serial, job));
            }
            Output::Again { channel, serial, job, after } => {
                let inbox = hands.inbox.clone();
                tokio::spawn(async move {
                    sleep(after).await;
                    inbox.input(Input::Retry { channel, serial, job }).await;
                });
            }
            Output::Watch { channel, to, within } => {
                let inbox = hands.inbox.clone();
                tokio::spawn(async move {
                    sleep(within).await;
                    inbox.input(Input::Watched { channel, to }).await;
                });
            }
            Output::Settle(device, after) => {
                let inbox = hands.inbox.clone();
                tokio::spawn(async move {
                    sleep(after).await;
                    inbox.input(Input::Settled(device)).await;
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
        }
    }
}

/// A job that panics has failed as any other that failed: somebody waits for what came of it.
async fn caught<T>(job: impl Future<Output = Reply<T>>) -> Reply<T> {
    AssertUnwindSafe(job).catch_unwind().await.unwrap_or_else(|panic| {
        let said = panic.downcast_ref::<String>().map(String::as_str);
        let said = said.or_else(|| panic.downcast_ref::<&str>().copied()).unwrap_or_default();
        tracing::error!(said, "a command for Asterisk panicked; please report this");
        Err(Failure::before(anyhow!("the job panicked: {said}")))
    })
}

impl Hands {
    /// Carries out a job and says what came of it.
    async fn carry(self: Arc<Self>, channel: ChannelId, serial: u64, job: Job) {
        let result = caught(self.run(&channel, &job)).await;
        self.inbox.input(Input::Done { channel, serial, job, result }).await;
    }

    async fn run(&self, channel: &str, job: &Job) -> Reply<Duration> {
        let rest = &self.rest;
        match job {
            Job::Identify { name } => self.identify(channel, name).await?,
            Job::Settle { bridge, answer } => {
                // The answer goes first and waits for nothing: it is what the caller waits for.
                let answer = async { if *answer { rest.answer(channel).await } else { Ok(()) } };
                let bridge = bridge_of(bridge);
                tokio::try_join!(answer, rest.make_bridge(&bridge))?;
                rest.enter_bridge(&bridge, channel).await?;
            }
            Job::Ring => rest.ring(channel).await?,
            Job::Originate { endpoint, caller_id, withheld, phone, ask } => {
                let target = self.all_of(endpoint, ask.as_deref()).await;
                let context = &self.config.transfer_context;
                let ring = format!("Local/s@{context}/n");
                let options = format!("b({context}^{PHONE}^1)");
                let endpoint = if target.is_some() { &ring } else { endpoint };
                let dial = Originate {
                    channel,
                    endpoint,
                    caller_id,
                    withheld: *withheld,
                    phone: *phone && target.is_none(),
                    target: target.as_deref(),
                    options: &options,
                };
                rest.originate(dial).await?;
            }
            Job::Show { caller_id, withheld } => rest.show(channel, caller_id, *withheld).await?,
            Job::Enter { bridge } => rest.enter_bridge(&bridge_of(bridge), channel).await?,
            Job::Play { bridge, play, prompts, hush } => {
                let (media, length) = self.media.render(prompts).await.map_err(Failure::before)?;
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
            Job::Leave { to } => {
                let context = &*self.config.transfer_context;
                let to = match to {
                    Onward::OwnRoute => None,
                    Onward::Dial(target) => Some([context, "s", target]),
                    Onward::Bridge(target) => Some([context, BRIDGE, target]),
                };
                rest.leave(channel, to).await?
            }
            Job::Announce(_) => self.can_bridge(channel).await?,
            Job::Follow { end } => {
                let phone = rest.follow(channel, end).await?;
                let channel = channel.into();
                self.inbox.input(Input::Phone { channel, phone: phone.into() }).await;
            }
            Job::Answer { phone, transferred } => rest.answer_transfer(phone, *transferred).await?,
            Job::HangUp { cause, elsewhere, transferred } => {
                if let Some(phone) = transferred {
                    // A phone that is not told hangs up all the same.
                    let _ = rest.answer_transfer(phone, true).await;
                }
                rest.hang_up(channel, cause::code(*cause, *elsewhere)).await?
            }
        }
        Ok(Duration::ZERO)
    }

    /// Asks who calls on a channel.
    async fn identify(&self, channel: &str, name: &str) -> Reply {
        let signalled = self.rest.signalled(channel, name).await?;
        self.inbox.input(Input::Identified { channel: channel.into(), signalled }).await;
        Ok(())
    }

    /// Whether the dialplan can bring a leg to a channel that is not the host's.
    async fn can_bridge(&self, channel: &str) -> Reply {
        let context = &self.config.transfer_context;
        match self.rest.has_extension(channel, context, BRIDGE).await? {
            true => Ok(()),
            false => Err(Failure::before(anyhow!(
                "the dialplan has no extension {BRIDGE:?} in {context:?}: whom a phone has called by itself cannot be given a caller"
            ))),
        }
    }

    /// What rings all phones of an endpoint that is registered at several.
    ///
    /// `PJSIP/NAME` alone rings only the first. ARI dials one phone for each channel, but the
    /// dialplan's `Dial` makes one of many: the first that answers has it, and the others stop. So
    /// the leg's channel is one end of a `Local` channel, with `Dial` at the other. `/n` keeps it:
    /// optimised away, the leg's channel would become another one.
    async fn all_of(&self, endpoint: &str, ask: Option<&str>) -> Option<String> {
        let name = endpoint.strip_prefix("PJSIP/").filter(|name| !name.contains(['/', '@']))?;
        let contacts = self.rest.contacts(ask?, name).await;
        let contacts = contacts
            .inspect_err(|failure| tracing::debug!(endpoint, %failure, "where is it registered?"));
        // A phone chose what it is registered as.
        let valid = |contact: &String| {
            self.config.dial_string(&Address::Endpoint(contact.clone())).is_some()
        };
        let contacts: Vec<String> = contacts.ok()?.into_iter().filter(valid).collect();
        (contacts.len() > 1).then(|| contacts.join("&"))
    }

    async fn chore(&self, chore: Chore) {
        let mut waits = WAITS.iter();
        while let Err(failure) = caught(self.carry_out(&chore)).await {
            // It is gone, or it is not known whether it is, or nobody can do anything about it.
            let Some(wait) = waits.next().filter(|_| failure.status != Some(404)) else {
                return tracing::debug!(?chore, %failure, "Asterisk did not carry out a command");
            };
            sleep(*wait).await;
        }
    }

    async fn carry_out(&self, chore: &Chore) -> Reply {
        match chore {
            Chore::DestroyBridge(bridge) => self.rest.destroy_bridge(&bridge_of(bridge)).await,
            Chore::Enter { bridge, channel } => {
                match self.rest.enter_bridge(&bridge_of(bridge), channel).await {
                    Err(_) => self.rest.hang_up(channel, 16).await,
                    entered => entered,
                }
            }
            Chore::Watch(devices) => {
                self.rest.watch(devices).await?;
                for device in devices {
                    let state = self.rest.device(device).await?;
                    self.inbox.input(Input::Device(state)).await;
                }
                Ok(())
            }
            Chore::Look(device) => {
                let state = self.rest.device(device).await?;
                self.inbox.input(Input::Device(state)).await;
                Ok(())
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
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_job_that_panics_has_failed() {
        let good = caught(async { Ok(Duration::ZERO) }).await;
        assert_eq!(good.unwrap(), Duration::ZERO);
        let bad: Reply = caught(async {
            tokio::task::yield_now().await;
            panic!("it is {}", "broken")
        })
        .await;
        let failure = bad.unwrap_err();
        assert_eq!(
            (failure.status, failure.to_string()),
            (None, "the job panicked: it is broken".to_owned())
        );
    }
}

//! What waits for the desk, in two lines that each have a limit.
//!
//! * **Commands** come from whoever may not wait. One for which there is no room costs its leg: the
//!   leg is hung up, and so the host hears of it.
//! * **Everything else** waits for room. The task that reads the WebSocket does so too: Asterisk
//!   closes the socket of whoever is slow, and then the connection is lost and made again, with all
//!   that this entails. No event is left out.
//!
//! Commands go first, so that a snapshot of what is alive is looked at with every leg dialled
//! before it. While the host is told what is alive, whoever dials waits a moment ([`Inputs::hush`]):
//! so what the host has dialled before it hears that is in the list, if it is alive.

use crate::desk::Input;
use std::{
    collections::BTreeSet,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};
use strowger_model::event::Cause;
use strowger_pbx::port::{LegId, PbxCommand};
use tokio::sync::mpsc::{Receiver, Sender, channel};

/// How much may wait.
#[derive(Clone, Copy, Debug)]
pub(super) struct Limits {
    pub(super) commands: usize,
    pub(super) inputs: usize,
}

impl Default for Limits {
    /// More than a second of a busy Asterisk.
    fn default() -> Self {
        Self { commands: 65_536, inputs: 16_384 }
    }
}

/// Where inputs go in.
#[derive(Clone)]
pub(super) struct Inbox {
    commands: Sender<PbxCommand>,
    inputs: Sender<Input>,
    doomed: Doomed,
    dials: Arc<Mutex<()>>,
}

/// Where they come out.
pub(super) struct Inputs {
    commands: Receiver<PbxCommand>,
    inputs: Receiver<Input>,
    doomed: Doomed,
    dials: Arc<Mutex<()>>,
}

/// Nobody dials while this lives.
pub(super) struct Hush<'a> {
    commands: &'a mut Receiver<PbxCommand>,
    _dials: MutexGuard<'a, ()>,
}

/// Legs of commands for which there was no room: no more than the host has.
#[derive(Clone, Default)]
struct Doomed(Arc<Mutex<BTreeSet<LegId>>>);

impl Doomed {
    fn legs(&self) -> MutexGuard<'_, BTreeSet<LegId>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// An inbox and its other end.
pub(super) fn inbox(limits: Limits) -> (Inbox, Inputs) {
    let (to_commands, commands) = channel(limits.commands);
    let (to_inputs, inputs) = channel(limits.inputs);
    let (doomed, dials) = (Doomed::default(), Arc::default());
    let inbox = Inbox {
        commands: to_commands,
        inputs: to_inputs,
        doomed: doomed.clone(),
        dials: Arc::clone(&dials),
    };
    (inbox, Inputs { commands, inputs, doomed, dials })
}

impl Inbox {
    /// Never waits for room.
    pub(super) fn command(&self, command: PbxCommand) {
        use tokio::sync::mpsc::error::TrySendError;
        let _dials = matches!(command, PbxCommand::Dial { .. }).then(|| lock(&self.dials));
        match self.commands.try_send(command) {
            // The desk lives as long as whoever commands.
            Ok(()) | Err(TrySendError::Closed(_)) => {}
            Err(TrySendError::Full(command)) => match command.leg() {
                Some(leg) => {
                    if self.doomed.legs().insert(leg.clone()) {
                        tracing::error!(%leg, "too many commands wait for Asterisk: this leg is hung up");
                    }
                }
                // The play ends by itself.
                None => tracing::error!(
                    ?command,
                    "too many commands wait for Asterisk: this command is left out"
                ),
            },
        }
    }

    /// Waits for room. False: the desk is gone.
    pub(super) async fn input(&self, input: Input) -> bool {
        self.inputs.send(input).await.is_ok()
    }
}

impl Inputs {
    /// The next input; none: nobody is there any more who could have one.
    pub(super) async fn next(&mut self) -> Option<Input> {
        if let Some(leg) = self.doomed.legs().pop_first() {
            return Some(Input::Command(PbxCommand::hang_up(leg, Cause::Failed)));
        }
        tokio::select! {
            biased;
            Some(command) = self.commands.recv() => Some(Input::Command(command)),
            Some(input) = self.inputs.recv() => Some(input),
            else => None,
        }
    }

    /// Whoever dials waits until this is dropped.
    pub(super) fn hush(&mut self) -> Hush<'_> {
        Hush { commands: &mut self.commands, _dials: lock(&self.dials) }
    }
}

impl Hush<'_> {
    /// A command that came before; none: there is no other.
    pub(super) fn command(&mut self) -> Option<PbxCommand> {
        self.commands.try_recv().ok()
    }
}

/// There is nothing in it that could be half done.
fn lock(dials: &Mutex<()>) -> MutexGuard<'_, ()> {
    dials.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{AsteriskConfig, connect::read, socket::Socket, wire::Event};
    use futures_util::{FutureExt, SinkExt};
    use tokio::{net::TcpListener, sync::watch};
    use tokio_tungstenite::{accept_async, tungstenite::Message};

    fn music(leg: &str) -> PbxCommand {
        PbxCommand::Music { leg: leg.into(), class: None }
    }

    fn said(input: Option<Input>) -> String {
        match input {
            Some(Input::Command(command)) => format!("{command:?}"),
            Some(Input::Lost(why)) => why,
            Some(Input::Event(_)) => "event".to_owned(),
            _ => "nothing".to_owned(),
        }
    }

    #[tokio::test]
    async fn a_command_without_room_costs_its_leg_and_no_other() {
        let (inbox, mut inputs) = inbox(Limits { commands: 2, inputs: 1 });
        for leg in ["a", "b", "c", "c"] {
            inbox.command(music(leg));
        }
        inbox.command(PbxCommand::Stop { play: strowger_pbx::port::PlayId("p".into()) });
        let hang_up = PbxCommand::hang_up("c".into(), Cause::Failed);
        for expected in [hang_up, music("a"), music("b")] {
            assert_eq!(said(inputs.next().await), format!("{expected:?}"));
        }
        assert!(inputs.next().now_or_never().is_none(), "nothing else waits");
        inbox.command(music("c"));
        assert_eq!(said(inputs.next().await), format!("{:?}", music("c")), "there is room again");
    }

    #[tokio::test]
    async fn everything_else_waits_for_room_and_commands_go_first() {
        let (inbox, mut inputs) = inbox(Limits { commands: 1, inputs: 1 });
        assert!(inbox.input(Input::Event(Event::Other)).await);
        let reading = inbox.clone();
        let mut lost = Box::pin(reading.input(Input::Lost("lost".to_owned())));
        assert!(lost.as_mut().now_or_never().is_none(), "there is no room");
        inbox.command(music("a"));
        assert_eq!(said(inputs.next().await), format!("{:?}", music("a")));
        assert!(lost.as_mut().now_or_never().is_none(), "commands have a line of their own");
        assert_eq!(said(inputs.next().await), "event");
        assert!(lost.await);
        assert_eq!(said(inputs.next().await), "lost");
        drop((inbox, reading));
        assert!(inputs.next().await.is_none());
    }

    #[tokio::test]
    async fn the_socket_is_read_no_faster_than_there_is_room_and_no_event_is_left_out() {
        const EVENTS: usize = 500;
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let asterisk = tokio::spawn(async move {
            let (stream, _) = listener.accept().await.unwrap();
            let mut socket = accept_async(stream).await.unwrap();
            for number in 0..EVENTS {
                let event = format!(
                    r#"{{"type": "ChannelDtmfReceived", "digit": "1",
                        "channel": {{"id": "{number}", "name": "PJSIP/x-1", "state": "Up"}}}}"#
                );
                socket.send(Message::text(event)).await.unwrap();
            }
            socket
        });
        let socket = Socket::connect(&AsteriskConfig::new(&url, "u", "p")).await.unwrap();
        let (inbox, mut inputs) = inbox(Limits { commands: 1, inputs: 4 });
        let (_, listed) = watch::channel(true);
        let reading = tokio::spawn(read(socket, "strowger".into(), inbox, Arc::default(), listed));
        for number in 0..EVENTS {
            match inputs.next().await {
                Some(Input::Event(Event::ChannelDtmfReceived { channel, .. })) => {
                    assert_eq!(channel.id, number.to_string());
                }
                other => panic!("{}", said(other)),
            }
        }
        reading.abort();
        drop(asterisk.await.unwrap());
    }
}

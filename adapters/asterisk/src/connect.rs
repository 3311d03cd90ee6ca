//! The connection to Asterisk: made again when it is lost, for ever.
//!
//! Asterisk gives an application to whoever connects last. A host that is replaced **stands down**:
//! two that took it from each other would serve nobody. It asks now and then whether the
//! application is free again, and then connects as after any loss. Asterisk does not tell whether
//! somebody is connected. So whoever serves leaves a mark in the filter of the application's
//! events, a new one at each beat. The application is free if Asterisk does not have it, or if the
//! mark of another host stands still. A program that leaves no marks is waited for until Asterisk
//! does not have the application.

use super::{
    AsteriskConfig,
    desk::{Input, is_dialled},
    inbox::Inbox,
    refusal,
    rest::{CONNECTIONS, Rest, Snapshot},
    socket::Socket,
    wire::{Channel, Event, Kind},
};
use anyhow::{Context, anyhow};
use futures_util::{StreamExt, stream};
use std::{
    collections::BTreeMap,
    fmt,
    sync::Arc,
    time::{Duration, SystemTime, UNIX_EPOCH},
};
use strowger_model::Signalled;
use tokio::{
    sync::{Notify, oneshot, watch},
    task::JoinSet,
    time::{Instant, sleep, timeout},
};

/// The first wait before connecting again, and the longest.
const BACKOFF: (Duration, Duration) = (Duration::from_millis(100), Duration::from_secs(1));

/// Asked for again and again: an open socket does not mean that the application is active. When a
/// host takes over from another whose socket closes at that moment, Asterisk may deactivate the
/// application of both.
const HEARTBEAT: &str = "strowger-heartbeat";
/// How often, and how long its echo may take.
const BEAT: Duration = Duration::from_secs(5);

/// Events that wait for the list of what is alive, at most. With one more the connection is made
/// again, and all that was missed is in the next list.
const WAITING: usize = 32_768;

/// What marks begin with.
const MARK: &str = "strowger-serves-";
/// How often it is asked whether the application is free.
const ASK: Duration = Duration::from_secs(3);
/// A mark that stands still for so long is of a host that is gone.
const STILL: Duration = Duration::from_secs(15);
/// How often the log says that this host has stood down.
const SAY: Duration = Duration::from_secs(60);

/// Another program has taken the application.
#[derive(Debug)]
struct Replaced(String);

impl fmt::Display for Replaced {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "stood down: another host serves the application {:?} of this Asterisk; this host serves \
             nobody until the other has ended",
            self.0
        )
    }
}

impl std::error::Error for Replaced {}

/// Connects, reads, and connects again, for ever.
pub(super) async fn connect(config: Arc<AsteriskConfig>, rest: Rest, inbox: Inbox) {
    let mut wait = BACKOFF.0;
    let me = format!("{MARK}{:x}-{:x}-", std::process::id(), since_1970());
    loop {
        let mut synced = false;
        let why = serve(&config, &rest, &inbox, &me, &mut synced).await;
        if let Some(replaced) = why.downcast_ref::<Replaced>() {
            if !inbox.input(Input::StoodDown(replaced.to_string())).await {
                return;
            }
            until_free(&rest, &me, replaced).await;
            tracing::warn!(app = %config.app, "the other host is gone: this host serves again");
            continue;
        }
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
    me: &str,
    synced: &mut bool,
) -> anyhow::Error {
    let socket = match Socket::connect(config).await {
        Ok(socket) => socket,
        Err(why) => return why,
    };
    inbox.input(Input::Connected).await;
    let mut reading = JoinSet::new();
    let heard = Arc::new(Notify::new());
    let (listed, is_listed) = watch::channel(false);
    reading.spawn(read(socket, config.app.clone(), inbox.clone(), heard.clone(), is_listed));
    let beat = async || {
        let mark = format!("{me}{:x}", since_1970());
        let filtered = rest.filter_events(&mark).await;
        filtered.map_err(|failure| anyhow!(refusal::of_request(config, &failure)))?;
        rest.echo(HEARTBEAT).await.context("Asterisk does not serve this application")?;
        let echo = timeout(BEAT, heard.notified()).await;
        echo.with_context(|| format!("Asterisk has not told this application an event for {BEAT:?}, though its socket is open"))
    };
    let first = async {
        beat().await?;
        let mut snapshot =
            rest.snapshot().await.context("cannot ask Asterisk which calls are alive")?;
        if let Some(old) = refusal::of_version(&snapshot.version) {
            tracing::warn!("{old}");
        }
        snapshot.signalled = who_calls(rest, inbox, &snapshot).await;
        anyhow::Ok(snapshot)
    };
    let serving = async {
        match first.await {
            Ok(snapshot) => *synced = inbox.input(Input::Synced(snapshot)).await,
            Err(why) => return why,
        }
        listed.send_replace(true);
        tracing::info!(url = %config.url, app = %config.app, "connected to Asterisk");
        loop {
            sleep(BEAT).await;
            if let Err(why) = beat().await {
                return why;
            }
        }
    };
    tokio::select! {
        // Why the socket ended says more than that Asterisk answers no more.
        biased;
        read = reading.join_next() => match read {
            Some(Ok(why)) => why,
            _ => anyhow!("the task that reads the socket died"),
        },
        why = serving => why,
    }
}

/// What is said of who calls, of the calls that are new to the host.
async fn who_calls(rest: &Rest, inbox: &Inbox, snapshot: &Snapshot) -> BTreeMap<String, Signalled> {
    let came_in = || snapshot.channels.iter().filter(|channel| !is_dialled(channel));
    let (reply, strange) = oneshot::channel();
    let asked = came_in().map(|channel| channel.id.as_str().into()).collect();
    inbox.input(Input::Strange(asked, reply)).await;
    let strange = strange.await.unwrap_or_default();
    let ask = |channel: &Channel| {
        let (rest, id, name) = (rest.clone(), channel.id.clone(), channel.name.clone());
        async move {
            // It may be gone by now.
            let signalled = rest.signalled(&id, &name).await.unwrap_or_default();
            (id, signalled)
        }
    };
    let asking: Vec<_> =
        came_in().filter(|channel| strange.contains(&*channel.id)).map(ask).collect();
    stream::iter(asking).buffer_unordered(CONNECTIONS).collect().await
}

/// Reads the socket to its end. Until it is `listed` what is alive, the desk keeps what is read.
pub(super) async fn read(
    mut socket: Socket,
    app: String,
    inbox: Inbox,
    heard: Arc<Notify>,
    listed: watch::Receiver<bool>,
) -> anyhow::Error {
    let mut waiting = 0;
    loop {
        let event = match socket.next().await {
            Ok(text) => serde_json::from_str(&text),
            Err(why) => return why,
        };
        match event {
            Ok(Event::ChannelUserevent { eventname }) if eventname == HEARTBEAT => {
                heard.notify_one()
            }
            Ok(Event::ApplicationReplaced) => return Replaced(app).into(),
            Ok(event) => {
                waiting += usize::from(!*listed.borrow());
                if waiting > WAITING {
                    return anyhow!(
                        "more than {WAITING} events came before Asterisk had said which calls are \
                         alive"
                    );
                }
                inbox.input(Input::Event(event)).await;
            }
            Err(error) => tracing::warn!(%error, "cannot understand a message of Asterisk"),
        }
    }
}

/// In nanoseconds.
fn since_1970() -> u128 {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_nanos()
}

/// Waits until no other host serves the application.
async fn until_free(rest: &Rest, me: &str, replaced: &Replaced) {
    let mut said = Instant::now();
    let mut marked = Marked { me, last: None };
    loop {
        sleep(ASK).await;
        match rest.marks().await {
            Ok(kinds) => {
                if marked.is_free(kinds, Instant::now()) {
                    return;
                }
            }
            Err(failure) => tracing::debug!(%failure, "cannot ask who serves the application"),
        }
        if said.elapsed() >= SAY {
            said = Instant::now();
            tracing::error!("{replaced}");
        }
    }
}

/// The mark that was seen last.
struct Marked<'a> {
    /// What this host's marks begin with.
    me: &'a str,
    /// Of whoever serves, and since when.
    last: Option<(Kind, Instant)>,
}

impl Marked<'_> {
    /// Whether nobody serves the application any more, by the kinds of events that it filters.
    fn is_free(&mut self, kinds: Option<Vec<Kind>>, now: Instant) -> bool {
        let Some(kinds) = kinds else { return true };
        let is_mark = |kind: &Kind| kind.name.starts_with(MARK) && !kind.name.starts_with(self.me);
        let mark = kinds.into_iter().find(is_mark);
        match (mark, &self.last) {
            (Some(mark), Some((last, since))) if mark == *last => {
                now.duration_since(*since) >= STILL
            }
            (mark, _) => {
                self.last = mark.map(|mark| (mark, now));
                false
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::inbox::{Limits, inbox};
    use futures_util::SinkExt;
    use tokio::net::TcpListener;
    use tokio_tungstenite::{accept_async, tungstenite::Message};

    #[tokio::test]
    async fn only_so_many_events_wait_for_the_list_of_what_is_alive() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let asterisk = tokio::spawn(async move {
            let (stream, _) = listener.accept().await.unwrap();
            let mut socket = accept_async(stream).await.unwrap();
            let event = Message::text(r#"{"type": "StasisAppEvent"}"#);
            while socket.feed(event.clone()).await.is_ok() {}
        });
        let socket = Socket::connect(&AsteriskConfig::new(&url, "u", "p")).await.unwrap();
        let (inbox, mut inputs) = inbox(Limits::default());
        let (_listed, is_listed) = watch::channel(false);
        let reading = read(socket, "strowger".into(), inbox, Arc::default(), is_listed);
        let reading = tokio::spawn(reading);
        let mut kept = 0;
        while let Some(Input::Event(_)) = inputs.next().await {
            kept += 1;
        }
        let why = reading.await.unwrap().to_string();
        assert!(why.contains("before Asterisk had said which calls are alive"), "{why}");
        assert_eq!(kept, WAITING);
        asterisk.abort();
    }

    #[test]
    fn an_application_is_free_when_nobody_marks_it_any_more() {
        let kinds = |mark: &str| {
            let names = ["ChannelVarset".to_owned(), format!("{MARK}{mark}")];
            Some(names.map(|name| Kind { name }).to_vec())
        };
        let (start, me) = (Instant::now(), format!("{MARK}me-"));
        let mut marked = Marked { me: &me, last: None };
        let mut free =
            |mark, after| marked.is_free(kinds(mark), start + Duration::from_secs(after));
        assert!(!free("you-1", 0) && !free("you-2", 5) && !free("you-2", 12));
        assert!(!free("you-3", 15) && !free("you-3", 29));
        assert!(free("you-3", 30), "it stands still");
        // Another program leaves no marks: only Asterisk can say that it is gone.
        let mut marked = Marked { me: &me, last: None };
        assert!(!marked.is_free(kinds("me-1"), start));
        assert!(!marked.is_free(kinds("me-1"), start + STILL * 10));
        assert!(marked.is_free(None, start));
    }
}

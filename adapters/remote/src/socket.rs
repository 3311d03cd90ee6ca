//! The WebSocket between host and adapter: how it comes to be on either side, and how two ends
//! converse on it.
//!
//! Reading never waits for writing, nor the other way round: two ends that are both full would wait
//! for each other for ever.

use super::{
    protocol::{MAX_MESSAGE, PATH},
    token::Token,
};
use anyhow::{Context, Result, anyhow, bail};
use futures_util::{
    SinkExt, StreamExt,
    stream::{SplitSink, SplitStream},
};
use serde_json::Value;
use std::time::Duration;
use tokio::{
    net::TcpStream,
    sync::Notify,
    time::{MissedTickBehavior, interval, sleep, timeout},
};
use tokio_tungstenite::{
    WebSocketStream, accept_hdr_async_with_config, client_async_with_config,
    tungstenite::{
        Error, Message,
        client::IntoClientRequest,
        handshake::server::{ErrorResponse, Request, Response},
        http::{HeaderValue, StatusCode, header::AUTHORIZATION},
        protocol::{CloseFrame, WebSocketConfig, frame::coding::CloseCode},
    },
};

pub(super) type Socket = WebSocketStream<TcpStream>;

/// How long the other side may take to say who it is, and to take a farewell.
pub(super) const HANDSHAKE: Duration = Duration::from_secs(5);
const FAREWELL: Duration = Duration::from_secs(1);
/// An acknowledgement goes out with whatever else does, or after so long, or when so many are owed.
const ACK_AFTER: Duration = Duration::from_millis(20);
const ACK_AT: u64 = 64;

/// How silence is told from stillness.
#[derive(Clone, Copy, Debug)]
pub struct Beat {
    /// How often the other side is pinged.
    pub every: Duration,
    /// Nothing heard for so long, not even a pong: it is lost.
    pub silence: Duration,
}

impl Default for Beat {
    /// Pings every 4 s; 10 s of silence are too much.
    fn default() -> Self {
        Self { every: Duration::from_secs(4), silence: Duration::from_secs(10) }
    }
}

/// Why a connection ends.
#[derive(Debug)]
pub(super) struct Parting {
    pub(super) why: String,
    /// The other side is to be told.
    pub(super) tell: bool,
}

impl Parting {
    /// The other side did something wrong, or is not wanted any more.
    pub(super) fn refuse(why: impl Into<String>) -> Self {
        Self { why: why.into(), tell: true }
    }

    fn lost(why: impl Into<String>) -> Self {
        Self { why: why.into(), tell: false }
    }
}

/// One end of a connection that is up.
pub(super) trait End {
    /// Adds what is to be said now, and an acknowledgement if one is owed and `due`, or there is
    /// something else to say. No more than a moderate batch.
    fn outgoing(&self, batch: &mut Vec<String>, due: bool) -> Result<(), Parting>;
    /// Takes a message.
    fn incoming(&self, text: &str) -> Result<(), Parting>;
    /// How many acknowledgements are owed.
    fn owed(&self) -> u64;
    /// What to say in parting.
    fn farewell(&self, why: &str) -> Option<String>;
    /// Told when there is something to say.
    fn wake(&self) -> &Notify;
}

/// Converses until one of the two has enough, or the connection breaks.
pub(super) async fn converse(socket: Socket, end: &impl End, beat: Beat) -> String {
    let (mut sink, mut stream) = socket.split();
    let parting = tokio::select! {
        parting = read(&mut stream, end, beat) => parting,
        parting = write(&mut sink, end, beat) => parting,
    };
    if parting.tell {
        let goodbye = end.farewell(&parting.why);
        let _ = timeout(FAREWELL, part(&mut sink, goodbye, &parting.why)).await;
    }
    parting.why
}

async fn read(stream: &mut SplitStream<Socket>, end: &impl End, beat: Beat) -> Parting {
    loop {
        let message = match timeout(beat.silence, stream.next()).await {
            Ok(Some(Ok(message))) => message,
            Ok(Some(Err(Error::Capacity(error)))) => {
                return Parting::refuse(format!("the message is too long: {error}"));
            }
            Ok(Some(Err(error))) => return Parting::lost(format!("the connection broke: {error}")),
            Ok(None) => return Parting::lost("the other side closed the connection"),
            Err(_) => return Parting::lost(format!("nothing was heard for {:?}", beat.silence)),
        };
        let taken = match message {
            Message::Text(text) => {
                tracing::trace!(text = logged(&text), "heard");
                end.incoming(&text)
            }
            Message::Binary(_) => Err(Parting::refuse("messages are text frames, not binary ones")),
            Message::Close(frame) => {
                let why = frame.map(|frame| frame.reason.to_string()).filter(|why| !why.is_empty());
                Err(Parting::lost(format!(
                    "the other side closed the connection: {}",
                    why.as_deref().unwrap_or("it did not say why")
                )))
            }
            _ => Ok(()),
        };
        if let Err(parting) = taken {
            return parting;
        }
        if matches!(end.owed(), 1 | ACK_AT..) {
            end.wake().notify_one();
        }
    }
}

async fn write(sink: &mut SplitSink<Socket, Message>, end: &impl End, beat: Beat) -> Parting {
    let mut ping = interval(beat.every);
    ping.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut batch = Vec::new();
    let mut due = false;
    loop {
        if let Err(parting) = end.outgoing(&mut batch, due || end.owed() >= ACK_AT) {
            return parting;
        }
        due = false;
        let sent = if batch.is_empty() {
            tokio::select! {
                () = end.wake().notified() => Ok(()),
                () = sleep(ACK_AFTER), if end.owed() > 0 => { due = true; Ok(()) }
                _ = ping.tick() => sink.send(Message::Ping(Vec::new().into())).await,
            }
        } else {
            send_all(sink, &mut batch).await
        };
        if let Err(error) = sent {
            return Parting::lost(format!("the connection broke: {error}"));
        }
    }
}

/// Texts of messages that may be logged, by their keys. Any other may be a number, a name that is said,
/// or a key of a PIN.
const LOGGED: [&str; 6] = ["type", "leg", "other", "cause", "state", "host"];

/// A message as it may be logged.
fn logged(text: &str) -> String {
    let mut message = serde_json::from_str(text).unwrap_or_default();
    hide(&mut message, "");
    message.to_string()
}

fn hide(value: &mut Value, key: &str) {
    match value {
        Value::String(text) if !LOGGED.contains(&key) => "...".clone_into(text),
        Value::Array(values) => values.iter_mut().for_each(|value| hide(value, key)),
        Value::Object(values) => values.iter_mut().for_each(|(key, value)| hide(value, key)),
        _ => {}
    }
}

async fn send_all(
    sink: &mut SplitSink<Socket, Message>,
    batch: &mut Vec<String>,
) -> Result<(), Error> {
    for text in batch.drain(..) {
        tracing::trace!(text = logged(&text), "said");
        sink.feed(Message::text(text)).await?;
    }
    sink.flush().await
}

async fn part(
    sink: &mut SplitSink<Socket, Message>,
    goodbye: Option<String>,
    why: &str,
) -> Result<(), Error> {
    if let Some(text) = goodbye {
        sink.send(Message::text(text)).await?;
    }
    // A close frame has room for 123 bytes.
    let mut end = why.len().min(120);
    while !why.is_char_boundary(end) {
        end -= 1;
    }
    sink.send(Message::Close(Some(CloseFrame {
        code: CloseCode::Policy,
        reason: why[..end].into(),
    })))
    .await
}

/// Turns somebody away.
pub(super) async fn turn_away(socket: Socket, goodbye: String, why: &str) {
    let (mut sink, mut stream) = socket.split();
    let leaving = async {
        part(&mut sink, Some(goodbye), why).await?;
        // Until the other side has closed too: else what was sent may be lost with the socket.
        while stream.next().await.transpose()?.is_some() {}
        Ok::<_, Error>(())
    };
    let _ = timeout(FAREWELL, leaving).await;
}

/// The first message.
pub(super) async fn first(socket: &mut Socket) -> Result<String> {
    let reading = async {
        loop {
            match socket.next().await {
                Some(Ok(Message::Text(text))) => return Ok(text.to_string()),
                Some(Ok(Message::Ping(_) | Message::Pong(_))) => {}
                Some(Ok(Message::Close(Some(frame)))) => {
                    bail!("the other side closed the connection: {}", frame.reason)
                }
                Some(Ok(_)) | None => bail!("the other side closed the connection"),
                Some(Err(error)) => return Err(error.into()),
            }
        }
    };
    timeout(HANDSHAKE, reading)
        .await
        .with_context(|| format!("the other side has said nothing for {HANDSHAKE:?}"))?
}

fn bounds() -> WebSocketConfig {
    WebSocketConfig::default().max_message_size(Some(MAX_MESSAGE)).max_frame_size(Some(MAX_MESSAGE))
}

/// The host's side: lets in who knows the token.
pub(super) async fn accept(stream: TcpStream, token: &Token) -> Result<Socket> {
    stream.set_nodelay(true)?;
    #[expect(clippy::result_large_err, reason = "tungstenite's signature")]
    let check = |request: &Request, response: Response| {
        let given = request
            .headers()
            .get(AUTHORIZATION)
            .and_then(|value| value.to_str().ok())
            .and_then(|value| value.strip_prefix("Bearer "));
        if !given.is_some_and(|given| token.is(given)) {
            return Err(error(
                StatusCode::UNAUTHORIZED,
                "the header must be `Authorization: Bearer TOKEN`, with the token of the host's file",
            ));
        }
        match request.uri().path() {
            PATH => Ok(response),
            _ => Err(error(
                StatusCode::NOT_FOUND,
                &format!("this host speaks the adapter protocol of {PATH}"),
            )),
        }
    };
    let handshake = accept_hdr_async_with_config(stream, check, Some(bounds()));
    let socket = timeout(HANDSHAKE, handshake)
        .await
        .with_context(|| format!("no WebSocket handshake within {HANDSHAKE:?}"))?;
    socket.map_err(|error| match error {
        Error::Http(response) if response.status() == StatusCode::UNAUTHORIZED => {
            anyhow!("its token is not that of the host's file")
        }
        Error::Http(response) => anyhow!("it was answered with {}", response.status()),
        error => error.into(),
    })
}

fn error(status: StatusCode, why: &str) -> ErrorResponse {
    let mut response = ErrorResponse::new(Some(format!("{why}\n")));
    *response.status_mut() = status;
    response
}

/// The adapter's side.
pub(super) async fn connect(url: &str, token: &Token) -> Result<Socket> {
    let mut request = url
        .into_client_request()
        .with_context(|| format!("{url:?} is no address such as ws://127.0.0.1:7077{PATH}"))?;
    let uri = request.uri();
    if uri.scheme_str() != Some("ws") {
        bail!("{url:?}: only ws:// is spoken; for another machine use a tunnel");
    }
    let host = uri.host().unwrap_or_default().trim_matches(['[', ']']).to_owned();
    let port = uri.port_u16().unwrap_or(80);
    let mut bearer = HeaderValue::from_str(&format!("Bearer {}", token.text()))
        .context("the token has characters that a header cannot hold")?;
    bearer.set_sensitive(true);
    request.headers_mut().insert(AUTHORIZATION, bearer);
    let connecting = async {
        let stream = TcpStream::connect((host.as_str(), port)).await?;
        stream.set_nodelay(true)?;
        let (socket, _) = client_async_with_config(request, stream, Some(bounds())).await?;
        Ok::<_, anyhow::Error>(socket)
    };
    let connected =
        timeout(HANDSHAKE, connecting).await.with_context(|| format!("{url} does not answer"))?;
    connected.map_err(|error| match error.downcast_ref::<Error>() {
        Some(Error::Http(response)) => {
            let said = response.body().as_deref().map(String::from_utf8_lossy).unwrap_or_default();
            anyhow!("{url} answers {}: {}", response.status(), said.trim())
        }
        _ => error.context(format!("cannot connect to {url}")),
    })
}

#[cfg(test)]
mod tests {
    use super::logged;

    #[test]
    fn nobody_is_named_in_the_log() {
        for (text, shown) in [
            (r#"{"ack":1,"type":"ack"}"#, r#"{"ack":1,"type":"ack"}"#),
            (
                r#"{"command":{"leg":"a-1","texts":["Dag An"],"type":"play"}}"#,
                r#"{"command":{"leg":"a-1","texts":["..."],"type":"play"}}"#,
            ),
            (
                r#"{"event":{"digit":"4","leg":"a-1","type":"keyed"}}"#,
                r#"{"event":{"digit":"...","leg":"a-1","type":"keyed"}}"#,
            ),
            ("An", "null"),
        ] {
            assert_eq!(logged(text), shown);
        }
    }
}

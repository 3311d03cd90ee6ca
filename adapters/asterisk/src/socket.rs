//! The WebSocket on which events come.
//!
//! Asterisk closes the socket of whoever reads too slowly (100 ms by default), so the task that
//! reads does nothing else but wait for room in the inbox.

use super::{AsteriskConfig, refusal};
use anyhow::{Context, Result, anyhow, bail};
use futures_util::{SinkExt, StreamExt, stream::SplitStream};
use std::time::Duration;
use tokio::{
    net::TcpStream,
    task::AbortHandle,
    time::{interval, timeout},
};
use tokio_tungstenite::{
    MaybeTlsStream, WebSocketStream, connect_async_with_config,
    tungstenite::{Message, Utf8Bytes, client::IntoClientRequest, http::HeaderValue},
};

/// How often Asterisk is asked whether it is still there.
const PING: Duration = Duration::from_secs(5);
/// Silence for so long is a lost socket.
const SILENCE: Duration = Duration::from_secs(12);

/// A connected socket. Dropping it closes it.
pub(super) struct Socket {
    stream: SplitStream<WebSocketStream<MaybeTlsStream<TcpStream>>>,
    pinging: AbortHandle,
}

impl Socket {
    pub(super) async fn connect(config: &AsteriskConfig) -> Result<Self> {
        let address = config.url.trim_end_matches('/').replacen("http", "ws", 1);
        let mut url =
            reqwest::Url::parse(&format!("{address}/ari/events")).context("asterisk.url")?;
        url.query_pairs_mut().append_pair("app", &config.app);
        let mut request = url.as_str().into_client_request().context("asterisk.url")?;
        let key = format!(
            "Basic {}",
            base64(format!("{}:{}", config.user, config.password.0).as_bytes())
        );
        let mut key = HeaderValue::from_str(&key)?;
        key.set_sensitive(true);
        request.headers_mut().insert("Authorization", key);
        let connecting = connect_async_with_config(request, None, true);
        let (socket, _) = timeout(Duration::from_secs(5), connecting)
            .await
            .map_err(|_| anyhow!(refusal::no_answer(config)))?
            .map_err(|error| anyhow!(refusal::of_socket(config, &error)))?;
        let (mut sink, stream) = socket.split();
        let pinging = tokio::spawn(async move {
            let mut every = interval(PING);
            loop {
                every.tick().await;
                if sink.send(Message::Ping(Vec::new().into())).await.is_err() {
                    return;
                }
            }
        });
        Ok(Self { stream, pinging: pinging.abort_handle() })
    }

    /// The next event.
    ///
    /// # Errors
    /// The socket is lost.
    pub(super) async fn next(&mut self) -> Result<Utf8Bytes> {
        loop {
            match timeout(SILENCE, self.stream.next()).await {
                Ok(Some(Ok(Message::Text(text)))) => return Ok(text),
                Ok(Some(Ok(Message::Close(_))) | None) => bail!("Asterisk closed the socket"),
                Ok(Some(Ok(_))) => {}
                Ok(Some(Err(error))) => bail!("the socket to Asterisk broke: {error}"),
                Err(_) => bail!("Asterisk has said nothing for {SILENCE:?}"),
            }
        }
    }
}

impl Drop for Socket {
    fn drop(&mut self) {
        self.pinging.abort();
    }
}

fn base64(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut text = String::new();
    for three in bytes.chunks(3) {
        let bits = three.iter().fold(0_u32, |bits, byte| bits << 8 | u32::from(*byte))
            << (8 * (3 - three.len()));
        for place in 0..4 {
            let digit = DIGITS[(bits >> (18 - 6 * place) & 63) as usize];
            text.push(if place <= three.len() { char::from(digit) } else { '=' });
        }
    }
    text
}

#[cfg(test)]
mod tests {
    #[test]
    fn base64_of_the_standard() {
        for (plain, coded) in
            [("", ""), ("f", "Zg=="), ("fo", "Zm8="), ("foo", "Zm9v"), ("foobar", "Zm9vYmFy")]
        {
            assert_eq!(super::base64(plain.as_bytes()), coded);
        }
    }
}

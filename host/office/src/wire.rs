//! The connection to the mail server. It gives out only so many bytes in all: lettre reads a line
//! to its end, however long it is, and anybody on the path can write the first one.

#![expect(
    deprecated,
    reason = "lettre 0.11 has no other stream that may be encrypted from the beginning"
)]

use futures_util::io as futures_io;
use lettre::transport::smtp::{
    Error,
    client::{AsyncNetworkStream, AsyncTokioStream, TlsParameters},
};
use std::{
    io,
    net::SocketAddr,
    pin::Pin,
    task::{Context, Poll, ready},
    time::Duration,
};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

/// What the mail server may say about one mail, in bytes.
const MOST: usize = 256 << 10;
/// How long each of the server's addresses may take to answer.
const CONNECTING: Duration = Duration::from_secs(30);

/// A connection, encrypted or not.
#[derive(Debug)]
pub(crate) struct Wire {
    stream: AsyncNetworkStream,
    left: usize,
}

impl Wire {
    /// Connects. With parameters the connection is encrypted from the beginning.
    ///
    /// # Errors
    /// Nobody answers, or TLS cannot be agreed on.
    pub(crate) async fn open(
        server: &str,
        port: u16,
        tls: Option<TlsParameters>,
    ) -> Result<Self, Error> {
        let stream =
            AsyncNetworkStream::connect_tokio1((server, port), Some(CONNECTING), tls, None).await?;
        Ok(Self { stream, left: MOST })
    }
}

impl AsyncTokioStream for Wire {
    fn peer_addr(&self) -> io::Result<SocketAddr> {
        self.stream.peer_addr()
    }
}

impl AsyncRead for Wire {
    fn poll_read(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        if this.left == 0 {
            let why = format!("the mail server says more than {MOST} bytes");
            return Poll::Ready(Err(io::Error::other(why)));
        }
        let into = buf.initialize_unfilled_to(buf.remaining().min(this.left));
        let stream = Pin::new(&mut this.stream);
        let read = ready!(futures_io::AsyncRead::poll_read(stream, cx, into))?;
        buf.advance(read);
        this.left -= read;
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for Wire {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &[u8],
    ) -> Poll<io::Result<usize>> {
        futures_io::AsyncWrite::poll_write(Pin::new(&mut self.stream), cx, buf)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        futures_io::AsyncWrite::poll_flush(Pin::new(&mut self.stream), cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        futures_io::AsyncWrite::poll_close(Pin::new(&mut self.stream), cx)
    }
}

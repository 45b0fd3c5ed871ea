//! One connection of HTTP/1.1, which can be ended in every wrong way.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, ReadBuf};
use tokio::net::TcpStream;
use tokio_rustls::server::TlsStream;

use super::log::Entry;
use super::message::Head;
use super::script::End;

/// The largest head that is read.
const HEAD_MAX: usize = 64 << 10;

/// How long bytes in front of a reset are given to leave.
const FLUSH: Duration = Duration::from_millis(50);

/// How long a client is given to see the end of a connection.
const LINGER: Duration = Duration::from_millis(200);

/// A connection with or without TLS.
pub(super) enum Line {
    Plain(TcpStream),
    Tls(Box<TlsStream<TcpStream>>),
}

impl Line {
    fn tcp(&mut self) -> &mut TcpStream {
        match self {
            Self::Plain(stream) => stream,
            Self::Tls(stream) => stream.get_mut().0,
        }
    }

    /// Whether both sides have agreed on HTTP/2.
    pub(super) fn is_http2(&self) -> bool {
        matches!(self, Self::Tls(stream) if stream.get_ref().1.alpn_protocol() == Some(b"h2"))
    }
}

impl AsyncRead for Line {
    fn poll_read(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Self::Plain(stream) => Pin::new(stream).poll_read(context, buffer),
            Self::Tls(stream) => Pin::new(stream).poll_read(context, buffer),
        }
    }
}

impl AsyncWrite for Line {
    fn poll_write(self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        match self.get_mut() {
            Self::Plain(stream) => Pin::new(stream).poll_write(context, bytes),
            Self::Tls(stream) => Pin::new(stream).poll_write(context, bytes),
        }
    }

    fn poll_flush(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Self::Plain(stream) => Pin::new(stream).poll_flush(context),
            Self::Tls(stream) => Pin::new(stream).poll_flush(context),
        }
    }

    fn poll_shutdown(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Self::Plain(stream) => Pin::new(stream).poll_shutdown(context),
            Self::Tls(stream) => Pin::new(stream).poll_shutdown(context),
        }
    }
}

/// What came over a connection instead of a head.
pub(super) enum Read {
    Head(Head),
    Strange(Vec<u8>),
    End,
}

/// A connection with what was read ahead of it.
pub(super) struct Wire {
    line: Line,
    ahead: Vec<u8>,
}

impl Wire {
    pub(super) fn new(line: Line) -> Self {
        Self { line, ahead: Vec::new() }
    }

    /// Reads the next head.
    pub(super) async fn head(&mut self) -> io::Result<Read> {
        loop {
            if let Some(end) = self.ahead.windows(4).position(|window| window == b"\r\n\r\n") {
                let head: Vec<u8> = self.ahead.drain(..end + 4).collect();
                return Ok(Head::parse(&head).map_or(Read::Strange(head), Read::Head));
            }
            // Who speaks TLS, or anything else, would never send the end of a head.
            let is_strange = self.ahead.first().is_some_and(|first| !first.is_ascii_uppercase());
            if is_strange || self.ahead.len() > HEAD_MAX {
                return Ok(Read::Strange(std::mem::take(&mut self.ahead)));
            }
            if self.line.read_buf(&mut self.ahead).await? == 0 {
                return Ok(if self.ahead.is_empty() {
                    Read::End
                } else {
                    Read::Strange(std::mem::take(&mut self.ahead))
                });
            }
        }
    }

    /// Reads at most `limit` bytes of a request's body; less if the client ends before.
    pub(super) async fn body(&mut self, length: u64, entry: &Entry) -> io::Result<Vec<u8>> {
        let mut body = Vec::new();
        let length = usize::try_from(length).unwrap();
        while body.len() < length {
            if self.ahead.is_empty() && self.line.read_buf(&mut self.ahead).await? == 0 {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
            let taken = self.ahead.len().min(length - body.len());
            entry.took(&self.ahead[..taken]);
            body.extend(self.ahead.drain(..taken));
        }
        Ok(body)
    }

    pub(super) async fn send(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.line.write_all(bytes).await?;
        self.line.flush().await
    }

    /// Sends a piece of a body, which is counted as it leaves.
    pub(super) async fn send_body(&mut self, bytes: &[u8], entry: &Entry) -> io::Result<()> {
        for piece in bytes.chunks(64 << 10) {
            self.send(piece).await?;
            entry.sent(piece.len());
        }
        Ok(())
    }

    /// Ends the connection.
    pub(super) async fn end(mut self, end: End) -> io::Result<()> {
        match end {
            End::Closed => {
                self.line.flush().await?;
                self.line.tcp().shutdown().await?;
                // What is left unread would turn the end into a reset.
                let _ = tokio::time::timeout(LINGER, self.drain()).await;
            }
            End::Reset => {
                self.line.flush().await?;
                tokio::time::sleep(FLUSH).await;
                self.line.tcp().set_zero_linger()?;
            }
        }
        Ok(())
    }

    /// Keeps the connection, and does nothing with it.
    pub(super) async fn hold(self) -> io::Result<()> {
        std::future::pending::<()>().await;
        drop(self);
        Ok(())
    }

    /// Waits until the client ends.
    pub(super) async fn drain(&mut self) {
        let mut heap = vec![0; 64 << 10];
        while matches!(self.line.read(&mut heap).await, Ok(1..)) {}
    }
}
